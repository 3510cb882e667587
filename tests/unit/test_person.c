/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All about one person, and its end: on a real store with a real database,
 * whose bytes are looked through.
 */
#include "recording_fixture.h"

#include "review_support.h"

#include <errno.h>
#include <sys/file.h>

#include "audit_head.h"
#include "person.h"

#define PAUL "paul+knee@home.example"
#define TITLE "his+left/knee=again"
#define NAME "Paul+of/the=knee"

static struct fixture fix;
static struct bench bench;
static char key_dir[96], to[96];
static struct someone clara, paul, eve;

struct told {
	char all[512];
};

static void hear(void *arg, const char *recording, const char *what)
{
	struct told *told = arg;
	size_t len = strlen(told->all);

	snprintf(told->all + len, sizeof(told->all) - len, "%.1s %s\n",
		 recording, what);
}

static struct rth_person person(struct told *told, bool dry)
{
	told->all[0] = '\0';
	return (struct rth_person){
		.settings = &bench.portal.settings,
		.store = bench.portal.store,
		.pairs = fix.pairs,
		.key = bench.portal.audit_key,
		.now_s = bench_now,
		.by = "uid-0",
		.dry = dry,
		.tell = hear,
		.arg = told,
	};
}

static int open_all(void **state)
{
	struct rth_settings *s = &bench.portal.settings;

	(void)state;
	fix_open(&fix);
	fix_whole(&fix);
	bench_open(&bench);
	snprintf(key_dir, sizeof(key_dir), "%s/keys", bench.folder);
	snprintf(to, sizeof(to), "%s/to", bench.folder);
	assert_int_equal(mkdir(key_dir, 0700), 0);
	assert_int_equal(mkdir(to, 0700), 0);
	s->key_dir = key_dir;
	s->recordings.folder = fix.store;
	assert_int_equal(rth_audit_key_open(&bench.portal.audit_key, s), 0);
	clara = sign_in(&bench, "clara@clinic.example", RTH_ROLE_CLINICIAN,
			"c");
	paul = sign_in(&bench, PAUL, RTH_ROLE_PATIENT, "p");
	eve = sign_in(&bench, "eve@home.example", RTH_ROLE_PATIENT, "e");
	sql(&bench,
	    "UPDATE users SET name = '" NAME "' WHERE email = '" PAUL "'");
	add_recording(&bench, FIX_ID, &clara, PAUL, 1790000000);
	add_recording(&bench, FIX_OTHER, &clara, "eve@home.example",
		      1790000000);
	sql(&bench, "UPDATE visits SET title = '" TITLE "'"
		    " WHERE patient_email = '" PAUL "'");
	return 0;
}

static int close_all(void **state)
{
	char command[256];

	(void)state;
	rth_audit_key_free(bench.portal.audit_key);
	snprintf(command, sizeof(command), "rm -rf '%s' '%s'", key_dir, to);
	assert_int_equal(system(command), 0);
	bench_close(&bench);
	fix_close(&fix);
	return 0;
}

static bool in_database(const char *words)
{
	return bench_has_bytes(&bench, words);
}

static void erase(bool dry, const char *outcome)
{
	struct told told;
	struct rth_person p = person(&told, dry);

	assert_int_equal(rth_person_erase(&p, PAUL), 0);
	assert_string_equal(told.all, outcome);
}

static int64_t count(const char *table, const char *where)
{
	char text[256];

	snprintf(text, sizeof(text), "SELECT COUNT(*) FROM %s WHERE %s", table,
		 where);
	return sql_number(&bench, text);
}

/* A line of each person of each visit. */
static void add_lines(void)
{
	sql(&bench, "INSERT INTO quality(visit_id, role, time_s, loss_permille,"
		    " round_trip_ms, received_kbps, sent_kbps, limited)"
		    " SELECT id, 'patient', 100, 20, 40, -1, 600, 1"
		    " FROM visits");
	sql(&bench, "INSERT INTO quality(visit_id, role, time_s, loss_permille,"
		    " round_trip_ms, received_kbps, sent_kbps, limited)"
		    " SELECT id, 'clinician', 100, 21, 41, -1, 601, 0"
		    " FROM visits");
}

