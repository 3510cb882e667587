/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bodies that are read while they are sent, through the real server and a
 * socket.
 */
#include "portal_support.h"

#include <stdatomic.h>
#include <time.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "http.h"

#define LENGTH (8 << 20)
#define BAD_AT 300000
#define WAIT_S 20

static struct bench bench;
static struct rth_http *http;
static struct rth_listen_conf at;

/* What the handlers' bodies share; each test begins anew. */
static struct {
	atomic_int reads, opened, closed;
	atomic_ullong highest; /* byte that was asked for */
	atomic_bool cut;
} seen;

static unsigned char byte_at(uint64_t i)
{
	return (unsigned char)(i * 131 + i / 251);
}

static enum rth_err give(void *arg, uint64_t offset, void *data, size_t len,
			 size_t *gotp)
{
	unsigned char *to = data;
	size_t i;

	atomic_fetch_add(&seen.reads, 1);
	if (arg && offset >= BAD_AT)
		return RTH_ERR_CRYPTO;
	/* Less than there is room for, now and then. */
	if (len > 50000 && offset % 3 == 0)
		len = 50000;
	for (i = 0; i < len; i++)
		to[i] = byte_at(offset + i);
	atomic_store(&seen.highest, offset + len);
	*gotp = len;
	return 0;
}

static void closed(void *arg)
{
	(void)arg;
	atomic_fetch_add(&seen.closed, 1);
}

static void reply(struct rth_exchange *x, uint64_t bytes, bool bad)
{
	const struct rth_body body = {.bytes = bytes,
				      .type = "video/webm",
				      .read = give,
				      .close = closed,
				      .arg = bad ? &seen : NULL,
				      .cut = &seen.cut};

	atomic_fetch_add(&seen.opened, 1);
	rth_reply_body(x, 200, &body);
}

static void handle_good(struct rth_exchange *x)
{
	reply(x, LENGTH, false);
}

static void handle_bad(struct rth_exchange *x)
{
	reply(x, LENGTH, true);
}

static void handle_empty(struct rth_exchange *x)
{
	reply(x, 0, false);
}

/* Whose reply cannot be sent: a header line does not fit in it. */
static void handle_failed(struct rth_exchange *x)
{
	reply(x, LENGTH, false);
	rth_reply_header(x, "X-Test", "a\nb");
}

static const struct rth_route routes[] = {
	{RTH_GET, "/good", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, true,
	 handle_good},
	{RTH_GET, "/bad", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, true,
	 handle_bad},
	{RTH_GET, "/empty", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, true,
	 handle_empty},
	{RTH_GET, "/failed", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, true,
	 handle_failed},
	{.pattern = NULL},
};

/* ---- Server and client ---- */

/* A port that nobody has now. */
static int64_t free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size),
			 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int open_server(void **state)
{
	static char loopback[] = "127.0.0.1";
	struct rth_settings *s = &bench.portal.settings;

	(void)state;
	bench_open(&bench);
	memset(&seen, 0, sizeof(seen));
	s->limits.threads = 1;
	s->limits.connections = 64;
	s->limits.idle_s = 600;
	s->limits.request_s = 600;
	at.address = loopback;
	at.port = free_port();
	assert_int_equal(rth_http_start(&http, &bench.portal, &at, routes), 0);
	return 0;
}

static int close_server(void **state)
{
	(void)state;
	rth_http_stop(http);
	http = NULL;
	assert_int_equal(seen.closed, seen.opened);
	bench_close(&bench);
	return 0;
}

static int ask(const char *method, const char *path)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	const struct timeval wait = {WAIT_S, 0};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[128];
	int n = snprintf(text, sizeof(text),
			 "%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method,
			 path);

	address.sin_port = htons((uint16_t)at.port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, text, (size_t)n, 0), n);
	return fd;
}

/* The header of the answer, a byte at a time. */
static void read_head(int fd, char head[4096])
{
	size_t n = 0;

	while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0) {
		assert_true(n < 4095);
		assert_int_equal(recv(fd, head + n, 1, 0), 1);
		n++;
	}
	head[n] = '\0';
}

/* Takes the body up to `most` bytes or its end; how much came. */
static uint64_t take(int fd, uint64_t most)
{
	unsigned char data[65536];
	uint64_t n = 0;
	ssize_t got = 1;
	ssize_t i;

	while (got > 0 && n < most) {
		uint64_t left = most - n;

		got = recv(fd, data, left < sizeof(data) ? left : sizeof(data),
			   0);
		for (i = 0; i < got; i++)
			assert_int_equal(data[i], byte_at(n + (uint64_t)i));
		n += got > 0 ? (uint64_t)got : 0;
	}
	return n;
}

static void wait_for_closed(int n)
{
	const struct timespec pause = {0, 5000000};
	int i;

	for (i = 0; seen.closed < n; i++) {
		assert_true(i < WAIT_S * 200);
		nanosleep(&pause, NULL);
	}
}

