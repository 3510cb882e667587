/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One HTTP request and its reply.
 */
#include "exchange.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "json_text.h"
#include "log.h"
#include "mem.h"
#include "portal.h"
#include "session.h"

#define COOKIE_MAX_BYTES 512

struct field {
	enum rth_field_kind kind;
	char *name;
	char *value;
};

struct rth_exchange {
	struct rth_portal *portal;
	enum rth_method method;
	bool head;
	char *path;
	char *params[RTH_REQUEST_MAX_PARAMS];
	struct field fields[RTH_REQUEST_MAX_FIELDS];
	size_t fields_n;
	json_t *body;
	char address[64];
	struct rth_session *session;
	struct rth_reply reply;
};

/* Gives up the body, whatever it is made of. */
static void body_clear(struct rth_reply *reply)
{
	rth_free(reply->body);
	reply->body = NULL;
	reply->body_bytes = 0;
	if (reply->fd >= 0)
		close(reply->fd);
	reply->fd = -1;
	if (reply->stream.close)
		reply->stream.close(reply->stream.arg);
	memset(&reply->stream, 0, sizeof(reply->stream));
	reply->type = NULL;
}

static void reply_clear(struct rth_reply *reply)
{
	size_t i;

	body_clear(reply);
	for (i = 0; i < reply->headers_n; i++)
		rth_free(reply->headers[i].value);
	memset(reply, 0, sizeof(*reply));
	reply->fd = -1;
}

void rth_exchange_free(struct rth_exchange *x)
{
	size_t i;

	if (!x)
		return;
	rth_free(x->path);
	for (i = 0; i < RTH_REQUEST_MAX_PARAMS; i++)
		rth_free(x->params[i]);
	for (i = 0; i < x->fields_n; i++) {
		rth_free(x->fields[i].name);
		rth_free(x->fields[i].value);
	}
	json_decref(x->body);
	rth_free(x->session);
	reply_clear(&x->reply);
	rth_free(x);
}

enum rth_err rth_exchange_create(struct rth_exchange **xp,
				 struct rth_portal *portal,
				 enum rth_method method, const char *path)
{
	struct rth_exchange *x = rth_alloc(sizeof(*x));

	if (!x)
		return RTH_ERR_NOMEM;
	x->portal = portal;
	x->method = method;
	x->reply.fd = -1;
	x->path = rth_strdup(path);
	if (!x->path) {
		rth_exchange_free(x);
		return RTH_ERR_NOMEM;
	}
	*xp = x;
	return 0;
}

void rth_exchange_set_head(struct rth_exchange *x)
{
	x->head = true;
}

enum rth_err rth_exchange_add(struct rth_exchange *x, enum rth_field_kind kind,
			      const char *name, const char *value)
{
	struct field *f;

	if (x->fields_n == RTH_REQUEST_MAX_FIELDS)
		return RTH_ERR_LIMIT;
	f = &x->fields[x->fields_n];
	f->kind = kind;
	f->name = rth_strdup(name);
	f->value = rth_strdup(value ? value : "");
	x->fields_n++;
	return f->name && f->value ? 0 : RTH_ERR_NOMEM;
}

enum rth_err rth_exchange_set_param(struct rth_exchange *x, size_t n,
				    const char *value, size_t len)
{
	if (n >= RTH_REQUEST_MAX_PARAMS)
		return RTH_ERR_LIMIT;
	rth_free(x->params[n]);
	x->params[n] = rth_memdup0(value, len);
	return x->params[n] ? 0 : RTH_ERR_NOMEM;
}

enum rth_err rth_exchange_set_body(struct rth_exchange *x, const char *text,
				   size_t len)
{
	json_t *body;

	body = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(body) && !json_is_array(body)) {
		json_decref(body);
		return RTH_ERR_FORMAT;
	}
	json_decref(x->body);
	x->body = body;
	return 0;
}

void rth_exchange_set_address(struct rth_exchange *x, const char *address)
{
	snprintf(x->address, sizeof(x->address), "%s", address);
}

void rth_exchange_set_session(struct rth_exchange *x,
			      struct rth_session *session)
{
	rth_free(x->session);
	x->session = session;
}

struct rth_reply *rth_exchange_reply(struct rth_exchange *x)
{
	return &x->reply;
}

enum rth_method rth_request_method(const struct rth_exchange *x)
{
	return x->method;
}

bool rth_request_is_head(const struct rth_exchange *x)
{
	return x->head;
}

const char *rth_request_path(const struct rth_exchange *x)
{
	return x->path;
}

const char *rth_request_param(const struct rth_exchange *x, size_t n)
{
	if (n >= RTH_REQUEST_MAX_PARAMS || !x->params[n])
		return "";
	return x->params[n];
}

static bool field_is(const struct field *f, enum rth_field_kind kind,
		     const char *name)
{
	if (f->kind != kind)
		return false;
	return kind == RTH_FIELD_HEADER ? strcasecmp(f->name, name) == 0
					: strcmp(f->name, name) == 0;
}

size_t rth_request_count(const struct rth_exchange *x, enum rth_field_kind kind,
			 const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < x->fields_n; i++)
		n += field_is(&x->fields[i], kind, name);
	return n;
}

const char *rth_request_field(const struct rth_exchange *x,
			      enum rth_field_kind kind, const char *name)
{
	size_t i;

	if (rth_request_count(x, kind, name) != 1)
		return NULL;
	for (i = 0; !field_is(&x->fields[i], kind, name); i++)
		;
	return x->fields[i].value;
}

