/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking for films, looking how far they are, having them. Whatever moves one
 * has its row in the audit in the same transaction.
 */
#include "film_handlers.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "film_make.h"
#include "files.h"
#include "films.h"
#include "log.h"
#include "media.h"
#include "play_timeline.h"
#include "portal.h"
#include "reason.h"
#include "rights.h"
#include "session.h"
#include "text.h"

#define FILMS_PER_MINUTE 20
#define UNFINISHED_MAX 10 /* of one person */
#define DATA_SIZE 160

static void reply_err(struct rth_exchange *x, enum rth_err err)
{
	if (err == RTH_ERR_NOT_FOUND)
		rth_reply_not_found(x);
	else if (err == RTH_ERR_LIMIT)
		rth_reply_error(x, 429, "too-many",
				"Too many films have been asked for.");
	else if (err == RTH_ERR_NOMEM) /* no key can be locked, too */
		rth_reply_error(x, 503, "busy",
				"Too much is going on. Please try again.");
	else
		rth_reply_failed(x, err);
}

/* ---- As JSON ---- */

static json_t *time_or_null(int64_t time_s)
{
	char text[RTH_TIME_SIZE];

	if (!time_s || rth_text_time(text, time_s))
		return json_null();
	return json_string(text);
}

static bool is_there(const struct rth_film *film, int64_t now_s)
{
	return film->state == RTH_FILM_DONE && film->bytes > 0 &&
	       film->expires_s > now_s;
}

static json_t *film_json(const struct rth_film *film, int64_t now_s)
{
	bool done = film->state == RTH_FILM_DONE;
	char href[64] = "";

	if (is_there(film, now_s))
		snprintf(href, sizeof(href), "/api/films/%s/file", film->id);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:f, s:o, s:o, s:o, s:s?,"
		" s:s?}",
		"id", film->id, "recording", film->recording, "container",
		film->container, "layout", film->layout, "burn_in",
		film->burn_in, "state", rth_film_state_name(film->state),
		"asked", time_or_null(film->asked_s), "progress",
		(double)film->permille / 1000, "remaining_s",
		film->remaining_s < 0 ? json_null()
				      : json_integer(film->remaining_s),
		"bytes", *href ? json_integer(film->bytes) : json_null(),
		"expires", done ? time_or_null(film->expires_s) : json_null(),
		"error", *film->error ? film->error : NULL, "href",
		*href ? href : NULL);
}

/* ---- Asking for one ---- */

/* One of these words, which stay. */
static bool read_word(char out[RTH_FILM_WORD_SIZE],
		      const struct rth_exchange *x, const char *name,
		      const char *const words[2])
{
	const char *text = rth_request_string(x, name);
	size_t i;

	for (i = 0; text && i < 2; i++)
		if (strcmp(text, words[i]) == 0) {
			snprintf(out, RTH_FILM_WORD_SIZE, "%s", words[i]);
			return true;
		}
	return false;
}

static const char *wrong_field(struct rth_film *film,
			       const struct rth_exchange *x)
{
	static const char *const containers[] = {"mp4", "webm"};
	static const char *const layouts[] = {"side-by-side",
					      "picture-in-picture"};
	const json_t *body = rth_request_body(x);
	const json_t *burn_in = json_object_get(body, "burn_in");

	if (!read_word(film->container, x, "container", containers))
		return "container";
	if (!read_word(film->layout, x, "layout", layouts))
		return "layout";
	if (!json_is_boolean(burn_in))
		return "burn_in";
	film->burn_in = json_is_true(burn_in);
	if (rth_reason_read(film->reason, x) ||
	    json_object_size(body) !=
		    (json_object_get(body, "reason") ? 4U : 3U))
		return "reason";
	return NULL;
}

