/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lanes. See lane.h.
 *
 *   intake voice  ──┐  the oldest of both,
 *   intake picture ─┴─ when nothing older can come ──▶ segment
 */
#include "lane.h"

#include "intake.h"
#include "mem.h"
#include "segment.h"

#define OPEN_US 1000000	 /* how long a file waits for the other track */
#define OLDER_US 700000	 /* frames older than this have no elder to come */
#define SEGMENTS_MAX 256 /* a sender that changes all the time gets no more */
#define TIME_MAX_US ((int64_t)1 << 52)
#define SCREEN_SLOT 2

struct rth_lane {
	struct rth_lane_conf conf;
	struct rth_intake *in[RTH_TRACKS];
	bool known;	  /* which of both it is: the first packet tells */
	bool screen;	  /* no voice belongs to it */
	bool begun;	  /* something waited */
	int64_t begun_us; /* since */
	int64_t now_us;
	struct rth_segment *segment[SEGMENTS_MAX]; /* the last may be open */
	size_t segments;
	bool open;
	bool changed; /* since it was flushed */
	bool voice;   /* tracks of the open one */
	struct rth_mux_picture picture;
	bool other; /* the picture of now is not that one */
	uint64_t packets, malformed, left_out;
};

enum rth_err rth_lane_create(struct rth_lane **lanep,
			     const struct rth_lane_conf *conf)
{
	struct rth_lane *lane = rth_alloc(sizeof(*lane));
	enum rth_err err = RTH_OK;

	if (!lane)
		return RTH_ERR_NOMEM;
	lane->conf = *conf;
	for (int i = 0; i < RTH_TRACKS && !err; i++)
		err = rth_intake_create(&lane->in[i], conf->sender);
	if (err)
		rth_lane_free(lane);
	else
		*lanep = lane;
	return err;
}

void rth_lane_free(struct rth_lane *lane)
{
	if (!lane)
		return;
	for (int i = 0; i < RTH_TRACKS; i++)
		rth_intake_free(lane->in[i]);
	for (size_t i = 0; i < lane->segments; i++)
		rth_segment_free(lane->segment[i]);
	rth_mux_picture_clear(&lane->picture);
	rth_free(lane);
}

static const struct rth_waiting *first(const struct rth_lane *lane,
				       enum rth_track track)
{
	return rth_intake_first(lane->in[track]);
}

static enum rth_err finish_segment(struct rth_lane *lane)
{
	if (!lane->open)
		return RTH_OK;
	lane->open = false;
	rth_mux_picture_clear(&lane->picture);
	return rth_segment_finish(lane->segment[lane->segments - 1]);
}

/* Begins a file with this frame; `picture` is taken. */
static enum rth_err open_segment(struct rth_lane *lane, int64_t start_us,
				 struct rth_mux_picture *picture)
{
	enum rth_err err = finish_segment(lane);
	bool voice = !lane->screen;

	if (!err && lane->segments == SEGMENTS_MAX)
		err = RTH_ERR_LIMIT;
	if (!err)
		err = rth_segment_create(
			&lane->segment[lane->segments], &lane->conf,
			(unsigned)lane->segments + 1, voice, picture, start_us);
	if (err) {
		rth_mux_picture_clear(picture);
		return err;
	}
	lane->segments++;
	lane->open = true;
	lane->changed = true;
	lane->other = false;
	lane->voice = voice;
	lane->picture = *picture;
	return RTH_OK;
}

/*
 * A key frame that the open file cannot hold begins another one; what cannot
 * be held nor begin one is no error, it is dropped.
 */
static enum rth_err make_room(struct rth_lane *lane,
			      const struct rth_waiting *w, int64_t start_us)
{
	struct rth_mux_picture picture;
	enum rth_err err;

	if (!w->key)
		return RTH_OK;
	lane->other = !lane->open || w->codec != lane->picture.codec ||
		      w->codec == RTH_FEED_H264;
	if (!lane->other)
		return RTH_OK;
	err = rth_mux_describe(&picture, w->codec, w->data, w->len);
	if (err)
		return err == RTH_ERR_NOMEM ? err : RTH_OK;
	lane->other = !lane->open || !rth_mux_same(&lane->picture, &picture);
	if (!lane->other || lane->segments == SEGMENTS_MAX) {
		rth_mux_picture_clear(&picture);
		return RTH_OK;
	}
	err = open_segment(lane, start_us, &picture);
	return err == RTH_ERR_FORMAT ? RTH_OK : err;
}

static enum rth_err write_first(struct rth_lane *lane, enum rth_track track)
{
	const struct rth_waiting *w = first(lane, track);
	struct rth_mux_frame frame = {
		.track = track,
		.data = w->data,
		.len = w->len,
		.time_us = w->time_us,
		.key = w->key,
	};
	bool fits = track == RTH_TRACK_VOICE && lane->voice;
	enum rth_err err = RTH_OK;

	if (track == RTH_TRACK_PICTURE) {
		err = make_room(lane, w, w->time_us);
		fits = lane->open && w->codec == lane->picture.codec &&
		       !lane->other;
		lane->left_out += !fits;
	} else {
		frame.duration_us = rth_mux_opus_us(w->data, w->len);
	}
	if (!err && lane->open && fits) {
		lane->changed = true;
		err = rth_segment_write(lane->segment[lane->segments - 1],
					&frame);
	}
	rth_intake_drop(lane->in[track]);
	return err;
}

