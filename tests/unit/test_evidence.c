/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the plugin tells of recordings: what is kept, and what is not. */
#include "portal_support.h"

#include "evidence.h"
#include "store_db.h"

#define ROOM "RRRRRRRRRRRRRRRRRRRRRR"
#define OTHER "OOOOOOOOOOOOOOOOOOOOOO"
#define REC "abcdefghijklmnopqrstuv"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STATE(state) \
	"{\"event\":\"recording\",\"room\":\"" ROOM "\"," STATE_OF(state) "}"
#define STATE_OF(state) "\"recording\":\"" REC "\",\"state\":\"" state "\""
#define ENDED_BY(who)                                                \
	"{\"event\":\"recording\",\"room\":\"" ROOM "\",\"by\":" who \
	"," STATE_OF("finished") "}"
#define CONSENT(answer)                                                     \
	"{\"event\":\"consent\",\"room\":\"" ROOM "\",\"recording\":\"" REC \
	"\",\"participant\":\"p1\",\"sub\":\"s1\",\"role\":\"patient\","    \
	"\"answer\":\"" answer "\",\"text_version\":\"2026-11\","           \
	"\"text_sha256\":\"" HASH "\",\"language\":\"en\","                 \
	"\"time_ms\":1790000000000"

static struct bench bench;
static char visit_id[RTH_ID_SIZE];

static int open_bench(void **state)
{
	struct rth_user user;
	struct rth_visit visit = {
		.room = ROOM,
		.title = "T",
		.patient_email = "p@people.example",
		.start_s = 1800000000,
		.minutes = 30,
	};

	*state = &bench;
	bench_now = 1800000000;
	bench_open(&bench);
	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"d@clinic.example", "D", 1),
			 0);
	assert_int_equal(rth_id_make(visit.id), 0);
	memcpy(visit.clinician_id, user.id, sizeof(user.id));
	memcpy(visit_id, visit.id, sizeof(visit_id));
	assert_int_equal(rth_store_visit_add(bench.portal.store, &visit, 1), 0);
	return 0;
}

