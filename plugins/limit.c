/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Measures a receiver's line from the packets that were given to the host and
 * the RTCP that came back, and lets a governor decide.
 *
 * The host numbers the video packets of a PeerConnection itself, from 1, in
 * the order in which it gets them. Retransmissions in a format of their own
 * (RFC 4588) take numbers too, unseen by us, so `offset`, its number minus
 * ours, can only be bounded: nothing arrives that was not sent. Within that it
 * errs towards newer packets than the true ones, which makes a delay look
 * shorter: a queue may be seen late, but no limit comes from a wrong count.
 */
#include <stdatomic.h>
#include <string.h>

#include "delays.h"
#include "governor.h"
#include "holes.h"
#include "limit.h"
#include "mem.h"
#include "meter.h"
#include "padding.h"
#include "rtcp.h"
#include "voice.h"

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

#define RING 2048 /* packets; a power of two */
#define SIZE_BITS 16

#define RATE_US (500 * MS)  /* over which sending and loss are measured */
#define ACKED_US (250 * MS) /* over which arrival is measured */
#define ACKED_LEAST_US (75 * MS)
#define GAP_US (150 * MS) /* between arrivals */
#define VOICE_QUEUE_US (80 * MS)
#define FEW_PACKETS 10
#define QUEUES 16
#define STANDING_US (200 * MS)
#define SILENCE_US SECOND	    /* without a report while sending */
#define PROBE_US (250 * MS)	    /* then one packet in this time */
#define REPEAT_US SECOND	    /* of the REMB, which may get lost */
#define REPORT_ONLY_US (3 * SECOND) /* then no transport-cc will come */
#define REPORT_PAUSE_US (500 * MS)
#define REMB_LIFE_US (10 * SECOND)
#define OPEN_REPEATS 3

#define REFERENCE_FIRST (INT64_C(1) << 24) /* keeps arrival times positive */
#define REFERENCE_JUMP 1000		   /* 64 s is no delay any more */

struct limit_queue {
	int64_t us;
	int32_t queue_us;
};

struct apart {
	char bytes[64];
};

struct rth_limit {
	/* Written by the sender's thread. */
	_Atomic uint64_t sent[RING]; /* us << 16 | bytes */
	_Atomic uint64_t count;
	_Atomic bool dropping;
	_Atomic int64_t probe_us;
	struct rth_padding padding; /* its own */

	struct apart from_sender;
	/* Written by the receiver's thread. */
	_Atomic int64_t hold_until_us;
	_Atomic int64_t round_trip_us;
	_Atomic int64_t padding_from_us;
	_Atomic uint32_t padding_bps;
	_Atomic uint64_t heard; /* count at the last transport-cc; 0: never */
	_Atomic unsigned voice_again;
	struct rth_losses losses;

	struct apart from_shared;
	/* The receiver's thread's own. */
	struct rth_governor governor;
	struct rth_voice_need voice_need;
	uint64_t probed;   /* count, while video pauses */
	int64_t probed_us; /* since when */
	struct rth_holes holes;
	struct rth_meter sent_bytes;  /* by sending time */
	struct rth_meter acked_bytes; /* by arrival time */
	struct rth_meter told, lost;  /* packets, by report time */
	uint64_t metered;	      /* packets of `sent` in sent_bytes */

	int64_t newest_seq; /* unwrapped; -1: none */
	int64_t offset;	    /* the host's number minus ours */
	bool has_offset;

	int64_t reference; /* unwrapped, 64 ms; -1: none */
	int64_t arrival_us;
	int64_t arrived_us, run_us; /* the newest, the first since a gap */

	struct rth_delays delays;
	struct limit_queue queues[QUEUES];
	unsigned queue_n;
	int32_t rtt_us;

	/* The feedback packet that is being read. */
	int64_t first_seq, batch_now_us;
	unsigned batch_n;
	int64_t batch[RTH_RTCP_MAX_STATUSES]; /* arrival, or -1 */

	uint32_t sent_bps; /* when the last report came */
	uint32_t remb_bps;
	int64_t remb_us;
	uint32_t report_loss; /* worst of a compound packet, of 256 */
	bool has_report;
	bool wants_key; /* asked for in this packet */
	int64_t reported_us;
	int64_t created_us;

