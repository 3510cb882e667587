/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "base64.h"
#include "events.h"
#include "join.h"
#include "json_strict.h"
#include "signing.h"
#include "store_told.h"
#include "visit.h"
#include "work.h"

#define NOW_S 1800000000 /* 2027-01-15T08:00:00Z */

static struct bench bench;
static char keys[96];

static int open_bench(void **state)
{
	struct rth_signing_conf conf = {
		.rotate_s = 86400, .lead_s = 600, .keep_s = 600};

	*state = &bench;
	bench_now = NOW_S;
	bench_open(&bench);
	snprintf(keys, sizeof(keys), "%s/keys", bench.folder);
	conf.dir = keys;
	bench.portal.settings.signing.issuer = (char *)"http://localhost:1";
	bench.portal.settings.janus.token_auth_secret = (char *)"secret";
	assert_int_equal(
		rth_signing_create(&bench.portal.signing, &conf, NOW_S), 0);
	return 0;
}

static int close_bench(void **state)
{
	char command[160];

	(void)state;
	rth_signing_free(bench.portal.signing);
	snprintf(command, sizeof(command), "rm -r '%s'", keys);
	assert_int_equal(system(command), 0);
	bench_close(&bench);
	return 0;
}

/* Somebody's request about a visit. */
static struct rth_exchange *by(const char *email, enum rth_role role,
			       const char *id, const char *body)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_POST, "/");
	struct rth_session *session = rth_alloc(sizeof(*session));

	assert_non_null(session);
	assert_int_equal(rth_store_user(bench.portal.store, &session->user,
					email, "N", NOW_S),
			 0);
	session->role = role;
	rth_exchange_set_session(x, session);
	if (id)
		assert_int_equal(rth_exchange_set_param(x, 0, id, strlen(id)),
				 0);
	if (body)
		assert_int_equal(rth_exchange_set_body(x, body, strlen(body)),
				 0);
	return x;
}

static struct rth_exchange *by_doctor(const char *id, const char *body)
{
	return by("d@clinic.example", RTH_ROLE_CLINICIAN, id, body);
}

static struct rth_exchange *by_patient(const char *id)
{
	return by("p@people.example", RTH_ROLE_PATIENT, id, NULL);
}

/* The reply's status; frees. */
static unsigned done(struct rth_exchange *x)
{
	unsigned status = rth_exchange_reply(x)->status;

	assert_false(rth_exchange_reply(x)->failed);
	rth_exchange_free(x);
	return status;
}

static void make(char id[RTH_ID_SIZE])
{
	struct rth_exchange *x = by_doctor(
		NULL, "{\"title\":\"T\",\"patient_email\":\"P@People.example\","
		      "\"start\":\"2027-01-15T08:00:00Z\",\"minutes\":30}");
	json_t *visit;

	rth_visit_handle_make(x);
	visit = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	assert_non_null(visit);
	snprintf(id, RTH_ID_SIZE, "%s",
		 json_string_value(json_object_get(visit, "id")));
	json_decref(visit);
	assert_int_equal(done(x), 201);
}

static unsigned join(struct rth_exchange *x, const char *code)
{
	char text[32];

	rth_join_handle(x);
	assert_string_equal(bench_code(x, text, sizeof(text)), code);
	return done(x);
}

static void the_window_opens_and_closes_to_the_second(void **state)
{
	static const struct {
		int64_t at_s;
		unsigned status;
		const char *code;
	} rows[] = {
		{NOW_S - 901, 403, "too-early"},
		{NOW_S - 900, 200, ""},
		{NOW_S + 30 * 60 + 3599, 200, ""},
		{NOW_S + 30 * 60 + 3600, 403, "ended"},
	};
	char id[RTH_ID_SIZE];
	size_t i;

	(void)state;
	make(id);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bench_now = rows[i].at_s;
		assert_int_equal(join(by_patient(id), rows[i].code),
				 rows[i].status);
		assert_int_equal(join(by_doctor(id, NULL), rows[i].code),
				 rows[i].status);
	}
}

