/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Long random lives of two rooms and their doors, beside a model of who sits
 * and who waits where. Every message is sent by everybody in every state. After
 * each step:
 *
 *   - each request was answered as the model says, and each session is in the
 *     state that the model says;
 *   - who does not sit has no room and no route, and has heard nothing but of
 *     its own place;
 *   - no event names anybody but who sits in the same room, or, to its
 *     clinician, who waits at its door;
 *   - everybody sends voice, pictures, wishes for key frames and chat: these
 *     come to the other one in the same room, if there is one, and to nobody
 *     else, and voice does come where the model says that it must;
 *   - who checks a line hears itself and nobody else, and nobody hears of it;
 *   - nobody is recorded who has never had a seat.
 *
 * RTH_SEED repeats a run, RTH_STEPS makes a longer one.
 */
#include "recorded_visit.h"

#include "../../plugins/chat.h"
#include "../../plugins/door.h"

#define STEPS 40000
#define STEPS_SANITIZED 4000 /* where each costs ten times as much */
#define STEPS_OF_A_LIFE 150
#define ROOMS 2
#define NOBODY (-1)
#define WAITING_MAX 8 /* as the configuration has it */
#define WAIT_S 7200
#define IDENTITIES 6
#define CHECK_S 30
#define CHECKS_MAX 3

static const char *const room_ids[ROOMS] = {VISIT_ROOM,
					    "BBBBBBBBBBBBBBBBBBBBBB"};
static const char *const secrets[] = {"Name-", "subject-", "eyJ0eXAi", NULL};

static const struct {
	const char *sub;
	enum rth_role role;
} identities[IDENTITIES] = {
	{"subject-1", RTH_ROLE_CLINICIAN}, {"subject-2", RTH_ROLE_CLINICIAN},
	{"subject-1", RTH_ROLE_PATIENT},   {"subject-3", RTH_ROLE_PATIENT},
	{"subject-4", RTH_ROLE_PATIENT},   {"subject-5", RTH_ROLE_PATIENT},
};

/* What the model knows of one browser. */
struct who {
	enum rth_state state;
	int identity, room;
	int64_t until_s, waits_since_us, checks_since_us;
	bool answered, media, ever_seated;
	char name[24];
};

struct model_room {
	int seat[RTH_ROLES]; /* a person or NOBODY */
	int waiting[WAITING_MAX];
	int n_waiting;
	const char *known; /* the sub that need not knock, or NULL */
	int64_t known_until_s, ended_until_s, wary_until_s;
};

struct life {
	struct visit *visit;
	unsigned rng;
	struct who who[VISIT_PEOPLE_MAX], before[VISIT_PEOPLE_MAX];
	struct model_room room[ROOMS];
	int noted, denied; /* who must hear that in this step */
};

/* Of all lives. */
static size_t voices, chats, wishes, admitted, denials, notes, back, believed,
	ended, expired, recorded, echoes;

static unsigned chance(struct life *l, unsigned n)
{
	l->rng = l->rng * 1664525u + 1013904223u;
	return (l->rng >> 8) % n;
}

