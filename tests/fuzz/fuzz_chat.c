/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds chat messages to their reader. What it takes is one text of 1 to 4000
 * bytes and nothing else, and can be written and read again unchanged.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"

static void check_taken(const json_t *text, size_t size)
{
	json_t *again;
	char *written = json_dumps(text, JSON_ENCODE_ANY);
	size_t len = json_string_length(text);

	if (!written || size > RTH_CHAT_BYTES_MAX || len == 0 ||
	    len > RTH_CHAT_TEXT_MAX || strlen(json_string_value(text)) != len)
		abort();
	again = json_loads(written, JSON_DECODE_ANY, NULL);
	if (!json_equal(text, again))
		abort();
	json_decref(again);
	free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *text = rth_chat_read((const char *)data, size);

	if (text)
		check_taken(text, size);
	json_decref(text);
	return 0;
}
