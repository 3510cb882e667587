/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The states of a recording: each move, who is told what, and what is kept. */
#include "recorded_visit.h"

#include "../../common/mem.h"
#include "../../plugins/admin.h"
#include "../../plugins/announce.h"
#include "../../plugins/chat.h"
#include "../../plugins/recording_steps.h"
#include "../../plugins/seat.h"

#define OFF RTH_RECORDING_OFF
#define OPENING RTH_RECORDING_OPENING
#define ASKED RTH_RECORDING_ASKED
#define RUNNING RTH_RECORDING_RUNNING
#define PAUSED RTH_RECORDING_PAUSED

static const char hello[] = "{\"text\":\"hello\"}";

static void is(const struct visit *v, enum rth_recording_state state)
{
	const struct rth_recording *recording = recorded_now(v);

	assert_string_equal(rth_recording_state_name(recording),
			    rth_recording_state_name(
				    &(struct rth_recording){.state = state}));
}

static json_int_t number(const json_t *event, const char *name)
{
	const json_t *value = json_object_get(event, name);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

/* What is told of the end, to those who are still there. */
static void finished(const struct person *person, const char *reason)
{
	const json_t *event = recorded_hears(person, "finished");

	assert_string_equal(fake_text(event, "reason"), reason);
}

/* What event handlers were told of the newest recording that has finished. */
static const json_t *finished_notice(void)
{
	for (size_t i = fake.n_notices; i-- > 0;) {
		const json_t *event = fake.notices[i];

		if (strcmp(fake_text(event, "event"), "recording") == 0 &&
		    strcmp(fake_text(event, "state"), "finished") == 0)
			return event;
	}
	fail_msg("none has finished");
	return NULL;
}

/* Recorder and event handlers hear who ended it: `by` is the sub, or NULL. */
static void end_is(size_t feed, const char *reason, json_int_t parts,
		   const char *by)
{
	json_t *end = recorded_body(feed, RTH_FEED_END, 0);
	const json_t *who = json_object_get(end, "by");
	const json_t *told = json_object_get(finished_notice(), "by");

	assert_string_equal(fake_text(end, "reason"), reason);
	assert_int_equal(number(end, "parts"), parts);
	assert_int_equal(who != NULL, by != NULL);
	assert_int_equal(told != NULL, by != NULL);
	if (by) {
		assert_string_equal(fake_text(who, "sub"), by);
		assert_int_equal(strlen(fake_text(who, "participant")),
				 RTH_ID_LEN);
		assert_int_equal(json_object_size(who), 3);
		assert_true(json_equal(who, told));
	}
	json_decref(end);
}

/* The state of the last `recording` event that event handlers were told. */
static const char *reported(void)
{
	for (size_t i = fake.n_notices; i-- > 0;) {
		const json_t *event = fake.notices[i];

		if (strcmp(fake_text(event, "event"), "recording") == 0)
			return fake_text(event, "state");
	}
	return "";
}

/* ---- the table ---- */

static void only_the_moves_of_the_table(void **state)
{
	static const bool allowed[5][5] = {
		[OFF] = {[OPENING] = true},
		[OPENING] = {[OFF] = true, [ASKED] = true},
		[ASKED] = {[OFF] = true, [RUNNING] = true},
		[RUNNING] = {[OFF] = true, [PAUSED] = true},
		[PAUSED] = {[OFF] = true, [RUNNING] = true},
	};
	struct visit *v = *state;
	struct person *c, *p;
	struct rth_recording *recording;

	recorded_running(v, &c, &p, "yes", "yes");
	recording = recorded_now(v);
	for (int from = 0; from < RTH_RECORDING_STATES; from++) {
		for (int to = 0; to < RTH_RECORDING_STATES; to++) {
			recording->state = (enum rth_recording_state)from;
			rth_recording_enter(v->control, recorded_room(v),
					    (enum rth_recording_state)to);
			assert_int_equal(recording->state,
					 allowed[from][to] ? to : (int)OFF);
			assert_int_equal(recorded_room(v)->tapping[0].tap !=
						 NULL,
					 recording->state == RUNNING);
		}
	}
	rth_recording_finish(v->control, recorded_room(v), "stopped", NULL);
}

/* ---- from off to running ---- */

static void asked_and_agreed(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	const json_t *event;

	recorded_call(v, &c, &p);
	recorded_ask(v, c);
	fake_expect(c->handle, "ok", "ask");
	is(v, OPENING);
	recorded_turn(v);
	fake_expect_silence();
	recorded_says(v, RTH_FEED_READY, NULL);
	is(v, ASKED);
	assert_string_equal(reported(), "asked");
	event = recorded_hears(c, "asked");
	assert_string_equal(fake_text(event, "version"), "2026-11");
	assert_int_equal(number(event, "answer_s"), RECORDED_ANSWER_S);
	assert_int_equal(json_array_size(json_object_get(event, "texts")), 2);
	assert_true(json_is_false(json_object_get(event, "agreed")));
	recorded_hears(p, "asked");
	fake_expect_silence();
	recorded_answer(v, c, "yes");
	fake_expect(c->handle, "ok", "yes");
	fake_expect_silence();
	recorded_send_all(v, c, p);
	assert_int_equal(fake_feed_records(0), 0);
	recorded_answer(v, p, "yes");
	event = recorded_hears(c, "running");
	assert_int_equal(json_array_size(json_object_get(event, "voice_only")),
			 0);
	assert_true(json_is_false(json_object_get(event, "incomplete")));
	assert_int_equal(number(event, "lost_s"), 0);
	recorded_hears(p, "running");
	fake_expect(p->handle, "ok", "yes");
	fake_expect_silence();
	is(v, RUNNING);
	assert_string_equal(reported(), "running");
	recorded_send_all(v, c, p);
	for (int role = 0; role < RTH_ROLES; role++)
		for (int slot = 0; slot < RTH_RTP_SLOTS; slot++)
			assert_int_equal(recorded_packets(role, slot), 1);
}

static void begin_says_who_has_agreed_to_what(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	json_t *begin, *people;

	recorded_running(v, &c, &p, "yes", "voice");
	assert_int_equal(fake_feed_record(0, 0)->head.kind, RTH_FEED_BEGIN);
	begin = recorded_body(0, RTH_FEED_BEGIN, 0);
	assert_int_equal(number(begin, "version"), 1);
	assert_int_equal(number(begin, "part"), 1);
	assert_string_equal(fake_text(begin, "recording"), recorded_now(v)->id);
	assert_string_equal(fake_text(begin, "room"), VISIT_ROOM);
	assert_int_equal(number(begin, "origin_us"), fake_host.now_us());
	assert_int_equal(number(begin, "begun_ms"), fake_host.time_ms());
	people = json_object_get(begin, "people");
	assert_int_equal(json_array_size(people), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *one = json_array_get(people, i);
		bool patient = strcmp(fake_text(one, "role"), "patient") == 0;
		const struct person *who = patient ? p : c;

		assert_string_equal(fake_text(one, "participant"),
				    who->session->participant);
		assert_string_equal(fake_text(one, "sub"),
				    who->session->who.sub);
		assert_string_equal(fake_text(one, "answer"),
				    patient ? "voice" : "yes");
		assert_string_equal(fake_text(one, "text_version"), "2026-11");
		assert_int_equal(strlen(fake_text(one, "text_sha256")), 64);
		assert_string_equal(fake_text(one, "language"), "es");
		assert_int_equal(number(one, "answered_ms"),
				 fake_host.time_ms());
	}
	json_decref(begin);
	assert_int_equal(recorded_notes("state"), 2);
}

static void each_answer_is_evidence(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	const json_t *event;

	recorded_asked(v, &c, &p);
	recorded_answer(v, p, "yes");
	recorded_answer(v, p, "voice");
	assert_int_equal(fake_notices("consent"), 2);
	event = fake_last_notice("consent");
	assert_string_equal(fake_text(event, "room"), VISIT_ROOM);
	assert_string_equal(fake_text(event, "recording"), recorded_now(v)->id);
	assert_string_equal(fake_text(event, "participant"),
			    p->session->participant);
	assert_string_equal(fake_text(event, "sub"), "subject-patient");
	assert_string_equal(fake_text(event, "role"), "patient");
	assert_string_equal(fake_text(event, "answer"), "voice");
	assert_string_equal(fake_text(event, "text_version"), "2026-11");
	assert_int_equal(strlen(fake_text(event, "text_sha256")), 64);
	assert_string_equal(fake_text(event, "language"), "es");
	assert_int_equal(number(event, "time_ms"), fake_host.time_ms());
	recorded_wait_ms(v, RECORDED_ANSWER_S * 1000);
	assert_int_equal(fake_notices("consent"), 3);
}

static void silence_is_evidence_too(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	size_t none = 0;

	recorded_asked(v, &c, &p);
	recorded_wait_ms(v, RECORDED_ANSWER_S * 1000);
	recorded_hears(c, "declined");
	recorded_hears(p, "declined");
	fake_expect_silence();
	for (size_t i = 0; i < fake.n_notices; i++) {
		const json_t *event = fake.notices[i];

		none += strcmp(fake_text(event, "answer"), "none") == 0;
	}
	assert_int_equal(none, 2);
	assert_string_equal(reported(), "declined");
}

/* ---- back to off before it ran ---- */

static void the_recorder_refuses(void **state)
{
	static const struct {
		const char *said, *told;
	} reasons[] = {
		{"disk-full", "disk-full"}, {"busy", "busy"},
		{"failed", "failed"},	    {"other", "failed"},
		{"malformed", "failed"},
	};
	struct visit *v = *state;
	struct person *c, *p;

	recorded_call(v, &c, &p);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		recorded_ask(v, c);
		fake_expect(c->handle, "ok", "ask");
		recorded_says(v, RTH_FEED_REFUSED, reasons[i].said);
		assert_string_equal(
			fake_text(recorded_hears(c, "refused"), "reason"),
			reasons[i].told);
		fake_expect_silence();
		is(v, OFF);
		assert_string_equal(reported(), "refused");
		assert_false(fake_feed_is_open(recorded_feed()));
	}
}

