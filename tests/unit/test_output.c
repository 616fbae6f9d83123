/* From pipe to log: nothing lost or doubled, no wake-up for nothing, and one that is stuck does not
 * keep the others. */
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
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/process/logfile.h"
#include "daemon/process/output.h"
#include "tests/unit/wait.h"

#define WRITER_COUNT 3
#define LINE_SIZE 8 /* "0000042\n" */

/* The line of a number, without a NUL. */
static void number_line(char *line, size_t number)
{
	for (int digit = LINE_SIZE - 2; digit >= 0; digit--, number /= 10)
		line[digit] = (char)('0' + number % 10);
	line[LINE_SIZE - 1] = '\n';
}

/* One pipe with its log. */
struct stream {
	char path[96];
	int pipe[2];
	struct logfile *file;
	struct output *output;
	int stored;
	size_t expected; /* bytes the log is to have */
};

struct fixture {
	struct loop *loop;
	struct pump *pump;
	struct logfiles *files;
	char directory[64];
	struct stream streams[WRITER_COUNT];
	struct event guard;
	bool late; /* the guard has fired */
	int errors;
};

static void count_errors(void *arg, const char *line, size_t size)
{
	struct fixture *fixture = arg;

	(void)size;
	fixture->errors += strstr(line, "cannot write log") != NULL;
}

static void guard_cb(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *fixture = arg;

	(void)fd;
	(void)what;
	fixture->late = true;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	signal(SIGPIPE, SIG_IGN);
	if (!fixture)
		return -1;
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/test_output.XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	fixture->loop = loop_new();
	fixture->pump = pump_new(fixture->loop);
	fixture->files = logfiles_new();
	for (int i = 0; i < WRITER_COUNT; i++) {
		struct stream *stream = &fixture->streams[i];
		snprintf(stream->path, sizeof(stream->path), "%s/%d.log", fixture->directory, i);
		if (pipe2(stream->pipe, O_CLOEXEC) < 0 ||
		    fcntl(stream->pipe[0], F_SETFL, O_NONBLOCK) < 0)
			return -1;
	}
	loop_timer_init(fixture->loop, &fixture->guard, guard_cb, fixture);
	log_set_sink(count_errors, fixture);
	*state = fixture;
	return fixture->pump && fixture->files ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < WRITER_COUNT; i++) {
		struct stream *stream = &fixture->streams[i];
		output_free(stream->output);
		logfile_unref(stream->file);
		close(stream->pipe[0]);
		close(stream->pipe[1]);
		unlink(stream->path);
	}
	loop_timer_unset(&fixture->guard);
	pump_free(fixture->pump);
	logfiles_free(fixture->files);
	loop_free(fixture->loop);
	log_set_sink(NULL, NULL);
	rmdir(fixture->directory);
	free(fixture);
	return 0;
}

static void stored_cb(void *arg)
{
	((struct stream *)arg)->stored++;
}

static struct stream *open_stream(struct fixture *fixture, int number, const char *path)
{
	struct stream *stream = &fixture->streams[number];

	assert_int_equal(
	    logfile_open(fixture->files, path ? path : stream->path, 0, 0, &stream->file), 0);
	stream->output =
	    output_new(fixture->pump, stream->pipe[0], stream->file, stored_cb, stream);
	assert_non_null(stream->output);
	return stream;
}

static size_t size_of(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	return size < 0 ? 0 : (size_t)size;
}

static bool log_is_whole(void *arg)
{
	struct stream *stream = arg;
	int fd = open(stream->path, O_RDONLY | O_CLOEXEC);
	size_t size = fd < 0 ? 0 : size_of(fd);

	if (fd >= 0)
		close(fd);
	return size >= stream->expected;
}

static void arm_guard(struct fixture *fixture)
{
	fixture->late = false;
	loop_timer_set(&fixture->guard, clock_monotonic_usec() + WAIT_SECONDS * USEC_PER_SEC);
}

/* Turns the loop until it is so. */
static void run_until(struct fixture *fixture, bool (*is_so)(void *arg), void *arg)
{
	arm_guard(fixture);
	while (!is_so(arg)) {
		event_base_loop(loop_base(fixture->loop), EVLOOP_ONCE);
		assert_false(fixture->late);
	}
	loop_timer_unset(&fixture->guard);
}

/* The log holds the lines 0 to count, each once and in order. */
static void expect_lines(const struct stream *stream, size_t count)
{
	char *text = malloc(count * LINE_SIZE + 1);
	int fd = open(stream->path, O_RDONLY | O_CLOEXEC);

	assert_non_null(text);
	assert_int_equal(size_of(fd), count * LINE_SIZE);
	assert_int_equal(pread(fd, text, count * LINE_SIZE, 0), count * LINE_SIZE);
	for (size_t i = 0; i < count; i++) {
		char line[LINE_SIZE];
		number_line(line, i);
		assert_memory_equal(text + i * LINE_SIZE, line, LINE_SIZE);
	}
	close(fd);
	free(text);
}

