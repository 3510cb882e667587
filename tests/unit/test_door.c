/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door: who waits, what is told of it, and who comes in. */
#include "fake_visit.h"

#include "../../plugins/chat.h"
#include "../../plugins/seat.h"

#define CHAT "{\"text\":\"let me in\"}"

/* A patient who knocks; what that told is left to be looked at. */
static struct person *knock(struct visit *v, const char *sub)
{
	struct person *person = visit_attach(v);

	visit_ask_join(v, person, visit_claims(v, sub, "patient"));
	return person;
}

static struct person *waits(struct visit *v, const char *sub)
{
	struct person *person = knock(v, sub);

	assert_int_equal(person->session->state, RTH_WAITING);
	fake_forget_pushes();
	return person;
}

static void ask_of(struct visit *v, const struct person *by,
		   const char *request, const struct person *who,
		   const char *more)
{
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"request\":\"%s\",\"participant\":\"%s\"%s}", request,
		 who->session->participant, more);
	visit_ask(v, by, request, body, NULL);
}

static void admit(struct visit *v, const struct person *by,
		  const struct person *who)
{
	ask_of(v, by, "admit", who, "");
}

static void expect_place(const struct person *who, const char *transaction,
			 int place, int waiting, bool clinician)
{
	const json_t *event =
		fake_expect(who->handle, "waiting", transaction)->event;

	assert_int_equal(json_integer_value(json_object_get(event, "place")),
			 place);
	assert_int_equal(json_integer_value(json_object_get(event, "waiting")),
			 waiting);
	assert_int_equal(json_is_true(json_object_get(event, "clinician")),
			 clinician);
	assert_int_equal(json_object_size(event), transaction ? 8 : 4);
}

/* The clinician's list; borrowed. */
static const json_t *expect_list(const struct person *clinician, size_t n)
{
	const json_t *people = json_object_get(
		fake_expect(clinician->handle, "waiting", NULL)->event,
		"people");

	assert_int_equal(json_array_size(people), n);
	return people;
}

static void a_patient_waits(void **state)
{
	struct visit *v = *state;
	struct person *p = knock(v, "subject-p");
	const json_t *answer = fake.pushes[0].event;

	expect_place(p, "join", 1, 1, false);
	fake_expect_silence();
	assert_string_equal(fake_text(answer, "participant"),
			    p->session->participant);
	assert_string_equal(fake_text(answer, "role"), "patient");
	assert_int_equal(json_integer_value(json_object_get(answer, "wait_s")),
			 7200);
	assert_int_equal(p->session->state, RTH_WAITING);
	assert_null(p->session->room);
	assert_int_equal(fake_notices("room-opened"), 1);
	assert_string_equal(fake_text(fake_last_notice("waiting"), "sub"),
			    "subject-p");
	assert_int_equal(fake_notices("joined"), 0);
	/* a room in which somebody waits stays */
	visit_wait_ms(v, 120000);
	assert_int_equal(v->control->rooms.n, 1);
}

static void the_clinician_comes_to_a_door(void **state)
{
	struct visit *v = *state;
	struct person *p = waits(v, "subject-p");
	struct person *c = visit_attach(v);
	const json_t *one;

	fake_advance_us(65000000);
	visit_ask_join(v, c, visit_claims(v, "subject-c", "clinician"));
	fake_expect(c->handle, "joined", "join");
	expect_place(p, NULL, 1, 1, true);
	one = json_array_get(expect_list(c, 1), 0);
	fake_expect_silence();
	assert_string_equal(fake_text(one, "participant"),
			    p->session->participant);
	assert_string_equal(fake_text(one, "name"), "Dr. A");
	assert_int_equal(json_integer_value(json_object_get(one, "waited_ms")),
			 65000);
	assert_true(json_is_null(json_object_get(one, "check")));
	assert_true(json_is_false(json_object_get(one, "media")));
	assert_int_equal(json_object_size(one), 5);
	/* and goes: who waits goes on waiting */
	visit_gone(v, c);
	expect_place(p, NULL, 1, 1, false);
	fake_expect_silence();
	assert_int_equal(p->session->state, RTH_WAITING);
}

