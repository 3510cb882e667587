/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The corpus of tokens: every good one is accepted, every bad one is refused,
 * and for the reason that it was made for.
 */
#include "support.h"

#include "jwt.h"

#define NOW_S 1790000000
#define BAD_MIN 40

static const struct rth_jwt_policy policy = {
	.issuer = "https://visits.example",
	.audience = "rthealth",
	.algs = RTH_JWT_ALL,
	.typ = "at+jwt",
	.leeway_s = 5,
	.max_life_s = 600,
};

static struct rth_jwks *jwks;

static json_t *load(const char *name)
{
	size_t len;
	char *text = test_read(name, &len);
	json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, NULL);

	assert_non_null(json);
	free(text);
	return json;
}

static int set_up(void **state)
{
	size_t len;
	char *text = test_read("tokens/jwks.json", &len);

	(void)state;
	assert_int_equal(rth_jwks_parse(&jwks, text, len), RTH_OK);
	free(text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rth_jwks_unref(jwks);
	return 0;
}

/*
 * Verifies a copy without a NUL behind it, so that the address sanitizer sees
 * a read past the end.
 */
static enum rth_jwt_reason verify(json_t **claimsp, const json_t *token)
{
	size_t len = json_string_length(token);
	char *copy = malloc(len ? len : 1);
	enum rth_jwt_reason reason;

	assert_non_null(copy);
	memcpy(copy, json_string_value(token), len);
	reason = rth_jwt_verify(claimsp, copy, len, jwks, &policy, NOW_S);
	free(copy);
	return reason;
}

static void accepts_good_tokens(void **state)
{
	json_t *list = load("tokens/good.json"), *entry, *claims;
	size_t i;

	(void)state;
	json_array_foreach(list, i, entry)
	{
		enum rth_jwt_reason reason =
			verify(&claims, json_object_get(entry, "token"));

		if (reason)
			fail_msg("\"%s\" was refused: %s",
				 json_string_value(
					 json_object_get(entry, "name")),
				 rth_jwt_reason_name(reason));
		assert_string_equal(
			json_string_value(json_object_get(claims, "sub")),
			"u-1");
		json_decref(claims);
	}
	assert_true(i >= 4);
	json_decref(list);
}

static void refuses_bad_tokens(void **state)
{
	json_t *list = load("tokens/bad.json"), *entry, *claims = NULL;
	size_t i, wrong = 0;

	(void)state;
	json_array_foreach(list, i, entry)
	{
		const char *name =
			json_string_value(json_object_get(entry, "name"));
		const char *wanted =
			json_string_value(json_object_get(entry, "reason"));
		const char *reason = rth_jwt_reason_name(
			verify(&claims, json_object_get(entry, "token")));

		if (strcmp(reason, wanted) == 0)
			continue;
		print_error("\"%s\": %s instead of %s\n", name, reason, wanted);
		wrong++;
	}
	assert_true(i >= BAD_MIN);
	assert_int_equal(wrong, 0);
	assert_null(claims);
	json_decref(list);
}

/* A peek finds the issuer of a token, or refuses it for the same reason. */
static void peeks_as_it_verifies(void **state)
{
	json_t *list = load("tokens/bad.json"), *entry, *claims;
	size_t i;

	(void)state;
	json_array_foreach(list, i, entry)
	{
		const json_t *token = json_object_get(entry, "token");
		struct rth_jwt_hint hint;
		enum rth_jwt_reason peeked =
			rth_jwt_peek(&hint, json_string_value(token),
				     json_string_length(token));

		if (peeked == RTH_JWT_OK)
			assert_true(hint.issuer[0]);
		else
			assert_int_equal(peeked, verify(&claims, token));
	}
	json_decref(list);
}

/* Every prefix of a good token is refused, and nothing reads past its end. */
static void refuses_every_prefix(void **state)
{
	json_t *list = load("tokens/good.json"), *claims;
	json_t *token = json_object_get(json_array_get(list, 0), "token");

	(void)state;
	for (size_t len = 0; len < json_string_length(token); len++) {
		json_t *prefix = json_stringn(json_string_value(token), len);

		assert_int_not_equal(verify(&claims, prefix), RTH_JWT_OK);
		json_decref(prefix);
	}
	json_decref(list);
}

/* Each single changed character of a good token refuses it. */
static void refuses_every_change(void **state)
{
	json_t *list = load("tokens/good.json"), *claims;
	json_t *token = json_object_get(json_array_get(list, 0), "token");
	size_t len = json_string_length(token);
	char *copy = malloc(len);

	(void)state;
	assert_non_null(copy);
	memcpy(copy, json_string_value(token), len);
	for (size_t i = 0; i < len; i++) {
		char before = copy[i];

		copy[i] = before == 'A' ? 'B' : 'A';
		assert_int_not_equal(rth_jwt_verify(&claims, copy, len, jwks,
						    &policy, NOW_S),
				     RTH_JWT_OK);
		copy[i] = before;
	}
	free(copy);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_good_tokens),
		cmocka_unit_test(refuses_bad_tokens),
		cmocka_unit_test(peeks_as_it_verifies),
		cmocka_unit_test(refuses_every_prefix),
		cmocka_unit_test(refuses_every_change),
	};

	json_object_seed(0);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
