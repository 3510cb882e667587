/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests of holds and deletions: by everybody, in every state, and without
 * the audit.
 */
#include "recording_fixture.h"

#include "review_support.h"

#include <sys/file.h>

#include "audit_head.h"
#include "retention.h"

static struct fixture fix;
static struct bench bench;
static char key_dir[96];
static struct someone clara, other, patient, operator_, keeper, admin;

static char *all[] = {"all"}, *own[] = {"own"};
static char *operators[] = {"role:operator"}, *admins[] = {"role:admin"};
static char *clinicians[] = {"role:clinician"};
static char *keepers[] = {"email:keeper@clinic.example"};
static struct rth_review_rule rules[] = {
	{.who = {operators, 1}, .of = {all, 1}, .rights = RTH_MAY_LIST},
	{.who = {keepers, 1},
	 .of = {all, 1},
	 .rights = RTH_MAY_LIST | RTH_MAY_HOLD},
	{.who = {clinicians, 1},
	 .of = {own, 1},
	 .rights = RTH_MAY_LIST | RTH_MAY_DELETE},
	{.who = {admins, 1}, .of = {all, 1}, .rights = EVERYTHING},
};

static int open_all(void **state)
{
	struct rth_settings *s = &bench.portal.settings;

	(void)state;
	fix_open(&fix);
	fix_whole(&fix);
	bench_open(&bench);
	snprintf(key_dir, sizeof(key_dir), "%s/keys", bench.folder);
	assert_int_equal(mkdir(key_dir, 0700), 0);
	s->key_dir = key_dir;
	s->recordings.folder = fix.store;
	s->retention.days = 100;
	assert_int_equal(rth_audit_key_open(&bench.portal.audit_key, s), 0);
	set_rules(&bench, rules, 4);
	clara = sign_in(&bench, "clara@clinic.example", RTH_ROLE_CLINICIAN,
			"c");
	other = sign_in(&bench, "otto@clinic.example", RTH_ROLE_CLINICIAN, "o");
	patient = sign_in(&bench, "paul@home.example", RTH_ROLE_PATIENT, "p");
	operator_ =
		sign_in(&bench, "op@clinic.example", RTH_ROLE_OPERATOR, "r");
	keeper =
		sign_in(&bench, "keeper@clinic.example", RTH_ROLE_PATIENT, "k");
	admin = sign_in(&bench, "boss@clinic.example", RTH_ROLE_ADMIN, "a");
	add_recording(&bench, FIX_ID, &clara, "paul@home.example", 1790000000);
	return 0;
}

static int close_all(void **state)
{
	char command[128];

	(void)state;
	set_rules(&bench, NULL, 0);
	rth_audit_key_free(bench.portal.audit_key);
	snprintf(command, sizeof(command), "rm -rf '%s'", key_dir);
	assert_int_equal(system(command), 0);
	bench_close(&bench);
	fix_close(&fix);
	return 0;
}

/* ---- Requests ---- */

static json_t *ask(void (*handle)(struct rth_exchange *x),
		   const struct someone *who, const char *id, const char *body,
		   unsigned status)
{
	struct rth_exchange *x = request(&bench, RTH_DELETE, who, id);

	if (body)
		assert_int_equal(rth_exchange_set_body(x, body, strlen(body)),
				 0);
	handle(x);
	return answer_of(x, status);
}

static void hold(const struct someone *who, unsigned status)
{
	json_decref(ask(rth_retention_handle_hold, who, FIX_ID,
			"{\"reason\":\"A complaint\"}", status));
}

static void release(const struct someone *who, unsigned status)
{
	json_decref(
		ask(rth_retention_handle_release, who, FIX_ID, NULL, status));
}

/* The answer's code, or "" for a certificate. */
static void delete_as(const struct someone *who, unsigned status,
		      const char *code)
{
	json_t *json =
		ask(rth_retention_handle_delete, who, FIX_ID, NULL, status);
	const char *found = json_string_value(
		json_object_get(json_object_get(json, "error"), "code"));

	assert_string_equal(found ? found : "", code);
	json_decref(json);
}

static int64_t rows(const char *action, const char *outcome)
{
	char text[192];

	snprintf(text, sizeof(text),
		 "SELECT COUNT(*) FROM audit WHERE action = '%s'"
		 " AND outcome = '%s'",
		 action, outcome);
	return sql_number(&bench, text);
}

static int64_t all_rows(void)
{
	return sql_number(&bench, "SELECT COUNT(*) FROM audit");
}

