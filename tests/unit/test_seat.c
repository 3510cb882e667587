/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Media: offers, codecs, when packets may flow, and what people are told. */
#include "fake_visit.h"

#define CODECS "media: { video_codecs = [ \"vp8\", \"h264\" ]; };"

static char *offer_of(const char *file)
{
	size_t len;

	return test_read(file, &len);
}

/* Cuts a line that holds `what` out of an offer, each time it is there. */
static void drop_lines(char *sdp, const char *what)
{
	char *at;

	while ((at = strstr(sdp, what))) {
		char *start = at, *end = strchr(at, '\n');

		while (start > sdp && start[-1] != '\n')
			start--;
		memmove(start, end + 1, strlen(end + 1) + 1);
	}
}

static void ask_media(struct visit *v, struct person *who, const char *offer)
{
	visit_ask(v, who, "m", "{\"request\":\"media\"}", offer);
}

static size_t flows(struct person *from, int slot)
{
	size_t before = fake.n_packets;

	visit_send(from, slot, true);
	return fake.n_packets - before;
}

static void an_offer_is_answered(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	const struct fake_push *push;
	char *offer = offer_of("sdp/chromium.sdp");

	ask_media(v, a, offer);
	free(offer);
	push = fake_expect(a->handle, "media", "m");
	assert_string_equal(fake_text(push->event, "audio"), "opus");
	assert_string_equal(fake_text(push->event, "video"), "vp8");
	assert_non_null(push->answer);
	assert_non_null(strstr(push->answer, "a=rtpmap:96 VP8/90000"));
	assert_null(strstr(push->answer, "H264"));
	fake_expect_silence();
}

static void bad_offers_change_nothing(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;
	char *offer = offer_of("sdp/chromium.sdp");

	visit_call(v, &a, &b);
	ask_media(v, a, NULL);
	fake_expect_error(a->handle, "bad-sdp", "m");
	ask_media(v, a, "");
	fake_expect_error(a->handle, "bad-sdp", "m");
	ask_media(v, a, "v=0\r\n");
	fake_expect_error(a->handle, "bad-sdp", "m");
	*strstr(offer, "m=application") = '\0';
	ask_media(v, a, offer);
	fake_expect_error(a->handle, "bad-sdp", "m");
	fake_expect_silence();
	assert_int_equal(flows(a, RTH_SLOT_AUDIO), 1);
	assert_int_equal(flows(b, RTH_SLOT_CAMERA), 1);
	free(offer);
}

static void an_error_says_nothing_of_the_offer(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	const struct fake_push *push;

	ask_media(v, a, "v=0\r\na=ice-pwd:hush\r\n");
	push = fake_expect_error(a->handle, "bad-sdp", "m");
	assert_null(strstr(fake_text(push->event, "error"), "hush"));
}

/* The second can only do H264, which the first was not answered with. */
static void a_second_codec_renegotiates_the_first(void **state)
{
	struct visit *v = visit_make(CODECS, NULL);
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");
	char *offer = offer_of("sdp/chromium.sdp");
	char *h264 = offer_of("sdp/chromium.sdp");

	(void)state;
	drop_lines(h264, "rtpmap:96 VP8");
	ask_media(v, a, offer);
	fake_expect(a->handle, "media", "m");
	visit_media(v, a, true);
	fake_forget_pushes();
	ask_media(v, b, h264);
	assert_string_equal(
		fake_text(fake_expect(b->handle, "media", "m")->event, "video"),
		"h264");
	fake_expect(a->handle, "renegotiate", NULL);
	fake_expect_silence();
	visit_media(v, b, true);
	fake_forget_pushes();
	/* until then the voice flows and pictures of two kinds do not */
	a->opus_pt = b->opus_pt = 111;
	a->vp8_pt = 96;
	assert_int_equal(flows(a, RTH_SLOT_AUDIO), 1);
	assert_int_equal(flows(a, RTH_SLOT_CAMERA), 0);
	ask_media(v, a, offer);
	assert_string_equal(
		fake_text(fake_expect(a->handle, "media", "m")->event, "video"),
		"h264");
	fake_expect_silence();
	assert_int_equal(a->session->codec, RTH_CODEC_H264);
	assert_int_equal(flows(a, RTH_SLOT_CAMERA), 0);
	free(offer);
	free(h264);
	visit_free(v);
}

