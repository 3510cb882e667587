/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules against people and recordings: over one recording, and as the scope of
 * a question, which must be the same.
 */
#include "review_support.h"

#define R1 "1111111111111111111111"
#define R2 "2222222222222222222222"
#define R3 "3333333333333333333333"

static struct bench bench;
static struct someone dr_a, dr_b, patient, operator_, admin, grouped, was_a;

static int set_up(void **state)
{
	(void)state;
	bench_open(&bench);
	dr_a = sign_in(&bench, "a@clinic.example", RTH_ROLE_CLINICIAN, "a");
	was_a = dr_a;
	was_a.role = RTH_ROLE_PATIENT;
	dr_b = sign_in(&bench, "b@other.example", RTH_ROLE_CLINICIAN, "b");
	patient = sign_in(&bench, "p@people.example", RTH_ROLE_PATIENT, "p");
	operator_ =
		sign_in(&bench, "op@clinic.example", RTH_ROLE_OPERATOR, "o");
	admin = sign_in(&bench, "boss@clinic.example", RTH_ROLE_ADMIN, "m");
	grouped = sign_in(&bench, "g@people.example", RTH_ROLE_PATIENT, "g");
	add_recording(&bench, R1, &dr_a, "p@people.example", 1790000000);
	add_recording(&bench, R2, &dr_b, "g@people.example", 1790000100);
	/* Nobody knows of which visit this one is. */
	add_recording(&bench, R3, &dr_b, "q@people.example", 1790000200);
	sql(&bench,
	    "UPDATE recordings SET visit_id = NULL WHERE id = '" R3 "'");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	set_rules(&bench, NULL, 0);
	bench_close(&bench);
	return 0;
}

static unsigned rights_over(const struct someone *who, const char *id,
			    const char *groups)
{
	struct rth_session session;
	struct rth_reviewed of;

	be(&session, who);
	strcpy(session.groups, groups);
	if (!id)
		return rth_rights(&bench.portal, &session, NULL);
	assert_int_equal(rth_store_reviewed_get(bench.portal.store, &of, id),
			 0);
	return rth_rights(&bench.portal, &session, &of);
}

static enum rth_err find(const struct someone *who, const char *id,
			 unsigned right)
{
	struct rth_exchange *x = request(&bench, RTH_GET, who, NULL);
	struct rth_reviewed of;
	enum rth_err err = rth_rights_find(&of, x, id, right);

	if (!err)
		assert_string_equal(of.row.id, id);
	rth_exchange_free(x);
	return err;
}

static enum rth_err mark(const struct rth_reviewed *of, void *arg)
{
	*(unsigned *)arg |= 1U << (*of->row.id - '1');
	return 0;
}

/* Which of the three somebody may list, one bit each. */
static unsigned listed(const struct someone *who, const char *groups)
{
	struct rth_rights_scope scope;
	struct rth_session session;
	struct rth_review_query query = {
		.min_seconds = -1, .max_seconds = -1, .limit = 10};
	unsigned bits = 0;
	enum rth_err err;

	be(&session, who);
	strcpy(session.groups, groups);
	err = rth_rights_scope(&scope, &bench.portal, &session, RTH_MAY_LIST);
	if (err) {
		assert_int_equal(err, RTH_ERR_NOT_FOUND);
		return 0;
	}
	query.scope = scope.scope;
	assert_int_equal(
		rth_store_review_each(bench.portal.store, &query, mark, &bits),
		0);
	rth_rights_scope_free(&scope);
	return bits;
}

static void without_rules_nobody_has_rights(void **state)
{
	(void)state;
	set_rules(&bench, NULL, 0);
	assert_int_equal(rights_over(&admin, R1, ""), 0);
	assert_int_equal(rights_over(&admin, NULL, ""), 0);
	assert_int_equal(listed(&admin, ""), 0);
	assert_int_equal(find(&admin, R1, RTH_MAY_LIST), RTH_ERR_NOT_FOUND);
}

/* One rule, who is asked, and over which recordings the rule is. */
static const struct {
	const char *who, *of;
	const struct someone *asked;
	const char *groups;
	unsigned bits;
} cases[] = {
	{"role:operator", "all", &operator_, "", 7},
	{"role:operator", "all", &admin, "", 0},
	{"role:admin", "all", &admin, "", 7},
	{"role:clinician", "own", &dr_a, "", 1},
	{"role:clinician", "own", &dr_b, "", 2},
	{"role:clinician", "own", &patient, "", 0},
	{"role:patient", "own", &patient, "", 1},
	{"role:patient", "own", &grouped, "", 2},
	{"role:patient", "own", &dr_a, "", 0},
	/* Who is no clinician any more has none of that time. */
	{"role:patient", "own", &was_a, "", 0},
	{"role:operator", "own", &operator_, "", 0},
	{"email:OP@clinic.example", "all", &operator_, "", 7},
	{"email:op@clinic.example.evil", "all", &operator_, "", 0},
	{"domain:clinic.example", "all", &dr_a, "", 7},
	{"domain:clinic.example", "all", &dr_b, "", 0},
	{"domain:inic.example", "all", &dr_a, "", 0},
	{"group:staff", "all", &grouped, "x\nstaff", 7},
	{"group:staff", "all", &grouped, "xstaff", 0},
	{"group:staff", "all", &grouped, "", 0},
	{"role:operator", "domain:clinic.example", &operator_, "", 1},
	{"role:operator", "domain:Other.Example", &operator_, "", 2},
	{"role:operator", "domain:example", &operator_, "", 0},
	{"role:operator", "domain:linic.example", &operator_, "", 0},
	{"role:operator", "email:A@clinic.example", &operator_, "", 1},
	{"role:operator", "email:p@people.example", &operator_, "", 0},
	{"role:operator", "email:%@clinic.example", &operator_, "", 0},
	{"role:operator", "domain:%", &operator_, "", 0},
};