/* A process that writes numbered lines, `batch` of them at a time. */
static pid_t start_writer(struct stream *stream, size_t count, size_t batch)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0) {
		stream->expected = count * LINE_SIZE;
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < count;) {
		char text[512 * LINE_SIZE];
		size_t size = 0;
		for (; size < batch * LINE_SIZE && i < count; i++, size += LINE_SIZE)
			number_line(text + size, i);
		if (write(stream->pipe[1], text, size) != (ssize_t)size)
			_exit(1);
	}
	_exit(0);
}

static void expect_writer_done(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void put(struct stream *stream, const char *text)
{
	assert_int_equal(write(stream->pipe[1], text, strlen(text)), strlen(text));
	stream->expected += strlen(text);
}

static void a_flood_arrives_whole_and_the_pipe_grows(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stream = open_stream(fixture, 0, NULL);
	int before = fcntl(stream->pipe[0], F_GETPIPE_SZ);
	pid_t writer = start_writer(stream, 1000000, 512);

	run_until(fixture, log_is_whole, stream);
	expect_writer_done(writer);
	expect_lines(stream, 1000000);
	assert_true(stream->stored > 0);
	assert_true(fcntl(stream->pipe[0], F_GETPIPE_SZ) > before);
	assert_int_equal(output_stalls(stream->output), 0);
}

/* No nap while more than a share of one turn is there: the loop never sleeps in these turns. */
static void what_is_found_full_is_emptied_without_a_nap(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stream = open_stream(fixture, 0, NULL);
	size_t size = 1024 * 1024;
	char *text = calloc(1, size);

	assert_non_null(text);
	assert_int_equal(fcntl(stream->pipe[1], F_SETPIPE_SZ, (int)size), (int)size);
	assert_int_equal(write(stream->pipe[1], text, size), (ssize_t)size);
	stream->expected = size;
	for (int turn = 0; turn < 20; turn++)
		event_base_loop(loop_base(fixture->loop), EVLOOP_NONBLOCK);
	assert_true(log_is_whole(stream));
	free(text);
}

/* A flood, a stream of single lines, and one in between, at the same time. */
static void each_of_several_writers_arrives_whole(void **state)
{
	static const size_t counts[WRITER_COUNT] = {200000, 3000, 30000};
	static const size_t batches[WRITER_COUNT] = {512, 1, 40};
	struct fixture *fixture = *state;
	pid_t writers[WRITER_COUNT];

	for (int i = 0; i < WRITER_COUNT; i++)
		writers[i] = start_writer(open_stream(fixture, i, NULL), counts[i], batches[i]);
	for (int i = 0; i < WRITER_COUNT; i++) {
		run_until(fixture, log_is_whole, &fixture->streams[i]);
		expect_writer_done(writers[i]);
		expect_lines(&fixture->streams[i], counts[i]);
	}
}

/* Only the watch on the pipe is left: no timer is set, and nothing is put off. */
static bool is_at_rest(void *arg)
{
	const struct fixture *fixture = arg;

	/* The other event is the guard of this test. */
	return event_base_get_num_events(loop_base(fixture->loop), EVENT_BASE_COUNT_ADDED) == 2;
}

/* Whatever size the pieces have, all comes to rest by itself, and wakes at the next byte. */
static void an_idle_pipe_wakes_nobody(void **state)
{
	static const size_t sizes[] = {1, 5000, 40000, 60000};
	struct fixture *fixture = *state;
	struct stream *stream = open_stream(fixture, 0, NULL);
	char *piece = malloc(60001);

	assert_non_null(piece);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(piece, 'x', sizes[i]);
		piece[sizes[i]] = '\0';
		put(stream, piece);
		run_until(fixture, log_is_whole, stream);
		run_until(fixture, is_at_rest, fixture);
	}
	free(piece);
}

static bool was_stored(void *arg)
{
	return ((struct stream *)arg)->stored > 0;
}

static bool has_stalled(void *arg)
{
	return output_stalls(((struct stream *)arg)->output) >= 2;
}

/* Bytes that the log refuses: said once, tried again and again, and the others go on. */
static void a_log_without_room_is_tried_again(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stuck = open_stream(fixture, 0, "/dev/full");
	struct stream *other = open_stream(fixture, 1, NULL);

	put(stuck, "no room for this\n");
	put(other, "but for this\n");
	run_until(fixture, was_stored, other);
	run_until(fixture, has_stalled, stuck);
	assert_int_equal(fixture->errors, 1);
	assert_int_equal(stuck->stored, 0);
}

struct fifo {
	struct stream *stream;
	int reader;
	size_t next; /* number of the line that is to come */
	char rest[LINE_SIZE];
	size_t rest_size;
};