static void a_person_is_erased(void **state)
{
	struct told told;
	struct rth_person p;

	(void)state;
	/* One that is still to come, and one that was never recorded. */
	add_recording(&bench, "3333333333333333333333", &clara, PAUL,
		      bench_now + 1000);
	sql(&bench, "DELETE FROM recordings WHERE id LIKE '333%'");
	add_lines();
	erase(true, "a would be deleted\n");
	assert_int_equal(count("quality", "1 = 1"), 6);
	assert_true(in_database(NAME));
	assert_int_equal(count("audit", "action LIKE 'person%'"), 0);
	erase(false, "a deleted\n");
	assert_int_not_equal(access(fix.folder, F_OK), 0);
	assert_false(in_database(NAME));
	assert_false(in_database(PAUL));
	assert_false(in_database(TITLE));
	assert_int_equal(count("sessions", "1 = 1"), 2);
	assert_int_equal(count("visits", "patient_email = '' AND title = ''"),
			 2);
	assert_int_equal(count("visits", "cancelled = 1"), 1);
	assert_int_equal(count("users", "name = '' AND email LIKE 'erased-%'"),
			 1);
	assert_int_equal(count("audit", "action LIKE 'person-eras%'"
					" AND outcome = 'ok'"),
			 2);
	/* Nobody else is touched, and nobody is left to be erased. */
	assert_int_equal(count("quality", "1 = 1"), 2);
	assert_int_equal(count("recordings", "state = 'stored'"), 1);
	assert_int_equal(count("visits", "patient_email = 'eve@home.example'"),
			 1);
	p = person(&told, false);
	assert_int_equal(rth_person_erase(&p, PAUL), RTH_ERR_NOT_FOUND);
}

static void a_hold_keeps_the_name(void **state)
{
	(void)state;
	assert_int_equal(
		rth_store_hold(bench.portal.store, FIX_ID, "x", "the law", 5),
		0);
	erase(false, "a hold\n");
	assert_int_equal(access(fix.folder, F_OK), 0);
	assert_true(in_database(PAUL));
	assert_true(in_database(NAME));
	assert_int_equal(count("sessions", "1 = 1"), 2);
	assert_int_equal(count("audit", "action = 'person-erased'"
					" AND outcome = 'held'"),
			 1);
	assert_int_equal(rth_store_release(bench.portal.store, FIX_ID, "x", 6),
			 0);
	erase(false, "a deleted\n");
	assert_false(in_database(PAUL));
	assert_false(in_database(NAME));
}

