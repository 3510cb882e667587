/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Encoding and muxing. See film_out.h.
 */
#include "film_out.h"

#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include "film_layout.h"
#include "film_subtitle.h"
#include "film_voice.h"
#include "mem.h"
#include "mux_io.h"

#define THREADS 2
#define KEY_EVERY (5 * RTH_FILM_FPS) /* pictures, so that players can seek */
#define VOICE_BITS_S 96000

/* One encoded stream. */
struct stream {
	AVCodecContext *codec;
	AVStream *in_file;
	AVFrame *frame; /* of the voice */
	int64_t next;	/* in the codec's time base */
};

struct rth_film_out {
	struct rth_mux_io io;
	AVFormatContext *to;
	AVPacket *packet;
	struct stream picture, voice;
	bool mp4;
	const struct rth_film_titles *titles;
	size_t n;
	AVStream *title_streams[RTH_FILM_TITLES_MAX];
	size_t cue[RTH_FILM_TITLES_MAX]; /* comes next */
};

struct option {
	const char *name, *value;
};

/*
 * Options that an encoder does not know are an error: a typing mistake. The
 * speed of libvpx is a fixed one: with a positive number it would follow the
 * clock, and be slow, or poor, on a busy machine.
 */
static const struct option h264_options[] = {{"preset", "veryfast"},
					     {"crf", "25"},
					     {"maxrate", "3000000"},
					     {"bufsize", "6000000"},
					     {NULL, NULL}};
static const struct option vp8_options[] = {
	{"deadline", "realtime"}, {"cpu-used", "-5"},	  {"crf", "20"},
	{"b", "1500000"},	  {"lag-in-frames", "0"}, {NULL, NULL}};
static const struct option voice_options[] = {{NULL, NULL}};

void rth_film_out_close(struct rth_film_out *out)
{
	if (!out)
		return;
	avcodec_free_context(&out->picture.codec);
	avcodec_free_context(&out->voice.codec);
	av_frame_free(&out->voice.frame);
	av_packet_free(&out->packet);
	avformat_free_context(out->to);
	rth_mux_io_close(&out->io);
	rth_free(out);
}

static enum rth_err av_err(int r)
{
	return r == AVERROR(ENOMEM) ? RTH_ERR_NOMEM : RTH_ERR_UNAVAILABLE;
}

/* Opens the encoder that was prepared, and makes its stream. */
static enum rth_err begin_stream(struct rth_film_out *out, struct stream *s,
				 const struct option *options)
{
	int r = 0;

	if (out->to->oformat->flags & AVFMT_GLOBALHEADER)
		s->codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	for (; options->name && r >= 0; options++)
		r = av_opt_set(s->codec, options->name, options->value,
			       AV_OPT_SEARCH_CHILDREN);
	if (r >= 0)
		r = avcodec_open2(s->codec, NULL, NULL);
	if (r < 0)
		return av_err(r);
	s->in_file = avformat_new_stream(out->to, NULL);
	if (!s->in_file)
		return RTH_ERR_NOMEM;
	s->in_file->time_base = s->codec->time_base;
	r = avcodec_parameters_from_context(s->in_file->codecpar, s->codec);
	return r < 0 ? av_err(r) : RTH_OK;
}

static enum rth_err prepare(struct stream *s, const char *encoder)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(encoder);

	if (!codec)
		return RTH_ERR_UNAVAILABLE;
	s->codec = avcodec_alloc_context3(codec);
	return s->codec ? RTH_OK : RTH_ERR_NOMEM;
}

static enum rth_err begin_picture(struct rth_film_out *out)
{
	struct stream *s = &out->picture;
	enum rth_err err = prepare(s, out->mp4 ? "libx264" : "libvpx");

	if (err)
		return err;
	s->codec->width = RTH_FILM_WIDTH;
	s->codec->height = RTH_FILM_HEIGHT;
	s->codec->pix_fmt = AV_PIX_FMT_YUV420P;
	s->codec->time_base = (AVRational){1, RTH_FILM_FPS};
	s->codec->framerate = (AVRational){RTH_FILM_FPS, 1};
	s->codec->gop_size = KEY_EVERY;
	/* Threads of libvpx wait for each other in loops. */
	s->codec->thread_count = out->mp4 ? THREADS : 1;
	return begin_stream(out, s, out->mp4 ? h264_options : vp8_options);
}

static enum rth_err begin_voice(struct rth_film_out *out)
{
	struct stream *s = &out->voice;
	enum rth_err err = prepare(s, out->mp4 ? "aac" : "libopus");

	if (err)
		return err;
	s->codec->sample_rate = RTH_FILM_RATE_HZ;
	s->codec->sample_fmt =
		out->mp4 ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_FLT;
	s->codec->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
	s->codec->time_base = (AVRational){1, RTH_FILM_RATE_HZ};
	s->codec->bit_rate = VOICE_BITS_S;
	err = begin_stream(out, s, voice_options);
	if (err)
		return err;
	s->frame = av_frame_alloc();
	if (!s->frame)
		return RTH_ERR_NOMEM;
	s->frame->format = s->codec->sample_fmt;
	s->frame->nb_samples = s->codec->frame_size;
	s->frame->ch_layout = s->codec->ch_layout;
	s->frame->sample_rate = RTH_FILM_RATE_HZ;
	return av_frame_get_buffer(s->frame, 0) < 0 ? RTH_ERR_NOMEM : RTH_OK;
}

static enum rth_err begin_titles(struct rth_film_out *out)
{
	enum rth_err err = RTH_OK;