static void fifo_take(struct fifo *fifo, char byte)
{
	char line[LINE_SIZE];

	fifo->rest[fifo->rest_size++] = byte;
	if (fifo->rest_size < LINE_SIZE)
		return;
	number_line(line, fifo->next++);
	assert_memory_equal(fifo->rest, line, LINE_SIZE);
	fifo->rest_size = 0;
}

/* Reads all that is there: what follows comes in another turn of the loop. */
static bool fifo_has_given(void *arg)
{
	struct fifo *fifo = arg;
	char text[4096];
	ssize_t n;

	while ((n = read(fifo->reader, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++)
			fifo_take(fifo, text[i]);
	return fifo->next * LINE_SIZE >= fifo->stream->expected;
}

/* A log that takes bytes only as fast as somebody reads them: the writer waits, nothing is lost. */
static void a_slow_log_holds_its_writer_back(void **state)
{
	struct fixture *fixture = *state;
	struct fifo fifo = {.stream = &fixture->streams[0]};
	pid_t writer;

	assert_int_equal(mkfifo(fifo.stream->path, 0600), 0);
	fifo.reader = open(fifo.stream->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fifo.reader >= 0);
	open_stream(fixture, 0, NULL);
	writer = start_writer(fifo.stream, 50000, 512);
	run_until(fixture, has_stalled, fifo.stream);
	run_until(fixture, fifo_has_given, &fifo);
	expect_writer_done(writer);
	assert_int_equal(fixture->errors, 0); /* slow is no error */
	close(fifo.reader);
}

/* The log was a FIFO that nobody read any more; then somebody reads it again. */
static void a_stalled_log_recovers(void **state)
{
	struct fixture *fixture = *state;
	struct fifo fifo = {.stream = &fixture->streams[0]};

	assert_int_equal(mkfifo(fifo.stream->path, 0600), 0);
	fifo.reader = open(fifo.stream->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	open_stream(fixture, 0, NULL);
	close(fifo.reader);
	put(fifo.stream, "0000000\n");
	run_until(fixture, has_stalled, fifo.stream);
	assert_int_equal(fixture->errors, 1);
	fifo.reader = open(fifo.stream->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	put(fifo.stream, "0000001\n");
	run_until(fixture, fifo_has_given, &fifo);
	assert_int_equal(fifo.next, 2);
	close(fifo.reader);
}

static void a_flush_moves_what_is_there(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stream = open_stream(fixture, 0, NULL);

	put(stream, "0000000\n");
	output_flush(stream->output);
	expect_lines(stream, 1);
	output_flush(stream->output); /* of nothing */
	put(stream, "0000001\n");
	output_flush(stream->output);
	expect_lines(stream, 2);
	/* And it is awake as before. */
	put(stream, "0000002\n");
	run_until(fixture, log_is_whole, stream);
	expect_lines(stream, 3);
}

static void an_output_may_go_in_any_mode(void **state)
{
	static const size_t sizes[] = {0, 10, 5000, 50000};
	struct fixture *fixture = *state;
	char *piece = calloc(1, 50001);

	assert_non_null(piece);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct stream *stream = open_stream(fixture, 0, NULL);
		struct stream *other = open_stream(fixture, 1, NULL);
		memset(piece, 'x', sizes[i]);
		piece[sizes[i]] = '\0';
		put(stream, piece);
		put(other, piece);
		if (sizes[i]) {
			run_until(fixture, was_stored, stream);
			run_until(fixture, was_stored, other);
		}
		output_free(stream->output);
		logfile_unref(stream->file);
		put(other, "more\n");
		run_until(fixture, log_is_whole, other);
		output_free(other->output);
		logfile_unref(other->file);
		stream->output = other->output = NULL;
		stream->file = other->file = NULL;
		stream->stored = other->stored = 0;
	}
	free(piece);
	output_free(NULL);
	pump_free(NULL);
}

static void what_cannot_be_watched_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stream = open_stream(fixture, 0, NULL);
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_null(output_new(fixture->pump, file, stream->file, NULL, NULL));
	close(file);
}

#define OUTPUT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    OUTPUT_TEST(a_flood_arrives_whole_and_the_pipe_grows),
	    OUTPUT_TEST(what_is_found_full_is_emptied_without_a_nap),
	    OUTPUT_TEST(each_of_several_writers_arrives_whole),
	    OUTPUT_TEST(an_idle_pipe_wakes_nobody),
	    OUTPUT_TEST(a_log_without_room_is_tried_again),
	    OUTPUT_TEST(a_slow_log_holds_its_writer_back),
	    OUTPUT_TEST(a_stalled_log_recovers),
	    OUTPUT_TEST(a_flush_moves_what_is_there),
	    OUTPUT_TEST(an_output_may_go_in_any_mode),
	    OUTPUT_TEST(what_cannot_be_watched_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
