/* fakes: fake_clock */
/* Log files: every byte is there once and in order, whatever happens to the file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "daemon/base/clock.h"
#include "daemon/process/logfile.h"
#include "tests/unit/fake_clock.h"

#define NOBODY 65534
#define TEXT_MAX (1024u * 1024u)
#define A_LOT (1024u * 1024u)

struct fixture {
	struct logfiles *files;
	char directory[64];
	char path[96];
	int pipe[2];
	char *sent; /* all that went into the pipe */
	size_t sent_size;
	int errors; /* lines of log that are errors */
};

static void count_errors(void *arg, const char *line, size_t size)
{
	struct fixture *fixture = arg;

	(void)size;
	fixture->errors += strstr(line, " ERRO ") || strstr(line, " ERROR ");
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	signal(SIGPIPE, SIG_IGN);
	if (!fixture || pipe2(fixture->pipe, O_CLOEXEC | O_NONBLOCK) < 0 ||
	    fcntl(fixture->pipe[0], F_SETPIPE_SZ, TEXT_MAX) < 0)
		return -1;
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/test_logfile.XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/x.log", fixture->directory);
	fixture->files = logfiles_new();
	fixture->sent = malloc(TEXT_MAX);
	log_set_sink(count_errors, fixture);
	*state = fixture;
	return fixture->files && fixture->sent ? 0 : -1;
}

static const char *name_of(const struct fixture *fixture, const char *ending)
{
	static char name[160];

	snprintf(name, sizeof(name), "%s%s", fixture->path, ending);
	return name;
}

static int teardown(void **state)
{
	static const char *const endings[] = {"",   ".1", ".2", ".3",     ".4",
	                                      ".5", ".6", ".7", ".other", ".fill"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		unlink(name_of(fixture, endings[i]));
		rmdir(name_of(fixture, endings[i]));
	}
	log_set_sink(NULL, NULL);
	logfiles_free(fixture->files);
	close(fixture->pipe[0]);
	close(fixture->pipe[1]);
	rmdir(fixture->directory);
	free(fixture->sent);
	free(fixture);
	return 0;
}

static struct logfile *open_log(struct fixture *fixture, uint64_t maxbytes, unsigned backups)
{
	struct logfile *file = NULL;

	assert_int_equal(logfile_open(fixture->files, fixture->path, maxbytes, backups, &file), 0);
	return file;
}

static void put(struct fixture *fixture, const char *text)
{
	size_t size = strlen(text);

	assert_true(fixture->sent_size + size <= TEXT_MAX);
	assert_int_equal(write(fixture->pipe[1], text, size), size);
	memcpy(fixture->sent + fixture->sent_size, text, size);
	fixture->sent_size += size;
}

static void put_lines(struct fixture *fixture, int from, int to)
{
	char line[24];

	for (int i = from; i < to; i++) {
		snprintf(line, sizeof(line), "line %04d\n", i); /* 10 bytes */
		put(fixture, line);
	}
}

/* Moves what is in the pipe: 0 once it is empty, or why it cannot be moved. */
static ssize_t move(struct fixture *fixture, struct logfile *file)
{
	ssize_t n;

	do
		n = logfile_splice(file, fixture->pipe[0], A_LOT);
	while (n > 0);
	return n;
}

static size_t read_file(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, TEXT_MAX);

	assert_true(n >= 0);
	if (fd >= 0)
		close(fd);
	return (size_t)n;
}

static void expect_content(const char *path, const char *text)
{
	char *found = calloc(1, TEXT_MAX + 1);

	assert_non_null(found);
	(void)read_file(path, found);
	assert_string_equal(found, text);
	free(found);
}

static bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static size_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

/* The oldest backup first: together they are what was sent. */
static void expect_all(struct fixture *fixture, unsigned backups)
{
	char *text = malloc(2 * TEXT_MAX);
	char ending[16];
	size_t size = 0;

	assert_non_null(text);
	for (unsigned i = backups; i > 0; i--) {
		snprintf(ending, sizeof(ending), ".%u", i);
		size += read_file(name_of(fixture, ending), text + size);
	}
	size += read_file(fixture->path, text + size);
	assert_int_equal(size, fixture->sent_size);
	assert_memory_equal(text, fixture->sent, size);
	free(text);
}

/* ---- Appending ---- */

