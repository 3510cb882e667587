/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets of one stream, put in the order of their sequence numbers.
 *
 *   next                 highest
 *    ▼                      ▼
 *   [ ][p][p][ ][p][ ][p][p]      a hole is waited for, then given up
 *
 * A packet that is next goes through without a copy. One that comes behind a
 * hole is kept until the hole is filled (a retransmission) or has been waited
 * for long enough. Sequence numbers are extended to 64 bits (RFC 3550, A.1).
 */
#ifndef RTH_REORDER_H
#define RTH_REORDER_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define RTH_REORDER_PACKETS 2048 /* most that are kept; a power of two */
#define RTH_REORDER_WAIT_US 600000

struct rth_reorder;

struct rth_reorder_counts {
	uint64_t missing; /* never came */
	uint64_t late;	  /* came twice or after their turn */
};

/**
 * Receives each packet in turn.
 *
 * @param packet  borrowed during the call
 * @param time_us when it came
 * @param missing how many before it never came
 * @return an error ends the delivery and is handed on
 */
typedef enum rth_err rth_reorder_fn(void *arg, const uint8_t *packet,
				    size_t len, int64_t time_us,
				    uint64_t missing);

/** Makes one; deliver and arg are borrowed. */
enum rth_err rth_reorder_create(struct rth_reorder **reorderp,
				rth_reorder_fn *deliver, void *arg) RTH_CHECKED;
void rth_reorder_free(struct rth_reorder *reorder); /* NULL is allowed */

/**
 * Takes one packet, delivers what is in turn.
 *
 * @param seq    its sequence number
 * @param packet borrowed; copied if it has to wait
 * @return 0, RTH_ERR_NOMEM, or what deliver returned
 */
enum rth_err rth_reorder_put(struct rth_reorder *reorder, uint16_t seq,
			     const uint8_t *packet, size_t len,
			     int64_t time_us) RTH_CHECKED;

/** Gives up holes that have been waited for RTH_REORDER_WAIT_US. */
enum rth_err rth_reorder_tick(struct rth_reorder *reorder,
			      int64_t now_us) RTH_CHECKED;

/** Gives up all holes: nothing is kept afterwards. */
enum rth_err rth_reorder_drain(struct rth_reorder *reorder) RTH_CHECKED;

/** What was lost so far. */
struct rth_reorder_counts rth_reorder_counts(const struct rth_reorder *reorder);

#endif
