/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Doors, knocks, urgent calls, and what the plugin's events make of them.
 */
#include "portal_support.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "attend.h"
#include "door.h"
#include "live_state.h"
#include "store_db.h"
#include "store_door.h"
#include "store_waiting.h"
#include "../../portal/told.h"
#include "told_door.h"
#include "urgent.h"
#include "visit.h"
#include "work.h"

#define NOW_S 1800000000	     /* 2027-01-15T08:00:00Z */
#define ONE "AAAAAAAAAAAAAAAAAAAAAA" /* boots */
#define TWO "BBBBBBBBBBBBBBBBBBBBBB"
#define OPEN "{\"name\":\"dr-d\",\"title\":\"Open hours\",\"open\":true}"
#define DOCTOR "d@clinic.example"
#define SECOND "e@clinic.example"
#define PATIENT "p@people.example"
#define OTHER "q@people.example"

static struct bench bench;
static int seq;

static int open_bench(void **state)
{
	*state = &bench;
	bench_now = NOW_S;
	seq = 0;
	bench_open(&bench);
	bench.portal.settings.door.minutes = 120;
	return 0;
}

static int close_bench(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

static struct rth_store *store(void)
{
	return bench.portal.store;
}

static struct rth_user user_of(const char *email)
{
	struct rth_user user;

	assert_int_equal(rth_store_user(store(), &user, email, email, NOW_S),
			 0);
	return user;
}

/* Somebody asks; the reply is in the exchange. */
static struct rth_exchange *by(const char *email, const char *param,
			       const char *body,
			       void (*handle)(struct rth_exchange *x))
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_POST, "/");
	struct rth_session *session = rth_alloc(sizeof(*session));

	assert_non_null(session);
	session->user = user_of(email);
	session->role =
		strstr(email, "clinic") ? RTH_ROLE_CLINICIAN : RTH_ROLE_PATIENT;
	rth_exchange_set_session(x, session);
	if (param)
		assert_int_equal(
			rth_exchange_set_param(x, 0, param, strlen(param)), 0);
	if (body)
		assert_int_equal(rth_exchange_set_body(x, body, strlen(body)),
				 0);
	handle(x);
	assert_false(rth_exchange_reply(x)->failed);
	return x;
}

static unsigned status_of(struct rth_exchange *x)
{
	unsigned status = rth_exchange_reply(x)->status;

	rth_exchange_free(x);
	return status;
}

static unsigned put_door(const char *email, const char *body)
{
	return status_of(by(email, NULL, body, rth_door_handle_put));
}

/* The status, and the id or the error's code. */
static unsigned answer(struct rth_exchange *x, char out[RTH_ID_SIZE])
{
	json_t *body = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	const char *id = json_string_value(json_object_get(body, "id"));
	const char *code = json_string_value(
		json_object_get(json_object_get(body, "error"), "code"));

	snprintf(out, RTH_ID_SIZE, "%s", id ? id : code ? code : "");
	json_decref(body);
	return status_of(x);
}

static unsigned knock(const char *email, char out[RTH_ID_SIZE])
{
	return answer(by(email, "dr-d", NULL, rth_door_handle_knock), out);
}

/* The events of rooms: those of a visit, with its people's own ids. */
static void tell(const char *boot, const char *room, const char *name,
		 const char *participant, const char *email, const char *more)
{
	struct rth_user user = user_of(email);
	char text[1024];
	json_t *data;

	seq++;
	snprintf(text, sizeof(text),
		 "{\"event\":\"%s\",\"boot\":\"%s\",\"seq\":%d,"
		 "\"time_ms\":%lld,\"room\":\"%s\",\"participant\":\"%s\","
		 "\"sub\":\"%s\",\"role\":\"%s\"%s}",
		 name, boot, seq, (long long)bench_now * 1000 + seq, room,
		 participant, user.id,
		 strstr(email, "clinic") ? "clinician" : "patient", more);
	data = json_loads(text, 0, NULL);
	assert_non_null(data);
	assert_int_equal(rth_told_take(&bench.portal, data), 0);
	json_decref(data);
}

static struct rth_visit visit_of(const char *id, const char *email)
{
	struct rth_user user = user_of(email);
	struct rth_visit visit;

	if (rth_store_visit_get(store(), &visit, id, &user))
		assert_int_equal(rth_store_call_get(store(), &visit, id, email,
						    bench_now),
				 0);
	return visit;
}

/* Who waits for a clinician: "name:place" each, as the stream has it; with "+"
   who is in alone. */
static const char *people(const char *email)
{
	static char out[512];
	struct rth_user user = user_of(email);
	char *text;
	json_t *state, *person;
	size_t i, at = 0;

	assert_int_equal(rth_live_door_text(&text, &bench.portal, user.id), 0);
	state = json_loads(text, 0, NULL);
	rth_free(text);
	assert_non_null(state);
	out[0] = '\0';
	json_array_foreach(json_object_get(state, "people"), i, person)
	{
		const json_t *place = json_object_get(person, "place");
		const char *by_whom =
			json_string_value(json_object_get(person, "taken_by"));

		at += (size_t)snprintf(
			out + at, sizeof(out) - at, "%s%.1s%s:%d",
			at ? " " : "",
			json_string_value(json_object_get(person, "name")),
			json_is_null(json_object_get(person, "participant"))
				? "?"
				: "",
			(int)json_integer_value(place));
		if (by_whom)
			at += (size_t)snprintf(out + at, sizeof(out) - at,
					       "@%.1s", by_whom);
		if (json_is_true(json_object_get(person, "inside")))
			at += (size_t)snprintf(out + at, sizeof(out) - at, "+");
	}
	json_decref(state);
	return out;
}