static void what_is_in_the_pipe_is_appended(void **state)
{
	struct fixture *fixture = *state;
	int fd = open(fixture->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct logfile *file;

	assert_int_equal(write(fd, "old\n", 4), 4);
	close(fd);
	file = open_log(fixture, 0, 10);
	assert_string_equal(logfile_path(file), fixture->path);
	assert_true(logfile_is_regular(file));
	assert_int_equal(logfile_splice(file, fixture->pipe[0], A_LOT), 0);
	put(fixture, "new\n");
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "old\nnew\n");
	put(fixture, "abcdef");
	assert_int_equal(logfile_splice(file, fixture->pipe[0], 2), 2);
	assert_int_equal(logfile_write(file, "+\n", 2), 0);
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "old\nnew\nab+\ncdef");
	logfile_unref(file);
}

static void the_end_of_the_pipe_is_no_error(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 0, 0);

	put(fixture, "last\n");
	close(fixture->pipe[1]);
	assert_int_equal(move(fixture, file), 0);
	expect_all(fixture, 0);
	fixture->pipe[1] = -1;
	logfile_unref(file);
}

static void what_cannot_be_opened_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = NULL;

	assert_int_equal(logfile_open(fixture->files, "/nowhere/x.log", 0, 0, &file), -ENOENT);
	assert_int_equal(logfile_open(fixture->files, fixture->directory, 0, 0, &file), -EISDIR);
	assert_int_equal(mkfifo(fixture->path, 0600), 0); /* that nobody reads */
	assert_int_equal(logfile_open(fixture->files, fixture->path, 0, 0, &file), -ENXIO);
	assert_null(file);
	logfile_unref(NULL);
	logfiles_free(NULL);
}

/* A log that its owner may write but not read is written. */
static void a_file_that_may_not_be_read_will_do(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = NULL;
	int fd = open(fixture->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0200);
	int r;

	assert_true(fd >= 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, NOBODY, NOBODY), 0);
		assert_int_equal(chmod(fixture->directory, 0755), 0);
		setfsuid(NOBODY);
	}
	close(fd);
	r = logfile_open(fixture->files, fixture->path, 20, 1, &file);
	setfsuid(geteuid());
	assert_int_equal(r, 0);
	put(fixture, "nobody reads it\n");
	assert_int_equal(move(fixture, file), 0);
	assert_int_equal(size_of(fixture->path), 16);
	logfile_unref(file);
}

/* ---- Rotation ---- */

static void a_full_file_is_rotated_between_lines(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 35, 5);

	put_lines(fixture, 0, 22);
	assert_int_equal(move(fixture, file), 0);
	expect_all(fixture, 5);
	/* Full is "35 or more": four lines each, and what is left. */
	assert_int_equal(size_of(fixture->path), 20);
	for (int i = 1; i <= 5; i++) {
		char ending[8];
		snprintf(ending, sizeof(ending), ".%d", i);
		assert_int_equal(size_of(name_of(fixture, ending)), 40);
	}
	logfile_unref(file);
}

/* At exactly maxbytes, too, and at once, as with supervisord. */
static void a_file_of_maxbytes_is_full(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 20, 1);

	put_lines(fixture, 0, 2);
	assert_int_equal(move(fixture, file), 0);
	expect_content(name_of(fixture, ".1"), "line 0000\nline 0001\n");
	expect_content(fixture->path, "");
	put_lines(fixture, 2, 3);
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "line 0002\n");
	logfile_unref(file);
}

/* The file is full in the middle of a line, whose end comes later and with more behind it. */
static void a_torn_line_is_finished_before_the_rotation(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 20, 2);

	put(fixture, "line 0000\nthe beginning of");
	assert_int_equal(move(fixture, file), 0);
	put(fixture, " a line and");
	assert_int_equal(move(fixture, file), 0);
	assert_false(exists(name_of(fixture, ".1")));
	put(fixture, " its end\nthe next\n");
	assert_int_equal(move(fixture, file), 0);
	expect_content(name_of(fixture, ".1"), "line 0000\nthe beginning of a line and its end\n");
	expect_content(fixture->path, "the next\n");
	logfile_unref(file);
}

static void a_line_without_an_end_is_cut_some_time(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 1000, 4);
	char piece[10001];

	memset(piece, 'x', sizeof(piece) - 1);
	piece[sizeof(piece) - 1] = '\0';
	for (int i = 0; i < 20; i++) {
		put(fixture, piece);
		assert_int_equal(move(fixture, file), 0);
	}
	expect_all(fixture, 4);
	assert_true(exists(name_of(fixture, ".2")));
	assert_in_range(size_of(name_of(fixture, ".2")), 1000, 1000 + 2 * LOGFILE_LINE_MAX);
	logfile_unref(file);
}

static void only_so_many_backups_are_kept(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 10, 3);

	put_lines(fixture, 0, 9);
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "");
	expect_content(name_of(fixture, ".1"), "line 0008\n");
	expect_content(name_of(fixture, ".2"), "line 0007\n");
	expect_content(name_of(fixture, ".3"), "line 0006\n");
	assert_false(exists(name_of(fixture, ".4")));
	logfile_unref(file);
}

