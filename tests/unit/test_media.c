/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"
#include "recording_fixture.h"

#include <sys/resource.h>
#include <time.h>

#include "audit_chain.h"
#include "base64.h"
#include "key_file.h"
#include "keys.h"
#include "media.h"
#include "rights.h"
#include "seal_secret.h"
#include "work.h"

#define PLAY "pppppppppppppppppppppp"
#define SESSION "ssssssssssssssssssssssssssssssssssssssssss0"
#define OTHER "ttttttttttttttttttttttttttttttttttttttttttt"
#define LANE "1-clinician-1.webm"
#define LANE_BYTES 50000
#define RECORD_BYTES 16448
#define BLOCK_0 (4096 + 2 * RECORD_BYTES)
#define AT_ONCE 3
#define MORE "oooooooooooooooooooooo"
#define THEIRS "tttttttttttttttttttttt"
#define ANOTHER "another"
#define OF_A_PLAY 2

static struct bench bench;
static struct fixture fix;
static char key_folder[64];
static struct rth_user user;

/* ---- A portal with one recording and one who plays it ---- */

static void write_key(void)
{
	struct rth_key_halves *key = rth_secret_alloc(sizeof(*key));
	int dirfd;

	strcpy(key_folder, "/tmp/rth-keys-XXXXXX");
	assert_non_null(mkdtemp(key_folder));
	dirfd = open(key_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(key && dirfd >= 0);
	memcpy(key->public, fix.public, sizeof(key->public));
	memcpy(key->secret, fix.secret, sizeof(key->secret));
	assert_int_equal(rth_key_file_write(dirfd, "a.key", key, NULL, NULL),
			 0);
	close(dirfd);
	rth_secret_free(key);
}

static void open_keys(void)
{
	char problem[RTH_KEYS_LINE_SIZE];

	assert_int_equal(rth_keys_open(&bench.portal.keys,
				       &bench.portal.settings, false, problem),
			 0);
}

static void configure(void)
{
	static char *operators[] = {"domain:ops.example"};
	static char *who[] = {"role:operator"}, *of[] = {"all"};
	static struct rth_review_rule rule = {
		.who = {who, 1}, .of = {of, 1}, .rights = RTH_MAY_PLAY};
	struct rth_settings *s = &bench.portal.settings;

	s->roles.operators.v = operators;
	s->roles.operators.n = 1;
	s->review.rules.v = &rule;
	s->review.rules.n = 1;
	s->recordings.folder = fix.store;
	s->recordings.private_keys = key_folder;
	s->limits.streams = AT_ONCE;
	s->limits.streams_per_play = OF_A_PLAY;
	s->limits.stream_check_s = 1;
}

static void add_session(const char *hash)
{
	struct rth_session_row row = {.created_s = bench_now,
				      .seen_s = bench_now};

	strcpy(row.hash, hash);
	row.user = user;
	assert_int_equal(rth_store_session_add(bench.portal.store, &row), 0);
}

static void add_play(const char *id, const char *hash)
{
	struct rth_play play = {.recording = FIX_ID, .begun_s = bench_now};

	strcpy(play.id, id);
	strcpy(play.session, hash);
	strcpy(play.user, user.id);
	assert_int_equal(rth_store_play_add(bench.portal.store, &play), 0);
}

static int open_all(void **state)
{
	const struct rth_recording_row recording = {
		.id = FIX_ID,
		.room = FIX_ROOM,
		.state = RTH_RECORDING_FINISHED,
		.begun_s = bench_now - 100,
		.ended_s = bench_now - 50,
		.parts = 1};

	(void)state;
	bench_open(&bench);
	fix_open(&fix);
	fix_whole(&fix);
	write_key();
	configure();
	open_keys();
	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"o@ops.example", "O", bench_now),
			 0);
	add_session(SESSION);
	assert_int_equal(
		rth_store_recording_put(bench.portal.store, &recording), 0);
	add_play(PLAY, SESSION);
	assert_int_equal(rth_work_create(&bench.portal.work, 1, 16), 0);
	assert_int_equal(rth_media_create(&bench.portal.media, &bench.portal),
			 0);
	return 0;
}

static int close_all(void **state)
{
	char path[96];

	(void)state;
	rth_media_free(bench.portal.media);
	rth_work_free(bench.portal.work);
	rth_keys_free(bench.portal.keys);
	snprintf(path, sizeof(path), "%s/a.key", key_folder);
	unlink(path);
	rmdir(key_folder);
	fix_close(&fix);
	bench_close(&bench);
	return 0;
}

