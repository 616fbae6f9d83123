/*
 * What a client sees of an engine that is killed: it asks IsAlive, one call after the other, and
 * kills the engine below its own connection, again and again.
 *
 *	gap SOCKET NAME KILLS      prints a line for each kill: when it was (CLOCK_MONOTONIC, ns),
 *	                           and the longest time from one answer to the next (ns)
 */
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/muster.h"

#define KILLS_MAX 1000
#define NS_PER_S 1000000000ull
/* How long it is asked after a kill; from one kill to the next: an engine that dies younger than a
 * second is started again with a pause, which is not what is measured. */
#define ASKED_NS (NS_PER_S * 3 / 10)
#define APART_NS (NS_PER_S * 6 / 5)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec until = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = ns % NS_PER_S};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void gap_check(struct muster *muster, int result)
{
	if (result == 0)
		return;
	fprintf(stderr, "gap: %s\n", muster_strerror(muster, result));
	exit(EXIT_FAILURE);
}

static uint64_t gap_ask(struct muster *muster, const char *name)
{
	bool alive;

	gap_check(muster, muster_process_is_alive(muster, name, &alive));
	return now_ns();
}

static pid_t gap_engine(struct muster *muster)
{
	json_t *status = NULL;
	json_int_t pid;

	gap_check(muster, muster_call(muster, "org.muster.Manager.Status", NULL, &status));
	pid = json_integer_value(json_object_get(status, "engine_pid"));
	json_decref(status);
	if (pid <= 1) {
		fprintf(stderr, "gap: there is no engine\n");
		exit(EXIT_FAILURE);
	}
	return (pid_t)pid;
}

static void gap_kill(struct muster *muster, const char *name)
{
	pid_t engine = gap_engine(muster);
	uint64_t before = gap_ask(muster, name);
	uint64_t killed = before, longest = 0, now;

	if (kill(engine, SIGKILL) < 0) {
		perror("gap: kill");
		exit(EXIT_FAILURE);
	}
	while (before < killed + ASKED_NS) {
		now = gap_ask(muster, name);
		if (now - before > longest)
			longest = now - before;
		before = now;
	}
	printf("%" PRIu64 " %" PRIu64 "\n", killed, longest);
	sleep_until(killed + APART_NS);
}

int main(int argc, char **argv)
{
	unsigned long kills = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	struct muster *muster;

	if (kills < 1 || kills > KILLS_MAX) {
		fprintf(stderr, "usage: gap SOCKET NAME KILLS\n");
		return 2;
	}
	gap_check(NULL, muster_connect(argv[1], &muster));
	while (kills-- > 0)
		gap_kill(muster, argv[2]);
	muster_close(muster);
	return 0;
}