/* "place/of" of a patient, with "+" where the clinician is. */
static const char *place(const char *email)
{
	static char out[256];
	struct rth_user user = user_of(email);
	char *text;
	json_t *state, *v;
	size_t i, at = 0;

	assert_int_equal(rth_live_queue_text(&text, &bench.portal, user.id), 0);
	state = json_loads(text, 0, NULL);
	rth_free(text);
	out[0] = '\0';
	json_array_foreach(json_object_get(state, "visits"), i, v) at +=
		(size_t)snprintf(
			out + at, sizeof(out) - at, "%s%d/%d%s", at ? " " : "",
			(int)json_integer_value(json_object_get(v, "place")),
			(int)json_integer_value(json_object_get(v, "of")),
			json_is_true(json_object_get(v, "clinician_here"))
				? "+"
				: "");
	json_decref(state);
	return out;
}

static enum rth_err count_row(const struct rth_db_row *row, void *arg)
{
	int *n = arg;

	*n = (int)store()->backend->column_int(row, 0);
	return 0;
}

static int count(const char *sql)
{
	int n = -1;
	const struct rth_db_query query = {
		.sql = sql,
		.row = count_row,
		.arg = &n,
	};

	assert_int_equal(rth_store_run(store(), &query), 0);
	return n;
}

static void a_door_is_open_for_as_long_as_it_says(void **state)
{
	char out[RTH_ID_SIZE];

	(void)state;
	assert_int_equal(put_door(DOCTOR, "{\"name\":\"dr-d\",\"title\":\"T\","
					  "\"open\":true,\"open_minutes\":10}"),
			 200);
	bench_now += 599;
	assert_int_equal(knock(PATIENT, out), 201);
	bench_now += 1;
	assert_int_equal(knock(OTHER, out), 409);
	assert_string_equal(out, "closed");
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	bench_now += 80000;
	assert_int_equal(knock(OTHER, out), 201);
}

static struct rth_exchange *look(const char *email)
{
	return by(email, "dr-d", NULL, rth_door_handle_get);
}

static bool looks_open(const char *email)
{
	struct rth_exchange *x = look(email);
	json_t *body = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	bool open = json_is_true(json_object_get(body, "open"));

	json_decref(body);
	assert_int_equal(status_of(x), 200);
	return open;
}

/* Nobody hears a knock at the door of who is no clinician any more. */
static void a_door_needs_its_clinician(void **state)
{
	char out[RTH_ID_SIZE];

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	bench_now += 86399;
	assert_int_equal(
		rth_store_door_seen(store(), user_of(DOCTOR).id, bench_now), 0);
	bench_now += 86399;
	assert_true(looks_open(PATIENT));
	bench_now += 1;
	assert_false(looks_open(PATIENT));
	assert_int_equal(knock(PATIENT, out), 409);
	assert_string_equal(out, "closed");
	/* The name is kept for a while. */
	bench_now += INT64_C(399) * 86400 - 1;
	assert_int_equal(put_door(SECOND, OPEN), 409);
	bench_now += 1;
	assert_int_equal(put_door(SECOND, OPEN), 200);
	assert_int_equal(put_door(DOCTOR, OPEN), 409);
	assert_int_equal(knock(PATIENT, out), 201);
}

static void not_all_names_are_tried(void **state)
{
	int i;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	for (i = 0; i < 30; i++)
		assert_int_equal(status_of(look(PATIENT)), 200);
	assert_int_equal(status_of(look(PATIENT)), 429);
	assert_int_equal(
		status_of(by(PATIENT, "dr-x", NULL, rth_door_handle_get)), 429);
	assert_int_equal(status_of(look(OTHER)), 200);
	bench_now += 60;
	assert_int_equal(status_of(look(PATIENT)), 200);
}

static void wrong_doors_are_refused(void **state)
{
	static const char *const bodies[] = {
		"{}",
		"{\"name\":\"ab\",\"title\":\"T\",\"open\":true}",
		"{\"name\":\"Abc\",\"title\":\"T\",\"open\":true}",
		"{\"name\":\"abc-\",\"title\":\"T\",\"open\":true}",
		"{\"name\":\"-abc\",\"title\":\"T\",\"open\":true}",
		"{\"name\":7,\"title\":\"T\",\"open\":true}",
		"{\"name\":\"abc\",\"title\":\"\",\"open\":true}",
		"{\"name\":\"abc\",\"open\":true}",
		"{\"name\":\"abc\",\"title\":\"T\",\"open\":1}",
		"{\"name\":\"abc\",\"title\":\"T\",\"open\":true,"
		"\"open_minutes\":4}",
		"{\"name\":\"abc\",\"title\":\"T\",\"open\":true,"
		"\"open_minutes\":1441}",
		"{\"name\":\"abc\",\"title\":\"T\",\"open\":true,"
		"\"open_minutes\":9223372036854775807}",
		"{\"name\":\"abc\",\"title\":\"T\",\"open\":true,"
		"\"open_minutes\":\"60\"}",
		"{\"name\":\"abc\",\"title\":\"T\",\"open\":true,\"x\":1}",
		"{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
		"\"title\":\"T\",\"open\":true}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_int_equal(put_door(DOCTOR, bodies[i]), 400);
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(put_door(SECOND, OPEN), 409);
	assert_int_equal(
		status_of(by(PATIENT, "../etc", NULL, rth_door_handle_get)),
		404);
	assert_int_equal(
		status_of(by(PATIENT, "dr-e", NULL, rth_door_handle_knock)),
		404);
	assert_int_equal(
		status_of(by(DOCTOR, "dr-d", NULL, rth_door_handle_knock)),
		409);
}

static void each_knock_is_a_visit_of_its_own(void **state)
{
	char one[RTH_ID_SIZE], two[RTH_ID_SIZE], again[RTH_ID_SIZE];
	struct rth_visit a, b;
	struct rth_exchange *x;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, one), 201);
	assert_int_equal(knock(OTHER, two), 201);
	assert_int_equal(knock(PATIENT, again), 200);
	assert_string_equal(one, again);
	a = visit_of(one, PATIENT);
	b = visit_of(two, OTHER);
	assert_string_not_equal(a.id, b.id);
	assert_string_not_equal(a.room, b.room);
	assert_string_equal(a.title, "Open hours");
	assert_string_equal(a.door, "dr-d");
	assert_int_equal(a.minutes, 120);
	assert_int_equal(a.start_s, NOW_S);
	x = by(OTHER, one, NULL, rth_visit_handle_get);
	assert_int_equal(status_of(x), 404);
	/* Its time is over: the next one is another. */
	bench_now += 120 * 60;
	assert_int_equal(knock(PATIENT, again), 201);
	assert_string_not_equal(one, again);
}

