/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Previews: a strip of pictures, and the outline of the sound. See film_make.h.
 */
#include "film_make.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include <libavcodec/avcodec.h>

#include "film_canvas.h"
#include "film_voice.h"
#include "json_text.h"
#include "mem.h"

#define DECODE_MAX 1500		   /* pictures, from a key frame to a moment */
#define STALE_US INT64_C(30000000) /* a hole, or nearly no pictures */
#define JPEG_QUALITY 5		   /* 2 best to 31 */
#define CHUNK 960		   /* samples: 20 ms */
#define BLOCK_BYTES 3		   /* of base64 */

static enum rth_err write_all(struct rth_film_work *work, struct rth_seal *seal,
			      const void *data, size_t len)
{
	enum rth_err err = rth_seal_write(seal, 0, data, len);

	work->error = err == RTH_ERR_IO ? errno : 0;
	return err;
}

/* The strip. */

/*
 * The last picture of a track up to a time, or its first one; none where that
 * is from another time.
 */
static enum rth_err last_until(struct rth_film_track *track, int64_t time_us,
			       AVFrame *shown)
{
	enum rth_err err = RTH_OK;
	int64_t shown_us = time_us;

	rth_film_track_seek(track, time_us);
	for (int n = 0; n < DECODE_MAX && !err; n++) {
		AVFrame *frame;
		int64_t at_us;

		err = rth_film_track_next(track, &frame, &at_us);
		if (err || !frame)
			break;
		if (at_us > time_us && shown->buf[0])
			break;
		av_frame_unref(shown);
		av_frame_move_ref(shown, frame);
		shown_us = at_us;
		if (at_us > time_us)
			break;
	}
	if (llabs(shown_us - time_us) > STALE_US)
		av_frame_unref(shown);
	return err;
}

/* The newest file of a lane that had begun by then. */
static struct rth_film_file *file_at(const struct rth_film_work *work,
				     enum rth_film_lane lane, int64_t time_us)
{
	struct rth_film_file *found = NULL;

	for (size_t i = 0; i < work->job->n; i++) {
		struct rth_film_file *file = &work->files[i];

		if (file->input->lane == lane &&
		    file->input->start_ms * 1000 <= time_us)
			found = file;
	}
	return found;
}

static enum rth_err picture_at(const struct rth_film_work *work,
			       int64_t time_us, AVFrame *shown)
{
	static const enum rth_film_lane order[] = {
		RTH_FILM_PATIENT, RTH_FILM_CLINICIAN, RTH_FILM_PATIENT_SCREEN,
		RTH_FILM_CLINICIAN_SCREEN};
	enum rth_err err = RTH_OK;

	for (size_t i = 0; i < RTH_FILM_LANES && !err && !shown->buf[0]; i++) {
		struct rth_film_file *file = file_at(work, order[i], time_us);
		struct rth_film_track *track = NULL;

		if (!file)
			continue;
		err = rth_film_track_open(&track, file, RTH_FILM_PICTURE);
		if (!err)
			err = last_until(track, time_us, shown);
		rth_film_track_close(track);
	}
	return err;
}

static enum rth_err put_picture(AVFrame *canvas, const AVFrame *shown,
				const struct rth_film_cell *cell)
{
	struct rth_film_scaled scaled = {NULL, NULL, 0};
	struct rth_film_cell at;
	enum rth_err err = rth_film_scale(&scaled, shown, 1, cell, &at);

	if (!err)
		rth_film_put(canvas, &scaled, &at);
	rth_film_scaled_clear(&scaled);
	return err == RTH_ERR_FORMAT ? RTH_OK : err;
}

static enum rth_err put_pictures(const struct rth_film_work *work,
				 AVFrame *canvas)
{
	const struct rth_film_job *job = work->job;
	AVFrame *shown = av_frame_alloc();
	enum rth_err err = shown ? RTH_OK : RTH_ERR_NOMEM;

	for (int i = 0; i < job->pictures && !err; i++) {
		const struct rth_film_cell cell = {i * job->width, 0,
						   job->width, job->height};
		int64_t time_us = job->duration_ms * 1000 * (2 * i + 1) /
				  (2 * job->pictures);

		err = picture_at(work, time_us, shown);
		if (!err && shown->buf[0])
			err = put_picture(canvas, shown, &cell);
		if (!err)
			err = work->progress(work->arg, 0);
		av_frame_unref(shown);
	}
	av_frame_free(&shown);
	return err;
}

static enum rth_err open_jpeg(AVCodecContext **codecp, int width, int height)
{
	const AVCodec *encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
	AVCodecContext *codec =
		encoder ? avcodec_alloc_context3(encoder) : NULL;

	if (!codec)
		return encoder ? RTH_ERR_NOMEM : RTH_ERR_UNAVAILABLE;
	codec->width = width;
	codec->height = height;
	codec->pix_fmt = AV_PIX_FMT_YUVJ420P;
	codec->time_base = (AVRational){1, 1};
	codec->thread_count = 1;
	codec->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
	codec->global_quality = JPEG_QUALITY * FF_QP2LAMBDA;
	*codecp = codec;
	return avcodec_open2(codec, NULL, NULL) < 0 ? RTH_ERR_UNAVAILABLE
						    : RTH_OK;
}

