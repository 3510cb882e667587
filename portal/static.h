/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of the web client.
 */
#ifndef RTH_STATIC_H
#define RTH_STATIC_H

#include "exchange.h"

/* Handlers, RTH_ON_POOL. */
void rth_static_handle_page(struct rth_exchange *x); /* index.html */
void rth_static_handle_file(struct rth_exchange *x); /* the request's path */

#endif
