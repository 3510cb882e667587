/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one error type of RTHealth.
 *
 * A function that can fail returns 0 (RTH_OK) or one of these; what it makes
 * goes to an out-pointer whose name ends in `p` and that is written only on
 * success.
 */
#ifndef RTH_ERR_H
#define RTH_ERR_H

enum rth_err {
	RTH_OK = 0,
	RTH_ERR_NOMEM,	     /* no memory */
	RTH_ERR_FORMAT,	     /* malformed input */
	RTH_ERR_LIMIT,	     /* larger, longer or more than allowed */
	RTH_ERR_NOT_FOUND,   /* there is no such thing */
	RTH_ERR_EXISTS,	     /* there is one already */
	RTH_ERR_DENIED,	     /* not allowed */
	RTH_ERR_STATE,	     /* not in this state */
	RTH_ERR_IO,	     /* the system refused to read, write or connect */
	RTH_ERR_CRYPTO,	     /* the cryptographic library failed */
	RTH_ERR_TIMEOUT,     /* took too long */
	RTH_ERR_UNAVAILABLE, /* another program or issuer cannot be reached */
	RTH_ERR_CONFIG,	     /* wrong configuration */
	RTH_ERR_COUNT,
};

/* Every result is used. */
#define RTH_CHECKED __attribute__((warn_unused_result))

#define RTH_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/**
 * The name of an error, for logs. Any thread.
 *
 * @param err an error; others are named "unknown"
 * @return a static string
 */
const char *rth_err_name(enum rth_err err);

#endif