static bool there(void)
{
	return access(fix.folder, F_OK) == 0;
}

/* ---- Tests ---- */

/* No right, no trace: as a recording that does not exist, and no row. */
static void without_the_right_there_is_no_recording(void **state)
{
	const struct someone *const not_hold[] = {&clara, &other, &patient,
						  &operator_};
	const struct someone *const not_delete[] = {&other, &patient,
						    &operator_, &keeper};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		hold(not_hold[i], 404);
		release(not_hold[i], 404);
		delete_as(not_delete[i], 404, "not-found");
	}
	json_decref(
		ask(rth_retention_handle_delete, &admin, FIX_OTHER, NULL, 404));
	json_decref(
		ask(rth_retention_handle_delete, &admin, "../2026", NULL, 404));
	assert_int_equal(all_rows(), 0);
	assert_true(there());
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM holds"), 0);
}

static void a_hold_is_set_and_ended(void **state)
{
	json_t *json;

	(void)state;
	json = ask(rth_retention_handle_hold, &keeper, FIX_ID,
		   "{\"reason\":\"A complaint\"}", 200);
	assert_true(json_is_true(json_object_get(json, "hold")));
	assert_true(json_is_null(json_object_get(json, "delete_on")));
	json_decref(json);
	delete_as(&admin, 409, "held");
	delete_as(&clara, 409, "held");
	assert_true(there());
	assert_int_equal(rows(RTH_AUDIT_HELD, "ok"), 1);
	assert_int_equal(rows(RTH_AUDIT_DELETED, "held"), 2);
	/* Why is not in the audit: it would stay there. */
	assert_int_equal(sql_number(&bench,
				    "SELECT COUNT(*) FROM audit WHERE reason"
				    " LIKE '%complaint%'"),
			 0);
	json = ask(rth_retention_handle_release, &keeper, FIX_ID, NULL, 200);
	assert_true(json_is_false(json_object_get(json, "hold")));
	assert_true(json_is_string(json_object_get(json, "delete_on")));
	json_decref(json);
	assert_int_equal(rows(RTH_AUDIT_RELEASED, "ok"), 1);
	assert_int_equal(
		sql_number(&bench, "SELECT COUNT(*) FROM holds WHERE"
				   " released_s > 0 AND released_by = by_whom"),
		1);
	delete_as(&clara, 200, "");
	assert_false(there());
}

static void a_hold_has_a_reason(void **state)
{
	static const char *const bodies[] = {
		"{}",
		"{\"reason\":\"\"}",
		"{\"reason\":\"  \"}",
		"{\"reason\":7}",
		"{\"reason\":\"x\",\"until\":\"2030\"}",
		"[]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		json_decref(ask(rth_retention_handle_hold, &keeper, FIX_ID,
				bodies[i], 400));
	json_decref(ask(rth_retention_handle_hold, &keeper, FIX_ID, NULL, 400));
	assert_int_equal(all_rows(), 0);
	hold(&keeper, 200);
}

static void a_deletion_gives_its_certificate(void **state)
{
	json_t *json, *certificate;

	(void)state;
	json = ask(rth_retention_handle_delete, &clara, FIX_ID, NULL, 200);
	certificate = json_object_get(json, "certificate");
	assert_string_equal(
		json_string_value(json_object_get(certificate, "by")),
		clara.user.id);
	assert_string_equal(
		json_string_value(json_object_get(certificate, "recording")),
		FIX_ID);
	assert_true(json_is_true(json_object_get(certificate, "verified")));
	json_decref(json);
	assert_false(there());
	assert_int_equal(rows(RTH_AUDIT_DELETION_BEGUN, "ok"), 1);
	assert_int_equal(rows(RTH_AUDIT_DELETED, "ok"), 1);
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM audit"
					    " WHERE visit IS NULL"),
			 0);
	/* It is as if it had never been, for everybody. */
	delete_as(&admin, 404, "not-found");
	hold(&admin, 404);
	release(&admin, 404);
}

