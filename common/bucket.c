/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A token bucket in whole tokens; the rest of an interval is not lost. */
#include "bucket.h"

void rth_bucket_init(struct rth_bucket *bucket, int64_t burst,
		     int64_t refill_ms, int64_t now_ms)
{
	*bucket = (struct rth_bucket){
		.burst = burst,
		.refill_ms = refill_ms,
		.tokens = burst,
		.filled_ms = now_ms,
	};
}

bool rth_bucket_take(struct rth_bucket *bucket, int64_t now_ms)
{
	int64_t came = (now_ms - bucket->filled_ms) / bucket->refill_ms;

	bucket->tokens += came;
	bucket->filled_ms += came * bucket->refill_ms;
	if (bucket->tokens >= bucket->burst) {
		bucket->tokens = bucket->burst;
		bucket->filled_ms = now_ms;
	}
	if (!bucket->tokens)
		return false;
	bucket->tokens--;
	return true;
}
