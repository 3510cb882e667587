/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strict JSON. The depth is counted before jansson sees the text, because its
 * parser and its json_decref recurse once a level.
 */
#include "json_strict.h"

#include <stdbool.h>

static bool too_deep(const char *text, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '"')
			in_string = !in_string;
		else if (in_string && c == '\\')
			i++;
		else if (in_string)
			continue;
		else if ((c == '{' || c == '[') && ++depth > RTH_JSON_MAX_DEPTH)
			return true;
		else if (c == '}' || c == ']')
			depth--;
	}
	return false;
}

enum rth_err rth_json_object(json_t **objectp, const char *text, size_t len)
{
	json_error_t error;
	json_t *json;

	if (too_deep(text, len))
		return RTH_ERR_FORMAT;
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		return json_error_code(&error) == json_error_out_of_memory
			       ? RTH_ERR_NOMEM
			       : RTH_ERR_FORMAT;
	if (!json_is_object(json)) {
		json_decref(json);
		return RTH_ERR_FORMAT;
	}
	*objectp = json;
	return RTH_OK;
}

enum rth_err rth_json_object_sure(json_t **objectp, const char *text,
				  size_t len)
{
	json_t *first = NULL, *second = NULL;
	enum rth_err err = rth_json_object(&first, text, len);
	enum rth_err again = rth_json_object(&second, text, len);

	if (err != again || (!err && !json_equal(first, second)))
		err = RTH_ERR_NOMEM;
	json_decref(second);
	if (err)
		json_decref(first);
	else
		*objectp = first;
	return err;
}
