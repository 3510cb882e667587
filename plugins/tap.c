/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ring of records with one writer and one reader. See tap.h.
 *
 * Each record lies in one piece behind a word with its length, both rounded up
 * to 8 bytes. Where the rest of the ring is too short for it stands a mark
 * instead, and it begins at the front. `head` and `tail` only ever grow; the
 * place is what is left of them under the mask.
 *
 * As long as the reader keeps up the writer turns back to the front early:
 * so a ring of megabytes costs (and keeps warm in the cache) only what its
 * longest backlog needed.
 */
#include "tap.h"

#include <stdbool.h>
#include <string.h>

#include "feed_record.h"
#include "mem.h"

#define WORD_BYTES 8
#define RING_MIN_BYTES 8192	/* three of the longest records */
#define TURN_BACK_BYTES 65536	/* go to the front from here on, if empty */
#define TO_THE_FRONT UINT64_MAX /* in place of a length */
#define APART_BYTES 64		/* a line of the cache */

struct rth_tap {
	/* The writer's, with what it knows of the tail. */
	_Atomic uint64_t head;
	uint64_t tail_seen;
	uint32_t lost;	 /* to be told in the next record */
	int64_t full_us; /* since when packets are lost; if lost */
	int64_t lost_us; /* of the earlier times */
	_Atomic uint64_t all_lost;
	_Atomic int64_t all_lost_us;
	uint8_t apart[APART_BYTES];
	/* The reader's. */
	_Atomic uint64_t tail;
	uint8_t apart_too[APART_BYTES];
	/* Never changes. */
	uint64_t size;
	uint8_t role;
	uint8_t *ring;
};

enum rth_err rth_tap_create(struct rth_tap **tapp, uint8_t role, size_t bytes)
{
	struct rth_tap *tap = rth_alloc(sizeof(*tap));

	if (!tap)
		return RTH_ERR_NOMEM;
	tap->role = role;
	tap->size = RING_MIN_BYTES;
	while (tap->size < bytes && tap->size <= SIZE_MAX / 4)
		tap->size *= 2;
	tap->ring = rth_alloc(tap->size);
	if (!tap->ring) {
		rth_free(tap);
		return RTH_ERR_NOMEM;
	}
	*tapp = tap;
	return RTH_OK;
}

void rth_tap_free(struct rth_tap *tap)
{
	if (!tap)
		return;
	rth_free(tap->ring);
	rth_free(tap);
}

static uint64_t room_for(size_t record_bytes)
{
	return WORD_BYTES + (((uint64_t)record_bytes + 7) & ~UINT64_C(7));
}

static void put_word(struct rth_tap *tap, uint64_t at, uint64_t word)
{
	memcpy(tap->ring + (at & (tap->size - 1)), &word, sizeof(word));
}

static uint64_t get_word(const struct rth_tap *tap, uint64_t at)
{
	uint64_t word;

	memcpy(&word, tap->ring + (at & (tap->size - 1)), sizeof(word));
	return word;
}

/* Says whether so much fits behind head, asking for the tail if it must. */
static bool fits(struct rth_tap *tap, uint64_t head, uint64_t bytes)
{
	if (head + bytes - tap->tail_seen <= tap->size)
		return true;
	tap->tail_seen = atomic_load_explicit(&tap->tail, memory_order_acquire);
	return head + bytes - tap->tail_seen <= tap->size;
}

/* Says whether the reader has all, and the front is far enough away. */
static bool turns_back(struct rth_tap *tap, uint64_t head)
{
	if ((head & (tap->size - 1)) < TURN_BACK_BYTES)
		return false;
	tap->tail_seen = atomic_load_explicit(&tap->tail, memory_order_acquire);
	return tap->tail_seen == head;
}

/* Finds the place for a record; false when the ring is full. */
static bool find_place(struct rth_tap *tap, uint64_t *headp, uint64_t bytes)
{
	uint64_t head = *headp;
	uint64_t rest = tap->size - (head & (tap->size - 1));

	if (bytes <= rest && !turns_back(tap, head))
		return fits(tap, head, bytes);
	if (!fits(tap, head, rest + bytes))
		return false;
	put_word(tap, head, TO_THE_FRONT);
	*headp = head + rest;
	return true;
}

static void count_lost(struct rth_tap *tap, int64_t now_us)
{
	if (tap->lost++ == 0)
		tap->full_us = now_us;
	atomic_store_explicit(
		&tap->all_lost,
		atomic_load_explicit(&tap->all_lost, memory_order_relaxed) + 1,
		memory_order_relaxed);
	atomic_store_explicit(&tap->all_lost_us,
			      tap->lost_us + now_us - tap->full_us,
			      memory_order_relaxed);
}

/* The ring takes packets again. */
static void end_loss(struct rth_tap *tap, int64_t now_us)
{
	tap->lost_us += now_us - tap->full_us;
	tap->lost = 0;
	atomic_store_explicit(&tap->all_lost_us, tap->lost_us,
			      memory_order_relaxed);
}

void rth_tap_put(struct rth_tap *tap, uint8_t kind, uint8_t slot, uint8_t codec,
		 const uint8_t *buf, size_t len, int64_t now_us)
{
	const struct rth_feed_head about = {
		.kind = kind,
		.role = tap->role,
		.slot = slot,
		.codec = codec,
		.lost = tap->lost,
		.time_us = now_us,
	};
	uint64_t head = atomic_load_explicit(&tap->head, memory_order_relaxed);
	uint64_t bytes = room_for(RTH_FEED_HEAD_BYTES + len);
	uint8_t *record;

	if (len > RTH_FEED_PACKET_MAX || !find_place(tap, &head, bytes)) {
		count_lost(tap, now_us);
		return;
	}
	put_word(tap, head, RTH_FEED_HEAD_BYTES + len);
	record = tap->ring + (head & (tap->size - 1)) + WORD_BYTES;
	rth_feed_write(record, &about);
	memcpy(record + RTH_FEED_HEAD_BYTES, buf, len);
	if (tap->lost > 0)
		end_loss(tap, now_us);
	atomic_store_explicit(&tap->head, head + bytes, memory_order_release);
}

size_t rth_tap_first(struct rth_tap *tap, const uint8_t **recordp)
{
	uint64_t tail = atomic_load_explicit(&tap->tail, memory_order_relaxed);
	uint64_t word;

	if (atomic_load_explicit(&tap->head, memory_order_acquire) == tail)
		return 0;
	word = get_word(tap, tail);
	if (word == TO_THE_FRONT) {
		/* A mark is published together with the record behind it. */
		tail += tap->size - (tail & (tap->size - 1));
		word = get_word(tap, tail);
		atomic_store_explicit(&tap->tail, tail, memory_order_release);
	}
	*recordp = tap->ring + (tail & (tap->size - 1)) + WORD_BYTES;
	return (size_t)word;
}

void rth_tap_drop(struct rth_tap *tap)
{
	uint64_t tail = atomic_load_explicit(&tap->tail, memory_order_relaxed);
	uint64_t bytes = room_for((size_t)get_word(tap, tail));

	atomic_store_explicit(&tap->tail, tail + bytes, memory_order_release);
}

struct rth_tap_loss rth_tap_loss(const struct rth_tap *tap)
{
	return (struct rth_tap_loss){
		.packets = atomic_load_explicit(&tap->all_lost,
						memory_order_relaxed),
		.us = atomic_load_explicit(&tap->all_lost_us,
					   memory_order_relaxed),
	};
}