static void they_wait_in_order(void **state)
{
	struct visit *v = visit_make("rooms: { waiting_max = 3; };", NULL);
	struct person *p[4];

	(void)state;
	p[0] = waits(v, "subject-0");
	p[1] = waits(v, "subject-1");
	p[2] = knock(v, "subject-2");
	expect_place(p[2], "join", 3, 3, false);
	expect_place(p[0], NULL, 1, 3, false);
	expect_place(p[1], NULL, 2, 3, false);
	fake_expect_silence();
	p[3] = knock(v, "subject-3");
	fake_expect_error(p[3]->handle, "door-full", "join");
	fake_expect_silence();
	assert_int_equal(p[3]->session->state, RTH_NONE);
	assert_string_equal(fake_text(fake_last_notice("refused"), "reason"),
			    "door-full");
	visit_ask(v, p[0], "l", "{\"request\":\"leave\"}", NULL);
	expect_place(p[1], NULL, 1, 2, false);
	expect_place(p[2], NULL, 2, 2, false);
	fake_expect(p[0]->handle, "left", "l");
	fake_expect_silence();
	assert_int_equal(atomic_load(&p[0]->handle->closes), 1);
	visit_gone(v, p[1]);
	expect_place(p[2], NULL, 1, 1, false);
	fake_expect_silence();
	assert_string_equal(
		fake_text(fake_last_notice("waiting-over"), "reason"), "lost");
	visit_free(v);
}

static void knocking_again_keeps_the_place(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *old = waits(v, "subject-1"), *second, *again;
	const json_t *one;

	fake_advance_us(1000000);
	second = waits(v, "subject-2");
	fake_advance_us(1000000);
	again = knock(v, "subject-1");
	fake_expect(old->handle, "replaced", NULL);
	expect_place(again, "join", 1, 2, true);
	expect_place(second, NULL, 2, 2, true);
	one = json_array_get(expect_list(c, 2), 0);
	fake_expect_silence();
	assert_string_equal(fake_text(one, "participant"),
			    again->session->participant);
	assert_int_equal(json_integer_value(json_object_get(one, "waited_ms")),
			 2000);
	assert_int_equal(old->session->state, RTH_LEFT);
	assert_int_equal(atomic_load(&old->handle->closes), 1);
}

static void one_person_is_admitted(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p"), *q = waits(v, "subject-q");
	char was[RTH_ID_SIZE];
	const json_t *event;

	memcpy(was, p->session->participant, sizeof(was));
	admit(v, c, p);
	event = fake_expect(c->handle, "participant-joined", NULL)->event;
	assert_string_equal(fake_text(event, "participant"), was);
	event = fake_expect(p->handle, "joined", NULL)->event;
	assert_int_equal(json_array_size(json_object_get(event, "peers")), 1);
	expect_place(q, NULL, 1, 1, true);
	expect_list(c, 1);
	fake_expect(c->handle, "ok", "admit");
	fake_expect_silence();
	assert_int_equal(p->session->state, RTH_SEATED);
	assert_int_equal(q->session->state, RTH_WAITING);
	assert_int_equal(fake_notices("admitted"), 1);
	assert_string_equal(fake_text(fake_last_notice("joined"), "sub"),
			    "subject-p");
	/* nobody else, nobody twice, and nobody who is not there */
	admit(v, c, q);
	fake_expect_error(c->handle, "room-full", "admit");
	admit(v, c, p);
	fake_expect_error(c->handle, "not-waiting", "admit");
	admit(v, c, c);
	fake_expect_error(c->handle, "not-waiting", "admit");
	fake_expect_silence();
}

static void only_this_rooms_clinician_admits(void **state)
{
	struct visit *v = *state;
	struct person *p = waits(v, "subject-p"), *c = visit_attach(v);
	json_t *claims = visit_claims(v, "subject-c", "clinician");

	json_object_set_new(json_object_get(claims, "rth"), "room",
			    json_string("BBBBBBBBBBBBBBBBBBBBBB"));
	visit_ask_join(v, c, claims);
	fake_expect(c->handle, "joined", "join");
	admit(v, c, p);
	fake_expect_error(c->handle, "not-waiting", "admit");
	ask_of(v, c, "deny", p, ",\"reason\":\"other\"");
	fake_expect_error(c->handle, "not-waiting", "deny");
	ask_of(v, c, "note", p, ",\"text\":\"hello\"");
	fake_expect_error(c->handle, "not-waiting", "note");
	admit(v, p, p);
	fake_expect_error(p->handle, "wrong-state", "admit");
	fake_expect_silence();
	assert_int_equal(p->session->state, RTH_WAITING);
}

