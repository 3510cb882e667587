/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reordering. See reorder.h.
 */
#include "reorder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* A number this far from what is next is of another count. */
#define APART_MAX 8192

/* The first packet that comes need not be the first that was sent: this many
   before it are taken, too, for this long. */
#define START_PACKETS 64
#define START_US 60000

struct kept {
	int64_t time_us;
	uint32_t len;
	uint8_t bytes[];
};

/*
 * Invariants: kept[] holds only numbers from next + 1 to highest, each at
 * number % RTH_REORDER_PACKETS; highest - next < RTH_REORDER_PACKETS; n is how
 * many; blocked_us is the least arrival among them, if there are any.
 */
struct rth_reorder {
	rth_reorder_fn *deliver;
	void *arg;
	bool started;
	bool starting; /* nothing was delivered since the start */
	uint64_t next, highest;
	uint64_t missing; /* since the last delivery */
	size_t n;
	int64_t blocked_us;
	struct rth_reorder_counts counts;
	struct kept *kept[RTH_REORDER_PACKETS];
};

enum rth_err rth_reorder_create(struct rth_reorder **reorderp,
				rth_reorder_fn *deliver, void *arg)
{
	struct rth_reorder *r = rth_alloc(sizeof(*r));

	if (!r)
		return RTH_ERR_NOMEM;
	r->deliver = deliver;
	r->arg = arg;
	*reorderp = r;
	return RTH_OK;
}

void rth_reorder_free(struct rth_reorder *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < RTH_REORDER_PACKETS; i++)
		rth_free(r->kept[i]);
	rth_free(r);
}

static struct kept **place(struct rth_reorder *r, uint64_t number)
{
	return &r->kept[number % RTH_REORDER_PACKETS];
}

static enum rth_err hand_over(struct rth_reorder *r, const uint8_t *packet,
			      size_t len, int64_t time_us)
{
	uint64_t missing = r->missing;

	r->starting = false;
	r->missing = 0;
	r->next++;
	if (r->highest < r->next)
		r->highest = r->next;
	return r->deliver(r->arg, packet, len, time_us, missing);
}

static void note_oldest(struct rth_reorder *r)
{
	bool found = false;

	for (uint64_t i = r->next; r->n && i <= r->highest; i++) {
		const struct kept *kept = *place(r, i);

		if (!kept || (found && kept->time_us >= r->blocked_us))
			continue;
		r->blocked_us = kept->time_us;
		found = true;
	}
}

/* Delivers what is kept and in turn. */
static enum rth_err run(struct rth_reorder *r)
{
	enum rth_err err = RTH_OK;
	bool moved = false;

	while (!err && r->n && *place(r, r->next)) {
		struct kept **at = place(r, r->next);
		struct kept *kept = *at;

		*at = NULL;
		r->n--;
		err = hand_over(r, kept->bytes, kept->len, kept->time_us);
		rth_free(kept);
		moved = true;
	}
	if (moved)
		note_oldest(r);
	return err;
}

/* Gives up the hole before the next packet that is kept, delivers from it. */
static enum rth_err skip(struct rth_reorder *r)
{
	while (r->n && !*place(r, r->next)) {
		r->next++;
		r->missing += !r->starting;
		r->counts.missing += !r->starting;
	}
	return run(r);
}

enum rth_err rth_reorder_drain(struct rth_reorder *r)
{
	enum rth_err err = RTH_OK;

	while (r->n && !err)
		err = skip(r);
	return err;
}

enum rth_err rth_reorder_tick(struct rth_reorder *r, int64_t now_us)
{
	enum rth_err err = RTH_OK;

	while (r->n && !err &&
	       now_us - r->blocked_us >=
		       (r->starting ? START_US : RTH_REORDER_WAIT_US))
		err = skip(r);
	return err;
}

static enum rth_err keep(struct rth_reorder *r, uint64_t number,
			 const uint8_t *packet, size_t len, int64_t time_us)
{
	struct kept **at = place(r, number);
	struct kept *kept;

	if (*at) {
		r->counts.late++;
		return RTH_OK;
	}
	kept = rth_alloc(sizeof(*kept) + len);
	if (!kept)
		return RTH_ERR_NOMEM;
	kept->time_us = time_us;
	kept->len = (uint32_t)len;
	memcpy(kept->bytes, packet, len);
	if (r->n++ == 0 || time_us < r->blocked_us)
		r->blocked_us = time_us;
	if (number > r->highest)
		r->highest = number;
	*at = kept;
	return RTH_OK;
}

/* The sender counts from elsewhere: what is kept goes first. */
static enum rth_err restart(struct rth_reorder *r, uint16_t seq)
{
	enum rth_err err = rth_reorder_drain(r);

	/* Far from zero, so that nothing goes below it. */
	r->next = r->highest = ((uint64_t)1 << 32) + seq - START_PACKETS;
	r->missing += r->started;
	r->started = true;
	r->starting = true;
	return err;
}

enum rth_err rth_reorder_put(struct rth_reorder *r, uint16_t seq,
			     const uint8_t *packet, size_t len, int64_t time_us)
{
	enum rth_err err = RTH_OK;
	int ahead = (int16_t)(seq - (uint16_t)r->next);

	if (!r->started || abs(ahead) > APART_MAX) {
		err = restart(r, seq);
	}
	if (!err)
		err = rth_reorder_tick(r, time_us);
	/* Holes may have been given up: count from where it stands now. */
	ahead = (int16_t)(seq - (uint16_t)r->next);
	if (!err && ahead >= RTH_REORDER_PACKETS) {
		err = rth_reorder_drain(r);
		ahead = (int16_t)(seq - (uint16_t)r->next);
		if (ahead > 0) {
			r->next += (unsigned)ahead;
			r->missing += (unsigned)ahead;
			r->counts.missing += (unsigned)ahead;
			ahead = 0;
		}
	}
	if (err)
		return err;
	if (ahead < 0) {
		r->counts.late++;
		return RTH_OK;
	}
	if (ahead > 0)
		return keep(r, r->next + (unsigned)ahead, packet, len, time_us);
	err = hand_over(r, packet, len, time_us);
	return err ? err : run(r);
}

struct rth_reorder_counts rth_reorder_counts(const struct rth_reorder *r)
{
	return r->counts;
}
