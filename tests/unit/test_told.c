/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin told: each event once and in order, what is missing, who was
 * there, and what the lines were like.
 */
#include "portal_support.h"

#include <pthread.h>

#include "log.h"
#include "store_db.h"
#include "store_told.h"
#include "../../portal/told.h"
#include "visit.h"

#define NOW_S 1800000000 /* 2027-01-15T08:00:00Z */
#define ROOM "RRRRRRRRRRRRRRRRRRRRRR"
#define ONE "AAAAAAAAAAAAAAAAAAAAAA" /* boots */
#define TWO "BBBBBBBBBBBBBBBBBBBBBB"
#define REC "abcdefghijklmnopqrstuv"
#define TEXT_MAX 8192

static struct bench bench;
static struct rth_visit visit;

static int open_bench(void **state)
{
	struct rth_user user;

	*state = &bench;
	bench_now = NOW_S;
	bench_open(&bench);
	memset(&visit, 0, sizeof(visit));
	visit = (struct rth_visit){
		.room = ROOM,
		.title = "T",
		.patient_email = "p@people.example",
		.start_s = NOW_S,
		.minutes = 30,
	};
	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"d@clinic.example", "D", 1),
			 0);
	assert_int_equal(rth_id_make(visit.id), 0);
	memcpy(visit.clinician_id, user.id, sizeof(user.id));
	assert_int_equal(rth_store_visit_add(bench.portal.store, &visit, 1), 0);
	return 0;
}

