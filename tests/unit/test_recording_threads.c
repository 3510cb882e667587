/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A control thread, two media threads that send all the time, and a feed
 * thread (this one), while a recording is asked for, runs and is withdrawn.
 * Each packet says in which phase it was sent: what is sent before the last
 * yes, or after the control thread has dealt with a no, never reaches the
 * recorder, whatever the threads do; and the call loses nothing by it. For the
 * thread sanitizer, too.
 */
#include "recorded_visit.h"

#include <pthread.h>
#include <sched.h>

#define PACKET 24
#define ROUNDS 50
#define AT_ROUND 14 /* bytes of a packet */
#define AT_PHASE 15
#define SHARE 120 /* packets of each person in a phase, most */

enum phase { BEFORE, AGREED, VOICE, AFTER };

static struct visit *visit;
static struct person *people[RTH_ROLES];
static atomic_int phase, now_round;
static atomic_int budget[RTH_ROLES];
static atomic_bool sending[RTH_ROLES]; /* a packet has its phase */
static atomic_bool stopping;
static atomic_ullong sent;

static void *control_main(void *arg)
{
	(void)arg;
	while (!atomic_load(&stopping))
		rth_control_step(visit->control, 1);
	return NULL;
}

static void send_one(const struct person *person, int slot, uint16_t seq)
{
	uint8_t buf[PACKET] = {
		0x80, slot == RTH_SLOT_AUDIO ? person->opus_pt : person->vp8_pt,
		(uint8_t)(seq >> 8), (uint8_t)seq};
	struct fake_rtp packet = {slot, buf, PACKET};

	buf[11] = (uint8_t)(slot + 1);
	buf[12] = 0x10;
	buf[AT_ROUND] = (uint8_t)atomic_load(&now_round);
	buf[AT_PHASE] = (uint8_t)atomic_load(&phase);
	rth_relay_rtp(&person->session->port, slot, buf, PACKET, &packet,
		      fake_host.now_us());
	atomic_fetch_add(&sent, 1);
}

static void *media_main(void *arg)
{
	int role = (int)(intptr_t)arg;
	uint16_t seq = 0;

	while (!atomic_load(&stopping)) {
		if (atomic_fetch_sub(&budget[role], 1) <= 0) {
			atomic_store(&budget[role], 0);
			sched_yield();
			continue;
		}
		for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
			atomic_store(&sending[role], true);
			send_one(people[role], slot, seq);
			atomic_store(&sending[role], false);
		}
		seq++;
	}
	return NULL;
}

/* What the control thread sees, once it has done all that was posted. */
struct peek {
	struct rth_task task;
	char id[RTH_ID_SIZE];
	enum rth_recording_state state;
	atomic_bool done;
};

static void run_peek(struct rth_control *control, struct rth_task *task)
{
	struct peek *peek = (struct peek *)task;
	const struct rth_recording *now = recorded_now(visit);

	(void)control;
	peek->state = now ? now->state : RTH_RECORDING_OFF;
	if (now)
		memcpy(peek->id, now->id, RTH_ID_SIZE);
	atomic_store(&peek->done, true);
}

static struct peek look(void)
{
	static struct peek peek;

	memset(&peek, 0, sizeof(peek));
	peek.task.run = run_peek;
	assert_int_equal(rth_queue_put(&visit->control->queue, &peek.task),
			 RTH_OK);
	while (!atomic_load(&peek.done))
		rth_feed_step(visit->control->feed, 0);
	return peek;
}

static struct peek await(enum rth_recording_state state)
{
	struct peek peek;

	do
		peek = look();
	while (peek.state != state);
	return peek;
}

static void post(int role, json_t *body)
{
	assert_int_equal(rth_command_post(visit->control, people[role]->session,
					  "t", body, NULL),
			 RTH_OK);
}

static void answer(int role, const char *id, const char *said)
{
	post(role,
	     json_pack("{s:s, s:s, s:s, s:s}", "request", "consent",
		       "recording", id, "answer", said, "language", "en"));
}

