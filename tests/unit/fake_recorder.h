/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recorder for the fake host. It keeps every record that it is sent and
 * answers only when the test says so; the core hears of it at a later turn of
 * the feed thread (rth_feed_step).
 *
 * Connections are numbered from 0 in the order in which they were made. What
 * was received may be looked at once the feed thread stands still. A test that
 * uses it is swept as any other: its memory is not that of rth_alloc.
 */
#ifndef RTH_FAKE_RECORDER_H
#define RTH_FAKE_RECORDER_H

#include "support.h"

#include "../../plugins/host.h"
#include "../../common/feed_record.h"

#define FAKE_FEEDS_MAX 64
#define FAKE_RECORDS_MAX 4096

struct fake_record {
	struct rth_feed_head head;
	uint8_t *body; /* of len bytes and a NUL */
	size_t len;
};

/* What the host's table points to. */
int fake_recorder_connect(const char *path);
int fake_recorder_send(int fd, const void *buf, size_t len);
int fake_recorder_receive(int fd, void *buf, size_t size);
void fake_recorder_wait(struct pollfd *fds, size_t n, int wait_ms);
void fake_recorder_close(int fd);

/* Forgets all; fails if a connection is still open. */
void fake_recorder_reset(void);

/* From now on nobody listens (or somebody does again). */
void fake_recorder_away(bool away);

/* So many connections were made, and this one is still open on our side. */
size_t fake_feeds(void);
bool fake_feed_is_open(size_t feed);

/* The recorder sends a record without a body, or with {"reason":...}. */
void fake_feed_answer(size_t feed, enum rth_feed_kind kind, const char *reason);

/* It sends these bytes, whatever they are. */
void fake_feed_answer_bytes(size_t feed, const void *bytes, size_t len);

/* It goes, after what it was told to answer. */
void fake_feed_hang_up(size_t feed);

/* Does this once, at the next record that is sent to it, before taking it. */
void fake_feed_at_record(size_t feed, void (*deed)(void *arg), void *arg);

/* It takes only so many records more; -1: all. */
void fake_feed_takes(size_t feed, long records);

/* What it received, in order; the body is borrowed until the reset. */
size_t fake_feed_records(size_t feed);
const struct fake_record *fake_feed_record(size_t feed, size_t n);

/* The n-th record of this kind, from 0, or NULL. */
const struct fake_record *fake_feed_find(size_t feed, enum rth_feed_kind kind,
					 size_t n);

#endif