static void the_recorder_does_not_answer(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_call(v, &c, &p);
	recorded_ask(v, c);
	fake_expect(c->handle, "ok", "ask");
	recorded_wait_ms(v, RTH_FEED_READY_MS + 1000);
	assert_string_equal(fake_text(recorded_hears(c, "refused"), "reason"),
			    "no-answer");
	fake_expect_silence();
	is(v, OFF);
	/* neither does the feed thread */
	recorded_ask(v, c);
	fake_expect(c->handle, "ok", "ask");
	visit_wait_ms(v, 2 * RTH_FEED_READY_MS + 500);
	recorded_hears(c, "refused");
	is(v, OFF);
}

static void somebody_leaves_while_it_opens(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_call(v, &c, &p);
	recorded_ask(v, c);
	visit_gone(v, p);
	is(v, OFF);
	fake_expect(c->handle, "ok", "ask");
	fake_expect(c->handle, "participant-left", NULL);
	recorded_hears(c, "declined");
	fake_expect_silence();
	recorded_turn(v);
	assert_false(fake_feed_is_open(0));
}

/* Nobody is told who did not want it, and the link closes without a word. */
static void declined(struct visit *v, const struct person *who,
		     const struct person *other, const char *transaction)
{
	bool first_is_clinician = who->session->who.role == RTH_ROLE_CLINICIAN;
	const json_t *event;

	event = recorded_hears(first_is_clinician ? who : other, "declined");
	assert_int_equal(json_object_size(event), 3);
	event = recorded_hears(first_is_clinician ? other : who, "declined");
	assert_int_equal(json_object_size(event), 3);
	fake_expect(who->handle, "ok", transaction);
	fake_expect_silence();
	is(v, OFF);
	recorded_turn(v);
	assert_false(fake_feed_is_open(recorded_feed()));
	assert_int_equal(fake_feed_records(recorded_feed()), 0);
	assert_string_equal(reported(), "declined");
}