static void denied_with_a_reason(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p");
	const json_t *event;

	ask_of(v, c, "deny", p, ",\"reason\":\"because\"");
	fake_expect_error(c->handle, "bad-request", "deny");
	ask_of(v, c, "deny", p, ",\"reason\":\"wrong-time\"");
	expect_list(c, 0);
	event = fake_expect(p->handle, "denied", NULL)->event;
	assert_string_equal(fake_text(event, "reason"), "wrong-time");
	fake_expect(c->handle, "ok", "deny");
	fake_expect_silence();
	assert_int_equal(atomic_load(&p->handle->closes), 1);
	assert_int_equal(p->session->state, RTH_LEFT);
	assert_string_equal(
		fake_text(fake_last_notice("waiting-over"), "reason"),
		"denied");
	assert_int_equal(fake_notices("denied"), 1);
}

static void notes_go_one_way(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p"), *q = waits(v, "subject-q");
	const json_t *event;

	ask_of(v, c, "note", p, ",\"text\":\"five more minutes\"");
	event = fake_expect(p->handle, "note", NULL)->event;
	assert_string_equal(fake_text(event, "text"), "five more minutes");
	assert_int_equal(json_object_size(event), 2);
	fake_expect(c->handle, "ok", "note");
	fake_expect_silence();
	ask_of(v, c, "note", p, ",\"text\":\"\"");
	fake_expect_error(c->handle, "bad-request", "note");
	ask_of(v, q, "note", p, ",\"text\":\"hello\"");
	fake_expect_error(q->handle, "wrong-state", "note");
	rth_chat_receive(v->control, p->session, CHAT, strlen(CHAT));
	visit_step(v);
	assert_int_equal(fake.n_data, 1);
	assert_ptr_equal(fake.data[0].handle, p->handle);
	assert_string_equal(fake.data[0].text,
			    "{\"type\":\"refused\",\"reason\":\"alone\"}");
	fake_expect_silence();
}

static size_t flows(struct person *from, int slot)
{
	size_t before = fake.n_packets;

	visit_send(from, slot, true);
	return fake.n_packets - before;
}

static void media_flows_from_admission_on(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician"), *p;
	const json_t *event;

	visit_negotiate(v, c, "chromium.sdp");
	visit_media(v, c, true);
	p = waits(v, "subject-p");
	visit_negotiate(v, p, "firefox.sdp");
	assert_non_null(fake_expect(p->handle, "media", "offer")->answer);
	visit_media(v, p, true);
	visit_ask(v, p, "s",
		  "{\"request\":\"state\",\"microphone\":true,"
		  "\"camera\":true,\"screen\":true}",
		  NULL);
	fake_expect(p->handle, "ok", "s");
	fake_expect_silence();
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		assert_int_equal(flows(p, slot), 0);
		assert_int_equal(flows(c, slot), 0);
	}
	assert_int_equal(fake.n_plis, 0);
	admit(v, c, p);
	assert_int_equal(fake.n_plis, 4);
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		assert_int_equal(flows(p, slot), 1);
		assert_int_equal(flows(c, slot), 1);
	}
	/* what was told to nobody is told now */
	event = fake_expect(c->handle, "participant-joined", NULL)->event;
	assert_true(json_is_true(json_object_get(event, "camera")));
	/* without its clinician a visit does not run */
	visit_gone(v, c);
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++)
		assert_int_equal(flows(p, slot), 0);
}

/* Removes what the first browser could do before H264. */
static void without_vp8(char *sdp)
{
	for (char *at = sdp; (at = strstr(at, "VP8/90000"));)
		memcpy(at, "VPX", 3);
}

