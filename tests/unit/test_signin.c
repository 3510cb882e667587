/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ways of signing in, handler by handler, on a clock of the test's own:
 * what expires, what is limited, and what is left when memory runs out.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "exchange.h"
#include "mailcode.h"
#include "mem.h"
#include "oidc.h"
#include "oidc_url.h"
#include "portal.h"
#include "store.h"
#include "work.h"

#define T0 1790000000
#define CLIENT "192.0.2.1"
#define HOUR 3600

static int64_t now_s;

static int64_t clock_s(void)
{
	return now_s;
}

/* A provider that nobody listens for. */
static struct rth_provider_conf dead = {
	.id = "dead",
	.name = "Dead",
	.issuer = "http://127.0.0.1:1",
	.client_id = "c",
	.scope = "openid",
};

struct fixture {
	struct rth_portal portal;
	char dir[64];
	char database[80];
};

static void fill_settings(struct rth_settings *s)
{
	s->public_url = "http://localhost:1";
	s->trial = true;
	s->code.ttl_s = 600;
	s->code.tries = 5;
	s->code.per_address_hour = 20;
	s->code.per_client_hour = 30;
	s->code.tries_client_hour = 100;
	s->session.idle_s = s->session.absolute_s = HOUR;
	s->providers.v = &dead;
	s->providers.n = 1;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct rth_portal *p = &f->portal;

	*state = f;
	now_s = T0;
	p->now_s = clock_s;
	fill_settings(&p->settings);
	strcpy(f->dir, "/tmp/rth-signin-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->database, sizeof(f->database), "%s/db", f->dir);
	return rth_store_open(&p->store, f->database) ||
	       rth_work_create(&p->work_net, 1, 8) ||
	       rth_oidc_create(&p->oidc, &p->settings, p->work_net) ||
	       rth_mailcode_create(&p->mailcode, &p->settings, p->work_net);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	const char *const ends[] = {"", "-wal", "-shm"};
	char path[100];
	size_t i;

	rth_work_free(f->portal.work_net);
	rth_mailcode_free(f->portal.mailcode);
	rth_oidc_free(f->portal.oidc);
	rth_store_close(f->portal.store);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", f->database, ends[i]);
		unlink(path);
	}
	rmdir(f->dir);
	free(f);
	return 0;
}

static struct rth_exchange *exchange(struct fixture *f, enum rth_method method,
				     const char *path)
{
	struct rth_exchange *x = NULL;

	assert_int_equal(rth_exchange_create(&x, &f->portal, method, path), 0);
	rth_exchange_set_address(x, CLIENT);
	return x;
}

static const char *header(struct rth_exchange *x, const char *name)
{
	const struct rth_reply *reply = rth_exchange_reply(x);
	size_t i;

	for (i = 0; i < reply->headers_n; i++)
		if (!strcmp(reply->headers[i].name, name))
			return reply->headers[i].value;
	return NULL;
}

static void a_start_at_a_dead_provider_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct rth_exchange *x = exchange(f, RTH_GET, "/auth/start/dead");

	assert_int_equal(rth_exchange_set_param(x, 0, "dead", 4), 0);
	rth_oidc_handle_start(x);
	assert_string_equal(header(x, "Location"), "/?error=provider-down");
	assert_null(header(x, "Set-Cookie"));
	rth_exchange_free(x);
}

/* ---- Codes ---- */

