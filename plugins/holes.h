/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets of a picture that its receiver misses and has not got again. A
 * picture with a hole stands still until the next key frame, and a browser
 * waits for three seconds before it asks for one; so it is asked for here. One
 * thread at a time.
 */
#ifndef RTH_HOLES_H
#define RTH_HOLES_H

#include <stdbool.h>
#include <stdint.h>

#define RTH_HOLES 32
#define RTH_HOLE_US 500000	  /* by then it has come again, or never will */
#define RTH_HOLE_AGAIN_US 1500000 /* key frames are large */

/* Zeroed is none. */
struct rth_holes {
	struct {
		int64_t seq, us;
	} hole[RTH_HOLES];
	unsigned n;
	int64_t asked_us;
};

/**
 * Reads a report.
 *
 * @param first   number of its first packet
 * @param arrived of each, when; negative: not
 * @param newest  packet that was known before; older ones that are missing
 *                are no news
 */
static inline void rth_holes_note(struct rth_holes *holes, int64_t first,
				  const int64_t *arrived, unsigned n,
				  int64_t newest, int64_t now_us)
{
	for (unsigned i = 0; i < n; i++) {
		int64_t seq = first + i;

		for (unsigned k = 0; arrived[i] >= 0 && k < holes->n; k++)
			if (holes->hole[k].seq == seq)
				holes->hole[k--] = holes->hole[--holes->n];
		if (arrived[i] < 0 && seq > newest && holes->n < RTH_HOLES) {
			holes->hole[holes->n].seq = seq;
			holes->hole[holes->n++].us = now_us;
		}
	}
}

/** Says whether to ask for a key frame now; it then forgets what it had. */
static inline bool rth_holes_due(struct rth_holes *holes, int64_t now_us)
{
	bool due = false;

	for (unsigned k = 0; k < holes->n; k++)
		due = due || now_us - holes->hole[k].us > RTH_HOLE_US;
	if (!due || now_us - holes->asked_us < RTH_HOLE_AGAIN_US)
		return false;
	holes->asked_us = now_us;
	holes->n = 0;
	return true;
}

#endif
