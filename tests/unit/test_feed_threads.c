/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The feed with everything real but Janus: media threads that send at full
 * speed, the feed thread, a real socket, and a recorder that stops reading now
 * and then, while routes change. For the thread and address sanitizers, and
 * for the count: each packet that was sent while it was recorded has arrived,
 * in order, or was counted as lost.
 */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../plugins/feed.h"
#include "../../plugins/feed_socket.h"
#include "../../plugins/relay.h"

#define PACKET 200
#define RING_BYTES (2 * 65536)
#define ROLES 2
#define ROUNDS 60
#define TURNS 3000000L

/* ---- the host ---- */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void relay_rtp(void *handle, void *packet)
{
	(void)handle;
	(void)packet;
}

static void relay_bytes(void *handle, void *packet, int slot, uint8_t *buf,
			size_t len)
{
	(void)handle;
	(void)packet;
	(void)slot;
	(void)buf;
	(void)len;
}

static void send_pli(void *handle, int slot)
{
	(void)handle;
	(void)slot;
}

static const struct rth_host host = {
	.now_us = now_us,
	.relay_rtp = relay_rtp,
	.relay_bytes = relay_bytes,
	.send_pli = send_pli,
	.feed_connect = rth_feed_socket_connect,
	.feed_send = rth_feed_socket_send,
	.feed_receive = rth_feed_socket_receive,
	.feed_wait = rth_feed_socket_wait,
	.feed_close = rth_feed_socket_close,
};

/* ---- the recorder ---- */

struct recorder {
	int listener;
	char dir[64], path[96];
	pthread_t thread;
	atomic_bool stalled;
	/* Of the last connection; read once the thread has ended. */
	unsigned begins, ends, disordered;
	uint64_t packets[ROLES], lost[ROLES];
	uint32_t last[ROLES];
};

static void answer(int fd, enum rth_feed_kind kind)
{
	const struct rth_feed_head head = {.kind = (uint8_t)kind};
	uint8_t record[RTH_FEED_HEAD_BYTES];

	rth_feed_write(record, &head);
	assert_int_equal(send(fd, record, sizeof(record), MSG_NOSIGNAL),
			 sizeof(record));
}

static void on_media(struct recorder *r, const struct rth_feed_head *head,
		     const uint8_t *packet)
{
	uint32_t number;

	memcpy(&number, packet + 12, sizeof(number));
	r->disordered += number <= r->last[head->role];
	r->disordered += number - r->last[head->role] <= head->lost;
	r->disordered += r->begins != 1 || r->ends != 0;
	r->last[head->role] = number;
	r->packets[head->role]++;
	r->lost[head->role] += head->lost;
}

static void *recorder_main(void *arg)
{
	struct recorder *r = arg;
	static uint8_t record[RTH_FEED_RECORD_MAX];
	struct rth_feed_head head;
	int fd = accept(r->listener, NULL, NULL);
	ssize_t n;

	answer(fd, RTH_FEED_READY);
	while ((n = recv(fd, record, sizeof(record), 0)) > 0) {
		while (atomic_load(&r->stalled))
			sched_yield();
		if (rth_feed_read(&head, record, (size_t)n)) {
			r->disordered++;
			continue;
		}
		r->begins += head.kind == RTH_FEED_BEGIN;
		if (head.kind == RTH_FEED_RTP)
			on_media(r, &head, record + RTH_FEED_HEAD_BYTES);
		if (head.kind != RTH_FEED_END)
			continue;
		r->ends++;
		answer(fd, RTH_FEED_DONE);
	}
	close(fd);
	return NULL;
}

static void recorder_start(struct recorder *r)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	snprintf(r->dir, sizeof(r->dir), "/tmp/rth-feed-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/socket", r->dir);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", r->path);
	r->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(r->listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(r->listener, 8), 0);
	assert_int_equal(pthread_create(&r->thread, NULL, recorder_main, r), 0);
}

static void recorder_join(struct recorder *r)
{
	pthread_join(r->thread, NULL);
	close(r->listener);
	unlink(r->path);
	rmdir(r->dir);
}

/* ---- media threads ---- */

struct sender {
	struct rth_port port;
	struct rth_port *peer;
	struct rth_tap *tap;
	pthread_t thread;
	atomic_bool stop;
	atomic_ulong sent;
};

static void *media_main(void *arg)
{
	struct sender *s = arg;
	uint8_t buf[PACKET] = {0x80, 111};

	while (!atomic_load(&s->stop)) {
		uint32_t number = (uint32_t)atomic_load(&s->sent) + 1;

		buf[2] = (uint8_t)(number >> 8);
		buf[3] = (uint8_t)number;
		memcpy(buf + 12, &number, sizeof(number));
		rth_relay_rtp(&s->port, RTH_SLOT_AUDIO, buf, sizeof(buf), buf,
			      now_us());
		atomic_fetch_add(&s->sent, 1);
		if (number % 32 == 0)
			sched_yield();
	}
	return NULL;
}

