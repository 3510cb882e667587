/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who sits where: joins, full rooms, take-overs, and every way to leave. */
#include "fake_visit.h"

#include "../../plugins/seat.h"

#define OTHER_ROOM "BBBBBBBBBBBBBBBBBBBBBB"

static struct rth_room *the_room(const struct visit *visit)
{
	return rth_room_find(&visit->control->rooms, VISIT_ROOM);
}

static json_t *in_room(json_t *claims, const char *room)
{
	json_object_set_new(json_object_get(claims, "rth"), "room",
			    json_string(room));
	return claims;
}

static void two_people_see_each_other(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_attach(v);
	const struct fake_push *push;
	json_t *peer;

	visit_come_back(v, b, "subject-b");
	push = fake_expect(a->handle, "participant-joined", NULL);
	assert_string_equal(fake_text(push->event, "participant"),
			    b->session->participant);
	assert_string_equal(fake_text(push->event, "role"), "patient");
	push = fake_expect(b->handle, "joined", "join");
	peer = json_array_get(json_object_get(push->event, "peers"), 0);
	assert_string_equal(fake_text(peer, "participant"),
			    a->session->participant);
	assert_string_equal(fake_text(peer, "name"), "Dr. A");
	assert_int_equal(json_object_size(peer), 10);
	assert_true(json_is_false(json_object_get(peer, "media")));
	assert_null(json_object_get(peer, "sub"));
	fake_expect_silence();
	assert_string_not_equal(a->session->participant,
				b->session->participant);
}

static void a_seat_is_for_one(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_attach(v);

	visit_ask_join(v, b, visit_claims(v, "subject-b", "clinician"));
	fake_expect_error(b->handle, "room-full", "join");
	fake_expect_silence();
	assert_string_equal(fake_text(fake_last_notice("refused"), "reason"),
			    "room-full");
	assert_int_equal(b->session->state, RTH_NONE);
	assert_int_equal(a->session->state, RTH_SEATED);
	/* the same person in the other role is not a take-over */
	visit_come_back(v, b, "subject-a");
	fake_expect(a->handle, "participant-joined", NULL);
	fake_expect(b->handle, "joined", "join");
}

static void rooms_do_not_mix(void **state)
{
	struct visit *v = *state;
	struct person *b = visit_attach(v);
	const struct fake_push *push;

	visit_join(v, "subject-a", "clinician");
	visit_ask_join(
		v, b,
		in_room(visit_claims(v, "subject-b", "patient"), OTHER_ROOM));
	push = fake_expect(b->handle, "waiting", "join");
	assert_true(json_is_false(json_object_get(push->event, "clinician")));
	fake_expect_silence();
	assert_int_equal(v->control->rooms.n, 2);
}

static void the_same_person_takes_over(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *old = visit_join(v, "subject-b", "patient");
	struct person *new = visit_attach(v);
	const struct fake_push *push;

	visit_come_back(v, new, "subject-b");
	push = fake_expect(a->handle, "participant-left", NULL);
	assert_string_equal(fake_text(push->event, "reason"), "replaced");
	assert_string_equal(fake_text(push->event, "participant"),
			    old->session->participant);
	fake_expect(old->handle, "replaced", NULL);
	fake_expect(a->handle, "participant-joined", NULL);
	fake_expect(new->handle, "joined", "join");
	fake_expect_silence();
	assert_int_equal(atomic_load(&old->handle->closes), 1);
	assert_int_equal(atomic_load(&a->handle->closes), 0);
	assert_int_equal(old->session->state, RTH_LEFT);
	/* what the old handle still does changes nothing */
	visit_media(v, old, false);
	visit_gone(v, old);
	fake_expect_silence();
	assert_int_equal(atomic_load(&old->handle->refs), 1);
	assert_int_equal(new->session->state, RTH_SEATED);
}

/* A subject is its issuer's: another's of the same name is somebody else. */
static void another_issuers_subject_is_another_person(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_attach(v);
	json_t *claims = visit_claims(v, "subject-a", "clinician");

	json_object_set_new(claims, "iss", json_string(VISIT_OTHER_ISSUER));
	visit_ask_join(v, b, claims);
	fake_expect_error(b->handle, "room-full", "join");
	fake_expect_silence();
	assert_int_equal(a->session->state, RTH_SEATED);
	assert_int_equal(atomic_load(&a->handle->closes), 0);
}

static void leaving_frees_the_seat(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");
	const struct fake_push *push;

	visit_ask(v, b, "t", "{\"request\":\"leave\"}", NULL);
	push = fake_expect(a->handle, "participant-left", NULL);
	assert_string_equal(fake_text(push->event, "reason"), "left");
	fake_expect(b->handle, "left", "t");
	fake_expect_silence();
	assert_int_equal(atomic_load(&b->handle->closes), 1);
	assert_null(the_room(v)->seat[RTH_ROLE_PATIENT]);
	visit_join(v, "subject-c", "patient");
}

