/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base64url: the vectors of RFC 4648 section 10, and what must be refused. */
#include "support.h"

#include "base64.h"

struct vector {
	const char *bytes;
	const char *text;
};

static const struct vector vectors[] = {
	{"", ""},
	{"f", "Zg"},
	{"fo", "Zm8"},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg"},
	{"fooba", "Zm9vYmE"},
	{"\xff", "_w"},
	{"\xfb\xef", "--8"},
	{"\xff\xff\xff", "____"},
	{"foobar", "Zm9vYmFy"},
};

#define N_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void encodes_and_decodes_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		const struct vector *v = &vectors[i];
		unsigned char bytes[16];
		char text[16];
		size_t len = 99;

		assert_int_equal(rth_base64url_encode(text, sizeof(text),
						      v->bytes,
						      strlen(v->bytes)),
				 RTH_OK);
		assert_string_equal(text, v->text);
		assert_int_equal(strlen(text),
				 RTH_BASE64URL_LEN(strlen(v->bytes)));
		assert_int_equal(rth_base64url_decode(bytes, sizeof(bytes),
						      &len, v->text,
						      strlen(v->text)),
				 RTH_OK);
		assert_int_equal(len, strlen(v->bytes));
		assert_memory_equal(bytes, v->bytes, len);
	}
}

static const char *const wrong[] = {
	"Z",	 "Zm9vY", "Zg==", "Zm8=",  "Zm9v====", "Zm9v\n",
	" Zm9v", "Zm 9",  "Zm+v", "Zm/v",  "Zm9v.",    "Zh",
	"Zm9",	 "_x",	  "=",	  "Z\x80", "Zm9v*",    "\xc3\xa9Zg",
};

static void refuses_other_texts(void **state)
{
	unsigned char bytes[16];
	size_t len = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (rth_base64url_decode(bytes, sizeof(bytes), &len, wrong[i],
					 strlen(wrong[i])) != RTH_ERR_FORMAT)
			fail_msg("\"%s\" was taken", wrong[i]);
	assert_int_equal(
		rth_base64url_decode(bytes, sizeof(bytes), &len, "Zm\0v", 4),
		RTH_ERR_FORMAT);
	assert_int_equal(len, 99);
}

static void stays_in_its_buffers(void **state)
{
	unsigned char *bytes = malloc(3);
	char *text = malloc(5);
	size_t len;

	(void)state;
	assert_int_equal(rth_base64url_encode(text, 5, "foo", 3), RTH_OK);
	assert_int_equal(rth_base64url_encode(text, 4, "foo", 3),
			 RTH_ERR_LIMIT);
	assert_int_equal(rth_base64url_encode(text, 0, "", 0), RTH_ERR_LIMIT);
	assert_int_equal(rth_base64url_encode(text, 5, "foo", SIZE_MAX),
			 RTH_ERR_LIMIT);
	assert_int_equal(rth_base64url_decode(bytes, 3, &len, "Zm9v", 4),
			 RTH_OK);
	assert_int_equal(rth_base64url_decode(bytes, 2, &len, "Zm9v", 4),
			 RTH_ERR_LIMIT);
	free(text);
	free(bytes);
}

/* Every text of up to three characters: what decodes is what encodes to it. */
static void has_one_text_for_all_bytes(void **state)
{
	unsigned char bytes[3];
	unsigned taken = 0;
	char text[4], again[5];
	size_t len;

	(void)state;
	for (unsigned n = 0; n < 1u << 24; n += 1 + n % 7) {
		text[0] = (char)(n >> 16);
		text[1] = (char)(n >> 8);
		text[2] = (char)n;
		if (rth_base64url_decode(bytes, sizeof(bytes), &len, text, 3))
			continue;
		assert_int_equal(
			rth_base64url_encode(again, sizeof(again), bytes, len),
			RTH_OK);
		assert_memory_equal(text, again, 3);
		taken++;
	}
	assert_true(taken > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_and_decodes_vectors),
		cmocka_unit_test(refuses_other_texts),
		cmocka_unit_test(stays_in_its_buffers),
		cmocka_unit_test(has_one_text_for_all_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
