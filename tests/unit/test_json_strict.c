/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strict JSON. */
#include "support.h"

#include "json_strict.h"
#include "mem.h"

static enum rth_err read_text(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1); /* without a NUL behind it */
	json_t *json = NULL;
	enum rth_err err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	err = rth_json_object(&json, copy, len);
	assert_int_equal(err == RTH_OK, json != NULL);
	json_decref(json);
	free(copy);
	return err;
}

static const char *const taken[] = {
	"{}",
	" {\"a\":[1,-2.5,true,null,\"\\u00e9\"]} ",
	"{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
	"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[\"}",
	"{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[\\\\\"}",
	"{\"a\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]}",
	"{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}",
};

static const char *const refused[] = {
	"",
	"null",
	"[]",
	"\"a\"",
	"{",
	"{}x",
	"{} {}",
	"{\"a\":1,\"a\":1}",
	"{\"b\":{\"a\":1,\"\\u0061\":2}}",
	"{\"a\":\"\\u0000\"}",
	"{\"a\":\"\xff\"}",
	"{\"a\":\"\xed\xa0\x80\"}",
	"{\"a\":\"\xc0\xaf\"}",
	"{\"a\":99999999999999999999}",
	"{\"a\":01}",
	"{\"a\":NaN}",
	"{a:1}",
	"{'a':1}",
	"{\"a\":1,}",
	"{\"a\":\"\n\"}",
	"{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
};

static void takes_objects(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (read_text(taken[i], strlen(taken[i])) != RTH_OK)
			fail_msg("%s was refused", taken[i]);
}

static void refuses_everything_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (read_text(refused[i], strlen(refused[i])) != RTH_ERR_FORMAT)
			fail_msg("%s was taken", refused[i]);
	assert_int_equal(read_text("{\"a\":\"\0\"}", 9), RTH_ERR_FORMAT);
	assert_int_equal(read_text("{}\0", 3), RTH_ERR_FORMAT);
}

static void refuses_a_million_levels(void **state)
{
	size_t len = 1 << 20;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, '[', len);
	memcpy(text, "{\"a\":", 5);
	assert_int_equal(read_text(text, len), RTH_ERR_FORMAT);
	free(text);
}

static void survives_failing_allocations(void **state)
{
	static const char text[] = "{\"a\":[1,\"two\",{\"three\":3.5}]}";
	unsigned long n;

	(void)state;
	for (n = 1; n < 1000; n++) {
		rth_mem_fail_at(n);
		if (read_text(text, strlen(text)) == RTH_OK)
			break;
	}
	rth_mem_fail_at(0);
	assert_true(n > 5 && n < 1000);
}

/* Whatever allocation fails, nothing is read that does not stand there. */
static void a_sure_reading_is_right_or_none(void **state)
{
	static const char text[] =
		"{\"a\":\"a string that is longer than what jansson begins"
		" with, by far\",\"another name that is long as well\":[1]}";
	json_t *right, *json;
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	assert_int_equal(rth_json_object(&right, text, strlen(text)), 0);
	for (n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = rth_json_object_sure(&json, text, strlen(text));
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
	}
	assert_true(n > 5);
	assert_true(json_equal(json, right));
	json_decref(json);
	json_decref(right);
	assert_int_equal(rth_json_object_sure(&json, "{", 1), RTH_ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_objects),
		cmocka_unit_test(refuses_everything_else),
		cmocka_unit_test(refuses_a_million_levels),
		cmocka_unit_test(survives_failing_allocations),
		cmocka_unit_test(a_sure_reading_is_right_or_none),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	json_object_seed(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