/* ---- Requests ---- */

static struct rth_exchange *request(const char *hash, const char *play,
				    const char *file, const char *range)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/api/plays");
	struct rth_session *session = rth_alloc(sizeof(*session));

	assert_non_null(session);
	session->user = user;
	session->role = RTH_ROLE_OPERATOR;
	strcpy(session->hash, hash);
	rth_exchange_set_session(x, session);
	assert_int_equal(rth_exchange_set_param(x, 0, play, strlen(play)), 0);
	assert_int_equal(rth_exchange_set_param(x, 1, file, strlen(file)), 0);
	if (range)
		assert_int_equal(
			rth_exchange_add(x, RTH_FIELD_HEADER, "Range", range),
			0);
	return x;
}

static struct rth_exchange *ask(const char *file, const char *range)
{
	struct rth_exchange *x = request(SESSION, PLAY, file, range);

	rth_media_handle(x);
	return x;
}

static unsigned status_of(struct rth_exchange *x)
{
	return rth_exchange_reply(x)->status;
}

/* Reads the body to its end or to an error, and compares. */
static enum rth_err read_all(struct rth_exchange *x, const char *wanted,
			     uint64_t *readp)
{
	const struct rth_body *body = &rth_exchange_reply(x)->stream;
	char data[10000];
	enum rth_err err = 0;
	uint64_t at = 0;

	while (!err && at < body->bytes) {
		uint64_t left = body->bytes - at;
		size_t got = 0,
		       len = left < sizeof(data) ? (size_t)left : sizeof(data);

		err = body->read(body->arg, at, data, len, &got);
		if (!err) {
			assert_true(got > 0 && got <= len);
			assert_memory_equal(data, wanted + at, got);
			at += got;
		}
	}
	if (readp)
		*readp = at;
	return err;
}

static void files_are_served(void **state)
{
	static const struct {
		const char *name, *type;
		size_t bytes;
	} files[] = {
		{"1-chat.jsonl", "application/x-ndjson", strlen(FIX_CHAT)},
		{LANE, "video/webm", LANE_BYTES},
		{"1-patient-1.webm", "video/webm", 3 * RTH_SEAL_BLOCK_BYTES},
	};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct rth_exchange *x = ask(files[i].name, NULL);
		char *wanted = i ? fix_bytes(files[i].name, files[i].bytes)
				 : strdup(FIX_CHAT);

		assert_int_equal(status_of(x), 200);
		assert_int_equal(rth_exchange_reply(x)->stream.bytes,
				 files[i].bytes);
		assert_string_equal(rth_exchange_reply(x)->type, files[i].type);
		assert_int_equal(read_all(x, wanted, NULL), 0);
		assert_string_equal(bench_header(x, "Cache-Control"),
				    "no-store");
		assert_string_equal(bench_header(x, "Content-Disposition"),
				    "inline");
		assert_string_equal(bench_header(x, "Accept-Ranges"), "bytes");
		rth_exchange_free(x);
		free(wanted);
	}
}

static void mp4_is_served_as_such(void **state)
{
	struct rth_exchange *x;

	(void)state;
	fix_lane(&fix, "1-patient-2.mp4", 10, true);
	x = ask("1-patient-2.mp4", NULL);
	assert_int_equal(status_of(x), 200);
	assert_string_equal(rth_exchange_reply(x)->type, "video/mp4");
	rth_exchange_free(x);
}

static void a_range_is_of_the_right_bytes(void **state)
{
	char *wanted = fix_bytes(LANE, LANE_BYTES);
	struct rth_exchange *x = ask(LANE, "bytes=16380-32800");

	(void)state;
	assert_int_equal(status_of(x), 206);
	assert_string_equal(bench_header(x, "Content-Range"),
			    "bytes 16380-32800/50000");
	assert_int_equal(read_all(x, wanted + 16380, NULL), 0);
	rth_exchange_free(x);
	free(wanted);
}

