/* Collecting descriptors for the guardian. */
#include "daemon/process/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/store.h"
#include "daemon/process/context.h"

struct keeper {
	const struct context *context;
	uint32_t slots[CHANNEL_FDS_MAX];
	int fds[CHANNEL_FDS_MAX];
	uint32_t count;
};

struct keeper *keeper_new(const struct context *context)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (keeper)
		keeper->context = context;
	return keeper;
}

void keeper_free(struct keeper *keeper)
{
	free(keeper);
}

void keeper_add(struct keeper *keeper, uint32_t slot, int fd)
{
	if (keeper->count == CHANNEL_FDS_MAX)
		keeper_flush(keeper);
	keeper->slots[keeper->count] = slot;
	keeper->fds[keeper->count++] = fd;
	(void)store_put(keeper->context->store, slot, fd);
}

void keeper_flush(struct keeper *keeper)
{
	int r = 0;

	if (keeper->count)
		r = channel_send_keep(keeper->context->channel, keeper->slots, keeper->fds,
		                      keeper->count);
	/* They are here all the same: only an engine after us would miss them. */
	if (r < 0)
		log_error("cannot keep descriptors for another engine: %s", strerror(-r));
	keeper->count = 0;
}
