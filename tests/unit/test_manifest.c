/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folder, chat and manifest of a recording, on a real disk with real seals,
 * over lanes that only tell what the test says.
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "../../common/mem.h"
#include "../../recordings/folder.h"
#include "../../recordings/manifest.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PERSON(role)                                                       \
	"{\"role\":\"" role "\",\"participant\":\"" ID "\",\"sub\":\"s\"," \
	"\"answer\":\"yes\",\"text_version\":\"1\",\"text_sha256\":\"" SHA \
	"\",\"language\":\"en\",\"answered_ms\":5}"
#define BEGIN                                                               \
	"{\"version\":1,\"recording\":\"" ID "\",\"part\":2,\"room\":\"" ID \
	"\",\"origin_us\":1000000,\"begun_ms\":1790000000000,\"people\":"   \
	"[" PERSON("clinician") "," PERSON("patient") "]}"

/* The lanes. */

struct rth_lane {
	size_t segments;
	bool finished;
};

enum rth_err rth_lane_segment(const struct rth_lane *lane, size_t n,
			      struct rth_segment_info *info)
{
	if (n >= lane->segments)
		return RTH_ERR_NOT_FOUND;
	*info = (struct rth_segment_info){
		.container = "webm",
		.audio = "opus",
		.video = n ? "vp8" : NULL,
		.width = n ? 640 : 0,
		.height = n ? 480 : 0,
		.start_ms = 40,
		.duration_ms = 1000,
		.bytes = 12345,
		.frames = 75,
		.key_frames = 1,
		.finished = lane->finished,
		.digest = {0xab, 0xcd},
	};
	snprintf(info->name, sizeof(info->name), "2-clinician-%zu.webm", n + 1);
	return RTH_OK;
}

struct rth_lane_counts rth_lane_counts(const struct rth_lane *lane)
{
	(void)lane;
	return (struct rth_lane_counts){100, 1, 2, 3, 4};
}

/* The store. */

static char top[] = "/tmp/rthealth-manifest-XXXXXX";
static int store = -1, folder = -1;
static struct rth_seal_key *key;
static struct rth_said_begin begin;