static void a_no_or_a_stop_declines(void **state)
{
	struct visit *v = *state;
	struct person *people[2];

	recorded_call(v, &people[0], &people[1]);
	for (int i = 0; i < 4; i++) {
		const struct person *who = people[i % 2];

		recorded_ask(v, people[0]);
		recorded_says(v, RTH_FEED_READY, NULL);
		recorded_answer(v, people[(i + 1) % 2], "yes");
		fake_forget_pushes();
		if (i < 2)
			recorded_answer(v, who, "no");
		else
			recorded_stop(v, who);
		declined(v, who, people[(i + 1) % 2], i < 2 ? "no" : "stop");
	}
}

static void there_is_one_at_a_time(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_call(v, &c, &p);
	recorded_ask(v, c);
	fake_expect(c->handle, "ok", "ask");
	recorded_ask(v, c);
	fake_expect_error(c->handle, "wrong-state", "ask");
	recorded_says(v, RTH_FEED_READY, NULL);
	fake_forget_pushes();
	recorded_ask(v, c);
	fake_expect_error(c->handle, "wrong-state", "ask");
	recorded_stop(v, p);
	fake_forget_pushes();
	recorded_ask(v, c);
	fake_expect(c->handle, "ok", "ask");
	assert_int_equal(fake_feeds(), 2);
}

/* ---- while it runs ---- */

static void either_can_stop_or_withdraw(void **state)
{
	static const char *const reasons[] = {"withdrawn", "stopped"};
	struct visit *v = *state;
	struct person *people[2];

	recorded_call(v, &people[0], &people[1]);
	for (int i = 0; i < 4; i++) {
		const struct person *who = people[i % 2];
		size_t before;

		recorded_ask(v, people[0]);
		recorded_says(v, RTH_FEED_READY, NULL);
		recorded_answer(v, people[0], "yes");
		recorded_answer(v, people[1], "yes");
		is(v, RUNNING);
		fake_forget_pushes();
		if (i < 2)
			recorded_answer(v, who, "no");
		else
			recorded_stop(v, who);
		is(v, OFF);
		finished(people[0], reasons[i / 2]);
		finished(people[1], reasons[i / 2]);
		fake_expect(who->handle, "ok", i < 2 ? "no" : "stop");
		fake_expect_silence();
		before = fake.n_packets;
		recorded_send_all(v, people[0], people[1]);
		assert_int_equal(fake.n_packets - before, 2 * RTH_RTP_SLOTS);
		for (int slot = 0; slot < RTH_RTP_SLOTS; slot++)
			assert_int_equal(recorded_packets(i % 2, slot), 0);
		end_is(recorded_feed(), reasons[i / 2], 1,
		       who->session->who.sub);
		assert_string_equal(
			fake_text(json_object_get(finished_notice(), "by"),
				  "participant"),
			who->session->participant);
		assert_string_equal(
			fake_text(json_object_get(finished_notice(), "by"),
				  "role"),
			i % 2 ? "patient" : "clinician");
		assert_int_equal(recorded_notes("consent"), i < 2);
	}
}

static void a_voice_has_no_picture(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	const json_t *event, *voices;

	recorded_running(v, &c, &p, "yes", "voice");
	recorded_send_all(v, c, p);
	assert_int_equal(recorded_packets(RTH_ROLE_PATIENT, 0), 1);
	assert_int_equal(recorded_packets(RTH_ROLE_PATIENT, 1), 0);
	assert_int_equal(recorded_packets(RTH_ROLE_PATIENT, 2), 0);
	recorded_answer(v, c, "voice");
	event = recorded_hears(c, "running");
	voices = json_object_get(event, "voice_only");
	assert_int_equal(json_array_size(voices), 2);
	assert_string_equal(json_string_value(json_array_get(voices, 0)),
			    c->session->participant);
	recorded_hears(p, "running");
	fake_expect(c->handle, "ok", "voice");
	recorded_send_all(v, c, p);
	assert_int_equal(recorded_packets(RTH_ROLE_CLINICIAN, 0), 2);
	assert_int_equal(recorded_packets(RTH_ROLE_CLINICIAN, 1), 1);
	assert_int_equal(recorded_packets(RTH_ROLE_CLINICIAN, 2), 1);
	recorded_answer(v, c, "yes");
	recorded_send_all(v, c, p);
	assert_int_equal(recorded_packets(RTH_ROLE_CLINICIAN, 1), 2);
	assert_int_equal(recorded_packets(RTH_ROLE_PATIENT, 1), 0);
	assert_int_equal(recorded_notes("consent"), 2);
}