static void a_rule_is_for_whom_and_of_what_it_says(void **state)
{
	static const char *const ids[] = {R1, R2, R3};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *who = (char *)cases[i].who, *of = (char *)cases[i].of;
		struct rth_review_rule rule = {
			.who = {&who, 1}, .of = {&of, 1}, .rights = 3};

		set_rules(&bench, &rule, 1);
		for (k = 0; k < 3; k++) {
			unsigned want = cases[i].bits >> k & 1 ? 3 : 0;

			if (rights_over(cases[i].asked, ids[k],
					cases[i].groups) != want)
				fail_msg("case %zu, recording %s", i, ids[k]);
		}
		if (listed(cases[i].asked, cases[i].groups) != cases[i].bits)
			fail_msg("the list of case %zu", i);
	}
}

static void rules_add_up(void **state)
{
	char *all = "all", *own = "own", *op = "role:operator",
	     *mail = "email:op@clinic.example";
	char *both[] = {"role:admin", "role:operator"};
	struct rth_review_rule rules[] = {
		{.who = {&op, 1}, .of = {&own, 1}, .rights = RTH_MAY_LIST},
		{.who = {&mail, 1}, .of = {&all, 1}, .rights = RTH_MAY_PLAY},
		{.who = {both, 2}, .of = {&all, 1}, .rights = RTH_MAY_HOLD},
	};

	(void)state;
	set_rules(&bench, rules, 3);
	assert_int_equal(rights_over(&operator_, R1, ""),
			 RTH_MAY_PLAY | RTH_MAY_HOLD);
	assert_int_equal(rights_over(&operator_, NULL, ""),
			 RTH_MAY_LIST | RTH_MAY_PLAY | RTH_MAY_HOLD);
	assert_int_equal(rights_over(&admin, R1, ""), RTH_MAY_HOLD);
	/* A right over some is no other right over them. */
	assert_int_equal(listed(&operator_, ""), 0);
}

static void what_is_not_ones_own_is_not_there(void **state)
{
	char *who = "role:clinician", *own = "own";
	struct rth_review_rule rule = {
		.who = {&who, 1}, .of = {&own, 1}, .rights = RTH_MAY_LIST};

	(void)state;
	set_rules(&bench, &rule, 1);
	assert_int_equal(find(&dr_a, R1, RTH_MAY_LIST), 0);
	assert_int_equal(find(&dr_a, R1, RTH_MAY_PLAY), RTH_ERR_NOT_FOUND);
	assert_int_equal(find(&dr_a, R1, RTH_MAY_LIST | RTH_MAY_PLAY),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(find(&dr_a, R2, RTH_MAY_LIST), RTH_ERR_NOT_FOUND);
	assert_int_equal(find(&dr_a, R3, RTH_MAY_LIST), RTH_ERR_NOT_FOUND);
	assert_int_equal(find(&dr_a, "4444444444444444444444", RTH_MAY_LIST),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(find(&dr_a, "", RTH_MAY_LIST), RTH_ERR_NOT_FOUND);
	assert_int_equal(find(&dr_a, "' OR 1 = 1 --", RTH_MAY_LIST),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(find(NULL, R1, RTH_MAY_LIST), RTH_ERR_NOT_FOUND);
}

static void rights_have_names(void **state)
{
	static const char *const names[] = {"list", "play",   "download",
					    "hold", "delete", "administer"};
	unsigned i;

	(void)state;
	for (i = 0; i < RTH_RIGHTS; i++) {
		assert_string_equal(rth_right_name(1U << i), names[i]);
		assert_int_equal(rth_right_of(names[i]), 1U << i);
	}
	assert_int_equal(rth_right_of("everything"), 0);
	assert_int_equal(rth_right_of(""), 0);
}

static void a_scope_may_find_no_memory(void **state)
{
	char *who = "role:admin", *of[] = {"own", "domain:d", "email:e@f"};
	struct rth_review_rule rule = {
		.who = {&who, 1}, .of = {of, 3}, .rights = RTH_MAY_LIST};
	struct rth_rights_scope scope;
	struct rth_session session;
	unsigned n;

	(void)state;
	set_rules(&bench, &rule, 1);
	be(&session, &admin);
	for (n = 1; n <= 2; n++) {
		rth_mem_fail_at(n);
		assert_int_equal(rth_rights_scope(&scope, &bench.portal,
						  &session, RTH_MAY_LIST),
				 RTH_ERR_NOMEM);
	}
	rth_mem_fail_at(0);
	assert_int_equal(
		rth_rights_scope(&scope, &bench.portal, &session, RTH_MAY_LIST),
		0);
	assert_int_equal(scope.scope.emails_n, 1);
	assert_int_equal(scope.scope.domains_n, 1);
	assert_ptr_equal(scope.scope.own_id, session.user.id);
	rth_rights_scope_free(&scope);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_rules_nobody_has_rights),
		cmocka_unit_test(a_rule_is_for_whom_and_of_what_it_says),
		cmocka_unit_test(rules_add_up),
		cmocka_unit_test(what_is_not_ones_own_is_not_there),
		cmocka_unit_test(rights_have_names),
		cmocka_unit_test(a_scope_may_find_no_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
