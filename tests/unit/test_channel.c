/* The channel: what is on its way stays there until it is taken, whoever dies; orders with
 * descriptors, and orders that are none. */
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/guardian/channel.h"

struct fixture {
	int guardian;
	int engine;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	return fixture ? channel_open(&fixture->guardian, &fixture->engine) : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->guardian);
	close(fixture->engine);
	free(fixture);
	return 0;
}

static void send_exit(struct fixture *fixture, uint64_t serial)
{
	struct channel_notice notice = {
	    .type = CHANNEL_EXIT, .pid = (int32_t)(100 + serial), .status = 256, .serial = serial};

	assert_int_equal(channel_send_notice(fixture->guardian, &notice), 0);
}

static void expect_exit(struct fixture *fixture, uint64_t serial)
{
	struct channel_notice notice = {0};

	assert_int_equal(channel_peek_notice(fixture->engine, &notice), 0);
	assert_int_equal(notice.type, CHANNEL_EXIT);
	assert_int_equal(notice.serial, serial);
	assert_int_equal(notice.pid, 100 + serial);
	assert_int_equal(notice.status, 256);
}

static void expect_nothing(struct fixture *fixture)
{
	struct channel_notice notice = {.serial = 77};

	assert_int_equal(channel_peek_notice(fixture->engine, &notice), -EAGAIN);
	assert_int_equal(notice.serial, 77);
}

static void both_ends_are_closed_in_children_and_never_block(void **state)
{
	struct fixture *fixture = *state;
	const int ends[] = {fixture->guardian, fixture->engine};

	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(ends[i], F_GETFL) & O_NONBLOCK);
	}
}

static void a_notice_is_there_until_it_is_consumed(void **state)
{
	struct fixture *fixture = *state;

	expect_nothing(fixture);
	send_exit(fixture, 1);
	send_exit(fixture, 2);
	expect_exit(fixture, 1);
	expect_exit(fixture, 1);
	channel_consume_notice(fixture->engine);
	expect_exit(fixture, 2);
	channel_consume_notice(fixture->engine);
	expect_nothing(fixture);
	channel_consume_notice(fixture->engine); /* of nothing: does not wait */
}

/* It looks, and is killed before it consumes; the next one, with the same end, finds it. */
static void what_an_engine_has_not_consumed_outlives_it(void **state)
{
	struct fixture *fixture = *state;
	struct channel_notice notice;
	int status;
	pid_t pid;

	for (uint64_t serial = 1; serial <= 3; serial++)
		send_exit(fixture, serial);
	pid = fork();
	if (pid == 0) {
		(void)channel_peek_notice(fixture->engine, &notice);
		channel_consume_notice(fixture->engine);
		(void)channel_peek_notice(fixture->engine, &notice);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	expect_exit(fixture, 2);
	channel_consume_notice(fixture->engine);
	expect_exit(fixture, 3);
}

static void a_full_channel_says_so_and_goes_on_when_there_is_room(void **state)
{
	struct fixture *fixture = *state;
	struct channel_notice notice = {.type = CHANNEL_EXIT};
	uint64_t sent = 0, seen = 0;
	int r;

	do {
		notice.serial = sent + 1;
		r = channel_send_notice(fixture->guardian, &notice);
		sent += r == 0;
	} while (r == 0 && sent < 1000000);
	assert_int_equal(r, -EAGAIN);
	assert_true(sent > 10);
	while (channel_peek_notice(fixture->engine, &notice) == 0) {
		assert_int_equal(notice.serial, ++seen);
		channel_consume_notice(fixture->engine);
	}
	assert_int_equal(seen, sent);
	send_exit(fixture, sent + 1);
	expect_exit(fixture, sent + 1);
}

static void what_is_no_notice_is_told_from_one(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(send(fixture->guardian, "short", 5, 0), 5);
	send_exit(fixture, 4);
	assert_int_equal(channel_peek_notice(fixture->engine, &(struct channel_notice){0}),
	                 -EBADMSG);
	channel_consume_notice(fixture->engine);
	expect_exit(fixture, 4);
}

static ino_t inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_ino;
}

static void descriptors_arrive_with_their_numbers(void **state)
{
	struct fixture *fixture = *state;
	uint32_t slots[CHANNEL_FDS_MAX];
	int sent[CHANNEL_FDS_MAX], fds[CHANNEL_FDS_MAX];
	struct channel_order order;
	uint32_t count = 0;

	for (uint32_t i = 0; i < CHANNEL_FDS_MAX; i += 2) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		sent[i] = ends[0];
		sent[i + 1] = ends[1];
		slots[i] = 1000 + i;
		slots[i + 1] = 1001 + i;
	}
	assert_int_equal(channel_send_keep(fixture->engine, slots, sent, CHANNEL_FDS_MAX), 0);
	assert_int_equal(channel_receive_order(fixture->guardian, &order, fds, &count), 0);
	assert_int_equal(order.type, CHANNEL_KEEP);
	assert_int_equal(order.count, CHANNEL_FDS_MAX);
	assert_int_equal(count, CHANNEL_FDS_MAX);
	for (uint32_t i = 0; i < CHANNEL_FDS_MAX; i++) {
		assert_int_equal(order.slot[i], 1000 + i);
		assert_int_not_equal(fds[i], sent[i]);
		assert_int_equal(inode_of(fds[i]), inode_of(sent[i]));
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		close(fds[i]);
		close(sent[i]);
	}
	assert_int_equal(channel_receive_order(fixture->guardian, &order, fds, &count), -EAGAIN);
}

