/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * janus.plugin.rthealth: the only file that knows Janus. It turns Janus's
 * calls into the core's (control.h, command.h, relay.h, chat.h, admin.h), and
 * the core's wishes (host.h) into calls of Janus.
 *
 * Threads and ownership: Janus calls create_session, handle_message and
 * query_session on its API threads; setup_media, incoming_*, hangup_media and
 * destroy_session on the handle's own media thread. So media callbacks may use
 * handle->plugin_handle as it is, and all others look it up under
 * sessions_lock and take a reference. The reference that belongs to the handle
 * is given up in destroy_session. Janus stops its plugins while media threads
 * still run: calls that need the control bracket its use (control_enter), and
 * destroy waits for them. The packet path does not need it.
 *
 * Builds against plugin API 102 (Janus 1.1.2) to 106 (1.4.x).
 */
#include "config.h"

#include <plugins/plugin.h>

#include <debug.h>

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <jansson.h>

#include "admin.h"
#include "chat.h"
#include "command.h"
#include "control.h"
#include "feed_socket.h"

#define RTH_VERSION 1
#define RTH_VERSION_STRING PACKAGE_VERSION
#define RTH_DESCRIPTION "Video visits: two seats, admission by token"
#define RTH_NAME "RTHealth"
#define RTH_AUTHOR "RTHealth"
#define RTH_PACKAGE "janus.plugin.rthealth"
#define CONFIG_FILE RTH_PACKAGE ".jcfg"
#define CHAT_LABEL "chat"

janus_plugin *create(void);

static janus_callbacks *gateway;
static janus_plugin plugin;
static struct rth_plugin_conf conf;
static _Atomic(struct rth_control *) control;
static atomic_uint control_users; /* calls of Janus that may be using it */
static pthread_mutex_t sessions_lock = PTHREAD_MUTEX_INITIALIZER;

/* NULL when stopping; else control_leave follows. */
static struct rth_control *control_enter(void)
{
	struct rth_control *now;

	atomic_fetch_add(&control_users, 1);
	now = atomic_load(&control);
	if (!now)
		atomic_fetch_sub(&control_users, 1);
	return now;
}

static void control_leave(void)
{
	atomic_fetch_sub(&control_users, 1);
}

/* ---- the host: what the core asks of Janus ---- */

static int64_t clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t host_now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static int64_t host_time_ms(void)
{
	return clock_us(CLOCK_REALTIME) / 1000;
}

static void host_log(enum rth_log_level level, const char *line)
{
	static const int levels[] = {
		[RTH_LOG_ERROR] = LOG_ERR,
		[RTH_LOG_WARN] = LOG_WARN,
		[RTH_LOG_INFO] = LOG_INFO,
		[RTH_LOG_DEBUG] = LOG_DBG,
	};

	JANUS_LOG(levels[level], "[rthealth] %s\n", line);
}

static void host_hold(void *handle)
{
	janus_plugin_session *h = handle;

	janus_refcount_increase(&h->ref);
}

static void host_release(void *handle)
{
	janus_plugin_session *h = handle;

	janus_refcount_decrease(&h->ref);
}

static void host_push(void *handle, const char *transaction, json_t *event,
		      const char *answer)
{
	json_t *jsep = NULL;

	if (answer)
		jsep = json_pack("{s:s, s:s}", "type", "answer", "sdp", answer);
	gateway->push_event(handle, &plugin, transaction, event, jsep);
	json_decref(jsep);
}

/* Janus drops what is told of a handle that is being detached. */
static void host_notify(json_t *event)
{
	if (gateway->events_is_enabled())
		gateway->notify_event(&plugin, NULL, event);
	else
		json_decref(event);
}

static void host_close(void *handle)
{
	gateway->close_pc(handle);
	gateway->end_session(handle);
}

static void host_relay_data(void *handle, const char *text, size_t len)
{
	janus_plugin_data data = {
		.label = CHAT_LABEL,
		.protocol = NULL,
		.binary = FALSE,
		.buffer = (char *)text,
		.length = (uint16_t)len,
	};

	if (len <= UINT16_MAX)
		gateway->relay_data(handle, &data);
}

static void host_relay_rtp(void *handle, void *packet)
{
	gateway->relay_rtp(handle, packet);
}

static void host_relay_bytes(void *handle, void *packet, int slot, uint8_t *buf,
			     size_t len)
{
	janus_plugin_rtp other = *(janus_plugin_rtp *)packet;

	other.mindex = slot;
	other.video = slot != RTH_SLOT_AUDIO;
	other.buffer = (char *)buf;
	other.length = (uint16_t)len;
	gateway->relay_rtp(handle, &other);
}

