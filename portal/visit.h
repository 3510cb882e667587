/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Visits: who may see and change one, and when it can be joined.
 */
#ifndef RTH_VISIT_H
#define RTH_VISIT_H

#include <jansson.h>

#include "exchange.h"
#include "session.h"
#include "settings.h"
#include "store.h"

/* When a visit can be joined, seconds since 1970. */
struct rth_window {
	int64_t opens_s;
	int64_t closes_s;
};

/** The window of a visit; cancelled or not. */
struct rth_window rth_visit_window(const struct rth_settings *settings,
				   const struct rth_visit *visit);

/** Is this person the clinician of the visit, rather than its patient? */
bool rth_visit_is_clinician(const struct rth_visit *visit,
			    const struct rth_session *session);

/**
 * Finds the visit of the request's path for its person.
 *
 * @return 0; RTH_ERR_NOT_FOUND for everybody else, for what is no id, and for
 *         a clinician who is none any more
 */
enum rth_err rth_visit_find(struct rth_visit *visit,
			    const struct rth_exchange *x) RTH_CHECKED;

/** The same, if it is its clinician. */
enum rth_err rth_visit_find_own(struct rth_visit *visit,
				const struct rth_exchange *x) RTH_CHECKED;

/** The visit as docs/portal-api.md has it, for this viewer; or NULL. */
json_t *rth_visit_json(const struct rth_settings *settings,
		       const struct rth_visit *visit,
		       const struct rth_session *viewer) RTH_CHECKED;

/** Replies with the visit, for the request's person. */
void rth_visit_reply(struct rth_exchange *x, unsigned status,
		     const struct rth_visit *visit);

/* Handlers, RTH_ON_STORE. */
void rth_visit_handle_list(struct rth_exchange *x);
void rth_visit_handle_make(struct rth_exchange *x);
void rth_visit_handle_get(struct rth_exchange *x);
void rth_visit_handle_change(struct rth_exchange *x);
void rth_visit_handle_cancel(struct rth_exchange *x);
void rth_visit_handle_quality(struct rth_exchange *x);

#endif
