/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reasons, as `review.reason` and `review.reasons` want them.
 */
#include "reason.h"

#include <string.h>

#include "portal.h"
#include "text.h"

#define FREE_TEXT "free-text" /* the code of a reason that is in no list */

enum rth_err rth_reason_read(char reason[RTH_REASON_SIZE],
			     const struct rth_exchange *x)
{
	const struct rth_settings *s = &rth_request_portal(x)->settings;
	const json_t *value = json_object_get(rth_request_body(x), "reason");
	const char *text = json_string_value(value);

	*reason = '\0';
	if (value && !text && !json_is_null(value))
		return RTH_ERR_FORMAT;
	if (s->review.reason_need == RTH_REASON_NONE)
		return 0;
	if (text &&
	    (rth_text_chars(text) > RTH_REASON_CHARS ||
	     rth_text_clean(reason, RTH_REASON_SIZE, text, RTH_REASON_CHARS)))
		return RTH_ERR_FORMAT;
	return !*reason && s->review.reason_need == RTH_REASON_REQUIRED
		       ? RTH_ERR_FORMAT
		       : 0;
}

const char *rth_reason_code(const struct rth_settings *settings,
			    const char *reason)
{
	const struct rth_conf_strings *known = &settings->review.reasons;
	size_t i;

	if (!*reason)
		return NULL;
	for (i = 0; i < known->n; i++)
		if (strcmp(known->v[i], reason) == 0)
			return known->v[i];
	return FREE_TEXT;
}

void rth_reply_bad_field(struct rth_exchange *x, const char *field,
			 const char *message)
{
	rth_reply_json(x, 400,
		       json_pack("{s:{s:s, s:s, s:s}}", "error", "code",
				 "bad-request", "message", message, "field",
				 field));
}