/* A row says what was wanted; another, that nothing came of it. */
static void what_was_not_told_is_in_the_audit(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char id[RTH_ID_SIZE], url[64];

	(void)state;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/admin",
		 (int)ntohs(at.sin_port));
	bench.portal.settings.janus.admin_url = url; /* nobody listens */
	bench.portal.settings.janus.admin_secret = (char *)"secret";
	assert_int_equal(rth_work_create(&bench.portal.work_net, 1, 1), 0);
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	tell(ONE, visit_of(id, PATIENT).room, "waiting", "p1", PATIENT, "");
	assert_int_equal(status_of(by(DOCTOR, id, "{\"reason\":\"other\"}",
				      rth_attend_handle_decline)),
			 503);
	assert_int_equal(status_of(by(DOCTOR, id, "{\"text\":\"Soon\"}",
				      rth_attend_handle_note)),
			 503);
	assert_int_equal(count("SELECT COUNT(*) FROM audit WHERE action ="
			       " 'declined' AND reason = 'other'"),
			 1);
	assert_int_equal(count("SELECT COUNT(*) FROM audit WHERE action IN"
			       " ('declined', 'noted') AND outcome = 'failed'"
			       " AND reason = 'unavailable'"),
			 2);
	rth_work_stop(bench.portal.work_net);
	rth_work_free(bench.portal.work_net);
	close(fd);
}

static void who_waits_is_known_until_they_do_not(void **state)
{
	char one[RTH_ID_SIZE], two[RTH_ID_SIZE];
	struct rth_visit a, b;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, one), 201);
	assert_int_equal(knock(OTHER, two), 201);
	a = visit_of(one, PATIENT);
	b = visit_of(two, OTHER);
	tell(ONE, a.room, "waiting", "p1", PATIENT, ",\"check\":null");
	assert_string_equal(people(DOCTOR), "p:1");
	assert_string_equal(people(SECOND), "");
	assert_string_equal(place(PATIENT), "1/1");
	tell(ONE, b.room, "waiting", "p2", OTHER, "");
	assert_string_equal(people(DOCTOR), "p:1 q:2");
	assert_string_equal(place(OTHER), "2/2");

	/* Another browser of the same person keeps the place. */
	tell(ONE, a.room, "waiting-over", "p1", PATIENT,
	     ",\"reason\":\"replaced\"");
	assert_string_equal(people(DOCTOR), "p:1 q:2");
	tell(ONE, a.room, "waiting", "p3", PATIENT, "");
	assert_string_equal(people(DOCTOR), "p:1 q:2");
	/* What the older one leaves behind is not the newer one's. */
	tell(ONE, a.room, "waiting-over", "p1", PATIENT,
	     ",\"reason\":\"left\"");
	assert_string_equal(people(DOCTOR), "p:1 q:2");

	tell(ONE, b.room, "joined", "d1", DOCTOR, "");
	assert_string_equal(place(OTHER), "2/2+");
	assert_string_equal(place(PATIENT), "1/2");
	tell(ONE, b.room, "left", "d1", DOCTOR, ",\"reason\":\"lost\"");
	assert_string_equal(place(OTHER), "2/2");

	tell(ONE, a.room, "waiting-over", "p3", PATIENT,
	     ",\"reason\":\"left\"");
	assert_string_equal(people(DOCTOR), "q:1");
	assert_string_equal(place(PATIENT), "");
	tell(ONE, b.room, "room-closed", "p2", OTHER, "");
	assert_string_equal(people(DOCTOR), "");

	/* With the plugin goes who waited there. */
	tell(ONE, a.room, "waiting", "p4", PATIENT, "");
	tell(ONE, "", "stopping", "", OTHER, "");
	assert_string_equal(people(DOCTOR), "");
	seq = 0;
	tell(TWO, a.room, "waiting", "p5", PATIENT, "");
	assert_string_equal(people(DOCTOR), "p:1");
	bench_now += RTH_TOLD_SILENCE_S + 1;
	rth_told_tick(&bench.portal);
	assert_string_equal(people(DOCTOR), "");
}

static int64_t live_number(void)
{
	int64_t n;

	assert_int_equal(rth_store_live_number(store(), &n), 0);
	return n;
}

