/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays: made with a reason and a row, good as long as session, right and
 * recording are, and the timeline that their manifests tell.
 */
#include "recording_fixture.h"
#include "review_support.h"

#include <time.h>

#include <sys/file.h>

#include "base64.h"
#include "evidence.h"
#include "keys.h"
#include "play.h"
#include "play_timeline.h"
#include "work.h"

#define BEGUN_S 1790000000

static struct bench bench;
static struct fixture fix;
static struct someone op, other;
static char private_keys[128];
static char *who = "role:operator", *all = "all";
static char *operators[] = {"domain:clinic.example"};
static char *reasons[] = {"complaint", "quality"};
static struct rth_review_rule rule = {.who = {&who, 1},
				      .of = {&all, 1},
				      .rights = RTH_MAY_LIST | RTH_MAY_PLAY};

/* ---- A clinic with one recording and the key that opens it ---- */

static void write_key(void)
{
	char path[192], public[64], secret[64];
	FILE *file;

	snprintf(private_keys, sizeof(private_keys), "%s/keys", bench.folder);
	assert_int_equal(mkdir(private_keys, 0700), 0);
	snprintf(path, sizeof(path), "%s/one.key", private_keys);
	assert_int_equal(rth_base64url_encode(public, sizeof(public),
					      fix.public, sizeof(fix.public)),
			 0);
	assert_int_equal(rth_base64url_encode(secret, sizeof(secret),
					      fix.secret, sizeof(fix.secret)),
			 0);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "rthealth-private-key-1 plain %s %s\n", public, secret);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static void open_keys(void)
{
	char problem[RTH_KEYS_LINE_SIZE];
	enum rth_err err = rth_keys_open(
		&bench.portal.keys, &bench.portal.settings, false, problem);

	if (err)
		fail_msg("%s", problem);
}

static int set_up(void **state)
{
	struct rth_settings *s = &bench.portal.settings;

	(void)state;
	bench_now = BEGUN_S + 1000;
	bench_open(&bench);
	fix_open(&fix);
	write_key();
	s->recordings.folder = fix.store;
	s->recordings.private_keys = private_keys;
	s->roles.operators.v = operators;
	s->roles.operators.n = 1;
	s->review.reasons.v = reasons;
	s->review.reasons.n = 2;
	open_keys();
	set_rules(&bench, &rule, 1);
	op = sign_in(&bench, "op@clinic.example", RTH_ROLE_OPERATOR, "one");
	other = sign_in(&bench, "o2@clinic.example", RTH_ROLE_OPERATOR, "two");
	add_recording(&bench, FIX_ID, &op, "p@people.example", BEGUN_S);
	return 0;
}

static int tear_down(void **state)
{
	char command[160];

	(void)state;
	rth_keys_free(bench.portal.keys);
	fix_close(&fix);
	snprintf(command, sizeof(command), "rm -rf '%s'", private_keys);
	assert_int_equal(system(command), 0);
	bench_close(&bench);
	return 0;
}

/* ---- Manifests ---- */

#define DIGEST                             \
	"0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef"
#define HEAD(part, start, written, notes)                                  \
	"{\"version\":1,\"recording\":\"" FIX_ID "\",\"room\":\"" FIX_ROOM \
	"\",\"part\":" #part                                               \
	",\"begun_ms\":1790000000000,\"start_ms\":" #start                 \
	",\"written_ms\":" #written ",\"people\":" FIX_PEOPLE              \
	",\"notes\":[" notes "],\"lanes\":["
#define LANE(name, role, segments)                                             \
	"{\"lane\":\"" name "\",\"role\":\"" role "\",\"segments\":[" segments \
	"]}"
#define SEGMENT(name, audio, video, size, start, length, end)         \
	"{\"name\":\"" name "\",\"container\":\"x\",\"audio\":" audio \
	",\"video\":" video ",\"width\":" #size ",\"height\":" #size  \
	",\"start_ms\":" #start ",\"duration_ms\":" #length           \
	",\"bytes\":10," end "}"
#define DONE "\"finished\":true,\"digest\":\"" DIGEST "\""
#define OPEN "\"finished\":false,\"digest\":null"
#define CHAT                                                            \
	",\"chat\":{\"name\":\"1-chat.jsonl\",\"lines\":1,\"bytes\":9," \
	"\"finished\":true,\"digest\":\"" DIGEST "\"}"
#define JOINED                                                      \
	"{\"event\":\"joined\",\"time_ms\":5,\"role\":\"patient\"," \
	"\"participant\":\"p\",\"sub\":\"secret-account\","         \
	"\"more\":{\"deep\":1}}"
