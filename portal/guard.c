/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a request must be, and what every reply carries.
 */
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cookie.h"
#include "path.h"
#include "portal.h"

#define POLICY_SIZE 768

static const struct rth_refusal none;
static const struct rth_refusal malformed = {400, "bad-request",
					     "The request is malformed."};
static const struct rth_refusal too_large = {413, "too-large",
					     "The request is too large."};
static const struct rth_refusal not_json = {
	415, "not-json", "The request's body is not application/json."};
static const struct rth_refusal misdirected = {
	421, "wrong-host", "This address is not served here."};
static const struct rth_refusal wrong_origin = {
	403, "wrong-origin", "The request does not come from this site."};

bool rth_guard_method(enum rth_method *methodp, const char *text)
{
	static const struct {
		const char *text;
		enum rth_method method;
	} methods[] = {
		{"GET", RTH_GET}, {"HEAD", RTH_GET},	  {"POST", RTH_POST},
		{"PUT", RTH_PUT}, {"DELETE", RTH_DELETE},
	};
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].text, text) == 0) {
			*methodp = methods[i].method;
			return true;
		}
	return false;
}

enum rth_err rth_guard_line(const char *name, const char *value)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
				    "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (!*name || strspn(name, token) != strlen(name))
		return RTH_ERR_FORMAT;
	for (; *value; value++)
		if (((unsigned char)*value < 0x20 && *value != '\t') ||
		    *value == 0x7f)
			return RTH_ERR_FORMAT;
	return 0;
}

/* Content-Length: digits only, at most seven of them. */
static bool length_read(const char *text, unsigned long *np)
{
	size_t len = strlen(text);

	if (len == 0 || len > 7 || strspn(text, "0123456789") != len)
		return false;
	*np = strtoul(text, NULL, 10);
	return true;
}

static bool is_json(const char *type)
{
	return type && strncasecmp(type, "application/json", 16) == 0 &&
	       (type[16] == '\0' || type[16] == ';' || type[16] == ' ');
}

