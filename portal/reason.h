/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why somebody wants to see a recording, or to have it. A person's own words
 * stay out of the audit.
 */
#ifndef RTH_REASON_H
#define RTH_REASON_H

#include "exchange.h"
#include "settings.h"
#include "store.h"

/**
 * Reads the member "reason" of a request's body. Any thread.
 *
 * @param reason receives it, clean; "" where none is kept
 * @return 0; RTH_ERR_FORMAT unless it is one that this clinic takes
 */
enum rth_err rth_reason_read(char reason[RTH_REASON_SIZE],
			     const struct rth_exchange *x) RTH_CHECKED;

/** What the audit may know of a reason: its code, `free-text`, or NULL. Any
 * thread. */
const char *rth_reason_code(const struct rth_settings *settings,
			    const char *reason);

/** 400 `bad-request` that names a field. */
void rth_reply_bad_field(struct rth_exchange *x, const char *field,
			 const char *message);

#endif
