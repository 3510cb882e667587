/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a receiver reports to be lost (RFC 3550, 6.4.1), summed up for each of
 * the streams that it gets: what is sent again hides the losses of pictures, so
 * the voice's count for themselves. One media thread adds, any thread reads.
 */
#ifndef RTH_LOSSES_H
#define RTH_LOSSES_H

#include <stdatomic.h>
#include <stdint.h>

#define RTH_LOSSES_STREAMS 4

/* Zeroed is an empty one. */
struct rth_losses {
	uint32_t ssrc[RTH_LOSSES_STREAMS]; /* 0: free */
	/* Reports << 32 | the sum of their fractions, in 1/256. */
	_Atomic uint64_t sums[RTH_LOSSES_STREAMS];
};

/* What there was at some moment. */
struct rth_losses_seen {
	uint64_t sums[RTH_LOSSES_STREAMS];
};

/** Adds one report. Its media thread; a few instructions. */
void rth_losses_add(struct rth_losses *losses, uint32_t ssrc,
		    uint8_t fraction_lost);

/** What there is now. Any thread. */
struct rth_losses_seen rth_losses_see(struct rth_losses *losses);

/**
 * How much of a thousand the worst stream has lost between two moments; -1: no
 * report came. Arithmetic only.
 */
int rth_losses_permille(const struct rth_losses_seen *before,
			const struct rth_losses_seen *now);

#endif
