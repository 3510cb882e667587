/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a page has found out about its person: what is read, and is told. */
#include "fake_visit.h"

#include "../../common/mem.h"
#include "../../plugins/checkin.h"

#define FOUND                                                                  \
	"{\"microphone\":\"ok\",\"camera\":\"black\",\"speaker\":\"skipped\"," \
	"\"path\":\"turn-tcp\",\"round_trip_ms\":60000,\"loss_permille\":0,"   \
	"\"up_kbps\":1000000,\"down_kbps\":7}"
#define NOTHING                                                        \
	"{\"microphone\":null,\"camera\":null,\"speaker\":null,"       \
	"\"path\":null,\"round_trip_ms\":null,\"loss_permille\":null," \
	"\"up_kbps\":null,\"down_kbps\":null}"

static enum rth_err read_check(struct rth_checkin *check, const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	char problem[64] = "";
	enum rth_err err;

	assert_non_null(value);
	err = rth_checkin_read(check, value, problem, sizeof(problem));
	assert_int_equal(err != RTH_OK, problem[0] != '\0');
	json_decref(value);
	return err;
}

static void expect_told(const struct rth_checkin *check, const char *expected)
{
	json_t *told = rth_checkin_json(check);
	char *text = json_dumps(told, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(told);
}

static void what_was_found_is_told(void **state)
{
	struct rth_checkin check = {0};

	(void)state;
	expect_told(&check, "null");
	assert_int_equal(read_check(&check, FOUND), RTH_OK);
	expect_told(&check, FOUND);
	assert_int_equal(read_check(&check, "{}"), RTH_OK);
	expect_told(&check, NOTHING);
	assert_int_equal(read_check(&check, NOTHING), RTH_OK);
	expect_told(&check, NOTHING);
	assert_int_equal(read_check(&check, "null"), RTH_OK);
	expect_told(&check, "null");
}

static void what_is_wrong_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"[]",
		"7",
		"\"ok\"",
		"true",
		"{\"name\":\"x\"}",
		"{\"\":null}",
		"{\"Microphone\":\"ok\"}",
		"{\"microphone\":\"OK\"}",
		"{\"microphone\":\"black\"}",
		"{\"microphone\":1}",
		"{\"camera\":\"silent\"}",
		"{\"speaker\":\"none\"}",
		"{\"path\":\"turn\"}",
		"{\"path\":[\"udp\"]}",
		"{\"round_trip_ms\":-1}",
		"{\"round_trip_ms\":60001}",
		"{\"round_trip_ms\":1.5}",
		"{\"loss_permille\":1001}",
		"{\"up_kbps\":\"7\"}",
		"{\"down_kbps\":1000001}",
		"{\"down_kbps\":9223372036854775807}",
		"{\"a name that is longer than any member that there is\":1}",
	};
	struct rth_checkin check = {0};

	(void)state;
	assert_int_equal(read_check(&check, FOUND), RTH_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(read_check(&check, wrong[i]), RTH_ERR_FORMAT);
	expect_told(&check, FOUND);
}

static enum rth_err read_troubles(unsigned *troublesp, const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	char problem[64];
	enum rth_err err =
		rth_troubles_read(troublesp, value, problem, sizeof(problem));

	json_decref(value);
	return err;
}

static void troubles_are_different_words(void **state)
{
	unsigned troubles = 0;

	(void)state;
	assert_int_equal(read_troubles(&troubles,
				       "[\"output-muted\",\"camera-black\","
				       "\"microphone-silent\"]"),
			 RTH_OK);
	assert_int_equal(troubles, 7);
	assert_int_equal(read_troubles(&troubles, "[\"camera-black\","
						  "\"camera-black\"]"),
			 RTH_ERR_FORMAT);
	assert_int_equal(read_troubles(&troubles, "[\"x\"]"), RTH_ERR_FORMAT);
	assert_int_equal(read_troubles(&troubles, "[null]"), RTH_ERR_FORMAT);
	assert_int_equal(read_troubles(&troubles, "{}"), RTH_ERR_FORMAT);
	assert_int_equal(read_troubles(&troubles, "null"), RTH_ERR_FORMAT);
	assert_int_equal(troubles, 7);
	assert_int_equal(read_troubles(&troubles, "[]"), RTH_OK);
	assert_int_equal(troubles, 0);
}

static void join_with(const struct visit *v, const struct person *person,
		      json_t *claims, const char *check)
{
	char *token = visit_sign(v, claims);
	char *body = malloc(strlen(token) + strlen(check) + 64);

	assert_non_null(body);
	sprintf(body, "{\"request\":\"join\",\"token\":\"%s\",\"check\":%s}",
		token, check);
	visit_ask(v, person, "join", body, NULL);
	free(body);
	rth_free(token);
}

