/* Configurations in memfds, in the guardian's store. */
#include "daemon/process/remember.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/crashpoint.h"
#include "daemon/config/source.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/store.h"
#include "daemon/process/context.h"

/* All the names of one update's groups. */
#define REMEMBER_NAMES_MAX (1024u * 1024u)

static void remember_free_names(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

void remembered_done(struct remembered *remembered)
{
	source_free(remembered->source);
	remember_free_names(remembered->chosen);
	*remembered = (struct remembered){0};
}

char **remember_copy_names(const char *const *names)
{
	size_t count = 0;
	char **copy;

	while (names[count])
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < count; i++) {
		copy[i] = strdup(names[i]);
		if (!copy[i]) {
			remember_free_names(copy);
			return NULL;
		}
	}
	return copy;
}

/* Each name with its NUL; nothing at all stands for every group. */
static int remember_write_names(int fd, const char *const *names)
{
	for (; names && *names; names++) {
		size_t size = strlen(*names) + 1;
		if (write(fd, *names, size) != (ssize_t)size)
			return -EIO;
	}
	return 0;
}

static int remember_split_names(const char *text, size_t size, char ***ret_names)
{
	size_t count = 0, n = 0;
	char **names;

	for (size_t i = 0; i < size; i++)
		count += text[i] == '\0';
	names = calloc(count + 1, sizeof(*names));
	for (size_t at = 0; names && n < count; at += strlen(text + at) + 1) {
		names[n] = strdup(text + at);
		if (!names[n++]) {
			remember_free_names(names);
			return -ENOMEM;
		}
	}
	*ret_names = names;
	return names ? 0 : -ENOMEM;
}

static int remember_read_names(int fd, char ***ret_names)
{
	struct stat status;
	char *text;
	int r = 0;

	*ret_names = NULL;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size == 0)
		return 0;
	if (status.st_size > REMEMBER_NAMES_MAX)
		return -EFBIG;
	text = malloc((size_t)status.st_size);
	if (!text)
		return -ENOMEM;
	if (pread(fd, text, (size_t)status.st_size, 0) != status.st_size ||
	    text[status.st_size - 1] != '\0')
		r = -EBADMSG;
	else
		r = remember_split_names(text, (size_t)status.st_size, ret_names);
	free(text);
	return r;
}

/* Puts what was read, and the names where there is a slot for them, into the store: in one order,
 * so that there is never one without the other. */
static int remember_keep(const struct context *context, uint32_t slot, bool with_names,
                         const struct source *source, const char *const *chosen)
{
	const uint32_t slots[] = {slot, slot + 1};
	int fds[2] = {memfd_create("muster-config", MFD_CLOEXEC), -1};
	int r = fds[0] < 0 ? -errno : source_save(source, fds[0]);

	if (r == 0 && with_names) {
		fds[1] = memfd_create("muster-groups", MFD_CLOEXEC);
		r = fds[1] < 0 ? -errno : remember_write_names(fds[1], chosen);
	}
	if (r == 0)
		r = channel_send_keep(context->channel, slots, fds, with_names ? 2 : 1);
	/* Our own copy of the table says what the next engine will find. */
	for (int i = 0; i < 2; i++) {
		if (fds[i] < 0)
			continue;
		if (r == 0)
			(void)store_put(context->store, slots[i], fds[i]);
		else
			close(fds[i]);
	}
	return r;
}

static void remember_drop(const struct context *context, uint32_t first, uint32_t count)
{
	for (uint32_t slot = first; slot < first + count; slot++) {
		int r = 0;
		if (store_get(context->store, slot) >= 0)
			r = channel_send_drop(context->channel, &slot, 1);
		store_drop(context->store, slot);
		if (r < 0)
			log_error("the guardian keeps a configuration it need not: %s",
			          strerror(-r));
	}
}

static uint32_t remember_layer_slot(size_t index)
{
	return STORE_LAYERS + (uint32_t)index * 2;
}

static size_t remember_layer_count(const struct context *context)
{
	size_t count = 0;

	while (count < STORE_LAYERS_MAX &&
	       store_get(context->store, remember_layer_slot(count)) >= 0)
		count++;
	return count;
}

bool remember_has_room(const struct context *context)
{
	return remember_layer_count(context) < STORE_LAYERS_MAX;
}

int remember_whole(const struct context *context, const struct source *source)
{
	int r;

	/* Should the engine die in between, the update under way is carried out again. The layers
	 * go last: the groups that they brought are at no time in no configuration. */
	r = remember_keep(context, STORE_CONFIG, false, source, NULL);
	crash_point(CRASH_UPDATE_KEPT);
	remember_drop(context, STORE_LAYERS, STORE_LAYERS_MAX * 2);
	crash_point(CRASH_UPDATE_LAYERED);
	forget_update(context);
	return r;
}

int remember_layer(const struct context *context, const struct source *source,
                   const char *const *chosen)
{
	size_t count = remember_layer_count(context);
	int r = -ENOSPC;

	if (count < STORE_LAYERS_MAX)
		r = remember_keep(context, remember_layer_slot(count), true, source, chosen);
	crash_point(CRASH_UPDATE_LAYERED);
	forget_update(context);
	return r;
}

int remember_update(const struct context *context, const struct source *source,
                    const char *const *chosen)
{
	return remember_keep(context, STORE_UPDATE, true, source, chosen);
}

void forget_update(const struct context *context)
{
	remember_drop(context, STORE_UPDATE, 2);
}

void forget_everything(const struct context *context)
{
	forget_update(context);
	remember_drop(context, STORE_LAYERS, STORE_LAYERS_MAX * 2);
	remember_drop(context, STORE_CONFIG, 1);
}

static int recall(const struct context *context, uint32_t slot, struct remembered *ret_remembered)
{
	struct remembered found = {0};
	int source = store_get(context->store, slot);
	int names = store_get(context->store, slot + 1);
	int r;

	if (source < 0 || names < 0)
		return -ENOENT;
	r = source_restore(source, &found.source);
	if (r == 0)
		r = remember_read_names(names, &found.chosen);
	if (r < 0)
		remembered_done(&found);
	else
		*ret_remembered = found;
	return r;
}

int recall_layer(const struct context *context, size_t index, struct remembered *ret_remembered)
{
	if (index >= STORE_LAYERS_MAX)
		return -ENOENT;
	return recall(context, remember_layer_slot(index), ret_remembered);
}

int recall_update(const struct context *context, struct remembered *ret_remembered)
{
	return recall(context, STORE_UPDATE, ret_remembered);
}
