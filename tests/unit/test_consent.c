/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Consent texts and what a person has answered. */
#include "support.h"

#include <jansson.h>

#include "../../common/mem.h"
#include "../../plugins/consent.h"

/* The hashes are those that sha256sum gives. */
static struct rth_consent_text texts[] = {
	{.language = "en", .text = "May this be recorded?"},
	{.language = "es", .text = "\xc2\xbfSe puede grabar?"},
};
static const char *const hashes[] = {
	"940a6fb86867febf9486a5c3f691b0b3be0b28a960b01b7dc6f313cb220a55ce",
	"49a24de4c931590b5259c18b82ba15395bc4fac088fa24bfdfe9dd995b786e82",
};
static const struct rth_consent_texts offered = {
	.version = "2026-11",
	.list = {.v = texts, .n = 2},
};

static void hashes_are_of_the_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rth_consent_hash(&texts[i]), RTH_OK);
		assert_string_equal(texts[i].sha256, hashes[i]);
	}
}

static void a_text_is_found_by_its_exact_language(void **state)
{
	(void)state;
	assert_ptr_equal(rth_consent_text(&offered, "es"), &texts[1]);
	assert_null(rth_consent_text(&offered, "th"));
	assert_null(rth_consent_text(&offered, ""));
	assert_null(rth_consent_text(&offered, "EN"));
	assert_null(rth_consent_text(&offered, "en-GB"));
}

static void all_texts_are_offered(void **state)
{
	json_t *offer = rth_consent_offer(&offered);
	const json_t *second = json_array_get(offer, 1);

	(void)state;
	assert_int_equal(json_array_size(offer), 2);
	assert_string_equal(
		json_string_value(json_object_get(second, "language")), "es");
	assert_string_equal(json_string_value(json_object_get(second, "text")),
			    texts[1].text);
	json_decref(offer);
}

static void what_is_no_utf8_cannot_be_sent(void **state)
{
	const struct rth_consent_text bad = {.text = "\xff"};

	(void)state;
	assert_true(rth_consent_can_be_sent(&texts[1]));
	assert_false(rth_consent_can_be_sent(&bad));
}

static void answers_have_names(void **state)
{
	(void)state;
	assert_int_equal(rth_answer_find("yes"), RTH_ANSWER_YES);
	assert_int_equal(rth_answer_find("voice"), RTH_ANSWER_VOICE);
	assert_int_equal(rth_answer_find("no"), RTH_ANSWER_NO);
	assert_int_equal(rth_answer_find("none"), RTH_ANSWER_NONE);
	assert_int_equal(rth_answer_find("YES"), RTH_ANSWER_NONE);
	assert_string_equal(rth_answer_name(RTH_ANSWER_VOICE), "voice");
	assert_string_equal(rth_answer_name(RTH_ANSWER_NONE), "none");
	assert_string_equal(rth_answer_name(RTH_ANSWERS), "none");
}

static void only_two_answers_agree(void **state)
{
	struct rth_consent consent = {.answer = RTH_ANSWER_NONE};

	(void)state;
	assert_false(rth_consent_agrees(NULL));
	assert_false(rth_consent_agrees(&consent));
	consent.answer = RTH_ANSWER_NO;
	assert_false(rth_consent_agrees(&consent));
	consent.answer = RTH_ANSWER_VOICE;
	assert_true(rth_consent_agrees(&consent));
	consent.answer = RTH_ANSWER_YES;
	assert_true(rth_consent_agrees(&consent));
}

static void it_is_of_one_person_in_one_role(void **state)
{
	const struct rth_consent consent = {
		.issuer = 1, .sub = "subject-a", .role = RTH_ROLE_PATIENT};
	struct rth_admitted who = {
		.issuer = 1, .sub = "subject-a", .role = RTH_ROLE_PATIENT};

	(void)state;
	assert_true(rth_consent_is_of(&consent, &who));
	who.issuer = 0;
	assert_false(rth_consent_is_of(&consent, &who));
	who.issuer = 1;
	who.role = RTH_ROLE_CLINICIAN;
	assert_false(rth_consent_is_of(&consent, &who));
	who.role = RTH_ROLE_PATIENT;
	strcpy(who.sub, "subject-ab");
	assert_false(rth_consent_is_of(&consent, &who));
}

static void evidence_says_who_what_and_when(void **state)
{
	const struct rth_consent consent = {
		.sub = "subject-a",
		.role = RTH_ROLE_PATIENT,
		.participant = "AAAAAAAAAAAAAAAAAAAAAA",
		.answer = RTH_ANSWER_VOICE,
		.version = "2026-11",
		.text = &texts[1],
		.answered_ms = 1790000000000,
	};
	json_t *evidence = rth_consent_evidence(&consent);
	json_t *expected =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "role",
			  "patient", "participant", "AAAAAAAAAAAAAAAAAAAAAA",
			  "sub", "subject-a", "answer", "voice", "text_version",
			  "2026-11", "text_sha256", hashes[1], "language", "es",
			  "answered_ms", (json_int_t)1790000000000);

	(void)state;
	assert_true(json_equal(evidence, expected));
	json_decref(evidence);
	json_decref(expected);
}

static void memory_runs_out(void **state)
{
	const struct rth_consent consent = {.version = "1", .text = texts};
	unsigned long n = 0;
	json_t *made;

	(void)state;
	do {
		rth_mem_fail_at(++n);
		made = rth_consent_offer(&offered);
		rth_mem_fail_at(0);
	} while (!made);
	json_decref(made);
	assert_true(n > 5);
	n = 0;
	do {
		rth_mem_fail_at(++n);
		made = rth_consent_evidence(&consent);
		rth_mem_fail_at(0);
	} while (!made);
	json_decref(made);
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_of_the_bytes),
		cmocka_unit_test(a_text_is_found_by_its_exact_language),
		cmocka_unit_test(all_texts_are_offered),
		cmocka_unit_test(what_is_no_utf8_cannot_be_sent),
		cmocka_unit_test(answers_have_names),
		cmocka_unit_test(only_two_answers_agree),
		cmocka_unit_test(it_is_of_one_person_in_one_role),
		cmocka_unit_test(evidence_says_who_what_and_when),
		cmocka_unit_test(memory_runs_out),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
