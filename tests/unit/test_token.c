/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a join hands out, byte for byte.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "token.h"

#define ROOM "AAAAAAAAAAAAAAAAAAAAAA"
#define NOW_S 1790000000

static const struct rth_admission good = {
	.issuer = "https://visits.example",
	.audience = "rthealth",
	.subject = "u1",
	.name = "Dr. A",
	.jti = "j1",
	.room = ROOM,
	.role = "clinician",
	.now_s = NOW_S,
	.seat_until_s = NOW_S + 3600,
	.admitted = true,
};

static json_int_t number(const json_t *claims, const char *name)
{
	return json_integer_value(json_object_get(claims, name));
}

static void admission_says_what_the_protocol_says(void **state)
{
	static const char want[] =
		"{\"iss\":\"https://visits.example\",\"aud\":\"rthealth\","
		"\"sub\":\"u1\",\"jti\":\"j1\",\"iat\":1790000000,"
		"\"nbf\":1790000000,\"exp\":1790000300,\"name\":\"Dr. A\","
		"\"rth\":{\"room\":\"" ROOM "\",\"role\":\"clinician\","
		"\"seat_until\":1790003600,\"record\":false,\"admitted\":true}"
		"}";
	json_t *claims = NULL;
	json_t *expected = json_loads(want, 0, NULL);

	(void)state;
	assert_int_equal(rth_token_admission(&claims, &good), 0);
	assert_true(json_equal(claims, expected));
	json_decref(claims);
	json_decref(expected);
}

static void admission_never_outlives_the_seat(void **state)
{
	struct rth_admission a = good;
	json_t *claims = NULL;

	(void)state;
	a.seat_until_s = NOW_S + 20;
	assert_int_equal(rth_token_admission(&claims, &a), 0);
	assert_int_equal(number(claims, "exp"), NOW_S + 20);
	json_decref(claims);
	a.seat_until_s = NOW_S;
	assert_int_equal(rth_token_admission(&claims, &a), RTH_ERR_STATE);
}

static void a_long_name_is_cut_between_characters(void **state)
{
	struct rth_admission a = good;
	json_t *claims = NULL;
	char name[3 * 70 + 1] = "";
	int i;

	(void)state;
	for (i = 0; i < 70; i++)
		strcat(name, "\xe2\x82\xac");
	a.name = name;
	assert_int_equal(rth_token_admission(&claims, &a), 0);
	assert_int_equal(json_string_length(json_object_get(claims, "name")),
			 3 * RTH_TOKEN_NAME_MAX);
	json_decref(claims);
}

static void wrong_admissions_are_refused(void **state)
{
	struct rth_admission a[] = {good, good, good, good, good};
	json_t *claims = NULL;
	size_t i;

	(void)state;
	a[0].role = "operator";
	a[1].room = "short";
	a[2].name = "\xff";
	a[3].subject = NULL;
	a[4].jti = NULL;
	for (i = 0; i < sizeof(a) / sizeof(a[0]); i++)
		assert_int_equal(rth_token_admission(&claims, &a[i]),
				 RTH_ERR_FORMAT);
	assert_null(claims);
}

/* Figures by: openssl dgst -sha1 -hmac SECRET -binary | base64 */
static void janus_token_is_as_janus_computes_it(void **state)
{
	char token[RTH_TOKEN_JANUS_SIZE];

	(void)state;
	assert_int_equal(rth_token_janus(token, "s3cret", NOW_S), 0);
	assert_string_equal(token, "1790000000,janus,janus.plugin.rthealth:"
				   "G6v3dGca1FXC3naRISkcvPrDlis=");
}

static void turn_credentials_are_as_coturn_computes_them(void **state)
{
	char user[RTH_TOKEN_TURN_USER_SIZE];
	char password[RTH_TOKEN_TURN_PASS_SIZE];

	(void)state;
	assert_int_equal(rth_token_turn(user, password, "north", "abc", NOW_S),
			 0);
	assert_string_equal(user, "1790000000:abc");
	assert_string_equal(password, "44v61T5/QlDXXaCsADXikr+OLdw=");
}

static void no_secret_makes_no_token(void **state)
{
	char user[RTH_TOKEN_TURN_USER_SIZE] = "kept";
	char password[RTH_TOKEN_TURN_PASS_SIZE];
	char token[RTH_TOKEN_JANUS_SIZE];
	char secret[RTH_TOKEN_SECRET_MAX + 2];

	(void)state;
	memset(secret, 'a', sizeof(secret) - 1);
	secret[sizeof(secret) - 1] = 0;
	assert_int_equal(rth_token_janus(token, "", 1), RTH_ERR_FORMAT);
	assert_int_equal(rth_token_janus(token, NULL, 1), RTH_ERR_FORMAT);
	assert_int_equal(rth_token_janus(token, secret, 1), RTH_ERR_LIMIT);
	assert_int_equal(rth_token_turn(user, password, "", "a", 1),
			 RTH_ERR_FORMAT);
	assert_int_equal(rth_token_turn(user, password, "s", secret, 1),
			 RTH_ERR_LIMIT);
	assert_string_equal(user, "kept");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(admission_says_what_the_protocol_says),
		cmocka_unit_test(admission_never_outlives_the_seat),
		cmocka_unit_test(a_long_name_is_cut_between_characters),
		cmocka_unit_test(wrong_admissions_are_refused),
		cmocka_unit_test(janus_token_is_as_janus_computes_it),
		cmocka_unit_test(turn_credentials_are_as_coturn_computes_them),
		cmocka_unit_test(no_secret_makes_no_token),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