/* 0 when it can be read and has ended; else there may be a reply. */
static enum rth_err check_readable(struct rth_exchange *x,
				   const struct rth_film *film, bool *repliedp)
{
	char what[RTH_UNREADABLE_SIZE];
	json_t *timeline = NULL;
	enum rth_err err = rth_play_timeline(&timeline, rth_request_portal(x),
					     film->recording, film->id, what);
	bool running = json_is_true(json_object_get(timeline, "running"));

	json_decref(timeline);
	if (err == RTH_ERR_NOMEM)
		return err;
	*repliedp = err || running;
	if (err)
		rth_reply_json(x, 409,
			       json_pack("{s:{s:s, s:s, s:s}}", "error", "code",
					 "unreadable", "message",
					 "This recording cannot be read.",
					 "what", what));
	else if (running)
		rth_reply_error(x, 409, "running",
				"This recording is still running.");
	return 0;
}

static enum rth_err put_film(struct rth_store *store, void *arg)
{
	return rth_store_film_add(store, arg, UNFINISHED_MAX);
}

static enum rth_err audited(const struct rth_exchange *x, const char *action,
			    struct rth_film *film,
			    const struct rth_reviewed *of,
			    rth_store_change_fn change)
{
	const struct rth_settings *s = &rth_request_portal(x)->settings;
	bool asked = film->state == RTH_FILM_WAITING && change == put_film;
	char data[DATA_SIZE];
	struct rth_audit row = {
		.action = action,
		.object = film->recording,
		.visit = *of->row.visit ? of->row.visit : NULL,
		.reason = asked ? rth_reason_code(s, film->reason) : NULL,
		.data = data,
	};

	snprintf(data, sizeof(data),
		 "{\"film\":\"%s\",\"container\":\"%s\",\"layout\":\"%s\","
		 "\"burn_in\":%s}",
		 film->id, film->container, film->layout,
		 film->burn_in ? "true" : "false");
	return rth_audit_change(x, &row, change, film);
}

static enum rth_err rate(const struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	char key[64];

	snprintf(key, sizeof(key), "film:%s", rth_request_session(x)->user.id);
	return rth_store_rate(portal->store, key, FILMS_PER_MINUTE, 60,
			      portal->now_s());
}

static void ask(struct rth_exchange *x, struct rth_film *film,
		const struct rth_reviewed *of)
{
	const struct rth_portal *portal = rth_request_portal(x);
	bool replied = false;
	enum rth_err err = rth_id_make(film->id);

	memcpy(film->user, rth_request_session(x)->user.id, sizeof(film->user));
	film->asked_s = portal->now_s();
	film->remaining_s = -1;
	if (!err)
		err = rate(x);
	if (!err)
		err = check_readable(x, film, &replied);
	if (replied)
		return;
	if (!err)
		err = audited(x, "film-asked", film, of, put_film);
	if (err) {
		reply_err(x, err);
		return;
	}
	rth_films_asked(portal->films);
	rth_reply_json(x, 202, film_json(film, film->asked_s));
}

void rth_film_handle_ask(struct rth_exchange *x)
{
	struct rth_film film = {.state = RTH_FILM_WAITING};
	struct rth_reviewed of;
	const char *wrong;
	enum rth_err err = rth_rights_find(&of, x, rth_request_param(x, 0),
					   RTH_MAY_DOWNLOAD);

	if (err) {
		reply_err(x, err);
		return;
	}
	wrong = wrong_field(&film, x);
	if (wrong) {
		rth_reply_bad_field(x, wrong,
				    "Please say container, layout, burn_in and "
				    "a reason of up to 200 characters.");
		return;
	}
	memcpy(film.recording, of.row.id, sizeof(film.recording));
	ask(x, &film, &of);
}

/* ---- Those that there are ---- */

struct listing {
	json_t *list;
	int64_t now_s;
};

static enum rth_err list_one(const struct rth_film *film, void *arg)
{
	const struct listing *l = arg;

	return json_array_append_new(l->list, film_json(film, l->now_s))
		       ? RTH_ERR_NOMEM
		       : 0;
}

void rth_film_handle_list(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct listing l = {NULL, portal->now_s()};
	struct rth_reviewed of;
	enum rth_err err = rth_rights_find(&of, x, rth_request_param(x, 0),
					   RTH_MAY_DOWNLOAD);

	if (!err) {
		l.list = json_array();
		err = l.list ? rth_store_film_each(portal->store, of.row.id,
						   list_one, &l)
			     : RTH_ERR_NOMEM;
	}
	if (err) {
		json_decref(l.list);
		reply_err(x, err);
		return;
	}
	rth_reply_json(x, 200, json_pack("{s:o}", "films", l.list));
}

