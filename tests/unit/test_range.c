/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include "range.h"
#include "ranged.h"

#define MAX UINT64_MAX

struct row {
	const char *text;
	uint64_t length;
	enum rth_ranges_kind kind;
	struct rth_range v[3];
};

static const struct row rows[] = {
	/* Ignored: absent, another unit, malformed, nothing there. */
	{NULL, 10, RTH_RANGES_WHOLE, {{0}}},
	{"", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=,", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=-", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=--1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=-1-", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=2-1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=0-1,9-8", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=a-b", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=0-1;2-3", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=0 -1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=0- 1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=+0-1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=0x0-1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=0-1 2-3", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes =0-1", 10, RTH_RANGES_WHOLE, {{0}}},
	{" bytes=0-1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes:0-1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"items=0-1", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=0-1", 0, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=-1", 0, RTH_RANGES_WHOLE, {{0}}},
	/* One. */
	{"bytes=0-0", 10, RTH_RANGES_SOME, {{0, 1}}},
	{"bytes=0-9", 10, RTH_RANGES_SOME, {{0, 10}}},
	{"bytes=0-10", 10, RTH_RANGES_SOME, {{0, 10}}},
	{"bytes=0-", 10, RTH_RANGES_SOME, {{0, 10}}},
	{"bytes=9-", 10, RTH_RANGES_SOME, {{9, 1}}},
	{"bytes=3-5", 10, RTH_RANGES_SOME, {{3, 3}}},
	{"bytes=-1", 10, RTH_RANGES_SOME, {{9, 1}}},
	{"bytes=-10", 10, RTH_RANGES_SOME, {{0, 10}}},
	{"bytes=-11", 10, RTH_RANGES_SOME, {{0, 10}}},
	{"BYTES=1-2", 10, RTH_RANGES_SOME, {{1, 2}}},
	{"bytes=007-0008", 10, RTH_RANGES_SOME, {{7, 2}}},
	{"bytes= \t1-2 \t", 10, RTH_RANGES_SOME, {{1, 2}}},
	{"bytes=,,1-2,,", 10, RTH_RANGES_SOME, {{1, 2}}},
	/* Numbers that no file has. */
	{"bytes=0-18446744073709551615", 10, RTH_RANGES_SOME, {{0, 10}}},
	{"bytes=5-99999999999999999999999", 10, RTH_RANGES_SOME, {{5, 5}}},
	{"bytes=-99999999999999999999999", 10, RTH_RANGES_SOME, {{0, 10}}},
	{"bytes=18446744073709551616-", 10, RTH_RANGES_NONE, {{0}}},
	{"bytes=99999999999999999999999-0", 10, RTH_RANGES_WHOLE, {{0}}},
	{"bytes=0-", MAX / 2, RTH_RANGES_SOME, {{0, MAX / 2}}},
	{"bytes=0-,0-", MAX / 2, RTH_RANGES_SOME, {{0, MAX / 2}, {0, MAX / 2}}},
	{"bytes=0-,0-,-1", MAX / 2, RTH_RANGES_NONE, {{0}}},
	{"bytes=0-", MAX, RTH_RANGES_WHOLE, {{0}}},
	/* Several; those that are not there are left out. */
	{"bytes=0-0,-1", 10, RTH_RANGES_SOME, {{0, 1}, {9, 1}}},
	{"bytes=5-6, 0-1 ,2-", 10, RTH_RANGES_SOME, {{5, 2}, {0, 2}, {2, 8}}},
	{"bytes=0-4,2-6", 10, RTH_RANGES_SOME, {{0, 5}, {2, 5}}},
	{"bytes=10-,0-0", 10, RTH_RANGES_SOME, {{0, 1}}},
	{"bytes=-0,0-0", 10, RTH_RANGES_SOME, {{0, 1}}},
	/* Not there, or too much. */
	{"bytes=10-", 10, RTH_RANGES_NONE, {{0}}},
	{"bytes=10-11,12-", 10, RTH_RANGES_NONE, {{0}}},
	{"bytes=-0", 10, RTH_RANGES_NONE, {{0}}},
	{"bytes=0-,0-", 10, RTH_RANGES_SOME, {{0, 10}, {0, 10}}},
	{"bytes=0-,0-,0-0", 10, RTH_RANGES_NONE, {{0}}},
	{"bytes=0-,0-,5-1", 10, RTH_RANGES_WHOLE, {{0}}},
};

static void each_form_is_read(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct rth_ranges ranges;

		rth_ranges_read(&ranges, row->text, row->length);
		if (ranges.kind != row->kind)
			fail_msg("%s: %d", row->text, ranges.kind);
		for (k = 0; k < 3 && row->v[k].bytes; k++) {
			assert_int_equal(ranges.v[k].first, row->v[k].first);
			assert_int_equal(ranges.v[k].bytes, row->v[k].bytes);
		}
		assert_int_equal(ranges.n, k);
	}
}