/* Asks for a code and reads it from where a trial prints it. */
static unsigned ask_from(struct fixture *f, const char *client,
			 const char *email, char code[RTH_MAILCODE_SIZE])
{
	struct rth_exchange *x = exchange(f, RTH_POST, "/auth/code");
	char text[512] = "", *at;
	int kept, file, n;
	unsigned status;

	n = snprintf(text, sizeof(text), "{\"email\":\"%s\"}", email);
	assert_int_equal(rth_exchange_set_body(x, text, (size_t)n), 0);
	rth_exchange_set_address(x, client);
	fflush(stdout);
	kept = dup(STDOUT_FILENO);
	file = open(f->dir, O_TMPFILE | O_RDWR, 0600);
	dup2(file, STDOUT_FILENO);
	rth_mailcode_handle_code(x);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	n = (int)pread(file, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = 0;
	close(kept);
	close(file);
	at = strstr(text, ": ");
	snprintf(code, RTH_MAILCODE_SIZE, "%.6s", at ? at + 2 : "");
	status = rth_exchange_reply(x)->status;
	rth_exchange_free(x);
	return status;
}

static unsigned ask(struct fixture *f, const char *email,
		    char code[RTH_MAILCODE_SIZE])
{
	return ask_from(f, CLIENT, email, code);
}

static unsigned verify_from(struct fixture *f, const char *client,
			    const char *email, const char *code)
{
	struct rth_exchange *x = exchange(f, RTH_POST, "/auth/verify");
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "{\"email\":\"%s\",\"code\":\"%s\"}", email, code);
	unsigned status;

	assert_int_equal(rth_exchange_set_body(x, text, (size_t)n), 0);
	rth_exchange_set_address(x, client);
	rth_mailcode_handle_verify(x);
	status = rth_exchange_reply(x)->status;
	assert_int_equal(header(x, "Set-Cookie") != NULL, status == 200);
	rth_exchange_free(x);
	return status;
}

static unsigned verify(struct fixture *f, const char *email, const char *code)
{
	return verify_from(f, CLIENT, email, code);
}

static const char *wrong(const char *code)
{
	return strcmp(code, "000000") ? "000000" : "000001";
}

static void a_code_lives_ten_minutes(void **state)
{
	struct fixture *f = *state;
	char code[RTH_MAILCODE_SIZE];

	assert_int_equal(ask(f, "a@b.example", code), 202);
	now_s = T0 + 599;
	assert_int_equal(verify(f, "a@b.example", code), 200);
	assert_int_equal(ask(f, "a@b.example", code), 202);
	now_s += 600;
	assert_int_equal(verify(f, "a@b.example", code), 403);
}

static void a_code_has_five_tries(void **state)
{
	struct fixture *f = *state;
	char code[RTH_MAILCODE_SIZE];
	int i;

	ask(f, "a@b.example", code);
	for (i = 0; i < 4; i++)
		assert_int_equal(verify(f, "a@b.example", wrong(code)), 403);
	assert_int_equal(verify(f, "A@B.example", code), 200);
	ask(f, "a@b.example", code);
	for (i = 0; i < 5; i++)
		assert_int_equal(verify(f, "a@b.example", wrong(code)), 403);
	/* The answer is that for somebody who has never asked for a code. */
	assert_int_equal(verify(f, "a@b.example", code), 403);
	assert_int_equal(verify(f, "never@b.example", code), 403);
}

static void what_is_no_code_costs_no_try(void **state)
{
	static const char *const bad[] = {"",	    "12345",  "1234567",
					  "12345a", " 12345", "12 456"};
	struct fixture *f = *state;
	char code[RTH_MAILCODE_SIZE];
	size_t i;

	ask(f, "a@b.example", code);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(verify(f, "a@b.example", bad[i]), 403);
	assert_int_equal(verify(f, "a@b.example", code), 200);
}

/* Many clients with many codes still get only so many tries a day. */
static void patience_does_not_guess_a_code(void **state)
{
	struct fixture *f = *state;
	char code[RTH_MAILCODE_SIZE], client[32];
	int i;

	for (i = 0; i < 50; i++) {
		snprintf(client, sizeof(client), "198.51.100.%d", i);
		if (i % 5 == 0)
			assert_int_equal(
				ask_from(f, client, "a@b.example", code), 202);
		assert_int_equal(
			verify_from(f, client, "a@b.example", wrong(code)),
			403);
	}
	assert_int_equal(ask_from(f, CLIENT, "a@b.example", code), 202);
	assert_int_equal(verify(f, "a@b.example", code), 429);
	assert_int_equal(ask(f, "other@b.example", code), 202);
	assert_int_equal(verify(f, "other@b.example", code), 200);
	now_s += 24 * HOUR;
	assert_int_equal(ask(f, "a@b.example", code), 202);
	assert_int_equal(verify(f, "a@b.example", code), 200);
}

