/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin told. See told.h.
 *
 * An event and its number are written in one transaction, so that whatever
 * happens in between it is either there or asked for again. Events without a
 * boot are of an older plugin: they are taken as they come.
 */
#include "told.h"

#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "json_text.h"
#include "log.h"
#include "mem.h"
#include "store_door.h"
#include "store_told.h"
#include "store_waiting.h"
#include "told_door.h"

#define BOOTS_MAX 64
#define SEQ_MAX INT64_C(1000000000000000)
#define NUMBER_MAX 1000000
#define AHEAD_MAX_MS 60000     /* clocks differ */
#define BEHIND_MAX_MS 86400000 /* more is another century's clock */
#define RETRY_MAX_S 2200       /* the longest pause of Janus's event handler */

struct told {
	const struct rth_portal *portal;
	const json_t *data;
	const char *event;
	const char *room; /* or NULL */
	char visit[RTH_ID_SIZE];
	bool call; /* `visit` is an urgent call that nobody has taken yet */
	struct rth_boot_row boot; /* as it will be; boot.boot "": none */
	int64_t from_seq;	  /* where it is */
	int64_t time_ms;
	json_t *numbers; /* for the row in the audit */
};

/* A word that may stand in the audit: an id or a code. */
static const char *word(const json_t *data, const char *name)
{
	const char *text = json_string_value(json_object_get(data, name));

	if (!text || strlen(text) >= RTH_TOLD_WORD_SIZE ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789-_") != strlen(text))
		return NULL;
	return text;
}

/* -1 when it is not known. */
static int64_t number(const json_t *data, const char *name, int64_t max)
{
	const json_t *value = json_object_get(data, name);
	json_int_t n = json_integer_value(value);

	return json_is_integer(value) && n >= 0 && n <= max ? n : -1;
}

static int64_t time_of(const struct rth_portal *portal, const json_t *data)
{
	int64_t now_ms = portal->now_s() * 1000;
	int64_t told_ms = number(data, "time_ms", SEQ_MAX);

	return told_ms < now_ms - BEHIND_MAX_MS ||
			       told_ms > now_ms + AHEAD_MAX_MS
		       ? now_ms
		       : told_ms;
}

static void ignored(enum rth_err err)
{
	rth_log(RTH_LOG_WARN, "event-ignored", "s:s", "error",
		rth_err_name(err));
}

/* ---- What one event changes ---- */

static bool is(const struct told *t, const char *event)
{
	return strcmp(t->event, event) == 0;
}

static enum rth_err note_presence(struct rth_store *store, const struct told *t)
{
	const char *role = word(t->data, "role");
	struct rth_presence presence = {
		.visit = t->visit,
		.boot = t->boot.boot,
		.clinician = role && strcmp(role, "clinician") == 0,
		.participant = word(t->data, "participant"),
		.time_ms = t->time_ms,
	};

	if (is(t, "room-closed"))
		presence.move = RTH_PRESENCE_CLOSED;
	else if (role && presence.participant && is(t, "joined"))
		presence.move = RTH_PRESENCE_JOINED;
	else if (role && presence.participant && is(t, "left"))
		presence.move = RTH_PRESENCE_LEFT;
	return rth_store_presence(store, &presence);
}

static enum rth_err note_quality(struct rth_store *store, const struct told *t)
{
	const struct rth_quality quality = {
		.time_s = t->time_ms / 1000,
		.loss_permille = number(t->data, "loss_permille", 1000),
		.round_trip_ms = number(t->data, "round_trip_ms", NUMBER_MAX),
		.received_kbps = number(t->data, "received_kbps", NUMBER_MAX),
		.sent_kbps = number(t->data, "sent_kbps", NUMBER_MAX),
		.limited = json_is_true(json_object_get(t->data, "limited")),
	};
	const char *role = word(t->data, "role");

	if (!role)
		return 0;
	return rth_store_quality_add(store, t->visit,
				     strcmp(role, "clinician") == 0, &quality);
}

static enum rth_err note_door(struct rth_store *store, const struct told *t)
{
	const struct rth_told_door door = {
		.data = t->data,
		.event = t->event,
		.visit = t->visit,
		.boot = t->boot.boot,
		.participant = word(t->data, "participant"),
		.sub = word(t->data, "sub"),
		.role = word(t->data, "role"),
		.reason = word(t->data, "reason"),
		.time_ms = t->time_ms,
	};

	return rth_told_door(store, &door);
}

static enum rth_err write_told(struct rth_store *store, void *arg)
{
	const struct told *t = arg;
	enum rth_err err = 0;

	if (*t->boot.boot)
		err = rth_store_boot_advance(store, &t->boot, t->from_seq);
	if (!err && *t->visit && *t->boot.boot && !t->call)
		err = note_presence(store, t);
	if (!err && *t->visit && *t->boot.boot)
		err = note_door(store, t);
	if (!err && *t->boot.boot && is(t, "stopping"))
		err = rth_store_waiting_boot(store, t->boot.boot);
	if (!err && *t->visit && !t->call && is(t, "quality"))
		err = note_quality(store, t);
	return err;
}

/* ---- Rows of the audit ---- */

static enum rth_err write_row(struct told *t, struct rth_audit *row,
			      const json_t *data)
{
	char *text = NULL;
	enum rth_err err = data ? rth_json_text(&text, NULL, data) : 0;

	if (err)
		return err;
	row->data = text;
	err = rth_store_audited(t->portal->store, row, t->portal->now_s(),
				write_told, t);
	rth_free(text);
	return err;
}

static enum rth_err keep_row(struct told *t)
{
	char action[RTH_TOLD_WORD_SIZE + 8];
	struct rth_audit row = {
		.subject = word(t->data, "sub"),
		.role = word(t->data, "role"),
		.action = action,
		.object = word(t->data, "participant"),
		.reason = word(t->data, "reason"),
		.visit = *t->visit ? t->visit : NULL,
	};

	if (is(t, "alive") || is(t, "quality"))
		return rth_store_change(t->portal->store, write_told, t);
	snprintf(action, sizeof(action), "plugin:%s", t->event);
	return write_row(t, &row, t->numbers);
}

/* What nobody can read is counted all the same: it has arrived. */
static enum rth_err keep_evidence(struct told *t)
{
	const struct rth_evidence_with with = {t->numbers, write_told, t};
	enum rth_err err = rth_evidence_take(t->portal, t->data, &with);

	if (err != RTH_ERR_FORMAT && err != RTH_ERR_STATE)
		return err;
	ignored(err);
	return rth_store_change(t->portal->store, write_told, t);
}

static enum rth_err find_visit(struct told *t)
{
	struct rth_store *store = t->portal->store;
	enum rth_err err = rth_store_visit_of_room(store, t->visit, t->room);

	if (err != RTH_ERR_NOT_FOUND)
		return err;
	err = rth_store_call_of_room(store, t->visit, t->room);
	t->call = !err;
	return err;
}

static enum rth_err keep(struct told *t)
{
	enum rth_err err = RTH_ERR_NOT_FOUND;

	if (*t->boot.boot) {
		t->numbers = json_pack("{s:s, s:I, s:I}", "boot", t->boot.boot,
				       "seq", (json_int_t)t->boot.seq,
				       "told_ms", (json_int_t)t->time_ms);
		if (!t->numbers)
			return RTH_ERR_NOMEM;
	}
	if (t->room)
		err = find_visit(t);
	if (!err || err == RTH_ERR_NOT_FOUND)
		err = rth_evidence_is(t->event) ? keep_evidence(t)
						: keep_row(t);
	json_decref(t->numbers);
	t->numbers = NULL;
	return err;
}

/* ---- What is missing ---- */

/*
 * A row about a boot: from `from` on events are missing, up to `to`, or nobody
 * knows how many (0).
 */
static enum rth_err tell_boot(const struct rth_portal *portal,
			      const struct rth_audit *what, int64_t from,
			      int64_t to, rth_store_change_fn change, void *arg)
{
	struct rth_audit row = *what;
	char data[96];

	if (to)
		snprintf(data, sizeof(data), "{\"from\":%lld,\"to\":%lld}",
			 (long long)from, (long long)to);
	else
		snprintf(data, sizeof(data), "{\"from\":%lld}",
			 (long long)from);
	row.data = data;
	rth_log(RTH_LOG_WARN, row.action, "s:s, s:I, s:I", "boot", row.object,
		"from", (json_int_t)from, "to", (json_int_t)to);
	return rth_store_audited(portal->store, &row, portal->now_s(), change,
				 arg);
}

static enum rth_err jump(struct rth_store *store, void *arg)
{
	const struct told *t = arg;
	struct rth_boot_row row = t->boot;
	enum rth_err err;

	row.seq--;
	row.end = RTH_BOOT_RUNS;
	err = rth_store_boot_advance(store, &row, t->from_seq);
	/* Who waits there is seen again. */
	return err ? err : rth_store_live_touch(store);
}

/* Who was sent away may be among what is missing. */
static enum rth_err jump_gap(struct rth_store *store, void *arg)
{
	const struct told *t = arg;
	enum rth_err err = jump(store, arg);

	return err ? err
		   : rth_store_admitted_boot(store, t->boot.boot,
					     t->from_seq == 0);
}

/* The event is not the next one, or of a boot that was thought gone. */
static enum rth_err tell_before(struct told *t, enum rth_boot_end end)
{
	const struct rth_audit missing = {
		.action = "events-missing",
		.object = t->boot.boot,
		.outcome = "failed",
		.reason = "gap",
	};
	const struct rth_audit resumed = {
		.action = "events-resumed",
		.object = t->boot.boot,
	};
	enum rth_err err = 0;

	if (t->boot.seq > t->from_seq + 1) {
		err = tell_boot(t->portal, &missing, t->from_seq + 1,
				t->boot.seq - 1, jump_gap, t);
		t->from_seq = t->boot.seq - 1;
	} else if (end == RTH_BOOT_GONE) {
		err = tell_boot(t->portal, &resumed, t->boot.seq, 0, jump, t);
	}
	return err;
}

static enum rth_err write_gone(struct rth_store *store, void *arg)
{
	const struct rth_boot_row *boot = arg;
	enum rth_err err = rth_store_boot_gone(store, boot);

	return err ? err : rth_store_waiting_boot(store, boot->boot);
}

/* It may be there all the time: who waits is hidden, and not forgotten. */
static enum rth_err write_silent(struct rth_store *store, void *arg)
{
	enum rth_err err = rth_store_boot_gone(store, arg);

	return err ? err : rth_store_live_touch(store);
}

static enum rth_err tell_gone(const struct rth_portal *portal,
			      struct rth_boot_row *boot, const char *reason,
			      rth_store_change_fn change)
{
	const struct rth_audit missing = {
		.action = "events-missing",
		.object = boot->boot,
		.outcome = "failed",
		.reason = reason,
	};
	enum rth_err err =
		tell_boot(portal, &missing, boot->seq + 1, 0, change, boot);

	return err == RTH_ERR_NOT_FOUND ? 0 : err; /* it has told something */
}

/* Where one starts, the one before has ended. */
static enum rth_err end_others(const struct told *t)
{
	struct rth_boot_row boots[BOOTS_MAX];
	size_t n = 0, i;
	enum rth_err err =
		rth_store_boots_running(t->portal->store, boots, BOOTS_MAX, &n,
					t->boot.host, INT64_MAX);

	for (i = 0; i < n && !err; i++)
		if (strcmp(boots[i].boot, t->boot.boot) != 0)
			err = tell_gone(t->portal, &boots[i], "restarted",
					write_gone);
	return err;
}

/* ---- One event ---- */

static enum rth_err read_boot(struct told *t)
{
	const json_t *data = t->data;
	const char *boot = word(data, "boot");
	const char *host = is(t, "started") ? word(data, "host") : NULL;

	if (!json_object_get(data, "boot") && !json_object_get(data, "seq"))
		return 0;
	t->boot.seq = number(data, "seq", SEQ_MAX);
	if (!rth_id_valid(boot) || t->boot.seq < 1)
		return RTH_ERR_FORMAT;
	memcpy(t->boot.boot, boot, RTH_ID_SIZE);
	if (host)
		memcpy(t->boot.host, host, strlen(host) + 1);
	t->boot.heard_s = t->portal->now_s();
	t->boot.end = is(t, "stopping") ? RTH_BOOT_STOPPED : RTH_BOOT_RUNS;
	return 0;
}

static enum rth_err take_next(struct told *t)
{
	struct rth_boot_row is_at = {.seq = 0};
	enum rth_err err =
		rth_store_boot_get(t->portal->store, &is_at, t->boot.boot);

	if (err && err != RTH_ERR_NOT_FOUND)
		return err;
	if (t->boot.seq <= is_at.seq)
		return 0; /* a repeat */
	t->from_seq = is_at.seq;
	err = tell_before(t, is_at.end);
	if (!err && *t->boot.host)
		err = end_others(t);
	return err ? err : keep(t);
}

enum rth_err rth_told_take(const struct rth_portal *portal, const json_t *data)
{
	struct told t = {
		.portal = portal,
		.data = data,
		.event = word(data, "event"),
		.room = word(data, "room"),
		.time_ms = time_of(portal, data),
	};
	enum rth_err err;

	if (!t.event || read_boot(&t)) {
		ignored(RTH_ERR_FORMAT);
		return 0;
	}
	if (!*t.boot.boot)
		return keep(&t);
	err = take_next(&t);
	/* Somebody else was given the same event, and was faster: see again. */
	return err == RTH_ERR_NOT_FOUND ? RTH_ERR_STATE : err;
}

/* ---- Silence ---- */

/* While nothing was taken Janus paused longer and longer, up to as long. */
static bool is_silent(const struct rth_boot_row *boot, int64_t takes_s,
		      int64_t now_s)
{
	int64_t away_s = takes_s - boot->heard_s;
	int64_t from_s = away_s > 0 ? takes_s : boot->heard_s;

	if (away_s > RETRY_MAX_S)
		away_s = RETRY_MAX_S;
	return now_s - from_s > RTH_TOLD_SILENCE_S + (away_s > 0 ? away_s : 0);
}

void rth_told_tick(struct rth_portal *portal)
{
	struct rth_boot_row boots[BOOTS_MAX];
	int64_t now_s = portal->now_s();
	size_t n = 0, i;
	enum rth_err err =
		rth_store_boots_running(portal->store, boots, BOOTS_MAX, &n,
					NULL, now_s - RTH_TOLD_SILENCE_S);

	for (i = 0; i < n && !err; i++)
		if (is_silent(&boots[i], portal->takes_s, now_s))
			err = tell_gone(portal, &boots[i], "silent",
					write_silent);
	if (!err)
		return;
	/* Nor could any be taken: it is as if the portal had been away. */
	portal->takes_s = now_s;
	rth_log(RTH_LOG_ERROR, "events-not-looked-at", "s:s", "error",
		rth_err_name(err));
}
