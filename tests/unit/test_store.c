/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include <pthread.h>
#include <sys/stat.h>

#include "store_db.h"

static struct bench bench;

static int open_bench(void **state)
{
	*state = &bench;
	bench_open(&bench);
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

static void opening_again_keeps_what_is_there(void **state)
{
	struct rth_user user, again;
	struct stat st;

	(void)state;
	assert_int_equal(rth_store_user(store(), &user, "a@b.example", "A", 1),
			 0);
	rth_store_close(bench.portal.store);
	assert_int_equal(rth_store_open(&bench.portal.store, bench.database),
			 0);
	assert_int_equal(
		rth_store_user(store(), &again, "a@b.example", NULL, 2), 0);
	assert_string_equal(user.id, again.id);
	assert_string_equal(again.name, "A");
	assert_int_equal(rth_store_ping(store()), 0);
	assert_int_equal(rth_store_look(bench.database), 0);
	if (bench_on_server(&bench))
		return;
	assert_int_equal(stat(bench.database, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_newer_database_is_refused(void **state)
{
	const struct rth_db_query query = {
		.sql = "INSERT INTO migrations(number, applied_s)"
		       " VALUES(1000, 1)",
	};
	struct rth_store *other;

	(void)state;
	assert_int_equal(rth_store_run(store(), &query), 0);
	assert_int_equal(rth_store_open(&other, bench.database), RTH_ERR_STATE);
}

static void a_path_that_cannot_be_is_an_error(void **state)
{
	struct rth_store *other;

	(void)state;
	assert_int_equal(rth_store_open(&other, "/nowhere/db"), RTH_ERR_IO);
}

static void one_address_is_one_user(void **state)
{
	struct rth_user a, b, c;

	(void)state;
	assert_int_equal(rth_store_user(store(), &a, "a@b.example", NULL, 1),
			 0);
	assert_string_equal(a.name, "");
	assert_int_equal(rth_store_user(store(), &b, "a@b.example", "Ann", 2),
			 0);
	assert_string_equal(a.id, b.id);
	assert_string_equal(b.name, "Ann");
	assert_int_equal(rth_store_user(store(), &c, "c@b.example", "Cy", 2),
			 0);
	assert_string_not_equal(a.id, c.id);
}

static void add_session(const char *hash, const struct rth_user *user,
			int64_t at_s)
{
	struct rth_session_row row = {.user = *user,
				      .groups = "g",
				      .created_s = at_s,
				      .seen_s = at_s};

	snprintf(row.hash, sizeof(row.hash), "%s", hash);
	assert_int_equal(rth_store_session_add(store(), &row), 0);
}

static void sessions_come_and_go(void **state)
{
	struct rth_session_row row;
	struct rth_user a, b;

	(void)state;
	assert_int_equal(rth_store_user(store(), &a, "a@b.example", "A", 1), 0);
	assert_int_equal(rth_store_user(store(), &b, "b@b.example", "B", 1), 0);
	add_session("h1", &a, 10);
	add_session("h2", &a, 20);
	add_session("h3", &b, 30);
	assert_int_equal(rth_store_session_seen(store(), "h1", 15), 0);
	assert_int_equal(rth_store_session_get(store(), &row, "h1"), 0);
	assert_string_equal(row.user.id, a.id);
	assert_string_equal(row.user.name, "A");
	assert_string_equal(row.groups, "g");
	assert_int_equal(row.created_s, 10);
	assert_int_equal(row.seen_s, 15);
	assert_int_equal(rth_store_session_end(store(), "h1"), 0);
	assert_int_equal(rth_store_session_get(store(), &row, "h1"),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_session_end_all(store(), a.id), 0);
	assert_int_equal(rth_store_session_get(store(), &row, "h2"),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_session_get(store(), &row, "h3"), 0);
}

static void a_session_needs_its_user(void **state)
{
	struct rth_session_row row = {.hash = "h", .user = {.id = "nobody"}};

	(void)state;
	assert_int_equal(rth_store_session_add(store(), &row), RTH_ERR_EXISTS);
}

static void an_attempt_serves_once(void **state)
{
	struct rth_attempt a = {.state_hash = "s",
				.browser_hash = "b",
				.provider = "p",
				.nonce = "n",
				.verifier = "v",
				.next = "/x",
				.expires_s = 100},
			   got;

	(void)state;
	assert_int_equal(rth_store_attempt_add(store(), &a, 1), 0);
	assert_int_equal(rth_store_attempt_take(store(), &got, "other", 1),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_attempt_take(store(), &got, "s", 99), 0);
	assert_string_equal(got.browser_hash, "b");
	assert_string_equal(got.provider, "p");
	assert_string_equal(got.nonce, "n");
	assert_string_equal(got.verifier, "v");
	assert_string_equal(got.next, "/x");
	assert_int_equal(rth_store_attempt_take(store(), &got, "s", 99),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_attempt_add(store(), &a, 1), 0);
	assert_int_equal(rth_store_attempt_take(store(), &got, "s", 100),
			 RTH_ERR_NOT_FOUND);
}

static enum rth_err try_code(const char *hash, int64_t now_s)
{
	return rth_store_code_try(store(), "a@b.example", hash, now_s);
}

static void a_code_has_its_tries(void **state)
{
	int i;

	(void)state;
	assert_int_equal(try_code("right", 1), RTH_ERR_NOT_FOUND);
	assert_int_equal(
		rth_store_code_set(store(), "a@b.example", "right", 100, 2), 0);
	assert_int_equal(try_code("wrong", 1), RTH_ERR_DENIED);
	assert_int_equal(try_code("right", 1), 0);
	assert_int_equal(try_code("right", 1), RTH_ERR_NOT_FOUND);
	assert_int_equal(
		rth_store_code_set(store(), "a@b.example", "right", 100, 2), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(try_code("wrong", 1), RTH_ERR_DENIED);
	assert_int_equal(try_code("right", 1), RTH_ERR_LIMIT);
	/* A new one replaces it, and ends in time. */
	assert_int_equal(
		rth_store_code_set(store(), "a@b.example", "new", 100, 2), 0);
	assert_int_equal(try_code("right", 1), RTH_ERR_DENIED);
	assert_int_equal(try_code("new", 100), RTH_ERR_NOT_FOUND);
	assert_int_equal(try_code("new", 99), 0);
}

static void *guess(void *arg)
{
	int *denied = arg, i;

	for (i = 0; i < 20; i++)
		if (try_code("wrong", 1) == RTH_ERR_DENIED)
			(*denied)++;
	return NULL;
}

static void guessing_at_once_gets_no_more_tries(void **state)
{
	pthread_t threads[4];
	int denied[4] = {0}, i, sum = 0;

	(void)state;
	assert_int_equal(
		rth_store_code_set(store(), "a@b.example", "right", 100, 5), 0);
	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, guess, &denied[i]);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		sum += denied[i];
	}
	assert_int_equal(sum, 5);
}

static void a_rate_has_its_window(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(rth_store_rate(store(), "k", 3, 60, 1000 + i),
				 0);
	assert_int_equal(rth_store_rate(store(), "k", 3, 60, 1059),
			 RTH_ERR_LIMIT);
	assert_int_equal(rth_store_rate(store(), "other", 3, 60, 1059), 0);
	assert_int_equal(rth_store_rate(store(), "k", 3, 60, 1060), 0);
}

static struct rth_visit make_visit(const char *id, const struct rth_user *by,
				   int64_t start_s)
{
	struct rth_visit v = {.patient_email = "p@b.example",
			      .title = "T",
			      .start_s = start_s,
			      .minutes = 30};

	snprintf(v.id, sizeof(v.id), "%s", id);
	snprintf(v.room, sizeof(v.room), "room-%s", id);
	snprintf(v.clinician_id, sizeof(v.clinician_id), "%s", by->id);
	assert_int_equal(rth_store_visit_add(store(), &v, 1), 0);
	return v;
}

static enum rth_err collect(const struct rth_visit *visit, void *arg)
{
	strcat(arg, visit->id);
	return 0;
}

static void visits_are_for_their_two_people(void **state)
{
	struct rth_user doctor, patient, stranger;
	struct rth_visit v;
	char ids[16] = "";

	(void)state;
	assert_int_equal(
		rth_store_user(store(), &doctor, "d@b.example", "Dr. D", 1), 0);
	make_visit("b", &doctor, 2000);
	make_visit("a", &doctor, 1000);
	make_visit("c", &doctor, 100000);
	assert_int_equal(rth_store_visit_get(store(), &v, "a", &doctor), 0);
	assert_string_equal(v.clinician_name, "Dr. D");
	assert_string_equal(v.patient_name, "");
	assert_int_equal(
		rth_store_user(store(), &patient, "p@b.example", "Pat", 1), 0);
	assert_int_equal(
		rth_store_user(store(), &stranger, "s@b.example", "S", 1), 0);
	assert_int_equal(rth_store_visit_get(store(), &v, "a", &patient), 0);
	assert_string_equal(v.patient_name, "Pat");
	assert_int_equal(rth_store_visit_get(store(), &v, "a", &stranger),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_visit_each(store(), &patient, 2900, 2900,
					      collect, ids),
			 0);
	assert_string_equal(ids, "bc");
	ids[0] = '\0';
	assert_int_equal(
		rth_store_visit_each(store(), &doctor, 0, 0, collect, ids), 0);
	assert_string_equal(ids, "abc");
	ids[0] = '\0';
	assert_int_equal(
		rth_store_visit_each(store(), &stranger, 0, 0, collect, ids),
		0);
	assert_string_equal(ids, "");
}

static void only_its_clinician_changes_a_visit(void **state)
{
	struct rth_user doctor, other;
	struct rth_visit v, got;
	char id[RTH_ID_SIZE];

	(void)state;
	assert_int_equal(
		rth_store_user(store(), &doctor, "d@b.example", "D", 1), 0);
	assert_int_equal(rth_store_user(store(), &other, "o@b.example", "O", 1),
			 0);
	v = make_visit("a", &doctor, 1000);
	strcpy(v.title, "New");
	strcpy(v.patient_email, "o@b.example");
	strcpy(v.room, "room-2");
	v.start_s = 5;
	v.minutes = 6;
	v.cancelled = true;
	memcpy(v.clinician_id, other.id, sizeof(other.id));
	assert_int_equal(rth_store_visit_update(store(), &v, "room-a"),
			 RTH_ERR_NOT_FOUND);
	memcpy(v.clinician_id, doctor.id, sizeof(doctor.id));
	assert_int_equal(rth_store_visit_update(store(), &v, "room-a"), 0);
	assert_int_equal(rth_store_visit_get(store(), &got, "a", &other), 0);
	assert_string_equal(got.title, "New");
	assert_string_equal(got.patient_name, "O");
	assert_string_equal(got.room, "room-2");
	assert_int_equal(got.start_s, 5);
	assert_int_equal(got.minutes, 6);
	assert_true(got.cancelled);
	assert_int_equal(rth_store_visit_of_room(store(), id, "room-2"), 0);
	assert_string_equal(id, "a");
	assert_int_equal(rth_store_visit_of_room(store(), id, "room-a"),
			 RTH_ERR_NOT_FOUND);
}

/* Two windows that have read the same visit. */
static void the_slower_change_is_refused(void **state)
{
	struct rth_user doctor;
	struct rth_visit v, stale, got;

	(void)state;
	assert_int_equal(
		rth_store_user(store(), &doctor, "d@c.example", "D", 1), 0);
	v = stale = make_visit("twice", &doctor, 1000);
	strcpy(v.room, "room-twice-2");
	strcpy(v.patient_email, "new@b.example");
	assert_int_equal(rth_store_visit_update(store(), &v, stale.room), 0);
	assert_int_equal(rth_store_visit_update(store(), &stale, stale.room),
			 RTH_ERR_NOT_FOUND);
	v.cancelled = true;
	assert_int_equal(rth_store_visit_update(store(), &v, v.room), 0);
	v.cancelled = false;
	assert_int_equal(rth_store_visit_update(store(), &v, v.room),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_visit_get(store(), &got, "twice", &doctor),
			 0);
	assert_string_equal(got.patient_email, "new@b.example");
	assert_true(got.cancelled);
}

static void the_audit_keeps_its_rows(void **state)
{
	static const char *const attempts[] = {
		"DELETE FROM audit",
		"UPDATE audit SET action = 'x'",
		"REPLACE INTO audit(n, time_ms, action, outcome, digest)"
		" VALUES(1, 1, 'x', 'ok', 'x')",
		"DELETE FROM audit_head",
		"UPDATE audit_head SET n = 0",
		"REPLACE INTO audit_head(one, n, digest) VALUES(1, 0, 'x')",
	};
	const struct rth_audit row = {.action = "w"};
	size_t i;

	(void)state;
	assert_int_equal(rth_store_audit(store(), &row, 5), 0);
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		const struct rth_db_query query = {.sql = attempts[i]};

		assert_int_not_equal(rth_store_run(store(), &query), 0);
	}
}

static void sweeping_takes_what_is_over(void **state)
{
	struct rth_session_row row;
	struct rth_user user;

	(void)state;
	assert_int_equal(rth_store_user(store(), &user, "a@b.example", "A", 1),
			 0);
	add_session("old", &user, 100);
	add_session("idle", &user, 5000);
	add_session("good", &user, 9500);
	assert_int_equal(rth_store_session_seen(store(), "old", 9900), 0);
	assert_int_equal(
		rth_store_code_set(store(), "a@b.example", "h", 9999, 5), 0);
	assert_int_equal(rth_store_sweep(store(), 10000, 1000, 8000), 0);
	assert_int_equal(rth_store_session_get(store(), &row, "old"),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_session_get(store(), &row, "idle"),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_session_get(store(), &row, "good"), 0);
	assert_int_equal(try_code("h", 1), RTH_ERR_NOT_FOUND);
}

static void values_never_become_sql(void **state)
{
	static const char hostile[] = "'); DROP TABLE users; --\"%_";
	struct rth_user user;

	(void)state;
	assert_int_equal(rth_store_user(store(), &user, hostile, hostile, 1),
			 0);
	assert_string_equal(user.name, hostile);
	assert_int_equal(rth_store_user(store(), &user, "a@b.example", "A", 1),
			 0);
}

static void a_hash_is_sha256(void **state)
{
	char hash[RTH_HASH_SIZE];

	(void)state;
	assert_int_equal(rth_store_hash(hash, "abc"), 0);
	assert_string_equal(hash,
			    "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(opening_again_keeps_what_is_there),
		TEST(a_newer_database_is_refused),
		TEST(a_path_that_cannot_be_is_an_error),
		TEST(one_address_is_one_user),
		TEST(sessions_come_and_go),
		TEST(a_session_needs_its_user),
		TEST(an_attempt_serves_once),
		TEST(a_code_has_its_tries),
		TEST(guessing_at_once_gets_no_more_tries),
		TEST(a_rate_has_its_window),
		TEST(visits_are_for_their_two_people),
		TEST(only_its_clinician_changes_a_visit),
		TEST(the_slower_change_is_refused),
		TEST(the_audit_keeps_its_rows),
		TEST(sweeping_takes_what_is_over),
		TEST(values_never_become_sql),
		TEST(a_hash_is_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
