/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON to text. json_dumpb asks for no memory for what it writes, and is an
 * error where it has none for its own.
 */
#include "json_text.h"

#include "mem.h"

enum rth_err rth_json_text(char **textp, size_t *lenp, const json_t *json)
{
	size_t len = json ? json_dumpb(json, NULL, 0, JSON_COMPACT) : 0;
	char *text;

	if (!len)
		return RTH_ERR_NOMEM;
	text = rth_alloc(len + 1);
	if (!text)
		return RTH_ERR_NOMEM;
	if (json_dumpb(json, text, len, JSON_COMPACT) != len) {
		rth_free(text);
		return RTH_ERR_NOMEM;
	}
	*textp = text;
	if (lenp)
		*lenp = len;
	return RTH_OK;
}