static void who_waits_through_a_silence_is_seen_again(void **state)
{
	char one[RTH_ID_SIZE], two[RTH_ID_SIZE];
	char participant[RTH_TOLD_WORD_SIZE];
	struct rth_visit a, b;
	int64_t n;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, one), 201);
	assert_int_equal(knock(OTHER, two), 201);
	a = visit_of(one, PATIENT);
	b = visit_of(two, OTHER);
	tell(ONE, a.room, "waiting", "p1", PATIENT, "");
	tell(ONE, b.room, "joined", "d1", DOCTOR, "");
	tell(ONE, b.room, "joined", "q1", OTHER, "");
	n = live_number();
	bench_now += RTH_TOLD_SILENCE_S + 1;
	rth_told_tick(&bench.portal);
	assert_string_equal(people(DOCTOR), "");
	assert_string_equal(place(PATIENT), "");
	assert_true(live_number() > n);
	n = live_number();
	tell(ONE, "", "alive", "", OTHER, "");
	assert_true(live_number() > n);
	assert_string_equal(people(DOCTOR), "p:1");
	assert_string_equal(place(PATIENT), "1/1");
	/* So are those who were in. */
	tell(ONE, b.room, "left", "d1", DOCTOR, ",\"reason\":\"lost\"");
	assert_string_equal(people(DOCTOR), "p:1 q?:0+");
	/* It is silent, and then it is another one: forgotten with the boot. */
	bench_now += RTH_TOLD_SILENCE_S + 1;
	rth_told_tick(&bench.portal);
	assert_int_equal(rth_store_told_sweep(store(), bench_now + 1), 0);
	assert_int_equal(rth_store_waiting_sweep(store(), bench_now), 0);
	assert_int_equal(rth_store_waiting_in(store(), participant, one),
			 RTH_ERR_NOT_FOUND);
}

static void who_is_in_alone_is_seen(void **state)
{
	char id[RTH_ID_SIZE], *text;
	struct rth_visit v;
	struct rth_user user = user_of(DOCTOR);

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	v = visit_of(id, PATIENT);
	tell(ONE, v.room, "joined", "d1", DOCTOR, "");
	tell(ONE, v.room, "joined", "p1", PATIENT, "");
	assert_string_equal(people(DOCTOR), "");
	tell(ONE, v.room, "left", "p1", PATIENT, ",\"reason\":\"lost\"");
	tell(ONE, v.room, "left", "d1", DOCTOR, ",\"reason\":\"left\"");
	assert_string_equal(people(DOCTOR), "");
	/* No knock: they are let in already. */
	bench_now += 600;
	tell(ONE, v.room, "joined", "p2", PATIENT, "");
	assert_string_equal(people(DOCTOR), "p?:0+");
	assert_string_equal(people(SECOND), "");
	assert_string_equal(place(PATIENT), "");
	bench_now += 60;
	tell(ONE, v.room, "quality", "p2", PATIENT, "");
	assert_int_equal(rth_live_door_text(&text, &bench.portal, user.id), 0);
	assert_non_null(strstr(text, "\"since\":\"2027-01-15T08:10:00Z\""));
	rth_free(text);
	tell(ONE, v.room, "joined", "d2", DOCTOR, "");
	assert_string_equal(people(DOCTOR), "");
	tell(ONE, v.room, "left", "d2", DOCTOR, ",\"reason\":\"lost\"");
	assert_string_equal(people(DOCTOR), "p?:0+");
	tell(ONE, "", "stopping", "", OTHER, "");
	assert_string_equal(people(DOCTOR), "");
}

static void who_was_let_in_is_remembered(void **state)
{
	static const char away[] = ",\"reason\":\"other\",\"by\":null";
	char id[RTH_ID_SIZE];
	struct rth_visit v;
	struct rth_user user = user_of(PATIENT);

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	v = visit_of(id, PATIENT);
	assert_string_equal(v.admitted, "");
	tell(ONE, v.room, "waiting", "p1", PATIENT, "");
	tell(ONE, v.room, "admitted", "p1", PATIENT, "");
	assert_string_equal(visit_of(id, PATIENT).admitted, user.id);
	assert_string_equal(people(DOCTOR), "");
	tell(ONE, v.room, "left", "p1", PATIENT, ",\"reason\":\"lost\"");
	assert_string_equal(visit_of(id, PATIENT).admitted, user.id);
	/* Somebody else is sent away. */
	tell(ONE, v.room, "denied", "p2", OTHER, away);
	assert_string_equal(visit_of(id, PATIENT).admitted, user.id);
	tell(ONE, v.room, "denied", "p1", PATIENT, away);
	assert_string_equal(visit_of(id, PATIENT).admitted, "");
	tell(ONE, v.room, "admitted", "p1", PATIENT, "");
	tell(ONE, v.room, "left", "d1", DOCTOR, ",\"reason\":\"removed\"");
	assert_string_equal(visit_of(id, PATIENT).admitted, user.id);
	tell(ONE, v.room, "left", "p1", PATIENT, ",\"reason\":\"removed\"");
	assert_string_equal(visit_of(id, PATIENT).admitted, "");
	/* A closed door lets back in who was in, and nobody else. */
	tell(ONE, v.room, "admitted", "p1", PATIENT, "");
	assert_int_equal(put_door(DOCTOR, "{\"name\":\"dr-d\",\"title\":\"T\","
					  "\"open\":false}"),
			 200);
	assert_int_equal(knock(PATIENT, id), 200);
	tell(ONE, v.room, "admitted", "p2", OTHER, "");
	assert_string_equal(visit_of(id, PATIENT).admitted, user_of(OTHER).id);
	tell(ONE, v.room, "denied", "p2", OTHER, away);
	assert_int_equal(knock(PATIENT, id), 409);
}

static void a_stranger_has_to_knock_again(void **state)
{
	static const char *const reasons[] = {"not-now", "wrong-time", "other",
					      "not-known", "wrong-visit"};
	char id[RTH_ID_SIZE], next[RTH_ID_SIZE], more[64];
	size_t i;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	for (i = 0; i < 5; i++) {
		struct rth_visit v = visit_of(id, PATIENT);

		snprintf(more, sizeof(more), ",\"reason\":\"%s\"", reasons[i]);
		tell(ONE, v.room, "waiting", "p1", PATIENT, "");
		tell(ONE, v.room, "denied", "p1", PATIENT, more);
		assert_int_equal(visit_of(id, PATIENT).ended, i >= 3);
		assert_int_equal(knock(PATIENT, next), i >= 3 ? 201 : 200);
		memcpy(id, next, sizeof(id));
	}
	/* One with an appointment is not ended by a mistake. */
	assert_int_equal(count("UPDATE visits SET door = '' WHERE 1 = 1"
			       " RETURNING 1"),
			 1);
	tell(ONE, visit_of(id, PATIENT).room, "denied", "p1", PATIENT, more);
	assert_false(visit_of(id, PATIENT).ended);
}

