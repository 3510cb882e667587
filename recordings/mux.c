/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Muxing. See mux.h. Each result of libavformat and of the seal is used.
 */
#include "mux.h"

#include <string.h>

#include "feed_record.h"
#include "mem.h"
#include "mux_index.h"
#include "mux_io.h"
#include "picture.h"
#include "rtp.h"

#define CLUSTER_MS "1000"
#define PREROLL 3840 /* 80 ms: RFC 7845 section 4.6 */
#define CHANNELS 2
#define FRAGMENT_US 1000000
#define OPUS_MAX_US 120000

#define NAL_TYPE(b) ((b)&31)
#define NAL_SPS 7
#define NAL_PPS 8
#define NAL_AUD 9

struct track {
	AVStream *stream; /* NULL: there is none */
	bool any;
	int64_t last; /* time stamp of the last frame, in its time base */
};

struct rth_mux {
	struct rth_mux_io io;
	AVFormatContext *av;
	AVPacket *packet;
	struct track track[RTH_TRACKS];
	struct rth_bytes sized;	     /* an H264 frame with sizes */
	bool fragments;		     /* H264 in MP4 */
	struct rth_mux_index *index; /* of an MP4 */
	int64_t fragment_us;	     /* when the present one began */
	int64_t duration_us;
};

static const enum AVCodecID codecs[RTH_FEED_CODECS] = {
	[RTH_FEED_OPUS] = AV_CODEC_ID_OPUS, [RTH_FEED_VP8] = AV_CODEC_ID_VP8,
	[RTH_FEED_H264] = AV_CODEC_ID_H264, [RTH_FEED_VP9] = AV_CODEC_ID_VP9,
	[RTH_FEED_AV1] = AV_CODEC_ID_AV1,
};

/* RFC 7845 section 5.1: two channels, no pre-skip, 48 kHz, no gain. */
static const uint8_t opus_head[] = {'O', 'p', 'u',	's', 'H', 'e',	'a',
				    'd', 1,   CHANNELS, 0,   0,	  0x80, 0xbb,
				    0,	 0,   0,	0,   0};

void rth_mux_close(struct rth_mux *mux)
{
	if (!mux)
		return;
	rth_bytes_clear(&mux->sized);
	rth_mux_index_free(mux->index);
	av_packet_free(&mux->packet);
	avformat_free_context(mux->av);
	rth_mux_io_close(&mux->io);
	rth_free(mux);
}

static enum rth_err set_extra(AVCodecParameters *par, const uint8_t *extra,
			      size_t len)
{
	if (!len)
		return RTH_OK;
	par->extradata = av_mallocz(len + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!par->extradata)
		return RTH_ERR_NOMEM;
	memcpy(par->extradata, extra, len);
	par->extradata_size = (int)len;
	return RTH_OK;
}

static enum rth_err add_voice(struct rth_mux *mux)
{
	AVStream *stream = avformat_new_stream(mux->av, NULL);
	AVCodecParameters *par;

	if (!stream)
		return RTH_ERR_NOMEM;
	par = stream->codecpar;
	par->codec_type = AVMEDIA_TYPE_AUDIO;
	par->codec_id = AV_CODEC_ID_OPUS;
	par->sample_rate = RTH_RTP_CLOCK_VOICE;
	par->seek_preroll = PREROLL;
	av_channel_layout_default(&par->ch_layout, CHANNELS);
	stream->time_base = (AVRational){1, RTH_RTP_CLOCK_VOICE};
	mux->track[RTH_TRACK_VOICE].stream = stream;
	return set_extra(par, opus_head, sizeof(opus_head));
}

static enum rth_err add_picture(struct rth_mux *mux,
				const struct rth_mux_picture *picture)
{
	AVStream *stream = avformat_new_stream(mux->av, NULL);
	AVCodecParameters *par;

	if (!stream)
		return RTH_ERR_NOMEM;
	par = stream->codecpar;
	par->codec_type = AVMEDIA_TYPE_VIDEO;
	par->codec_id = codecs[picture->codec];
	par->width = picture->width;
	par->height = picture->height;
	stream->time_base = (AVRational){1, RTH_RTP_CLOCK_PICTURE};
	mux->track[RTH_TRACK_PICTURE].stream = stream;
	return set_extra(par, picture->extra.data, picture->extra.len);
}

