/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may do what with which recording: the rules of `review.rules`, looked up
 * on each request. Without the right there is no trace: the answer is that of a
 * recording that does not exist.
 */
#ifndef RTH_RIGHTS_H
#define RTH_RIGHTS_H

#include "exchange.h"
#include "portal.h"
#include "session.h"
#include "store.h"

/* Bits of a mask. */
enum rth_review_right {
	RTH_MAY_LIST = 1,
	RTH_MAY_PLAY = 2,
	RTH_MAY_DOWNLOAD = 4,
	RTH_MAY_HOLD = 8,
	RTH_MAY_DELETE = 16,
	RTH_MAY_ADMINISTER = 32, /* the audit; needs a rule "of" all */
};

#define RTH_RIGHTS 6

/** The right's name in the configuration: "list" ...; of one bit. Any thread.
 */
const char *rth_right_name(enum rth_review_right right);

/** The right of a name, or 0. Any thread. */
unsigned rth_right_of(const char *name);

/**
 * The names of a mask's rights, as the browser is told them. Any thread.
 *
 * @return a new array, or NULL
 */
json_t *rth_rights_json(unsigned rights);

/**
 * Somebody's rights over a recording. Any thread.
 *
 * @param of NULL: the rights over anything at all
 * @return a mask of enum rth_review_right
 */
unsigned rth_rights(const struct rth_portal *portal,
		    const struct rth_session *session,
		    const struct rth_reviewed *of);

/**
 * Finds a recording that the request's person has a right over. Worker threads
 * only.
 *
 * @param of        filled in on success
 * @param recording whatever somebody typed
 * @param right     one or several bits, all of which are needed
 * @return 0; RTH_ERR_NOT_FOUND: no such recording, or no right
 */
enum rth_err rth_rights_find(struct rth_reviewed *of,
			     const struct rth_exchange *x,
			     const char *recording, unsigned right) RTH_CHECKED;

/* Where rth_rights_scope puts the addresses; give it to _scope_free. */
struct rth_rights_scope {
	struct rth_review_scope scope; /* points to the settings and here */
	const char **emails, **domains;
};

/**
 * Whose recordings somebody has a right over, for a question to the store. Any
 * thread.
 *
 * @param scope   receives it; it borrows from the settings and the session
 * @param session borrowed for as long as the scope is used
 * @return 0; RTH_ERR_NOT_FOUND: nobody's; RTH_ERR_NOMEM
 */
enum rth_err rth_rights_scope(struct rth_rights_scope *scope,
			      const struct rth_portal *portal,
			      const struct rth_session *session,
			      enum rth_review_right right) RTH_CHECKED;
void rth_rights_scope_free(struct rth_rights_scope *scope);

#endif
