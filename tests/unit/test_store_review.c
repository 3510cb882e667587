/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The question for the list: what it finds, in which order, and how the
 * database goes about it.
 */
#include "portal_support.h"

#include "store_db.h"

#define CLINICIANS 20
#define PATIENTS 50
#define ROWS 6000 /* so that some clinicians' are many */
#define DAY_S 86400

static struct bench bench;
/* The same, asked in another way: what rth_store_review_each must give. */
static struct rth_reviewed model[ROWS];
static size_t model_n;

/* ---- Rows that a generator makes ---- */

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void id_of(char id[RTH_ID_SIZE], char kind, unsigned n)
{
	snprintf(id, RTH_ID_SIZE, "%c%021u", kind, n);
}

static void script(const char *sql)
{
	assert_int_equal(bench.portal.store->backend->script(
				 bench.portal.store->db, sql),
			 0);
}

static struct rth_user user_named(const char *kind, unsigned n,
				  const char *domain)
{
	struct rth_user user;
	char email[64], name[64];

	snprintf(email, sizeof(email), "%s%u@%s", kind, n, domain);
	snprintf(name, sizeof(name), "%s %u", kind, n);
	assert_int_equal(rth_store_user(bench.portal.store, &user, email, name,
					bench_now),
			 0);
	return user;
}

static struct rth_user clinician_of(unsigned n)
{
	static const char *const domains[] = {"clinic.example", "other.example",
					      "clinic.example",
					      "xclinic.example"};

	return user_named("dr", n, domains[n % 4]);
}

static void put_visit(struct rth_visit *visit, unsigned n)
{
	/* The first has so many that they are looked for in another way. */
	struct rth_user clinician =
		clinician_of(draw(2) ? 0 : draw(CLINICIANS));

	memset(visit, 0, sizeof(*visit));
	id_of(visit->id, 'v', n);
	id_of(visit->room, 'r', n);
	snprintf(visit->title, sizeof(visit->title), "Visit %u", n);
	memcpy(visit->clinician_id, clinician.id, sizeof(clinician.id));
	/* Every other patient has never signed in. */
	snprintf(visit->patient_email, sizeof(visit->patient_email),
		 "p%u@people.example", draw(PATIENTS));
	visit->start_s = bench_now;
	visit->minutes = 30;
	assert_int_equal(
		rth_store_visit_add(bench.portal.store, visit, bench_now), 0);
}

static void put_recording(unsigned n)
{
	static const enum rth_recording_state states[] = {
		RTH_RECORDING_ASKED,	RTH_RECORDING_RUNNING,
		RTH_RECORDING_PAUSED,	RTH_RECORDING_DECLINED,
		RTH_RECORDING_REFUSED,	RTH_RECORDING_FINISHED,
		RTH_RECORDING_STORED,	RTH_RECORDING_STORED,
		RTH_RECORDING_LOST,	RTH_RECORDING_INTERRUPTED,
		RTH_RECORDING_DELETING,
	};
	struct rth_recording_row row;
	struct rth_visit visit;
	bool known = draw(20) != 0; /* one whose visit is not known */

	memset(&row, 0, sizeof(row));
	id_of(row.id, 'z', n);
	if (known)
		put_visit(&visit, n);
	id_of(row.room, 'r', n);
	row.state = states[draw(sizeof(states) / sizeof(states[0]))];
	if (draw(30))
		row.begun_s = bench_now + draw(40) * DAY_S / 4;
	if (row.begun_s && row.state != RTH_RECORDING_RUNNING &&
	    row.state != RTH_RECORDING_PAUSED)
		row.ended_s = row.begun_s + draw(100) * 60;
	row.incomplete = draw(3) == 0;
	row.parts = 1;
	assert_int_equal(rth_store_recording_put(bench.portal.store, &row), 0);
}

/* Everything that there is, as single questions find it. */
static void fill_model(void)
{
	unsigned n;

	for (n = 0; n < ROWS; n++) {
		char id[RTH_ID_SIZE];
		enum rth_err err;

		id_of(id, 'z', n);
		err = rth_store_reviewed_get(bench.portal.store,
					     &model[model_n], id);
		assert_true(!err || err == RTH_ERR_NOT_FOUND);
		if (!err)
			model_n++;
	}
}

