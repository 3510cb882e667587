/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lanes and films for tests. See film_media.h.
 */
#include "film_media.h"

#include "support.h"

#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#define FPS 25
#define RATE 48000
#define FLASH_MS 400
#define OPUS_SAMPLES 960
#define STEP_SAMPLES (RATE * FILM_STEP_MS / 1000)

/* Writing lanes. */

struct writer {
	const struct film_lane *lane;
	AVFormatContext *to;
	AVCodecContext *picture, *voice;
	AVStream *streams[2]; /* of picture and voice */
	AVPacket *packet;
	char path[160];
};

static void open_codec(struct writer *w, AVCodecContext *codec, int stream)
{
	w->streams[stream] = avformat_new_stream(w->to, NULL);
	assert_non_null(w->streams[stream]);
	if (w->to->oformat->flags & AVFMT_GLOBALHEADER)
		codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	assert_int_equal(avcodec_open2(codec, NULL, NULL), 0);
	assert_true(avcodec_parameters_from_context(
			    w->streams[stream]->codecpar, codec) >= 0);
	w->streams[stream]->time_base = codec->time_base;
}

static void open_picture(struct writer *w)
{
	const char *name = w->lane->mp4 ? "libx264" : "libvpx";

	w->picture = avcodec_alloc_context3(avcodec_find_encoder_by_name(name));
	assert_non_null(w->picture);
	w->picture->width = w->lane->width;
	w->picture->height = w->lane->height;
	w->picture->pix_fmt = AV_PIX_FMT_YUV420P;
	w->picture->time_base = (AVRational){1, FPS};
	w->picture->thread_count = 1;
	w->picture->max_b_frames = 0;
	w->picture->bit_rate = 500000;
	if (w->lane->mp4)
		av_opt_set(w->picture->priv_data, "preset", "ultrafast", 0);
	else
		av_opt_set(w->picture->priv_data, "deadline", "realtime", 0);
	open_codec(w, w->picture, 0);
}

static void open_voice(struct writer *w)
{
	w->voice =
		avcodec_alloc_context3(avcodec_find_encoder_by_name("libopus"));
	assert_non_null(w->voice);
	w->voice->sample_rate = RATE;
	w->voice->sample_fmt = AV_SAMPLE_FMT_FLT;
	w->voice->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
	w->voice->time_base = (AVRational){1, RATE};
	open_codec(w, w->voice, 1);
	assert_int_equal(w->voice->frame_size, OPUS_SAMPLES);
}

static void encode(struct writer *w, AVCodecContext *codec, int stream,
		   const AVFrame *frame)
{
	assert_int_equal(avcodec_send_frame(codec, frame), 0);
	while (avcodec_receive_packet(codec, w->packet) == 0) {
		w->packet->stream_index = w->streams[stream]->index;
		av_packet_rescale_ts(w->packet, codec->time_base,
				     w->streams[stream]->time_base);
		assert_int_equal(av_interleaved_write_frame(w->to, w->packet),
				 0);
	}
}

static bool flashes(const struct film_lane *lane, int64_t ms)
{
	return ms >= lane->flash_ms && ms < lane->flash_ms + FLASH_MS;
}

static void write_picture(struct writer *w, int64_t n)
{
	int64_t ms = n * 1000 / FPS;
	AVFrame *frame;

	if (ms >= w->lane->hole_ms && ms < w->lane->hole_end_ms)
		return;
	frame = av_frame_alloc();
	frame->format = AV_PIX_FMT_YUV420P;
	frame->width = w->lane->width;
	frame->height = w->lane->height;
	assert_int_equal(av_frame_get_buffer(frame, 0), 0);
	for (int plane = 0; plane < 3; plane++) {
		int rows = plane ? (frame->height + 1) / 2 : frame->height;

		memset(frame->data[plane],
		       plane		      ? 128
		       : flashes(w->lane, ms) ? 235
					      : 16,
		       (size_t)(frame->linesize[plane] * rows));
	}
	frame->pts = n;
	encode(w, w->picture, 0, frame);
	av_frame_free(&frame);
}