static void no_codec_in_common(void **state)
{
	struct visit *v = visit_make(CODECS, NULL);
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");
	char *h264 = offer_of("sdp/chromium.sdp");
	char *vp8 = offer_of("sdp/chromium.sdp");

	(void)state;
	drop_lines(h264, "rtpmap:96 VP8");
	drop_lines(vp8, "H264/90000");
	ask_media(v, a, h264);
	fake_expect(a->handle, "media", "m");
	ask_media(v, b, vp8);
	fake_expect_error(b->handle, "no-common-codec", "m");
	fake_expect_silence();
	assert_false(b->session->answered);
	visit_gone(v, a);
	fake_forget_pushes();
	ask_media(v, b, vp8);
	fake_expect(b->handle, "media", "m");
	free(h264);
	free(vp8);
	visit_free(v);
}

static void nothing_flows_before_both_are_up(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_join(v, "subject-b", "patient");
	const struct fake_push *push;

	visit_negotiate(v, a, "chromium.sdp");
	visit_media(v, a, true);
	assert_int_equal(flows(a, RTH_SLOT_AUDIO), 0);
	visit_negotiate(v, b, "firefox.sdp");
	assert_int_equal(flows(a, RTH_SLOT_AUDIO), 0);
	assert_int_equal(fake.n_plis, 0);
	fake_forget_pushes();
	visit_media(v, b, true);
	push = fake_expect(a->handle, "peer-media", NULL);
	assert_true(json_is_true(json_object_get(push->event, "up")));
	fake_expect_silence();
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		assert_int_equal(flows(a, slot), 1);
		assert_int_equal(flows(b, slot), 1);
	}
	assert_int_equal(fake.n_plis, 4);
	visit_media(v, b, false);
	push = fake_expect(a->handle, "peer-media", NULL);
	assert_true(json_is_false(json_object_get(push->event, "up")));
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		assert_int_equal(flows(a, slot), 0);
		assert_int_equal(flows(b, slot), 0);
	}
}

static void media_without_a_seat_is_nothing(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_attach(v);

	visit_media(v, a, true);
	visit_send(a, RTH_SLOT_AUDIO, false);
	fake_expect_silence();
	assert_int_equal(fake.n_notices, 0);
	assert_int_equal(fake.n_packets, 0);
}

static void a_taken_over_sender_goes_nowhere(void **state)
{
	struct visit *v = *state;
	struct person *a, *old, *new;

	visit_call(v, &a, &old);
	assert_int_equal(flows(old, RTH_SLOT_AUDIO), 1);
	new = visit_join(v, "subject-patient", "patient");
	assert_int_equal(flows(old, RTH_SLOT_AUDIO), 0);
	assert_int_equal(flows(a, RTH_SLOT_AUDIO), 0);
	visit_negotiate(v, new, "firefox.sdp");
	visit_media(v, new, true);
	visit_media(v, old, false);
	assert_int_equal(flows(old, RTH_SLOT_AUDIO), 0);
	assert_int_equal(flows(new, RTH_SLOT_AUDIO), 1);
	assert_int_equal(flows(a, RTH_SLOT_AUDIO), 1);
	assert_ptr_equal(fake.packets[fake.n_packets - 1].handle, new->handle);
}

/* A connection that came and went before anybody looked is down. */
static void the_newest_news_counts(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");

	rth_control_media(v->control, a->session, true);
	visit_media(v, a, false);
	assert_false(a->session->media);
	rth_control_media(v->control, a->session, false);
	visit_media(v, a, true);
	assert_true(a->session->media);
	assert_int_equal(fake_notices("media-down"), 1);
	assert_int_equal(fake_notices("media-up"), 1);
}

static void state_of(struct visit *v, struct person *who, bool camera,
		     bool screen)
{
	char body[128];

	snprintf(body, sizeof(body),
		 "{\"request\":\"state\",\"microphone\":true,"
		 "\"camera\":%s,\"screen\":%s}",
		 camera ? "true" : "false", screen ? "true" : "false");
	visit_ask(v, who, "s", body, NULL);
}

static void a_picture_that_is_switched_on_is_asked_for(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;

	visit_call(v, &a, &b);
	fake_advance_us(1000000);
	fake.n_plis = 0;
	state_of(v, a, true, false);
	assert_int_equal(fake.n_plis, 1);
	assert_ptr_equal(fake.plis[0].handle, a->handle);
	assert_int_equal(fake.plis[0].slot, RTH_SLOT_CAMERA);
	fake_advance_us(1000000);
	state_of(v, a, true, true);
	assert_int_equal(fake.n_plis, 2);
	assert_int_equal(fake.plis[1].slot, RTH_SLOT_SCREEN);
	fake_advance_us(1000000);
	state_of(v, a, false, true);
	assert_int_equal(fake.n_plis, 2);
}

