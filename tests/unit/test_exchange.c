/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include <fcntl.h>

static struct bench bench;

static struct rth_exchange *make(void)
{
	return bench_exchange(&bench, RTH_POST, "/p");
}

static void fields_are_found_once(void **state)
{
	struct rth_exchange *x = make();

	(void)state;
	assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER, "A", "1"), 0);
	assert_int_equal(rth_exchange_add(x, RTH_FIELD_QUERY, "A", "2"), 0);
	assert_int_equal(rth_exchange_add(x, RTH_FIELD_COOKIE, "B", "3"), 0);
	assert_string_equal(rth_request_field(x, RTH_FIELD_HEADER, "a"), "1");
	assert_string_equal(rth_request_field(x, RTH_FIELD_QUERY, "A"), "2");
	assert_null(rth_request_field(x, RTH_FIELD_QUERY, "a"));
	assert_null(rth_request_field(x, RTH_FIELD_HEADER, "B"));
	assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER, "a", "4"), 0);
	assert_null(rth_request_field(x, RTH_FIELD_HEADER, "A"));
	assert_int_equal(rth_request_count(x, RTH_FIELD_HEADER, "A"), 2);
	assert_string_equal(rth_request_param(x, 0), "");
	assert_string_equal(rth_request_param(x, 99), "");
	rth_exchange_free(x);
}

static void sixty_four_fields_are_taken(void **state)
{
	struct rth_exchange *x = make();
	int i;

	(void)state;
	for (i = 0; i < RTH_REQUEST_MAX_FIELDS; i++)
		assert_int_equal(
			rth_exchange_add(x, RTH_FIELD_HEADER, "a", "b"), 0);
	assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER, "a", "b"),
			 RTH_ERR_LIMIT);
	rth_exchange_free(x);
}

static void bodies_are_objects_or_arrays(void **state)
{
	static const struct {
		const char *text;
		enum rth_err err;
	} rows[] = {
		{"{}", 0},
		{"[]", 0},
		{"{\"a\":\"b\"}", 0},
		{"", RTH_ERR_FORMAT},
		{"1", RTH_ERR_FORMAT},
		{"\"a\"", RTH_ERR_FORMAT},
		{"{\"a\":1,\"a\":2}", RTH_ERR_FORMAT},
		{"{} x", RTH_ERR_FORMAT},
		{"{\"a\":\"\xff\"}", RTH_ERR_FORMAT},
		{"{\"a\":\"\\u0000\"}", RTH_ERR_FORMAT},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rth_exchange *x = make();

		assert_int_equal(rth_exchange_set_body(x, rows[i].text,
						       strlen(rows[i].text)),
				 rows[i].err);
		assert_int_equal(rth_request_body(x) != NULL, !rows[i].err);
		assert_null(rth_request_string(x, "b"));
		rth_exchange_free(x);
	}
}

static void the_last_reply_counts(void **state)
{
	struct rth_exchange *x = make();
	struct rth_reply *reply = rth_exchange_reply(x);
	char code[16];

	(void)state;
	rth_reply_file(x, open("/dev/null", O_RDONLY), 0, "text/plain");
	rth_reply_json(x, 200, json_pack("{s:i}", "a", 1));
	assert_int_equal(reply->fd, -1);
	assert_string_equal(reply->body, "{\"a\":1}");
	rth_reply_not_found(x);
	assert_int_equal(reply->status, 404);
	assert_string_equal(bench_code(x, code, sizeof(code)), "not-found");
	rth_reply_empty(x, 204);
	assert_null(reply->body);
	assert_false(reply->failed);
	rth_reply_json(x, 200, NULL);
	assert_true(reply->failed);
	rth_exchange_free(x);
}

static void close_counts(void *arg)
{
	++*(int *)arg;
}

static enum rth_err read_nothing(void *arg, uint64_t offset, void *data,
				 size_t len, size_t *gotp)
{
	(void)arg;
	(void)offset;
	(void)data;
	(void)len;
	(void)gotp;
	return RTH_ERR_IO;
}

static void a_body_is_closed_once(void **state)
{
	struct rth_exchange *x = make();
	struct rth_reply *reply = rth_exchange_reply(x);
	int closed[2] = {0, 0};
	struct rth_body body = {.bytes = 5,
				.type = "text/plain",
				.read = read_nothing,
				.close = close_counts,
				.arg = &closed[0]};

	(void)state;
	rth_reply_body(x, 206, &body);
	assert_int_equal(reply->status, 206);
	assert_string_equal(reply->type, "text/plain");
	assert_int_equal(reply->stream.bytes, 5);
	body.arg = &closed[1];
	rth_reply_body(x, 200, &body);
	assert_int_equal(closed[0], 1);
	assert_int_equal(closed[1], 0);
	rth_reply_failed(x, RTH_ERR_IO);
	assert_int_equal(closed[1], 1);
	assert_null(reply->stream.read);
	rth_exchange_free(x);
	assert_int_equal(closed[0], 1);
	assert_int_equal(closed[1], 1);
}

static void cookies_have_all_attributes(void **state)
{
	struct rth_exchange *x = make();

	(void)state;
	rth_reply_cookie(x, "a", "v", 60);
	assert_string_equal(bench_header(x, "Set-Cookie"),
			    "__Host-a=v; Path=/; Max-Age=60; HttpOnly;"
			    " SameSite=Lax; Secure");
	rth_exchange_free(x);
	x = make();
	rth_reply_cookie(x, "a", "", 0);
	assert_string_equal(bench_header(x, "Set-Cookie"),
			    "__Host-a=; Path=/; Max-Age=0; HttpOnly;"
			    " SameSite=Lax; Secure");
	rth_exchange_free(x);
	x = make();
	bench.portal.settings.cookies_insecure = true;
	rth_reply_cookie(x, "a", "v", 0);
	assert_string_equal(bench_header(x, "Set-Cookie"),
			    "a=v; Path=/; HttpOnly; SameSite=Lax");
	bench.portal.settings.cookies_insecure = false;
	rth_exchange_free(x);
}

static void what_does_not_fit_fails(void **state)
{
	struct rth_exchange *x = make();
	char value[600];
	int i;

	(void)state;
	memset(value, 'v', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	rth_reply_cookie(x, "a", value, 0);
	assert_true(rth_exchange_reply(x)->failed);
	rth_exchange_free(x);
	x = make();
	for (i = 0; i < 20; i++)
		rth_reply_header(x, "A", "b");
	assert_false(rth_exchange_reply(x)->failed);
	rth_reply_header(x, "A", "b");
	assert_true(rth_exchange_reply(x)->failed);
	rth_exchange_free(x);
}

static void failing_memory_fails_the_reply(void **state)
{
	unsigned long n;

	(void)state;
	for (n = 1; n <= 3; n++) {
		struct rth_exchange *x = make();

		rth_mem_fail_at(n);
		rth_reply_header(x, "A", "b");
		rth_reply_header(x, "A", "b");
		rth_reply_json(x, 200, json_object());
		rth_mem_fail_at(0);
		assert_true(rth_exchange_reply(x)->failed);
		rth_exchange_free(x);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_once),
		cmocka_unit_test(sixty_four_fields_are_taken),
		cmocka_unit_test(bodies_are_objects_or_arrays),
		cmocka_unit_test(the_last_reply_counts),
		cmocka_unit_test(a_body_is_closed_once),
		cmocka_unit_test(cookies_have_all_attributes),
		cmocka_unit_test(what_does_not_fit_fails),
		cmocka_unit_test(failing_memory_fails_the_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
