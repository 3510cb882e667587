/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include "client.h"
#include "guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct bench bench;

struct line {
	const char *name, *value;
};

static struct rth_exchange *with(enum rth_method method,
				 const struct line *lines, size_t n)
{
	struct rth_exchange *x;
	size_t i;

	bench.portal.settings.public_url = (char *)"http://localhost:1";
	bench.portal.settings.janus.url = (char *)"wss://janus.example:8989/x";
	assert_int_equal(rth_exchange_create(&x, &bench.portal, method, "/"),
			 0);
	for (i = 0; i < n; i++)
		assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER,
						  lines[i].name,
						  lines[i].value),
				 0);
	return x;
}

#define WITH(method, ...)                                \
	with(method, (const struct line[]){__VA_ARGS__}, \
	     sizeof((const struct line[]){__VA_ARGS__}) / sizeof(struct line))

static unsigned request_status(struct rth_exchange *x, const char *target)
{
	unsigned status = rth_guard_request(x, target).status;

	rth_exchange_free(x);
	return status;
}

static void framing_must_be_clear(void **state)
{
	(void)state;
	assert_int_equal(request_status(WITH(RTH_GET, {"Host", "h"}), "/"), 0);
	assert_int_equal(request_status(WITH(RTH_GET, {"X", "h"}), "/"), 400);
	assert_int_equal(
		request_status(WITH(RTH_GET, {"Host", "h"}, {"host", "h"}),
			       "/"),
		400);
	assert_int_equal(request_status(WITH(RTH_POST, {"Host", "h"},
					     {"Transfer-Encoding", "chunked"}),
					"/"),
			 400);
	assert_int_equal(request_status(WITH(RTH_POST, {"Host", "h"},
					     {"Content-Length", "1"},
					     {"content-length", "1"}),
					"/"),
			 400);
	assert_int_equal(request_status(WITH(RTH_GET, {"Host", "h"},
					     {"Cookie", "a=b; ; c"}),
					"/"),
			 400);
}

static void queries_and_cookies_are_taken_apart(void **state)
{
	struct rth_exchange *x =
		WITH(RTH_GET, {"Host", "h"}, {"Cookie", "__Host-a=1; b=2"});

	(void)state;
	assert_int_equal(
		rth_guard_request(x, "/p?a=x%20y&b&c=&&d=1&d=2").status, 0);
	assert_string_equal(rth_request_field(x, RTH_FIELD_QUERY, "a"), "x y");
	assert_string_equal(rth_request_field(x, RTH_FIELD_QUERY, "b"), "");
	assert_string_equal(rth_request_field(x, RTH_FIELD_QUERY, "c"), "");
	assert_null(rth_request_field(x, RTH_FIELD_QUERY, "d"));
	assert_null(rth_request_field(x, RTH_FIELD_QUERY, "e"));
	assert_string_equal(rth_request_cookie(x, "a"), "1");
	assert_null(rth_request_cookie(x, "b"));
	rth_exchange_free(x);
	assert_int_equal(
		request_status(WITH(RTH_GET, {"Host", "h"}), "/?a=%0a"), 400);
}

static void bodies_are_json_of_a_known_length(void **state)
{
	static const struct {
		enum rth_method method;
		const char *length, *type;
		unsigned status;
	} rows[] = {
		{RTH_POST, "0", "", 0},
		{RTH_POST, "100", "application/json", 0},
		{RTH_POST, "100", "Application/JSON; charset=utf-8", 0},
		{RTH_POST, "101", "application/json", 413},
		{RTH_POST, "99999999", "application/json", 413},
		{RTH_POST, "", "application/json", 400},
		{RTH_POST, "-1", "application/json", 400},
		{RTH_POST, "+1", "application/json", 400},
		{RTH_POST, "1 ", "application/json", 400},
		{RTH_POST, "0x1", "application/json", 400},
		{RTH_POST, "1", "text/plain", 415},
		{RTH_POST, "1", "application/jsonx", 415},
		{RTH_POST, "1", "", 415},
		{RTH_GET, "1", "application/json", 400},
		{RTH_GET, "0", "", 0},
	};
	size_t i, bytes;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rth_exchange *x =
			WITH(rows[i].method, {"Content-Length", rows[i].length},
			     {"Content-Type", rows[i].type});

		assert_int_equal(rth_guard_body(x, 100, &bytes).status,
				 rows[i].status);
		rth_exchange_free(x);
	}
}

