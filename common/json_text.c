/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON to text. json_dumpb asks for no memory for what it writes, and is an
 * error where it has none for its own.
 */
#include "json_text.h"

#include "mem.h"

static enum rth_err dump(char **textp, size_t *lenp, const json_t *json,
			 size_t flags)
{
	size_t len = json ? json_dumpb(json, NULL, 0, flags) : 0;
	char *text;

	if (!len)
		return RTH_ERR_NOMEM;
	text = rth_alloc(len + 1);
	if (!text)
		return RTH_ERR_NOMEM;
	if (json_dumpb(json, text, len, flags) != len) {
		rth_free(text);
		return RTH_ERR_NOMEM;
	}
	*textp = text;
	if (lenp)
		*lenp = len;
	return RTH_OK;
}

enum rth_err rth_json_text(char **textp, size_t *lenp, const json_t *json)
{
	return dump(textp, lenp, json, JSON_COMPACT);
}

enum rth_err rth_json_canonical(char **textp, size_t *lenp, const json_t *json)
{
	return dump(textp, lenp, json, JSON_COMPACT | JSON_SORT_KEYS);
}