	uint32_t told_bps; /* the last advice; 0: none */
	int64_t told_us;
	unsigned open_repeats;
};

static uint64_t sent_at(struct rth_limit *l, int64_t index)
{
	return atomic_load_explicit(&l->sent[(uint64_t)index % RING],
				    memory_order_relaxed);
}

static int64_t sent_us(struct rth_limit *l, int64_t index)
{
	return (int64_t)(sent_at(l, index) >> SIZE_BITS);
}

static uint32_t sent_bytes(struct rth_limit *l, int64_t index)
{
	return (uint32_t)(sent_at(l, index) & ((1u << SIZE_BITS) - 1));
}

static int64_t sent_count(struct rth_limit *l)
{
	return (int64_t)atomic_load_explicit(&l->count, memory_order_acquire);
}

/* Still in the ring. */
static bool is_known(int64_t index, int64_t count)
{
	return index >= 0 && index < count && index > count - RING + 64;
}

static void meter_sent(struct rth_limit *l, int64_t count)
{
	int64_t from = (int64_t)l->metered;

	if (from <= count - RING + 64)
		from = count - RING + 65;
	for (int64_t i = from; i < count; i++)
		rth_meter_add(&l->sent_bytes, sent_us(l, i), sent_bytes(l, i));
	l->metered = (uint64_t)count;
}

/*
 * Puts the offset right where it is impossible: the newest packet of a report
 * has been sent, and not long ago.
 */
static void anchor(struct rth_limit *l, int64_t newest_seq, int64_t count)
{
	int64_t index = newest_seq - l->offset;

	if (l->has_offset && is_known(index, count) &&
	    l->batch_now_us - sent_us(l, index) < 5 * SECOND)
		return;
	if (!l->has_offset && newest_seq <= count &&
	    is_known(newest_seq - 1, count)) {
		l->offset = 1;
	} else {
		l->offset = newest_seq - (count - 1);
		if (!l->has_offset || index < count)
			l->delays.known = false;
	}
	l->has_offset = true;
}

static void keep_queue(struct rth_limit *l, int32_t queue_us)
{
	if (l->queue_n == QUEUES) {
		memmove(l->queues, l->queues + 1,
			sizeof(l->queues) - sizeof(l->queues[0]));
		l->queue_n--;
	}
	l->queues[l->queue_n++] =
		(struct limit_queue){l->batch_now_us, queue_us};
}

/* The least queue in (from, to]; `otherwise` when there was no report. */
static int32_t least_queue(const struct rth_limit *l, int64_t from_us,
			   int64_t to_us, int32_t otherwise)
{
	int32_t least = INT32_MAX;

	for (unsigned i = 0; i < l->queue_n; i++)
		if (l->queues[i].us > from_us && l->queues[i].us <= to_us &&
		    l->queues[i].queue_us < least)
			least = l->queues[i].queue_us;
	return least == INT32_MAX ? otherwise : least;
}

static uint32_t lately_lost(const struct rth_limit *l, int64_t now_us)
{
	int64_t window_us = RATE_US;
	uint64_t told = rth_meter_sum(&l->told, now_us, window_us);

	if (told < FEW_PACKETS) {
		window_us = 3 * RATE_US - RTH_METER_BIN_US;
		told = rth_meter_sum(&l->told, now_us, window_us);
	}
	if (told < FEW_PACKETS)
		return 0;
	return (uint32_t)(rth_meter_sum(&l->lost, now_us, window_us) *
			  RTH_LOSS_ONE / told);
}

/* Time until all that was sent has arrived, at the rate of now. */
static int32_t drain_time(struct rth_limit *l, int64_t count,
			  uint32_t acked_bps)
{
	uint64_t bytes = 0;

	for (int64_t i = l->newest_seq - l->offset + 1; i < count; i++)
		if (is_known(i, count))
			bytes += sent_bytes(l, i);
	bytes = bytes * 8 * SECOND / (acked_bps ? acked_bps : 1);
	return bytes > 10 * SECOND ? (int32_t)(10 * SECOND) : (int32_t)bytes;
}

