/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pure parts of the OpenID Connect sign-in: URLs, PKCE, claims, reasons.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fetch.h"
#include "oidc_claims.h"
#include "oidc_url.h"

static const struct rth_provider_conf any;

static void the_challenge_is_that_of_rfc_7636(void **state)
{
	char challenge[RTH_OIDC_SECRET_SIZE];

	(void)state;
	assert_int_equal(rth_oidc_challenge(
				 challenge,
				 "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
			 0);
	assert_string_equal(challenge,
			    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static void secrets_differ_and_fit_pkce(void **state)
{
	char a[RTH_OIDC_SECRET_SIZE], b[RTH_OIDC_SECRET_SIZE];

	(void)state;
	assert_int_equal(rth_oidc_secret(a), 0);
	assert_int_equal(rth_oidc_secret(b), 0);
	assert_int_equal(strlen(a), 43);
	assert_string_not_equal(a, b);
}

static struct rth_oidc_request request = {
	.endpoint = "https://op.example/auth",
	.client_id = "a b",
	.redirect_uri = "https://v.example/auth/callback/op",
	.scope = "openid email",
	.state = "st",
	.nonce = "no",
	.verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
};

static void the_browser_is_sent_with_all_arguments(void **state)
{
	char url[RTH_OIDC_URL_SIZE];

	(void)state;
	assert_int_equal(rth_oidc_authorize_url(url, &request), 0);
	assert_string_equal(
		url,
		"https://op.example/auth?response_type=code&client_id=a%20b"
		"&redirect_uri=https%3A%2F%2Fv.example%2Fauth%2Fcallback"
		"%2Fop&scope=openid%20email&state=st&nonce=no"
		"&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw"
		"-cM&code_challenge_method=S256");
}

static void an_endpoint_may_have_a_query(void **state)
{
	struct rth_oidc_request r = request;
	char url[RTH_OIDC_URL_SIZE];

	(void)state;
	r.endpoint = "https://op.example/auth?p=1";
	assert_int_equal(rth_oidc_authorize_url(url, &r), 0);
	assert_non_null(strstr(url, "auth?p=1&response_type=code&"));
	assert_null(strchr(strchr(url, '?') + 1, '?'));
}

static void an_endless_url_is_refused(void **state)
{
	static char endless[RTH_OIDC_URL_SIZE];
	struct rth_oidc_request r = request;
	char url[RTH_OIDC_URL_SIZE];

	(void)state;
	memset(endless, 'a', sizeof(endless) - 1);
	r.scope = endless;
	assert_int_equal(rth_oidc_authorize_url(url, &r), RTH_ERR_LIMIT);
}

static void the_form_leaves_out_what_goes_into_the_header(void **state)
{
	struct rth_oidc_redemption r = {
		.code = "c&d=",
		.redirect_uri = "https://v",
		.verifier = "v",
	};
	char form[RTH_OIDC_FORM_SIZE];

	(void)state;
	assert_int_equal(rth_oidc_token_form(form, &r), 0);
	assert_string_equal(form,
			    "grant_type=authorization_code&code=c%26d%3D"
			    "&redirect_uri=https%3A%2F%2Fv&code_verifier=v");
	r.client_id = "id";
	r.client_secret = "s:1";
	assert_int_equal(rth_oidc_token_form(form, &r), 0);
	assert_non_null(strstr(form, "&client_id=id&client_secret=s%3A1"));
}

static void discovery_is_below_the_issuer(void **state)
{
	static const char want[] =
		"https://op.example/t/.well-known/openid-configuration";
	char url[80];

	(void)state;
	assert_int_equal(rth_oidc_discovery_url(url, sizeof(url),
						"https://op.example/t"),
			 0);
	assert_string_equal(url, want);
	assert_int_equal(rth_oidc_discovery_url(url, sizeof(url),
						"https://op.example/t/"),
			 0);
	assert_string_equal(url, want);
	assert_int_equal(rth_oidc_discovery_url(url, sizeof(want) - 1,
						"https://op.example/t/"),
			 RTH_ERR_LIMIT);
}

static void a_sign_in_ends_on_this_site(void **state)
{
	static const char *const good[] = {"/", "/visit/abc", "/a?b=c#d",
					   "/a//b"};
	static const char *const bad[] = {
		"",
		"visit",
		"//evil.example",
		"/\\evil.example",
		"/a\\b",
		"https://evil.example",
		"/\t/evil.example",
		"/a\r\nSet-Cookie: x",
		"/ a",
		"/\xc3\xa4",
		"javascript:alert(1)",
	};
	char longer[RTH_OIDC_NEXT_MAX_BYTES + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(rth_oidc_next_allowed(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (rth_oidc_next_allowed(bad[i]))
			fail_msg("allowed: %s", bad[i]);
	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = 0;
	assert_false(rth_oidc_next_allowed(longer));
	longer[sizeof(longer) - 2] = 0;
	assert_true(rth_oidc_next_allowed(longer));
}

static void only_safe_urls_are_asked(void **state)
{
	static const char *const good[] = {
		"https://op.example/a?b=c",
		"http://localhost:8080/a",
		"http://127.0.0.1/",
		"http://[::1]:9/",
	};
	static const char *const bad[] = {
		"http://op.example/",
		"http://localhost.evil.example/",
		"http://127.0.0.1.evil.example/",
		"http://127.0.0.1@evil.example/",
		"https://u:p@op.example/",
		"https://op.example/#f",
		"ftp://op.example/",
		"file:///etc/passwd",
		"op.example",
		"",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(rth_fetch_allows(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (rth_fetch_allows(bad[i]))
			fail_msg("allowed: %s", bad[i]);
	assert_false(rth_fetch_allows(NULL));
}

static enum rth_oidc_reason bound(const char *text)
{
	json_t *claims = json_loads(text, 0, NULL);
	enum rth_oidc_reason reason = rth_oidc_claims_bound(claims, "me", "n");

	assert_non_null(claims);
	json_decref(claims);
	return reason;
}

static void a_token_is_for_this_sign_in_and_this_client(void **state)
{
	static const struct {
		const char *claims;
		enum rth_oidc_reason want;
	} rows[] = {
		{"{\"nonce\":\"n\",\"aud\":\"me\"}", RTH_OIDC_OK},
		{"{\"nonce\":\"n\",\"aud\":[\"me\"]}", RTH_OIDC_OK},
		{"{\"nonce\":\"n\",\"aud\":[\"me\",\"o\"],\"azp\":\"me\"}",
		 RTH_OIDC_OK},
		{"{\"nonce\":\"n\",\"aud\":[\"me\",\"o\"]}",
		 RTH_OIDC_WRONG_PARTY},
		{"{\"nonce\":\"n\",\"aud\":\"me\",\"azp\":\"o\"}",
		 RTH_OIDC_WRONG_PARTY},
		{"{\"nonce\":\"n\",\"aud\":\"me\",\"azp\":5}",
		 RTH_OIDC_WRONG_PARTY},
		{"{\"nonce\":\"N\",\"aud\":\"me\"}", RTH_OIDC_WRONG_NONCE},
		{"{\"nonce\":1,\"aud\":\"me\"}", RTH_OIDC_WRONG_NONCE},
		{"{\"aud\":\"me\"}", RTH_OIDC_WRONG_NONCE},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bound(rows[i].claims), rows[i].want);
}

static void only_a_verified_address_is_a_person(void **state)
{
	static const struct {
		const char *claims;
		enum rth_oidc_reason want;
	} rows[] = {
		{"{\"email\":\"a@b\",\"email_verified\":true}", RTH_OIDC_OK},
		{"{\"email\":\"a@b\",\"email_verified\":\"true\"}",
		 RTH_OIDC_OK},
		{"{\"email\":\"a@b\",\"email_verified\":false}",
		 RTH_OIDC_UNVERIFIED},
		{"{\"email\":\"a@b\",\"email_verified\":\"false\"}",
		 RTH_OIDC_UNVERIFIED},
		{"{\"email\":\"a@b\",\"email_verified\":1}",
		 RTH_OIDC_UNVERIFIED},
		{"{\"email\":\"a@b\"}", RTH_OIDC_UNVERIFIED},
		{"{\"email\":\"a@b\",\"xms_edov\":true}", RTH_OIDC_OK},
		{"{\"email\":\"a@b\",\"xms_edov\":false}", RTH_OIDC_UNVERIFIED},
		{"{\"email\":\"a@b\",\"email_verified\":false,"
		 "\"xms_edov\":true}",
		 RTH_OIDC_UNVERIFIED},
		{"{\"email\":\"a@b\",\"email_verified\":null,"
		 "\"xms_edov\":true}",
		 RTH_OIDC_UNVERIFIED},
		{"{\"email\":\"\",\"email_verified\":true}", RTH_OIDC_NO_EMAIL},
		{"{\"email\":[\"a@b\"],\"email_verified\":true}",
		 RTH_OIDC_NO_EMAIL},
		{"{\"email_verified\":true}", RTH_OIDC_NO_EMAIL},
	};
	struct rth_oidc_person person;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *claims = json_loads(rows[i].claims, 0, NULL);

		assert_int_equal(rth_oidc_claims_person(&person, claims, &any),
				 rows[i].want);
		json_decref(claims);
	}
}

static void a_provider_vouches_for_its_domains_only(void **state)
{
	static char *domains[] = {"people.example", "Care.example"};
	static const struct rth_provider_conf conf = {
		.domains = {.v = domains, .n = 2}};
	static const struct {
		const char *email;
		enum rth_oidc_reason want;
	} rows[] = {
		{"a@people.example", RTH_OIDC_OK},
		{"a@CARE.EXAMPLE", RTH_OIDC_OK},
		{"a@clinic.example", RTH_OIDC_FOREIGN_EMAIL},
		{"a@x.people.example", RTH_OIDC_FOREIGN_EMAIL},
		{"a@people.example.", RTH_OIDC_FOREIGN_EMAIL},
		{"a@people.example@clinic.example", RTH_OIDC_FOREIGN_EMAIL},
		{"people.example", RTH_OIDC_FOREIGN_EMAIL},
	};
	struct rth_oidc_person person;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *claims = json_pack("{s:s, s:b}", "email", rows[i].email,
					   "email_verified", 1);

		assert_int_equal(rth_oidc_claims_person(&person, claims, &conf),
				 rows[i].want);
		json_decref(claims);
	}
}

static void groups_are_lines(void **state)
{
	static const struct rth_provider_conf g = {.groups_claim = (char *)"g"};
	static const struct rth_provider_conf one = {.groups_claim =
							     (char *)"one"};
	struct rth_oidc_person person;
	json_t *claims =
		json_pack("{s:s, s:b, s:s, s:[s, s, i, s, s]}", "email", "a@b",
			  "email_verified", 1, "one", "x", "g", "staff",
			  "admin\nroot", 4, "", "night");
	json_t *many = json_array();
	int i;

	(void)state;
	assert_int_equal(rth_oidc_claims_person(&person, claims, &g), 0);
	assert_string_equal(person.groups, "staff\nnight");
	assert_int_equal(rth_oidc_claims_person(&person, claims, &one), 0);
	assert_string_equal(person.groups, "x");
	for (i = 0; i < 1000; i++)
		json_array_append_new(many, json_string("group"));
	json_object_set_new(claims, "g", many);
	assert_int_equal(rth_oidc_claims_person(&person, claims, &g), 0);
	assert_in_range(strlen(person.groups), RTH_GROUPS_SIZE - 7,
			RTH_GROUPS_SIZE - 1);
	json_decref(claims);
}

static void userinfo_must_be_about_the_same_person(void **state)
{
	json_t *claims =
		json_pack("{s:s, s:b}", "sub", "1", "email_verified", 1);
	json_t *other = json_pack("{s:s, s:s}", "sub", "2", "email", "a@b");
	json_t *same = json_pack("{s:s, s:s}", "sub", "1", "email", "a@b");
	struct rth_oidc_person person;

	(void)state;
	assert_int_equal(rth_oidc_claims_add(claims, other),
			 RTH_OIDC_BAD_USERINFO);
	assert_int_equal(rth_oidc_claims_add(claims, same), RTH_OIDC_OK);
	/* The token vouched for no address, so not for this one. */
	assert_int_equal(rth_oidc_claims_person(&person, claims, &any),
			 RTH_OIDC_UNVERIFIED);
	json_decref(claims);
	json_decref(other);
	json_decref(same);
}

static void every_reason_has_a_documented_code(void **state)
{
	static const char codes[] =
		" sign-in-failed email-unverified provider-down"
		" sign-in-expired sign-in-refused ";
	char word[64];
	int i;

	(void)state;
	for (i = 1; i < RTH_OIDC_REASONS; i++) {
		assert_non_null(rth_oidc_reason_name(i));
		snprintf(word, sizeof(word), " %s ", rth_oidc_reason_code(i));
		assert_non_null(strstr(codes, word));
	}
	assert_string_equal(rth_oidc_reason_code(RTH_OIDC_REASONS + 7),
			    "sign-in-failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_challenge_is_that_of_rfc_7636),
		cmocka_unit_test(secrets_differ_and_fit_pkce),
		cmocka_unit_test(the_browser_is_sent_with_all_arguments),
		cmocka_unit_test(an_endpoint_may_have_a_query),
		cmocka_unit_test(an_endless_url_is_refused),
		cmocka_unit_test(the_form_leaves_out_what_goes_into_the_header),
		cmocka_unit_test(discovery_is_below_the_issuer),
		cmocka_unit_test(a_sign_in_ends_on_this_site),
		cmocka_unit_test(only_safe_urls_are_asked),
		cmocka_unit_test(a_token_is_for_this_sign_in_and_this_client),
		cmocka_unit_test(only_a_verified_address_is_a_person),
		cmocka_unit_test(a_provider_vouches_for_its_domains_only),
		cmocka_unit_test(groups_are_lines),
		cmocka_unit_test(userinfo_must_be_about_the_same_person),
		cmocka_unit_test(every_reason_has_a_documented_code),
	};

	json_object_seed(0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
