/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Live streams: each state once, whoever is slow; ends; and the pause between
 * who makes and who sends.
 */
#include "portal_support.h"

#include <pthread.h>

#include "live.h"
#include "pause.h"
#include "store_db.h"
#include "store_door.h"
#include "store_told.h"
#include "store_waiting.h"

#define NOW_S 1800000000
#define ROOM "RRRRRRRRRRRRRRRRRRRRRR"
#define TEXT_MAX 8192

static struct bench bench;
static int64_t clock_ms;

static int open_bench(void **state)
{
	*state = &bench;
	bench_now = NOW_S;
	clock_ms = 1000000;
	bench_open(&bench);
	bench.portal.settings.limits.live = 8;
	bench.portal.settings.limits.stream_check_s = 15;
	assert_int_equal(rth_live_create(&bench.portal.live, &bench.portal), 0);
	return 0;
}

static int close_bench(void **state)
{
	(void)state;
	rth_live_free(bench.portal.live);
	bench_close(&bench);
	return 0;
}

static void begin_session(struct rth_session *session, const char *email)
{
	static unsigned n;
	struct rth_session_row row;
	char cookie[32];

	memset(&row, 0, sizeof(row));
	assert_int_equal(rth_store_user(bench.portal.store, &row.user, email,
					"N", NOW_S),
			 0);
	snprintf(cookie, sizeof(cookie), "cookie %u", n++);
	assert_int_equal(rth_store_hash(row.hash, cookie), 0);
	row.created_s = row.seen_s = NOW_S;
	assert_int_equal(rth_store_session_add(bench.portal.store, &row), 0);
	memset(session, 0, sizeof(*session));
	session->user = row.user;
	session->role =
		strstr(email, "clinic") ? RTH_ROLE_CLINICIAN : RTH_ROLE_PATIENT;
	memcpy(session->hash, row.hash, sizeof(session->hash));
}

static struct rth_exchange *request(const struct rth_session *of)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/api/live");
	struct rth_session *session = rth_alloc(sizeof(*session));

	assert_non_null(session);
	*session = *of;
	rth_exchange_set_session(x, session);
	return x;
}

static struct rth_exchange *listen_to(const struct rth_session *of)
{
	struct rth_exchange *x = request(of);

	rth_live_handle(x);
	return x;
}

static struct rth_exchange *listener(const char *email)
{
	struct rth_session session;
	struct rth_exchange *x;

	begin_session(&session, email);
	x = listen_to(&session);
	assert_int_equal(rth_exchange_reply(x)->status, 200);
	assert_non_null(rth_exchange_reply(x)->stream.pause);
	return x;
}

/* All that there is to read now, `len` bytes at a time. */
static const char *heard(struct rth_exchange *x, size_t len, bool *overp)
{
	static char text[TEXT_MAX];
	const struct rth_body *body = &rth_exchange_reply(x)->stream;
	size_t at = 0, got = 1;
	bool over = false;

	while (got && !over) {
		assert_true(at + len < sizeof(text));
		over = body->read(body->arg, 0, text + at, len, &got) != 0;
		at += over ? 0 : got;
	}
	text[at] = '\0';
	if (overp)
		*overp = over;
	return text;
}

static bool is_over(struct rth_exchange *x)
{
	bool over;

	(void)heard(x, 512, &over);
	return over;
}

static enum rth_err change_something(struct rth_store *store, void *arg)
{
	(void)arg;
	return rth_store_live_touch(store);
}

static void step(int64_t ms)
{
	clock_ms += ms;
	rth_live_step(bench.portal.live, clock_ms);
}

static void change_door(bool open)
{
	struct rth_door door = {
		.name = "dr-d",
		.title = "T",
		.open = open,
		.seen_s = bench_now,
	};
	struct rth_user user;

	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"d@clinic.example", NULL, 1),
			 0);
	memcpy(door.user_id, user.id, sizeof(user.id));
	assert_int_equal(rth_store_door_put(bench.portal.store, &door), 0);
}

