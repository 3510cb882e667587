/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of visits, for how long, and that it has a limit. */
#include "support.h"

#include "../../common/mem.h"
#include "../../plugins/visits.h"

#define NOW_S INT64_C(1790000000)

static const char id_a[] = "AAAAAAAAAAAAAAAAAAAAAA";

static struct rth_admitted person(const char *sub, int64_t until_s)
{
	struct rth_admitted who = {.role = RTH_ROLE_PATIENT,
				   .seat_until_s = until_s};

	snprintf(who.sub, sizeof(who.sub), "%s", sub);
	return who;
}

static struct rth_visit *opened(struct rth_visits *visits, const char *id,
				int64_t now_s)
{
	struct rth_visit *visit = NULL;

	assert_int_equal(rth_visit_open(visits, id, now_s, &visit), RTH_OK);
	assert_string_equal(visit->id, id);
	return visit;
}

static void who_was_admitted_is_known_for_a_time(void **state)
{
	struct rth_visits visits = {NULL, 0};
	struct rth_admitted p = person("p", NOW_S + 100);
	struct rth_admitted q = person("q", NOW_S + 900);
	struct rth_admitted other = p;
	struct rth_visit *visit = opened(&visits, id_a, NOW_S);

	(void)state;
	other.issuer = 1;
	assert_false(rth_visit_knows(visit, &p, NOW_S));
	rth_visit_admit(visit, &p, NOW_S);
	assert_true(rth_visit_knows(visit, &p, NOW_S + 99));
	assert_false(rth_visit_knows(visit, &p, NOW_S + 100));
	assert_false(rth_visit_knows(visit, &q, NOW_S));
	assert_false(rth_visit_knows(visit, &other, NOW_S));
	/* a shorter seat takes nothing away, a longer one gives */
	p.seat_until_s = NOW_S + 50;
	rth_visit_admit(visit, &p, NOW_S);
	assert_true(rth_visit_knows(visit, &p, NOW_S + 99));
	rth_visit_remove(visit, &q, NOW_S);
	assert_true(rth_visit_knows(visit, &p, NOW_S));
	/* of another person's time nothing is left over */
	rth_visit_admit(visit, &q, NOW_S);
	rth_visit_admit(visit, &p, NOW_S);
	assert_false(rth_visit_knows(visit, &q, NOW_S));
	assert_false(rth_visit_knows(visit, &p, NOW_S + 50));
	rth_visit_remove(visit, &p, NOW_S);
	assert_false(rth_visit_knows(visit, &p, NOW_S));
	/* for as long as it may matter that somebody was sent away */
	rth_visit_close(&visits, visit, NOW_S);
	rth_visits_sweep(&visits, NOW_S + RTH_ENDED_S - 1);
	assert_int_equal(visits.n, 1);
	rth_visits_sweep(&visits, NOW_S + RTH_ENDED_S);
	assert_int_equal(visits.n, 0);
	assert_null(visits.first);
}

static void a_token_is_believed_where_nothing_is_known(void **state)
{
	struct rth_visits visits = {NULL, 0};
	struct rth_admitted p = person("p", NOW_S + 100);
	struct rth_admitted q = person("q", NOW_S + 200);
	struct rth_visit *visit = opened(&visits, id_a, NOW_S);

	(void)state;
	p.admitted = true;
	assert_true(rth_visit_knows(visit, &p, NOW_S));
	assert_false(rth_visit_knows(visit, &q, NOW_S));
	/* one's own may be older than the token */
	rth_visit_admit(visit, &p, NOW_S);
	assert_true(rth_visit_knows(visit, &p, NOW_S + 100));
	/* not once another was admitted */
	rth_visit_admit(visit, &q, NOW_S);
	assert_false(rth_visit_knows(visit, &p, NOW_S + 199));
	assert_false(rth_visit_knows(visit, &p, NOW_S + 200));
	rth_visit_admit(visit, &p, NOW_S);
	/* not once somebody was sent away, whoever it was */
	rth_visit_remove(visit, &q, NOW_S);
	assert_true(rth_visit_knows(visit, &p, NOW_S + 99));
	assert_false(rth_visit_knows(visit, &p, NOW_S + 100));
	rth_visit_remove(visit, &p, NOW_S);
	assert_false(rth_visit_knows(visit, &p, NOW_S));
	assert_false(rth_visit_knows(visit, &p, NOW_S + RTH_ENDED_S - 1));
	/* and not when the visit was ended */
	rth_visit_end(visit, NOW_S + RTH_ENDED_S);
	assert_false(rth_visit_knows(visit, &p, NOW_S + RTH_ENDED_S));
	rth_visits_clear(&visits);
}

/* The later admission counts, also when it is over and the room was closed. */
static void who_was_followed_is_not_believed(void **state)
{
	struct rth_visits visits = {NULL, 0};
	struct rth_admitted p = person("p", NOW_S + 900);
	struct rth_admitted q = person("q", NOW_S + 100);
	struct rth_visit *visit = opened(&visits, id_a, NOW_S);

	(void)state;
	p.admitted = true;
	rth_visit_admit(visit, &p, NOW_S);
	rth_visit_admit(visit, &q, NOW_S);
	rth_visit_close(&visits, visit, NOW_S);
	rth_visits_sweep(&visits, NOW_S + 200);
	visit = opened(&visits, id_a, NOW_S + 200);
	assert_false(rth_visit_knows(visit, &p, NOW_S + 200));
	rth_visit_close(&visits, visit, NOW_S + 200);
	rth_visits_clear(&visits);
}

