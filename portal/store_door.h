/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's doors, urgent calls, and who is on call. As store.h has it:
 * worker threads, borrowed strings, times in UTC.
 */
#ifndef RTH_STORE_DOOR_H
#define RTH_STORE_DOOR_H

#include "store.h"

/* ---- Doors: one a clinician ---- */

struct rth_door {
	char user_id[RTH_ID_SIZE];
	char clinician_name[RTH_NAME_SIZE]; /* read only */
	char name[RTH_DOOR_SIZE];
	char title[RTH_TITLE_SIZE];
	bool open;
	int64_t until_s; /* 0: until it is closed */
	int64_t seen_s;	 /* when the owner was seen as a clinician last */
};

#define RTH_DOOR_SEEN_S 86400	       /* then it is not open any more */
#define RTH_DOOR_KEPT_S (400 * 86400L) /* then another may take its name */

/** Says whether somebody may knock. Any thread. */
bool rth_store_door_is_open(const struct rth_door *door, int64_t now_s);

/** The door of a user; RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_door_of(struct rth_store *store, struct rth_door *door,
			       const char *user_id) RTH_CHECKED;
/** The door of a name; RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_door_named(struct rth_store *store,
				  struct rth_door *door,
				  const char *name) RTH_CHECKED;
/** Makes or changes a user's door, seen now. RTH_ERR_EXISTS: the name is taken,
    by one who was seen within RTH_DOOR_KEPT_S. In a transaction. */
enum rth_err rth_store_door_put(struct rth_store *store,
				const struct rth_door *door) RTH_CHECKED;

/** The user is still a clinician; nothing where there is no door. */
enum rth_err rth_store_door_seen(struct rth_store *store, const char *user_id,
				 int64_t now_s) RTH_CHECKED;

/**
 * The id of the newest visit of a patient with a clinician that began by a
 * knock, and is not over; RTH_ERR_NOT_FOUND.
 *
 * @param inside only one in which the patient was let in, or waits
 */
enum rth_err rth_store_knock_find(struct rth_store *store, char id[RTH_ID_SIZE],
				  const char *clinician_id,
				  const char *patient_email, bool inside,
				  int64_t now_s) RTH_CHECKED;
/**
 * Adds the visit of a knock. In a transaction: nobody else's is between.
 *
 * @param visit its `door` is the name
 * @return 0; RTH_ERR_STATE: the door is closed, or has another name;
 *         RTH_ERR_EXISTS: there is one that is not over
 */
enum rth_err rth_store_knock(struct rth_store *store,
			     const struct rth_visit *visit,
			     int64_t now_s) RTH_CHECKED;

/* ---- Who is on call ---- */

#define RTH_DUTY_REACHED_S 90 /* a page was there within */

/** Sets it. In a transaction. */
enum rth_err rth_store_duty_put(struct rth_store *store, const char *user_id,
				bool on, int64_t now_s) RTH_CHECKED;
enum rth_err rth_store_duty_get(struct rth_store *store, bool *onp,
				const char *user_id) RTH_CHECKED;
/** A page of this user's is there; nothing when they are not on call. */
enum rth_err rth_store_duty_seen(struct rth_store *store, const char *user_id,
				 int64_t now_s) RTH_CHECKED;
/** How many are on call and can be reached. */
enum rth_err rth_store_duty_count(struct rth_store *store, int64_t *np,
				  int64_t now_s) RTH_CHECKED;

#define RTH_URGENT_TITLE "Urgent" /* of a call, and of its visit */

/* ---- Urgent calls that nobody has taken ---- */

/** Says whether this patient has been in a visit with a clinician. */
enum rth_err rth_store_had_visit(struct rth_store *store, bool *hadp,
				 const char *patient_email) RTH_CHECKED;

#define RTH_CALL_FRESH_S 60 /* whoever took it is on the way */

/**
 * Adds a call: id, room, patient_email and minutes are read. In a transaction.
 * Calls of this patient that were answered, and where the clinician is not any
 * more, end for good.
 *
 * @return RTH_ERR_EXISTS: this patient has one that is not over
 */
enum rth_err rth_store_call_add(struct rth_store *store,
				const struct rth_visit *visit,
				int64_t now_s) RTH_CHECKED;
/**
 * A call as the visit that it will be, without a clinician.
 *
 * @param id            NULL: the one of this patient
 * @param patient_email NULL: whoever's
 * @return RTH_ERR_NOT_FOUND also when its time is over
 */
enum rth_err rth_store_call_get(struct rth_store *store,
				struct rth_visit *visit, const char *id,
				const char *patient_email,
				int64_t now_s) RTH_CHECKED;
/** It is called again: those on call see it as if it were new. */
enum rth_err rth_store_call_again(struct rth_store *store, const char *id,
				  int64_t now_s) RTH_CHECKED;
/** The call of a room; RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_call_of_room(struct rth_store *store,
				    char id[RTH_ID_SIZE],
				    const char *room) RTH_CHECKED;
/**
 * A call becomes a visit. In a transaction: exactly one takes it.
 *
 * @param visit from rth_store_call_get, with clinician_id
 * @return RTH_ERR_NOT_FOUND: it is taken, or gone
 */
enum rth_err rth_store_call_take(struct rth_store *store,
				 const struct rth_visit *visit,
				 int64_t now_s) RTH_CHECKED;
/** Who has taken a call; RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_call_taken_by(struct rth_store *store,
				     char user_id[RTH_ID_SIZE],
				     char name[RTH_NAME_SIZE],
				     const char *id) RTH_CHECKED;
/**
 * The newest urgent visit of a patient that is not over, and in which the
 * clinician is, or will be: it was taken within RTH_CALL_FRESH_S.
 * RTH_ERR_NOT_FOUND.
 */
enum rth_err rth_store_call_answered(struct rth_store *store,
				     char id[RTH_ID_SIZE],
				     const char *patient_email,
				     int64_t now_s) RTH_CHECKED;

#endif