const char *rth_request_last(const struct rth_exchange *x,
			     enum rth_field_kind kind, const char *name)
{
	size_t i = x->fields_n;

	while (i-- > 0)
		if (field_is(&x->fields[i], kind, name))
			return x->fields[i].value;
	return NULL;
}

const json_t *rth_request_body(const struct rth_exchange *x)
{
	return x->body;
}

const char *rth_request_string(const struct rth_exchange *x, const char *name)
{
	return json_string_value(json_object_get(x->body, name));
}

const char *rth_request_address(const struct rth_exchange *x)
{
	return x->address;
}

const struct rth_session *rth_request_session(const struct rth_exchange *x)
{
	return x->session;
}

struct rth_portal *rth_request_portal(const struct rth_exchange *x)
{
	return x->portal;
}

/*
 * A browser takes "__Host-" cookies from a secure origin only. All of today's
 * browsers count http://localhost as one, so the name is the same everywhere.
 */
static const char *cookie_prefix(const struct rth_exchange *x)
{
	const struct rth_settings *settings = &x->portal->settings;

	return settings->cookies_insecure ? "" : "__Host-";
}

const char *rth_request_cookie(const struct rth_exchange *x, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "%s%s", cookie_prefix(x), name);
	return rth_request_field(x, RTH_FIELD_COOKIE, full);
}

/* A second reply replaces the first one's body but keeps the headers. */
static void reply_start(struct rth_exchange *x, unsigned status)
{
	body_clear(&x->reply);
	x->reply.status = status;
}

void rth_reply_json(struct rth_exchange *x, unsigned status, json_t *value)
{
	reply_start(x, status);
	x->reply.type = "application/json";
	if (rth_json_text(&x->reply.body, &x->reply.body_bytes, value))
		x->reply.failed = true;
	json_decref(value);
}

void rth_reply_text(struct rth_exchange *x, unsigned status, const char *type,
		    const char *data, size_t bytes)
{
	reply_start(x, status);
	x->reply.type = type;
	x->reply.body = rth_alloc(bytes + 1);
	if (!x->reply.body) {
		x->reply.failed = true;
		return;
	}
	memcpy(x->reply.body, data, bytes);
	x->reply.body_bytes = bytes;
}

void rth_reply_empty(struct rth_exchange *x, unsigned status)
{
	reply_start(x, status);
}

void rth_reply_redirect(struct rth_exchange *x, const char *location)
{
	reply_start(x, 303);
	rth_reply_header(x, "Location", location);
}

void rth_reply_error(struct rth_exchange *x, unsigned status, const char *code,
		     const char *message)
{
	rth_reply_json(x, status,
		       json_pack("{s:{s:s, s:s}}", "error", "code", code,
				 "message", message));
}

void rth_reply_not_found(struct rth_exchange *x)
{
	rth_reply_error(x, 404, "not-found", "There is nothing here.");
}

void rth_reply_failed(struct rth_exchange *x, enum rth_err err)
{
	rth_log(RTH_LOG_ERROR, "request-failed", "s:s", "error",
		rth_err_name(err));
	if (err == RTH_ERR_UNAVAILABLE) {
		rth_reply_header(x, "Retry-After", "10");
		rth_reply_error(x, 503, "busy",
				"This cannot be done just now. Please try "
				"again in a minute. A call goes on.");
		return;
	}
	rth_reply_error(x, 500, "failed",
			"Something went wrong here. Please try again.");
}

void rth_reply_file(struct rth_exchange *x, int fd, uint64_t size_bytes,
		    const char *type)
{
	reply_start(x, 200);
	x->reply.fd = fd;
	x->reply.file_bytes = size_bytes;
	x->reply.type = type;
}

void rth_reply_body(struct rth_exchange *x, unsigned status,
		    const struct rth_body *body)
{
	reply_start(x, status);
	x->reply.stream = *body;
	x->reply.type = body->type;
}

static bool value_clean(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return false;
	return true;
}

void rth_reply_header(struct rth_exchange *x, const char *name,
		      const char *value)
{
	struct rth_reply *reply = &x->reply;
	struct rth_reply_header *h;

	if (reply->headers_n ==
		    sizeof(reply->headers) / sizeof(reply->headers[0]) ||
	    !value_clean(value)) {
		reply->failed = true;
		return;
	}
	h = &reply->headers[reply->headers_n];
	h->name = name;
	h->value = rth_strdup(value);
	if (!h->value) {
		reply->failed = true;
		return;
	}
	reply->headers_n++;
}

void rth_reply_cookie(struct rth_exchange *x, const char *name,
		      const char *value, int64_t max_age_s)
{
	char text[COOKIE_MAX_BYTES];
	char age[48] = "";
	int n;

	if (!*value)
		snprintf(age, sizeof(age), "; Max-Age=0");
	else if (max_age_s > 0)
		snprintf(age, sizeof(age), "; Max-Age=%lld",
			 (long long)max_age_s);
	n = snprintf(text, sizeof(text),
		     "%s%s=%s; Path=/%s; HttpOnly; SameSite=Lax%s",
		     cookie_prefix(x), name, value, age,
		     x->portal->settings.cookies_insecure ? "" : "; Secure");
	if (n < 0 || (size_t)n >= sizeof(text)) {
		x->reply.failed = true;
		return;
	}
	rth_reply_header(x, "Set-Cookie", text);
}
