/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The least delay of the last seconds: that of packets which met no queue. One
 * thread at a time.
 */
#ifndef RTH_DELAYS_H
#define RTH_DELAYS_H

#include <stdbool.h>
#include <stdint.h>

#define RTH_DELAYS 10 /* seconds after which a delay is forgotten */

/* Zeroed is one that has seen nothing. */
struct rth_delays {
	int64_t us[RTH_DELAYS]; /* the least of each second */
	int64_t second;
	bool known; /* cleared: the delays are those of another clock */
};

/** Notes a delay (us); now_us moves the seconds on. Returns the least. */
static inline int64_t rth_delays_least(struct rth_delays *d, int64_t now_us,
				       int64_t delay_us)
{
	int64_t second = now_us / 1000000;
	int64_t least = delay_us;

	if (!d->known || second - d->second >= RTH_DELAYS)
		for (int i = 0; i < RTH_DELAYS; i++)
			d->us[i] = delay_us;
	else
		for (int64_t s = d->second + 1; s <= second; s++)
			d->us[s % RTH_DELAYS] = delay_us;
	d->known = true;
	d->second = second;
	if (delay_us < d->us[second % RTH_DELAYS])
		d->us[second % RTH_DELAYS] = delay_us;
	for (int i = 0; i < RTH_DELAYS; i++)
		if (d->us[i] < least)
			least = d->us[i];
	return least;
}

#endif
