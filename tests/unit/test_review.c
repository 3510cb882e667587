/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The handlers of the list and of one recording.
 */
#include "review_support.h"

#include "review.h"

#define ROWS 7
#define UNKNOWN "uuuuuuuuuuuuuuuuuuuuuu"

static struct bench bench;
static struct someone doctor, operator_, nobody;
static char *reasons[] = {"quality", "complaint"};
static char *op = "role:operator", *all = "all", *clinician = "role:clinician",
	    *own = "own";
static struct rth_review_rule rules[] = {
	{.who = {&op, 1}, .of = {&all, 1}, .rights = 3},
	{.who = {&clinician, 1}, .of = {&own, 1}, .rights = RTH_MAY_LIST},
};

static void id_of(char id[RTH_ID_SIZE], unsigned n)
{
	snprintf(id, RTH_ID_SIZE, "r%021u", n);
}

static int set_up(void **state)
{
	struct rth_settings *s = &bench.portal.settings;
	unsigned n;

	(void)state;
	bench_open(&bench);
	set_rules(&bench, rules, 2);
	s->review.reasons.v = reasons;
	s->review.reasons.n = 2;
	doctor = sign_in(&bench, "dr@clinic.example", RTH_ROLE_CLINICIAN, "d");
	operator_ =
		sign_in(&bench, "op@clinic.example", RTH_ROLE_OPERATOR, "o");
	nobody = sign_in(&bench, "n@people.example", RTH_ROLE_PATIENT, "n");
	for (n = 0; n < ROWS; n++) {
		char id[RTH_ID_SIZE];

		id_of(id, n);
		add_recording(&bench, id, n == 3 ? &doctor : &operator_,
			      n == 4 ? "n@people.example"
				     : "new@people.example",
			      1790000000 + 1000 * n);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

/* "name=value&name=value" */
static json_t *list(const struct someone *who, const char *query,
		    unsigned status)
{
	struct rth_exchange *x = request(&bench, RTH_GET, who, NULL);
	char text[512], *save = NULL, *pair;

	snprintf(text, sizeof(text), "%s", query);
	for (pair = strtok_r(text, "&", &save); pair;
	     pair = strtok_r(NULL, "&", &save)) {
		char *value = strchr(pair, '=');

		*value++ = '\0';
		assert_int_equal(
			rth_exchange_add(x, RTH_FIELD_QUERY, pair, value), 0);
	}
	rth_review_handle_list(x);
	return answer_of(x, status);
}

static const char *member(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static void a_recording_is_told_as_promised(void **state)
{
	char id[RTH_ID_SIZE];
	struct rth_exchange *x;
	json_t *json, *want;

	(void)state;
	id_of(id, 3);
	sql(&bench, "UPDATE recordings SET hold = 1, delete_s = 1800000000"
		    " WHERE id LIKE '%3'");
	x = request(&bench, RTH_GET, &operator_, id);
	rth_review_handle_get(x);
	json = answer_of(x, 200);
	want = json_pack(
		"{s:s, s:s, s:i, s:s, s:s, s:i, s:b, s:s, s:{s:O, s:s},"
		" s:{s:s, s:s}, s:{s:n, s:n}, s:[s, s], s:[s, s], s:b, s:b}",
		"id", id, "begun", "2026-09-21T15:03:20Z", "seconds", 60,
		"state", "finished", "reason", "stopped", "lost_ms", 0, "hold",
		1, "delete_on", "2027-01-15T08:00:00Z", "visit", "id",
		json_object_get(json_object_get(json, "visit"), "id"), "title",
		"A visit", "clinician", "id", doctor.user.id, "name", "Name",
		"patient", "id", "name", "rights", "list", "play", "reasons",
		"quality", "complaint", "reason_needed", 1, "preview", 0);
	assert_non_null(want);
	if (!json_equal(json, want))
		fail_msg("%s", json_dumps(json, 0));
	json_decref(json);
	json_decref(want);
}

static void what_runs_has_no_end_and_no_visit_may_be_known(void **state)
{
	char id[RTH_ID_SIZE];
	struct rth_exchange *x;
	json_t *json;

	(void)state;
	id_of(id, 0);
	sql(&bench, "UPDATE recordings SET visit_id = NULL, ended_s = 0,"
		    " reason = '', state = 'paused' WHERE id LIKE '%0'");
	x = request(&bench, RTH_GET, &operator_, id);
	rth_review_handle_get(x);
	json = answer_of(x, 200);
	assert_true(json_is_null(json_object_get(json, "seconds")));
	assert_true(json_is_null(json_object_get(json, "visit")));
	assert_true(json_is_null(json_object_get(json, "clinician")));
	assert_true(json_is_null(json_object_get(json, "patient")));
	assert_true(json_is_null(json_object_get(json, "reason")));
	assert_string_equal(member(json, "state"), "running");
	json_decref(json);
}

/* The whole answers are compared: not a byte tells which of them it is. */
static void no_right_and_no_recording_look_the_same(void **state)
{
	char id[RTH_ID_SIZE];
	struct rth_exchange *x[3];
	size_t i;

	(void)state;
	id_of(id, 4);
	x[0] = request(&bench, RTH_GET, &doctor, UNKNOWN);
	x[1] = request(&bench, RTH_GET, &doctor, id);
	x[2] = request(&bench, RTH_GET, &nobody, id);
	for (i = 0; i < 3; i++) {
		rth_review_handle_get(x[i]);
		assert_int_equal(rth_exchange_reply(x[i])->status, 404);
		assert_string_equal(rth_exchange_reply(x[i])->body,
				    rth_exchange_reply(x[0])->body);
		assert_int_equal(rth_exchange_reply(x[i])->headers_n,
				 rth_exchange_reply(x[0])->headers_n);
	}
	for (i = 0; i < 3; i++)
		rth_exchange_free(x[i]);
	json_decref(list(&nobody, "", 404));
}

static void pages_follow_each_other(void **state)
{
	static const char *const sorts[] = {"begun", "-begun", "seconds",
					    "-seconds"};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		char query[256], seen[ROWS + 1] = "";
		size_t n = 0, pages = 0;

		snprintf(query, sizeof(query), "sort=%s&limit=3", sorts[i]);
		for (;;) {
			json_t *page = list(&operator_, query, 200);
			const json_t *rows =
				json_object_get(page, "recordings");
			const char *next = member(page, "next");
			size_t k;

			pages++;
			for (k = 0; k < json_array_size(rows); k++)
				seen[n++] = member(json_array_get(rows, k),
						   "id")[RTH_ID_LEN - 1];
			if (next)
				snprintf(query, sizeof(query),
					 "sort=%s&limit=3&cursor=%s", sorts[i],
					 next);
			json_decref(page);
			if (!next)
				break;
		}
		assert_int_equal(pages, 3);
		assert_string_equal(seen, i == 0   ? "0123456"
					  : i == 1 ? "6543210"
					  : i == 2 ? "0123456"
						   : "6543210");
	}
}

static void a_full_last_page_has_none_behind_it(void **state)
{
	json_t *page = list(&operator_, "limit=7", 200);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(page, "recordings")),
			 ROWS);
	assert_true(json_is_null(json_object_get(page, "next")));
	json_decref(page);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *query, *field;
	} rows[] = {
		{"from=yesterday", "from"},
		{"to=2026-01-31", "to"},
		{"clinician=x", "clinician"},
		{"patient=%27", "patient"},
		{"state=any", "state"},
		{"state=", "state"},
		{"state=stored", "state"},
		{"hold=1", "hold"},
		{"hold=false", "hold"},
		{"min_seconds=-1", "min_seconds"},
		{"min_seconds=1.5", "min_seconds"},
		{"max_seconds=", "max_seconds"},
		{"max_seconds=9999999999", "max_seconds"},
		{"max_seconds=99999999999999999999", "max_seconds"},
		{"sort=id", "sort"},
		{"limit=0", "limit"},
		{"limit=201", "limit"},
		{"limit=5&limit=6", "limit"},
		{"cursor=x", "cursor"},
		{"cursor=", "cursor"},
		{"cursor=0.1790000000.", "cursor"},
		{"cursor=0.1790000000.short", "cursor"},
		{"cursor=0..r000000000000000000001", "cursor"},
		{"cursor=0.-2.r000000000000000000001", "cursor"},
		{"cursor=0.1e9.r000000000000000000001", "cursor"},
		{"cursor=0.1.r0000000000000000000011", "cursor"},
		{"cursor=0.1.r00000000000000000000!", "cursor"},
		{"cursor=00.1.r00000000000000000000", "cursor"},
		{"cursor=7.1.r000000000000000000001", "cursor"},
		/* A cursor is of its order alone. */
		{"cursor=1.1.r000000000000000000001", "cursor"},
		{"cursor=0.1.r000000000000000000001&sort=begun", "cursor"},
		{"cursor=0.12345678901234567890.r000000000000000000001",
		 "cursor"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *json = list(&operator_, rows[i].query, 400);
		json_t *error = json_object_get(json, "error");

		if (strcmp(member(error, "field"), rows[i].field) != 0)
			fail_msg("%s", rows[i].query);
		assert_string_equal(member(error, "code"), "bad-request");
		json_decref(json);
	}
}

