/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host for the plugin core in tests. It records what the core asks of it and
 * answers nothing by itself: the test says later that a closed handle is gone.
 *
 * Handles count their references. Using one after the last has been given up,
 * or leaving one held at fake_host_reset, fails the test.
 */
#ifndef RTH_FAKE_HOST_H
#define RTH_FAKE_HOST_H

#include <stdatomic.h>
#include <stdbool.h>

#include "support.h"

#include "../../plugins/host.h"

#define FAKE_EVENTS_MAX 512
#define FAKE_PACKET_BYTES 64
#define FAKE_TRANSACTION_SIZE 32

struct fake_handle {
	atomic_int refs; /* 1 is the host's own */
	atomic_int closes;
	struct fake_handle *next;
};

struct fake_push {
	struct fake_handle *handle;
	char transaction[FAKE_TRANSACTION_SIZE]; /* "" when there is none */
	json_t *event;
	char *answer;
};

struct fake_data {
	struct fake_handle *handle;
	char *text;
};

struct fake_packet {
	struct fake_handle *handle;
	int slot;
	size_t len;
	uint8_t bytes[FAKE_PACKET_BYTES];
};

struct fake_pli {
	struct fake_handle *handle;
	int slot;
	int64_t at_us;
};

struct fake_remb {
	struct fake_handle *handle;
	uint32_t bps;
};

/* What the host's own view of a packet is here. */
struct fake_rtp {
	int slot;
	uint8_t *buf;
	size_t len;
};

/*
 * All that was recorded, in order. `taken` counts the pushes that the test has
 * looked at. With `silent` only the counters move: for tests with threads.
 */
struct fake_host {
	bool silent;
	_Atomic int64_t now_us, time_ms;
	struct fake_handle *handles;
	struct fake_push pushes[FAKE_EVENTS_MAX];
	size_t n_pushes, taken;
	json_t *notices[FAKE_EVENTS_MAX];
	size_t n_notices;
	struct fake_data data[FAKE_EVENTS_MAX];
	size_t n_data;
	struct fake_packet packets[FAKE_EVENTS_MAX];
	size_t n_packets;
	struct fake_pli plis[FAKE_EVENTS_MAX];
	size_t n_plis;
	struct fake_remb rembs[FAKE_EVENTS_MAX];
	size_t n_rembs;
	atomic_ullong packets_count, bad_packets;
	/* In silent mode: says whether a packet is as it should be. */
	bool (*check)(const struct fake_rtp *packet);
	/* Called at each push and notice, in the middle of what the core does.
	 */
	void (*on_event)(void);
	/* No log line may hold one of these; ends with NULL. */
	const char *const *secrets;
	atomic_int leaked_secrets;
};

extern struct fake_host fake;
extern const struct rth_host fake_host;

/* Starts afresh at a known time; fails if a handle is still held. */
void fake_host_reset(void);

struct fake_handle *fake_handle_new(void);

void fake_advance_us(int64_t us);

/*
 * Takes the next push that was not looked at: it must be for this handle and
 * of this name ("joined"), and answer this transaction (NULL: none). The event
 * is borrowed until the reset.
 */
const struct fake_push *fake_expect(const struct fake_handle *handle,
				    const char *name, const char *transaction);

/* As above, an error with this code. */
const struct fake_push *fake_expect_error(const struct fake_handle *handle,
					  const char *code,
					  const char *transaction);

/* Nothing was pushed that was not looked at. */
void fake_expect_silence(void);
void fake_forget_pushes(void);

/* The last notified event must have this name; borrowed. */
json_t *fake_last_notice(const char *name);

/* How many events of this name were notified. */
size_t fake_notices(const char *name);

/* A member as a string, "" when there is none. */
const char *fake_text(const json_t *event, const char *name);

#endif
