/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A token bucket: at most so many a second, with a burst of as many. One
 * thread at a time.
 */
#ifndef RTH_PACE_H
#define RTH_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct rth_pace {
	int64_t cost_us; /* time that one takes */
	int64_t burst_us;
	int64_t debt_until_us;
};

static inline void rth_pace_init(struct rth_pace *pace, int per_s)
{
	pace->cost_us = 1000000 / per_s;
	pace->burst_us = 1000000;
	pace->debt_until_us = INT64_MIN / 2;
}

/** Says whether one more may happen now (monotonic), and if so counts it. */
static inline bool rth_pace_allows(struct rth_pace *pace, int64_t now_us)
{
	if (pace->debt_until_us < now_us)
		pace->debt_until_us = now_us;
	if (pace->debt_until_us + pace->cost_us > now_us + pace->burst_us)
		return false;
	pace->debt_until_us += pace->cost_us;
	return true;
}

#endif