/* Whatever a cursor says, it is only a place in what one may see. */
static void a_cursor_of_somebody_else_opens_nothing(void **state)
{
	json_t *all_of = list(&operator_, "limit=1", 200);
	char query[128];
	json_t *json;

	(void)state;
	snprintf(query, sizeof(query), "cursor=%s", member(all_of, "next"));
	json = list(&doctor, query, 200);
	assert_int_equal(json_array_size(json_object_get(json, "recordings")),
			 1);
	assert_string_equal(
		member(json_array_get(json_object_get(json, "recordings"), 0),
		       "id"),
		"r000000000000000000003");
	json_decref(json);
	json_decref(all_of);
}

static void looking_is_in_the_audit_once_a_minute(void **state)
{
	static const char rows[] =
		"SELECT COUNT(*) FROM audit WHERE action = 'list'";
	int64_t before;

	(void)state;
	bench_now += 1000;
	before = sql_number(&bench, rows);
	json_decref(list(&operator_, "state=lost&limit=7", 200));
	json_decref(list(&operator_, "state=lost", 200));
	assert_int_equal(sql_number(&bench, rows), before + 1);
	assert_int_equal(sql_number(&bench,
				    "SELECT COUNT(*) FROM audit WHERE action ="
				    " 'list' AND data LIKE"
				    " '%\"state\":\"lost\"%' AND role ="
				    " 'operator'"),
			 1);
	json_decref(list(&doctor, "", 200));
	assert_int_equal(sql_number(&bench, rows), before + 2);
	bench_now += 60;
	json_decref(list(&operator_, "", 200));
	assert_int_equal(sql_number(&bench, rows), before + 3);
}

