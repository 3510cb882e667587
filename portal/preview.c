/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Previews. What the program made of strangers' media is looked at before it
 * takes its name: a JPEG, and an outline of the form that docs/portal-api.md
 * has. It ends for a recovery and for a deletion, which lock the month.
 */
#include "preview.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "base64.h"
#include "film_inputs.h"
#include "json_strict.h"
#include "json_text.h"
#include "making.h"
#include "media.h"
#include "mem.h"
#include "recording_file.h"
#include "rights.h"

#define PICTURES 8
#define PICTURE_WIDTH 160
#define PICTURE_HEIGHT 90
#define STEPS_MAX 7200 /* of an outline */
#define STEP_MIN_MS 500
#define STEP_MAX_MS 60000
#define MAX_MS INT64_C(3600000)
#define FILE_MAX_BYTES (1 << 20)
#define LOOK_EVERY_MS 500

struct work {
	const struct rth_preview *preview;
	const struct rth_film_inputs *inputs;
	struct rth_making strip, outline;
	int64_t looked_ms; /* monotonic */
	bool full;
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool has_room(struct work *w)
{
	w->full = !rth_making_has_room(w->inputs->folder->fd,
				       w->preview->settings->films.reserve_mb);
	return !w->full;
}

static bool stopping(void *arg)
{
	struct work *w = arg;
	int64_t now_ms = monotonic_ms();

	if (w->preview->stopping(w->preview->arg))
		return true;
	if (now_ms - w->looked_ms < LOOK_EVERY_MS)
		return false;
	w->looked_ms = now_ms;
	return !has_room(w) || rth_making_disturbs(&w->strip);
}

static json_int_t step_ms(int64_t duration_ms)
{
	int64_t ms = duration_ms / STEPS_MAX + 1;

	if (ms < STEP_MIN_MS)
		return STEP_MIN_MS;
	return ms > STEP_MAX_MS ? STEP_MAX_MS : ms;
}

static enum rth_err run(struct work *w)
{
	const struct rth_film_inputs *in = w->inputs;
	json_t *json = json_pack(
		"{s:s, s:i, s:i, s:i, s:I, s:I, s:O}", "mode", "preview",
		"pictures", PICTURES, "width", PICTURE_WIDTH, "height",
		PICTURE_HEIGHT, "step_ms", step_ms(in->duration_ms),
		"duration_ms", (json_int_t)in->duration_ms, "files", in->files);
	struct rth_film_run run = {
		.program = w->preview->settings->films.program,
		.keys = in->keys,
		.keys_n = in->keys_n,
		.outs = {w->strip.fd, w->outline.fd},
		.ins = in->fds,
		.ins_n = in->fds_n,
		.max_ms = MAX_MS,
		.stopping = stopping,
		.arg = w,
	};
	char answer[RTH_FILM_ANSWER_SIZE], *job;
	enum rth_err err = rth_json_text(&job, NULL, json);

	json_decref(json);
	if (err)
		return err;
	run.job = job;
	err = rth_film_run(&run, answer);
	rth_free(job);
	return err;
}

/* ---- What was made ---- */

/* The plain bytes of a finished file, for rth_free. */
static enum rth_err read_made(char **bytesp, size_t *lenp,
			      const struct rth_making *making,
			      const struct rth_seal_key *key)
{
	struct rth_unseal *unseal = NULL;
	int fd = fcntl(making->fd, F_DUPFD_CLOEXEC, 3);
	char *bytes = NULL;
	size_t len = 0, got = 0;
	enum rth_err err = fd < 0 ? RTH_ERR_IO : 0;

	if (err)
		return err;
	err = rth_unseal_open(&unseal, fd, key);
	if (err) {
		close(fd);
		return RTH_ERR_DENIED;
	}
	if (!rth_unseal_complete(unseal) || !rth_unseal_length(unseal) ||
	    rth_unseal_length(unseal) > FILE_MAX_BYTES)
		err = RTH_ERR_DENIED;
	if (!err) {
		len = (size_t)rth_unseal_length(unseal);
		bytes = rth_alloc(len + 1);
		err = bytes ? rth_unseal_read(unseal, 0, bytes, len, &got, NULL)
			    : RTH_ERR_NOMEM;
	}
	if (!err && got != len)
		err = RTH_ERR_DENIED;
	rth_unseal_close(unseal);
	if (err) {
		rth_free(bytes);
	} else {
		*bytesp = bytes;
		*lenp = len;
	}
	return err;
}

static bool is_jpeg(const char *bytes, size_t len)
{
	return len > 4 && memcmp(bytes, "\xff\xd8\xff", 3) == 0 &&
	       memcmp(bytes + len - 2, "\xff\xd9", 2) == 0;
}

/* {"step_ms": n, "lanes": {"clinician": base64, "patient": base64}} */
static bool is_outline(const char *bytes, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789+/=";
	json_t *json = NULL, *lanes, *lane;
	const char *name;
	bool good;

	if (rth_json_object(&json, bytes, len))
		return false;
	lanes = json_object_get(json, "lanes");
	good = json_object_size(json) == 2 && json_is_object(lanes) &&
	       json_integer_value(json_object_get(json, "step_ms")) > 0 &&
	       json_object_size(lanes) <= 2;
	json_object_foreach(lanes, name, lane)
	{
		const char *text = json_string_value(lane);

		good = good && text && strspn(text, letters) == strlen(text) &&
		       (strcmp(name, "clinician") == 0 ||
			strcmp(name, "patient") == 0);
	}
	json_decref(json);
	return good;
}

static enum rth_err check(const struct rth_making *making,
			  const struct rth_seal_key *key,
			  bool (*good)(const char *bytes, size_t len))
{
	char *bytes;
	size_t len;
	enum rth_err err = read_made(&bytes, &len, making, key);

	if (err)
		return err;
	if (!good(bytes, len))
		err = RTH_ERR_DENIED;
	rth_free(bytes);
	return err;
}

/* ---- Making ---- */

static enum rth_err make(struct work *w)
{
	const struct rth_seal_key *key = w->inputs->keys[0];
	enum rth_err err = run(w);

