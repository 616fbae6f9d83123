/*
 * Any bytes as a configuration. Whatever comes of it holds together, is the same when loaded again,
 * and the same when loaded from what the source kept.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/config/config.h"
#include "daemon/config/diff.h"
#include "daemon/config/source.h"

struct loaded {
	struct config *config;
	struct config_notes notes;
	int result;
};

static void check_program(const struct loaded *loaded, const struct group_config *group,
                          const struct program *program)
{
	FUZZ_REQUIRE(program->name && program->full_name && program->file && program->line > 0);
	FUZZ_REQUIRE(strlen(program->full_name) <= PROGRAM_NAME_MAX);
	FUZZ_REQUIRE(program->group == group->name);
	FUZZ_REQUIRE(program->fingerprint != 0 && program->environment);
	FUZZ_REQUIRE(program->broken || (program->command && program->argv && program->argv[0]));
	FUZZ_REQUIRE(!program->broken || loaded->notes.error_count > 0);
	FUZZ_REQUIRE(!program->user.name || program->user.groups);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void check(const struct loaded *loaded)
{
	const struct config *config = loaded->config;
	size_t count = 0, limit = config_process_count(config);
	const char **names = calloc(limit + 1, sizeof(*names));

	FUZZ_REQUIRE(names && limit <= CONFIG_PROCESSES_MAX);
	for (size_t i = 0; i < config->group_count; i++) {
		const struct group_config *group = config->groups[i];

		FUZZ_REQUIRE(config_find_group(config, group->name) == group);
		for (size_t k = 0; k < group->program_count; k++) {
			check_program(loaded, group, group->programs[k]);
			names[count++] = group->programs[k]->full_name;
		}
	}
	if (count > 0)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++)
		FUZZ_REQUIRE(strcmp(names[i - 1], names[i]) != 0);
	free(names);
	FUZZ_REQUIRE(config->daemon.environment && config->daemon.socket);
}

static struct loaded load(const char *path, struct source *source)
{
	struct loaded loaded = {0};

	FUZZ_REQUIRE(source);
	loaded.result = config_load(path, source, &loaded.notes, &loaded.config);
	FUZZ_REQUIRE(loaded.result == 0 || loaded.notes.error_count > 0);
	if (loaded.result == 0)
		check(&loaded);
	return loaded;
}

static void require_same(const struct loaded *a, const struct loaded *b)
{
	struct diff_entry *entries = NULL;
	size_t count = 0;

	FUZZ_REQUIRE(a->result == b->result && a->notes.count == b->notes.count);
	for (size_t i = 0; i < a->notes.count; i++)
		FUZZ_REQUIRE(strcmp(a->notes.items[i].text, b->notes.items[i].text) == 0);
	if (a->result < 0)
		return;
	FUZZ_REQUIRE(diff_groups(a->config, b->config, &entries, &count) == 0 && count == 0);
	free(entries);
}

static void done(struct loaded *loaded, struct source *source)
{
	config_free(loaded->config);
	config_notes_done(&loaded->notes);
	source_free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC), saved = memfd_create("source", MFD_CLOEXEC);
	struct source *first_source = source_new(), *again_source = NULL;
	struct loaded first, again;
	char path[64];

	FUZZ_REQUIRE(fd >= 0 && saved >= 0);
	FUZZ_REQUIRE(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	first = load(path, first_source);
	FUZZ_REQUIRE(source_save(first_source, saved) == 0);
	FUZZ_REQUIRE(source_restore(saved, &again_source) == 0);
	again = load(path, again_source);
	require_same(&first, &again);
	done(&first, first_source);
	done(&again, again_source);
	close(fd);
	close(saved);
	return 0;
}
