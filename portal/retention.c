/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules, and the run that deletes what is due. In the portal runs are jobs of
 * the one thread that also recovers: there is never more than one.
 */
#include "retention.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "media.h"
#include "mem.h"
#include "recording_store.h"
#include "role.h"
#include "work.h"

#define DAY_S 86400
#define WAIT_MS 2000 /* for a recovery; the next run tries again */
#define LATELY_S (2 * (int64_t)DAY_S)
#define DATES_MAX 1000 /* a transaction */
#define BY_RETENTION "retention"

/* ---- Rules ---- */

static bool fits(const struct rth_retention_rule *rule, const char *email,
		 const char *kind)
{
	bool clinician = !rule->clinicians.n, of_kind = !rule->kinds.n;
	size_t i;

	for (i = 0; i < rule->clinicians.n && !clinician; i++)
		clinician =
			rth_role_entry_fits(rule->clinicians.v[i], email, NULL);
	for (i = 0; i < rule->kinds.n && !of_kind; i++)
		of_kind = strcmp(rule->kinds.v[i], kind) == 0;
	return clinician && of_kind;
}

int64_t rth_retention_until(const struct rth_settings *settings,
			    const char *email, const char *kind,
			    int64_t ended_s, char rule[RTH_RULE_SIZE])
{
	const struct rth_retention_rule *rules = settings->retention.rules.v;
	int64_t days = settings->retention.days;
	size_t i;

	for (i = 0; i < settings->retention.rules.n; i++)
		if (fits(&rules[i], email, kind)) {
			days = rules[i].days;
			break;
		}
	if (rule)
		snprintf(rule, RTH_RULE_SIZE, "days-%d", (int)days);
	return days > 0 && ended_s > 0 ? ended_s + days * DAY_S : 0;
}

/* What has been called running for a day was never told to have ended. */
static int64_t until(const struct rth_settings *settings,
		     const struct rth_kept *kept, int64_t now_s,
		     char rule[RTH_RULE_SIZE])
{
	int64_t until_s = rth_retention_until(settings, kept->clinician_email,
					      kept->kind, kept->ended_s, rule);
	bool running = kept->running && now_s < kept->ended_s + DAY_S;

	return kept->hold || running ? 0 : until_s;
}

/* ---- Dates ---- */

/* Those that the database has wrong: as many as are set at a time. */
struct dates {
	const struct rth_settings *settings;
	int64_t now_s;
	struct rth_kept_date v[DATES_MAX];
	size_t n;
};

static enum rth_err add_date(const struct rth_kept *kept, void *arg)
{
	struct dates *dates = arg;
	int64_t until_s = until(dates->settings, kept, dates->now_s, NULL);
	struct rth_kept_date *date = &dates->v[dates->n];

	if (until_s == kept->delete_s)
		return 0;
	if (dates->n == DATES_MAX)
		return RTH_ERR_LIMIT; /* the others come next */
	memcpy(date->recording, kept->recording, sizeof(date->recording));
	date->delete_s = until_s;
	dates->n++;
	return 0;
}

/* Writes the dates into the database that are not those of the rules. */
static enum rth_err set_dates(const struct rth_settings *settings,
			      struct rth_store *store, int64_t since_s,
			      int64_t now_s)
{
	struct dates *dates = rth_alloc(sizeof(*dates));
	enum rth_err err = RTH_ERR_LIMIT;

	if (!dates)
		return RTH_ERR_NOMEM;
	dates->settings = settings;
	dates->now_s = now_s;
	while (err == RTH_ERR_LIMIT) {
		enum rth_err set;

		dates->n = 0;
		err = rth_store_kept_each(store, since_s, add_date, dates);
		if (err && err != RTH_ERR_LIMIT)
			break;
		set = dates->n ? rth_store_kept_dates(store, dates->v, dates->n)
			       : 0;
		if (set)
			err = set;
	}
	rth_free(dates);
	return err;
}

/* ---- What there is to do, while the database is not read ---- */

struct item {
	char id[RTH_ID_SIZE];
	char rule[RTH_RULE_SIZE];
};

struct items {
	const struct rth_settings *settings;
	int64_t now_s;
	struct item *v;
	size_t n, room;
};

static enum rth_err add(struct items *items, const char *id, const char *rule)
{
	struct item *item;