static int64_t now_s(void)
{
	return fake_host.time_ms() / 1000;
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

static struct person *person_of(struct life *l, int i)
{
	return &l->visit->people[i];
}

/* Anybody whose handle is there; NOBODY if chance finds none. */
static int anybody(struct life *l)
{
	for (int tries = 0; l->visit->n_people && tries < 8; tries++) {
		int i = (int)chance(l, (unsigned)l->visit->n_people);

		if (!person_of(l, i)->gone)
			return i;
	}
	return NOBODY;
}

/* Somebody in this state, if chance finds one; else anybody. */
static int somebody(struct life *l, enum rth_state state)
{
	int i = NOBODY;

	for (int tries = 0; tries < 12; tries++) {
		i = anybody(l);
		if (i != NOBODY && l->who[i].state == state)
			break;
	}
	return i;
}

/* Who hears it: the one in the other seat of the same room, itself, or
   NOBODY. */
static int partner(const struct life *l, const struct who *who)
{
	if (who->state == RTH_CHECKING)
		return (int)(who - l->who);
	if (who->state != RTH_SEATED)
		return NOBODY;
	return l->room[who->room]
		.seat[identities[who->identity].role == RTH_ROLE_CLINICIAN
			      ? RTH_ROLE_PATIENT
			      : RTH_ROLE_CLINICIAN];
}

/* ---- the model ---- */

static void model_leave(struct life *l, int i)
{
	struct who *who = &l->who[i];
	struct model_room *room = &l->room[who->room];

	if (who->state == RTH_SEATED)
		room->seat[identities[who->identity].role] = NOBODY;
	for (int k = 0; who->state == RTH_WAITING && k < room->n_waiting; k++) {
		if (room->waiting[k] != i)
			continue;
		room->n_waiting--;
		memmove(&room->waiting[k], &room->waiting[k + 1],
			(size_t)(room->n_waiting - k) *
				sizeof(room->waiting[0]));
		break;
	}
	who->state = RTH_LEFT;
}

static void model_sit(struct life *l, int i)
{
	struct who *who = &l->who[i];
	struct model_room *room = &l->room[who->room];
	const char *sub = identities[who->identity].sub;

	who->state = RTH_SEATED;
	who->ever_seated = true;
	room->seat[identities[who->identity].role] = i;
	if (identities[who->identity].role != RTH_ROLE_PATIENT)
		return;
	if (!room->known || strcmp(room->known, sub) != 0) {
		if (room->known && now_s() < room->known_until_s)
			room->wary_until_s = now_s() + RTH_ENDED_S;
		room->known_until_s = 0;
	}
	room->known = sub;
	if (room->known_until_s < who->until_s)
		room->known_until_s = who->until_s;
}

static bool same(const struct life *l, int i, const char *sub)
{
	return strcmp(identities[l->who[i].identity].sub, sub) == 0;
}

/* Who waits there and is this person, or NOBODY. */
static int waits_already(const struct life *l, const struct model_room *room,
			 const char *sub)
{
	for (int k = 0; k < room->n_waiting; k++) {
		if (same(l, room->waiting[k], sub))
			return k;
	}
	return NOBODY;
}

static const char *model_knock(struct life *l, int i, struct model_room *room,
			       const char *sub)
{
	int k = waits_already(l, room, sub);

	if (k == NOBODY && room->n_waiting == WAITING_MAX)
		return "door-full";
	l->who[i].state = RTH_WAITING;
	l->who[i].waits_since_us = fake_host.now_us();
	if (k == NOBODY) {
		room->waiting[room->n_waiting++] = i;
	} else {
		l->who[i].waits_since_us =
			l->who[room->waiting[k]].waits_since_us;
		l->who[room->waiting[k]].state = RTH_LEFT;
		room->waiting[k] = i;
	}
	return "waiting";
}

/* Somebody was sent away: tokens that say "admitted" are not believed. */
static void model_sent_away(struct life *l, int i)
{
	struct model_room *room = &l->room[l->who[i].room];

	if (identities[l->who[i].identity].role != RTH_ROLE_PATIENT)
		return;
	room->wary_until_s = now_s() + RTH_ENDED_S;
	if (room->known && same(l, i, room->known))
		room->known = NULL;
}

/* Says whether somebody need not knock at a free seat. */
static bool model_knows(const struct model_room *room, const char *sub,
			bool claims)
{
	bool anybody_known = room->known && now_s() < room->known_until_s;

	if (anybody_known && strcmp(room->known, sub) == 0)
		return true;
	if (!claims || now_s() < room->wary_until_s || anybody_known)
		return false;
	believed++;
	return true;
}

static const char *model_join(struct life *l, int i, int identity, int r,
			      int64_t until_s, bool claims)
{
	struct model_room *room = &l->room[r];
	enum rth_role role = identities[identity].role;
	const char *sub = identities[identity].sub;
	int holder = room->seat[role], older;

	if (now_s() < room->ended_until_s)
		return "visit-ended";
	if (holder != NOBODY && !same(l, holder, sub) &&
	    role == RTH_ROLE_CLINICIAN)
		return "room-full";
	l->who[i].identity = identity;
	l->who[i].room = r;
	l->who[i].until_s = until_s;
	if (holder != NOBODY && same(l, holder, sub)) {
		model_leave(l, holder);
	} else if (role == RTH_ROLE_PATIENT) {
		if (holder != NOBODY || !model_knows(room, sub, claims))
			return model_knock(l, i, room, sub);
		back++;
	}
	older = waits_already(l, room, sub);
	if (role == RTH_ROLE_PATIENT && older != NOBODY)
		model_leave(l, room->waiting[older]);
	model_sit(l, i);
	return "joined";
}

static void model_end(struct life *l, int r)
{
	struct model_room *room = &l->room[r];

	for (int role = 0; role < RTH_ROLES; role++) {
		if (room->seat[role] != NOBODY)
			model_leave(l, room->seat[role]);
	}
	while (room->n_waiting > 0)
		model_leave(l, room->waiting[0]);
	room->known = NULL;
	room->ended_until_s = now_s() + RTH_ENDED_S;
	ended++;
}

static void model_time(struct life *l)
{
	for (size_t i = 0; i < l->visit->n_people; i++) {
		const struct who *who = &l->who[i];
		bool waits = who->state == RTH_WAITING;

		if (who->state == RTH_CHECKING &&
		    fake_host.now_us() - who->checks_since_us >=
			    CHECK_S * INT64_C(1000000))
			model_leave(l, (int)i);
		if (!waits && who->state != RTH_SEATED)
			continue;
		if (now_s() < who->until_s &&
		    (!waits || fake_host.now_us() - who->waits_since_us <
				       WAIT_S * INT64_C(1000000)))
			continue;
		model_leave(l, (int)i);
		expired++;
	}
}

/* ---- steps ---- */

/* The last request of this browser was answered with this, or this error. */
static void expect_answer(struct life *l, int i, const char *transaction,
			  const char *name)
{
	const struct fake_push *found = NULL;
	const char *got;

	for (size_t k = 0; k < fake.n_pushes; k++) {
		if (fake.pushes[k].handle == person_of(l, i)->handle &&
		    strcmp(fake.pushes[k].transaction, transaction) == 0)
			found = &fake.pushes[k];
	}
	assert_non_null(found);
	got = fake_text(found->event, "rthealth");
	if (strcmp(got, "error") == 0)
		got = fake_text(found->event, "code");
	if (name)
		assert_string_equal(got, name);
	else
		assert_string_not_equal(got, "wrong-state");
}

static void step_attach(struct life *l)
{
	size_t i = l->visit->n_people;

	if (i >= VISIT_PEOPLE_MAX)
		return;
	visit_attach(l->visit);
	snprintf(l->who[i].name, sizeof(l->who[i].name), "Name-%zu-", i);
	l->who[i].identity = NOBODY;
}

static void join_as(struct life *l, int i, int identity, int r)
{
	int64_t until_s = now_s() + (chance(l, 4) ? 3600 : 30);
	bool claimed = chance(l, 6) == 0;
	const char *expected = "wrong-state";
	json_t *claims, *rth;

	claims = visit_claims(l->visit, identities[identity].sub,
			      identities[identity].role ? "patient"
							: "clinician");
	rth = json_object_get(claims, "rth");
	json_object_set_new(claims, "name", json_string(l->who[i].name));
	json_object_set_new(rth, "room", json_string(room_ids[r]));
	json_object_set_new(rth, "seat_until", json_integer(until_s));
	json_object_set_new(rth, "record", json_true());
	json_object_set_new(rth, "admitted", json_boolean(claimed));
	if (l->who[i].state == RTH_NONE)
		expected = model_join(l, i, identity, r, until_s, claimed);
	visit_ask_join(l->visit, person_of(l, i), claims);
	expect_answer(l, i, "join", expected);
}

static void step_join(struct life *l)
{
	int i = somebody(l, RTH_NONE);

	if (i != NOBODY)
		join_as(l, i, (int)chance(l, IDENTITIES),
			chance(l, 3) == 0); /* mostly in the first room */
}

/* A new browser of somebody, with media. */
static void step_enter(struct life *l)
{
	int i = (int)l->visit->n_people;

	step_attach(l);
	if (i == (int)l->visit->n_people)
		return;
	join_as(l, i, (int)chance(l, IDENTITIES), chance(l, 3) == 0);
	if (l->who[i].state == RTH_NONE)
		return;
	visit_negotiate(l->visit, person_of(l, i), "chromium.sdp");
	visit_media(l->visit, person_of(l, i), true);
	l->who[i].answered = l->who[i].media = true;
}

static const char *model_check(struct life *l, int i)
{
	int n = 0;

	if (l->who[i].state != RTH_NONE)
		return "wrong-state";
	for (size_t k = 0; k < l->visit->n_people; k++)
		n += l->who[k].state == RTH_CHECKING;
	if (n >= CHECKS_MAX)
		return "busy";
	l->who[i].state = RTH_CHECKING;
	l->who[i].checks_since_us = fake_host.now_us();
	l->who[i].answered = true;
	return "checking";
}

static void step_check(struct life *l)
{
	int i = chance(l, 4) ? somebody(l, RTH_NONE) : anybody(l);
	const char *expected;

	if (i == NOBODY)
		return;
	expected = model_check(l, i);
	visit_check(l->visit, person_of(l, i), "firefox.sdp");
	expect_answer(l, i, "check", expected);
	if (l->who[i].state != RTH_CHECKING)
		return;
	visit_media(l->visit, person_of(l, i), true);
	l->who[i].media = true;
}

static bool is_in(const struct who *who)
{
	return who->state == RTH_WAITING || who->state == RTH_SEATED;
}

static void step_negotiate(struct life *l)
{
	int i = anybody(l);

	if (i == NOBODY)
		return;
	visit_negotiate(l->visit, person_of(l, i), "firefox.sdp");
	expect_answer(l, i, "offer",
		      is_in(&l->who[i]) ? "media" : "wrong-state");
	l->who[i].answered |= is_in(&l->who[i]);
}

static void step_media(struct life *l)
{
	bool up = chance(l, 3) != 0;
	int i = anybody(l);

	if (i == NOBODY)
		return;
	visit_media(l->visit, person_of(l, i), up);
	if (is_in(&l->who[i]) || l->who[i].state == RTH_CHECKING)
		l->who[i].media = up;
}

static void step_state(struct life *l)
{
	int i = anybody(l);

	if (i == NOBODY)
		return;
	visit_ask(l->visit, person_of(l, i), "s",
		  chance(l, 2) ? "{\"request\":\"state\",\"microphone\":true,"
				 "\"camera\":true,\"screen\":false,"
				 "\"troubles\":[\"camera-black\"],"
				 "\"paused\":true,\"line\":\"poor\"}"
			       : "{\"request\":\"state\",\"microphone\":true,"
				 "\"camera\":false,\"screen\":true}",
		  NULL);
	expect_answer(l, i, "s", is_in(&l->who[i]) ? "ok" : "wrong-state");
}

/* Who may do what clinicians do; else why not. */
static const char *clinicians_only(const struct who *who)
{
	if (who->state != RTH_SEATED)
		return "wrong-state";
	return identities[who->identity].role == RTH_ROLE_CLINICIAN
		       ? NULL
		       : "wrong-role";
}

static void of_door(struct life *l, int i, int other, const char *request,
		    const char *more, const char *expected)
{
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"request\":\"%s\",\"participant\":\"%s\"%s}", request,
		 person_of(l, other)->session->participant, more);
	visit_ask(l->visit, person_of(l, i), "d", body, NULL);
	expect_answer(l, i, "d", expected);
}

