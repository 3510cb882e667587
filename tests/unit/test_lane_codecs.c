/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real pictures of each codec through a lane: each frame of the file is, byte
 * for byte, the frame that the encoder gave, in a container that says so.
 */
#include "support.h"

#include "lane.h"
#include "lane_file.h"
#include "mem.h"
#include "payload.h"
#include "picture.h"
#include "rtp.h"
#include "synth.h"

#define MS INT64_C(1000)
#define ORIGIN (INT64_C(77) * 1000 * MS)
#define FRAME_MS 66

enum { VOICE, CAMERA, STREAMS };

struct visit {
	struct synth *synth;
	struct lane_folder folder;
	struct synth_person person;
	struct synth_stream stream[STREAMS];
	struct rth_sender *sender;
	struct rth_lane *lane;
	int64_t now_us;
};

static void begin(struct visit *v, int codec)
{
	struct rth_lane_conf conf = {
		.name = "patient", .part = 3, .origin_us = ORIGIN};

	memset(v, 0, sizeof(*v));
	v->synth = synth_create(3);
	lane_folder_make(&v->folder);
	v->person.net = (struct synth_net){.delay_us = 20 * MS};
	v->now_us = ORIGIN;
	for (int i = 0; i < STREAMS; i++)
		v->stream[i] = (struct synth_stream){
			.person = &v->person,
			.slot = i,
			.codec = i == VOICE ? RTH_FEED_OPUS : codec,
			.ssrc = 5u + (unsigned)i,
			.type = (uint8_t)(100 + i),
			.clock_hz = i == VOICE ? 48000 : 90000,
		};
	assert_int_equal(rth_sender_create(&v->sender), 0);
	conf.sender = v->sender;
	conf.dirfd = v->folder.fd;
	conf.key = v->folder.key;
	assert_int_equal(rth_lane_create(&v->lane, &conf), 0);
}

static void end(struct visit *v)
{
	rth_lane_free(v->lane);
	rth_sender_free(v->sender);
	lane_folder_remove(&v->folder);
	synth_free(v->synth);
}

static void receive(struct visit *v)
{
	const struct synth_packet *p;

	while ((p = synth_next(v->synth, v->now_us)))
		assert_int_equal(rth_lane_rtp(v->lane, p->slot, p->codec,
					      p->bytes, p->len, p->time_us),
				 0);
}

/* Sends the whole clip, with or without voice beside it. */
static void send_clip(struct visit *v, const struct synth_clip *clip,
		      bool voice, bool flexible)
{
	struct synth_stream *camera = &v->stream[CAMERA];
	int codec = camera->codec;

	for (size_t i = 0; i < clip->n; i++) {
		const uint8_t *p = clip->frame[i].data;
		size_t len = clip->frame[i].len;

		if (codec == RTH_FEED_H264)
			synth_h264(v->synth, camera, v->now_us, p, len);
		else if (codec == RTH_FEED_VP9)
			synth_vp9(v->synth, camera, v->now_us, p, len,
				  rth_picture_key(codec, p, len), flexible);
		else if (codec == RTH_FEED_AV1)
			synth_av1(v->synth, camera, v->now_us, p, len);
		else
			synth_vp8(v->synth, camera, v->now_us, p, len);
		for (int k = 0; k < 3; k++) {
			if (voice)
				synth_opus(v->synth, &v->stream[VOICE],
					   v->now_us);
			v->now_us += FRAME_MS * MS / 3;
			receive(v);
		}
	}
}

/* What an MP4 holds of a frame of Annex B: units with sizes, without sets. */
static size_t sized(uint8_t *out, const uint8_t *data, size_t len)
{
	const uint8_t *nal;
	size_t at = 0, n, used = 0;

	while ((nal = rth_picture_nal(data, len, &at, &n))) {
		if ((nal[0] & 31) >= 7 && (nal[0] & 31) <= 9)
			continue;
		rth_put32(out + used, (uint32_t)n);
		memcpy(out + used + 4, nal, n);
		used += 4 + n;
	}
	return used;
}