static void what_runs_keeps_the_name(void **state)
{
	int fd = open(fix.folder, O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(flock(fd, LOCK_EX), 0);
	erase(false, "a state\n");
	close(fd);
	assert_true(in_database(NAME));
	erase(false, "a deleted\n");
	assert_false(in_database(NAME));
}

/* Named in a visit, and never signed in. */
static void who_never_signed_in_is_erased(void **state)
{
	(void)state;
	sql(&bench, "DELETE FROM users WHERE email = '" PAUL "'");
	erase(false, "a deleted\n");
	assert_false(in_database(PAUL));
	assert_false(in_database(TITLE));
}

/* Rules go by a clinician's address as long as there is something to keep. */
static void a_clinician_of_recordings_keeps_the_name(void **state)
{
	struct told told;
	struct rth_person p = person(&told, false);

	(void)state;
	assert_int_equal(rth_person_erase(&p, "clara@clinic.example"), 0);
	assert_false(p.erased);
	assert_int_equal(count("users", "email = 'clara@clinic.example'"), 1);
	sql(&bench, "UPDATE recordings SET state = 'deleted', deleted_s = 5");
	p = person(&told, false);
	assert_int_equal(rth_person_erase(&p, "clara@clinic.example"), 0);
	assert_true(p.erased);
	assert_int_equal(count("users", "email = 'clara@clinic.example'"), 0);
}

/* It is not called done while old pages are kept, and can be done again. */
static void a_reader_of_the_database_is_waited_for(void **state)
{
	struct told told;
	struct rth_person p = person(&told, false);
	struct bench_reader reader;

	(void)state;
	sql(&bench, "UPDATE recordings SET state = 'deleted', deleted_s = 5");
	bench_read(&reader, &bench, "users");
	assert_int_equal(rth_person_erase(&p, PAUL), RTH_ERR_TIMEOUT);
	assert_true(in_database(NAME));
	bench_read_end(&reader);
	p = person(&told, false);
	assert_int_equal(rth_person_erase(&p, PAUL), RTH_ERR_NOT_FOUND);
	assert_false(in_database(NAME));
}

static void without_the_audit_nobody_is_erased(void **state)
{
	struct told told;
	struct rth_person p = person(&told, false);

	(void)state;
	sql(&bench, "ALTER TABLE audit RENAME TO away");
	assert_int_not_equal(rth_person_erase(&p, PAUL), 0);
	assert_int_equal(access(fix.folder, F_OK), 0);
	assert_true(in_database(NAME));
}

/* Pages are split, merged and given back; none keeps what was in it. */
static void many_visits_leave_no_words(void **state)
{
	int i;

	(void)state;
	sql(&bench, "BEGIN");
	for (i = 0; i < 3000; i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 "INSERT INTO visits(id, room, title, clinician_id,"
			 " patient_email, start_s, minutes, cancelled, made_s)"
			 " VALUES('v%d', 'r%d', '" TITLE "%0*d', '%s', '%s',"
			 " %d, 30, 0, 1)",
			 i, i, i % 97 + 1, i, clara.user.id,
			 i % 3 ? PAUL : "eve@home.example", 1790000000 + i);
		sql(&bench, text);
	}
	sql(&bench, "COMMIT");
	sql(&bench,
	    "UPDATE visits SET title = 'x' WHERE patient_email <> '" PAUL "'");
	erase(false, "a deleted\n");
	assert_false(in_database(TITLE));
	assert_false(in_database(PAUL));
	assert_int_equal(count("visits", "title = 'x'"), 1001);
}

/* What failed without memory is done by the next try. */
static void failing_memory_and_done_again(void **state)
{
	struct told told;
	unsigned long n;

	for (n = 1; n < 300; n += bench_stride(&bench, 41)) {
		struct rth_person p;
		enum rth_err err;

		close_all(state);
		open_all(state);
		p = person(&told, false);
		rth_mem_fail_at(n);
		err = rth_person_erase(&p, PAUL);
		if (rth_mem_count() < n)
			break;
		rth_mem_fail_at(0);
		p = person(&told, false);
		err = rth_person_erase(&p, PAUL);
		/* The row that it is done may have been what failed. */
		assert_true(err == 0 || err == RTH_ERR_NOT_FOUND);
		assert_false(in_database(NAME));
		assert_int_not_equal(access(fix.folder, F_OK), 0);
	}
	rth_mem_fail_at(0);
	assert_true(n > 5 && n < 300);
}

/* ---- Export ---- */

static enum rth_err export(struct rth_person *p, const char *email) {
	int fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rth_err err = rth_person_export(p, email, fd);

	close(fd);
	return err;
}

static json_t *load(const char *name)
{
	char path[256];
	json_t *json;

	snprintf(path, sizeof(path), "%s/%s", to, name);
	json = json_load_file(path, 0, NULL);
	assert_non_null(json);
	return json;
}

static void all_about_a_person_is_exported(void **state)
{
	const struct rth_audit rows[] = {
		{.subject = paul.user.id, .action = "signed-in"},
		{.subject = eve.user.id, .action = "signed-in"},
		{.subject = clara.user.id, .action = "play", .object = FIX_ID},
	};
	struct told told;
	struct rth_person p = person(&told, false);
	json_t *json, *visits, *lines;
	char command[512];
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(
			rth_store_audit(bench.portal.store, &rows[i], 7), 0);
	add_lines();
	assert_int_equal(export(&p, PAUL), 0);
	assert_string_equal(told.all, "a exported\n");
	assert_int_equal(p.recordings, 1);
	json = load("person.json");
	assert_string_equal(json_string_value(json_object_get(json, "name")),
			    NAME);
	visits = json_object_get(json, "visits");
	assert_int_equal(json_array_size(visits), 1);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(visits, 0), "title")),
			    TITLE);
	lines = json_object_get(json_array_get(visits, 0), "quality");
	assert_int_equal(json_array_size(lines), 1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(lines, 0), "sent_kbps")),
			 600);
	json_decref(json);
	/* Two rows: of him, and of his recording; the export is the third. */
	snprintf(command, sizeof(command),
		 "cd '%s' && test $(wc -l < audit.jsonl) = 2 &&"
		 " grep -q '\"play\"' audit.jsonl &&"
		 " ! grep -q %s audit.jsonl && ! grep -rq eve@ . &&"
		 " cd recordings/" FIX_ID " && test $(ls | wc -l) = 4 &&"
		 " grep -q one 1-chat.jsonl && test -z \"$(find '%s' -perm"
		 " /077)\"",
		 to, eve.user.id, to);
	assert_int_equal(system(command), 0);
	assert_int_equal(count("audit", "action = 'person-exported'"), 1);
	assert_int_equal(export(&p, PAUL),
			 RTH_ERR_IO); /* nothing is replaced */
}

