/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the host's admin API may ask: lists without names, ends, removals
 * (docs/protocol.md, "Admin messages").
 */
#ifndef RTH_ADMIN_H
#define RTH_ADMIN_H

#include "control.h"

/**
 * Answers one admin message. Any thread but media and control threads: it
 * waits for the control thread.
 *
 * @param message borrowed
 * @return the answer, to json_decref; NULL without memory
 */
json_t *rth_admin_message(struct rth_control *control,
			  const json_t *message) RTH_CHECKED;

/**
 * Says what a session is doing: state, role, ids and counts. Any thread, and
 * never waits: the host asks with the handle's lock held, for which the control
 * thread may be waiting in host->push.
 *
 * @return the answer, to json_decref; NULL without memory
 */
json_t *rth_admin_session(const struct rth_session *session) RTH_CHECKED;

#endif
