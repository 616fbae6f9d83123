/* Signals, by the table. */
#include "daemon/process/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "common/log.h"
#include "daemon/config/config.h"
#include "daemon/process/context.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/logfile.h"
#include "daemon/process/supervisor.h"

/* What systemd(1) takes as halt and poweroff, and systemd-nspawn(1) and machinectl(1) so send:
 * SIGRTMIN + 3 and + 4, where SIGRTMIN is no constant but 34 in the C library (signal(7)). */
#define SIGNAL_HALT (34 + 3)
#define SIGNAL_POWEROFF (34 + 4)

/* What becomes of a foreground program. */
enum signal_foreground {
	FOREGROUND_GETS_IT,     /* and nothing else happens */
	FOREGROUND_ENDS_BY_IT,  /* with all the rest, and this is its stop signal */
	FOREGROUND_ENDS_AS_ALL, /* by its own stop signal */
};

static void signals_shutdown(struct supervisor *supervisor, const struct context *context)
{
	(void)context;
	(void)supervisor_shutdown(supervisor);
}

/* With keep_workers= the daemon goes alone. */
static void signals_terminate(struct supervisor *supervisor, const struct context *context)
{
	int r = -ENOTSUP;

	if (context->config->daemon.keep_workers)
		r = supervisor_leave(supervisor);
	if (r == -ENOTSUP && context->config->daemon.keep_workers)
		log_warn("keep_workers is of no use here: there is no ledger in a file");
	if (r == -ENOTSUP)
		(void)supervisor_shutdown(supervisor);
}

static void signals_reload(struct supervisor *supervisor, const struct context *context)
{
	(void)context;
	(void)supervisor_reload(supervisor);
}

static void signals_reopen_logs(struct supervisor *supervisor, const struct context *context)
{
	(void)supervisor;
	logfiles_reopen(context->logfiles);
}

/* supervisord's meanings of the signals, and those that an init has beside them. */
static const struct signal_row {
	int signal;
	const char *text; /* of the log; NULL: it means nothing, and is not worth a line */
	void (*act)(struct supervisor *supervisor, const struct context *context);
	enum signal_foreground foreground;
} rows[] = {
    {SIGTERM, "SIGTERM indicating exit request", signals_terminate, FOREGROUND_ENDS_BY_IT},
    {SIGINT, "SIGINT indicating exit request", signals_shutdown, FOREGROUND_ENDS_BY_IT},
    {SIGQUIT, "SIGQUIT indicating exit request", signals_shutdown, FOREGROUND_ENDS_BY_IT},
    {SIGPWR, "SIGPWR indicating exit request", signals_shutdown, FOREGROUND_ENDS_AS_ALL},
    {SIGNAL_HALT, "SIGRTMIN+3 indicating exit request", signals_shutdown, FOREGROUND_ENDS_AS_ALL},
    {SIGNAL_POWEROFF, "SIGRTMIN+4 indicating exit request", signals_shutdown,
     FOREGROUND_ENDS_AS_ALL},
    {SIGHUP, "SIGHUP indicating restart request", signals_reload, FOREGROUND_GETS_IT},
    {SIGUSR2, "SIGUSR2 indicating log reopen request", signals_reopen_logs, FOREGROUND_GETS_IT},
    {SIGWINCH, NULL, NULL, FOREGROUND_GETS_IT},
    {SIGCONT, NULL, NULL, FOREGROUND_GETS_IT},
    {SIGURG, NULL, NULL, FOREGROUND_GETS_IT},
};

static const struct signal_row *signals_find(int signal)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].signal == signal)
			return &rows[i];
	return NULL;
}

static void signals_hand_on(struct process *process, int signal)
{
	int r = process_signal(process, signal);

	if (r < 0 && r != -ESRCH)
		log_warn("cannot hand signal %d on to %s: %s", signal, process_name(process),
		         strerror(-r));
}

/* True where that is all there is to do. */
static bool signals_give(struct process *process, const struct signal_row *row, int signal)
{
	enum signal_foreground foreground = row ? row->foreground : FOREGROUND_GETS_IT;

	/* Once it is being stopped, whoever asks again means it more than once. */
	if (foreground == FOREGROUND_GETS_IT ||
	    (foreground == FOREGROUND_ENDS_BY_IT && process_state(process) == STATE_STOPPING)) {
		signals_hand_on(process, signal);
		return true;
	}
	if (foreground == FOREGROUND_ENDS_BY_IT)
		process_set_stop_signal(process, signal);
	return false;
}

void signals_act(struct supervisor *supervisor, const struct context *context, int signal)
{
	const struct signal_row *row = signals_find(signal);
	struct process *foreground = supervisor_foreground(supervisor);

	if (foreground && signals_give(foreground, row, signal))
		return;
	if (row && row->act) {
		/* Who runs one command wants to see that command's words. */
		log_write(foreground ? LEVEL_INFO : LEVEL_WARN, "received %s", row->text);
		row->act(supervisor, context);
	} else if (!row) {
		log_info("received signal %d, which means nothing here", signal);
	}
}
