/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replies with the ranges of a body that a request asks for (RFC 9110
 * 14, 15.3.7, 15.5.17): whole, one range, or several as multipart/byteranges,
 * which is made while it is sent.
 */
#ifndef RTH_RANGED_H
#define RTH_RANGED_H

#include "exchange.h"
#include "range.h"

/**
 * The ranges that a request asks for, as rth_ranged_reply takes them. Any
 * thread.
 *
 * @param bytes of the whole
 */
void rth_ranged_read(struct rth_ranges *ranges, const struct rth_exchange *x,
		     uint64_t bytes, const char *etag);

/**
 * Replies 200, 206 or 416. A Range counts for GET, not for HEAD. Any thread.
 *
 * @param whole copied; its arg is taken; its type is a static string
 * @param etag  with its quotes, added to the reply; or NULL
 */
void rth_ranged_reply(struct rth_exchange *x, const struct rth_body *whole,
		      const char *etag);

#endif
