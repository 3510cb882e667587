/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All about one person, as files. Of others there is in it what they said and
 * showed in a recorded visit, and the names of clinicians.
 */
#include "person.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "audit_chain.h"
#include "json_text.h"
#include "mem.h"
#include "recording_export.h"
#include "store_door.h"
#include "store_told.h"
#include "store_waiting.h"
#include "text.h"
#include "write.h"

#define VERSION 1
#define ROWS_MAX 500 /* of the audit at a time */

/* ---- Files ---- */

static enum rth_err make_file(int *fdp, int to, const char *name)
{
	int fd = openat(to, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0)
		return RTH_ERR_IO;
	*fdp = fd;
	return 0;
}

static enum rth_err close_file(int fd, enum rth_err err)
{
	if (!err && fsync(fd))
		err = RTH_ERR_IO;
	if (close(fd) && !err)
		err = RTH_ERR_IO;
	return err;
}

static enum rth_err write_line(int fd, const json_t *json)
{
	char *text;
	size_t len;
	enum rth_err err = rth_json_text(&text, &len, json);

	if (err)
		return err;
	err = rth_write_all(fd, text, len);
	if (!err)
		err = rth_write_all(fd, "\n", 1);
	rth_free(text);
	return err;
}

static enum rth_err make_folder(int *fdp, int to, const char *name)
{
	int fd;

	if (mkdirat(to, name, 0700) && errno != EEXIST)
		return RTH_ERR_IO;
	fd = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return RTH_ERR_IO;
	*fdp = fd;
	return 0;
}

/* ---- person.json ---- */

struct listing {
	struct rth_person *person;
	const struct rth_user *user;
	json_t *visits;
	json_t *recordings; /* ids; exported while the database is not read */
};

/* A clinician's visit tells who they are, and not who their patient is. */
static enum rth_err list_visit(const struct rth_visit *visit, void *arg)
{
	struct listing *l = arg;
	bool patient = strcmp(visit->patient_email, l->user->email) == 0;
	char start[RTH_TIME_SIZE];
	enum rth_err err = rth_text_time(start, visit->start_s);

	if (err)
		return err;
	l->person->visits++;
	return json_array_append_new(
		       l->visits,
		       json_pack("{s:s, s:s, s:s?, s:s, s:I, s:b, s:b, s:s?,"
				 " s:s?, s:I, s:s?, s:b, s:b}",
				 "id", visit->id, "role",
				 patient ? "patient" : "clinician", "title",
				 patient ? visit->title : NULL, "start", start,
				 "minutes", (json_int_t)visit->minutes,
				 "cancelled", visit->cancelled, "recorded",
				 visit->recorded, "clinician",
				 patient ? visit->clinician_name : NULL, "kind",
				 *visit->kind ? visit->kind : NULL,
				 "seconds_together",
				 (json_int_t)(visit->both_ms / 1000), "door",
				 *visit->door ? visit->door : NULL, "urgent",
				 visit->urgent, "ended", visit->ended))
		       ? RTH_ERR_NOMEM
		       : 0;
}

/* The person's own line in one visit. */
struct line {
	bool clinician;
	json_t *list;
};

static enum rth_err line_one(bool clinician, const struct rth_quality *q,
			     void *arg)
{
	const struct line *line = arg;

	if (clinician != line->clinician)
		return 0;
	return json_array_append_new(
		       line->list,
		       json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "time",
				 (json_int_t)q->time_s, "loss_permille",
				 (json_int_t)q->loss_permille, "round_trip_ms",
				 (json_int_t)q->round_trip_ms, "received_kbps",
				 (json_int_t)q->received_kbps, "sent_kbps",
				 (json_int_t)q->sent_kbps, "limited",
				 q->limited))
		       ? RTH_ERR_NOMEM
		       : 0;
}

static enum rth_err list_lines(const struct listing *l)
{
	enum rth_err err = 0;
	json_t *visit;
	size_t i;

	json_array_foreach(l->visits, i, visit)
	{
		const char *id =
			json_string_value(json_object_get(visit, "id"));
		const char *role =
			json_string_value(json_object_get(visit, "role"));
		struct line line = {strcmp(role, "clinician") == 0,
				    json_array()};

		if (json_object_set_new(visit, "quality", line.list))
			return RTH_ERR_NOMEM;
		err = rth_store_quality_each(l->person->store, id, line_one,
					     &line);
		if (err)
			break;
	}
	return err;
}

static enum rth_err list_recording(const char *recording, bool hold, void *arg)
{
	struct listing *l = arg;

