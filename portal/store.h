/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the portal remembers: users, sessions, sign-in attempts, codes, rate
 * limits, visits, audit. The only door to the database.
 *
 * Every function may wait for the disk: worker threads only, except at start.
 * Several threads may call at once. Strings given are borrowed, structs are
 * filled in place. Times are seconds since 1970, UTC. Errors besides those
 * named: RTH_ERR_IO (the database failed), RTH_ERR_NOMEM.
 *
 * Secrets (cookies, codes, states) are given as hashes only: see
 * rth_store_hash.
 */
#ifndef RTH_STORE_H
#define RTH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "id.h"

#define RTH_EMAIL_SIZE 255 /* with NUL; RFC 5321 4.5.3.1 */
#define RTH_NAME_SIZE 257  /* 64 characters of UTF-8 and NUL */
#define RTH_TITLE_SIZE 481 /* 120 characters of UTF-8 and NUL */
#define RTH_HASH_SIZE 44   /* SHA-256 as base64url and NUL */
#define RTH_GROUPS_SIZE 2049

struct rth_store;

/**
 * Opens the database, making it (mode 0600) and bringing it to the newest
 * version, in one transaction a migration.
 */
enum rth_err rth_store_open(struct rth_store **storep,
			    const char *path) RTH_CHECKED;
void rth_store_close(struct rth_store *store); /* NULL is allowed */

/** Says whether the database answers. */
enum rth_err rth_store_ping(struct rth_store *store) RTH_CHECKED;

/** SHA-256 of a text, as base64url. Any thread. */
enum rth_err rth_store_hash(char hash[RTH_HASH_SIZE],
			    const char *text) RTH_CHECKED;

/* ---- Users: one an e-mail address ---- */

struct rth_user {
	char id[RTH_ID_SIZE];
	char email[RTH_EMAIL_SIZE]; /* lower case */
	char name[RTH_NAME_SIZE];
};

/**
 * Finds the user with this address or makes one.
 *
 * @param email lower case
 * @param name  the new name, or NULL: keep it
 */
enum rth_err rth_store_user(struct rth_store *store, struct rth_user *user,
			    const char *email, const char *name,
			    int64_t now_s) RTH_CHECKED;

/* ---- Sessions ---- */

struct rth_session_row {
	char hash[RTH_HASH_SIZE]; /* of the cookie */
	struct rth_user user;	  /* only id is read by _session_add */
	char groups[RTH_GROUPS_SIZE];
	int64_t created_s;
	int64_t seen_s;
};

enum rth_err
rth_store_session_add(struct rth_store *store,
		      const struct rth_session_row *row) RTH_CHECKED;
/** RTH_ERR_NOT_FOUND when there is none. */
enum rth_err rth_store_session_get(struct rth_store *store,
				   struct rth_session_row *row,
				   const char *hash) RTH_CHECKED;
enum rth_err rth_store_session_seen(struct rth_store *store, const char *hash,
				    int64_t now_s) RTH_CHECKED;
enum rth_err rth_store_session_end(struct rth_store *store,
				   const char *hash) RTH_CHECKED;
enum rth_err rth_store_session_end_all(struct rth_store *store,
				       const char *user_id) RTH_CHECKED;

/* ---- OpenID Connect sign-ins under way ---- */

struct rth_attempt {
	char state_hash[RTH_HASH_SIZE];	  /* of the `state` sent out */
	char browser_hash[RTH_HASH_SIZE]; /* of the cookie given with it */
	char provider[65];
	char nonce[65];
	char verifier[129]; /* PKCE */
	char next[513];	    /* path of ours */
	int64_t expires_s;
};

/** RTH_ERR_LIMIT when more than 10,000 are under way. */
enum rth_err rth_store_attempt_add(struct rth_store *store,
				   const struct rth_attempt *attempt,
				   int64_t now_s) RTH_CHECKED;
/** Takes one out, so that it serves once. NOT_FOUND also when expired. */
enum rth_err rth_store_attempt_take(struct rth_store *store,
				    struct rth_attempt *attempt,
				    const char *state_hash,
				    int64_t now_s) RTH_CHECKED;

/* ---- One-time codes: one an e-mail address, a new one replaces it ---- */

/** @param code_hash rth_store_hash of address and code, or better */
enum rth_err rth_store_code_set(struct rth_store *store, const char *email,
				const char *code_hash, int64_t expires_s,
				int64_t tries) RTH_CHECKED;
/**
 * Tries a code, atomically; a right one is used up, a wrong one costs a try.
 *
 * @return 0; RTH_ERR_DENIED: wrong; RTH_ERR_LIMIT: no tries left;
 *         RTH_ERR_NOT_FOUND: no code, or expired
 */
enum rth_err rth_store_code_try(struct rth_store *store, const char *email,
				const char *code_hash,
				int64_t now_s) RTH_CHECKED;

/* ---- Rate limits ---- */

/**
 * Counts one use of a key; RTH_ERR_LIMIT when there were `max` already in the
 * current window.
 *
 * @param key what is limited and the hash of whom ("code-email:...")
 */
enum rth_err rth_store_rate(struct rth_store *store, const char *key,
			    int64_t max, int64_t window_s,
			    int64_t now_s) RTH_CHECKED;

/* ---- Visits ---- */