/* The claims of the admission token that a join hands out. */
static json_t *granted(struct rth_exchange *x)
{
	unsigned char claims[2048];
	const char *token, *end;
	json_t *reply, *object = NULL;
	size_t len = 0;

	rth_join_handle(x);
	reply = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	token = json_string_value(json_object_get(reply, "admission_token"));
	assert_non_null(token);
	token = strchr(token, '.') + 1;
	end = strchr(token, '.');
	assert_int_equal(rth_base64url_decode(claims, sizeof(claims), &len,
					      token, (size_t)(end - token)),
			 0);
	assert_int_equal(rth_json_object(&object, (char *)claims, len), 0);
	json_decref(reply);
	rth_exchange_free(x);
	return object;
}

static bool may_record(struct rth_exchange *x)
{
	json_t *claims = granted(x);
	bool may = json_is_true(
		json_object_get(json_object_get(claims, "rth"), "record"));

	json_decref(claims);
	return may;
}

static void only_the_clinician_may_record_where_there_is_a_folder(void **state)
{
	struct rth_settings *s = &bench.portal.settings;
	char id[RTH_ID_SIZE];

	(void)state;
	make(id);
	s->recordings.allowed = true;
	assert_false(may_record(by_doctor(id, NULL)));
	s->recordings.folder = (char *)"/r";
	assert_true(may_record(by_doctor(id, NULL)));
	assert_false(may_record(by_patient(id)));
	s->recordings.allowed = false;
	assert_false(may_record(by_doctor(id, NULL)));
}

static void everybody_else_hears_not_found(void **state)
{
	char id[RTH_ID_SIZE];

	(void)state;
	make(id);
	assert_int_equal(
		join(by("x@people.example", RTH_ROLE_PATIENT, id, NULL),
		     "not-found"),
		404);
	assert_int_equal(join(by("x@clinic.example", RTH_ROLE_ADMIN, id, NULL),
			      "not-found"),
			 404);
	assert_int_equal(
		join(by_patient("AAAAAAAAAAAAAAAAAAAAAA"), "not-found"), 404);
	assert_int_equal(join(by_patient("x"), "not-found"), 404);
	assert_int_equal(join(by_patient("' OR 1=1 --"), "not-found"), 404);
}

static void who_is_no_clinician_any_more_loses_the_visit(void **state)
{
	struct rth_exchange *x;
	char id[RTH_ID_SIZE];

	(void)state;
	make(id);
	assert_int_equal(
		join(by("d@clinic.example", RTH_ROLE_PATIENT, id, NULL),
		     "not-found"),
		404);
	x = by("d@clinic.example", RTH_ROLE_PATIENT, NULL, NULL);
	rth_visit_handle_list(x);
	assert_string_equal(rth_exchange_reply(x)->body, "{\"visits\":[]}");
	rth_exchange_free(x);
}

static void a_cancelled_visit_is_over(void **state)
{
	struct rth_exchange *x;
	char id[RTH_ID_SIZE];

	(void)state;
	make(id);
	x = by_patient(id);
	rth_visit_handle_cancel(x);
	assert_int_equal(done(x), 404);
	assert_int_equal(join(by_patient(id), ""), 200);
	x = by_doctor(id, NULL);
	rth_visit_handle_cancel(x);
	assert_int_equal(done(x), 204);
	assert_int_equal(join(by_patient(id), "ended"), 403);
	x = by_doctor(id, "{\"title\":\"T\",\"patient_email\":\"p@b.example\","
			  "\"start\":\"2027-01-15T08:00:00Z\",\"minutes\":30}");
	rth_visit_handle_change(x);
	assert_int_equal(done(x), 409);
}

