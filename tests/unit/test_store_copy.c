/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carrying one database into another: all that is in it, or nothing. */
#include "audit_support.h"

#include "store_copy.h"
#include "store_portal.h"

#define VISITS 150 /* more than a bundle */
#define LONG_BYTES 200000

static struct rth_store *other;
static struct rth_store_copy copy;
static unsigned told_n;

static void told(void *arg, const char *table, int64_t done_n, int64_t all_n)
{
	(void)arg;
	assert_true(*table != '\0');
	assert_true(done_n <= all_n);
	told_n++;
}

static void run_in(struct rth_store *in, const char *sql)
{
	const struct rth_db_query query = {.sql = sql};

	assert_int_equal(rth_store_run(in, &query), 0);
}

static void add_visits(void)
{
	struct rth_visit visit = {
		.title = "Visit \xc3\xa4\xe2\x82\xac 'quoted' \"twice\" $1",
		.patient_email = "p@b.example",
		.start_s = 1800000000,
		.minutes = 30,
	};
	struct rth_user user;
	int i;

	assert_int_equal(rth_store_user(store(), &user, "a@b.example", "A", 1),
			 0);
	memcpy(visit.clinician_id, user.id, sizeof(user.id));
	for (i = 0; i < VISITS; i++) {
		assert_int_equal(rth_id_make(visit.id), 0);
		assert_int_equal(rth_id_make(visit.room), 0);
		assert_int_equal(rth_store_visit_add(store(), &visit, 5), 0);
	}
}

/* Values at their edges: NULL, empty, long, beyond 32 bits. */
static void add_edges(void)
{
	char *text = malloc(LONG_BYTES + 200);

	assert_non_null(text);
	run_in(store(),
	       "INSERT INTO recordings(id, visit_id, room, state, rank,"
	       " begun_s, ended_s, parts, reason, incomplete, lost_ms,"
	       " lost_packets) VALUES('r1', NULL, 'room', 'stored', 6, 1, 2,"
	       " 1, '', 0, 9000000000000000000, -1)");
	strcpy(text, "INSERT INTO deletions VALUES('r1', 'me', 'days-1', 1, 2,"
		     " 3, 4, '");
	memset(text + strlen(text), 'x', LONG_BYTES);
	strcpy(text +
		       strlen("INSERT INTO deletions VALUES('r1', 'me',"
			      " 'days-1', 1, 2, 3, 4, '") +
		       LONG_BYTES,
	       "')");
	run_in(store(), text);
	free(text);
}

static int open_both(void **state)
{
	char path[128];

	open_bench(state);
	add_visits();
	add_edges();
	add_rows(1, VISITS);
	assert_int_equal(sign(), 0);
	snprintf(path, sizeof(path), "%s/old", bench.folder);
	assert_int_equal(rth_store_open(&other, path), 0);
	told_n = 0;
	copy = (struct rth_store_copy){
		.from = store(),
		.to = other,
		.now_s = bench_now,
		.told = told,
	};
	return 0;
}

static int close_both(void **state)
{
	char path[128];

	rth_store_close(other);
	snprintf(path, sizeof(path), "%s/old-wal", bench.folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/old-shm", bench.folder);
	unlink(path);
	return close_bench(state);
}

static enum rth_err take_number(const struct rth_db_row *row, void *arg)
{
	*(int64_t *)arg = store()->backend->column_int(row, 0);
	return 0;
}

static int64_t ask(struct rth_store *in, const char *sql)
{
	int64_t n = -1;
	const struct rth_db_query query = {
		.sql = sql,
		.row = take_number,
		.arg = &n,
	};

	assert_int_equal(rth_store_run(in, &query), 0);
	return n;
}

/* ---- What is the same ---- */

static const char *const tables[] = {
	"users",  "sessions",  "attempts",   "codes",	     "rates",
	"visits", "audit",     "audit_head", "plays",	     "recordings",
	"holds",  "deletions", "portals",    "signing_keys",
};

/* Every row of one is a row of the other, as the database compares them. */
static void assert_same(void)
{
	char sql[256];
	size_t i;

	snprintf(sql, sizeof(sql), "ATTACH '%s/old' AS other", bench.folder);
	run_in(store(), sql);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(sql, sizeof(sql),
			 "SELECT COUNT(*) FROM (SELECT * FROM main.%s EXCEPT"
			 " SELECT * FROM other.%s)",
			 tables[i], tables[i]);
		assert_int_equal(ask(store(), sql), 0);
		snprintf(sql, sizeof(sql),
			 "SELECT (SELECT COUNT(*) FROM main.%s) -"
			 " (SELECT COUNT(*) FROM other.%s)",
			 tables[i], tables[i]);
		assert_int_equal(ask(store(), sql), 0);
	}
	run_in(store(), "DETACH other");
}