	if (items->n == items->room) {
		size_t room = items->room ? 2 * items->room : 64;
		struct item *v = rth_alloc(room * sizeof(*v));

		if (!v)
			return RTH_ERR_NOMEM;
		if (items->n)
			memcpy(v, items->v, items->n * sizeof(*v));
		rth_free(items->v);
		items->v = v;
		items->room = room;
	}
	item = &items->v[items->n++];
	snprintf(item->id, sizeof(item->id), "%s", id);
	snprintf(item->rule, sizeof(item->rule), "%s", rule);
	return 0;
}

/* ---- A run ---- */

static bool is_stopping(const struct rth_retention_run *run)
{
	return run->stopping && run->stopping(run->arg);
}

static bool full(const struct rth_retention_run *run)
{
	return run->deleted + run->failed >= RTH_RETENTION_RUN_MAX;
}

static bool over(const struct rth_retention_run *run)
{
	return full(run) || run->blocked || is_stopping(run);
}

static void tell(const struct rth_retention_run *run, const char *recording,
		 const char *what)
{
	if (run->tell)
		run->tell(run->arg, recording, what);
}

static enum rth_err audit_deletion(void *arg,
				   const struct rth_deletion *deletion,
				   const char *action)
{
	const struct rth_retention_run *run = arg;
	const struct rth_audit row = {
		.subject = run->by,
		.role = BY_RETENTION,
		.action = action,
		.object = deletion->recording,
		.visit = *deletion->visit ? deletion->visit : NULL,
		.reason = deletion->rule,
	};

	return rth_store_audit(run->store, &row, run->now_s);
}

static void cut(void *arg, const char *recording)
{
	const struct rth_retention_run *run = arg;

	run->cut(run->arg, recording);
}

static struct rth_deleting deleting(struct rth_retention_run *run)
{
	return (struct rth_deleting){
		.settings = run->settings,
		.store = run->store,
		.key = run->key,
		.now_s = run->now_s,
		.wait_ms = WAIT_MS,
		.audit = audit_deletion,
		.cut = run->cut ? cut : NULL,
		.arg = run,
	};
}

/* What became of one that is to be deleted. */
static void note(struct rth_retention_run *run, const char *id,
		 enum rth_err err)
{
	switch (err) {
	case RTH_OK:
		run->deleted++;
		tell(run, id, "deleted");
		break;
	case RTH_ERR_NOT_FOUND:
		run->missing++;
		tell(run, id, "missing");
		break;
	case RTH_ERR_STATE:
	case RTH_ERR_TIMEOUT:
		run->running++;
		tell(run, id, "running");
		break;
	case RTH_ERR_DENIED:
	case RTH_ERR_EXISTS:
		break; /* held or deleted meanwhile */
	default:
		run->failed++;
		tell(run, id, "failed");
	}
}

static void delete_one(struct rth_retention_run *run, const struct item *item)
{
	const struct rth_deleting how = deleting(run);
	struct rth_deletion deletion = {.by = BY_RETENTION};
	enum rth_err err;

	if (run->dry) {
		tell(run, item->id, "due");
		return;
	}
	snprintf(deletion.recording, sizeof(deletion.recording), "%s",
		 item->id);
	snprintf(deletion.rule, sizeof(deletion.rule), "%s", item->rule);
	err = rth_delete_recording(&how, &deletion);
	/* Past the locks it is the words that wait, and those of the next one
	   would wait as long: none is begun that cannot be ended. */
	if (err == RTH_ERR_TIMEOUT && deletion.begun_s)
		run->blocked = true;
	note(run, item->id, err);
}

static void delete_items(struct rth_retention_run *run,
			 const struct items *items)
{
	size_t i;

	for (i = 0; i < items->n && !over(run); i++)
		delete_one(run, &items->v[i]);
}

static enum rth_err add_open(const char *recording, void *arg)
{
	return add(arg, recording, "");
}

/* Those of which the portal was killed in the middle. */
static enum rth_err complete(struct rth_retention_run *run)
{
	struct items items = {.settings = run->settings};
	enum rth_err err =
		rth_store_deletion_each(run->store, false, add_open, &items);

	run->due += (unsigned)items.n;
	if (!err)
		delete_items(run, &items);
	rth_free(items.v);
	return err;
}

