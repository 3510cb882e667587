/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON to text. */
#include "support.h"

#include "json_text.h"
#include "mem.h"

/* Long enough that a buffer would have to grow at names and at values. */
static json_t *make(void)
{
	json_t *json = json_object();

	for (int i = 0; i < 40; i++) {
		char name[64];

		snprintf(name, sizeof(name), "member-%0*d", i + 1, i);
		assert_int_equal(
			json_object_set_new(json, name, json_string("value")),
			0);
	}
	return json;
}

static void writes_what_jansson_writes(void **state)
{
	json_t *json = make(), *again;
	char *text = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(rth_json_text(&text, &len, json), RTH_OK);
	assert_int_equal(strlen(text), len);
	again = json_loads(text, 0, NULL);
	assert_true(json_equal(json, again));
	json_decref(again);
	json_decref(json);
	rth_free(text);
}

static void nothing_is_no_memory(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(rth_json_text(&text, NULL, NULL), RTH_ERR_NOMEM);
	assert_null(text);
}

static void is_whole_or_an_error(void **state)
{
	json_t *json = make();
	unsigned long n = 0;
	char *text = NULL;
	enum rth_err err;

	(void)state;
	do {
		rth_mem_fail_at(++n);
		err = rth_json_text(&text, NULL, json);
		assert_int_equal(err,
				 rth_mem_count() >= n ? RTH_ERR_NOMEM : RTH_OK);
		rth_mem_fail_at(0);
	} while (err);
	assert_true(n > 1);
	rth_free(text);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_jansson_writes),
		cmocka_unit_test(nothing_is_no_memory),
		cmocka_unit_test(is_whole_or_an_error),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	json_object_seed(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
