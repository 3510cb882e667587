/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every reason to refuse a token, and that each has the one outward answer. */
#include "fake_visit.h"

#include "../../common/jwt.h"
#include "../../common/mem.h"

#define LONG_32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_128 LONG_32 LONG_32 LONG_32 LONG_32

/* Joins with claims (taken): refused for this reason, and nothing changed. */
static void refused_for(struct visit *visit, json_t *claims, const char *reason)
{
	struct person *person = visit_attach(visit);
	const struct fake_push *answer;

	visit_ask_join(visit, person, claims);
	visit_await_push(visit);
	answer = fake_expect_error(person->handle, "not-admitted", "join");
	assert_string_equal(fake_text(answer->event, "error"),
			    "You cannot enter this visit.");
	assert_int_equal(json_object_size(answer->event), 4);
	assert_string_equal(fake_text(fake_last_notice("refused"), "reason"),
			    reason);
	fake_expect_silence();
	assert_int_equal(person->session->state, RTH_NONE);
	assert_null(visit->control->rooms.first);
	visit_gone(visit, person);
}

static void admitted(struct visit *visit, json_t *claims)
{
	struct person *person = visit_attach(visit);

	visit_admitted(visit, fake_text(claims, "sub"));
	visit_ask_join(visit, person, claims);
	fake_expect(person->handle, "joined", "join");
	visit_ask(visit, person, "t", "{\"request\":\"leave\"}", NULL);
	fake_forget_pushes();
	visit_gone(visit, person);
}

static json_t *good(struct visit *visit)
{
	return visit_claims(visit, "subject-a", "patient");
}

/* Claims with one of them (of "rth" when inner) replaced, or left out. */
static json_t *with(struct visit *visit, bool inner, const char *name,
		    json_t *value)
{
	json_t *claims = good(visit);
	json_t *in = inner ? json_object_get(claims, "rth") : claims;

	if (value)
		json_object_set_new(in, name, value);
	else
		json_object_del(in, name);
	return claims;
}

static void a_good_token_admits(void **state)
{
	struct visit *visit = *state;
	struct person *person = visit_attach(visit);
	const struct fake_push *answer;

	visit_admitted(visit, "subject-a");
	visit_ask_join(visit, person, good(visit));
	answer = fake_expect(person->handle, "joined", "join");
	assert_string_equal(fake_text(answer->event, "role"), "patient");
	assert_string_equal(fake_text(answer->event, "participant"),
			    person->session->participant);
	assert_true(rth_id_valid(person->session->participant));
	assert_int_equal(json_integer_value(
				 json_object_get(answer->event, "seat_until")),
			 fake_host.time_ms() / 1000 + 3600);
	assert_int_equal(
		json_array_size(json_object_get(answer->event, "peers")), 0);
	assert_int_equal(fake_notices("room-opened"), 1);
	assert_string_equal(fake_text(fake_last_notice("joined"), "sub"),
			    "subject-a");
}

static void wrong_standard_claims(void **state)
{
	struct visit *v = *state;
	json_int_t now_s = fake_host.time_ms() / 1000;

	refused_for(v, with(v, false, "iss", json_string("https://evil.test")),
		    "unknown-issuer");
	refused_for(v, with(v, false, "iss", NULL), "missing-claim");
	refused_for(v, with(v, false, "aud", json_string("portal")),
		    "wrong-audience");
	refused_for(v, with(v, false, "aud", NULL), "missing-claim");
	refused_for(v, with(v, false, "exp", NULL), "missing-claim");
	refused_for(v, with(v, false, "iat", NULL), "missing-claim");
	refused_for(v, with(v, false, "sub", NULL), "missing-claim");
	refused_for(v, with(v, false, "exp", json_integer(now_s - 5)),
		    "expired");
	refused_for(v, with(v, false, "iat", json_integer(now_s + 6)),
		    "not-yet-valid");
	refused_for(v, with(v, false, "nbf", json_integer(now_s + 6)),
		    "not-yet-valid");
	refused_for(v, with(v, false, "exp", json_integer(now_s + 601)),
		    "life-too-long");
}

static void the_leeway_is_five_seconds(void **state)
{
	struct visit *v = *state;
	json_int_t now_s = fake_host.time_ms() / 1000;

	admitted(v, with(v, false, "exp", json_integer(now_s - 4)));
	admitted(v, with(v, false, "iat", json_integer(now_s + 5)));
	admitted(v, with(v, false, "exp", json_integer(now_s + 600)));
}

static void wrong_room(void **state)
{
	struct visit *v = *state;

	refused_for(v, with(v, true, "room", NULL), "wrong-room");
	refused_for(v, with(v, true, "room", json_integer(1)), "wrong-room");
	refused_for(v, with(v, true, "room", json_string("")), "wrong-room");
	refused_for(v,
		    with(v, true, "room", json_string("AAAAAAAAAAAAAAAAAAAAA")),
		    "wrong-room");
	refused_for(
		v,
		with(v, true, "room", json_string("AAAAAAAAAAAAAAAAAAAAAAA")),
		"wrong-room");
	refused_for(
		v, with(v, true, "room", json_string("AAAAAAAAAAAAAAAAAAAA/A")),
		"wrong-room");
	refused_for(v, with(v, false, "rth", NULL), "wrong-room");
	refused_for(v, with(v, false, "rth", json_string("x")), "wrong-room");
}

static void wrong_role(void **state)
{
	struct visit *v = *state;

	refused_for(v, with(v, true, "role", NULL), "unknown-role");
	refused_for(v, with(v, true, "role", json_integer(0)), "unknown-role");
	refused_for(v, with(v, true, "role", json_string("operator")),
		    "unknown-role");
	refused_for(v, with(v, true, "role", json_string("Clinician")),
		    "unknown-role");
}

