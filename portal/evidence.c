/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events about recordings, read by a table: a member that is not in it is not
 * taken, and one that is wrong spoils the event. So the audit never holds
 * anything but ids, codes, counts and hashes.
 */
#include "evidence.h"

#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "mem.h"
#include "recovery.h"
#include "store.h"

#define WORD_MAX_BYTES 64
#define REASON_MAX_BYTES 32
#define PARTS_MAX 10000
#define COUNT_MAX INT64_C(1000000000000000) /* of packets or milliseconds */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum kind {
	ID,	/* 22 base64url characters */
	WORD,	/* letters, digits, - _ . */
	LABEL,	/* printable ASCII, as in the plugin's configuration */
	CODE,	/* letters and - */
	SHA256, /* 64 hex digits */
	COUNT,
	FLAG,	/* true or false */
	CHOICE, /* one of the words of `choices` */
	PERSON, /* participant and role; the subject is the audit's own */
};

struct member {
	const char *name;
	enum kind kind;
	bool required;
	int64_t max;	     /* of a count, or of bytes */
	const char *choices; /* " a b c " */
};

static const struct member person_members[] = {
	{"participant", WORD, true, WORD_MAX_BYTES, NULL},
	{"role", CHOICE, true, 0, " clinician patient "},
	{NULL, ID, false, 0, NULL},
};

static const struct member recording_members[] = {
	{"recording", ID, true, 0, NULL},
	{"state", CHOICE, true, 0,
	 " asked running paused declined refused finished stored lost "},
	{"reason", CODE, false, REASON_MAX_BYTES, NULL},
	{"incomplete", FLAG, false, 0, NULL},
	{"lost_packets", COUNT, false, COUNT_MAX, NULL},
	{"lost_ms", COUNT, false, COUNT_MAX, NULL},
	{"parts", COUNT, false, PARTS_MAX, NULL},
	{"by", PERSON, false, 0, NULL},
	{NULL, ID, false, 0, NULL},
};

static const struct member consent_members[] = {
	{"recording", ID, true, 0, NULL},
	{"participant", WORD, true, WORD_MAX_BYTES, NULL},
	{"role", CHOICE, true, 0, " clinician patient "},
	{"answer", CHOICE, true, 0, " yes voice no none "},
	{"text_version", LABEL, true, WORD_MAX_BYTES, NULL},
	{"text_sha256", SHA256, false, 0, NULL},
	{"language", WORD, false, WORD_MAX_BYTES, NULL},
	{"time_ms", COUNT, true, COUNT_MAX, NULL},
	{NULL, ID, false, 0, NULL},
};

static bool spans(const char *text, const char *set, size_t max)
{
	size_t len = strlen(text);

	return len && len <= max && strspn(text, set) == len;
}

static bool printable(const char *text, size_t max)
{
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len && len <= max;
}

static bool chosen(const char *choices, const char *text)
{
	char between[WORD_MAX_BYTES + 3];

	if (!spans(text, LETTERS, WORD_MAX_BYTES))
		return false;
	snprintf(between, sizeof(between), " %s ", text);
	return strstr(choices, between) != NULL;
}

static bool good(const struct member *m, const json_t *value)
{
	const char *text = json_string_value(value);
	json_int_t n = json_integer_value(value);

	if (m->kind == COUNT)
		return json_is_integer(value) && n >= 0 && n <= m->max;
	if (m->kind == FLAG)
		return json_is_boolean(value);
	if (!text)
		return false;
	if (m->kind == ID)
		return rth_id_valid(text);
	if (m->kind == WORD)
		return spans(text, LETTERS DIGITS "-_.", (size_t)m->max);
	if (m->kind == LABEL)
		return printable(text, (size_t)m->max);
	if (m->kind == CODE)
		return spans(text, LETTERS "-", (size_t)m->max);
	if (m->kind == SHA256)
		return strlen(text) == 64 && spans(text, DIGITS "abcdef", 64);
	return chosen(m->choices, text);
}

static enum rth_err pick(json_t **pickedp, const struct member *members,
			 const json_t *data);

/* A copy of one member, if it is as it should be. */
static enum rth_err pick_one(json_t *picked, const struct member *m,
			     json_t *value)
{
	enum rth_err err = RTH_OK;

	if (m->kind == PERSON)
		err = pick(&value, person_members, value);
	else if (!good(m, value))
		err = RTH_ERR_FORMAT;
	else
		json_incref(value);
	if (!err && json_object_set_new(picked, m->name, value))
		err = RTH_ERR_NOMEM;
	return err;
}

/* A copy of what the table knows. */
static enum rth_err pick(json_t **pickedp, const struct member *members,
			 const json_t *data)
{
	json_t *picked = json_object();
	const struct member *m;
	enum rth_err err = picked ? 0 : RTH_ERR_NOMEM;

	for (m = members; m->name && !err; m++) {
		json_t *value = json_object_get(data, m->name);

		if (!value || json_is_null(value))
			err = m->required ? RTH_ERR_FORMAT : 0;
		else
			err = pick_one(picked, m, value);
	}
	if (err)
		json_decref(picked);
	else
		*pickedp = picked;
	return err;
}

static const char *text_of(const json_t *picked, const char *name)
{
	return json_string_value(json_object_get(picked, name));
}