static void ended_is_ended_unless_janus_stops(void **state)
{
	char id[RTH_ID_SIZE], next[RTH_ID_SIZE];
	struct rth_visit v;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	v = visit_of(id, PATIENT);
	tell(ONE, v.room, "ended", "", DOCTOR, ",\"reason\":\"stopping\"");
	assert_false(visit_of(id, PATIENT).ended);
	assert_int_equal(knock(PATIENT, next), 200);
	tell(ONE, v.room, "ended", "", DOCTOR, ",\"reason\":\"clinician\"");
	assert_true(visit_of(id, PATIENT).ended);
	assert_int_equal(knock(PATIENT, next), 201);
	v = visit_of(next, PATIENT);
	tell(ONE, v.room, "ended", "", DOCTOR, ",\"reason\":\"admin\"");
	assert_true(visit_of(next, PATIENT).ended);
	assert_int_equal(
		status_of(by(DOCTOR, id,
			     "{\"title\":\"T\",\"patient_email\":\"" PATIENT
			     "\",\"start\":\"2027-01-15T08:00:00Z\","
			     "\"minutes\":30}",
			     rth_visit_handle_change)),
		409);
}

static size_t listed(const char *email)
{
	struct rth_exchange *x = by(email, NULL, NULL, rth_visit_handle_list);
	json_t *body = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	size_t n = json_array_size(json_object_get(body, "visits"));

	json_decref(body);
	assert_int_equal(status_of(x), 200);
	return n;
}

static void who_never_got_in_is_not_listed_after(void **state)
{
	char one[RTH_ID_SIZE], two[RTH_ID_SIZE];

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, one), 201);
	assert_int_equal(knock(OTHER, two), 201);
	assert_int_equal(listed(DOCTOR), 2);
	assert_int_equal(listed(PATIENT), 1);
	tell(ONE, visit_of(one, PATIENT).room, "admitted", "p1", PATIENT, "");
	bench_now += 120 * 60;
	assert_int_equal(listed(DOCTOR), 1);
	assert_int_equal(listed(PATIENT), 1);
	assert_int_equal(listed(OTHER), 0);
}

#define CHANGED                                             \
	"{\"title\":\"T\",\"patient_email\":\"" OTHER "\"," \
	"\"start\":\"2027-01-15T08:00:00Z\",\"minutes\":30}"

/* Events of the room that was left find no visit any more. */
static void another_patient_leaves_nobody_behind(void **state)
{
	char id[RTH_ID_SIZE];
	struct rth_visit v;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	v = visit_of(id, PATIENT);
	tell(ONE, v.room, "admitted", "p1", PATIENT, "");
	tell(ONE, v.room, "waiting", "p1", PATIENT, "");
	assert_int_equal(
		status_of(by(DOCTOR, id, CHANGED, rth_visit_handle_change)),
		200);
	assert_string_equal(visit_of(id, OTHER).admitted, "");
	assert_string_equal(people(DOCTOR), "");
	assert_string_equal(place(PATIENT), "");
	assert_int_equal(count("SELECT COUNT(*) FROM waiting"), 0);
	tell(ONE, v.room, "waiting", "p1", PATIENT, "");
	assert_string_equal(people(DOCTOR), "");
}

static void a_cancelled_visit_has_nobody_in_it(void **state)
{
	char id[RTH_ID_SIZE];
	struct rth_visit v;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	v = visit_of(id, PATIENT);
	tell(ONE, v.room, "joined", "d1", DOCTOR, "");
	tell(ONE, v.room, "admitted", "p1", PATIENT, "");
	tell(ONE, v.room, "joined", "p1", PATIENT, "");
	bench_now += 10;
	tell(ONE, v.room, "media-up", "p1", PATIENT, "");
	tell(ONE, v.room, "waiting", "p2", OTHER, "");
	assert_int_equal(
		status_of(by(DOCTOR, id, NULL, rth_visit_handle_cancel)), 204);
	assert_int_equal(count("SELECT COUNT(*) FROM waiting"), 0);
	assert_int_equal(count("SELECT COUNT(*) FROM presence WHERE"
			       " clinician <> '' OR patient <> ''"
			       " OR since_ms <> 0"),
			 0);
	v = visit_of(id, PATIENT);
	assert_string_equal(v.admitted, "");
	assert_int_equal(v.both_ms / 1000, 10);
}

/* The stream of who is not the visit's patient has nothing of it. */
static void only_the_patient_has_a_place(void **state)
{
	char id[RTH_ID_SIZE];

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	tell(ONE, visit_of(id, PATIENT).room, "waiting", "p1", OTHER, "");
	assert_string_equal(place(OTHER), "");
}

/* The denial may be what is missing: one more knock. */
static void a_gap_forgets_who_was_let_in(void **state)
{
	char one[RTH_ID_SIZE], two[RTH_ID_SIZE];
	struct rth_visit a, b;

	(void)state;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, one), 201);
	assert_int_equal(knock(OTHER, two), 201);
	a = visit_of(one, PATIENT);
	b = visit_of(two, OTHER);
	tell(ONE, a.room, "admitted", "p1", PATIENT, "");
	seq = 0;
	tell(TWO, b.room, "admitted", "p2", OTHER, "");
	assert_string_not_equal(visit_of(one, PATIENT).admitted, "");
	assert_string_not_equal(visit_of(two, OTHER).admitted, "");
	seq = 2;
	tell(ONE, a.room, "media-up", "p1", PATIENT, "");
	assert_string_equal(visit_of(one, PATIENT).admitted, "");
	assert_string_not_equal(visit_of(two, OTHER).admitted, "");
	/* A start of which the beginning was not heard. */
	seq = 1;
	tell("CCCCCCCCCCCCCCCCCCCCCC", a.room, "media-up", "p1", PATIENT, "");
	assert_string_equal(visit_of(two, OTHER).admitted, "");
}