static size_t plis_of(const struct person *person)
{
	size_t n = 0;

	for (size_t i = 0; i < fake.n_plis; i++)
		n += fake.plis[i].handle == person->handle;
	return n;
}

static struct {
	struct visit *visit;
	struct person *person;
} sends;

static void send_a_picture(void)
{
	visit_send(sends.person, RTH_SLOT_CAMERA, true);
	rth_feed_step(sends.visit->control->feed, 0);
}

/* How many records of this kind and role came before the n-th such note. */
static size_t before_note(enum rth_feed_kind kind, int role, size_t n)
{
	const struct fake_record *note =
		fake_feed_find(recorded_feed(), RTH_FEED_NOTE, n);
	size_t count = 0;

	assert_non_null(note);
	for (size_t i = 0; fake_feed_record(recorded_feed(), i) != note; i++) {
		const struct fake_record *record =
			fake_feed_record(recorded_feed(), i);

		count += record->head.kind == kind && record->head.role == role;
	}
	return count;
}

static size_t all_notes(void)
{
	size_t n = 0;

	while (fake_feed_find(recorded_feed(), RTH_FEED_NOTE, n))
		n++;
	return n;
}

/*
 * The recorder takes a picture before the note that allows it for one that
 * nobody allowed, and ends. Here one is on its way whenever somebody is told.
 */
static void a_picture_comes_after_the_note_that_allows_it(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	size_t notes;

	recorded_running(v, &c, &p, "yes", "voice");
	recorded_turn(v);
	notes = all_notes();
	sends.visit = v;
	sends.person = p;
	fake_advance_us(1000000);
	fake.on_event = send_a_picture;
	fake.n_plis = 0;
	recorded_answer(v, p, "yes");
	assert_int_equal(plis_of(p), 2);
	recorded_answer(v, p, "voice");
	recorded_answer(v, p, "yes");
	fake.on_event = NULL;
	recorded_turn(v);
	assert_int_equal(all_notes(), notes + 3);
	assert_int_equal(before_note(RTH_FEED_RTP, RTH_ROLE_PATIENT, notes), 0);
	/* the one that came with the "ok" of the first yes */
	assert_int_equal(before_note(RTH_FEED_RTP, RTH_ROLE_PATIENT, notes + 1),
			 1);
	assert_int_equal(before_note(RTH_FEED_RTP, RTH_ROLE_PATIENT, notes + 2),
			 1);
	assert_int_equal(recorded_packets(RTH_ROLE_PATIENT, 1), 2);
	is(v, RUNNING);
}

/* Each answer is kept by who hears of events; the one that ends it counts. */
static void only_a_no_is_always_heard(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	size_t answers;

	recorded_running(v, &c, &p, "yes", "yes");
	answers = fake_notices("consent");
	for (int i = 0; i < 100; i++)
		recorded_answer(v, p, i % 2 ? "yes" : "voice");
	assert_in_range(fake_notices("consent") - answers, 10, 20);
	is(v, RUNNING);
	fake_forget_pushes();
	recorded_answer(v, p, "yes");
	fake_expect_error(p->handle, "busy", "yes");
	recorded_answer(v, p, "no");
	is(v, OFF);
	finished(c, "withdrawn");
}

static void chat_and_devices_are_noted_while_it_runs(void **state)
{
	static const char dark[] = "{\"request\":\"state\",\"microphone\":true,"
				   "\"camera\":false,\"screen\":false}";
	struct visit *v = *state;
	struct person *c, *p;
	json_t *chat;

	recorded_running(v, &c, &p, "yes", "yes");
	rth_chat_receive(v->control, p->session, hello, strlen(hello));
	rth_chat_receive(v->control, p->session, "{", 1);
	visit_ask(v, c, "s", dark, NULL);
	recorded_turn(v);
	chat = recorded_body(0, RTH_FEED_CHAT, 0);
	assert_string_equal(fake_text(chat, "text"), "hello");
	assert_string_equal(fake_text(chat, "from"), p->session->participant);
	assert_string_equal(fake_text(chat, "role"), "patient");
	assert_int_equal(number(chat, "time"), fake_host.time_ms());
	json_decref(chat);
	assert_int_equal(recorded_notes("state"), 3);
	recorded_stop(v, p);
	rth_chat_receive(v->control, c->session, hello, strlen(hello));
	visit_ask(v, c, "s", dark, NULL);
	recorded_turn(v);
	assert_null(fake_feed_find(0, RTH_FEED_CHAT, 1));
	assert_int_equal(recorded_notes("state"), 3);
	assert_int_equal(fake.n_data, 3); /* two chats and a refusal */
}

static void key_frames_are_asked_for(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "voice");
	fake.n_plis = 0;
	/* the first of them may have been lost */
	recorded_wait_ms(v, RTH_KEY_FRAME_AGAIN_US / 1000);
	assert_int_equal(plis_of(c), 2);
	fake.n_plis = 0;
	recorded_wait_ms(v, 4 * RECORDED_KEY_FRAME_S * 1000);
	assert_int_equal(plis_of(c), 2 * 4);
	assert_int_equal(plis_of(p), 0);
	/* a line that is thin is spared */
	atomic_store(&p->session->port.limited, true);
	fake.n_plis = 0;
	recorded_wait_ms(v, 4 * RECORDED_KEY_FRAME_S * 1000);
	assert_int_equal(plis_of(c), 2);
	recorded_stop(v, c);
	fake.n_plis = 0;
	recorded_wait_ms(v, 4 * RECORDED_KEY_FRAME_S * 1000);
	assert_int_equal(fake.n_plis, 0);
}