static void two_codecs_are_brought_together(void **state)
{
	struct visit *v = visit_make(
		"media: { video_codecs = [ \"vp8\", \"h264\" ]; };", NULL);
	struct person *c = visit_join(v, "subject-c", "clinician"), *p;
	size_t len;
	char *offer = test_read("sdp/chromium.sdp", &len);

	(void)state;
	visit_ask(v, c, "m", "{\"request\":\"media\"}", offer);
	without_vp8(offer);
	p = waits(v, "subject-p");
	visit_ask(v, p, "m", "{\"request\":\"media\"}", offer);
	assert_string_equal(
		fake_text(fake_expect(p->handle, "media", "m")->event, "video"),
		"h264");
	fake_expect_silence();
	admit(v, c, p);
	fake_expect(c->handle, "participant-joined", NULL);
	fake_expect(p->handle, "joined", NULL);
	fake_expect(c->handle, "renegotiate", NULL);
	expect_list(c, 0);
	fake_expect(c->handle, "ok", "admit");
	fake_expect_silence();
	free(offer);
	visit_free(v);
}

static void the_admitted_come_back(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p");

	admit(v, c, p);
	visit_gone(v, p);
	fake_forget_pushes();
	p = knock(v, "subject-p");
	fake_expect(c->handle, "participant-joined", NULL);
	fake_expect(p->handle, "joined", "join");
	fake_expect_silence();
	/* also when the room was empty, and closed */
	visit_gone(v, p);
	visit_gone(v, c);
	visit_wait_ms(v, 61000);
	assert_int_equal(v->control->rooms.n, 0);
	fake_forget_pushes();
	p = knock(v, "subject-p");
	fake_expect(p->handle, "joined", "join");
	/* nobody else does */
	knock(v, "subject-q");
	assert_int_equal(v->people[v->n_people - 1].session->state,
			 RTH_WAITING);
}

static void not_for_ever(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p");

	admit(v, c, p);
	visit_gone(v, p);
	visit_wait_ms(v, 3600000);
	p = knock(v, "subject-p");
	assert_int_equal(p->session->state, RTH_WAITING);
}

static void not_when_another_was_admitted(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p"), *q = waits(v, "subject-q");

	admit(v, c, p);
	visit_gone(v, p);
	admit(v, c, q);
	assert_int_equal(q->session->state, RTH_SEATED);
	p = knock(v, "subject-p");
	assert_int_equal(p->session->state, RTH_WAITING);
	visit_gone(v, q);
	visit_gone(v, p);
	p = knock(v, "subject-p");
	assert_int_equal(p->session->state, RTH_WAITING);
}

static json_t *says_admitted(struct visit *v, const char *sub)
{
	json_t *claims = visit_claims(v, sub, "patient");

	json_object_set_new(json_object_get(claims, "rth"), "admitted",
			    json_true());
	return claims;
}

/* As after a restart: nothing is remembered, but the token says it. */
static void the_portals_word_is_believed(void **state)
{
	struct visit *v = *state;
	struct person *p = visit_attach(v), *q = knock(v, "subject-q");
	struct person *again, *c;

	fake_forget_pushes();
	visit_ask_join(v, p, says_admitted(v, "subject-p"));
	fake_expect(p->handle, "joined", "join");
	fake_expect_silence();
	assert_int_equal(fake_notices("admitted"), 0);
	/* but not beside who has the seat */
	again = visit_attach(v);
	visit_ask_join(v, again, says_admitted(v, "subject-r"));
	assert_int_equal(again->session->state, RTH_WAITING);
	/* and not when somebody else was admitted since */
	c = visit_join(v, "subject-c", "clinician");
	visit_ask(v, p, "l", "{\"request\":\"leave\"}", NULL);
	fake_forget_pushes();
	admit(v, c, q);
	visit_ask(v, q, "l", "{\"request\":\"leave\"}", NULL);
	again = visit_attach(v);
	visit_ask_join(v, again, says_admitted(v, "subject-p"));
	assert_int_equal(again->session->state, RTH_WAITING);
}

static void who_comes_in_otherwise_waits_no_more(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p"), *q = waits(v, "subject-q");
	struct person *again = visit_attach(v);

	fake_forget_pushes();
	visit_ask_join(v, again, says_admitted(v, "subject-p"));
	fake_expect(p->handle, "replaced", NULL);
	expect_place(q, NULL, 1, 1, true);
	expect_list(c, 1);
	fake_expect(c->handle, "participant-joined", NULL);
	fake_expect(again->handle, "joined", "join");
	fake_expect_silence();
}