static void sixteen_are_taken(void **state)
{
	char text[128] = "bytes=0-0";
	struct rth_ranges ranges;
	int i;

	(void)state;
	for (i = 1; i < RTH_RANGES_MAX; i++)
		strcat(text, ",-1");
	rth_ranges_read(&ranges, text, 100);
	assert_int_equal(ranges.kind, RTH_RANGES_SOME);
	assert_int_equal(ranges.n, RTH_RANGES_MAX);
	strcat(text, ",500-");
	rth_ranges_read(&ranges, text, 100);
	assert_int_equal(ranges.kind, RTH_RANGES_NONE);
	assert_int_equal(ranges.n, 0);
}

static void only_the_same_strong_tag_holds(void **state)
{
	(void)state;
	assert_true(rth_range_if("\"a\"", "\"a\""));
	assert_false(rth_range_if("\"b\"", "\"a\""));
	assert_false(rth_range_if("W/\"a\"", "\"a\""));
	assert_false(rth_range_if("a", "\"a\""));
	assert_false(rth_range_if("", "\"a\""));
	assert_false(rth_range_if("\"a\"", NULL));
	assert_false(rth_range_if("Sun, 06 Nov 1994 08:49:37 GMT", "\"a\""));
}

/* ---- Replies ---- */

#define LENGTH 1000

struct source {
	int closed;
	size_t most;	/* bytes a read gives at most */
	uint64_t fails; /* from this place on */
};

static struct bench bench;

static unsigned char byte_at(uint64_t i)
{
	return (unsigned char)(i * 131 + i / 251);
}

static enum rth_err source_read(void *arg, uint64_t offset, void *data,
				size_t len, size_t *gotp)
{
	const struct source *source = arg;
	unsigned char *to = data;
	size_t i;

	if (offset >= source->fails)
		return RTH_ERR_CRYPTO;
	assert_true(offset < LENGTH && offset + len <= LENGTH);
	if (len > source->most)
		len = source->most;
	for (i = 0; i < len; i++)
		to[i] = byte_at(offset + i);
	*gotp = len;
	return 0;
}

static void source_close(void *arg)
{
	((struct source *)arg)->closed++;
}

static struct rth_exchange *ask(struct source *source, const char *range,
				const char *if_range, const char *etag)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/f");
	const struct rth_body body = {.bytes = LENGTH,
				      .type = "video/webm",
				      .read = source_read,
				      .close = source_close,
				      .arg = source};

	if (range)
		assert_int_equal(
			rth_exchange_add(x, RTH_FIELD_HEADER, "Range", range),
			0);
	if (if_range)
		assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER,
						  "If-Range", if_range),
				 0);
	rth_ranged_reply(x, &body, etag);
	return x;
}

/* Reads the body in steps; how much came. */
static size_t take(struct rth_exchange *x, char *out, size_t size, size_t step)
{
	const struct rth_body *body = &rth_exchange_reply(x)->stream;
	size_t at = 0;

	assert_true(body->bytes <= size);
	while (at < body->bytes) {
		size_t got = 0, len = body->bytes - at;

		assert_int_equal(body->read(body->arg, at, out + at,
					    len < step ? len : step, &got),
				 0);
		assert_true(got > 0 && got <= step);
		at += got;
	}
	return at;
}