static void write_voice(struct writer *w, int64_t n)
{
	AVFrame *frame = av_frame_alloc();
	float *out;

	frame->format = AV_SAMPLE_FMT_FLT;
	frame->nb_samples = OPUS_SAMPLES;
	frame->sample_rate = RATE;
	frame->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
	assert_int_equal(av_frame_get_buffer(frame, 0), 0);
	out = (float *)frame->data[0];
	for (int i = 0; i < OPUS_SAMPLES; i++) {
		int64_t at = n * OPUS_SAMPLES + i;

		out[i] = flashes(w->lane, at * 1000 / RATE)
				 ? 0.4f * sinf((float)(2 * M_PI *
						       w->lane->tone_hz * at /
						       RATE))
				 : 0;
	}
	frame->pts = n * OPUS_SAMPLES;
	encode(w, w->voice, 1, frame);
	av_frame_free(&frame);
}

static void write_all(struct writer *w)
{
	const struct film_lane *lane = w->lane;
	int64_t voice = 0;

	for (int64_t n = 0; n * 1000 / FPS < lane->duration_ms; n++) {
		if (w->picture)
			write_picture(w, n);
		while (w->voice && voice * 20 < (n + 1) * 1000 / FPS)
			write_voice(w, voice++);
	}
	if (w->picture)
		encode(w, w->picture, 0, NULL);
	if (w->voice)
		encode(w, w->voice, 1, NULL);
}

static void seal_file(const struct lane_folder *folder, const char *name,
		      const void *bytes, size_t len)
{
	int fd = openat(folder->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
	struct rth_seal *seal;

	assert_true(fd >= 0);
	assert_int_equal(rth_seal_create(&seal, fd, folder->key), 0);
	assert_int_equal(rth_seal_write(seal, 0, bytes, len), 0);
	assert_int_equal(rth_seal_finish(seal, NULL), 0);
}

static void seal_plain(const struct lane_folder *folder, const char *name,
		       const char *path)
{
	FILE *file = fopen(path, "rb");
	char *bytes;
	long len;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	len = ftell(file);
	rewind(file);
	bytes = malloc((size_t)len);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)len, file), len);
	fclose(file);
	seal_file(folder, name, bytes, (size_t)len);
	free(bytes);
	unlink(path);
}

void film_lane_write(const struct lane_folder *folder,
		     const struct film_lane *lane)
{
	struct writer w = {.lane = lane};

	av_log_set_level(AV_LOG_QUIET);
	snprintf(w.path, sizeof(w.path), "%s/plain", folder->path);
	assert_true(avformat_alloc_output_context2(&w.to, NULL,
						   lane->mp4 ? "mp4" : "webm",
						   NULL) >= 0);
	w.packet = av_packet_alloc();
	if (!lane->no_picture)
		open_picture(&w);
	if (!lane->no_voice)
		open_voice(&w);
	assert_true(avio_open(&w.to->pb, w.path, AVIO_FLAG_WRITE) >= 0);
	assert_true(avformat_write_header(w.to, NULL) >= 0);
	write_all(&w);
	assert_int_equal(av_write_trailer(w.to), 0);
	assert_int_equal(avio_closep(&w.to->pb), 0);
	avcodec_free_context(&w.picture);
	avcodec_free_context(&w.voice);
	av_packet_free(&w.packet);
	avformat_free_context(w.to);
	seal_plain(folder, lane->name, w.path);
}

void film_text_write(const struct lane_folder *folder, const char *name,
		     const char *text)
{
	seal_file(folder, name, text, strlen(text));
}

/* Reading films. */

struct reader {
	struct film_content *content;
	const struct film_place *places;
	const int *tones_hz;
	AVFormatContext *from;
	AVCodecContext *codecs[8]; /* of each stream; NULL: not decoded */
	int title_stream;	   /* -1: none */
	float *samples;
	size_t n_samples;
	AVFrame *frame;
};