static void the_whole_state_comes_first(void **state)
{
	struct rth_exchange *doctor = listener("d@clinic.example");
	struct rth_exchange *patient = listener("p@people.example");
	const char *text;

	(void)state;
	text = heard(doctor, 7, NULL);
	assert_string_equal(text,
			    "retry: 2000\n\nevent: door\ndata: {\"people\":[],"
			    "\"door\":null,\"on_call\":false}\n\n"
			    "event: queue\ndata: {\"visits\":[]}\n\n");
	text = heard(patient, 1, NULL);
	assert_string_equal(text, "retry: 2000\n\nevent: queue\ndata: "
				  "{\"visits\":[]}\n\n");
	assert_string_equal(bench_header(doctor, "X-Accel-Buffering"), "no");
	rth_exchange_free(doctor);
	rth_exchange_free(patient);
}

static void a_state_is_told_when_it_is_another(void **state)
{
	struct rth_exchange *x = listener("d@clinic.example");
	struct rth_exchange *other = listener("e@clinic.example");

	(void)state;
	(void)heard(x, 512, NULL);
	(void)heard(other, 512, NULL);
	step(0); /* the first beat */
	(void)heard(x, 512, NULL);
	(void)heard(other, 512, NULL);
	step(1000);
	assert_string_equal(heard(x, 512, NULL), "");
	change_door(true);
	step(1000);
	assert_non_null(strstr(heard(x, 512, NULL), "\"open\":true"));
	assert_string_equal(heard(other, 512, NULL), "");
	/* Something has changed, but nothing for these two. */
	assert_int_equal(
		rth_store_change(bench.portal.store, change_something, NULL),
		0);
	step(1000);
	assert_string_equal(heard(x, 512, NULL), "");
	rth_exchange_free(x);
	rth_exchange_free(other);
}

static void who_is_slow_hears_the_newest_only(void **state)
{
	struct rth_exchange *x = listener("d@clinic.example");
	const char *text;
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		change_door(i % 2 == 0);
		step(1000);
	}
	text = heard(x, 512, NULL);
	assert_non_null(strstr(text, "\"open\":true"));
	text = strstr(text, "event: door") + 1;
	assert_null(strstr(text, "event: door"));
	rth_exchange_free(x);
}

static void silence_is_broken_each_15_s(void **state)
{
	struct rth_exchange *x = listener("p@people.example");

	(void)state;
	step(0);
	(void)heard(x, 512, NULL);
	step(14999);
	assert_string_equal(heard(x, 512, NULL), "");
	step(1);
	assert_string_equal(heard(x, 512, NULL), ":\n\n");
	rth_exchange_free(x);
}

/* What only the clock changes is told with the next beat. */
static void a_door_that_closes_itself_is_told(void **state)
{
	struct rth_exchange *x = listener("d@clinic.example");
	struct rth_door door = {.name = "dr-d", .title = "T", .open = true};
	struct rth_user user;

	(void)state;
	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"d@clinic.example", NULL, 1),
			 0);
	memcpy(door.user_id, user.id, sizeof(user.id));
	door.until_s = NOW_S + 10;
	door.seen_s = NOW_S;
	assert_int_equal(rth_store_door_put(bench.portal.store, &door), 0);
	step(0);
	assert_non_null(strstr(heard(x, 512, NULL), "\"open\":true"));
	bench_now += 10;
	step(15000);
	assert_non_null(strstr(heard(x, 512, NULL), "\"open\":false"));
	rth_exchange_free(x);
}

static void a_fifth_of_one_person_ends_the_first(void **state)
{
	struct rth_session session;
	struct rth_exchange *x[5], *other = listener("q@people.example");
	size_t i;

	(void)state;
	begin_session(&session, "p@people.example");
	for (i = 0; i < 5; i++)
		x[i] = listen_to(&session);
	assert_non_null(strstr(heard(x[0], 512, NULL), "event: replaced"));
	assert_true(is_over(x[0]));
	for (i = 1; i < 5; i++)
		assert_false(is_over(x[i]));
	assert_false(is_over(other));
	for (i = 0; i < 5; i++)
		rth_exchange_free(x[i]);
	rth_exchange_free(other);
}

