/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the recorder lets be written, by answers, pauses and times. */
#include "support.h"

#include <jansson.h>

#include "../../recordings/consent.h"

#define S INT64_C(1000000)

static const int sound = RTH_CONSENT_SOUND, picture = RTH_CONSENT_PICTURE;

/* Of this role, in this medium, at this second. */
static int word(const struct rth_consent *c, int role, int medium, double s)
{
	return (int)rth_consent_media(c, role, (enum rth_consent_medium)medium,
				      (int64_t)(s * (double)S));
}

static void begin(struct rth_consent *c, const char *clinician,
		  const char *patient, int64_t part_us)
{
	json_t *people = json_pack(
		"[{s:s, s:s, s:i}, {s:s, s:s, s:i}, {s:s, s:s, s:i}]", "role",
		"clinician", "answer", clinician, "answered_ms", 7, "role",
		"patient", "answer", patient, "answered_ms", 9, "role",
		"patient", "answer", strcmp(patient, "yes") ? "yes" : "voice",
		"answered_ms", 8);

	assert_non_null(people);
	rth_consent_begin(c, people, part_us);
	json_decref(people);
}

static void note(struct rth_consent *c, const char *event, const char *role,
		 const char *answer, double s)
{
	json_t *object = json_pack("{s:s, s:s*, s:s*}", "event", event, "role",
				   role, "answer", answer);

	assert_non_null(object);
	rth_consent_note(c, object, (int64_t)(s * (double)S));
	json_decref(object);
}

static void the_newest_answer_counts(void **state)
{
	struct rth_consent c;

	(void)state;
	begin(&c, "yes", "voice", INT64_MIN);
	assert_int_equal(word(&c, 1, sound, 10), RTH_CONSENT_WRITE);
	assert_int_equal(word(&c, 1, picture, 10), RTH_CONSENT_NEVER);
	assert_int_equal(word(&c, 0, picture, 10), RTH_CONSENT_WRITE);
	begin(&c, "voice", "yes", INT64_MIN);
	assert_int_equal(word(&c, 1, picture, 10), RTH_CONSENT_WRITE);
	assert_int_equal(word(&c, 0, picture, 10), RTH_CONSENT_NEVER);
}

static void a_later_part_may_bring_what_is_older(void **state)
{
	struct rth_consent c;

	(void)state;
	begin(&c, "yes", "voice", 10 * S);
	assert_int_equal(word(&c, 1, picture, 9), RTH_CONSENT_DROP);
	assert_int_equal(word(&c, 1, picture, 11), RTH_CONSENT_DROP);
	assert_int_equal(word(&c, 1, picture, 11.1), RTH_CONSENT_NEVER);
	note(&c, "consent", "patient", "yes", 10.1);
	assert_int_equal(word(&c, 1, picture, 9), RTH_CONSENT_DROP);
	assert_int_equal(word(&c, 1, picture, 10.1), RTH_CONSENT_WRITE);
}

/* What the media brings late is judged by when it came, not by what is now. */
static void what_was_taken_back_stays_out(void **state)
{
	struct rth_consent c;

	(void)state;
	begin(&c, "yes", "yes", INT64_MIN);
	note(&c, "consent", "patient", "voice", 10);
	assert_int_equal(word(&c, 1, picture, 10), RTH_CONSENT_WRITE);
	assert_int_equal(word(&c, 1, picture, 11), RTH_CONSENT_DROP);
	assert_int_equal(word(&c, 1, picture, 11.1), RTH_CONSENT_NEVER);
	assert_int_equal(word(&c, 1, sound, 11.1), RTH_CONSENT_WRITE);
	note(&c, "consent", "patient", "yes", 20);
	assert_int_equal(word(&c, 1, picture, 10), RTH_CONSENT_WRITE);
	assert_int_equal(word(&c, 1, picture, 15), RTH_CONSENT_DROP);
	assert_int_equal(word(&c, 1, picture, 20), RTH_CONSENT_WRITE);
}

static void a_no_is_for_both(void **state)
{
	struct rth_consent c;

	(void)state;
	begin(&c, "yes", "yes", INT64_MIN);
	note(&c, "consent", "patient", "no", 10);
	for (int role = 0; role < 2; role++)
		for (int medium = 0; medium < 2; medium++) {
			assert_int_equal(word(&c, role, medium, 9),
					 RTH_CONSENT_WRITE);
			assert_int_equal(word(&c, role, medium, 10.5),
					 RTH_CONSENT_DROP);
			assert_int_equal(word(&c, role, medium, 12),
					 RTH_CONSENT_NEVER);
		}
	note(&c, "consent", "patient", "yes", 20);
	for (int role = 0; role < 2; role++) {
		assert_int_equal(word(&c, role, sound, 12), RTH_CONSENT_DROP);
		assert_int_equal(word(&c, role, sound, 21), RTH_CONSENT_WRITE);
	}
}

static void a_pause_stays_out_after_it(void **state)
{
	struct rth_consent c;

	(void)state;
	begin(&c, "yes", "yes", INT64_MIN);
	note(&c, "paused", NULL, NULL, 10);
	assert_int_equal(word(&c, 0, sound, 10), RTH_CONSENT_WRITE);
	assert_int_equal(word(&c, 0, sound, 99), RTH_CONSENT_DROP);
	note(&c, "paused", NULL, NULL, 15);
	note(&c, "running", NULL, NULL, 20);
	assert_int_equal(word(&c, 0, sound, 12), RTH_CONSENT_DROP);
	assert_int_equal(word(&c, 0, sound, 20), RTH_CONSENT_WRITE);
	note(&c, "joined", "patient", NULL, 21);
	assert_int_equal(word(&c, 0, sound, 22), RTH_CONSENT_WRITE);
}

/* More pauses than are remembered: what lies between the oldest stays out. */
static void many_pauses(void **state)
{
	const int n = 3 * RTH_CONSENT_GAPS;
	struct rth_consent c;

	(void)state;
	begin(&c, "yes", "yes", INT64_MIN);
	for (int i = 0; i < n; i++) {
		note(&c, "paused", NULL, NULL, 10 * i);
		note(&c, "running", NULL, NULL, 10 * i + 5);
	}
	for (int i = 0; i < n; i++) {
		bool old = i < n - RTH_CONSENT_GAPS;

		assert_int_equal(word(&c, 1, picture, 10 * i + 3),
				 RTH_CONSENT_DROP);
		assert_int_equal(word(&c, 1, picture, 10 * i + 7),
				 old ? RTH_CONSENT_DROP : RTH_CONSENT_WRITE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_answer_counts),
		cmocka_unit_test(a_later_part_may_bring_what_is_older),
		cmocka_unit_test(what_was_taken_back_stays_out),
		cmocka_unit_test(a_no_is_for_both),
		cmocka_unit_test(a_pause_stays_out_after_it),
		cmocka_unit_test(many_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
