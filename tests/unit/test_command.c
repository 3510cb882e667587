/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each row of the table of requests, right and wrong. */
#include "fake_visit.h"

#include "../../common/jwt.h"

#define STATE_ON                                                      \
	"{\"request\":\"state\",\"microphone\":true,\"camera\":true," \
	"\"screen\":false}"

static void refused_as(void **state, const char *body, const char *words)
{
	struct visit *visit = *state;
	struct person *person = visit_attach(visit);
	const struct fake_push *answer;

	visit_ask(visit, person, "t", body, NULL);
	answer = fake_expect_error(person->handle, "bad-request", "t");
	if (!strstr(fake_text(answer->event, "error"), words))
		fail_msg("\"%s\" does not say \"%s\"",
			 fake_text(answer->event, "error"), words);
	fake_expect_silence();
	assert_int_equal(person->session->state, RTH_NONE);
	assert_int_equal(atomic_load(&person->session->tasks), 0);
}

static void malformed_requests_change_nothing(void **state)
{
	refused_as(state, "{}", "request");
	refused_as(state, "{\"request\":7}", "request");
	refused_as(state, "{\"request\":null}", "request");
	refused_as(state, "{\"request\":\"enter\"}", "no such request");
	refused_as(state, "{\"request\":\"Join\",\"token\":\"x\"}", "no such");
	refused_as(state, "{\"request\":\"join\"}", "token");
	refused_as(state, "{\"request\":\"join\",\"token\":7}", "token");
	refused_as(state, "{\"request\":\"join\",\"token\":\"x\",\"room\":1}",
		   "room");
	refused_as(state, "{\"request\":\"leave\",\"force\":true}", "force");
	refused_as(state, "{\"request\":\"end\",\"reason\":\"x\"}", "reason");
	refused_as(state, "{\"request\":\"media\",\"sdp\":\"x\"}", "sdp");
}

static void state_needs_three_booleans(void **state)
{
	refused_as(state, "{\"request\":\"state\"}", "microphone");
	refused_as(state,
		   "{\"request\":\"state\",\"microphone\":true,"
		   "\"camera\":true}",
		   "screen");
	refused_as(state,
		   "{\"request\":\"state\",\"microphone\":1,"
		   "\"camera\":true,\"screen\":true}",
		   "microphone");
	refused_as(state,
		   "{\"request\":\"state\",\"microphone\":true,"
		   "\"camera\":true,\"screen\":true,\"hand\":true}",
		   "hand");
}

static void a_body_that_is_no_object_is_refused(void **state)
{
	refused_as(state, "[]", "request");
	refused_as(state, "[{\"request\":\"leave\"}]", "request");
}

static void a_cut_field_name_is_still_text(void **state)
{
	/* 31 bytes, then two of one character */
	refused_as(state,
		   "{\"request\":\"leave\",\"0123456789012345678901234567890"
		   "\xc3\xa4\xc3\xa4\":1}",
		   "0123456789012345678901234567890");
}

/* One byte under and over; neither is a token, so the codes differ. */
static void a_token_has_a_length(void **state)
{
	struct visit *visit = *state;
	struct person *person = visit_attach(visit);

	for (size_t n = RTH_JWT_MAX_BYTES; n <= RTH_JWT_MAX_BYTES + 1; n++) {
		char *token = malloc(n + 1);
		json_t *body;

		memset(token, 'a', n);
		token[n] = '\0';
		body = json_pack("{s:s, s:s}", "request", "join", "token",
				 token);
		free(token);
		assert_int_equal(rth_command_post(visit->control,
						  person->session, "t", body,
						  NULL),
				 RTH_OK);
		visit_step(visit);
		fake_expect_error(person->handle,
				  n > RTH_JWT_MAX_BYTES ? "bad-request"
							: "not-admitted",
				  "t");
	}
}

static void before_a_join_only_join_is_heard(void **state)
{
	static const char *const bodies[] = {
		"{\"request\":\"media\"}",
		STATE_ON,
		"{\"request\":\"leave\"}",
		"{\"request\":\"end\"}",
	};
	struct visit *visit = *state;
	struct person *person = visit_attach(visit);

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		visit_ask(visit, person, "t", bodies[i], NULL);
		fake_expect_error(person->handle, "wrong-state", "t");
		assert_int_equal(person->session->state, RTH_NONE);
	}
	fake_expect_silence();
}

static void a_seat_is_taken_once(void **state)
{
	struct visit *visit = *state;
	struct person *person = visit_join(visit, "subject-a", "patient");

	visit_come_back(visit, person, "subject-a");
	fake_expect_error(person->handle, "wrong-state", "join");
	assert_int_equal(person->session->state, RTH_SEATED);
}

static void only_the_clinician_ends(void **state)
{
	struct visit *visit = *state;
	struct person *patient = visit_join(visit, "subject-p", "patient");
	struct person *clinician = visit_join(visit, "subject-c", "clinician");

	visit_ask(visit, patient, "t1", "{\"request\":\"end\"}", NULL);
	fake_expect_error(patient->handle, "wrong-role", "t1");
	fake_expect_silence();
	assert_int_equal(patient->session->state, RTH_SEATED);
	visit_ask(visit, clinician, "t2", "{\"request\":\"end\"}", NULL);
	fake_expect(patient->handle, "participant-left", NULL);
	fake_expect(clinician->handle, "ended", "t2");
	fake_expect(patient->handle, "ended", NULL);
	fake_expect_silence();
	assert_int_equal(patient->session->state, RTH_LEFT);
	assert_int_equal(clinician->session->state, RTH_LEFT);
}

