/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Films over HTTP (docs/portal-api.md, "Review").
 */
#ifndef RTH_FILM_HANDLERS_H
#define RTH_FILM_HANDLERS_H

#include "exchange.h"

/* Handlers. */
void rth_film_handle_ask(struct rth_exchange *x);
void rth_film_handle_list(struct rth_exchange *x);
void rth_film_handle_get(struct rth_exchange *x);
void rth_film_handle_remove(struct rth_exchange *x);
void rth_film_handle_file(struct rth_exchange *x);

#endif