/* A recorder that stands still: the rings fill, the call goes on. */
static void what_cannot_be_stored_is_told(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	const json_t *event = NULL;
	size_t reports;

	recorded_running(v, &c, &p, "yes", "yes");
	fake_feed_takes(0, 0);
	fake.silent = true;
	for (int i = 0; i < 20000; i++)
		visit_send(p, RTH_SLOT_AUDIO, false);
	fake_advance_us(1500000);
	visit_send(p, RTH_SLOT_AUDIO, false);
	fake.silent = false;
	reports = fake_notices("recording");
	recorded_turn(v);
	event = recorded_hears(c, "running");
	assert_true(json_is_true(json_object_get(event, "incomplete")));
	assert_true(number(event, "lost_s") >= 1);
	recorded_hears(p, "running");
	fake_expect_silence();
	assert_int_equal(fake_notices("recording"), reports + 1);
	visit_send(p, RTH_SLOT_AUDIO, false);
	recorded_wait_ms(v, 1000);
	recorded_hears(c, "running");
	recorded_hears(p, "running");
	assert_int_equal(fake_notices("recording"), reports + 1);
	is(v, RUNNING);
	recorded_stop(v, c);
	event = recorded_hears(c, "finished");
	assert_true(json_is_true(json_object_get(event, "incomplete")));
	event = fake_last_notice("recording");
	assert_true(number(event, "lost_packets") > 0);
	assert_true(number(event, "lost_ms") > 0);
}

/* ---- pauses ---- */

static void the_same_person_is_back(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "voice");
	visit_gone(v, p);
	is(v, PAUSED);
	fake_expect(c->handle, "participant-left", NULL);
	recorded_hears(c, "paused");
	fake_expect_silence();
	assert_string_equal(reported(), "paused");
	recorded_send_all(v, c, c);
	assert_int_equal(recorded_packets(RTH_ROLE_CLINICIAN, 0), 0);
	p = recorded_enter(v, "subject-patient", "patient");
	is(v, RUNNING);
	fake_expect(c->handle, "participant-joined", NULL);
	fake_expect(p->handle, "joined", "join");
	recorded_hears(c, "running");
	recorded_hears(p, "running");
	fake_forget_pushes();
	recorded_send_all(v, c, p);
	assert_int_equal(recorded_packets(RTH_ROLE_CLINICIAN, 1), 1);
	assert_int_equal(recorded_packets(RTH_ROLE_PATIENT, 0), 1);
	assert_int_equal(recorded_packets(RTH_ROLE_PATIENT, 1), 0);
	assert_int_equal(recorded_notes("left"), 1);
	assert_int_equal(recorded_notes("paused"), 1);
	assert_int_equal(recorded_notes("joined"), 1);
	assert_int_equal(recorded_notes("running"), 1);
}

/* The last note about a seat says whose answer holds for it. */
static void last_answer_is(size_t feed, const struct person *person,
			   const char *answer)
{
	json_t *last = NULL;

	for (size_t i = 0; fake_feed_find(feed, RTH_FEED_NOTE, i); i++) {
		json_t *note = recorded_body(feed, RTH_FEED_NOTE, i);

		if (strcmp(fake_text(note, "event"), "consent") == 0) {
			json_decref(last);
			last = json_incref(note);
		}
		json_decref(note);
	}
	assert_string_equal(fake_text(last, "participant"),
			    person->session->participant);
	assert_string_equal(fake_text(last, "answer"), answer);
	json_decref(last);
}

static void who_comes_back_takes_the_own_answer_along(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	json_t *begin;

	recorded_running(v, &c, &p, "yes", "yes");
	visit_gone(v, p);
	p = recorded_enter(v, "subject-other", "patient");
	recorded_answer(v, p, "voice");
	recorded_turn(v);
	last_answer_is(0, p, "voice");
	visit_gone(v, p);
	p = recorded_enter(v, "subject-patient", "patient");
	is(v, RUNNING);
	recorded_turn(v);
	last_answer_is(0, p, "yes");
	/* BEGIN of the next part names all three */
	fake_feed_hang_up(0);
	recorded_turn(v);
	visit_gone(v, c);
	recorded_wait_ms(v, 1000);
	recorded_says(v, RTH_FEED_READY, NULL);
	begin = recorded_body(1, RTH_FEED_BEGIN, 0);
	assert_int_equal(json_array_size(json_object_get(begin, "people")), 3);
	json_decref(begin);
	last_answer_is(1, p, "yes");
	assert_true(recorded_notes("paused") >= 1);
}

static void a_reload_is_a_short_pause(void **state)
{
	static const char *const roles[] = {"clinician", "patient"};
	static const char *const subs[] = {"subject-clinician",
					   "subject-patient"};
	struct visit *v = *state;
	struct person *people[2];

	recorded_running(v, &people[0], &people[1], "yes", "yes");
	for (int i = 0; i < 2; i++) {
		people[i] = recorded_enter(v, subs[i], roles[i]);
		is(v, RUNNING);
	}
	recorded_send_all(v, people[0], people[1]);
	assert_int_equal(recorded_packets(0, 2), 1);
	assert_int_equal(recorded_packets(1, 2), 1);
	assert_int_equal(recorded_notes("paused"), 2);
}

