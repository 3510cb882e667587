/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the portal remembers: users, sessions, sign-in attempts, codes, rate
 * limits, visits, audit. The only door to the database.
 *
 * Every function may wait for the disk: worker threads only, except at start.
 * Several threads may call at once. Strings given are borrowed, structs are
 * filled in place. Times are seconds since 1970, UTC. Errors besides those
 * named: RTH_ERR_IO (the database failed), RTH_ERR_UNAVAILABLE (its server
 * cannot be reached, is busy or does not answer; what was asked may have been
 * done when it was a change), RTH_ERR_NOMEM.
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
#define RTH_KIND_CHARS 40
#define RTH_DOOR_SIZE 41 /* the name of a door and NUL */
#define RTH_KIND_SIZE (4 * RTH_KIND_CHARS + 1)

struct rth_store;

/**
 * Opens the database, making it (a file of mode 0600) and bringing it to the
 * newest version, in one transaction a migration.
 *
 * @param where a file's path, or postgresql://... of one that is there
 * @return RTH_ERR_STATE: it is newer than this program; RTH_ERR_CONFIG: the URL
 *         cannot be read, or its encoding is not UTF-8; RTH_ERR_UNAVAILABLE:
 *         the server cannot be reached
 */
enum rth_err rth_store_open(struct rth_store **storep,
			    const char *where) RTH_CHECKED;

/** Says whether it is on a server, and no file. Any thread. */
bool rth_store_on_server(const char *where) RTH_CHECKED;

/** What it may be called in a message: the URL may have a password. */
const char *rth_store_name(const char *where);

/** Says whether there is one to open: 0; RTH_ERR_NOT_FOUND; or why that is not
    known. Nothing is made. */
enum rth_err rth_store_look(const char *where) RTH_CHECKED;
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
	char kind[RTH_KIND_SIZE]; /* or "" */
	char door[RTH_DOOR_SIZE]; /* where it was knocked for it, or "" */
	bool urgent;		  /* it was an urgent call */
	/* Read only. */
	bool ended;		    /* for good, by its clinician */
	char admitted[RTH_ID_SIZE]; /* the user who was let in, or "" */
	bool recorded;		    /* something of it was recorded */
	int64_t first_ms;	    /* both people were there; 0: never */
	int64_t last_ms;	    /* and were last known to be */
	int64_t both_ms;	    /* how long in all */
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
 * Changes room, title, patient, start, minutes, kind and cancelled of its
 * clinician's visit, if meanwhile it has neither been cancelled nor got
 * another room (and patient); else RTH_ERR_NOT_FOUND. So it is when another
 * patient is to get what was recorded, or is about to be.
 *
 * @param old_room as it was read
 */
enum rth_err rth_store_visit_update(struct rth_store *store,
				    const struct rth_visit *visit,
				    const char *old_room) RTH_CHECKED;
/**
 * Calls back for each visit of this person that ends after `since_s`, soonest
 * first, at most 500; stops at the first error. `each` must not call the store.
 * Those that began by a knock or an urgent call, and whose patient was never
 * let in, only while they last.
 */
enum rth_err rth_store_visit_each(
	struct rth_store *store, const struct rth_user *viewer, int64_t since_s,
	int64_t now_s,
	enum rth_err (*each)(const struct rth_visit *visit, void *arg),
	void *arg) RTH_CHECKED;

/* ---- Audit: rows are added and never changed (docs/audit.md) ---- */

struct rth_audit {
	const char *subject; /* user id, "uid-N" of a command, or NULL */
	const char *role;    /* in which it was done, or NULL */
	const char *action; /* "signed-in", "visit-made", "plugin:joined" ... */
	const char *object; /* id of what it was done to, or NULL */
	const char *visit;  /* visit id, or NULL */
	const char *outcome; /* "refused", "failed" ...; NULL: "ok" */
	const char *reason;  /* a code, or a person's words, or NULL */
	const char *client;  /* keyed hash of the address, or NULL */
	const char
		*data; /* JSON object of ids, codes, counts, hashes, or NULL.
			  No numbers with a fraction, no control characters */
};

/**
 * Appends a row to the chain.
 *
 * @return RTH_ERR_FORMAT, RTH_ERR_LIMIT: what no row can hold (audit_chain.h);
 *         RTH_ERR_NOT_FOUND: the chain's head is gone. No row then
 */
enum rth_err rth_store_audit(struct rth_store *store,
			     const struct rth_audit *audit,
			     int64_t now_s) RTH_CHECKED;

/* Does something that is to have a row. It may call the store. */
typedef enum rth_err (*rth_store_change_fn)(struct rth_store *store, void *arg);

