/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every way in which consent can be missing. After each of them media and
 * chat flow between the two, and not one record has reached the recorder: not
 * even BEGIN, so that it has made no file.
 */
#include "recorded_visit.h"

#include "../../plugins/chat.h"
#include "../../plugins/seat.h"

static const char chat[] = "{\"text\":\"a secret\"}";

/* The two of a visit, in which everybody has been asked. */
struct scene {
	struct visit *visit;
	struct person *clinician, *patient;
	char id[RTH_ID_SIZE];
};

static void say(const struct scene *s, const struct person *person,
		const char *answer)
{
	recorded_answer_to(s->visit, person, s->id, answer);
}

static void request(const struct scene *s, const struct person *person,
		    const char *body)
{
	visit_ask(s->visit, person, "x", body, NULL);
}

static void nobody_answers(struct scene *s)
{
	(void)s;
}

static void only_the_clinician(struct scene *s)
{
	say(s, s->clinician, "yes");
}

static void only_the_patient(struct scene *s)
{
	say(s, s->patient, "yes");
}

static void the_same_one_twice(struct scene *s)
{
	say(s, s->clinician, "yes");
	say(s, s->clinician, "voice");
}

static void the_patient_says_no(struct scene *s)
{
	say(s, s->patient, "no");
	say(s, s->clinician, "yes");
	say(s, s->patient, "yes");
}

static void the_patient_says_no_last(struct scene *s)
{
	say(s, s->clinician, "yes");
	say(s, s->patient, "no");
	say(s, s->patient, "yes");
}

static void the_clinician_says_no_last(struct scene *s)
{
	say(s, s->patient, "yes");
	say(s, s->clinician, "no");
}

static void somebody_changes_to_no(struct scene *s)
{
	say(s, s->patient, "voice");
	say(s, s->patient, "no");
	say(s, s->clinician, "yes");
}

static void an_answer_that_is_none(struct scene *s)
{
	say(s, s->patient, "yes");
	say(s, s->clinician, "none");
	say(s, s->clinician, "Yes");
	say(s, s->clinician, "true");
	say(s, s->clinician, "");
}

static void to_another_recording(struct scene *s)
{
	say(s, s->patient, "yes");
	recorded_answer_to(s->visit, s->clinician, "AAAAAAAAAAAAAAAAAAAAAA",
			   "yes");
	recorded_answer_to(s->visit, s->clinician, "", "yes");
}

static void in_a_language_that_nobody_offered(struct scene *s)
{
	char body[256];

	say(s, s->patient, "yes");
	snprintf(body, sizeof(body),
		 "{\"request\":\"consent\",\"recording\":\"%s\","
		 "\"answer\":\"yes\",\"language\":\"th\"}",
		 s->id);
	request(s, s->clinician, body);
}

static void without_a_language(struct scene *s)
{
	char body[256];

	say(s, s->patient, "yes");
	snprintf(body, sizeof(body),
		 "{\"request\":\"consent\",\"recording\":\"%s\","
		 "\"answer\":\"yes\"}",
		 s->id);
	request(s, s->clinician, body);
}

static void with_a_field_too_many(struct scene *s)
{
	char body[256];

	say(s, s->patient, "yes");
	snprintf(body, sizeof(body),
		 "{\"request\":\"consent\",\"recording\":\"%s\","
		 "\"answer\":\"yes\",\"language\":\"en\",\"for\":\"both\"}",
		 s->id);
	request(s, s->clinician, body);
}

static void too_late(struct scene *s)
{
	say(s, s->patient, "yes");
	recorded_wait_ms(s->visit, RECORDED_ANSWER_S * 1000);
	say(s, s->clinician, "yes");
}

static void stopped_by_the_patient(struct scene *s)
{
	say(s, s->patient, "yes");
	recorded_stop(s->visit, s->patient);
	say(s, s->clinician, "yes");
}

static void stopped_by_the_clinician(struct scene *s)
{
	say(s, s->clinician, "yes");
	recorded_stop(s->visit, s->clinician);
	say(s, s->patient, "yes");
}

static void the_patient_leaves(struct scene *s)
{
	say(s, s->patient, "yes");
	request(s, s->patient, "{\"request\":\"leave\"}");
	say(s, s->clinician, "yes");
}

static void the_patient_is_lost(struct scene *s)
{
	say(s, s->patient, "yes");
	visit_gone(s->visit, s->patient);
	say(s, s->clinician, "yes");
}