static void without_an_audit_nobody_gets_in(void **state)
{
	char id[RTH_ID_SIZE];

	(void)state;
	make(id);
	bench_sql(&bench, "ALTER TABLE audit RENAME TO gone");
	assert_int_equal(join(by_patient(id), "failed"), 500);
}

static void without_an_audit_a_visit_stays_as_it_is(void **state)
{
	char id[RTH_ID_SIZE];
	struct rth_visit before, after;
	struct rth_user user;
	struct rth_exchange *x;

	(void)state;
	make(id);
	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"d@clinic.example", NULL, NOW_S),
			 0);
	assert_int_equal(
		rth_store_visit_get(bench.portal.store, &before, id, &user), 0);
	bench_sql(&bench, "ALTER TABLE audit RENAME TO gone");
	x = by_doctor(id, "{\"title\":\"U\",\"patient_email\":\"p@b.example\","
			  "\"start\":\"2027-01-15T08:00:00Z\",\"minutes\":30}");
	rth_visit_handle_change(x);
	assert_int_equal(done(x), 500);
	assert_int_equal(
		rth_store_visit_get(bench.portal.store, &after, id, &user), 0);
	assert_string_equal(after.title, before.title);
	assert_string_equal(after.patient_email, before.patient_email);
	assert_string_equal(after.room, before.room);
}

/* A port of this machine on which somebody would be heard knocking. */
static int listen_somewhere(char *url, size_t size)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(url, size, "http://127.0.0.1:%d/admin",
		 (int)ntohs(at.sin_port));
	return fd;
}

/* Cancelling that cannot be recorded still ends the room. */
static void without_an_audit_the_room_still_ends(void **state)
{
	struct rth_exchange *x;
	struct pollfd knock = {.events = POLLIN};
	char id[RTH_ID_SIZE], url[64];

	(void)state;
	make(id);
	bench_sql(&bench, "ALTER TABLE audit RENAME TO gone");
	knock.fd = listen_somewhere(url, sizeof(url));
	bench.portal.settings.janus.admin_url = url;
	bench.portal.settings.janus.admin_secret = (char *)"secret";
	assert_int_equal(rth_work_create(&bench.portal.work_net, 1, 1), 0);
	x = by_doctor(id, NULL);
	rth_visit_handle_cancel(x);
	assert_int_equal(done(x), 500);
	assert_int_equal(poll(&knock, 1, 3000), 1);
	close(knock.fd);
	rth_work_free(bench.portal.work_net);
}

static void failing_memory_lets_nobody_in(void **state)
{
	char id[RTH_ID_SIZE];
	unsigned long n;
	unsigned status = 0;

	(void)state;
	make(id);
	for (n = 1; n < 60 && status != 200; n++) {
		struct rth_exchange *x = by_patient(id);

		bench_now += 61; /* the rate limit's next window */
		rth_mem_fail_at(n);
		rth_join_handle(x);
		rth_mem_fail_at(0);
		status = rth_exchange_reply(x)->failed
				 ? 500
				 : rth_exchange_reply(x)->status;
		assert_true(status == 500 || status == 200);
		rth_exchange_free(x);
	}
	assert_int_equal(status, 200);
}

static unsigned tell(const char *authorization, const char *body)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_POST, "/");

	bench.portal.settings.janus.events_user = (char *)"janus";
	bench.portal.settings.janus.events_password = (char *)"pw";
	if (authorization)
		assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER,
						  "Authorization",
						  authorization),
				 0);
	if (body)
		assert_int_equal(rth_exchange_set_body(x, body, strlen(body)),
				 0);
	rth_events_handle(x);
	return done(x);
}