#define ENDING(text) ",\"finished\":{" text "}}"

#define PATIENT_LANE                                                           \
	LANE("patient", "patient",                                             \
	     SEGMENT("1-patient-1.mp4", "\"opus\"", "\"h264\"", 640, 40, 8000, \
		     DONE))
#define CLINICIAN_1 \
	SEGMENT("1-clinician-1.webm", "\"opus\"", "null", 0, 10, 500, DONE)
#define CLINICIAN_2                                                            \
	SEGMENT("1-clinician-2.webm", "\"opus\"", "\"vp8\"", 99999, 510, 8000, \
		DONE)
#define CLINICIAN_LANE \
	LANE("clinician", "clinician", CLINICIAN_1 "," CLINICIAN_2)
#define SCREEN_LANE LANE("clinician-screen", "clinician", "")
#define LANES PATIENT_LANE "," CLINICIAN_LANE "," SCREEN_LANE "]"

static const char whole[] = HEAD(1, 0, 9000, JOINED ",7")
	LANES CHAT ENDING("\"how\":\"complete\",\"reason\":\"stopped\","
			  "\"duration_ms\":9100,\"parts\":1");

static void manifest(unsigned part, const char *text)
{
	char name[RTH_MANIFEST_NAME_SIZE];

	rth_recording_part_name(name, part);
	(void)fix_write(&fix, name, text, strlen(text), true);
}

/* No files of an earlier test. */
static void empty_folder(void)
{
	fix_run(&fix, "rm -rf -- *");
}

static json_t *timeline(void)
{
	char what[RTH_UNREADABLE_SIZE];
	json_t *json = NULL;
	enum rth_err err =
		rth_play_timeline(&json, &bench.portal, FIX_ID, "PLAY", what);

	if (err)
		fail_msg("%s: %s", rth_err_name(err), what);
	return json;
}

static void assert_json(json_t *json, const char *want)
{
	json_error_t error;
	json_t *other_json = json_loads(want, 0, &error);

	if (!other_json)
		fail_msg("%s", error.text);
	if (!json_equal(json, other_json))
		fail_msg("%s", json_dumps(json, 0));
	json_decref(json);
	json_decref(other_json);
}

static void a_timeline_is_what_the_manifest_says(void **state)
{
	(void)state;
	empty_folder();
	manifest(1, whole);
	assert_json(
		timeline(),
		"{\"duration_ms\":9100,\"running\":false,\"how\":\"complete\","
		"\"lost_at_ms\":null,\"lanes\":["
		"{\"lane\":\"clinician\",\"role\":\"clinician\",\"segments\":["
		"{\"src\":\"/api/plays/PLAY/1-clinician-1.webm\","
		"\"container\":\"webm\",\"start_ms\":10,\"duration_ms\":500,"
		"\"audio\":true,\"video\":false,\"width\":0,\"height\":0,"
		"\"finished\":true},"
		"{\"src\":\"/api/plays/PLAY/1-clinician-2.webm\","
		"\"container\":\"webm\",\"start_ms\":510,\"duration_ms\":8000,"
		"\"audio\":true,\"video\":true,\"width\":0,\"height\":0,"
		"\"finished\":true}]},"
		"{\"lane\":\"clinician-screen\",\"role\":\"clinician\","
		"\"segments\":[]},"
		"{\"lane\":\"patient\",\"role\":\"patient\",\"segments\":["
		"{\"src\":\"/api/plays/PLAY/1-patient-1.mp4\","
		"\"container\":\"mp4\",\"start_ms\":40,\"duration_ms\":8000,"
		"\"audio\":true,\"video\":true,\"width\":640,\"height\":640,"
		"\"finished\":true}]},"
		"{\"lane\":\"patient-screen\",\"role\":\"patient\","
		"\"segments\":[]}],"
		"\"chat\":[\"/api/plays/PLAY/1-chat.jsonl\"],"
		"\"notes\":[{\"event\":\"joined\",\"time_ms\":5,"
		"\"role\":\"patient\",\"participant\":\"p\"}],"
		"\"captions\":[]}");
}

static int64_t number(const json_t *json, const char *name)
{
	return json_integer_value(json_object_get(json, name));
}

