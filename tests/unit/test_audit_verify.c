/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whoever can write to the database, and to an export, is found. */
#include "audit_support.h"

#include "audit_export.h"

#define ROWS 20

/* Rows 1 to 20; signed after row 10 and row 20. */
static int open_signed(void **state)
{
	open_bench(state);
	add_rows(1, 10);
	assert_int_equal(sign(), 0);
	add_rows(11, ROWS);
	assert_int_equal(sign(), 0);
	return 0;
}

/* ---- The database ---- */

static void what_nobody_touched_is_good(void **state)
{
	(void)state;
	assert_string_equal(verify(), "");
	add_rows(ROWS + 1, ROWS + 3); /* and not signed yet */
	assert_string_equal(verify(), "");
}

#define OF_TYPE_BLOB(column) \
	"UPDATE audit SET " column " = CAST(" column " AS BLOB) WHERE n = 7"

struct tampered {
	const char *sql;
	const char *first; /* how the first finding begins */
};

static const struct tampered tampered[] = {
	{"UPDATE audit SET time_ms = time_ms + 1 WHERE n = 7", "row 7 "},
	{"UPDATE audit SET subject = 'other' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET subject = NULL WHERE n = 7", "row 7 "},
	{"UPDATE audit SET subject = '' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET role = 'admin' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET action = 'left' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET object = 'o8' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET visit = 'other' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET outcome = 'refused' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET reason = 'other' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET client = NULL WHERE n = 7", "row 7 "},
	{"UPDATE audit SET data = '{}' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET data = NULL WHERE n = 7", "row 7 "},
	{"UPDATE audit SET data = data || ' ' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET data = 'x' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET digest = 'x' WHERE n = 7", "row 7 "},
	{"UPDATE audit SET digest = (SELECT digest FROM audit WHERE n = 6)"
	 " WHERE n = 7",
	 "row 7 "},
	/* columns that change places */
	{"UPDATE audit SET subject = role, role = subject WHERE n = 7",
	 "row 7 "},
	{"UPDATE audit SET visit = NULL, object = visit WHERE n = 7", "row 7 "},
	/* removed */
	{"DELETE FROM audit WHERE n = 1", "row 1 is missing"},
	{"DELETE FROM audit WHERE n = 7", "row 7 is missing"},
	{"DELETE FROM audit WHERE n BETWEEN 7 AND 9", "row 7 is missing"},
	{"DELETE FROM audit WHERE n = 20", "row 20 is missing"},
	{"DELETE FROM audit WHERE n > 15", "row 16 is missing"},
	{"DELETE FROM audit", "row 1 is missing"},
	/* and the numbers closed up */
	{"DELETE FROM audit WHERE n = 7;"
	 "UPDATE audit SET n = -n WHERE n > 7;"
	 "UPDATE audit SET n = -n - 1 WHERE n < 0",
	 "row 7 "},
	/* a tail that is cut, and the table of the head with it */
	{"DELETE FROM audit WHERE n > 15; UPDATE audit_head SET n = 15,"
	 " digest = (SELECT digest FROM audit WHERE n = 15)",
	 "row 16 is missing: row 20 was signed"},
	{"DELETE FROM audit; UPDATE audit_head SET n = 0,"
	 " digest = '" RTH_AUDIT_FIRST "'",
	 "row 1 is missing: row 20 was signed"},
	/* inserted */
	{"INSERT INTO audit SELECT 21, time_ms, subject, role, action, object,"
	 " visit, outcome, reason, client, data, digest FROM audit"
	 " WHERE n = 20",
	 "row 21 "},
	{"INSERT INTO audit SELECT 0, time_ms, subject, role, action, object,"
	 " visit, outcome, reason, client, data, digest FROM audit"
	 " WHERE n = 20",
	 "row 0 does not belong"},
	{"INSERT INTO audit SELECT -5, time_ms, subject, role, action, object,"
	 " visit, outcome, reason, client, data, digest FROM audit"
	 " WHERE n = 20",
	 "row -5 does not belong"},
	{"UPDATE audit SET n = -n WHERE n > 7;"
	 "UPDATE audit SET n = -n + 1 WHERE n < 0;"
	 "INSERT INTO audit SELECT 8, time_ms, subject, role, action, object,"
	 " visit, outcome, reason, client, data, digest FROM audit"
	 " WHERE n = 7",
	 "row 8 "},
	/* in a table without a key, so that numbers can be none or twice */
	{"CREATE TABLE copy AS SELECT * FROM audit; DROP TABLE audit;"
	 "ALTER TABLE copy RENAME TO audit; INSERT INTO audit SELECT NULL,"
	 " time_ms, subject, role, action, object, visit, outcome, reason,"
	 " client, data, digest FROM audit WHERE n = 20",
	 "row 0 does not belong"},
	{"CREATE TABLE copy AS SELECT * FROM audit; DROP TABLE audit;"
	 "ALTER TABLE copy RENAME TO audit; INSERT INTO audit SELECT *"
	 " FROM audit WHERE n = 7",
	 "row 7 does not belong"},
	/* swapped */
	{"UPDATE audit SET n = -1 WHERE n = 7; UPDATE audit SET n = 7"
	 " WHERE n = 8; UPDATE audit SET n = 8 WHERE n = -1",
	 "row 7 "},
	{"UPDATE audit SET n = -1 WHERE n = 1; UPDATE audit SET n = 1"
	 " WHERE n = 20; UPDATE audit SET n = 20 WHERE n = -1",
	 "row 1 "},
	/* the table of the head */
	{"UPDATE audit_head SET n = 21", "row 21 is missing: the head"},
	{"UPDATE audit_head SET n = 19", "row 20 does not belong here"},
	{"UPDATE audit_head SET digest = 'x'", "row 20 is not the one"},
	{"DELETE FROM audit_head", "the table of the head"},
};