/* One packet of a report that was not reported before. */
static void count_status(struct rth_limit *l, int64_t seq, int64_t us,
			 int64_t count)
{
	int64_t index = seq - l->offset;

	/* What was sent before a decrease does not judge it. */
	if (is_known(index, count) &&
	    sent_us(l, index) > l->governor.decreased_us) {
		rth_meter_add(&l->told, l->batch_now_us, 1);
		rth_meter_add(&l->lost, l->batch_now_us, us < 0);
	}
	if (us < 0)
		return;
	l->newest_seq = seq;
	if (us - l->arrived_us > GAP_US)
		l->run_us = us;
	l->arrived_us = us;
	if (is_known(index, count))
		rth_meter_add(&l->acked_bytes, us, sent_bytes(l, index));
}

static int64_t newest_in_batch(const struct rth_limit *l)
{
	for (unsigned i = l->batch_n; i > 0; i--)
		if (l->batch[i - 1] >= 0)
			return (int64_t)(i - 1);
	return -1;
}

/* A queue that two reports have seen; the newest has been kept already. */
static int32_t lasting_queue(const struct rth_limit *l)
{
	int32_t newest = l->queues[l->queue_n - 1].queue_us;
	int32_t before =
		l->queue_n > 1 ? l->queues[l->queue_n - 2].queue_us : 0;

	return newest < before ? newest : before;
}

/* What arrives, but for the time before a gap when nothing was there to. */
static uint32_t acked_rate(const struct rth_limit *l)
{
	int64_t window_us = l->arrived_us - l->run_us;

	if (window_us < ACKED_LEAST_US)
		window_us = ACKED_LEAST_US;
	if (window_us > ACKED_US)
		window_us = ACKED_US;
	return rth_meter_bps(&l->acked_bytes, l->arrived_us, window_us);
}

static void govern(struct rth_limit *l, int64_t count, int32_t queue_us)
{
	int64_t now_us = l->batch_now_us;
	struct rth_line line = {
		.now_us = now_us,
		.sent_bps = rth_meter_bps(&l->sent_bytes, now_us, RATE_US),
		.acked_bps = acked_rate(l),
		.loss = lately_lost(l, now_us),
		.queue_us = queue_us,
		.rtt_us = l->rtt_us,
	};

	line.standing_us =
		least_queue(l, now_us - STANDING_US, now_us, queue_us);
	line.lasting_us = lasting_queue(l);
	line.rising_us =
		queue_us - least_queue(l, now_us - STANDING_US,
				       now_us - STANDING_US / 2, queue_us);
	line.drain_us = drain_time(l, count, line.acked_bps);
	l->sent_bps = line.sent_bps;
	rth_governor_update(&l->governor, &line);
}

/* The packet sent after the last report has waited for too long. */
static bool is_silent(struct rth_limit *l, uint64_t count, int64_t now_us)
{
	uint64_t heard = atomic_load_explicit(&l->heard, memory_order_relaxed);

	return heard && count > heard &&
	       now_us - sent_us(l, (int64_t)heard) > SILENCE_US;
}

/* The first report after a silence: what was lost in it tells nothing. */
static void end_silence(struct rth_limit *l)
{
	memset(&l->told, 0, sizeof(l->told));
	memset(&l->lost, 0, sizeof(l->lost));
	memset(&l->acked_bytes, 0, sizeof(l->acked_bytes));
	l->queue_n = 0;
	rth_governor_restart(&l->governor, l->batch_now_us, l->sent_bps);
}

/* A report may speak of what was sent hours ago. */
static int32_t bounded(int64_t us)
{
	return us > 10 * SECOND ? (int32_t)(10 * SECOND) : (int32_t)us;
}

/* The newest arrival of a report gives the delay of now. */
static void judge_newest(struct rth_limit *l, int64_t arrival_us, int64_t count)
{
	int64_t index = l->newest_seq - l->offset;
	int64_t delay_us;

	if (!is_known(index, count))
		return;
	delay_us = arrival_us - sent_us(l, index);
	delay_us -= rth_delays_least(&l->delays, l->batch_now_us, delay_us);
	l->rtt_us = bounded(l->batch_now_us - sent_us(l, index));
	keep_queue(l, bounded(delay_us));
	govern(l, count, bounded(delay_us));
}