static void parts_are_one_timeline(void **state)
{
	static const char first[] = HEAD(1, 0, 4000, JOINED) LANE(
		"patient", "patient",
		SEGMENT("1-patient-1.webm", "\"opus\"", "null", 0, 40, 3960,
			DONE)) "]" ENDING("\"how\":\"interrupted\",\"reason\":"
					  "\"recorder-gone\","
					  "\"duration_ms\":4000,\"lost_at_ms\":"
					  "3990");
	static const char second[] = HEAD(2, 6000, 6100, JOINED)
		LANE("patient", "patient",
		     SEGMENT("2-patient-1.webm", "\"opus\"", "null", 0, 6010,
			     1000, DONE)) "]" ENDING("\"how\":\"incomplete\","
						     "\"reason\":\"disk-full\","
						     "\"duration_ms\":1500");
	json_t *json;
	const json_t *lane;

	(void)state;
	empty_folder();
	manifest(1, first);
	manifest(2, second);
	json = timeline();
	lane = json_array_get(json_object_get(json, "lanes"), 2);
	assert_int_equal(json_array_size(json_object_get(lane, "segments")), 2);
	assert_int_equal(json_array_size(json_object_get(json, "notes")), 2);
	assert_int_equal(number(json, "duration_ms"), 7500);
	assert_int_equal(number(json, "lost_at_ms"), 3990);
	assert_string_equal(json_string_value(json_object_get(json, "how")),
			    "interrupted");
	json_decref(json);
}

/* Whoever was there from the beginning has not joined. */
static void a_note_says_whose_it_is(void **state)
{
	static const char text[] = HEAD(
		1, 0, 2000,
		"{\"event\":\"state\",\"time_ms\":7,\"participant\":"
		"\"p\",\"camera\":false},"
		"{\"event\":\"state\",\"time_ms\":8,\"participant\":"
		"\"stranger\"}") "]" ENDING("\"how\":\"complete\",\"reason\":"
					    "\"stopped\","
					    "\"duration_ms\":2000");
	const json_t *notes;
	json_t *json;

	(void)state;
	empty_folder();
	manifest(1, text);
	json = timeline();
	notes = json_object_get(json, "notes");
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(notes, 0), "role")),
			    "clinician");
	assert_null(json_object_get(json_array_get(notes, 1), "role"));
	json_decref(json);
}

static const char growing[] = HEAD(1, 0, 2000, "") LANE(
	"patient", "patient",
	SEGMENT("1-patient-1.webm", "\"opus\"", "null", 0, 40, 100, OPEN)) "]}";

