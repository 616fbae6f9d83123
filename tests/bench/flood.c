/*
 * A worker that writes numbered lines of 100 bytes to its standard output, and the check that each
 * of them has reached the disk once and whole.
 *
 *	flood                     as a worker; the environment's BENCH_LINES tells how to write:
 *	                          "BYTES_A_WRITE BYTES_IN_ALL SECONDS PAUSE_US SLOW_US", 0 or
 *	                          missing for no limit
 *	flood check FILE...       reads the files as one stream, oldest first, and prints
 *	                          "LINES LOST DOUBLED BROKEN"
 *
 * A line is its number, the time it was written (CLOCK_MONOTONIC, ns; only where a pause is
 * made), and filling. The first write and the last are stamped. Each write(2) that took longer than
 * SLOW_US is stamped in a file beside: when it had ended, and as `lines` the microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/stamp.h"

#define LINES_ENV "BENCH_LINES"
#define LINE_SIZE 100
#define LINE_MAX_SIZE 400 /* longer ones are broken anyway */
#define NUMBER_SIZE 12
#define TIME_OFFSET 13
#define TIME_SIZE 20
#define WRITE_MAX (1024 * 1024)
#define NS_PER_S 1000000000ull
#define NS_PER_US 1000u
#define SLOW_SUFFIX ".slow"

struct flood {
	size_t write_size;
	uint64_t bytes_max;
	uint64_t seconds_max;
	uint64_t pause_us;
	uint64_t slow_us;
	uint64_t lines; /* made so far */
	size_t rest;    /* bytes of the last line made that are not yet written */
	char line[LINE_SIZE + 1];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void flood_stamp(const char *suffix, uint64_t lines)
{
	struct stamp stamp = {.ns = now_ns(), .pid = (uint32_t)getpid(), .lines = (uint32_t)lines};
	const char *name = getenv(STAMP_PATH_ENV);
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s%s", name ? name : "", suffix);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &stamp, sizeof(stamp)) != sizeof(stamp))
		exit(EXIT_FAILURE);
	close(fd);
}

/* The number of the line grows in place: making lines must be far cheaper than writing them. */
static void flood_next_line(struct flood *flood)
{
	int i = NUMBER_SIZE - 1;

	if (flood->lines++ > 0) {
		while (flood->line[i] == '9')
			flood->line[i--] = '0';
		flood->line[i]++;
	}
	if (flood->pause_us > 0) {
		char text[TIME_SIZE + 1];

		snprintf(text, sizeof(text), "%0*" PRIu64, TIME_SIZE, now_ns());
		memcpy(flood->line + TIME_OFFSET, text, TIME_SIZE);
	}
	flood->rest = LINE_SIZE;
}

/* Fills the buffer with the stream's next bytes; `last` ends it with a whole line. */
static size_t flood_fill(struct flood *flood, char *buffer, int last)
{
	size_t used = 0, part;

	while (used < flood->write_size) {
		if (flood->rest == 0) {
			if (last && flood->write_size - used < LINE_SIZE)
				break;
			flood_next_line(flood);
		}
		part =
		    flood->rest < flood->write_size - used ? flood->rest : flood->write_size - used;
		memcpy(buffer + used, flood->line + LINE_SIZE - flood->rest, part);
		flood->rest -= part;
		used += part;
	}
	return used;
}

static void write_whole(const char *data, size_t size)
{
	ssize_t written;

	while (size > 0) {
		written = write(STDOUT_FILENO, data, size);
		if (written < 0 && errno != EINTR)
			exit(EXIT_FAILURE);
		if (written > 0) {
			data += written;
			size -= (size_t)written;
		}
	}
}

static void write_timed(const struct flood *flood, const char *data, size_t size)
{
	uint64_t began_ns = flood->slow_us > 0 ? now_ns() : 0, took_us;

	write_whole(data, size);
	if (flood->slow_us == 0)
		return;
	took_us = (now_ns() - began_ns) / NS_PER_US;
	if (took_us > flood->slow_us)
		flood_stamp(SLOW_SUFFIX, took_us);
}

static _Noreturn void flood_write(struct flood *flood)
{
	uint64_t until = flood->seconds_max ? now_ns() + flood->seconds_max * NS_PER_S : UINT64_MAX;
	struct timespec pause_time = {.tv_nsec = (long)(flood->pause_us * 1000)};
	char *buffer = malloc(flood->write_size);
	int last = 0;

	if (!buffer)
		exit(EXIT_FAILURE);
	memset(flood->line, '0', NUMBER_SIZE);
	memset(flood->line + NUMBER_SIZE, '.', LINE_SIZE - NUMBER_SIZE);
	flood->line[NUMBER_SIZE] = ' ';
	flood->line[LINE_SIZE - 1] = '\n';
	flood_stamp("", 0);
	while (!last) {
		last = (flood->bytes_max && flood->lines * LINE_SIZE >= flood->bytes_max) ||
		       now_ns() >= until;
		write_timed(flood, buffer, flood_fill(flood, buffer, last));
		if (flood->pause_us > 0)
			nanosleep(&pause_time, NULL);
	}
	write_whole(flood->line + LINE_SIZE - flood->rest, flood->rest);
	flood_stamp("", flood->lines);
	for (;;)
		pause();
}

struct check {
	uint64_t lines, lost, doubled, broken;
	uint64_t next; /* the number that is due */
};

static void check_line(struct check *check, const char *line, size_t size)
{
	uint64_t number = 0;
	int i;

	check->lines++;
	for (i = 0; i < NUMBER_SIZE && line[i] >= '0' && line[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(line[i] - '0');
	if (size != LINE_SIZE || i != NUMBER_SIZE || line[NUMBER_SIZE] != ' ') {
		check->broken++;
		return;
	}
	if (number < check->next) {
		check->doubled++;
		return;
	}
	check->lost += number - check->next;
	check->next = number + 1;
}

/* A line may begin in one file and end in the next: `begun` bytes of it are in `line`. */
static int check_file(struct check *check, const char *path, char *line, size_t *begun)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0, size;
	ssize_t got;

	if (!file) {
		perror(path);
		return -1;
	}
	while ((got = getline(&text, &room, file)) > 0) {
		size = (size_t)got < LINE_MAX_SIZE - *begun ? (size_t)got : LINE_MAX_SIZE - *begun;
		memcpy(line + *begun, text, size);
		*begun += size;
		if (text[got - 1] == '\n') {
			check_line(check, line, *begun);
			*begun = 0;
		}
	}
	free(text);
	fclose(file);
	return 0;
}

static int check_files(char **paths)
{
	struct check check = {0};
	char line[LINE_MAX_SIZE];
	size_t begun = 0;

	for (; *paths; paths++) {
		if (check_file(&check, *paths, line, &begun) < 0)
			return EXIT_FAILURE;
	}
	check.broken += begun > 0;
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", check.lines, check.lost,
	       check.doubled, check.broken);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct flood flood = {0};
	const char *how = getenv(LINES_ENV);

	if (argc > 2 && strcmp(argv[1], "check") == 0)
		return check_files(argv + 2);
	if (!how ||
	    sscanf(how, "%zu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &flood.write_size,
	           &flood.bytes_max, &flood.seconds_max, &flood.pause_us, &flood.slow_us) < 4 ||
	    flood.write_size < LINE_SIZE || flood.write_size > WRITE_MAX) {
		fprintf(stderr, "flood: " LINES_ENV
		                " is not set, or is no \"WRITE ALL SECONDS PAUSE [SLOW]\"\n");
		return 2;
	}
	flood_write(&flood);
}
