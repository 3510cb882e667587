/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chat. See chat.h.
 */
#include "chat.h"

#include <string.h>

#include "json_text.h"
#include "mem.h"
#include "recording.h"

struct chat {
	struct rth_task task;
	struct rth_session *session; /* a reference */
	const char *refusal;	     /* why not, or NULL */
	char *buf;
	size_t len;
};

static void chat_free(struct chat *chat)
{
	atomic_fetch_sub(&chat->session->tasks, 1);
	rth_session_unref(chat->session);
	rth_free(chat->buf);
	rth_free(chat);
}

json_t *rth_chat_read(const char *buf, size_t len)
{
	json_t *message;
	json_t *text = NULL;

	if (len > RTH_CHAT_BYTES_MAX)
		return NULL;
	message = json_loadb(buf, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_object_size(message) == 1)
		text = json_object_get(message, "text");
	if (json_is_string(text) && json_string_length(text) > 0 &&
	    json_string_length(text) <= RTH_CHAT_TEXT_MAX)
		json_incref(text);
	else
		text = NULL;
	json_decref(message);
	return text;
}

static void send_json(const struct rth_control *control,
		      const struct rth_session *to, json_t *message)
{
	char *text = NULL;
	size_t len;

	if (rth_json_text(&text, &len, message))
		rth_control_log(control, RTH_LOG_ERROR, "chat-lost no memory");
	else
		control->host->relay_data(to->port.handle, text, len);
	rth_free(text);
	json_decref(message);
}

static void refuse(const struct rth_control *control,
		   const struct rth_session *session, const char *reason)
{
	send_json(control, session,
		  json_pack("{s:s, s:s}", "type", "refused", "reason", reason));
}

static void relay(struct rth_control *control, const struct rth_session *from,
		  const char *buf, size_t len)
{
	const struct rth_session *to = rth_room_other(from->room, from);
	json_t *text = rth_chat_read(buf, len);
	int64_t time_ms = control->host->time_ms();

	if (!text) {
		refuse(control, from, "format");
	} else if (!to || !to->media) {
		refuse(control, from, "alone");
	} else {
		send_json(control, to,
			  json_pack("{s:s, s:s, s:s, s:I, s:O}", "type", "chat",
				    "from", from->participant, "role",
				    rth_role_name(from->who.role), "time",
				    (json_int_t)time_ms, "text", text));
		rth_recording_chat(control, from, text, time_ms);
	}
	json_decref(text);
}

/* Who checks the line hears what was said, as it was. */
static void echo(const struct rth_control *control,
		 const struct rth_session *session, const char *buf, size_t len)
{
	if (len > 0)
		control->host->relay_data(session->port.handle, buf, len);
	else
		refuse(control, session, "format");
}

/* Who waits has nobody to talk to, whoever else is there. */
static void run_chat(struct rth_control *control, struct rth_task *task)
{
	struct chat *chat = (struct chat *)task;
	const struct rth_session *session = chat->session;
	bool waits = session->state == RTH_WAITING;
	bool checks = session->state == RTH_CHECKING;

	if ((session->room || waits || checks) &&
	    !atomic_load(&session->gone)) {
		if (chat->refusal || waits)
			refuse(control, session,
			       chat->refusal ? chat->refusal : "alone");
		else if (checks)
			echo(control, session, chat->buf, chat->len);
		else
			relay(control, session, chat->buf, chat->len);
	}
	chat_free(chat);
}

/* Says why a message is not even looked at, or NULL. */
static const char *refusal_of(struct rth_session *session, size_t len,
			      int64_t now_us)
{
	if (!rth_pace_allows(&session->chat_pace, now_us))
		return "rate";
	return len > RTH_CHAT_BYTES_MAX ? "size" : NULL;
}

void rth_chat_receive(struct rth_control *control, struct rth_session *session,
		      const char *buf, size_t len)
{
	int64_t now_us = control->host->now_us();
	const char *refusal = refusal_of(session, len, now_us);
	struct chat *chat;

	if (refusal && !rth_pace_allows(&session->refusal_pace, now_us))
		return;
	chat = rth_alloc(sizeof(*chat));
	if (!chat)
		return;
	chat->task.run = run_chat;
	chat->session = rth_session_ref(session);
	chat->refusal = refusal;
	if (atomic_fetch_add(&session->tasks, 1) >= RTH_SESSION_TASKS_MAX)
		goto drop;
	if (!refusal) {
		chat->buf = rth_memdup0(buf, len);
		chat->len = len;
		if (!chat->buf)
			goto drop;
	}
	if (rth_queue_put(&control->queue, &chat->task) == RTH_OK)
		return;
drop:
	chat_free(chat);
}
