/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Consent to be recorded. See consent.h.
 */
#include "consent.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

const char *const rth_answer_names[] = {
	[RTH_ANSWER_YES] = "yes",
	[RTH_ANSWER_VOICE] = "voice",
	[RTH_ANSWER_NO] = "no",
	[RTH_ANSWER_NONE] = NULL,
};

const char *rth_answer_name(enum rth_answer answer)
{
	return answer < RTH_ANSWER_NONE ? rth_answer_names[answer] : "none";
}

enum rth_answer rth_answer_find(const char *name)
{
	enum rth_answer answer = RTH_ANSWER_YES;

	while (answer < RTH_ANSWER_NONE &&
	       strcmp(name, rth_answer_names[answer]) != 0)
		answer++;
	return answer;
}

bool rth_consent_can_be_sent(const struct rth_consent_text *text)
{
	json_t *json = json_string(text->text);

	json_decref(json);
	return json != NULL;
}

enum rth_err rth_consent_hash(struct rth_consent_text *text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (EVP_Digest(text->text, strlen(text->text), digest, &len,
		       EVP_sha256(), NULL) != 1 ||
	    2 * len != sizeof(text->sha256) - 1)
		return RTH_ERR_CRYPTO;
	for (unsigned i = 0; i < len; i++)
		snprintf(text->sha256 + 2 * i, 3, "%02x", digest[i]);
	return RTH_OK;
}

const struct rth_consent_text *
rth_consent_text(const struct rth_consent_texts *texts, const char *language)
{
	const struct rth_consent_text *text = texts->list.v;

	for (size_t i = 0; i < texts->list.n; i++) {
		if (strcmp(text[i].language, language) == 0)
			return &text[i];
	}
	return NULL;
}

json_t *rth_consent_offer(const struct rth_consent_texts *texts)
{
	const struct rth_consent_text *text = texts->list.v;
	json_t *offer = json_array();

	for (size_t i = 0; offer && i < texts->list.n; i++) {
		if (json_array_append_new(offer,
					  json_pack("{s:s, s:s}", "language",
						    text[i].language, "text",
						    text[i].text))) {
			json_decref(offer);
			offer = NULL;
		}
	}
	return offer;
}

bool rth_consent_is_of(const struct rth_consent *consent,
		       const struct rth_admitted *who)
{
	return consent->issuer == who->issuer && consent->role == who->role &&
	       strcmp(consent->sub, who->sub) == 0;
}

bool rth_consent_agrees(const struct rth_consent *consent)
{
	return consent && (consent->answer == RTH_ANSWER_YES ||
			   consent->answer == RTH_ANSWER_VOICE);
}

json_t *rth_consent_evidence(const struct rth_consent *consent)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:I}", "role",
			 rth_role_name(consent->role), "participant",
			 consent->participant, "sub", consent->sub, "answer",
			 rth_answer_name(consent->answer), "text_version",
			 consent->version, "text_sha256",
			 consent->text ? consent->text->sha256 : NULL,
			 "language",
			 consent->text ? consent->text->language : NULL,
			 "answered_ms", (json_int_t)consent->answered_ms);
}
