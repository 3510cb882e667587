/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lane's file. See segment.h.
 *
 * Players (Chromium, for one) play a voice track's packets one after another
 * and do not look at their times, so that after a hole the voice would run
 * ahead of the picture by the hole's length. Each hole is therefore filled
 * with silence: what the packets last is what the time is.
 *
 *   voice   [20 ms][20 ms]      hole       [20 ms]
 *   written [20 ms][20 ms][20 ms][10][2.5] [20 ms]
 */
#include "segment.h"

#include <stdio.h>
#include <unistd.h>

#include "folder.h"
#include "mem.h"

#define HOLE_US 10000  /* shorter ones stay: clocks are not that even */
#define AHEAD_US 20000 /* voice that lasts longer than its time is cut */
/* A picture that comes this long after the voice shows that there is none; the
   voice that still may come is not filled over. */
#define SILENT_US 2000000
#define MAY_COME_US 1000000

struct rth_segment {
	int64_t start_us;
	int64_t voice_us;      /* up to there voice is written, from time 0 */
	struct rth_seal *seal; /* NULL when finished or failed */
	struct rth_mux *mux;   /* NULL when finished */
	struct rth_segment_info info;
};

static const char *const codec_names[RTH_FEED_CODECS] = {
	[RTH_FEED_OPUS] = "opus", [RTH_FEED_VP8] = "vp8",
	[RTH_FEED_H264] = "h264", [RTH_FEED_VP9] = "vp9",
	[RTH_FEED_AV1] = "av1",
};

void rth_segment_free(struct rth_segment *segment)
{
	if (!segment)
		return;
	rth_mux_close(segment->mux);
	rth_seal_close(segment->seal);
	rth_free(segment);
}

static enum rth_err begin(struct rth_segment *segment,
			  const struct rth_lane_conf *conf, bool voice,
			  const struct rth_mux_picture *picture)
{
	enum rth_err err = rth_folder_seal(&segment->seal, conf->dirfd,
					   segment->info.name, conf->key);

	if (!err)
		err = rth_folder_sync(conf->dirfd);
	if (err)
		return err == RTH_ERR_EXISTS ? RTH_ERR_IO : err;
	err = rth_mux_open(&segment->mux, segment->seal, voice, picture);
	if (err == RTH_ERR_FORMAT &&
	    unlinkat(conf->dirfd, segment->info.name, 0))
		err = RTH_ERR_IO;
	return err;
}

enum rth_err rth_segment_create(struct rth_segment **segmentp,
				const struct rth_lane_conf *conf,
				unsigned number, bool voice,
				const struct rth_mux_picture *picture,
				int64_t start_us)
{
	struct rth_segment *segment = rth_alloc(sizeof(*segment));
	struct rth_segment_info *info;
	enum rth_err err;

	if (!segment)
		return RTH_ERR_NOMEM;
	info = &segment->info;
	segment->start_us = start_us;
	info->container = picture->codec == RTH_FEED_H264 ? "mp4" : "webm";
	info->audio = voice ? codec_names[RTH_FEED_OPUS] : NULL;
	info->video = codec_names[picture->codec];
	info->width = picture->width;
	info->height = picture->height;
	info->start_ms = (start_us - conf->origin_us) / 1000;
	snprintf(info->name, sizeof(info->name), "%u-%s-%u.%s", conf->part,
		 conf->name, number, info->container);
	err = begin(segment, conf, voice, picture);
	if (err)
		rth_segment_free(segment);
	else
		*segmentp = segment;
	return err;
}

/* Silence of 20, 10, 5 and 2.5 ms: RFC 6716 section 3.1, CELT, one channel. */
static const struct {
	int64_t us;
	uint8_t packet[3];
} silences[] = {
	{20000, {0xf8, 0xff, 0xfe}},
	{10000, {0xf0, 0xff, 0xfe}},
	{5000, {0xe8, 0xff, 0xfe}},
	{2500, {0xe0, 0xff, 0xfe}},
};

/* Fills a hole in the voice, to less than the shortest silence. */
static enum rth_err fill(struct rth_segment *segment, int64_t until_us)
{
	enum rth_err err = RTH_OK;

	for (size_t i = 0; i < sizeof(silences) / sizeof(silences[0]); i++) {
		struct rth_mux_frame frame = {
			.track = RTH_TRACK_VOICE,
			.data = silences[i].packet,
			.len = sizeof(silences[i].packet),
			.duration_us = silences[i].us,
			.key = true,
		};

		while (!err && until_us - segment->voice_us >= silences[i].us) {
			frame.time_us = segment->voice_us;
			err = rth_mux_write(segment->mux, &frame);
			segment->voice_us += silences[i].us;
		}
	}
	return err;
}

static enum rth_err write_voice(struct rth_segment *segment,
				const struct rth_mux_frame *frame)
{
	enum rth_err err = RTH_OK;

	if (!frame->duration_us ||
	    segment->voice_us - frame->time_us > AHEAD_US)
		return RTH_OK;
	if (frame->time_us - segment->voice_us >= HOLE_US)
		err = fill(segment, frame->time_us);
	if (!err)
		err = rth_mux_write(segment->mux, frame);
	if (!err)
		segment->voice_us += frame->duration_us;
	return err;
}

static enum rth_err write_picture(struct rth_segment *segment,
				  const struct rth_mux_frame *frame)
{
	enum rth_err err = RTH_OK;

	if (segment->info.audio &&
	    frame->time_us - segment->voice_us > SILENT_US)
		err = fill(segment, frame->time_us - MAY_COME_US);
	if (!err)
		err = rth_mux_write(segment->mux, frame);
	if (err)
		return err;
	segment->info.frames++;
	segment->info.key_frames += frame->key;
	return RTH_OK;
}

enum rth_err rth_segment_write(struct rth_segment *segment,
			       const struct rth_mux_frame *frame)
{
	struct rth_mux_frame own = *frame;
	enum rth_err err;

	own.time_us -= segment->start_us;
	/* Out of reach of a container whose time 0 is its first frame. */
	if (own.time_us < 0)
		return RTH_OK;
	err = frame->track == RTH_TRACK_VOICE ? write_voice(segment, &own)
					      : write_picture(segment, &own);
	return err == RTH_ERR_FORMAT ? RTH_OK : err;
}

enum rth_err rth_segment_flush(struct rth_segment *segment)
{
	enum rth_err err = rth_mux_flush(segment->mux);

	return err ? err : rth_seal_flush(segment->seal);
}

enum rth_err rth_segment_finish(struct rth_segment *segment)
{
	enum rth_err err = rth_mux_finish(segment->mux);
	struct rth_seal *seal = segment->seal;

	if (err)
		return err == RTH_ERR_FORMAT ? RTH_ERR_IO : err;
	segment->info.bytes = rth_seal_length(seal);
	segment->info.duration_ms = rth_mux_duration_us(segment->mux) / 1000;
	segment->seal = NULL;
	rth_mux_close(segment->mux);
	segment->mux = NULL;
	err = rth_seal_finish(seal, segment->info.digest);
	segment->info.finished = !err;
	return err;
}

void rth_segment_info(const struct rth_segment *segment,
		      struct rth_segment_info *info)
{
	*info = segment->info;
	if (!segment->mux)
		return;
	info->bytes = rth_seal_length(segment->seal);
	info->duration_ms = rth_mux_duration_us(segment->mux) / 1000;
}
