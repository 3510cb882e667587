/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A link's states, and what goes over it in each. See feed_link.h.
 */
#include "feed_link.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "mem.h"

#define SHARE_RECORDS 128 /* of one link in one turn */
#define ANSWER_MAX 1024	  /* bytes of a body from the recorder */
#define ANSWERS_MAX 4	  /* read in one turn; more is no recorder */

static const bool moves[RTH_LINK_STATES][RTH_LINK_STATES] = {
	[RTH_LINK_AWAY] =
		{[RTH_LINK_CONNECTING] = true, [RTH_LINK_OVER] = true},
	[RTH_LINK_CONNECTING] = {[RTH_LINK_AWAY] = true,
				 [RTH_LINK_READY] = true,
				 [RTH_LINK_OVER] = true},
	[RTH_LINK_READY] = {[RTH_LINK_AWAY] = true,
			    [RTH_LINK_RUNNING] = true,
			    [RTH_LINK_OVER] = true},
	[RTH_LINK_RUNNING] = {[RTH_LINK_AWAY] = true,
			      [RTH_LINK_ENDING] = true,
			      [RTH_LINK_OVER] = true},
	[RTH_LINK_ENDING] = {[RTH_LINK_OVER] = true},
};

/* What a recorder may give as its reason; others are "failed". */
static const char *const reasons[] = {
	"disk-full", "disk-failed", "busy", "malformed", "failed",
};
static const char FAILED[] = "failed";
static const char UNAVAILABLE[] = "unavailable";

static void enter(struct rth_feed_link *link, enum rth_link_state next)
{
	assert(moves[link->state][next]);
	link->state = next;
	link->since_us = link->host->now_us();
}

static void hang_up(struct rth_feed_link *link)
{
	if (link->fd >= 0)
		link->host->feed_close(link->fd);
	link->fd = -1;
	link->blocked = false;
	link->more = false;
}

static void link_free(struct rth_feed_link *link)
{
	rth_said_clear(&link->said);
	rth_free(link->saying);
	for (int role = 0; role < RTH_FEED_ROLES; role++)
		rth_tap_free(link->tap[role]);
	pthread_mutex_destroy(&link->lock);
	rth_free(link);
}

enum rth_err rth_feed_link_create(struct rth_feed_link **linkp,
				  const struct rth_host *host,
				  const struct rth_feed_conf *conf)
{
	struct rth_feed_link *link = rth_alloc(sizeof(*link));
	enum rth_err err = RTH_OK;

	if (!link)
		return RTH_ERR_NOMEM;
	if (pthread_mutex_init(&link->lock, NULL)) {
		rth_free(link);
		return RTH_ERR_NOMEM;
	}
	atomic_init(&link->refs, 1);
	link->host = host;
	link->conf = conf;
	link->state = RTH_LINK_CONNECTING;
	link->since_us = host->now_us();
	for (uint8_t role = 0; role < RTH_FEED_ROLES && !err; role++)
		err = rth_tap_create(&link->tap[role], role,
				     conf->ring_bytes / RTH_FEED_ROLES);
	if (err)
		goto fail;
	link->fd = host->feed_connect(conf->socket);
	err = RTH_ERR_UNAVAILABLE;
	if (link->fd < 0)
		goto fail;
	*linkp = link;
	return RTH_OK;
fail:
	link_free(link);
	return err;
}

struct rth_feed_link *rth_feed_ref(struct rth_feed_link *link)
{
	atomic_fetch_add_explicit(&link->refs, 1, memory_order_relaxed);
	return link;
}

void rth_feed_unref(struct rth_feed_link *link)
{
	if (link && atomic_fetch_sub(&link->refs, 1) == 1)
		link_free(link);
}

void rth_feed_link_end(struct rth_feed_link *link)
{
	hang_up(link);
	enter(link, RTH_LINK_OVER);
	pthread_mutex_lock(&link->lock);
	link->over = true;
	rth_said_clear(&link->said);
	pthread_mutex_unlock(&link->lock);
}

