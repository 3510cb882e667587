/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

static struct bench bench;

static int open_bench(void **state)
{
	*state = &bench;
	bench_now = 1800000000;
	bench_open(&bench);
	return 0;
}

static int close_bench(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

/* Signs in and gives the cookie's value. */
static void sign_in(const struct rth_identity *who, char cookie[44])
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_POST, "/");
	const char *set;

	assert_int_equal(rth_session_sign_in(x, who), 0);
	set = bench_header(x, "Set-Cookie");
	if (!set || strncmp(set, "__Host-rth=", 11) != 0 || set[54] != ';')
		fail_msg("no cookie");
	else
		snprintf(cookie, 44, "%s", set + 11);
	rth_exchange_free(x);
}

/* A request with this cookie, and what is known of who sends it. */
static struct rth_exchange *request(const char *cookie)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/");

	assert_int_equal(
		rth_exchange_add(x, RTH_FIELD_COOKIE, "__Host-rth", cookie), 0);
	assert_int_equal(rth_session_load(x), 0);
	return x;
}

static bool signed_in(const char *cookie)
{
	struct rth_exchange *x = request(cookie);
	bool in = rth_request_session(x) != NULL;

	rth_exchange_free(x);
	return in;
}

static const struct rth_identity ann = {"Ann@People.example", "Ann", NULL,
					"code"};

static void a_cookie_is_a_person(void **state)
{
	const struct rth_identity doctor = {"dr@clinic.example", "Dr", "g1\ng2",
					    "oidc:x"};
	const struct rth_session *s;
	struct rth_exchange *x;
	char cookie[44], other[44];

	(void)state;
	sign_in(&ann, cookie);
	sign_in(&doctor, other);
	assert_string_not_equal(cookie, other);
	x = request(cookie);
	s = rth_request_session(x);
	assert_string_equal(s->user.email, "ann@people.example");
	assert_string_equal(s->user.name, "Ann");
	assert_int_equal(s->role, RTH_ROLE_PATIENT);
	assert_int_equal(strlen(s->csrf), 43);
	assert_string_not_equal(s->csrf, cookie);
	rth_exchange_free(x);
	x = request(other);
	assert_int_equal(rth_request_session(x)->role, RTH_ROLE_CLINICIAN);
	rth_exchange_free(x);
}

static void what_is_no_cookie_is_nobody(void **state)
{
	char cookie[44];

	(void)state;
	sign_in(&ann, cookie);
	cookie[5] ^= 1;
	assert_false(signed_in(cookie));
	assert_false(signed_in(""));
	assert_false(signed_in("short"));
	assert_false(signed_in("' OR 1=1; --------------------------------x"));
}

static void silence_ends_a_session(void **state)
{
	char cookie[44];

	(void)state;
	sign_in(&ann, cookie);
	bench_now += 7199;
	assert_true(signed_in(cookie));
	bench_now += 7199;
	assert_true(signed_in(cookie));
	bench_now += 7200;
	assert_false(signed_in(cookie));
	bench_now -= 7200;
	assert_false(signed_in(cookie));
}

static void time_ends_a_session_in_any_case(void **state)
{
	char cookie[44];
	int i;

	(void)state;
	sign_in(&ann, cookie);
	for (i = 0; i < 11; i++) {
		bench_now += 3600;
		assert_true(signed_in(cookie));
	}
	bench_now += 3599;
	assert_true(signed_in(cookie));
	bench_now += 1;
	assert_false(signed_in(cookie));
}

static void signing_out_here_or_everywhere(void **state)
{
	struct rth_exchange *x;
	char one[44], two[44], three[44];

	(void)state;
	sign_in(&ann, one);
	sign_in(&ann, two);
	sign_in(&ann, three);
	x = request(one);
	rth_session_handle_sign_out(x);
	assert_int_equal(rth_exchange_reply(x)->status, 204);
	assert_non_null(strstr(bench_header(x, "Set-Cookie"), "Max-Age=0"));
	rth_exchange_free(x);
	assert_false(signed_in(one));
	assert_true(signed_in(two));
	x = request(two);
	rth_session_handle_sign_out_everywhere(x);
	rth_exchange_free(x);
	assert_false(signed_in(two));
	assert_false(signed_in(three));
}