/* What PostgreSQL refuses; of another type it reads the same, but no question
   for it finds the row. */
static const struct tampered tampered_sqlite[] = {
	{"UPDATE audit SET subject = 'someone' || char(0) || 'x' WHERE n = 7",
	 "row 7 "},
	{OF_TYPE_BLOB("subject"), "row 7 is malformed"},
	{OF_TYPE_BLOB("role"), "row 7 is malformed"},
	{OF_TYPE_BLOB("action"), "row 7 is malformed"},
	{OF_TYPE_BLOB("object"), "row 7 is malformed"},
	{OF_TYPE_BLOB("visit"), "row 7 is malformed"},
	{OF_TYPE_BLOB("outcome"), "row 7 is malformed"},
	{OF_TYPE_BLOB("reason"), "row 7 is malformed"},
	{OF_TYPE_BLOB("client"), "row 7 is malformed"},
	{OF_TYPE_BLOB("data"), "row 7 is malformed"},
	{OF_TYPE_BLOB("digest"), "row 7 is malformed"},
	{"UPDATE audit SET time_ms = CAST(CAST(time_ms AS TEXT) AS BLOB)"
	 " WHERE n = 7",
	 "row 7 is malformed"},
	{"CREATE TABLE copy(n, time_ms, subject, role, action, object, visit,"
	 " outcome, reason, client, data, digest); INSERT INTO copy SELECT *"
	 " FROM audit; DROP TABLE audit; ALTER TABLE copy RENAME TO audit;"
	 "UPDATE audit SET n = '7' WHERE n = 7",
	 "row 7 is missing"},
	{"UPDATE audit SET time_ms = time_ms + 0.5 WHERE n = 7", "row 7 "},
	{"UPDATE audit SET subject = CAST(x'ff' AS TEXT) WHERE n = 7",
	 "row 7 "},
	{"UPDATE audit SET subject = hex(zeroblob(5000)) WHERE n = 7",
	 "row 7 "},
	{NULL, NULL},
};

static const struct tampered tampered_postgresql[] = {
	{"ALTER TABLE audit ALTER COLUMN time_ms TYPE NUMERIC;"
	 "UPDATE audit SET time_ms = time_ms + 0.5 WHERE n = 7",
	 "row 7 "},
	{"ALTER TABLE audit ALTER COLUMN subject TYPE CHAR(40)", "row 1 "},
	{"UPDATE audit SET subject = repeat('x', 10000) WHERE n = 7", "row 7 "},
	{NULL, NULL},
};

/* Leaves the bench as it was. */
static void is_found(const struct tampered *change, void **state)
{
	tamper(change->sql);
	assert_begins(verify(), change->first);
	close_bench(state);
	open_signed(state);
}