static void the_tag_is_of_the_content(void **state)
{
	char *bytes = fix_bytes(LANE, LANE_BYTES);
	char text[RTH_BASE64URL_LEN(RTH_SEAL_DIGEST_BYTES) + 1], tag[64];
	struct fix_file file = fix_write(&fix, LANE, bytes, LANE_BYTES, true);
	struct rth_exchange *x = ask(LANE, NULL);

	(void)state;
	assert_int_equal(rth_base64url_encode(text, sizeof(text), file.digest,
					      sizeof(file.digest)),
			 0);
	snprintf(tag, sizeof(tag), "\"%s\"", text);
	assert_string_equal(bench_header(x, "ETag"), tag);
	rth_exchange_free(x);
	x = request(SESSION, PLAY, LANE, "bytes=1-2");
	assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER, "If-Range", tag),
			 0);
	rth_media_handle(x);
	assert_int_equal(status_of(x), 206);
	rth_exchange_free(x);
	free(bytes);
}

static void one_that_is_written_has_what_was_flushed(void **state)
{
	char *wanted = fix_bytes("1-patient-1.webm", 40000);
	struct rth_exchange *x;

	(void)state;
	fix_lane(&fix, "1-patient-1.webm", 20000, false);
	x = ask("1-patient-1.webm", NULL);
	assert_int_equal(status_of(x), 200);
	assert_null(bench_header(x, "ETag"));
	assert_int_equal(rth_exchange_reply(x)->stream.bytes, 20000);
	assert_int_equal(read_all(x, wanted, NULL), 0);
	rth_exchange_free(x);
	fix_lane(&fix, "1-patient-1.webm", 40000, false);
	x = ask("1-patient-1.webm", "bytes=20000-");
	assert_string_equal(bench_header(x, "Content-Range"),
			    "bytes 20000-39999/40000");
	assert_int_equal(read_all(x, wanted + 20000, NULL), 0);
	rth_exchange_free(x);
	free(wanted);
}

/* ---- Who gets nothing ---- */

static void assert_code(struct rth_exchange *x, unsigned status,
			const char *code)
{
	char text[32];

	assert_int_equal(status_of(x), status);
	assert_string_equal(bench_code(x, text, sizeof(text)), code);
	assert_null(rth_exchange_reply(x)->stream.read);
	assert_null(bench_header(x, "ETag"));
	rth_exchange_free(x);
}

static void only_lanes_and_chat_are_served(void **state)
{
	static const char *const names[] = {
		"1-manifest.json",
		"x.txt",
		"1-patient-9.webm",
		"1-lane",
		"..",
		"../" FIX_OTHER "/" LANE,
		"",
		LANE " ",
		"1-patient-3.webm.recovering",
		"./" LANE,
		"/etc/passwd",
	};
	size_t i;

	(void)state;
	fix_run(&fix, "cp " LANE " x.txt; cp " LANE " 1-lane; cp " LANE
		      " 1-patient-3.webm.recovering");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_code(ask(names[i], NULL), 404, "not-found");
	fix_run(&fix, "ln -s " LANE " 1-patient-4.webm");
	assert_code(ask("1-patient-4.webm", NULL), 409, "unreadable");
}

static void only_the_session_of_the_play_is_served(void **state)
{
	struct rth_exchange *x = request(OTHER, PLAY, LANE, NULL);

	(void)state;
	rth_media_handle(x);
	assert_code(x, 404, "not-found");
	x = request(SESSION, "qqqqqqqqqqqqqqqqqqqqqq", LANE, NULL);
	rth_media_handle(x);
	assert_code(x, 404, "not-found");
	x = request(SESSION, "no id", LANE, NULL);
	rth_media_handle(x);
	assert_code(x, 404, "not-found");
	bench.portal.settings.review.rules.n = 0;
	assert_code(ask(LANE, NULL), 404, "not-found");
	bench.portal.settings.review.rules.n = 1;
}

static void without_its_key_it_is_unreadable(void **state)
{
	struct rth_keys *keys = bench.portal.keys;

	(void)state;
	bench.portal.keys = NULL;
	assert_code(ask(LANE, NULL), 409, "unreadable");
	bench.portal.keys = keys;
	crypto_box_keypair(fix.public, fix.secret);
	fix_recording(&fix, FIX_ID);
	fix_lane(&fix, LANE, LANE_BYTES, true);
	assert_code(ask(LANE, NULL), 409, "unreadable");
}

static struct rth_exchange *ask_as(const char *hash, const char *play)
{
	struct rth_exchange *x = request(hash, play, LANE, NULL);

	rth_media_handle(x);
	return x;
}

