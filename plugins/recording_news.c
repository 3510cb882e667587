/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What time and the recorder do to a recording.
 */
#include <string.h>

#include "announce.h"
#include "event.h"
#include "mem.h"
#include "recording_steps.h"

#define OPENING_US (2 * RTH_FEED_READY_MS * RTH_US_PER_MS)
#define LIMITED_RARER 4 /* key frames on a thin line */

/* Who was asked and said nothing; returns whether there was somebody. */
static bool nobody_answered(struct rth_control *control, struct rth_room *room,
			    int64_t now_us)
{
	struct rth_recording *recording = room->recording;
	bool late = false;

	for (int role = 0; role < RTH_ROLES; role++) {
		int64_t by_us = recording->answer_by_us[role];
		struct rth_consent consent;
		json_t *evidence;

		if (by_us == 0 || now_us < by_us || !room->seat[role])
			continue;
		late = true;
		rth_recording_set_by(&recording->by, room->seat[role]);
		consent = rth_recording_answered(control, room->seat[role],
						 NULL, RTH_ANSWER_NONE);
		evidence = rth_announce_consent(recording, &consent);
		rth_event_tell(control, evidence);
	}
	return late;
}

static void look_at_loss(struct rth_control *control, struct rth_room *room)
{
	struct rth_recording *recording = room->recording;
	struct rth_tap_loss loss = rth_recording_loss(recording);
	bool first = recording->loss.packets == 0;

	if (loss.packets == recording->loss.packets)
		return;
	recording->loss = loss;
	rth_control_log(control, RTH_LOG_WARN,
			"recording-incomplete recording=%s lost_packets=%llu "
			"lost_ms=%lld",
			recording->id, (unsigned long long)loss.packets,
			(long long)(loss.us / RTH_US_PER_MS));
	if (first)
		rth_announce_report(control, recording,
				    rth_recording_state_name(recording),
				    json_pack("{s:b}", "incomplete", 1));
	rth_announce_all(control, room, recording->state);
}

static bool is_thin(const struct rth_room *room)
{
	for (int role = 0; role < RTH_ROLES; role++) {
		if (room->seat[role]->told_limited)
			return true;
	}
	return false;
}

static void tick_running(struct rth_control *control, struct rth_room *room,
			 int64_t now_us)
{
	int64_t every_us = control->conf->key_frame_s * RTH_US_PER_S;

	if (is_thin(room))
		every_us *= LIMITED_RARER;
	if (now_us >= room->recording->key_due_us)
		rth_recording_want_keys(room, now_us, every_us);
}

void rth_recording_tick(struct rth_control *control, struct rth_room *room,
			int64_t now_us)
{
	struct rth_recording *recording = room->recording;

	if (!recording)
		return;
	if (recording->state == RTH_RECORDING_OPENING) {
		if (now_us - recording->since_us >= OPENING_US)
			rth_recording_refuse(control, room, "no-answer");
		return;
	}
	if (nobody_answered(control, room, now_us)) {
		rth_recording_over(control, room, "withdrawn", "withdrawn");
		return;
	}
	if (recording->part == 0)
		return;
	if (!room->seat[RTH_ROLE_CLINICIAN] &&
	    now_us - recording->away_us >=
		    control->conf->linger_s * RTH_US_PER_S) {
		recording->by = recording->away;
		rth_recording_finish(control, room, "left", "left");
		return;
	}
	look_at_loss(control, room);
	if (recording->state == RTH_RECORDING_RUNNING)
		tick_running(control, room, now_us);
}

/* ---- recordings that are being stored ---- */

/* Takes one that is being stored out of the list, and tells what became of it.
 */
static void last_word(struct rth_control *control, struct rth_recording **at,
		      bool stored)
{
	struct rth_recording *recording = *at;

	*at = recording->next;
	rth_recording_report_stored(control, recording, stored);
	rth_feed_unref(recording->link);
	rth_free(recording);
}

void rth_recording_tick_news(struct rth_control *control)
{
	struct rth_room *room = control->rooms.first;

	if (!atomic_exchange(&control->news_lost, false))
		return;
	while (control->being_stored)
		last_word(control, &control->being_stored, false);
	for (; room; room = room->next) {
		if (room->recording)
			rth_recording_failed(control, room, RTH_ERR_NOMEM);
	}
}

