/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Long random lives of a room, beside a model that only knows who has said
 * what in which recording. After each step:
 *
 *   - taps are set exactly while the recording runs, and then both people who
 *     are seated have agreed to this very recording;
 *   - the routes that packets really take have the taps that the room says,
 *     and no codec for pictures of somebody who agreed to the voice only;
 *   - what has reached the recorder was sent while it was allowed, and nothing
 *     came before BEGIN.
 *
 * RTH_SEED repeats a run, RTH_STEPS makes a longer one.
 */
#include "recorded_visit.h"

#include "../../plugins/chat.h"
#include "../../plugins/seat.h"

#define STEPS 50000
#define STEPS_SANITIZED 10000 /* where each costs ten times as much */
#define STEPS_OF_A_LIFE 120
#define FIRST_SEQ 100 /* of visit_attach */
#define SENT_MAX 512  /* packets of one person */
#define IDENTITIES 4

static const char chat[] = "{\"text\":\"hello\"}";

/* Two people for each seat. */
static const struct {
	const char *sub, *role;
	int seat;
} identities[IDENTITIES] = {
	{"subject-c1", "clinician", 0},
	{"subject-p1", "clinician", 0}, /* the same as the patient */
	{"subject-p1", "patient", 1},
	{"subject-p2", "patient", 1},
};

enum said { NOTHING, YES, VOICE, NO };

struct life {
	struct visit *visit;
	unsigned rng;
	/* The model: who is seated, and what was said to which recording. */
	int seated[RTH_ROLES]; /* identity, or -1 */
	struct person *person[RTH_ROLES];
	char asked[RTH_ID_SIZE]; /* the recording that `said` is about */
	enum said said[IDENTITIES];
	char stale[RTH_ID_SIZE];
	/* What may have been recorded of each packet, by person and number. */
	bool allowed[VISIT_PEOPLE_MAX][SENT_MAX][RTH_RTP_SLOTS];
	size_t looked_at[FAKE_FEEDS_MAX];
};

static size_t ran, recorded_voice, recorded_pictures, ended;

static unsigned chance(struct life *l, unsigned n)
{
	l->rng = l->rng * 1664525u + 1013904223u;
	return (l->rng >> 8) % n;
}

static void drain(void)
{
	for (size_t i = 0; i < fake.n_pushes; i++) {
		json_decref(fake.pushes[i].event);
		free(fake.pushes[i].answer);
	}
	for (size_t i = 0; i < fake.n_notices; i++)
		json_decref(fake.notices[i]);
	for (size_t i = 0; i < fake.n_data; i++)
		free(fake.data[i].text);
	fake.n_pushes = fake.taken = fake.n_notices = fake.n_data = 0;
	fake.n_packets = fake.n_plis = fake.n_rembs = 0;
}

/* Says whether the last request was answered with this event. */
static bool was_answered(const char *transaction, const char *event)
{
	for (size_t i = fake.n_pushes; i-- > 0;) {
		if (strcmp(fake.pushes[i].transaction, transaction) == 0)
			return strcmp(fake_text(fake.pushes[i].event,
						"rthealth"),
				      event) == 0;
	}
	return false;
}

/* ---- steps ---- */

/* The model follows what seats end by themselves. */
static void follow_seats(struct life *l)
{
	for (int seat = 0; seat < RTH_ROLES; seat++) {
		if (l->seated[seat] >= 0 &&
		    (l->person[seat]->gone ||
		     l->person[seat]->session->state != RTH_SEATED))
			l->seated[seat] = -1;
	}
}

/* Somebody whose session is seated, or NULL. */
static struct person *somebody(struct life *l, int *seatp)
{
	*seatp = (int)chance(l, RTH_ROLES);
	return l->seated[*seatp] < 0 ? NULL : l->person[*seatp];
}

