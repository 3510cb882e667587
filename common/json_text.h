/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON to text, whole or not at all. json_dumps of jansson 2.14 passes over a
 * member's name for which there is no memory, and calls the rest a success.
 */
#ifndef RTH_JSON_TEXT_H
#define RTH_JSON_TEXT_H

#include <stddef.h>

#include <jansson.h>

#include "err.h"

/**
 * Writes JSON without blanks. Any thread.
 *
 * @param textp receives it, with a NUL behind it; rth_free it
 * @param lenp  receives its bytes; may be NULL
 * @param json  borrowed; NULL is an error: what made it had no memory
 * @return 0 or RTH_ERR_NOMEM
 */
enum rth_err rth_json_text(char **textp, size_t *lenp,
			   const json_t *json) RTH_CHECKED;

/**
 * The same with the members of each object in the order of their names (of
 * their bytes): the same JSON is always the same text. Any thread.
 */
enum rth_err rth_json_canonical(char **textp, size_t *lenp,
				const json_t *json) RTH_CHECKED;

#endif
