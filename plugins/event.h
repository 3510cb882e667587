/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events: what browsers (docs/protocol.md) and event handlers are told.
 * Control thread only.
 */
#ifndef RTH_EVENT_H
#define RTH_EVENT_H

#include "control.h"

/**
 * Sends an event to a session's browser.
 *
 * @param transaction of the request that it answers, or NULL
 * @param event       taken; NULL (no memory) is logged
 */
void rth_event_send(const struct rth_control *control,
		    struct rth_session *session, const char *transaction,
		    json_t *event);

/** Sends {"rthealth": name}. */
void rth_event_plain(const struct rth_control *control,
		     struct rth_session *session, const char *transaction,
		     const char *name);

/** Sends an error event. `code` and `text` as in docs/protocol.md. */
void rth_event_error(const struct rth_control *control,
		     struct rth_session *session, const char *transaction,
		     const char *request, const char *code, const char *text);

/** A participant as the other one may see it: {"participant", "role", ...}. */
json_t *rth_event_participant(const struct rth_session *session);

/**
 * Tells event handlers what happened to a session.
 *
 * @param more taken, further members; NULL for none
 */
void rth_event_report(const struct rth_control *control, const char *name,
		      const struct rth_session *session, json_t *more);

/** Tells event handlers what happened to a room. */
void rth_event_report_room(const struct rth_control *control, const char *name,
			   const struct rth_room *room);

#endif
