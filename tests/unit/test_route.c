/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "review_support.h"

#include "route.h"

static void first(struct rth_exchange *x)
{
	rth_reply_empty(x, 204);
}

static const struct rth_route table[] = {
	{.method = RTH_GET, .pattern = "/", .handle = first},
	{.method = RTH_GET, .pattern = "/a/:id", .handle = first},
	{.method = RTH_PUT, .pattern = "/a/:id", .handle = first},
	{.method = RTH_POST, .pattern = "/a/:id/b/:other", .handle = first},
	{.method = RTH_GET, .pattern = "/files/*", .handle = first},
	{.pattern = NULL},
};

static enum rth_route_match find(enum rth_method method, const char *path,
				 char *params)
{
	struct rth_route_param p[RTH_REQUEST_MAX_PARAMS];
	const struct rth_route *route;
	enum rth_route_match match =
		rth_route_find(&route, p, table, method, path);

	if (match == RTH_ROUTE_FOUND)
		sprintf(params, "%.*s,%.*s", (int)p[0].len,
			p[0].start ? p[0].start : "", (int)p[1].len,
			p[1].start ? p[1].start : "");
	return match;
}

static void rows_are_found(void **state)
{
	static const struct {
		enum rth_method method;
		const char *path, *params;
		enum rth_route_match match;
	} rows[] = {
		{RTH_GET, "/", ",", RTH_ROUTE_FOUND},
		{RTH_GET, "/a/x", "x,", RTH_ROUTE_FOUND},
		{RTH_PUT, "/a/xyz", "xyz,", RTH_ROUTE_FOUND},
		{RTH_POST, "/a/x/b/yy", "x,yy", RTH_ROUTE_FOUND},
		{RTH_GET, "/files/d/e.js", ",", RTH_ROUTE_FOUND},
		{RTH_DELETE, "/a/x", NULL, RTH_ROUTE_NO_METHOD},
		{RTH_POST, "/", NULL, RTH_ROUTE_NO_METHOD},
		{RTH_GET, "/a", NULL, RTH_ROUTE_NO_PATH},
		{RTH_GET, "/a/", NULL, RTH_ROUTE_NO_PATH},
		{RTH_GET, "/a/x/b", NULL, RTH_ROUTE_NO_PATH},
		{RTH_GET, "/a/x/c/y", NULL, RTH_ROUTE_NO_PATH},
		{RTH_GET, "/ab/x", NULL, RTH_ROUTE_NO_PATH},
		{RTH_GET, "/files", NULL, RTH_ROUTE_NO_PATH},
		{RTH_GET, "/files/", NULL, RTH_ROUTE_NO_PATH},
		{RTH_GET, "/other", NULL, RTH_ROUTE_NO_PATH},
	};
	char params[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(find(rows[i].method, rows[i].path, params),
				 rows[i].match);
		if (rows[i].params)
			assert_string_equal(params, rows[i].params);
	}
}

/* A table that allowed one of these would be a hole. */
static void the_public_table_is_closed(void **state)
{
	const struct rth_route *r;

	(void)state;
	for (r = rth_routes_public; r->pattern; r++) {
		assert_non_null(r->handle);
		if (r->method != RTH_GET)
			assert_int_not_equal(r->proof, RTH_PROOF_NONE);
		if (r->method != RTH_GET && r->right != RTH_ANYONE)
			assert_int_equal(r->proof, RTH_PROOF_CSRF);
		if (r->place == RTH_ON_POOL) {
			assert_int_equal(r->right, RTH_ANYONE);
			assert_int_not_equal(r->proof, RTH_PROOF_CSRF);
		}
		if (r->any_host)
			assert_int_equal(r->method, RTH_GET);
		if (strncmp(r->pattern, "/api/", 5) == 0 &&
		    strcmp(r->pattern, "/api/session") != 0)
			assert_int_not_equal(r->right, RTH_ANYONE);
		assert_null(strstr(r->pattern, "janus"));
	}
}

static struct bench bench;

static struct rth_exchange *as(enum rth_role role, const char *csrf)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_POST, "/");
	struct rth_session *session = rth_alloc(sizeof(*session));

	assert_non_null(session);
	session->role = role;
	strcpy(session->csrf, "right");
	rth_exchange_set_session(x, session);
	if (csrf)
		assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER,
						  "x-rth-csrf", csrf),
				 0);
	return x;
}

