/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is signed in: a random 256-bit cookie whose SHA-256 is in the store.
 */
#ifndef RTH_SESSION_H
#define RTH_SESSION_H

#include <stdbool.h>

#include "exchange.h"
#include "role.h"
#include "store.h"

/* The person behind one request. */
struct rth_session {
	struct rth_user user;
	enum rth_role role;
	char groups[RTH_GROUPS_SIZE]; /* one a line */
	char csrf[44];		      /* what X-RTH-CSRF must be */
	char hash[RTH_HASH_SIZE];     /* the session's key in the store */
};

/* A person who has just proved to own an e-mail address. */
struct rth_identity {
	const char *email;  /* verified; any case */
	const char *name;   /* or NULL: keep the known one, or the part of the
			       address before the @ */
	const char *groups; /* one a line, or NULL */
	const char *method; /* "code", or "oidc:" and the provider's id */
};

/**
 * Signs somebody in: finds or makes the user, makes a session (the one of this
 * request, if there was one, ends), adds a row to the audit and the cookie to
 * the reply. Without the row there is no session. Gives no reply itself. Worker
 * threads only.
 *
 * @param who borrowed; an over-long or malformed address is RTH_ERR_FORMAT; a
 *            name is shortened to 64 characters and loses control characters
 */
enum rth_err rth_session_sign_in(struct rth_exchange *x,
				 const struct rth_identity *who) RTH_CHECKED;

/**
 * Adds to the audit that somebody was not signed in; nobody knows who that was.
 * To be called for tries that a rate limit counts only: the audit keeps its
 * rows. Worker threads only.
 *
 * @param method as in struct rth_identity
 * @param reason a code, for operators
 */
void rth_session_refused(const struct rth_exchange *x, const char *method,
			 const char *reason);

/**
 * Finds the session of the request's cookie and gives it to the exchange; when
 * there is none, or it is too old, nothing is set and 0 returned. Worker
 * threads only.
 */
enum rth_err rth_session_load(struct rth_exchange *x) RTH_CHECKED;

/**
 * The person of a session that may be over, outside of a request: its `csrf` is
 * empty. Worker threads only.
 *
 * @param session receives who that is
 * @param hash    the session's key in the store
 * @return 0; RTH_ERR_NOT_FOUND also when it is too old
 */
enum rth_err rth_session_find(struct rth_session *session,
			      const struct rth_portal *portal,
			      const char *hash) RTH_CHECKED;

/** Says whether X-RTH-CSRF is the session's. Constant time. */
bool rth_session_csrf_right(const struct rth_exchange *x);

/* Handlers. */
void rth_session_handle_get(struct rth_exchange *x);
void rth_session_handle_sign_out(struct rth_exchange *x);
void rth_session_handle_sign_out_everywhere(struct rth_exchange *x);

#endif