static int64_t count_of(const json_t *picked, const char *name)
{
	return json_integer_value(json_object_get(picked, name));
}

/* Has it ended with this, and is something missing? */
static bool lossy(const struct rth_recording_row *row)
{
	return row->lost_ms || row->lost_packets ||
	       row->state == RTH_RECORDING_LOST ||
	       strcmp(row->reason, "failed") == 0 ||
	       strncmp(row->reason, "disk-", 5) == 0;
}

static enum rth_err read_state(struct rth_recording_row *row,
			       const json_t *picked, const char *room,
			       int64_t now_s)
{
	const char *reason = text_of(picked, "reason");

	*row = (struct rth_recording_row){
		.parts = count_of(picked, "parts"),
		.lost_ms = count_of(picked, "lost_ms"),
		.lost_packets = count_of(picked, "lost_packets"),
	};
	memcpy(row->id, text_of(picked, "recording"), RTH_ID_SIZE);
	memcpy(row->room, room, RTH_ID_SIZE);
	if (reason)
		memcpy(row->reason, reason, strlen(reason) + 1);
	if (!rth_recording_state_of(&row->state, text_of(picked, "state")))
		return RTH_ERR_FORMAT;
	if (row->state == RTH_RECORDING_RUNNING)
		row->begun_s = now_s;
	if (row->state >= RTH_RECORDING_DECLINED)
		row->ended_s = now_s;
	row->incomplete = lossy(row) ||
			  json_is_true(json_object_get(picked, "incomplete"));
	return 0;
}

/* What is written together with the row of the audit. */
struct writing {
	const struct rth_recording_row *row; /* NULL: of a consent */
	const struct rth_evidence_with *with;
	bool late;
};

static enum rth_err write_all(struct rth_store *store, void *arg)
{
	struct writing *w = arg;
	enum rth_err err = 0;

	if (w->row)
		err = rth_store_recording_put(store, w->row);
	w->late = err == RTH_ERR_STATE;
	if (!err && w->with->change)
		err = w->with->change(store, w->with->arg);
	return err;
}

/* A part of it may have lost its recorder, or the event of its beginning may:
   then its manifest knows. */
static void look_at(const struct rth_portal *portal,
		    const struct rth_recording_row *row)
{
	if (row->state == RTH_RECORDING_LOST ||
	    row->state == RTH_RECORDING_STORED)
		rth_recovery_start(portal, row->id);
}

/* Who answers has read a text. */
static bool text_named(const json_t *picked)
{
	const char *answer = text_of(picked, "answer");

	return !answer || strcmp(answer, "none") == 0 ||
	       (text_of(picked, "text_sha256") && text_of(picked, "language"));
}

static enum rth_err audit(const struct rth_portal *portal, const json_t *data,
			  const json_t *picked, struct writing *w)
{
	const char *room = text_of(data, "room");
	const json_t *by = json_object_get(data, "by");
	const char *sub = text_of(by ? by : data, "sub");
	const json_t *who = json_object_get(picked, "by");
	char visit[RTH_ID_SIZE], *text = NULL;
	struct rth_audit row = {
		.action = text_of(picked, "answer") ? "plugin:consent"
						    : "plugin:recording",
		.role = text_of(who ? who : picked, "role"),
		.object = text_of(picked, "recording"),
	};
	enum rth_err err = rth_json_text(&text, NULL, picked);

	if (err)
		return err;
	row.data = text;
	if (sub && spans(sub, LETTERS DIGITS "-_", WORD_MAX_BYTES))
		row.subject = sub;
	err = rth_store_visit_of_room(portal->store, visit, room);
	if (!err)
		row.visit = visit;
	if (!err || err == RTH_ERR_NOT_FOUND)
		err = rth_store_audited(portal->store, &row, portal->now_s(),
					write_all, w);
	rth_free(text);
	/* The audit's own RTH_ERR_STATE is no late event. */
	return err == RTH_ERR_STATE && !w->late ? RTH_ERR_IO : err;
}

bool rth_evidence_is(const char *event)
{
	return strcmp(event, "recording") == 0 || strcmp(event, "consent") == 0;
}

enum rth_err rth_evidence_take(const struct rth_portal *portal,
			       const json_t *data,
			       const struct rth_evidence_with *with)
{
	const char *event = text_of(data, "event");
	const char *room = text_of(data, "room");
	struct rth_recording_row row;
	struct writing w = {NULL, with, false};
	json_t *picked;
	enum rth_err err;

	if (!event || !rth_evidence_is(event) || !rth_id_valid(room))
		return RTH_ERR_FORMAT;
	if (strcmp(event, "recording") == 0)
		w.row = &row;
	err = pick(&picked, w.row ? recording_members : consent_members, data);
	if (err)
		return err;
	if (w.row)
		err = read_state(&row, picked, room, portal->now_s());
	else if (!text_named(picked))
		err = RTH_ERR_FORMAT;
	if (!err && with->data &&
	    json_object_update(picked, (json_t *)with->data))
		err = RTH_ERR_NOMEM;
	if (!err)
		err = audit(portal, data, picked, &w);
	if (!err && w.row)
		look_at(portal, &row);
	json_decref(picked);
	return err;
}
