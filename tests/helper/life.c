/*
 * A program to supervise that keeps a record of its lives, for a test that is to know afterwards
 * what it did: who lived when, how far it got in what it wrote, and how it ended.
 *
 *   life FILE NAME WORD...
 *
 *   pace MS          a numbered line to stdout every MS milliseconds
 *   live MS,MS...    the n-th life lasts that long (the list begins anew); 0: for ever
 *   end WORD,...     how it then ends: a number is an exit status, a word a signal
 *   term MS          SIGTERM and SIGINT are obeyed after that long, by exit status 15; -1: never
 *   tree MS          has a child that writes lines too, and obeys SIGTERM after that long
 *   burst N          N lines at once, at the beginning
 *
 * Without "live" it goes on until it is told to end. FILE is an array of struct life, mapped while
 * it is written: it is right however we end. A life holds a lock on FILE, so that two at once are
 * seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/parse.h"

#define LIFE_EXIT_USAGE 64
#define LIFE_EXIT_TOLD 15
#define LIFE_LINE_MAX 256

/* What of a life writes lines: the leader and its child. */
enum life_voice { VOICE_LEADER, VOICE_CHILD, VOICE_COUNT };

enum life_end {
	END_NONE, /* it is alive, or was killed */
	END_EXIT,
	END_SIGNAL
};

/* tests/chaos/lives.py reads this. */
struct life {
	uint32_t number; /* from 1; 0: a life that has not yet begun */
	int32_t pid;
	uint64_t began_nsec; /* monotonic */
	int32_t end;         /* enum life_end: written before it ends itself */
	int32_t end_value;   /* exit status or signal */
	struct {
		_Atomic uint32_t begun; /* number of the line that is being written */
		_Atomic uint32_t done;  /* ... and of the last that was */
	} voices[VOICE_COUNT];
	int32_t child_pid;
	_Atomic int32_t told; /* how often SIGTERM or SIGINT came */
	int32_t overlaps;     /* another life was there when it began */
	char padding[12];
};
_Static_assert(sizeof(struct life) == 64, "as tests/chaos/lives.py has it");

struct plan {
	const char *name;
	int pace_msec;
	const char *lives;
	const char *ends;
	int term_msec;
	int tree_msec; /* -1: no tree */
	int burst;
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "life: %s: %s\n", what, strerror(errno));
	_exit(LIFE_EXIT_USAGE);
}

static int64_t now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The n-th word of a list with commas, which begins anew at its end. */
static void nth_word(const char *list, uint32_t n, char *word, size_t size)
{
	size_t count = 1;
	const char *at = list;

	for (const char *c = list; *c; c++)
		count += *c == ',';
	for (size_t skip = n % count; skip; skip--)
		at = strchr(at, ',') + 1;
	snprintf(word, size, "%.*s", (int)strcspn(at, ","), at);
}

static struct life *begin_life(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	/* The process's own: neither a child of it nor a mapping keeps it. */
	struct flock lock = {.l_type = F_WRLCK};
	bool alone = fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0;
	struct stat status;
	struct life *life;
	uint32_t number;

	if (fd < 0 || fstat(fd, &status) < 0)
		fail(path);
	number = (uint32_t)((size_t)status.st_size / sizeof(*life));
	if (ftruncate(fd, (off_t)((number + 1) * sizeof(*life))) < 0)
		fail(path);
	/* mmap(2) goes by pages, a record need not. */
	off_t offset = (off_t)(number * sizeof(*life));
	off_t page = offset & ~(off_t)4095;
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page);
	if (map == MAP_FAILED)
		fail(path);
	life = (struct life *)(void *)(map + (offset - page));
	life->pid = getpid();
	life->began_nsec = (uint64_t)now_nsec();
	life->overlaps = !alone;
	/* Last: the record is whole once it has a number. The descriptor stays: it has the lock. */
	atomic_thread_fence(memory_order_seq_cst);
	life->number = number + 1;
	return life;
}

/* One line, one write(2): a pipe takes it whole or not at all. */
static void say_line(struct life *life, const struct plan *plan, enum life_voice voice)
{
	uint32_t number = atomic_load(&life->voices[voice].done) + 1;
	char line[LIFE_LINE_MAX];
	int size = snprintf(line, sizeof(line), "%s %u %d %u %.*s.\n", plan->name, life->number,
	                    (int)voice, number, (int)(number % 64),
	                    "----------------------------------------------------------------");

	atomic_store(&life->voices[voice].begun, number);
	while (write(STDOUT_FILENO, line, (size_t)size) < 0)
		if (errno != EINTR)
			fail("writing a line");
	atomic_store(&life->voices[voice].done, number);
}

