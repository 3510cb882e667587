/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the portal itself leaves in the audit: its start and stop, with which
 * configuration and keys, changed keys, and the signed heads. main.c's thread.
 */
#ifndef RTH_AUDIT_SELF_H
#define RTH_AUDIT_SELF_H

#include <jansson.h>

#include "err.h"
#include "portal.h"

/**
 * Opens the key, adds the row of the start and signs the head. The store and
 * the signing keys are open.
 *
 * @param config path of the configuration file, for its keyed hash
 * @return what keeps the portal from starting
 */
enum rth_err rth_audit_self_start(struct rth_portal *portal,
				  const char *config) RTH_CHECKED;

/** The signing keys before something that may change them; see below. */
json_t *rth_audit_self_keys(const struct rth_portal *portal);

/** Adds a row if they are others now. @param before taken; NULL is allowed */
void rth_audit_self_keys_since(struct rth_portal *portal, json_t *before);

/** Once a minute; signs the head once an hour. */
void rth_audit_self_tick(struct rth_portal *portal, unsigned ticks);

/** Adds the row of the stop, signs the head, closes the key. */
void rth_audit_self_stop(struct rth_portal *portal);

#endif