static void what_runs_is_as_long_as_by_now(void **state)
{
	int fd = open(fix.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const json_t *segment;
	json_t *json;

	(void)state;
	empty_folder();
	manifest(1, growing);
	bench_now = BEGUN_S + 60;
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	json = timeline();
	segment = json_array_get(
		json_object_get(
			json_array_get(json_object_get(json, "lanes"), 2),
			"segments"),
		0);
	assert_true(json_is_true(json_object_get(json, "running")));
	assert_true(json_is_null(json_object_get(json, "how")));
	assert_true(json_is_null(json_object_get(json, "lost_at_ms")));
	assert_int_equal(number(json, "duration_ms"), 57000);
	assert_int_equal(number(segment, "duration_ms"), 57000 - 40);
	json_decref(json);
	close(fd);
	/* The recorder is gone and nothing has been recovered. */
	json = timeline();
	assert_false(json_is_true(json_object_get(json, "running")));
	assert_string_equal(json_string_value(json_object_get(json, "how")),
			    "interrupted");
	assert_int_equal(number(json, "lost_at_ms"), 2000);
	assert_int_equal(number(json, "duration_ms"), 2000);
	json_decref(json);
}

static void what_has_its_ending_runs_no_more(void **state)
{
	int fd = open(fix.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *json;

	(void)state;
	empty_folder();
	manifest(1, whole);
	/* The recorder has said so and not let go yet. */
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	json = timeline();
	close(fd);
	assert_true(json_is_false(json_object_get(json, "running")));
	assert_string_equal(json_string_value(json_object_get(json, "how")),
			    "complete");
	json_decref(json);
}

#define CUT(part, start, lost)                               \
	HEAD(part, start, lost, "")                          \
	"]" ENDING("\"how\":\"interrupted\",\"reason\":"     \
		   "\"recorder-gone\",\"duration_ms\":1000," \
		   "\"lost_at_ms\":" #lost)

static void the_first_loss_is_the_one_that_is_told(void **state)
{
	json_t *json;

	(void)state;
	empty_folder();
	manifest(1, CUT(1, 0, 900));
	manifest(2, CUT(2, 2000, 2800));
	json = timeline();
	assert_int_equal(number(json, "lost_at_ms"), 900);
	assert_int_equal(number(json, "duration_ms"), 3000);
	json_decref(json);
}

static void assert_unreadable(const char *word)
{
	char what[RTH_UNREADABLE_SIZE];
	json_t *json = NULL;

	assert_int_not_equal(
		rth_play_timeline(&json, &bench.portal, FIX_ID, "PLAY", what),
		0);
	assert_null(json);
	if (!strstr(what, word))
		fail_msg("%s", what);
}

static void what_cannot_be_read_is_named(void **state)
{
	struct rth_keys *keys = bench.portal.keys;
	char away[160];

	(void)state;
	empty_folder();
	assert_unreadable("folder is empty");
	manifest(1, whole);
	bench.portal.keys = NULL;
	assert_unreadable("no private key");
	bench.portal.keys = keys;
	manifest(3, growing);
	assert_unreadable("2-manifest.json is missing");
	fix_run(&fix, "rm 3-manifest.json");
	fix_run(&fix, "printf x | dd of=1-manifest.json bs=1 seek=37000"
		      " conv=notrunc 2>/dev/null");
	assert_unreadable("1-manifest.json");
	manifest(1, "{\"version\":2}");
	assert_unreadable("\"version\"");
	snprintf(away, sizeof(away), "%s.away", fix.folder);
	assert_int_equal(rename(fix.folder, away), 0);
	assert_unreadable("folder is missing");
	assert_int_equal(rename(away, fix.folder), 0);
}

static void memory_may_end_anywhere(void **state)
{
	char what[RTH_UNREADABLE_SIZE];
	enum rth_err err = RTH_ERR_NOMEM;
	json_t *json = NULL;
	unsigned long n;

	(void)state;
	empty_folder();
	manifest(1, whole);
	for (n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = rth_play_timeline(&json, &bench.portal, FIX_ID, "PLAY",
					what);
		rth_mem_fail_at(0);
		assert_true(n < 1000);
	}
	assert_true(n > 5);
	json_decref(json);
}

/* ---- Making one ---- */

static struct rth_exchange *play_request(const struct someone *by,
					 const char *id, const char *body)
{
	struct rth_exchange *x = request(&bench, RTH_POST, by, id);

	if (body)
		assert_int_equal(rth_exchange_set_body(x, body, strlen(body)),
				 0);
	bench_now += 60; /* so that no rate counts */
	rth_play_handle_make(x);
	return x;
}

/* A new play's id. */
static void make_play(char id[RTH_ID_SIZE], const struct someone *by)
{
	json_t *json = answer_of(
		play_request(by, FIX_ID, "{\"reason\":\"complaint\"}"), 201);

	snprintf(id, RTH_ID_SIZE, "%s",
		 json_string_value(json_object_get(json, "id")));
	assert_true(rth_id_valid(id));
	json_decref(json);
}

static int fresh(void **state)
{
	(void)state;
	bench_now = BEGUN_S + 1000;
	empty_folder();
	manifest(1, whole);
	rule.rights = RTH_MAY_LIST | RTH_MAY_PLAY;
	bench.portal.settings.review.reason_need = RTH_REASON_REQUIRED;
	sql(&bench, "DELETE FROM sessions; DELETE FROM rates");
	op = sign_in(&bench, "op@clinic.example", RTH_ROLE_OPERATOR, "one");
	other = sign_in(&bench, "o2@clinic.example", RTH_ROLE_OPERATOR, "two");
	return 0;
}

static void a_play_has_its_recording_and_its_addresses(void **state)
{
	json_t *json = answer_of(
		play_request(&op, FIX_ID, "{\"reason\":\"quality\"}"), 201);
	const char *id = json_string_value(json_object_get(json, "id"));
	char want[128];

	(void)state;
	snprintf(want, sizeof(want), "/api/plays/%s/1-chat.jsonl", id);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(json, "chat"), 0)),
			    want);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(json, "recording"), "id")),
			    FIX_ID);
	assert_int_equal(number(json, "duration_ms"), 9100);
	json_decref(json);
}

