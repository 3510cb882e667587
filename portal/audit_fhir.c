/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FHIR R4 (hl7.org/fhir/R4/auditevent.html, provenance.html). What R4 has no
 * code for is told by a subtype of ours.
 */
#include "audit_fhir.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json_strict.h"
#include "json_text.h"
#include "mem.h"
#include "text.h"

#define DICOM "http://dicom.nema.org/resources/ontology/DCM"
#define ACTIONS "urn:rthealth:audit:action"
#define IDS "urn:rthealth:id"
#define KEYS "urn:rthealth:audit:key"
#define HELD "urn:rthealth:audit:line"
#define SOURCES "http://terminology.hl7.org/CodeSystem/security-source-type"
#define SIGNATURE_CHARS 86 /* base64url of 64 bytes */

struct kind {
	const char *action; /* of ours, or how it begins or ends */
	const char *code;   /* of AuditEvent.type */
	const char *display;
	const char *sub; /* of AuditEvent.subtype, or NULL */
	const char *sub_display;
	const char *done; /* AuditEvent.action */
};

/*
 * The first one that fits; the last one always does. A row of an action that
 * has been exported is not changed: exports are compared with it.
 */
/* clang-format off */
static const struct kind kinds[] = {
	{"signed-in", "110114", "User Authentication", "110122", "Login", "E"},
	{"sign-in-", "110114", "User Authentication", "110122", "Login", "E"},
	{"signed-out", "110114", "User Authentication", "110123", "Logout",
	 "E"},
	{"portal-started", "110100", "Application Activity", "110120",
	 "Application Start", "E"},
	{"portal-stopped", "110100", "Application Activity", "110121",
	 "Application Stop", "E"},
	{"audit-broken", "110113", "Security Alert", NULL, NULL, "E"},
	{"audit-", "110101", "Audit Log Used", NULL, NULL, "R"},
	{"key-", "110113", "Security Alert", NULL, NULL, "U"},
	{"list", "110112", "Query", NULL, NULL, "R"},
	{"play", "110100", "Application Activity", NULL, NULL, "R"},
	{"watched", "110100", "Application Activity", NULL, NULL, "R"},
	{"-exported", "110106", "Export", NULL, NULL, "R"},
	{"-made", "110100", "Application Activity", NULL, NULL, "C"},
	{"-changed", "110100", "Application Activity", NULL, NULL, "U"},
	{"-cancelled", "110100", "Application Activity", NULL, NULL, "U"},
	{"-deleted", "110100", "Application Activity", NULL, NULL, "D"},
	{"-listed", "110112", "Query", NULL, NULL, "R"},
	{"", "110100", "Application Activity", NULL, NULL, "E"},
};
/* clang-format on */

static const struct kind *kind_of(const char *action)
{
	size_t len = strlen(action), n, i;

	for (i = 0;; i++) {
		const char *part = kinds[i].action;

		n = strlen(part);
		if (n > len)
			continue;
		if (*part == '-' ? strcmp(action + len - n, part) == 0
				 : strncmp(action, part, n) == 0)
			return &kinds[i];
	}
}

static json_t *coding(const char *system, const char *code, const char *display)
{
	return json_pack("{s:s, s:s, s:s*}", "system", system, "code", code,
			 "display", display);
}

static json_t *subtypes(const struct kind *kind, const char *action)
{
	if (!kind->sub)
		return json_pack("[o]", coding(ACTIONS, action, NULL));
	return json_pack("[o, o]", coding(DICOM, kind->sub, kind->sub_display),
			 coding(ACTIONS, action, NULL));
}

/* "2026-01-31T09:30:00.250Z" */
static enum rth_err instant(char out[32], int64_t time_ms)
{
	char time[RTH_TIME_SIZE];

	if (rth_text_time(time, time_ms / 1000))
		return RTH_ERR_FORMAT;
	snprintf(out, 32, "%.19s.%03dZ", time, (int)(time_ms % 1000));
	return 0;
}

static json_t *agents(const struct rth_audit_row *row)
{
	const char *who = *row->subject ? row->subject : "unknown";

	if (!*row->role)
		return json_pack("[{s:{s:{s:s, s:s}}, s:b}]", "who",
				 "identifier", "system", IDS, "value", who,
				 "requestor", *row->subject != '\0');
	return json_pack("[{s:{s:{s:s, s:s}}, s:[{s:s}], s:b}]", "who",
			 "identifier", "system", IDS, "value", who, "role",
			 "text", row->role, "requestor", *row->subject != '\0');
}

static json_t *source(void)
{
	return json_pack("{s:{s:s}, s:[o]}", "observer", "display",
			 "rthealth-portal", "type",
			 coding(SOURCES, "4", "Application Server"));
}

static enum rth_err set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) ? RTH_ERR_NOMEM : 0;
}

static enum rth_err add_entity(json_t *resource, const char *id,
			       const char *what)
{
	json_t *list = json_object_get(resource, "entity");
	json_t *entity;

	if (!*id)
		return 0;
	if (!list) {
		if (set(resource, "entity", json_array()))
			return RTH_ERR_NOMEM;
		list = json_object_get(resource, "entity");
	}
	entity = json_pack("{s:{s:{s:s, s:s}}, s:s}", "what", "identifier",
			   "system", IDS, "value", id, "description", what);
	return json_array_append_new(list, entity) ? RTH_ERR_NOMEM : 0;
}

