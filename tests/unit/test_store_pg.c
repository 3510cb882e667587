/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store on PostgreSQL when its server is gone, frozen, busy or not ours.
 * With RTH_TEST_POSTGRES what needs a server (tests/unit/on_postgres), else the
 * rest.
 */
#include "portal_support.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LOCK "SELECT pg_advisory_lock(5395528, hashtext(current_schema()))"

static struct bench bench;

static int open_bench(void **state)
{
	(void)state;
	bench_open(&bench);
	return 0;
}

static int close_bench(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

static enum rth_err add_user(const char *email)
{
	struct rth_user user;

	return rth_store_user(bench.portal.store, &user, email, "A", 1);
}

static PGconn *other(void)
{
	PGconn *conn = PQconnectdb(bench.database);

	assert_int_equal(PQstatus(conn), CONNECTION_OK);
	return conn;
}

static void run(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);

	if (PQresultStatus(result) != PGRES_TUPLES_OK &&
	    PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s", PQresultErrorMessage(result));
	PQclear(result);
}

/* ---- Without a server ---- */

static void a_password_is_in_no_message(void **state)
{
	(void)state;
	assert_string_equal(
		rth_store_name("postgresql://me:secret@db.example/x"),
		"PostgreSQL");
	assert_string_equal(rth_store_name("/var/lib/db"), "/var/lib/db");
	assert_true(rth_store_on_server("postgres://x"));
	assert_false(rth_store_on_server("postgresql.db"));
}

static void a_malformed_url_is_told(void **state)
{
	struct rth_store *store;

	(void)state;
	assert_int_equal(rth_store_open(&store, "postgresql://a?nonsense=1"),
			 RTH_ERR_CONFIG);
	assert_int_equal(rth_store_look("postgresql://[::1"), RTH_ERR_CONFIG);
}

static void a_server_that_is_not_there_is_told(void **state)
{
	struct rth_store *store;

	(void)state;
	assert_int_equal(
		rth_store_open(&store, "postgresql:///x?host=/nowhere"),
		RTH_ERR_UNAVAILABLE);
	assert_int_equal(rth_store_look("postgresql:///x?host=/nowhere"),
			 RTH_ERR_UNAVAILABLE);
}

/* It takes the connection and never says a word. */
static void a_frozen_server_is_as_one_that_is_gone(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/rth-unit-XXXXXX", url[128];
	struct rth_store *store;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	snprintf(url, sizeof(url), "postgresql://me@/x?host=%s", folder);
	assert_int_equal(rth_store_open(&store, url), RTH_ERR_UNAVAILABLE);
	close(fd);
	unlink(at.sun_path);
	rmdir(folder);
}

/* ---- With one ---- */

static void a_connection_that_was_cut_is_made_again(void **state)
{
	PGconn *conn;

	(void)state;
	assert_int_equal(add_user("a@b.example"), 0);
	conn = other();
	run(conn, "SELECT pg_terminate_backend(pid, 60000)"
		  " FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
		  " AND application_name = 'rthealth-portal'");
	PQfinish(conn);
	/* Nobody has to notice. */
	assert_int_equal(add_user("c@d.example"), 0);
	assert_int_equal(rth_store_ping(bench.portal.store), 0);
}

static enum rth_err cut_within(void *arg)
{
	struct rth_user user;
	PGconn *conn = other();

	(void)arg;
	run(conn, "SELECT pg_terminate_backend(pid, 60000)"
		  " FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
		  " AND application_name = 'rthealth-portal'");
	PQfinish(conn);
	/* A new connection would be outside the transaction. */
	assert_int_equal(rth_store_user(bench.portal.store, &user,
					"x@y.example", "X", 1),
			 RTH_ERR_UNAVAILABLE);
	assert_int_equal(rth_store_ping(bench.portal.store),
			 RTH_ERR_UNAVAILABLE);
	return 0;
}

static void a_transaction_that_was_cut_is_none(void **state)
{
	struct rth_store *store = bench.portal.store;
	struct rth_user user;

	(void)state;
	assert_int_not_equal(
		store->backend->transaction(store->db, cut_within, NULL), 0);
	assert_int_equal(rth_store_person(store, &user, "x@y.example"),
			 RTH_ERR_NOT_FOUND);
}

static enum rth_err swallow(void *arg)
{
	struct rth_store *store = arg;

	assert_int_equal(add_user("s@t.example"), 0);
	assert_int_not_equal(store->backend->script(store->db, "nonsense"), 0);
	return 0;
}

/* The server says "ROLLBACK" to such a COMMIT, and no error. */
static void what_failed_is_not_committed(void **state)
{
	struct rth_store *store = bench.portal.store;
	struct rth_user user;

	(void)state;
	assert_int_equal(store->backend->transaction(store->db, swallow, store),
			 RTH_ERR_IO);
	assert_int_equal(rth_store_person(store, &user, "s@t.example"),
			 RTH_ERR_NOT_FOUND);
}

/* As long as another portal writes, and does not end. */
static void who_waits_too_long_for_a_turn_is_told(void **state)
{
	PGconn *conn;

	(void)state;
	conn = other();
	run(conn, LOCK);
	assert_int_equal(add_user("w@x.example"), RTH_ERR_UNAVAILABLE);
	assert_int_equal(rth_store_ping(bench.portal.store), 0);
	PQfinish(conn);
	assert_int_equal(add_user("w@x.example"), 0);
}

static void *open_one(void *arg)
{
	return (void *)(long)rth_store_open(arg, bench.database);
}

static void portals_that_start_at_once_do_not_collide(void **state)
{
	struct rth_store *stores[4];
	pthread_t threads[4];
	void *err;
	int i;

	(void)state;
	rth_store_close(bench.portal.store);
	bench_schema(&bench, "DROP", "CASCADE");
	bench_schema(&bench, "CREATE", "");
	assert_int_equal(rth_store_look(bench.database), RTH_ERR_NOT_FOUND);
	for (i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, open_one, &stores[i]),
			0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &err);
		assert_null(err);
	}
	assert_int_equal(rth_store_look(bench.database), 0);
	for (i = 1; i < 4; i++)
		rth_store_close(stores[i]);
	bench.portal.store = stores[0];
}

