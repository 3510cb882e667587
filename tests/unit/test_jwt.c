/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys, key sets, signing, policies, and failing allocations. */
#include "support.h"

#include "jwt.h"
#include "mem.h"

#define NOW_S 1790000000
#define SWEEP_MAX 2000

static const struct rth_jwt_policy policy = {
	.issuer = "https://visits.example",
	.audience = "rthealth",
	.algs = RTH_JWT_ES256,
	.typ = "at+jwt",
	.leeway_s = 5,
	.max_life_s = 600,
};

static json_t *make_claims(void)
{
	json_t *claims =
		json_pack("{s:s, s:s, s:s, s:I, s:I}", "iss", policy.issuer,
			  "aud", "rthealth", "sub", "u-1", "iat",
			  (json_int_t)NOW_S, "exp", (json_int_t)NOW_S + 300);

	assert_non_null(claims);
	return claims;
}

static struct rth_jwks *set_of(const struct rth_jwt_key *key)
{
	json_t *set = json_pack("{s:[o]}", "keys", rth_jwt_key_public(key));
	char *text = json_dumps(set, JSON_COMPACT);
	struct rth_jwks *jwks;

	assert_non_null(text);
	assert_int_equal(rth_jwks_parse(&jwks, text, strlen(text)), RTH_OK);
	rth_free(text);
	json_decref(set);
	return jwks;
}

static char *sign_claims(const struct rth_jwt_key *key, const char *typ)
{
	json_t *claims = make_claims();
	char *token;

	assert_int_equal(rth_jwt_sign(&token, key, typ, claims), RTH_OK);
	json_decref(claims);
	return token;
}

static enum rth_jwt_reason check(const char *token, const struct rth_jwks *jwks,
				 const struct rth_jwt_policy *wanted)
{
	json_t *claims = NULL;
	enum rth_jwt_reason reason = rth_jwt_verify(
		&claims, token, strlen(token), jwks, wanted, NOW_S);

	assert_int_equal(reason == RTH_JWT_OK, claims != NULL);
	json_decref(claims);
	return reason;
}

static void signs_what_it_verifies(void **state)
{
	struct rth_jwt_key *key, *other;
	struct rth_jwks *jwks, *others;
	struct rth_jwt_hint hint;
	char *token;

	(void)state;
	assert_int_equal(rth_jwt_key_make(&key), RTH_OK);
	assert_int_equal(rth_jwt_key_make(&other), RTH_OK);
	jwks = set_of(key);
	others = set_of(other);
	token = sign_claims(key, "at+jwt");
	assert_int_equal(check(token, jwks, &policy), RTH_JWT_OK);
	assert_int_equal(check(token, others, &policy), RTH_JWT_UNKNOWN_KEY);
	assert_int_equal(rth_jwt_peek(&hint, token, strlen(token)), RTH_JWT_OK);
	assert_string_equal(hint.issuer, policy.issuer);
	assert_string_equal(hint.kid, rth_jwt_key_id(key));
	assert_true(rth_jwks_has(jwks, hint.kid));
	assert_false(rth_jwks_has(others, hint.kid));
	rth_free(token);
	rth_jwks_unref(jwks);
	rth_jwks_unref(others);
	rth_jwt_key_free(key);
	rth_jwt_key_free(other);
}

static void obeys_the_policy(void **state)
{
	struct rth_jwt_policy id_token = policy, rsa = policy,
			      any_life = policy;
	struct rth_jwt_key *key;
	struct rth_jwks *jwks;
	char *access, *id;

	(void)state;
	id_token.typ = NULL;
	rsa.algs = RTH_JWT_ALL & ~RTH_JWT_ES256;
	any_life.max_life_s = 0;
	assert_int_equal(rth_jwt_key_make(&key), RTH_OK);
	jwks = set_of(key);
	access = sign_claims(key, "at+jwt");
	id = sign_claims(key, "JWT");
	assert_int_equal(check(access, jwks, &policy), RTH_JWT_OK);
	assert_int_equal(check(id, jwks, &policy), RTH_JWT_BAD_TYPE);
	assert_int_equal(check(access, jwks, &id_token), RTH_JWT_BAD_TYPE);
	assert_int_equal(check(id, jwks, &id_token), RTH_JWT_OK);
	assert_int_equal(check(access, jwks, &rsa), RTH_JWT_BAD_ALG);
	assert_int_equal(check(access, jwks, &any_life), RTH_JWT_OK);
	any_life.max_life_s = 299;
	assert_int_equal(check(access, jwks, &any_life), RTH_JWT_LIFE_TOO_LONG);
	rth_free(access);
	rth_free(id);
	rth_jwks_unref(jwks);
	rth_jwt_key_free(key);
}