static void publish(struct sender *s, struct rth_tap *tap)
{
	const struct rth_route route = {
		.peer = s->peer,
		.slot[RTH_SLOT_AUDIO] = {.pt_in = 111,
					 .pt_out = 111,
					 .clock_hz = 48000},
		.slot[RTH_SLOT_CAMERA] = {.pt_in = RTH_PT_OFF,
					  .pt_out = 0,
					  .clock_hz = 90000},
		.slot[RTH_SLOT_SCREEN] = {.pt_in = RTH_PT_OFF,
					  .pt_out = 0,
					  .clock_hz = 90000},
		.tap = tap,
		.tap_codec = {RTH_FEED_OPUS, 0, 0},
	};

	rth_route_publish(&s->port, &route);
}

static void let_send(struct sender *s, unsigned long packets)
{
	unsigned long until = atomic_load(&s->sent) + packets;

	while (atomic_load(&s->sent) < until)
		sched_yield();
}

/* ---- the test ---- */

static atomic_uint readies, dones, others;

static void on_news(void *arg, struct rth_feed_link *link,
		    enum rth_feed_news news, const char *reason)
{
	(void)arg;
	(void)link;
	(void)reason;
	if (news == RTH_FEED_NEWS_READY)
		atomic_fetch_add(&readies, 1);
	else if (news == RTH_FEED_NEWS_DONE)
		atomic_fetch_add(&dones, 1);
	else
		atomic_fetch_add(&others, 1);
}

static void await(atomic_uint *count)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	for (long i = 0; i < 30000 && atomic_load(count) == 0; i++)
		nanosleep(&moment, NULL);
	assert_int_equal(atomic_load(count), 1);
	assert_int_equal(atomic_load(&others), 0);
}

static void say(struct rth_feed_link *link, enum rth_feed_kind kind)
{
	assert_int_equal(rth_feed_say(link, kind, RTH_FEED_NOBODY, now_us(),
				      json_pack("{s:i}", "part", 1)),
			 RTH_OK);
}

static void start(struct sender *s)
{
	for (int role = 0; role < ROLES; role++) {
		rth_port_init(&s[role].port, &host, NULL);
		s[role].peer = &s[!role].port;
		assert_int_equal(rth_port_renew_limit(&s[role].port), RTH_OK);
	}
	for (int role = 0; role < ROLES; role++)
		assert_int_equal(pthread_create(&s[role].thread, NULL,
						media_main, &s[role]),
				 0);
}

static void stop(struct sender *s)
{
	for (int role = 0; role < ROLES; role++) {
		atomic_store(&s[role].stop, true);
		pthread_join(s[role].thread, NULL);
		rth_port_clear(&s[role].port);
	}
}

/* The tap comes and goes, and the recorder stalls until packets are lost. */
static void record(struct recorder *r, struct sender *s)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct sender *one = &s[i % ROLES];
		uint64_t lost = rth_tap_loss(one->tap).packets;

		publish(one, one->tap);
		let_send(one, 50);
		atomic_store(&r->stalled, i % 3 == 1);
		for (long n = 0; i % 3 == 1 && n < TURNS &&
				 rth_tap_loss(one->tap).packets == lost;
		     n++)
			let_send(one, 100);
		if (i % 3 == 1)
			assert_true(rth_tap_loss(one->tap).packets > lost);
		atomic_store(&r->stalled, false);
		let_send(one, 50);
		if (i % 4 == 0)
			rth_route_clear(&one->port);
		else
			publish(one, NULL);
	}
}

/* The last record in the ring tells of all that was lost; how much that was. */
static uint64_t end_without_loss(struct sender *s)
{
	uint64_t lost, before;

	publish(s, s->tap);
	do {
		before = rth_tap_loss(s->tap).packets;
		let_send(s, 50);
		lost = rth_tap_loss(s->tap).packets;
	} while (lost != before);
	rth_route_clear(&s->port);
	return rth_tap_loss(s->tap).packets == lost ? lost
						    : end_without_loss(s);
}

static void what_is_sent_arrives_or_is_counted(void **state)
{
	static struct sender senders[ROLES];
	static struct recorder recorder;
	struct rth_feed_conf conf = {.ring_bytes = RING_BYTES, .news = on_news};
	struct rth_feed *feed = NULL;
	struct rth_feed_link *link = NULL;
	uint64_t lost[ROLES];

	(void)state;
	recorder_start(&recorder);
	conf.socket = recorder.path;
	assert_int_equal(rth_feed_create(&feed, &host, &conf), RTH_OK);
	assert_int_equal(rth_feed_start(feed), RTH_OK);
	assert_int_equal(rth_feed_open(feed, &link), RTH_OK);
	start(senders);
	await(&readies);
	for (uint8_t role = 0; role < ROLES; role++)
		senders[role].tap = rth_feed_tap(link, role);
	say(link, RTH_FEED_BEGIN);
	record(&recorder, senders);
	for (int role = 0; role < ROLES; role++)
		lost[role] = end_without_loss(&senders[role]);
	rth_feed_ref(link);
	say(link, RTH_FEED_END);
	rth_feed_leave(link);
	await(&dones);
	rth_feed_free(feed);
	recorder_join(&recorder);
	stop(senders);
	rth_feed_unref(link);

	assert_int_equal(recorder.begins, 1);
	assert_int_equal(recorder.ends, 1);
	assert_int_equal(recorder.disordered, 0);
	for (int role = 0; role < ROLES; role++) {
		assert_true(recorder.packets[role] > ROUNDS);
		assert_true(lost[role] > 0);
		assert_int_equal(recorder.lost[role], lost[role]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_arrives_or_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
