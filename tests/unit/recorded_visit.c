/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recorded_visit.h"

#include <time.h>

#define TURNS_MAX 64

static const char conf[] =
	"rooms: { linger_s = 5; };\n"
	"recording: { socket = \"/run/recorder\"; ring_bytes = 1048576;\n"
	"answer_s = 10; consent_version = \"2026-11\"; texts = (\n"
	"{ language = \"en\"; text = \"May we?\"; },\n"
	"{ language = \"es\"; text = \"Se puede?\"; } ); };\n";

struct visit *recorded_make(void)
{
	return visit_make(conf, NULL);
}

int recorded_setup(void **state)
{
	*state = recorded_make();
	return 0;
}

struct rth_room *recorded_room(const struct visit *visit)
{
	return rth_room_find(&visit->control->rooms, VISIT_ROOM);
}

struct rth_recording *recorded_now(const struct visit *visit)
{
	struct rth_room *room = recorded_room(visit);

	return room ? room->recording : NULL;
}

bool recorded_is(const struct visit *visit, enum rth_recording_state state)
{
	const struct rth_recording *recording = recorded_now(visit);

	return (recording ? recording->state : RTH_RECORDING_OFF) == state;
}

void recorded_turn(const struct visit *visit)
{
	int i = 0;

	do {
		visit_step(visit);
		assert_true(++i < TURNS_MAX);
	} while (rth_feed_step(visit->control->feed, 0));
	visit_step(visit);
}

void recorded_wait_ms(const struct visit *visit, int64_t ms)
{
	for (; ms > 0; ms -= 500) {
		recorded_turn(visit);
		visit_wait_ms(visit, ms < 500 ? ms : 500);
	}
	recorded_turn(visit);
}

static void join(struct visit *visit, struct person *person, const char *sub,
		 const char *role)
{
	json_t *claims = visit_claims(visit, sub, role);

	if (strcmp(role, "patient") == 0)
		visit_admitted(visit, sub);
	json_object_set_new(json_object_get(claims, "rth"), "record",
			    json_true());
	visit_ask_join(visit, person, claims);
}

struct person *recorded_join(struct visit *visit, const char *sub,
			     const char *role)
{
	struct person *person = visit_attach(visit);

	join(visit, person, sub, role);
	assert_int_equal(person->session->state, RTH_SEATED);
	fake_forget_pushes();
	return person;
}

struct person *recorded_enter(struct visit *visit, const char *sub,
			      const char *role)
{
	struct person *person = visit_attach(visit);

	join(visit, person, sub, role);
	if (person->session->state != RTH_SEATED)
		return person;
	visit_negotiate(visit, person, "chromium.sdp");
	visit_media(visit, person, true);
	return person;
}

static const char all_on[] = "{\"request\":\"state\",\"microphone\":true,"
			     "\"camera\":true,\"screen\":true}";

void recorded_call(struct visit *visit, struct person **clinicianp,
		   struct person **patientp)
{
	*clinicianp = recorded_enter(visit, "subject-clinician", "clinician");
	*patientp = recorded_enter(visit, "subject-patient", "patient");
	visit_ask(visit, *clinicianp, "s", all_on, NULL);
	visit_ask(visit, *patientp, "s", all_on, NULL);
	fake_forget_pushes();
}

void recorded_ask(const struct visit *visit, const struct person *person)
{
	visit_ask(visit, person, "ask", "{\"request\":\"ask-recording\"}",
		  NULL);
}

void recorded_answer_to(const struct visit *visit, const struct person *person,
			const char *id, const char *answer)
{
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"request\":\"consent\",\"recording\":\"%s\","
		 "\"answer\":\"%s\",\"language\":\"es\"}",
		 id, answer);
	visit_ask(visit, person, answer, body, NULL);
}

void recorded_answer(const struct visit *visit, const struct person *person,
		     const char *answer)
{
	recorded_answer_to(visit, person, recorded_now(visit)->id, answer);
}

void recorded_stop(const struct visit *visit, const struct person *person)
{
	char body[128];

	snprintf(body, sizeof(body),
		 "{\"request\":\"stop-recording\",\"recording\":\"%s\"}",
		 recorded_now(visit)->id);
	visit_ask(visit, person, "stop", body, NULL);
}

void recorded_asked(struct visit *visit, struct person **clinicianp,
		    struct person **patientp)
{
	recorded_call(visit, clinicianp, patientp);
	recorded_ask(visit, *clinicianp);
	recorded_says(visit, RTH_FEED_READY, NULL);
	assert_true(recorded_is(visit, RTH_RECORDING_ASKED));
	fake_forget_pushes();
}

void recorded_running(struct visit *visit, struct person **clinicianp,
		      struct person **patientp, const char *clinician_answer,
		      const char *patient_answer)
{
	recorded_asked(visit, clinicianp, patientp);
	recorded_answer(visit, *patientp, patient_answer);
	recorded_answer(visit, *clinicianp, clinician_answer);
	recorded_turn(visit);
	assert_true(recorded_is(visit, RTH_RECORDING_RUNNING));
	fake_forget_pushes();
}

size_t recorded_feed(void)
{
	assert_true(fake_feeds() > 0);
	return fake_feeds() - 1;
}

void recorded_says(const struct visit *visit, enum rth_feed_kind kind,
		   const char *reason)
{
	fake_feed_answer(recorded_feed(), kind, reason);
	recorded_turn(visit);
}

const json_t *recorded_hears(const struct person *person, const char *state)
{
	const struct fake_push *push =
		fake_expect(person->handle, "recording", NULL);

	assert_string_equal(fake_text(push->event, "state"), state);
	assert_int_equal(strlen(fake_text(push->event, "recording")),
			 RTH_ID_LEN);
	return push->event;
}

json_t *recorded_body(size_t feed, enum rth_feed_kind kind, size_t n)
{
	const struct fake_record *record = fake_feed_find(feed, kind, n);
	json_t *body;

	assert_non_null(record);
	body = json_loadb((const char *)record->body, record->len,
			  JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(body);
	return body;
}

size_t recorded_notes(const char *event)
{
	size_t n = 0;

	for (size_t i = 0; fake_feed_find(recorded_feed(), RTH_FEED_NOTE, i);
	     i++) {
		json_t *note = recorded_body(recorded_feed(), RTH_FEED_NOTE, i);

		n += strcmp(fake_text(note, "event"), event) == 0;
		json_decref(note);
	}
	return n;
}

void recorded_send_all(const struct visit *visit, struct person *a,
		       struct person *b)
{
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		visit_send(a, slot, true);
		visit_send(b, slot, true);
	}
	recorded_turn(visit);
}

size_t recorded_packets(int role, int slot)
{
	size_t n = 0;

	for (size_t feed = 0; feed < fake_feeds(); feed++) {
		for (size_t i = 0; i < fake_feed_records(feed); i++) {
			const struct rth_feed_head *head =
				&fake_feed_record(feed, i)->head;

			n += head->kind == RTH_FEED_RTP && head->role == role &&
			     head->slot == slot;
		}
	}
	return n;
}

static bool is_sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#elif defined(__has_feature)
	return __has_feature(address_sanitizer) ||
	       __has_feature(thread_sanitizer);
#else
	return false;
#endif
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

unsigned long recorded_steps(unsigned long plain, unsigned long sanitized)
{
	return setting("RTH_STEPS", is_sanitized() ? sanitized : plain);
}

unsigned long recorded_seed(void)
{
	return setting("RTH_SEED", (unsigned long)time(NULL));
}
