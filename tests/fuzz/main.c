/*
 * Runs a fuzzer without libFuzzer, so that any compiler's build does it in a bounded time: first
 * over the files of a corpus, then over mutations of them that a fixed seed makes. The input at
 * work is kept in a file while it runs, so that a crash leaves what made it.
 *
 *	fuzz_X [CORPUS [MUTATIONS [SEED]]]      CORPUS is tests/fuzz/corpus/X without one
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FUZZ_FILES_MAX 256
#define FUZZ_INPUT_MAX (64 * 1024)
#define FUZZ_MUTATIONS 20000
#define FUZZ_CHANGES_MAX 8

struct input {
	uint8_t data[FUZZ_INPUT_MAX];
	size_t size;
};

struct corpus {
	struct input *inputs;
	size_t count;
};

/* xorshift: the same inputs on every machine. */
static uint64_t fuzz_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static size_t fuzz_below(uint64_t *seed, size_t limit)
{
	return limit ? (size_t)(fuzz_random(seed) % limit) : 0;
}

static void change_byte(struct input *input, uint64_t *seed)
{
	if (input->size > 0)
		input->data[fuzz_below(seed, input->size)] = (uint8_t)fuzz_random(seed);
}

static void change_bit(struct input *input, uint64_t *seed)
{
	if (input->size > 0)
		input->data[fuzz_below(seed, input->size)] ^= (uint8_t)(1u << fuzz_below(seed, 8));
}

/* Bytes that mean something to what is tested here. */
static void change_to_special(struct input *input, uint64_t *seed)
{
	static const uint8_t special[] = {0,   '"', '\'', '\\', '{', '}',
	                                  '[', ']', ' ',  '-',  '.', 0xff};

	if (input->size > 0)
		input->data[fuzz_below(seed, input->size)] =
		    special[fuzz_below(seed, sizeof(special))];
}

static void cut_end(struct input *input, uint64_t *seed)
{
	input->size = fuzz_below(seed, input->size + 1);
}

static void cut_piece(struct input *input, uint64_t *seed)
{
	size_t from = fuzz_below(seed, input->size + 1);
	size_t size = fuzz_below(seed, input->size - from + 1);

	memmove(input->data + from, input->data + from + size, input->size - from - size);
	input->size -= size;
}

/* A piece of the input again, behind itself. */
static void repeat_piece(struct input *input, uint64_t *seed)
{
	size_t from = fuzz_below(seed, input->size + 1);
	size_t size = fuzz_below(seed, input->size - from + 1);

	if (size > FUZZ_INPUT_MAX - input->size)
		size = FUZZ_INPUT_MAX - input->size;
	memmove(input->data + from + size, input->data + from, input->size - from);
	input->size += size;
}

static void (*const changes[])(struct input *input, uint64_t *seed) = {
    change_byte, change_bit, change_to_special, cut_end, cut_piece, repeat_piece,
};

static int read_input(int directory, const char *name, struct input *input)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	input->size = 0;
	while ((got = read(fd, input->data + input->size, FUZZ_INPUT_MAX - input->size)) > 0)
		input->size += (size_t)got;
	close(fd);
	return got < 0 ? -EIO : 0;
}

static int load_corpus(const char *path, struct corpus *corpus)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	corpus->inputs = calloc(FUZZ_FILES_MAX, sizeof(*corpus->inputs));
	if (!directory || !corpus->inputs) {
		if (directory)
			closedir(directory);
		return -1;
	}
	while (corpus->count < FUZZ_FILES_MAX && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] != '.' && read_input(dirfd(directory), entry->d_name,
		                                          &corpus->inputs[corpus->count]) == 0)
			corpus->count++;
	}
	closedir(directory);
	return 0;
}

/* Shared with the file, so that a crash keeps it without a write per input. */
static struct input *map_last_input(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *map = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(struct input)) == 0)
		map = mmap(NULL, sizeof(struct input), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return map == MAP_FAILED ? NULL : map;
}

/* In memory of just its size: a read behind the end is then seen by the address sanitizer. */
static bool run_input(const struct input *input)
{
	uint8_t *copy = malloc(input->size ? input->size : 1);

	if (!copy)
		return false;
	memcpy(copy, input->data, input->size);
	(void)LLVMFuzzerTestOneInput(copy, input->size);
	free(copy);
	return true;
}

static bool run_mutations(const struct corpus *corpus, struct input *input, unsigned long count,
                          uint64_t seed)
{
	for (unsigned long i = 0; i < count; i++) {
		const struct input *model = &corpus->inputs[fuzz_below(&seed, corpus->count)];
		size_t rounds = 1 + fuzz_below(&seed, FUZZ_CHANGES_MAX);

		memcpy(input->data, model->data, model->size);
		input->size = model->size;
		while (rounds-- > 0)
			changes[fuzz_below(&seed, sizeof(changes) / sizeof(changes[0]))](input,
			                                                                 &seed);
		if (!run_input(input))
			return false;
	}
	return true;
}

static bool run_all(const struct corpus *corpus, struct input *last, unsigned long mutations,
                    uint64_t seed)
{
	for (size_t i = 0; i < corpus->count; i++) {
		memcpy(last->data, corpus->inputs[i].data, corpus->inputs[i].size);
		last->size = corpus->inputs[i].size;
		if (!run_input(last))
			return false;
	}
	return run_mutations(corpus, last, mutations, seed);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	unsigned long mutations = argc > 2 ? strtoul(argv[2], NULL, 10) : FUZZ_MUTATIONS;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	char path[4096], crash[4096];
	struct corpus corpus = {0};
	struct input *last;
	bool good;

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	(void)snprintf(path, sizeof(path), "tests/fuzz/corpus/%s", name);
	(void)snprintf(crash, sizeof(crash), "%s.last", argv[0]);
	if (load_corpus(argc > 1 ? argv[1] : path, &corpus) < 0 || corpus.count == 0) {
		printf("not ok 1 - %s: no files in %s\n", name, argc > 1 ? argv[1] : path);
		return 1;
	}
	last = map_last_input(crash);
	if (!last) {
		printf("not ok 1 - %s: cannot write %s: %s\n", name, crash, strerror(errno));
		return 1;
	}
	good = run_all(&corpus, last, mutations, seed ? seed : 1);
	printf("%sok 1 - %s: %zu files and %lu mutations of them\n", good ? "" : "not ", name,
	       corpus.count, mutations);
	(void)munmap(last, sizeof(*last));
	(void)unlink(crash);
	free(corpus.inputs);
	return good ? 0 : 1;
}