static void limits_are_over_after_an_hour(void **state)
{
	struct fixture *f = *state;
	char code[RTH_MAILCODE_SIZE];
	int i;

	for (i = 0; i < 20; i++)
		assert_int_equal(ask(f, "a@b.example", code), 202);
	assert_int_equal(ask(f, "a@b.example", code), 429);
	assert_string_equal(code, "");
	for (i = 0; i < 9; i++)
		assert_int_equal(ask(f, "c@d.example", code), 202);
	assert_int_equal(ask(f, "c@d.example", code), 429);
	assert_int_equal(ask_from(f, "192.0.2.2", "c@d.example", code), 202);
	now_s += HOUR;
	assert_int_equal(ask(f, "a@b.example", code), 202);
}

static void without_a_way_to_send_there_are_no_codes(void **state)
{
	struct fixture *f = *state;
	char code[RTH_MAILCODE_SIZE];

	f->portal.settings.trial = false;
	assert_int_equal(ask(f, "a@b.example", code), 404);
	assert_string_equal(code, "");
}

static void without_memory_nobody_gets_in_by_a_wrong_code(void **state)
{
	struct fixture *f = *state;
	char code[RTH_MAILCODE_SIZE];
	unsigned long n;
	unsigned status = 0;

	/* So that no worker allocates meanwhile. */
	a_start_at_a_dead_provider_leaves_nothing(state);
	f->portal.settings.code.tries = 10;
	f->portal.settings.code.tries_client_hour = 1000;
	for (n = 1; n < 40 && status != 200; n++) {
		struct rth_exchange *x = exchange(f, RTH_POST, "/auth/verify");
		char text[128];
		int len;

		ask_from(f, "192.0.2.9", "a@b.example", code);
		len = snprintf(text, sizeof(text),
			       "{\"email\":\"a@b.example\",\"code\":\"%s\"}",
			       code);
		assert_int_equal(rth_exchange_set_body(x, text, (size_t)len),
				 0);
		rth_mem_fail_at(n);
		rth_mailcode_handle_verify(x);
		rth_mem_fail_at(0);
		status = rth_exchange_reply(x)->failed
				 ? 500
				 : rth_exchange_reply(x)->status;
		assert_true(status == 200 || status == 500);
		rth_exchange_free(x);
	}
	assert_int_equal(status, 200);
	assert_true(n > 2);
}

/* ---- OpenID Connect ---- */

#define STATE "the-state"
#define BROWSER "the-cookie-of-the-browser-that-began-this-1"

static void begin(struct fixture *f, const char *provider)
{
	struct rth_attempt a = {.nonce = "n", .verifier = "v", .next = "/x"};

	snprintf(a.provider, sizeof(a.provider), "%s", provider);
	assert_int_equal(rth_store_hash(a.state_hash, STATE), 0);
	assert_int_equal(rth_store_hash(a.browser_hash, BROWSER), 0);
	a.expires_s = now_s + 600;
	assert_int_equal(rth_store_attempt_add(f->portal.store, &a, now_s), 0);
}

/* Where a callback ends; no cookie comes with a failure. */
static void comes_back(struct fixture *f, const char *state,
		       const char *browser, const char *want)
{
	struct rth_exchange *x = exchange(f, RTH_GET, "/auth/callback/dead");

	assert_int_equal(rth_exchange_set_param(x, 0, "dead", 4), 0);
	if (state)
		assert_int_equal(
			rth_exchange_add(x, RTH_FIELD_QUERY, "state", state),
			0);
	if (browser)
		assert_int_equal(rth_exchange_add(x, RTH_FIELD_COOKIE,
						  "__Host-signin", browser),
				 0);
	assert_int_equal(rth_exchange_add(x, RTH_FIELD_QUERY, "code", "c"), 0);
	rth_oidc_handle_callback(x);
	assert_int_equal(rth_exchange_reply(x)->status, 303);
	assert_string_equal(header(x, "Location"), want);
	assert_null(header(x, "Set-Cookie"));
	rth_exchange_free(x);
}

static void an_attempt_lives_ten_minutes(void **state)
{
	struct fixture *f = *state;

	begin(f, "dead");
	now_s = T0 + 599;
	comes_back(f, STATE, BROWSER, "/?error=provider-down");
	begin(f, "dead");
	now_s += 600;
	comes_back(f, STATE, BROWSER, "/?error=sign-in-expired");
}