struct rth_visit {
	char id[RTH_ID_SIZE];
	char room[RTH_ID_SIZE];
	char title[RTH_TITLE_SIZE];
	char clinician_id[RTH_ID_SIZE];
	char clinician_name[RTH_NAME_SIZE]; /* read only */
	char patient_email[RTH_EMAIL_SIZE]; /* lower case */
	char patient_name[RTH_NAME_SIZE];   /* read only; "" when unknown */
	int64_t start_s;
	int64_t minutes;
	bool cancelled;
	bool recorded; /* read only: something of it was recorded */
};

/** Adds a visit; its `cancelled` is not read. RTH_ERR_EXISTS: id or room. */
enum rth_err rth_store_visit_add(struct rth_store *store,
				 const struct rth_visit *visit,
				 int64_t now_s) RTH_CHECKED;
/** Finds a visit that this person is part of; else RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_visit_get(struct rth_store *store,
				 struct rth_visit *visit, const char *id,
				 const struct rth_user *viewer) RTH_CHECKED;
/**
 * Changes room, title, patient, start, minutes and cancelled of its
 * clinician's visit, if meanwhile it has neither been cancelled nor got
 * another room (and patient); else RTH_ERR_NOT_FOUND.
 *
 * @param old_room as it was read
 */
enum rth_err rth_store_visit_update(struct rth_store *store,
				    const struct rth_visit *visit,
				    const char *old_room) RTH_CHECKED;
/**
 * Calls back for each visit of this person that ends after `since_s`, soonest
 * first, at most 500; stops at the first error. `each` must not call the store.
 */
enum rth_err rth_store_visit_each(
	struct rth_store *store, const struct rth_user *viewer, int64_t since_s,
	enum rth_err (*each)(const struct rth_visit *visit, void *arg),
	void *arg) RTH_CHECKED;

/* ---- Audit: rows are added and never changed ---- */

struct rth_audit {
	const char *subject; /* user id, or NULL */
	const char *what;   /* "signed-in", "visit-made", "plugin:joined" ... */
	const char *visit;  /* visit id, or NULL */
	const char *detail; /* ids and codes only, or NULL */
	const char *data;   /* JSON of ids, codes, counts, hashes, or NULL */
};

/** Adds a row. */
enum rth_err rth_store_audit(struct rth_store *store,
			     const struct rth_audit *audit,
			     int64_t now_s) RTH_CHECKED;

/** The visit of a room; RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_visit_of_room(struct rth_store *store,
				     char visit_id[RTH_ID_SIZE],
				     const char *room) RTH_CHECKED;

/* ---- Recordings: that there is one, and what became of it ---- */

enum rth_recording_state {
	RTH_RECORDING_ASKED,
	RTH_RECORDING_RUNNING,
	RTH_RECORDING_PAUSED,
	RTH_RECORDING_DECLINED,
	RTH_RECORDING_REFUSED,
	RTH_RECORDING_FINISHED,
	RTH_RECORDING_STORED,
	RTH_RECORDING_LOST,
	RTH_RECORDING_INTERRUPTED, /* and recovered */
};

/** The state's name in events and in the database. Any thread. */
const char *rth_recording_state_name(enum rth_recording_state state);

/** The state of a name; false when there is none. Any thread. */
bool rth_recording_state_of(enum rth_recording_state *statep, const char *name);

struct rth_recording_row {
	char id[RTH_ID_SIZE];
	char room[RTH_ID_SIZE];
	char visit[RTH_ID_SIZE]; /* read only; "" when unknown */
	enum rth_recording_state state;
	char reason[33]; /* a code, or "" */
	int64_t begun_s; /* 0: it has not run */
	int64_t ended_s; /* 0: it has not ended */
	int64_t parts;
	bool incomplete;
	int64_t lost_ms;
	int64_t lost_packets;
};

/**
 * Adds a recording, or takes it to another state; its visit is that of the
 * room. What is there of the first times and the largest counts stays.
 *
 * @return 0; RTH_ERR_STATE when it is further already, or of another room
 */
enum rth_err
rth_store_recording_put(struct rth_store *store,
			const struct rth_recording_row *row) RTH_CHECKED;

/** RTH_ERR_NOT_FOUND when there is none. */
enum rth_err rth_store_recording_get(struct rth_store *store,
				     struct rth_recording_row *row,
				     const char *id) RTH_CHECKED;

/** Calls back for each that has run; `each` must not call the store. */
enum rth_err rth_store_recording_begun(struct rth_store *store,
				       enum rth_err (*each)(const char *id,
							    void *arg),
				       void *arg) RTH_CHECKED;

#define RTH_RECORDING_LOST_MAX 100

/**
 * Calls back for recordings that are lost and ended after `since_s`, at most
 * RTH_RECORDING_LOST_MAX; `each` must not call the store.
 */
enum rth_err rth_store_recording_lost(struct rth_store *store, int64_t since_s,
				      enum rth_err (*each)(const char *id,
							   void *arg),
				      void *arg) RTH_CHECKED;

/** Removes what has expired: attempts, codes, rates, sessions. */
enum rth_err rth_store_sweep(struct rth_store *store, int64_t now_s,
			     int64_t session_idle_s,
			     int64_t session_absolute_s) RTH_CHECKED;

#endif
