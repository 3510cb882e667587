/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a lane goes on in another file, what it takes and what it counts; each
 * allocation fails once.
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "lane.h"
#include "lane_file.h"
#include "mem.h"
#include "synth.h"

#define MS INT64_C(1000)
#define ORIGIN (INT64_C(50) * 1000 * MS)
#define FRAME_MS 60

struct visit {
	struct synth *synth;
	struct lane_folder folder;
	struct synth_person person;
	struct synth_stream voice, picture;
	struct rth_sender *sender;
	struct rth_lane *lane;
	int64_t now_us;
};

static void set_picture(struct visit *v, int slot, int codec, uint32_t ssrc)
{
	v->picture = (struct synth_stream){.person = &v->person,
					   .slot = slot,
					   .codec = codec,
					   .ssrc = ssrc,
					   .type = (uint8_t)(90 + codec),
					   .clock_hz = 90000};
}

static void begin(struct visit *v)
{
	struct rth_lane_conf conf = {
		.name = "patient", .part = 1, .origin_us = ORIGIN};

	memset(v, 0, sizeof(*v));
	v->synth = synth_create(5);
	lane_folder_make(&v->folder);
	v->now_us = ORIGIN;
	v->voice = (struct synth_stream){.person = &v->person,
					 .codec = RTH_FEED_OPUS,
					 .ssrc = 1,
					 .type = 111,
					 .clock_hz = 48000};
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

static enum rth_err receive(struct visit *v)
{
	const struct synth_packet *p;
	enum rth_err err = RTH_OK;

	while (!err && (p = synth_next(v->synth, v->now_us)))
		err = rth_lane_rtp(v->lane, p->slot, p->codec, p->bytes, p->len,
				   p->time_us);
	return err;
}

static void picture(struct visit *v, const struct synth_clip *clip, size_t k)
{
	const uint8_t *p = clip->frame[k % clip->n].data;
	size_t len = clip->frame[k % clip->n].len;

	switch (v->picture.codec) {
	case RTH_FEED_H264:
		synth_h264(v->synth, &v->picture, v->now_us, p, len);
		break;
	case RTH_FEED_VP9:
		synth_vp9(v->synth, &v->picture, v->now_us, p, len, k == 0,
			  false);
		break;
	default:
		synth_vp8(v->synth, &v->picture, v->now_us, p, len);
	}
}

/* So many frames of a clip; NULL: voice alone. */
static enum rth_err send(struct visit *v, const char *name, size_t n,
			 bool voice)
{
	struct synth_clip clip = {0};
	enum rth_err err = RTH_OK;

	if (name)
		synth_clip_read(&clip, name);
	for (size_t i = 0; i < n && !err; i++) {
		if (name)
			picture(v, &clip, i);
		for (int k = 0; k < FRAME_MS / 20 && !err; k++) {
			if (voice)
				synth_opus(v->synth, &v->voice, v->now_us);
			err = receive(v);
			v->now_us += 20 * MS;
		}
	}
	synth_clip_free(&clip);
	return err;
}

static void expect(struct visit *v, size_t n, const char *name,
		   const char *audio, const char *video, uint64_t frames)
{
	struct rth_segment_info info;
	struct lane_file file;

	assert_int_equal(rth_lane_segment(v->lane, n, &info), 0);
	assert_string_equal(info.name, name);
	assert_string_equal(info.audio ? info.audio : "", audio);
	assert_string_equal(info.video ? info.video : "", video);
	assert_int_equal(info.frames, frames);
	assert_true(info.finished);
	lane_file_read(&file, &v->folder, name);
	assert_string_equal(file.codec, video);
	assert_int_equal(file.has_voice, audio[0] != '\0');
	assert_int_equal(file.frame[0].time_us, 0);
	lane_file_free(&file);
}

static void nothing_comes(void **state)
{
	struct rth_segment_info info;
	struct visit v;

	(void)state;
	begin(&v);
	assert_int_equal(rth_lane_tick(v.lane, ORIGIN + 5000 * MS), 0);
	assert_int_equal(rth_lane_flush(v.lane), 0);
	assert_int_equal(rth_lane_finish(v.lane), 0);
	assert_int_equal(rth_lane_segment(v.lane, 0, &info), RTH_ERR_NOT_FOUND);
	end(&v);
}

/* Voice; then a camera; then another codec, other parameter sets. */
static void goes_on(void **state)
{
	struct rth_segment_info info;
	int64_t last_ms = -1;
	struct visit v;

	(void)state;
	begin(&v);
	assert_int_equal(send(&v, NULL, 40, true), 0);
	set_picture(&v, 1, RTH_FEED_VP8, 2);
	assert_int_equal(send(&v, "media/vp8.ivf", 30, true), 0);
	set_picture(&v, 1, RTH_FEED_VP9, 3);
	assert_int_equal(send(&v, "media/vp9.ivf", 20, true), 0);
	set_picture(&v, 1, RTH_FEED_H264, 4);
	assert_int_equal(send(&v, "media/h264.annexb", 20, true), 0);
	assert_int_equal(send(&v, "media/h264-large.annexb", 6, true), 0);
	assert_int_equal(rth_lane_finish(v.lane), 0);
	expect(&v, 0, "1-patient-1.webm", "opus", "", 0);
	expect(&v, 1, "1-patient-2.webm", "opus", "vp8", 30);
	expect(&v, 2, "1-patient-3.webm", "opus", "vp9", 20);
	expect(&v, 3, "1-patient-4.mp4", "opus", "h264", 20);
	expect(&v, 4, "1-patient-5.mp4", "opus", "h264", 6);
	assert_int_equal(rth_lane_segment(v.lane, 5, &info), RTH_ERR_NOT_FOUND);
	for (size_t i = 0; !rth_lane_segment(v.lane, i, &info); i++) {
		assert_true(info.start_ms > last_ms);
		last_ms = info.start_ms;
	}
	assert_int_equal(rth_lane_counts(v.lane).malformed, 0);
	end(&v);
}

static void screen(void **state)
{
	struct visit v;

	(void)state;
	begin(&v);
	set_picture(&v, 2, RTH_FEED_VP8, 9);
	assert_int_equal(send(&v, "media/vp8.ivf", 20, false), 0);
	/* Whatever claims to be voice of a screen is none. */
	assert_int_equal(send(&v, NULL, 2, true), 0);
	assert_int_equal(rth_lane_finish(v.lane), 0);
	expect(&v, 0, "1-patient-1.webm", "", "vp8", 20);
	assert_int_equal(rth_lane_counts(v.lane).malformed, 6);
	end(&v);
}

/* A picture that is not whole is left out, and all up to a key frame. */
static void after_a_loss(void **state)
{
	struct visit v;

	(void)state;
	begin(&v);
	set_picture(&v, 1, RTH_FEED_VP8, 2);
	assert_int_equal(send(&v, "media/vp8.ivf", 5, true), 0);
	v.picture.seq++;
	assert_int_equal(send(&v, "media/vp8.ivf", 3, true), 0);
	v.picture.seq++;
	{
		struct synth_clip clip;

		synth_clip_read(&clip, "media/vp8.ivf");
		for (size_t k = 3; k < 15; k++) {
			picture(&v, &clip, k);
			v.now_us += FRAME_MS * MS;
			assert_int_equal(receive(&v), 0);
		}
		synth_clip_free(&clip);
	}
	assert_int_equal(rth_lane_finish(v.lane), 0);
	expect(&v, 0, "1-patient-1.webm", "opus", "vp8", 8);
	assert_int_equal(rth_lane_counts(v.lane).missing, 2);
	assert_int_equal(rth_lane_counts(v.lane).undecodable, 12);
	assert_int_equal(rth_lane_counts(v.lane).malformed, 0);
	end(&v);
}

/*
 * A sender that changes all the time: its last file goes on with what belongs
 * in it, and the rest is left out.
 */
static void too_many(void **state)
{
	const uint64_t most = 256, more = 4;
	struct rth_segment_info info;
	uint64_t frames = 0;
	struct visit v;
	size_t n = 0;

	(void)state;
	begin(&v);
	set_picture(&v, 1, RTH_FEED_H264, 4);
	for (uint64_t i = 0; i < most + more; i++)
		assert_int_equal(send(&v,
				      i % 2 ? "media/h264-large.annexb"
					    : "media/h264.annexb",
				      1, true),
				 0);
	assert_int_equal(rth_lane_finish(v.lane), 0);
	for (; !rth_lane_segment(v.lane, n, &info); n++)
		frames += info.frames;
	assert_int_equal(n, most);
	assert_int_equal(frames, most + more / 2);
	assert_int_equal(rth_lane_counts(v.lane).undecodable, more / 2);
	end(&v);
}

/* Stragglers of a sender that was replaced. */
static void stragglers(void **state)
{
	struct synth_stream old;
	struct visit v;
	uint64_t late;

	(void)state;
	begin(&v);
	assert_int_equal(send(&v, NULL, 30, true), 0);
	old = v.voice;
	v.voice.ssrc = 77;
	v.voice.type = 109;
	v.voice.rtp0 = 123456;
	assert_int_equal(send(&v, NULL, 5, true), 0);
	late = rth_lane_counts(v.lane).late;
	synth_opus(v.synth, &old, v.now_us);
	assert_int_equal(receive(&v), 0);
	assert_int_equal(rth_lane_counts(v.lane).late, late + 1);
	assert_int_equal(send(&v, NULL, 30, true), 0);
	assert_int_equal(rth_lane_finish(v.lane), 0);
	expect(&v, 0, "1-patient-1.webm", "opus", "", 0);
	end(&v);
}

static void malformed(void **state)
{
	static const uint8_t rtp[2100] = {0x80, 96};
	struct visit v;
	uint64_t n = 0;

	(void)state;
	begin(&v);
	assert_int_equal(rth_lane_rtp(v.lane, 1, RTH_FEED_VP8, rtp, 11, 5), 0);
	assert_int_equal(rth_lane_rtp(v.lane, 0, RTH_FEED_VP8, rtp, 20, 5), 0);
	assert_int_equal(rth_lane_rtp(v.lane, 1, RTH_FEED_OPUS, rtp, 20, 5), 0);
	assert_int_equal(rth_lane_rtp(v.lane, 1, 0, rtp, 20, 5), 0);
	assert_int_equal(rth_lane_rtp(v.lane, 1, RTH_FEED_CODECS, rtp, 20, 5),
			 0);
	assert_int_equal(rth_lane_rtp(v.lane, 1, RTH_FEED_VP8, rtp, 2100, 5),
			 0);
	assert_int_equal(rth_lane_rtp(v.lane, 1, RTH_FEED_VP8, rtp, 20, -1), 0);
	assert_int_equal(
		rth_lane_rtp(v.lane, 1, RTH_FEED_VP8, rtp, 20, INT64_MAX), 0);
	n = rth_lane_counts(v.lane).malformed;
	assert_int_equal(n, 8);
	assert_int_equal(rth_lane_counts(v.lane).packets, 8);
	end(&v);
}

/* A file that cannot be made is an error of the disk. */
static void no_file(void **state)
{
	struct visit v;
	int fd;

	(void)state;
	begin(&v);
	fd = openat(v.folder.fd, "1-patient-1.webm", O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(send(&v, NULL, 40, true), RTH_ERR_IO);
	end(&v);
}

/* Each allocation fails once: an error or nothing, never a crash or a leak. */
static void no_memory(void **state)
{
	unsigned long n = 1;
	bool failed = true;

	(void)state;
	for (; failed; n += n < 60 ? 1 : 7) {
		enum rth_err err;
		struct visit v;

		begin(&v);
		set_picture(&v, 1, RTH_FEED_H264, 4);
		v.person.net.jitter_us = 90 * MS;
		rth_mem_fail_at(n);
		err = send(&v, "media/h264.annexb", 12, true);
		if (!err)
			err = rth_lane_flush(v.lane);
		if (!err)
			err = rth_lane_finish(v.lane);
		failed = rth_mem_count() >= n;
		rth_mem_fail_at(0);
		assert_int_equal(err, failed ? RTH_ERR_NOMEM : RTH_OK);
		end(&v);
	}
	printf("# %lu allocations\n", n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_comes), cmocka_unit_test(goes_on),
		cmocka_unit_test(screen),	 cmocka_unit_test(after_a_loss),
		cmocka_unit_test(too_many),	 cmocka_unit_test(stragglers),
		cmocka_unit_test(malformed),	 cmocka_unit_test(no_file),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
