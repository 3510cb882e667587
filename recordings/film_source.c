/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading, demuxing and decoding. See film_source.h. What is read here may be
 * hostile: its errors end a stream, and its pictures have a largest size.
 */
#include "film_source.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "mem.h"

#define BUFFER_BYTES 32768
#define MAX_PIXELS (4096 * 2304)
#define TIME_MAX_US (RTH_FILM_MAX_MS * 1000)
#define ERRORS_MAX 10000 /* packets in a row that do not decode */

struct rth_film_track {
	struct rth_film_file *file;
	uint64_t at; /* in the plain file */
	AVIOContext *io;
	AVFormatContext *from;
	AVCodecContext *codec; /* NULL: there is no such stream */
	int stream;
	AVPacket *packet;
	AVFrame *frame;
	bool drained;
	int errors;
};

void rth_film_quiet(void)
{
	av_log_set_level(AV_LOG_QUIET);
}

/* Files. */

enum rth_err rth_film_file_open(struct rth_film_file *file)
{
	if (!file->unseal && !file->err)
		file->err = rth_unseal_open(&file->unseal, file->input->fd,
					    file->key);
	return file->err;
}

void rth_film_file_close(struct rth_film_file *file)
{
	rth_unseal_close(file->unseal);
	file->unseal = NULL;
}

static enum rth_err read_file(struct rth_film_file *file, uint64_t at,
			      void *data, size_t len, size_t *gotp)
{
	enum rth_err err =
		rth_unseal_read(file->unseal, at, data, len, gotp, NULL);

	if (err && !file->err)
		file->err = err;
	return err;
}

enum rth_err rth_film_file_text(struct rth_film_file *file, size_t max,
				char **textp, size_t *lenp)
{
	enum rth_err err = rth_film_file_open(file);
	uint64_t length;
	size_t got = 0;
	char *text;

	if (err)
		return err;
	length = rth_unseal_length(file->unseal);
	if (length > max)
		return RTH_ERR_LIMIT;
	text = rth_alloc((size_t)length + 1);
	if (!text)
		return RTH_ERR_NOMEM;
	err = read_file(file, 0, text, (size_t)length, &got);
	if (err) {
		rth_free(text);
		return err;
	}
	*textp = text;
	*lenp = got;
	return RTH_OK;
}

/* libavformat's view of a file. */

static int read_bytes(void *arg, uint8_t *buf, int size)
{
	struct rth_film_track *t = arg;
	size_t got = 0;

	if (read_file(t->file, t->at, buf, (size_t)size, &got))
		return AVERROR(EIO);
	t->at += got;
	return got ? (int)got : AVERROR_EOF;
}

static int64_t seek(void *arg, int64_t offset, int whence)
{
	struct rth_film_track *t = arg;
	int64_t length = (int64_t)rth_unseal_length(t->file->unseal);

	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return length;
	if (whence == SEEK_CUR)
		offset += (int64_t)t->at;
	else if (whence == SEEK_END)
		offset += length;
	if (offset < 0)
		return AVERROR(EINVAL);
	t->at = (uint64_t)offset;
	return offset;
}

void rth_film_track_close(struct rth_film_track *t)
{
	if (!t)
		return;
	av_frame_free(&t->frame);
	av_packet_free(&t->packet);
	avcodec_free_context(&t->codec);
	avformat_close_input(&t->from);
	if (t->io)
		av_freep(&t->io->buffer);
	avio_context_free(&t->io);
	rth_free(t);
}

static enum rth_err open_io(struct rth_film_track *t)
{
	uint8_t *buf = av_malloc(BUFFER_BYTES);

	if (!buf)
		return RTH_ERR_NOMEM;
	t->io = avio_alloc_context(buf, BUFFER_BYTES, 0, t, read_bytes, NULL,
				   seek);
	if (!t->io)
		av_free(buf);
	t->packet = av_packet_alloc();
	t->frame = av_frame_alloc();
	return t->io && t->packet && t->frame ? RTH_OK : RTH_ERR_NOMEM;
}

/* A read that failed is the disk's or the key's, not a broken container. */
static enum rth_err result(const struct rth_film_track *t, int r)
{
	if (r >= 0)
		return RTH_OK;
	if (t->file->err)
		return t->file->err;
	return r == AVERROR(ENOMEM) ? RTH_ERR_NOMEM : RTH_ERR_FORMAT;
}

/* Ours only: no other of libavformat's formats is tried. */
static enum rth_err open_container(struct rth_film_track *t)
{
	const AVInputFormat *format =
		av_find_input_format(t->file->input->mp4 ? "mp4" : "matroska");

	t->from = avformat_alloc_context();
	if (!t->from)
		return RTH_ERR_NOMEM;
	t->from->pb = t->io;
	t->from->flags |= AVFMT_FLAG_CUSTOM_IO;
	return result(t, avformat_open_input(&t->from, NULL, format, NULL));
}