static void rename_backup(const struct fixture *fixture, const char *from, const char *to)
{
	char name[160];

	snprintf(name, sizeof(name), "%s", name_of(fixture, from));
	assert_int_equal(rename(name, name_of(fixture, to)), 0);
}

/* As a rotation leaves it that was cut off between two renames. */
static void a_gap_between_backups_is_filled(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 10, 4);

	put_lines(fixture, 0, 3);
	assert_int_equal(move(fixture, file), 0);
	rename_backup(fixture, ".3", ".4");
	rename_backup(fixture, ".2", ".3");
	put_lines(fixture, 3, 4);
	assert_int_equal(move(fixture, file), 0);
	expect_content(name_of(fixture, ".4"), "line 0000\n");
	expect_content(name_of(fixture, ".3"), "line 0001\n");
	expect_content(name_of(fixture, ".2"), "line 0002\n");
	expect_content(name_of(fixture, ".1"), "line 0003\n");
	logfile_unref(file);
}

static void without_backups_the_file_is_begun_anew(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 30, 0);

	put_lines(fixture, 0, 8);
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "line 0006\nline 0007\n");
	assert_false(exists(name_of(fixture, ".1")));
	logfile_unref(file);
}

/* The last of it stays until something new comes. */
static void without_backups_a_full_file_is_not_emptied_for_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 30, 0);

	put_lines(fixture, 0, 3);
	assert_int_equal(move(fixture, file), 0);
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "line 0000\nline 0001\nline 0002\n");
	put_lines(fixture, 3, 4);
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "line 0003\n");
	logfile_unref(file);
}

static void whole_lines_that_are_written_are_rotated_too(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 10, 3);

	for (int i = 0; i < 3; i++)
		assert_int_equal(logfile_write(file, "line 000x\n", 10), 0);
	assert_int_equal(size_of(fixture->path), 10);
	assert_int_equal(size_of(name_of(fixture, ".2")), 10);
	logfile_unref(file);
}

/* Something that cannot be replaced is in the way of a backup. */
static void a_rotation_that_fails_loses_nothing_and_is_tried_again(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 30, 2);
	char in_the_way[160];

	snprintf(in_the_way, sizeof(in_the_way), "%s", name_of(fixture, ".2"));
	put_lines(fixture, 0, 4);
	assert_int_equal(move(fixture, file), 0);
	assert_int_equal(mkdir(in_the_way, 0700), 0);
	put_lines(fixture, 4, 15);
	assert_int_equal(move(fixture, file), 0);
	assert_int_equal(fixture->errors, 1); /* said once */
	assert_int_equal(size_of(name_of(fixture, ".1")), 30);
	assert_int_equal(size_of(fixture->path), 120);
	assert_int_equal(rmdir(in_the_way), 0);
	put_lines(fixture, 15, 20);
	assert_int_equal(move(fixture, file), 0);
	put_lines(fixture, 20, 21);
	assert_int_equal(move(fixture, file), 0);
	assert_true(size_of(fixture->path) < 120);
	expect_all(fixture, 2);
	logfile_unref(file);
}

/* ---- What others do to the file ---- */

static void a_deleted_file_is_made_again(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 0, 0);

	put(fixture, "a\n");
	assert_int_equal(move(fixture, file), 0);
	assert_int_equal(unlink(fixture->path), 0);
	fake_clock_advance(USEC_PER_SEC + 1);
	put(fixture, "b\n");
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "b\n");
	logfile_unref(file);
}

static void a_renamed_file_is_left_alone_and_made_again(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 0, 0);

	put(fixture, "a\n");
	assert_int_equal(move(fixture, file), 0);
	assert_int_equal(rename(fixture->path, name_of(fixture, ".1")), 0);
	logfiles_reopen(fixture->files); /* as for SIGUSR2: at once */
	put(fixture, "b\n");
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "b\n");
	expect_content(name_of(fixture, ".1"), "a\n");
	logfile_unref(file);
}

/* Where it cannot be made again the old one takes what comes. */
static void a_file_whose_directory_is_gone_goes_on(void **state)
{
	struct fixture *fixture = *state;
	char moved[160];
	struct logfile *file = open_log(fixture, 0, 0);

	snprintf(moved, sizeof(moved), "%s.moved", fixture->directory);
	assert_int_equal(rename(fixture->directory, moved), 0);
	fake_clock_advance(USEC_PER_SEC + 1);
	put(fixture, "a\n");
	assert_int_equal(move(fixture, file), 0);
	logfiles_reopen(fixture->files);
	assert_int_equal(fixture->errors, 1);
	put(fixture, "b\n");
	assert_int_equal(move(fixture, file), 0);
	assert_int_equal(rename(moved, fixture->directory), 0);
	expect_all(fixture, 0);
	logfile_unref(file);
}