/* ---- Urgent calls ---- */

static unsigned duty(const char *email, bool on)
{
	return status_of(by(email, NULL,
			    on ? "{\"on_call\":true}" : "{\"on_call\":false}",
			    rth_urgent_handle_duty));
}

static unsigned call(const char *email, char out[RTH_ID_SIZE])
{
	return answer(by(email, NULL, "{}", rth_urgent_handle_call), out);
}

static unsigned take(const char *email, const char *id, char out[RTH_ID_SIZE])
{
	return answer(by(email, id, "{}", rth_urgent_handle_take), out);
}

/* This patient has been in a visit. */
static void had_visit(const char *email)
{
	char id[RTH_ID_SIZE];
	struct rth_visit v;

	bench.portal.settings.urgent.enabled = true;
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(email, id), 201);
	v = visit_of(id, email);
	tell(ONE, v.room, "joined", "p1", email, "");
	tell(ONE, v.room, "joined", "d1", DOCTOR, "");
	tell(ONE, v.room, "ended", "", DOCTOR, ",\"reason\":\"clinician\"");
	tell(ONE, v.room, "room-closed", "", DOCTOR, "");
}

static void who_may_call_and_whom(void **state)
{
	char id[RTH_ID_SIZE];

	(void)state;
	assert_int_equal(call(PATIENT, id), 403);
	had_visit(PATIENT);
	assert_int_equal(call(OTHER, id), 403);
	assert_int_equal(call(PATIENT, id), 409);
	assert_string_equal(id, "nobody-on-call");
	assert_int_equal(duty(DOCTOR, true), 200);
	/* On call, but no page of theirs is there any more. */
	bench_now += RTH_DUTY_REACHED_S;
	assert_int_equal(call(PATIENT, id), 409);
	assert_int_equal(
		rth_store_duty_seen(store(), user_of(DOCTOR).id, bench_now), 0);
	assert_int_equal(call(PATIENT, id), 201);
	assert_int_equal(duty(DOCTOR, false), 200);
	assert_string_equal(people(DOCTOR), "");
	bench_now += 3600;
	assert_int_equal(call(PATIENT, id), 409);
	bench.portal.settings.urgent.enabled = false;
	assert_int_equal(call(PATIENT, id), 403);
	assert_int_equal(status_of(by(DOCTOR, NULL, "{\"on_call\":1}",
				      rth_urgent_handle_duty)),
			 400);
}

static void one_takes_it(void **state)
{
	char id[RTH_ID_SIZE], out[RTH_ID_SIZE];
	struct rth_visit before, v;

	(void)state;
	had_visit(PATIENT);
	assert_int_equal(duty(DOCTOR, true), 200);
	assert_int_equal(call(PATIENT, id), 201);
	before = visit_of(id, PATIENT);
	assert_string_equal(before.clinician_id, "");
	assert_string_equal(people(DOCTOR), "p?:1");
	assert_string_equal(people(SECOND), "");
	assert_int_equal(call(PATIENT, out), 200);
	assert_string_equal(out, id);
	assert_int_equal(listed(PATIENT), 2); /* with the one before */
	assert_int_equal(listed(DOCTOR), 1);
	tell(ONE, before.room, "room-opened", "", PATIENT, "");
	tell(ONE, before.room, "waiting", "p9", PATIENT, "");
	assert_string_equal(people(DOCTOR), "p:1");
	assert_string_equal(place(PATIENT), "1/1");

	assert_int_equal(take(SECOND, id, out), 403); /* not on call */
	assert_int_equal(duty(SECOND, true), 200);
	assert_int_equal(take(SECOND, "AAAAAAAAAAAAAAAAAAAAAA", out), 404);
	assert_int_equal(take(SECOND, "x", out), 404);
	assert_int_equal(take(SECOND, id, out), 200);
	assert_string_equal(out, id);
	assert_int_equal(take(SECOND, id, out), 200); /* again */
	assert_int_equal(take(DOCTOR, id, out), 409);
	assert_string_equal(out, "taken");
	v = visit_of(id, PATIENT);
	assert_string_equal(v.room, before.room);
	assert_string_equal(v.clinician_id, user_of(SECOND).id);
	assert_true(v.urgent);
	/* The one who has taken it has the person, the others are told. */
	assert_string_equal(people(SECOND), "p:1@e");
	assert_string_equal(people(DOCTOR), "p?:0@e");
	bench_now += 61;
	assert_string_equal(people(DOCTOR), "");
	tell(ONE, v.room, "admitted", "p9", PATIENT, "");
	assert_string_equal(visit_of(id, PATIENT).admitted,
			    user_of(PATIENT).id);
	tell(ONE, v.room, "joined", "e1", SECOND, "");
	assert_int_equal(call(PATIENT, out), 200);
	assert_string_equal(out, id);
}