static void both_are_away_and_come_back(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	visit_gone(v, c);
	visit_gone(v, p);
	p = recorded_enter(v, "subject-patient", "patient");
	is(v, PAUSED);
	fake_forget_pushes();
	c = recorded_enter(v, "subject-clinician", "clinician");
	is(v, RUNNING);
	recorded_send_all(v, c, p);
	assert_int_equal(recorded_packets(0, 0), 1);
	assert_int_equal(recorded_packets(1, 0), 1);
}

static void who_waits_hears_that_it_is_paused(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	visit_gone(v, c);
	visit_gone(v, p);
	fake_forget_pushes();
	p = recorded_enter(v, "subject-patient", "patient");
	fake_expect(p->handle, "joined", "join");
	recorded_hears(p, "paused");
}

static void somebody_else_is_asked_first(void **state)
{
	static const char *const answers[] = {"yes", "voice"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit *v = recorded_make();
		struct person *c, *p;

		recorded_running(v, &c, &p, "yes", "yes");
		visit_gone(v, p);
		fake_forget_pushes();
		p = recorded_enter(v, "subject-other", "patient");
		is(v, PAUSED);
		fake_expect(c->handle, "participant-joined", NULL);
		fake_expect(p->handle, "joined", "join");
		recorded_hears(p, "asked");
		fake_forget_pushes();
		recorded_send_all(v, c, p);
		assert_int_equal(recorded_packets(0, 0), 0);
		assert_int_equal(recorded_packets(1, 0), 0);
		assert_int_equal(recorded_notes("joined"), 0);
		recorded_answer(v, p, answers[i]);
		is(v, RUNNING);
		recorded_hears(c, "running");
		recorded_hears(p, "running");
		recorded_send_all(v, c, p);
		assert_int_equal(recorded_packets(1, 0), 1);
		assert_int_equal(recorded_packets(1, 1), i == 0);
		assert_int_equal(recorded_notes("joined"), 1);
		assert_int_equal(recorded_notes("consent"), 1);
		visit_free(v);
	}
}

static void somebody_else_does_not_want_it(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit *v = recorded_make();
		struct person *c, *p;

		recorded_running(v, &c, &p, "yes", "yes");
		visit_gone(v, p);
		p = recorded_enter(v, "subject-other", "patient");
		fake_forget_pushes();
		if (i == 0)
			recorded_answer(v, p, "no");
		else
			recorded_wait_ms(v, RECORDED_ANSWER_S * 1000);
		is(v, OFF);
		finished(c, "withdrawn");
		finished(p, "withdrawn");
		recorded_send_all(v, c, p);
		assert_int_equal(recorded_packets(0, 0), 0);
		assert_int_equal(recorded_packets(1, 0), 0);
		end_is(0, "withdrawn", 1, "subject-other");
		assert_int_equal(recorded_notes("joined"), 0);
		assert_int_equal(recorded_notes("consent"), 0);
		visit_free(v);
	}
}

static void the_newcomer_leaves_unasked(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	visit_gone(v, p);
	p = recorded_enter(v, "subject-other", "patient");
	visit_gone(v, p);
	recorded_wait_ms(v, 3 * RECORDED_ANSWER_S * 1000);
	is(v, PAUSED);
	recorded_enter(v, "subject-patient", "patient");
	is(v, RUNNING);
	assert_int_equal(recorded_notes("left"), 1);
}

static void a_pause_can_be_ended(void **state)
{
	static const char *const reasons[] = {"stopped", "withdrawn"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit *v = recorded_make();
		struct person *c, *p;

		recorded_running(v, &c, &p, "yes", "yes");
		visit_gone(v, p);
		fake_forget_pushes();
		if (i == 0)
			recorded_stop(v, c);
		else
			recorded_answer(v, c, "no");
		is(v, OFF);
		finished(c, reasons[i]);
		recorded_turn(v);
		end_is(0, reasons[i], 1, "subject-clinician");
		visit_free(v);
	}
}

static void too_many_people_are_asked_again(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	char sub[32];

	recorded_running(v, &c, &p, "yes", "yes");
	for (int i = 0; i < RTH_CONSENTS_MAX; i++) {
		visit_gone(v, p);
		snprintf(sub, sizeof(sub), "subject-%d", i);
		p = recorded_enter(v, sub, "patient");
		is(v, PAUSED);
		recorded_answer(v, p, "yes");
		is(v, RUNNING);
		recorded_turn(v);
		fake_forget_pushes();
	}
	assert_int_equal(recorded_now(v)->n_consents, RTH_CONSENTS_MAX);
	visit_gone(v, p);
	recorded_enter(v, "subject-14", "patient");
	is(v, RUNNING);
	recorded_enter(v, "subject-patient", "patient");
	is(v, RUNNING); /* the seat is taken */
	visit_gone(v, &v->people[v->n_people - 2]);
	recorded_enter(v, "subject-patient", "patient");
	is(v, PAUSED);
}

/* ---- the end ---- */

static void the_clinician_goes_for_good(void **state)
{
	static const char *const reasons[] = {"left", "removed", "expired"};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct visit *v = recorded_make();
		struct person *c, *p;

		recorded_running(v, &c, &p, "yes", "yes");
		if (i == 0)
			visit_ask(v, c, "l", "{\"request\":\"leave\"}", NULL);
		else
			rth_seat_dismiss(v->control, c->session, reasons[i]);
		is(v, OFF);
		fake_expect(p->handle, "participant-left", NULL);
		finished(p, "left");
		recorded_turn(v);
		end_is(0, reasons[i], 1, "subject-clinician");
		visit_free(v);
	}
}

