/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The check of a line: what comes back, to whom, and for how long. */
#include "fake_visit.h"

#include "../../plugins/chat.h"
#include "../../plugins/seat.h"

static struct person *checks(struct visit *v, const char *file)
{
	struct person *person = visit_attach(v);

	visit_check(v, person, file);
	assert_int_equal(person->session->state, RTH_CHECKING);
	fake_forget_pushes();
	return person;
}

static void say(const struct visit *v, const struct person *person,
		const char *text, size_t len)
{
	rth_chat_receive(v->control, person->session, text, len);
	visit_step(v);
}

static void the_offer_is_answered(void **state)
{
	struct visit *v = *state;
	struct person *p = visit_attach(v);
	const struct fake_push *push;

	visit_check(v, p, "firefox.sdp");
	push = fake_expect(p->handle, "checking", "check");
	assert_string_equal(fake_text(push->event, "video"), "vp8");
	assert_int_equal(
		json_integer_value(json_object_get(push->event, "check_s")),
		30);
	assert_non_null(strstr(push->answer, "m=application"));
	fake_expect_silence();
	/* in no room, and event handlers hear nothing */
	assert_int_equal(v->control->rooms.n, 0);
	assert_int_equal(fake.n_notices, 0);
	visit_media(v, p, true);
	assert_int_equal(fake.n_notices, 0);
}

static void a_check_needs_an_offer(void **state)
{
	struct visit *v = *state;
	struct person *p = visit_attach(v);

	visit_ask(v, p, "c", "{\"request\":\"check\"}", NULL);
	fake_expect_error(p->handle, "bad-sdp", "c");
	visit_ask(v, p, "c", "{\"request\":\"check\"}", "v=0\r\n");
	fake_expect_error(p->handle, "bad-sdp", "c");
	assert_int_equal(p->session->state, RTH_NONE);
	assert_int_equal(v->control->n_checking, 0);
	/* who has tried may still join */
	visit_ask_join(v, p, visit_claims(v, "subject-c", "clinician"));
	fake_expect(p->handle, "joined", "join");
}

static void voice_and_camera_come_back(void **state)
{
	struct visit *v = *state;
	struct person *p = checks(v, "firefox.sdp");
	struct person *q = checks(v, "chromium.sdp");

	visit_send(p, RTH_SLOT_AUDIO, true);
	assert_int_equal(fake.n_packets, 0);
	visit_media(v, p, true);
	visit_media(v, q, true);
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++)
		visit_send(p, slot, true);
	assert_int_equal(fake.n_packets, 2);
	for (int i = 0; i < 2; i++) {
		assert_ptr_equal(fake.packets[i].handle, p->handle);
		assert_int_equal(fake.packets[i].slot, i);
		assert_int_equal(fake.packets[i].bytes[1] & 0x7f,
				 i ? p->vp8_pt : p->opus_pt);
	}
	visit_media(v, p, false);
	visit_send(p, RTH_SLOT_AUDIO, true);
	assert_int_equal(fake.n_packets, 2);
	fake_expect_silence();
}

static void a_wish_for_a_key_frame_comes_back(void **state)
{
	static const uint8_t pli[12] = {0x81, 206, 0, 2};
	struct visit *v = *state;
	struct person *p = checks(v, "firefox.sdp");

	visit_media(v, p, true);
	fake_advance_us(2000000);
	rth_relay_rtcp(&p->session->port, RTH_SLOT_CAMERA, pli, sizeof(pli),
		       fake_host.now_us());
	assert_int_equal(fake.n_plis, 1);
	assert_ptr_equal(fake.plis[0].handle, p->handle);
	assert_int_equal(fake.plis[0].slot, RTH_SLOT_CAMERA);
}