static unsigned origin_status(struct rth_exchange *x)
{
	unsigned status = rth_guard_origin(x).status;

	rth_exchange_free(x);
	return status;
}

static void origins_are_compared_whole(void **state)
{
	static const struct {
		const char *origin;
		unsigned status;
	} rows[] = {
		{"http://localhost:1", 0},
		{"HTTP://LOCALHOST:1", 0},
		{"http://localhost:12", 403},
		{"http://localhost", 403},
		{"https://localhost:1", 403},
		{"http://localhost:1/", 403},
		{"http://x.localhost:1", 403},
		{"null", 403},
		{"", 403},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(origin_status(WITH(
					 RTH_POST, {"Origin", rows[i].origin})),
				 rows[i].status);
	assert_int_equal(origin_status(WITH(RTH_POST,
					    {"Sec-Fetch-Site", "same-origin"})),
			 0);
	assert_int_equal(
		origin_status(WITH(RTH_POST, {"Sec-Fetch-Site", "same-site"})),
		403);
	assert_int_equal(
		origin_status(WITH(RTH_POST, {"Sec-Fetch-Site", "same-origin"},
				   {"Origin", "http://evil.example"})),
		403);
	assert_int_equal(origin_status(WITH(RTH_POST, {"X", "y"})), 403);
}

static unsigned host_status(const char *host)
{
	struct rth_exchange *x = WITH(RTH_GET, {"Host", host});
	unsigned status = rth_guard_host(x).status;

	rth_exchange_free(x);
	return status;
}

static void hosts_are_compared_whole(void **state)
{
	(void)state;
	assert_int_equal(host_status("localhost:1"), 0);
	assert_int_equal(host_status("LocalHost:1"), 0);
	assert_int_equal(host_status("localhost"), 421);
	assert_int_equal(host_status("localhost:1.evil.example"), 421);
	assert_int_equal(host_status(""), 421);
}

static void replies_carry_their_headers(void **state)
{
	struct rth_exchange *x = WITH(RTH_GET, {"Host", "h"});
	const char *policy;

	(void)state;
	rth_reply_header(x, "Cache-Control", "no-cache");
	rth_guard_reply(x);
	policy = bench_header(x, "Content-Security-Policy");
	assert_non_null(policy);
	assert_non_null(
		strstr(policy, "connect-src 'self' wss://janus.example:8989;"));
	assert_null(strstr(policy, "unsafe"));
	assert_string_equal(bench_header(x, "Cache-Control"), "no-cache");
	assert_null(bench_header(x, "Strict-Transport-Security"));
	assert_false(rth_exchange_reply(x)->failed);
	rth_exchange_free(x);
	x = WITH(RTH_GET, {"Host", "h"});
	bench.portal.settings.public_url = (char *)"https://visits.example";
	rth_guard_reply(x);
	assert_non_null(bench_header(x, "Strict-Transport-Security"));
	assert_string_equal(bench_header(x, "Cache-Control"), "no-store");
	rth_exchange_free(x);
}

static void what_is_no_document_has_fewer_headers(void **state)
{
	struct rth_exchange *x = WITH(RTH_GET, {"Host", "h"});

	(void)state;
	rth_exchange_reply(x)->type = "text/css; charset=utf-8";
	rth_guard_reply(x);
	assert_null(bench_header(x, "Content-Security-Policy"));
	assert_string_equal(bench_header(x, "X-Content-Type-Options"),
			    "nosniff");
	rth_exchange_free(x);
	/* A drawing can be opened by itself. */
	x = WITH(RTH_GET, {"Host", "h"});
	rth_exchange_reply(x)->type = "image/svg+xml";
	rth_guard_reply(x);
	assert_non_null(bench_header(x, "Content-Security-Policy"));
	rth_exchange_free(x);
}

static void a_header_cannot_be_split(void **state)
{
	struct rth_exchange *x = WITH(RTH_GET, {"Host", "h"});

	(void)state;
	rth_reply_redirect(x, "/a\r\nSet-Cookie: b=c");
	assert_true(rth_exchange_reply(x)->failed);
	assert_null(bench_header(x, "Location"));
	rth_exchange_free(x);
}

static void lines_are_tokens_and_text(void **state)
{
	(void)state;
	assert_int_equal(rth_guard_line("X-A", "b\t\xc3\xa4 c"), 0);
	assert_int_equal(rth_guard_line("", "b"), RTH_ERR_FORMAT);
	assert_int_equal(rth_guard_line("X ", "b"), RTH_ERR_FORMAT);
	assert_int_equal(rth_guard_line("X:", "b"), RTH_ERR_FORMAT);
	assert_int_equal(rth_guard_line("X", "b\rc"), RTH_ERR_FORMAT);
	assert_int_equal(rth_guard_line("X", "\x7f"), RTH_ERR_FORMAT);
}

static void check_client(const char *peer, const char *said, const char *is)
{
	struct rth_exchange *x = WITH(RTH_GET, {"X-Forwarded-For", said});
	struct sockaddr_in sa = {.sin_family = AF_INET};

	inet_pton(AF_INET, peer, &sa.sin_addr);
	rth_client_set_address(x, (struct sockaddr *)&sa);
	assert_string_equal(rth_request_address(x), is);
	rth_exchange_free(x);
}

static void only_a_trusted_proxy_is_believed(void **state)
{
	static char *proxies[] = {"192.0.2.1"};

	(void)state;
	bench.portal.settings.trusted_proxies.v = proxies;
	bench.portal.settings.trusted_proxies.n = 1;
	check_client("192.0.2.2", "198.51.100.1", "192.0.2.2");
	check_client("192.0.2.1", "198.51.100.1", "198.51.100.1");
	check_client("192.0.2.1", "10.0.0.1, 198.51.100.7", "198.51.100.7");
	check_client("192.0.2.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
	check_client("192.0.2.1", "2001:DB8:1:2::7", "2001:db8:1:2::");
	check_client("192.0.2.1", "::FFFF:198.51.100.1", "198.51.100.1");
	check_client("192.0.2.1", "nonsense", "192.0.2.1");
	check_client("192.0.2.1", "", "192.0.2.1");
}

/* Some proxies add a line of their own below the client's. */
static void the_last_line_is_the_proxys(void **state)
{
	static char *proxies[] = {"192.0.2.1"};
	struct rth_exchange *x = WITH(RTH_GET, {"X-Forwarded-For", "10.0.0.1"},
				      {"X-Forwarded-For", "198.51.100.7"});
	struct sockaddr_in sa = {.sin_family = AF_INET};

	(void)state;
	bench.portal.settings.trusted_proxies.v = proxies;
	bench.portal.settings.trusted_proxies.n = 1;
	inet_pton(AF_INET, "192.0.2.1", &sa.sin_addr);
	rth_client_set_address(x, (struct sockaddr *)&sa);
	assert_string_equal(rth_request_address(x), "198.51.100.7");
	rth_exchange_free(x);
}

/* Whoever has one IPv6 address has 2^64 of them. */
static void ipv6_clients_are_networks(void **state)
{
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6};
	struct rth_exchange *x = WITH(RTH_GET, {"Host", "h"});

	(void)state;
	inet_pton(AF_INET6, "2001:db8:1:2:3:4:5:6", &sa.sin6_addr);
	rth_client_set_address(x, (struct sockaddr *)&sa);
	assert_string_equal(rth_request_address(x), "2001:db8:1:2::");
	inet_pton(AF_INET6, "::ffff:192.0.2.9", &sa.sin6_addr);
	rth_client_set_address(x, (struct sockaddr *)&sa);
	assert_string_equal(rth_request_address(x), "192.0.2.9");
	rth_exchange_free(x);
}

static void methods_are_exact(void **state)
{
	static const char *const none[] = {"",	    "get",   "GETX", "GE",
					   "TRACE", "PATCH", "GET "};
	enum rth_method method = RTH_DELETE;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(rth_guard_method(&method, none[i]));
	assert_int_equal(method, RTH_DELETE);
	assert_true(rth_guard_method(&method, "HEAD"));
	assert_int_equal(method, RTH_GET);
	assert_true(rth_guard_method(&method, "PUT"));
	assert_int_equal(method, RTH_PUT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_are_exact),
		cmocka_unit_test(framing_must_be_clear),
		cmocka_unit_test(queries_and_cookies_are_taken_apart),
		cmocka_unit_test(bodies_are_json_of_a_known_length),
		cmocka_unit_test(origins_are_compared_whole),
		cmocka_unit_test(hosts_are_compared_whole),
		cmocka_unit_test(replies_carry_their_headers),
		cmocka_unit_test(what_is_no_document_has_fewer_headers),
		cmocka_unit_test(a_header_cannot_be_split),
		cmocka_unit_test(lines_are_tokens_and_text),
		cmocka_unit_test(only_a_trusted_proxy_is_believed),
		cmocka_unit_test(the_last_line_is_the_proxys),
		cmocka_unit_test(ipv6_clients_are_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