static void events_need_the_password(void **state)
{
	static const char event[] =
		"{\"type\":64,\"event\":{\"plugin\":\"janus.plugin.rthealth\","
		"\"data\":{\"event\":\"joined\",\"sub\":\"s\"}}}";

	(void)state;
	assert_int_equal(tell("Basic amFudXM6cHc=", event), 204);
	assert_int_equal(tell("Basic amFudXM6cHc=", "[]"), 204);
	assert_int_equal(tell("Basic amFudXM6cHc=", NULL), 400);
	assert_int_equal(tell("Basic amFudXM6cHg=", event), 401);
	assert_int_equal(tell("Basic amFudXM6cHc", event), 401);
	assert_int_equal(tell("basic", event), 401);
	assert_int_equal(tell("", event), 401);
	assert_int_equal(tell(NULL, event), 401);
}

/* Rights over a recording are its patient's: another one gets none of it. */
static void what_was_recorded_stays_its_patients(void **state)
{
	static const char other[] =
		"{\"title\":\"U\",\"patient_email\":\"q@people.example\","
		"\"start\":\"2027-01-15T08:00:00Z\",\"minutes\":30}";
	static const char same[] =
		"{\"title\":\"U\",\"patient_email\":\"p@people.example\","
		"\"start\":\"2027-01-15T08:00:00Z\",\"minutes\":30}";
	const struct rth_user patient = {.email = "p@people.example"};
	struct rth_recording_row row = {.id = "abcdefghijklmnopqrstuv",
					.state = RTH_RECORDING_ASKED};
	struct rth_exchange *x;
	struct rth_visit visit;
	char id[RTH_ID_SIZE], code[32];

	(void)state;
	make(id);
	assert_int_equal(
		rth_store_visit_get(bench.portal.store, &visit, id, &patient),
		0);
	memcpy(row.room, visit.room, sizeof(row.room));
	assert_int_equal(rth_store_recording_put(bench.portal.store, &row), 0);
	x = by_doctor(id, other); /* about to begin: the store refuses */
	rth_visit_handle_change(x);
	assert_int_equal(done(x), 503);
	row.state = RTH_RECORDING_RUNNING;
	row.begun_s = NOW_S;
	assert_int_equal(rth_store_recording_put(bench.portal.store, &row), 0);
	x = by_doctor(id, other);
	rth_visit_handle_change(x);
	assert_string_equal(bench_code(x, code, sizeof(code)), "recorded");
	assert_int_equal(done(x), 409);
	x = by_doctor(id, same);
	rth_visit_handle_change(x);
	assert_int_equal(done(x), 200);
	assert_int_equal(
		rth_store_visit_get(bench.portal.store, &visit, id, &patient),
		0);
	assert_string_equal(visit.title, "U");
}

static char *kinds[] = {"First visit", "Therapy"};

/* Makes or changes a visit of a kind (JSON); the status. */
static unsigned of_kind(const char *id, const char *kind)
{
	struct rth_exchange *x;
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"title\":\"T\",\"patient_email\":\"p@people.example\","
		 "\"start\":\"2027-01-15T08:00:00Z\",\"minutes\":30,"
		 "\"kind\":%s}",
		 kind);
	x = by_doctor(id, body);
	if (id)
		rth_visit_handle_change(x);
	else
		rth_visit_handle_make(x);
	return done(x);
}

static const char *kind_of(const char *id)
{
	static struct rth_visit visit;
	const struct rth_user patient = {.email = "p@people.example"};

	assert_int_equal(
		rth_store_visit_get(bench.portal.store, &visit, id, &patient),
		0);
	return visit.kind;
}

