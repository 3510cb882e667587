/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sign-in by a one-time code: six digits, sent to an e-mail address, good for
 * ten minutes and five tries (settings.code).
 *
 * Every well-formed address gets the same answer after the same work, whether
 * or not anybody here knows it; the mail leaves later, on a worker thread. In
 * trial mode the code is printed on the terminal instead.
 */
#ifndef RTH_MAILCODE_H
#define RTH_MAILCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "exchange.h"
#include "settings.h"
#include "store.h"
#include "work.h"

#define RTH_MAILCODE_SIZE 7 /* six digits and the NUL */
#define RTH_MAILCODE_KEY_BYTES 32

struct rth_mailcode;

/**
 * Makes the secret under which codes are stored: of janus.token_auth_secret,
 * which portals that share a database share, too; without one it lives as long
 * as the program, and codes sent before a restart are void. Startup only.
 *
 * @param settings borrowed until rth_mailcode_free
 * @param net      sends the mails; borrowed; its jobs are over (rth_work_join)
 *                 before rth_mailcode_free
 * @return 0, RTH_ERR_CRYPTO or RTH_ERR_NOMEM
 */
enum rth_err rth_mailcode_create(struct rth_mailcode **mp,
				 const struct rth_settings *settings,
				 struct rth_work *net) RTH_CHECKED;
void rth_mailcode_free(struct rth_mailcode *m); /* NULL is allowed */

/** Whether sign-in by code is offered: there is a mail server, or a trial. */
bool rth_mailcode_offered(const struct rth_settings *settings);

/* Handlers, RTH_ON_STORE: POST /auth/code, POST /auth/verify. */
void rth_mailcode_handle_code(struct rth_exchange *x);
void rth_mailcode_handle_verify(struct rth_exchange *x);

/* ---- The pure parts, any thread ---- */

/**
 * An address in lower case, if it is one that a mail can be sent to safely:
 * ASCII, one '@', a dot-atom on its left and a host name on its right.
 *
 * @return 0, RTH_ERR_FORMAT or RTH_ERR_LIMIT
 */
enum rth_err rth_mailcode_address(char out[RTH_EMAIL_SIZE],
				  const char *address) RTH_CHECKED;

/**
 * Six digits, each code as likely as any other.
 *
 * @param random fills its buffer with random bytes; 0 when it cannot
 */
enum rth_err rth_mailcode_make(char code[RTH_MAILCODE_SIZE],
			       int (*random)(unsigned char *buf,
					     int len)) RTH_CHECKED;

/** What is stored of a code: HMAC-SHA256 of address and code, base64url. */
enum rth_err rth_mailcode_hash(char hash[RTH_HASH_SIZE],
			       const unsigned char key[RTH_MAILCODE_KEY_BYTES],
			       const char *address,
			       const char *code) RTH_CHECKED;

#endif