/**
 * The same together with what the row tells of: both are there, or neither.
 *
 * @param change called in the transaction; its error undoes all
 * @return what `change` returned; RTH_ERR_STATE: the chain's head is gone
 */
enum rth_err rth_store_audited(struct rth_store *store,
			       const struct rth_audit *audit, int64_t now_s,
			       rth_store_change_fn change,
			       void *arg) RTH_CHECKED;

struct rth_audit_row; /* audit_chain.h */

/* `row` is valid during the call, which must not call the store. */
typedef enum rth_err (*rth_store_audit_fn)(const struct rth_audit_row *row,
					   void *arg);

/** Calls back for at most `max` rows from `from_n` on, in their order;
    INT64_MIN: from the first, whatever its number. */
enum rth_err rth_store_audit_rows(struct rth_store *store, int64_t from_n,
				  int64_t max, rth_store_audit_fn each,
				  void *arg) RTH_CHECKED;

/** What the table of the head says: 0 rows and the digest before row 1. */
enum rth_err rth_store_audit_head(struct rth_store *store, int64_t *np,
				  char digest[RTH_HASH_SIZE]) RTH_CHECKED;

/** The number of the first row from a time on; 0 when there is none. */
enum rth_err rth_store_audit_since(struct rth_store *store, int64_t *np,
				   int64_t since_s) RTH_CHECKED;

/** One of the database's own guards of the audit that is not there, or "". */
enum rth_err rth_store_audit_unguarded(struct rth_store *store,
				       char name[RTH_NAME_SIZE]) RTH_CHECKED;

/* Those of NULL and 0 are not asked for. */
struct rth_audit_filter {
	const char *subject, *object, *action;
	int64_t from_s, to_s; /* from <= time < to */
	int64_t below_n;
	int64_t limit; /* rows at most */
};

/** The same for those that fit, newest first. @param name of the subject or ""
 */
enum rth_err
rth_store_audit_list(struct rth_store *store,
		     const struct rth_audit_filter *filter,
		     enum rth_err (*each)(const struct rth_audit_row *row,
					  const char *name, void *arg),
		     void *arg) RTH_CHECKED;

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
	RTH_RECORDING_DELETING,	   /* its key first */
	RTH_RECORDING_DELETED,
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

/* ---- Review: recordings as those who may look at them see them ---- */

/* A recording that has run and has not been deleted, and its two people. */
struct rth_reviewed {
	struct rth_recording_row row;
	/* All "" when its visit is not known; a patient who has never signed in
	   has an address alone. */
	char title[RTH_TITLE_SIZE];
	char clinician_id[RTH_ID_SIZE];
	char clinician_email[RTH_EMAIL_SIZE];
	char clinician_name[RTH_NAME_SIZE];
	char patient_id[RTH_ID_SIZE];
	char patient_email[RTH_EMAIL_SIZE];
	char patient_name[RTH_NAME_SIZE];
	char kind[RTH_KIND_SIZE]; /* of the visit */
	bool hold;		  /* column recordings.hold */
	bool preview;		  /* strip and outline are there */
	int64_t delete_s; /* recordings.delete_s; 0: not known, or never */
};

/* Rows whose recordings.deleted_s is not 0 are not found. */
enum rth_err rth_store_reviewed_get(struct rth_store *store,
				    struct rth_reviewed *reviewed,
				    const char *id) RTH_CHECKED;

/* Whose recordings somebody may list. */
struct rth_review_scope {
	bool all;
	const char *own_id;    /* clinician or patient; NULL: not the own */
	const char *own_email; /* with own_id */
	/* Of clinicians with these addresses, or of these domains. Borrowed. */
	const char *const *emails;
	size_t emails_n;
	const char *const *domains;
	size_t domains_n;
};

/* What the interface calls a recording's state. */
enum rth_review_state {
	RTH_REVIEW_ANY,
	RTH_REVIEW_RUNNING,
	RTH_REVIEW_FINISHED,
	RTH_REVIEW_INCOMPLETE,
	RTH_REVIEW_INTERRUPTED,
	RTH_REVIEW_LOST,
};

enum rth_review_sort {
	RTH_SORT_BEGUN_DOWN,
	RTH_SORT_BEGUN_UP,
	RTH_SORT_SECONDS_DOWN,
	RTH_SORT_SECONDS_UP,
};

