/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's films, each one recording as one file, and what is known of
 * previews. A part of store.h, which includes it.
 */
#ifndef RTH_STORE_FILM_H
#define RTH_STORE_FILM_H

#include "store.h"

enum rth_film_state {
	RTH_FILM_WAITING,
	RTH_FILM_RUNNING,
	RTH_FILM_DONE,
	RTH_FILM_FAILED,
	RTH_FILM_CANCELLED,
};

/** The state's name in the interface and in the database. Any thread. */
const char *rth_film_state_name(enum rth_film_state state);

#define RTH_FILM_TRIES 3 /* so often is one begun anew */
#define RTH_FILM_WORD_SIZE 24
#define RTH_FILM_DIGEST_SIZE 65

struct rth_film {
	char id[RTH_ID_SIZE];
	char recording[RTH_ID_SIZE];
	char user[RTH_ID_SIZE]; /* who asked for it */
	char reason[RTH_REASON_SIZE];
	char container[RTH_FILM_WORD_SIZE]; /* "mp4", "webm" */
	char layout[RTH_FILM_WORD_SIZE];
	bool burn_in;
	enum rth_film_state state;
	char error[RTH_FILM_WORD_SIZE]; /* of one that failed */
	int64_t asked_s;
	int64_t ended_s;     /* 0: not yet */
	int64_t expires_s;   /* of one that is done */
	int64_t permille;    /* of it are made */
	int64_t remaining_s; /* -1: not known */
	int64_t bytes;	     /* of plain text, once done; 0: it has expired */
	char digest[RTH_FILM_DIGEST_SIZE]; /* of its end record, once done */
	char owner[RTH_ID_SIZE];	   /* which portal makes it */
	int64_t tries;
	int64_t not_before_s; /* of one that waits again; written only */
};

/** Adds one that waits. RTH_ERR_NOT_FOUND: the recording is gone;
    RTH_ERR_LIMIT: `max` of this user's are not finished yet. */
enum rth_err rth_store_film_add(struct rth_store *store,
				const struct rth_film *film,
				int64_t max) RTH_CHECKED;
/** RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_film_get(struct rth_store *store, struct rth_film *film,
				const char *id) RTH_CHECKED;
/** Calls back for a recording's, newest first; `each` must not call the store.
 */
enum rth_err rth_store_film_each(
	struct rth_store *store, const char *recording,
	enum rth_err (*each)(const struct rth_film *film, void *arg),
	void *arg) RTH_CHECKED;
/**
 * Takes the one that has waited longest, or whose portal has not been heard of
 * until its lease was over: it is running then, and this owner's.
 *
 * @return RTH_ERR_NOT_FOUND: there is none
 */
enum rth_err rth_store_film_claim(struct rth_store *store,
				  struct rth_film *film, const char *owner,
				  int64_t now_s, int64_t lease_s) RTH_CHECKED;

/* What its owner knows of one that is running. */
struct rth_film_beat {
	int64_t lease_s; /* until when it is this owner's */
	int64_t permille, remaining_s;
};

/** Tells how far it is. RTH_ERR_NOT_FOUND: it is not this owner's any more, or
    cancelled. */
enum rth_err rth_store_film_beat(struct rth_store *store,
				 const struct rth_film *film,
				 const struct rth_film_beat *beat) RTH_CHECKED;
/** Ends one that runs as its state, error, ended_s, expires_s, bytes and digest
    say; as WAITING, it waits again. RTH_ERR_NOT_FOUND as above. */
enum rth_err rth_store_film_end(struct rth_store *store,
				const struct rth_film *film) RTH_CHECKED;
/** Cancels one that waits or runs; else RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_film_cancel(struct rth_store *store, const char *id,
				   int64_t now_s) RTH_CHECKED;
/** Its file is gone: one that was done has expired. */
enum rth_err rth_store_film_expire(struct rth_store *store,
				   const char *id) RTH_CHECKED;
/** Takes its row away. */
enum rth_err rth_store_film_remove(struct rth_store *store,
				   const char *id) RTH_CHECKED;
/** Calls back for the ids of those that are done and expired by now, and still
    have their file; `each` must not call the store. */
enum rth_err rth_store_film_expired(struct rth_store *store, int64_t now_s,
				    enum rth_err (*each)(const char *id,
							 void *arg),
				    void *arg) RTH_CHECKED;
/** Takes away the rows of those without a file that ended before. */
enum rth_err rth_store_film_sweep(struct rth_store *store,
				  int64_t before_s) RTH_CHECKED;

enum rth_preview_state {
	RTH_PREVIEW_NONE,
	RTH_PREVIEW_MADE,
	RTH_PREVIEW_FAILED, /* it cannot be made */
};

/** Says what there is of strip and outline of a recording. */
enum rth_err rth_store_preview_set(struct rth_store *store,
				   const char *recording,
				   enum rth_preview_state state) RTH_CHECKED;
/** Calls back for up to `max` finished recordings without any, newest first;
    `each` must not call the store. */
enum rth_err rth_store_preview_missing(struct rth_store *store, int64_t max,
				       enum rth_err (*each)(const char *id,
							    void *arg),
				       void *arg) RTH_CHECKED;

#endif