/* The frame as it should be in the file. */
static size_t expected(int codec, uint8_t *out, const uint8_t *data, size_t len)
{
	if (codec == RTH_FEED_H264)
		return sized(out, data, len);
	/* Without its temporal delimiter, which is two bytes. */
	if (codec == RTH_FEED_AV1 && data[0] == 0x12) {
		data += 2;
		len -= 2;
	}
	memcpy(out, data, len);
	return len;
}

static void compare(const struct lane_file *file, int codec,
		    const struct synth_clip *clip)
{
	size_t k = 0;

	for (size_t i = 0; i < file->n; i++) {
		const struct lane_frame *f = &file->frame[i];
		uint8_t want[8192];
		size_t len, more = codec == RTH_FEED_VP8 ? 8 : 0;

		if (!f->picture)
			continue;
		assert_true(k < clip->n);
		len = expected(codec, want, clip->frame[k].data,
			       clip->frame[k].len);
		assert_int_equal(f->len, len + more);
		assert_memory_equal(f->data, want, len);
		assert_in_range(f->time_us + 40 * MS -
					(int64_t)k * FRAME_MS * MS,
				0, 80 * MS);
		assert_int_equal(f->key, k % 15 == 0);
		k++;
	}
	assert_int_equal(k, clip->n);
}

static const struct what {
	const char *title, *clip, *video, *container, *file;
	int codec;
	bool flexible, voice;
} whats[] = {
	{"VP8", "media/vp8.ivf", "vp8", "webm", "3-patient-1.webm",
	 RTH_FEED_VP8, false, true},
	{"VP9", "media/vp9.ivf", "vp9", "webm", "3-patient-1.webm",
	 RTH_FEED_VP9, false, true},
	{"VP9, flexible", "media/vp9.ivf", "vp9", "webm", "3-patient-1.webm",
	 RTH_FEED_VP9, true, true},
	{"AV1", "media/av1.ivf", "av1", "webm", "3-patient-1.webm",
	 RTH_FEED_AV1, false, true},
	{"H264", "media/h264.annexb", "h264", "mp4", "3-patient-1.mp4",
	 RTH_FEED_H264, false, true},
	{"H264, muted", "media/h264.annexb", "h264", "mp4", "3-patient-1.mp4",
	 RTH_FEED_H264, false, false},
	{"AV1, muted", "media/av1.ivf", "av1", "webm", "3-patient-1.webm",
	 RTH_FEED_AV1, false, false},
};

static void plays(void **state)
{
	const struct what *what = *state;
	struct rth_segment_info info;
	struct synth_clip clip;
	struct lane_file file;
	struct visit v;

	synth_clip_read(&clip, what->clip);
	begin(&v, what->codec);
	send_clip(&v, &clip, what->voice, what->flexible);
	assert_int_equal(rth_lane_finish(v.lane), 0);
	assert_int_equal(rth_lane_segment(v.lane, 0, &info), 0);
	assert_int_equal(rth_lane_segment(v.lane, 1, &info), RTH_ERR_NOT_FOUND);
	assert_string_equal(info.name, what->file);
	assert_string_equal(info.container, what->container);
	assert_string_equal(info.video, what->video);
	assert_string_equal(info.audio, "opus");
	assert_int_equal(info.width, 64);
	assert_int_equal(info.height, 48);
	assert_int_equal(info.frames, clip.n);
	assert_int_equal(info.key_frames, 2);
	assert_in_range(info.duration_ms, 1800, 2050);
	lane_file_read(&file, &v.folder, info.name);
	assert_string_equal(file.codec, what->video);
	assert_true(file.has_voice);
	assert_int_equal(file.width, 64);
	assert_in_range((int)(file.duration_s * 1000), 1800, 2100);
	compare(&file, what->codec, &clip);
	lane_file_free(&file);
	end(&v);
	synth_clip_free(&clip);
}

#define COUNT (sizeof(whats) / sizeof(whats[0]))

int main(void)
{
	struct CMUnitTest tests[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		tests[i] = (struct CMUnitTest){whats[i].title, plays, NULL,
					       NULL, (void *)&whats[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
