/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long recordings are kept, and their deletion when that is over
 * (docs/retention.md). A hold wins over everything.
 */
#ifndef RTH_RETENTION_H
#define RTH_RETENTION_H

#include "deletion.h"
#include "exchange.h"
#include "portal.h"
#include "store.h"

#define RTH_RETENTION_RUN_MAX 500 /* recordings that a run deletes */

/* Actions in the audit. */
#define RTH_AUDIT_HELD "recording-held"
#define RTH_AUDIT_RELEASED "recording-released"

/**
 * When a recording is to be deleted, by the rules of `retention`. Any thread.
 *
 * @param email the clinician's, lower case; "" when unknown
 * @param kind  of the visit; "" without one
 * @param rule  receives what decided, "days-30"; may be NULL
 * @return seconds since 1970; 0: never
 */
int64_t rth_retention_until(const struct rth_settings *settings,
			    const char *email, const char *kind,
			    int64_t ended_s, char rule[RTH_RULE_SIZE]);

/* ---- All that are due ---- */

struct rth_retention_run {
	const struct rth_settings *settings;
	struct rth_store *store;
	const struct rth_audit_key *key;
	int64_t now_s;
	bool dry;		     /* nothing is changed */
	bool (*stopping)(void *arg); /* NULL: never */
	/* What becomes of each: "deleted", "due", "missing", "running",
	   "failed" ...; NULL: nobody hears. */
	void (*tell)(void *arg, const char *recording, const char *what);
	void (*cut)(void *arg, const char *recording); /* deletion.h */
	void *arg;
	const char *by; /* for the audit */

	/* Filled in: of those that are due, or were deleted and came back. */
	unsigned due, deleted, missing, running, failed;
	bool blocked; /* it ended early: somebody reads the database */
};

/**
 * Completes deletions that were interrupted, deletes again what came back
 * though it was deleted, then what is due; at most RTH_RETENTION_RUN_MAX.
 *
 * @return 0, also when single ones failed; else what kept it from going on
 */
enum rth_err rth_retention_run(struct rth_retention_run *run) RTH_CHECKED;

/** Queues a run: at the portal's start. Any thread. */
void rth_retention_start(struct rth_portal *portal);

/**
 * Once a day a run, and one when a deletion was interrupted; else the dates of
 * what ended lately. Waits for the database.
 */
void rth_retention_tick(struct rth_portal *portal, bool day);

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