/* What the clinician's list, or an event of the door, says of the check. */
static void expect_found(const json_t *of, const char *expected)
{
	char *text = json_dumps(json_object_get(of, "check"),
				JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static const json_t *first_waiting(const struct person *clinician)
{
	const json_t *event =
		fake_expect(clinician->handle, "waiting", NULL)->event;

	return json_array_get(json_object_get(event, "people"), 0);
}

static void the_clinician_sees_the_check(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = visit_attach(v), *again = visit_attach(v);

	join_with(v, p, visit_claims(v, "subject-p", "patient"), FOUND);
	expect_found(fake_last_notice("waiting"), FOUND);
	assert_null(json_object_get(
		fake_expect(p->handle, "waiting", "join")->event, "check"));
	expect_found(first_waiting(c), FOUND);
	/* a page that was loaded again has not checked again */
	visit_ask_join(v, again, visit_claims(v, "subject-p", "patient"));
	fake_expect(p->handle, "replaced", NULL);
	fake_expect(again->handle, "waiting", "join");
	expect_found(first_waiting(c), FOUND);
	expect_found(fake_last_notice("waiting"), FOUND);
	fake_expect_silence();
}

static void a_wrong_check_is_no_join(void **state)
{
	struct visit *v = *state;
	struct person *p = visit_attach(v);
	json_t *claims = visit_claims(v, "subject-p", "patient");

	join_with(v, p, json_incref(claims), "{\"camera\":\"good\"}");
	fake_expect_error(p->handle, "bad-request", "join");
	assert_int_equal(p->session->state, RTH_NONE);
	/* nor was the token used */
	join_with(v, p, claims, "null");
	fake_expect(p->handle, "waiting", "join");
	expect_found(fake_last_notice("waiting"), "null");
}

static void ask_state(const struct visit *v, const struct person *person,
		      const char *more)
{
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"request\":\"state\",\"microphone\":true,\"camera\":true,"
		 "\"screen\":false%s}",
		 more);
	visit_ask(v, person, "s", body, NULL);
}

static void expect_condition(const json_t *of, const char *expected)
{
	json_t *three = json_pack("{s:O, s:O, s:O}", "troubles",
				  json_object_get(of, "troubles"), "paused",
				  json_object_get(of, "paused"), "line",
				  json_object_get(of, "line"));
	char *text = json_dumps(three, JSON_COMPACT);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(three);
}

#define BAD                                                                  \
	"{\"troubles\":[\"microphone-silent\",\"output-muted\"],\"paused\":" \
	"true,\"line\":\"poor\"}"
#define WELL "{\"troubles\":[],\"paused\":false,\"line\":null}"

static void the_other_seat_hears_of_troubles(void **state)
{
	struct visit *v = *state;
	struct person *c, *p, *again;
	const json_t *joined;

	visit_call(v, &c, &p);
	ask_state(v, p,
		  ",\"line\":\"poor\",\"paused\":true,"
		  "\"troubles\":[\"output-muted\",\"microphone-silent\"]");
	expect_condition(fake_expect(c->handle, "state", NULL)->event, BAD);
	fake_expect(p->handle, "ok", "s");
	/* who comes later hears it, too */
	again = visit_attach(v);
	visit_ask_join(v, again,
		       visit_claims(v, "subject-clinician", "clinician"));
	fake_forget_pushes();
	joined = fake.pushes[fake.n_pushes - 1].event;
	assert_string_equal(fake_text(joined, "rthealth"), "joined");
	expect_condition(json_array_get(json_object_get(joined, "peers"), 0),
			 BAD);
	/* what is not said is well */
	ask_state(v, p, "");
	expect_condition(fake_expect(again->handle, "state", NULL)->event,
			 WELL);
	fake_expect(p->handle, "ok", "s");
	fake_expect_silence();
}

static void wrong_troubles_change_nothing(void **state)
{
	static const char *const wrong[] = {
		",\"troubles\":\"camera-black\"",
		",\"troubles\":[\"camera-off\"]",
		",\"troubles\":null",
		",\"paused\":1",
		",\"paused\":null",
		",\"line\":\"bad\"",
		",\"line\":null",
		",\"lines\":\"good\"",
	};
	struct visit *v = *state;
	struct person *c, *p;

	visit_call(v, &c, &p);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		ask_state(v, p, wrong[i]);
		fake_expect_error(p->handle, "bad-request", "s");
	}
	fake_expect_silence();
	assert_false(p->session->camera);
}

static void who_waits_tells_nobody(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = visit_attach(v);
	char body[128];

	visit_ask_join(v, p, visit_claims(v, "subject-p", "patient"));
	fake_forget_pushes();
	ask_state(v, p, ",\"troubles\":[\"camera-black\"]");
	fake_expect(p->handle, "ok", "s");
	fake_expect_silence();
	/* before it is admitted */
	snprintf(body, sizeof(body),
		 "{\"request\":\"admit\",\"participant\":\"%s\"}",
		 p->session->participant);
	visit_ask(v, c, "a", body, NULL);
	expect_condition(
		fake_expect(c->handle, "participant-joined", NULL)->event,
		"{\"troubles\":[\"camera-black\"],\"paused\":false,"
		"\"line\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		cmocka_unit_test(what_was_found_is_told),
		cmocka_unit_test(what_is_wrong_changes_nothing),
		cmocka_unit_test(troubles_are_different_words),
		TEST(the_clinician_sees_the_check),
		TEST(a_wrong_check_is_no_join),
		TEST(the_other_seat_hears_of_troubles),
		TEST(wrong_troubles_change_nothing),
		TEST(who_waits_tells_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