static void host_send_pli(void *handle, int slot)
{
	gateway->send_pli_stream(handle, slot);
}

static void host_send_remb(void *handle, uint32_t bits_per_s)
{
	gateway->send_remb(handle, bits_per_s);
}

static const struct rth_host host = {
	.now_us = host_now_us,
	.time_ms = host_time_ms,
	.log = host_log,
	.hold = host_hold,
	.release = host_release,
	.push = host_push,
	.notify = host_notify,
	.close = host_close,
	.relay_data = host_relay_data,
	.relay_rtp = host_relay_rtp,
	.relay_bytes = host_relay_bytes,
	.send_pli = host_send_pli,
	.send_remb = host_send_remb,
	.feed_connect = rth_feed_socket_connect,
	.feed_send = rth_feed_socket_send,
	.feed_receive = rth_feed_socket_receive,
	.feed_wait = rth_feed_socket_wait,
	.feed_close = rth_feed_socket_close,
};

/* ---- start and stop ---- */

static int rthealth_init(janus_callbacks *callbacks, const char *config_path)
{
	struct rth_conf_problem problem = {""};
	struct rth_control *made = NULL;
	char path[PATH_MAX];
	enum rth_err err;

	gateway = callbacks;
	json_object_seed(0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	snprintf(path, sizeof(path), "%s/" CONFIG_FILE, config_path);
	err = rth_plugin_conf_read(&conf, path, &problem);
	if (err) {
		JANUS_LOG(LOG_FATAL, "[rthealth] %s\n", problem.text);
		goto fail;
	}
	err = rth_control_create(&made, &host, &conf, &problem);
	if (err) {
		JANUS_LOG(LOG_FATAL, "[rthealth] %s: %s\n", path, problem.text);
		goto fail;
	}
	err = rth_control_start(made);
	if (err) {
		JANUS_LOG(LOG_FATAL, "[rthealth] no thread could be started\n");
		rth_control_free(made);
		goto fail;
	}
	atomic_store(&control, made);
	JANUS_LOG(LOG_INFO, "[rthealth] ready\n");
	return 0;
fail:
	rth_plugin_conf_clear(&conf);
	return -1;
}

static void rthealth_destroy(void)
{
	static const struct timespec moment = {.tv_nsec = 1000000};
	static const struct timespec last_words = {.tv_nsec = 300000000};
	struct rth_control *last = atomic_exchange(&control, NULL);

	while (atomic_load(&control_users) != 0)
		nanosleep(&moment, NULL);
	rth_control_free(last);
	/* Event handlers are ended next, and the sample one then forgets what
	   it has not sent: the last words get a moment. */
	if (gateway->events_is_enabled())
		nanosleep(&last_words, NULL);
	rth_plugin_conf_clear(&conf);
}

/* ---- sessions ---- */

static void rthealth_create_session(janus_plugin_session *handle, int *error)
{
	struct rth_session *session = NULL;

	if (!atomic_load(&control) ||
	    rth_session_create(&session, &host, handle)) {
		*error = -1;
		return;
	}
	pthread_mutex_lock(&sessions_lock);
	handle->plugin_handle = session;
	pthread_mutex_unlock(&sessions_lock);
}

/* A reference, or NULL. */
static struct rth_session *find_session(janus_plugin_session *handle)
{
	struct rth_session *session;

	pthread_mutex_lock(&sessions_lock);
	session = handle->plugin_handle;
	if (session)
		rth_session_ref(session);
	pthread_mutex_unlock(&sessions_lock);
	return session;
}

static void rthealth_destroy_session(janus_plugin_session *handle, int *error)
{
	struct rth_control *core;
	struct rth_session *session;

	(void)error;
	pthread_mutex_lock(&sessions_lock);
	session = handle->plugin_handle;
	handle->plugin_handle = NULL;
	pthread_mutex_unlock(&sessions_lock);
	if (!session)
		return;
	core = control_enter();
	if (!core) {
		rth_session_unref(session);
		return;
	}
	rth_control_gone(core, session);
	control_leave();
}

static json_t *rthealth_query_session(janus_plugin_session *handle)
{
	struct rth_session *session = find_session(handle);
	json_t *info = NULL;

	if (session) {
		info = rth_admin_session(session);
		rth_session_unref(session);
	}
	return info;
}

/* ---- messages ---- */

static struct janus_plugin_result *
rthealth_handle_message(janus_plugin_session *handle, char *transaction,
			json_t *message, json_t *jsep)
{
	struct rth_session *session = find_session(handle);
	const char *type = json_string_value(json_object_get(jsep, "type"));
	const char *sdp = json_string_value(json_object_get(jsep, "sdp"));
	struct rth_control *core = session ? control_enter() : NULL;
	enum rth_err err = RTH_ERR_STATE;

	if (core) {
		err = rth_command_post(
			core, session, transaction, message,
			type && strcmp(type, "offer") == 0 ? sdp : NULL);
		control_leave();
	} else {
		json_decref(message);
	}
	if (session)
		rth_session_unref(session);
	json_decref(jsep);
	g_free(transaction);
	if (err)
		return janus_plugin_result_new(JANUS_PLUGIN_ERROR, "busy",
					       NULL);
	return janus_plugin_result_new(JANUS_PLUGIN_OK_WAIT, NULL, NULL);
}

static json_t *rthealth_handle_admin_message(json_t *message)
{
	struct rth_control *core = control_enter();
	json_t *answer;

	if (!core)
		return NULL;
	answer = rth_admin_message(core, message);
	control_leave();
	return answer;
}

/* ---- media: the handle's own thread ---- */

static struct rth_session *media_session(janus_plugin_session *handle)
{
	if (g_atomic_int_get(&handle->stopped))
		return NULL;
	return handle->plugin_handle;
}

static void media_is(janus_plugin_session *handle, bool up)
{
	struct rth_session *session = media_session(handle);
	struct rth_control *core = session ? control_enter() : NULL;

	if (!core)
		return;
	rth_control_media(core, session, up);
	control_leave();
}

static void rthealth_setup_media(janus_plugin_session *handle)
{
	media_is(handle, true);
}

static void rthealth_hangup_media(janus_plugin_session *handle)
{
	media_is(handle, false);
}

static void rthealth_incoming_rtp(janus_plugin_session *handle,
				  janus_plugin_rtp *packet)
{
	struct rth_session *session = media_session(handle);

	if (session)
		rth_relay_rtp(&session->port, packet->mindex,
			      (uint8_t *)packet->buffer, packet->length, packet,
			      clock_us(CLOCK_MONOTONIC_COARSE));
}

static void rthealth_incoming_rtcp(janus_plugin_session *handle,
				   janus_plugin_rtcp *packet)
{
	struct rth_session *session = media_session(handle);

	if (session)
		rth_relay_rtcp(&session->port, packet->mindex,
			       (const uint8_t *)packet->buffer, packet->length,
			       clock_us(CLOCK_MONOTONIC));
}

static void rthealth_incoming_data(janus_plugin_session *handle,
				   janus_plugin_data *packet)
{
	struct rth_session *session = media_session(handle);
	struct rth_control *core;

	if (!session || packet->binary || !packet->label ||
	    strcmp(packet->label, CHAT_LABEL) != 0)
		return;
	core = control_enter();
	if (!core)
		return;
	rth_chat_receive(core, session, packet->buffer, packet->length);
	control_leave();
}

/* ---- what Janus is told about us ---- */

static int rthealth_get_api_compatibility(void)
{
	return JANUS_PLUGIN_API_VERSION;
}

static int rthealth_get_version(void)
{
	return RTH_VERSION;
}

static const char *rthealth_get_version_string(void)
{
	return RTH_VERSION_STRING;
}

static const char *rthealth_get_description(void)
{
	return RTH_DESCRIPTION;
}

static const char *rthealth_get_name(void)
{
	return RTH_NAME;
}

static const char *rthealth_get_author(void)
{
	return RTH_AUTHOR;
}

static const char *rthealth_get_package(void)
{
	return RTH_PACKAGE;
}

static janus_plugin plugin = {
	.init = rthealth_init,
	.destroy = rthealth_destroy,
	.get_api_compatibility = rthealth_get_api_compatibility,
	.get_version = rthealth_get_version,
	.get_version_string = rthealth_get_version_string,
	.get_description = rthealth_get_description,
	.get_name = rthealth_get_name,
	.get_author = rthealth_get_author,
	.get_package = rthealth_get_package,
	.create_session = rthealth_create_session,
	.handle_message = rthealth_handle_message,
	.handle_admin_message = rthealth_handle_admin_message,
	.setup_media = rthealth_setup_media,
	.incoming_rtp = rthealth_incoming_rtp,
	.incoming_rtcp = rthealth_incoming_rtcp,
	.incoming_data = rthealth_incoming_data,
	.hangup_media = rthealth_hangup_media,
	.destroy_session = rthealth_destroy_session,
	.query_session = rthealth_query_session,
};

janus_plugin *create(void)
{
	return &plugin;
}
