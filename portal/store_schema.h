/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The database's tables: numbered migrations, in words that SQLite and
 * PostgreSQL share, and a few of their own.
 */
#ifndef RTH_STORE_SCHEMA_H
#define RTH_STORE_SCHEMA_H

#include <stddef.h>

enum rth_db_dialect {
	RTH_DB_SQLITE,
	RTH_DB_POSTGRESQL,
	RTH_DB_DIALECTS,
};

/* Run in one transaction: first `both`, then what `own` has for the database,
   which may be NULL. */
struct rth_migration {
	const char *both;
	const char *own[RTH_DB_DIALECTS];
};

/* Number n is [n - 1]. */
extern const struct rth_migration rth_store_migrations[];
extern const size_t rth_store_migrations_n;

/* Run after each migration, in its transaction; may be NULL. */
extern const char *const rth_store_settle[RTH_DB_DIALECTS];

#endif