/* Which recordings, and from where on. Strings are borrowed; NULL: any. */
struct rth_review_query {
	struct rth_review_scope scope;
	int64_t from_s, to_s; /* begun at or after, before; 0: any */
	const char *clinician_id;
	const char *patient_id;
	enum rth_review_state state;
	bool hold;			  /* those on hold only */
	int64_t min_seconds, max_seconds; /* -1: any, running ones too */
	enum rth_review_sort sort;
	/* After the recording with this key and id; NULL: from the first. */
	const char *after_id;
	int64_t after_key; /* rth_store_review_key of it */
	int64_t limit;
};

/** What a recording is sorted by, which stays the same while it is looked at
 * unless it ends. Any thread. */
int64_t rth_store_review_key(enum rth_review_sort sort,
			     const struct rth_reviewed *reviewed);

/** The state of a recording; never RTH_REVIEW_ANY. Any thread. */
enum rth_review_state rth_review_state_of(const struct rth_recording_row *row);

/**
 * Calls back for each recording that fits, in order; stops at the first error.
 * `each` must not call the store.
 */
enum rth_err rth_store_review_each(
	struct rth_store *store, const struct rth_review_query *query,
	enum rth_err (*each)(const struct rth_reviewed *reviewed, void *arg),
	void *arg) RTH_CHECKED;

/**
 * Says whether the audit has a row of somebody's for the list from since_s on
 * and before until_s. However long the audit is, only rows of that time are
 * read, and not more than 1000: in a very busy minute one may not be seen.
 */
enum rth_err rth_store_review_told(struct rth_store *store, bool *toldp,
				   const char *subject, int64_t since_s,
				   int64_t until_s) RTH_CHECKED;

/* ---- Plays: one person's looking at one recording, in one session ---- */

#define RTH_REASON_CHARS 200
#define RTH_REASON_SIZE (4 * RTH_REASON_CHARS + 1)

struct rth_play {
	char id[RTH_ID_SIZE];
	char recording[RTH_ID_SIZE];
	char user[RTH_ID_SIZE];
	char session[RTH_HASH_SIZE]; /* its hash; with it the play goes */
	char reason[RTH_REASON_SIZE];
	int64_t begun_s;
};

/** RTH_ERR_EXISTS also when the session is gone; RTH_ERR_NOT_FOUND: the
   recording is, or it is being deleted. */
enum rth_err rth_store_play_add(struct rth_store *store,
				const struct rth_play *play) RTH_CHECKED;
/** RTH_ERR_NOT_FOUND also when its session has ended. */
enum rth_err rth_store_play_get(struct rth_store *store, struct rth_play *play,
				const char *id) RTH_CHECKED;

/* ---- Holds and deletions (store_retention.c; docs/retention.md) ---- */

#define RTH_HOLD_REASON_CHARS 500
#define RTH_HOLD_REASON_SIZE (4 * RTH_HOLD_REASON_CHARS + 1)
#define RTH_BY_SIZE 33	 /* a user id, "uid-1000" or "retention" */
#define RTH_RULE_SIZE 33 /* "by-hand", "days-30" ... */

/**
 * Puts a recording on hold, and in recordings.hold; what held it before is
 * released with it. Several statements: a change of rth_store_audited.
 *
 * @param by     who
 * @param reason clean text; kept here only, and gone with the recording
 * @return 0; RTH_ERR_NOT_FOUND: no such recording, or it is being deleted
 */
enum rth_err rth_store_hold(struct rth_store *store, const char *recording,
			    const char *by, const char *reason,
			    int64_t now_s) RTH_CHECKED;
/** Ends a hold; also when there is none. RTH_ERR_NOT_FOUND as above. */
enum rth_err rth_store_release(struct rth_store *store, const char *recording,
			       const char *by, int64_t now_s) RTH_CHECKED;

/* The deletion of a recording, from the moment that it is begun. */
struct rth_deletion {
	char recording[RTH_ID_SIZE];
	char visit[RTH_ID_SIZE]; /* read only; "" when unknown */
	char by[RTH_BY_SIZE];
	char rule[RTH_RULE_SIZE];
	int64_t begun_s;
	int64_t done_s; /* 0: under way */
	int64_t files;	/* how many there were, */
	int64_t bytes;	/* and their sealed bytes */
};

/**
 * Begins a deletion: the recording is not shown any more. One that is under way
 * goes on with what it began with.
 *
 * @param deletion recording, by, rule, begun_s, files, bytes are read; all is
 *                 filled in on success
 * @return 0; RTH_ERR_DENIED: on hold; RTH_ERR_STATE: it runs, as far as the
 *         plugin told; RTH_ERR_EXISTS: deleted already; RTH_ERR_NOT_FOUND
 */
