/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GET /api/audit: for whom, page by page, and what it may be asked. */
#include "review_support.h"

#include "audit.h"
#include "audit_chain.h"

static struct bench bench;
static struct someone admin, operator_;
static struct rth_review_rule rules[2];

static int open_bench(void **state)
{
	static char *admins[] = {"role:admin"}, *all[] = {"all"};
	static char *operators[] = {"role:operator"};

	*state = &bench;
	bench_now = 1800000000;
	bench_open(&bench);
	memset(rules, 0, sizeof(rules));
	rules[0].who = (struct rth_conf_strings){admins, 1};
	rules[0].of = (struct rth_conf_strings){all, 1};
	rules[0].rights = RTH_MAY_ADMINISTER;
	rules[1].who = (struct rth_conf_strings){operators, 1};
	rules[1].of = (struct rth_conf_strings){all, 1};
	rules[1].rights = EVERYTHING & ~RTH_MAY_ADMINISTER;
	set_rules(&bench, rules, 2);
	admin = sign_in(&bench, "boss@clinic.example", RTH_ROLE_ADMIN, "m");
	operator_ =
		sign_in(&bench, "op@clinic.example", RTH_ROLE_OPERATOR, "o");
	return 0;
}

static int close_bench(void **state)
{
	(void)state;
	set_rules(&bench, NULL, 0);
	bench_close(&bench);
	return 0;
}

/* Row n is of second 1800000000 + n, by nobody that is known. */
static void add_rows(int n)
{
	char object[16];
	int i;

	for (i = 1; i <= n; i++) {
		const struct rth_audit row = {
			.subject = "uid-0",
			.action = i % 2 ? "play" : "list",
			.object = object,
			.data = "{\"count\":1}",
		};

		snprintf(object, sizeof(object), "o%d", i);
		assert_int_equal(rth_store_audit(bench.portal.store, &row,
						 1800000000 + i),
				 0);
	}
}

/* The answer to "a=b&c=d". */
static json_t *ask(const struct someone *who, const char *query,
		   unsigned status)
{
	struct rth_exchange *x = request(&bench, RTH_GET, who, NULL);
	char text[256], *at = text, *pair;

	snprintf(text, sizeof(text), "%s", query);
	while ((pair = strsep(&at, "&")) && *pair) {
		char *value = strchr(pair, '=');

		*value++ = '\0';
		assert_int_equal(
			rth_exchange_add(x, RTH_FIELD_QUERY, pair, value), 0);
	}
	rth_audit_handle_list(x);
	return answer_of(x, status);
}

/* The objects of the rows, one after the other, and the next page's cursor. */
static void assert_rows(const char *query, const char *objects,
			const char *next)
{
	json_t *page = ask(&admin, query, 200), *rows, *row;
	char text[512] = "";
	size_t i;

	rows = json_object_get(page, "rows");
	json_array_foreach(rows, i, row)
	{
		const char *object =
			json_string_value(json_object_get(row, "object"));

		strcat(text, object ? object : "-");
	}
	assert_string_equal(text, objects);
	if (next)
		assert_string_equal(
			json_string_value(json_object_get(page, "next")), next);
	else
		assert_true(json_is_null(json_object_get(page, "next")));
	json_decref(page);
}

static void only_administrators_see_it(void **state)
{
	(void)state;
	json_decref(ask(&operator_, "", 404));
	json_decref(ask(&operator_, "limit=x", 404));
	json_decref(ask(&admin, "", 200));
	set_rules(&bench, NULL, 0);
	json_decref(ask(&admin, "", 404));
}

static void is_newest_first_page_by_page(void **state)
{
	(void)state;
	add_rows(5);
	assert_rows("limit=2", "o5o4", "4");
	/* Looking is a row: the newest is now the sixth. */
	assert_rows("limit=2&cursor=4", "o3o2", "2");
	assert_rows("limit=2&cursor=2", "o1", NULL);
	assert_rows("limit=1&object=o1", "o1", NULL);
}

static void can_be_asked_for_less(void **state)
{
	(void)state;
	add_rows(6);
	assert_rows("object=o2", "o2", NULL);
	assert_rows("action=list", "o6o4o2", NULL);
	assert_rows("subject=uid-0&action=play", "o5o3o1", NULL);
	assert_rows("subject=nobody", "", NULL);
	assert_rows("subject=uid-0&object=/api/x.y:z/*", "", NULL);
	assert_rows("action=plugin:consent&subject=A_b-9", "", NULL);
	assert_rows("action=play&from=2027-01-15T08:00:03Z", "o5o3", NULL);
	assert_rows("action=play&to=2027-01-15T08:00:03Z", "o1", NULL);
}