/* An answered call helps as long as whoever answered is there. */
static void who_needs_somebody_again_gets_somebody(void **state)
{
	char id[RTH_ID_SIZE], out[RTH_ID_SIZE];
	struct rth_visit v;

	(void)state;
	had_visit(PATIENT);
	assert_int_equal(duty(DOCTOR, true), 200);
	assert_int_equal(call(PATIENT, id), 201);
	v = visit_of(id, PATIENT);
	tell(ONE, v.room, "waiting", "p2", PATIENT, "");
	assert_int_equal(take(DOCTOR, id, out), 200);
	assert_int_equal(duty(DOCTOR, false), 200);
	/* On the way. */
	bench_now += RTH_CALL_FRESH_S - 1;
	assert_int_equal(call(PATIENT, out), 200);
	assert_string_equal(out, id);
	tell(ONE, v.room, "joined", "d2", DOCTOR, "");
	tell(ONE, v.room, "admitted", "p2", PATIENT, "");
	tell(ONE, v.room, "joined", "p2", PATIENT, "");
	bench_now += 600;
	assert_int_equal(call(PATIENT, out), 200);
	assert_string_equal(out, id);
	/* Nobody is there any more. */
	tell(ONE, v.room, "left", "d2", DOCTOR, ",\"reason\":\"left\"");
	assert_string_equal(people(DOCTOR), "p?:0@d+");
	assert_int_equal(call(PATIENT, out), 409);
	assert_string_equal(out, "nobody-on-call");
	assert_false(visit_of(id, PATIENT).ended);
	tell(ONE, v.room, "left", "p2", PATIENT, ",\"reason\":\"left\"");
	tell(ONE, v.room, "room-closed", "p2", PATIENT, "");
	bench_now += 3600;
	assert_int_equal(duty(SECOND, true), 200);
	assert_int_equal(call(PATIENT, out), 201);
	assert_string_not_equal(out, id);
	assert_true(visit_of(id, PATIENT).ended);
	assert_string_equal(people(SECOND), "p?:1");
}

static void only_new_calls_are_charged(void **state)
{
	char id[RTH_ID_SIZE], out[RTH_ID_SIZE];
	char number[] = "112";
	struct rth_exchange *x;
	int i;

	(void)state;
	had_visit(PATIENT);
	bench.portal.settings.clinic.emergency_number = number;
	for (i = 0; i < 8; i++)
		assert_int_equal(call(PATIENT, id), 409);
	assert_int_equal(duty(DOCTOR, true), 200);
	for (i = 0; i < 6; i++) {
		assert_int_equal(call(PATIENT, id), 201);
		assert_int_equal(take(DOCTOR, id, out), 200);
		bench_now += RTH_CALL_FRESH_S + 1;
		assert_int_equal(duty(DOCTOR, true), 200);
	}
	x = by(PATIENT, NULL, "{}", rth_urgent_handle_call);
	assert_non_null(strstr(rth_exchange_reply(x)->body,
			       "\"emergency_number\":\"112\""));
	assert_int_equal(status_of(x), 429);
	assert_false(visit_of(id, PATIENT).ended);
	/* The one there is can be pressed on, within reason. */
	assert_int_equal(take(DOCTOR, id, out), 200);
	tell(ONE, visit_of(id, PATIENT).room, "joined", "d3", DOCTOR, "");
	bench_now += 60;
	for (i = 0; i < 30; i++)
		assert_int_equal(call(PATIENT, out), 200);
	assert_int_equal(call(PATIENT, out), 429);
	bench.portal.settings.clinic.emergency_number = NULL;
}

static void a_call_that_is_given_up_goes_away(void **state)
{
	char id[RTH_ID_SIZE], out[RTH_ID_SIZE];
	struct rth_visit v;

	(void)state;
	had_visit(PATIENT);
	assert_int_equal(duty(DOCTOR, true), 200);
	assert_int_equal(call(PATIENT, id), 201);
	v = visit_of(id, PATIENT);
	tell(ONE, v.room, "waiting", "p1", PATIENT, "");
	assert_string_equal(people(DOCTOR), "p:1");
	tell(ONE, v.room, "waiting-over", "p1", PATIENT,
	     ",\"reason\":\"left\"");
	assert_string_equal(people(DOCTOR), "");
	assert_int_equal(call(PATIENT, out), 200);
	assert_string_equal(people(DOCTOR), "p?:1");
	/* Nobody came, nor the patient. */
	bench_now += 121;
	assert_string_equal(people(DOCTOR), "");
	assert_int_equal(rth_store_waiting_sweep(store(), bench_now), 0);
	assert_string_equal(visit_of(id, PATIENT).id, id);
	bench_now += 7200;
	assert_int_equal(rth_store_waiting_sweep(store(), bench_now), 0);
	assert_int_equal(rth_store_call_get(store(), &v, id, NULL, NOW_S),
			 RTH_ERR_NOT_FOUND);
}

static void nobody_is_left_after_an_erasure(void **state)
{
	char id[RTH_ID_SIZE];
	struct rth_user patient, doctor;
	struct rth_door door;
	struct rth_visit v;
	int64_t left;
	bool on = true;

	(void)state;
	had_visit(PATIENT);
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(OTHER, id), 201);
	assert_int_equal(duty(DOCTOR, true), 200);
	assert_int_equal(call(PATIENT, id), 201);
	v = visit_of(id, PATIENT);
	tell(ONE, v.room, "waiting", "p1", PATIENT, "");
	patient = user_of(PATIENT);
	doctor = user_of(DOCTOR);
	assert_int_equal(
		rth_store_person_erase(store(), &patient, bench_now, &left), 0);
	assert_string_equal(people(DOCTOR), "");
	assert_int_equal(rth_store_call_get(store(), &v, id, NULL, bench_now),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(
		rth_store_person_erase(store(), &doctor, bench_now, &left), 0);
	assert_int_equal(rth_store_door_of(store(), &door, doctor.id),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_duty_get(store(), &on, doctor.id), 0);
	assert_false(on);
	/* Nor their words, in the visits of those who knocked. */
	assert_int_equal(count("SELECT COUNT(*) FROM visits"
			       " WHERE title = 'Open hours'"),
			 0);
}

