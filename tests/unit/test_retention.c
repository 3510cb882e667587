/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules, holds and deletions on a real store with a real database: what is
 * found in the files of both afterwards, and being killed or failing at each
 * step. The calls that change a disk, SQLite's too, are counted in here.
 */
#include "recording_fixture.h"

#include "portal_support.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "audit_head.h"
#include "base64.h"
#include "deletion.h"
#include "erase.h"
#include "json_text.h"
#include "play.h"
#include "recovery.h"
#include "retention.h"
#include "rights.h"
#include "store_db.h"
#include "text.h"
#include "work.h"

#define KILLED 77
#define STEPS_MAX 400
#define DAY 86400
#define ENDED 1790001800
#define TITLE "a-title+that/nobody=guesses"
#define WORDS "why+it/is=kept"
#define ASKED "why+it/was=played"
#define CLINICIAN "clara@clinic.example"

static struct fixture fix;
static struct bench bench;
static struct rth_user clinician;
static char key_dir[96], visit_id[RTH_ID_SIZE];
static long steps, kill_at, fail_at; /* 0: never */

static bool step(void)
{
	steps++;
	if (steps == kill_at)
		_exit(KILLED);
	if (steps == fail_at)
		errno = EIO;
	return steps == fail_at;
}

/* In the place of the C library's. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (step())
		return -1;
	return syscall(SYS_pwrite64, fd, data, len, at);
}

int unlinkat(int fd, const char *name, int flags)
{
	return step() ? -1 : (int)syscall(SYS_unlinkat, fd, name, flags);
}

int fsync(int fd)
{
	return step() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return step() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static struct rth_store *store(void)
{
	return bench.portal.store;
}

static struct rth_settings *settings(void)
{
	return &bench.portal.settings;
}

static void put_recording(const char *id, const char *room,
			  enum rth_recording_state state, int64_t ended_s)
{
	struct rth_recording_row row = {
		.state = state,
		.reason = "stopped",
		.begun_s = ended_s - 1800,
		.ended_s = ended_s,
		.parts = 1,
		.lost_ms = 5,
	};

	strcpy(row.id, id);
	strcpy(row.room, room);
	assert_int_equal(rth_store_recording_put(store(), &row), 0);
}

/* A visit of Clara's with a recording that has come to its end. */
static void fill_database(void)
{
	struct rth_visit visit = {
		.room = FIX_ROOM,
		.title = TITLE,
		.patient_email = "paul@home.example",
		.start_s = ENDED - 1800,
		.minutes = 30,
	};

	assert_int_equal(
		rth_store_user(store(), &clinician, CLINICIAN, "Clara", 1), 0);
	memcpy(visit.clinician_id, clinician.id, sizeof(visit.clinician_id));
	assert_int_equal(rth_id_make(visit.id), 0);
	memcpy(visit_id, visit.id, sizeof(visit_id));
	assert_int_equal(rth_store_visit_add(store(), &visit, 1), 0);
	put_recording(FIX_ID, FIX_ROOM, RTH_RECORDING_STORED, ENDED);
}

static void open_key(void)
{
	assert_int_equal(
		rth_audit_key_open(&bench.portal.audit_key, settings()), 0);
}

static int open_all(void **state)
{
	(void)state;
	kill_at = fail_at = 0;
	fix_open(&fix);
	fix_whole(&fix);
	bench_open(&bench);
	snprintf(key_dir, sizeof(key_dir), "%s/keys", bench.folder);
	assert_int_equal(mkdir(key_dir, 0700), 0);
	settings()->key_dir = key_dir;
	settings()->recordings.folder = fix.store;
	open_key();
	fill_database();
	bench_now = ENDED + 40 * DAY;
	return 0;
}

static int close_all(void **state)
{
	char command[128];

	(void)state;
	kill_at = fail_at = 0;
	rth_audit_key_free(bench.portal.audit_key);
	snprintf(command, sizeof(command), "rm -rf '%s'", key_dir);
	assert_int_equal(system(command), 0);
	bench_close(&bench);
	fix_close(&fix);
	return 0;
}

/* ---- Rules ---- */

static char *alices[] = {"email:alice@clinic.example"};
static char *clinics[] = {"email:x@y.example", "domain:clinic.example"};
static char *nobodys[] = {"domain:never.example"};
static struct rth_retention_rule rules[] = {
	{.clinicians = {alices, 1}, .days = 10},
	{.clinicians = {nobodys, 1}, .days = 0},
	{.clinicians = {clinics, 2}, .days = 30},
};

static void use_rules(int64_t days)
{
	settings()->retention.days = days;
	settings()->retention.rules.v = rules;
	settings()->retention.rules.n = 3;
}