static void everything_is_carried(void **state)
{
	char name[RTH_NAME_SIZE];

	(void)state;
	assert_int_equal(rth_store_copy(&copy), 0);
	assert_string_equal(copy.table, "");
	assert_true(copy.tables >= 14);
	assert_int_equal(copy.rows, 1 + 2 * VISITS + 2);
	assert_true(told_n >= copy.tables - 1);
	assert_same();
	assert_int_equal(ask(other, "SELECT visit_id IS NULL FROM recordings"),
			 1);
	assert_int_equal(ask(other, "SELECT LENGTH(certificate)"
				    " FROM deletions"),
			 LONG_BYTES);
	assert_int_equal(rth_store_audit_unguarded(other, name), 0);
	assert_string_equal(name, "");
}

/* Of every table of the schema, also one that this test does not know. */
static void no_table_is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(rth_store_copy(&copy), 0);
	assert_int_equal(copy.tables,
			 ask(store(), "SELECT COUNT(*) - 1 FROM sqlite_master"
				      " WHERE type = 'table' AND name NOT LIKE"
				      " 'sqlite_%'"));
}

static void the_chain_goes_on(void **state)
{
	struct rth_settings *s = &bench.portal.settings;
	struct rth_audit_verify v = {.keys_n = 1};

	(void)state;
	v.keys[0] = rth_audit_key_public(bench.portal.audit_key);
	assert_int_equal(rth_store_copy(&copy), 0);
	assert_int_equal(rth_audit_verify_store(&v, s, other), 0);
	assert_false(v.wrong);
	assert_int_equal(v.last_n, VISITS);
	assert_int_equal(v.heads, 1);
	assert_int_equal(rth_store_audit(other,
					 &(struct rth_audit){.action = "x"},
					 bench_now),
			 0);
	assert_int_equal(rth_audit_verify_store(&v, s, other), 0);
	assert_false(v.wrong);
	assert_int_equal(v.last_n, VISITS + 1);
	/* The head only grows by one, as before. */
	assert_int_equal(rth_store_run(other,
				       &(struct rth_db_query){
					       .sql = "UPDATE audit_head SET"
						      " n = n + 2"}),
			 RTH_ERR_EXISTS);
}

/* ---- What is refused ---- */

static void assert_nothing_there(void)
{
	char sql[64], name[RTH_NAME_SIZE];
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s",
			 tables[i]);
		assert_int_equal(ask(other, sql),
				 strcmp(tables[i], "audit_head") == 0);
	}
	assert_int_equal(ask(other, "SELECT n FROM audit_head"), 0);
	assert_int_equal(rth_store_audit_unguarded(other, name), 0);
	assert_string_equal(name, "");
}

static void a_target_with_something_in_it(void **state)
{
	struct rth_user user;

	(void)state;
	assert_int_equal(rth_store_user(other, &user, "x@b.example", "X", 1),
			 0);
	assert_int_equal(rth_store_copy(&copy), RTH_ERR_EXISTS);
	assert_string_equal(copy.table, "users");
	assert_int_equal(ask(other, "SELECT COUNT(*) FROM users"), 1);
	assert_int_equal(ask(other, "SELECT COUNT(*) FROM visits"), 0);
}

static void a_target_with_an_audit(void **state)
{
	(void)state;
	assert_int_equal(rth_store_audit(other,
					 &(struct rth_audit){.action = "x"},
					 bench_now),
			 0);
	assert_int_equal(rth_store_copy(&copy), RTH_ERR_EXISTS);
	assert_string_equal(copy.table, "audit");
}

static void one_on_which_a_portal_serves(void **state)
{
	struct rth_store *const both[] = {store(), other};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(
			rth_store_portal_seen(both[i], "me", bench_now - 100),
			0);
		assert_int_equal(rth_store_copy(&copy), RTH_ERR_STATE);
		assert_int_equal(rth_store_portal_gone(both[i], "me"), 0);
		assert_nothing_there();
	}
	/* Killed long ago: it is not there any more, and so is its row. */
	assert_int_equal(rth_store_portal_seen(store(), "me",
					       bench_now - RTH_PORTAL_GONE_S),
			 0);
	assert_int_equal(rth_store_copy(&copy), 0);
	assert_int_equal(ask(other, "SELECT COUNT(*) FROM portals"), 1);
}

