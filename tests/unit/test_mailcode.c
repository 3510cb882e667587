/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pure parts of one-time codes, and the mail that carries one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mailcode.h"
#include "mem.h"
#include "smtp.h"

static uint32_t numbers[4];
static int numbers_used;

static int given_random(unsigned char *buf, int len)
{
	assert_int_equal(len, sizeof(uint32_t));
	memcpy(buf, &numbers[numbers_used++], sizeof(uint32_t));
	return 1;
}

static int broken_random(unsigned char *buf, int len)
{
	(void)buf, (void)len;
	return 0;
}

static void codes_have_six_digits(void **state)
{
	char code[RTH_MAILCODE_SIZE];

	(void)state;
	numbers_used = 0;
	numbers[0] = 42;
	numbers[1] = 7123456;
	assert_int_equal(rth_mailcode_make(code, given_random), 0);
	assert_string_equal(code, "000042");
	assert_int_equal(rth_mailcode_make(code, given_random), 0);
	assert_string_equal(code, "123456");
	assert_int_equal(rth_mailcode_make(code, broken_random),
			 RTH_ERR_CRYPTO);
}

static void unfair_numbers_are_thrown_again(void **state)
{
	char code[RTH_MAILCODE_SIZE];

	(void)state;
	numbers_used = 0;
	numbers[0] = UINT32_MAX;
	numbers[1] = 4294000000u;
	numbers[2] = 4293999999u;
	assert_int_equal(rth_mailcode_make(code, given_random), 0);
	assert_int_equal(numbers_used, 3);
	assert_string_equal(code, "999999");
}

static void addresses_come_out_in_lower_case(void **state)
{
	char out[RTH_EMAIL_SIZE];

	(void)state;
	assert_int_equal(rth_mailcode_address(out, "A.b+C@Ex-1.Example"), 0);
	assert_string_equal(out, "a.b+c@ex-1.example");
	assert_int_equal(rth_mailcode_address(out, "a@localhost"), 0);
}

static void dangerous_addresses_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"a",
		"@",
		"a@",
		"@b",
		"a b@c.example",
		"a@b c",
		"a@b@c",
		".a@b",
		"a.@b",
		"a..b@c",
		"a@.b",
		"a@b.",
		"a@b..c",
		"a@-b",
		"a@b\r\nBcc: x@y",
		"a\n@b",
		"a\r@b",
		"<a@b>",
		"\"a\"@b",
		"a,c@b",
		"a;c@b",
		"a@b>",
		"a@b,c@d",
		"a@[127.0.0.1]",
		"\xc3\xa4@b",
		"a@\xc3\xa4",
		"a@b_c",
	};
	char out[RTH_EMAIL_SIZE] = "kept", longer[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (rth_mailcode_address(out, bad[i]) != RTH_ERR_FORMAT)
			fail_msg("accepted: %s", bad[i]);
	memset(longer, 'a', sizeof(longer));
	strcpy(longer + 65, "@b");
	assert_int_equal(rth_mailcode_address(out, longer), RTH_ERR_FORMAT);
	memcpy(longer, "a@", 2);
	memset(longer + 2, 'b', 253);
	longer[255] = 0;
	assert_int_equal(rth_mailcode_address(out, longer), RTH_ERR_LIMIT);
	assert_string_equal(out, "kept");
}

static void hashes_depend_on_all_three(void **state)
{
	unsigned char key[RTH_MAILCODE_KEY_BYTES] = {1};
	char a[RTH_HASH_SIZE], b[RTH_HASH_SIZE];

	(void)state;
	assert_int_equal(rth_mailcode_hash(a, key, "a@b", "123456"), 0);
	assert_int_equal(rth_mailcode_hash(b, key, "a@b", "123456"), 0);
	assert_string_equal(a, b);
	assert_int_equal(rth_mailcode_hash(b, key, "a@b", "123457"), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(rth_mailcode_hash(b, key, "a@c", "123456"), 0);
	assert_string_not_equal(a, b);
	key[0] = 2;
	assert_int_equal(rth_mailcode_hash(b, key, "a@b", "123456"), 0);
	assert_string_not_equal(a, b);
}

static const struct rth_mail good = {
	.from = "clinic@c.example",
	.to = "p@d.example",
	.subject = "Your sign-in code",
	.text = "one\ntwo\n",
	.id = "r4nd0m",
	.now_s = 1790000000,
};

static void the_mail_is_well_formed(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(rth_smtp_compose(&text, &good), 0);
	assert_string_equal(text,
			    "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"
			    "From: <clinic@c.example>\r\n"
			    "To: <p@d.example>\r\n"
			    "Message-ID: <r4nd0m@c.example>\r\n"
			    "Subject: Your sign-in code\r\n"
			    "Auto-Submitted: auto-generated\r\n"
			    "MIME-Version: 1.0\r\n"
			    "Content-Type: text/plain; charset=us-ascii\r\n"
			    "\r\n"
			    "one\r\ntwo\r\n");
	rth_free(text);
}

static void nothing_adds_a_header(void **state)
{
	struct rth_mail bad[] = {good, good, good, good, good, good, good};
	char *text = NULL;
	size_t i;

	(void)state;
	bad[0].to = "p@d.example\r\nBcc: x@y";
	bad[1].subject = "a\nBcc: x@y";
	bad[2].from = "a@b\r\n";
	bad[3].id = "a\rb";
	bad[4].to = "p@d>, <x@y";
	bad[5].text = "a\r\n.\r\n";
	bad[6].from = "nobody";
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rth_smtp_compose(&text, &bad[i]),
				 RTH_ERR_FORMAT);
	assert_null(text);
}

static void a_mail_has_a_largest_size(void **state)
{
	static char text[9000];
	struct rth_mail mail = good;
	char *out = NULL;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	mail.text = text;
	assert_int_equal(rth_smtp_compose(&out, &mail), RTH_ERR_LIMIT);
	assert_null(out);
}

static void a_dead_mail_server_is_told(void **state)
{
	const struct rth_smtp_server server = {.url = "smtp://127.0.0.1:1",
					       .insecure = true};

	(void)state;
	assert_int_equal(rth_smtp_send(&server, &good), RTH_ERR_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_have_six_digits),
		cmocka_unit_test(unfair_numbers_are_thrown_again),
		cmocka_unit_test(addresses_come_out_in_lower_case),
		cmocka_unit_test(dangerous_addresses_are_refused),
		cmocka_unit_test(hashes_depend_on_all_three),
		cmocka_unit_test(the_mail_is_well_formed),
		cmocka_unit_test(nothing_adds_a_header),
		cmocka_unit_test(a_mail_has_a_largest_size),
		cmocka_unit_test(a_dead_mail_server_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
