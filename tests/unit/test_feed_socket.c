/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The feed's connections, against a real socket in a folder of the test's. */
#include "support.h"

#include <errno.h>
#include <stdbool.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../plugins/feed_socket.h"
#include "../../plugins/host.h"

#define WAIT_MS 10000

struct place {
	char dir[64];
	char path[96];
	int listener;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	assert_non_null(p);
	snprintf(p->dir, sizeof(p->dir), "/tmp/rth-feed-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/socket", p->dir);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", p->path);
	p->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(p->listener >= 0);
	assert_int_equal(
		bind(p->listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(p->listener, 8), 0);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	if (p->listener >= 0)
		close(p->listener);
	unlink(p->path);
	rmdir(p->dir);
	free(p);
	return 0;
}

/* Both ends of a connection. */
static int meet(const struct place *p, int *otherp)
{
	int fd = rth_feed_socket_connect(p->path);

	assert_true(fd >= 0);
	*otherp = accept(p->listener, NULL, NULL);
	assert_true(*otherp >= 0);
	return fd;
}

/* Waits until the socket is ready, whatever for. */
static short wait_for(int fd, short events)
{
	struct pollfd poll = {.fd = fd, .events = events, .revents = 0x55};

	rth_feed_socket_wait(&poll, 1, WAIT_MS);
	return poll.revents;
}

static void records_stay_whole(void **state)
{
	uint8_t big[32784], buf[40000];
	int other = -1;
	int fd = meet(*state, &other);

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	assert_int_equal(rth_feed_socket_send(fd, "one", 3), 1);
	assert_int_equal(rth_feed_socket_send(fd, big, sizeof(big)), 1);
	assert_int_equal(recv(other, buf, sizeof(buf), 0), 3);
	assert_int_equal(recv(other, buf, sizeof(buf), 0), sizeof(big));
	assert_memory_equal(buf, big, sizeof(big));
	assert_int_equal(send(other, "two", 3, 0), 3);
	assert_int_equal(send(other, "three", 5, 0), 5);
	assert_true(wait_for(fd, POLLIN) & POLLIN);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)), 3);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "three", 5);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)),
			 RTH_HOST_NOT_NOW);
	close(other);
	rth_feed_socket_close(fd);
}

static void a_record_too_long_is_not_cut_unseen(void **state)
{
	uint8_t buf[4];
	int other = -1;
	int fd = meet(*state, &other);

	assert_int_equal(send(other, "12345", 5, 0), 5);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)), 5);
	assert_int_equal(send(other, "1234", 4, 0), 4);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)), 4);
	close(other);
	rth_feed_socket_close(fd);
}

/* Nobody reads: sending says so instead of waiting, and goes on later. */
static void a_full_socket_takes_no_more(void **state)
{
	uint8_t buf[1216] = {0};
	long sent = 0, read = 0;
	int other = -1;
	int fd = meet(*state, &other);

	while (rth_feed_socket_send(fd, buf, sizeof(buf)) == 1)
		sent++;
	assert_true(sent > 10);
	assert_int_equal(rth_feed_socket_send(fd, buf, sizeof(buf)),
			 RTH_HOST_NOT_NOW);
	while (recv(other, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		read++;
	assert_int_equal(read, sent);
	assert_true(wait_for(fd, POLLOUT) & POLLOUT);
	assert_int_equal(rth_feed_socket_send(fd, buf, sizeof(buf)), 1);
	close(other);
	rth_feed_socket_close(fd);
}

/* The system tells first that it closed, though there is more to be read. */
static void the_last_words_are_heard_by_reading(void **state)
{
	uint8_t buf[100];
	int other = -1;
	int fd = meet(*state, &other);

	assert_int_equal(rth_feed_socket_send(fd, "unread", 6), 1);
	assert_int_equal(send(other, "why", 3, 0), 3);
	close(other);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)), 3);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)),
			 RTH_HOST_GONE);
	rth_feed_socket_close(fd);
}

/* No SIGPIPE, and what it sent before is read first. */
static void the_last_words_are_heard(void **state)
{
	uint8_t buf[100];
	int other = -1;
	int fd = meet(*state, &other);

	assert_int_equal(rth_feed_socket_send(fd, "unread", 6), 1);
	assert_int_equal(send(other, "why", 3, 0), 3);
	close(other);
	assert_true(wait_for(fd, POLLIN) != 0);
	assert_int_equal(rth_feed_socket_send(fd, "more", 4), RTH_HOST_GONE);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "why", 3);
	assert_int_equal(rth_feed_socket_receive(fd, buf, sizeof(buf)),
			 RTH_HOST_GONE);
	rth_feed_socket_close(fd);
}

static void nobody_listens(void **state)
{
	struct place *p = *state;
	char longest[200];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(rth_feed_socket_connect(longest), -1);
	assert_int_equal(rth_feed_socket_connect(""), -1);
	assert_int_equal(rth_feed_socket_connect("/nowhere/at/all"), -1);
	close(p->listener);
	p->listener = -1;
	assert_int_equal(rth_feed_socket_connect(p->path), -1);
}

/* A recorder that does not accept: the control thread does not wait for it. */
static void a_full_backlog_does_not_hold_us_up(void **state)
{
	struct place *p = *state;
	int fds[64];
	size_t n = 0;

	for (; n < sizeof(fds) / sizeof(fds[0]); n++) {
		fds[n] = rth_feed_socket_connect(p->path);
		if (fds[n] < 0)
			break;
	}
	assert_in_range(n, 1, 63);
	while (n > 0)
		rth_feed_socket_close(fds[--n]);
}

static void others_do_not_inherit_it(void **state)
{
	int other = -1;
	int fd = meet(*state, &other);

	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(other);
	rth_feed_socket_close(fd);
}

static void nothing_happens_in_time(void **state)
{
	int other = -1;
	int fd = meet(*state, &other);
	struct pollfd poll = {.fd = fd, .events = POLLIN, .revents = 0x55};

	rth_feed_socket_wait(&poll, 1, 0);
	assert_int_equal(poll.revents, 0);
	close(other);
	rth_feed_socket_close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_stay_whole),
		TEST(a_record_too_long_is_not_cut_unseen),
		TEST(a_full_socket_takes_no_more),
		TEST(the_last_words_are_heard_by_reading),
		TEST(the_last_words_are_heard),
		TEST(nobody_listens),
		TEST(a_full_backlog_does_not_hold_us_up),
		TEST(others_do_not_inherit_it),
		TEST(nothing_happens_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
