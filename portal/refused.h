/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much an HTTP server has refused, counted by kind, so that its log tells
 * of an attack in one line a minute and never holds a word of it.
 */
#ifndef RTH_REFUSED_H
#define RTH_REFUSED_H

#include <stdatomic.h>
#include <stddef.h>

enum rth_refused_kind {
	RTH_REFUSED_MALFORMED,
	RTH_REFUSED_TOO_LARGE,
	RTH_REFUSED_NO_ROUTE, /* nothing is there, or not with this method */
	RTH_REFUSED_WRONG_HOST,
	RTH_REFUSED_WRONG_ORIGIN,
	RTH_REFUSED_BUSY,
	RTH_REFUSED_OTHER,
	RTH_REFUSED_LATE,   /* connections that were shut: too slow */
	RTH_REFUSED_BROKEN, /* and that broke, or were one too many */
	RTH_REFUSED_KINDS,
};

/** All zero at first. */
struct rth_refused {
	atomic_uint n[RTH_REFUSED_KINDS];
};

/** Counts some. Any thread. */
void rth_refused_add(struct rth_refused *refused, enum rth_refused_kind kind,
		     unsigned n);

/** The kind that a refusal's status belongs to. */
enum rth_refused_kind rth_refused_kind(unsigned status);

/**
 * Writes one line of log, unless nothing was refused, and begins anew. Any
 * thread.
 *
 * @param listener what the line calls the server; borrowed
 */
void rth_refused_log(struct rth_refused *refused, const char *listener);

#endif
