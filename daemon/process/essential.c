/* The end of what must not end. */
#include "daemon/process/essential.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "common/log.h"
#include "common/state.h"
#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/config/program.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

#define EXIT_NO_START 1
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127
#define EXIT_SIGNALLED 128

#define ESSENTIAL_TEXT_MAX 256u

struct essential {
	struct supervisor *supervisor;
	struct bus_subscription *subscription;
	struct loop_work work;
};

/* Which states are an end that nobody asked for; a restart ahead shows as a deadline. */
static const bool states_over[STATE_COUNT] = {
    [STATE_EXITED] = true,
    [STATE_FATAL] = true,
};

bool essential_is_over(const struct program *program, const struct ledger_life *life)
{
	return program->essential && !program->broken && states_over[life->state] &&
	       !life->deadline_usec;
}

/* The errors of execve(2) that say there is no such file; all others are about one that is there.
 */
static bool essential_means_not_found(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

int essential_exit_code(const struct ledger_life *life)
{
	if (life->spawn_failed && !life->exec_error)
		return EXIT_NO_START;
	if (life->spawn_failed)
		return essential_means_not_found(life->exec_error) ? EXIT_NOT_FOUND
		                                                   : EXIT_NOT_EXECUTABLE;
	if (!life->was_ended)
		return 0;
	if (life->exit_status == LEDGER_STATUS_UNKNOWN)
		return EXIT_NO_START;
	return WIFSIGNALED(life->exit_status) ? EXIT_SIGNALLED + WTERMSIG(life->exit_status)
	                                      : WEXITSTATUS(life->exit_status);
}

bool essential_find(const struct supervisor *supervisor, int *ret_exit_code)
{
	char text[ESSENTIAL_TEXT_MAX];
	struct process *process;

	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++) {
		if (!process_ends_all(process))
			continue;
		*ret_exit_code = process_shell_code(process);
		process_describe_last_end(process, text, sizeof(text));
		/* Nobody else says why where there never was a process. */
		if (process_spawn_failed(process))
			log_error("essential program %s cannot be started (%s): ending everything",
			          process_name(process), text);
		else
			log_info("essential program %s has ended (%s): ending everything",
			         process_name(process), text);
		return true;
	}
	return false;
}

static void essential_notice_cb(void *arg, const struct notice *notice)
{
	struct essential *essential = arg;

	if (process_ends_all(notice->object))
		loop_defer(supervisor_loop(essential->supervisor), &essential->work);
}

struct essential *essential_watch(struct supervisor *supervisor, void (*over)(void *arg), void *arg)
{
	struct essential *essential = calloc(1, sizeof(*essential));

	if (!essential)
		return NULL;
	essential->supervisor = supervisor;
	essential->work = (struct loop_work){.run = over, .arg = arg};
	essential->subscription = bus_subscribe(
	    supervisor_bus(supervisor), 1u << NOTICE_PROCESS_STATE, essential_notice_cb, essential);
	if (!essential->subscription) {
		free(essential);
		return NULL;
	}
	return essential;
}

void essential_free(struct essential *essential)
{
	if (!essential)
		return;
	loop_cancel(supervisor_loop(essential->supervisor), &essential->work);
	bus_unsubscribe(essential->subscription);
	free(essential);
}
