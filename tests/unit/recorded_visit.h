/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A visit that can be recorded, for tests of the plugin core: the visit of
 * fake_visit.h with texts to agree to and the recorder of fake_recorder.h.
 */
#ifndef RTH_RECORDED_VISIT_H
#define RTH_RECORDED_VISIT_H

#include "fake_recorder.h"
#include "fake_visit.h"

#include "../../plugins/recording.h"

#define RECORDED_ANSWER_S 10
#define RECORDED_LINGER_S 5
#define RECORDED_KEY_FRAME_S 4

/* cmocka's setup; the teardown is visit_teardown. */
int recorded_setup(void **state);
struct visit *recorded_make(void);

/* The room, and its recording or NULL. */
struct rth_room *recorded_room(const struct visit *visit);
struct rth_recording *recorded_now(const struct visit *visit);
bool recorded_is(const struct visit *visit, enum rth_recording_state state);

/* Both threads take turns until nothing happens. */
void recorded_turn(const struct visit *visit);

/* The same with time passing, half a second a turn. */
void recorded_wait_ms(const struct visit *visit, int64_t ms);

/* As visit_join and visit_call; the token allows recording. */
struct person *recorded_join(struct visit *visit, const char *sub,
			     const char *role);
void recorded_call(struct visit *visit, struct person **clinicianp,
		   struct person **patientp);

/* Joins in a call: with an offer, and media up. */
struct person *recorded_enter(struct visit *visit, const char *sub,
			      const char *role);

/* Requests; what is answered is left to be looked at. */
void recorded_ask(const struct visit *visit, const struct person *person);
void recorded_answer(const struct visit *visit, const struct person *person,
		     const char *answer);
void recorded_stop(const struct visit *visit, const struct person *person);
/* With an id that need not be the recording's. */
void recorded_answer_to(const struct visit *visit, const struct person *person,
			const char *id, const char *answer);

/* A call in which everybody is asked; nothing is left to be looked at. */
void recorded_asked(struct visit *visit, struct person **clinicianp,
		    struct person **patientp);

/* The same, and both have said this. */
void recorded_running(struct visit *visit, struct person **clinicianp,
		      struct person **patientp, const char *clinician_answer,
		      const char *patient_answer);

/* The newest connection, and what the recorder says on it. */
size_t recorded_feed(void);
void recorded_says(const struct visit *visit, enum rth_feed_kind kind,
		   const char *reason);

/* The next push is a `recording` event in this state; its event, borrowed. */
const json_t *recorded_hears(const struct person *person, const char *state);

/* The n-th record of a kind on a connection, as JSON to json_decref. */
json_t *recorded_body(size_t feed, enum rth_feed_kind kind, size_t n);

/* Whether a NOTE of this event has arrived on the newest connection. */
size_t recorded_notes(const char *event);

/*
 * How much a long test does: so much, less where sanitizers make each step
 * cost more, or RTH_STEPS. And where it starts: RTH_SEED, or anywhere.
 */
unsigned long recorded_steps(unsigned long plain, unsigned long sanitized);
unsigned long recorded_seed(void);

/* Both send voice, camera and screen; how many packets were recorded of a role
   and slot is then counted on all connections. */
void recorded_send_all(const struct visit *visit, struct person *a,
		       struct person *b);
size_t recorded_packets(int role, int slot);

#endif