static void every_change_is_found_where_it_is(void **state)
{
	const struct tampered *own =
		bench_on_server(&bench) ? tampered_postgresql : tampered_sqlite;
	size_t i;

	for (i = 0; i < sizeof(tampered) / sizeof(tampered[0]);
	     i += bench_stride(&bench, 7))
		is_found(&tampered[i], state);
	for (; own->sql; own++)
		is_found(own, state);
}

/* Those of SQLite, then those of PostgreSQL. */
static const char *const drops[][9] = {
	{
		"DROP TRIGGER audit_keeps_rows",
		"DROP TRIGGER audit_keeps_values",
		"DROP TRIGGER audit_head_stays",
		"DROP TRIGGER audit_head_grows",
		/* one of that name that does nothing */
		"DROP TRIGGER audit_keeps_rows; CREATE TRIGGER audit_keeps_rows"
		" BEFORE DELETE ON audit BEGIN SELECT 1; END",
		"DROP TRIGGER audit_keeps_rows; CREATE TRIGGER audit_keeps_rows"
		" BEFORE DELETE ON audit WHEN 0 BEGIN"
		" SELECT RAISE(ABORT, 'no'); END",
	},
	{
		"DROP TRIGGER audit_keeps_rows ON audit",
		"DROP TRIGGER audit_keeps_values ON audit",
		"DROP TRIGGER audit_head_stays ON audit_head",
		"DROP TRIGGER audit_head_grows ON audit_head",
		"ALTER TABLE audit DISABLE TRIGGER audit_keeps_values",
		/* which session_replication_role switches off */
		"ALTER TABLE audit ENABLE TRIGGER audit_keeps_rows",
		/* that do nothing, or not always */
		"CREATE OR REPLACE FUNCTION audit_is_kept() RETURNS trigger"
		" LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
		"DROP TRIGGER audit_keeps_rows ON audit;"
		"CREATE TRIGGER audit_keeps_rows BEFORE DELETE OR TRUNCATE"
		" ON audit FOR EACH STATEMENT WHEN (false)"
		" EXECUTE FUNCTION audit_is_kept();"
		"ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_keeps_rows",
	},
};

/* Rows that are good, in a database that anything can be done to. */
static void a_missing_guard_is_told(void **state)
{
	const char *const *drop = drops[bench_on_server(&bench)];
	size_t i;

	for (i = 0; drop[i]; i++) {
		if (i)
			open_signed(state);
		assert_string_equal(verify(), "");
		script(drop[i]);
		assert_begins(verify(), "the database no longer refuses");
		close_bench(state);
	}
	open_signed(state);
}

/* ---- A chain that was made anew ---- */

struct anew {
	struct rth_audit_row row[ROWS + 1];
	int n;
};

static enum rth_err copy_row(const struct rth_audit_row *row, void *arg)
{
	struct anew *a = arg;

	a->row[a->n++] = *row;
	return 0;
}

/* From row `from` on, by somebody who knows docs/audit.md. */
static void chain_anew(int from)
{
	struct anew *a = calloc(1, sizeof(*a));
	char sql[256], digest[RTH_HASH_SIZE] = RTH_AUDIT_FIRST;
	int i;

	assert_non_null(a);
	assert_int_equal(rth_store_audit_rows(store(), 1, ROWS, copy_row, a),
			 0);
	for (i = 0; i < a->n; i++) {
		const struct rth_audit_row *row = &a->row[i];

		assert_int_equal(rth_audit_row_digest(digest, row, digest), 0);
		if (row->n < from)
			assert_string_equal(digest, row->digest);
		snprintf(sql, sizeof(sql),
			 "UPDATE audit SET digest = '%s' WHERE n = %d", digest,
			 (int)row->n);
		tamper(sql);
	}
	snprintf(sql, sizeof(sql), "UPDATE audit_head SET digest = '%s'",
		 digest);
	tamper(sql);
	free(a);
}

static void a_chain_made_anew_is_not_what_was_signed(void **state)
{
	(void)state;
	tamper("UPDATE audit SET reason = 'other' WHERE n = 7");
	chain_anew(7);
	assert_begins(verify(), "row 10 is not the one that was signed");
	assert_non_null(strstr(verify(), "after row 0 "));
}

static void where_it_was_made_anew_is_between_two_heads(void **state)
{
	(void)state;
	tamper("UPDATE audit SET reason = 'other' WHERE n = 17");
	chain_anew(17);
	assert_begins(verify(), "row 20 is not the one that was signed");
	assert_non_null(strstr(verify(), "after row 10 "));
}