	for (size_t i = 0; i < out->n && !err; i++) {
		AVStream *stream = avformat_new_stream(out->to, NULL);
		const struct rth_film_titles *titles = &out->titles[i];

		if (!stream ||
		    av_dict_set(&stream->metadata, "title", titles->title, 0) <
			    0 ||
		    (titles->language[0] &&
		     av_dict_set(&stream->metadata, "language",
				 titles->language, 0) < 0))
			return RTH_ERR_NOMEM;
		stream->time_base = (AVRational){1, 1000};
		err = rth_film_subtitle_begin(stream->codecpar, out->mp4);
		out->title_streams[i] = stream;
	}
	return err;
}

static enum rth_err begin_file(struct rth_film_out *out, struct rth_seal *seal)
{
	enum rth_err err = rth_mux_io_open(&out->io, seal);
	int r;

	if (err)
		return err;
	out->packet = av_packet_alloc();
	r = avformat_alloc_output_context2(&out->to, NULL,
					   out->mp4 ? "mp4" : "webm", NULL);
	if (r < 0 || !out->packet)
		return RTH_ERR_NOMEM;
	out->to->pb = out->io.av;
	out->to->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
	return RTH_OK;
}

enum rth_err rth_film_out_open(struct rth_film_out **outp,
			       struct rth_seal *seal, bool mp4,
			       const struct rth_film_titles *titles, size_t n)
{
	struct rth_film_out *out = rth_alloc(sizeof(*out));
	enum rth_err err;

	if (!out)
		return RTH_ERR_NOMEM;
	out->mp4 = mp4;
	out->titles = titles;
	out->n = n < RTH_FILM_TITLES_MAX ? n : RTH_FILM_TITLES_MAX;
	err = begin_file(out, seal);
	if (!err)
		err = begin_picture(out);
	if (!err)
		err = begin_voice(out);
	if (!err)
		err = begin_titles(out);
	if (!err)
		err = rth_mux_io_result(&out->io,
					avformat_write_header(out->to, NULL));
	if (err)
		rth_film_out_close(out);
	else
		*outp = out;
	return err;
}

size_t rth_film_out_samples(const struct rth_film_out *out)
{
	return (size_t)out->voice.codec->frame_size;
}

/* What libav did not like is no fault of what the film is made of. */
static enum rth_err written(const struct rth_film_out *out, int r)
{
	enum rth_err err = rth_mux_io_result(&out->io, r);

	return err == RTH_ERR_FORMAT ? RTH_ERR_STATE : err;
}

/* Writes what the encoder has ready. */
static enum rth_err drain(struct rth_film_out *out, const struct stream *s)
{
	for (;;) {
		int r = avcodec_receive_packet(s->codec, out->packet);
		enum rth_err err;

		if (r == AVERROR(EAGAIN) || r == AVERROR_EOF)
			return RTH_OK;
		if (r < 0)
			return av_err(r);
		out->packet->stream_index = s->in_file->index;
		if (!out->packet->duration)
			out->packet->duration = 1;
		av_packet_rescale_ts(out->packet, s->codec->time_base,
				     s->in_file->time_base);
		r = av_interleaved_write_frame(out->to, out->packet);
		err = written(out, r);
		if (err)
			return err;
	}
}

static enum rth_err encode(struct rth_film_out *out, const struct stream *s,
			   const AVFrame *frame)
{
	int r = avcodec_send_frame(s->codec, frame);

	return r < 0 ? av_err(r) : drain(out, s);
}

enum rth_err rth_film_out_picture(struct rth_film_out *out, AVFrame *picture)
{
	picture->pts = out->picture.next++;
	return encode(out, &out->picture, picture);
}

enum rth_err rth_film_out_voice(struct rth_film_out *out, const float *samples)
{
	struct stream *s = &out->voice;

	if (av_frame_make_writable(s->frame) < 0)
		return RTH_ERR_NOMEM;
	memcpy(s->frame->data[0], samples,
	       (size_t)s->frame->nb_samples * sizeof(*samples));
	s->frame->pts = s->next;
	s->next += s->frame->nb_samples;
	return encode(out, s, s->frame);
}

static enum rth_err write_cue(struct rth_film_out *out, size_t track,
			      const struct rth_film_cue *cue)
{
	const AVRational ms = {1, 1000};
	AVStream *stream = out->title_streams[track];
	enum rth_err err = rth_film_subtitle(out->packet, cue->text, out->mp4);

	if (err)
		return err;
	out->packet->pts = out->packet->dts = cue->start_ms;
	out->packet->duration = cue->end_ms - cue->start_ms;
	out->packet->stream_index = stream->index;
	out->packet->flags |= AV_PKT_FLAG_KEY;
	av_packet_rescale_ts(out->packet, ms, stream->time_base);
	return written(out, av_interleaved_write_frame(out->to, out->packet));
}

enum rth_err rth_film_out_titles(struct rth_film_out *out, int64_t until_ms)
{
	enum rth_err err = RTH_OK;

	for (size_t i = 0; i < out->n; i++) {
		const struct rth_film_cues *cues = &out->titles[i].cues;

		while (!err && out->cue[i] < cues->n &&
		       cues->v[out->cue[i]].start_ms < until_ms)
			err = write_cue(out, i, &cues->v[out->cue[i]++]);
	}
	return err;
}

enum rth_err rth_film_out_finish(struct rth_film_out *out)
{
	enum rth_err err = encode(out, &out->picture, NULL);

	if (!err)
		err = encode(out, &out->voice, NULL);
	if (!err)
		err = written(out, av_write_trailer(out->to));
	if (!err) {
		avio_flush(out->io.av);
		err = written(out, 0);
	}
	return err;
}

int rth_film_out_errno(const struct rth_film_out *out)
{
	return out->io.error;
}
