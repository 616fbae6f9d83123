/* fakes: fake_files */
/* What is read is remembered, saved and restored; what is damaged is refused. */
#include "tests/unit/fake_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/diff.h"

/* Magic, version, count and size of a saved source. */
#define HEADER_SIZE 24

static struct source *save_and_restore(const struct source *source)
{
	int fd = memfd_create("source", MFD_CLOEXEC);
	struct source *restored = NULL;

	assert_true(fd >= 0);
	assert_int_equal(source_save(source, fd), 0);
	assert_int_equal(source_restore(fd, &restored), 0);
	close(fd);
	return restored;
}

static void files_are_read_once(void **state)
{
	struct files *files = *state;
	struct source *source = source_new();
	const char *text, *again;
	size_t size;

	files_write(files, "a", "one");
	assert_int_equal(source_read(source, files_path(files, "a"), &text, &size), 0);
	assert_string_equal(text, "one");
	assert_int_equal(size, 3);
	files_write(files, "a", "two");
	assert_int_equal(source_read(source, files_path(files, "a"), &again, &size), 0);
	assert_ptr_equal(again, text);
	source_free(source);
}

static void errors_are_answers(void **state)
{
	struct files *files = *state;
	struct source *source = source_new();
	const char *text;
	size_t size;

	assert_int_equal(source_read(source, files_path(files, "a"), &text, &size), -ENOENT);
	assert_int_equal(source_read(source, files->directory, &text, &size), -EISDIR);
	assert_int_equal(mkfifo(files_path(files, "pipe"), 0600), 0);
	assert_int_equal(source_read(source, files_path(files, "pipe"), &text, &size), -ENOTSUP);
	assert_int_equal(source_read(source, "/dev/zero", &text, &size), -ENOTSUP);
	/* It is there now, but what was said stands. */
	files_write(files, "a", "one");
	assert_int_equal(source_read(source, files_path(files, "a"), &text, &size), -ENOENT);
	source_free(source);
}

/* It is read again by the next engine, and a read must not wait for a writer. */
static void the_first_is_no_pipe_either(void **state)
{
	struct files *files = *state;
	struct source *source = source_new();
	const char *text;
	size_t size;

	assert_int_equal(mkfifo(files_path(files, "first"), 0600), 0);
	assert_int_equal(source_read(source, files_path(files, "first"), &text, &size), -ENOTSUP);
	source_free(source);
	source = source_new();
	assert_int_equal(source_read(source, "/dev/zero", &text, &size), -ENOTSUP);
	source_free(source);
}

static void globs_are_sorted_by_bytes(void **state)
{
	struct files *files = *state;
	struct source *source = source_new();
	const char *const *paths;
	static const char *const names[] = {"B.conf", "a.conf", "b.conf", "_.conf"};
	static const char *const sorted[] = {"B.conf", "_.conf", "a.conf", "b.conf"};

	for (size_t i = 0; i < 4; i++)
		files_write(files, names[i], "");
	files_write(files, ".hidden.conf", "");
	assert_int_equal(source_glob(source, files_path(files, "*.conf"), &paths), 0);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(paths[i], files_path(files, sorted[i]));
	assert_null(paths[4]);
	assert_int_equal(source_glob(source, files_path(files, "*.none"), &paths), 0);
	assert_null(paths[0]);
	source_free(source);
}

static void too_many_files(void **state)
{
	struct source *source = source_new();
	const char *text;
	size_t size;
	char path[32];

	(void)state;
	for (unsigned i = 0; i < SOURCE_FILES_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/no/such/%u", i);
		assert_int_equal(source_read(source, path, &text, &size), -ENOENT);
	}
	assert_int_equal(source_read(source, "/no/such/one-more", &text, &size), -EMFILE);
	assert_int_equal(source_read(source, "/no/such/0", &text, &size), -ENOENT);
	source_free(source);
}