static void tell(struct rth_feed_link *link, enum rth_feed_news news,
		 const char *reason)
{
	link->conf->news(link->conf->arg, link, news, reason);
}

static void end_with(struct rth_feed_link *link, enum rth_feed_news news,
		     const char *reason)
{
	rth_feed_link_end(link);
	tell(link, news, reason);
}

static int64_t end_said_us(struct rth_feed_link *link)
{
	int64_t end_us;

	pthread_mutex_lock(&link->lock);
	end_us = link->end_us;
	pthread_mutex_unlock(&link->lock);
	return end_us;
}

/* ---- away and back ---- */

/*
 * What was to be said is kept for the next part, but for a BEGIN: the control
 * thread says another when it hears READY again.
 */
static void keep_for_next(struct rth_feed_link *link, bool and_begin)
{
	struct rth_said *saying = link->saying;

	link->saying = NULL;
	pthread_mutex_lock(&link->lock);
	if (!and_begin && link->said.first &&
	    link->said.first->kind == RTH_FEED_BEGIN)
		rth_free(rth_said_take(&link->said));
	if (saying && (and_begin || saying->kind != RTH_FEED_BEGIN)) {
		rth_said_put_back(&link->said, saying);
		saying = NULL;
	}
	pthread_mutex_unlock(&link->lock);
	rth_free(saying);
}

static void tell_gone(struct rth_feed_link *link)
{
	link->quiet = false;
	keep_for_next(link, false);
	tell(link, RTH_FEED_NEWS_GONE, NULL);
}

/* The recorder has closed the connection, or does not answer. */
static void gone(struct rth_feed_link *link)
{
	enum rth_link_state was = link->state;

	hang_up(link);
	if (end_said_us(link)) {
		end_with(link, RTH_FEED_NEWS_LOST, NULL);
		return;
	}
	if (!link->was_ready) {
		end_with(link, RTH_FEED_NEWS_REFUSED, UNAVAILABLE);
		return;
	}
	enter(link, RTH_LINK_AWAY);
	if (was != RTH_LINK_CONNECTING || link->quiet)
		tell_gone(link);
}

static bool connect_again(struct rth_feed_link *link)
{
	if (link->host->now_us() - link->since_us <
	    RTH_FEED_RECONNECT_MS * INT64_C(1000))
		return false;
	link->fd = link->host->feed_connect(link->conf->socket);
	if (link->fd < 0) {
		link->since_us = link->host->now_us();
		if (link->quiet)
			tell_gone(link);
		return false;
	}
	enter(link, RTH_LINK_CONNECTING);
	return true;
}

/*
 * A BEGIN that the control thread said before it heard that the recorder was
 * gone went over this connection already; now it says the next. The recorder
 * takes one for each connection, so there is another one for it.
 */
static void connect_for_begin(struct rth_feed_link *link)
{
	hang_up(link);
	keep_for_next(link, true);
	enter(link, RTH_LINK_AWAY);
	link->since_us -= RTH_FEED_RECONNECT_MS * INT64_C(1000);
	link->quiet = true;
}

/* ---- from the recorder ---- */

/* The known reason in a body, or "failed". */
static const char *read_reason(const uint8_t *body, size_t len)
{
	json_t *json = json_loadb((const char *)body, len,
				  JSON_REJECT_DUPLICATES, NULL);
	const char *told = json_string_value(json_object_get(json, "reason"));
	const char *reason = FAILED;

	for (size_t i = 0; told && i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strcmp(told, reasons[i]) == 0)
			reason = reasons[i];
	json_decref(json);
	return reason;
}

static void on_ready(struct rth_feed_link *link)
{
	bool quiet = link->quiet;

	enter(link, RTH_LINK_READY);
	link->was_ready = true;
	link->quiet = false;
	if (!quiet)
		tell(link, RTH_FEED_NEWS_READY, NULL);
}