static int close_bench(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

/* An event of a boot, told now; `more` is further members, "" or ",...". */
static json_t *event_of(const char *boot, int seq, const char *name,
			const char *more)
{
	char text[1024];
	json_t *data;

	snprintf(text, sizeof(text),
		 "{\"event\":\"%s\",\"boot\":\"%s\",\"seq\":%d,"
		 "\"time_ms\":%lld%s}",
		 name, boot, seq, (long long)bench_now * 1000, more);
	data = json_loads(text, 0, NULL);
	assert_non_null(data);
	return data;
}

static enum rth_err take(const char *boot, int seq, const char *name,
			 const char *more)
{
	json_t *data = event_of(boot, seq, name, more);
	enum rth_err err = rth_told_take(&bench.portal, data);

	json_decref(data);
	return err;
}

static void tell(const char *boot, int seq, const char *name, const char *more)
{
	assert_int_equal(take(boot, seq, name, more), 0);
}

static void seat(const char *boot, int seq, const char *name, const char *who,
		 const char *role)
{
	char more[256];

	snprintf(more, sizeof(more),
		 ",\"room\":\"" ROOM "\",\"participant\":\"%s\","
		 "\"sub\":\"s-%s\",\"role\":\"%s\"",
		 who, who, role);
	tell(boot, seq, name, more);
}

/* ---- What is there ---- */

struct text {
	char v[TEXT_MAX];
};

/* action[reason](data without boot and time) of each row, and line ends. */
static enum rth_err audit_row(const struct rth_db_row *row, void *arg)
{
	const struct rth_db_backend *b = bench.portal.store->backend;
	struct text *out = arg;
	size_t len = strlen(out->v);
	char action[64], reason[64], data[512], seq[32] = "";
	json_t *value;

	assert_int_equal(b->column_text(row, 0, action, sizeof(action)), 0);
	assert_int_equal(b->column_text(row, 1, reason, sizeof(reason)), 0);
	assert_int_equal(b->column_text(row, 2, data, sizeof(data)), 0);
	value = json_loads(data, 0, NULL);
	if (json_object_get(value, "seq"))
		snprintf(
			seq, sizeof(seq), "%d",
			(int)json_integer_value(json_object_get(value, "seq")));
	snprintf(out->v + len, sizeof(out->v) - len, "%s%s%s%s%s\n", action,
		 *reason ? " " : "", reason, *data ? " " : "",
		 *seq ? seq : data);
	json_decref(value);
	return 0;
}

static const char *audit(void)
{
	static struct text text;
	const struct rth_db_query query = {
		.sql = "SELECT action, COALESCE(reason, ''),"
		       " COALESCE(data, '') FROM audit ORDER BY n",
		.row = audit_row,
		.arg = &text,
	};

	text.v[0] = '\0';
	assert_int_equal(rth_store_run(bench.portal.store, &query), 0);
	return text.v;
}

/* "first last seconds" in seconds after NOW_S, or "never". */
static const char *happened(void)
{
	static char text[96];
	struct rth_user viewer;
	struct rth_visit now;

	assert_int_equal(rth_store_user(bench.portal.store, &viewer,
					"d@clinic.example", NULL, 1),
			 0);
	assert_int_equal(rth_store_visit_get(bench.portal.store, &now, visit.id,
					     &viewer),
			 0);
	if (!now.first_ms)
		return "never";
	snprintf(text, sizeof(text), "%lld %lld %lld",
		 (long long)(now.first_ms / 1000 - NOW_S),
		 (long long)(now.last_ms / 1000 - NOW_S),
		 (long long)(now.both_ms / 1000));
	return text;
}

static struct rth_boot_row boot_row(const char *boot)
{
	struct rth_boot_row row;

	assert_int_equal(rth_store_boot_get(bench.portal.store, &row, boot), 0);
	return row;
}

/* ---- Order ---- */

static void each_is_taken_once_and_in_order(void **state)
{
	(void)state;
	tell(ONE, 1, "started", ",\"host\":\"h1\"");
	tell(ONE, 2, "room-opened", ",\"room\":\"" ROOM "\"");
	tell(ONE, 3, "alive", "");
	tell(ONE, 2, "room-opened", ",\"room\":\"" ROOM "\"");
	tell(ONE, 1, "started", ",\"host\":\"h1\"");
	tell(ONE, 3, "alive", "");
	tell(ONE, 4, "room-closed", ",\"room\":\"" ROOM "\"");
	tell(ONE, 5, "stopping", "");
	tell(ONE, 5, "stopping", "");
	assert_string_equal(audit(), "plugin:started 1\nplugin:room-opened 2\n"
				     "plugin:room-closed 4\n"
				     "plugin:stopping 5\n");
	assert_int_equal(boot_row(ONE).end, RTH_BOOT_STOPPED);
	assert_string_equal(boot_row(ONE).host, "h1");
}

static void a_gap_is_a_row_of_its_own(void **state)
{
	(void)state;
	tell(ONE, 4, "media-up", "");
	tell(ONE, 5, "media-down", "");
	tell(ONE, 9, "media-up", "");
	tell(ONE, 8, "media-down", "");
	assert_string_equal(audit(),
			    "events-missing gap {\"from\":1,\"to\":3}\n"
			    "plugin:media-up 4\nplugin:media-down 5\n"
			    "events-missing gap {\"from\":6,\"to\":8}\n"
			    "plugin:media-up 9\n");
}

static void boots_do_not_mix(void **state)
{
	(void)state;
	tell(ONE, 1, "started", ",\"host\":\"h1\"");
	tell(TWO, 1, "started", ",\"host\":\"h2\"");
	tell(ONE, 2, "media-up", "");
	tell(TWO, 2, "media-down", "");
	tell(ONE, 3, "stopping", "");
	tell(TWO, 3, "stopping", "");
	assert_string_equal(audit(), "plugin:started 1\nplugin:started 1\n"
				     "plugin:media-up 2\nplugin:media-down 2\n"
				     "plugin:stopping 3\nplugin:stopping 3\n");
}

static void what_is_malformed_is_not_kept(void **state)
{
	static const char *const bad[] = {
		"{\"event\":\"x\",\"boot\":\"short\",\"seq\":1}",
		"{\"event\":\"x\",\"boot\":\"" ONE "\"}",
		"{\"event\":\"x\",\"seq\":1}",
		"{\"event\":\"x\",\"boot\":\"" ONE "\",\"seq\":0}",
		"{\"event\":\"x\",\"boot\":\"" ONE "\",\"seq\":-1}",
		"{\"event\":\"x\",\"boot\":\"" ONE "\",\"seq\":\"1\"}",
		"{\"event\":\"x\",\"boot\":\"" ONE "\",\"seq\":1.5}",
		"{\"event\":\"x\",\"boot\":1,\"seq\":1}",
		"{\"event\":\"a b\",\"boot\":\"" ONE "\",\"seq\":1}",
		"{\"boot\":\"" ONE "\",\"seq\":1}",
		"[]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *data = json_loads(bad[i], 0, NULL);

		assert_int_equal(rth_told_take(&bench.portal, data), 0);
		json_decref(data);
	}
	assert_string_equal(audit(), "");
	/* One of a recording has arrived, and nobody can read it. */
	tell(ONE, 1, "recording", ",\"room\":\"" ROOM "\",\"state\":\"x\"");
	tell(ONE, 2, "media-up", "");
	assert_string_equal(audit(), "plugin:media-up 2\n");
}

static void an_older_plugin_is_heard(void **state)
{
	json_t *data =
		json_pack("{s:s, s:s}", "event", "media-up", "room", ROOM);

	(void)state;
	assert_int_equal(rth_told_take(&bench.portal, data), 0);
	assert_int_equal(rth_told_take(&bench.portal, data), 0);
	json_decref(data);
	assert_string_equal(audit(), "plugin:media-up\nplugin:media-up\n");
}

static void evidence_goes_with_its_number(void **state)
{
	static const char more[] = ",\"room\":\"" ROOM "\",\"recording\":\"" REC
				   "\",\"state\":\"running\"";
	struct rth_recording_row row;

	(void)state;
	tell(ONE, 1, "recording", more);
	tell(ONE, 1, "recording", more);
	assert_string_equal(audit(), "plugin:recording 1\n");
	assert_int_equal(rth_store_recording_get(bench.portal.store, &row, REC),
			 0);
	assert_int_equal(boot_row(ONE).seq, 1);
}

/* ---- Ends that nobody told ---- */

static void a_new_start_ends_the_one_before(void **state)
{
	(void)state;
	tell(ONE, 1, "started", ",\"host\":\"h1\"");
	tell(ONE, 2, "media-up", "");
	tell(TWO, 1, "started", ",\"host\":\"h1\"");
	tell(TWO, 2, "stopping", "");
	tell("CCCCCCCCCCCCCCCCCCCCCC", 1, "started", ",\"host\":\"h1\"");
	assert_string_equal(audit(), "plugin:started 1\nplugin:media-up 2\n"
				     "events-missing restarted {\"from\":3}\n"
				     "plugin:started 1\nplugin:stopping 2\n"
				     "plugin:started 1\n");
}

static void run_sql(const char *sql)
{
	const struct rth_db_query query = {.sql = sql};

	assert_int_equal(rth_store_run(bench.portal.store, &query), 0);
}

static void tick_at(int64_t now_s)
{
	bench_now = now_s;
	rth_told_tick(&bench.portal);
}

static void silence_is_told_once(void **state)
{
	(void)state;
	tell(ONE, 1, "started", ",\"host\":\"h1\"");
	tick_at(NOW_S + RTH_TOLD_SILENCE_S);
	assert_string_equal(audit(), "plugin:started 1\n");
	tick_at(NOW_S + RTH_TOLD_SILENCE_S + 1);
	tick_at(NOW_S + 2 * RTH_TOLD_SILENCE_S);
	assert_string_equal(audit(), "plugin:started 1\n"
				     "events-missing silent {\"from\":2}\n");
	/* It was there all the time. */
	tell(ONE, 2, "alive", "");
	tell(ONE, 3, "media-up", "");
	assert_string_equal(audit(), "plugin:started 1\n"
				     "events-missing silent {\"from\":2}\n"
				     "events-resumed {\"from\":2}\n"
				     "plugin:media-up 3\n");
	assert_int_equal(boot_row(ONE).end, RTH_BOOT_RUNS);
}

static void what_stopped_is_not_silent(void **state)
{
	(void)state;
	tell(ONE, 1, "stopping", "");
	tick_at(NOW_S + 100 * RTH_TOLD_SILENCE_S);
	assert_string_equal(audit(), "plugin:stopping 1\n");
}

/* Janus pauses as long as the portal was away before it tries again. */
static void a_portal_that_was_away_waits_longer(void **state)
{
	(void)state;
	tell(ONE, 1, "started", ",\"host\":\"h1\"");
	bench.portal.takes_s = NOW_S + 1000;
	tick_at(NOW_S + 2000 + RTH_TOLD_SILENCE_S);
	assert_string_equal(audit(), "plugin:started 1\n");
	tick_at(NOW_S + 2001 + RTH_TOLD_SILENCE_S);
	assert_string_equal(audit(), "plugin:started 1\n"
				     "events-missing silent {\"from\":2}\n");
}

/* Nothing is taken then either, so Janus pauses and nobody was silent. */
static void without_the_database_nobody_is_silent(void **state)
{
	(void)state;
	seat(ONE, 1, "joined", "c1", "clinician");
	seat(ONE, 2, "joined", "p1", "patient");
	run_sql("ALTER TABLE event_boots RENAME TO away");
	tick_at(NOW_S + 60);
	tick_at(NOW_S + 2 * RTH_TOLD_SILENCE_S);
	run_sql("ALTER TABLE away RENAME TO event_boots");
	tick_at(NOW_S + 3 * RTH_TOLD_SILENCE_S);
	bench_now = NOW_S + 4 * RTH_TOLD_SILENCE_S;
	seat(ONE, 3, "left", "p1", "patient");
	assert_string_equal(audit(), "plugin:joined 1\nplugin:joined 2\n"
				     "plugin:left 3\n");
	assert_string_equal(happened(), "0 1200 1200");
}

/* ---- What happened ---- */

static void together_is_when_both_are_there(void **state)
{
	(void)state;
	seat(ONE, 1, "joined", "c1", "clinician");
	assert_string_equal(happened(), "never");
	bench_now = NOW_S + 10;
	seat(ONE, 2, "joined", "p1", "patient");
	assert_string_equal(happened(), "10 10 0");
	bench_now = NOW_S + 40;
	seat(ONE, 3, "media-up", "p1", "patient");
	assert_string_equal(happened(), "10 40 30");
	bench_now = NOW_S + 50;
	seat(ONE, 4, "left", "p1", "patient");
	bench_now = NOW_S + 60;
	seat(ONE, 5, "joined", "p2", "patient");
	/* Of a seat that was given to somebody else already. */
	seat(ONE, 6, "left", "p1", "patient");
	bench_now = NOW_S + 75;
	tell(ONE, 7, "room-closed", ",\"room\":\"" ROOM "\"");
	assert_string_equal(happened(), "10 75 55");
	bench_now = NOW_S + 90;
	seat(ONE, 8, "left", "p2", "patient");
	assert_string_equal(happened(), "10 75 55");
}

static void a_repeat_does_not_count(void **state)
{
	(void)state;
	seat(ONE, 1, "joined", "c1", "clinician");
	seat(ONE, 2, "joined", "p1", "patient");
	bench_now = NOW_S + 30;
	seat(ONE, 3, "left", "p1", "patient");
	bench_now = NOW_S + 99;
	seat(ONE, 2, "joined", "p1", "patient");
	seat(ONE, 3, "left", "p1", "patient");
	assert_string_equal(happened(), "0 30 30");
}

static void who_dies_was_there_until_heard_of_last(void **state)
{
	(void)state;
	seat(ONE, 1, "joined", "c1", "clinician");
	seat(ONE, 2, "joined", "p1", "patient");
	bench_now = NOW_S + 25;
	seat(ONE, 3, "quality", "p1", "patient");
	tick_at(NOW_S + 1000);
	assert_string_equal(happened(), "0 25 25");
	/* Another plugin has the room now. */
	bench_now = NOW_S + 1100;
	seat(TWO, 1, "joined", "c2", "clinician");
	bench_now = NOW_S + 1110;
	seat(TWO, 2, "joined", "p2", "patient");
	bench_now = NOW_S + 1120;
	seat(TWO, 3, "left", "c2", "clinician");
	assert_string_equal(happened(), "0 1120 35");
}

static void another_plugin_takes_the_room_over(void **state)
{
	(void)state;
	seat(ONE, 1, "joined", "c1", "clinician");
	seat(ONE, 2, "joined", "p1", "patient");
	bench_now = NOW_S + 20;
	seat(ONE, 3, "media-up", "p1", "patient");
	bench_now = NOW_S + 50;
	seat(TWO, 1, "joined", "p2", "patient");
	bench_now = NOW_S + 80;
	assert_string_equal(happened(), "0 20 20");
}

static void a_clock_of_another_time_is_not_believed(void **state)
{
	(void)state;
	seat(ONE, 1, "joined", "c1", "clinician");
	tell(ONE, 2, "joined",
	     ",\"time_ms\":5,\"room\":\"" ROOM "\",\"participant\":\"p1\","
	     "\"role\":\"patient\"");
	assert_string_equal(happened(), "0 0 0");
}

/* ---- Lines ---- */

static json_t *ask_quality(const char *email, enum rth_role role,
			   unsigned status)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/");
	struct rth_session *session = rth_alloc(sizeof(*session));
	json_t *answer;

	assert_non_null(session);
	assert_int_equal(rth_store_user(bench.portal.store, &session->user,
					email, "N", NOW_S),
			 0);
	session->role = role;
	rth_exchange_set_session(x, session);
	assert_int_equal(
		rth_exchange_set_param(x, 0, visit.id, strlen(visit.id)), 0);
	rth_visit_handle_quality(x);
	assert_int_equal(rth_exchange_reply(x)->status, status);
	answer = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	rth_exchange_free(x);
	assert_non_null(answer);
	return answer;
}