static void copy_file(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "cp %s/%s %s/%s", bench.folder, from,
		 bench.folder, to);
	assert_int_equal(system(command), 0);
}

static void reopen(const char *saved)
{
	char path[256];

	rth_store_close(bench.portal.store);
	snprintf(path, sizeof(path), "%s-wal", bench.database);
	unlink(path);
	if (saved)
		copy_file(saved, "db");
	assert_int_equal(rth_store_open(&bench.portal.store, bench.database),
			 0);
}

static void an_older_database_is_found(void **state)
{
	(void)state;
	if (!bench_on_server(&bench)) {
		reopen(NULL);
		copy_file("db", "old");
	}
	add_rows(ROWS + 1, ROWS + 5);
	assert_int_equal(sign(), 0);
	if (!bench_on_server(&bench))
		reopen("old");
	else
		tamper("DELETE FROM audit WHERE n > 20; UPDATE audit_head"
		       " SET n = 20, digest ="
		       " (SELECT digest FROM audit WHERE n = 20)");
	assert_begins(verify(), "row 21 is missing: row 25 was signed");
	/* And when it has grown beyond what was lost. */
	add_rows(101, 110);
	assert_int_equal(sign(), RTH_ERR_STATE);
	assert_begins(verify(), "row 25 is not the one that was signed");
}

/* ---- Heads ---- */

static void edit_heads(const char *command)
{
	char text[512];

	snprintf(text, sizeof(text), "sed -i '%s' %s/db.heads", command,
		 bench.folder);
	assert_int_equal(system(text), 0);
}