static void a_reason_is_asked_for(void **state)
{
	static const struct {
		enum rth_reason_need need;
		const char *body;
		unsigned status;
		const char *audit; /* the reason's code */
	} rows[] = {
		{RTH_REASON_REQUIRED, NULL, 400, NULL},
		{RTH_REASON_REQUIRED, "{}", 400, NULL},
		{RTH_REASON_REQUIRED, "[]", 400, NULL},
		{RTH_REASON_REQUIRED, "{\"reason\":null}", 400, NULL},
		{RTH_REASON_REQUIRED, "{\"reason\":\" \\t \"}", 400, NULL},
		{RTH_REASON_REQUIRED, "{\"reason\":7}", 400, NULL},
		{RTH_REASON_REQUIRED, "{\"reason\":\"quality\",\"x\":1}", 400,
		 NULL},
		{RTH_REASON_REQUIRED, "{\"reason\":\"quality\"}", 201,
		 "quality"},
		{RTH_REASON_REQUIRED, "{\"reason\":\"Mrs Example asked\"}", 201,
		 "free-text"},
		{RTH_REASON_REQUIRED, "{\"reason\":\"free-text\"}", 201,
		 "free-text"},
		{RTH_REASON_OPTIONAL, NULL, 201, ""},
		{RTH_REASON_OPTIONAL, "{\"reason\":\"\"}", 201, ""},
		{RTH_REASON_OPTIONAL, "{\"reason\":\"complaint\"}", 201,
		 "complaint"},
		{RTH_REASON_OPTIONAL, "{\"reason\":[]}", 400, NULL},
		{RTH_REASON_NONE, "{}", 201, ""},
		{RTH_REASON_NONE, "{\"reason\":\"complaint\"}", 201, ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char question[256];

		bench.portal.settings.review.reason_need = rows[i].need;
		json_decref(answer_of(play_request(&op, FIX_ID, rows[i].body),
				      rows[i].status));
		if (!rows[i].audit)
			continue;
		snprintf(question, sizeof(question),
			 "SELECT COUNT(*) FROM audit WHERE action = 'play' AND"
			 " COALESCE(reason, '') = '%s' AND object = '" FIX_ID
			 "' AND time_ms = %lld000",
			 rows[i].audit, (long long)bench_now);
		if (sql_number(&bench, question) != 1)
			fail_msg("row %zu", i);
	}
}

static void own_words_have_an_end(void **state)
{
	char body[1024], words[802] = "";
	size_t i;

	(void)state;
	for (i = 0; i < 200; i++)
		strcat(words, "\xc3\xa9");
	snprintf(body, sizeof(body), "{\"reason\":\"%s\"}", words);
	json_decref(answer_of(play_request(&op, FIX_ID, body), 201));
	assert_int_equal(sql_number(&bench, "SELECT length(reason) FROM plays"
					    " ORDER BY begun_s DESC LIMIT 1"),
			 200);
	snprintf(body, sizeof(body), "{\"reason\":\"%sx\"}", words);
	json_decref(answer_of(play_request(&op, FIX_ID, body), 400));
	/* Nobody's words are in the audit. */
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM audit WHERE"
					    " reason LIKE '%\xc3\xa9%' OR data"
					    " LIKE '%\xc3\xa9%'"),
			 0);
}

static void without_its_row_nothing_is_played(void **state)
{
	int64_t before = sql_number(&bench, "SELECT COUNT(*) FROM plays");

	(void)state;
	sql(&bench, "ALTER TABLE audit RENAME TO gone");
	json_decref(answer_of(
		play_request(&op, FIX_ID, "{\"reason\":\"quality\"}"), 500));
	sql(&bench, "ALTER TABLE gone RENAME TO audit");
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM plays"),
			 before);
}

static void what_is_unreadable_is_said_and_in_the_audit(void **state)
{
	json_t *json;
	const json_t *error;

	(void)state;
	fix_run(&fix, "rm 1-manifest.json");
	fix_run(&fix, "touch 1-clinician-1.webm");
	json = answer_of(play_request(&op, FIX_ID, "{\"reason\":\"quality\"}"),
			 409);
	error = json_object_get(json, "error");
	assert_string_equal(json_string_value(json_object_get(error, "code")),
			    "unreadable");
	assert_string_equal(json_string_value(json_object_get(error, "what")),
			    "1-manifest.json is missing");
	json_decref(json);
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM audit WHERE"
					    " outcome = 'unreadable'"),
			 1);
}

static void without_the_right_there_is_nothing(void **state)
{
	(void)state;
	rule.rights = RTH_MAY_LIST;
	json_decref(answer_of(
		play_request(&op, FIX_ID, "{\"reason\":\"quality\"}"), 404));
	json_decref(answer_of(play_request(&op, FIX_ID, "{}"), 404));
	json_decref(answer_of(play_request(&op, FIX_OTHER, "{}"), 404));
}

static void plays_have_a_rate(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 60; i++) {
		json_decref(answer_of(
			play_request(&op, FIX_ID, "{\"reason\":\"quality\"}"),
			201));
		bench_now -= 60;
	}
	json_decref(answer_of(
		play_request(&op, FIX_ID, "{\"reason\":\"quality\"}"), 429));
	bench_now -= 60;
	json_decref(answer_of(
		play_request(&other, FIX_ID, "{\"reason\":\"quality\"}"), 201));
}