static void on_feedback_end(void *arg)
{
	struct rth_limit *l = arg;
	int64_t count = sent_count(l);
	int64_t newest = newest_in_batch(l);
	int64_t before = l->newest_seq;
	bool silent = is_silent(l, (uint64_t)count, l->batch_now_us);

	rth_holes_note(&l->holes, l->first_seq, l->batch,
		       (unsigned)(newest + 1), before, l->batch_now_us);
	if (newest < 0 || count == 0 || l->first_seq + newest <= before)
		return;
	anchor(l, l->first_seq + newest, count);
	for (unsigned i = 0; i <= (unsigned)newest; i++)
		if (l->first_seq + i > before)
			count_status(l, l->first_seq + i, l->batch[i], count);
	if (silent)
		end_silence(l);
	else
		judge_newest(l, l->batch[newest], count);
	atomic_store_explicit(&l->heard, (uint64_t)count, memory_order_relaxed);
}

/* Another clock than before: what was measured on the old one is void. */
static void begin_clock(struct rth_limit *l, uint32_t reference)
{
	l->reference = REFERENCE_FIRST + reference;
	l->delays.known = false;
	l->queue_n = 0;
	l->arrived_us = 0;
	l->run_us = 0;
	memset(&l->acked_bytes, 0, sizeof(l->acked_bytes));
}

static void on_feedback(void *arg, uint32_t reference)
{
	struct rth_limit *l = arg;
	/* 24 bits wrap: the shorter way round, as a signed difference. */
	uint32_t ahead = (reference - (uint32_t)l->reference) << 8;
	int32_t step = (int32_t)ahead / 256;

	if (l->reference < 0 || step > REFERENCE_JUMP ||
	    step < -REFERENCE_JUMP || l->reference < REFERENCE_FIRST / 2)
		begin_clock(l, reference);
	else
		l->reference += step;
	l->arrival_us = l->reference * 64 * MS;
	l->batch_n = 0;
}

static void on_status(void *arg, const struct rth_rtcp_status *status)
{
	struct rth_limit *l = arg;

	if (l->batch_n == 0) {
		if (l->newest_seq < 0)
			l->first_seq = status->seq;
		else
			l->first_seq = l->newest_seq +
				       (int16_t)(status->seq -
						 (uint16_t)l->newest_seq);
	}
	if (status->received)
		l->arrival_us += (int64_t)status->delta * 250;
	l->batch[l->batch_n++] = status->received ? l->arrival_us : -1;
}

static void on_report(void *arg, uint32_t ssrc, uint8_t fraction_lost)
{
	struct rth_limit *l = arg;

	rth_losses_add(&l->losses, ssrc, fraction_lost);
	l->has_report = true;
	if (fraction_lost > l->report_loss)
		l->report_loss = fraction_lost;
}

static void on_remb(void *arg, uint64_t bits_per_s)
{
	struct rth_limit *l = arg;

	l->remb_us = l->batch_now_us;
	l->remb_bps = bits_per_s > RTH_LIMIT_OPEN_BPS ? RTH_LIMIT_OPEN_BPS
						      : (uint32_t)bits_per_s;
}

static void on_key_frame(void *arg)
{
	struct rth_limit *l = arg;

	l->wants_key = true;
}

/* A receiver without transport-wide feedback: loss is all that is known. */
static void govern_by_report(struct rth_limit *l)
{
	uint32_t loss = l->report_loss * RTH_LOSS_ONE / 256;
	uint32_t sent = rth_meter_bps(&l->sent_bytes, l->batch_now_us, RATE_US);
	struct rth_line line = {
		.now_us = l->batch_now_us,
		.sent_bps = sent,
		.acked_bps = (uint32_t)((uint64_t)sent * (RTH_LOSS_ONE - loss) /
					RTH_LOSS_ONE),
		.loss = loss,
		.blind = true,
	};

	rth_governor_update(&l->governor, &line);
}

