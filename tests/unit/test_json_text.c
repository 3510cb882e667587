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

/* One text, however it was built: docs/audit.md. */
static void canonical_is_one_text(void **state)
{
	static const char *const same[] = {
		"{\"b\":[1,{\"z\":null,\"a\":true}],\"a\":\"\xc3\xa9/\"}",
		" { \"a\" : \"\\u00e9\\/\" , \"b\" : [ 1 , { \"a\" : true ,"
		" \"z\" : null } ] } ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		json_t *json = json_loads(same[i], 0, NULL);
		char *text;

		assert_int_equal(rth_json_canonical(&text, NULL, json), RTH_OK);
		assert_string_equal(text, "{\"a\":\"\xc3\xa9/\",\"b\":[1,"
					  "{\"a\":true,\"z\":null}]}");
		rth_free(text);
		json_decref(json);
	}
}

static void is_whole_or_an_error_as(enum rth_err (*write)(char **textp,
							  size_t *lenp,
							  const json_t *json))
{
	json_t *json = make();
	unsigned long n = 0;
	char *text = NULL;
	enum rth_err err;

	do {
		rth_mem_fail_at(++n);
		err = write(&text, NULL, json);
		assert_int_equal(err,
				 rth_mem_count() >= n ? RTH_ERR_NOMEM : RTH_OK);
		rth_mem_fail_at(0);
	} while (err);
	assert_true(n > 1);
	rth_free(text);
	json_decref(json);
}

static void is_whole_or_an_error(void **state)
{
	(void)state;
	is_whole_or_an_error_as(rth_json_text);
	is_whole_or_an_error_as(rth_json_canonical);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_jansson_writes),
		cmocka_unit_test(nothing_is_no_memory),
		cmocka_unit_test(canonical_is_one_text),
		cmocka_unit_test(is_whole_or_an_error),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	json_object_seed(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