	(void)hold;
	return json_array_append_new(l->recordings, json_string(recording))
		       ? RTH_ERR_NOMEM
		       : 0;
}

/* Of a clinician. */
static enum rth_err own_door(json_t **jsonp, const struct listing *l)
{
	struct rth_door door;
	enum rth_err err =
		rth_store_door_of(l->person->store, &door, l->user->id);
	json_t *json;

	if (err && err != RTH_ERR_NOT_FOUND)
		return err;
	json = err ? json_null()
		   : json_pack("{s:s, s:s, s:b}", "name", door.name, "title",
			       door.title, "open", door.open);
	if (!json)
		return RTH_ERR_NOMEM;
	*jsonp = json;
	return 0;
}

/* An urgent call that nobody has taken. */
static enum rth_err own_call(json_t **jsonp, const struct listing *l)
{
	struct rth_visit call;
	char made[RTH_TIME_SIZE];
	enum rth_err err = rth_store_call_get(l->person->store, &call, NULL,
					      l->user->email, l->person->now_s);
	json_t *json;

	if (err && err != RTH_ERR_NOT_FOUND)
		return err;
	if (!err && rth_text_time(made, call.start_s))
		return RTH_ERR_LIMIT;
	json = err ? json_null()
		   : json_pack("{s:s, s:s}", "id", call.id, "made", made);
	if (!json)
		return RTH_ERR_NOMEM;
	*jsonp = json;
	return 0;
}

static enum rth_err list_waiting(const char *visit, int64_t since_ms,
				 const char *found, void *arg)
{
	json_t *list = arg;
	char since[RTH_TIME_SIZE];
	enum rth_err err = rth_text_time(since, since_ms / 1000);

	if (err)
		return err;
	return json_array_append_new(list,
				     json_pack("{s:s, s:s, s:o?}", "visit",
					       visit, "since", since, "check",
					       json_loads(found, 0, NULL)))
		       ? RTH_ERR_NOMEM
		       : 0;
}

/* Where they wait now, and whether they are on call. */
static enum rth_err add_now(json_t *person, const struct listing *l)
{
	json_t *list = json_array();
	bool on = false;
	enum rth_err err =
		rth_store_duty_get(l->person->store, &on, l->user->id);

	if (!err)
		err = rth_store_person_waiting(l->person->store, l->user->id,
					       list_waiting, list);
	if (!err && json_object_set(person, "waiting", list))
		err = RTH_ERR_NOMEM;
	if (!err && json_object_set_new(person, "on_call", json_boolean(on)))
		err = RTH_ERR_NOMEM;
	json_decref(list);
	return err;
}

static enum rth_err write_person(const struct listing *l, int to)
{
	char made[RTH_TIME_SIZE];
	json_t *json, *door = NULL, *call = NULL;
	int fd;
	enum rth_err err = rth_text_time(made, l->person->now_s);

	if (!err)
		err = own_door(&door, l);
	if (!err)
		err = own_call(&call, l);
	if (err) {
		json_decref(door);
		return err;
	}
	json = json_pack("{s:i, s:s, s:s?, s:s, s:s, s:O, s:O, s:o, s:o}",
			 "version", VERSION, "made", made, "id",
			 *l->user->id ? l->user->id : NULL, "email",
			 l->user->email, "name", l->user->name, "visits",
			 l->visits, "recordings", l->recordings, "door", door,
			 "urgent_call", call);
	err = json ? add_now(json, l) : RTH_ERR_NOMEM;
	if (!err)
		err = make_file(&fd, to, "person.json");
	if (!err)
		err = close_file(fd, write_line(fd, json));
	json_decref(json);
	return err;
}

/* ---- audit.jsonl ---- */

struct rows {
	int fd;
	int64_t n; /* of the last one */
	bool any;
};

static enum rth_err write_row(const struct rth_audit_row *row, const char *name,
			      void *arg)
{
	struct rows *rows = arg;
	json_t *json;
	enum rth_err err = rth_audit_row_json(&json, row, RTH_AUDIT_FIRST);

	(void)name;
	if (err)
		return err;
	json_object_del(json, "prev"); /* the chain is the clinic's */
	err = write_line(rows->fd, json);
	json_decref(json);
	rows->n = row->n;
	rows->any = true;
	return err;
}

/* What they did, newest first; what was done with a recording of theirs. */
static enum rth_err write_rows(struct rth_store *store, int fd,
			       const char *subject, const char *object)
{
	struct rth_audit_filter filter = {
		.subject = subject,
		.object = object,
		.limit = ROWS_MAX,
	};
	struct rows rows = {.fd = fd, .any = true};
	enum rth_err err = 0;

	while (!err && rows.any) {
		rows.any = false;
		err = rth_store_audit_list(store, &filter, write_row, &rows);
		filter.below_n = rows.n;
	}
	return err;
}