static enum rth_err make_all(void *arg)
{
	unsigned n;

	(void)arg;
	for (n = 0; n < PATIENTS; n += 2)
		user_named("p", n, "people.example");
	for (n = 0; n < ROWS; n++)
		put_recording(n);
	script("UPDATE recordings SET hold = 1 WHERE id LIKE '%7'");
	script("UPDATE recordings SET deleted_s = 1 WHERE id LIKE '%99'");
	return 0;
}

static int make_rows(void **state)
{
	struct rth_store *store;

	(void)state;
	bench_open(&bench);
	store = bench.portal.store;
	seed = 42;
	assert_int_equal(store->backend->transaction(store->db, make_all, NULL),
			 0);
	fill_model();
	return 0;
}

static int drop_rows(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

/* ---- What is found ---- */

struct found {
	struct rth_reviewed rows[ROWS];
	size_t n;
};

static struct found found;

static enum rth_err take(const struct rth_reviewed *reviewed, void *arg)
{
	(void)arg;
	assert_true(found.n < ROWS);
	found.rows[found.n++] = *reviewed;
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

static bool in_scope(const struct rth_review_scope *s,
		     const struct rth_reviewed *of)
{
	char domain[64];
	size_t i;

	if (s->all)
		return true;
	if (s->own_id && *of->row.visit &&
	    (strcmp(of->clinician_id, s->own_id) == 0 ||
	     strcmp(of->patient_email, s->own_email) == 0))
		return true;
	for (i = 0; i < s->emails_n; i++)
		if (strcmp(of->clinician_email, s->emails[i]) == 0)
			return true;
	for (i = 0; i < s->domains_n; i++) {
		snprintf(domain, sizeof(domain), "@%s", s->domains[i]);
		if (ends_with(of->clinician_email, domain))
			return true;
	}
	return false;
}

static bool fits(const struct rth_review_query *q,
		 const struct rth_reviewed *of)
{
	const struct rth_recording_row *row = &of->row;
	int64_t seconds = row->ended_s ? row->ended_s - row->begun_s : -1;

	return in_scope(&q->scope, of) &&
	       (!q->from_s || row->begun_s >= q->from_s) &&
	       (!q->to_s || row->begun_s < q->to_s) &&
	       (!q->clinician_id ||
		strcmp(q->clinician_id, of->clinician_id) == 0) &&
	       (!q->patient_id || strcmp(q->patient_id, of->patient_id) == 0) &&
	       (!q->state || rth_review_state_of(row) == q->state) &&
	       (!q->hold || of->hold) &&
	       (q->min_seconds < 0 || seconds >= q->min_seconds) &&
	       (q->max_seconds < 0 ||
		(seconds >= 0 && seconds <= q->max_seconds));
}

/* Does `a` come before `b`? */
static bool before(enum rth_review_sort sort, const struct rth_reviewed *a,
		   const struct rth_reviewed *b)
{
	bool down =
		sort == RTH_SORT_BEGUN_DOWN || sort == RTH_SORT_SECONDS_DOWN;
	int64_t x = rth_store_review_key(sort, a);
	int64_t y = rth_store_review_key(sort, b);

	if (x != y)
		return down ? x > y : x < y;
	return down ? strcmp(a->row.id, b->row.id) > 0
		    : strcmp(a->row.id, b->row.id) < 0;
}

/* Page by page until there is no more; then compared with the model. */
static void walk(struct rth_review_query *q, size_t page)
{
	size_t i, fitting = 0, last = 0;

	found.n = 0;
	q->limit = (int64_t)page;
	q->after_id = NULL;
	do {
		last = found.n;
		assert_int_equal(rth_store_review_each(bench.portal.store, q,
						       take, NULL),
				 0);
		if (found.n) {
			const struct rth_reviewed *end =
				&found.rows[found.n - 1];

			q->after_id = end->row.id;
			q->after_key = rth_store_review_key(q->sort, end);
		}
	} while (found.n - last == page);
	for (i = 0; i < found.n; i++) {
		assert_true(fits(q, &found.rows[i]));
		if (i)
			assert_true(before(q->sort, &found.rows[i - 1],
					   &found.rows[i]));
	}
	/* In order, so none is there twice; all that fit means no other. */
	for (i = 0; i < model_n; i++)
		fitting += fits(q, &model[i]);
	assert_int_equal(found.n, fitting);
}

static struct rth_review_query everything(void)
{
	return (struct rth_review_query){
		.scope = {.all = true}, .min_seconds = -1, .max_seconds = -1};
}

static void only_what_ran_is_there(void **state)
{
	struct rth_review_query q = everything();
	size_t i;

	(void)state;
	walk(&q, 97);
	assert_true(found.n > ROWS / 3 && found.n < ROWS);
	for (i = 0; i < found.n; i++) {
		enum rth_recording_state s = found.rows[i].row.state;

		assert_true(found.rows[i].row.begun_s > 0);
		assert_false(ends_with(found.rows[i].row.id, "99"));
		assert_true(s != RTH_RECORDING_ASKED &&
			    s != RTH_RECORDING_DECLINED &&
			    s != RTH_RECORDING_REFUSED &&
			    s != RTH_RECORDING_DELETING);
	}
}

static void draw_scope(struct rth_review_scope *scope, struct rth_user *person)
{
	static const char *const emails[] = {"dr1@other.example",
					     "dr4@clinic.example"};
	static const char *const domains[] = {"clinic.example",
					      "nobody.example"};

	memset(scope, 0, sizeof(*scope));
	scope->all = draw(3) == 0;
	if (draw(2)) {
		*person = draw(2) ? clinician_of(draw(3))
				  : user_named("p", draw(PATIENTS / 2) * 2,
					       "people.example");
		scope->own_id = person->id;
		scope->own_email = person->email;
	}
	scope->emails = emails;
	scope->emails_n = draw(3);
	scope->domains = domains;
	scope->domains_n = draw(3);
}

static void every_filter_is_what_it_says(void **state)
{
	struct rth_user person, clinician, patient;
	size_t round, rounds = bench_on_server(&bench) ? 45 : 150, some = 0;

	(void)state;
	for (round = 0; round < rounds; round++) {
		struct rth_review_query q = everything();

		draw_scope(&q.scope, &person);
		q.sort = (enum rth_review_sort)draw(4);
		if (!draw(3))
			q.from_s = bench_now + draw(10) * DAY_S;
		if (!draw(3))
			q.to_s = bench_now + draw(10) * DAY_S;
		clinician = clinician_of(draw(2) ? 0 : draw(CLINICIANS));
		if (!draw(4))
			q.clinician_id = clinician.id;
		patient = user_named("p", draw(PATIENTS / 2) * 2,
				     "people.example");
		if (!draw(4))
			q.patient_id = patient.id;
		q.state = draw(2) ? RTH_REVIEW_ANY
				  : (enum rth_review_state)draw(6);
		q.hold = !draw(4);
		if (!draw(4))
			q.min_seconds = draw(100) * 60;
		if (!draw(4))
			q.max_seconds = draw(100) * 60;
		walk(&q, 20 + draw(200));
		some += found.n > 0;
	}
	/* Most of these find something: the comparison is one. */
	assert_true(some > rounds / 3);
}

static void no_scope_is_nobodys(void **state)
{
	struct rth_review_query q = everything();

	(void)state;
	q.scope.all = false;
	walk(&q, 10);
	assert_int_equal(found.n, 0);
}

static void memory_may_end_anywhere(void **state)
{
	static const char *const domains[] = {"clinic.example"};
	struct rth_review_query q = everything();
	unsigned long n;
	enum rth_err err = RTH_ERR_NOMEM;

	(void)state;
	q.scope.all = false;
	q.scope.domains = domains;
	q.scope.domains_n = 1;
	q.limit = 5;
	for (n = 1; err == RTH_ERR_NOMEM; n++) {
		found.n = 0;
		rth_mem_fail_at(n);
		err = rth_store_review_each(bench.portal.store, &q, take, NULL);
		rth_mem_fail_at(0);
	}
	assert_int_equal(err, 0);
	assert_int_equal(found.n, 5);
	assert_true(n > 2);
}

/* ---- How it is found ---- */

static char plan[4096];

static enum rth_err plan_row(const struct rth_db_row *row, void *arg)
{
	const struct rth_db_backend *backend = arg;
	char line[512];
	enum rth_err err = backend->column_text(row, 3, line, sizeof(line));

	strncat(plan, line, sizeof(plan) - strlen(plan) - 2);
	strcat(plan, "\n");
	return err;
}

static enum rth_err explain(struct rth_db *db, const struct rth_db_query *query,
			    size_t *rowsp)
{
	static char sql[8192];
	struct rth_db_query asked = *query;

	/* How many there are decides about the plan. */
	if (strncmp(query->sql, "SELECT COUNT", 12) == 0)
		return rth_store_sqlite.run(db, query, rowsp);
	snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", query->sql);
	asked.sql = sql;
	asked.row = plan_row;
	asked.arg = (void *)&rth_store_sqlite;
	return rth_store_sqlite.run(db, &asked, rowsp);
}

static const char *plan_of(struct rth_review_query *q)
{
	struct rth_db_backend backend = rth_store_sqlite;
	struct rth_store store = {&backend, bench.portal.store->db};

	backend.run = explain;
	plan[0] = '\0';
	q->limit = 50;
	assert_int_equal(rth_store_review_each(&store, q, take, NULL), 0);
	return plan;
}

static void assert_ordered_by(const char *index, const char *text)
{
	char words[64];

	snprintf(words, sizeof(words), "USING INDEX %s", index);
	if (!strstr(text, words) || strstr(text, "B-TREE"))
		fail_msg("not by %s:\n%s", index, text);
}

/* A page costs what is on it: no sorting, and not one table read whole. */
static void a_page_is_read_along_an_index(void **state)
{
	static const char *const index[] = {
		[RTH_SORT_BEGUN_DOWN] = "recordings_begun",
		[RTH_SORT_BEGUN_UP] = "recordings_begun",
		[RTH_SORT_SECONDS_DOWN] = "recordings_seconds",
		[RTH_SORT_SECONDS_UP] = "recordings_seconds",
	};
	size_t sort;

	(void)state;
	if (bench_on_server(&bench))
		skip(); /* it plans by what there is */
	for (sort = 0; sort < 4; sort++) {
		struct rth_review_query q = everything();

		q.sort = (enum rth_review_sort)sort;
		assert_ordered_by(index[sort], plan_of(&q));
		q.after_id = "zzzzzzzzzzzzzzzzzzzzzz";
		q.after_key = 1;
		assert_ordered_by(index[sort], plan_of(&q));
		assert_non_null(strstr(plan, "SEARCH r"));
		q.state = RTH_REVIEW_FINISHED;
		assert_ordered_by(index[sort], plan_of(&q));
	}
}

static void few_peoples_visits_are_looked_up(void **state)
{
	struct rth_review_query q = everything();

	(void)state;
	if (bench_on_server(&bench))
		skip(); /* it plans by what there is */
	q.clinician_id = "z";
	assert_non_null(strstr(plan_of(&q), "visits_clinician"));
	assert_null(strstr(plan, "SCAN visits"));
	q = everything();
	q.patient_id = "z";
	assert_non_null(strstr(plan_of(&q), "visits_patient"));
	assert_null(strstr(plan, "SCAN visits"));
}

static void many_peoples_recordings_are_looked_through(void **state)
{
	static const char *const domains[] = {"clinic.example"};
	struct rth_user busy = clinician_of(0);
	struct rth_review_query q = everything();

	(void)state;
	if (bench_on_server(&bench))
		skip(); /* it plans by what there is */
	q.clinician_id = busy.id;
	assert_ordered_by("recordings_begun", plan_of(&q));
	q = everything();
	q.scope.all = false;
	q.scope.domains = domains;
	q.scope.domains_n = 1;
	q.sort = RTH_SORT_SECONDS_UP;
	assert_ordered_by("recordings_seconds", plan_of(&q));
	q.scope.domains_n = 0;
	q.scope.own_id = busy.id;
	q.scope.own_email = busy.email;
	assert_ordered_by("recordings_seconds", plan_of(&q));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_ran_is_there),
		cmocka_unit_test(every_filter_is_what_it_says),
		cmocka_unit_test(no_scope_is_nobodys),
		cmocka_unit_test(memory_may_end_anywhere),
		cmocka_unit_test(a_page_is_read_along_an_index),
		cmocka_unit_test(few_peoples_visits_are_looked_up),
		cmocka_unit_test(many_peoples_recordings_are_looked_through),
	};

	return cmocka_run_group_tests(tests, make_rows, drop_rows);
}