static int close_bench(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

static enum rth_err take(const char *text)
{
	json_t *data = json_loads(text, 0, NULL);
	enum rth_err err;

	assert_non_null(data);
	err = rth_evidence_take(&bench.portal, data,
				&(struct rth_evidence_with){NULL, NULL, NULL});
	json_decref(data);
	return err;
}

struct found {
	size_t n;
	char what[32], subject[64], visit[64], data[1024];
};

static enum rth_err found_row(const struct rth_db_row *row, void *arg)
{
	struct found *f = arg;
	const struct rth_db_backend *b = bench.portal.store->backend;

	f->n++;
	assert_int_equal(b->column_text(row, 0, f->what, sizeof(f->what)), 0);
	assert_int_equal(b->column_text(row, 1, f->subject, sizeof(f->subject)),
			 0);
	assert_int_equal(b->column_text(row, 2, f->visit, sizeof(f->visit)), 0);
	assert_int_equal(b->column_text(row, 3, f->data, sizeof(f->data)), 0);
	return 0;
}

/* The rows of the audit; the newest is in the struct. */
static struct found audit(void)
{
	struct found f = {.n = 0};
	const struct rth_db_query query = {
		.sql = "SELECT action, subject, visit, data FROM audit"
		       " ORDER BY n",
		.row = found_row,
		.arg = &f,
	};

	assert_int_equal(rth_store_run(bench.portal.store, &query), 0);
	return f;
}

static struct rth_recording_row stored(void)
{
	struct rth_recording_row row;

	assert_int_equal(rth_store_recording_get(bench.portal.store, &row, REC),
			 0);
	return row;
}

static void an_answer_is_kept_whole(void **state)
{
	struct found f;

	(void)state;
	assert_int_equal(take(CONSENT("voice") ",\"name\":\"A person\"}"), 0);
	f = audit();
	assert_int_equal(f.n, 1);
	assert_string_equal(f.what, "plugin:consent");
	assert_string_equal(f.subject, "s1");
	assert_string_equal(f.visit, visit_id);
	assert_string_equal(f.data,
			    "{\"answer\":\"voice\",\"language\":\"en\","
			    "\"participant\":\"p1\",\"recording\":\"" REC "\","
			    "\"role\":\"patient\",\"text_sha256\":\"" HASH "\","
			    "\"text_version\":\"2026-11\","
			    "\"time_ms\":1790000000000}");
}

static void who_ended_it_is_kept(void **state)
{
	struct found f;

	(void)state;
	assert_int_equal(
		take(ENDED_BY("{\"participant\":\"p1\",\"sub\":\"s1\","
			      "\"role\":\"patient\",\"name\":\"A person\"}")),
		0);
	f = audit();
	assert_int_equal(f.n, 1);
	assert_string_equal(f.what, "plugin:recording");
	assert_string_equal(f.subject, "s1");
	assert_string_equal(
		f.data, "{\"by\":{\"participant\":\"p1\",\"role\":\"patient\"},"
			"\"recording\":\"" REC "\",\"state\":\"finished\"}");
	assert_int_equal(take(ENDED_BY("null")), 0);
	assert_string_equal(audit().subject, "");
}

static void a_room_that_is_gone_has_no_visit(void **state)
{
	struct found f;

	(void)state;
	assert_int_equal(take("{\"event\":\"recording\",\"room\":\"" OTHER
			      "\"," STATE_OF("running") "}"),
			 0);
	f = audit();
	assert_string_equal(f.visit, "");
	assert_string_equal(stored().visit, "");
	assert_string_equal(stored().room, OTHER);
}

static void what_is_malformed_leaves_no_trace(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"event\":\"recording\"}",
		"{\"event\":\"joined\",\"room\":\"" ROOM "\"}",
		"{\"event\":\"recording\",\"room\":\"" ROOM "\"}",
		"{\"event\":\"recording\",\"room\":\"x\"," STATE_OF(
			"asked") "}",
		STATE("nothing"),
		STATE("interrupted"),
		STATE(""),
		STATE("asked running"),
		"{\"event\":\"recording\",\"room\":\"" ROOM
		"\",\"recording\":\"../../etc/passwd\",\"state\":\"asked\"}",
		"{\"event\":\"recording\",\"room\":\"" ROOM
		"\",\"reason\":\"A sentence.\"," STATE_OF("finished") "}",
		"{\"event\":\"recording\",\"room\":\"" ROOM
		"\",\"lost_ms\":-1," STATE_OF("finished") "}",
		"{\"event\":\"recording\",\"room\":\"" ROOM
		"\",\"lost_ms\":1.5," STATE_OF("finished") "}",
		"{\"event\":\"recording\",\"room\":\"" ROOM
		"\",\"parts\":10001," STATE_OF("stored") "}",
		ENDED_BY("\"p1\""),
		ENDED_BY("null,\"lost_ms\":-1"),
		ENDED_BY("{\"participant\":\"p1\"}"),
		ENDED_BY("{\"participant\":\"<b>\",\"role\":\"patient\"}"),
		ENDED_BY("{\"participant\":\"p1\",\"role\":\"nurse\"}"),
		CONSENT("maybe") "}",
		CONSENT("yes voice") "}",
		CONSENT("yes") ",\"role\":\"admin\"}",
		CONSENT("yes") ",\"role\":null}",
		CONSENT("yes") ",\"text_version\":\"a\\u0007\"}",
		CONSENT("yes") ",\"text_sha256\":\"abc\"}",
		CONSENT("yes") ",\"text_sha256\":null}",
		CONSENT("no") ",\"language\":null}",
		CONSENT("yes") ",\"time_ms\":\"1\"}",
		CONSENT("yes") ",\"participant\":\"<b>\"}",
	};
	struct rth_recording_row row;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(take(bad[i]), RTH_ERR_FORMAT);
	assert_int_equal(audit().n, 0);
	assert_int_equal(rth_store_recording_get(bench.portal.store, &row, REC),
			 RTH_ERR_NOT_FOUND);
}