static void an_attempt_serves_once(void **state)
{
	struct fixture *f = *state;

	begin(f, "dead");
	comes_back(f, STATE, BROWSER, "/?error=provider-down");
	comes_back(f, STATE, BROWSER, "/?error=sign-in-expired");
}

static void an_attempt_is_bound_to_its_browser(void **state)
{
	struct fixture *f = *state;

	begin(f, "dead");
	comes_back(f, STATE, NULL, "/?error=sign-in-expired");
	begin(f, "dead");
	comes_back(f, STATE, "", "/?error=sign-in-expired");
	begin(f, "dead");
	comes_back(f, STATE, BROWSER "2", "/?error=sign-in-expired");
}

static void an_attempt_is_bound_to_state_and_provider(void **state)
{
	struct fixture *f = *state;

	begin(f, "dead");
	comes_back(f, NULL, BROWSER, "/?error=sign-in-expired");
	comes_back(f, "", BROWSER, "/?error=sign-in-expired");
	comes_back(f, "another", BROWSER, "/?error=sign-in-expired");
	comes_back(f, STATE, BROWSER, "/?error=provider-down");
	begin(f, "other");
	comes_back(f, STATE, BROWSER, "/?error=sign-in-failed");
}

/* How many rows the audit has of a refusal, of which nobody is the subject. */
static int refusals(const struct fixture *f, const char *method,
		    const char *reason)
{
	char command[320], text[16] = "";
	FILE *rows;

	snprintf(command, sizeof(command),
		 "sqlite3 '%s' \"SELECT COUNT(*) FROM audit WHERE reason = '%s'"
		 " AND json_extract(data, '$.method') = '%s' AND action = "
		 "'sign-in-refused' AND subject IS NULL\"",
		 f->database, reason, method);
	rows = popen(command, "r");
	assert_non_null(rows);
	assert_non_null(fgets(text, sizeof(text), rows));
	pclose(rows);
	return atoi(text);
}

static void what_was_refused_is_in_the_audit(void **state)
{
	struct fixture *f = *state;
	char code[RTH_MAILCODE_SIZE];

	ask(f, "a@b.example", code);
	verify(f, "a@b.example", wrong(code));
	verify(f, "never@b.example", code);
	assert_int_equal(refusals(f, "code", "denied"), 1);
	assert_int_equal(refusals(f, "code", "not-found"), 1);
	begin(f, "dead");
	comes_back(f, STATE, "", "/?error=sign-in-expired");
	assert_int_equal(refusals(f, "oidc:dead", "other-browser"), 1);
	/* Anybody could make any number of these. */
	comes_back(f, "another", BROWSER, "/?error=sign-in-expired");
	assert_int_equal(refusals(f, "oidc:dead", "no-attempt"), 0);
}

static void an_unsafe_issuer_stops_the_start(void **state)
{
	struct fixture *f = *state;
	struct rth_provider_conf unsafe = dead;
	struct rth_settings settings = f->portal.settings;
	struct rth_oidc *o = NULL;

	unsafe.issuer = "http://op.example";
	settings.providers.v = &unsafe;
	assert_int_equal(rth_oidc_create(&o, &settings, f->portal.work_net),
			 RTH_ERR_CONFIG);
	assert_null(o);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_code_lives_ten_minutes),
		TEST(a_code_has_five_tries),
		TEST(what_is_no_code_costs_no_try),
		TEST(patience_does_not_guess_a_code),
		TEST(limits_are_over_after_an_hour),
		TEST(without_a_way_to_send_there_are_no_codes),
		TEST(without_memory_nobody_gets_in_by_a_wrong_code),
		TEST(an_attempt_lives_ten_minutes),
		TEST(an_attempt_serves_once),
		TEST(an_attempt_is_bound_to_its_browser),
		TEST(an_attempt_is_bound_to_state_and_provider),
		TEST(a_start_at_a_dead_provider_leaves_nothing),
		TEST(an_unsafe_issuer_stops_the_start),
		TEST(what_was_refused_is_in_the_audit),
	};

	json_object_seed(0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