static void signing_in_again_ends_the_old_session(void **state)
{
	struct rth_exchange *x;
	char cookie[44];

	(void)state;
	sign_in(&ann, cookie);
	x = request(cookie);
	assert_int_equal(rth_session_sign_in(x, &ann), 0);
	rth_exchange_free(x);
	assert_false(signed_in(cookie));
}

static void identities_are_checked(void **state)
{
	static const char *const bad[] = {"", "x", "a@b@c.example",
					  "a b@c.example", "a@c.example\n"};
	struct rth_exchange *x = bench_exchange(&bench, RTH_POST, "/");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct rth_identity who = {bad[i], NULL, NULL, "code"};

		assert_int_equal(rth_session_sign_in(x, &who), RTH_ERR_FORMAT);
	}
	assert_null(bench_header(x, "Set-Cookie"));
	rth_exchange_free(x);
}

static void names_are_kept_cleaned_or_made(void **state)
{
	static const struct {
		const char *given, *kept;
	} rows[] = {
		{NULL, "no.name"}, {"A\nnn\xe2\x80\xae", "Ann"},
		{NULL, "Ann"},	   {"\xff", "Ann"},
		{" ", "Ann"},	   {"<b>Bo</b>", "<b>Bo</b>"},
	};
	struct rth_exchange *x;
	char cookie[44];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rth_identity who = {"no.name@people.example",
						 rows[i].given, NULL, "code"};

		sign_in(&who, cookie);
		x = request(cookie);
		assert_string_equal(rth_request_session(x)->user.name,
				    rows[i].kept);
		rth_exchange_free(x);
	}
}

static void the_csrf_token_is_the_sessions_own(void **state)
{
	char one[44], two[44], csrf[44];
	struct rth_exchange *x;

	(void)state;
	sign_in(&ann, one);
	sign_in(&ann, two);
	x = request(one);
	assert_false(rth_session_csrf_right(x));
	strcpy(csrf, rth_request_session(x)->csrf);
	assert_int_equal(
		rth_exchange_add(x, RTH_FIELD_HEADER, "X-RTH-CSRF", csrf), 0);
	assert_true(rth_session_csrf_right(x));
	/* Given twice is given by somebody else. */
	assert_int_equal(
		rth_exchange_add(x, RTH_FIELD_HEADER, "X-RTH-CSRF", csrf), 0);
	assert_false(rth_session_csrf_right(x));
	rth_exchange_free(x);
	x = request(two);
	assert_int_equal(
		rth_exchange_add(x, RTH_FIELD_HEADER, "X-RTH-CSRF", csrf), 0);
	assert_false(rth_session_csrf_right(x));
	rth_exchange_free(x);
}

static void failing_memory_signs_nobody_in(void **state)
{
	char cookie[44];
	unsigned long n;

	(void)state;
	sign_in(&ann, cookie);
	for (n = 1; n < 40; n++) {
		struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/");
		enum rth_err err;

		assert_int_equal(rth_exchange_add(x, RTH_FIELD_COOKIE,
						  "__Host-rth", cookie),
				 0);
		rth_mem_fail_at(n);
		err = rth_session_load(x);
		if (err)
			assert_null(rth_request_session(x));
		else
			assert_non_null(rth_request_session(x));
		rth_mem_fail_at(0);
		rth_exchange_free(x);
	}
}

static void without_an_audit_nobody_is_signed_in(void **state)
{
	const struct rth_db_query sessions = {
		.sql = "SELECT hash FROM sessions",
	};
	struct rth_exchange *x = bench_exchange(&bench, RTH_POST, "/");

	(void)state;
	bench_sql(&bench, "ALTER TABLE audit RENAME TO gone");
	assert_int_equal(rth_session_sign_in(x, &ann), RTH_ERR_IO);
	assert_null(bench_header(x, "Set-Cookie"));
	rth_exchange_free(x);
	assert_int_equal(rth_store_run_one(bench.portal.store, &sessions),
			 RTH_ERR_NOT_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_cookie_is_a_person),
		TEST(what_is_no_cookie_is_nobody),
		TEST(silence_ends_a_session),
		TEST(time_ends_a_session_in_any_case),
		TEST(signing_out_here_or_everywhere),
		TEST(signing_in_again_ends_the_old_session),
		TEST(identities_are_checked),
		TEST(names_are_kept_cleaned_or_made),
		TEST(the_csrf_token_is_the_sessions_own),
		TEST(failing_memory_signs_nobody_in),
		TEST(without_an_audit_nobody_is_signed_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