static void text_comes_back_as_it_was(void **state)
{
	static const char text[] = "not JSON: \xc3\xa9";
	char big[RTH_CHAT_BYTES_MAX + 2];
	struct visit *v = *state;
	struct person *p = checks(v, "firefox.sdp");

	memset(big, 'x', sizeof(big));
	say(v, p, text, strlen(text));
	say(v, p, big, RTH_CHAT_BYTES_MAX);
	assert_int_equal(fake.n_data, 2);
	assert_ptr_equal(fake.data[0].handle, p->handle);
	assert_string_equal(fake.data[0].text, text);
	assert_int_equal(strlen(fake.data[1].text), RTH_CHAT_BYTES_MAX);
	say(v, p, "", 0);
	assert_non_null(strstr(fake.data[2].text, "\"format\""));
	say(v, p, big, sizeof(big));
	assert_non_null(strstr(fake.data[3].text, "\"size\""));
	/* ten a second, as everywhere */
	for (int i = 0; i < 30; i++)
		say(v, p, text, strlen(text));
	assert_true(fake.n_data < 4 + 10);
	assert_non_null(strstr(fake.data[fake.n_data - 1].text, "\"rate\""));
}

static void it_ends_in_time(void **state)
{
	struct visit *v = *state;
	struct person *p = checks(v, "firefox.sdp");

	visit_media(v, p, true);
	visit_wait_ms(v, 29500);
	fake_expect_silence();
	visit_wait_ms(v, 500);
	fake_expect(p->handle, "expired", NULL);
	fake_expect_silence();
	assert_int_equal(atomic_load(&p->handle->closes), 1);
	assert_int_equal(p->session->state, RTH_LEFT);
	assert_int_equal(v->control->n_checking, 0);
	visit_send(p, RTH_SLOT_AUDIO, true);
	assert_int_equal(fake.n_packets, 0);
	visit_check(v, p, "firefox.sdp");
	fake_expect_error(p->handle, "wrong-state", "check");
}

static void it_can_be_left(void **state)
{
	struct visit *v = *state;
	struct person *p = checks(v, "firefox.sdp");
	struct person *q = checks(v, "firefox.sdp");
	struct person *r = checks(v, "firefox.sdp");

	visit_media(v, q, true);
	visit_ask(v, q, "l", "{\"request\":\"leave\"}", NULL);
	fake_expect(q->handle, "left", "l");
	assert_int_equal(atomic_load(&q->handle->closes), 1);
	visit_gone(v, r);
	assert_int_equal(v->control->n_checking, 1);
	assert_ptr_equal(v->control->checking, p->session);
	visit_send(q, RTH_SLOT_AUDIO, true);
	assert_int_equal(fake.n_packets, 0);
	fake_expect_silence();
}

static void only_so_many(void **state)
{
	struct visit *v = visit_make("rooms: { checks_max = 2; };", NULL);
	struct person *p = checks(v, "firefox.sdp"), *r;

	(void)state;
	checks(v, "firefox.sdp");
	r = visit_attach(v);
	visit_check(v, r, "firefox.sdp");
	fake_expect_error(r->handle, "busy", "check");
	visit_gone(v, p);
	visit_check(v, r, "firefox.sdp");
	fake_expect(r->handle, "checking", "check");
	visit_free(v);
}

static void nothing_else_is_heard(void **state)
{
	struct visit *v = *state;
	struct person *c, *p, *q = checks(v, "firefox.sdp");

	visit_media(v, q, true);
	visit_call(v, &c, &p);
	visit_ask_join(v, q, visit_claims(v, "subject-patient", "patient"));
	fake_expect_error(q->handle, "wrong-state", "join");
	say(v, c, "{\"text\":\"hello\"}", 16);
	assert_ptr_equal(fake.data[0].handle, p->handle);
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		visit_send(c, slot, true);
		visit_send(p, slot, true);
	}
	for (size_t i = 0; i < fake.n_packets; i++)
		assert_ptr_not_equal(fake.packets[i].handle, q->handle);
	assert_int_equal(fake.n_packets, 6);
	rth_seat_end_room(v->control, c->session->room, "admin");
	for (size_t i = fake.taken; i < fake.n_pushes; i++)
		assert_ptr_not_equal(fake.pushes[i].handle, q->handle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(the_offer_is_answered),
		TEST(a_check_needs_an_offer),
		TEST(voice_and_camera_come_back),
		TEST(a_wish_for_a_key_frame_comes_back),
		TEST(text_comes_back_as_it_was),
		TEST(it_ends_in_time),
		TEST(it_can_be_left),
		TEST(nothing_else_is_heard),
		cmocka_unit_test(only_so_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