static void check(enum rth_right right, struct rth_exchange *x, unsigned status,
		  const char *code)
{
	const struct rth_route route = {.method = RTH_POST,
					.pattern = "/",
					.right = right,
					.place = RTH_ON_POOL,
					.proof = RTH_PROOF_CSRF,
					.handle = first};
	char text[32];

	rth_route_run(&route, x);
	assert_int_equal(rth_exchange_reply(x)->status, status);
	if (code)
		assert_string_equal(bench_code(x, text, sizeof(text)), code);
	rth_exchange_free(x);
}

static void rights_and_proof_come_first(void **state)
{
	struct rth_exchange *nobody;

	(void)state;
	bench_open(&bench);
	nobody = bench_exchange(&bench, RTH_POST, "/");
	check(RTH_SIGNED_IN, nobody, 401, "sign-in");
	check(RTH_SIGNED_IN, as(RTH_ROLE_PATIENT, "right"), 204, NULL);
	check(RTH_SIGNED_IN, as(RTH_ROLE_PATIENT, NULL), 403, "wrong-csrf");
	check(RTH_SIGNED_IN, as(RTH_ROLE_PATIENT, "wrong"), 403, "wrong-csrf");
	check(RTH_SIGNED_IN, as(RTH_ROLE_PATIENT, ""), 403, "wrong-csrf");
	check(RTH_CLINICIAN, as(RTH_ROLE_PATIENT, "right"), 403, "not-allowed");
	check(RTH_CLINICIAN, as(RTH_ROLE_OPERATOR, "right"), 403,
	      "not-allowed");
	check(RTH_CLINICIAN, as(RTH_ROLE_CLINICIAN, "right"), 204, NULL);
	check(RTH_CLINICIAN, as(RTH_ROLE_ADMIN, "right"), 204, NULL);
	bench_close(&bench);
}

/* ---- Who looks for what is not there for them ---- */

static void nothing(struct rth_exchange *x)
{
	rth_reply_not_found(x);
}

static void run(struct bench *b, const char *pattern,
		void (*handle)(struct rth_exchange *x),
		const struct someone *who, const char *id)
{
	const struct rth_route route = {.method = RTH_GET,
					.pattern = pattern,
					.handle = handle,
					.place = RTH_ON_POOL};
	struct rth_exchange *x = request(b, RTH_GET, who, id);

	rth_route_run(&route, x);
	rth_exchange_free(x);
}

static void who_looks_for_what_is_not_theirs_is_in_the_audit(void **state)
{
	static const char rows[] =
		"SELECT COUNT(*) FROM audit WHERE action = 'request-refused'"
		" AND reason = 'not-found' AND outcome = 'refused'";
	static const char id[] = "abcdefghijklmnopqrstuv";
	struct someone eve;
	struct bench b;
	int i;

	(void)state;
	bench_open(&b);
	eve = sign_in(&b, "eve@home.example", RTH_ROLE_PATIENT, "e");
	run(&b, "/api/recordings/:id", nothing, &eve, id);
	run(&b, "/api/plays/:play/:file", nothing, &eve, id);
	assert_int_equal(sql_number(&b, rows), 2);
	/* Not what is there, of nobody, no id, or something else. */
	run(&b, "/api/recordings/:id", first, &eve, id);
	run(&b, "/api/recordings/:id", nothing, NULL, id);
	run(&b, "/api/recordings/:id", nothing, &eve, "../x");
	run(&b, "/api/recordings", nothing, &eve, NULL);
	run(&b, "/api/visits/:id", nothing, &eve, id);
	assert_int_equal(sql_number(&b, rows), 2);
	for (i = 0; i < 70; i++)
		run(&b, "/api/recordings/:id", nothing, &eve, id);
	assert_int_equal(sql_number(&b, rows), 60);
	bench_close(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_found),
		cmocka_unit_test(the_public_table_is_closed),
		cmocka_unit_test(rights_and_proof_come_first),
		cmocka_unit_test(
			who_looks_for_what_is_not_theirs_is_in_the_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