static void a_truncated_file_is_written_from_its_start(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 0, 0);

	put(fixture, "a long line\n");
	assert_int_equal(move(fixture, file), 0);
	assert_int_equal(truncate(fixture->path, 0), 0);
	put(fixture, "b\n");
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "b\n");
	assert_int_equal(logfile_clear(file), 0);
	expect_content(fixture->path, "");
	put(fixture, "c\n");
	assert_int_equal(move(fixture, file), 0);
	expect_content(fixture->path, "c\n");
	logfile_unref(file);
}

static void who_opens_the_same_file_shares_it(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, 30, 1), *again = open_log(fixture, 999, 9);
	struct logfile *linked = NULL, *other = NULL;
	char path[160];

	assert_ptr_equal(file, again);
	snprintf(path, sizeof(path), "%s", name_of(fixture, ".other"));
	assert_int_equal(link(fixture->path, path), 0);
	assert_int_equal(logfile_open(fixture->files, path, 0, 0, &linked), 0);
	assert_ptr_equal(file, linked);
	logfile_unref(linked);
	unlink(path);
	assert_int_equal(logfile_open(fixture->files, path, 0, 0, &other), 0);
	assert_ptr_not_equal(file, other);
	logfile_unref(other);
	logfile_unref(again);
	put(fixture, "still open\n");
	assert_int_equal(move(fixture, file), 0);
	expect_all(fixture, 0);
	logfile_unref(file);
}

/* ---- A full disk ---- */

/* A disk of 64 KiB at the fixture's directory. */
static bool mount_small_disk(struct fixture *fixture)
{
	return mount("tmpfs", fixture->directory, "tmpfs", 0, "size=64k") == 0;
}

static void a_full_disk_keeps_what_is_written_in_the_pipe(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file;
	char filler[32768];
	int fill;

	if (!mount_small_disk(fixture)) {
		print_message("[  NOTE    ] mounting a small disk needs root\n");
		skip();
	}
	file = open_log(fixture, 0, 0);
	memset(filler, 'f', sizeof(filler));
	fill = open(name_of(fixture, ".fill"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fill, filler, sizeof(filler)), sizeof(filler));
	close(fill);
	put_lines(fixture, 0, 6000);
	assert_int_equal(move(fixture, file), -ENOSPC);
	assert_int_equal(move(fixture, file), -ENOSPC);
	assert_in_range(size_of(fixture->path), 4096, sizeof(filler));
	assert_int_equal(logfile_write(file, filler, sizeof(filler)), -ENOSPC);
	unlink(name_of(fixture, ".fill"));
	assert_int_equal(move(fixture, file), 0);
	expect_all(fixture, 0);
	logfile_unref(file);
	assert_int_equal(umount(fixture->directory), 0);
}

#define LOGFILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LOGFILE_TEST(what_is_in_the_pipe_is_appended),
	    LOGFILE_TEST(the_end_of_the_pipe_is_no_error),
	    LOGFILE_TEST(what_cannot_be_opened_is_told),
	    LOGFILE_TEST(a_file_that_may_not_be_read_will_do),
	    LOGFILE_TEST(a_full_file_is_rotated_between_lines),
	    LOGFILE_TEST(a_file_of_maxbytes_is_full),
	    LOGFILE_TEST(a_torn_line_is_finished_before_the_rotation),
	    LOGFILE_TEST(a_line_without_an_end_is_cut_some_time),
	    LOGFILE_TEST(only_so_many_backups_are_kept),
	    LOGFILE_TEST(a_gap_between_backups_is_filled),
	    LOGFILE_TEST(without_backups_the_file_is_begun_anew),
	    LOGFILE_TEST(without_backups_a_full_file_is_not_emptied_for_nothing),
	    LOGFILE_TEST(whole_lines_that_are_written_are_rotated_too),
	    LOGFILE_TEST(a_rotation_that_fails_loses_nothing_and_is_tried_again),
	    LOGFILE_TEST(a_deleted_file_is_made_again),
	    LOGFILE_TEST(a_renamed_file_is_left_alone_and_made_again),
	    LOGFILE_TEST(a_file_whose_directory_is_gone_goes_on),
	    LOGFILE_TEST(a_truncated_file_is_written_from_its_start),
	    LOGFILE_TEST(who_opens_the_same_file_shares_it),
	    LOGFILE_TEST(a_full_disk_keeps_what_is_written_in_the_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