static void who_joins_hears_what_the_other_sends(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b = visit_attach(v);
	json_t *peer;

	visit_negotiate(v, a, "chromium.sdp");
	visit_media(v, a, true);
	state_of(v, a, true, false);
	fake_forget_pushes();
	visit_come_back(v, b, "subject-b");
	fake_expect(a->handle, "participant-joined", NULL);
	peer = json_array_get(
		json_object_get(fake_expect(b->handle, "joined", "join")->event,
				"peers"),
		0);
	assert_true(json_is_true(json_object_get(peer, "media")));
	assert_true(json_is_true(json_object_get(peer, "camera")));
	assert_true(json_is_false(json_object_get(peer, "screen")));
}

static void a_thin_line_is_told_to_both(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;
	const struct fake_push *push;

	visit_call(v, &a, &b);
	atomic_store(&a->session->port.limited, true);
	visit_wait_ms(v, 1000);
	push = fake_expect(a->handle, "slow", NULL);
	assert_string_equal(fake_text(push->event, "direction"), "receive");
	assert_true(json_is_true(json_object_get(push->event, "limited")));
	push = fake_expect(b->handle, "slow", NULL);
	assert_string_equal(fake_text(push->event, "direction"), "send");
	fake_expect_silence();
	assert_int_equal(fake_notices("limited"), 1);
	atomic_store(&a->session->port.limited, false);
	visit_wait_ms(v, 1000);
	push = fake_expect(a->handle, "slow", NULL);
	assert_true(json_is_false(json_object_get(push->event, "limited")));
	fake_expect(b->handle, "slow", NULL);
	fake_expect_silence();
}

static void expect_slow_sender(const struct person *who, bool limited)
{
	const struct fake_push *push = fake_expect(who->handle, "slow", NULL);

	assert_string_equal(fake_text(push->event, "direction"), "send");
	assert_int_equal(json_is_true(json_object_get(push->event, "limited")),
			 limited);
}

/* It had room for the voice alone, and was not told to be thin. */
static void a_pause_goes_with_its_owner(void **state)
{
	struct visit *v = *state;
	struct person *a, *b, *b2;

	visit_call(v, &a, &b);
	atomic_store(&b->session->port.voice_only, true);
	visit_wait_ms(v, 1000);
	fake_forget_pushes();
	visit_gone(v, b);
	visit_step(v);
	fake_expect(a->handle, "participant-left", NULL);
	expect_slow_sender(a, false);
	fake_expect_silence();
	atomic_store(&a->session->port.voice_only, true);
	visit_wait_ms(v, 1000);
	fake_forget_pushes();
	b2 = visit_attach(v);
	visit_come_back(v, b2, "subject-patient");
	fake_expect(a->handle, "participant-joined", NULL);
	fake_expect(b2->handle, "joined", "join");
	expect_slow_sender(b2, false);
	fake_expect_silence();
}

/* A sender makes small pictures for a line, not for whoever had it before. */
static void a_thin_line_goes_with_its_owner(void **state)
{
	struct visit *v = *state;
	struct person *a, *b, *a2, *b2;

	visit_call(v, &a, &b);
	atomic_store(&a->session->port.limited, true);
	visit_wait_ms(v, 1000);
	fake_forget_pushes();
	b2 = visit_attach(v);
	visit_come_back(v, b2, "subject-patient");
	fake_expect(a->handle, "participant-left", NULL);
	fake_expect(b->handle, "replaced", NULL);
	fake_expect(a->handle, "participant-joined", NULL);
	fake_expect(b2->handle, "joined", "join");
	expect_slow_sender(b2, true);
	fake_expect_silence();
	a2 = visit_attach(v);
	visit_ask_join(v, a2,
		       visit_claims(v, "subject-clinician", "clinician"));
	fake_expect(b2->handle, "participant-left", NULL);
	expect_slow_sender(b2, false);
	fake_expect(a->handle, "replaced", NULL);
	fake_expect(b2->handle, "participant-joined", NULL);
	fake_expect(a2->handle, "joined", "join");
	fake_expect_silence();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(an_offer_is_answered),
		TEST(bad_offers_change_nothing),
		TEST(an_error_says_nothing_of_the_offer),
		TEST(nothing_flows_before_both_are_up),
		TEST(media_without_a_seat_is_nothing),
		TEST(a_taken_over_sender_goes_nowhere),
		TEST(the_newest_news_counts),
		TEST(a_picture_that_is_switched_on_is_asked_for),
		TEST(who_joins_hears_what_the_other_sends),
		TEST(a_thin_line_is_told_to_both),
		TEST(a_thin_line_goes_with_its_owner),
		TEST(a_pause_goes_with_its_owner),
		cmocka_unit_test(a_second_codec_renegotiates_the_first),
		cmocka_unit_test(no_codec_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