static void the_first_rule_that_fits_counts(void **state)
{
	static const struct {
		const char *email;
		int64_t otherwise, days; /* 0: never */
		const char *rule;
	} table[] = {
		{"alice@clinic.example", 90, 10, "days-10"},
		{"bob@clinic.example", 90, 30, "days-30"},
		{"x@y.example", 90, 30, "days-30"},
		{"someone@never.example", 90, 0, "days-0"},
		{"bob@other.example", 90, 90, "days-90"},
		{"bob@other.example", 0, 0, "days-0"},
		{"bob@sub.clinic.example", 90, 90, "days-90"},
		{"bob@notclinic.example", 90, 90, "days-90"},
		{"", 7, 7, "days-7"},
		{"", 0, 0, "days-0"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char rule[RTH_RULE_SIZE];
		int64_t days = table[i].days;

		use_rules(table[i].otherwise);
		assert_int_equal(rth_retention_until(settings(), table[i].email,
						     "", 1000, rule),
				 days ? 1000 + days * DAY : 0);
		assert_string_equal(rule, table[i].rule);
	}
}

static char *kinds[] = {"First visit", "Therapy"};
static struct rth_retention_rule kind_rules[] = {
	{.clinicians = {alices, 1}, .kinds = {kinds, 1}, .days = 5},
	{.kinds = {kinds, 2}, .days = 6},
	{.clinicians = {alices, 1}, .days = 7},
};

static void a_rule_may_be_of_kinds(void **state)
{
	static const struct {
		const char *email, *kind;
		int64_t days;
	} table[] = {
		{"alice@clinic.example", "First visit", 5},
		{"bob@clinic.example", "First visit", 6},
		{"alice@clinic.example", "Therapy", 6},
		{"", "Therapy", 6},
		{"alice@clinic.example", "", 7},
		{"alice@clinic.example", "therapy", 7},
		{"bob@clinic.example", "", 8},
		{"bob@clinic.example", "First", 8},
	};
	size_t i;

	(void)state;
	settings()->retention.days = 8;
	settings()->retention.rules.v = kind_rules;
	settings()->retention.rules.n = 3;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(rth_retention_until(settings(), table[i].email,
						     table[i].kind, 1000, NULL),
				 1000 + table[i].days * DAY);
}

static void days_are_counted_over_leap_days(void **state)
{
	static const struct {
		const char *ended;
		int64_t days;
		const char *until;
	} table[] = {
		{"2027-02-28T12:00:00Z", 2, "2027-03-02T12:00:00Z"},
		{"2028-02-28T12:00:00Z", 2, "2028-03-01T12:00:00Z"},
		{"2028-02-29T00:00:00Z", 365, "2029-02-28T00:00:00Z"},
		{"2027-03-01T23:59:59Z", 365, "2028-02-29T23:59:59Z"},
		{"2099-12-31T23:59:59Z", 1, "2100-01-01T23:59:59Z"},
		{"2100-02-28T06:00:00Z", 1, "2100-03-01T06:00:00Z"},
		{"2026-11-23T09:00:00Z", 36500, "2126-10-30T09:00:00Z"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char until[RTH_TIME_SIZE];
		int64_t ended_s;

		assert_int_equal(rth_text_read_time(&ended_s, table[i].ended),
				 0);
		settings()->retention.days = table[i].days;
		assert_int_equal(
			rth_text_time(until,
				      rth_retention_until(settings(), "", "",
							  ended_s, NULL)),
			0);
		assert_string_equal(until, table[i].until);
	}
	/* One that never ran, or of which nobody knows when. */
	assert_int_equal(rth_retention_until(settings(), "", "", 0, NULL), 0);
}

/* ---- One deletion ---- */

struct heard {
	char outcomes[128];
	const char *refuse; /* the action of which there is no row */
};

static enum rth_err hear(void *arg, const struct rth_deletion *deletion,
			 const char *action)
{
	const struct rth_audit row = {
		.action = action,
		.object = deletion->recording,
	};
	struct heard *heard = arg;
	size_t len = strlen(heard->outcomes);

	if (heard->refuse && strcmp(heard->refuse, action) == 0)
		return RTH_ERR_IO;
	snprintf(heard->outcomes + len, sizeof(heard->outcomes) - len, "%s ",
		 action);
	return rth_store_audit(store(), &row, bench_now);
}

static struct rth_deleting how(struct heard *heard)
{
	return (struct rth_deleting){
		.settings = settings(),
		.store = store(),
		.key = bench.portal.audit_key,
		.now_s = bench_now,
		.audit = hear,
		.arg = heard,
	};
}

static enum rth_err delete_with(struct heard *heard)
{
	const struct rth_deleting deleting = how(heard);
	struct rth_deletion deletion = {
		.recording = FIX_ID, .by = "someone", .rule = "by-hand"};

	return rth_delete_recording(&deleting, &deletion);
}

static enum rth_err delete_it(void)
{
	struct heard heard = {.refuse = NULL};

	return delete_with(&heard);
}

static enum rth_recording_state state_of(const char *id)
{
	struct rth_recording_row row;

	assert_int_equal(rth_store_recording_get(store(), &row, id), 0);
	return row.state;
}

/* How much of the recording can be opened; -1: the folder is not there. */
static int left(void)
{
	struct rth_recording_folder *folder;
	size_t i;
	int n = 0;

	if (rth_recording_folder_open(&folder, fix.store, FIX_ID))
		return -1;
	for (i = 0; i < folder->files_n; i++) {
		struct rth_seal_key *key;

		if (rth_recording_key(&key, folder, folder->files[i].name,
				      fix.pairs.v, fix.pairs.n))
			continue;
		n++;
		rth_seal_key_free(key);
	}
	rth_recording_folder_close(folder);
	return n;
}

static bool in_database(const char *words)
{
	return bench_has_bytes(&bench, words);
}

static void deleted(void)
{
	struct rth_recording_row row;
	struct rth_deletion deletion;
	char *certificate;

	assert_int_equal(left(), -1);
	assert_int_equal(rth_store_recording_get(store(), &row, FIX_ID), 0);
	assert_int_equal(row.state, RTH_RECORDING_DELETED);
	assert_string_equal(row.reason, "");
	assert_int_equal(row.lost_ms, 0);
	assert_int_equal(row.begun_s, ENDED - 1800);
	assert_string_equal(row.visit, visit_id);
	assert_int_equal(rth_store_deletion_get(store(), &deletion, FIX_ID), 0);
	assert_int_equal(deletion.done_s, bench_now);
	assert_int_equal(deletion.files, 4);
	assert_true(deletion.bytes > 100000);
	assert_int_equal(rth_store_certificate(&certificate, store(), FIX_ID),
			 0);
	rth_free(certificate);
	assert_false(in_database(WORDS));
	assert_false(in_database(ASKED));
}

/* Somebody has played it, and somebody has held it for a while. */
static void talk_about_it(void)
{
	const struct rth_session_row session = {
		.user = clinician,
		.hash = "sssssssssssssssssssssssssssssssssssssssssss",
		.created_s = bench_now,
		.seen_s = bench_now,
	};
	struct rth_play play = {
		.recording = FIX_ID,
		.reason = ASKED,
		.begun_s = bench_now,
	};

	assert_int_equal(rth_store_session_add(store(), &session), 0);
	assert_int_equal(rth_id_make(play.id), 0);
	memcpy(play.user, clinician.id, sizeof(play.user));
	memcpy(play.session, session.hash, sizeof(play.session));
	assert_int_equal(rth_store_play_add(store(), &play), 0);
	assert_int_equal(
		rth_store_hold(store(), FIX_ID, clinician.id, WORDS, 5), 0);
	assert_int_equal(rth_store_release(store(), FIX_ID, clinician.id, 6),
			 0);
	assert_true(in_database(WORDS));
	assert_true(in_database(ASKED));
}

static void nothing_remains(void **state)
{
	struct heard heard = {.refuse = NULL};

	(void)state;
	talk_about_it();
	assert_int_equal(left(), 4);
	assert_int_equal(delete_with(&heard), 0);
	assert_string_equal(heard.outcomes,
			    RTH_AUDIT_DELETION_BEGUN " " RTH_AUDIT_DELETED " ");
	deleted();
	/* The visit itself is not the recording's. */
	assert_true(in_database(TITLE));
	assert_int_equal(delete_it(), RTH_ERR_EXISTS);
}

/* As docs/retention.md tells a stranger to. */
static bool verifies(const char *text, const char *public_text)
{
	unsigned char public[32], signature[64];
	json_t *json = json_loads(text, 0, NULL);
	const char *key = json_string_value(json_object_get(json, "key"));
	const char *sig = json_string_value(json_object_get(json, "signature"));
	char *message;
	size_t len;
	bool good;

	assert_string_equal(key, public_text);
	assert_int_equal(rth_base64url_decode(public, sizeof(public), &len, key,
					      strlen(key)),
			 0);
	assert_int_equal(rth_base64url_decode(signature, sizeof(signature),
					      &len, sig, strlen(sig)),
			 0);
	json_object_del(json, "signature");
	message = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
	good = crypto_sign_verify_detached(signature, (unsigned char *)message,
					   strlen(message), public) == 0;
	free(message);
	json_decref(json);
	return good;
}

static void the_certificate_proves_it(void **state)
{
	const char *public;
	json_t *json;
	char *text;

	(void)state;
	public = rth_audit_key_public(bench.portal.audit_key);
	assert_int_equal(rth_store_certificate(&text, store(), FIX_ID),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(delete_it(), 0);
	assert_int_equal(rth_store_certificate(&text, store(), FIX_ID), 0);
	assert_true(verifies(text, public));
	json = json_loads(text, 0, NULL);
	assert_int_equal(json_object_size(json), 11);
	assert_int_equal(json_integer_value(json_object_get(json, "version")),
			 1);
	assert_string_equal(
		json_string_value(json_object_get(json, "recording")), FIX_ID);
	assert_string_equal(json_string_value(json_object_get(json, "visit")),
			    visit_id);
	assert_string_equal(json_string_value(json_object_get(json, "by")),
			    "someone");
	assert_string_equal(json_string_value(json_object_get(json, "rule")),
			    "by-hand");
	assert_int_equal(json_integer_value(json_object_get(json, "files")), 4);
	assert_true(json_is_true(json_object_get(json, "verified")));
	json_decref(json);
	*strstr(text, "by-hand") = 'B';
	assert_false(verifies(text, public));
	rth_free(text);
}

/* Nor is one completed of which that is not known. */
static void what_is_half_deleted_is_not_recovered(void **state)
{
	struct rth_recovery recovery = {
		.settings = settings(),
		.store = store(),
		.pairs = fix.pairs,
	};

	(void)state;
	bench_sql(&bench, "ALTER TABLE deletions RENAME TO away");
	assert_int_equal(rth_recovery_one(&recovery, FIX_ID), RTH_ERR_IO);
	bench_sql(&bench, "ALTER TABLE away RENAME TO deletions");
	assert_int_equal(rth_recovery_one(&recovery, FIX_ID), 0);
	assert_int_equal(delete_it(), 0);
	deleted();
	assert_int_equal(rth_recovery_one(&recovery, FIX_ID), 0);
	deleted();
}

static void a_hold_prevents_it(void **state)
{
	(void)state;
	assert_int_equal(
		rth_store_hold(store(), FIX_ID, clinician.id, WORDS, 5), 0);
	assert_int_equal(delete_it(), RTH_ERR_DENIED);
	assert_int_equal(left(), 4);
	assert_int_equal(state_of(FIX_ID), RTH_RECORDING_STORED);
	/* Held anew: the first one ends. One release is enough. */
	assert_int_equal(
		rth_store_hold(store(), FIX_ID, clinician.id, "again", 6), 0);
	assert_int_equal(rth_store_release(store(), FIX_ID, "other", 7), 0);
	assert_int_equal(rth_store_release(store(), FIX_ID, "other", 8), 0);
	assert_int_equal(delete_it(), 0);
	deleted();
	assert_int_equal(rth_store_hold(store(), FIX_ID, "x", "late", 9),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_release(store(), FIX_ID, "x", 9),
			 RTH_ERR_NOT_FOUND);
}

static void what_runs_is_refused(void **state)
{
	struct heard heard = {.refuse = NULL};
	int fd;

	(void)state;
	fd = open(fix.folder, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(delete_with(&heard), RTH_ERR_STATE);
	close(fd);
	assert_string_equal(heard.outcomes, "");
	assert_int_equal(left(), 4);
	/* The plugin says that it runs; the recorder may just be away. */
	fix_recording(&fix, FIX_OTHER);
	fix_whole(&fix);
	put_recording(FIX_OTHER, FIX_ROOM, RTH_RECORDING_RUNNING,
		      bench_now - 60);
	assert_int_equal(rth_store_deletion_may(store(), FIX_OTHER, bench_now),
			 RTH_ERR_STATE);
	/* It has said so for a day: it was never told of the end. */
	assert_int_equal(
		rth_store_deletion_may(store(), FIX_OTHER, bench_now + DAY), 0);
}

static void what_is_not_there_was_not_deleted_by_us(void **state)
{
	struct heard heard = {.refuse = NULL};

	(void)state;
	fix_run(&fix, "rm -r ../" FIX_ID);
	assert_int_equal(delete_with(&heard), RTH_ERR_NOT_FOUND);
	assert_string_equal(heard.outcomes, "");
	assert_int_equal(state_of(FIX_ID), RTH_RECORDING_STORED);
	assert_int_equal(rth_store_deletion_may(store(), FIX_OTHER, bench_now),
			 RTH_ERR_NOT_FOUND);
}

static void without_its_row_nothing_is_deleted(void **state)
{
	struct heard heard = {.refuse = RTH_AUDIT_DELETION_BEGUN};
	char *text;

	(void)state;
	assert_int_equal(delete_with(&heard), RTH_ERR_IO);
	assert_int_equal(left(), 4);
	assert_int_equal(state_of(FIX_ID), RTH_RECORDING_STORED);
	/* And without the second one it is not done. */
	heard.refuse = RTH_AUDIT_DELETED;
	assert_int_equal(delete_with(&heard), RTH_ERR_IO);
	assert_int_equal(left(), -1);
	assert_int_equal(state_of(FIX_ID), RTH_RECORDING_DELETING);
	assert_int_equal(rth_store_certificate(&text, store(), FIX_ID),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(delete_it(), 0);
	deleted();
}

static void without_a_key_there_is_no_certificate(void **state)
{
	struct rth_audit_key *key = bench.portal.audit_key;

	(void)state;
	bench.portal.audit_key = NULL;
	assert_int_equal(delete_it(), RTH_ERR_CRYPTO);
	bench.portal.audit_key = key;
	assert_int_equal(left(), 4); /* it is asked for before all else */
	assert_int_equal(delete_it(), 0);
	deleted();
}

/* Back to the beginning, for the next try. */
static void restart(void)
{
	close_all(NULL);
	open_all(NULL);
	talk_about_it();
	steps = 0;
}

static void reopen(void)
{
	assert_int_equal(rth_store_open(&bench.portal.store, bench.database),
			 0);
	open_key();
}

static void killed_at_each_step_and_done_again(void **state)
{
	int status = 0;
	long n;

	(void)state;
	for (n = 1; n < STEPS_MAX; n += bench_stride(&bench, 5)) {
		enum rth_err err;
		pid_t pid;

		restart();
		rth_audit_key_free(bench.portal.audit_key);
		rth_store_close(bench.portal.store);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			reopen();
			steps = 0;
			kill_at = n;
			_exit(delete_it() ? 1 : 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		reopen();
		err = delete_it();
		assert_true(err == 0 || err == RTH_ERR_EXISTS);
		deleted();
		if (WEXITSTATUS(status) == 0)
			break;
		assert_int_equal(WEXITSTATUS(status), KILLED);
	}
	assert_true(n > (bench_on_server(&bench) ? 5 : 20) && n < STEPS_MAX);
}

static void failing_at_each_step_and_done_again(void **state)
{
	enum rth_err err = RTH_ERR_IO;
	long n;

	(void)state;
	for (n = 1; n < STEPS_MAX; n += bench_stride(&bench, 5)) {
		restart();
		fail_at = n;
		err = delete_it();
		fail_at = 0;
		if (steps < n)
			break;
		if (err)
			err = delete_it();
		assert_true(err == 0 || err == RTH_ERR_EXISTS);
		assert_int_equal(rth_store_scrub(store()), 0);
		deleted();
	}
	assert_int_equal(err, 0);
	assert_true(n > (bench_on_server(&bench) ? 5 : 20) && n < STEPS_MAX);
}

static void failing_memory_and_done_again(void **state)
{
	enum rth_err err;
	unsigned long n;

	(void)state;
	for (n = 1; n < 400; n += bench_stride(&bench, 23)) {
		restart();
		rth_mem_fail_at(n);
		err = delete_it();
		if (rth_mem_count() < n)
			break;
		rth_mem_fail_at(0);
		if (err)
			assert_int_equal(delete_it(), 0);
		deleted();
	}
	rth_mem_fail_at(0);
	assert_int_equal(err, 0);
	assert_true(n > 10 && n < 400);
}

/* One that is at work is not taken over; it may be another program's. */
static void what_is_under_way_is_left_to_who_does_it(void **state)
{
	struct heard heard = {.refuse = RTH_AUDIT_DELETED};
	int turn;

	(void)state;
	assert_int_equal(delete_with(&heard), RTH_ERR_IO);
	assert_int_equal(rth_erase_turn(&turn, fix.store, false, 0), 0);
	heard = (struct heard){.refuse = NULL};
	assert_int_equal(delete_with(&heard), RTH_ERR_TIMEOUT);
	assert_string_equal(heard.outcomes, "");
	/* That is no reason to let others wait. */
	fix_recording(&fix, FIX_OTHER);
	fix_lane(&fix, "1-patient-1.webm", 500, true);
	put_recording(FIX_OTHER, FIX_ROOM, RTH_RECORDING_STORED, ENDED);
	{
		const struct rth_deleting deleting = how(&heard);
		struct rth_deletion other = {
			.recording = FIX_OTHER, .by = "x", .rule = "by-hand"};

		assert_int_equal(rth_delete_recording(&deleting, &other), 0);
	}
	close(turn);
	assert_int_equal(delete_it(), 0);
	deleted();
}

/* Someone who reads keeps old pages in the log: it is not called deleted. */
static void a_reader_of_the_database_is_waited_for(void **state)
{
	struct bench_reader reader;

	(void)state;
	talk_about_it();
	bench_read(&reader, &bench, "holds");
	assert_int_equal(delete_it(), RTH_ERR_TIMEOUT);
	assert_int_equal(left(), -1);
	assert_int_equal(state_of(FIX_ID), RTH_RECORDING_DELETING);
	assert_true(in_database(WORDS));
	bench_read_end(&reader);
	assert_int_equal(delete_it(), 0);
	deleted();
}

/* ---- Runs ---- */

struct told {
	char all[1024];
};

static void note(void *arg, const char *recording, const char *what)
{
	struct told *told = arg;
	size_t len = strlen(told->all);

	snprintf(told->all + len, sizeof(told->all) - len, "%.1s %s\n",
		 recording, what);
}

static struct rth_retention_run run_at(int64_t now_s, bool dry,
				       struct told *told)
{
	struct rth_retention_run run = {
		.settings = settings(),
		.store = store(),
		.key = bench.portal.audit_key,
		.now_s = now_s,
		.dry = dry,
		.tell = note,
		.arg = told,
	};

	told->all[0] = '\0';
	assert_int_equal(rth_retention_run(&run), 0);
	return run;
}

/* Of the same visit, a month later. */
static void add_other(void)
{
	fix_recording(&fix, FIX_OTHER);
	fix_lane(&fix, "1-patient-1.webm", 500, true);
	put_recording(FIX_OTHER, FIX_ROOM, RTH_RECORDING_STORED,
		      ENDED + 30 * DAY);
}

static int64_t delete_s(const char *id)
{
	struct rth_reviewed reviewed;

	assert_int_equal(rth_store_reviewed_get(store(), &reviewed, id), 0);
	return reviewed.delete_s;
}

static void what_is_due_is_deleted(void **state)
{
	const int64_t due = ENDED + 30 * DAY;
	struct rth_retention_run run;
	struct told told;

	(void)state;
	add_other();
	use_rules(0);
	run = run_at(due - 1, false, &told);
	assert_int_equal(run.due + run.deleted + run.failed, 0);
	assert_int_equal(delete_s(FIX_ID), due);
	assert_int_equal(delete_s(FIX_OTHER), due + 30 * DAY);
	run = run_at(due, true, &told);
	assert_string_equal(told.all, "a due\n");
	assert_int_equal(run.due, 1);
	assert_int_equal(run.deleted, 0);
	assert_int_equal(left(), 4);
	bench_now = due;
	run = run_at(due, false, &told);
	assert_string_equal(told.all, "a deleted\n");
	assert_int_equal(run.deleted, 1);
	deleted();
	assert_int_equal(state_of(FIX_OTHER), RTH_RECORDING_STORED);
	fix_run(&fix, "test -s 1-patient-1.webm");
	run = run_at(due, false, &told); /* again: nothing to do */
	assert_int_equal(run.due, 0);
	/* The clock goes back; nothing goes early. */
	run = run_at(ENDED - DAY, false, &told);
	assert_int_equal(run.due, 0);
	run = run_at(0, false, &told);
	assert_int_equal(run.due, 0);
	fix_run(&fix, "test -s 1-patient-1.webm");
}

static void for_ever_is_for_ever(void **state)
{
	struct told told;

	(void)state;
	assert_int_equal(run_at(INT64_C(32503680000), false, &told).due, 0);
	assert_int_equal(delete_s(FIX_ID), 0);
	assert_int_equal(left(), 4);
}

static void a_hold_wins_over_every_rule(void **state)
{
	const int64_t late = ENDED + 4000 * (int64_t)DAY;
	struct told told;

	(void)state;
	use_rules(0);
	run_at(ENDED, false, &told);
	assert_int_not_equal(delete_s(FIX_ID), 0);
	assert_int_equal(
		rth_store_hold(store(), FIX_ID, clinician.id, WORDS, 5), 0);
	assert_int_equal(delete_s(FIX_ID), 0);
	assert_int_equal(run_at(late, true, &told).due, 0);
	assert_int_equal(run_at(late, false, &told).due, 0);
	assert_int_equal(delete_s(FIX_ID), 0);
	assert_int_equal(left(), 4);
	assert_int_equal(rth_store_release(store(), FIX_ID, clinician.id, 6),
			 0);
	bench_now = late;
	assert_int_equal(run_at(late, false, &told).deleted, 1);
	deleted();
}

static void missing_and_running_ones_are_told(void **state)
{
	struct rth_retention_run run;
	struct told told;
	int fd;

	(void)state;
	use_rules(0);
	fd = open(fix.folder, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	run = run_at(bench_now, false, &told);
	assert_string_equal(told.all, "a running\n");
	assert_int_equal(run.running, 1);
	close(fd);
	fix_run(&fix, "rm -r ../" FIX_ID);
	run = run_at(bench_now, false, &told);
	assert_string_equal(told.all, "a missing\n");
	assert_int_equal(run.missing, 1);
	assert_int_equal(run.deleted, 0);
	assert_int_equal(state_of(FIX_ID), RTH_RECORDING_STORED);
}

/* The plugin never told of its end: that does not keep it for ever. */
static void what_never_ended_is_deleted_too(void **state)
{
	struct told told;

	(void)state;
	use_rules(0);
	assert_int_equal(rth_store_run(store(),
				       &(const struct rth_db_query){
					       .sql = "UPDATE recordings SET "
						      "state = 'running',"
						      " ended_s = 0"}),
			 0);
	run_at(ENDED, false, &told);
	assert_int_equal(delete_s(FIX_ID), 0);
	run_at(ENDED + DAY, false, &told);
	assert_int_equal(delete_s(FIX_ID), ENDED - 1800 + 30 * DAY);
	assert_int_equal(run_at(bench_now, false, &told).deleted, 1);
	deleted();
}

/* More than are set in one transaction. */
static void many_dates_are_set(void **state)
{
	struct told told;
	char room[RTH_ID_SIZE], id[RTH_ID_SIZE];
	int i;

	(void)state;
	for (i = 0; i < 2500; i++) {
		assert_int_equal(rth_id_make(room), 0);
		assert_int_equal(rth_id_make(id), 0);
		put_recording(id, room, RTH_RECORDING_STORED, ENDED + 1 + i);
	}
	settings()->retention.days = 50;
	run_at(ENDED, false, &told);
	assert_int_equal(delete_s(id), ENDED + i + 50 * DAY);
	assert_int_equal(delete_s(FIX_ID), ENDED + 50 * DAY);
}

/* None is begun whose words would wait as long again. */
static void a_run_ends_at_who_reads_the_database(void **state)
{
	struct rth_retention_run run;
	struct told told;
	struct bench_reader reader;

	(void)state;
	use_rules(0);
	add_other();
	bench_read(&reader, &bench, "holds");
	run = run_at(ENDED + 90 * DAY, false, &told);
	assert_int_equal(run.due, 2);
	assert_int_equal(run.running, 1);
	assert_true(run.blocked);
	assert_int_equal(state_of(FIX_ID), RTH_RECORDING_DELETING);
	assert_int_equal(state_of(FIX_OTHER), RTH_RECORDING_STORED);
	bench_read_end(&reader);
	run = run_at(ENDED + 90 * DAY, false, &told);
	assert_int_equal(run.deleted, 2);
	assert_false(run.blocked);
}

static void cut_one(void *arg, const char *recording)
{
	struct heard *heard = arg;

	strcat(heard->outcomes, *recording == *FIX_ID ? "cut " : "? ");
}

/* It began once, however often it goes on. */
static void its_beginning_has_one_row(void **state)
{
	struct heard heard = {.refuse = RTH_AUDIT_DELETED};
	struct rth_deleting deleting = how(&heard);
	struct rth_deletion deletion = {
		.recording = FIX_ID, .by = "someone", .rule = "by-hand"};

	(void)state;
	deleting.cut = cut_one;
	assert_int_equal(rth_delete_recording(&deleting, &deletion),
			 RTH_ERR_IO);
	assert_int_equal(rth_delete_recording(&deleting, &deletion),
			 RTH_ERR_IO);
	heard.refuse = NULL;
	assert_int_equal(rth_delete_recording(&deleting, &deletion), 0);
	assert_string_equal(heard.outcomes, RTH_AUDIT_DELETION_BEGUN
			    " cut cut cut " RTH_AUDIT_DELETED " ");
	deleted();
}

/* Begun by hand, and then the power went. */
static void what_was_begun_is_completed(void **state)
{
	struct heard heard = {.refuse = RTH_AUDIT_DELETED};
	struct told told;

	(void)state;
	assert_int_equal(delete_with(&heard), RTH_ERR_IO);
	assert_int_equal(run_at(bench_now, true, &told).due, 1);
	assert_int_equal(run_at(bench_now, false, &told).deleted, 1);
	deleted();
}

static void what_comes_back_goes_again(void **state)
{
	struct rth_retention_run run;
	struct told told;
	char *before, *after;

	(void)state;
	assert_int_equal(delete_it(), 0);
	assert_int_equal(rth_store_certificate(&before, store(), FIX_ID), 0);
	fix_recording(&fix, FIX_ID);
	fix_whole(&fix);
	run = run_at(bench_now, true, &told);
	assert_string_equal(told.all, "a back\n");
	assert_int_equal(left(), 4);
	run = run_at(bench_now, false, &told);
	assert_int_equal(run.deleted, 1);
	deleted();
	assert_int_equal(rth_store_certificate(&after, store(), FIX_ID), 0);
	assert_string_equal(before, after);
	rth_free(before);
	rth_free(after);
}

/* A tick of the portal, with a thread to do what it finds, until it is done. */
static void tick(bool day, const char *deleted_id)
{
	struct rth_portal *portal = &bench.portal;
	int i;

	assert_int_equal(rth_work_create(&portal->work_recovery, 1, 4), 0);
	rth_retention_tick(portal, day);
	for (i = 0; deleted_id && i < 1000 &&
		    state_of(deleted_id) != RTH_RECORDING_DELETED;
	     i++)
		usleep(10000);
	rth_work_free(portal->work_recovery);
	portal->work_recovery = NULL;
	if (deleted_id)
		assert_int_equal(state_of(deleted_id), RTH_RECORDING_DELETED);
}

/* In the portal: a thread does it, woken at its start or by a tick. */
static void the_portal_does_it_by_itself(void **state)
{
	struct heard heard = {.refuse = RTH_AUDIT_DELETED};

	(void)state;
	add_other();
	assert_int_equal(delete_with(&heard), RTH_ERR_IO);
	tick(false, FIX_ID);
	deleted();
	use_rules(0);
	bench_now = ENDED + 90 * DAY;
	tick(false, NULL); /* no day is over: a date is set, */
	assert_int_equal(delete_s(FIX_OTHER), 0); /* not of one so old */
	bench_now = ENDED + 30 * DAY;
	tick(false, NULL);
	assert_int_equal(delete_s(FIX_OTHER), ENDED + 60 * DAY);
	bench_now = ENDED + 90 * DAY;
	tick(true, FIX_OTHER);
}

/* Events that come late make nothing of it again. */
static void what_is_deleted_stays_deleted(void **state)
{
	struct rth_recording_row row = {
		.id = FIX_ID,
		.room = FIX_ROOM,
		.state = RTH_RECORDING_INTERRUPTED,
		.lost_ms = 77,
	};
	struct rth_reviewed reviewed;

	(void)state;
	assert_int_equal(delete_it(), 0);
	assert_int_equal(rth_store_recording_put(store(), &row), RTH_ERR_STATE);
	assert_int_equal(rth_store_kept_until(store(), FIX_ID, 5),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_reviewed_get(store(), &reviewed, FIX_ID),
			 RTH_ERR_NOT_FOUND);
	deleted();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_first_rule_that_fits_counts),
		TEST(a_rule_may_be_of_kinds),
		TEST(days_are_counted_over_leap_days),
		TEST(nothing_remains),
		TEST(the_certificate_proves_it),
		TEST(what_is_half_deleted_is_not_recovered),
		TEST(a_hold_prevents_it),
		TEST(what_runs_is_refused),
		TEST(what_is_not_there_was_not_deleted_by_us),
		TEST(without_its_row_nothing_is_deleted),
		TEST(without_a_key_there_is_no_certificate),
		TEST(what_is_under_way_is_left_to_who_does_it),
		TEST(a_reader_of_the_database_is_waited_for),
		TEST(what_is_due_is_deleted),
		TEST(for_ever_is_for_ever),
		TEST(a_hold_wins_over_every_rule),
		TEST(missing_and_running_ones_are_told),
		TEST(what_never_ended_is_deleted_too),
		TEST(many_dates_are_set),
		TEST(a_run_ends_at_who_reads_the_database),
		TEST(its_beginning_has_one_row),
		TEST(what_was_begun_is_completed),
		TEST(what_comes_back_goes_again),
		TEST(the_portal_does_it_by_itself),
		TEST(what_is_deleted_stays_deleted),
		TEST(killed_at_each_step_and_done_again),
		TEST(failing_at_each_step_and_done_again),
		TEST(failing_memory_and_done_again),
	};

	return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