static void a_kind_is_one_of_the_clinics(void **state)
{
	struct rth_conf_strings *offered = &bench.portal.settings.visit.kinds;
	char id[RTH_ID_SIZE];

	(void)state;
	assert_int_equal(of_kind(NULL, "\"Therapy\""), 400);
	offered->v = kinds;
	offered->n = 2;
	assert_int_equal(of_kind(NULL, "\"Therapy\""), 201);
	assert_int_equal(of_kind(NULL, "null"), 201);
	assert_int_equal(of_kind(NULL, "\"\""), 400);
	assert_int_equal(of_kind(NULL, "1"), 400);
	assert_int_equal(of_kind(NULL, "\"therapy\""), 400);
	make(id);
	assert_string_equal(kind_of(id), "");
	assert_int_equal(of_kind(id, "\"First visit\""), 200);
	assert_string_equal(kind_of(id), "First visit");
	/* What is offered no more may stay, but not come back. */
	offered->n = 0;
	assert_int_equal(of_kind(id, "\"First visit\""), 200);
	assert_string_equal(kind_of(id), "First visit");
	assert_int_equal(of_kind(id, "\"Therapy\""), 400);
	assert_int_equal(of_kind(id, "null"), 200);
	assert_string_equal(kind_of(id), "");
	assert_int_equal(of_kind(id, "\"First visit\""), 400);
}

/* With another patient it has another history. */
static void another_patient_sees_nothing_of_the_one_before(void **state)
{
	static const char other[] =
		"{\"title\":\"T\",\"patient_email\":\"q@people.example\","
		"\"start\":\"2027-01-15T08:00:00Z\",\"minutes\":30}";
	const struct rth_user q = {.email = "q@people.example"};
	struct rth_presence there = {.boot = "AAAAAAAAAAAAAAAAAAAAAA",
				     .move = RTH_PRESENCE_JOINED,
				     .participant = "x"};
	struct rth_exchange *x;
	struct rth_visit visit;
	char id[RTH_ID_SIZE];
	int i;

	(void)state;
	make(id);
	there.visit = id;
	for (i = 0; i < 2; i++) {
		there.clinician = i != 0;
		there.time_ms = (NOW_S + i) * INT64_C(1000);
		assert_int_equal(rth_store_presence(bench.portal.store, &there),
				 0);
	}
	x = by_doctor(id, other);
	rth_visit_handle_change(x);
	assert_int_equal(done(x), 200);
	assert_int_equal(
		rth_store_visit_get(bench.portal.store, &visit, id, &q), 0);
	assert_int_equal(visit.first_ms, 0);
	assert_int_equal(visit.both_ms, 0);
}

/* The relay's credentials say until when they are good. */
static int64_t relay_life(struct rth_exchange *x,
			  void (*handle)(struct rth_exchange *x))
{
	json_t *body;
	const char *user;
	int64_t until_s;

	handle(x);
	body = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	user = json_string_value(json_object_get(
		json_array_get(json_object_get(body, "ice_servers"), 0),
		"username"));
	assert_non_null(user);
	until_s = strtoll(user, NULL, 10);
	json_decref(body);
	assert_int_equal(done(x), 200);
	return until_s - NOW_S;
}

static void a_check_is_no_relay_for_hours(void **state)
{
	static char *urls[] = {"turn:turn.example"};
	struct rth_settings *s = &bench.portal.settings;
	char id[RTH_ID_SIZE];

	(void)state;
	s->turn.urls.v = urls;
	s->turn.urls.n = 1;
	s->turn.secret = (char *)"secret";
	s->turn.ttl_s = 14400;
	make(id);
	assert_int_equal(relay_life(by_patient(id), rth_join_handle), 14400);
	assert_int_equal(relay_life(by_patient(NULL), rth_join_handle_check),
			 300);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_window_opens_and_closes_to_the_second),
		TEST(only_the_clinician_may_record_where_there_is_a_folder),
		TEST(everybody_else_hears_not_found),
		TEST(who_is_no_clinician_any_more_loses_the_visit),
		TEST(a_cancelled_visit_is_over),
		TEST(what_was_recorded_stays_its_patients),
		TEST(a_kind_is_one_of_the_clinics),
		TEST(another_patient_sees_nothing_of_the_one_before),
		TEST(a_check_is_no_relay_for_hours),
		TEST(without_an_audit_nobody_gets_in),
		TEST(without_an_audit_a_visit_stays_as_it_is),
		TEST(without_an_audit_the_room_still_ends),
		TEST(failing_memory_lets_nobody_in),
		TEST(events_need_the_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
