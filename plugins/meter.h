/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Amounts by time: how much there was in the last so many microseconds, up to
 * a second and a half, in bins of 25 ms. One thread at a time.
 */
#ifndef RTH_METER_H
#define RTH_METER_H

#include <stdint.h>
#include <string.h>

#define RTH_METER_BIN_US INT64_C(25000)
#define RTH_METER_BINS 64

/* Zeroed is an empty one. */
struct rth_meter {
	int64_t newest; /* bin number */
	uint32_t bins[RTH_METER_BINS];
};

static inline void rth_meter_add(struct rth_meter *m, int64_t us,
				 uint32_t amount)
{
	int64_t bin = us / RTH_METER_BIN_US;

	if (bin > m->newest + RTH_METER_BINS)
		memset(m->bins, 0, sizeof(m->bins));
	else
		for (int64_t b = m->newest + 1; b <= bin; b++)
			m->bins[b % RTH_METER_BINS] = 0;
	if (bin > m->newest)
		m->newest = bin;
	if (bin > m->newest - RTH_METER_BINS)
		m->bins[bin % RTH_METER_BINS] += amount;
}

/* What was added in the `window_us` up to `us`, in whole bins and the last. */
static inline uint64_t rth_meter_sum(const struct rth_meter *m, int64_t us,
				     int64_t window_us)
{
	int64_t last = us / RTH_METER_BIN_US;
	uint64_t sum = 0;

	for (int64_t b = last - window_us / RTH_METER_BIN_US; b <= last; b++)
		if (b > m->newest - RTH_METER_BINS && b <= m->newest && b >= 0)
			sum += m->bins[b % RTH_METER_BINS];
	return sum;
}

static inline uint32_t rth_meter_bps(const struct rth_meter *m, int64_t us,
				     int64_t window_us)
{
	int64_t span_us = window_us / RTH_METER_BIN_US * RTH_METER_BIN_US +
			  us % RTH_METER_BIN_US + 1;
	uint64_t bps = rth_meter_sum(m, us, window_us) * 8 * 1000000 /
		       (uint64_t)span_us;

	return bps > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)bps;
}

#endif