static void assert_bytes(const char *text, uint64_t first, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal((unsigned char)text[i], byte_at(first + i));
}

static void the_whole_is_200(void **state)
{
	static const struct {
		const char *range, *if_range, *etag;
	} wholes[] = {
		{NULL, NULL, "\"e\""},
		{"items=0-1", NULL, "\"e\""},
		{"bytes=0-1", "\"f\"", "\"e\""},
		{"bytes=0-1", "W/\"e\"", "\"e\""},
		{"bytes=0-1", "\"e\"", NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		struct source source = {0, 7, LENGTH};
		struct rth_exchange *x =
			ask(&source, wholes[i].range, wholes[i].if_range,
			    wholes[i].etag);
		char out[LENGTH];

		assert_int_equal(rth_exchange_reply(x)->status, 200);
		assert_string_equal(bench_header(x, "Accept-Ranges"), "bytes");
		assert_null(bench_header(x, "Content-Range"));
		assert_int_equal(take(x, out, sizeof(out), 64), LENGTH);
		assert_bytes(out, 0, LENGTH);
		rth_exchange_free(x);
		assert_int_equal(source.closed, 1);
	}
}

static void one_is_206(void **state)
{
	struct source source = {0, 1000, LENGTH};
	struct rth_exchange *x =
		ask(&source, "bytes=100-299,5000-", "\"e\"", "\"e\"");
	char out[LENGTH];

	(void)state;
	assert_int_equal(rth_exchange_reply(x)->status, 206);
	assert_string_equal(rth_exchange_reply(x)->type, "video/webm");
	assert_string_equal(bench_header(x, "Content-Range"),
			    "bytes 100-299/1000");
	assert_string_equal(bench_header(x, "ETag"), "\"e\"");
	assert_int_equal(take(x, out, sizeof(out), 33), 200);
	assert_bytes(out, 100, 200);
	rth_exchange_free(x);
	assert_int_equal(source.closed, 1);
}

static void none_is_416(void **state)
{
	struct source source = {0, 1000, LENGTH};
	struct rth_exchange *x = ask(&source, "bytes=1000-", NULL, "\"e\"");
	char code[32];

	(void)state;
	assert_int_equal(rth_exchange_reply(x)->status, 416);
	assert_string_equal(bench_code(x, code, sizeof(code)), "range");
	assert_string_equal(bench_header(x, "Content-Range"), "bytes */1000");
	assert_int_equal(source.closed, 1);
	assert_null(rth_exchange_reply(x)->stream.read);
	rth_exchange_free(x);
}

static void two_headers_are_none(void **state)
{
	struct source source = {0, 1000, LENGTH};
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/f");
	const struct rth_body body = {LENGTH,	    "video/webm", source_read,
				      source_close, &source,	  NULL,
				      NULL};

	(void)state;
	assert_int_equal(
		rth_exchange_add(x, RTH_FIELD_HEADER, "Range", "bytes=0-1"), 0);
	assert_int_equal(
		rth_exchange_add(x, RTH_FIELD_HEADER, "range", "bytes=0-1"), 0);
	rth_ranged_reply(x, &body, NULL);
	assert_int_equal(rth_exchange_reply(x)->status, 200);
	rth_exchange_free(x);
}

static void head_has_no_range(void **state)
{
	struct source source = {0, 1000, LENGTH};
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/f");
	const struct rth_body body = {LENGTH,	    "video/webm", source_read,
				      source_close, &source,	  NULL,
				      NULL};

	(void)state;
	rth_exchange_set_head(x);
	assert_int_equal(
		rth_exchange_add(x, RTH_FIELD_HEADER, "Range", "bytes=0-1"), 0);
	rth_ranged_reply(x, &body, NULL);
	assert_int_equal(rth_exchange_reply(x)->status, 200);
	assert_int_equal(rth_exchange_reply(x)->stream.bytes, LENGTH);
	rth_exchange_free(x);
	assert_int_equal(source.closed, 1);
}

/* What several ranges must look like, made another way. */
static size_t expected(char *out, size_t size, const char *boundary,
		       const struct rth_range *v, size_t n)
{
	size_t at = 0, i, k;

	for (i = 0; i < n; i++) {
		at += (size_t)snprintf(
			out + at, size - at,
			"\r\n--%s\r\nContent-Type: video/webm\r\n"
			"Content-Range: bytes %d-%d/1000\r\n\r\n",
			boundary, (int)v[i].first,
			(int)(v[i].first + v[i].bytes - 1));
		for (k = 0; k < v[i].bytes; k++)
			out[at++] = (char)byte_at(v[i].first + k);
	}
	at += (size_t)snprintf(out + at, size - at, "\r\n--%s--\r\n", boundary);
	return at;
}

static void several_are_multipart(void **state)
{
	static const struct rth_range v[] = {{990, 10}, {0, 500}, {3, 1}};
	static const char type[] = "multipart/byteranges; boundary=";
	char out[4096], wanted[4096];
	size_t step, len;

	(void)state;
	for (step = 1; step < 700; step += 31) {
		struct source source = {0, step, LENGTH};
		struct rth_exchange *x =
			ask(&source, "bytes=-10,0-499,3-3", NULL, NULL);
		const struct rth_reply *reply = rth_exchange_reply(x);

		assert_int_equal(reply->status, 206);
		assert_null(bench_header(x, "Content-Range"));
		assert_memory_equal(reply->type, type, strlen(type));
		len = expected(wanted, sizeof(wanted),
			       reply->type + strlen(type), v, 3);
		assert_int_equal(take(x, out, sizeof(out), step + 1), len);
		assert_memory_equal(out, wanted, len);
		rth_exchange_free(x);
		assert_int_equal(source.closed, 1);
	}
}

static void an_error_is_handed_on(void **state)
{
	struct source source = {0, 1000, 50};
	struct rth_exchange *x = ask(&source, "bytes=40-59", NULL, NULL);
	const struct rth_body *body = &rth_exchange_reply(x)->stream;
	char out[64];
	size_t got = 0;

	(void)state;
	assert_int_equal(body->read(body->arg, 0, out, 10, &got), 0);
	assert_int_equal(got, 10);
	assert_int_equal(body->read(body->arg, 10, out, 10, &got),
			 RTH_ERR_CRYPTO);
	assert_int_equal(body->read(body->arg, 20, out, 10, &got),
			 RTH_ERR_LIMIT);
	rth_exchange_free(x);
}

static void without_memory_nothing_leaks(void **state)
{
	unsigned status = 0;
	unsigned long n;

	(void)state;
	for (n = 1; status != 206; n++) {
		struct source source = {0, 1000, LENGTH};
		struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/f");
		const struct rth_body body = {
			LENGTH,	 "video/webm", source_read, source_close,
			&source, NULL,	       NULL};

		assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER, "Range",
						  "bytes=0-1,4-5"),
				 0);
		rth_mem_fail_at(n);
		rth_ranged_reply(x, &body, "\"e\"");
		rth_mem_fail_at(0);
		if (!rth_exchange_reply(x)->failed)
			status = rth_exchange_reply(x)->status;
		rth_exchange_free(x);
		assert_int_equal(source.closed, 1);
		assert_true(n < 20);
	}
	assert_true(n > 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_read),
		cmocka_unit_test(sixteen_are_taken),
		cmocka_unit_test(only_the_same_strong_tag_holds),
		cmocka_unit_test(the_whole_is_200),
		cmocka_unit_test(one_is_206),
		cmocka_unit_test(none_is_416),
		cmocka_unit_test(two_headers_are_none),
		cmocka_unit_test(head_has_no_range),
		cmocka_unit_test(several_are_multipart),
		cmocka_unit_test(an_error_is_handed_on),
		cmocka_unit_test(without_memory_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