/* Says whether `other` waits at the door of clinician i; else why not. */
static const char *at_door(const struct life *l, int i, int other)
{
	const char *why = clinicians_only(&l->who[i]);

	if (why)
		return why;
	return l->who[other].state == RTH_WAITING &&
			       l->who[other].room == l->who[i].room
		       ? NULL
		       : "not-waiting";
}

static void step_admit(struct life *l)
{
	int i = somebody(l, RTH_SEATED), other = somebody(l, RTH_WAITING);
	const char *why;

	if (i == NOBODY || other == NOBODY)
		return;
	why = at_door(l, i, other);
	if (!why && l->room[l->who[i].room].seat[RTH_ROLE_PATIENT] != NOBODY)
		why = "room-full";
	if (!why) {
		model_leave(l, other);
		model_sit(l, other);
		admitted++;
	}
	of_door(l, i, other, "admit", "", why ? why : "ok");
}

static void step_deny(struct life *l)
{
	int i = somebody(l, RTH_SEATED), other = somebody(l, RTH_WAITING);
	const char *why;

	if (i == NOBODY || other == NOBODY || chance(l, 3))
		return;
	why = at_door(l, i, other);
	if (!why) {
		model_leave(l, other);
		model_sent_away(l, other);
		l->denied = other;
		denials++;
	}
	of_door(l, i, other, "deny", ",\"reason\":\"other\"", why ? why : "ok");
}