static void a_wrong_question_is_named(void **state)
{
	static const struct {
		const char *query, *field;
	} rows[] = {
		{"limit=0", "limit"},
		{"limit=201", "limit"},
		{"limit=x", "limit"},
		{"limit=5x", "limit"},
		{"limit=-1", "limit"},
		{"limit=1&limit=2", "limit"},
		{"cursor=0", "cursor"},
		{"cursor=99999999999999999999", "cursor"},
		{"from=yesterday", "from"},
		{"to=2027-02-30T00:00:00Z", "to"},
		{"subject=", "subject"},
		{"action=a\x01", "action"},
		/* what would stand in a row for ever */
		{"subject=ann@people.example", "subject"},
		{"subject=Ann Marrowbone", "subject"},
		{"subject=portal:x", "subject"},
		{"object=ann@people.example", "object"},
		{"object=a b", "object"},
		{"object=\xc3\xa9", "object"},
		{"action=plugin/x", "action"},
		{"action=a.b", "action"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *answer = ask(&admin, rows[i].query, 400);

		assert_string_equal(
			json_string_value(json_object_get(
				json_object_get(answer, "error"), "field")),
			rows[i].field);
		json_decref(answer);
	}
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM audit"), 0);
}

static void a_row_has_the_name_of_now(void **state)
{
	const struct rth_audit row = {
		.subject = admin.user.id,
		.role = "admin",
		.action = "play",
		.object = "o",
		.reason = "complaint",
		.data = "{\"a\":1}",
	};
	json_t *page, *got, *want;

	(void)state;
	assert_int_equal(rth_store_audit(bench.portal.store, &row, 1800000000),
			 0);
	page = ask(&admin, "limit=1", 200);
	got = json_array_get(json_object_get(page, "rows"), 0);
	want = json_pack("{s:i, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:n, s:s,"
			 " s:s, s:n, s:{s:i}}",
			 "n", 1, "time", "2027-01-15T08:00:00Z", "subject",
			 "id", admin.user.id, "name", "Name", "role", "admin",
			 "action", "play", "object", "o", "visit", "outcome",
			 "ok", "reason", "complaint", "client", "data", "a", 1);
	assert_non_null(want);
	assert_true(json_equal(got, want));
	json_decref(want);
	json_decref(page);
}

/* It is shown as far as it can be. */
static void a_spoilt_row_does_not_hide_the_others(void **state)
{
	(void)state;
	add_rows(3);
	if (bench_on_server(&bench))
		sql(&bench, "DROP TRIGGER audit_keeps_values ON audit;"
			    "UPDATE audit SET data = '{', outcome = '',"
			    " time_ms = -1, action = repeat('x', 10000)"
			    " WHERE n = 2");
	else
		sql(&bench, "DROP TRIGGER audit_keeps_values;"
			    "UPDATE audit SET data = '{', outcome = x'ff',"
			    " time_ms = -1, action = hex(zeroblob(5000))"
			    " WHERE n = 2");
	assert_rows("limit=3", "o3o2o1", NULL);
}

static void looking_is_a_row(void **state)
{
	(void)state;
	json_decref(ask(&admin, "object=o1&limit=7", 200));
	assert_int_equal(sql_number(&bench,
				    "SELECT COUNT(*) FROM audit WHERE action ="
				    " 'audit-listed' AND role = 'admin' AND"
				    " data LIKE '%\"object\":\"o1\"%' AND"
				    " data LIKE '%\"limit\":7%'"),
			 1);
}

/* And without a row nobody looks. */
static void what_cannot_be_recorded_is_not_shown(void **state)
{
	(void)state;
	add_rows(1);
	sql(&bench, bench_on_server(&bench)
			    ? "DROP TRIGGER audit_head_stays ON audit_head"
			    : "DROP TRIGGER audit_head_stays");
	sql(&bench, "DELETE FROM audit_head");
	json_decref(ask(&admin, "", 500));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(only_administrators_see_it),
		TEST(is_newest_first_page_by_page),
		TEST(can_be_asked_for_less),
		TEST(a_wrong_question_is_named),
		TEST(a_row_has_the_name_of_now),
		TEST(a_spoilt_row_does_not_hide_the_others),
		TEST(looking_is_a_row),
		TEST(what_cannot_be_recorded_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