static void done(struct rth_feed_link *link)
{
	atomic_store(&link->stored, true);
	end_with(link, RTH_FEED_NEWS_DONE, NULL);
}

/* What is no answer, or comes when none may come, ends the link. */
static void on_answer(struct rth_feed_link *link, const uint8_t *record,
		      size_t len)
{
	const uint8_t *body = record + RTH_FEED_HEAD_BYTES;
	struct rth_feed_head head = {0};
	bool connecting = link->state == RTH_LINK_CONNECTING;

	if (rth_feed_read(&head, record, len))
		head.kind = 0;
	if (head.kind == RTH_FEED_READY && connecting)
		on_ready(link);
	else if (head.kind == RTH_FEED_REFUSED && connecting)
		end_with(link, RTH_FEED_NEWS_REFUSED,
			 read_reason(body, len - RTH_FEED_HEAD_BYTES));
	else if (head.kind == RTH_FEED_DONE && link->state == RTH_LINK_ENDING)
		done(link);
	else if (head.kind == RTH_FEED_FAILED)
		end_with(link, RTH_FEED_NEWS_FAILED,
			 read_reason(body, len - RTH_FEED_HEAD_BYTES));
	else
		end_with(link, RTH_FEED_NEWS_FAILED, FAILED);
}

/* Reads what is there; says whether anything was. */
static bool receive(struct rth_feed_link *link)
{
	uint8_t record[RTH_FEED_HEAD_BYTES + ANSWER_MAX];
	int n = 0;

	for (int i = 0; i < ANSWERS_MAX && link->fd >= 0; i++) {
		n = link->host->feed_receive(link->fd, record, sizeof(record));
		if (n == RTH_HOST_NOT_NOW)
			return i > 0;
		if (n == RTH_HOST_GONE)
			gone(link);
		else
			on_answer(link, record, (size_t)n);
	}
	return true;
}

/* ---- to the recorder ---- */

enum sent { SENT, SENT_NOTHING, SENT_STOP };

static enum sent send_record(struct rth_feed_link *link, const uint8_t *record,
			     size_t len)
{
	int n;

	if (atomic_load(&link->left) && !end_said_us(link))
		return SENT_STOP;
	n = link->host->feed_send(link->fd, record, len);
	link->blocked = n == RTH_HOST_NOT_NOW;
	if (n > 0)
		link->sent_us = link->host->now_us();
	if (n == RTH_HOST_GONE) {
		/* It may have said why. */
		receive(link);
		if (link->fd >= 0)
			gone(link);
		return SENT_STOP;
	}
	return link->blocked ? SENT_STOP : SENT;
}

/* The role whose oldest record is the older one; -1 when there is none. */
static int older_tap(struct rth_feed_link *link, const uint8_t **recordp,
		     size_t *lenp)
{
	int64_t oldest_us = INT64_MAX;
	int found = -1;

	for (int role = 0; role < RTH_FEED_ROLES; role++) {
		const uint8_t *record = NULL;
		size_t len = rth_tap_first(link->tap[role], &record);
		uint64_t time_us;

		if (len == 0)
			continue;
		memcpy(&time_us, record + 8, sizeof(time_us));
		if (found >= 0 && (int64_t)le64toh(time_us) >= oldest_us)
			continue;
		oldest_us = (int64_t)le64toh(time_us);
		found = role;
		*recordp = record;
		*lenp = len;
	}
	return found;
}

static enum sent send_media(struct rth_feed_link *link)
{
	const uint8_t *record = NULL;
	size_t len = 0;
	int role = older_tap(link, &record, &len);
	enum sent sent;

	if (role < 0)
		return SENT_NOTHING;
	sent = send_record(link, record, len);
	if (sent == SENT)
		rth_tap_drop(link->tap[role]);
	return sent;
}

