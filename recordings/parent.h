/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent: listens, forks a child for each connection, counts them. It
 * reads nothing from any connection and knows no key but the public ones.
 */
#ifndef RTH_PARENT_H
#define RTH_PARENT_H

#include "clinic_key.h"
#include "conf.h"

#define RTH_STOP_MS 30000 /* for the children's last files */

struct rth_parent;

/**
 * Makes the socket. Startup, before the user is changed.
 *
 * @param conf    borrowed for the parent's life
 * @param problem receives one line
 * @return 0; RTH_ERR_EXISTS: another recorder listens there; RTH_ERR_IO,
 *         RTH_ERR_NOMEM
 */
enum rth_err rth_parent_create(struct rth_parent **parentp,
			       const struct rth_recorder_conf *conf,
			       const char *path,
			       struct rth_conf_problem *problem) RTH_CHECKED;

/**
 * Serves until SIGTERM or SIGINT, which the caller has blocked, with SIGCHLD.
 * Then no new recordings begin, the children finish what they have, and when
 * they have ended, or RTH_STOP_MS have passed, it returns; children that still
 * finish go on. A parent that is killed leaves its children at work, too.
 *
 * @param keys  borrowed
 * @param store descriptor of the folder of recordings; borrowed
 * @return 0; in a child, which must then exit with *statusp, RTH_ERR_STATE
 */
enum rth_err rth_parent_serve(struct rth_parent *parent,
			      const struct rth_clinic_keys *keys, int store,
			      int *statusp) RTH_CHECKED;

/** Closes; NULL is allowed. */
void rth_parent_free(struct rth_parent *parent);

#endif
