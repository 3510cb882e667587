/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is remembered of a visit, also while its room is closed: whom its
 * clinician has admitted, and that it was ended. Control thread only.
 */
#ifndef RTH_VISITS_H
#define RTH_VISITS_H

#include "admission.h"

#define RTH_VISITS_MAX 65536 /* remembered at a time; more than rooms.max */

/* For so long an ended visit is known, and that somebody was sent away: as
   long as a seat can last. */
#define RTH_ENDED_S RTH_SEAT_LIFE_S

struct rth_visit {
	struct rth_visit *next;
	char id[RTH_ID_SIZE]; /* its room's */
	bool open;	      /* its room is, and borrows this */
	bool ended;
	int64_t until_s; /* since 1970: what follows, or `ended`, is good */
	/* Who comes in without knocking; sub is "" when nobody does. */
	size_t issuer;
	char sub[RTH_SUB_BYTES_MAX + 1];
	int64_t wary_until_s; /* somebody was sent away: no token is believed
				 that says "admitted"; 0: nobody was */
};

struct rth_visits {
	struct rth_visit *first; /* newest first */
	size_t n;
};

/**
 * The visit of a room that opens: what is remembered of it, or a new one. It
 * stays until rth_visit_close.
 *
 * @param visitp receives the visit, borrowed
 * @return 0, RTH_ERR_DENIED: it was ended; or RTH_ERR_NOMEM
 */
enum rth_err rth_visit_open(struct rth_visits *visits, const char *id,
			    int64_t now_s,
			    struct rth_visit **visitp) RTH_CHECKED;

/** Its room closes; what need not be remembered is freed. */
void rth_visit_close(struct rth_visits *visits, struct rth_visit *visit,
		     int64_t now_s);

/**
 * This person was admitted and nobody else: until the end of the seat, or of
 * an older one of the same person, there is no need to knock. Whom this one
 * follows is not believed any more.
 */
void rth_visit_admit(struct rth_visit *visit, const struct rth_admitted *who,
		     int64_t now_s);

/**
 * This person was sent away, and has to knock again whatever a token says. Of
 * a clinician, who never knocks, nothing is remembered.
 */
void rth_visit_remove(struct rth_visit *visit, const struct rth_admitted *who,
		      int64_t now_s);

/**
 * The same for who may be between two connections: by the subject alone.
 *
 * @return false: this is not who was admitted, and nothing has changed
 */
bool rth_visit_remove_sub(struct rth_visit *visit, const char *sub,
			  int64_t now_s) RTH_CHECKED;

/** The visit of a room, open or remembered; NULL: nothing is known. */
struct rth_visit *rth_visit_find(const struct rth_visits *visits,
				 const char *id);

/**
 * Says whether this person was admitted: as is remembered here or, when nothing
 * is that speaks against it, as the token says.
 */
bool rth_visit_knows(const struct rth_visit *visit,
		     const struct rth_admitted *who, int64_t now_s);

/** Nobody comes in any more. */
void rth_visit_end(struct rth_visit *visit, int64_t now_s);

/** Forgets what is over. */
void rth_visits_sweep(struct rth_visits *visits, int64_t now_s);

/** Frees all. No room is open. */
void rth_visits_clear(struct rth_visits *visits);

#endif
