/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Remembers the tokens that have admitted somebody, until they have expired.
 * One thread at a time.
 */
#ifndef RTH_REPLAY_H
#define RTH_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct rth_replay;

/** Makes one that holds at most max tokens. */
enum rth_err rth_replay_create(struct rth_replay **replayp,
			       size_t max) RTH_CHECKED;
void rth_replay_free(struct rth_replay *replay);

/**
 * Notes a token as used.
 *
 * @param expires_s when it can be forgotten
 * @return 0, RTH_ERR_EXISTS when it was used before, RTH_ERR_LIMIT when too
 *         many are remembered, RTH_ERR_CRYPTO or RTH_ERR_NOMEM: only 0 admits
 */
enum rth_err rth_replay_use(struct rth_replay *replay, const char *issuer,
			    const char *jti, int64_t expires_s,
			    int64_t now_s) RTH_CHECKED;

#endif
