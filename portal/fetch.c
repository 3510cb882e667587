/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One JSON answer from another server.
 */
#include "fetch.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "mem.h"

#define CONNECT_TIMEOUT_MS 3000L

struct answer {
	const struct rth_work *work;
	char *bytes; /* RTH_FETCH_MAX_BYTES */
	size_t len;
	bool too_large;
};

static bool loopback(const char *host)
{
	return !strcmp(host, "localhost") || !strcmp(host, "127.0.0.1") ||
	       !strcmp(host, "[::1]");
}

static bool part_is(CURLU *u, CURLUPart part, bool (*want)(const char *))
{
	char *s = NULL;
	bool ok = !curl_url_get(u, part, &s, 0) && want(s);

	curl_free(s);
	return ok;
}

static bool is_https(const char *s)
{
	return !strcmp(s, "https");
}

static bool is_http(const char *s)
{
	return !strcmp(s, "http");
}

static bool is_any(const char *s)
{
	(void)s;
	return true;
}

bool rth_fetch_allows(const char *url)
{
	CURLU *u;
	bool ok;

	if (!url || strlen(url) > RTH_FETCH_MAX_URL_BYTES)
		return false;
	u = curl_url();
	ok = u &&
	     !curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) &&
	     (part_is(u, CURLUPART_SCHEME, is_https) ||
	      (part_is(u, CURLUPART_SCHEME, is_http) &&
	       part_is(u, CURLUPART_HOST, loopback))) &&
	     !part_is(u, CURLUPART_USER, is_any) &&
	     !part_is(u, CURLUPART_FRAGMENT, is_any);
	curl_url_cleanup(u);
	return ok;
}

static size_t keep(char *data, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;

	if (n > RTH_FETCH_MAX_BYTES - a->len) {
		a->too_large = true;
		return 0;
	}
	memcpy(a->bytes + a->len, data, n * size);
	a->len += n;
	return n;
}

static int progress(void *arg, curl_off_t dt, curl_off_t dn, curl_off_t ut,
		    curl_off_t un)
{
	const struct answer *a = arg;

	(void)dt, (void)dn, (void)ut, (void)un;
	return a->work && rth_work_stopping(a->work);
}

static void set_limits(CURL *c, struct answer *a)
{
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)RTH_FETCH_TIMEOUT_MS);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, a);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

static CURLcode set_encoded(CURL *c, CURLoption option, const char *value)
{
	char *coded = curl_easy_escape(c, value, 0);
	CURLcode e = CURLE_OUT_OF_MEMORY;

	if (coded)
		e = curl_easy_setopt(c, option, coded);
	curl_free(coded);
	return e;
}

/* False when libcurl could not keep a copy. */
static bool set_request(CURL *c, const struct rth_fetch *f)
{
	CURLcode e = curl_easy_setopt(c, CURLOPT_URL, f->url);

	if (f->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, f->ca_file);
	if (f->form)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->form);
	if (!e && f->user) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		e = set_encoded(c, CURLOPT_USERNAME, f->user);
		if (!e)
			e = set_encoded(c, CURLOPT_PASSWORD, f->password);
	}
	if (!e && f->bearer) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		e = curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, f->bearer);
	}
	return !e;
}

static enum rth_err judge(CURL *c, CURLcode result, const struct answer *a)
{
	long status = 0;

	if (a->too_large)
		return RTH_ERR_LIMIT;
	if (result == CURLE_OUT_OF_MEMORY)
		return RTH_ERR_NOMEM;
	if (result != CURLE_OK)
		return RTH_ERR_UNAVAILABLE;
	if (curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status))
		return RTH_ERR_UNAVAILABLE;
	if (status >= 500)
		return RTH_ERR_UNAVAILABLE;
	return status == 200 ? RTH_OK : RTH_ERR_DENIED;
}

static enum rth_err parse(json_t **valuep, const struct answer *a)
{
	json_t *value =
		json_loadb(a->bytes, a->len, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(value)) {
		json_decref(value);
		return RTH_ERR_FORMAT;
	}
	*valuep = value;
	return RTH_OK;
}

enum rth_err rth_fetch_json(json_t **valuep, const struct rth_fetch *f)
{
	struct answer a = {.work = f->work};
	enum rth_err err = RTH_ERR_NOMEM;
	CURL *c;

	if (!rth_fetch_allows(f->url))
		return RTH_ERR_FORMAT;
	a.bytes = rth_alloc(RTH_FETCH_MAX_BYTES);
	c = curl_easy_init();
	if (!a.bytes || !c)
		goto out;
	set_limits(c, &a);
	if (!set_request(c, f))
		goto out;
	err = judge(c, curl_easy_perform(c), &a);
	if (!err)
		err = parse(valuep, &a);
out:
	curl_easy_cleanup(c);
	rth_free(a.bytes);
	return err;
}

enum rth_err rth_fetch_append(char *buf, size_t size, char sep,
			      const char *name, const char *value)
{
	char *coded = curl_easy_escape(NULL, value, (int)strlen(value));
	char joint[2] = {sep, 0};
	size_t len = strlen(buf);
	int n;

	if (!coded)
		return RTH_ERR_NOMEM;
	n = snprintf(buf + len, size - len, "%s%s=%s", joint, name, coded);
	curl_free(coded);
	if (n < 0 || (size_t)n >= size - len) {
		buf[len] = 0;
		return RTH_ERR_LIMIT;
	}
	return RTH_OK;
}
