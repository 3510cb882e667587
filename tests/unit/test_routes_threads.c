/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The real control thread, and media threads that send at full speed while
 * seats are taken, taken over, left and lost. For the thread and address
 * sanitizers, and for what may never happen: a packet for a handle that was
 * released, or one that is half rewritten.
 */
#include "fake_visit.h"

#include <sched.h>

#include "../../common/mem.h"
#include "../../plugins/chat.h"

#define PACKET 24
#define ROUNDS 300
#define TURNS_MAX 20000

/* One handle with its media thread; the thread ends before the handle goes. */
struct sender {
	struct visit *visit;
	struct person person;
	atomic_bool stop;
	pthread_t thread;
};

static char *chromium, *firefox;

static void fill(uint8_t *buf, uint8_t pt, uint16_t seq, uint32_t ssrc)
{
	memset(buf, 0, PACKET);
	buf[0] = 0x80;
	buf[1] = pt;
	buf[2] = (uint8_t)(seq >> 8);
	buf[3] = (uint8_t)seq;
	buf[7] = (uint8_t)seq;
	buf[10] = (uint8_t)(ssrc >> 8);
	buf[11] = (uint8_t)ssrc;
	buf[12] = 0x10;
}

/* What arrives has a payload type of one of the two offers, and is whole. */
static bool is_whole(const struct fake_rtp *packet)
{
	uint8_t pt = packet->buf[1];

	if (packet->len != PACKET || packet->buf[0] != 0x80)
		return false;
	return packet->slot == RTH_SLOT_AUDIO ? pt == 111 || pt == 109
					      : pt == 96 || pt == 120;
}

static void send_round(struct sender *s, uint16_t seq)
{
	static const uint8_t pli[] = {0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2};
	bool chrome = s->person.ssrc & 1;
	struct rth_port *port = &s->person.session->port;
	uint8_t buf[PACKET];

	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		struct fake_rtp packet = {slot, buf, PACKET};
		uint8_t pt = slot == RTH_SLOT_AUDIO ? chrome ? 111 : 109
			     : chrome		    ? 96
						    : 120;

		fill(buf, pt, seq, s->person.ssrc);
		rth_relay_rtp(port, slot, buf, PACKET, &packet,
			      fake_host.now_us());
		rth_relay_rtcp(port, slot, pli, sizeof(pli),
			       fake_host.now_us());
	}
	rth_chat_receive(s->visit->control, s->person.session,
			 "{\"text\":\"a\"}", 12);
}

static void *media_main(void *arg)
{
	struct sender *s = arg;
	uint16_t seq = 0;

	rth_control_media(s->visit->control, s->person.session, true);
	while (!atomic_load(&s->stop)) {
		send_round(s, seq++);
		fake_advance_us(50);
		if (seq % 64 == 0)
			sched_yield();
	}
	rth_control_media(s->visit->control, s->person.session, false);
	rth_control_gone(s->visit->control, s->person.session);
	return NULL;
}

static void post(struct sender *s, json_t *body, const char *offer)
{
	assert_non_null(body);
	assert_int_equal(rth_command_post(s->visit->control, s->person.session,
					  "t", body, offer),
			 RTH_OK);
}

static struct sender *attach(struct visit *v, uint32_t ssrc)
{
	struct sender *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->visit = v;
	s->person.handle = fake_handle_new();
	s->person.ssrc = ssrc;
	assert_int_equal(rth_session_create(&s->person.session, &fake_host,
					    s->person.handle),
			 RTH_OK);
	return s;
}

/* Checks the line and sends, before any answer. */
static struct sender *start_check(struct visit *v, unsigned n)
{
	struct sender *s = attach(v, 2 * n + 2);

	post(s, json_pack("{s:s}", "request", "check"), firefox);
	assert_int_equal(pthread_create(&s->thread, NULL, media_main, s), 0);
	return s;
}

/* Joins, negotiates and sends, all before any answer. */
static struct sender *start(struct visit *v, bool clinician, unsigned n)
{
	struct sender *s = attach(v, 2 * n + 2 + clinician);
	char *token = visit_sign(
		v, visit_claims(v, clinician ? "subject-c" : "subject-p",
				clinician ? "clinician" : "patient"));

	post(s, json_pack("{s:s, s:s}", "request", "join", "token", token),
	     NULL);
	rth_free(token);
	post(s, json_pack("{s:s}", "request", "media"),
	     clinician ? chromium : firefox);
	assert_int_equal(pthread_create(&s->thread, NULL, media_main, s), 0);
	return s;
}

static void stop(struct sender *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	free(s);
}

/* Until some packets more were relayed, or clearly none will be. */
static void let_flow(void)
{
	unsigned long long until = atomic_load(&fake.packets_count) + 20;

	for (int i = 0; i < TURNS_MAX; i++) {
		if (atomic_load(&fake.packets_count) >= until)
			return;
		sched_yield();
	}
}

static void begin(void)
{
	size_t len;

	chromium = test_read("sdp/chromium.sdp", &len);
	firefox = test_read("sdp/firefox.sdp", &len);
	fake.silent = true;
	fake.check = is_whole;
}

/* Enough was relayed, all of it whole. */
static void finish(struct visit *v)
{
	rth_control_free(v->control);
	v->control = NULL;
	assert_true(atomic_load(&fake.packets_count) > ROUNDS);
	assert_int_equal(atomic_load(&fake.bad_packets), 0);
	free(chromium);
	free(firefox);
	visit_free(v);
}

/* Who checks sends to itself, on one thread, while that is begun and ended. */
static void checks_come_and_go_while_packets_flow(void **state)
{
	struct visit *v = visit_make("rooms: { checks_max = 3; };", NULL);
	struct sender *checker[2];

	(void)state;
	begin();
	assert_int_equal(rth_control_start(v->control), RTH_OK);
	checker[0] = start_check(v, 0);
	checker[1] = start_check(v, 1);
	for (unsigned n = 2; n <= ROUNDS; n++) {
		struct sender *old = checker[n & 1];

		let_flow();
		if (n % 3)
			post(old, json_pack("{s:s}", "request", "leave"), NULL);
		checker[n & 1] = start_check(v, n);
		stop(old);
	}
	stop(checker[0]);
	stop(checker[1]);
	finish(v);
}

static void seats_change_while_packets_flow(void **state)
{
	struct visit *v = visit_make("", NULL);
	struct sender *seat[2];

	(void)state;
	begin();
	visit_admitted(v, "subject-p");
	assert_int_equal(rth_control_start(v->control), RTH_OK);
	seat[0] = start(v, true, 0);
	seat[1] = start(v, false, 0);
	for (unsigned n = 1; n <= ROUNDS; n++) {
		unsigned who = n & 1;
		struct sender *old = seat[who];

		let_flow();
		if (n % 3 == 0) {
			post(old, json_pack("{s:s}", "request", "leave"), NULL);
		} else if (n % 3 == 1) {
			stop(old);
			old = NULL;
		}
		seat[who] = start(v, who == 0, n);
		if (old) {
			let_flow();
			stop(old);
		}
	}
	stop(seat[0]);
	stop(seat[1]);
	finish(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seats_change_while_packets_flow),
		cmocka_unit_test(checks_come_and_go_while_packets_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