static void unseal_to(const struct lane_folder *folder, const char *name,
		      const char *path)
{
	int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
	FILE *out = fopen(path, "wb");
	struct rth_unseal *unseal;
	uint8_t bytes[16384];
	size_t got = 1;

	assert_true(fd >= 0);
	assert_non_null(out);
	assert_int_equal(rth_unseal_open(&unseal, fd, folder->key), 0);
	assert_true(rth_unseal_complete(unseal));
	for (uint64_t at = 0; got; at += got) {
		assert_int_equal(rth_unseal_read(unseal, at, bytes,
						 sizeof(bytes), &got, NULL),
				 0);
		assert_int_equal(fwrite(bytes, 1, got, out), got);
	}
	assert_int_equal(fclose(out), 0);
	rth_unseal_close(unseal);
}

static void open_decoders(struct reader *r)
{
	r->title_stream = -1;
	assert_in_range(r->from->nb_streams, 2, 8);
	for (unsigned i = 0; i < r->from->nb_streams; i++) {
		const AVCodecParameters *par = r->from->streams[i]->codecpar;
		AVCodecContext *codec;

		if (par->codec_type == AVMEDIA_TYPE_SUBTITLE) {
			if (r->title_stream < 0)
				r->title_stream = (int)i;
			continue;
		}
		codec = avcodec_alloc_context3(
			avcodec_find_decoder(par->codec_id));
		assert_non_null(codec);
		assert_true(avcodec_parameters_to_context(codec, par) >= 0);
		codec->pkt_timebase = r->from->streams[i]->time_base;
		codec->thread_count = 1;
		assert_int_equal(avcodec_open2(codec, NULL, NULL), 0);
		if (par->codec_type == AVMEDIA_TYPE_VIDEO) {
			r->content->width = par->width;
			r->content->height = par->height;
		}
		r->codecs[i] = codec;
	}
}

static uint8_t mean(const AVFrame *frame, const struct film_place *place)
{
	uint64_t sum = 0;

	for (int y = place->y; y < place->y + place->h; y++)
		for (int x = place->x; x < place->x + place->w; x++)
			sum += frame->data[0][y * frame->linesize[0] + x];
	return (uint8_t)(sum / (uint64_t)(place->w * place->h));
}

static void take_picture(struct reader *r, int64_t ms)
{
	struct film_content *c = r->content;
	size_t n = c->pictures++;

	c->levels = realloc(c->levels, c->pictures * sizeof(c->levels[0]));
	c->picture_ms =
		realloc(c->picture_ms, c->pictures * sizeof(c->picture_ms[0]));
	assert_true(c->levels && c->picture_ms);
	c->picture_ms[n] = ms;
	for (int i = 0; i < 2; i++)
		c->levels[n][i] = mean(r->frame, &r->places[i]);
}

static void take_samples(struct reader *r, int64_t ms)
{
	size_t n = (size_t)r->frame->nb_samples;
	size_t at = ms > 0 ? (size_t)ms * RATE / 1000 : 0;

	if (at < r->n_samples)
		at = r->n_samples;
	/* A frame that is not there would be silence. */
	assert_in_range(at - r->n_samples, 0, RATE / 20);
	r->samples = realloc(r->samples, (at + n) * sizeof(float));
	assert_non_null(r->samples);
	memset(r->samples + r->n_samples, 0,
	       (at - r->n_samples) * sizeof(float));
	assert_int_equal(r->frame->format, AV_SAMPLE_FMT_FLTP);
	memcpy(r->samples + at, r->frame->data[0], n * sizeof(float));
	r->n_samples = at + n;
}

static void decode(struct reader *r, int stream, const AVPacket *packet)
{
	const AVRational ms = {1, 1000};
	AVCodecContext *codec = r->codecs[stream];

	assert_int_equal(avcodec_send_packet(codec, packet), 0);
	while (avcodec_receive_frame(codec, r->frame) == 0) {
		int64_t at =
			av_rescale_q(r->frame->best_effort_timestamp,
				     r->from->streams[stream]->time_base, ms);

		if (codec->codec_type == AVMEDIA_TYPE_VIDEO)
			take_picture(r, at);
		else
			take_samples(r, at);
	}
}