static void keeps_a_key_through_pem(void **state)
{
	struct rth_jwt_key *key, *again, *damaged;
	char *pem, *token;
	struct rth_jwks *jwks;

	(void)state;
	assert_int_equal(rth_jwt_key_make(&key), RTH_OK);
	assert_int_equal(rth_jwt_key_to_pem(key, &pem), RTH_OK);
	assert_non_null(strstr(pem, "-----BEGIN PRIVATE KEY-----"));
	assert_int_equal(rth_jwt_key_from_pem(&again, pem, strlen(pem)),
			 RTH_OK);
	assert_string_equal(rth_jwt_key_id(key), rth_jwt_key_id(again));
	assert_int_equal(strlen(rth_jwt_key_id(key)), 43);
	jwks = set_of(key);
	token = sign_claims(again, "at+jwt");
	assert_int_equal(check(token, jwks, &policy), RTH_JWT_OK);
	for (size_t len = 0; len < strlen(pem) - 2; len += 7)
		assert_int_equal(rth_jwt_key_from_pem(&damaged, pem, len),
				 RTH_ERR_FORMAT);
	assert_int_equal(rth_jwt_key_from_pem(&damaged, pem, 1 << 20),
			 RTH_ERR_LIMIT);
	rth_free(token);
	rth_free(pem);
	rth_jwks_unref(jwks);
	rth_jwt_key_free(key);
	rth_jwt_key_free(again);
}

/* Keys for the test below; they sign nothing. */
static const char *const foreign_pems[] = {
	/* Ed25519 */
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n",
	/* P-256, with a passphrase */
	"-----BEGIN EC PRIVATE KEY-----\n"
	"Proc-Type: 4,ENCRYPTED\n"
	"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	"-----END EC PRIVATE KEY-----\n",
	"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	"",
};

static void refuses_foreign_private_keys(void **state)
{
	struct rth_jwt_key *key;

	(void)state;
	for (size_t i = 0; i < sizeof(foreign_pems) / sizeof(foreign_pems[0]);
	     i++)
		assert_int_equal(rth_jwt_key_from_pem(&key, foreign_pems[i],
						      strlen(foreign_pems[i])),
				 RTH_ERR_FORMAT);
}

static void refuses_to_sign_too_much(void **state)
{
	struct rth_jwt_key *key;
	char *token = NULL, *name = malloc(RTH_JWT_MAX_BYTES + 1);
	json_t *claims = make_claims();

	(void)state;
	assert_non_null(name);
	assert_int_equal(rth_jwt_key_make(&key), RTH_OK);
	for (size_t len = 5800; len <= RTH_JWT_MAX_BYTES; len += 13) {
		enum rth_err err;

		memset(name, 'x', len);
		json_object_set_new(claims, "name", json_stringn(name, len));
		err = rth_jwt_sign(&token, key, "at+jwt", claims);
		if (!err)
			assert_true(strlen(token) <= RTH_JWT_MAX_BYTES);
		else
			assert_int_equal(err, RTH_ERR_LIMIT);
		if (!err)
			rth_free(token);
	}
	free(name);
	json_decref(claims);
	rth_jwt_key_free(key);
}

struct set_case {
	const char *json;
	enum rth_err err;
};

#define EC_X "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
#define EC_Y "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X EC_Y

static const struct set_case set_cases[] = {
	{"{\"keys\":[{" EC "}]}", RTH_OK},
	{"{\"keys\":[{" EC ",\"use\":\"sig\"}],\"more\":1}", RTH_OK},
	{"{\"keys\":[1,null,{},{\"kty\":\"new\"},{" EC "}]}", RTH_OK},
	{"{\"keys\":[{" EC ",\"use\":\"enc\"}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{" EC ",\"use\":1}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{" EC ",\"alg\":\"ES384\"}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{" EC ",\"alg\":\"RS256\"}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{" EC ",\"alg\":256}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{" EC ",\"key_ops\":[\"sign\"]}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{" EC ",\"key_ops\":[\"verify\"]}]}", RTH_OK},
	{"{\"keys\":[{" EC ",\"kid\":\"\"}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{" EC ",\"kid\":7}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{" EC "," EC_Y "}]}", RTH_ERR_FORMAT},
	{"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_Y "}]}",
	 RTH_ERR_FORMAT},
	{"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\"," EC_X EC_Y "}]}",
	 RTH_ERR_FORMAT},
	{"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}",
	 RTH_ERR_FORMAT},
	{"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":"
	 "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
	 RTH_ERR_FORMAT},
	{"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
	 "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
	 RTH_OK},
	{"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
	 RTH_ERR_FORMAT},
	{"{\"keys\":[{\"kty\":\"RSA\",\"n\":1,\"e\":\"AQAB\"}]}",
	 RTH_ERR_FORMAT},
	{"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"alg\":\"ES256\"}]}",
	 RTH_ERR_FORMAT},
	{"{\"keys\":[]}", RTH_ERR_FORMAT},
	{"{\"keys\":{}}", RTH_ERR_FORMAT},
	{"{}", RTH_ERR_FORMAT},
	{"[]", RTH_ERR_FORMAT},
	{"", RTH_ERR_FORMAT},
	{"<html>", RTH_ERR_FORMAT},
};