static void who_did_not_answer_has_read_no_text(void **state)
{
	(void)state;
	assert_int_equal(take(CONSENT("none") ",\"text_sha256\":null,"
					      "\"language\":null}"),
			 0);
	assert_int_equal(audit().n, 1);
}

/* From each state, which ones may follow. */
static void a_state_never_goes_back(void **state)
{
	static const struct {
		const char *from, *to;
		enum rth_err err;
	} rows[] = {
		{STATE("asked"), STATE("running"), 0},
		{STATE("asked"), STATE("declined"), 0},
		{STATE("running"), STATE("paused"), 0},
		{STATE("paused"), STATE("running"), 0},
		{STATE("running"), STATE("asked"), RTH_ERR_STATE},
		{STATE("declined"), STATE("running"), RTH_ERR_STATE},
		{STATE("finished"), STATE("paused"), RTH_ERR_STATE},
		{STATE("finished"), STATE("stored"), 0},
		{STATE("finished"), STATE("lost"), 0},
		{STATE("stored"), STATE("finished"), RTH_ERR_STATE},
		{STATE("stored"), STATE("stored"), 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rth_db_query clean = {
			.sql = "DELETE FROM recordings"};
		size_t before;

		assert_int_equal(rth_store_run(bench.portal.store, &clean), 0);
		assert_int_equal(take(rows[i].from), 0);
		before = audit().n;
		assert_int_equal(take(rows[i].to), rows[i].err);
		assert_int_equal(audit().n, before + !rows[i].err);
	}
}

static void another_room_cannot_change_a_recording(void **state)
{
	(void)state;
	assert_int_equal(take(STATE("running")), 0);
	assert_int_equal(take("{\"event\":\"recording\",\"room\":\"" OTHER
			      "\"," STATE_OF("finished") "}"),
			 RTH_ERR_STATE);
	assert_int_equal(stored().state, RTH_RECORDING_RUNNING);
}

static bool is_recorded(void)
{
	struct rth_user patient = {.email = "p@people.example"};
	struct rth_visit visit;

	assert_int_equal(rth_store_visit_get(bench.portal.store, &visit,
					     visit_id, &patient),
			 0);
	return visit.recorded;
}

static void a_whole_recording(void **state)
{
	struct rth_recording_row row;

	(void)state;
	assert_int_equal(take(STATE("asked")), 0);
	assert_int_equal(stored().begun_s, 0);
	assert_false(is_recorded());
	bench_now += 10;
	assert_int_equal(take(STATE("running")), 0);
	bench_now += 10;
	assert_int_equal(take(STATE("paused")), 0);
	bench_now += 10;
	assert_int_equal(take(STATE("running")), 0);
	bench_now += 10;
	assert_int_equal(take("{\"event\":\"recording\",\"room\":\"" ROOM
			      "\",\"reason\":\"withdrawn\",\"lost_packets\":3,"
			      "\"lost_ms\":60," STATE_OF("finished") "}"),
			 0);
	bench_now += 10;
	assert_int_equal(take("{\"event\":\"recording\",\"room\":\"" ROOM
			      "\",\"parts\":2," STATE_OF("stored") "}"),
			 0);
	row = stored();
	assert_string_equal(row.visit, visit_id);
	assert_string_equal(row.reason, "withdrawn");
	assert_true(is_recorded());
	assert_int_equal(row.begun_s, 1800000010);
	assert_int_equal(row.ended_s, 1800000040);
	assert_int_equal(row.parts, 2);
	assert_true(row.incomplete);
	assert_int_equal(row.lost_ms, 60);
	assert_int_equal(row.lost_packets, 3);
	assert_int_equal(audit().n, 6);
}

static void what_cannot_be_stored_is_told_while_it_runs(void **state)
{
	(void)state;
	assert_int_equal(take(STATE("running")), 0);
	assert_false(stored().incomplete);
	assert_int_equal(
		take("{\"event\":\"recording\",\"room\":\"" ROOM
		     "\",\"incomplete\":true," STATE_OF("running") "}"),
		0);
	assert_true(stored().incomplete);
	assert_int_equal(take("{\"event\":\"recording\",\"room\":\"" ROOM
			      "\",\"incomplete\":1," STATE_OF("running") "}"),
			 RTH_ERR_FORMAT);
}

static enum rth_err count_lost(const char *id, void *arg)
{
	assert_string_equal(id, REC);
	++*(size_t *)arg;
	return 0;
}

static size_t lost_since(int64_t since_s)
{
	size_t n = 0;

	assert_int_equal(rth_store_recording_lost(bench.portal.store, since_s,
						  count_lost, &n),
			 0);
	return n;
}

static void what_is_lost_is_looked_for_until_it_is_recovered(void **state)
{
	struct rth_recording_row row = {
		.id = REC, .room = ROOM, .state = RTH_RECORDING_INTERRUPTED};

	(void)state;
	assert_int_equal(take(STATE("finished")), 0);
	assert_int_equal(lost_since(0), 0);
	assert_int_equal(take(STATE("lost")), 0);
	assert_int_equal(lost_since(bench_now - 86400), 1);
	assert_int_equal(lost_since(bench_now), 0);
	assert_int_equal(rth_store_recording_put(bench.portal.store, &row), 0);
	assert_int_equal(lost_since(0), 0);
	assert_int_equal(take(STATE("stored")), RTH_ERR_STATE);
	assert_int_equal(stored().state, RTH_RECORDING_INTERRUPTED);
}

static void failing_memory_is_told(void **state)
{
	unsigned long n;
	enum rth_err err = RTH_ERR_NOMEM;

	(void)state;
	for (n = 1; err && n < 100; n++) {
		rth_mem_fail_at(n);
		err = take(CONSENT("yes") "}");
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM || err == RTH_ERR_IO);
	}
	assert_int_equal(err, 0);
}