static void not_believed_once_somebody_was_sent_away(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p"), *q = visit_attach(v);

	ask_of(v, c, "deny", p, ",\"reason\":\"other\"");
	fake_forget_pushes();
	visit_ask_join(v, q, says_admitted(v, "subject-p"));
	fake_expect(q->handle, "waiting", "join");
}

static void a_wrong_claim_is_no_token(void **state)
{
	struct visit *v = *state;
	struct person *p = visit_attach(v);
	json_t *claims = visit_claims(v, "subject-p", "patient");

	json_object_set_new(json_object_get(claims, "rth"), "admitted",
			    json_string("yes"));
	visit_ask_join(v, p, claims);
	fake_expect_error(p->handle, "not-admitted", "join");
	assert_string_equal(fake_text(fake_last_notice("refused"), "reason"),
			    "bad-admitted-claim");
}

static void ended_is_ended(void **state)
{
	struct visit *v = *state;
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p"), *q = waits(v, "subject-q");

	admit(v, c, p);
	fake_forget_pushes();
	visit_ask(v, c, "e", "{\"request\":\"end\"}", NULL);
	fake_expect(p->handle, "participant-left", NULL);
	fake_expect(c->handle, "ended", "e");
	fake_expect(p->handle, "ended", NULL);
	fake_expect(q->handle, "ended", NULL);
	fake_expect_silence();
	assert_int_equal(atomic_load(&q->handle->closes), 1);
	assert_int_equal(v->control->rooms.n, 0);
	p = knock(v, "subject-p");
	fake_expect_error(p->handle, "visit-ended", "join");
	visit_ask_join(v, p, visit_claims(v, "subject-c", "clinician"));
	fake_expect_error(p->handle, "visit-ended", "join");
	fake_expect_silence();
	assert_string_equal(fake_text(fake_last_notice("refused"), "reason"),
			    "visit-ended");
	assert_int_equal(v->control->rooms.n, 0);
	fake_advance_us((RTH_ENDED_S - 1) * INT64_C(1000000));
	visit_ask_join(v, p, visit_claims(v, "subject-p", "patient"));
	fake_expect_error(p->handle, "visit-ended", "join");
	fake_advance_us(1000000);
	visit_ask_join(v, p, visit_claims(v, "subject-p", "patient"));
	assert_int_equal(p->session->state, RTH_WAITING);
}

static void waiting_ends_in_time(void **state)
{
	struct visit *v = visit_make("rooms: { wait_s = 60; };", NULL);
	struct person *c = visit_join(v, "subject-c", "clinician");
	struct person *p = waits(v, "subject-p"), *q;

	(void)state;
	visit_wait_ms(v, 30000);
	q = waits(v, "subject-q");
	q->session->who.seat_until_s = fake_host.time_ms() / 1000 + 20;
	visit_wait_ms(v, 19500);
	fake_expect_silence();
	visit_wait_ms(v, 500);
	expect_place(p, NULL, 1, 1, true);
	expect_list(c, 1);
	fake_expect(q->handle, "expired", NULL);
	visit_wait_ms(v, 10000);
	expect_list(c, 0);
	fake_expect(p->handle, "expired", NULL);
	fake_expect_silence();
	assert_int_equal(atomic_load(&p->handle->closes), 1);
	visit_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(a_patient_waits),
		TEST(the_clinician_comes_to_a_door),
		TEST(knocking_again_keeps_the_place),
		TEST(one_person_is_admitted),
		TEST(only_this_rooms_clinician_admits),
		TEST(denied_with_a_reason),
		TEST(notes_go_one_way),
		TEST(media_flows_from_admission_on),
		TEST(the_admitted_come_back),
		TEST(not_for_ever),
		TEST(not_when_another_was_admitted),
		TEST(the_portals_word_is_believed),
		TEST(who_comes_in_otherwise_waits_no_more),
		TEST(not_believed_once_somebody_was_sent_away),
		TEST(a_wrong_claim_is_no_token),
		TEST(ended_is_ended),
		cmocka_unit_test(they_wait_in_order),
		cmocka_unit_test(two_codecs_are_brought_together),
		cmocka_unit_test(waiting_ends_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