static void a_lost_handle_frees_the_seat(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");
	const struct fake_push *push;

	visit_gone(v, b);
	push = fake_expect(a->handle, "participant-left", NULL);
	assert_string_equal(fake_text(push->event, "reason"), "lost");
	fake_expect_silence();
	assert_int_equal(atomic_load(&b->handle->refs), 1);
	assert_int_equal(atomic_load(&b->handle->closes), 0);
	assert_string_equal(fake_text(fake_last_notice("left"), "reason"),
			    "lost");
}

static void a_seat_ends_in_time(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");

	b->session->who.seat_until_s -= 3000;
	visit_wait_ms(v, 599500);
	fake_expect_silence();
	visit_wait_ms(v, 500);
	fake_expect(a->handle, "participant-left", NULL);
	fake_expect(b->handle, "expired", NULL);
	fake_expect_silence();
	assert_int_equal(atomic_load(&b->handle->closes), 1);
	assert_int_equal(a->session->state, RTH_SEATED);
}

static void an_empty_room_lingers(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");

	visit_gone(v, a);
	visit_wait_ms(v, 59500);
	assert_non_null(the_room(v));
	visit_join(v, "subject-a", "clinician");
	assert_int_equal(fake_notices("room-opened"), 1);
	visit_gone(v, &v->people[1]);
	visit_wait_ms(v, 60500);
	assert_null(the_room(v));
	fake_last_notice("room-closed");
	assert_int_equal(v->control->rooms.n, 0);
}

static void a_room_with_somebody_stays(void **state)
{
	struct visit *v = *state;

	visit_join(v, "subject-a", "clinician");
	visit_wait_ms(v, 180000);
	assert_non_null(the_room(v));
}

static void there_is_a_most_of_rooms(void **state)
{
	struct visit *v = visit_make("rooms: { max = 1; };", NULL);
	struct person *b = visit_attach(v);

	(void)state;
	visit_join(v, "subject-a", "clinician");
	visit_ask_join(
		v, b,
		in_room(visit_claims(v, "subject-b", "patient"), OTHER_ROOM));
	fake_expect(b->handle, "error", "join");
	assert_int_equal(b->session->state, RTH_NONE);
	visit_join(v, "subject-b", "patient");
	assert_int_equal(v->control->rooms.n, 1);
	visit_free(v);
}

static void an_ended_room_is_gone(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");
	const struct fake_push *push;

	visit_ask(v, a, "t", "{\"request\":\"end\"}", NULL);
	fake_expect(b->handle, "participant-left", NULL);
	push = fake_expect(a->handle, "ended", "t");
	assert_string_equal(fake_text(push->event, "reason"), "clinician");
	push = fake_expect(b->handle, "ended", NULL);
	assert_string_equal(fake_text(push->event, "reason"), "clinician");
	fake_expect_silence();
	assert_null(the_room(v));
	assert_int_equal(atomic_load(&a->handle->closes), 1);
	assert_int_equal(atomic_load(&b->handle->closes), 1);
	assert_int_equal(fake_notices("room-closed"), 1);
}

static void stopping_ends_what_runs(void **state)
{
	struct visit *v = visit_make("", NULL);
	struct person *a, *b;

	(void)state;
	visit_call(v, &a, &b);
	visit_attach(v);
	rth_control_free(v->control);
	fake_expect(b->handle, "participant-left", NULL);
	fake_expect(a->handle, "ended", NULL);
	fake_expect(b->handle, "ended", NULL);
	fake_expect_silence();
	visit_send(a, 0, false);
	assert_int_equal(fake.n_packets, 0);
	for (size_t i = 0; i < v->n_people; i++) {
		assert_int_equal(atomic_load(&v->people[i].handle->refs), 2);
		rth_session_unref(v->people[i].session);
		v->people[i].gone = true;
	}
	v->control = NULL;
	visit_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(two_people_see_each_other),
		TEST(a_seat_is_for_one),
		TEST(rooms_do_not_mix),
		TEST(the_same_person_takes_over),
		TEST(another_issuers_subject_is_another_person),
		TEST(leaving_frees_the_seat),
		TEST(a_lost_handle_frees_the_seat),
		TEST(a_seat_ends_in_time),
		TEST(an_empty_room_lingers),
		TEST(a_room_with_somebody_stays),
		TEST(an_ended_room_is_gone),
		cmocka_unit_test(there_is_a_most_of_rooms),
		cmocka_unit_test(stopping_ends_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