/* Makes a database of the version before recordings. */
static void make_old(const struct rth_db_backend *b)
{
	const struct rth_migration *first = &rth_store_migrations[0];
	struct rth_db *db;

	if (bench_on_server(&bench)) {
		bench_schema(&bench, "DROP", "CASCADE");
		bench_schema(&bench, "CREATE", "");
	} else {
		assert_int_equal(unlink(bench.database), 0);
	}
	assert_int_equal(b->open(&db, bench.database), 0);
	assert_int_equal(b->script(db, first->both), 0);
	assert_int_equal(b->script(db, first->own[b->dialect]), 0);
	assert_int_equal(
		b->script(db, "CREATE TABLE migrations(number INTEGER PRIMARY"
			      " KEY, applied_s INTEGER NOT NULL);"
			      "INSERT INTO migrations VALUES(1, 1);"),
		0);
	b->close(db);
}

static void an_old_database_is_brought_up(void **state)
{
	const struct rth_db_backend *backend = bench.portal.store->backend;
	struct found f;

	(void)state;
	rth_store_close(bench.portal.store);
	make_old(backend);
	assert_int_equal(rth_store_open(&bench.portal.store, bench.database),
			 0);
	assert_int_equal(take(CONSENT("yes") "}"), 0);
	f = audit();
	assert_int_equal(f.n, 1);
	assert_non_null(strstr(f.data, HASH));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(an_answer_is_kept_whole),
		TEST(who_ended_it_is_kept),
		TEST(who_ended_it_is_kept),
		TEST(a_room_that_is_gone_has_no_visit),
		TEST(what_is_malformed_leaves_no_trace),
		TEST(who_did_not_answer_has_read_no_text),
		TEST(a_state_never_goes_back),
		TEST(another_room_cannot_change_a_recording),
		TEST(a_whole_recording),
		TEST(what_cannot_be_stored_is_told_while_it_runs),
		TEST(what_is_lost_is_looked_for_until_it_is_recovered),
		TEST(failing_memory_is_told),
		TEST(an_old_database_is_brought_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