static void step_note(struct life *l)
{
	int i = somebody(l, RTH_SEATED), other = somebody(l, RTH_WAITING);
	const char *why;

	if (i == NOBODY || other == NOBODY)
		return;
	why = at_door(l, i, other);
	if (!why) {
		l->noted = other;
		notes++;
	}
	of_door(l, i, other, "note", ",\"text\":\"soon\"", why ? why : "ok");
}

/* What the admin API does: a note, or the person is sent away. */
static void step_admin(struct life *l)
{
	const struct rth_rooms *rooms = &l->visit->control->rooms;
	int i = somebody(l, RTH_WAITING);
	struct rth_session *session;

	if (i == NOBODY || l->who[i].state != RTH_WAITING)
		return;
	session = person_of(l, i)->session;
	if (chance(l, 2)) {
		l->noted = i;
		rth_door_tell(l->visit->control, session, "a moment");
		return;
	}
	model_leave(l, i);
	model_sent_away(l, i);
	l->denied = i;
	rth_door_send_away(l->visit->control, session,
			   rth_room_find(rooms, room_ids[l->who[i].room]),
			   "not-now", NULL);
}

static void step_leave(struct life *l)
{
	int i = anybody(l);
	bool could;

	if (i == NOBODY)
		return;
	could = is_in(&l->who[i]) || l->who[i].state == RTH_CHECKING;
	visit_ask(l->visit, person_of(l, i), "l", "{\"request\":\"leave\"}",
		  NULL);
	expect_answer(l, i, "l", could ? "left" : "wrong-state");
	if (could)
		model_leave(l, i);
}

