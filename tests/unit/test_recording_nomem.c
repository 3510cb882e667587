/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recorded visit, again and again, each time with another allocation
 * failing. It may end, but nobody is ever recorded who has not said so, who
 * was not told that it runs, or of whose consent there is no evidence.
 *
 * With sanitizers not each allocation, but each few, from RTH_SEED on;
 * RTH_STEPS is how many.
 */
#include "recorded_visit.h"

#include "../../common/mem.h"
#include "../../plugins/chat.h"

#define ALL 1000000
#define SANITIZED 800

static const char chat[] = "{\"text\":\"hello\"}";

struct script {
	struct visit *visit;
	struct person *clinician, *patient;
	char *again, *other; /* tokens: of the patient, of somebody else */
	char *offer;
	bool said[RTH_ROLES]; /* yes or voice, to the recording of this id */
	char id[RTH_ID_SIZE];
	size_t ran;
};

static char *token(struct visit *v, const char *sub)
{
	return visit_sign(v, visit_claims(v, sub, "patient"));
}

static void prepare(struct script *s)
{
	size_t len;

	s->visit = recorded_make();
	recorded_call(s->visit, &s->clinician, &s->patient);
	s->again = token(s->visit, "subject-patient");
	s->other = token(s->visit, "subject-other");
	s->offer = test_read("sdp/chromium.sdp", &len);
}

static void clean_up(struct script *s)
{
	visit_free(s->visit);
	rth_free(s->again);
	rth_free(s->other);
	free(s->offer);
}

/* Says whether they were told that this recording runs. */
static bool was_told(const struct script *s, const struct rth_session *session)
{
	for (size_t i = 0; i < fake.n_pushes; i++) {
		const json_t *event = fake.pushes[i].event;

		if (fake.pushes[i].handle == session->port.handle &&
		    strcmp(fake_text(event, "recording"), s->id) == 0 &&
		    strcmp(fake_text(event, "state"), "running") == 0)
			return true;
	}
	return false;
}

static bool has_evidence(const struct script *s,
			 const struct rth_session *session)
{
	for (size_t i = 0; i < fake.n_notices; i++) {
		const json_t *event = fake.notices[i];

		if (strcmp(fake_text(event, "event"), "consent") == 0 &&
		    strcmp(fake_text(event, "recording"), s->id) == 0 &&
		    strcmp(fake_text(event, "sub"), session->who.sub) == 0)
			return true;
	}
	return false;
}

static void check(struct script *s)
{
	const struct rth_room *room = recorded_room(s->visit);
	bool runs = recorded_is(s->visit, RTH_RECORDING_RUNNING);

	s->ran += runs;
	for (int role = 0; room && role < RTH_ROLES; role++) {
		assert_int_equal(room->tapping[role].tap != NULL, runs);
		if (!runs)
			continue;
		assert_string_equal(room->recording->id, s->id);
		assert_true(s->said[role]);
		assert_true(was_told(s, room->seat[role]));
		assert_true(has_evidence(s, room->seat[role]));
	}
}

/* As the host does it: without memory there is no request. */
static bool post(struct script *s, const struct person *person, json_t *json,
		 const char *offer)
{
	if (!json || rth_command_post(s->visit->control, person->session, "t",
				      json, offer))
		return false;
	visit_step(s->visit);
	return true;
}

static void turn(struct script *s)
{
	recorded_turn(s->visit);
	check(s);
}

static void answer(struct script *s, const struct person *person,
		   const char *said)
{
	json_t *body =
		json_pack("{s:s, s:s, s:s, s:s}", "request", "consent",
			  "recording", s->id, "answer", said, "language", "en");

	if (post(s, person, body, NULL))
		s->said[person->session->who.role] = strcmp(said, "no") != 0;
	turn(s);
}

static void ask(struct script *s)
{
	post(s, s->clinician, json_pack("{s:s}", "request", "ask-recording"),
	     NULL);
	s->said[0] = s->said[1] = false;
	if (recorded_now(s->visit))
		memcpy(s->id, recorded_now(s->visit)->id, RTH_ID_SIZE);
	if (fake_feeds() > 0 && fake_feed_is_open(recorded_feed()))
		fake_feed_answer(recorded_feed(), RTH_FEED_READY, NULL);
	turn(s);
}

static void come(struct script *s, const char *admission)
{
	s->patient = &s->visit->people[s->visit->n_people++];
	s->patient->handle = fake_handle_new();
	if (rth_session_create(&s->patient->session, &fake_host,
			       s->patient->handle)) {
		s->patient->gone = true;
		return;
	}
	post(s, s->patient,
	     json_pack("{s:s, s:s}", "request", "join", "token", admission),
	     NULL);
	check(s);
	post(s, s->patient, json_pack("{s:s}", "request", "media"), s->offer);
	visit_media(s->visit, s->patient, true);
	turn(s);
}

static void go(struct script *s)
{
	if (!s->patient->gone)
		visit_gone(s->visit, s->patient);
	turn(s);
}

static void talk(struct script *s)
{
	if (s->patient->gone)
		return;
	rth_chat_receive(s->visit->control, s->patient->session, chat,
			 strlen(chat));
	post(s, s->patient,
	     json_pack("{s:s, s:b, s:b, s:b}", "request", "state", "microphone",
		       1, "camera", 1, "screen", 1),
	     NULL);
	turn(s);
}

static void play(struct script *s)
{
	ask(s);
	answer(s, s->patient, "yes");
	answer(s, s->clinician, "yes");
	talk(s);
	answer(s, s->clinician, "voice");
	go(s);
	come(s, s->again);
	talk(s);
	if (fake_feeds() > 0)
		fake_feed_hang_up(recorded_feed());
	recorded_wait_ms(s->visit, 1000);
	if (fake_feeds() > 1 && fake_feed_is_open(recorded_feed()))
		fake_feed_answer(recorded_feed(), RTH_FEED_READY, NULL);
	turn(s);
	go(s);
	s->said[RTH_ROLE_PATIENT] = false;
	come(s, s->other);
	if (!s->patient->gone)
		answer(s, s->patient, "voice");
	answer(s, s->clinician, "no");
	recorded_wait_ms(s->visit, 1000);
	check(s);
}

/* Returns how many allocations there were. */
static unsigned long visit_without(unsigned long n, size_t *ranp)
{
	struct script s = {0};
	unsigned long count;

	prepare(&s);
	rth_mem_fail_at(n);
	play(&s);
	count = rth_mem_count();
	rth_mem_fail_at(0);
	*ranp += s.ran > 0;
	clean_up(&s);
	return count;
}

static void a_recorded_visit(void **state)
{
	unsigned long seed = recorded_seed(), visits = 0, n;
	size_t whole = 0, ran = 0;
	unsigned long count = visit_without(0, &whole);
	unsigned long every = 1 + count / recorded_steps(ALL, SANITIZED);

	(void)state;
	print_message("# RTH_SEED=%lu\n", seed);
	assert_true(whole == 1 && count > 500);
	for (n = 1 + seed % every; n <= count; n += every) {
		count = visit_without(n, &ran);
		visits++;
	}
	assert_true(ran > visits / 2 && ran < visits);
	print_message("# %lu visits, %zu of them were recorded\n", visits, ran);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_visit),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
