/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A part of a recording from BEGIN to its end, in this process: what each
 * record does, and each allocation failing once.
 */
#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "../../common/mem.h"
#include "../../recordings/recording.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PERSON(role, answer)                                               \
	"{\"role\":\"" role "\",\"participant\":\"" ID "\",\"sub\":\"s\"," \
	"\"answer\":\"" answer "\",\"text_version\":\"1\","                \
	"\"text_sha256\":\"" SHA "\",\"language\":\"en\",\"answered_ms\":5}"
#define ORIGIN_US INT64_C(5000000)

/* In memory: the sweep syncs some thousand times. */
static char top[] = "/dev/shm/rthealth-recording-XXXXXX";
static int store = -1;
static struct rth_clinic_keys keys = {.n = 1};
static int narrowed;

static enum rth_err narrow(int folder)
{
	assert_true(folder >= 0);
	narrowed++;
	return RTH_OK;
}

static int set_up(void **state)
{
	uint8_t secret[32];

	(void)state;
	assert_true(sodium_init() >= 0);
	json_set_alloc_funcs(rth_alloc, rth_free);
	assert_non_null(mkdtemp(top));
	store = open(top, O_RDONLY | O_DIRECTORY);
	crypto_box_keypair(keys.public[0], secret);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

/* Empties the store. */
static void clean(void)
{
	assert_int_equal(nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int tear_down(void **state)
{
	(void)state;
	close(store);
	return rmdir(top);
}

static enum rth_err open_part(struct rth_recording **recordingp, int part)
{
	const struct rth_recording_conf conf = {
		.store = store,
		.keys = &keys,
		.narrow = narrow,
	};
	const struct rth_feed_head head = {
		.kind = RTH_FEED_BEGIN,
		.role = RTH_FEED_NOBODY,
		.slot = RTH_FEED_NO_SLOT,
		.time_us = ORIGIN_US,
	};
	char text[2048];

	snprintf(
		text, sizeof(text),
		"{\"version\":1,\"recording\":\"" ID "\",\"part\":%d,"
		"\"room\":\"" ID "\",\"origin_us\":5000000,"
		"\"begun_ms\":1790000000000,\"people\":[" PERSON(
			"clinician", "yes") "," PERSON("patient", "voice") "]}",
		part);
	return rth_recording_open(recordingp, &conf, &head, text, strlen(text));
}

static enum rth_err take(struct rth_recording *r, int kind, int role, int slot,
			 int64_t at_us, const void *body, size_t len)
{
	const struct rth_feed_head head = {
		.kind = (uint8_t)kind,
		.role = (uint8_t)role,
		.slot = (uint8_t)slot,
		.codec = slot == 0 ? RTH_FEED_OPUS : RTH_FEED_VP8,
		.time_us = at_us,
	};

	return rth_recording_take(r, &head, body, len);
}

static enum rth_err take_voice(struct rth_recording *r, int n)
{
	uint8_t packet[15] = {0x80, 111, 0, (uint8_t)n, 0,    0,    0,	 0,
			      0,    0,	 0, 1,		0xfc, 0xff, 0xfe};
	uint32_t time = (uint32_t)n * 960;

	for (int i = 0; i < 4; i++)
		packet[4 + i] = (uint8_t)(time >> (24 - 8 * i));
	return take(r, RTH_FEED_RTP, 1, 0, ORIGIN_US + n * 20000, packet,
		    sizeof(packet));
}

static enum rth_err take_text(struct rth_recording *r, int kind,
			      const char *text)
{
	return take(r, kind, 1, RTH_FEED_NO_SLOT, ORIGIN_US + 1000, text,
		    strlen(text));
}

static enum rth_err finish(struct rth_recording *r)
{
	const struct rth_recording_end end = {
		.ending = RTH_ENDING_COMPLETE,
		.reason = "stopped",
		.parts = 1,
	};

	return rth_recording_finish(r, &end);
}

/* All that a recording does, until something fails. */
static enum rth_err live(void)
{
	struct rth_recording *r = NULL;
	enum rth_err err = open_part(&r, 1);

	for (int n = 0; !err && n < 60; n++)
		err = take_voice(r, n);
	if (!err)
		err = take_text(r, RTH_FEED_NOTE, "{\"event\":\"paused\"}");
	if (!err)
		err = take_text(r, RTH_FEED_CHAT,
				"{\"from\":\"" ID "\",\"role\":\"patient\","
				"\"time\":1790000000000,\"text\":\"hi\"}");
	if (!err)
		err = rth_recording_tick(r, ORIGIN_US + 3000000, true);
	if (!err)
		err = rth_recording_flush(r);
	if (!err)
		err = finish(r);
	rth_recording_free(r);
	return err;
}

static bool has(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "2026/09/" ID "/%s", name);
	return faccessat(store, path, F_OK, 0) == 0;
}

static void a_whole_life(void **state)
{
	(void)state;
	narrowed = 0;
	assert_int_equal(live(), RTH_OK);
	assert_int_equal(narrowed, 1);
	assert_true(has("1-manifest.json"));
	assert_true(has("1-patient-1.webm"));
	assert_true(has("1-chat.jsonl"));
	assert_false(has("1-clinician-1.webm"));
	clean();
}

/* What is in a file now; its bytes are random each time that it is written. */
static size_t read_file(const char *name, uint8_t *out, size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "2026/09/" ID "/%s", name);
	fd = openat(store, path, O_RDONLY);
	assert_true(fd >= 0);
	n = read(fd, out, size);
	close(fd);
	assert_true(n > 0 && (size_t)n < size);
	return (size_t)n;
}

/* Frames wait for others: the last come out when no packet comes any more. */
static void what_comes_out_late_is_flushed(void **state)
{
	static uint8_t before[1 << 17], after[1 << 17];
	static const char name[] = "1-patient-1.webm";
	struct rth_recording *r = NULL;
	size_t n;

	(void)state;
	assert_int_equal(open_part(&r, 1), RTH_OK);
	for (int i = 0; i < 60; i++)
		assert_int_equal(take_voice(r, i), RTH_OK);
	assert_int_equal(rth_recording_flush(r), RTH_OK);
	n = read_file(name, before, sizeof(before));
	assert_int_equal(rth_recording_tick(r, ORIGIN_US + 3000000, true),
			 RTH_OK);
	assert_int_equal(rth_recording_flush(r), RTH_OK);
	assert_false(read_file(name, after, sizeof(after)) == n &&
		     memcmp(before, after, n) == 0);
	n = read_file(name, before, sizeof(before));
	assert_int_equal(rth_recording_flush(r), RTH_OK);
	assert_int_equal(read_file(name, after, sizeof(after)), n);
	assert_memory_equal(before, after, n);
	rth_recording_free(r);
	clean();
}

static void a_part_is_written_once(void **state)
{
	struct rth_recording *r = NULL;

	(void)state;
	assert_int_equal(live(), RTH_OK);
	assert_int_equal(open_part(&r, 1), RTH_ERR_EXISTS);
	assert_int_equal(open_part(&r, 2), RTH_OK);
	assert_int_equal(rth_recording_part(r), 2);
	assert_string_equal(rth_recording_id(r), ID);
	assert_int_equal(finish(r), RTH_OK);
	rth_recording_free(r);
	clean();
}

static void what_nobody_agreed_to(void **state)
{
	static const uint8_t packet[100] = {0x80};
	struct rth_recording *r = NULL;

	(void)state;
	assert_int_equal(open_part(&r, 1), RTH_OK);
	for (int slot = 1; slot < 3; slot++)
		assert_int_equal(take(r, RTH_FEED_RTP, 1, slot, ORIGIN_US + 1,
				      packet, sizeof(packet)),
				 RTH_ERR_DENIED);
	assert_int_equal(rth_recording_sum(r).packets, 0);
	rth_recording_free(r);
	clean();
}

static void chat_of_a_pause_is_not_written(void **state)
{
	static const char chat[] = "{\"from\":\"" ID "\",\"role\":\"patient\","
				   "\"time\":1790000000000,\"text\":\"hi\"}";
	struct rth_recording *r = NULL;

	(void)state;
	assert_int_equal(open_part(&r, 1), RTH_OK);
	assert_int_equal(take_text(r, RTH_FEED_NOTE, "{\"event\":\"paused\"}"),
			 RTH_OK);
	assert_int_equal(take(r, RTH_FEED_CHAT, 1, RTH_FEED_NO_SLOT,
			      ORIGIN_US + 2000, chat, strlen(chat)),
			 RTH_OK);
	assert_int_equal(rth_recording_sum(r).refused, 1);
	assert_int_equal(finish(r), RTH_OK);
	assert_false(has("1-chat.jsonl"));
	rth_recording_free(r);
	clean();
}

/* A flood is written only as fast as one person may send. */
static void a_flood_is_lost(void **state)
{
	static uint8_t packet[2000] = {0x80, 96};
	const unsigned burst = (16 << 20) / 2000;
	struct rth_recording *r = NULL;

	(void)state;
	assert_int_equal(open_part(&r, 1), RTH_OK);
	for (unsigned i = 0; i < burst + 100; i++) {
		packet[2] = (uint8_t)(i >> 8);
		packet[3] = (uint8_t)i;
		assert_int_equal(take(r, RTH_FEED_RTP, 0, 1, ORIGIN_US, packet,
				      sizeof(packet)),
				 RTH_OK);
	}
	assert_int_equal(rth_recording_sum(r).packets, burst);
	assert_int_equal(rth_recording_sum(r).lost, 100);
	assert_int_equal(take_voice(r, 1), RTH_OK);
	assert_int_equal(rth_recording_sum(r).lost, 100);
	for (int i = 0; i < 40; i++)
		assert_int_equal(take(r, RTH_FEED_RTP, 0, 1, ORIGIN_US + 20000,
				      packet, sizeof(packet)),
				 RTH_OK);
	assert_int_equal(rth_recording_sum(r).lost, 110);
	rth_recording_free(r);
	clean();
}

static void times_have_bounds(void **state)
{
	struct rth_recording *r = NULL;
	const char *paused = "{\"event\":\"paused\"}";
	size_t len = strlen(paused);

	(void)state;
	assert_int_equal(open_part(&r, 1), RTH_OK);
	assert_int_equal(take(r, RTH_FEED_NOTE, 255, 255, ORIGIN_US - 1000000,
			      paused, len),
			 RTH_OK);
	assert_int_equal(take(r, RTH_FEED_NOTE, 255, 255, ORIGIN_US - 1000001,
			      paused, len),
			 RTH_ERR_FORMAT);
	assert_int_equal(
		take(r, RTH_FEED_NOTE, 255, 255, INT64_MAX, paused, len),
		RTH_ERR_FORMAT);
	assert_int_equal(take(r, RTH_FEED_END, 255, 255, ORIGIN_US, "{}", 2),
			 RTH_ERR_FORMAT);
	assert_int_equal(
		take(r, RTH_FEED_RTCP, 255, 255, ORIGIN_US, paused, len),
		RTH_ERR_FORMAT);
	rth_recording_free(r);
	clean();
}

static void without_memory(void **state)
{
	unsigned long n;

	(void)state;
	rth_mem_fail_at(0);
	assert_int_equal(live(), RTH_OK);
	n = rth_mem_count();
	clean();
	assert_true(n > 100);
	for (unsigned long i = 1; i <= n; i++) {
		rth_mem_fail_at(i);
		assert_int_not_equal(live(), RTH_OK);
		rth_mem_fail_at(0);
		clean();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_life),
		cmocka_unit_test(what_comes_out_late_is_flushed),
		cmocka_unit_test(a_part_is_written_once),
		cmocka_unit_test(what_nobody_agreed_to),
		cmocka_unit_test(chat_of_a_pause_is_not_written),
		cmocka_unit_test(a_flood_is_lost),
		cmocka_unit_test(times_have_bounds),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