static enum rth_err write_header(struct rth_mux *mux)
{
	AVDictionary *options = NULL;
	int r = av_dict_set(&options, "cluster_time_limit", CLUSTER_MS, 0);

	mux->io.head = mux->index;
	if (r >= 0)
		r = av_dict_set(&options, "movflags",
				"frag_custom+empty_moov+default_base_moof", 0);
	if (r >= 0)
		r = avformat_write_header(mux->av, &options);
	av_dict_free(&options);
	avio_flush(mux->io.av);
	mux->io.head = NULL;
	return rth_mux_io_result(&mux->io, r);
}

static enum rth_err begin(struct rth_mux *mux, struct rth_seal *seal,
			  bool voice, const struct rth_mux_picture *picture)
{
	const char *format = mux->fragments ? "mp4" : "webm";
	enum rth_err err = rth_mux_io_open(&mux->io, seal);

	if (err)
		return err;
	mux->packet = av_packet_alloc();
	if (!mux->packet ||
	    avformat_alloc_output_context2(&mux->av, NULL, format, NULL) < 0)
		return RTH_ERR_NOMEM;
	mux->av->pb = mux->io.av;
	mux->av->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
	mux->av->avoid_negative_ts = 0;
	if (voice)
		err = add_voice(mux);
	if (!err && picture->codec)
		err = add_picture(mux, picture);
	if (!err && mux->fragments)
		err = rth_mux_index_create(&mux->index, voice, true);
	return err ? err : write_header(mux);
}

enum rth_err rth_mux_open(struct rth_mux **muxp, struct rth_seal *seal,
			  bool voice, const struct rth_mux_picture *picture)
{
	struct rth_mux *mux = rth_alloc(sizeof(*mux));
	enum rth_err err;

	if (!mux)
		return RTH_ERR_NOMEM;
	av_log_set_level(AV_LOG_QUIET);
	mux->fragments = picture->codec == RTH_FEED_H264;
	err = begin(mux, seal, voice, picture);
	if (err)
		rth_mux_close(mux);
	else
		*muxp = mux;
	return err;
}

/* Annex B to units with sizes; the parameter sets are in the file's head. */
static enum rth_err to_sizes(struct rth_bytes *out, const uint8_t *data,
			     size_t len)
{
	const uint8_t *nal;
	size_t at = 0, n;

	out->len = 0;
	while ((nal = rth_picture_nal(data, len, &at, &n))) {
		unsigned type = n ? NAL_TYPE(nal[0]) : NAL_AUD;
		uint8_t size[4];
		enum rth_err err;

		if (type >= NAL_SPS && type <= NAL_AUD)
			continue;
		rth_put32(size, (uint32_t)n);
		err = rth_bytes_add(out, size, sizeof(size));
		if (!err)
			err = rth_bytes_add(out, nal, n);
		if (err)
			return err;
	}
	return RTH_OK;
}

enum rth_err rth_mux_write(struct rth_mux *mux,
			   const struct rth_mux_frame *frame)
{
	struct rth_mux_frame ready = *frame;
	enum rth_err err;

	if (!mux->fragments || frame->track != RTH_TRACK_PICTURE)
		return rth_mux_write_ready(mux, frame);
	err = to_sizes(&mux->sized, frame->data, frame->len);
	if (err == RTH_ERR_LIMIT || (!err && !mux->sized.len))
		return RTH_OK;
	ready.data = mux->sized.data;
	ready.len = mux->sized.len;
	return err ? err : rth_mux_write_ready(mux, &ready);
}

/* A time stamp after the one before. */
static int64_t stamp(struct track *track, int64_t time_us)
{
	const AVRational us = {1, 1000000};
	int64_t at = av_rescale_q(time_us, us, track->stream->time_base);

	if (track->any && at <= track->last)
		at = track->last + 1;
	track->any = true;
	track->last = at;
	return at;
}

/* What MP4's muxer holds goes out each second, also when nobody flushes. */
static enum rth_err end_fragment(struct rth_mux *mux, int64_t time_us)
{
	if (!mux->fragments || time_us - mux->fragment_us < FRAGMENT_US)
		return RTH_OK;
	mux->fragment_us = time_us;
	return rth_mux_flush(mux);
}