static void what_runs_is_not_deleted(void **state)
{
	int fd = open(fix.folder, O_RDONLY | O_CLOEXEC);
	char month[128];

	(void)state;
	assert_int_equal(flock(fd, LOCK_EX), 0);
	delete_as(&admin, 409, "running");
	close(fd);
	snprintf(month, sizeof(month), "%s/" FIX_MONTH, fix.store);
	fd = open(month, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	delete_as(&admin, 503, "busy");
	close(fd);
	assert_int_equal(rows(RTH_AUDIT_DELETED, "running"), 1);
	assert_int_equal(rows(RTH_AUDIT_DELETED, "busy"), 1);
	assert_int_equal(rows(RTH_AUDIT_DELETION_BEGUN, "ok"), 0);
	assert_true(there());
	delete_as(&admin, 200, "");
}

static void a_missing_folder_is_no_deletion(void **state)
{
	(void)state;
	fix_run(&fix, "rm -r ../" FIX_ID);
	delete_as(&admin, 409, "missing");
	assert_int_equal(rows(RTH_AUDIT_DELETED, "missing"), 1);
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM deletions"),
			 0);
}

/* Nobody could prove it later, so nobody does it. */
static void without_the_audit_nothing_is_done(void **state)
{
	(void)state;
	hold(&admin, 200);
	sql(&bench, "ALTER TABLE audit RENAME TO away");
	release(&admin, 500);
	sql(&bench, "UPDATE recordings SET hold = 0");
	delete_as(&admin, 500, "failed");
	hold(&admin, 500);
	assert_true(there());
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM holds WHERE"
					    " released_s = 0"),
			 1);
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM deletions"),
			 0);
	sql(&bench, "ALTER TABLE away RENAME TO audit");
	delete_as(&admin, 200, "");
}

/* As long as its column says: a longer one is not cut in silence. */
static void a_reason_has_an_end(void **state)
{
	char body[1100] = "{\"reason\":\"";
	size_t i;

	(void)state;
	for (i = 0; i < 500; i++)
		strcat(body, "\xc3\xa9");
	strcat(body, "x\"}");
	json_decref(ask(rth_retention_handle_hold, &keeper, FIX_ID, body, 400));
	assert_int_equal(all_rows(), 0);
	strcpy(body + strlen(body) - 3, "\"}");
	json_decref(ask(rth_retention_handle_hold, &keeper, FIX_ID, body, 200));
	assert_int_equal(sql_number(&bench, "SELECT length(reason) FROM holds"),
			 500);
}

static void what_is_not_held_is_not_released(void **state)
{
	(void)state;
	release(&keeper, 200);
	assert_int_equal(all_rows(), 0);
	hold(&keeper, 200);
	sql(&bench, "ALTER TABLE holds RENAME TO away");
	release(&keeper, 500);
	assert_int_equal(rows(RTH_AUDIT_RELEASED, "failed"), 1);
	sql(&bench, "ALTER TABLE away RENAME TO holds");
	release(&keeper, 200);
	release(&keeper, 200);
	assert_int_equal(rows(RTH_AUDIT_RELEASED, "ok"), 1);
}

/* There is no date before there is an end to count from. */
static void one_that_runs_has_no_date(void **state)
{
	json_t *json;

	(void)state;
	sql(&bench, "UPDATE recordings SET state = 'running', ended_s = 0");
	hold(&keeper, 200);
	json = ask(rth_retention_handle_release, &keeper, FIX_ID, NULL, 200);
	assert_true(json_is_null(json_object_get(json, "delete_on")));
	json_decref(json);
}

/* What did not come about is in it, and not that it did. */
static void a_hold_that_fails_is_in_the_audit(void **state)
{
	(void)state;
	sql(&bench, "ALTER TABLE holds RENAME TO away");
	hold(&admin, 500);
	assert_int_equal(rows(RTH_AUDIT_HELD, "failed"), 1);
	assert_int_equal(rows(RTH_AUDIT_HELD, "ok"), 0);
	assert_int_equal(sql_number(&bench, "SELECT hold FROM recordings"), 0);
	sql(&bench, "ALTER TABLE away RENAME TO holds");
	hold(&admin, 200);
	assert_int_equal(rows(RTH_AUDIT_HELD, "failed"), 1);
	assert_int_equal(rows(RTH_AUDIT_HELD, "ok"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(without_the_right_there_is_no_recording),
		TEST(a_hold_is_set_and_ended),
		TEST(a_hold_has_a_reason),
		TEST(a_deletion_gives_its_certificate),
		TEST(what_runs_is_not_deleted),
		TEST(a_missing_folder_is_no_deletion),
		TEST(without_the_audit_nothing_is_done),
		TEST(a_hold_that_fails_is_in_the_audit),
		TEST(a_reason_has_an_end),
		TEST(what_is_not_held_is_not_released),
		TEST(one_that_runs_has_no_date),
	};

	return cmocka_run_group_tests_name("retention_request", tests, NULL,
					   NULL);
}
