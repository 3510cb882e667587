/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completing an interrupted file. See remux.h.
 */
#include "remux.h"

#include <string.h>

#include <libavformat/avformat.h>

#include "mux.h"

#define BUFFER_BYTES 32768

struct reading {
	const struct rth_remux_source *source;
	uint64_t at;
	enum rth_err err; /* the first of the source */
};

/* What is copied, and the file that it is copied into. */
struct copy {
	struct reading reading;
	AVIOContext *io;
	AVFormatContext *from;
	AVPacket *packet;
	int stream[RTH_TRACKS]; /* -1: none */
	struct rth_mux_picture picture;
	struct rth_mux *to;
};

static int read_bytes(void *arg, uint8_t *buf, int size)
{
	struct reading *r = arg;
	size_t got = 0;
	enum rth_err err =
		r->source->read(r->source->arg, r->at, buf, (size_t)size, &got);

	if (err) {
		r->err = r->err ? r->err : err;
		return AVERROR(EIO);
	}
	r->at += got;
	return got ? (int)got : AVERROR_EOF;
}

static int64_t seek(void *arg, int64_t offset, int whence)
{
	struct reading *r = arg;

	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return (int64_t)r->source->length;
	if (whence == SEEK_CUR)
		offset += (int64_t)r->at;
	else if (whence == SEEK_END)
		offset += (int64_t)r->source->length;
	if (offset < 0)
		return AVERROR(EINVAL);
	r->at = (uint64_t)offset;
	return offset;
}

static void end_copy(struct copy *copy)
{
	rth_mux_close(copy->to);
	rth_mux_picture_clear(&copy->picture);
	av_packet_free(&copy->packet);
	avformat_close_input(&copy->from);
	if (copy->io)
		av_freep(&copy->io->buffer);
	avio_context_free(&copy->io);
}

static enum rth_err open_io(struct copy *copy)
{
	uint8_t *buf = av_malloc(BUFFER_BYTES);

	if (!buf)
		return RTH_ERR_NOMEM;
	copy->io = avio_alloc_context(buf, BUFFER_BYTES, 0, &copy->reading,
				      read_bytes, NULL, seek);
	if (!copy->io)
		av_free(buf);
	copy->packet = av_packet_alloc();
	return copy->io && copy->packet ? RTH_OK : RTH_ERR_NOMEM;
}

/* Ours only: no other of libavformat's formats is tried. */
static const AVInputFormat *format_of(struct reading *r)
{
	static const uint8_t ebml[4] = {0x1a, 0x45, 0xdf, 0xa3};
	uint8_t head[4] = {0};
	size_t got = 0;

	r->err = r->source->read(r->source->arg, 0, head, sizeof(head), &got);
	return av_find_input_format(
		memcmp(head, ebml, sizeof(ebml)) ? "mp4" : "matroska");
}

static enum rth_err open_source(struct copy *copy)
{
	const AVInputFormat *format = format_of(&copy->reading);
	int r;

	if (copy->reading.err)
		return copy->reading.err;
	copy->from = avformat_alloc_context();
	if (!copy->from)
		return RTH_ERR_NOMEM;
	copy->from->pb = copy->io;
	copy->from->flags |=
		AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
	r = avformat_open_input(&copy->from, NULL, format, NULL);
	if (r == AVERROR(ENOMEM))
		return RTH_ERR_NOMEM;
	return r < 0 ? RTH_ERR_FORMAT : RTH_OK;
}

static int feed_codec(enum AVCodecID id)
{
	switch (id) {
	case AV_CODEC_ID_VP8:
		return RTH_FEED_VP8;
	case AV_CODEC_ID_VP9:
		return RTH_FEED_VP9;
	case AV_CODEC_ID_AV1:
		return RTH_FEED_AV1;
	case AV_CODEC_ID_H264:
		return RTH_FEED_H264;
	default:
		return RTH_FEED_NO_CODEC;
	}
}

