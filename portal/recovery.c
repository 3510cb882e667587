/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread recovers, one recording after the other. The private keys are
 * opened for a job and wiped after it.
 */
#include "recovery.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "films.h"
#include "keys.h"
#include "log.h"
#include "mem.h"
#include "recording_recover.h"
#include "work.h"

#define DAY_S 86400

/* Does the database know its last state already? */
static bool is_settled(const struct rth_recovery *r, const char *id,
		       bool interrupted)
{
	struct rth_recording_row row;

	if (rth_store_recording_get(r->store, &row, id))
		return false;
	return row.begun_s > 0 &&
	       (row.state == RTH_RECORDING_INTERRUPTED ||
		(row.state == RTH_RECORDING_STORED && !interrupted));
}

static enum rth_err put_state(const struct rth_recovery *r,
			      const struct rth_recover *done, const char *id)
{
	struct rth_recording_row row = {
		.state = done->interrupted ? RTH_RECORDING_INTERRUPTED
					   : RTH_RECORDING_STORED,
		.begun_s = done->begun_ms / 1000,
		.ended_s = done->ended_ms / 1000,
		.parts = done->parts,
		.incomplete = done->interrupted,
	};
	enum rth_err err;

	memcpy(row.id, id, sizeof(row.id));
	memcpy(row.room, done->room, sizeof(row.room));
	err = rth_store_recording_put(r->store, &row);
	return err == RTH_ERR_STATE ? 0 : err; /* known, or of another room */
}

static enum rth_err audit(const struct rth_recovery *r,
			  const struct rth_recover *done, const char *id)
{
	struct rth_recording_row row = {.visit = ""};
	char data[64];
	struct rth_audit line = {
		.subject = *r->subject ? r->subject : NULL,
		.action = "recording-recovered",
		.object = id,
		.data = data,
	};
	enum rth_err err = rth_store_recording_get(r->store, &row, id);

	if (err && err != RTH_ERR_NOT_FOUND)
		return err;
	if (*row.visit)
		line.visit = row.visit;
	snprintf(data, sizeof(data), "{\"parts\":%u,\"recovered\":%u}",
		 done->parts, done->recovered);
	return rth_store_audit(r->store, &line, time(NULL));
}

enum rth_err rth_recovery_one(struct rth_recovery *recovery, const char *id)
{
	const struct rth_settings *s = recovery->settings;
	struct rth_recover done = {
		.folder = s->recordings.folder,
		.program = s->recordings.recover_program,
		.pairs = recovery->pairs,
		.stopping = recovery->stopping,
		.tell = recovery->tell,
		.arg = recovery->arg,
	};
	struct rth_deletion deletion;
	enum rth_err err, told = 0;

	recovery->recovered = 0;
	/* What is half deleted is not to be completed. */
	err = rth_store_deletion_get(recovery->store, &deletion, id);
	if (err != RTH_ERR_NOT_FOUND)
		return err;
	err = rth_recording_recover(&done, id);
	recovery->recovered = done.recovered;
	if (!err && done.parts && !is_settled(recovery, id, done.interrupted))
		told = put_state(recovery, &done, id);
	if (!told && done.recovered) /* also when another part could not be */
		told = audit(recovery, &done, id);
	return err ? err : told;
}

/* ---- In the portal ---- */

struct job {
	const struct rth_portal *portal;
	struct rth_recovery recovery;
	const char *now;      /* the recording at hand */
	char id[RTH_ID_SIZE]; /* "": all */
	unsigned looked_at, failed, parts;
};

static bool is_stopping(void *arg)
{
	const struct job *job = arg;

	return rth_work_stopping(job->portal->work_recovery);
}

static void log_finding(void *arg, const char *file, const char *text)
{
	const struct job *job = arg;

	rth_log(RTH_LOG_WARN, "recording-finding", "s:s, s:s, s:s", "recording",
		job->now, "file", file, "finding", text);
}