static void wrong_seat_end(void **state)
{
	struct visit *v = *state;
	json_int_t now_s = fake_host.time_ms() / 1000;

	refused_for(v, with(v, true, "seat_until", NULL), "bad-seat-end");
	refused_for(v, with(v, true, "seat_until", json_string("9")),
		    "bad-seat-end");
	refused_for(v, with(v, true, "seat_until", json_integer(now_s)),
		    "seat-over");
	refused_for(v,
		    with(v, true, "seat_until",
			 json_integer(now_s + RTH_SEAT_LIFE_S + 1)),
		    "bad-seat-end");
	admitted(v, with(v, true, "seat_until", json_integer(now_s + 1)));
	visit_wait_ms(v, 60500);
	admitted(v, with(v, true, "seat_until",
			 json_integer(now_s + RTH_SEAT_LIFE_S)));
}

static void wrong_name(void **state)
{
	struct visit *v = *state;

	refused_for(v, with(v, false, "name", NULL), "bad-name");
	refused_for(v, with(v, false, "name", json_string("")), "bad-name");
	refused_for(v, with(v, false, "name", json_true()), "bad-name");
	refused_for(v, with(v, false, "name", json_string("a\nb")), "bad-name");
	refused_for(v, with(v, false, "name", json_string("a\x7f")),
		    "bad-name");
	refused_for(v, with(v, false, "name", json_string(LONG_32 LONG_32 "b")),
		    "bad-name");
}

static void a_name_is_counted_in_characters(void **state)
{
	struct visit *v = *state;
	char name[64 * 4 + 1] = "";

	for (int i = 0; i < 64; i++)
		strcat(name, "\xf0\x9f\x98\x80");
	admitted(v, with(v, false, "name", json_string(name)));
	admitted(v, with(v, false, "name", json_string(LONG_32 LONG_32)));
}

static void wrong_subject_record_and_token_id(void **state)
{
	struct visit *v = *state;

	refused_for(v, with(v, false, "sub", json_string(LONG_128 "b")),
		    "bad-subject");
	refused_for(v, with(v, false, "sub", json_string("a\tb")),
		    "bad-subject");
	refused_for(v, with(v, true, "record", json_integer(1)),
		    "bad-record-claim");
	refused_for(v, with(v, false, "jti", NULL), "bad-token-id");
	refused_for(v, with(v, false, "jti", json_string("")), "bad-token-id");
	refused_for(v, with(v, false, "jti", json_integer(1)), "bad-token-id");
	refused_for(v,
		    with(v, false, "jti", json_string(LONG_128 LONG_128 "b")),
		    "bad-token-id");
	admitted(v, with(v, false, "sub", json_string(LONG_128)));
	admitted(v, with(v, true, "record", NULL));
}

static void a_token_admits_once(void **state)
{
	struct visit *v = *state;
	json_t *claims = good(v);

	admitted(v, json_incref(claims));
	visit_wait_ms(v, 60500);
	refused_for(v, claims, "replayed");
	admitted(v, good(v));
}

/* A wrong signature does not use a token up. */
static void only_an_admitted_token_is_used_up(void **state)
{
	struct visit *v = *state;
	json_t *claims = good(v);
	struct rth_jwt_key *right = v->key;

	assert_int_equal(rth_jwt_key_make(&v->key), RTH_OK);
	refused_for(v, json_incref(claims), "unknown-key");
	rth_jwt_key_free(v->key);
	v->key = right;
	admitted(v, claims);
}

static void ask_raw(struct visit *v, const char *token, const char *reason)
{
	struct person *person = visit_attach(v);
	json_t *body =
		json_pack("{s:s, s:s}", "request", "join", "token", token);

	assert_int_equal(rth_command_post(v->control, person->session, "join",
					  body, NULL),
			 RTH_OK);
	visit_step(v);
	fake_expect_error(person->handle, "not-admitted", "join");
	assert_string_equal(fake_text(fake_last_notice("refused"), "reason"),
			    reason);
	visit_gone(v, person);
}

static void tokens_that_are_none(void **state)
{
	struct visit *v = *state;
	char *token = visit_sign(v, good(v));
	char *dot = strrchr(token, '.');

	ask_raw(v, "", "malformed");
	ask_raw(v, "a.b.c", "malformed");
	dot[1] = dot[1] == 'A' ? 'B' : 'A';
	ask_raw(v, token, "bad-signature");
	*dot = '\0';
	ask_raw(v, token, "malformed");
	rth_free(token);
	/* {"alg":"none","typ":"at+jwt"} . {"iss":"https://visits.example"} */
	ask_raw(v,
		"eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0."
		"eyJpc3MiOiJodHRwczovL3Zpc2l0cy5leGFtcGxlIn0.",
		"bad-alg");
}

static void an_id_token_is_no_admission_token(void **state)
{
	struct visit *v = *state;
	json_t *claims = good(v);
	char *token = NULL;

	assert_int_equal(rth_jwt_sign(&token, v->key, "JWT", claims), RTH_OK);
	json_decref(claims);
	ask_raw(v, token, "bad-type");
	rth_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(a_good_token_admits),
		TEST(wrong_standard_claims),
		TEST(the_leeway_is_five_seconds),
		TEST(wrong_room),
		TEST(wrong_role),
		TEST(wrong_seat_end),
		TEST(wrong_name),
		TEST(a_name_is_counted_in_characters),
		TEST(wrong_subject_record_and_token_id),
		TEST(a_token_admits_once),
		TEST(only_an_admitted_token_is_used_up),
		TEST(tokens_that_are_none),
		TEST(an_id_token_is_no_admission_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