static json_t *quality(void)
{
	return ask_quality("d@clinic.example", RTH_ROLE_CLINICIAN, 200);
}

static void tell_quality(int seq, const char *role, const char *numbers)
{
	char more[512];

	snprintf(more, sizeof(more),
		 ",\"room\":\"" ROOM "\",\"participant\":\"x\","
		 "\"role\":\"%s\"%s",
		 role, numbers);
	tell(ONE, seq, "quality", more);
}

#define GOOD                                          \
	",\"loss_permille\":20,\"round_trip_ms\":42," \
	"\"received_kbps\":900,\"sent_kbps\":1100,"   \
	"\"limited\":true"

static const json_t *points(const json_t *answer, size_t seat_n)
{
	return json_object_get(
		json_array_get(json_object_get(answer, "seats"), seat_n),
		"points");
}

static void lines_are_told_to_the_clinician_only(void **state)
{
	json_t *answer;
	char *text;

	(void)state;
	answer = quality();
	text = json_dumps(answer, JSON_COMPACT);
	assert_string_equal(text, "{\"from\":null,\"step_s\":10,\"seats\":["
				  "{\"role\":\"clinician\",\"points\":[]},"
				  "{\"role\":\"patient\",\"points\":[]}]}");
	free(text);
	json_decref(answer);
	tell_quality(1, "clinician", GOOD);
	bench_now += 20;
	tell_quality(2, "patient", ",\"loss_permille\":null");
	tell_quality(2, "patient", ",\"loss_permille\":1");
	assert_string_equal(audit(), "");
	answer = quality();
	text = json_dumps(answer, JSON_COMPACT);
	assert_string_equal(
		text,
		"{\"from\":\"2027-01-15T08:00:00Z\",\"step_s\":10,\"seats\":["
		"{\"role\":\"clinician\",\"points\":[{\"s\":0,"
		"\"loss_permille\":20,\"round_trip_ms\":42,"
		"\"received_kbps\":900,\"sent_kbps\":1100,\"limited\":true}]},"
		"{\"role\":\"patient\",\"points\":[{\"s\":20,"
		"\"loss_permille\":null,\"round_trip_ms\":null,"
		"\"received_kbps\":null,\"sent_kbps\":null,"
		"\"limited\":false}]}]}");
	free(text);
	json_decref(answer);
	json_decref(ask_quality("p@people.example", RTH_ROLE_PATIENT, 404));
	json_decref(ask_quality("x@people.example", RTH_ROLE_PATIENT, 404));
	json_decref(ask_quality("d@clinic.example", RTH_ROLE_PATIENT, 404));
}