static enum rth_err keep_number(const struct rth_db_row *row, void *arg)
{
	*(int64_t *)arg = rth_store_pg.column_int(row, 0);
	return 0;
}

static int64_t number(const char *sql)
{
	int64_t n = -1;
	const struct rth_db_query query = {
		.sql = sql, .row = keep_number, .arg = &n};

	assert_int_equal(rth_store_run(bench.portal.store, &query), 0);
	return n;
}

/* The tests' server has another order, and statistics of everything. */
static void texts_are_bytes_and_words_are_not_counted(void **state)
{
	(void)state;
	assert_int_equal(add_user("B@x.example"), 0);
	assert_int_equal(add_user("a@x.example"), 0);
	assert_int_equal(number("SELECT COUNT(*) FROM users u, users v"
				" WHERE u.email < v.email"
				" AND u.email = 'B@x.example'"),
			 1);
	bench_sql(&bench, "ANALYZE users");
	assert_int_equal(number("SELECT COUNT(*) FROM pg_stats"
				" WHERE schemaname = current_schema()"
				" AND tablename = 'users'"
				" AND attname IN ('email', 'name')"),
			 0);
}

/* What VACUUM left out would be called gone. */
static void tables_of_somebody_else_are_refused(void **state)
{
	struct rth_store *store, *again;
	char text[256];

	(void)state;
	bench_schema(&bench, "DROP", "CASCADE");
	snprintf(text, sizeof(text), "CREATE ROLE %s", bench.schema);
	bench_tell_server(text);
	snprintf(text, sizeof(text), "CREATE SCHEMA AUTHORIZATION %s",
		 bench.schema);
	bench_tell_server(text);
	snprintf(text, sizeof(text), "%s%%20-crole%%3D%s", bench.database,
		 bench.schema);
	assert_int_equal(rth_store_open(&store, text), 0);
	assert_int_equal(rth_store_scrub(store), 0);
	bench_sql(&bench, "ALTER TABLE codes OWNER TO current_user");
	assert_int_equal(rth_store_scrub(store), RTH_ERR_CONFIG);
	assert_int_equal(rth_store_open(&again, text), RTH_ERR_CONFIG);
	rth_store_close(store);
}

/* No handler takes it for one of its own. */
static void what_is_not_allowed_is_a_fault(void **state)
{
	struct rth_store *store = bench.portal.store;

	(void)state;
	assert_int_equal(store->backend->script(
				 store->db, "DO $$ BEGIN RAISE EXCEPTION 'x'"
					    " USING ERRCODE = '42501'; END $$"),
			 RTH_ERR_IO);
}

static void what_is_no_text_is_refused(void **state)
{
	(void)state;
	assert_int_equal(add_user("\xff@x.example"), RTH_ERR_FORMAT);
	assert_int_equal(add_user("n@x.example"), 0);
}

static void commits_are_on_the_disk(void **state)
{
	(void)state;
	assert_int_equal(
		number("SELECT CASE WHEN current_setting('synchronous_commit')"
		       " = 'on' THEN 1 ELSE 0 END"),
		1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

int main(void)
{
	static const struct CMUnitTest alone[] = {
		cmocka_unit_test(a_password_is_in_no_message),
		cmocka_unit_test(a_malformed_url_is_told),
		cmocka_unit_test(a_server_that_is_not_there_is_told),
		cmocka_unit_test(a_frozen_server_is_as_one_that_is_gone),
	};
	static const struct CMUnitTest with_server[] = {
		TEST(a_connection_that_was_cut_is_made_again),
		TEST(a_transaction_that_was_cut_is_none),
		TEST(what_failed_is_not_committed),
		TEST(who_waits_too_long_for_a_turn_is_told),
		TEST(portals_that_start_at_once_do_not_collide),
		TEST(texts_are_bytes_and_words_are_not_counted),
		TEST(tables_of_somebody_else_are_refused),
		TEST(what_is_not_allowed_is_a_fault),
		TEST(what_is_no_text_is_refused),
		TEST(commits_are_on_the_disk),
	};

	if (getenv("RTH_TEST_POSTGRES"))
		return cmocka_run_group_tests(with_server, NULL, NULL);
	return cmocka_run_group_tests(alone, NULL, NULL);
}