/* Each with the address: the name is what somebody calls themselves. */
static const char *addresses(const char *email)
{
	static char out[256];
	struct rth_user user = user_of(email);
	char *text;
	json_t *state, *person;
	size_t i, at = 0;

	assert_int_equal(rth_live_door_text(&text, &bench.portal, user.id), 0);
	state = json_loads(text, 0, NULL);
	rth_free(text);
	out[0] = '\0';
	json_array_foreach(json_object_get(state, "people"), i, person)
	{
		const char *word =
			json_string_value(json_object_get(person, "email"));

		assert_non_null(json_object_get(person, "email"));
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s",
				       at ? " " : "", word ? word : "null");
	}
	json_decref(state);
	return out;
}

static void whose_address_it_is_is_told(void **state)
{
	char id[RTH_ID_SIZE], out[RTH_ID_SIZE];

	(void)state;
	had_visit(PATIENT);
	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(OTHER, id), 201);
	tell(ONE, visit_of(id, OTHER).room, "waiting", "p1", OTHER, "");
	assert_string_equal(addresses(DOCTOR), OTHER);
	assert_string_equal(addresses(SECOND), "");
	assert_int_equal(duty(DOCTOR, true), 200);
	assert_int_equal(duty(SECOND, true), 200);
	assert_int_equal(call(PATIENT, id), 201);
	assert_string_equal(addresses(SECOND), PATIENT);
	/* Then it is for nobody else. */
	assert_int_equal(take(DOCTOR, id, out), 200);
	assert_string_equal(addresses(SECOND), "null");
}

/* ---- What a check-in found ---- */

static void only_known_findings_are_kept(void **state)
{
	static const struct {
		const char *check, *kept;
	} cases[] = {
		{"null", NULL},
		{"[]", NULL},
		{"\"x\"", NULL},
		{"{}", "{\"microphone\":null,\"camera\":null,\"speaker\":null,"
		       "\"path\":null,\"round_trip_ms\":null,"
		       "\"loss_permille\":null,\"up_kbps\":null,"
		       "\"down_kbps\":null}"},
		{"{\"microphone\":\"silent\",\"camera\":\"<b>\",\"speaker\":"
		 "\"ok no\",\"path\":\"turn-tcp\",\"round_trip_ms\":60000,"
		 "\"loss_permille\":1001,\"up_kbps\":-1,\"down_kbps\":1.5,"
		 "\"name\":\"P\"}",
		 "{\"microphone\":\"silent\",\"camera\":null,\"speaker\":null,"
		 "\"path\":\"turn-tcp\",\"round_trip_ms\":60000,"
		 "\"loss_permille\":null,\"up_kbps\":null,\"down_kbps\":null}"},
		{"{\"microphone\":\"o\",\"camera\":\"\",\"path\":\"turn\"}",
		 "{\"microphone\":null,\"camera\":null,\"speaker\":null,"
		 "\"path\":null,\"round_trip_ms\":null,"
		 "\"loss_permille\":null,\"up_kbps\":null,"
		 "\"down_kbps\":null}"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *check =
			json_loads(cases[i].check, JSON_DECODE_ANY, NULL);
		char *text;

		assert_non_null(check);
		assert_int_equal(rth_told_found(&text, check), 0);
		if (cases[i].kept)
			assert_string_equal(text, cases[i].kept);
		else
			assert_null(text);
		assert_true(!text || strlen(text) < RTH_FOUND_SIZE);
		rth_free(text);
		json_decref(check);
	}
}

/* Each allocation may fail; nothing is kept, or all of it. */
static void without_memory_nothing_is_half_done(void **state)
{
	struct rth_user user;
	unsigned n, stride = bench_stride(*state, 4);
	enum rth_err err = RTH_ERR_NOMEM;
	char id[RTH_ID_SIZE], *text;

	assert_int_equal(put_door(DOCTOR, OPEN), 200);
	assert_int_equal(knock(PATIENT, id), 201);
	tell(ONE, visit_of(id, PATIENT).room, "waiting", "p1", PATIENT,
	     ",\"check\":{\"path\":\"udp\"}");
	user = user_of(DOCTOR);
	for (n = 1; err; n += stride) {
		rth_mem_fail_at(n);
		err = rth_live_door_text(&text, &bench.portal, user.id);
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM || err == RTH_ERR_IO);
	}
	rth_free(text);
	user = user_of(PATIENT);
	for (err = RTH_ERR_NOMEM, n = 1; err; n += stride) {
		rth_mem_fail_at(n);
		err = rth_live_queue_text(&text, &bench.portal, user.id);
		rth_mem_fail_at(0);
	}
	assert_non_null(strstr(text, id));
	rth_free(text);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_door_is_open_for_as_long_as_it_says),
		TEST(a_door_needs_its_clinician),
		TEST(not_all_names_are_tried),
		TEST(wrong_doors_are_refused),
		TEST(each_knock_is_a_visit_of_its_own),
		TEST(what_was_not_told_is_in_the_audit),
		TEST(who_waits_is_known_until_they_do_not),
		TEST(who_waits_through_a_silence_is_seen_again),
		TEST(who_is_in_alone_is_seen),
		TEST(who_was_let_in_is_remembered),
		TEST(a_stranger_has_to_knock_again),
		TEST(ended_is_ended_unless_janus_stops),
		TEST(who_never_got_in_is_not_listed_after),
		TEST(another_patient_leaves_nobody_behind),
		TEST(a_cancelled_visit_has_nobody_in_it),
		TEST(only_the_patient_has_a_place),
		TEST(a_gap_forgets_who_was_let_in),
		TEST(who_may_call_and_whom),
		TEST(one_takes_it),
		TEST(who_needs_somebody_again_gets_somebody),
		TEST(only_new_calls_are_charged),
		TEST(a_call_that_is_given_up_goes_away),
		TEST(nobody_is_left_after_an_erasure),
		TEST(whose_address_it_is_is_told),
		TEST(only_known_findings_are_kept),
		TEST(without_memory_nothing_is_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