static enum rth_err recover_one(const char *id, void *arg)
{
	struct job *job = arg;
	enum rth_err err;

	if (is_stopping(job))
		return RTH_ERR_STATE;
	job->now = id;
	job->looked_at++;
	err = rth_recovery_one(&job->recovery, id);
	job->parts += job->recovery.recovered;
	if (job->recovery.recovered)
		rth_log(RTH_LOG_INFO, "recording-recovered", "s:s, s:i",
			"recording", id, "parts", job->recovery.recovered);
	if (err && err != RTH_ERR_STATE) {
		job->failed++;
		rth_log(RTH_LOG_ERROR, "recording-not-recovered", "s:s, s:s",
			"recording", id, "error", rth_err_name(err));
	}
	return err == RTH_ERR_NOMEM ? err : 0;
}

static void run(struct job *job)
{
	const struct rth_settings *s = &job->portal->settings;
	char problem[RTH_KEYS_LINE_SIZE];
	struct rth_keys *keys;
	enum rth_err err = rth_keys_open(&keys, s, false, problem);

	if (*problem)
		rth_log(err ? RTH_LOG_ERROR : RTH_LOG_WARN, "private-keys",
			"s:s", "problem", problem);
	if (err)
		return;
	job->recovery.pairs.v = rth_keys_pairs(keys, &job->recovery.pairs.n);
	if (*job->id)
		err = recover_one(job->id, job);
	else
		err = rth_recordings_each(s->recordings.folder, recover_one,
					  job);
	rth_log(err ? RTH_LOG_WARN : RTH_LOG_INFO, "recovery",
		"s:i, s:i, s:i, s:s", "recordings", job->looked_at, "parts",
		job->parts, "failed", job->failed, "error", rth_err_name(err));
	rth_keys_free(keys);
}

static void run_job(void *arg)
{
	struct job *job = arg;

	if (!is_stopping(job))
		run(job);
	rth_films_wake(job->portal->films); /* there may be one to preview */
	rth_free(job);
}

void rth_recovery_start(const struct rth_portal *portal, const char *id)
{
	struct job *job;
	enum rth_err err;

	if (!portal->settings.recordings.folder || !portal->work_recovery ||
	    (id && !rth_id_valid(id)))
		return;
	job = rth_alloc(sizeof(*job));
	if (!job)
		return;
	job->portal = portal;
	if (id)
		memcpy(job->id, id, sizeof(job->id));
	job->recovery = (struct rth_recovery){
		.settings = &portal->settings,
		.store = portal->store,
		.stopping = is_stopping,
		.tell = log_finding,
		.arg = job,
	};
	err = rth_work_add(portal->work_recovery, run_job, job);
	if (err) {
		rth_log(RTH_LOG_WARN, "recovery-not-queued", "s:s", "error",
			rth_err_name(err));
		rth_free(job);
	}
}

struct lost {
	const struct rth_portal *portal;
	char ids[RTH_RECORDING_LOST_MAX][RTH_ID_SIZE];
	size_t n;
};

static enum rth_err note_lost(const char *id, void *arg)
{
	struct lost *lost = arg;

	if (lost->n < RTH_RECORDING_LOST_MAX)
		memcpy(lost->ids[lost->n++], id, RTH_ID_SIZE);
	return 0;
}

void rth_recovery_tick(const struct rth_portal *portal)
{
	struct lost lost = {.portal = portal, .n = 0};
	enum rth_err err;
	size_t i;

	if (!portal->settings.recordings.folder)
		return;
	err = rth_store_recording_lost(portal->store, portal->now_s() - DAY_S,
				       note_lost, &lost);
	if (err)
		rth_log(RTH_LOG_ERROR, "recovery-failed", "s:s", "error",
			rth_err_name(err));
	for (i = 0; i < lost.n; i++)
		rth_recovery_start(portal, lost.ids[i]);
}