static void step_end(struct life *l)
{
	int i = anybody(l);
	const char *why;

	if (i == NOBODY || chance(l, 4))
		return;
	why = clinicians_only(&l->who[i]);
	visit_ask(l->visit, person_of(l, i), "e", "{\"request\":\"end\"}",
		  NULL);
	expect_answer(l, i, "e", why ? why : "ended");
	if (!why)
		model_end(l, l->who[i].room);
}

static void step_remove(struct life *l)
{
	int i = anybody(l);

	if (i == NOBODY || !is_in(&l->who[i]) || chance(l, 4))
		return;
	rth_visit_remove(rth_room_find(&l->visit->control->rooms,
				       room_ids[l->who[i].room])
				 ->visit,
			 &person_of(l, i)->session->who, now_s());
	rth_seat_dismiss(l->visit->control, person_of(l, i)->session,
			 "removed");
	model_sent_away(l, i);
	model_leave(l, i);
}

static void step_gone(struct life *l)
{
	int i = chance(l, 2) ? anybody(l) : somebody(l, RTH_LEFT);

	if (i == NOBODY)
		return;
	model_leave(l, i);
	visit_gone(l->visit, person_of(l, i));
}

/* Recordings: whatever comes of them, those who do not sit hear nothing. */
static void step_record(struct life *l)
{
	static const char *const answers[] = {"yes", "voice", "no"};
	const struct rth_recording *recording = recorded_now(l->visit);
	int i = somebody(l, RTH_SEATED);
	bool sits;

	if (i == NOBODY)
		return;
	sits = l->who[i].state == RTH_SEATED;
	if (!recording) {
		const char *why = clinicians_only(&l->who[i]);

		recorded_ask(l->visit, person_of(l, i));
		if (why)
			expect_answer(l, i, "ask", why);
		if (fake_feeds() && fake_feed_is_open(recorded_feed()) &&
		    fake_feed_records(recorded_feed()) == 0)
			fake_feed_answer(recorded_feed(), RTH_FEED_READY, NULL);
		recorded_turn(l->visit);
		return;
	}
	if (chance(l, 8) == 0) {
		recorded_stop(l->visit, person_of(l, i));
		expect_answer(l, i, "stop", sits ? NULL : "wrong-state");
	} else {
		const char *said = answers[chance(l, 12) ? chance(l, 2) : 2];

		recorded_answer(l->visit, person_of(l, i), said);
		expect_answer(l, i, said, sits ? NULL : "wrong-state");
	}
	recorded_turn(l->visit);
}

