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

static char *make_body(const struct command *command)
{
	char transaction[RTH_ID_SIZE];
	json_t *body;
	char *text = NULL;

	if (rth_id_make(transaction))
		return NULL;
	body = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "janus",
			 "message_plugin", "plugin", "janus.plugin.rthealth",
			 "transaction", transaction, "admin_secret",
			 command->portal->settings.janus.admin_secret,
			 "request", "request", "end", "room", command->room);
	if (rth_json_text(&text, NULL, body))
		text = NULL;
	json_decref(body);
	return text;
}

/* Gives up early when the program stops. */
static int stopping(void *arg, curl_off_t a, curl_off_t b, curl_off_t c,
		    curl_off_t d)
{
	const struct command *command = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return rth_work_stopping(command->portal->work_net);
}

static enum rth_err post(CURL *curl, struct command *command, const char *body,
			 struct answer *answer)
{
	static const char type[] = "Content-Type: application/json";
	struct curl_slist *headers = curl_slist_append(NULL, type);
	CURLcode rc;

	if (!headers)
		return RTH_ERR_NOMEM;
	curl_easy_setopt(curl, CURLOPT_URL,
			 command->portal->settings.janus.admin_url);
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
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, command);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	rc = curl_easy_perform(curl);
	curl_slist_free_all(headers);
	return rc == CURLE_OK ? 0 : RTH_ERR_UNAVAILABLE;
}

/* "ended" and "there is no such room" are both what was wanted. */
static enum rth_err judge(const struct answer *answer)
{
	json_t *root = json_loadb(answer->text, answer->len, 0, NULL);
	const char *janus = json_string_value(json_object_get(root, "janus"));
	enum rth_err err =
		janus && strcmp(janus, "success") == 0 ? 0 : RTH_ERR_DENIED;

	json_decref(root);
	return err;
}

static void end_room(void *arg)
{
	struct command *command = arg;
	struct answer *answer = rth_alloc(sizeof(*answer));
	CURL *curl = curl_easy_init();
	char *body = make_body(command);
	enum rth_err err = RTH_ERR_NOMEM;

	if (answer && curl && body)
		err = post(curl, command, body, answer);
	if (!err)
		err = judge(answer);
	rth_log(err ? RTH_LOG_ERROR : RTH_LOG_INFO, "room-end-asked",
		"s:s, s:s", "room", command->room, "error", rth_err_name(err));
	if (body)
		OPENSSL_cleanse(body, strlen(body));
	rth_free(body);
	if (curl)
		curl_easy_cleanup(curl);
	rth_free(answer);
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