static void the_patient_comes_back_anew(struct scene *s)
{
	say(s, s->patient, "yes");
	s->patient = recorded_enter(s->visit, "subject-patient", "patient");
	say(s, s->clinician, "yes");
}

static void somebody_else_takes_the_seat(struct scene *s)
{
	say(s, s->patient, "yes");
	visit_gone(s->visit, s->patient);
	s->patient = recorded_enter(s->visit, "subject-other", "patient");
	say(s, s->clinician, "yes");
}

static void the_clinician_leaves(struct scene *s)
{
	say(s, s->clinician, "yes");
	request(s, s->clinician, "{\"request\":\"leave\"}");
	say(s, s->patient, "yes");
}

static void the_visit_ends(struct scene *s)
{
	say(s, s->patient, "yes");
	request(s, s->clinician, "{\"request\":\"end\"}");
}

static void the_patient_is_removed(struct scene *s)
{
	say(s, s->patient, "yes");
	rth_seat_dismiss(s->visit->control, s->patient->session, "removed");
	say(s, s->clinician, "yes");
}

static void the_recorder_goes(struct scene *s)
{
	say(s, s->patient, "yes");
	fake_feed_hang_up(recorded_feed());
	recorded_turn(s->visit);
	say(s, s->clinician, "yes");
}

static void the_recorder_fails(struct scene *s)
{
	say(s, s->patient, "yes");
	recorded_says(s->visit, RTH_FEED_FAILED, "disk-failed");
	say(s, s->clinician, "yes");
}

static void the_yes_of_an_earlier_one(struct scene *s)
{
	say(s, s->patient, "yes");
	recorded_stop(s->visit, s->clinician);
	recorded_ask(s->visit, s->clinician);
	recorded_says(s->visit, RTH_FEED_READY, NULL);
	assert_true(recorded_is(s->visit, RTH_RECORDING_ASKED));
	recorded_answer(s->visit, s->clinician, "yes");
	say(s, s->patient, "yes");
}

static const struct {
	const char *name;
	void (*happens)(struct scene *s);
} ways[] = {
	{"nobody answers", nobody_answers},
	{"only the clinician", only_the_clinician},
	{"only the patient", only_the_patient},
	{"the same one twice", the_same_one_twice},
	{"the patient says no", the_patient_says_no},
	{"the patient says no last", the_patient_says_no_last},
	{"the clinician says no last", the_clinician_says_no_last},
	{"somebody changes to no", somebody_changes_to_no},
	{"an answer that is none", an_answer_that_is_none},
	{"to another recording", to_another_recording},
	{"in another language", in_a_language_that_nobody_offered},
	{"without a language", without_a_language},
	{"with a field too many", with_a_field_too_many},
	{"too late", too_late},
	{"stopped by the patient", stopped_by_the_patient},
	{"stopped by the clinician", stopped_by_the_clinician},
	{"the patient leaves", the_patient_leaves},
	{"the patient is lost", the_patient_is_lost},
	{"the patient comes back anew", the_patient_comes_back_anew},
	{"somebody else takes the seat", somebody_else_takes_the_seat},
	{"the clinician leaves", the_clinician_leaves},
	{"the visit ends", the_visit_ends},
	{"the patient is removed", the_patient_is_removed},
	{"the recorder goes", the_recorder_goes},
	{"the recorder fails", the_recorder_fails},
	{"the yes of an earlier one", the_yes_of_an_earlier_one},
};

static size_t received(void)
{
	size_t n = 0;

	for (size_t feed = 0; feed < fake_feeds(); feed++)
		n += fake_feed_records(feed);
	return n;
}

static bool is_seated(const struct person *person)
{
	return !person->gone && person->session->state == RTH_SEATED;
}

/* They go on with the visit, until long after the question. */
static void go_on(struct scene *s)
{
	size_t before = fake.n_packets;
	bool both = is_seated(s->clinician) && is_seated(s->patient);

	for (int i = 0; i < 2; i++) {
		struct person *a =
			s->clinician->gone ? s->patient : s->clinician;

		recorded_send_all(s->visit, a,
				  s->patient->gone ? a : s->patient);
		if (both) {
			rth_chat_receive(s->visit->control, s->patient->session,
					 chat, strlen(chat));
			request(s, s->patient,
				"{\"request\":\"state\",\"microphone\":true,"
				"\"camera\":false,\"screen\":false}");
		}
		recorded_wait_ms(s->visit, RECORDED_ANSWER_S * 1000);
	}
	if (both)
		assert_int_equal(fake.n_packets - before,
				 2 * 2 * RTH_RTP_SLOTS);
}