static void an_order_to_drop_has_no_descriptors(void **state)
{
	struct fixture *fixture = *state;
	const uint32_t slots[] = {7, 8, 9};
	struct channel_order order;
	int fds[CHANNEL_FDS_MAX];
	uint32_t count = 77;

	assert_int_equal(channel_send_drop(fixture->engine, slots, 3), 0);
	assert_int_equal(channel_receive_order(fixture->guardian, &order, fds, &count), 0);
	assert_int_equal(order.type, CHANNEL_DROP);
	assert_int_equal(order.count, 3);
	assert_memory_equal(order.slot, slots, sizeof(slots));
	assert_int_equal(count, 0);
}

static void orders_of_too_many_are_not_sent(void **state)
{
	struct fixture *fixture = *state;
	const uint32_t slots[CHANNEL_FDS_MAX + 1] = {0};
	const int fds[CHANNEL_FDS_MAX + 1] = {0};
	struct channel_order order;
	int received[CHANNEL_FDS_MAX];
	uint32_t count;

	assert_int_equal(channel_send_keep(fixture->engine, slots, fds, CHANNEL_FDS_MAX + 1),
	                 -EINVAL);
	assert_int_equal(channel_send_drop(fixture->engine, slots, CHANNEL_FDS_MAX + 1), -EINVAL);
	assert_int_equal(channel_receive_order(fixture->guardian, &order, received, &count),
	                 -EAGAIN);
}

/* Whatever the order is worth, the descriptors that came with it are not lost. */
static void malformed_orders_order_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct channel_order order = {.type = CHANNEL_KEEP, .count = CHANNEL_FDS_MAX + 1};
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.align = {.cmsg_level = SOL_SOCKET,
	                       .cmsg_type = SCM_RIGHTS,
	                       .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct iovec part = {.iov_base = &order, .iov_len = 3};
	struct msghdr message = {.msg_iov = &part,
	                         .msg_iovlen = 1,
	                         .msg_control = control.space,
	                         .msg_controllen = sizeof(control.space)};
	int fds[CHANNEL_FDS_MAX];
	uint32_t count;

	assert_int_equal(send(fixture->engine, &order, sizeof(order), 0), sizeof(order));
	assert_int_equal(channel_receive_order(fixture->guardian, &order, fds, &count), 0);
	assert_int_equal(order.count, 0);
	assert_int_equal(count, 0);
	memcpy(CMSG_DATA(&control.align), &(int){STDIN_FILENO}, sizeof(int));
	assert_int_equal(sendmsg(fixture->engine, &message, 0), 3);
	assert_int_equal(channel_receive_order(fixture->guardian, &order, fds, &count), 0);
	assert_int_equal(order.count, 0);
	assert_int_equal(count, 1);
	close(fds[0]);
}

static void an_order_to_nobody_fails(void **state)
{
	struct fixture *fixture = *state;
	const uint32_t slot = 1;

	close(fixture->guardian);
	assert_int_equal(channel_send_drop(fixture->engine, &slot, 1), -EPIPE);
	fixture->guardian = -1;
}

/* The guardian is busy, the channel full: the order waits for room. */
static void an_order_waits_for_room(void **state)
{
	struct fixture *fixture = *state;
	const uint32_t slot = 3;
	struct channel_order order = {.type = CHANNEL_DROP};
	int fds[CHANNEL_FDS_MAX];
	uint32_t count, seen = 0;
	pid_t pid;
	int status;

	while (send(fixture->engine, &order, sizeof(order), MSG_DONTWAIT) > 0)
		continue;
	assert_int_equal(errno, EAGAIN);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(channel_send_drop(fixture->engine, &slot, 1) == 0 ? 0 : 1);
	do {
		if (channel_receive_order(fixture->guardian, &order, fds, &count) == 0)
			seen = order.count;
	} while (waitpid(pid, &status, WNOHANG) == 0);
	assert_int_equal(status, 0);
	while (channel_receive_order(fixture->guardian, &order, fds, &count) == 0)
		seen = order.count;
	assert_int_equal(seen, 1);
}

#define CHANNEL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CHANNEL_TEST(both_ends_are_closed_in_children_and_never_block),
	    CHANNEL_TEST(a_notice_is_there_until_it_is_consumed),
	    CHANNEL_TEST(what_an_engine_has_not_consumed_outlives_it),
	    CHANNEL_TEST(a_full_channel_says_so_and_goes_on_when_there_is_room),
	    CHANNEL_TEST(what_is_no_notice_is_told_from_one),
	    CHANNEL_TEST(descriptors_arrive_with_their_numbers),
	    CHANNEL_TEST(an_order_to_drop_has_no_descriptors),
	    CHANNEL_TEST(orders_of_too_many_are_not_sent),
	    CHANNEL_TEST(malformed_orders_order_nothing),
	    CHANNEL_TEST(an_order_to_nobody_fails),
	    CHANNEL_TEST(an_order_waits_for_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