static void after_leaving_nothing_is_heard(void **state)
{
	struct visit *visit = *state;
	struct person *person = visit_join(visit, "subject-a", "clinician");

	visit_ask(visit, person, "t1", "{\"request\":\"leave\"}", NULL);
	fake_expect(person->handle, "left", "t1");
	visit_ask(visit, person, "t2", "{\"request\":\"leave\"}", NULL);
	fake_expect_error(person->handle, "wrong-state", "t2");
	visit_ask(visit, person, "t3", STATE_ON, NULL);
	fake_expect_error(person->handle, "wrong-state", "t3");
	visit_ask_join(visit, person,
		       visit_claims(visit, "subject-a", "clinician"));
	fake_expect_error(person->handle, "wrong-state", "join");
	assert_int_equal(atomic_load(&person->handle->closes), 1);
}

static void state_reaches_the_other(void **state)
{
	struct visit *visit = *state;
	struct person *a = visit_join(visit, "subject-a", "clinician");
	struct person *b = visit_join(visit, "subject-b", "patient");
	const struct fake_push *push;

	visit_ask(visit, a, "t", STATE_ON, NULL);
	push = fake_expect(b->handle, "state", NULL);
	assert_string_equal(fake_text(push->event, "participant"),
			    a->session->participant);
	assert_true(json_is_true(json_object_get(push->event, "microphone")));
	assert_true(json_is_true(json_object_get(push->event, "camera")));
	assert_true(json_is_false(json_object_get(push->event, "screen")));
	push = fake_expect(a->handle, "ok", "t");
	assert_string_equal(fake_text(push->event, "request"), "state");
	assert_string_equal(fake_text(push->event, "peer"),
			    b->session->participant);
	assert_true(json_is_null(json_object_get(push->event, "recording")));
	fake_expect_silence();
}

/* What is over the limit is refused at once and not queued. */
static void one_browser_cannot_fill_the_queue(void **state)
{
	struct visit *visit = *state;
	struct person *person = visit_attach(visit);
	struct person *other = visit_attach(visit);

	for (int i = 0; i < RTH_SESSION_TASKS_MAX; i++)
		assert_int_equal(rth_command_post(visit->control,
						  person->session, "t",
						  json_object(), NULL),
				 RTH_OK);
	assert_int_equal(rth_command_post(visit->control, person->session, "t",
					  json_object(), NULL),
			 RTH_ERR_LIMIT);
	assert_int_equal(rth_command_post(visit->control, other->session, "t",
					  json_object(), NULL),
			 RTH_OK);
	visit_step(visit);
	assert_int_equal(fake.n_pushes, RTH_SESSION_TASKS_MAX + 1);
	assert_int_equal(atomic_load(&person->session->tasks), 0);
	visit_ask(visit, person, "t", "{}", NULL);
	assert_int_equal(fake.n_pushes, RTH_SESSION_TASKS_MAX + 2);
}

/* Each of them is news for the other, whose line may be thin. */
static void requests_are_paced_but_leaving_is_not(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");

	fake_advance_us(2000000);
	for (int i = 0; i < RTH_REQUESTS_PER_S; i++) {
		visit_ask(v, b, "t", STATE_ON, NULL);
		fake_expect(a->handle, "state", NULL);
		fake_expect(b->handle, "ok", "t");
	}
	visit_ask(v, b, "t", STATE_ON, NULL);
	fake_expect_error(b->handle, "busy", "t");
	fake_expect_silence();
	fake_advance_us(1000000 / RTH_REQUESTS_PER_S);
	visit_ask(v, b, "t", STATE_ON, NULL);
	fake_expect(a->handle, "state", NULL);
	fake_expect(b->handle, "ok", "t");
	visit_ask(v, b, "t", "{\"request\":\"leave\"}", NULL);
	fake_expect(a->handle, "participant-left", NULL);
	fake_expect(b->handle, "left", "t");
}

static void a_request_of_a_handle_that_is_gone_is_dropped(void **state)
{
	struct visit *visit = *state;
	struct person *person = visit_attach(visit);
	json_t *body = json_pack("{s:s}", "request", "leave");

	assert_int_equal(rth_command_post(visit->control, person->session, "t",
					  body, NULL),
			 RTH_OK);
	visit_gone(visit, person);
	fake_expect_silence();
	assert_int_equal(atomic_load(&person->handle->refs), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(malformed_requests_change_nothing),
		TEST(state_needs_three_booleans),
		TEST(a_body_that_is_no_object_is_refused),
		TEST(a_cut_field_name_is_still_text),
		TEST(a_token_has_a_length),
		TEST(before_a_join_only_join_is_heard),
		TEST(a_seat_is_taken_once),
		TEST(only_the_clinician_ends),
		TEST(after_leaving_nothing_is_heard),
		TEST(state_reaches_the_other),
		TEST(one_browser_cannot_fill_the_queue),
		TEST(requests_are_paced_but_leaving_is_not),
		TEST(a_request_of_a_handle_that_is_gone_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
