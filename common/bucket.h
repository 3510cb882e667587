/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A token bucket: how often something may happen. The caller brings the clock
 * and the lock.
 */
#ifndef RTH_BUCKET_H
#define RTH_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct rth_bucket {
	int64_t burst;	   /* it holds at most that many, and starts full */
	int64_t refill_ms; /* one more every so often */
	int64_t tokens;
	int64_t filled_ms; /* when the newest token came */
};

/** Fills a bucket. now_ms is of any clock that does not go back. */
void rth_bucket_init(struct rth_bucket *bucket, int64_t burst,
		     int64_t refill_ms, int64_t now_ms);

/** Takes one token, or says false when there is none. */
bool rth_bucket_take(struct rth_bucket *bucket, int64_t now_ms);

#endif