static void there_are_not_too_many_at_once(void **state)
{
	struct rth_exchange *a = ask(LANE, NULL), *b = ask(LANE, NULL), *c, *x;

	(void)state;
	assert_int_equal(status_of(a), 200);
	assert_int_equal(status_of(b), 200);
	assert_code(ask(LANE, NULL), 429, "too-many");
	x = request(SESSION, PLAY, LANE, NULL);
	rth_exchange_set_head(x);
	rth_media_handle(x);
	assert_int_equal(status_of(x), 200);
	assert_int_equal(rth_exchange_reply(x)->stream.bytes, LANE_BYTES);
	rth_exchange_free(x);
	/* Another play of the same person is not more. */
	add_play(MORE, SESSION);
	assert_code(ask_as(SESSION, MORE), 429, "too-many");
	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"o2@ops.example", "P", bench_now),
			 0);
	add_session(ANOTHER);
	add_play(THEIRS, ANOTHER);
	c = ask_as(ANOTHER, THEIRS);
	assert_int_equal(status_of(c), 200);
	assert_code(ask_as(ANOTHER, THEIRS), 503, "busy");
	rth_exchange_free(a);
	x = ask_as(ANOTHER, THEIRS);
	assert_int_equal(status_of(x), 200);
	rth_exchange_free(x);
	rth_exchange_free(b);
	rth_exchange_free(c);
}

/* A key that finds no locked memory is one of a recording that runs. */
static void there_are_no_more_than_can_be_locked(void **state)
{
	struct rlimit before, few;
	struct rth_exchange *a, *x;

	(void)state;
	rth_media_free(bench.portal.media);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	few = before;
	few.rlim_cur = (1024 + 68) * 1024;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &few), 0);
	assert_int_equal(rth_media_create(&bench.portal.media, &bench.portal),
			 0);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &before), 0);
	a = ask(LANE, NULL);
	assert_int_equal(status_of(a), 200);
	x = ask(LANE, NULL);
	assert_code(x, 503, "busy");
	rth_exchange_free(a);
}

/* ---- What happens meanwhile ---- */

static void a_session_that_ends_ends_it(void **state)
{
	const struct timespec pause = {0, 10000000};
	struct rth_exchange *x = ask(LANE, NULL);
	const struct rth_body *body = &rth_exchange_reply(x)->stream;
	char data[16];
	size_t got;
	int i;

	(void)state;
	assert_int_equal(body->read(body->arg, 0, data, sizeof(data), &got), 0);
	assert_int_equal(rth_store_session_end(bench.portal.store, SESSION), 0);
	for (i = 0; !atomic_load(body->cut); i++) {
		assert_true(i < 2000);
		nanosleep(&pause, NULL);
	}
	assert_int_equal(body->read(body->arg, 16, data, sizeof(data), &got),
			 RTH_ERR_DENIED);
	rth_exchange_free(x);
	assert_code(ask(LANE, NULL), 404, "not-found");
}

/* Before its words are taken away, so that nobody waits for the asking. */
static void a_deletion_cuts_it(void **state)
{
	struct rth_exchange *x = ask(LANE, NULL);
	const struct rth_body *body = &rth_exchange_reply(x)->stream;
	char data[16];
	size_t got;

	(void)state;
	rth_media_cut(NULL, FIX_ID);
	rth_media_cut(bench.portal.media, FIX_OTHER);
	assert_int_equal(body->read(body->arg, 0, data, sizeof(data), &got), 0);
	rth_media_cut(bench.portal.media, FIX_ID);
	assert_true(atomic_load(body->cut));
	assert_int_equal(body->read(body->arg, 16, data, sizeof(data), &got),
			 RTH_ERR_DENIED);
	rth_exchange_free(x);
}

struct found {
	int rows;
	char data[256];
};

static enum rth_err find_row(const struct rth_audit_row *row, const char *name,
			     void *arg)
{
	struct found *found = arg;

	(void)name;
	found->rows++;
	snprintf(found->data, sizeof(found->data), "%.40s %.40s %.150s",
		 row->object, row->outcome, row->data);
	return 0;
}

static struct found damage_told(void)
{
	const struct rth_audit_filter filter = {.action = "recording-damaged",
						.limit = 10};
	struct found found = {0, ""};

	rth_work_free(bench.portal.work);
	assert_int_equal(rth_work_create(&bench.portal.work, 1, 16), 0);
	assert_int_equal(rth_store_audit_list(bench.portal.store, &filter,
					      find_row, &found),
			 0);
	return found;
}

static void damage(long at)
{
	char words[160];

	snprintf(words, sizeof(words),
		 "printf '\\377\\000\\377\\000' | dd of=" LANE
		 " bs=1 seek=%ld conv=notrunc status=none",
		 at);
	fix_run(&fix, words);
}