static void without_its_row_nothing_is_shown(void **state)
{
	(void)state;
	bench_now += 1000;
	sql(&bench, "ALTER TABLE audit RENAME TO gone");
	json_decref(list(&operator_, "", 500));
	sql(&bench, "ALTER TABLE gone RENAME TO audit");
	json_decref(list(&operator_, "", 200));
}

static void memory_may_end_anywhere(void **state)
{
	unsigned long n;
	bool done = false;

	(void)state;
	for (n = 1; !done && n < 2000; n++) {
		struct rth_exchange *x =
			request(&bench, RTH_GET, &operator_, NULL);
		struct rth_reply *reply = rth_exchange_reply(x);

		bench_now += 100;
		rth_mem_fail_at(n);
		rth_review_handle_list(x);
		done = rth_mem_count() < n;
		rth_mem_fail_at(0);
		assert_true(reply->failed || reply->status == 500 ||
			    reply->status == 200);
		rth_exchange_free(x);
	}
	assert_true(done && n > 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_last_page_has_none_behind_it),
		cmocka_unit_test(pages_follow_each_other),
		cmocka_unit_test(a_recording_is_told_as_promised),
		cmocka_unit_test(no_right_and_no_recording_look_the_same),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_cursor_of_somebody_else_opens_nothing),
		cmocka_unit_test(looking_is_in_the_audit_once_a_minute),
		cmocka_unit_test(without_its_row_nothing_is_shown),
		cmocka_unit_test(memory_may_end_anywhere),
		cmocka_unit_test(
			what_runs_has_no_end_and_no_visit_may_be_known),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