static void reads_key_sets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(set_cases) / sizeof(set_cases[0]); i++) {
		const struct set_case *c = &set_cases[i];
		struct rth_jwks *jwks = NULL;
		enum rth_err err =
			rth_jwks_parse(&jwks, c->json, strlen(c->json));

		if (err != c->err)
			fail_msg("%s: %s", c->json, rth_err_name(err));
		assert_int_equal(err == RTH_OK, jwks != NULL);
		rth_jwks_unref(jwks);
	}
}

static void bounds_key_sets(void **state)
{
	json_t *list = json_array(), *set = json_pack("{s:o}", "keys", list);
	char *large = malloc(RTH_JWKS_MAX_BYTES + 1);
	struct rth_jwks *jwks = NULL;
	char *text;

	(void)state;
	assert_non_null(large);
	memset(large, ' ', RTH_JWKS_MAX_BYTES + 1);
	memcpy(large, "{\"keys\":[{" EC "}]}", strlen("{\"keys\":[{" EC "}]}"));
	assert_int_equal(rth_jwks_parse(&jwks, large, RTH_JWKS_MAX_BYTES),
			 RTH_OK);
	rth_jwks_unref(jwks);
	assert_int_equal(rth_jwks_parse(&jwks, large, RTH_JWKS_MAX_BYTES + 1),
			 RTH_ERR_LIMIT);
	free(large);
	for (int i = 0; i <= RTH_JWKS_MAX_KEYS; i++)
		json_array_append_new(list, json_object());
	text = json_dumps(set, 0);
	assert_int_equal(rth_jwks_parse(&jwks, text, strlen(text)),
			 RTH_ERR_LIMIT);
	rth_free(text);
	json_decref(set);
}

/*
 * Whatever allocation fails, a token is refused or signing fails: nothing
 * crashes, and nothing leaks (the sanitizers tell).
 */
static void survives_failing_allocations(void **state)
{
	static const char set[] = "{\"keys\":[{" EC "}]}";
	struct rth_jwt_key *key;
	json_t *claims = make_claims();
	struct rth_jwks *jwks, *made;
	char *token, *again;
	unsigned long n;

	(void)state;
	assert_int_equal(rth_jwt_key_make(&key), RTH_OK);
	jwks = set_of(key);
	token = sign_claims(key, "at+jwt");
	for (n = 1; n < SWEEP_MAX; n++) {
		rth_mem_fail_at(n);
		if (check(token, jwks, &policy) == RTH_JWT_OK)
			break;
	}
	assert_true(n > 10 && n < SWEEP_MAX);
	for (n = 1; n < SWEEP_MAX; n++) {
		rth_mem_fail_at(n);
		if (rth_jwt_sign(&again, key, "at+jwt", claims) == RTH_OK)
			break;
	}
	rth_mem_fail_at(0);
	rth_free(again);
	assert_true(n > 5 && n < SWEEP_MAX);
	for (n = 1; n < SWEEP_MAX; n++) {
		rth_mem_fail_at(n);
		if (rth_jwks_parse(&made, set, strlen(set)) == RTH_OK)
			break;
	}
	rth_mem_fail_at(0);
	assert_true(n > 5 && n < SWEEP_MAX);
	rth_jwks_unref(made);
	rth_free(token);
	json_decref(claims);
	rth_jwks_unref(jwks);
	rth_jwt_key_free(key);
}

static void names_every_reason(void **state)
{
	(void)state;
	for (int i = 0; i < RTH_JWT_REASONS; i++)
		assert_string_not_equal(rth_jwt_reason_name(i), "unknown");
	assert_string_equal(rth_jwt_reason_name(RTH_JWT_REASONS), "unknown");
	assert_string_equal(rth_jwt_reason_name(RTH_JWT_WRONG_AUDIENCE),
			    "wrong-audience");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_what_it_verifies),
		cmocka_unit_test(obeys_the_policy),
		cmocka_unit_test(keeps_a_key_through_pem),
		cmocka_unit_test(refuses_foreign_private_keys),
		cmocka_unit_test(refuses_to_sign_too_much),
		cmocka_unit_test(reads_key_sets),
		cmocka_unit_test(bounds_key_sets),
		cmocka_unit_test(survives_failing_allocations),
		cmocka_unit_test(names_every_reason),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	json_object_seed(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