static void nothing_is_written_without_all_consents(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct scene s = {.visit = recorded_make()};

		recorded_asked(s.visit, &s.clinician, &s.patient);
		memcpy(s.id, recorded_now(s.visit)->id, RTH_ID_SIZE);
		ways[i].happens(&s);
		assert_false(recorded_is(s.visit, RTH_RECORDING_RUNNING));
		go_on(&s);
		if (received() != 0 || recorded_now(s.visit))
			fail_msg("%s: %zu records", ways[i].name, received());
		visit_free(s.visit);
	}
	print_message("# %zu ways\n", sizeof(ways) / sizeof(*ways));
}

/* Before anybody can be asked. */

static void asks(struct visit *v, struct person *who, const char *code)
{
	fake_forget_pushes();
	recorded_ask(v, who);
	fake_expect_error(who->handle, code, "ask");
	recorded_turn(v);
	fake_expect_silence();
	assert_true(recorded_is(v, RTH_RECORDING_OFF));
	assert_int_equal(fake_feeds(), 0);
}

static void who_may_not_ask(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	visit_call(v, &c, &p);
	asks(v, c, "not-allowed");
	asks(v, p, "wrong-role");
	visit_gone(v, c);
	c = recorded_join(v, "subject-clinician", "clinician");
	visit_gone(v, p);
	asks(v, c, "alone");
	p = recorded_join(v, "subject-patient", "patient");
	fake_recorder_away(true);
	asks(v, c, "no-recorder");
}

static void without_a_recorder_configured(void **state)
{
	struct visit *v = *state;
	struct person *c = recorded_join(v, "subject-clinician", "clinician");

	recorded_join(v, "subject-patient", "patient");
	fake_forget_pushes();
	recorded_ask(v, c);
	fake_expect_error(c->handle, "no-recorder", "ask");
	fake_expect_silence();
}

static void whether_one_may_ask_is_told(void **state)
{
	static const struct {
		const char *role;
		bool record, told;
	} people[] = {
		{"clinician", true, true},
		{"clinician", false, false},
		{"patient", true, false},
		{"patient", false, false},
	};
	struct visit *v = *state;

	for (size_t i = 0; i < sizeof(people) / sizeof(*people); i++) {
		struct person *person = visit_attach(v);
		json_t *claims = visit_claims(v, "subject-x", people[i].role);
		const struct fake_push *push;

		json_object_set_new(json_object_get(claims, "rth"), "record",
				    json_boolean(people[i].record));
		visit_admitted(v, "subject-x");
		visit_ask_join(v, person, claims);
		push = fake_expect(person->handle, "joined", "join");
		assert_int_equal(
			json_is_true(json_object_get(push->event, "record")),
			people[i].told);
		visit_gone(v, person);
	}
}

/* Answers before anybody was asked, or when there is nothing to answer. */
static void an_answer_to_no_question(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	char id[RTH_ID_SIZE] = "AAAAAAAAAAAAAAAAAAAAAA";

	recorded_call(v, &c, &p);
	recorded_answer_to(v, p, id, "yes");
	fake_expect_error(p->handle, "bad-request", "yes");
	recorded_ask(v, c);
	fake_expect(c->handle, "ok", "ask");
	memcpy(id, recorded_now(v)->id, RTH_ID_SIZE);
	recorded_answer_to(v, p, id, "yes");
	fake_expect_error(p->handle, "bad-request", "yes");
	recorded_answer_to(v, c, id, "yes");
	fake_expect_error(c->handle, "bad-request", "yes");
	recorded_says(v, RTH_FEED_READY, NULL);
	assert_true(recorded_is(v, RTH_RECORDING_ASKED));
	recorded_send_all(v, c, p);
	assert_int_equal(received(), 0);
}

static int plain_setup(void **state)
{
	*state = visit_make("", NULL);
	return 0;
}

#define RECORDED(test) \
	cmocka_unit_test_setup_teardown(test, recorded_setup, visit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_written_without_all_consents),
		RECORDED(who_may_not_ask),
		cmocka_unit_test_setup_teardown(without_a_recorder_configured,
						plain_setup, visit_teardown),
		RECORDED(whether_one_may_ask_is_told),
		RECORDED(an_answer_to_no_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