static void step_join(struct life *l)
{
	int who = (int)chance(l, IDENTITIES);
	int seat = identities[who].seat;
	struct person *person;

	if (l->visit->n_people >= VISIT_PEOPLE_MAX)
		return;
	person = recorded_enter(l->visit, identities[who].sub,
				identities[who].role);
	if (person->session->state != RTH_SEATED) {
		visit_gone(l->visit, person);
		return;
	}
	l->seated[seat] = who;
	l->person[seat] = person;
}

static void step_go(struct life *l)
{
	int seat;
	struct person *person = somebody(l, &seat);

	if (!person)
		return;
	switch (chance(l, 4)) {
	case 0:
		visit_ask(l->visit, person, "x", "{\"request\":\"leave\"}",
			  NULL);
		break;
	case 1:
		rth_seat_dismiss(l->visit->control, person->session, "removed");
		break;
	default:
		visit_gone(l->visit, person);
		break;
	}
	l->seated[seat] = -1;
}

static void step_end(struct life *l)
{
	struct rth_room *room = recorded_room(l->visit);

	if (!room || chance(l, 8) != 0)
		return;
	rth_seat_end_room(l->visit->control, room, "admin");
	/* the next visit in a room of the same name */
	rth_visits_clear(&l->visit->control->visits);
	l->seated[0] = l->seated[1] = -1;
}

static void step_ask(struct life *l)
{
	int seat;
	struct person *person = somebody(l, &seat);

	if (person)
		recorded_ask(l->visit, person);
	recorded_turn(l->visit);
}

static void step_ready(struct life *l)
{
	if (fake_feeds() && fake_feed_is_open(recorded_feed()) &&
	    fake_feed_records(recorded_feed()) == 0)
		fake_feed_answer(recorded_feed(), RTH_FEED_READY, NULL);
	recorded_turn(l->visit);
}

/* A new recording has an id of its own: nobody has said anything to it. */
static void follow_asked(struct life *l)
{
	const struct rth_recording *now = recorded_now(l->visit);

	if (!now || strcmp(now->id, l->asked) == 0)
		return;
	memcpy(l->stale, l->asked, RTH_ID_SIZE);
	memcpy(l->asked, now->id, RTH_ID_SIZE);
	memset(l->said, 0, sizeof(l->said));
}

static void answer_with(struct life *l, enum said said)
{
	static const char *const answers[] = {"", "yes", "voice", "no"};
	bool stale = chance(l, 10) == 0 && *l->stale;
	int seat;
	struct person *person = somebody(l, &seat);

	follow_asked(l);
	if (!person || !*l->asked)
		return;
	recorded_answer_to(l->visit, person, stale ? l->stale : l->asked,
			   answers[said]);
	if (!stale && was_answered(answers[said], "ok"))
		l->said[l->seated[seat]] = said;
}

static void step_yes(struct life *l)
{
	answer_with(l, YES);
}

static void step_voice(struct life *l)
{
	answer_with(l, VOICE);
}

static void step_no(struct life *l)
{
	answer_with(l, NO);
}

static void step_stop(struct life *l)
{
	int seat;
	struct person *person = somebody(l, &seat);

	if (person && recorded_now(l->visit))
		recorded_stop(l->visit, person);
}

static void step_recorder(struct life *l)
{
	static const enum rth_feed_kind kinds[] = {
		RTH_FEED_REFUSED, RTH_FEED_FAILED, RTH_FEED_DONE,
		RTH_FEED_READY};
	size_t feed;

	if (chance(l, 3) == 0) {
		fake_recorder_away(chance(l, 2) != 0);
		return;
	}
	if (fake_feeds() == 0 || !fake_feed_is_open(recorded_feed()))
		return;
	feed = recorded_feed();
	if (chance(l, 2) == 0)
		fake_feed_hang_up(feed);
	else
		fake_feed_answer(feed, kinds[chance(l, 4)], "disk-full");
	recorded_turn(l->visit);
}

