/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The child: one process for one connection of the feed, from READY to DONE.
 * Hostile media that breaks it ends this recording and no other.
 *
 *     waiting ──BEGIN──▶ recording ──END, closed, error, SIGTERM──▶ over
 *
 * While waiting it has made no file and no folder.
 */
#ifndef RTH_CHILD_H
#define RTH_CHILD_H

#include "clinic_key.h"
#include "conf.h"

#define RTH_BEGIN_WAIT_MS 900000 /* for everybody's answer */

struct rth_child {
	int feed;  /* the connection */
	int store; /* the folder of all recordings */
	const struct rth_recorder_conf *conf;
	const struct rth_clinic_keys *keys;
};

/**
 * Lives and ends; runs in the forked process. SIGTERM, blocked by the parent,
 * finishes the recording as interrupted.
 *
 * @return the process's exit status: 0 unless the sandbox cannot be made or a
 *         recording could not be finished
 */
int rth_child_run(const struct rth_child *child);

#endif
