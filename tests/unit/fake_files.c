/* Real files and real loads: the configuration's own seam is the disk. */
#include "tests/unit/fake_files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

int files_setup(void **state)
{
	struct files *files = calloc(1, sizeof(*files));

	if (!files)
		return -1;
	(void)snprintf(files->directory, sizeof(files->directory), "/tmp/muster-test-XXXXXX");
	if (!mkdtemp(files->directory)) {
		free(files);
		return -1;
	}
	*state = files;
	return 0;
}

static void files_unload(struct files *files)
{
	config_free(files->config);
	config_notes_done(&files->notes);
	source_free(files->source);
	files->config = NULL;
	files->source = NULL;
}

int files_teardown(void **state)
{
	struct files *files = *state;

	files_unload(files);
	nftw(files->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(files);
	return 0;
}

const char *files_path(const struct files *files, const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", files->directory, name);
	return path;
}

void files_write_bytes(const struct files *files, const char *name, const void *data, size_t size)
{
	const char *path = files_path(files, name), *slash = strchr(name, '/');
	char folder[256];
	int fd;

	if (slash) {
		(void)snprintf(folder, sizeof(folder), "%s/%.*s", files->directory,
		               (int)(slash - name), name);
		assert_true(mkdir(folder, 0755) == 0 || errno == EEXIST);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

void files_write(const struct files *files, const char *name, const char *text)
{
	files_write_bytes(files, name, text, strlen(text));
}

void files_load(struct files *files, const char *name)
{
	files_unload(files);
	(void)snprintf(files->path, sizeof(files->path), "%s", files_path(files, name));
	files->source = source_new();
	assert_non_null(files->source);
	files->result = config_load(files->path, files->source, &files->notes, &files->config);
}

void files_load_text(struct files *files, const char *text)
{
	files_write(files, "main.conf", text);
	files_load(files, "main.conf");
}

/* The text of a note with # for the directory; valid until the next call. */
static const char *shorten(const struct files *files, const struct config_note *note)
{
	static char text[2048];
	size_t size = strlen(files->directory), used = 0;
	const char *p = note->text;

	if (!note->is_error)
		used = (size_t)snprintf(text, sizeof(text), "warning: ");
	if (strncmp(p, files->directory, size) == 0 && p[size] == '/')
		p += size + 1;
	while (*p && used < sizeof(text) - 1) {
		if (strncmp(p, files->directory, size) == 0) {
			text[used++] = '#';
			p += size;
		} else {
			text[used++] = *p++;
		}
	}
	text[used] = '\0';
	return text;
}

void files_expect_notes(const struct files *files, ...)
{
	size_t i = 0;
	const char *want;
	va_list args;

	va_start(args, files);
	while ((want = va_arg(args, const char *))) {
		if (i >= files->notes.count)
			fail_msg("no note \"%s\"", want);
		assert_string_equal(shorten(files, &files->notes.items[i++]), want);
	}
	va_end(args);
	if (i < files->notes.count)
		fail_msg("one note more: \"%s\"", files->notes.items[i].text);
}

const struct program *files_program(const struct files *files, const char *full_name)
{
	assert_int_equal(files->result, 0);
	for (size_t i = 0; i < files->config->group_count; i++) {
		const struct group_config *group = files->config->groups[i];

		for (size_t k = 0; k < group->program_count; k++) {
			if (strcmp(group->programs[k]->full_name, full_name) == 0)
				return group->programs[k];
		}
	}
	fail_msg("no process %s", full_name);
	return NULL;
}

static void load_program(struct files *files, const char *lines)
{
	size_t size = strlen(lines) + 64;
	char *text = malloc(size);

	assert_non_null(text);
	(void)snprintf(text, size, "[program:x]\ncommand=/bin/x\n%s", lines);
	files_load_text(files, text);
	free(text);
}

const struct program *files_one_program(struct files *files, const char *lines)
{
	load_program(files, lines);
	files_expect_notes(files, NULL);
	assert_int_equal(config_process_count(files->config), 1);
	return files->config->groups[0]->programs[0];
}

void files_expect_fault(struct files *files, const char *lines, const char *fault)
{
	const struct program *program;
	const char *text;

	load_program(files, lines);
	assert_int_equal(files->result, 0);
	assert_int_equal(files->notes.count, 1);
	assert_int_equal(files->notes.error_count, 1);
	text = strstr(files->notes.items[0].text, "[program:x] ");
	assert_non_null(text);
	assert_string_equal(text + strlen("[program:x] "), fault);
	assert_int_equal(config_process_count(files->config), 1);
	program = files->config->groups[0]->programs[0];
	assert_string_equal(program->broken, files->notes.items[0].text);
}
