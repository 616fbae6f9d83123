/*
 * Manager.Upgrade: another binary in our place. It answers once the binary was found good and right
 * before it takes over; calls that change something and are under way have a while to be answered
 * by who began them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/api-manager.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/process/supervisor.h"

/* How long the others may take. */
#define UPGRADE_PATIENCE_USEC (5 * USEC_PER_SEC)

struct upgrade {
	struct api_call *call;
	struct loop_work quiet;
	struct event timer;
	char version[64];
};

static void upgrade_exec(struct api_call *call, const void *request);

const struct api_method api_manager_upgrade = {
    .name = "Upgrade",
    .flags = API_MANAGE,
    .exec = upgrade_exec,
};

static void upgrade_release(void *data)
{
	struct upgrade *upgrade = data;
	struct api *api = upgrade->call->api;

	api_when_quiet(api, NULL);
	loop_cancel(api_loop(api), &upgrade->quiet);
	loop_timer_unset(&upgrade->timer);
	supervisor_forget_upgrade(api_supervisor(api), upgrade);
	free(upgrade);
}

static void upgrade_refuse(struct api_call *call, const char *why)
{
	api_error_text(call, "UpgradeRefused", "message", why);
}

static void upgrade_cancel(struct api_call *call, void *data)
{
	(void)data;
	upgrade_refuse(call, "called off");
}

static const struct api_wait upgrade_wait = {
    .release = upgrade_release,
    .cancel = upgrade_cancel,
};

/* The reply goes out with this turn, the engine ends with the next. */
static void upgrade_go(struct upgrade *upgrade)
{
	struct api_call *call = upgrade->call;
	int r = supervisor_upgrade(api_supervisor(call->api));

	if (r < 0) {
		upgrade_refuse(call, r == -EBUSY ? "an update or a shutdown has come in between"
		                                 : strerror(-r));
		return;
	}
	writer_text(api_reply_begin(call), "version", upgrade->version);
	api_reply_end(call);
}

static void upgrade_quiet_run(void *arg)
{
	upgrade_go(arg);
}

static void upgrade_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	upgrade_go(arg);
}

static void upgrade_report(void *arg, const char *refusal, const char *version)
{
	struct upgrade *upgrade = arg;
	struct api *api = upgrade->call->api;

	if (refusal) {
		upgrade_refuse(upgrade->call, refusal);
		return;
	}
	snprintf(upgrade->version, sizeof(upgrade->version), "%s", version);
	if (api_is_quiet_but_for(api, upgrade->call)) {
		upgrade_go(upgrade);
		return;
	}
	api_when_quiet(api, &upgrade->quiet);
	loop_timer_set(&upgrade->timer, clock_monotonic_usec() + UPGRADE_PATIENCE_USEC);
}

static void upgrade_exec(struct api_call *call, const void *request)
{
	struct upgrade *upgrade = calloc(1, sizeof(*upgrade));
	int r;

	(void)request;
	if (!upgrade) {
		api_call_fail(call);
		return;
	}
	upgrade->call = call;
	upgrade->quiet = (struct loop_work){.run = upgrade_quiet_run, .arg = upgrade};
	loop_timer_init(api_loop(call->api), &upgrade->timer, upgrade_timer_cb, upgrade);
	api_call_wait(call, &upgrade_wait, upgrade);
	r = supervisor_look_at_upgrade(api_supervisor(call->api), upgrade_report, upgrade);
	if (r == -EBUSY)
		upgrade_refuse(call, "an update, another upgrade or a shutdown is under way");
	else if (r < 0)
		upgrade_refuse(call, strerror(-r));
}
