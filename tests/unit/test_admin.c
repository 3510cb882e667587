/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Admin messages, asked from another thread as the host does. */
#include "fake_visit.h"

#include <pthread.h>

#include "../../plugins/admin.h"

struct asked {
	struct visit *visit;
	json_t *message;
	json_t *answer;
	atomic_bool done;
};

static void *ask_thread(void *arg)
{
	struct asked *asked = arg;

	asked->answer =
		rth_admin_message(asked->visit->control, asked->message);
	atomic_store(&asked->done, true);
	return NULL;
}

/* Asks while the control thread turns; the answer is for json_decref. */
static json_t *ask(struct visit *v, const char *message)
{
	struct asked asked = {
		.visit = v,
		.message = json_loads(message, JSON_DECODE_ANY, NULL),
	};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, ask_thread, &asked), 0);
	while (!atomic_load(&asked.done))
		assert_true(rth_control_step(v->control, 1));
	pthread_join(thread, NULL);
	json_decref(asked.message);
	assert_non_null(asked.answer);
	return asked.answer;
}

static void answers(struct visit *v, const char *message, const char *name,
		    const char *text)
{
	json_t *answer = ask(v, message);

	if (text)
		assert_string_equal(fake_text(answer, name), text);
	else
		assert_true(json_is_true(json_object_get(answer, name)));
	json_decref(answer);
}

static void a_list_holds_counts_and_no_names(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;
	json_t *answer, *room, *seat;
	char *text;

	visit_call(v, &a, &b);
	visit_send(a, RTH_SLOT_AUDIO, false);
	visit_send(a, RTH_SLOT_CAMERA, false);
	fake_advance_us(3000000);
	answer = ask(v, "{\"request\":\"list\"}");
	text = json_dumps(answer, 0);
	assert_null(strstr(text, "subject-"));
	assert_null(strstr(text, "Dr. A"));
	free(text);
	room = json_array_get(json_object_get(answer, "rooms"), 0);
	assert_string_equal(fake_text(room, "room"), VISIT_ROOM);
	assert_int_equal(json_integer_value(json_object_get(room, "age_s")), 3);
	seat = json_array_get(json_object_get(room, "seats"), 0);
	assert_string_equal(fake_text(seat, "participant"),
			    a->session->participant);
	assert_true(json_is_true(json_object_get(seat, "media")));
	assert_int_equal(
		json_integer_value(json_object_get(seat, "packets_in")), 2);
	assert_int_equal(
		json_integer_value(json_object_get(seat, "packets_dropped")),
		1);
	seat = json_array_get(json_object_get(room, "seats"), 1);
	assert_int_equal(
		json_integer_value(json_object_get(seat, "packets_out")), 1);
	json_decref(answer);
}

static void wrong_messages(void **state)
{
	struct visit *v = *state;

	visit_join(v, "subject-a", "patient");
	answers(v, "{}", "error", "bad-request");
	answers(v, "[]", "error", "bad-request");
	answers(v, "{\"request\":1}", "error", "bad-request");
	answers(v, "{\"request\":\"join\"}", "error", "bad-request");
	answers(v, "{\"request\":\"list\",\"room\":\"x\"}", "error",
		"bad-request");
	answers(v, "{\"request\":\"end\",\"room\":1}", "error", "bad-request");
	answers(v, "{\"request\":\"end\"}", "error", "not-found");
	answers(v, "{\"request\":\"end\",\"room\":\"x\"}", "error",
		"not-found");
	answers(v, "{\"request\":\"remove\",\"room\":\"" VISIT_ROOM "\"}",
		"error", "not-found");
	answers(v,
		"{\"request\":\"remove\",\"room\":\"" VISIT_ROOM
		"\",\"sub\":\"subject-b\"}",
		"error", "not-found");
	answers(v, "{\"request\":\"remove\",\"sub\":\"subject-a\"}", "error",
		"not-found");
	fake_expect_silence();
	assert_int_equal(v->people[0].session->state, RTH_SEATED);
}

static void one_is_removed(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");
	char message[128];

	answers(v,
		"{\"request\":\"remove\",\"room\":\"" VISIT_ROOM
		"\",\"sub\":\"subject-b\"}",
		"removed", NULL);
	fake_expect(a->handle, "participant-left", NULL);
	fake_expect(b->handle, "removed", NULL);
	fake_expect_silence();
	assert_int_equal(atomic_load(&b->handle->closes), 1);
	snprintf(message, sizeof(message),
		 "{\"request\":\"remove\",\"room\":\"" VISIT_ROOM
		 "\",\"participant\":\"%s\"}",
		 a->session->participant);
	answers(v, message, "removed", NULL);
	fake_expect(a->handle, "removed", NULL);
	assert_int_equal(atomic_load(&a->handle->closes), 1);
}

/* A message about somebody who waits. */
static void answers_about(struct visit *v, const char *request,
			  const struct person *who, const char *more,
			  const char *member, const char *value)
{
	char message[1400];

	snprintf(message, sizeof(message),
		 "{\"request\":\"%s\",\"room\":\"" VISIT_ROOM
		 "\",\"participant\":\"%s\"%s}",
		 request, who->session->participant, more);
	answers(v, message, member, value);
}

static struct person *waits(struct visit *v, const char *sub)
{
	struct person *p = visit_attach(v);

	visit_ask_join(v, p, visit_claims(v, sub, "patient"));
	assert_int_equal(p->session->state, RTH_WAITING);
	fake_forget_pushes();
	return p;
}

