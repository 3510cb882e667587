/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lane's file. See segment.h.
 */
#include "segment.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "mem.h"

struct rth_segment {
	int64_t start_us;
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

/* The file; its name is on the disk when this returns 0. */
static enum rth_err make_file(int *fdp, int dirfd, const char *name)
{
	int fd = openat(dirfd, name,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0)
		return RTH_ERR_IO;
	if (fsync(dirfd)) {
		close(fd);
		return RTH_ERR_IO;
	}
	*fdp = fd;
	return RTH_OK;
}

static enum rth_err begin(struct rth_segment *segment,
			  const struct rth_lane_conf *conf, bool voice,
			  const struct rth_mux_picture *picture)
{
	int fd = -1;
	enum rth_err err = make_file(&fd, conf->dirfd, segment->info.name);

	if (err)
		return err;
	err = rth_seal_create(&segment->seal, fd, conf->key);
	if (err) {
		close(fd);
		return err;
	}
	return rth_mux_open(&segment->mux, segment->seal, voice, picture);
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

enum rth_err rth_segment_write(struct rth_segment *segment,
			       const struct rth_mux_frame *frame)
{
	struct rth_mux_frame own = *frame;

	own.time_us -= segment->start_us;
	/* Out of reach of a container whose time 0 is its first frame. */
	if (own.time_us < 0)
		return RTH_OK;
	if (frame->track == RTH_TRACK_PICTURE) {
		segment->info.frames++;
		segment->info.key_frames += frame->key;
	}
	return rth_mux_write(segment->mux, &own);
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
		return err;
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