static void step_nonsense(struct life *l)
{
	static const char *const bodies[] = {
		"{}",
		"[]",
		"{\"request\":\"admit\"}",
		"{\"request\":\"admit\",\"participant\":7}",
		"{\"request\":\"deny\",\"participant\":\"x\"}",
		"{\"request\":\"note\",\"participant\":\"x\",\"text\":null}",
		"{\"request\":\"waiting\"}",
		"{\"request\":\"check\",\"room\":\"x\"}",
		"{\"request\":\"join\",\"token\":\"x\",\"check\":{\"name\":1}}",
		"{\"request\":\"state\",\"microphone\":true,\"camera\":true,"
		"\"screen\":true,\"troubles\":[\"x\"]}",
	};
	int i = anybody(l);

	if (i == NOBODY)
		return;
	visit_ask(l->visit, person_of(l, i), "n",
		  bodies[chance(l, sizeof(bodies) / sizeof(*bodies))], NULL);
	expect_answer(l, i, "n", "bad-request");
}

/* What leads somewhere is more likely. */
static void (*const steps[])(struct life *) = {
	step_attach, step_join,	  step_join,	  step_enter,	 step_enter,
	step_enter,  step_enter,  step_negotiate, step_media,	 step_state,
	step_admit,  step_admit,  step_admit,	  step_admit,	 step_deny,
	step_note,   step_leave,  step_end,	  step_remove,	 step_gone,
	step_check,  step_check,  step_admin,	  step_gone,	 step_gone,
	step_record, step_record, step_record,	  step_nonsense,
};

/* ---- what must always be so ---- */

/* Who is whose handle. */
static int index_of(const struct life *l, const struct fake_handle *handle)
{
	for (size_t i = 0; i < l->visit->n_people; i++) {
		if (l->visit->people[i].handle == handle)
			return (int)i;
	}
	fail();
	return NOBODY;
}

/* Says whether `to` sat, before or after, where `of` sat, or was to be let in
   or waited at the door of this clinician. */
static bool may_know(const struct who *to, const struct who *of)
{
	return to->state == RTH_SEATED && to->room == of->room &&
	       (of->state == RTH_SEATED ||
		(of->state == RTH_WAITING &&
		 identities[to->identity].role == RTH_ROLE_CLINICIAN));
}

static void check_mentions(const struct life *l, int to, const char *text)
{
	for (int i = 0; i < (int)l->visit->n_people; i++) {
		const struct person *person = &l->visit->people[i];
		bool named = strstr(text, l->who[i].name) != NULL;

		if (i == to)
			continue;
		if (!person->gone && person->session->participant[0])
			named |= strstr(text, person->session->participant) !=
				 NULL;
		if (named && !may_know(&l->before[to], &l->before[i]) &&
		    !may_know(&l->who[to], &l->who[i]) &&
		    !may_know(&l->before[to], &l->who[i]) &&
		    !may_know(&l->who[to], &l->before[i]))
			fail_msg("%d hears of %d: %s", to, i, text);
	}
}

/* What somebody may hear who sat neither before nor after. */
static void check_outside(const struct life *l, int to, const json_t *event)
{
	static const char *const names[] = {
		"waiting", "note", "denied", "replaced", "removed", "expired",
		"ended",   "left", "error",  "media",	 "ok",	    NULL};
	const char *name = fake_text(event, "rthealth");
	int i = 0;

	while (names[i] && strcmp(names[i], name) != 0)
		i++;
	if (!names[i])
		fail_msg("%d hears \"%s\"", to, name);
	if (strcmp(name, "waiting") == 0)
		assert_null(json_object_get(event, "people"));
	if (strcmp(name, "note") == 0)
		assert_int_equal(to, l->noted);
	if (strcmp(name, "denied") == 0)
		assert_int_equal(to, l->denied);
}

/* Who checks, or has just begun to, or has just ended it, hears this. */
static void check_alone(int to, const json_t *event)
{
	static const char *const names[] = {"checking", "expired", "left",
					    "error", NULL};
	const char *name = fake_text(event, "rthealth");
	int i = 0;

	while (names[i] && strcmp(names[i], name) != 0)
		i++;
	if (!names[i])
		fail_msg("%d, who checks, hears \"%s\"", to, name);
}