static void the_clinician_is_lost(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	visit_gone(v, c);
	is(v, PAUSED);
	recorded_wait_ms(v, RECORDED_LINGER_S * 1000 - 1000);
	is(v, PAUSED);
	c = recorded_enter(v, "subject-clinician", "clinician");
	is(v, RUNNING);
	visit_gone(v, c);
	fake_forget_pushes();
	recorded_wait_ms(v, RECORDED_LINGER_S * 1000 + 500);
	is(v, OFF);
	finished(p, "left");
	end_is(0, "left", 1, "subject-clinician");
}

static void the_visit_ends(void **state)
{
	static const struct {
		const char *reason, *end;
	} ends[] = {
		{"clinician", "ended"},
		{"admin", "ended"},
		{"stopping", "stopping"},
	};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct visit *v = recorded_make();
		struct person *c, *p;

		recorded_running(v, &c, &p, "yes", "yes");
		rth_seat_end_room(v->control, recorded_room(v), ends[i].reason);
		finished(c, "ended");
		finished(p, "ended");
		fake_expect(p->handle, "participant-left", NULL);
		fake_expect(c->handle, "ended", NULL);
		fake_expect(p->handle, "ended", NULL);
		fake_expect_silence();
		recorded_turn(v);
		end_is(0, ends[i].end, 1, NULL);
		visit_free(v);
	}
}

static void the_clinician_ends_the_visit(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	visit_ask(v, c, "e", "{\"request\":\"end\"}", NULL);
	is(v, OFF);
	recorded_turn(v);
	end_is(0, "ended", 1, "subject-clinician");
}

/* The list is full behind a recorder that stands still; a no is a no. */
static void who_withdraws_has_not_failed(void **state)
{
	struct visit *v = *state;
	char long_word[4096] = "";
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	recorded_turn(v);
	fake_feed_takes(0, 0);
	memset(long_word, 'x', sizeof(long_word) - 1);
	while (rth_announce_note(
		       v->control, recorded_now(v), RTH_FEED_NOBODY, "running",
		       json_pack("{s:s}", "word", long_word)) == RTH_OK)
		;
	fake_forget_pushes();
	recorded_answer(v, p, "no");
	finished(c, "withdrawn");
	finished(p, "withdrawn");
	fake_feed_takes(0, -1);
	recorded_turn(v);
	recorded_turn(v);
	end_is(0, "withdrawn", 1, "subject-patient");
}

/* END is answered in time, or it is not. */
static void stored_or_lost_is_told_when_it_stops(void **state)
{
	static const char *const told[] = {"stored", "lost"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit *v = recorded_make();
		struct person *c, *p;
		int64_t parts;

		recorded_running(v, &c, &p, "yes", "yes");
		recorded_stop(v, c);
		recorded_turn(v);
		if (i == 0)
			fake_feed_answer(0, RTH_FEED_DONE, NULL);
		visit_gone(v, c);
		visit_gone(v, p);
		rth_control_free(v->control);
		v->control = NULL;
		assert_string_equal(reported(), told[i]);
		parts = number(fake_last_notice("recording"), "parts");
		assert_int_equal(parts, 1);
		visit_free(v);
	}
}

static void stored_or_lost_is_told(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	recorded_stop(v, c);
	recorded_turn(v);
	assert_string_equal(reported(), "finished");
	recorded_says(v, RTH_FEED_DONE, NULL);
	assert_string_equal(reported(), "stored");
	assert_int_equal(number(fake_last_notice("recording"), "parts"), 1);
	assert_null(v->control->being_stored);

	recorded_ask(v, c);
	recorded_says(v, RTH_FEED_READY, NULL);
	recorded_answer(v, c, "yes");
	recorded_answer(v, p, "yes");
	recorded_stop(v, c);
	recorded_turn(v);
	fake_feed_hang_up(recorded_feed());
	recorded_turn(v);
	assert_string_equal(reported(), "lost");
	assert_null(v->control->being_stored);
}

/* Of which recording it was nobody can say. */
static void news_that_was_lost_fails_all(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	recorded_stop(v, c);
	recorded_turn(v);
	rth_mem_fail_at(1);
	rth_recording_news(v->control, v->control->being_stored->link,
			   RTH_FEED_NEWS_DONE, NULL);
	rth_mem_fail_at(0);
	assert_string_equal(reported(), "finished");
	recorded_ask(v, c);
	recorded_says(v, RTH_FEED_READY, NULL);
	fake_forget_pushes();
	visit_wait_ms(v, 500);
	assert_string_equal(reported(), "refused");
	assert_null(v->control->being_stored);
	is(v, OFF);
	recorded_hears(c, "refused");
	recorded_hears(p, "declined");
}

/* ---- the recorder while it runs ---- */

