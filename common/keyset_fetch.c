/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP GET on libcurl. The multi interface is used for one transfer only,
 * because it alone can be left at any moment: a progress callback is called
 * but once a second while nothing arrives.
 */
#include "keyset_fetch.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "mem.h"

#define POLL_MS 50

struct body {
	char *bytes; /* max + 1 */
	size_t len;
	size_t max;
	bool over;
};

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 &&
	       ntohl(v4.s_addr) >> 24 == 127;
}

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static bool parts_allowed(CURLU *url)
{
	char *scheme = NULL, *host = NULL;
	bool allowed = false;

	if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		allowed = strcmp(scheme, "https") == 0 ||
			  (strcmp(scheme, "http") == 0 && is_loopback(host));
	curl_free(host);
	curl_free(scheme);
	return allowed && !has_part(url, CURLUPART_USER) &&
	       !has_part(url, CURLUPART_PASSWORD);
}

bool rth_keyset_fetch_allowed(const char *url)
{
	CURLU *parsed = curl_url();
	bool allowed =
		parsed &&
		curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
		parts_allowed(parsed);

	curl_url_cleanup(parsed);
	return allowed;
}

static size_t on_bytes(char *data, size_t size, size_t n, void *arg)
{
	struct body *body = arg;

	n *= size;
	if (n > body->max - body->len) {
		body->over = true;
		return 0;
	}
	memcpy(body->bytes + body->len, data, n);
	body->len += n;
	return n;
}

static bool configure(CURL *easy, const struct rth_keyset_fetch *what,
		      struct body *body)
{
	CURLcode bad = CURLE_OK;

	bad |= curl_easy_setopt(easy, CURLOPT_URL, what->url);
	bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
				(long)RTH_KEYSET_FETCH_TIMEOUT_MS);
	/* Else leaving would wait for the resolver's thread. */
	bad |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
	/* A proxy's loopback is not ours. */
	if (strncasecmp(what->url, "http:", 5) == 0)
		bad |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
	/* Beside the system's folder of certificates, which stays. */
	if (what->ca_file)
		bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, what->ca_file);
	return bad == CURLE_OK;
}

static enum rth_err run(CURLM *multi, const atomic_bool *stop,
			CURLcode *resultp)
{
	int running = 1, left;
	CURLMsg *message;

	while (running) {
		if (atomic_load(stop))
			return RTH_ERR_STATE;
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			return RTH_ERR_NOMEM;
		if (running &&
		    curl_multi_poll(multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
			return RTH_ERR_NOMEM;
	}
	message = curl_multi_info_read(multi, &left);
	if (!message)
		return RTH_ERR_NOMEM;
	*resultp = message->data.result;
	return RTH_OK;
}

static enum rth_err judge(CURL *easy, CURLcode result, const struct body *body,
			  const char **why)
{
	long status = 0;

	*why = curl_easy_strerror(result);
	if (body->over) {
		*why = "the answer is too long";
		return RTH_ERR_LIMIT;
	}
	if (result == CURLE_OPERATION_TIMEDOUT)
		return RTH_ERR_TIMEOUT;
	if (result != CURLE_OK)
		return RTH_ERR_UNAVAILABLE;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	*why = "the status is not 200";
	return status == 200 ? RTH_OK : RTH_ERR_UNAVAILABLE;
}

static enum rth_err transfer(CURL *easy, const struct rth_keyset_fetch *what,
			     const struct body *body, const char **why)
{
	CURLM *multi = curl_multi_init();
	CURLcode result = CURLE_OK;
	enum rth_err err = RTH_ERR_NOMEM;

	if (multi && curl_multi_add_handle(multi, easy) == CURLM_OK) {
		err = run(multi, what->stop, &result);
		if (!err)
			err = judge(easy, result, body, why);
		curl_multi_remove_handle(multi, easy);
	}
	curl_multi_cleanup(multi);
	return err;
}

enum rth_err rth_keyset_fetch_get(const struct rth_keyset_fetch *what,
				  char **bodyp, size_t *lenp, const char **why)
{
	struct body body = {.max = what->max_bytes};
	enum rth_err err = RTH_ERR_NOMEM;
	CURL *easy;

	*why = "this URL is not allowed";
	if (!rth_keyset_fetch_allowed(what->url))
		return RTH_ERR_CONFIG;
	*why = "gave up";
	body.bytes = rth_alloc(body.max + 1);
	easy = body.bytes ? curl_easy_init() : NULL;
	if (easy && configure(easy, what, &body))
		err = transfer(easy, what, &body, why);
	curl_easy_cleanup(easy);
	if (err) {
		rth_free(body.bytes);
		return err;
	}
	*bodyp = body.bytes;
	*lenp = body.len;
	return RTH_OK;
}