static void a_clinician_who_is_removed_costs_nobody_a_knock(void **state)
{
	struct rth_visits visits = {NULL, 0};
	struct rth_admitted p = person("p", NOW_S + 900);
	struct rth_admitted c = person("c", NOW_S + 900);
	struct rth_visit *visit = opened(&visits, id_a, NOW_S);

	(void)state;
	p.admitted = true;
	c.role = RTH_ROLE_CLINICIAN;
	rth_visit_remove(visit, &c, NOW_S);
	assert_true(rth_visit_knows(visit, &p, NOW_S));
	rth_visits_clear(&visits);
}

static void a_closed_room_is_remembered_as_long_as_it_matters(void **state)
{
	struct rth_visits visits = {NULL, 0};
	struct rth_admitted p = person("p", NOW_S + 100);
	struct rth_visit *visit = opened(&visits, id_a, NOW_S);

	(void)state;
	rth_visit_admit(visit, &p, NOW_S);
	rth_visits_sweep(&visits, NOW_S + 1000);
	assert_int_equal(visits.n, 1); /* it is open */
	rth_visit_close(&visits, visit, NOW_S);
	rth_visits_sweep(&visits, NOW_S + 99);
	assert_ptr_equal(opened(&visits, id_a, NOW_S + 99), visit);
	assert_true(rth_visit_knows(visit, &p, NOW_S + 99));
	rth_visit_close(&visits, visit, NOW_S + 99);
	rth_visits_sweep(&visits, NOW_S + 100);
	assert_int_equal(visits.n, 0);
}

static void an_ended_visit_does_not_open(void **state)
{
	struct rth_visits visits = {NULL, 0};
	struct rth_admitted p = person("p", NOW_S + 100);
	struct rth_visit *visit = opened(&visits, id_a, NOW_S), *again = NULL;

	(void)state;
	rth_visit_admit(visit, &p, NOW_S);
	rth_visit_end(visit, NOW_S);
	assert_false(rth_visit_knows(visit, &p, NOW_S));
	rth_visit_close(&visits, visit, NOW_S);
	assert_int_equal(
		rth_visit_open(&visits, id_a, NOW_S + RTH_ENDED_S - 1, &again),
		RTH_ERR_DENIED);
	assert_null(again);
	visit = opened(&visits, id_a, NOW_S + RTH_ENDED_S);
	assert_false(rth_visit_knows(visit, &p, NOW_S + RTH_ENDED_S));
	rth_visit_close(&visits, visit, NOW_S + RTH_ENDED_S);
	assert_int_equal(visits.n, 0);
}

static void without_memory_nothing_opens(void **state)
{
	struct rth_visits visits = {NULL, 0};
	struct rth_visit *visit = NULL;

	(void)state;
	rth_mem_fail_at(1);
	assert_int_equal(rth_visit_open(&visits, id_a, NOW_S, &visit),
			 RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
	assert_null(visit);
	assert_int_equal(visits.n, 0);
}

/* A full memory forgets an admission before it forgets an end. */
static void there_is_a_limit(void **state)
{
	struct rth_visits visits = {NULL, 0};
	struct rth_visit *visit = opened(&visits, id_a, NOW_S), *first;
	struct rth_admitted p = person("p", NOW_S + 100);

	(void)state;
	first = visit;
	rth_visit_end(first, NOW_S);
	rth_visit_close(&visits, first, NOW_S);
	visit = opened(&visits, "BBBBBBBBBBBBBBBBBBBBBB", NOW_S);
	rth_visit_admit(visit, &p, NOW_S);
	rth_visit_close(&visits, visit, NOW_S);
	visits.n = RTH_VISITS_MAX; /* as if there were so many */
	visit = opened(&visits, "CCCCCCCCCCCCCCCCCCCCCC", NOW_S);
	assert_int_equal(visits.n, RTH_VISITS_MAX);
	assert_ptr_equal(visits.first, visit);
	assert_ptr_equal(visit->next, first);
	assert_null(first->next);
	visit = opened(&visits, "DDDDDDDDDDDDDDDDDDDDDD", NOW_S);
	assert_int_equal(visits.n, RTH_VISITS_MAX);
	assert_null(visit->next->next);
	rth_visits_clear(&visits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_admitted_is_known_for_a_time),
		cmocka_unit_test(
			a_closed_room_is_remembered_as_long_as_it_matters),
		cmocka_unit_test(a_token_is_believed_where_nothing_is_known),
		cmocka_unit_test(who_was_followed_is_not_believed),
		cmocka_unit_test(
			a_clinician_who_is_removed_costs_nobody_a_knock),
		cmocka_unit_test(an_ended_visit_does_not_open),
		cmocka_unit_test(without_memory_nothing_opens),
		cmocka_unit_test(there_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