static void what_goes_on_now_is_exported(void **state)
{
	struct told told;
	struct rth_person p = person(&told, false);
	json_t *json, *one;
	char text[256];

	(void)state;
	snprintf(text, sizeof(text),
		 "INSERT INTO waiting(visit_id, sub, participant, boot,"
		 " since_ms, found) VALUES('v', '%s', 'p1', 'b', 1000,"
		 " '{\"path\":\"udp\"}')",
		 paul.user.id);
	sql(&bench, text);
	snprintf(text, sizeof(text),
		 "INSERT INTO duty(user_id, seen_s) VALUES('%s', 1)",
		 paul.user.id);
	sql(&bench, text);
	assert_int_equal(export(&p, PAUL), 0);
	json = load("person.json");
	assert_true(json_is_true(json_object_get(json, "on_call")));
	one = json_object_get(json, "waiting");
	assert_int_equal(json_array_size(one), 1);
	one = json_array_get(one, 0);
	assert_string_equal(json_string_value(json_object_get(one, "since")),
			    "1970-01-01T00:00:01Z");
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(one, "check"), "path")),
			    "udp");
	json_decref(json);
}

/* A clinician gets the own dates, not the patients. */
static void patients_of_a_clinician_are_left_out(void **state)
{
	struct told told;
	struct rth_person p = person(&told, false);
	char command[256];

	(void)state;
	assert_int_equal(export(&p, "clara@clinic.example"), 0);
	assert_int_equal(p.visits, 2);
	assert_int_equal(p.recordings + p.failed, 0);
	snprintf(command, sizeof(command),
		 "! grep -rq -e knee -e eve@ '%s' && test ! -e '%s/recordings'",
		 to, to);
	assert_int_equal(system(command), 0);
}

static void nobody_is_not_exported(void **state)
{
	struct told told;
	struct rth_person p = person(&told, false);

	(void)state;
	assert_int_equal(export(&p, "nobody@home.example"), RTH_ERR_NOT_FOUND);
	assert_int_equal(rmdir(to), 0);
	assert_int_equal(mkdir(to, 0700), 0);
}

static void one_that_is_missing_is_told(void **state)
{
	struct told told;
	struct rth_person p = person(&told, false);

	(void)state;
	fix_run(&fix, "rm -r ../" FIX_ID);
	assert_int_equal(export(&p, PAUL), 0);
	assert_string_equal(told.all, "a not-found\n");
	assert_int_equal(p.failed, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_person_is_erased),
		TEST(a_hold_keeps_the_name),
		TEST(what_runs_keeps_the_name),
		TEST(who_never_signed_in_is_erased),
		TEST(a_clinician_of_recordings_keeps_the_name),
		TEST(a_reader_of_the_database_is_waited_for),
		TEST(without_the_audit_nobody_is_erased),
		TEST(many_visits_leave_no_words),
		TEST(failing_memory_and_done_again),
		TEST(all_about_a_person_is_exported),
		TEST(what_goes_on_now_is_exported),
		TEST(patients_of_a_clinician_are_left_out),
		TEST(nobody_is_not_exported),
		TEST(one_that_is_missing_is_told),
	};

	return cmocka_run_group_tests_name("person", tests, NULL, NULL);
}