/* ---- While it is good ---- */

static enum rth_err find(const struct someone *by, const char *id)
{
	struct rth_exchange *x = request(&bench, RTH_GET, by, id);
	struct rth_play play;
	enum rth_err err = rth_play_find(&play, x, id);

	if (!err) {
		assert_string_equal(play.id, id);
		assert_string_equal(play.recording, FIX_ID);
	}
	rth_exchange_free(x);
	return err;
}

static void assert_good(const char *id)
{
	assert_int_equal(find(&op, id), 0);
	assert_int_equal(rth_play_still(&bench.portal, id), 0);
}

static void assert_over(const char *id)
{
	assert_int_equal(find(&op, id), RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_play_still(&bench.portal, id), RTH_ERR_NOT_FOUND);
}

static void a_play_is_of_its_session(void **state)
{
	struct someone again;
	char id[RTH_ID_SIZE];

	(void)state;
	make_play(id, &op);
	assert_good(id);
	assert_int_equal(find(&other, id), RTH_ERR_NOT_FOUND);
	assert_int_equal(find(NULL, id), RTH_ERR_NOT_FOUND);
	/* The same person in another browser. */
	again = sign_in(&bench, "op@clinic.example", RTH_ROLE_OPERATOR,
			"three");
	assert_int_equal(find(&again, id), RTH_ERR_NOT_FOUND);
	assert_int_equal(find(&op, FIX_ID), RTH_ERR_NOT_FOUND);
	assert_int_equal(find(&op, "../x"), RTH_ERR_NOT_FOUND);
	assert_good(id);
}

static void a_play_ends_with_its_session(void **state)
{
	char id[RTH_ID_SIZE];

	(void)state;
	make_play(id, &op);
	assert_good(id);
	assert_int_equal(rth_store_session_end(bench.portal.store, op.hash), 0);
	assert_over(id);
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM plays"), 0);
}

static void a_play_ends_when_nobody_was_there_for_long(void **state)
{
	char id[RTH_ID_SIZE];

	(void)state;
	make_play(id, &op);
	bench_now += bench.portal.settings.session.idle_s;
	assert_int_equal(rth_play_still(&bench.portal, id), RTH_ERR_NOT_FOUND);
}

static void old_sessions_take_their_plays_with_them(void **state)
{
	const struct rth_settings *s = &bench.portal.settings;
	char id[RTH_ID_SIZE];

	(void)state;
	make_play(id, &op);
	assert_int_equal(rth_store_sweep(bench.portal.store, bench_now,
					 s->session.idle_s,
					 s->session.absolute_s),
			 0);
	assert_good(id);
	bench_now += s->session.absolute_s;
	assert_int_equal(rth_store_sweep(bench.portal.store, bench_now,
					 s->session.idle_s,
					 s->session.absolute_s),
			 0);
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM plays"), 0);
}

static void a_play_ends_with_the_right(void **state)
{
	char id[RTH_ID_SIZE];

	(void)state;
	make_play(id, &op);
	assert_good(id);
	rule.rights = RTH_MAY_LIST;
	assert_over(id);
	rule.rights |= RTH_MAY_PLAY;
	assert_good(id);
	/* The role comes from the address, each time. */
	bench.portal.settings.roles.operators.n = 0;
	assert_int_equal(rth_play_still(&bench.portal, id), RTH_ERR_NOT_FOUND);
	bench.portal.settings.roles.operators.n = 1;
}

static void a_play_ends_with_the_recording(void **state)
{
	char id[RTH_ID_SIZE];

	(void)state;
	make_play(id, &op);
	sql(&bench, "UPDATE recordings SET deleted_s = 5");
	assert_over(id);
	sql(&bench, "UPDATE recordings SET deleted_s = 0,"
		    " state = 'deleting'");
	assert_over(id);
	sql(&bench, "UPDATE recordings SET state = 'stored'");
	assert_good(id);
}