static void check_pushes(const struct life *l)
{
	for (size_t i = 0; i < fake.n_pushes; i++) {
		const struct fake_push *push = &fake.pushes[i];
		int to = index_of(l, push->handle);
		char *text = json_dumps(push->event, JSON_COMPACT);

		assert_non_null(text);
		check_mentions(l, to, text);
		free(text);
		if (l->before[to].state == RTH_CHECKING ||
		    l->who[to].state == RTH_CHECKING)
			check_alone(to, push->event);
		else if (l->before[to].state != RTH_SEATED &&
			 l->who[to].state != RTH_SEATED)
			check_outside(l, to, push->event);
	}
	/* in the step itself nothing was sent but events and wishes */
	assert_int_equal(fake.n_packets + fake.n_data, 0);
	for (size_t i = 0; i < fake.n_plis; i++) {
		int to = index_of(l, fake.plis[i].handle);

		assert_true(l->before[to].state == RTH_SEATED ||
			    l->who[to].state == RTH_SEATED);
	}
}

/* Only who checks has a route without a room: to itself. */
static void check_route(const struct who *who, struct rth_session *session)
{
	const struct rth_route *route = atomic_load(&session->port.route);
	bool echoes_now = who->state == RTH_CHECKING && who->media;

	assert_null(session->room);
	assert_ptr_equal(route ? route->peer : NULL,
			 echoes_now ? &session->port : NULL);
}

static void check_states(const struct life *l)
{
	for (size_t i = 0; i < l->visit->n_people; i++) {
		const struct person *person = &l->visit->people[i];
		struct rth_session *session = person->session;

		if (person->gone)
			continue;
		assert_int_equal(session->state, l->who[i].state);
		if (l->who[i].state == RTH_SEATED) {
			assert_non_null(session->room);
			continue;
		}
		check_route(&l->who[i], session);
	}
	for (int r = 0; r < ROOMS; r++) {
		const struct rth_room *room =
			rth_room_find(&l->visit->control->rooms, room_ids[r]);
		size_t n = (size_t)l->room[r].n_waiting;

		assert_int_equal(room ? room->n_waiting : 0, n);
		for (size_t k = 0; k < n; k++)
			assert_ptr_equal(room->waiting[k],
					 l->visit->people[l->room[r].waiting[k]]
						 .session);
	}
}

static void check_traffic_of(struct life *l, int i)
{
	static const char text[] = "{\"text\":\"hello\"}";
	static const uint8_t pli[12] = {0x81, 206, 0, 2};
	struct person *person = person_of(l, i);
	int other = partner(l, &l->who[i]);
	const struct fake_handle *to =
		other == NOBODY ? NULL : person_of(l, other)->handle;
	bool flows = to && l->who[i].media && l->who[i].answered &&
		     l->who[other].media && l->who[other].answered;

	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++)
		visit_send(person, slot, true);
	assert_int_equal(fake.n_packets > 0, flows);
	if (flows && other == i) {
		assert_int_equal(fake.n_packets, 2);
		assert_int_not_equal(fake.packets[0].slot, RTH_SLOT_SCREEN);
		assert_int_not_equal(fake.packets[1].slot, RTH_SLOT_SCREEN);
		echoes++;
	}
	for (size_t k = 0; k < fake.n_packets; k++)
		assert_ptr_equal(fake.packets[k].handle, to);
	voices += fake.n_packets > 0;
	/* what a packet asked for was a wish of the other's that came early */
	for (size_t k = 0; k < fake.n_plis; k++)
		assert_true(flows && fake.plis[k].handle == person->handle);
	fake.n_plis = 0;
	rth_relay_rtcp(&person->session->port, RTH_SLOT_CAMERA, pli,
		       sizeof(pli), fake_host.now_us());
	for (size_t k = 0; k < fake.n_plis; k++)
		assert_ptr_equal(fake.plis[k].handle, to);
	for (size_t k = 0; k < fake.n_rembs; k++)
		assert_ptr_equal(fake.rembs[k].handle, to);
	wishes += fake.n_plis;
	rth_chat_receive(l->visit->control, person->session, text,
			 strlen(text));
	visit_step(l->visit);
	assert_int_equal(fake.n_pushes, 0);
	assert_int_equal(fake.n_data, is_in(&l->who[i]) || other == i);
	if (other == i) {
		assert_ptr_equal(fake.data[0].handle, to);
		assert_string_equal(fake.data[0].text, text);
	} else if (fake.n_data == 1 && fake.data[0].handle == person->handle) {
		assert_string_equal(
			fake.data[0].text,
			"{\"type\":\"refused\",\"reason\":\"alone\"}");
		assert_true(!to || !l->who[other].media);
	} else if (fake.n_data == 1) {
		assert_ptr_equal(fake.data[0].handle, to);
		chats++;
	}
}