/* Waits until the server reads no further: the socket is full. */
static unsigned long long wait_until_it_stands(void)
{
	const struct timespec pause = {0, 50000000};
	unsigned long long before, now = 0;

	do {
		before = now;
		nanosleep(&pause, NULL);
		now = atomic_load(&seen.highest);
	} while (!now || now != before);
	return now;
}

/* ---- Tests ---- */

static void all_of_it_comes(void **state)
{
	char head[4096];
	int fd = ask("GET", "/good");

	(void)state;
	read_head(fd, head);
	assert_non_null(strstr(head, "HTTP/1.1 200 "));
	assert_non_null(strstr(head, "Content-Length: 8388608\r\n"));
	assert_non_null(strstr(head, "Content-Type: video/webm\r\n"));
	assert_int_equal(take(fd, LENGTH), LENGTH);
	/* And the connection can be used again. */
	wait_for_closed(1);
	assert_int_equal(
		send(fd, "HEAD /good HTTP/1.1\r\nHost: l\r\n\r\n", 33, 0), 33);
	read_head(fd, head);
	assert_non_null(strstr(head, "Content-Length: 8388608\r\n"));
	close(fd);
	wait_for_closed(2);
}

static void a_head_reads_nothing(void **state)
{
	char head[4096];
	int fd = ask("HEAD", "/good");

	(void)state;
	read_head(fd, head);
	assert_non_null(strstr(head, "Content-Length: 8388608\r\n"));
	wait_for_closed(1);
	assert_int_equal(seen.reads, 0);
	close(fd);
}

static void an_empty_one_is_empty(void **state)
{
	char head[4096];
	int fd = ask("GET", "/empty");

	(void)state;
	read_head(fd, head);
	assert_non_null(strstr(head, "Content-Length: 0\r\n"));
	wait_for_closed(1);
	assert_int_equal(seen.reads, 0);
	close(fd);
}

static void an_error_cuts_it(void **state)
{
	char head[4096];
	int fd = ask("GET", "/bad");

	(void)state;
	read_head(fd, head);
	assert_non_null(strstr(head, "Content-Length: 8388608\r\n"));
	assert_in_range(take(fd, LENGTH), 0, BAD_AT + 65536);
	wait_for_closed(1);
	close(fd);
}

static void one_that_cannot_be_sent_is_closed(void **state)
{
	char head[4096];
	int fd = ask("GET", "/failed");

	(void)state;
	read_head(fd, head);
	assert_non_null(strstr(head, "HTTP/1.1 500 "));
	wait_for_closed(1);
	assert_int_equal(seen.reads, 0);
	close(fd);
}

static void what_is_not_taken_is_not_read(void **state)
{
	char head[4096];
	int fd = ask("GET", "/good");
	unsigned long long stood;

	(void)state;
	read_head(fd, head);
	stood = wait_until_it_stands();
	assert_true(stood < LENGTH);
	assert_int_equal(rth_http_running(http), 0);
	/* It goes on where it stood. */
	assert_int_equal(take(fd, LENGTH), LENGTH);
	wait_for_closed(1);
	close(fd);
}

static void who_is_cut_gets_no_more(void **state)
{
	char head[4096];
	int fd = ask("GET", "/good");
	unsigned long long stood;

	(void)state;
	read_head(fd, head);
	(void)wait_until_it_stands();
	atomic_store(&seen.cut, true);
	stood = seen.highest;
	wait_for_closed(1);
	/* One block may just have been on its way. */
	assert_in_range(seen.highest, stood, stood + 65536);
	/* What waited to be sent to it is gone as well. */
	assert_true(take(fd, LENGTH) < seen.highest);
	close(fd);
}

static void who_goes_away_is_forgotten(void **state)
{
	char head[4096];
	int fd = ask("GET", "/good");

	(void)state;
	read_head(fd, head);
	(void)wait_until_it_stands();
	close(fd);
	wait_for_closed(1);
}

static void a_stop_does_not_wait(void **state)
{
	char head[4096];
	int fd = ask("GET", "/good"), other = ask("GET", "/good");

	(void)state;
	read_head(fd, head);
	read_head(other, head);
	(void)wait_until_it_stands();
	rth_http_quiesce(http);
	assert_int_equal(rth_http_running(http), 0);
	rth_http_stop(http);
	http = NULL;
	assert_int_equal(seen.closed, 2);
	assert_true(take(fd, LENGTH) < LENGTH);
	close(fd);
	close(other);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_server, close_server)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(all_of_it_comes),
		TEST(a_head_reads_nothing),
		TEST(an_empty_one_is_empty),
		TEST(an_error_cuts_it),
		TEST(one_that_cannot_be_sent_is_closed),
		TEST(what_is_not_taken_is_not_read),
		TEST(who_is_cut_gets_no_more),
		TEST(who_goes_away_is_forgotten),
		TEST(a_stop_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