void rth_recording_last_words(struct rth_control *control)
{
	while (control->being_stored)
		last_word(control, &control->being_stored,
			  rth_feed_stored(control->being_stored->link));
}

static void hear_stored(struct rth_control *control,
			const struct rth_feed_link *link,
			enum rth_feed_news news)
{
	struct rth_recording **at = &control->being_stored;

	if (news == RTH_FEED_NEWS_READY || news == RTH_FEED_NEWS_GONE)
		return;
	while (*at && (*at)->link != link)
		at = &(*at)->next;
	if (*at)
		last_word(control, at, news == RTH_FEED_NEWS_DONE);
}

/* ---- the recorder's news ---- */

static void ask_everybody(struct rth_control *control, struct rth_room *room)
{
	rth_recording_enter(control, room, RTH_RECORDING_ASKED);
	rth_announce_report(control, room->recording, "asked", NULL);
	for (int role = 0; role < RTH_ROLES; role++) {
		if (room->seat[role])
			rth_recording_ask(control, room, room->seat[role]);
	}
}

/* Before BEGIN: it can be asked for, or it cannot be recorded at all. */
static void hear_before(struct rth_control *control, struct rth_room *room,
			enum rth_feed_news news, const char *reason)
{
	static const char *const told[] = {"disk-full", "busy"};
	const char *why = "failed";

	if (news == RTH_FEED_NEWS_READY) {
		if (room->recording->state == RTH_RECORDING_OPENING)
			ask_everybody(control, room);
		return;
	}
	for (size_t i = 0; reason && i < sizeof(told) / sizeof(*told); i++) {
		if (strcmp(reason, told[i]) == 0)
			why = told[i];
	}
	if (reason && strcmp(reason, "unavailable") == 0)
		why = "no-answer";
	rth_recording_refuse(control, room, why);
}

static void hear_begun(struct rth_control *control, struct rth_room *room,
		       enum rth_feed_news news, const char *reason)
{
	bool full = reason && strcmp(reason, "disk-full") == 0;

	switch (news) {
	case RTH_FEED_NEWS_READY:
		rth_recording_failed(control, room,
				     rth_recording_begin(control, room));
		break;
	case RTH_FEED_NEWS_GONE:
		rth_control_log(control, RTH_LOG_WARN,
				"recorder-gone recording=%s",
				room->recording->id);
		break;
	default:
		rth_recording_finish(control, room,
				     full ? "disk-full" : "failed", NULL);
		break;
	}
}

static struct rth_room *room_of(const struct rth_control *control,
				const struct rth_feed_link *link)
{
	struct rth_room *room = control->rooms.first;

	while (room && (!room->recording || room->recording->link != link))
		room = room->next;
	return room;
}

struct news_task {
	struct rth_task task;
	struct rth_feed_link *link; /* a reference */
	enum rth_feed_news news;
	const char *reason;
};

static void news_free(struct news_task *task)
{
	rth_feed_unref(task->link);
	rth_free(task);
}

static void run_news(struct rth_control *control, struct rth_task *task)
{
	struct news_task *heard = (struct news_task *)task;
	struct rth_room *room = room_of(control, heard->link);

	if (!room)
		hear_stored(control, heard->link, heard->news);
	else if (room->recording->part == 0)
		hear_before(control, room, heard->news, heard->reason);
	else
		hear_begun(control, room, heard->news, heard->reason);
	news_free(heard);
}

/* Without memory it is told at the next tick that some news was lost. */
void rth_recording_news(void *arg, struct rth_feed_link *link,
			enum rth_feed_news news, const char *reason)
{
	struct rth_control *control = arg;
	struct news_task *task = rth_alloc(sizeof(*task));

	if (!task) {
		atomic_store(&control->news_lost, true);
		return;
	}
	task->task.run = run_news;
	task->link = rth_feed_ref(link);
	task->news = news;
	task->reason = reason;
	if (rth_queue_put(&control->queue, &task->task))
		news_free(task);
}
