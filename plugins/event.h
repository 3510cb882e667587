/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events: what browsers (docs/protocol.md) and event handlers are told.
 * Control thread only, but for what says otherwise.
 */
#ifndef RTH_EVENT_H
#define RTH_EVENT_H

#include "control.h"

/* Told when nothing else was for so long, so that silence means something. */
#define RTH_ALIVE_US INT64_C(60000000)

/*
 * One start of the plugin, as event handlers see it: each event carries its id
 * and the next number, so that whoever listens knows what is missing. What
 * could not be told for want of memory has a number, too.
 */
struct rth_boot {
	char id[RTH_ID_SIZE];
	int64_t seq;	 /* of the last event */
	int64_t told_us; /* when that was; 0: not started */
};

/** Makes one with a random id. Startup. RTH_ERR_NOMEM, RTH_ERR_CRYPTO. */
enum rth_err rth_boot_create(struct rth_boot **bootp) RTH_CHECKED;

/** Tells event handlers of the start. Before the control thread runs. */
void rth_event_started(const struct rth_control *control);

/** Tells that it is alive, if it has been silent for long. */
void rth_event_tick(const struct rth_control *control, int64_t now_us);

/** The last word, if it was started. */
void rth_event_stopping(const struct rth_control *control);

/**
 * Gives an event its boot and time, and room for its number, so that telling it
 * cannot fail.
 *
 * @param event taken; may be NULL
 * @return for rth_event_tell_ready; NULL without memory
 */
json_t *rth_event_ready(const struct rth_control *control, json_t *event);

/**
 * Tells event handlers: all that they are told goes through here, in the order
 * of the numbers.
 *
 * @param ready taken; NULL (no memory): its number is missing
 */
void rth_event_tell_ready(const struct rth_control *control, json_t *ready);

/** Both at once. `event` is taken; NULL: its number is missing. */
void rth_event_tell(const struct rth_control *control, json_t *event);

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

/** Who did it, for event handlers; JSON's null for nobody in a room. */
json_t *rth_event_by(const struct rth_session *by);

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