/* Whose frame comes next; false if it is not known yet. */
static bool next(const struct rth_lane *lane, bool all, enum rth_track *trackp)
{
	const struct rth_waiting *voice = first(lane, RTH_TRACK_VOICE);
	const struct rth_waiting *picture = first(lane, RTH_TRACK_PICTURE);
	const struct rth_waiting *w;

	if ((voice && !voice->placed) || (picture && !picture->placed))
		return false;
	if (!voice && !picture)
		return false;
	*trackp = !picture || (voice && voice->time_us <= picture->time_us)
			  ? RTH_TRACK_VOICE
			  : RTH_TRACK_PICTURE;
	w = *trackp == RTH_TRACK_VOICE ? voice : picture;
	return all || lane->screen || (voice && picture) ||
	       lane->now_us - w->time_us > OLDER_US;
}

/*
 * The first file begins as soon as voice and a key frame have come, or a
 * moment after either.
 */
static enum rth_err begin(struct rth_lane *lane, bool all)
{
	const struct rth_waiting *voice = first(lane, RTH_TRACK_VOICE);
	const struct rth_waiting *picture = first(lane, RTH_TRACK_PICTURE);
	struct rth_mux_picture none = {0};
	int64_t start_us;

	if (!voice && !picture)
		return RTH_OK;
	if (!lane->begun) {
		lane->begun = true;
		lane->begun_us = lane->now_us;
	}
	if (!all && !(picture && (voice || lane->screen)) &&
	    lane->now_us - lane->begun_us < OPEN_US)
		return RTH_OK;
	for (int i = 0; i < RTH_TRACKS; i++)
		rth_intake_place(lane->in[i], lane->now_us, all);
	if ((voice && !voice->placed) || (picture && !picture->placed))
		return RTH_OK;
	start_us = !picture || (voice && voice->time_us < picture->time_us)
			   ? voice->time_us
			   : picture->time_us;
	if (picture) {
		enum rth_err err = make_room(lane, picture, start_us);

		/* Nothing can begin with it. */
		if (!err && !lane->open) {
			lane->left_out++;
			rth_intake_drop(lane->in[RTH_TRACK_PICTURE]);
		}
		return err;
	}
	return open_segment(lane, start_us, &none);
}

/* Writes what can be written. */
static enum rth_err pump(struct rth_lane *lane, bool all)
{
	enum rth_track track;
	enum rth_err err = RTH_OK;

	if (!lane->open)
		err = begin(lane, all);
	if (err || !lane->open)
		return err;
	for (int i = 0; i < RTH_TRACKS; i++)
		rth_intake_place(lane->in[i], lane->now_us, all);
	while (!err && next(lane, all, &track))
		err = write_first(lane, track);
	return err;
}

enum rth_err rth_lane_tick(struct rth_lane *lane, int64_t now_us)
{
	enum rth_err err = RTH_OK;

	if (now_us > lane->now_us && now_us < TIME_MAX_US)
		lane->now_us = now_us;
	for (int i = 0; i < RTH_TRACKS && !err; i++)
		err = rth_intake_tick(lane->in[i], lane->now_us);
	return err ? err : pump(lane, false);
}

enum rth_err rth_lane_rtp(struct rth_lane *lane, int slot, int codec,
			  const uint8_t *packet, size_t len, int64_t time_us)
{
	enum rth_track track = slot ? RTH_TRACK_PICTURE : RTH_TRACK_VOICE;
	bool screen = slot == SCREEN_SLOT;
	struct rth_rtp rtp;
	enum rth_err err;

	lane->packets++;
	if (!rth_rtp_read(&rtp, packet, len) || time_us < 0 ||
	    time_us > TIME_MAX_US || len > RTH_FEED_PACKET_MAX ||
	    codec <= RTH_FEED_NO_CODEC || codec >= RTH_FEED_CODECS ||
	    (slot == 0) != (codec == RTH_FEED_OPUS) ||
	    (lane->known && screen != lane->screen)) {
		lane->malformed++;
		return RTH_OK;
	}
	lane->known = true;
	lane->screen = screen;
	/* What came before stands on the clocks as they were before. */
	err = rth_lane_tick(lane, time_us);
	if (err)
		return err;
	err = rth_intake_put(lane->in[track], codec, &rtp, packet, len,
			     lane->now_us);
	return err ? err : pump(lane, false);
}

enum rth_err rth_lane_flush(struct rth_lane *lane)
{
	enum rth_err err = pump(lane, false);

	if (err || !lane->open || !lane->changed)
		return err;
	lane->changed = false;
	return rth_segment_flush(lane->segment[lane->segments - 1]);
}

enum rth_err rth_lane_finish(struct rth_lane *lane)
{
	enum rth_err err = RTH_OK;

	for (int i = 0; i < RTH_TRACKS && !err; i++)
		err = rth_intake_drain(lane->in[i]);
	if (!err)
		err = pump(lane, true);
	return err ? err : finish_segment(lane);
}

enum rth_err rth_lane_segment(const struct rth_lane *lane, size_t n,
			      struct rth_segment_info *info)
{
	if (n >= lane->segments)
		return RTH_ERR_NOT_FOUND;
	rth_segment_info(lane->segment[n], info);
	return RTH_OK;
}

struct rth_lane_counts rth_lane_counts(const struct rth_lane *lane)
{
	struct rth_lane_counts counts = {
		.packets = lane->packets,
		.malformed = lane->malformed,
		.undecodable = lane->left_out,
	};

	for (int i = 0; i < RTH_TRACKS; i++) {
		struct rth_intake_counts in = rth_intake_counts(lane->in[i]);

		counts.missing += in.missing;
		counts.late += in.late;
		counts.malformed += in.malformed;
		counts.undecodable += in.undecodable;
	}
	return counts;
}