	if (!err)
		err = check(&w->strip, key, is_jpeg);
	if (!err)
		err = check(&w->outline, key, is_outline);
	if (!err)
		err = rth_making_end(&w->strip, stopping, w);
	if (!err)
		err = rth_making_end(&w->outline, NULL, NULL);
	/* What has ended, well or not, is not there any more. */
	rth_making_cancel(&w->strip);
	rth_making_cancel(&w->outline);
	return err == RTH_ERR_STATE && w->full ? RTH_ERR_LIMIT : err;
}

static enum rth_err make_of(const struct rth_preview *preview,
			    const struct rth_film_inputs *inputs)
{
	struct work w = {.preview = preview, .inputs = inputs};
	enum rth_err err = has_room(&w) ? 0 : RTH_ERR_LIMIT;

	if (!err)
		err = rth_making_begin(&w.strip, inputs->folder,
				       RTH_RECORDING_STRIP);
	if (err)
		return err;
	err = rth_making_begin(&w.outline, inputs->folder,
			       RTH_RECORDING_OUTLINE);
	if (err) {
		rth_making_cancel(&w.strip);
		return err;
	}
	return make(&w);
}

enum rth_err rth_preview_make(const struct rth_preview *preview, const char *id)
{
	struct rth_film_inputs *inputs;
	enum rth_err err = rth_film_inputs_open(
		&inputs, preview->settings->recordings.folder, preview->pairs,
		id);

	if (err) /* LIMIT is the disk's */
		return err == RTH_ERR_LIMIT ? RTH_ERR_FORMAT : err;
	err = make_of(preview, inputs);
	rth_film_inputs_close(inputs);
	return err;
}

/* ---- Over HTTP ---- */

static enum rth_err audit(struct rth_exchange *x, void *arg,
			  const struct rth_ranges *ranges, uint64_t bytes)
{
	const struct rth_serve *what = arg;
	struct rth_audit row = {
		.action = "previewed",
		.object = what->of.recording,
		.visit = what->visit,
	};

	(void)ranges;
	(void)bytes;
	return rth_audit_request_json(x, &row,
				      json_pack("{s:s}", "file", what->file));
}

static void handle(struct rth_exchange *x, const char *file)
{
	struct rth_reviewed of;
	enum rth_err err =
		rth_rights_find(&of, x, rth_request_param(x, 0), RTH_MAY_PLAY);
	struct rth_serve what = {
		.file = file,
		.kinds = RTH_SERVE(RTH_RECORDING_PREVIEW),
		.before = audit,
		.arg = &what,
	};

	if (err == RTH_ERR_NOT_FOUND) {
		rth_reply_not_found(x);
	} else if (err) {
		rth_reply_failed(x, err);
	} else {
		what.visit = *of.row.visit ? of.row.visit : NULL;
		rth_serve_session(&what, x, of.row.id, RTH_MAY_PLAY);
		rth_serve(x, &what);
	}
}

void rth_preview_handle_strip(struct rth_exchange *x)
{
	handle(x, RTH_RECORDING_STRIP);
}

void rth_preview_handle_outline(struct rth_exchange *x)
{
	handle(x, RTH_RECORDING_OUTLINE);
}