/* Why something was refused belongs to its outcome. */
static enum rth_err add_outcome(json_t *resource,
				const struct rth_audit_row *row)
{
	bool good = strcmp(row->outcome, "ok") == 0;
	enum rth_err err =
		set(resource, "outcome", json_string(good ? "0" : "4"));

	if (!err && !good)
		err = set(resource, "outcomeDesc",
			  *row->reason ? json_pack("s+++", row->outcome, ": ",
						   row->reason, "")
				       : json_string(row->outcome));
	else if (!err && *row->reason)
		err = set(resource, "purposeOfEvent",
			  json_pack("[{s:s}]", "text", row->reason));
	return err;
}

/* The line that was chained or signed, whole. */
static enum rth_err add_held(json_t *resource, const json_t *line)
{
	char *text;
	enum rth_err err = rth_json_canonical(&text, NULL, line);

	if (err)
		return err;
	err = set(resource, "extension",
		  json_pack("[{s:s, s:s}]", "url", HELD, "valueString", text));
	rth_free(text);
	return err;
}

static enum rth_err make_event(json_t **resourcep,
			       const struct rth_audit_row *row,
			       const json_t *exported)
{
	const struct kind *kind = kind_of(row->action);
	char recorded[32], id[32];
	json_t *resource;
	enum rth_err err = instant(recorded, row->time_ms);

	if (err)
		return err;
	snprintf(id, sizeof(id), "row-%" PRId64, row->n);
	resource = json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:o}",
			     "resourceType", "AuditEvent", "id", id, "type",
			     coding(DICOM, kind->code, kind->display),
			     "subtype", subtypes(kind, row->action), "action",
			     kind->done, "recorded", recorded, "agent",
			     agents(row), "source", source());
	if (!resource)
		return RTH_ERR_NOMEM;
	err = add_outcome(resource, row);
	if (!err)
		err = add_entity(resource, row->object, "object");
	if (!err)
		err = add_entity(resource, row->visit, "visit");
	if (!err)
		err = add_held(resource, exported);
	if (err)
		json_decref(resource);
	else
		*resourcep = resource;
	return err;
}

enum rth_err rth_audit_fhir_row(json_t **resourcep, const json_t *exported)
{
	struct rth_audit_row *row = rth_alloc(sizeof(*row));
	char prev[RTH_HASH_SIZE];
	enum rth_err err;

	if (!row)
		return RTH_ERR_NOMEM;
	err = rth_audit_row_read(row, prev, exported);
	if (!err)
		err = make_event(resourcep, row, exported);
	rth_free(row);
	return err;
}

/* FHIR's base64Binary is padded and of the other alphabet (RFC 4648, 4). */
static enum rth_err padded(char out[SIGNATURE_CHARS + 3], const char *text)
{
	size_t i;

	if (!text || strlen(text) != SIGNATURE_CHARS)
		return RTH_ERR_FORMAT;
	for (i = 0; i < SIGNATURE_CHARS; i++)
		out[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	memcpy(out + SIGNATURE_CHARS, "==", 3);
	return 0;
}

enum rth_err rth_audit_fhir_head(json_t **resourcep, const json_t *object)
{
	json_int_t n = json_integer_value(json_object_get(object, "n"));
	const char *time = json_string_value(json_object_get(object, "time"));
	const char *key = json_string_value(json_object_get(object, "key"));
	char data[SIGNATURE_CHARS + 3], target[48];
	json_t *resource;
	enum rth_err err = padded(
		data, json_string_value(json_object_get(object, "signature")));

	if (err || !time || !key)
		return RTH_ERR_FORMAT;
	snprintf(target, sizeof(target), "AuditEvent/row-%" JSON_INTEGER_FORMAT,
		 n);
	resource = json_pack(
		"{s:s, s:[{s:s}], s:s, s:[{s:{s:s}}],"
		" s:[{s:[{s:s, s:s, s:s}], s:s, s:{s:{s:s, s:s}}, s:s}]}",
		"resourceType", "Provenance", "target", "reference", target,
		"recorded", time, "agent", "who", "display", "rthealth-portal",
		"signature", "type", "system", "urn:iso-astm:E1762-95:2013",
		"code", "1.2.840.10065.1.12.1.14", "display",
		"Source Signature", "when", time, "who", "identifier", "system",
		KEYS, "value", key, "data", data);
	if (!resource)
		return RTH_ERR_NOMEM;
	err = add_held(resource, object);
	if (err)
		json_decref(resource);
	else
		*resourcep = resource;
	return err;
}

enum rth_err rth_audit_fhir_held(json_t **objectp, const json_t *resource)
{
	const char *text = json_string_value(json_object_get(
		json_array_get(json_object_get(resource, "extension"), 0),
		"valueString"));
	json_t *object, *again;
	enum rth_err err;

	if (!text)
		return RTH_ERR_FORMAT;
	err = rth_json_object_sure(&object, text, strlen(text));
	if (err)
		return err;
	err = json_object_get(object, "signature")
		      ? rth_audit_fhir_head(&again, object)
		      : rth_audit_fhir_row(&again, object);
	if (!err) {
		if (!json_equal(again, resource))
			err = RTH_ERR_FORMAT;
		json_decref(again);
	}
	if (err)
		json_decref(object);
	else
		*objectp = object;
	return err;
}