static void there_are_so_many_and_no_more(void **state)
{
	struct rth_exchange *x[6], *late;
	struct rth_session session;
	char email[32];
	size_t i;

	(void)state;
	bench.portal.settings.limits.live = 6;
	for (i = 0; i < 5; i++) {
		snprintf(email, sizeof(email), "p%zu@people.example", i);
		x[i] = listener(email);
	}
	/* A quarter is the clinicians', whoever else comes. */
	begin_session(&session, "late@people.example");
	late = listen_to(&session);
	assert_int_equal(rth_exchange_reply(late)->status, 503);
	rth_exchange_free(late);
	x[5] = listener("d@clinic.example");
	begin_session(&session, "e@clinic.example");
	late = listen_to(&session);
	assert_int_equal(rth_exchange_reply(late)->status, 503);
	rth_exchange_free(late);
	rth_exchange_free(x[0]);
	late = listen_to(&session);
	assert_int_equal(rth_exchange_reply(late)->status, 200);
	rth_exchange_free(late);
	for (i = 1; i < 6; i++)
		rth_exchange_free(x[i]);
}

/* Signed in twice, one time not as a clinician. */
static void the_same_person_in_two_roles(void **state)
{
	struct rth_session doctor, patient;
	struct rth_exchange *x[3];
	size_t i;

	(void)state;
	begin_session(&doctor, "d@clinic.example");
	begin_session(&patient, "d@clinic.example");
	patient.role = RTH_ROLE_PATIENT;
	x[0] = listen_to(&patient);
	x[1] = listen_to(&doctor);
	x[2] = listen_to(&patient);
	step(0);
	for (i = 0; i < 3; i++)
		(void)heard(x[i], 512, NULL);
	change_door(true);
	step(15000);
	assert_non_null(strstr(heard(x[1], 512, NULL), "\"open\":true"));
	assert_null(strstr(heard(x[0], 512, NULL), "event: door"));
	assert_null(strstr(heard(x[2], 512, NULL), "event: door"));
	for (i = 0; i < 3; i++)
		rth_exchange_free(x[i]);
}

static void run_sql(const char *sql, const char *id)
{
	const struct rth_db_value value = RTH_DB_TEXT(id);
	const struct rth_db_query query = {
		.sql = sql,
		.values = &value,
		.values_n = 1,
	};

	assert_int_equal(rth_store_run(bench.portal.store, &query), 0);
}

/* The first of two cannot be looked at: the other hears, and so does it
   later. */
static void one_failure_is_nobody_elses(void **state)
{
	static const char *const emails[] = {"d@clinic.example",
					     "e@clinic.example"};
	struct rth_exchange *x[2];
	struct rth_user users[2];
	size_t i, first;

	(void)state;
	for (i = 0; i < 2; i++) {
		x[i] = listener(emails[i]);
		assert_int_equal(rth_store_user(bench.portal.store, &users[i],
						emails[i], NULL, 1),
				 0);
	}
	first = strcmp(users[0].id, users[1].id) > 0;
	step(0);
	for (i = 0; i < 2; i++) {
		(void)heard(x[i], 512, NULL);
		assert_int_equal(rth_store_duty_put(bench.portal.store,
						    users[i].id, true,
						    bench_now),
				 0);
	}
	change_door(true);
	run_sql("UPDATE doors SET user_id = $1, name ="
		" 'a-name-that-is-far-longer-than-any-name-of-a-door-may-be'",
		users[first].id);
	step(1000);
	assert_string_equal(heard(x[first], 512, NULL), "");
	assert_non_null(
		strstr(heard(x[!first], 512, NULL), "\"on_call\":true"));
	run_sql("UPDATE doors SET name = 'dr-d' WHERE user_id = $1",
		users[first].id);
	step(1000);
	assert_non_null(strstr(heard(x[first], 512, NULL), "\"on_call\":true"));
	for (i = 0; i < 2; i++)
		rth_exchange_free(x[i]);
}

static void who_signs_out_hears_no_more(void **state)
{
	struct rth_session gone, here;
	struct rth_exchange *a, *b, *c;

	(void)state;
	begin_session(&gone, "p@people.example");
	begin_session(&here, "p@people.example");
	a = listen_to(&gone);
	b = listen_to(&here);
	step(0);
	assert_false(is_over(a));
	assert_int_equal(rth_store_session_end(bench.portal.store, gone.hash),
			 0);
	step(15000);
	assert_true(is_over(a));
	assert_false(is_over(b));
	/* Nobody has done anything for too long. */
	bench_now += 7200;
	step(15000);
	assert_true(is_over(b));
	bench_now = NOW_S;
	begin_session(&here, "p@people.example");
	c = listen_to(&here);
	rth_live_stop(bench.portal.live);
	assert_true(is_over(c));
	rth_exchange_free(a);
	rth_exchange_free(b);
	rth_exchange_free(c);
	c = listen_to(&here);
	assert_int_equal(rth_exchange_reply(c)->status, 503);
	rth_exchange_free(c);
}

