/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who waits, as the plugin told, and what a page that listens (GET /api/live)
 * is to be told of it. As store.h has it: worker threads, borrowed strings,
 * times in UTC.
 */
#ifndef RTH_STORE_WAITING_H
#define RTH_STORE_WAITING_H

#include "store.h"
#include "store_told.h"

#define RTH_FOUND_SIZE 512 /* JSON of a check-in, with NUL */

/* ---- What changes ---- */

struct rth_waiting {
	const char *visit; /* or a call */
	const char *sub;
	const char *participant;
	const char *boot;
	int64_t since_ms;  /* not later than what is there of the same boot */
	const char *found; /* JSON, or "": what is there stays */
};

/* All in a transaction; each makes rth_store_live_number grow. */
enum rth_err rth_store_waiting_put(struct rth_store *store,
				   const struct rth_waiting *w) RTH_CHECKED;
/** @param participant of who waits no more */
enum rth_err rth_store_waiting_over(struct rth_store *store, const char *visit,
				    const char *participant) RTH_CHECKED;
/** The person is in, or sent away, from wherever. */
enum rth_err rth_store_waiting_gone(struct rth_store *store, const char *visit,
				    const char *sub) RTH_CHECKED;
/** The room of a visit is closed. */
enum rth_err rth_store_waiting_none(struct rth_store *store,
				    const char *visit) RTH_CHECKED;
/** A start of the plugin has ended, for good. */
enum rth_err rth_store_waiting_boot(struct rth_store *store,
				    const char *boot) RTH_CHECKED;

/** Who waits in a visit: the newest; RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_waiting_in(struct rth_store *store,
				  char participant[RTH_TOLD_WORD_SIZE],
				  const char *visit) RTH_CHECKED;

/** A visit's patient was let in. */
enum rth_err rth_store_admitted(struct rth_store *store, const char *visit,
				const char *user_id) RTH_CHECKED;
/** This user was sent away; nothing when somebody else had been let in. */
enum rth_err rth_store_sent_away(struct rth_store *store, const char *visit,
				 const char *user_id) RTH_CHECKED;
/**
 * Events of a start of the plugin are missing: who was sent away may be among
 * them. Whoever was let in there knocks once more.
 *
 * @param all its beginning is missing, too: nobody knows in which visits
 */
enum rth_err rth_store_admitted_boot(struct rth_store *store, const char *boot,
				     bool all) RTH_CHECKED;
/** A visit that began with a knock has ended for good; else nothing. */
enum rth_err rth_store_knock_ended(struct rth_store *store,
				   const char *visit) RTH_CHECKED;
/** The visit has ended for good. */
enum rth_err rth_store_visit_ended(struct rth_store *store,
				   const char *visit) RTH_CHECKED;

/* ---- What is told ---- */

/** Something of it has changed. */
enum rth_err rth_store_live_touch(struct rth_store *store) RTH_CHECKED;
/** Grows each time that something has changed. */
enum rth_err rth_store_live_number(struct rth_store *store,
				   int64_t *np) RTH_CHECKED;

/* One who waits, for a clinician. */
struct rth_waits {
	char visit[RTH_ID_SIZE];
	char participant[RTH_TOLD_WORD_SIZE]; /* or "" */
	char title[RTH_TITLE_SIZE];
	char name[RTH_NAME_SIZE];   /* or "" */
	char email[RTH_EMAIL_SIZE]; /* or ""; the name is what they say */
	int64_t since_ms;
	char door[RTH_DOOR_SIZE]; /* or "" */
	bool urgent;
	char taken_by[RTH_NAME_SIZE]; /* or "" */
	bool own;		      /* a visit of this clinician's */
	bool inside;		      /* was let in, and is there alone */
	char found[RTH_FOUND_SIZE];
};

/**
 * Calls back for those who wait for a clinician, or are in a visit of theirs
 * alone, urgent ones first, then by the time waited, at most 200; `each` must
 * not call the store.
 *
 * @param on_call with the urgent calls, also those that were just taken
 */
enum rth_err rth_store_waits_each(
	struct rth_store *store, const char *clinician_id, bool on_call,
	int64_t now_s,
	enum rth_err (*each)(const struct rth_waits *waits, void *arg),
	void *arg) RTH_CHECKED;

/* A visit in which somebody waits, for that person. */
struct rth_queued {
	char visit[RTH_ID_SIZE];
	char door[RTH_DOOR_SIZE]; /* or "" */
	bool urgent;
	char taken_by[RTH_NAME_SIZE]; /* of an urgent one, or "" */
	int64_t place, of;
	bool clinician_here;
};

/** Calls back for each; at most 20; `each` must not call the store. */
enum rth_err rth_store_queued_each(
	struct rth_store *store, const char *user_id,
	enum rth_err (*each)(const struct rth_queued *queued, void *arg),
	void *arg) RTH_CHECKED;

/**
 * Calls back for each visit or call in which a user waits; `each` must not call
 * the store.
 */
enum rth_err rth_store_person_waiting(
	struct rth_store *store, const char *user_id,
	enum rth_err (*each)(const char *visit, int64_t since_ms,
			     const char *found, void *arg),
	void *arg) RTH_CHECKED;

/** Removes calls whose time was over before, and who waited in them. */
enum rth_err rth_store_waiting_sweep(struct rth_store *store,
				     int64_t before_s) RTH_CHECKED;

#endif
