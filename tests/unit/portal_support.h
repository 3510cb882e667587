/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the unit tests of the portal share: a portal with a real database in a
 * folder of its own and a clock that the test moves. The functions are static
 * so that a test program stays one file.
 *
 * With RTH_TEST_POSTGRES, the URL of a server, the database is a schema there:
 * tests/unit/on_postgres.
 */
#ifndef RTH_TEST_PORTAL_SUPPORT_H
#define RTH_TEST_PORTAL_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <sqlite3.h>

#include "exchange.h"
#include "mem.h"
#include "portal.h"
#include "session.h"
#include "store.h"
#include "store_db.h"

struct bench {
	struct rth_portal portal;
	char folder[64];
	char database[160]; /* a path, or a URL */
	char heads[96];
	char schema[32]; /* or "" */
};

static int64_t bench_now = 1800000000;

static inline int64_t bench_clock(void)
{
	return bench_now;
}

/* For what is SQLite's alone. */
static inline bool bench_on_server(const struct bench *b)
{
	return b->schema[0] != '\0';
}

static inline void bench_tell_server(const char *sql)
{
	const struct rth_db_backend *pg = &rth_store_pg;
	struct rth_db *db;

	assert_int_equal(pg->open(&db, getenv("RTH_TEST_POSTGRES")), 0);
	assert_int_equal(pg->script(db, sql), 0);
	pg->close(db);
}

static inline void bench_schema(const struct bench *b, const char *what,
				const char *how)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "%s SCHEMA %s %s", what, b->schema, how);
	bench_tell_server(sql);
}

static inline void bench_database(struct bench *b)
{
	const char *server = getenv("RTH_TEST_POSTGRES");
	static unsigned n;

	snprintf(b->heads, sizeof(b->heads), "%s/db.heads", b->folder);
	if (!server) {
		snprintf(b->database, sizeof(b->database), "%s/db", b->folder);
		return;
	}
	snprintf(b->schema, sizeof(b->schema), "t%ld_%u", (long)getpid(), n++);
	snprintf(b->database, sizeof(b->database),
		 "%s&options=-csearch_path%%3D%s", server, b->schema);
	bench_schema(b, "CREATE", "");
	b->portal.settings.audit.heads = b->heads;
}

static inline void bench_open(struct bench *b)
{
	static char *clinicians[] = {"domain:clinic.example"};
	static char url[] = "http://localhost:1", janus[] = "ws://localhost:2/";
	static char name[] = "Clinic", audience[] = "rthealth";
	struct rth_settings *s = &b->portal.settings;

	memset(b, 0, sizeof(*b));
	strcpy(b->folder, "/tmp/rth-unit-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	bench_database(b);
	assert_int_equal(rth_store_open(&b->portal.store, b->database), 0);
	b->portal.now_s = bench_clock;
	s->public_url = url;
	s->janus.url = janus;
	s->janus.audience = audience;
	s->clinic_name = name;
	s->roles.clinicians.v = clinicians;
	s->roles.clinicians.n = 1;
	s->session.idle_s = 7200;
	s->session.absolute_s = 43200;
	s->visit.before_s = 900;
	s->visit.after_s = 3600;
	s->visit.max_minutes = 240;
	s->visit.keep_days = 30;
}

static inline void bench_close(struct bench *b)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[128];
	size_t i;

	rth_store_close(b->portal.store);
	if (bench_on_server(b))
		bench_schema(b, "DROP", "CASCADE");
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/db%s", b->folder, ends[i]);
		unlink(path);
	}
	rmdir(b->folder);
}

static inline struct rth_exchange *
bench_exchange(struct bench *b, enum rth_method method, const char *path)
{
	struct rth_exchange *x;

	assert_int_equal(rth_exchange_create(&x, &b->portal, method, path), 0);
	return x;
}

/* On a server each try of a sweep takes longer, so there are fewer. */
static inline unsigned bench_stride(const struct bench *b, unsigned n)
{
	return bench_on_server(b) ? n : 1;
}

/* As somebody with another program would. */
static inline void bench_sql(struct bench *b, const char *sql)
{
	struct rth_store *store = b->portal.store;

	assert_int_equal(store->backend->script(store->db, sql), 0);
}

/* Is it in the database's files, whatever the database thinks of those bytes?
   What PostgreSQL has in memory is written first. */
static inline bool bench_has_bytes(const struct bench *b, const char *words)
{
	char command[768];

	if (bench_on_server(b)) {
		bench_tell_server("CHECKPOINT");
		snprintf(command, sizeof(command), "grep -rqaF -e '%s' '%s'",
			 words, getenv("RTH_TEST_POSTGRES_FILES"));
	} else {
		snprintf(command, sizeof(command),
			 "cat '%s' '%s-wal' 2>/dev/null | grep -qaF -e '%s'",
			 b->database, b->database, words);
	}
	return system(command) == 0;
}

/* Somebody else who has begun to read a table, and does not end. */
struct bench_reader {
	sqlite3 *file;
	PGconn *server;
};

static inline void bench_read(struct bench_reader *r, const struct bench *b,
			      const char *table)
{
	char sql[128];

	memset(r, 0, sizeof(*r));
	snprintf(sql, sizeof(sql), "BEGIN; SELECT COUNT(*) FROM %s", table);
	if (bench_on_server(b)) {
		r->server = PQconnectdb(b->database);
		PQclear(PQexec(r->server, sql));
		assert_int_equal(PQtransactionStatus(r->server),
				 PQTRANS_INTRANS);
	} else {
		assert_int_equal(sqlite3_open(b->database, &r->file),
				 SQLITE_OK);
		assert_int_equal(sqlite3_exec(r->file, sql, NULL, NULL, NULL),
				 SQLITE_OK);
	}
}

static inline void bench_read_end(struct bench_reader *r)
{
	if (r->server)
		PQfinish(r->server);
	else
		assert_int_equal(sqlite3_close(r->file), SQLITE_OK);
}

/* The value of a header of the reply, or NULL. */
static inline const char *bench_header(struct rth_exchange *x, const char *name)
{
	struct rth_reply *reply = rth_exchange_reply(x);
	size_t i;

	for (i = 0; i < reply->headers_n; i++)
		if (strcmp(reply->headers[i].name, name) == 0)
			return reply->headers[i].value;
	return NULL;
}

/* The reply's error code, or "". */
static inline const char *bench_code(struct rth_exchange *x, char *out,
				     size_t size)
{
	json_t *body = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	const char *code = json_string_value(
		json_object_get(json_object_get(body, "error"), "code"));

	snprintf(out, size, "%s", code ? code : "");
	json_decref(body);
	return out;
}

#endif