static _Noreturn void end_life(struct life *life, enum life_end end, int value)
{
	life->end_value = value;
	atomic_thread_fence(memory_order_seq_cst);
	life->end = (int32_t)end;
	if (end == END_SIGNAL) {
		sigset_t none;
		sigemptyset(&none);
		signal(value, SIG_DFL);
		sigprocmask(SIG_SETMASK, &none, NULL);
		raise(value);
	}
	_exit(value);
}

/* Lines at the pace, until a signal to end has been obeyed or the time is up. True: it was told. */
static bool go_on(struct life *life, const struct plan *plan, enum life_voice voice, int live_msec,
                  int term_msec)
{
	int64_t now = now_nsec();
	int64_t line_due = plan->pace_msec ? now + plan->pace_msec * 1000000LL : INT64_MAX;
	int64_t end_due = live_msec ? now + live_msec * 1000000LL : INT64_MAX;
	int64_t told_due = INT64_MAX;
	sigset_t told;

	sigemptyset(&told);
	sigaddset(&told, SIGTERM);
	sigaddset(&told, SIGINT);
	for (;;) {
		int64_t due = line_due < end_due ? line_due : end_due;
		due = told_due < due ? told_due : due;
		int64_t left = due - now_nsec() > 0 ? due - now_nsec() : 0;
		struct timespec wait = {left / 1000000000, left % 1000000000};
		int signal = sigtimedwait(&told, NULL, due == INT64_MAX ? NULL : &wait);

		if (signal > 0) {
			if (voice == VOICE_LEADER)
				atomic_fetch_add(&life->told, 1);
			if (told_due == INT64_MAX && term_msec >= 0)
				told_due = now_nsec() + term_msec * 1000000LL;
		}
		now = now_nsec();
		if (now >= line_due) {
			say_line(life, plan, voice);
			line_due += plan->pace_msec * 1000000LL;
			line_due = line_due < now ? now : line_due;
		}
		if (now >= told_due) {
			say_line(life, plan, voice);
			return true;
		}
		if (now >= end_due)
			return false;
	}
}

/* The child outlives its leader until it is told. */
static void begin_tree(struct life *life, const struct plan *plan)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (child > 0) {
		life->child_pid = child;
		return;
	}
	(void)go_on(life, plan, VOICE_CHILD, 0, plan->tree_msec);
	_exit(0);
}

static void parse_plan(struct plan *plan, char **words)
{
	for (; words[0] && words[1]; words += 2) {
		int value = (int)strtol(words[1], NULL, 10);
		if (strcmp(words[0], "pace") == 0)
			plan->pace_msec = value;
		else if (strcmp(words[0], "live") == 0)
			plan->lives = words[1];
		else if (strcmp(words[0], "end") == 0)
			plan->ends = words[1];
		else if (strcmp(words[0], "term") == 0)
			plan->term_msec = value;
		else if (strcmp(words[0], "tree") == 0)
			plan->tree_msec = value;
		else if (strcmp(words[0], "burst") == 0)
			plan->burst = value;
		else
			_exit(LIFE_EXIT_USAGE);
	}
}

int main(int argc, char **argv)
{
	struct plan plan = {.lives = "0", .ends = "0", .tree_msec = -1};
	const struct rlimit no_core = {0, 0};
	char word[32];
	struct life *life;
	sigset_t told;
	int signal;

	if (argc < 3)
		return LIFE_EXIT_USAGE;
	plan.name = argv[2];
	parse_plan(&plan, argv + 3);
	sigemptyset(&told);
	sigaddset(&told, SIGTERM);
	sigaddset(&told, SIGINT);
	sigprocmask(SIG_BLOCK, &told, NULL);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	life = begin_life(argv[1]);
	for (int i = 0; i < plan.burst; i++)
		say_line(life, &plan, VOICE_LEADER);
	if (plan.tree_msec >= 0)
		begin_tree(life, &plan);
	nth_word(plan.lives, life->number - 1, word, sizeof(word));
	if (go_on(life, &plan, VOICE_LEADER, (int)strtol(word, NULL, 10), plan.term_msec))
		end_life(life, END_EXIT, LIFE_EXIT_TOLD);
	nth_word(plan.ends, life->number - 1, word, sizeof(word));
	if (parse_signal(word, &signal) == 0 && (word[0] < '0' || word[0] > '9'))
		end_life(life, END_SIGNAL, signal);
	end_life(life, END_EXIT, (int)strtol(word, NULL, 10));
}