/* What the governor and the receiver's own REMB allow; 0: everything. */
static uint32_t allowed(const struct rth_limit *l)
{
	uint32_t bps = l->governor.target_bps;

	if (l->remb_us && l->batch_now_us - l->remb_us < REMB_LIFE_US &&
	    l->remb_bps < RTH_LIMIT_OPEN_BPS && (!bps || l->remb_bps < bps))
		bps = l->remb_bps;
	return bps && bps < RTH_LIMIT_FLOOR_BPS ? RTH_LIMIT_FLOOR_BPS : bps;
}

static bool is_news(const struct rth_limit *l, uint32_t bps)
{
	uint32_t step = l->told_bps / 33;
	uint32_t change =
		bps > l->told_bps ? bps - l->told_bps : l->told_bps - bps;

	return !l->told_bps || change > step;
}

static bool is_due(struct rth_limit *l, uint32_t bps)
{
	bool late = l->batch_now_us - l->told_us >= REPEAT_US;

	if (bps) {
		l->open_repeats = OPEN_REPEATS;
		return is_news(l, bps) || late;
	}
	if (!l->open_repeats || !(late || l->told_bps != RTH_LIMIT_OPEN_BPS))
		return false;
	l->open_repeats--;
	return true;
}

static struct rth_limit_advice advise(struct rth_limit *l)
{
	uint32_t bps = allowed(l);
	struct rth_limit_advice advice = {
		.remb_bps = bps ? bps : RTH_LIMIT_OPEN_BPS,
		.send_remb = is_due(l, bps),
		.hold_video = l->batch_now_us < l->governor.hold_until_us,
		.limited = l->governor.limited,
		.voice_only = l->governor.paused,
		.wants_key = l->wants_key,
		.has_hole = !l->governor.paused &&
			    rth_holes_due(&l->holes, l->batch_now_us),
	};

	if (advice.send_remb) {
		l->told_bps = advice.remb_bps;
		l->told_us = l->batch_now_us;
	}
	return advice;
}

/*
 * What is lost of pictures is known at once. Only where there are none, by the
 * reports: these count as lost what never came from the other side, too.
 */
static void judge_voice(struct rth_limit *l)
{
	int64_t now_us = l->batch_now_us;
	const struct limit_queue *last =
		l->queue_n ? &l->queues[l->queue_n - 1] : NULL;
	bool pictures = last && now_us - last->us < 2 * SECOND;
	bool full = l->governor.paused ||
		    (pictures && last->queue_us > VOICE_QUEUE_US);
	unsigned again;

	if (pictures)
		l->voice_need.trial = false;
	if (l->has_report && !pictures)
		again = rth_voice_need_told(&l->voice_need, now_us,
					    l->report_loss * RTH_LOSS_ONE / 256,
					    full);
	else
		again = rth_voice_need(&l->voice_need, now_us,
				       lately_lost(l, now_us), full);
	atomic_store_explicit(&l->voice_again, again, memory_order_relaxed);
}

/*
 * Probes go out with the voice. Where there is none nothing tells of the line,
 * so the picture itself is let through to hear of it.
 */
static void watch_probes(struct rth_limit *l)
{
	uint64_t count = (uint64_t)sent_count(l);

	if (!l->governor.paused || count != l->probed) {
		l->probed = count;
		l->probed_us = l->batch_now_us;
		return;
	}
	rth_governor_unprobed(&l->governor, l->batch_now_us, l->probed_us);
}

static const struct rth_rtcp_reader reader = {
	.report = on_report,
	.remb = on_remb,
	.key_frame = on_key_frame,
	.feedback = on_feedback,
	.status = on_status,
	.feedback_end = on_feedback_end,
};

enum rth_err rth_limit_create(struct rth_limit **limitp, int64_t now_us)
{
	struct rth_limit *l = rth_alloc(sizeof(*l));

	if (!l)
		return RTH_ERR_NOMEM;
	l->newest_seq = -1;
	l->reference = -1;
	l->created_us = now_us;
	*limitp = l;
	return 0;
}

void rth_limit_free(struct rth_limit *limit)
{
	rth_free(limit);
}

void rth_limit_sent(struct rth_limit *limit, int64_t now_us, size_t bytes)
{
	uint64_t n = atomic_load_explicit(&limit->count, memory_order_relaxed);

	atomic_store_explicit(&limit->sent[n % RING],
			      (uint64_t)now_us << SIZE_BITS | (uint16_t)bytes,
			      memory_order_relaxed);
	atomic_store_explicit(&limit->count, n + 1, memory_order_release);
}

