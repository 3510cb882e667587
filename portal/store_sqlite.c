/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite under the store: one connection, one lock. Every commit is on the
 * disk before it is answered (WAL, synchronous=FULL).
 */
#include "store_db.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "mem.h"

#define BUSY_TIMEOUT_MS 5000
#define SCRUB_EVERY_MS 50

struct rth_db {
	sqlite3 *handle;
	pthread_mutex_t lock; /* recursive: a transaction runs statements */
};

/* A row is the statement that stands on it. */
struct rth_db_row {
	sqlite3_stmt *stmt;
};

static enum rth_err sqlite_err(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return RTH_ERR_NOMEM;
	case SQLITE_CONSTRAINT:
		return RTH_ERR_EXISTS;
	default:
		return RTH_ERR_IO;
	}
}

static int bind_value(sqlite3_stmt *stmt, int at, const struct rth_db_value *v)
{
	if (!v->is_text)
		return sqlite3_bind_int64(stmt, at, v->number);
	if (!v->text)
		return sqlite3_bind_null(stmt, at);
	return sqlite3_bind_text(stmt, at, v->text, -1, SQLITE_STATIC);
}

/* To SQLite "$3" is a name, numbered in order of appearance. */
static enum rth_err db_bind(sqlite3_stmt *stmt,
			    const struct rth_db_query *query)
{
	size_t i;
	int rc = SQLITE_OK;

	for (i = 0; i < query->values_n && rc == SQLITE_OK; i++) {
		char name[24];

		snprintf(name, sizeof(name), "$%zu", i + 1);
		rc = bind_value(stmt, sqlite3_bind_parameter_index(stmt, name),
				&query->values[i]);
	}
	return rc == SQLITE_OK ? 0 : sqlite_err(rc);
}

static enum rth_err db_step(sqlite3_stmt *stmt,
			    const struct rth_db_query *query, size_t *rowsp)
{
	const struct rth_db_row row = {stmt};
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		enum rth_err err = 0;

		(*rowsp)++;
		if (query->row)
			err = query->row(&row, query->arg);
		if (err)
			return err;
	}
	return rc == SQLITE_DONE ? 0 : sqlite_err(rc);
}