/* The film of the path, of a recording that they may download. */
static enum rth_err find(struct rth_film *film, struct rth_reviewed *of,
			 const struct rth_exchange *x)
{
	const char *id = rth_request_param(x, 0);
	enum rth_err err = RTH_ERR_NOT_FOUND;

	if (rth_id_valid(id))
		err = rth_store_film_get(rth_request_portal(x)->store, film,
					 id);
	return err ? err
		   : rth_rights_find(of, x, film->recording, RTH_MAY_DOWNLOAD);
}

void rth_film_handle_get(struct rth_exchange *x)
{
	struct rth_film film;
	struct rth_reviewed of;
	enum rth_err err = find(&film, &of, x);

	if (err)
		reply_err(x, err);
	else
		rth_reply_json(
			x, 200,
			film_json(&film, rth_request_portal(x)->now_s()));
}

/* ---- Ending one ---- */

static enum rth_err put_cancelled(struct rth_store *store, void *arg)
{
	const struct rth_film *film = arg;

	return rth_store_film_cancel(store, film->id, film->ended_s);
}

/* It may have its name already, left by one who was killed before the end was
   told. */
static enum rth_err cancel_film(const struct rth_exchange *x,
				struct rth_film *film,
				const struct rth_reviewed *of)
{
	const struct rth_portal *portal = rth_request_portal(x);
	enum rth_err err =
		audited(x, "film-cancelled", film, of, put_cancelled);

	if (!err && portal->settings.recordings.folder &&
	    rth_film_unmake(portal->settings.recordings.folder, film))
		rth_log(RTH_LOG_ERROR, "film-left", "s:s", "film", film->id);
	return err;
}

static enum rth_err put_removed(struct rth_store *store, void *arg)
{
	const struct rth_film *film = arg;

	return rth_store_film_remove(store, film->id);
}

/* The file first: a row without one can be taken away again. */
static enum rth_err remove_film(const struct rth_exchange *x,
				struct rth_film *film,
				const struct rth_reviewed *of)
{
	const struct rth_portal *portal = rth_request_portal(x);
	enum rth_err err = 0;

	if (portal->settings.recordings.folder)
		err = rth_film_unmake(portal->settings.recordings.folder, film);
	return err ? err : audited(x, "film-deleted", film, of, put_removed);
}

void rth_film_handle_remove(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct rth_film film;
	struct rth_reviewed of;
	enum rth_err err = find(&film, &of, x);

	if (err) {
		reply_err(x, err);
		return;
	}
	film.ended_s = portal->now_s();
	err = RTH_ERR_NOT_FOUND;
	if (film.state == RTH_FILM_WAITING || film.state == RTH_FILM_RUNNING)
		err = cancel_film(x, &film, &of);
	/* Or it has just ended by itself. */
	if (err == RTH_ERR_NOT_FOUND)
		err = remove_film(x, &film, &of);
	rth_films_wake(portal->films);
	if (err)
		reply_err(x, err);
	else
		rth_reply_empty(x, 204);
}

/* ---- Having one ---- */

void rth_film_handle_file(struct rth_exchange *x)
{
	char name[RTH_RECORDING_NAME_SIZE];
	struct rth_film film;
	struct rth_reviewed of;
	enum rth_err err = find(&film, &of, x);
	struct rth_serve what = {
		.file = name,
		.kinds = RTH_SERVE(RTH_RECORDING_FILM),
		.attachment = true,
		.digest = film.digest,
		.before = rth_files_audit,
		.arg = &what,
	};

	if (err) {
		reply_err(x, err);
		return;
	}
	if (!is_there(&film, rth_request_portal(x)->now_s())) {
		rth_reply_error(x, 409, "not-ready",
				film.state == RTH_FILM_DONE
					? "This film has expired."
					: "This film is not finished.");
		return;
	}
	rth_film_file_name(name, &film);
	what.visit = *of.row.visit ? of.row.visit : NULL;
	rth_serve_session(&what, x, of.row.id, RTH_MAY_DOWNLOAD);
	rth_serve(x, &what);
}