/* May the first of the list go now? END waits for the rings. */
static bool may_say(struct rth_feed_link *link, const struct rth_said *said)
{
	const uint8_t *record;

	if (link->state == RTH_LINK_READY || said->kind == RTH_FEED_BEGIN)
		return said->kind == RTH_FEED_BEGIN;
	if (said->kind != RTH_FEED_END)
		return true;
	return rth_tap_first(link->tap[0], &record) == 0 &&
	       rth_tap_first(link->tap[1], &record) == 0;
}

static void take_said(struct rth_feed_link *link)
{
	pthread_mutex_lock(&link->lock);
	if (link->said.first && may_say(link, link->said.first))
		link->saying = rth_said_take(&link->said);
	pthread_mutex_unlock(&link->lock);
}

static enum sent send_said(struct rth_feed_link *link)
{
	enum rth_feed_kind kind;
	enum sent sent;

	if (!link->saying)
		take_said(link);
	if (!link->saying)
		return SENT_NOTHING;
	kind = link->saying->kind;
	if (kind == RTH_FEED_BEGIN && link->state == RTH_LINK_RUNNING) {
		connect_for_begin(link);
		return SENT_STOP;
	}
	sent = send_record(link, link->saying->record, link->saying->len);
	if (sent != SENT)
		return sent;
	rth_free(link->saying);
	link->saying = NULL;
	if (kind == RTH_FEED_BEGIN)
		enter(link, RTH_LINK_RUNNING);
	if (kind == RTH_FEED_END)
		enter(link, RTH_LINK_ENDING);
	return SENT;
}

/* Sends its share; says whether anything happened. */
static bool send_share(struct rth_feed_link *link)
{
	enum rth_link_state before = link->state;
	enum sent sent = SENT;
	int n;

	for (n = 0; n < SHARE_RECORDS && sent == SENT; n++) {
		if (link->state != RTH_LINK_READY &&
		    link->state != RTH_LINK_RUNNING)
			break;
		sent = send_said(link);
		if (sent == SENT_NOTHING && link->state == RTH_LINK_RUNNING)
			sent = send_media(link);
	}
	link->more = sent == SENT && n == SHARE_RECORDS;
	return n > 1 || sent == SENT || link->state != before;
}

/* ---- a turn ---- */

static bool lasts(const struct rth_feed_link *link, int64_t since_us, int ms)
{
	return link->host->now_us() - since_us >= ms * INT64_C(1000);
}

/* END was said, but there is nobody who could write the end of it. */
static bool end_is_in_vain(struct rth_feed_link *link)
{
	bool begins;

	if (link->state == RTH_LINK_RUNNING || link->state == RTH_LINK_ENDING)
		return false;
	pthread_mutex_lock(&link->lock);
	begins = link->said.first && link->said.first->kind == RTH_FEED_BEGIN;
	pthread_mutex_unlock(&link->lock);
	return !begins && !link->saying;
}

static bool look_at_time(struct rth_feed_link *link)
{
	int64_t end_us = end_said_us(link);

	if (end_us &&
	    (end_is_in_vain(link) ||
	     lasts(link, end_us > link->sent_us ? end_us : link->sent_us,
		   RTH_FEED_DONE_MS))) {
		end_with(link, RTH_FEED_NEWS_LOST, NULL);
		return true;
	}
	if (link->state == RTH_LINK_CONNECTING &&
	    lasts(link, link->since_us, RTH_FEED_READY_MS)) {
		gone(link);
		return true;
	}
	return false;
}

bool rth_feed_link_turn(struct rth_feed_link *link, bool readable)
{
	bool busy = false;

	if (atomic_load(&link->left) && !end_said_us(link)) {
		rth_feed_link_end(link);
		return true;
	}
	if (link->state == RTH_LINK_AWAY)
		busy = connect_again(link);
	if (readable && link->fd >= 0)
		busy |= receive(link);
	if (link->state == RTH_LINK_READY || link->state == RTH_LINK_RUNNING)
		busy |= send_share(link);
	if (link->state != RTH_LINK_OVER)
		busy |= look_at_time(link);
	return busy;
}