static enum rth_err write_jpeg(struct rth_film_work *work,
			       struct rth_seal *seal, AVFrame *canvas)
{
	AVPacket *packet = av_packet_alloc();
	AVCodecContext *codec = NULL;
	enum rth_err err =
		packet ? open_jpeg(&codec, canvas->width, canvas->height)
		       : RTH_ERR_NOMEM;

	rth_film_full_range(canvas);
	if (!err) {
		canvas->pts = 0;
		canvas->quality = codec->global_quality;
		if (avcodec_send_frame(codec, canvas) < 0 ||
		    avcodec_send_frame(codec, NULL) < 0 ||
		    avcodec_receive_packet(codec, packet) < 0)
			err = RTH_ERR_UNAVAILABLE;
	}
	if (!err)
		err = write_all(work, seal, packet->data, (size_t)packet->size);
	av_packet_free(&packet);
	avcodec_free_context(&codec);
	return err;
}

enum rth_err rth_film_strip(struct rth_film_work *work, struct rth_seal *seal)
{
	const struct rth_film_job *job = work->job;
	AVFrame *canvas =
		rth_film_canvas(job->pictures * job->width, job->height);
	enum rth_err err;

	if (!canvas)
		return RTH_ERR_NOMEM;
	err = put_pictures(work, canvas);
	if (!err)
		err = write_jpeg(work, seal, canvas);
	av_frame_free(&canvas);
	return err;
}

/* The outline. */

static const char *const people[RTH_FILM_PEOPLE] = {"clinician", "patient"};

/* Base64 with padding (RFC 4648 section 4), as browsers' atob wants it. */
static char *base64(const uint8_t *bytes, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = rth_alloc((len + 2) / 3 * 4 + 1), *at = out;

	for (size_t i = 0; out && i < len; i += BLOCK_BYTES) {
		size_t n = len - i;
		uint32_t bits = (uint32_t)bytes[i] << 16;

		bits |= n > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
		bits |= n > 2 ? bytes[i + 2] : 0;
		*at++ = letters[bits >> 18];
		*at++ = letters[bits >> 12 & 63];
		*at++ = n > 1 ? letters[bits >> 6 & 63] : '=';
		*at++ = n > 2 ? letters[bits & 63] : '=';
	}
	return out;
}

static uint8_t loudest(const float *samples, size_t n, uint8_t before)
{
	float most = 0;
	uint8_t level;

	for (size_t i = 0; i < n; i++)
		most = fmaxf(most, fabsf(samples[i]));
	level = (uint8_t)lrintf(fminf(most, 1) * 255);
	return level > before ? level : before;
}

static enum rth_err listen(const struct rth_film_work *work,
			   struct rth_film_voice *voice, uint8_t *levels,
			   size_t n)
{
	const struct rth_film_job *job = work->job;
	int64_t step = job->step_ms * RTH_FILM_RATE_HZ / 1000, at = 0;
	enum rth_err err = RTH_OK;

	while (!err && at < (int64_t)n * step) {
		int64_t left = step - at % step;
		size_t len = left < CHUNK ? (size_t)left : CHUNK;
		uint8_t *level = &levels[at / step];
		float samples[CHUNK];

		err = rth_film_voice_read(voice, samples, len);
		if (!err)
			*level = loudest(samples, len, *level);
		at += (int64_t)len;
		if (!err)
			err = work->progress(work->arg,
					     at * 1000 / RTH_FILM_RATE_HZ);
	}
	return err;
}

/* Adds a person's levels, where anything was heard. */
static enum rth_err add_lane(const struct rth_film_work *work, json_t *lanes,
			     int person, uint8_t *levels, size_t n)
{
	struct rth_film_voice *voice = NULL;
	enum rth_err err = rth_film_voice_open(&voice, work->files,
					       work->job->n, 1u << person);
	char *text = NULL;

	if (!err)
		err = listen(work, voice, levels, n);
	if (!err && rth_film_voice_heard(voice)) {
		text = base64(levels, n);
		if (!text || json_object_set_new(lanes, people[person],
						 json_string(text)))
			err = RTH_ERR_NOMEM;
	}
	rth_free(text);
	rth_film_voice_close(voice);
	return err;
}

static enum rth_err write_outline(struct rth_film_work *work,
				  struct rth_seal *seal, json_t *lanes)
{
	json_t *all = json_pack("{s:I, s:O}", "step_ms",
				(json_int_t)work->job->step_ms, "lanes", lanes);
	char *text = NULL;
	size_t len = 0;
	enum rth_err err = rth_json_text(&text, &len, all);

	if (!err)
		err = write_all(work, seal, text, len);
	rth_free(text);
	json_decref(all);
	return err;
}

enum rth_err rth_film_outline(struct rth_film_work *work, struct rth_seal *seal)
{
	const struct rth_film_job *job = work->job;
	size_t n =
		(size_t)((job->duration_ms + job->step_ms - 1) / job->step_ms);
	json_t *lanes = json_object();
	enum rth_err err = lanes ? RTH_OK : RTH_ERR_NOMEM;

	for (int i = 0; i < RTH_FILM_PEOPLE && !err; i++) {
		uint8_t *levels = rth_alloc(n);

		err = levels ? add_lane(work, lanes, i, levels, n)
			     : RTH_ERR_NOMEM;
		rth_free(levels);
	}
	if (!err)
		err = write_outline(work, seal, lanes);
	json_decref(lanes);
	return err;
}
