/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of the audit on behalf of a request: docs/audit.md. Whoever needs a row
 * and cannot get it refuses the action.
 */
#ifndef RTH_AUDIT_H
#define RTH_AUDIT_H

#include "exchange.h"
#include "store.h"

/**
 * Writes a row. Worker threads only.
 *
 * @param row `subject` and `role` of NULL are filled in from the session,
 *            `client` always from the address, as a keyed hash; the texts
 *            filled in are not valid afterwards
 * @return 0 or why there is no row (rth_store_audit)
 */
enum rth_err rth_audit_request(const struct rth_exchange *x,
			       struct rth_audit *row) RTH_CHECKED;

/**
 * The same together with what the row tells of (rth_store_audited).
 */
enum rth_err rth_audit_change(const struct rth_exchange *x,
			      struct rth_audit *row, rth_store_change_fn change,
			      void *arg) RTH_CHECKED;

/**
 * rth_audit_request with `data`.
 *
 * @param data taken; NULL: RTH_ERR_NOMEM
 */
enum rth_err rth_audit_request_json(const struct rth_exchange *x,
				    struct rth_audit *row,
				    json_t *data) RTH_CHECKED;

/** GET /api/audit. */
void rth_audit_handle_list(struct rth_exchange *x);

#endif