/* The deletion began between the question and the row. */
static void what_is_being_deleted_has_no_new_play(void **state)
{
	struct rth_play play = {.recording = FIX_ID, .reason = "quality"};

	(void)state;
	assert_int_equal(rth_id_make(play.id), 0);
	memcpy(play.user, op.user.id, sizeof(play.user));
	memcpy(play.session, op.hash, sizeof(play.session));
	sql(&bench, "UPDATE recordings SET deleted_s = 5");
	assert_int_equal(rth_store_play_add(bench.portal.store, &play),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM plays"), 0);
	sql(&bench, "UPDATE recordings SET deleted_s = 0");
	assert_int_equal(rth_store_play_add(bench.portal.store, &play), 0);
}

static void a_play_can_be_asked_for_again(void **state)
{
	struct rth_exchange *x;
	char id[RTH_ID_SIZE];
	json_t *json;

	(void)state;
	make_play(id, &op);
	x = request(&bench, RTH_GET, &op, id);
	rth_play_handle_get(x);
	json = answer_of(x, 200);
	assert_string_equal(json_string_value(json_object_get(json, "id")), id);
	json_decref(json);
	x = request(&bench, RTH_GET, &other, id);
	rth_play_handle_get(x);
	json_decref(answer_of(x, 404));
}

/* ---- What was watched ---- */

static void watched_is_checked_and_kept(void **state)
{
	static const struct {
		const char *ranges;
		const char *kept; /* NULL: refused */
	} rows[] = {
		{"[[0,5]]", "[[0,5]]"},
		{"[[0,9100]]", "[[0,9100]]"},
		{"[[0,9999]]", "[[0,9100]]"},
		{"[[0,5],[5,6],[7,8]]", "[[0,6],[7,8]]"},
		{"[[0,5],[3,4],[4,9]]", "[[0,9]]"},
		{"[[0,10101]]", NULL},
		{"[[9100,9101]]", NULL},
		{"[[5,9],[4,10]]", NULL},
		{"[[5,5]]", NULL},
		{"[[5,4]]", NULL},
		{"[[-1,4]]", NULL},
		{"[[0,1.5]]", NULL},
		{"[[0]]", NULL},
		{"[[0,1,2]]", NULL},
		{"[0,1]", NULL},
		{"[]", NULL},
		{"{}", NULL},
		{"[[0,99999999999999999]]", NULL},
	};
	char id[RTH_ID_SIZE], body[256], question[512];
	size_t i;

	(void)state;
	make_play(id, &op);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rth_exchange *x = request(&bench, RTH_POST, &op, id);

		bench_now += 60;
		snprintf(body, sizeof(body), "{\"ranges_ms\":%s}",
			 rows[i].ranges);
		assert_int_equal(rth_exchange_set_body(x, body, strlen(body)),
				 0);
		rth_play_handle_watched(x);
		if (rth_exchange_reply(x)->status !=
		    (rows[i].kept ? 204u : 400u))
			fail_msg("%s", rows[i].ranges);
		rth_exchange_free(x);
		snprintf(question, sizeof(question),
			 "SELECT COUNT(*) FROM audit WHERE action = 'watched'"
			 " AND time_ms = %lld000 AND object = '" FIX_ID
			 "' AND data LIKE '%%\"ranges_ms\":%s}%%'",
			 (long long)bench_now,
			 rows[i].kept ? rows[i].kept : "%");
		if (sql_number(&bench, question) != (rows[i].kept ? 1 : 0))
			fail_msg("%s", rows[i].ranges);
	}
}

static void sixty_four_ranges_are_enough(void **state)
{
	char id[RTH_ID_SIZE], body[2048];
	unsigned n;

	(void)state;
	make_play(id, &op);
	for (n = 64; n <= 65; n++) {
		struct rth_exchange *x = request(&bench, RTH_POST, &op, id);
		unsigned i;

		strcpy(body, "{\"ranges_ms\":[");
		for (i = 0; i < n; i++)
			sprintf(body + strlen(body), "%s[%u,%u]", i ? "," : "",
				10 * i, 10 * i + 5);
		strcat(body, "]}");
		assert_int_equal(rth_exchange_set_body(x, body, strlen(body)),
				 0);
		rth_play_handle_watched(x);
		json_decref(answer_of(x, n == 64 ? 204 : 400));
	}
}

static void nobody_else_has_watched(void **state)
{
	struct rth_exchange *x;
	char id[RTH_ID_SIZE];

	(void)state;
	make_play(id, &op);
	x = request(&bench, RTH_POST, &other, id);
	assert_int_equal(
		rth_exchange_set_body(x, "{\"ranges_ms\":[[0,1]]}", 21), 0);
	rth_play_handle_watched(x);
	json_decref(answer_of(x, 404));
}