static void check_traffic(struct life *l)
{
	for (int i = 0; i < (int)l->visit->n_people; i++) {
		if (person_of(l, i)->gone)
			continue;
		drain();
		check_traffic_of(l, i);
	}
	drain();
}

static void check_recorded(const struct life *l)
{
	for (size_t feed = 0; feed < fake_feeds(); feed++) {
		for (size_t i = 0; i < fake_feed_records(feed); i++) {
			const struct fake_record *record =
				fake_feed_record(feed, i);
			uint32_t ssrc;

			if (record->head.kind != RTH_FEED_RTP)
				continue;
			ssrc = (uint32_t)record->body[8] << 24 |
			       (uint32_t)record->body[9] << 16 |
			       (uint32_t)record->body[10] << 8 |
			       record->body[11];
			assert_true(l->who[ssrc / 0x1000 - 1].ever_seated);
			recorded++;
		}
	}
}

static void check(struct life *l)
{
	check_pushes(l);
	check_states(l);
	check_traffic(l);
	memcpy(l->before, l->who, sizeof(l->who));
	l->noted = l->denied = NOBODY;
}

/* Half a second each time, so that each is a tick; sometimes much more. */
static void pass_time(struct life *l)
{
	static const int64_t jumps_s[] = {1, 1, 6, 6, 40, 600, 3700};
	int64_t us = 500000;

	if (chance(l, 25) == 0)
		us = jumps_s[chance(l, 7)] * INT64_C(1000000);
	fake_advance_us(us);
	model_time(l);
	recorded_turn(l->visit);
}

static void live(unsigned seed)
{
	struct life *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->visit = recorded_make();
	fake.secrets = secrets;
	l->rng = seed;
	l->noted = l->denied = NOBODY;
	l->visit->conf.checks_max = CHECKS_MAX;
	for (int r = 0; r < ROOMS; r++)
		l->room[r].seat[0] = l->room[r].seat[1] = NOBODY;
	for (int i = 0; i < STEPS_OF_A_LIFE; i++) {
		/* every connection is kept, and there is room for so many */
		if (fake_feeds() > FAKE_FEEDS_MAX - 16)
			break;
		pass_time(l);
		check(l);
		steps[chance(l, sizeof(steps) / sizeof(*steps))](l);
		check(l);
	}
	check_recorded(l);
	visit_free(l->visit);
	free(l);
}

/* Each thing has happened that a life may do without. */
static bool all_seen(void)
{
	return admitted && back && believed && denials && notes && ended &&
	       expired && recorded && echoes;
}

static void random_lives(void **state)
{
	unsigned long seed = recorded_seed();
	unsigned long wanted =
		recorded_steps(STEPS, STEPS_SANITIZED) / STEPS_OF_A_LIFE;
	unsigned long lives = 0;

	(void)state;
	print_message("# RTH_SEED=%lu\n", seed);
	while (lives < wanted || (lives < 50 * wanted && !all_seen()))
		live((unsigned)(seed + lives++));
	print_message("# %lu lives: voice %zu times, %zu chats, %zu wishes, "
		      "%zu admitted, %zu back, %zu of these believed, %zu "
		      "denied, %zu notes, %zu ended, %zu expired, %zu heard "
		      "themselves, %zu packets recorded\n",
		      lives, voices, chats, wishes, admitted, back, believed,
		      denials, notes, ended, expired, echoes, recorded);
	assert_true(voices > lives && chats > lives && wishes > lives);
	assert_true(all_seen());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
