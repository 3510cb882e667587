/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long recordings are kept, and their deletion when that is over
 * (docs/retention.md). A hold wins over everything.
 */
#ifndef RTH_RETENTION_H
#define RTH_RETENTION_H

#include "exchange.h"
#include "portal.h"
#include "store.h"

#define RTH_RETENTION_RUN_MAX 500 /* recordings that a run deletes */

/**
 * When a recording is to be deleted, by the rules of `retention`. Any thread.
 *
 * @param email the clinician's, lower case; "" when unknown
 * @param rule  receives what decided, "days-30"; may be NULL
 * @return seconds since 1970; 0: never
 */
int64_t rth_retention_until(const struct rth_settings *settings,
			    const char *email, int64_t ended_s,
			    char rule[RTH_RULE_SIZE]);

/* ---- One deletion ---- */

struct rth_deleting {
	const struct rth_settings *settings;
	struct rth_store *store;
	int64_t now_s;
	int wait_ms; /* for a recovery that is under way */
	/* Called before anything is destroyed, with "begun", and once all is,
	   with "ok": adds the row to the audit. An error ends it. */
	enum rth_err (*audit)(void *arg, const struct rth_deletion *deletion,
			      const char *outcome);
	void *arg;
};

/**
 * Deletes a recording: keys, files, database, certificate; or goes on with a
 * deletion that was interrupted. Worker threads and commands.
 *
 * @param deletion recording, by and rule are read; the rest is filled in
 * @return 0; RTH_ERR_DENIED: on hold; RTH_ERR_STATE: it runs;
 *         RTH_ERR_TIMEOUT: it is being recovered; RTH_ERR_NOT_FOUND: the
 *         database does not know it, or its folder is missing;
 *         RTH_ERR_EXISTS: deleted already; else what failed, and it is to be
 *         called again
 */
enum rth_err rth_retention_delete(const struct rth_deleting *deleting,
				  struct rth_deletion *deletion) RTH_CHECKED;

/* ---- All that are due ---- */

struct rth_retention_run {
	const struct rth_settings *settings;
	struct rth_store *store;
	int64_t now_s;
	bool dry;		     /* nothing is changed */
	bool (*stopping)(void *arg); /* NULL: never */
	/* What becomes of each: "deleted", "due", "missing", "running",
	   "failed" ...; NULL: nobody hears. */
	void (*tell)(void *arg, const char *recording, const char *what);
	void *arg;
	const char *by; /* for the audit and the certificate */

	/* Filled in. */
	unsigned due, deleted, missing, failed;
};

/**
 * Completes deletions that were interrupted, deletes again what came back
 * though it was deleted, then what is due; at most RTH_RETENTION_RUN_MAX.
 *
 * @return 0, also when single ones failed; else what kept it from going on
 */
enum rth_err rth_retention_run(struct rth_retention_run *run) RTH_CHECKED;

/** Queues a run; at the portal's start and once a day. Any thread. */
void rth_retention_start(const struct rth_portal *portal);

/** Sets the dates of what ended lately. Waits for the database. */
void rth_retention_tick(const struct rth_portal *portal);

/**
 * Runs `retention run [--dry-run [--now TIME]] | list`. Startup, one thread.
 *
 * @param argv argc words after "retention"
 * @return the exit status, as rth_recordings_command
 */
int rth_retention_command(const struct rth_settings *settings, int argc,
			  char **argv);

/* Handlers. */
void rth_retention_handle_hold(struct rth_exchange *x);
void rth_retention_handle_release(struct rth_exchange *x);
void rth_retention_handle_delete(struct rth_exchange *x);

#endif
