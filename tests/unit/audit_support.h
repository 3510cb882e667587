/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the tests of the audit share: a bench whose portal has the audit's key
 * and a file of heads, rows that were written, and what verifying says.
 */
#ifndef RTH_TEST_AUDIT_SUPPORT_H
#define RTH_TEST_AUDIT_SUPPORT_H

#include "portal_support.h"

#include <sodium.h>

#include "audit.h"
#include "audit_chain.h"
#include "audit_head.h"
#include "audit_verify.h"
#include "store_db.h"

static struct bench bench;

static inline struct rth_store *store(void)
{
	return bench.portal.store;
}

static inline int open_bench(void **state)
{
	struct rth_settings *s = &bench.portal.settings;

	*state = &bench;
	bench_now = 1800000000;
	assert_true(sodium_init() >= 0);
	bench_open(&bench);
	s->database = bench.database;
	s->key_dir = bench.folder;
	assert_int_equal(rth_audit_key_open(&bench.portal.audit_key, s), 0);
	return 0;
}

static inline int close_bench(void **state)
{
	static const char *const names[] = {"audit.key", "db.heads", "export",
					    "old"};
	char path[128];
	size_t i;

	(void)state;
	rth_audit_key_free(bench.portal.audit_key);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", bench.folder, names[i]);
		unlink(path);
	}
	bench_close(&bench);
	return 0;
}

static inline void add(const char *action, const char *object)
{
	const struct rth_audit row = {
		.subject = "someone",
		.role = "operator",
		.action = action,
		.object = object,
		.visit = "visit",
		.reason = "complaint",
		.client = "hash",
		.data = "{\"count\":3,\"b\":[1,\"x\"],\"a\":{\"z\":null}}",
	};

	assert_int_equal(rth_store_audit(store(), &row, bench_now++), 0);
}

/* Rows first to last, each of another object. */
static inline void add_rows(int first, int last)
{
	char object[16];
	int i;

	for (i = first; i <= last; i++) {
		snprintf(object, sizeof(object), "o%d", i);
		add("play", object);
	}
}

static inline enum rth_err sign(void)
{
	return rth_audit_heads_write(&bench.portal.settings, store(),
				     bench.portal.audit_key, bench_now);
}

static inline void script(const char *sql)
{
	assert_int_equal(store()->backend->script(store()->db, sql), 0);
}

static inline enum rth_err keep_trigger(const struct rth_db_row *row, void *arg)
{
	char *text = arg, one[512];

	assert_int_equal(
		store()->backend->column_text(row, 0, one, sizeof(one)), 0);
	strcat(text, one);
	strcat(text, ";");
	return 0;
}

/* As somebody who may do everything with the file would, and tidies up. */
static inline void tamper(const char *sql)
{
	char triggers[4096] = "";
	const bool server = bench_on_server(&bench);
	const struct rth_db_query query = {
		.sql = server ? "SELECT pg_get_triggerdef(oid, true) ||"
				"  '; ALTER TABLE ' || tgrelid::regclass ||"
				"  ' ENABLE ALWAYS TRIGGER ' || tgname"
				" FROM pg_trigger WHERE tgname LIKE 'audit%'"
				" AND tgrelid IN (to_regclass('audit'),"
				"  to_regclass('audit_head'))"
			      : "SELECT sql FROM sqlite_master"
				" WHERE type = 'trigger'",
		.row = keep_trigger,
		.arg = triggers,
	};
	size_t rows;

	assert_int_equal(store()->backend->run(store()->db, &query, &rows), 0);
	script(server ? "DROP TRIGGER audit_keeps_rows ON audit;"
			"DROP TRIGGER audit_keeps_values ON audit;"
			"DROP TRIGGER audit_head_stays ON audit_head;"
			"DROP TRIGGER audit_head_grows ON audit_head;"
		      : "DROP TRIGGER IF EXISTS audit_keeps_rows;"
			"DROP TRIGGER IF EXISTS audit_keeps_values;"
			"DROP TRIGGER IF EXISTS audit_head_stays;"
			"DROP TRIGGER IF EXISTS audit_head_grows;");
	script(sql);
	script(triggers);
}

/* The first thing that is wrong, or "". */
struct said {
	char first[256];
	size_t n;
};

static inline void hear(void *arg, const char *text)
{
	struct said *said = arg;

	if (!said->n++)
		snprintf(said->first, sizeof(said->first), "%s", text);
}

static inline struct rth_audit_verify asked(struct said *said)
{
	return (struct rth_audit_verify){
		.keys = {rth_audit_key_public(bench.portal.audit_key)},
		.keys_n = 1,
		.tell = hear,
		.arg = said,
	};
}

static inline const char *verify_since(int64_t since_s)
{
	static struct said said;
	struct rth_audit_verify v = asked(&said);

	memset(&said, 0, sizeof(said));
	v.since_s = since_s;
	assert_int_equal(
		rth_audit_verify_store(&v, &bench.portal.settings, store()), 0);
	assert_int_equal(v.wrong, said.n > 0);
	return said.first;
}

static inline const char *verify(void)
{
	return verify_since(0);
}

/* Says that it begins so. */
static inline void assert_begins(const char *text, const char *with)
{
	if (strncmp(text, with, strlen(with)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, with);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

#endif
