/* Logs that are no regular files: terminals, FIFOs, sockets, devices, the daemon's own descriptors;
 * slow ones, full ones, and what their other end gets. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/process/logfile.h"

#define TEXT_SIZE (300u * 1024u)

struct fixture {
	struct logfiles *files;
	char directory[64];
	char path[96];
	int pipe[2];
	char *sent;
	char *got;
	size_t sent_size; /* into the pipe */
	size_t got_size;  /* from the log's other end */
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	signal(SIGPIPE, SIG_IGN);
	if (!fixture || pipe2(fixture->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/test_logfile.XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/log", fixture->directory);
	fixture->files = logfiles_new();
	fixture->sent = malloc(TEXT_SIZE + 1);
	fixture->got = malloc(TEXT_SIZE);
	if (!fixture->files || !fixture->sent || !fixture->got)
		return -1;
	/* Numbered lines of eight bytes, and the last one's NUL. */
	for (size_t i = 0; i < TEXT_SIZE; i += 8)
		snprintf(fixture->sent + i, 9, "%07zu\n", i / 8);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	logfiles_free(fixture->files);
	close(fixture->pipe[0]);
	close(fixture->pipe[1]);
	unlink(fixture->path);
	rmdir(fixture->directory);
	free(fixture->sent);
	free(fixture->got);
	free(fixture);
	return 0;
}

static struct logfile *open_log(struct fixture *fixture, const char *path)
{
	struct logfile *file = NULL;

	/* Of a size that a regular file would be rotated at. */
	assert_int_equal(logfile_open(fixture->files, path, 100, 1, &file), 0);
	assert_false(logfile_is_regular(file));
	assert_int_equal(logfile_clear(file), -ENOTSUP);
	return file;
}

/* Fills the pipe as far as it goes, with what comes next of the text. */
static void fill(struct fixture *fixture)
{
	size_t left = TEXT_SIZE - fixture->sent_size;
	ssize_t n = left ? write(fixture->pipe[1], fixture->sent + fixture->sent_size, left) : 0;

	if (n > 0)
		fixture->sent_size += (size_t)n;
}

/* What has arrived at the other end. */
static void drain(struct fixture *fixture, int fd)
{
	ssize_t n;

	while ((n = read(fd, fixture->got + fixture->got_size, TEXT_SIZE - fixture->got_size)) > 0)
		fixture->got_size += (size_t)n;
	assert_true(n == 0 || errno == EAGAIN);
}

static void never_block(int fd)
{
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

/*
 * The whole text through the log. Its other end is read only when the log takes no more, so that
 * every kind is full at least once; a log that blocked the daemon would end here.
 */
static void expect_all_arrives(struct fixture *fixture, struct logfile *file, int other_end)
{
	unsigned refused = 0;

	never_block(other_end);
	while (fixture->got_size < TEXT_SIZE) {
		ssize_t n;
		fill(fixture);
		n = logfile_splice(file, fixture->pipe[0], TEXT_SIZE);
		if (n > 0)
			continue;
		assert_true(n == 0 || n == -EAGAIN);
		refused += n == -EAGAIN;
		drain(fixture, other_end);
	}
	assert_memory_equal(fixture->got, fixture->sent, TEXT_SIZE);
	assert_true(refused > 0);
	assert_int_equal(logfile_splice(file, fixture->pipe[0], TEXT_SIZE), 0);
}

static void a_fifo_is_written(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file;
	int reader;

	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	reader = open(fixture->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	file = open_log(fixture, fixture->path);
	expect_all_arrives(fixture, file, reader);
	/* Nobody reads it any more: an error, and not the end of the daemon. */
	close(reader);
	assert_int_equal(write(fixture->pipe[1], "x", 1), 1);
	assert_int_equal(logfile_splice(file, fixture->pipe[0], 1), -EPIPE);
	logfile_unref(file);
}

static void a_terminal_is_written_and_may_be_stopped(void **state)
{
	struct fixture *fixture = *state;
	char name[128];
	struct termios raw;
	struct logfile *file;
	int master, slave;

	memset(&raw, 0, sizeof(raw));
	cfmakeraw(&raw);
	assert_int_equal(openpty(&master, &slave, name, &raw, NULL), 0);
	file = open_log(fixture, name);
	expect_all_arrives(fixture, file, master);
	logfile_unref(file);
	close(master);
	close(slave);
}

static void a_device_without_room_refuses(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, "/dev/full");
	int held = 0;

	fill(fixture);
	assert_int_equal(logfile_splice(file, fixture->pipe[0], TEXT_SIZE), -ENOSPC);
	assert_int_equal(logfile_splice(file, fixture->pipe[0], TEXT_SIZE), -ENOSPC);
	assert_int_equal(logfile_write(file, "x\n", 2), -ENOSPC);
	/* What was not written is there for the next, should we die. */
	assert_int_equal(ioctl(fixture->pipe[0], FIONREAD, &held), 0);
	assert_int_equal(held, fixture->sent_size);
	logfile_unref(file);
}

static void a_device_may_swallow_everything(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file = open_log(fixture, "/dev/null");
	size_t moved = 0;
	ssize_t n;

	fill(fixture);
	while ((n = logfile_splice(file, fixture->pipe[0], TEXT_SIZE)) > 0)
		moved += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(moved, fixture->sent_size);
	logfile_unref(file);
}

/* ---- The daemon's own descriptors ---- */

/* Puts `fd` in the place of standard error while a log is opened under one of its names. */
static struct logfile *open_own(struct fixture *fixture, int fd, const char *path)
{
	int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	struct logfile *file = NULL;
	int r;

	assert_true(before >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	r = logfile_open(fixture->files, path, 100, 1, &file);
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
	assert_int_equal(r, 0);
	assert_false(logfile_is_regular(file));
	return file;
}

static void our_own_pipe_is_written(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file;
	int ends[2];

	/* It blocks, as pipes do that were made by others. */
	assert_int_equal(pipe(ends), 0);
	file = open_own(fixture, ends[1], "/dev/stderr");
	expect_all_arrives(fixture, file, ends[0]);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK); /* their flags are left alone */
	logfile_unref(file);
	close(ends[0]);
	close(ends[1]);
}

static void our_own_socket_is_written(void **state)
{
	struct fixture *fixture = *state;
	struct logfile *file;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	file = open_own(fixture, ends[1], "/dev/fd/2");
	expect_all_arrives(fixture, file, ends[0]);
	logfile_unref(file);
	close(ends[0]);
	close(ends[1]);
}

static void our_own_terminal_is_opened_anew(void **state)
{
	struct fixture *fixture = *state;
	struct termios raw;
	struct logfile *file;
	int master, slave;

	memset(&raw, 0, sizeof(raw));
	cfmakeraw(&raw);
	assert_int_equal(openpty(&master, &slave, NULL, &raw, NULL), 0);
	file = open_own(fixture, slave, "/proc/self/fd/2");
	expect_all_arrives(fixture, file, master);
	assert_false(fcntl(slave, F_GETFL) & O_NONBLOCK);
	logfile_unref(file);
	close(master);
	close(slave);
}

/* As a shell's >>, which splice(2) refuses; it is not ours, so it is not rotated. */
static void our_own_file_is_appended(void **state)
{
	struct fixture *fixture = *state;
	int fd = open(fixture->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct logfile *file;
	ssize_t n;

	assert_int_equal(write(fd, fixture->sent, 8), 8);
	fixture->sent_size = 8;
	file = open_own(fixture, fd, "/dev/stderr");
	fill(fixture);
	while ((n = logfile_splice(file, fixture->pipe[0], TEXT_SIZE)) > 0)
		continue;
	assert_int_equal(n, 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	drain(fixture, fd);
	assert_int_equal(fixture->got_size, fixture->sent_size);
	assert_memory_equal(fixture->got, fixture->sent, fixture->got_size);
	logfile_unref(file);
	close(fd);
}

static void a_closed_descriptor_is_told(void **state)
{
	struct fixture *fixture = *state;
	int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	struct logfile *file;
	int r;

	close(STDERR_FILENO);
	r = logfile_open(fixture->files, "/dev/stderr", 0, 0, &file);
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
	assert_int_equal(r, -EBADF);
}

#define KIND_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KIND_TEST(a_fifo_is_written),
	    KIND_TEST(a_terminal_is_written_and_may_be_stopped),
	    KIND_TEST(a_device_without_room_refuses),
	    KIND_TEST(a_device_may_swallow_everything),
	    KIND_TEST(our_own_pipe_is_written),
	    KIND_TEST(our_own_socket_is_written),
	    KIND_TEST(our_own_terminal_is_opened_anew),
	    KIND_TEST(our_own_file_is_appended),
	    KIND_TEST(a_closed_descriptor_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