/* Both may send some more, and have sent some of it. */
static void let_flow(void)
{
	for (int role = 0; role < RTH_ROLES; role++)
		atomic_store(&budget[role], SHARE);
	while (atomic_load(&budget[0]) > SHARE / 2 ||
	       atomic_load(&budget[1]) > SHARE / 2)
		rth_feed_step(visit->control->feed, 0);
}

/* From now on; no packet is under way that says it is of the one before. */
static void enter_phase(enum phase next)
{
	atomic_store(&phase, next);
	for (int role = 0; role < RTH_ROLES; role++)
		while (atomic_load(&sending[role]))
			sched_yield();
}

static void one_round(int n)
{
	int who = n % 2;
	struct peek peek;

	fake_advance_us(100000); /* requests are paced */
	atomic_store(&now_round, n);
	enter_phase(BEFORE);
	let_flow();
	post(RTH_ROLE_CLINICIAN,
	     json_pack("{s:s}", "request", "ask-recording"));
	await(RTH_RECORDING_OPENING);
	fake_feed_answer(recorded_feed(), RTH_FEED_READY, NULL);
	peek = await(RTH_RECORDING_ASKED);
	let_flow();
	answer(who, peek.id, "yes");
	look();
	enter_phase(AGREED);
	answer(!who, peek.id, "yes");
	await(RTH_RECORDING_RUNNING);
	let_flow();
	if (n % 3 == 0) {
		answer(who, peek.id, "voice");
		look();
		atomic_store(&phase, VOICE);
		let_flow();
	}
	answer(who, peek.id, "no");
	assert_int_equal(look().state, RTH_RECORDING_OFF);
	atomic_store(&phase, AFTER);
	let_flow();
	while (!fake_feed_find(recorded_feed(), RTH_FEED_END, 0))
		rth_feed_step(visit->control->feed, 0);
	fake_feed_answer(recorded_feed(), RTH_FEED_DONE, NULL);
	look();
}

static void check_records(void)
{
	size_t media = 0;

	assert_int_equal(fake_feeds(), ROUNDS);
	for (size_t feed = 0; feed < ROUNDS; feed++) {
		for (size_t i = 0; i < fake_feed_records(feed); i++) {
			const struct fake_record *record =
				fake_feed_record(feed, i);

			if (record->head.kind != RTH_FEED_RTP)
				continue;
			media++;
			assert_int_equal(record->body[AT_ROUND], feed);
			assert_true(record->body[AT_PHASE] == AGREED ||
				    record->body[AT_PHASE] == VOICE);
			if (record->body[AT_PHASE] == VOICE &&
			    record->head.role == feed % 2)
				assert_int_equal(record->head.slot,
						 RTH_SLOT_AUDIO);
		}
	}
	assert_true(media > ROUNDS * SHARE / 2);
	assert_true(atomic_load(&sent) == atomic_load(&fake.packets_count));
	print_message("# %zu packets were recorded of %llu\n", media,
		      (unsigned long long)atomic_load(&fake.packets_count));
}

static void a_no_ends_it_whatever_the_threads_do(void **state)
{
	pthread_t control, media[RTH_ROLES];

	visit = *state;
	recorded_call(visit, &people[0], &people[1]);
	fake.silent = true;
	assert_int_equal(pthread_create(&control, NULL, control_main, NULL), 0);
	for (int role = 0; role < RTH_ROLES; role++)
		assert_int_equal(pthread_create(&media[role], NULL, media_main,
						(void *)(intptr_t)role),
				 0);
	for (int n = 0; n < ROUNDS; n++)
		one_round(n);
	atomic_store(&stopping, true);
	pthread_join(control, NULL);
	for (int role = 0; role < RTH_ROLES; role++)
		pthread_join(media[role], NULL);
	check_records();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_no_ends_it_whatever_the_threads_do, recorded_setup,
			visit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