static void heads_that_were_changed_are_found(void **state)
{
	static const struct {
		const char *edit, *first;
	} rows[] = {
		{"1s/\"n\":10/\"n\":11/", "line 1 of the signed heads: wrong"},
		{"2s/\"time\":\"2/\"time\":\"3/", "line 2 of the signed heads"},
		{"1s/^/x/", "line 1 of the signed heads is malformed"},
		{"1s/,\"n\":10//", "line 1 of the signed heads is malformed"},
		{"1s/\"n\"/\"m\"/", "line 1 of the signed heads is malformed"},
		{"1s/}$/,\"x\":1}/", "line 1 of the signed heads is malformed"},
		{"1,2d", "no signed head"},
		{"1d", "line 1 of the signed heads does not follow"},
		{"2p", "line 3 of the signed heads does not follow"},
		{"1{h;d};2G", "line 1 of the signed heads does not follow"},
		{"1s/\"before\":\"\"/\"before\":\"x\"/",
		 "line 1 of the signed heads is malformed"},
		{"1s/\"before\":\"\",//",
		 "line 1 of the signed heads is malformed"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (i)
			open_signed(state);
		edit_heads(rows[i].edit);
		assert_begins(verify(), rows[i].first);
		close_bench(state);
	}
	open_signed(state);
}

/* Another key signs as well, but nobody has been told of it. */
static void another_key_is_not_trusted(void **state)
{
	struct said said = {.n = 0};
	struct rth_audit_key *other;
	struct rth_audit_verify v;
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/audit.key", bench.folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rth_audit_key_open(&other, &bench.portal.settings), 0);
	add_rows(21, 21);
	assert_int_equal(rth_audit_heads_write(&bench.portal.settings, store(),
					       other, bench_now),
			 0);
	assert_begins(verify(),
		      "line 3 of the signed heads: signed by another");
	v = asked(&said);
	v.keys[v.keys_n++] = rth_audit_key_public(other);
	assert_int_equal(
		rth_audit_verify_store(&v, &bench.portal.settings, store()), 0);
	assert_false(v.wrong);
	assert_int_equal(v.heads, 3);
	rth_audit_key_free(other);
}

/* ---- Since ---- */

static void from_a_time_on(void **state)
{
	(void)state;
	/* Row n is of second 1800000000 + n - 1. */
	tamper("UPDATE audit SET reason = 'other' WHERE n = 7");
	assert_begins(verify_since(1800000000), "row 7 ");
	assert_begins(verify_since(1800000006), "row 7 ");
	assert_string_equal(verify_since(1800000007), "");
	assert_string_equal(verify_since(1800000019), "");
	assert_string_equal(verify_since(1900000000), "");
	tamper("DELETE FROM audit WHERE n = 20");
	assert_begins(verify_since(1800000012), "row 20 is missing");
	tamper("DELETE FROM audit WHERE n = 12");
	assert_begins(verify_since(1800000012), "row 12 is missing");
}

/* ---- Exports ---- */

static const char *export_path(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/export", bench.folder);
	return path;
}

static void export_rows(int64_t since_s, bool fhir)
{
	FILE *out = fopen(export_path(), "w");

	assert_non_null(out);
	assert_int_equal(rth_audit_export(out, &bench.portal.settings, store(),
					  since_s, fhir),
			 0);
	fclose(out);
}

static const char *verify_export(void)
{
	static struct said said;
	struct rth_audit_verify v = asked(&said);

	memset(&said, 0, sizeof(said));
	assert_int_equal(rth_audit_verify_file(&v, export_path()), 0);
	assert_int_equal(v.wrong, said.n > 0);
	return said.first;
}

/* A head from the middle: the others sign nothing else. */
static void a_head_that_was_taken_out_is_missed(void **state)
{
	(void)state;
	add_rows(ROWS + 1, ROWS + 5);
	assert_int_equal(sign(), 0);
	assert_string_equal(verify(), "");
	edit_heads("2d");
	assert_begins(verify(), "line 2 of the signed heads does not follow");
	/* And what is signed on hides nothing. */
	add_rows(ROWS + 6, ROWS + 7);
	assert_int_equal(sign(), 0);
	assert_begins(verify(), "line 2 of the signed heads does not follow");
}

/* Rows that came after the last signed head are of the next export. */
static void an_export_ends_where_it_is_signed(void **state)
{
	struct said said = {.n = 0};
	struct rth_audit_verify v = asked(&said);

	(void)state;
	add_rows(ROWS + 1, ROWS + 5);
	export_rows(0, false);
	assert_int_equal(rth_audit_verify_file(&v, export_path()), 0);
	assert_false(v.wrong);
	assert_int_equal(v.last_n, ROWS);
	assert_int_equal(v.signed_n, ROWS);
}

static void an_export_is_proven_alone(void **state)
{
	(void)state;
	export_rows(0, false);
	rth_store_close(bench.portal.store);
	assert_string_equal(verify_export(), "");
	assert_int_equal(rth_store_open(&bench.portal.store, bench.database),
			 0);
	export_rows(0, true);
	assert_string_equal(verify_export(), "");
	export_rows(1800000014, false);
	assert_string_equal(verify_export(), "");
	/* One of nothing proves nothing. */
	export_rows(1900000000, false);
	assert_begins(verify_export(), "row 1 is missing");
}

static void edit_export(const char *command)
{
	char text[512];

	snprintf(text, sizeof(text), "sed -i '%s' %s", command, export_path());
	assert_int_equal(system(text), 0);
}

static void an_export_that_was_changed_is_found(void **state)
{
	static const struct {
		const char *edit, *first;
	} rows[] = {
		{"7s/complaint/audit/", "row 7 "},
		{"7s/\"role\":\"operator\",//", "row 7 "},
		{"7s/\"o7\"/\"o8\"/", "row 7 "},
		{"7s/\"count\":3/\"count\":4/", "row 7 "},
		{"7s/\"time_ms\":18/\"time_ms\":19/", "row 7 "},
		{"7s/\"prev\":\"./\"prev\":\"~/", "row 7 "},
		{"1s/\"prev\":\"A/\"prev\":\"B/", "row 1 "},
		{"7s/\"digest\":\"./\"digest\":\"~/", "row 7 "},
		{"7s/}$/,\"x\":1}/", "line 7 is no row: after row 6"},
		{"7s/\"outcome\":\"ok\"/\"outcome\":\"\"/", "line 7 is no row"},
		{"7s/{/x/", "line 7 is malformed"},
		{"7s/$/\\x00x/", "line 7 is malformed"},
		{"7s/^/\\x00/", "line 7 is malformed"},
		{"7G", "line 8 is malformed"},
		{"7d", "row 7 is missing"},
		{"1d", "row 1 is missing"},
		{"20d", "row 20 is missing"},
		{"16,20d", "row 16 is missing: row 20 was signed"},
		{"1,20d", "row 1 is missing: row 20 was signed"},
		{"7{h;d};8{G}", "row 7 is missing"},
		{"7p", "row 7 does not belong"},
		{"21,22d", "no signed head"},
		{"1,22d", "no signed head"},
		{"1,20d;22d", "row 1 is missing: row 10 was signed"},
		{"22d", "row 11 is signed by nobody"},
		{"21d", "line 21 of the signed heads does not follow"},
		{"22s/\"n\":20/\"n\":21/",
		 "line 22 of the signed heads: wrong"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		export_rows(0, false);
		edit_export(rows[i].edit);
		/* Without its first row it is an export from row 2 on. */
		if (strcmp(rows[i].edit, "1d") == 0)
			assert_string_equal(verify_export(), "");
		else
			assert_begins(verify_export(), rows[i].first);
	}
}

/* What the resource says must be what its row says. */
static void a_resource_that_was_changed_is_found(void **state)
{
	static const char *const edits[] = {
		"7s/\"requestor\":true/\"requestor\":false/",
		"7s/\"value\":\"someone\"/\"value\":\"nobody\"/",
		"7s/\"id\":\"row-7\"/\"id\":\"row-8\"/",
		"7s/\"outcome\":\"0\"/\"outcome\":\"8\"/",
		"7s/complaint/audit/",
		"7s/\"valueString\"/\"valueCode\"/",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		export_rows(0, true);
		edit_export(edits[i]);
		assert_begins(verify_export(), "line 7 is malformed");
	}
}

/* What FHIR R4 says must be there (hl7.org/fhir/R4/auditevent.html). */
static void a_resource_has_what_it_must_have(void **state)
{
	char line[8192];
	json_t *event, *agent;
	FILE *file;

	(void)state;
	export_rows(0, true);
	file = fopen(export_path(), "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	event = json_loads(line, 0, NULL);
	assert_non_null(event);
	assert_string_equal(
		json_string_value(json_object_get(event, "resourceType")),
		"AuditEvent");
	assert_string_equal(
		json_string_value(json_object_get(event, "recorded")) + 19,
		".000Z");
	assert_non_null(
		json_object_get(json_object_get(event, "type"), "code"));
	agent = json_array_get(json_object_get(event, "agent"), 0);
	assert_true(json_is_boolean(json_object_get(agent, "requestor")));
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(json_object_get(agent, "who"),
					"identifier"),
			"value")),
		"someone");
	assert_non_null(
		json_object_get(json_object_get(event, "source"), "observer"));
	assert_int_equal(json_array_size(json_object_get(event, "entity")), 2);
	json_decref(event);
}