enum rth_err
rth_store_deletion_begin(struct rth_store *store,
			 struct rth_deletion *deletion) RTH_CHECKED;
/** As rth_store_deletion_begin would, but nothing is changed. */
enum rth_err rth_store_deletion_may(struct rth_store *store,
				    const char *recording,
				    int64_t now_s) RTH_CHECKED;
/** Takes away what people wrote about a recording: why it was looked at, held.
 */
enum rth_err rth_store_deletion_words(struct rth_store *store,
				      const char *recording) RTH_CHECKED;
/**
 * The recording is deleted: of it ids and times are left, and the certificate.
 */
enum rth_err rth_store_deletion_end(struct rth_store *store,
				    const struct rth_deletion *deletion,
				    const char *certificate) RTH_CHECKED;
/** RTH_ERR_NOT_FOUND when none was begun. */
enum rth_err rth_store_deletion_get(struct rth_store *store,
				    struct rth_deletion *deletion,
				    const char *recording) RTH_CHECKED;
/** The certificate, for rth_free; RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_certificate(char **certificatep, struct rth_store *store,
				   const char *recording) RTH_CHECKED;
/** Calls back for each deletion under way, or with one that ended. */
enum rth_err rth_store_deletion_each(struct rth_store *store, bool done,
				     enum rth_err (*each)(const char *recording,
							  void *arg),
				     void *arg) RTH_CHECKED;

/* What decides when a recording is to be deleted. */
struct rth_kept {
	char recording[RTH_ID_SIZE];
	char clinician_email[RTH_EMAIL_SIZE]; /* "" when unknown */
	char kind[RTH_KIND_SIZE];
	int64_t ended_s;  /* when it ended, or else begun */
	int64_t delete_s; /* recordings.delete_s */
	bool hold;
	bool running;
};

/**
 * Calls back for each recording that is kept and began after `since_s`, oldest
 * first; `each` must not call the store.
 */
enum rth_err rth_store_kept_each(
	struct rth_store *store, int64_t since_s,
	enum rth_err (*each)(const struct rth_kept *kept, void *arg),
	void *arg) RTH_CHECKED;
/** Sets recordings.delete_s; not of one that is on hold or deleted. */
enum rth_err rth_store_kept_until(struct rth_store *store,
				  const char *recording,
				  int64_t delete_s) RTH_CHECKED;

/* The date of one recording. */
struct rth_kept_date {
	char recording[RTH_ID_SIZE];
	int64_t delete_s;
};

/** The same for several, in one transaction. */
enum rth_err rth_store_kept_dates(struct rth_store *store,
				  const struct rth_kept_date *dates,
				  size_t n) RTH_CHECKED;

/**
 * Sees to it that nothing that was deleted remains in the database's own files.
 *
 * @return 0; RTH_ERR_STATE when somebody reads just now: try again;
 *         RTH_ERR_CONFIG: a table is not the portal's own
 */
enum rth_err rth_store_scrub(struct rth_store *store) RTH_CHECKED;

/* ---- All about one person (store_person.c; docs/retention.md) ---- */

/** The user of an address; RTH_ERR_NOT_FOUND. @param email lower case */
enum rth_err rth_store_person(struct rth_store *store, struct rth_user *user,
			      const char *email) RTH_CHECKED;

/** Calls back for each visit of theirs, oldest first; without a limit. */
enum rth_err rth_store_person_visits(
	struct rth_store *store, const struct rth_user *user,
	enum rth_err (*each)(const struct rth_visit *visit, void *arg),
	void *arg) RTH_CHECKED;

/** Calls back for each recording in which they are the patient. */
enum rth_err rth_store_person_recordings(
	struct rth_store *store, const char *email,
	enum rth_err (*each)(const char *recording, bool hold, void *arg),
	void *arg) RTH_CHECKED;

/**
 * Takes a person's address and titles out of the visits in which they are the
 * patient and of which no recording is left, and cancels those to come. When
 * no such visit is left, also address and name of the user; sessions, codes
 * and plays go in any case. All of it, or nothing.
 *
 * @param user  `id` is "" when they have never signed in
 * @param leftp receives how many visits still name them
 */
enum rth_err rth_store_person_erase(struct rth_store *store,
				    const struct rth_user *user, int64_t now_s,
				    int64_t *leftp) RTH_CHECKED;

/** Removes what has expired: attempts, codes, rates, sessions. */
enum rth_err rth_store_sweep(struct rth_store *store, int64_t now_s,
			     int64_t session_idle_s,
			     int64_t session_absolute_s) RTH_CHECKED;

#include "store_film.h" /* the rest of it */

#endif
