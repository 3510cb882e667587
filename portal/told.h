/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin told: each event of each of its starts (boots) once, in
 * order, as a row of the audit, and what is missing as rows of their own.
 */
#ifndef RTH_TOLD_H
#define RTH_TOLD_H

#include <jansson.h>

#include "portal.h"

/* Silence of a plugin that runs, which tells something each minute. */
#define RTH_TOLD_SILENCE_S 300

/**
 * Takes one event (docs/protocol.md). What is malformed leaves no trace but its
 * count in the log; only ids, codes and numbers are taken. Worker threads.
 *
 * @param data borrowed
 * @return 0: it is on the disk, or was before; else it is to be told again
 */
enum rth_err rth_told_take(const struct rth_portal *portal,
			   const json_t *data) RTH_CHECKED;

/**
 * Looks for plugins that have fallen silent without a last word since
 * portal->takes_s, which is now when the database does not answer. Waits for
 * it.
 */
void rth_told_tick(struct rth_portal *portal);

#endif