static void take_title(struct reader *r, const AVPacket *packet)
{
	const AVStream *stream = r->from->streams[packet->stream_index];
	size_t skip =
		stream->codecpar->codec_id == AV_CODEC_ID_MOV_TEXT ? 2 : 0;
	size_t len = strlen(r->content->titles);
	int size = packet->size - (int)skip;

	/* mp4 fills what is between with empty ones. */
	if (size <= 0)
		return;
	r->content->n_titles++;
	snprintf(r->content->titles + len, sizeof(r->content->titles) - len,
		 "%lld %.*s\n",
		 (long long)av_rescale_q(packet->pts, stream->time_base,
					 (AVRational){1, 100}),
		 size, packet->data + skip);
}

static void read_packets(struct reader *r)
{
	AVPacket *packet = av_packet_alloc();

	while (av_read_frame(r->from, packet) >= 0) {
		if (r->codecs[packet->stream_index])
			decode(r, packet->stream_index, packet);
		else if (packet->stream_index == r->title_stream)
			take_title(r, packet);
		av_packet_unref(packet);
	}
	for (unsigned i = 0; i < r->from->nb_streams; i++)
		if (r->codecs[i])
			decode(r, (int)i, NULL);
	av_packet_free(&packet);
}

/* How much of a tone there is in a step: Goertzel's algorithm. */
static double power(const float *samples, int tone_hz)
{
	double c = 2 * cos(2 * M_PI * tone_hz / RATE), s1 = 0, s2 = 0;

	for (int i = 0; i < STEP_SAMPLES; i++) {
		double s = samples[i] + c * s1 - s2;

		s2 = s1;
		s1 = s;
	}
	return sqrt(fmax(0, s1 * s1 + s2 * s2 - c * s1 * s2)) * 2 /
	       STEP_SAMPLES;
}

static void listen(struct reader *r)
{
	struct film_content *c = r->content;

	c->steps = r->n_samples / STEP_SAMPLES;
	c->loud = calloc(c->steps + 1, sizeof(c->loud[0]));
	assert_non_null(c->loud);
	for (size_t k = 0; k < c->steps; k++)
		for (int i = 0; i < 2; i++)
			c->loud[k][i] = power(r->samples + k * STEP_SAMPLES,
					      r->tones_hz[i]);
}

void film_content_read(struct film_content *content,
		       const struct lane_folder *folder, const char *name,
		       const struct film_place places[2], const int tones_hz[2])
{
	struct reader r = {
		.content = content, .places = places, .tones_hz = tones_hz};
	char path[160];

	memset(content, 0, sizeof(*content));
	snprintf(path, sizeof(path), "%s/film", folder->path);
	unseal_to(folder, name, path);
	assert_int_equal(avformat_open_input(&r.from, path, NULL, NULL), 0);
	r.frame = av_frame_alloc();
	content->streams = (int)r.from->nb_streams;
	content->duration_s = (double)r.from->duration / AV_TIME_BASE;
	open_decoders(&r);
	read_packets(&r);
	listen(&r);
	for (int i = 0; i < 8; i++)
		avcodec_free_context(&r.codecs[i]);
	av_frame_free(&r.frame);
	avformat_close_input(&r.from);
	free(r.samples);
	unlink(path);
}

void film_content_free(struct film_content *content)
{
	free(content->levels);
	free(content->picture_ms);
	free(content->loud);
}

int64_t film_white_ms(const struct film_content *content, int place)
{
	for (size_t i = 0; i < content->pictures; i++)
		if (content->levels[i][place] > 128)
			return content->picture_ms[i];
	return -1;
}

int64_t film_tone_ms(const struct film_content *content, int tone)
{
	for (size_t i = 0; i < content->steps; i++)
		if (content->loud[i][tone] > 0.15)
			return (int64_t)i * FILM_STEP_MS;
	return -1;
}