static enum rth_err write_audit(const struct listing *l, int to)
{
	size_t i, n = json_array_size(l->recordings);
	struct rth_store *store = l->person->store;
	int fd;
	enum rth_err err = make_file(&fd, to, "audit.jsonl");

	if (err)
		return err;
	if (*l->user->id)
		err = write_rows(store, fd, l->user->id, NULL);
	for (i = 0; i < n && !err; i++)
		err = write_rows(
			store, fd, NULL,
			json_string_value(json_array_get(l->recordings, i)));
	return close_file(fd, err);
}

/* ---- recordings/ ---- */

struct telling {
	const struct rth_person *person;
	const char *id;
};

static void tell_file(void *arg, const char *file, const char *text)
{
	const struct telling *t = arg;

	(void)file;
	t->person->tell(t->person->arg, t->id, text);
}

static enum rth_err export_files(const struct rth_person *person,
				 const struct rth_recording_folder *folder,
				 int to)
{
	struct telling telling = {person, folder->id};
	struct rth_export e = {
		.pairs = person->pairs,
		.tell = tell_file,
		.arg = &telling,
	};
	int fd;
	enum rth_err err = make_folder(&fd, to, folder->id);

	if (err)
		return err;
	err = rth_recording_export(folder, fd, &e);
	close(fd);
	return err;
}

static enum rth_err export_one(const struct rth_person *person, const char *id,
			       int to)
{
	struct rth_recording_folder *folder;
	enum rth_err err = rth_recording_folder_open(
		&folder, person->settings->recordings.folder, id);

	if (err)
		return err;
	if (rth_recording_folder_running(folder))
		err = RTH_ERR_STATE;
	else
		err = export_files(person, folder, to);
	rth_recording_folder_close(folder);
	return err;
}

static enum rth_err export_recordings(const struct listing *l, int to)
{
	struct rth_person *person = l->person;
	size_t i, n = json_array_size(l->recordings);
	int fd;
	enum rth_err err = n ? make_folder(&fd, to, "recordings") : 0;

	if (!n || err)
		return err;
	for (i = 0; i < n && err != RTH_ERR_NOMEM; i++) {
		const char *id =
			json_string_value(json_array_get(l->recordings, i));

		err = export_one(person, id, fd);
		if (err)
			person->failed++;
		else
			person->recordings++;
		person->tell(person->arg, id,
			     err ? rth_err_name(err) : "exported");
	}
	close(fd);
	return err == RTH_ERR_NOMEM ? err : 0;
}

/* ---- */

static enum rth_err export_audit_row(const struct rth_person *person,
				     const struct rth_user *user)
{
	const struct rth_audit row = {
		.subject = person->by,
		.action = "person-exported",
		.object = *user->id ? user->id : NULL,
	};

	return rth_store_audit(person->store, &row, person->now_s);
}

static enum rth_err fill(struct listing *l)
{
	struct rth_store *store = l->person->store;
	enum rth_err err;

	if (!l->visits || !l->recordings)
		return RTH_ERR_NOMEM;
	err = rth_store_person_visits(store, l->user, list_visit, l);
	if (!err)
		err = list_lines(l);
	if (!err)
		err = rth_store_person_recordings(store, l->user->email,
						  list_recording, l);
	if (!err && !*l->user->id && !l->person->visits)
		err = RTH_ERR_NOT_FOUND;
	return err;
}

enum rth_err rth_person_export(struct rth_person *person, const char *email,
			       int to)
{
	struct rth_user user;
	struct listing l = {person, &user, json_array(), json_array()};
	enum rth_err err;

	memset(&user, 0, sizeof(user));
	person->recordings = person->failed = person->visits = 0;
	err = rth_store_person(person->store, &user, email);
	if (err == RTH_ERR_NOT_FOUND) { /* only named in visits */
		strncpy(user.email, email, sizeof(user.email) - 1);
		err = 0;
	}
	if (!err)
		err = fill(&l);
	if (!err)
		err = export_audit_row(person, &user);
	if (!err)
		err = write_person(&l, to);
	if (!err)
		err = write_audit(&l, to);
	if (!err)
		err = export_recordings(&l, to);
	if (!err && fsync(to))
		err = RTH_ERR_IO;
	json_decref(l.visits);
	json_decref(l.recordings);
	return err;
}