static void without_memory_an_export_is_not_called_wrong(void **state)
{
	struct said said = {.n = 0};
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	/* The last three; jansson aborts at an escape that it has lost. */
	export_rows(1800000017, false);
	for (n = 1; err; n++) {
		struct rth_audit_verify v = asked(&said);

		rth_mem_fail_at(n);
		err = rth_audit_verify_file(&v, export_path());
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
		assert_int_equal(said.n, 0);
	}
}

static void without_memory_an_export_says_so(void **state)
{
	FILE *out = fopen("/dev/null", "w");
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	assert_non_null(out);
	for (n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = rth_audit_export(out, &bench.portal.settings, store(),
				       1800000018, true);
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
	}
	fclose(out);
}

static void no_export_is_no_good_export(void **state)
{
	struct said said = {.n = 0};
	struct rth_audit_verify v = asked(&said);

	(void)state;
	assert_int_equal(rth_audit_verify_file(&v, "/nowhere/export"),
			 RTH_ERR_NOT_FOUND);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_signed, close_bench)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_nobody_touched_is_good),
		TEST(every_change_is_found_where_it_is),
		TEST(a_missing_guard_is_told),
		TEST(a_chain_made_anew_is_not_what_was_signed),
		TEST(where_it_was_made_anew_is_between_two_heads),
		TEST(an_older_database_is_found),
		TEST(heads_that_were_changed_are_found),
		TEST(another_key_is_not_trusted),
		TEST(from_a_time_on),
		TEST(a_head_that_was_taken_out_is_missed),
		TEST(an_export_ends_where_it_is_signed),
		TEST(an_export_is_proven_alone),
		TEST(an_export_that_was_changed_is_found),
		TEST(a_resource_that_was_changed_is_found),
		TEST(a_resource_has_what_it_must_have),
		TEST(without_memory_an_export_is_not_called_wrong),
		TEST(without_memory_an_export_says_so),
		TEST(no_export_is_no_good_export),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