/*
 * A fragmented MP4 forgets when a track begins: it counts from 0. So a track's
 * first frame is decoded at 0, and a picture shown when it is due. Voice begins
 * at 0 by less than a hole (segment.c).
 */
static void from_zero(AVPacket *packet, enum rth_track track)
{
	packet->dts = 0;
	if (track == RTH_TRACK_VOICE)
		packet->pts = 0;
}

enum rth_err rth_mux_write_ready(struct rth_mux *mux,
				 const struct rth_mux_frame *frame)
{
	const AVRational us = {1, 1000000};
	struct track *track = &mux->track[frame->track];
	AVPacket *packet = mux->packet;
	int64_t end_us = frame->time_us + frame->duration_us;
	enum rth_err err;
	bool first;
	int r;

	if (!track->stream || frame->len > RTH_FRAME_MAX)
		return RTH_ERR_STATE;
	err = end_fragment(mux, frame->time_us);
	if (err)
		return err;
	if (av_new_packet(packet, (int)frame->len) < 0)
		return RTH_ERR_NOMEM;
	memcpy(packet->data, frame->data, frame->len);
	packet->stream_index = track->stream->index;
	first = !track->any;
	packet->pts = packet->dts = stamp(track, frame->time_us);
	if (mux->fragments && first)
		from_zero(packet, frame->track);
	packet->duration =
		av_rescale_q(frame->duration_us, us, track->stream->time_base);
	packet->flags = frame->key ? AV_PKT_FLAG_KEY : 0;
	if (end_us > mux->duration_us)
		mux->duration_us = end_us;
	if (mux->index)
		err = rth_mux_index_frame(mux->index, frame->track, frame->len,
					  packet->pts, frame->key);
	r = av_write_frame(mux->av, packet);
	av_packet_unref(packet);
	return err ? err : rth_mux_io_result(&mux->io, r);
}

enum rth_err rth_mux_flush(struct rth_mux *mux)
{
	int r = av_write_frame(mux->av, NULL);
	enum rth_err err;

	avio_flush(mux->io.av);
	err = rth_mux_io_result(&mux->io, r);
	if (err || !mux->index)
		return err;
	return rth_mux_index_fragment(mux->index, (uint64_t)mux->io.at);
}

/* The index first, on the disk, before the fragments are covered. */
static enum rth_err finish_mp4(struct rth_mux *mux)
{
	struct rth_bytes moov = {0};
	uint64_t at = 0;
	uint8_t cover[16];
	enum rth_err err = rth_mux_flush(mux);

	if (!err)
		err = rth_mux_index_finish(mux->index, &moov,
					   (uint64_t)mux->io.at, cover, &at);
	if (!err)
		err = rth_seal_write(mux->io.seal, (uint64_t)mux->io.at,
				     moov.data, moov.len);
	if (!err)
		err = rth_seal_flush(mux->io.seal);
	if (!err)
		err = rth_seal_write(mux->io.seal, at, cover, sizeof(cover));
	rth_bytes_clear(&moov);
	return err;
}

enum rth_err rth_mux_finish(struct rth_mux *mux)
{
	int r;

	if (mux->index)
		return finish_mp4(mux);
	r = av_write_trailer(mux->av);
	avio_flush(mux->io.av);
	return rth_mux_io_result(&mux->io, r);
}

int64_t rth_mux_duration_us(const struct rth_mux *mux)
{
	return mux->duration_us;
}

int64_t rth_mux_opus_us(const uint8_t *packet, size_t len)
{
	static const int silk_us[] = {10000, 20000, 40000, 60000};
	unsigned config, count;
	int64_t us;

	if (!len)
		return 0;
	config = packet[0] >> 3;
	if (config < 12)
		us = silk_us[config & 3];
	else if (config < 16)
		us = config & 1 ? 20000 : 10000;
	else
		us = 2500 << (config & 3);
	count = packet[0] & 3;
	count = count == 0 ? 1 : 2;
	if ((packet[0] & 3) == 3)
		count = len > 1 ? packet[1] & 63 : 0;
	us *= count;
	return us <= OPUS_MAX_US ? us : 0;
}