static void a_recorder_that_comes_back_begins_a_part(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	json_t *first, *second;

	recorded_running(v, &c, &p, "yes", "yes");
	fake_recorder_away(true);
	fake_feed_hang_up(0);
	recorded_turn(v);
	is(v, RUNNING);
	fake_expect_silence();
	recorded_send_all(v, c, p);
	fake_recorder_away(false);
	recorded_wait_ms(v, 1000);
	assert_int_equal(fake_feeds(), 2);
	assert_int_equal(fake_feed_records(1), 0);
	recorded_says(v, RTH_FEED_READY, NULL);
	first = recorded_body(0, RTH_FEED_BEGIN, 0);
	second = recorded_body(1, RTH_FEED_BEGIN, 0);
	assert_int_equal(number(second, "part"), 2);
	json_object_del(first, "part");
	json_object_del(second, "part");
	assert_true(json_equal(first, second));
	json_decref(first);
	json_decref(second);
	assert_int_equal(recorded_packets(0, 0), 1);
	assert_int_equal(recorded_packets(1, 2), 1);
	recorded_stop(v, p);
	recorded_turn(v);
	end_is(1, "stopped", 2, "subject-patient");
	recorded_says(v, RTH_FEED_DONE, NULL);
	assert_int_equal(number(fake_last_notice("recording"), "parts"), 2);
}

static void the_recorder_cannot_go_on(void **state)
{
	static const struct {
		enum rth_feed_kind kind;
		const char *said, *told;
	} ends[] = {
		{RTH_FEED_FAILED, "disk-full", "disk-full"},
		{RTH_FEED_FAILED, "disk-failed", "failed"},
		{RTH_FEED_FAILED, "malformed", "failed"},
		{RTH_FEED_DONE, NULL, "failed"},
		{RTH_FEED_READY, NULL, "failed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct visit *v = recorded_make();
		struct person *c, *p;
		const json_t *event;
		size_t before;

		recorded_running(v, &c, &p, "yes", "yes");
		recorded_says(v, ends[i].kind, ends[i].said);
		is(v, OFF);
		event = recorded_hears(c, "finished");
		assert_string_equal(fake_text(event, "reason"), ends[i].told);
		assert_true(json_is_true(json_object_get(event, "incomplete")));
		finished(p, ends[i].told);
		assert_string_equal(reported(), "lost");
		before = fake.n_packets;
		recorded_send_all(v, c, p);
		assert_int_equal(fake.n_packets - before, 2 * RTH_RTP_SLOTS);
		visit_free(v);
	}
}

static void the_recorder_refuses_the_next_part(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_running(v, &c, &p, "yes", "yes");
	fake_feed_hang_up(0);
	recorded_turn(v);
	recorded_wait_ms(v, 1000);
	recorded_says(v, RTH_FEED_REFUSED, "disk-full");
	is(v, OFF);
	finished(c, "disk-full");
	finished(p, "disk-full");
}

static void the_recorder_goes_while_people_are_asked(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;

	recorded_asked(v, &c, &p);
	fake_feed_hang_up(0);
	recorded_turn(v);
	is(v, OFF);
	assert_string_equal(fake_text(recorded_hears(c, "refused"), "reason"),
			    "failed");
	recorded_hears(p, "declined");
	fake_expect_silence();
}

/* ---- what others may see ---- */

static void admins_see_the_state(void **state)
{
	struct visit *v = *state;
	struct person *c, *p;
	json_t *message = json_pack("{s:s}", "request", "list");
	json_t *rooms;

	recorded_running(v, &c, &p, "yes", "yes");
	assert_int_equal(rth_control_start(v->control), RTH_OK);
	rooms = rth_admin_message(v->control, message);
	assert_string_equal(
		fake_text(json_array_get(json_object_get(rooms, "rooms"), 0),
			  "recording"),
		"running");
	json_decref(message);
	json_decref(rooms);
}

#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, recorded_setup, visit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_moves_of_the_table),
		TEST(asked_and_agreed),
		TEST(begin_says_who_has_agreed_to_what),
		TEST(each_answer_is_evidence),
		TEST(silence_is_evidence_too),
		TEST(the_recorder_refuses),
		TEST(the_recorder_does_not_answer),
		TEST(somebody_leaves_while_it_opens),
		TEST(a_no_or_a_stop_declines),
		TEST(there_is_one_at_a_time),
		TEST(either_can_stop_or_withdraw),
		TEST(a_voice_has_no_picture),
		TEST(a_picture_comes_after_the_note_that_allows_it),
		TEST(only_a_no_is_always_heard),
		TEST(chat_and_devices_are_noted_while_it_runs),
		TEST(key_frames_are_asked_for),
		TEST(what_cannot_be_stored_is_told),
		TEST(the_same_person_is_back),
		TEST(who_comes_back_takes_the_own_answer_along),
		TEST(a_reload_is_a_short_pause),
		TEST(both_are_away_and_come_back),
		TEST(who_waits_hears_that_it_is_paused),
		cmocka_unit_test(somebody_else_is_asked_first),
		cmocka_unit_test(somebody_else_does_not_want_it),
		TEST(the_newcomer_leaves_unasked),
		cmocka_unit_test(a_pause_can_be_ended),
		TEST(too_many_people_are_asked_again),
		cmocka_unit_test(the_clinician_goes_for_good),
		TEST(the_clinician_is_lost),
		cmocka_unit_test(the_visit_ends),
		TEST(the_clinician_ends_the_visit),
		TEST(who_withdraws_has_not_failed),
		cmocka_unit_test(stored_or_lost_is_told_when_it_stops),
		TEST(stored_or_lost_is_told),
		TEST(news_that_was_lost_fails_all),
		TEST(a_recorder_that_comes_back_begins_a_part),
		cmocka_unit_test(the_recorder_cannot_go_on),
		TEST(the_recorder_refuses_the_next_part),
		TEST(the_recorder_goes_while_people_are_asked),
		TEST(admins_see_the_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