static enum rth_err db_run_locked(struct rth_db *db,
				  const struct rth_db_query *query,
				  size_t *rowsp)
{
	sqlite3_stmt *stmt = NULL;
	enum rth_err err;
	size_t rows = 0;
	int rc = sqlite3_prepare_v2(db->handle, query->sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return sqlite_err(rc);
	err = db_bind(stmt, query);
	if (!err)
		err = db_step(stmt, query, &rows);
	if (!err && rows == 0 && !sqlite3_stmt_readonly(stmt))
		rows = (size_t)sqlite3_changes(db->handle);
	sqlite3_finalize(stmt);
	if (!err)
		*rowsp = rows;
	return err;
}

static enum rth_err db_run(struct rth_db *db, const struct rth_db_query *query,
			   size_t *rowsp)
{
	enum rth_err err;

	pthread_mutex_lock(&db->lock);
	err = db_run_locked(db, query, rowsp);
	pthread_mutex_unlock(&db->lock);
	return err;
}

static enum rth_err db_script(struct rth_db *db, const char *sql)
{
	int rc;

	pthread_mutex_lock(&db->lock);
	rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	pthread_mutex_unlock(&db->lock);
	return rc == SQLITE_OK ? 0 : sqlite_err(rc);
}

static enum rth_err db_transaction(struct rth_db *db,
				   enum rth_err (*work)(void *arg), void *arg)
{
	enum rth_err err;

	pthread_mutex_lock(&db->lock);
	err = db_script(db, "BEGIN IMMEDIATE");
	if (!err) {
		err = work(arg);
		if (!err)
			err = db_script(db, "COMMIT");
		/* Harmless when the failure has rolled back by itself. */
		if (err)
			sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	}
	pthread_mutex_unlock(&db->lock);
	return err;
}

/*
 * Deleted values are overwritten in the pages (secure_delete), so the log of
 * older pages is what is left: it becomes empty. That waits for other readers,
 * as long as the busy timeout.
 */
static enum rth_err scrub_once(struct rth_db *db)
{
	sqlite3_stmt *stmt = NULL;
	enum rth_err err = RTH_ERR_IO;

	pthread_mutex_lock(&db->lock);
	sqlite3_busy_timeout(db->handle, 0);
	if (sqlite3_prepare_v2(db->handle, "PRAGMA wal_checkpoint(TRUNCATE)",
			       -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		err = sqlite3_column_int(stmt, 0) ? RTH_ERR_STATE : 0;
	sqlite3_finalize(stmt);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	pthread_mutex_unlock(&db->lock);
	return err;
}

/* Others go on meanwhile: nobody waits with the lock. */
static enum rth_err db_scrub(struct rth_db *db)
{
	const struct timespec pause = {0, SCRUB_EVERY_MS * 1000000L};
	enum rth_err err;
	int ms;

	for (ms = 0;
	     (err = scrub_once(db)) == RTH_ERR_STATE && ms < BUSY_TIMEOUT_MS;
	     ms += SCRUB_EVERY_MS)
		nanosleep(&pause, NULL);
	return err;
}

static void db_close(struct rth_db *db)
{
	if (!db)
		return;
	sqlite3_close(db->handle);
	pthread_mutex_destroy(&db->lock);
	rth_free(db);
}

/* SQLite would make the file with the mode of the umask. */
static enum rth_err make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return RTH_ERR_IO;
	close(fd);
	return 0;
}

static void lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

static enum rth_err db_look(const char *where)
{
	if (!access(where, F_OK))
		return 0;
	return errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
}

static enum rth_err db_open(struct rth_db **dbp, const char *where)
{
	struct rth_db *db;
	enum rth_err err = make_file(where);

	if (err)
		return err;
	db = rth_alloc(sizeof(*db));
	if (!db)
		return RTH_ERR_NOMEM;
	lock_init(&db->lock);
	err = RTH_ERR_IO;
	if (sqlite3_open_v2(where, &db->handle,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX,
			    NULL) != SQLITE_OK)
		goto out;
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	/* With recursive triggers REPLACE cannot get around the audit's. */
	err = db_script(db, "PRAGMA journal_mode=WAL;"
			    "PRAGMA synchronous=FULL;"
			    "PRAGMA foreign_keys=ON;"
			    "PRAGMA recursive_triggers=ON;"
			    "PRAGMA trusted_schema=OFF;"
			    "PRAGMA secure_delete=ON;");
out:
	if (err)
		db_close(db);
	else
		*dbp = db;
	return err;
}

static int64_t db_column_int(const struct rth_db_row *row, int column)
{
	return sqlite3_column_int64(row->stmt, column);
}

static enum rth_err db_column_text(const struct rth_db_row *row, int column,
				   char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(row->stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(row->stmt, column);

	if (!text)
		len = 0;
	if (len >= size)
		return RTH_ERR_LIMIT;
	if (len && memchr(text, 0, len))
		return RTH_ERR_FORMAT;
	if (len)
		memcpy(out, text, len);
	out[len] = '\0';
	return 0;
}

/* One that does nothing may have the name: its words are compared. */
static const char audit_unguarded[] =
	"SELECT made.name FROM ("
	"  SELECT 'audit_keeps_rows' AS name,"
	"    '%BEFORE DELETE ON audit BEGIN%SELECT RAISE(ABORT,%' AS words"
	"  UNION ALL SELECT 'audit_keeps_values',"
	"    '%BEFORE UPDATE ON audit BEGIN%SELECT RAISE(ABORT,%'"
	"  UNION ALL SELECT 'audit_head_stays',"
	"    '%BEFORE DELETE ON audit_head BEGIN%SELECT RAISE(ABORT,%'"
	"  UNION ALL SELECT 'audit_head_grows',"
	"    '%BEFORE UPDATE ON audit_head%WHEN new.n < old.n OR"
	" new.n > old.n + 1 BEGIN%SELECT RAISE(ABORT,%') made"
	" WHERE NOT EXISTS (SELECT 1 FROM sqlite_master m WHERE"
	"  m.type = 'trigger' AND m.name = made.name AND m.sql LIKE made.words)"
	" LIMIT 1";

const struct rth_db_backend rth_store_sqlite = {
	.name = "sqlite",
	.dialect = RTH_DB_SQLITE,
	.audit_unguarded = audit_unguarded,
	.look = db_look,
	.open = db_open,
	.close = db_close,
	.run = db_run,
	.script = db_script,
	.transaction = db_transaction,
	.scrub = db_scrub,
	.column_int = db_column_int,
	.column_text = db_column_text,
};
