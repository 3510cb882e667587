/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events. See event.h.
 */
#include "event.h"

#include <string.h>
#include <unistd.h>

#include "mem.h"

#define NAME_MAX_BYTES 64

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
	return rth_condition_add(
		json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b}", "participant",
			  session->participant, "role",
			  rth_role_name(session->who.role), "name",
			  session->who.name, "media", session->media,
			  "microphone", session->microphone, "camera",
			  session->camera, "screen", session->screen),
		&session->condition);
}

json_t *rth_event_by(const struct rth_session *by)
{
	if (!by)
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "participant", by->participant,
			 "sub", by->who.sub, "role",
			 rth_role_name(by->who.role));
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
	rth_event_tell(control, event);
}

void rth_event_report_room(const struct rth_control *control, const char *name,
			   const struct rth_room *room)
{
	rth_event_tell(control, json_pack("{s:s, s:s}", "event", name, "room",
					  room->id));
}

/* ---- Boots ---- */

enum rth_err rth_boot_create(struct rth_boot **bootp)
{
	struct rth_boot *boot = rth_alloc(sizeof(*boot));
	enum rth_err err = boot ? rth_id_make(boot->id) : RTH_ERR_NOMEM;

	if (err)
		rth_free(boot);
	else
		*bootp = boot;
	return err;
}

json_t *rth_event_ready(const struct rth_control *control, json_t *event)
{
	json_t *more =
		json_pack("{s:s, s:i, s:I}", "boot", control->boot->id, "seq",
			  0, "time_ms", (json_int_t)control->host->time_ms());
	bool whole = event && more && json_object_update(event, more) == 0;

	json_decref(more);
	if (whole)
		return event;
	json_decref(event);
	return NULL;
}

void rth_event_tell_ready(const struct rth_control *control, json_t *ready)
{
	struct rth_boot *boot = control->boot;

	boot->seq++;
	if (boot->told_us)
		boot->told_us = control->host->now_us();
	if (!ready)
		return;
	json_integer_set(json_object_get(ready, "seq"), (json_int_t)boot->seq);
	control->host->notify(ready);
}

void rth_event_tell(const struct rth_control *control, json_t *event)
{
	rth_event_tell_ready(control, rth_event_ready(control, event));
}

/* What the portal knows this machine's plugin by, from one boot to the next. */
static void name_of(const struct rth_plugin_conf *conf,
		    char name[NAME_MAX_BYTES + 1])
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	name[0] = '\0';
	if (conf->name)
		strncat(name, conf->name, NAME_MAX_BYTES);
	else if (gethostname(name, NAME_MAX_BYTES) != 0)
		name[0] = '\0';
	name[NAME_MAX_BYTES] = '\0';
	for (size_t i = strspn(name, good); name[i];
	     i += strspn(name + i, good))
		name[i] = '-';
}

void rth_event_started(const struct rth_control *control)
{
	char name[NAME_MAX_BYTES + 1];

	name_of(control->conf, name);
	control->boot->told_us = 1;
	rth_event_tell(control, json_pack("{s:s, s:s}", "event", "started",
					  "host", *name ? name : "unknown"));
}

void rth_event_tick(const struct rth_control *control, int64_t now_us)
{
	if (control->boot->told_us &&
	    now_us - control->boot->told_us >= RTH_ALIVE_US)
		rth_event_tell(control, json_pack("{s:s}", "event", "alive"));
}

void rth_event_stopping(const struct rth_control *control)
{
	if (control->boot->told_us)
		rth_event_tell(control,
			       json_pack("{s:s}", "event", "stopping"));
}