/* Each handler, with memory ending at each of its allocations. */
static void handlers_need_no_memory_to_fail(void **state)
{
	static const struct {
		void (*handle)(struct rth_exchange *x);
		const char *body;
		unsigned good;
	} rows[] = {
		{rth_play_handle_make, "{\"reason\":\"quality\"}", 201},
		{rth_play_handle_get, NULL, 200},
		{rth_play_handle_watched, "{\"ranges_ms\":[[0,1],[2,3]]}", 204},
	};
	char id[RTH_ID_SIZE];
	size_t i;

	(void)state;
	make_play(id, &op);
	for (i = 0; i < 3; i++) {
		unsigned long n;
		bool done = false, busy = false;

		for (n = 1; !done; n++) {
			struct rth_exchange *x =
				request(&bench, RTH_POST, &op, i ? id : FIX_ID);
			struct rth_reply *reply = rth_exchange_reply(x);

			if (rows[i].body)
				assert_int_equal(rth_exchange_set_body(
							 x, rows[i].body,
							 strlen(rows[i].body)),
						 0);
			sql(&bench, "DELETE FROM rates");
			rth_mem_fail_at(n);
			rows[i].handle(x);
			done = rth_mem_count() < n;
			rth_mem_fail_at(0);
			/* 409: jansson calls malformed what it has no memory
			   for. */
			busy = busy || reply->status == 503;
			if (!reply->failed && reply->status != 500 &&
			    reply->status != 503 && reply->status != 409 &&
			    reply->status != rows[i].good)
				fail_msg("row %zu, %lu: %u", i, n,
					 reply->status);
			assert_true(n < 5000);
			rth_exchange_free(x);
		}
		assert_true(n > 20);
		assert_true(busy); /* the key was not locked */
	}
}

static int64_t begun_s(void)
{
	return sql_number(&bench, "SELECT begun_s FROM recordings"
				  " WHERE id = '" FIX_ID "'");
}

/* The portal was away when it began: its manifest says when. */
static void what_is_stored_without_a_beginning_gets_one(void **state)
{
	json_t *event = json_pack("{s:s, s:s, s:s, s:s, s:i}", "event",
				  "recording", "room", FIX_ROOM, "recording",
				  FIX_ID, "state", "stored", "parts", 1);
	const struct timespec pause = {0, 10000000};
	struct rth_portal *portal = &bench.portal;
	int i;

	(void)state;
	assert_non_null(event);
	sql(&bench, "DELETE FROM recordings");
	assert_int_equal(rth_work_create(&portal->work_recovery, 1, 4), 0);
	assert_int_equal(rth_evidence_take(
				 portal, event,
				 &(struct rth_evidence_with){NULL, NULL, NULL}),
			 0);
	for (i = 0; begun_s() <= 0 && i < 2000; i++)
		nanosleep(&pause, NULL);
	rth_work_free(portal->work_recovery);
	portal->work_recovery = NULL;
	assert_int_equal(begun_s(), BEGUN_S);
	assert_int_equal(sql_number(&bench,
				    "SELECT COUNT(*) FROM recordings WHERE"
				    " state = 'stored' AND incomplete = 0"),
			 1);
	json_decref(event);
}

#define FRESH(test) cmocka_unit_test_setup(test, fresh)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timeline_is_what_the_manifest_says),
		cmocka_unit_test(parts_are_one_timeline),
		cmocka_unit_test(a_note_says_whose_it_is),
		cmocka_unit_test(what_runs_is_as_long_as_by_now),
		cmocka_unit_test(what_has_its_ending_runs_no_more),
		cmocka_unit_test(the_first_loss_is_the_one_that_is_told),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(memory_may_end_anywhere),
		FRESH(a_play_has_its_recording_and_its_addresses),
		FRESH(a_reason_is_asked_for),
		FRESH(own_words_have_an_end),
		FRESH(without_its_row_nothing_is_played),
		FRESH(what_is_unreadable_is_said_and_in_the_audit),
		FRESH(without_the_right_there_is_nothing),
		FRESH(plays_have_a_rate),
		FRESH(a_play_is_of_its_session),
		FRESH(a_play_ends_with_its_session),
		FRESH(a_play_ends_when_nobody_was_there_for_long),
		FRESH(old_sessions_take_their_plays_with_them),
		FRESH(a_play_ends_with_the_right),
		FRESH(a_play_ends_with_the_recording),
		FRESH(what_is_being_deleted_has_no_new_play),
		FRESH(a_play_can_be_asked_for_again),
		FRESH(watched_is_checked_and_kept),
		FRESH(sixty_four_ranges_are_enough),
		FRESH(nobody_else_has_watched),
		FRESH(handlers_need_no_memory_to_fail),
		FRESH(what_is_stored_without_a_beginning_gets_one),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