static void a_restored_one_asks_the_disk_nothing(void **state)
{
	struct files *files = *state;
	struct source *source = source_new(), *restored;
	const char *const *paths;
	const char *text;
	size_t size;

	files_write(files, "a.conf", "one");
	files_write(files, "empty.conf", "");
	assert_int_equal(source_read(source, files_path(files, "a.conf"), &text, &size), 0);
	assert_int_equal(source_read(source, files_path(files, "empty.conf"), &text, &size), 0);
	assert_int_equal(source_read(source, files_path(files, "none"), &text, &size), -ENOENT);
	assert_int_equal(source_glob(source, files_path(files, "*.conf"), &paths), 0);
	assert_int_equal(source_glob(source, files_path(files, "*.none"), &paths), 0);
	restored = save_and_restore(source);
	source_free(source);
	files_write(files, "a.conf", "changed");
	files_write(files, "b.conf", "new");
	assert_int_equal(source_read(restored, files_path(files, "a.conf"), &text, &size), 0);
	assert_string_equal(text, "one");
	assert_int_equal(source_read(restored, files_path(files, "empty.conf"), &text, &size), 0);
	assert_int_equal(size, 0);
	assert_int_equal(source_read(restored, files_path(files, "none"), &text, &size), -ENOENT);
	assert_int_equal(source_read(restored, files_path(files, "b.conf"), &text, &size), -ENOENT);
	assert_int_equal(source_glob(restored, files_path(files, "*.conf"), &paths), 0);
	assert_string_equal(paths[1], files_path(files, "empty.conf"));
	assert_null(paths[2]);
	assert_int_equal(source_glob(restored, files_path(files, "*.none"), &paths), 0);
	assert_null(paths[0]);
	source_free(restored);
}

static void the_configuration_in_force_comes_back(void **state)
{
	struct files *files = *state;
	struct source *restored;
	struct config_notes notes = {0};
	struct config *config;
	struct diff_entry *entries;
	size_t count;

	files_write(files, "d/a.conf", "[program:a]\ncommand=/bin/a %(here)s\n");
	files_load_text(
	    files, "[include]\nfiles=d/*.conf none\n[program:b]\ncommand=/bin/b\npriority=x\n");
	restored = save_and_restore(files->source);
	files_write(files, "main.conf", "[half-edi");
	assert_int_equal(unlink(files_path(files, "d/a.conf")), 0);
	assert_int_equal(config_load(files->path, restored, &notes, &config), 0);
	assert_int_equal(diff_groups(files->config, config, &entries, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(config_process_count(config), 2);
	assert_int_equal(notes.count, files->notes.count);
	free(entries);
	config_free(config);
	config_notes_done(&notes);
	source_free(restored);
}

/* Every shorter file, and every file with one byte wrong, is refused or is a whole source. */
static void damage_is_seen(void **state)
{
	struct files *files = *state;
	int fd = memfd_create("source", MFD_CLOEXEC), copy = memfd_create("copy", MFD_CLOEXEC);
	struct source *restored;
	char bytes[4096];
	ssize_t size;

	files_write(files, "d/a.conf", "[program:a]\ncommand=/bin/a\n");
	files_load_text(files, "[include]\nfiles=d/*.conf\n");
	assert_int_equal(source_save(files->source, fd), 0);
	size = pread(fd, bytes, sizeof(bytes), 0);
	assert_true(size > 0 && (size_t)size < sizeof(bytes));
	for (ssize_t i = 0; i < size; i++) {
		assert_int_equal(ftruncate(copy, 0), 0);
		assert_int_equal(pwrite(copy, bytes, (size_t)i, 0), i);
		assert_int_equal(source_restore(copy, &restored), -EBADMSG);
	}
	for (ssize_t i = 0; i < size; i++) {
		char damaged = (char)(bytes[i] ^ 0x81);

		assert_int_equal(pwrite(copy, bytes, (size_t)size, 0), size);
		assert_int_equal(pwrite(copy, &damaged, 1, i), 1);
		/* In a text it cannot be seen; in what describes the texts it must be. */
		if (i < HEADER_SIZE)
			assert_int_equal(source_restore(copy, &restored), -EBADMSG);
		else if (source_restore(copy, &restored) == 0)
			source_free(restored);
	}
	assert_int_equal(pwrite(copy, bytes, (size_t)size, 0), size);
	assert_int_equal(pwrite(copy, "x", 1, size), 1);
	assert_int_equal(source_restore(copy, &restored), -EBADMSG);
	close(fd);
	close(copy);
}

static void saving_again_replaces(void **state)
{
	struct files *files = *state;
	int fd = memfd_create("source", MFD_CLOEXEC);
	struct source *restored;
	const char *text;
	size_t size;

	files_load_text(files, "[program:with_a_long_name]\ncommand=/bin/true\n");
	assert_int_equal(source_save(files->source, fd), 0);
	files_load_text(files, "[program:x]\n");
	assert_int_equal(source_save(files->source, fd), 0);
	assert_int_equal(source_restore(fd, &restored), 0);
	assert_int_equal(source_read(restored, files_path(files, "main.conf"), &text, &size), 0);
	assert_string_equal(text, "[program:x]\n");
	source_free(restored);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(files_are_read_once, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(errors_are_answers, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(the_first_is_no_pipe_either, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(globs_are_sorted_by_bytes, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(too_many_files, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(a_restored_one_asks_the_disk_nothing, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(the_configuration_in_force_comes_back, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(damage_is_seen, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(saving_again_replaces, files_setup, files_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