/* Of 2000 points of 10 s, three become one. */
static void a_long_visit_has_longer_steps(void **state)
{
	json_t *answer;
	int i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		struct rth_quality q = {
			.time_s = NOW_S + 10 * i,
			.loss_permille = i % 3,
			.round_trip_ms = -1,
			.received_kbps = 10 * (i % 3),
			.sent_kbps = -1,
		};

		assert_int_equal(rth_store_quality_add(bench.portal.store,
						       visit.id, true, &q),
				 0);
	}
	answer = quality();
	assert_int_equal(json_integer_value(json_object_get(answer, "step_s")),
			 30);
	assert_int_equal(json_array_size(points(answer, 0)), 667);
	assert_int_equal(json_array_size(points(answer, 1)), 0);
	for (i = 0; i < 666; i++) {
		const json_t *point =
			json_array_get(points(answer, 0), (size_t)i);

		assert_int_equal(
			json_integer_value(json_object_get(point, "s")),
			30 * i);
		assert_int_equal(json_integer_value(json_object_get(
					 point, "loss_permille")),
				 2);
		assert_int_equal(json_integer_value(json_object_get(
					 point, "received_kbps")),
				 10);
		assert_true(json_is_null(json_object_get(point, "sent_kbps")));
	}
	json_decref(answer);
}