/* A folder of a recording that is deleted came with a backup. */
static enum rth_err look_at_folder(const char *id, void *arg)
{
	struct rth_retention_run *run = arg;
	const struct rth_deleting how = deleting(run);
	struct rth_deletion deletion;
	enum rth_err err;

	if (over(run))
		return 0;
	err = rth_store_deletion_get(run->store, &deletion, id);
	if (err == RTH_ERR_NOT_FOUND || (!err && !deletion.done_s))
		return 0;
	if (err)
		return err;
	run->due++;
	if (run->dry)
		tell(run, id, "back");
	else
		note(run, id, rth_delete_again(&how, id));
	return 0;
}

static enum rth_err add_due(const struct rth_kept *kept, void *arg)
{
	struct items *items = arg;
	char rule[RTH_RULE_SIZE];
	int64_t until_s = until(items->settings, kept, items->now_s, rule);

	return until_s && until_s <= items->now_s
		       ? add(items, kept->recording, rule)
		       : 0;
}

static enum rth_err delete_due(struct rth_retention_run *run)
{
	struct items items = {.settings = run->settings, .now_s = run->now_s};
	enum rth_err err = rth_store_kept_each(run->store, 0, add_due, &items);

	run->due += (unsigned)items.n;
	if (!err)
		delete_items(run, &items);
	rth_free(items.v);
	return err;
}

enum rth_err rth_retention_run(struct rth_retention_run *run)
{
	enum rth_err err = 0;

	run->due = run->deleted = run->missing = run->running = run->failed = 0;
	run->blocked = false;
	if (!run->dry)
		err = set_dates(run->settings, run->store, 0, run->now_s);
	if (!err)
		err = complete(run);
	if (!err)
		err = rth_recordings_each(run->settings->recordings.folder,
					  look_at_folder, run);
	return err ? err : delete_due(run);
}

/* ---- In the portal ---- */

static bool pool_stops(void *arg)
{
	const struct rth_portal *portal = arg;

	return rth_work_stopping(portal->work_recovery);
}

static void cut_streams(void *arg, const char *recording)
{
	const struct rth_portal *portal = arg;

	rth_media_cut(portal->media, recording);
}

static void run_job(void *arg)
{
	struct rth_portal *portal = arg;
	struct rth_retention_run run = {
		.settings = &portal->settings,
		.store = portal->store,
		.key = portal->audit_key,
		.now_s = portal->now_s(),
		.stopping = pool_stops,
		.cut = cut_streams,
		.arg = arg,
	};
	enum rth_err err;

	if (pool_stops(arg))
		return;
	err = rth_retention_run(&run);
	rth_log(err || run.failed || run.missing ? RTH_LOG_WARN : RTH_LOG_INFO,
		"retention", "s:i, s:i, s:i, s:i, s:i, s:s", "due",
		(int)run.due, "deleted", (int)run.deleted, "missing",
		(int)run.missing, "running", (int)run.running, "failed",
		(int)run.failed, "error", rth_err_name(err));
	/* The rest after whatever waits: a recovery goes first. */
	if (!err && full(&run) && run.deleted)
		rth_retention_start(portal);
}

void rth_retention_start(struct rth_portal *portal)
{
	enum rth_err err;

	if (!portal->settings.recordings.folder || !portal->work_recovery)
		return;
	err = rth_work_add(portal->work_recovery, run_job, portal);
	if (err)
		rth_log(RTH_LOG_WARN, "retention-not-queued", "s:s", "error",
			rth_err_name(err));
}

static enum rth_err note_open(const char *recording, void *arg)
{
	(void)recording;
	*(bool *)arg = true;
	return 0;
}

/* One that was interrupted is not left until tomorrow. */
static enum rth_err is_open(const struct rth_portal *portal, bool *openp)
{
	*openp = false;
	return rth_store_deletion_each(portal->store, false, note_open, openp);
}

void rth_retention_tick(struct rth_portal *portal, bool day)
{
	enum rth_err err = 0;
	bool due = day;

	if (!portal->settings.recordings.folder)
		return;
	if (!due)
		err = is_open(portal, &due);
	if (!err && !due)
		err = set_dates(&portal->settings, portal->store,
				portal->now_s() - LATELY_S, portal->now_s());
	if (due)
		rth_retention_start(portal);
	if (err)
		rth_log(RTH_LOG_ERROR, "retention-failed", "s:s", "error",
			rth_err_name(err));
}
