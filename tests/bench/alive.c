/*
 * Calls of org.muster.Process.IsAlive a second, through libmuster as any program would make them.
 *
 *	alive SOCKET NAME SECONDS DEPTH      prints calls a second, DEPTH of them in flight
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/muster.h"

#define METHOD "org.muster.Process.IsAlive"
#define DEPTH_MAX 1024

static _Noreturn void alive_fail(struct muster *muster, int result)
{
	fprintf(stderr, "alive: %s\n", muster_strerror(muster, result));
	exit(EXIT_FAILURE);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void call_one(struct muster *muster, const char *name)
{
	bool alive;
	int result = muster_process_is_alive(muster, name, &alive);

	if (result != 0)
		alive_fail(muster, result);
}

static void call_many(struct muster *muster, const char *name, unsigned long depth)
{
	unsigned long i;
	int result;

	for (i = 0; i < depth; i++) {
		result = muster_send(muster, METHOD, json_pack("{s:s}", "name", name));
		if (result != 0)
			alive_fail(muster, result);
	}
	for (i = 0; i < depth; i++) {
		json_t *reply = NULL;
		bool more;

		result = muster_next(muster, &reply, &more);
		if (result != 0)
			alive_fail(muster, result);
		json_decref(reply);
	}
}

int main(int argc, char **argv)
{
	double seconds = argc == 5 ? strtod(argv[3], NULL) : 0;
	unsigned long depth = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
	unsigned long calls = 0;
	struct muster *muster;
	double start, end;
	int result;

	if (seconds <= 0 || depth < 1 || depth > DEPTH_MAX) {
		fprintf(stderr, "usage: alive SOCKET NAME SECONDS DEPTH\n");
		return 2;
	}
	result = muster_connect(argv[1], &muster);
	if (result != 0)
		alive_fail(NULL, result);
	start = end = now_s();
	while (end - start < seconds) {
		if (depth == 1)
			call_one(muster, argv[2]);
		else
			call_many(muster, argv[2], depth);
		calls += depth;
		end = now_s();
	}
	printf("%.0f\n", (double)calls / (end - start));
	muster_close(muster);
	return 0;
}
