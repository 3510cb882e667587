/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Janus's admin API over HTTP: one POST a command.
 */
#include "janus_admin.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>

#include "id.h"
#include "json_text.h"
#include "log.h"
#include "mem.h"
#include "work.h"

#define ANSWER_MAX_BYTES 16384
#define CONNECT_TIMEOUT_MS 1500L
#define TIMEOUT_MS 3000L

struct command {
	struct rth_portal *portal; /* outlives its workers */
	char room[RTH_ID_SIZE];
};

struct answer {
	char text[ANSWER_MAX_BYTES];
	size_t len;
};

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	struct answer *answer = arg;
	size_t bytes = size * n;

	if (bytes > sizeof(answer->text) - answer->len)
		return 0;
	memcpy(answer->text + answer->len, data, bytes);
	answer->len += bytes;
	return bytes;
}

/* @param request taken */
static char *make_body(const struct rth_portal *portal, json_t *request)
{
	char transaction[RTH_ID_SIZE];
	json_t *body;
	char *text = NULL;

	if (rth_id_make(transaction)) {
		json_decref(request);
		return NULL;
	}
	body = json_pack("{s:s, s:s, s:s, s:s, s:o}", "janus", "message_plugin",
			 "plugin", "janus.plugin.rthealth", "transaction",
			 transaction, "admin_secret",
			 portal->settings.janus.admin_secret, "request",
			 request);
	if (rth_json_text(&text, NULL, body))
		text = NULL;
	json_decref(body);
	return text;
}

/* Gives up early when the program stops. */
static int stopping(void *arg, curl_off_t a, curl_off_t b, curl_off_t c,
		    curl_off_t d)
{
	const struct rth_portal *portal = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return rth_work_stopping(portal->work_net);
}

static enum rth_err post(CURL *curl, struct rth_portal *portal,
			 const char *body, struct answer *answer)
{
	static const char type[] = "Content-Type: application/json";
	struct curl_slist *headers = curl_slist_append(NULL, type);
	CURLcode rc;

	if (!headers)
		return RTH_ERR_NOMEM;
	curl_easy_setopt(curl, CURLOPT_URL, portal->settings.janus.admin_url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stopping);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, portal);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	rc = curl_easy_perform(curl);
	curl_slist_free_all(headers);
	return rc == CURLE_OK ? 0 : RTH_ERR_UNAVAILABLE;
}

/* What the plugin said to it: its own "error", if there is one. */
static enum rth_err judge(const struct answer *answer)
{
	json_t *root = json_loadb(answer->text, answer->len, 0, NULL);
	const char *janus = json_string_value(json_object_get(root, "janus"));
	const char *error = json_string_value(
		json_object_get(json_object_get(root, "response"), "error"));
	enum rth_err err = 0;

	if (!janus || strcmp(janus, "success") != 0)
		err = RTH_ERR_DENIED;
	else if (error)
		err = strcmp(error, "not-found") == 0 ? RTH_ERR_NOT_FOUND
						      : RTH_ERR_DENIED;
	json_decref(root);
	return err;
}

enum rth_err rth_janus_admin_ask(struct rth_portal *portal, json_t *request)
{
	struct answer *answer = rth_alloc(sizeof(*answer));
	CURL *curl = curl_easy_init();
	char *body = make_body(portal, request);
	enum rth_err err = RTH_ERR_NOMEM;

	if (answer && curl && body)
		err = post(curl, portal, body, answer);
	if (!err)
		err = judge(answer);
	if (body)
		OPENSSL_cleanse(body, strlen(body));
	rth_free(body);
	if (curl)
		curl_easy_cleanup(curl);
	rth_free(answer);
	return err;
}

static void end_room(void *arg)
{
	struct command *command = arg;
	enum rth_err err = rth_janus_admin_ask(
		command->portal, json_pack("{s:s, s:s}", "request", "end",
					   "room", command->room));

	/* That there is no such room is what was wanted. */
	if (err == RTH_ERR_NOT_FOUND)
		err = 0;
	rth_log(err ? RTH_LOG_ERROR : RTH_LOG_INFO, "room-end-asked",
		"s:s, s:s", "room", command->room, "error", rth_err_name(err));
	rth_free(command);
}

void rth_janus_admin_end_room(struct rth_portal *portal, const char *room)
{
	struct command *command;

	if (!portal->settings.janus.admin_url)
		return;
	command = rth_alloc(sizeof(*command));
	if (command) {
		command->portal = portal;
		snprintf(command->room, sizeof(command->room), "%s", room);
		if (rth_work_add(portal->work_net, end_room, command) == 0)
			return;
	}
	rth_log(RTH_LOG_ERROR, "room-end-lost", "s:s", "room", room);
	rth_free(command);
}
