/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A feed whose recorder answers, stalls and goes as the input says, while the
 * control thread says and leaves what it wants.
 *
 * The input as a whole is a record to be read. Then each byte of it is a deed
 * with, for an answer, a length and so many bytes, else one byte more. What
 * the recorder is sent is always whole; BEGIN is the first of a connection and
 * END the last; and when a link is over nothing more is told of it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"

#define FD 1000
#define RING_BYTES 16384
#define TURNS_MAX 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum deed {
	ANSWER,
	TIME_PASSES,
	SAY_BEGIN,
	SAY_NOTE,
	SAY_END,
	TAP,
	RECORDER_GOES,
	RECORDER_COMES,
	RECORDER_STALLS,
	RECORDER_GOES_ON,
	LEAVE,
	DEEDS,
};

static struct {
	int64_t now_us;
	bool away, stalled, open, hung_up;
	const uint8_t *answer;
	size_t answer_len;
	unsigned sent, ends; /* over this connection */
	bool over;
} world;

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* ---- the host ---- */

static int64_t now_us(void)
{
	return world.now_us;
}

static int feed_connect(const char *path)
{
	(void)path;
	must(!world.open);
	if (world.away)
		return -1;
	world.open = true;
	world.hung_up = false;
	world.sent = world.ends = 0;
	return FD;
}

static int feed_send(int fd, const void *buf, size_t len)
{
	struct rth_feed_head head;

	must(fd == FD && world.open);
	if (world.hung_up)
		return RTH_HOST_GONE;
	if (world.stalled)
		return RTH_HOST_NOT_NOW;
	must(rth_feed_read(&head, buf, len) == RTH_OK);
	must(world.ends == 0);
	must((head.kind == RTH_FEED_BEGIN) == (world.sent == 0));
	world.sent++;
	world.ends += head.kind == RTH_FEED_END;
	return 1;
}

static int feed_receive(int fd, void *buf, size_t size)
{
	size_t len = world.answer_len;

	must(fd == FD && world.open);
	if (!world.answer)
		return world.hung_up ? RTH_HOST_GONE : RTH_HOST_NOT_NOW;
	memcpy(buf, world.answer, len < size ? len : size);
	world.answer = NULL;
	return len > size ? (int)size + 1 : (int)len;
}

static void feed_wait(struct pollfd *fds, size_t n, int wait_ms)
{
	(void)wait_ms;
	for (size_t i = 0; i < n; i++)
		fds[i].revents = POLLIN;
}

static void feed_close(int fd)
{
	must(fd == FD && world.open);
	world.open = false;
	world.answer = NULL;
}

static const struct rth_host host = {
	.now_us = now_us,
	.feed_connect = feed_connect,
	.feed_send = feed_send,
	.feed_receive = feed_receive,
	.feed_wait = feed_wait,
	.feed_close = feed_close,
};

static void on_news(void *arg, struct rth_feed_link *link,
		    enum rth_feed_news news, const char *reason)
{
	(void)arg;
	(void)link;
	(void)reason;
	must(!world.over);
	world.over = news != RTH_FEED_NEWS_READY && news != RTH_FEED_NEWS_GONE;
}

/* ---- the deeds ---- */

static void say(struct rth_feed_link *link, enum rth_feed_kind kind)
{
	enum rth_err err = rth_feed_say(link, kind, RTH_FEED_NOBODY,
					world.now_us, json_object());

	must(err == RTH_OK || err == RTH_ERR_STATE || err == RTH_ERR_LIMIT);
}

static void tap(struct rth_feed_link *link, uint8_t n)
{
	static const uint8_t packet[12 + 255 * 8];

	rth_tap_put(rth_feed_tap(link, n & 1), RTH_FEED_RTP, 1, RTH_FEED_VP8,
		    packet, 12 + n * 8u, world.now_us);
}

static void act(struct rth_feed_link **linkp, enum deed deed, uint8_t n)
{
	static const enum rth_feed_kind kinds[DEEDS] = {
		[SAY_BEGIN] = RTH_FEED_BEGIN,
		[SAY_NOTE] = RTH_FEED_NOTE,
		[SAY_END] = RTH_FEED_END,
	};

	if (deed == TIME_PASSES)
		world.now_us += n * INT64_C(10000);
	else if (deed == RECORDER_GOES)
		world.away = world.hung_up = true;
	else if (deed == RECORDER_COMES)
		world.away = false;
	else if (deed == RECORDER_STALLS || deed == RECORDER_GOES_ON)
		world.stalled = deed == RECORDER_STALLS;
	else if (*linkp && kinds[deed])
		say(*linkp, kinds[deed]);
	else if (*linkp && deed == TAP)
		tap(*linkp, n);
	if (!*linkp || deed != LEAVE)
		return;
	rth_feed_leave(*linkp);
	*linkp = NULL;
}

static void settle(struct rth_feed *feed)
{
	int turns = 0;

	while (rth_feed_step(feed, 0))
		must(turns++ < TURNS_MAX);
}

static void live(struct rth_feed *feed, const uint8_t *data, size_t size)
{
	struct rth_feed_link *link = NULL;

	if (rth_feed_open(feed, &link))
		abort();
	while (size >= 2) {
		enum deed deed = data[0] % DEEDS;
		size_t n = data[1];

		data += 2;
		size -= 2;
		if (deed == ANSWER && world.open) {
			n = n > size ? size : n;
			world.answer = n > 0 ? data : NULL;
			world.answer_len = n;
			data += n;
			size -= n;
		}
		act(&link, deed, (uint8_t)n);
		settle(feed);
	}
	if (link)
		rth_feed_leave(link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rth_feed_conf conf = {
		.socket = "recorder",
		.ring_bytes = RING_BYTES,
		.news = on_news,
	};
	struct rth_feed *feed = NULL;
	struct rth_feed_head head;
	uint8_t again[RTH_FEED_HEAD_BYTES];

	if (rth_feed_read(&head, data, size) == RTH_OK) {
		rth_feed_write(again, &head);
		must(memcmp(again, data, sizeof(again)) == 0);
	}
	memset(&world, 0, sizeof(world));
	world.now_us = 1000000;
	if (rth_feed_create(&feed, &host, &conf))
		return 0;
	live(feed, data, size);
	rth_feed_free(feed);
	must(!world.open);
	return 0;
}