static size_t count(const char *sql)
{
	size_t rows = 0;
	const struct rth_db_query query = {.sql = sql};

	assert_int_equal(bench.portal.store->backend->run(
				 bench.portal.store->db, &query, &rows),
			 0);
	return rows;
}

static void old_lines_and_boots_are_swept(void **state)
{
	(void)state;
	tell_quality(1, "clinician", GOOD);
	tell(TWO, 1, "stopping", "");
	bench_now += 100;
	tell_quality(2, "clinician", GOOD);
	assert_int_equal(rth_store_told_sweep(bench.portal.store, NOW_S), 0);
	assert_int_equal(count("SELECT 1 FROM quality"), 2);
	assert_int_equal(count("SELECT 1 FROM event_boots"), 2);
	assert_int_equal(rth_store_told_sweep(bench.portal.store, NOW_S + 1),
			 0);
	assert_int_equal(count("SELECT 1 FROM quality"), 1);
	assert_int_equal(count("SELECT 1 FROM event_boots"), 1);
	assert_int_equal(rth_store_visit_forget(bench.portal.store, visit.id),
			 0);
	assert_int_equal(count("SELECT 1 FROM quality"), 0);
	assert_string_equal(happened(), "never");
}

/* ---- Whatever fails, whoever else is there ---- */

