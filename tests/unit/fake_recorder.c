/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recorder that keeps what it gets. See fake_recorder.h. */
#include "fake_host.h"
#include "fake_recorder.h"

#include <pthread.h>
#include <sched.h>

#define FIRST_FD 1000
#define ANSWERS_MAX 8
#define ANSWER_BYTES 2048

struct feed {
	bool open, hung_up;
	long takes;
	void (*deed)(void *arg); /* at the next record */
	void *deed_arg;
	struct fake_record records[FAKE_RECORDS_MAX];
	size_t n_records;
	uint8_t answers[ANSWERS_MAX][ANSWER_BYTES];
	size_t answer_len[ANSWERS_MAX];
	size_t n_answers, n_heard;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct feed *feeds[FAKE_FEEDS_MAX];
static size_t n_feeds;
static bool nobody_listens;

int fake_recorder_connect(const char *path)
{
	struct feed *feed;
	int fd = -1;

	assert_non_null(path);
	pthread_mutex_lock(&lock);
	if (!nobody_listens) {
		assert_true(n_feeds < FAKE_FEEDS_MAX);
		feed = calloc(1, sizeof(*feed));
		assert_non_null(feed);
		feed->open = true;
		feed->takes = -1;
		fd = FIRST_FD + (int)n_feeds;
		feeds[n_feeds++] = feed;
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

static struct feed *at_fd(int fd)
{
	struct feed *feed;

	assert_true(fd >= FIRST_FD && (size_t)(fd - FIRST_FD) < n_feeds);
	feed = feeds[fd - FIRST_FD];
	assert_true(feed->open);
	return feed;
}

static void keep(struct feed *feed, const uint8_t *record, size_t len)
{
	struct fake_record *at = &feed->records[feed->n_records];

	assert_true(feed->n_records < FAKE_RECORDS_MAX);
	assert_int_equal(rth_feed_read(&at->head, record, len), RTH_OK);
	at->len = len - RTH_FEED_HEAD_BYTES;
	at->body = calloc(1, at->len + 1);
	assert_non_null(at->body);
	memcpy(at->body, record + RTH_FEED_HEAD_BYTES, at->len);
	feed->n_records++;
	feed->takes -= feed->takes > 0;
}

/* The deed of the test may ask anything of this file: without the lock. */
static void do_deed(int fd)
{
	void (*deed)(void *arg);
	struct feed *feed;
	void *arg;

	pthread_mutex_lock(&lock);
	feed = at_fd(fd);
	deed = feed->deed;
	arg = feed->deed_arg;
	feed->deed = NULL;
	pthread_mutex_unlock(&lock);
	if (deed)
		deed(arg);
}

int fake_recorder_send(int fd, const void *buf, size_t len)
{
	struct feed *feed;
	int sent = 1;

	do_deed(fd);
	pthread_mutex_lock(&lock);
	feed = at_fd(fd);
	if (feed->hung_up)
		sent = RTH_HOST_GONE;
	else if (feed->takes == 0)
		sent = RTH_HOST_NOT_NOW;
	else
		keep(feed, buf, len);
	pthread_mutex_unlock(&lock);
	return sent;
}

int fake_recorder_receive(int fd, void *buf, size_t size)
{
	struct feed *feed;
	int n = RTH_HOST_NOT_NOW;

	pthread_mutex_lock(&lock);
	feed = at_fd(fd);
	if (feed->n_heard < feed->n_answers) {
		size_t len = feed->answer_len[feed->n_heard];

		memcpy(buf, feed->answers[feed->n_heard],
		       len < size ? len : size);
		n = len > size ? (int)size + 1 : (int)len;
		feed->n_heard++;
	} else if (feed->hung_up) {
		n = RTH_HOST_GONE;
	}
	pthread_mutex_unlock(&lock);
	return n;
}

/* Time passes instead of waiting. */
void fake_recorder_wait(struct pollfd *fds, size_t n, int wait_ms)
{
	for (size_t i = 0; i < n; i++)
		fds[i].revents = fds[i].fd >= 0 ? POLLIN : 0;
	if (wait_ms > 0) {
		fake_advance_us(wait_ms * INT64_C(1000));
		sched_yield();
	}
}

void fake_recorder_close(int fd)
{
	pthread_mutex_lock(&lock);
	at_fd(fd)->open = false;
	pthread_mutex_unlock(&lock);
}

void fake_recorder_reset(void)
{
	size_t open = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n_feeds; i++) {
		open += feeds[i]->open;
		for (size_t k = 0; k < feeds[i]->n_records; k++)
			free(feeds[i]->records[k].body);
		free(feeds[i]);
	}
	n_feeds = 0;
	nobody_listens = false;
	pthread_mutex_unlock(&lock);
	assert_int_equal(open, 0);
}

void fake_recorder_away(bool away)
{
	pthread_mutex_lock(&lock);
	nobody_listens = away;
	pthread_mutex_unlock(&lock);
}

size_t fake_feeds(void)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = n_feeds;
	pthread_mutex_unlock(&lock);
	return n;
}

/* With the lock held from here to feed_done. */
static struct feed *feed_of(size_t feed)
{
	pthread_mutex_lock(&lock);
	assert_true(feed < n_feeds);
	return feeds[feed];
}

static void feed_done(void)
{
	pthread_mutex_unlock(&lock);
}

bool fake_feed_is_open(size_t feed)
{
	bool open = feed_of(feed)->open;

	feed_done();
	return open;
}

void fake_feed_answer_bytes(size_t feed, const void *bytes, size_t len)
{
	struct feed *f = feed_of(feed);

	assert_true(f->n_answers < ANSWERS_MAX && len <= ANSWER_BYTES);
	memcpy(f->answers[f->n_answers], bytes, len);
	f->answer_len[f->n_answers++] = len;
	feed_done();
}

void fake_feed_answer(size_t feed, enum rth_feed_kind kind, const char *reason)
{
	const struct rth_feed_head head = {
		.kind = (uint8_t)kind,
		.role = RTH_FEED_NOBODY,
		.slot = RTH_FEED_NO_SLOT,
	};
	uint8_t record[ANSWER_BYTES];
	int n = 0;

	rth_feed_write(record, &head);
	if (reason)
		n = snprintf((char *)record + RTH_FEED_HEAD_BYTES,
			     sizeof(record) - RTH_FEED_HEAD_BYTES,
			     "{\"reason\":\"%s\"}", reason);
	fake_feed_answer_bytes(feed, record, RTH_FEED_HEAD_BYTES + (size_t)n);
}

void fake_feed_hang_up(size_t feed)
{
	feed_of(feed)->hung_up = true;
	feed_done();
}

void fake_feed_at_record(size_t feed, void (*deed)(void *arg), void *arg)
{
	struct feed *f = feed_of(feed);

	f->deed = deed;
	f->deed_arg = arg;
	feed_done();
}

void fake_feed_takes(size_t feed, long records)
{
	feed_of(feed)->takes = records;
	feed_done();
}

size_t fake_feed_records(size_t feed)
{
	size_t n = feed_of(feed)->n_records;

	feed_done();
	return n;
}

const struct fake_record *fake_feed_record(size_t feed, size_t n)
{
	struct feed *f = feed_of(feed);

	feed_done();
	assert_true(n < f->n_records);
	return &f->records[n];
}

const struct fake_record *fake_feed_find(size_t feed, enum rth_feed_kind kind,
					 size_t n)
{
	struct feed *f = feed_of(feed);
	const struct fake_record *found = NULL;

	for (size_t i = 0; i < f->n_records && !found; i++) {
		if (f->records[i].head.kind == kind && n-- == 0)
			found = &f->records[i];
	}
	feed_done();
	return found;
}