static void who_listens_can_be_reached(void **state)
{
	struct rth_exchange *x = listener("d@clinic.example");
	struct rth_user user;
	int64_t n;

	(void)state;
	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"d@clinic.example", NULL, 1),
			 0);
	assert_int_equal(rth_store_duty_put(bench.portal.store, user.id, true,
					    bench_now),
			 0);
	bench_now += 1000;
	assert_int_equal(
		rth_store_duty_count(bench.portal.store, &n, bench_now), 0);
	assert_int_equal(n, 0);
	step(15000);
	assert_int_equal(
		rth_store_duty_count(bench.portal.store, &n, bench_now), 0);
	assert_int_equal(n, 1);
	rth_exchange_free(x);
}

static void without_memory_it_is_told_later(void **state)
{
	struct rth_session session;
	struct rth_exchange *x;
	unsigned n, status = 0, stride = bench_stride(*state, 4);

	begin_session(&session, "d@clinic.example");
	for (n = 1; status != 200; n += stride) {
		x = request(&session);
		rth_mem_fail_at(n);
		rth_live_handle(x);
		rth_mem_fail_at(0);
		status = rth_exchange_reply(x)->status;
		if (status != 200)
			rth_exchange_free(x);
	}
	(void)heard(x, 512, NULL);
	change_door(true);
	for (n = 1; n < 60; n++) {
		rth_mem_fail_at(n);
		step(1);
		rth_mem_fail_at(0);
	}
	step(15000);
	assert_non_null(strstr(heard(x, 512, NULL), "\"open\":true"));
	rth_exchange_free(x);
}

/* ---- With threads, as in the portal ---- */

struct sleeper {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool sleeps;
};

static void sleep_or_wake(void *held, bool sleeps)
{
	struct sleeper *s = held;

	pthread_mutex_lock(&s->lock);
	s->sleeps = sleeps;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* As http.c: looks, reads, sleeps; until the stream is over. */
static void *send_all(void *arg)
{
	const struct rth_body *body = arg;
	struct sleeper s = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
			    false};
	char data[64];
	size_t got, total = 0;

	for (;;) {
		rth_pause_look(body->pause);
		if (body->read(body->arg, 0, data, sizeof(data), &got))
			break;
		total += got;
		if (got)
			continue;
		rth_pause_begin(body->pause, &s, sleep_or_wake);
		pthread_mutex_lock(&s.lock);
		while (s.sleeps)
			pthread_cond_wait(&s.changed, &s.lock);
		pthread_mutex_unlock(&s.lock);
	}
	assert_true(total > 0);
	return NULL;
}

static void nobody_sleeps_through_a_change(void **state)
{
	struct rth_exchange *x[3];
	pthread_t threads[3];
	size_t i;

	(void)state;
	x[0] = listener("d@clinic.example");
	x[1] = listener("d@clinic.example");
	x[2] = listener("p@people.example");
	assert_int_equal(rth_live_start(bench.portal.live), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, send_all,
				       &rth_exchange_reply(x[i])->stream),
			0);
	for (i = 0; i < 20; i++) {
		change_door(i % 2 == 0);
		rth_live_wake(bench.portal.live);
	}
	rth_live_stop(bench.portal.live);
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		rth_exchange_free(x[i]);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_whole_state_comes_first),
		TEST(a_state_is_told_when_it_is_another),
		TEST(who_is_slow_hears_the_newest_only),
		TEST(silence_is_broken_each_15_s),
		TEST(a_door_that_closes_itself_is_told),
		TEST(a_fifth_of_one_person_ends_the_first),
		TEST(there_are_so_many_and_no_more),
		TEST(the_same_person_in_two_roles),
		TEST(one_failure_is_nobody_elses),
		TEST(who_signs_out_hears_no_more),
		TEST(who_listens_can_be_reached),
		TEST(without_memory_it_is_told_later),
		TEST(nobody_sleeps_through_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