static int set_up(void **state)
{
	uint8_t public[1][32], secret[32];

	(void)state;
	assert_true(sodium_init() >= 0);
	assert_non_null(mkdtemp(top));
	store = open(top, O_RDONLY | O_DIRECTORY);
	crypto_box_keypair(public[0], secret);
	assert_int_equal(rth_seal_key_make(&key, public, 1), RTH_OK);
	assert_int_equal(rth_said_begin(&begin, BEGIN, strlen(BEGIN)), RTH_OK);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	rth_said_begin_clear(&begin);
	rth_seal_key_free(key);
	close(folder);
	close(store);
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void folder_is_made_and_locked(void **state)
{
	struct stat st;
	char path[128];
	int second = -1;

	(void)state;
	assert_int_equal(rth_folder_make(&folder, store, ID, begin.begun_ms),
			 RTH_OK);
	snprintf(path, sizeof(path), "%s/2026/09/" ID, top);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(rth_folder_lock(folder, 0), RTH_OK);
	assert_int_equal(rth_folder_make(&second, store, ID, begin.begun_ms),
			 RTH_OK);
	assert_int_equal(rth_folder_lock(second, 50), RTH_ERR_TIMEOUT);
	close(second);
	assert_true(rth_folder_free_bytes(folder) > 0);
}

static void no_link_is_followed(void **state)
{
	struct rth_seal *seal = NULL;
	int fd = -1;

	(void)state;
	assert_int_equal(symlinkat("/tmp", store, "2027"), 0);
	assert_int_equal(rth_folder_make(&fd, store, ID, 1810000000000),
			 RTH_ERR_IO);
	assert_int_equal(symlinkat("/tmp/x", folder, "link"), 0);
	assert_int_equal(rth_folder_seal(&seal, folder, "link", key),
			 RTH_ERR_EXISTS);
	unlinkat(folder, "link", 0);
	unlinkat(store, "2027", 0);
}

static void files_are_new(void **state)
{
	struct rth_seal *seal = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(rth_folder_seal(&seal, folder, "x", key), RTH_OK);
	assert_int_equal(fstatat(folder, "x", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	rth_seal_close(seal);
	assert_true(rth_folder_has(folder, "x"));
	assert_int_equal(rth_folder_seal(&seal, folder, "x", key),
			 RTH_ERR_EXISTS);
	unlinkat(folder, "x", 0);
	assert_false(rth_folder_has(folder, "x"));
}

/* Reads a sealed file of the folder. */
static size_t read_sealed(const char *name, char *text, size_t size,
			  bool *completep)
{
	struct rth_unseal *unseal = NULL;
	size_t got = 0;
	int fd = openat(folder, name, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(rth_unseal_open(&unseal, fd, key), RTH_OK);
	assert_int_equal(rth_unseal_read(unseal, 0, text, size - 1, &got, NULL),
			 RTH_OK);
	text[got] = '\0';
	*completep = rth_unseal_complete(unseal);
	rth_unseal_close(unseal);
	return got;
}

static json_t *message(const char *text)
{
	return json_pack("{s:s, s:s, s:I, s:s}", "from", ID, "role", "patient",
			 "time", (json_int_t)1790000000000, "text", text);
}

static void chat_is_lines(void **state)
{
	struct rth_chat_log *log = NULL;
	struct rth_chat_info info;
	json_t *chat = message("Good\nmorning");
	char text[1024];
	bool complete;

	(void)state;
	assert_int_equal(rth_chat_log_create(&log, folder, 2, key), RTH_OK);
	assert_false(rth_chat_log_info(log, &info));
	assert_int_equal(rth_chat_log_flush(log), RTH_OK);
	assert_false(rth_folder_has(folder, "2-chat.jsonl"));
	assert_int_equal(rth_chat_log_add(log, chat, 5), RTH_OK);
	assert_int_equal(rth_chat_log_add(log, chat, 6), RTH_OK);
	assert_int_equal(rth_chat_log_flush(log), RTH_OK);
	read_sealed("2-chat.jsonl", text, sizeof(text), &complete);
	assert_false(complete);
	assert_int_equal(rth_chat_log_finish(log), RTH_OK);
	assert_int_equal(rth_chat_log_finish(log), RTH_OK);
	assert_true(rth_chat_log_info(log, &info));
	assert_int_equal(info.lines, 2);
	assert_int_equal(
		read_sealed("2-chat.jsonl", text, sizeof(text), &complete),
		info.bytes);
	assert_true(complete);
	assert_string_equal(
		text,
		"{\"at_ms\":5,\"from\":\"" ID "\",\"role\":\"patient\",\"time\""
		":1790000000000,\"text\":\"Good\\nmorning\"}\n"
		"{\"at_ms\":6,\"from\":\"" ID "\",\"role\":\"patient\",\"time\""
		":1790000000000,\"text\":\"Good\\nmorning\"}\n");
	rth_chat_log_free(log);
	json_decref(chat);
	unlinkat(folder, "2-chat.jsonl", 0);
}

/* The largest message there can be still fits its line. */
static void the_longest_chat_fits(void **state)
{
	struct rth_chat_log *log = NULL;
	char text[4001];
	json_t *chat;

	(void)state;
	memset(text, 1, 4000);
	text[4000] = '\0';
	chat = message(text);
	assert_int_equal(rth_chat_log_create(&log, folder, 3, key), RTH_OK);
	assert_int_equal(rth_chat_log_add(log, chat, 5), RTH_OK);
	rth_chat_log_free(log);
	json_decref(chat);
	unlinkat(folder, "3-chat.jsonl", 0);
}

/* The manifest. */

struct fixture {
	struct rth_lane lanes[2];
	struct rth_manifest_lane rows[2];
	struct rth_chat_log *chat;
	struct rth_manifest *manifest;
	struct rth_manifest_now now;
};

static enum rth_err make(struct fixture *f)
{
	enum rth_err err;

	memset(f, 0, sizeof(*f));
	f->lanes[0].segments = 2;
	f->rows[0] = (struct rth_manifest_lane){"clinician", "clinician",
						&f->lanes[0]};
	f->rows[1] =
		(struct rth_manifest_lane){"patient", "patient", &f->lanes[1]};
	err = rth_chat_log_create(&f->chat, folder, 2, key);
	if (!err)
		err = rth_manifest_create(&f->manifest, &begin, 3500000);
	f->now = (struct rth_manifest_now){
		.lanes = f->rows,
		.n_lanes = 2,
		.chat = f->chat,
		.loss = {{1, 2}, {3, 4}},
		.at_ms = 9000,
	};
	return err;
}

static void drop(struct fixture *f)
{
	rth_manifest_free(f->manifest);
	rth_chat_log_free(f->chat);
}

static json_t *load(struct fixture *f)
{
	json_t *json = rth_manifest_json(f->manifest, &f->now);

	assert_non_null(json);
	return json;
}

static void manifest_of_one_that_goes_on(void **state)
{
	struct fixture f;
	json_t *json, *segment;
	const char *text;
	int part, start, packets, lost;

	(void)state;
	assert_int_equal(make(&f), RTH_OK);
	json = load(&f);
	assert_null(json_object_get(json, "finished"));
	assert_null(json_object_get(json, "failed"));
	assert_null(json_object_get(json, "chat"));
	assert_int_equal(json_unpack(json,
				     "{s:i, s:i, s:[{s:{s:i}}], s:{s:{s:i}}}",
				     "part", &part, "start_ms", &start, "lanes",
				     "counts", "packets", &packets, "loss",
				     "patient", "lost", &lost),
			 0);
	assert_int_equal(part, 2);
	assert_int_equal(start, 2500);
	assert_int_equal(packets, 100);
	assert_int_equal(lost, 3);
	assert_int_equal(json_unpack(json, "{s:[{s:[o,o]}]}", "lanes",
				     "segments", &segment, &segment),
			 0);
	assert_true(json_is_null(json_object_get(segment, "digest")));
	assert_int_equal(json_unpack(segment, "{s:s}", "video", &text), 0);
	assert_string_equal(text, "vp8");
	json_decref(json);
	drop(&f);
}

static void manifest_of_one_that_ended(void **state)
{
	struct fixture f;
	json_t *json;
	const char *how, *reason, *digest, *by;
	int duration, parts;

	(void)state;
	assert_int_equal(make(&f), RTH_OK);
	f.lanes[0].finished = true;
	f.now.ending = RTH_ENDING_COMPLETE;
	f.now.reason = "stopped";
	f.now.parts = 2;
	f.now.by = json_pack("{s:s}", "sub", "u7");
	json = load(&f);
	json_decref(f.now.by);
	assert_int_equal(json_unpack(json,
				     "{s:{s:s, s:s, s:{s:s !}, s:i, s:i !},"
				     " s:[{s:[{s:s}]}]}",
				     "finished", "how", &how, "reason", &reason,
				     "by", "sub", &by, "duration_ms", &duration,
				     "parts", &parts, "lanes", "segments",
				     "digest", &digest),
			 0);
	assert_string_equal(by, "u7");
	assert_string_equal(how, "complete");
	assert_string_equal(reason, "stopped");
	assert_int_equal(duration, 6500);
	assert_int_equal(parts, 2);
	assert_int_equal(strlen(digest), 64);
	assert_memory_equal(digest, "abcd0000", 8);
	json_decref(json);
	drop(&f);
}

static void notes_have_a_bound(void **state)
{
	struct fixture f;
	json_t *note, *json;
	int left_out;

	(void)state;
	assert_int_equal(make(&f), RTH_OK);
	for (int i = 0; i < RTH_MANIFEST_NOTES_MAX + 7; i++) {
		note = json_pack("{s:s}", "event", "paused");
		assert_int_equal(rth_manifest_note(f.manifest, note, i),
				 RTH_OK);
		json_decref(note);
	}
	note = json_pack("{s:s}", "event", "consent");
	assert_int_equal(rth_manifest_note(f.manifest, note, 9), RTH_OK);
	json_decref(note);
	json = load(&f);
	assert_int_equal(json_array_size(json_object_get(json, "notes")),
			 RTH_MANIFEST_NOTES_MAX + 1);
	assert_int_equal(
		json_unpack(json, "{s:i}", "notes_left_out", &left_out), 0);
	assert_int_equal(left_out, 7);
	json_decref(json);
	drop(&f);
}

static void there_is_always_one(void **state)
{
	struct fixture f;
	char text[8192];
	bool complete;

	(void)state;
	assert_int_equal(make(&f), RTH_OK);
	close(openat(folder, "2-manifest.json.new", O_CREAT | O_RDWR, 0600));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			rth_manifest_write(f.manifest, &f.now, folder, key),
			RTH_OK);
		read_sealed("2-manifest.json", text, sizeof(text), &complete);
		assert_true(complete);
		assert_non_null(strstr(text, "\"recording\":\"" ID "\""));
		assert_false(rth_folder_has(folder, "2-manifest.json.new"));
	}
	drop(&f);
}

static void write_once(void)
{
	struct fixture f;
	enum rth_err err = make(&f);

	if (!err)
		err = rth_manifest_write(f.manifest, &f.now, folder, key);
	(void)err;
	drop(&f);
}

static void without_memory(void **state)
{
	char text[8192];
	unsigned long n;
	bool complete;

	(void)state;
	json_set_alloc_funcs(rth_alloc, rth_free);
	rth_mem_fail_at(0);
	write_once();
	n = rth_mem_count();
	assert_true(n > 50);
	for (unsigned long i = 1; i <= n; i++) {
		rth_mem_fail_at(i);
		write_once();
		rth_mem_fail_at(0);
		read_sealed("2-manifest.json", text, sizeof(text), &complete);
		assert_true(complete);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folder_is_made_and_locked),
		cmocka_unit_test(no_link_is_followed),
		cmocka_unit_test(files_are_new),
		cmocka_unit_test(chat_is_lines),
		cmocka_unit_test(the_longest_chat_fits),
		cmocka_unit_test(manifest_of_one_that_goes_on),
		cmocka_unit_test(manifest_of_one_that_ended),
		cmocka_unit_test(notes_have_a_bound),
		cmocka_unit_test(there_is_always_one),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