static void step_time(struct life *l)
{
	static const int ms[] = {100, 1000, 4000, RECORDED_ANSWER_S * 1000};

	recorded_wait_ms(l->visit, ms[chance(l, 4)]);
}

static void step_media(struct life *l)
{
	int seat;
	struct person *person = somebody(l, &seat);

	if (person)
		visit_media(l->visit, person, chance(l, 2) != 0);
}

static void step_talk(struct life *l)
{
	int seat;
	struct person *person = somebody(l, &seat);

	if (!person)
		return;
	rth_chat_receive(l->visit->control, person->session, chat,
			 strlen(chat));
	visit_ask(l->visit, person, "s",
		  "{\"request\":\"state\",\"microphone\":true,"
		  "\"camera\":true,\"screen\":false}",
		  NULL);
}

/* The way to a recording that runs, from wherever it is. */
static void step_all(struct life *l)
{
	step_join(l);
	step_join(l);
	follow_seats(l);
	if (l->seated[0] < 0 || l->seated[1] < 0)
		return;
	recorded_ask(l->visit, l->person[0]);
	step_ready(l);
	follow_asked(l);
	for (int seat = 0; seat < RTH_ROLES; seat++) {
		enum said said = chance(l, 3) == 0 ? VOICE : YES;
		const char *answer = said == YES ? "yes" : "voice";

		if (!*l->asked)
			return;
		recorded_answer_to(l->visit, l->person[seat], l->asked, answer);
		if (was_answered(answer, "ok"))
			l->said[l->seated[seat]] = said;
	}
}

static bool agreed(const struct life *l, int seat)
{
	return l->seated[seat] >= 0 && (l->said[l->seated[seat]] == YES ||
					l->said[l->seated[seat]] == VOICE);
}

/* Whether the model allows anything at all to be recorded now. */
static bool may_record(const struct life *l)
{
	return agreed(l, 0) && agreed(l, 1) &&
	       recorded_is(l->visit, RTH_RECORDING_RUNNING) &&
	       strcmp(recorded_now(l->visit)->id, l->asked) == 0;
}

/* Everybody sends, also those who are not seated any more. */
static void step_send(struct life *l)
{
	follow_asked(l);
	for (size_t i = 0; i < l->visit->n_people; i++) {
		struct person *person = &l->visit->people[i];
		int seat = -1;

		if (person->gone)
			continue;
		for (int k = 0; k < RTH_ROLES; k++)
			if (l->seated[k] >= 0 && l->person[k] == person)
				seat = k;
		for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
			unsigned n = person->seq - FIRST_SEQ;

			assert_true(n < SENT_MAX);
			l->allowed[i][n][slot] =
				seat >= 0 && may_record(l) &&
				(slot == RTH_SLOT_AUDIO ||
				 l->said[l->seated[seat]] == YES);
			visit_send(person, slot, true);
		}
	}
}

/* What leads somewhere is more likely. */
static void (*const steps[])(struct life *) = {
	step_join,     step_join,  step_go,    step_end,  step_ask,  step_ready,
	step_ready,    step_all,   step_all,   step_all,  step_all,  step_yes,
	step_yes,      step_yes,   step_voice, step_no,	  step_stop, step_time,
	step_recorder, step_media, step_talk,  step_send, step_send, step_send,
	step_send,     step_send,  step_send,
};

/* ---- what must always be so ---- */

static void check_routes(const struct life *l, const struct rth_room *room)
{
	for (size_t i = 0; i < l->visit->n_people; i++) {
		const struct person *person = &l->visit->people[i];
		const struct rth_route *route =
			person->gone
				? NULL
				: atomic_load(&person->session->port.route);
		int seat;

		if (!route)
			continue;
		seat = (int)person->session->who.role;
		assert_non_null(room);
		assert_ptr_equal(room->seat[seat], person->session);
		assert_ptr_equal(route->tap, room->tapping[seat].tap);
		if (route->tap && l->said[l->seated[seat]] != YES) {
			assert_int_equal(route->tap_codec[RTH_SLOT_CAMERA],
					 RTH_FEED_NO_CODEC);
			assert_int_equal(route->tap_codec[RTH_SLOT_SCREEN],
					 RTH_FEED_NO_CODEC);
		}
	}
}

