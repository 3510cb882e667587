/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin told, in the store: how far each of its starts (boots) has
 * come, when people were together in a visit, and what their lines were like.
 * As store.h has it: worker threads, borrowed strings, times in UTC.
 */
#ifndef RTH_STORE_TOLD_H
#define RTH_STORE_TOLD_H

#include "store.h"

#define RTH_TOLD_WORD_SIZE 65 /* a word of the plugin's, with NUL */

/* ---- Boots ---- */

enum rth_boot_end {
	RTH_BOOT_RUNS,
	RTH_BOOT_STOPPED, /* it said so */
	RTH_BOOT_GONE,	  /* it did not; what it told last is not known */
};

struct rth_boot_row {
	char boot[RTH_ID_SIZE];
	char host[RTH_TOLD_WORD_SIZE]; /* "" until it has told */
	int64_t seq;		       /* of the last event taken; 0: none */
	int64_t heard_s;
	enum rth_boot_end end;
};

/** RTH_ERR_NOT_FOUND when nothing was told by it. */
enum rth_err rth_store_boot_get(struct rth_store *store,
				struct rth_boot_row *row,
				const char *boot) RTH_CHECKED;

/**
 * Takes a boot from one number to another, and whatever else is in the row; a
 * host of "" stays as it is.
 *
 * @param from_seq where it has to be; 0: it is new
 * @return RTH_ERR_NOT_FOUND when it is not there (any more)
 */
enum rth_err rth_store_boot_advance(struct rth_store *store,
				    const struct rth_boot_row *row,
				    int64_t from_seq) RTH_CHECKED;

/**
 * A boot is gone, if it is still at row->seq; whoever was together until then
 * was so until they were heard of last.
 *
 * @return RTH_ERR_NOT_FOUND when it has told something meanwhile
 */
enum rth_err rth_store_boot_gone(struct rth_store *store,
				 const struct rth_boot_row *row) RTH_CHECKED;

/**
 * Fills in boots that run, by the order of their ids.
 *
 * @param host     of this host only; NULL: of any
 * @param before_s heard of before that only
 * @param np       receives how many there are, at most max
 */
enum rth_err rth_store_boots_running(struct rth_store *store,
				     struct rth_boot_row *rows, size_t max,
				     size_t *np, const char *host,
				     int64_t before_s) RTH_CHECKED;

/** Does something that has no row in the audit: all of it, or nothing. */
enum rth_err rth_store_change(struct rth_store *store,
			      rth_store_change_fn change,
			      void *arg) RTH_CHECKED;

/* ---- Who is there ---- */

enum rth_presence_move {
	RTH_PRESENCE_HEARD, /* of the room, no more */
	RTH_PRESENCE_JOINED,
	RTH_PRESENCE_LEFT,
	RTH_PRESENCE_CLOSED, /* the room */
};

struct rth_presence {
	const char *visit;
	const char *boot;
	enum rth_presence_move move;
	bool clinician;		 /* else the patient */
	const char *participant; /* of JOINED and LEFT */
	int64_t time_ms;
};

/** Notes it. In a transaction. */
enum rth_err
rth_store_presence(struct rth_store *store,
		   const struct rth_presence *presence) RTH_CHECKED;

/** Forgets who was there and what the lines were like. */
enum rth_err rth_store_visit_forget(struct rth_store *store,
				    const char *visit) RTH_CHECKED;

/* ---- Lines ---- */

struct rth_quality {
	int64_t time_s;
	/* -1: not known. */
	int64_t loss_permille;
	int64_t round_trip_ms;
	int64_t received_kbps;
	int64_t sent_kbps;
	bool limited;
};

/** Keeps one; a second one of the same time is dropped. */
enum rth_err
rth_store_quality_add(struct rth_store *store, const char *visit,
		      bool clinician,
		      const struct rth_quality *quality) RTH_CHECKED;

/** Calls back for each of a visit, the clinician's first, then by time. */
enum rth_err rth_store_quality_each(
	struct rth_store *store, const char *visit,
	enum rth_err (*each)(bool clinician, const struct rth_quality *quality,
			     void *arg),
	void *arg) RTH_CHECKED;

/** Removes what is older, and boots that have ended before. */
enum rth_err rth_store_told_sweep(struct rth_store *store,
				  int64_t before_s) RTH_CHECKED;

#endif
