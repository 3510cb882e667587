/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends one plain text mail through the clinic's mail server.
 */
#ifndef RTH_SMTP_H
#define RTH_SMTP_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "work.h"

#define RTH_SMTP_TIMEOUT_MS 15000

/* All borrowed. Texts are ASCII; a control character (but a line feed in
   `text`) is an error, so nothing can add a header. */
struct rth_mail {
	const char *from; /* address */
	const char *to;	  /* address */
	const char *subject;
	const char *text; /* lines of at most 998 bytes, ended by "\n" */
	const char *id;	  /* random, for the Message-ID */
	int64_t now_s;	  /* since 1970, for the Date */
};

/* All borrowed. */
struct rth_smtp_server {
	const char *url; /* smtp://host[:port] or smtps://host[:port] */
	const char *user, *password; /* or NULL */
	const char *ca_file;	     /* more trusted certificates, or NULL */
	bool insecure;		     /* smtp:// may go on without STARTTLS */
	const struct rth_work *work; /* gives up when it stops */
};

/**
 * Writes the message of RFC 5322 with its headers. Any thread.
 *
 * @param textp receives it, for rth_free
 * @return 0, RTH_ERR_FORMAT for a control character or text that is not ASCII,
 *         RTH_ERR_NOMEM
 */
enum rth_err rth_smtp_compose(char **textp,
			      const struct rth_mail *mail) RTH_CHECKED;

/**
 * Sends it. Worker threads only: waits for the network, at most
 * RTH_SMTP_TIMEOUT_MS.
 *
 * @return 0, RTH_ERR_FORMAT, RTH_ERR_UNAVAILABLE, RTH_ERR_DENIED when the
 *         server refuses sender, recipient or password, RTH_ERR_NOMEM
 */
enum rth_err rth_smtp_send(const struct rth_smtp_server *server,
			   const struct rth_mail *mail) RTH_CHECKED;

#endif