static void check_taps(const struct life *l)
{
	const struct rth_room *room = recorded_room(l->visit);
	bool runs = recorded_is(l->visit, RTH_RECORDING_RUNNING);

	if (runs) {
		ran++;
		assert_true(may_record(l));
	}
	for (int seat = 0; room && seat < RTH_ROLES; seat++) {
		const struct rth_tapping *tapping = &room->tapping[seat];

		assert_int_equal(room->seat[seat] != NULL,
				 l->seated[seat] >= 0);
		assert_int_equal(tapping->tap != NULL, runs);
		assert_int_equal(tapping->pictures,
				 runs && l->said[l->seated[seat]] == YES);
	}
	check_routes(l, room);
}

static void check_packet(const struct life *l, const struct fake_record *record)
{
	uint32_t ssrc = (uint32_t)record->body[8] << 24 |
			(uint32_t)record->body[9] << 16 |
			(uint32_t)record->body[10] << 8 | record->body[11];
	unsigned seq = (unsigned)record->body[2] << 8 | record->body[3];
	unsigned person = ssrc / 0x1000 - 1, slot = ssrc % 0x1000;

	assert_int_equal(record->head.slot, slot);
	if (!l->allowed[person][seq - FIRST_SEQ][slot])
		fail_msg("person %u, slot %u, packet %u", person, slot, seq);
	recorded_voice += slot == RTH_SLOT_AUDIO;
	recorded_pictures += slot != RTH_SLOT_AUDIO;
}

static void check_records(struct life *l)
{
	for (size_t feed = 0; feed < fake_feeds(); feed++) {
		size_t n = fake_feed_records(feed);

		for (size_t i = l->looked_at[feed]; i < n; i++) {
			const struct fake_record *record =
				fake_feed_record(feed, i);

			assert_int_equal(record->head.kind == RTH_FEED_BEGIN,
					 i == 0);
			if (record->head.kind == RTH_FEED_RTP)
				check_packet(l, record);
		}
		l->looked_at[feed] = n;
	}
}

static void live(unsigned seed)
{
	struct life *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->visit = recorded_make();
	l->rng = seed;
	l->seated[0] = l->seated[1] = -1;
	for (int i = 0; i < STEPS_OF_A_LIFE; i++) {
		bool was = recorded_now(l->visit) != NULL;

		/* every connection is kept, and there is room for so many */
		if (fake_feeds() > FAKE_FEEDS_MAX - 16)
			break;
		steps[chance(l, sizeof(steps) / sizeof(*steps))](l);
		follow_asked(l);
		follow_seats(l);
		check_taps(l);
		if (chance(l, 2) == 0) {
			rth_feed_step(l->visit->control->feed, 0);
			check_records(l);
		}
		ended += was && !recorded_now(l->visit);
		drain();
	}
	recorded_turn(l->visit);
	check_records(l);
	visit_free(l->visit);
	free(l);
}

static void random_lives(void **state)
{
	unsigned long seed = recorded_seed();
	unsigned long lives =
		recorded_steps(STEPS, STEPS_SANITIZED) / STEPS_OF_A_LIFE;

	(void)state;
	print_message("# RTH_SEED=%lu\n", seed);
	for (unsigned long i = 0; i < lives; i++)
		live((unsigned)(seed + i));
	print_message("# %lu lives: ran after %zu steps, ended %zu times, "
		      "%zu packets of voice, %zu of pictures\n",
		      lives, ran, ended, recorded_voice, recorded_pictures);
	assert_true(ran > lives);
	assert_true(recorded_voice > lives);
	assert_true(recorded_pictures > 0 &&
		    recorded_pictures < recorded_voice * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
