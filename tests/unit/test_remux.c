/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lane that was interrupted, and what completing it gives: each frame up to
 * the last flush, at its time, in a file that says how long it is.
 */
#include "support.h"

#include <fcntl.h>
#include <unistd.h>

#include "lane.h"
#include "lane_file.h"
#include "picture.h"
#include "remux.h"
#include "synth.h"

#define MS INT64_C(1000)
#define ORIGIN (INT64_C(77) * 1000 * MS)
#define LATE (300 * MS) /* the picture begins so much later */

struct visit {
	struct synth *synth;
	struct synth_clip clip;
	struct lane_folder folder;
	struct synth_person person;
	struct synth_stream voice, camera;
	struct rth_sender *sender;
	struct rth_lane *lane;
};

static void begin(struct visit *v, int codec, const char *clip)
{
	struct rth_lane_conf conf = {
		.name = "patient", .part = 1, .origin_us = ORIGIN};

	memset(v, 0, sizeof(*v));
	v->synth = synth_create(3);
	synth_clip_read(&v->clip, clip);
	lane_folder_make(&v->folder);
	v->person.net.delay_us = 20 * MS;
	v->voice = (struct synth_stream){.person = &v->person,
					 .codec = RTH_FEED_OPUS,
					 .ssrc = 1,
					 .type = 111,
					 .clock_hz = 48000};
	v->camera = (struct synth_stream){.person = &v->person,
					  .slot = 1,
					  .codec = codec,
					  .ssrc = 2,
					  .type = 96,
					  .clock_hz = 90000};
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
	synth_clip_free(&v->clip);
	synth_free(v->synth);
}

static void show(struct visit *v, int64_t t, size_t k)
{
	const uint8_t *p = v->clip.frame[k % v->clip.n].data;
	size_t len = v->clip.frame[k % v->clip.n].len;

	if (v->camera.codec == RTH_FEED_H264)
		synth_h264(v->synth, &v->camera, t, p, len);
	else
		synth_vp8(v->synth, &v->camera, t, p, len);
}

/* Ten seconds, flushed at the end; the lane goes on living, unfinished. */
static void run(struct visit *v)
{
	const struct synth_packet *p;

	for (int64_t t = 0; t < 10000 * MS; t += 20 * MS) {
		synth_opus(v->synth, &v->voice, ORIGIN + t);
		if (t >= LATE && (t - LATE) % (60 * MS) == 0)
			show(v, ORIGIN + t, (size_t)((t - LATE) / (60 * MS)));
		while ((p = synth_next(v->synth, ORIGIN + t)))
			assert_int_equal(rth_lane_rtp(v->lane, p->slot,
						      p->codec, p->bytes,
						      p->len, p->time_us),
					 0);
	}
	assert_int_equal(rth_lane_flush(v->lane), 0);
}

static enum rth_err read_unsealed(void *arg, uint64_t offset, void *data,
				  size_t len, size_t *gotp)
{
	return rth_unseal_read(arg, offset, data, len, gotp, NULL);
}

static void complete(struct visit *v, const char *from, const char *to,
		     struct rth_segment_info *info)
{
	int in = openat(v->folder.fd, from, O_RDONLY);
	int out = openat(v->folder.fd, to, O_RDWR | O_CREAT | O_EXCL, 0600);
	struct rth_remux_source source = {.read = read_unsealed};
	struct rth_unseal *unseal;
	struct rth_seal *seal;

	assert_true(in >= 0 && out >= 0);
	assert_int_equal(rth_unseal_open(&unseal, in, v->folder.key), 0);
	assert_false(rth_unseal_complete(unseal));
	assert_int_equal(rth_seal_create(&seal, out, v->folder.key), 0);
	source.arg = unseal;
	source.length = rth_unseal_length(unseal);
	assert_int_equal(rth_mux_remux(&source, seal, info), 0);
	assert_int_equal(rth_seal_finish(seal, NULL), 0);
	rth_unseal_close(unseal);
}

/* Voice frames carry their truth; pictures are counted. */
static void compare(const struct lane_file *file, int64_t least)
{
	int64_t voice_first = -1, picture = 0, last = 0;

	for (size_t i = 0; i < file->n; i++) {
		const struct lane_frame *f = &file->frame[i];
		int64_t truth;

		if (f->picture) {
			assert_true(voice_first >= 0);
			truth = LATE + picture++ * 60 * MS;
		} else {
			truth = synth_truth(f->data, f->len) - ORIGIN;
		}
		if (voice_first < 0)
			voice_first = truth;
		assert_in_range(f->time_us + 2 * MS - (truth - voice_first), 0,
				4 * MS);
		last = truth > last ? truth : last;
	}
	assert_true(picture > 0);
	assert_true(last >= least);
	assert_in_range((int64_t)(file->duration_s * 1e3) + 100 - last / MS, 0,
			200);
}

static const struct what {
	const char *clip, *name, *completed;
	int codec;
} whats[] = {
	{"media/vp8.ivf", "1-patient-1.webm", "new.webm", RTH_FEED_VP8},
	{"media/h264.annexb", "1-patient-1.mp4", "new.mp4", RTH_FEED_H264},
};

static void completes(void **state)
{
	const struct what *what = *state;
	struct rth_segment_info info = {0};
	struct lane_file file;
	struct visit v;

	begin(&v, what->codec, what->clip);
	run(&v);
	complete(&v, what->name, what->completed, &info);
	assert_string_equal(info.audio, "opus");
	assert_int_equal(info.width, 64);
	lane_file_read(&file, &v.folder, what->completed);
	/* What is held back for packets that are late is not there. */
	compare(&file, 9200 * MS);
	assert_int_equal(info.bytes, file.len);
	lane_file_free(&file);
	end(&v);
}

static void nothing_in_it(void **state)
{
	static const char *const texts[] = {"", "\x1a\x45\xdf\xa3", "no file"};
	struct rth_segment_info info = {0};
	struct visit v;

	(void)state;
	begin(&v, RTH_FEED_VP8, "media/vp8.ivf");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int fd = openat(v.folder.fd, "in", O_RDWR | O_CREAT | O_TRUNC,
				0600);
		int to = openat(v.folder.fd, "to", O_RDWR | O_CREAT | O_TRUNC,
				0600);
		struct rth_remux_source source = {.read = read_unsealed};
		struct rth_unseal *unseal;
		struct rth_seal *seal;

		assert_int_equal(rth_seal_create(&seal, fd, v.folder.key), 0);
		assert_int_equal(
			rth_seal_write(seal, 0, texts[i], strlen(texts[i])), 0);
		assert_int_equal(rth_seal_finish(seal, NULL), 0);
		fd = openat(v.folder.fd, "in", O_RDONLY);
		assert_int_equal(rth_unseal_open(&unseal, fd, v.folder.key), 0);
		assert_int_equal(rth_seal_create(&seal, to, v.folder.key), 0);
		source.arg = unseal;
		source.length = strlen(texts[i]);
		assert_int_equal(rth_mux_remux(&source, seal, &info),
				 RTH_ERR_FORMAT);
		rth_seal_close(seal);
		rth_unseal_close(unseal);
	}
	end(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"WebM", completes, NULL, NULL, (void *)&whats[0]},
		{"MP4", completes, NULL, NULL, (void *)&whats[1]},
		cmocka_unit_test(nothing_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
