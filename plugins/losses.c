/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a receiver reports to be lost. See losses.h.
 */
#include "losses.h"

void rth_losses_add(struct rth_losses *losses, uint32_t ssrc,
		    uint8_t fraction_lost)
{
	int i;

	for (i = 0; i < RTH_LOSSES_STREAMS; i++) {
		if (!losses->ssrc[i])
			losses->ssrc[i] = ssrc;
		if (losses->ssrc[i] == ssrc)
			break;
	}
	if (i < RTH_LOSSES_STREAMS)
		atomic_fetch_add_explicit(&losses->sums[i],
					  (UINT64_C(1) << 32) + fraction_lost,
					  memory_order_relaxed);
}

struct rth_losses_seen rth_losses_see(struct rth_losses *losses)
{
	struct rth_losses_seen seen;
	int i;

	for (i = 0; i < RTH_LOSSES_STREAMS; i++)
		seen.sums[i] = atomic_load_explicit(&losses->sums[i],
						    memory_order_relaxed);
	return seen;
}

int rth_losses_permille(const struct rth_losses_seen *before,
			const struct rth_losses_seen *now)
{
	int worst = -1;
	int i;

	for (i = 0; i < RTH_LOSSES_STREAMS; i++) {
		uint64_t more = now->sums[i] - before->sums[i];
		uint64_t reports = more >> 32;
		int lost = reports ? (int)((more & UINT32_MAX) * 1000 / 256 /
					   reports)
				   : -1;

		if (lost > worst)
			worst = lost;
	}
	return worst;
}
