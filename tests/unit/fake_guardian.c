/* A guardian for tests; see the header. */
#include "tests/unit/fake_guardian.h"

#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "daemon/guardian/ledger.h"
#include "tests/unit/wait.h"

int fake_guardian_setup(void **state)
{
	struct fake_guardian *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	fixture->shared = mmap(NULL, sizeof(*fixture->shared), PROT_READ | PROT_WRITE,
	                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*state = fixture;
	return fixture->shared == MAP_FAILED ? -1 : 0;
}

int fake_guardian_teardown(void **state)
{
	struct fake_guardian *fixture = *state;

	if (fixture->guardian > 0) {
		kill(fixture->guardian, SIGKILL);
		waitpid(fixture->guardian, NULL, 0);
	}
	munmap(fixture->shared, sizeof(*fixture->shared));
	free(fixture);
	return 0;
}

/* ---- What engines are made of ---- */

static int fake_guardian_engine(const struct handoff *handoff, void *arg)
{
	struct shared *shared = arg;
	int start = atomic_fetch_add(&shared->starts, 1);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (start < STARTS_MAX) {
		shared->started_msec[start] = (int64_t)wait_now_msec();
		shared->reason[start] = atomic_load(&handoff->ledger->header->engine_reason);
		shared->end_before[start] = atomic_load(&handoff->ledger->header->engine_end);
	}
	atomic_store(&shared->engine_pid, getpid());
	return shared->run(handoff, shared, start);
}

int engine_end_daemon(const struct handoff *handoff, int exit_code)
{
	atomic_store(&handoff->ledger->header->exit_code, exit_code);
	atomic_store(&handoff->ledger->header->phase, PHASE_ENDING);
	return 0;
}

int engine_die(void)
{
	raise(SIGKILL);
	return 1;
}

bool engine_peek(const struct handoff *handoff, struct channel_notice *ret_notice)
{
	struct pollfd channel = {.fd = handoff->channel, .events = POLLIN};

	return poll(&channel, 1, WAIT_SECONDS * 1000) == 1 &&
	       channel_peek_notice(handoff->channel, ret_notice) == 0;
}

static bool engine_take(const struct handoff *handoff, struct shared *shared)
{
	struct channel_notice notice;
	int count = atomic_load(&shared->notice_count);

	if (!engine_peek(handoff, &notice) || count == NOTICES_MAX)
		return false;
	shared->notices[count] = notice;
	atomic_store(&shared->notice_count, count + 1);
	channel_consume_notice(handoff->channel);
	return true;
}

void engine_take_many(const struct handoff *handoff, struct shared *shared, int count)
{
	while (atomic_load(&shared->notice_count) < count && engine_take(handoff, shared))
		continue;
}

__attribute__((no_sanitize("address", "undefined"))) static int child_begin(void *arg)
{
	const struct child_order *order = arg;

	return order->run ? order->run(order->handoff, order->shared) : order->status;
}

pid_t engine_spawn(const struct child_order *order)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	int flags = CLONE_PARENT | (order->run ? 0 : CLONE_VM | CLONE_VFORK);

	return clone(child_begin, stack + sizeof(stack), flags, (void *)(uintptr_t)order);
}

pid_t engine_spawn_exit(int status)
{
	struct child_order order = {.status = status};

	return engine_spawn(&order);
}

/* ---- The test's side ---- */

void fake_guardian_count_complaint(void *arg, const char *line, size_t size)
{
	struct shared *shared = arg;
	struct rlimit limit = {shared->processes_again, shared->processes_again};

	(void)size;
	if (!strstr(line, "cannot start the engine"))
		return;
	if (atomic_fetch_add(&shared->complaints, 1) == 1 && limit.rlim_cur)
		setrlimit(RLIMIT_NPROC, &limit);
}

int fake_guardian_become(struct shared *shared)
{
	return guardian_run(&(struct guardian_options){
	    .handover = -1, .engine = fake_guardian_engine, .engine_arg = shared});
}

void fake_guardian_start(struct fake_guardian *fixture, fake_guardian_run run)
{
	fixture->shared->run = run;
	fflush(NULL);
	fixture->guardian = fork();
	assert_true(fixture->guardian >= 0);
	if (fixture->guardian == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		log_set_sink(fake_guardian_count_complaint, fixture->shared);
		exit(fake_guardian_become(fixture->shared));
	}
}

static bool guardian_has_ended(void *arg)
{
	struct fake_guardian *fixture = arg;
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)fixture->guardian, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid;
}

void fake_guardian_expect_end(struct fake_guardian *fixture, int exit_code)
{
	int status = 0;

	assert_true(wait_until(guardian_has_ended, fixture));
	assert_int_equal(waitpid(fixture->guardian, &status, 0), fixture->guardian);
	fixture->guardian = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), exit_code);
}

bool fake_guardian_is_marked(void *arg)
{
	return atomic_load(&((struct shared *)arg)->mark);
}
