/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events. See event.h.
 */
#include "event.h"

void rth_event_send(const struct rth_control *control,
		    struct rth_session *session, const char *transaction,
		    json_t *event)
{
	if (!event) {
		rth_control_log(control, RTH_LOG_ERROR, "event-lost no memory");
		return;
	}
	control->host->push(session->port.handle, transaction, event, NULL);
	json_decref(event);
}

void rth_event_plain(const struct rth_control *control,
		     struct rth_session *session, const char *transaction,
		     const char *name)
{
	rth_event_send(control, session, transaction,
		       json_pack("{s:s}", "rthealth", name));
}

void rth_event_error(const struct rth_control *control,
		     struct rth_session *session, const char *transaction,
		     const char *request, const char *code, const char *text)
{
	rth_event_send(control, session, transaction,
		       json_pack("{s:s, s:s*, s:s, s:s}", "rthealth", "error",
				 "request", request, "code", code, "error",
				 text));
}

json_t *rth_event_participant(const struct rth_session *session)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b}", "participant",
			 session->participant, "role",
			 rth_role_name(session->who.role), "name",
			 session->who.name, "media", session->media,
			 "microphone", session->microphone, "camera",
			 session->camera, "screen", session->screen);
}

void rth_event_report(const struct rth_control *control, const char *name,
		      const struct rth_session *session, json_t *more)
{
	json_t *event = json_pack("{s:s}", "event", name);

	if (event && session->who.room[0])
		json_object_update_new(
			event,
			json_pack("{s:s, s:s, s:s, s:s}", "room",
				  session->who.room, "participant",
				  session->participant, "sub", session->who.sub,
				  "role", rth_role_name(session->who.role)));
	if (event && more)
		json_object_update(event, more);
	json_decref(more);
	if (event)
		control->host->notify(session->port.handle, event);
}

void rth_event_report_room(const struct rth_control *control, const char *name,
			   const struct rth_room *room)
{
	json_t *event =
		json_pack("{s:s, s:s}", "event", name, "room", room->id);

	if (event)
		control->host->notify(NULL, event);
}