static enum rth_err refuse(void *arg)
{
	/* It is there by now, and reads as it will. */
	assert_int_equal(ask(arg, "SELECT COUNT(*) FROM visits"), VISITS);
	assert_int_equal(ask(arg, "SELECT n FROM audit_head"), VISITS);
	return RTH_ERR_CRYPTO;
}

static void what_the_check_refuses(void **state)
{
	(void)state;
	copy.check = refuse;
	copy.arg = other;
	assert_int_equal(rth_store_copy(&copy), RTH_ERR_CRYPTO);
	assert_nothing_there();
	copy.check = NULL;
	assert_int_equal(rth_store_copy(&copy), 0);
	assert_same();
}

/* The answer to the COMMIT is lost on the way. */
static enum rth_err lose_answer(struct rth_db *db,
				enum rth_err (*work)(void *arg), void *arg)
{
	enum rth_err err = rth_store_sqlite.transaction(db, work, arg);

	return err ? err : RTH_ERR_UNAVAILABLE;
}

static enum rth_err copy_losing(struct rth_store *answer_of)
{
	const struct rth_db_backend *whole = answer_of->backend;
	struct rth_db_backend lossy = *whole;
	enum rth_err err;

	lossy.transaction = lose_answer;
	answer_of->backend = &lossy;
	err = rth_store_copy(&copy);
	answer_of->backend = whole;
	return err;
}

static void the_end_of_the_source_does_not_matter(void **state)
{
	(void)state;
	assert_int_equal(copy_losing(store()), 0);
	assert_false(copy.is_unknown);
	assert_same();
}

static void whether_the_target_kept_it_may_not_be_known(void **state)
{
	(void)state;
	copy.check = refuse;
	copy.arg = other;
	assert_int_equal(copy_losing(other), RTH_ERR_CRYPTO);
	assert_false(copy.is_unknown);
	copy.check = NULL;
	assert_int_equal(copy_losing(other), RTH_ERR_UNAVAILABLE);
	assert_true(copy.is_unknown);
	assert_same();
	assert_int_equal(rth_store_copy(&copy), RTH_ERR_EXISTS);
	assert_false(copy.is_unknown);
}

static void a_value_of_another_type(void **state)
{
	(void)state;
	run_in(store(), "UPDATE visits SET minutes = 'many' WHERE id ="
			" (SELECT id FROM visits LIMIT 1)");
	assert_int_equal(rth_store_copy(&copy), RTH_ERR_FORMAT);
	assert_string_equal(copy.table, "visits");
	assert_nothing_there();
}

static void a_table_of_another_form(void **state)
{
	(void)state;
	run_in(other, "ALTER TABLE holds ADD COLUMN more TEXT");
	assert_int_equal(rth_store_copy(&copy), RTH_ERR_CONFIG);
	assert_string_equal(copy.table, "holds");
	assert_nothing_there();
}

static void without_memory_there_is_nothing(void **state)
{
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned n, step = 1;

	(void)state;
	for (n = 1; err == RTH_ERR_NOMEM; n += step) {
		rth_mem_fail_at(n);
		err = rth_store_copy(&copy);
		rth_mem_fail_at(0);
		if (err == RTH_ERR_NOMEM)
			assert_nothing_there();
		step = n < 60 ? 1 : 37;
	}
	assert_int_equal(err, 0);
	assert_true(n > 100);
	assert_same();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define COPIES(name) \
	cmocka_unit_test_setup_teardown(name, open_both, close_both)
		COPIES(everything_is_carried),
		COPIES(no_table_is_forgotten),
		COPIES(the_chain_goes_on),
		COPIES(a_target_with_something_in_it),
		COPIES(a_target_with_an_audit),
		COPIES(one_on_which_a_portal_serves),
		COPIES(what_the_check_refuses),
		COPIES(the_end_of_the_source_does_not_matter),
		COPIES(whether_the_target_kept_it_may_not_be_known),
		COPIES(a_value_of_another_type),
		COPIES(a_table_of_another_form),
		COPIES(without_memory_there_is_nothing),
#undef COPIES
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