static void a_damaged_block_ends_it_and_is_told_once(void **state)
{
	char *wanted = fix_bytes(LANE, LANE_BYTES);
	struct found found;
	uint64_t read;
	int i;

	(void)state;
	damage(BLOCK_0 + RECORD_BYTES + 1000);
	for (i = 0; i < 3; i++) {
		struct rth_exchange *x = ask(LANE, NULL);

		assert_int_equal(status_of(x), 200);
		assert_int_equal(read_all(x, wanted, &read), RTH_ERR_CRYPTO);
		assert_true(read <= RTH_SEAL_BLOCK_BYTES);
		rth_exchange_free(x);
		/* Blocks that are not asked for are not looked at. */
		x = ask(LANE, "bytes=32768-");
		assert_int_equal(read_all(x, wanted + 32768, &read), 0);
		assert_int_equal(read, LANE_BYTES - 32768);
		rth_exchange_free(x);
	}
	found = damage_told();
	assert_int_equal(found.rows, 1);
	assert_string_equal(found.data, FIX_ID
			    " failed {\"block\":1,\"file\":\"" LANE "\"}");
	free(wanted);
}

static void a_damaged_header_is_told(void **state)
{
	struct found found;

	(void)state;
	damage(20);
	assert_code(ask(LANE, NULL), 409, "unreadable");
	assert_code(ask(LANE, "bytes=0-1"), 409, "unreadable");
	found = damage_told();
	assert_int_equal(found.rows, 1);
	assert_string_equal(found.data,
			    FIX_ID " failed {\"file\":\"" LANE "\"}");
}

/* What could not be queued is told the next time. */
static void a_row_that_was_not_queued_is_tried_again(void **state)
{
	(void)state;
	damage(20);
	rth_work_stop(bench.portal.work);
	assert_code(ask(LANE, NULL), 409, "unreadable");
	assert_int_equal(damage_told().rows, 0);
	assert_code(ask(LANE, NULL), 409, "unreadable");
	assert_code(ask(LANE, NULL), 409, "unreadable");
	assert_int_equal(damage_told().rows, 1);
}

static void a_cut_file_is_told(void **state)
{
	(void)state;
	fix_run(&fix, "truncate -s -1 " LANE);
	assert_code(ask(LANE, NULL), 409, "unreadable");
	assert_int_equal(damage_told().rows, 1);
}

static void without_memory_nothing_leaks(void **state)
{
	char *wanted = fix_bytes(LANE, LANE_BYTES);
	unsigned status = 0;
	unsigned long n;

	(void)state;
	for (n = 1; status != 206; n++) {
		struct rth_exchange *x =
			request(SESSION, PLAY, LANE, "bytes=5-6");

		rth_mem_fail_at(n);
		rth_media_handle(x);
		rth_mem_fail_at(0);
		status = rth_exchange_reply(x)->failed ? 500 : status_of(x);
		assert_true(status == 206 || status == 500 || status == 503);
		if (status == 206)
			assert_int_equal(read_all(x, wanted + 5, NULL), 0);
		rth_exchange_free(x);
		assert_true(n < 500);
	}
	assert_true(n > 8);
	free(wanted);
}

static void a_portal_without_recordings_has_none(void **state)
{
	struct rth_media *media = bench.portal.media;

	(void)state;
	bench.portal.media = NULL;
	assert_code(ask(LANE, NULL), 404, "not-found");
	bench.portal.media = media;
	rth_media_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(files_are_served),
		TEST(mp4_is_served_as_such),
		TEST(a_range_is_of_the_right_bytes),
		TEST(the_tag_is_of_the_content),
		TEST(one_that_is_written_has_what_was_flushed),
		TEST(only_lanes_and_chat_are_served),
		TEST(only_the_session_of_the_play_is_served),
		TEST(without_its_key_it_is_unreadable),
		TEST(there_are_not_too_many_at_once),
		TEST(there_are_no_more_than_can_be_locked),
		TEST(a_deletion_cuts_it),
		TEST(a_row_that_was_not_queued_is_tried_again),
		TEST(a_session_that_ends_ends_it),
		TEST(a_damaged_block_ends_it_and_is_told_once),
		TEST(a_damaged_header_is_told),
		TEST(a_cut_file_is_told),
		TEST(without_memory_nothing_leaks),
		TEST(a_portal_without_recordings_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