/* The codecs of the recorder's lanes, and no others. */
static const AVCodec *decoder_of(enum AVCodecID id, enum rth_film_kind kind)
{
	if (kind == RTH_FILM_VOICE)
		return id == AV_CODEC_ID_OPUS
			       ? avcodec_find_decoder_by_name("opus")
			       : NULL;
	switch (id) {
	case AV_CODEC_ID_VP8:
	case AV_CODEC_ID_VP9:
	case AV_CODEC_ID_H264:
		return avcodec_find_decoder(id);
	case AV_CODEC_ID_AV1:
		return avcodec_find_decoder_by_name("libdav1d");
	default:
		return NULL;
	}
}

static enum rth_err open_decoder(struct rth_film_track *t,
				 const AVCodec *decoder, const AVStream *stream)
{
	AVCodecContext *codec = avcodec_alloc_context3(decoder);
	int r;

	if (!codec)
		return RTH_ERR_NOMEM;
	r = avcodec_parameters_to_context(codec, stream->codecpar);
	codec->pkt_timebase = stream->time_base;
	codec->thread_count = 1;
	codec->max_pixels = MAX_PIXELS;
	if (r >= 0)
		r = avcodec_open2(codec, decoder, NULL);
	if (r >= 0)
		t->codec = codec;
	else
		avcodec_free_context(&codec);
	return r == AVERROR(ENOMEM) ? RTH_ERR_NOMEM : RTH_OK;
}

/* The first stream of the kind; the others are not read. */
static enum rth_err find_stream(struct rth_film_track *t,
				enum rth_film_kind kind)
{
	enum rth_err err = RTH_OK;

	for (unsigned i = 0; i < t->from->nb_streams; i++) {
		AVStream *stream = t->from->streams[i];
		const AVCodec *decoder =
			decoder_of(stream->codecpar->codec_id, kind);

		stream->discard = AVDISCARD_ALL;
		if (!decoder || t->codec || err)
			continue;
		stream->discard = AVDISCARD_DEFAULT;
		t->stream = (int)i;
		err = open_decoder(t, decoder, stream);
	}
	return err;
}

enum rth_err rth_film_track_open(struct rth_film_track **trackp,
				 struct rth_film_file *file,
				 enum rth_film_kind kind)
{
	enum rth_err err = rth_film_file_open(file);
	struct rth_film_track *t;

	if (err)
		return err;
	t = rth_alloc(sizeof(*t));
	if (!t)
		return RTH_ERR_NOMEM;
	t->file = file;
	err = open_io(t);
	if (!err)
		err = open_container(t);
	if (!err)
		err = find_stream(t, kind);
	if (err)
		rth_film_track_close(t);
	else
		*trackp = t;
	return err;
}

/* Gives the decoder one more packet, or the end. */
static enum rth_err feed(struct rth_film_track *t)
{
	int r = av_read_frame(t->from, t->packet);

	if (r < 0) {
		t->drained = true;
		if (t->file->err)
			return t->file->err;
		r = avcodec_send_packet(t->codec, NULL);
		return r == AVERROR(ENOMEM) ? RTH_ERR_NOMEM : RTH_OK;
	}
	if (t->packet->stream_index == t->stream) {
		r = avcodec_send_packet(t->codec, t->packet);
		t->errors = r < 0 ? t->errors + 1 : 0;
	}
	av_packet_unref(t->packet);
	return r == AVERROR(ENOMEM) ? RTH_ERR_NOMEM : RTH_OK;
}

static bool has_time(const struct rth_film_track *t, int64_t *time_usp)
{
	const AVStream *stream = t->from->streams[t->stream];
	int64_t pts = t->frame->best_effort_timestamp;
	const AVRational us = {1, 1000000};

	if (pts == AV_NOPTS_VALUE)
		return false;
	pts = av_rescale_q(pts, stream->time_base, us);
	if (pts < -TIME_MAX_US || pts > TIME_MAX_US)
		return false;
	*time_usp = pts + t->file->input->start_ms * 1000;
	return true;
}

enum rth_err rth_film_track_next(struct rth_film_track *t, AVFrame **framep,
				 int64_t *time_usp)
{
	enum rth_err err = RTH_OK;

	while (t->codec && t->errors < ERRORS_MAX && !err) {
		int r = avcodec_receive_frame(t->codec, t->frame);

		if (r >= 0 && has_time(t, time_usp)) {
			*framep = t->frame;
			return RTH_OK;
		}
		if (r == AVERROR_EOF || (r < 0 && t->drained))
			break;
		if (r == AVERROR(EAGAIN))
			err = feed(t);
		else if (r == AVERROR(ENOMEM))
			err = RTH_ERR_NOMEM;
		else if (r < 0)
			t->errors++;
	}
	if (!err)
		*framep = NULL;
	return err;
}

void rth_film_track_seek(struct rth_film_track *t, int64_t time_us)
{
	const AVRational us = {1, 1000000};
	int64_t at = time_us - t->file->input->start_ms * 1000;

	if (!t->codec)
		return;
	at = av_rescale_q(at > 0 ? at : 0, us,
			  t->from->streams[t->stream]->time_base);
	if (av_seek_frame(t->from, t->stream, at, AVSEEK_FLAG_BACKWARD) < 0)
		return;
	avcodec_flush_buffers(t->codec);
	t->drained = false;
}