static void who_waits_is_told(void **state)
{
	struct visit *v = *state;
	struct person *p = waits(v, "subject-p"), *q = waits(v, "subject-q");
	struct person *a = visit_join(v, "subject-a", "clinician");
	const struct fake_push *push;
	char text[1100];

	answers_about(v, "note", q, ",\"text\":\"soon\"", "noted", NULL);
	push = fake_expect(q->handle, "note", NULL);
	assert_string_equal(fake_text(push->event, "text"), "soon");
	/* not who is seated, nor nothing, nor too much */
	answers_about(v, "note", a, ",\"text\":\"soon\"", "error", "not-found");
	answers_about(v, "note", p, ",\"text\":\"\"", "error", "bad-request");
	answers_about(v, "note", p, "", "error", "bad-request");
	snprintf(text, sizeof(text), ",\"text\":\"%01001d\"", 0);
	answers_about(v, "note", p, text, "error", "bad-request");
	fake_expect_silence();
}

static void who_waits_is_sent_away(void **state)
{
	struct visit *v = *state;
	struct person *p = waits(v, "subject-p"), *again;
	const struct fake_push *push;
	json_t *claims, *notice;

	answers_about(v, "deny", p, ",\"reason\":\"bored\"", "error",
		      "bad-request");
	answers_about(v, "deny", p, "", "error", "bad-request");
	fake_expect_silence();
	answers_about(v, "deny", p, ",\"reason\":\"wrong-time\"", "denied",
		      NULL);
	push = fake_expect(p->handle, "denied", NULL);
	assert_string_equal(fake_text(push->event, "reason"), "wrong-time");
	assert_int_equal(atomic_load(&p->handle->closes), 1);
	notice = fake.notices[fake.n_notices - 2];
	assert_string_equal(fake_text(notice, "event"), "denied");
	assert_true(json_is_null(json_object_get(notice, "by")));
	assert_string_equal(
		fake_text(fake_last_notice("waiting-over"), "reason"),
		"denied");
	answers_about(v, "deny", p, ",\"reason\":\"wrong-time\"", "error",
		      "not-found");
	/* whatever a token says */
	again = visit_attach(v);
	claims = visit_claims(v, "subject-p", "patient");
	json_object_set_new(json_object_get(claims, "rth"), "admitted",
			    json_true());
	visit_ask_join(v, again, claims);
	fake_expect(again->handle, "waiting", "join");
}

static void a_room_is_ended(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");
	const struct fake_push *push;
	const json_t *ended;

	answers(v, "{\"request\":\"end\",\"room\":\"" VISIT_ROOM "\"}", "ended",
		NULL);
	fake_expect(b->handle, "participant-left", NULL);
	push = fake_expect(a->handle, "ended", NULL);
	assert_string_equal(fake_text(push->event, "reason"), "admin");
	fake_expect(b->handle, "ended", NULL);
	fake_expect_silence();
	assert_null(v->control->rooms.first);
	ended = fake.notices[fake.n_notices - 2];
	assert_string_equal(fake_text(ended, "event"), "ended");
	assert_string_equal(fake_text(ended, "room"), VISIT_ROOM);
	assert_string_equal(fake_text(ended, "reason"), "admin");
	assert_true(json_is_null(json_object_get(ended, "by")));
	fake_last_notice("room-closed");
}

static void a_closed_room_is_ended(void **state)
{
	struct visit *v = *state;
	struct person *p = visit_attach(v);

	for (int i = 0; i < 2; i++)
		answers(v, "{\"request\":\"end\",\"room\":\"" VISIT_ROOM "\"}",
			"ended", NULL);
	visit_ask_join(v, p, visit_claims(v, "subject-p", "patient"));
	fake_expect(p->handle, "error", "join");
	assert_int_equal(p->session->state, RTH_NONE);
}

/* The line is gone, and comes back after the removal. */
static void who_is_away_is_removed(void **state)
{
	static const char remove_b[] =
		"{\"request\":\"remove\",\"room\":\"" VISIT_ROOM
		"\",\"sub\":\"subject-b\"}";
	struct visit *v = *state;
	struct person *b, *again;

	visit_join(v, "subject-a", "clinician");
	b = visit_join(v, "subject-b", "patient");
	visit_gone(v, b);
	visit_step(v);
	answers(v, remove_b, "removed", NULL);
	answers(v, remove_b, "error", "not-found");
	again = visit_attach(v);
	visit_ask_join(v, again, visit_claims(v, "subject-b", "patient"));
	assert_int_equal(again->session->state, RTH_WAITING);
}

/* No turn of the control thread is taken: it may be waiting for who asks. */
static void a_session_tells_its_state_without_waiting(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_attach(v);
	json_t *answer = rth_admin_session(a->session);

	assert_string_equal(fake_text(answer, "state"), "none");
	assert_int_equal(json_object_size(answer), 1);
	json_decref(answer);
	visit_come_back(v, a, "subject-a");
	fake_advance_us(3000000);
	answer = rth_admin_session(a->session);
	assert_string_equal(fake_text(answer, "state"), "seated");
	assert_string_equal(fake_text(answer, "role"), "patient");
	assert_string_equal(fake_text(answer, "participant"),
			    a->session->participant);
	assert_int_equal(json_integer_value(json_object_get(answer, "age_s")),
			 3);
	assert_null(json_object_get(answer, "name"));
	json_decref(answer);
	visit_ask(v, a, "t", "{\"request\":\"leave\"}", NULL);
	answer = rth_admin_session(a->session);
	assert_string_equal(fake_text(answer, "state"), "left");
	assert_int_equal(json_object_size(answer), 1);
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(a_list_holds_counts_and_no_names),
		TEST(wrong_messages),
		TEST(one_is_removed),
		TEST(who_waits_is_told),
		TEST(who_waits_is_sent_away),
		TEST(a_room_is_ended),
		TEST(a_closed_room_is_ended),
		TEST(who_is_away_is_removed),
		TEST(a_session_tells_its_state_without_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