/* Which streams there are, and what the picture's head says. */
static enum rth_err find_streams(struct copy *copy,
				 struct rth_segment_info *info)
{
	copy->stream[RTH_TRACK_VOICE] = copy->stream[RTH_TRACK_PICTURE] = -1;
	for (unsigned i = 0; i < copy->from->nb_streams; i++) {
		const AVCodecParameters *par = copy->from->streams[i]->codecpar;
		int codec = feed_codec(par->codec_id);
		enum rth_err err;

		if (par->codec_id == AV_CODEC_ID_OPUS) {
			copy->stream[RTH_TRACK_VOICE] = (int)i;
			info->audio = "opus";
		}
		if (!codec || copy->picture.codec)
			continue;
		copy->stream[RTH_TRACK_PICTURE] = (int)i;
		copy->picture.codec = codec;
		info->video = avcodec_get_name(par->codec_id);
		info->width = copy->picture.width = par->width;
		info->height = copy->picture.height = par->height;
		err = rth_bytes_add(&copy->picture.extra, par->extradata,
				    (size_t)par->extradata_size);
		if (err)
			return err;
	}
	info->container = copy->picture.codec == RTH_FEED_H264 ? "mp4" : "webm";
	return info->audio || info->video ? RTH_OK : RTH_ERR_FORMAT;
}

static enum rth_err copy_frame(struct copy *copy, struct rth_segment_info *info)
{
	const AVRational us = {1, 1000000};
	const AVPacket *packet = copy->packet;
	bool voice = packet->stream_index == copy->stream[RTH_TRACK_VOICE];
	struct rth_mux_frame frame = {
		.track = voice ? RTH_TRACK_VOICE : RTH_TRACK_PICTURE,
		.data = packet->data,
		.len = (size_t)packet->size,
		.key = packet->flags & AV_PKT_FLAG_KEY,
	};

	if (packet->pts == AV_NOPTS_VALUE || packet->size <= 0 ||
	    (!voice && packet->stream_index != copy->stream[RTH_TRACK_PICTURE]))
		return RTH_OK;
	frame.time_us = av_rescale_q(
		packet->pts,
		copy->from->streams[packet->stream_index]->time_base, us);
	if (voice)
		frame.duration_us = rth_mux_opus_us(frame.data, frame.len);
	info->frames += !voice;
	info->key_frames += !voice && frame.key;
	return rth_mux_write_ready(copy->to, &frame);
}

static enum rth_err copy_frames(struct copy *copy,
				struct rth_segment_info *info)
{
	enum rth_err err = RTH_OK;
	bool any = false;

	info->frames = info->key_frames = 0;
	while (!err && av_read_frame(copy->from, copy->packet) >= 0) {
		err = copy_frame(copy, info);
		any = true;
		av_packet_unref(copy->packet);
	}
	if (err)
		return err;
	/* A read that failed is the disk's or the key's, not a broken end. */
	if (copy->reading.err)
		return copy->reading.err;
	return any ? RTH_OK : RTH_ERR_FORMAT;
}

enum rth_err rth_mux_remux(const struct rth_remux_source *source,
			   struct rth_seal *seal, struct rth_segment_info *info)
{
	struct copy copy = {.reading = {.source = source}};
	enum rth_err err;

	av_log_set_level(AV_LOG_QUIET);
	err = open_io(&copy);
	if (!err)
		err = open_source(&copy);
	if (!err)
		err = find_streams(&copy, info);
	if (!err)
		err = rth_mux_open(&copy.to, seal, info->audio != NULL,
				   &copy.picture);
	if (!err)
		err = copy_frames(&copy, info);
	if (!err)
		err = rth_mux_finish(copy.to);
	if (copy.to) {
		info->duration_ms = rth_mux_duration_us(copy.to) / 1000;
		info->bytes = rth_seal_length(seal);
	}
	end_copy(&copy);
	return err;
}