/* Now and then one packet goes out all the same, to hear whether it arrives. */
static bool is_probe(struct rth_limit *limit, int64_t now_us)
{
	int64_t probe_us =
		atomic_load_explicit(&limit->probe_us, memory_order_relaxed);

	if (now_us - probe_us < PROBE_US)
		return false;
	atomic_store_explicit(&limit->probe_us, now_us, memory_order_relaxed);
	return true;
}

enum rth_limit_pass rth_limit_gate(struct rth_limit *limit, int64_t now_us)
{
	uint64_t count =
		atomic_load_explicit(&limit->count, memory_order_relaxed);
	bool held = now_us < atomic_load_explicit(&limit->hold_until_us,
						  memory_order_relaxed);
	bool silent = is_silent(limit, count, now_us);
	bool dropping =
		atomic_load_explicit(&limit->dropping, memory_order_relaxed);

	if (held || silent) {
		atomic_store_explicit(&limit->dropping, true,
				      memory_order_relaxed);
		return !held && is_probe(limit, now_us) ? RTH_LIMIT_PASS
							: RTH_LIMIT_DROP;
	}
	if (!dropping)
		return RTH_LIMIT_PASS;
	atomic_store_explicit(&limit->dropping, false, memory_order_relaxed);
	return RTH_LIMIT_PASS_ASK;
}

size_t rth_limit_probe(struct rth_limit *limit, int64_t now_us)
{
	uint32_t bps =
		atomic_load_explicit(&limit->padding_bps, memory_order_relaxed);

	if (!bps || now_us < atomic_load_explicit(&limit->padding_from_us,
						  memory_order_relaxed))
		return 0;
	return rth_padding_due(&limit->padding, now_us, bps);
}

int64_t rth_limit_round_trip_us(struct rth_limit *limit)
{
	return atomic_load_explicit(&limit->round_trip_us,
				    memory_order_relaxed);
}

unsigned rth_limit_voice_again(struct rth_limit *limit)
{
	return atomic_load_explicit(&limit->voice_again, memory_order_relaxed);
}

struct rth_losses *rth_limit_losses(struct rth_limit *limit)
{
	return &limit->losses;
}

uint32_t rth_limit_sent_bps(struct rth_limit *limit, int64_t now_us,
			    int64_t window_us)
{
	int64_t count = sent_count(limit), i = count;
	int64_t from_us = now_us - window_us;
	uint64_t bytes = 0;

	while (is_known(i - 1, count) && sent_us(limit, i - 1) > from_us)
		bytes += sent_bytes(limit, --i);
	if (i > 0 && i < count && !is_known(i - 1, count))
		from_us = sent_us(limit, i); /* no more are noted */
	if (now_us <= from_us)
		return 0;
	return (uint32_t)(bytes * 8 * SECOND / (uint64_t)(now_us - from_us));
}

struct rth_limit_advice rth_limit_feedback(struct rth_limit *limit,
					   int64_t now_us, const void *rtcp,
					   size_t len)
{
	limit->batch_now_us = now_us;
	limit->has_report = false;
	limit->wants_key = false;
	limit->report_loss = 0;
	meter_sent(limit, sent_count(limit));
	rth_rtcp_read(rtcp, len, &reader, limit);
	if (limit->has_report && !limit->has_offset &&
	    now_us - limit->created_us > REPORT_ONLY_US &&
	    now_us - limit->reported_us > REPORT_PAUSE_US) {
		limit->reported_us = now_us;
		govern_by_report(limit);
	}
	watch_probes(limit);
	judge_voice(limit);
	atomic_store_explicit(&limit->round_trip_us, limit->rtt_us,
			      memory_order_relaxed);
	atomic_store_explicit(&limit->hold_until_us,
			      limit->governor.hold_until_us,
			      memory_order_relaxed);
	atomic_store_explicit(&limit->padding_from_us,
			      limit->governor.probe_from_us,
			      memory_order_relaxed);
	atomic_store_explicit(&limit->padding_bps, limit->governor.probe_bps,
			      memory_order_relaxed);
	return advise(limit);
}
