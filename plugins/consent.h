/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Consent to be recorded: the clinic's texts, and what one person has answered
 * to which of them (conf.h). No input or output: the evidence is handed out as
 * JSON.
 */
#ifndef RTH_CONSENT_H
#define RTH_CONSENT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "admission.h"
#include "conf.h"

/* In the order of rth_answer_names. */
enum rth_answer {
	RTH_ANSWER_YES,
	RTH_ANSWER_VOICE, /* yes, but no picture of mine */
	RTH_ANSWER_NO,
	RTH_ANSWER_NONE, /* nothing in time; nobody can say this */
	RTH_ANSWERS,
};

/* What can be said, ending with NULL. */
extern const char *const rth_answer_names[];

/** "yes", "voice", "no" or "none". */
const char *rth_answer_name(enum rth_answer answer);

/** What a name of rth_answer_names means; RTH_ANSWER_NONE for any other. */
enum rth_answer rth_answer_find(const char *name);

/** Says whether it can be put into JSON: UTF-8. */
bool rth_consent_can_be_sent(const struct rth_consent_text *text);

/** Fills in the hash of a text. 0 or RTH_ERR_CRYPTO. */
enum rth_err rth_consent_hash(struct rth_consent_text *text) RTH_CHECKED;

/** The text of a language, or NULL; borrowed. */
const struct rth_consent_text *
rth_consent_text(const struct rth_consent_texts *texts, const char *language);

/** All texts as [{"language", "text"}, ...]; NULL without memory. */
json_t *rth_consent_offer(const struct rth_consent_texts *texts) RTH_CHECKED;

/* What one person has answered in one recording. */
struct rth_consent {
	/* Who: the person, and the seat that the person had last. */
	size_t issuer;
	char sub[RTH_SUB_BYTES_MAX + 1];
	enum rth_role role;
	char participant[RTH_ID_SIZE];
	/* What. */
	enum rth_answer answer;
	const char *version;		     /* of the texts; borrowed */
	const struct rth_consent_text *text; /* read; borrowed; NULL: none */
	int64_t answered_ms;		     /* since 1970 */
};

/** Says whether this is the person's: same issuer, subject and role. */
bool rth_consent_is_of(const struct rth_consent *consent,
		       const struct rth_admitted *who);

/** Says whether it agrees to be recorded. NULL does not. */
bool rth_consent_agrees(const struct rth_consent *consent);

/**
 * The evidence, as in docs/feed.md: an entry of "people". To json_decref; NULL
 * without memory.
 */
json_t *rth_consent_evidence(const struct rth_consent *consent) RTH_CHECKED;

#endif