/* A proxy in front could have read these another way than we do. */
static bool framing_clear(const struct rth_exchange *x)
{
	static const char *const once[] = {"Content-Length", "Host",
					   "Content-Type",   "Cookie",
					   "Origin",	     "X-RTH-CSRF"};
	size_t i;

	for (i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (rth_request_count(x, RTH_FIELD_HEADER, once[i]) > 1)
			return false;
	return rth_request_count(x, RTH_FIELD_HEADER, "Transfer-Encoding") ==
		       0 &&
	       rth_request_count(x, RTH_FIELD_HEADER, "Host") == 1;
}

static enum rth_err add_view(struct rth_exchange *x, enum rth_field_kind kind,
			     const char *name, size_t name_len,
			     const char *value, size_t value_len)
{
	char name_text[128], value_text[RTH_REQUEST_MAX_URL_BYTES];
	enum rth_err err;

	if (kind == RTH_FIELD_QUERY) {
		err = rth_path_decode_value(name_text, sizeof(name_text), name,
					    name_len);
		if (!err)
			err = rth_path_decode_value(value_text,
						    sizeof(value_text), value,
						    value_len);
		return err ? err
			   : rth_exchange_add(x, kind, name_text, value_text);
	}
	if (name_len >= sizeof(name_text) || value_len >= sizeof(value_text))
		return RTH_ERR_LIMIT;
	memcpy(name_text, name, name_len);
	name_text[name_len] = '\0';
	memcpy(value_text, value, value_len);
	value_text[value_len] = '\0';
	return rth_exchange_add(x, kind, name_text, value_text);
}

static enum rth_err add_cookies(struct rth_exchange *x)
{
	const char *header = rth_request_field(x, RTH_FIELD_HEADER, "Cookie");
	struct rth_cookie cookies[RTH_COOKIE_MAX];
	enum rth_err err;
	size_t i, n;

	if (!header)
		return 0;
	err = rth_cookie_parse(cookies, &n, header, strlen(header));
	for (i = 0; !err && i < n; i++)
		err = add_view(x, RTH_FIELD_COOKIE, cookies[i].name,
			       cookies[i].name_len, cookies[i].value,
			       cookies[i].value_len);
	return err;
}

static enum rth_err add_query(struct rth_exchange *x, const char *target)
{
	const char *s = strchr(target, '?');
	enum rth_err err = 0;

	while (!err && s && *s) {
		size_t len = strcspn(++s, "&");
		const char *eq = memchr(s, '=', len);
		size_t name_len = eq ? (size_t)(eq - s) : len;

		if (len)
			err = add_view(x, RTH_FIELD_QUERY, s, name_len,
				       eq ? eq + 1 : "",
				       eq ? len - name_len - 1 : 0);
		s += len;
	}
	return err;
}

struct rth_refusal rth_guard_request(struct rth_exchange *x, const char *target)
{
	if (!framing_clear(x) || add_cookies(x) || add_query(x, target))
		return malformed;
	return none;
}

struct rth_refusal rth_guard_body(const struct rth_exchange *x,
				  size_t max_bytes, size_t *bytesp)
{
	const char *length =
		rth_request_field(x, RTH_FIELD_HEADER, "Content-Length");
	const char *type =
		rth_request_field(x, RTH_FIELD_HEADER, "Content-Type");
	unsigned long bytes = 0;

	if (length && !length_read(length, &bytes))
		return strlen(length) > 7 ? too_large : malformed;
	if (bytes > max_bytes)
		return too_large;
	if (bytes && rth_request_method(x) == RTH_GET)
		return malformed;
	if (bytes && !is_json(type))
		return not_json;
	*bytesp = bytes;
	return none;
}

/* The authority of scheme://authority. */
static const char *authority(const char *url)
{
	const char *s = strstr(url, "://");

	return s ? s + 3 : url;
}

struct rth_refusal rth_guard_host(const struct rth_exchange *x)
{
	const struct rth_settings *settings = &rth_request_portal(x)->settings;
	const char *host = rth_request_field(x, RTH_FIELD_HEADER, "Host");

	if (!host || strcasecmp(host, authority(settings->public_url)) != 0)
		return misdirected;
	return none;
}

struct rth_refusal rth_guard_origin(const struct rth_exchange *x)
{
	const struct rth_settings *settings = &rth_request_portal(x)->settings;
	const char *origin = rth_request_field(x, RTH_FIELD_HEADER, "Origin");
	const char *site =
		rth_request_field(x, RTH_FIELD_HEADER, "Sec-Fetch-Site");

	if (origin)
		return strcasecmp(origin, settings->public_url) ? wrong_origin
								: none;
	return site && strcmp(site, "same-origin") == 0 ? none : wrong_origin;
}

/* scheme://authority of the Janus address, for connect-src. */
static int janus_origin_len(const char *url)
{
	return (int)(authority(url) - url +
		     (long)strcspn(authority(url), "/?#"));
}

static void add_policy(struct rth_exchange *x,
		       const struct rth_settings *settings)
{
	char policy[POLICY_SIZE];
	int n = snprintf(
		policy, sizeof(policy),
		"default-src 'none'; script-src 'self'; style-src 'self';"
		" img-src 'self' data:; font-src 'self'; media-src 'self'"
		" blob:; connect-src 'self' %.*s; manifest-src 'self';"
		" base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
		" require-trusted-types-for 'script'; trusted-types 'none'",
		janus_origin_len(settings->janus.url), settings->janus.url);

	/* A reply without its policy must not go out. */
	if (n < 0 || (size_t)n >= sizeof(policy))
		rth_exchange_reply(x)->failed = true;
	else
		rth_reply_header(x, "Content-Security-Policy", policy);
}

static bool has_header(struct rth_exchange *x, const char *name)
{
	const struct rth_reply *reply = rth_exchange_reply(x);
	size_t i;

	for (i = 0; i < reply->headers_n; i++)
		if (strcasecmp(reply->headers[i].name, name) == 0)
			return true;
	return false;
}

static bool is_of_type(struct rth_exchange *x, const char *wanted)
{
	const char *type = rth_exchange_reply(x)->type;

	return type && strncmp(type, wanted, strlen(wanted)) == 0;
}

/*
 * Scripts and style sheets, which anybody may have, and JSON are never
 * documents ("nosniff" sees to it): what rules documents would be half of what
 * is transferred of them.
 */
static bool is_code(struct rth_exchange *x)
{
	return is_of_type(x, "text/javascript") || is_of_type(x, "text/css");
}

static void add_document_headers(struct rth_exchange *x)
{
	static const struct {
		const char *name, *value;
	} always[] = {
		{"X-Frame-Options", "DENY"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Permissions-Policy",
		 "camera=(self), microphone=(self), display-capture=(self),"
		 " geolocation=(), payment=(), usb=(), midi=(), serial=(),"
		 " hid=(), publickey-credentials-get=()"},
	};
	size_t i;

	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		rth_reply_header(x, always[i].name, always[i].value);
	add_policy(x, &rth_request_portal(x)->settings);
}

void rth_guard_reply(struct rth_exchange *x)
{
	const struct rth_settings *settings = &rth_request_portal(x)->settings;

	rth_reply_header(x, "X-Content-Type-Options", "nosniff");
	if (!is_code(x))
		rth_reply_header(x, "Cross-Origin-Resource-Policy",
				 "same-origin");
	if (!is_code(x) && !is_of_type(x, "application/json"))
		add_document_headers(x);
	if (strncmp(settings->public_url, "https:", 6) == 0)
		rth_reply_header(x, "Strict-Transport-Security",
				 "max-age=31536000; includeSubDomains");
	if (!has_header(x, "Cache-Control"))
		rth_reply_header(x, "Cache-Control", "no-store");
}

void rth_guard_refuse(struct rth_exchange *x, struct rth_refusal refusal)
{
	rth_reply_error(x, refusal.status, refusal.code, refusal.message);
}
