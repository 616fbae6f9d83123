/*
 * A client that must not notice that engines die, and what kills them.
 *
 *	survivor call SOCKET SECONDS      calls of all kinds on one connection, checked; says how
 *many survivor kill SOCKET SECONDS      SIGKILL to each engine some 100 to 300 ms after it answers
 *
 * `call` wants processes: "web" runs, "job" is nobody else's, "batch" ends at once with 0, and so
 *is "restarted". It prints CALLS, how often "batch" was started, and how many calls it does not
 *know the outcome of; what else goes wrong ends it with 1.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/muster.h"

#define DEPTH 50
#define KILL_FIRST_MS 100
#define KILL_RANGE_MS 200
/* Engines that die young are started with a pause that doubles; this one is none, and ends that. */
#define KILL_OLD_EVERY 4
#define KILL_OLD_MS 1050

struct survivor {
	struct muster *muster;
	int pid; /* of web */
	unsigned long calls;
	unsigned long batches;
	unsigned long unsure;
};

static _Noreturn void die(struct survivor *survivor, const char *what, int result)
{
	printf("FAILED after %lu calls: %s: %d %s\n", survivor->calls, what, result,
	       muster_strerror(survivor->muster, result));
	exit(EXIT_FAILURE);
}

static void must(struct survivor *survivor, const char *what, int result)
{
	survivor->calls++;
	if (result != 0)
		die(survivor, what, result);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

static void ask(struct survivor *survivor)
{
	bool alive = false, has = false;
	int pid = 0, code = 0;

	must(survivor, "is-alive web", muster_process_is_alive(survivor->muster, "web", &alive));
	if (!alive)
		die(survivor, "web is not alive", 0);
	must(survivor, "pid web", muster_process_pid(survivor->muster, "web", &pid));
	if (survivor->pid && survivor->pid != pid)
		die(survivor, "web has another pid", 0);
	survivor->pid = pid;
	must(survivor, "join web",
	     muster_process_join(survivor->muster, "web", 0.02, &alive, &has, &code));
	if (!alive)
		die(survivor, "web has ended", 0);
}

static void ask_for_all(struct survivor *survivor)
{
	json_t *reply = NULL;

	must(survivor, "list",
	     muster_call(survivor->muster, "org.muster.Process.List", NULL, &reply));
	if (json_array_size(json_object_get(reply, "processes")) < 4)
		die(survivor, "the list is short", 0);
	json_decref(reply);
	must(survivor, "status",
	     muster_call(survivor->muster, "org.muster.Manager.Status", NULL, NULL));
}

static void ask_many_at_once(struct survivor *survivor)
{
	for (int i = 0; i < DEPTH; i++)
		must(survivor, "send",
		     muster_send(survivor->muster, "org.muster.Process.IsAlive",
		                 json_pack("{s:s}", "name", "web")));
	for (int i = 0; i < DEPTH; i++) {
		json_t *reply = NULL;

		must(survivor, "next", muster_next(survivor->muster, &reply, NULL));
		if (!json_is_true(json_object_get(reply, "alive")))
			die(survivor, "web is not alive, says a pipeline", 0);
		json_decref(reply);
	}
}

/* What was asked for is so when the call returns. */
static void start_and_stop(struct survivor *survivor, bool kill_it)
{
	struct muster *muster = survivor->muster;
	bool alive = false;

	must(survivor, "start job", muster_process_start(muster, "job"));
	must(survivor, "is-alive job", muster_process_is_alive(muster, "job", &alive));
	if (!alive)
		die(survivor, "job was started and is not alive", 0);
	must(survivor, "stop job",
	     kill_it ? muster_process_kill(muster, "job")
	             : muster_process_terminate(muster, "job"));
	must(survivor, "is-alive job", muster_process_is_alive(muster, "job", &alive));
	if (alive)
		die(survivor, "job was stopped and is alive", 0);
}

/* Who counts its runs finds one for each start. */
static void run_batch(struct survivor *survivor)
{
	bool alive = true, has = false;
	int code = -1;

	must(survivor, "start batch", muster_process_start(survivor->muster, "batch"));
	survivor->batches++;
	must(survivor, "join batch",
	     muster_process_join(survivor->muster, "batch", -1, &alive, &has, &code));
	if (alive || !has || code != 0)
		die(survivor, "batch did not end with 0", code);
}

/* One outcome a process, and none twice. */
static void start_both(struct survivor *survivor)
{
	json_t *reply = NULL;
	size_t outcomes = 0;
	bool more = true;

	must(survivor, "start more",
	     muster_call_more(survivor->muster, "org.muster.Process.Start",
	                      json_pack("{s:[s,s]}", "selectors", "job", "web")));
	while (more) {
		must(survivor, "next of start", muster_next(survivor->muster, &reply, &more));
		outcomes += json_array_size(json_object_get(reply, "outcomes"));
		json_decref(reply);
	}
	if (outcomes != 2)
		die(survivor, "not two outcomes", (int)outcomes);
}

static void restart(struct survivor *survivor)
{
	int result = muster_call(survivor->muster, "org.muster.Process.Restart",
	                         json_pack("{s:[s]}", "selectors", "restarted"), NULL);

	survivor->calls++;
	if (result == MUSTER_UNSURE)
		survivor->unsure++;
	else if (result != 0)
		die(survivor, "restart", result);
}

static void call(struct survivor *survivor, int64_t end_ms)
{
	for (unsigned round = 0; now_ms() < end_ms; round++) {
		ask(survivor);
		ask_for_all(survivor);
		ask_many_at_once(survivor);
		start_both(survivor);
		start_and_stop(survivor, round % 2);
		run_batch(survivor);
		restart(survivor);
	}
	printf("%lu %lu %lu\n", survivor->calls, survivor->batches, survivor->unsure);
}

static void kill_engines(struct survivor *survivor, int64_t end_ms)
{
	unsigned killed = 0;

	srandom(4711);
	while (now_ms() < end_ms) {
		json_t *reply = NULL;
		pid_t pid;

		must(survivor, "status",
		     muster_call(survivor->muster, "org.muster.Manager.Status", NULL, &reply));
		pid = (pid_t)json_integer_value(json_object_get(reply, "engine_pid"));
		json_decref(reply);
		pause_ms(++killed % KILL_OLD_EVERY == 0 ? KILL_OLD_MS
		                                        : KILL_FIRST_MS + random() % KILL_RANGE_MS);
		if (pid <= 1 || kill(pid, SIGKILL) < 0)
			die(survivor, "no engine to kill", 0);
	}
	printf("%u\n", killed);
}

int main(int argc, char **argv)
{
	struct survivor survivor = {0};
	int64_t end_ms;
	int result;

	if (argc != 4) {
		fputs("usage: survivor call|kill SOCKET SECONDS\n", stderr);
		return 2;
	}
	end_ms = now_ms() + strtol(argv[3], NULL, 10) * 1000;
	result = muster_connect(argv[2], &survivor.muster);
	if (result < 0)
		die(&survivor, "connect", result);
	if (strcmp(argv[1], "kill") == 0)
		kill_engines(&survivor, end_ms);
	else
		call(&survivor, end_ms);
	muster_close(survivor.muster);
	return 0;
}