static void failing_memory_loses_nothing(void **state)
{
	int seq = 0, failed = 0, at;

	(void)state;
	for (at = 1; at < 200; at++) {
		enum rth_err err;

		rth_mem_fail_at(at);
		err = take(ONE, seq + 1, "media-up",
			   ",\"room\":\"" ROOM "\",\"role\":\"patient\"");
		rth_mem_fail_at(0);
		if (err) {
			assert_int_equal(err, RTH_ERR_NOMEM);
			failed++;
			/* Janus tells it again. */
			tell(ONE, seq + 1, "media-up",
			     ",\"room\":\"" ROOM "\",\"role\":\"patient\"");
		}
		seq++;
	}
	assert_true(failed > 0);
	assert_null(strstr(audit(), "missing"));
	assert_int_equal(count("SELECT 1 FROM audit"), (size_t)seq);
	assert_int_equal(boot_row(ONE).seq, seq);
}

/* Each tells all, again and again until it is taken, as Janus does. */
static void *tell_all(void *arg)
{
	(void)arg;
	for (int seq = 1; seq <= 40; seq++)
		while (take(ONE, seq, "media-up", ""))
			;
	return NULL;
}

static void two_who_tell_the_same_make_one_row(void **state)
{
	pthread_t threads[4];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, tell_all, NULL), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_null(strstr(audit(), "missing"));
	assert_int_equal(count("SELECT 1 FROM audit"), 40);
	assert_int_equal(boot_row(ONE).seq, 40);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		TEST(each_is_taken_once_and_in_order),
		TEST(a_gap_is_a_row_of_its_own),
		TEST(boots_do_not_mix),
		TEST(what_is_malformed_is_not_kept),
		TEST(an_older_plugin_is_heard),
		TEST(evidence_goes_with_its_number),
		TEST(a_new_start_ends_the_one_before),
		TEST(silence_is_told_once),
		TEST(what_stopped_is_not_silent),
		TEST(without_the_database_nobody_is_silent),
		TEST(a_portal_that_was_away_waits_longer),
		TEST(together_is_when_both_are_there),
		TEST(a_repeat_does_not_count),
		TEST(who_dies_was_there_until_heard_of_last),
		TEST(another_plugin_takes_the_room_over),
		TEST(a_clock_of_another_time_is_not_believed),
		TEST(lines_are_told_to_the_clinician_only),
		TEST(a_long_visit_has_longer_steps),
		TEST(old_lines_and_boots_are_swept),
		TEST(failing_memory_loses_nothing),
		TEST(two_who_tell_the_same_make_one_row),
	};

	rth_log_init("test", RTH_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
