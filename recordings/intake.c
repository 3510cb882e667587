/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From packets to placed frames. See intake.h.
 */
#include "intake.h"

#include <string.h>

#include "depacketise.h"
#include "feed_record.h"
#include "mem.h"
#include "reorder.h"
#include "timeline.h"

/* Senders that were replaced; what still comes of them is dropped. */
#define OLD 4
#define OLD_US 5000000

struct who {
	uint32_t ssrc;
	uint8_t type;
	int codec;
};

struct old {
	struct who who;
	int64_t until_us;
};

/* The sender of now; all three or none. */
struct stream {
	struct who who;
	struct rth_reorder *reorder;
	struct rth_depacketise *depacketise;
	struct rth_timeline *timeline;
};

struct rth_intake {
	struct rth_sender *sender;
	struct stream now;
	struct old old[OLD];
	unsigned olds;
	struct rth_intake_counts counts; /* of senders that are gone */
	struct rth_waiting *first, **lastp;
	size_t bytes;
};

static void add_counts(struct rth_intake_counts *counts,
		       const struct stream *stream)
{
	struct rth_reorder_counts reorder;
	struct rth_depacketise_counts frames;

	if (!stream->reorder)
		return;
	frames = rth_depacketise_counts(stream->depacketise);
	reorder = rth_reorder_counts(stream->reorder);
	counts->missing += reorder.missing;
	counts->late += reorder.late;
	counts->malformed += frames.malformed;
	counts->undecodable += frames.undecodable;
}

static void end_stream(struct stream *stream)
{
	rth_reorder_free(stream->reorder);
	rth_depacketise_free(stream->depacketise);
	rth_timeline_free(stream->timeline);
	*stream = (struct stream){0};
}

enum rth_err rth_intake_create(struct rth_intake **intakep,
			       struct rth_sender *sender)
{
	struct rth_intake *in = rth_alloc(sizeof(*in));

	if (!in)
		return RTH_ERR_NOMEM;
	in->sender = sender;
	in->lastp = &in->first;
	*intakep = in;
	return RTH_OK;
}

void rth_intake_free(struct rth_intake *in)
{
	if (!in)
		return;
	while (in->first)
		rth_intake_drop(in);
	end_stream(&in->now);
	rth_free(in);
}

/* A frame of the sender of now. */
static enum rth_err wait_in_line(void *arg, const struct rth_frame *frame)
{
	struct rth_intake *in = arg;
	size_t bytes = sizeof(struct rth_waiting) + frame->len;
	struct rth_waiting *w;

	if (bytes > RTH_INTAKE_BYTES_MAX - in->bytes) {
		in->counts.malformed++;
		return RTH_OK;
	}
	w = rth_alloc(bytes);
	if (!w)
		return RTH_ERR_NOMEM;
	w->codec = in->now.who.codec;
	w->key = frame->key;
	w->rtp = frame->rtp;
	w->len = frame->len;
	memcpy(w->data, frame->data, frame->len);
	in->bytes += bytes;
	*in->lastp = w;
	in->lastp = &w->next;
	return RTH_OK;
}

static enum rth_err in_order(void *arg, const uint8_t *packet, size_t len,
			     int64_t time_us, uint64_t missing)
{
	struct rth_intake *in = arg;
	struct rth_rtp rtp;

	(void)time_us;
	if (!rth_rtp_read(&rtp, packet, len))
		return RTH_OK;
	return rth_depacketise_put(in->now.depacketise, &rtp, missing > 0);
}

static bool same(const struct who *a, const struct who *b)
{
	return a->ssrc == b->ssrc && a->type == b->type && a->codec == b->codec;
}

static bool is_old(const struct rth_intake *in, const struct who *who,
		   int64_t now_us)
{
	for (unsigned i = 0; i < OLD; i++)
		if (now_us < in->old[i].until_us && same(&in->old[i].who, who))
			return true;
	return false;
}

static enum rth_err begin_stream(struct rth_intake *in, const struct who *who)
{
	uint32_t clock_hz = who->codec == RTH_FEED_OPUS ? RTH_RTP_CLOCK_VOICE
							: RTH_RTP_CLOCK_PICTURE;
	struct stream new = {.who = *who};
	enum rth_err err = rth_reorder_create(&new.reorder, in_order, in);

	if (!err)
		err = rth_depacketise_create(&new.depacketise, who->codec,
					     wait_in_line, in);
	if (!err)
		err = rth_timeline_create(&new.timeline, in->sender, who->ssrc,
					  clock_hz);
	if (err)
		end_stream(&new);
	else
		in->now = new;
	return err;
}

/* Another sender: what the one before had sent is used up first. */
static enum rth_err replace(struct rth_intake *in, const struct who *who,
			    int64_t now_us)
{
	enum rth_err err = rth_intake_drain(in);

	if (err)
		return err;
	if (in->now.reorder) {
		rth_intake_place(in, now_us, true);
		in->old[in->olds++ % OLD] =
			(struct old){in->now.who, now_us + OLD_US};
	}
	add_counts(&in->counts, &in->now);
	end_stream(&in->now);
	return begin_stream(in, who);
}

enum rth_err rth_intake_put(struct rth_intake *in, int codec,
			    const struct rth_rtp *rtp, const uint8_t *packet,
			    size_t len, int64_t now_us)
{
	const struct who who = {rtp->ssrc, rtp->type, codec};
	enum rth_err err = RTH_OK;

	if (!in->now.reorder || !same(&in->now.who, &who)) {
		if (is_old(in, &who, now_us)) {
			in->counts.late++;
			return RTH_OK;
		}
		err = replace(in, &who, now_us);
	}
	if (err)
		return err;
	rth_timeline_arrived(in->now.timeline, rtp->time, now_us);
	return rth_reorder_put(in->now.reorder, rtp->seq, packet, len, now_us);
}

enum rth_err rth_intake_tick(struct rth_intake *in, int64_t now_us)
{
	if (!in->now.reorder)
		return RTH_OK;
	return rth_reorder_tick(in->now.reorder, now_us);
}

enum rth_err rth_intake_drain(struct rth_intake *in)
{
	return in->now.reorder ? rth_reorder_drain(in->now.reorder) : RTH_OK;
}

void rth_intake_place(struct rth_intake *in, int64_t now_us, bool must)
{
	struct rth_waiting *w = in->first;

	while (w && w->placed)
		w = w->next;
	if (!w || (!rth_timeline_sure(in->now.timeline, now_us) && !must))
		return;
	for (; w; w = w->next) {
		w->time_us = rth_timeline_place(in->now.timeline, w->rtp);
		w->placed = true;
	}
}

const struct rth_waiting *rth_intake_first(const struct rth_intake *in)
{
	return in->first;
}

void rth_intake_drop(struct rth_intake *in)
{
	struct rth_waiting *w = in->first;

	in->first = w->next;
	if (!in->first)
		in->lastp = &in->first;
	in->bytes -= sizeof(*w) + w->len;
	rth_free(w);
}

struct rth_intake_counts rth_intake_counts(const struct rth_intake *in)
{
	struct rth_intake_counts counts = in->counts;

	add_counts(&counts, &in->now);
	return counts;
}
