/* `musterd --check FILE`: what a load would say, without a daemon. */
#include "daemon/config/check.h"

#include <errno.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/config/source.h"

/* Sections of programs, of which a process is one or more. */
static size_t count_programs(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->group_count; i++) {
		const struct group_config *group = config->groups[i];
		const struct program *last = NULL;

		for (size_t k = 0; k < group->program_count; k++) {
			const struct program *program = group->programs[k];

			if (!last || last->line != program->line || last->file != program->file)
				count++;
			last = program;
		}
	}
	return count;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

int config_check(const char *file, FILE *out)
{
	struct source *source = source_new();
	struct config_notes notes = {0};
	struct config *config = NULL;
	int result = source ? config_load(file, source, &notes, &config) : -ENOMEM;
	size_t programs, processes;

	for (size_t i = 0; i < notes.count; i++)
		fprintf(out, "%s%s\n",
		        notes.items[i].is_error ? "" : "warning: ", notes.items[i].text);
	if (notes.error_count > 0) {
		fprintf(out, "%s: %zu error%s\n", file, notes.error_count,
		        plural(notes.error_count));
		result = 1;
	} else if (result < 0) {
		fprintf(out, "%s: %s\n", file, strerror(-result));
		result = 1;
	} else {
		programs = count_programs(config);
		processes = config_process_count(config);
		fprintf(out, "%s: ok, %zu program%s, %zu process%s\n", file, programs,
		        plural(programs), processes, processes == 1 ? "" : "es");
	}
	config_free(config);
	config_notes_done(&notes);
	source_free(source);
	return result;
}
