/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The open recording. What it writes is decided by consent.h; where it stands
 * in time is the relay's clock, which is this machine's monotonic one.
 */
#include "recording.h"

#include <string.h>
#include <unistd.h>

#include "consent.h"
#include "folder.h"
#include "mem.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LOCK_WAIT_MS 10000
/* A lane's time may run ahead of its packets by what the feed takes to bring
   them; it never overtakes packets that are still in the socket. */
#define FEED_DELAY_US 300000
/* A packet may have arrived just before the moment that counts as the origin,
   and found the tap open when it got there. */
#define EARLY_US 1000000
/* What one person may send: far above any browser's, so that nobody fills the
   clinic's disk in the time of a visit. */
#define RATE_BYTES 3000000 /* a second */
#define RATE_BURST_BYTES (16 << 20)
#define DURATION_MAX_US (7 * 24 * INT64_C(3600000000))

struct person {
	struct rth_sender *sender;
	struct rth_lane *camera, *screen;
	int64_t newest_us;   /* when its newest packet reached the relay */
	int64_t ahead_bytes; /* beyond RATE_BYTES, at */
	int64_t ahead_us;
};

struct rth_recording {
	struct rth_said_begin begin;
	struct rth_consent consent;
	struct rth_manifest *manifest;
	struct rth_chat_log *chat;
	struct rth_seal_key *key;
	struct person people[2];
	struct rth_manifest_loss loss[2];
	struct rth_manifest_lane lanes[RTH_LANES];
	size_t segments; /* that the manifest on the disk names */
	bool stale;	 /* that manifest lacks something that matters */
	int64_t begun_us, newest_us;
	int folder;
};

static const struct {
	const char *name, *role;
} lane_names[RTH_LANES] = {
	{"clinician", "clinician"},
	{"clinician-screen", "clinician"},
	{"patient", "patient"},
	{"patient-screen", "patient"},
};

void rth_recording_free(struct rth_recording *r)
{
	if (!r)
		return;
	for (int i = 0; i < 2; i++) {
		rth_lane_free(r->people[i].camera);
		rth_lane_free(r->people[i].screen);
		rth_sender_free(r->people[i].sender);
	}
	rth_chat_log_free(r->chat);
	rth_manifest_free(r->manifest);
	rth_seal_key_free(r->key);
	rth_said_begin_clear(&r->begin);
	if (r->folder >= 0)
		close(r->folder);
	rth_free(r);
}

const char *rth_recording_id(const struct rth_recording *recording)
{
	return recording->begin.recording;
}

unsigned rth_recording_part(const struct rth_recording *recording)
{
	return recording->begin.part;
}

int64_t rth_recording_free_bytes(const struct rth_recording *recording)
{
	return rth_folder_free_bytes(recording->folder);
}

static int64_t at_ms(const struct rth_recording *r, int64_t time_us)
{
	return (time_us - r->begin.origin_us) / 1000;
}

/* The manifest. */

static enum rth_err write_manifest(struct rth_recording *r,
				   const struct rth_recording_end *end)
{
	struct rth_manifest_now now = {
		.lanes = r->lanes,
		.n_lanes = RTH_LANES,
		.chat = r->chat,
		.loss = {r->loss[0], r->loss[1]},
		.at_ms = at_ms(r, r->newest_us),
	};

	if (end) {
		now.ending = end->ending;
		now.reason = end->reason;
		now.failed = end->failed;
		now.parts = end->parts;
		now.by = end->by;
	}
	return rth_manifest_write(r->manifest, &now, r->folder, r->key);
}

static size_t count_segments(const struct rth_recording *r)
{
	struct rth_segment_info info;
	size_t n = 0;

	for (size_t i = 0; i < RTH_LANES; i++)
		for (size_t k = 0;
		     !rth_lane_segment(r->lanes[i].lane, k, &info); k++)
			n++;
	return n;
}

/* Beginning. */

static enum rth_err make_lane(struct rth_recording *r, size_t i,
			      struct rth_lane **lanep)
{
	const struct rth_lane_conf conf = {
		.name = lane_names[i].name,
		.dirfd = r->folder,
		.part = r->begin.part,
		.key = r->key,
		.sender = r->people[i / 2].sender,
		.origin_us = r->begin.origin_us,
	};
	enum rth_err err = rth_lane_create(lanep, &conf);

	if (!err)
		r->lanes[i] = (struct rth_manifest_lane){
			lane_names[i].name, lane_names[i].role, *lanep};
	return err;
}

static enum rth_err make_lanes(struct rth_recording *r)
{
	enum rth_err err = RTH_OK;

	for (size_t i = 0; i < 2 && !err; i++) {
		struct person *person = &r->people[i];

		err = rth_sender_create(&person->sender);
		if (!err)
			err = make_lane(r, 2 * i, &person->camera);
		if (!err)
			err = make_lane(r, 2 * i + 1, &person->screen);
	}
	return err;
}

static enum rth_err take_folder(struct rth_recording *r,
				const struct rth_recording_conf *conf)
{
	char name[RTH_MANIFEST_NAME_MAX + 1];
	enum rth_err err;

	err = rth_folder_make(&r->folder, conf->store, r->begin.recording,
			      r->begin.begun_ms);
	if (err)
		return err;
	err = conf->narrow(r->folder);
	if (!err)
		err = rth_folder_lock(r->folder, LOCK_WAIT_MS);
	if (err)
		return err;
	rth_manifest_name(name, r->begin.part);
	return rth_folder_has(r->folder, name) ? RTH_ERR_EXISTS : RTH_OK;
}

static enum rth_err open_files(struct rth_recording *r,
			       const struct rth_recording_conf *conf)
{
	enum rth_err err = take_folder(r, conf);

	if (!err)
		err = rth_seal_key_make(&r->key, conf->keys->public,
					conf->keys->n);
	if (!err)
		err = make_lanes(r);
	if (!err)
		err = rth_chat_log_create(&r->chat, r->folder, r->begin.part,
					  r->key);
	if (!err)
		err = rth_manifest_create(&r->manifest, &r->begin, r->begun_us);
	if (!err)
		err = write_manifest(r, NULL);
	return err;
}

enum rth_err rth_recording_open(struct rth_recording **recordingp,
				const struct rth_recording_conf *conf,
				const struct rth_feed_head *head,
				const char *text, size_t len)
{
	struct rth_recording *r = rth_alloc(sizeof(*r));
	enum rth_err err;

	if (!r)
		return RTH_ERR_NOMEM;
	r->folder = -1;
	err = rth_said_begin(&r->begin, text, len);
	if (!err && (head->time_us < r->begin.origin_us ||
		     head->time_us - r->begin.origin_us > DURATION_MAX_US))
		err = RTH_ERR_FORMAT;
	if (!err) {
		r->begun_us = r->newest_us = head->time_us;
		r->people[0].newest_us = r->people[1].newest_us = r->begun_us;
		r->people[0].ahead_us = r->people[1].ahead_us = r->begun_us;
		rth_consent_begin(&r->consent, r->begin.people,
				  r->begin.part > 1 ? r->begun_us : INT64_MIN);
		err = open_files(r, conf);
	}
	if (err)
		rth_recording_free(r);
	else
		*recordingp = r;
	return err;
}

/* Records. */

/* RTH_ERR_DENIED: it should not have come; RTH_ERR_NOT_FOUND: it is dropped. */
static enum rth_err may_write(struct rth_recording *r, int role,
			      enum rth_consent_medium medium, int64_t time_us)
{
	enum rth_consent_word word =
		rth_consent_media(&r->consent, role, medium, time_us);

	if (word == RTH_CONSENT_DROP)
		r->loss[role].refused++;
	if (word == RTH_CONSENT_NEVER)
		return RTH_ERR_DENIED;
	return word == RTH_CONSENT_DROP ? RTH_ERR_NOT_FOUND : RTH_OK;
}

static bool is_within_rate(struct person *person, size_t len, int64_t time_us)
{
	int64_t passed_us = time_us - person->ahead_us;

	if (passed_us > 0) {
		person->ahead_bytes -= passed_us * RATE_BYTES / 1000000;
		person->ahead_us = time_us;
	}
	if (person->ahead_bytes < 0)
		person->ahead_bytes = 0;
	if (person->ahead_bytes + (int64_t)len > RATE_BURST_BYTES)
		return false;
	person->ahead_bytes += (int64_t)len;
	return true;
}

static enum rth_err take_rtp(struct rth_recording *r,
			     const struct rth_feed_head *head,
			     const uint8_t *body, size_t len)
{
	struct person *person = &r->people[head->role];
	struct rth_lane *lane =
		head->slot == 2 ? person->screen : person->camera;
	enum rth_err err =
		may_write(r, head->role,
			  head->slot ? RTH_CONSENT_PICTURE : RTH_CONSENT_SOUND,
			  head->time_us);

	if (err)
		return err == RTH_ERR_NOT_FOUND ? RTH_OK : err;
	if (!is_within_rate(person, len, head->time_us)) {
		r->loss[head->role].lost++;
		return RTH_OK;
	}
	return rth_lane_rtp(lane, head->slot, head->codec, body, len,
			    head->time_us);
}

static enum rth_err take_rtcp(struct rth_recording *r,
			      const struct rth_feed_head *head,
			      const uint8_t *body, size_t len)
{
	if (head->role > 1)
		return RTH_ERR_FORMAT;
	rth_sender_report(r->people[head->role].sender, body, len,
			  head->time_us);
	return RTH_OK;
}

static enum rth_err take_chat(struct rth_recording *r,
			      const struct rth_feed_head *head,
			      const uint8_t *body, size_t len)
{
	json_t *chat = NULL;
	enum rth_err err = rth_said_chat(&chat, (const char *)body, len);
	int role;

	if (err)
		return err;
	role = rth_said_role(json_object_get(chat, "role"));
	err = may_write(r, role, RTH_CONSENT_SOUND, head->time_us);
	if (!err)
		err = rth_chat_log_add(r->chat, chat, at_ms(r, head->time_us));
	json_decref(chat);
	if (err == RTH_ERR_NOT_FOUND)
		return RTH_OK;
	return err == RTH_ERR_EXISTS ? RTH_ERR_IO : err;
}

static enum rth_err take_note(struct rth_recording *r,
			      const struct rth_feed_head *head,
			      const uint8_t *body, size_t len)
{
	json_t *note = NULL;
	enum rth_err err = rth_said_note(&note, (const char *)body, len);

	if (err)
		return err;
	rth_consent_note(&r->consent, note, head->time_us);
	/* Switches of devices are many, and only told at the end. */
	if (!json_object_get(note, "microphone"))
		r->stale = true;
	err = rth_manifest_note(r->manifest, note, at_ms(r, head->time_us));
	json_decref(note);
	return err;
}

static enum rth_err (*const takers[])(struct rth_recording *,
				      const struct rth_feed_head *,
				      const uint8_t *, size_t) = {
	[RTH_FEED_RTP] = take_rtp,
	[RTH_FEED_RTCP] = take_rtcp,
	[RTH_FEED_CHAT] = take_chat,
	[RTH_FEED_NOTE] = take_note,
};

static void note_arrival(struct rth_recording *r,
			 const struct rth_feed_head *head)
{
	struct person *person;

	if (head->time_us > r->newest_us)
		r->newest_us = head->time_us;
	if (head->role > 1)
		return;
	person = &r->people[head->role];
	r->loss[head->role].lost += head->lost;
	if (head->time_us > person->newest_us)
		person->newest_us = head->time_us;
}

enum rth_err rth_recording_take(struct rth_recording *r,
				const struct rth_feed_head *head,
				const uint8_t *body, size_t len)
{
	struct rth_feed_head h = *head;
	int64_t after_us = h.time_us - r->begin.origin_us;
	/* The relay says the last report again when it begins. */
	bool report = h.kind == RTH_FEED_RTCP;
	int64_t early_us = report ? DURATION_MAX_US : EARLY_US;

	if (h.kind >= COUNT(takers) || !takers[h.kind] ||
	    after_us < -early_us || after_us > DURATION_MAX_US)
		return RTH_ERR_FORMAT;
	if (after_us < 0 && !report)
		h.time_us = r->begin.origin_us;
	note_arrival(r, &h);
	return takers[h.kind](r, &h, body, len);
}

/* Time. */

static enum rth_err tick_person(const struct person *person, int64_t now_us,
				bool drained)
{
	int64_t until_us = person->newest_us;
	enum rth_err err;

	if (drained && now_us - FEED_DELAY_US > until_us)
		until_us = now_us - FEED_DELAY_US;
	err = rth_lane_tick(person->camera, until_us);
	if (!err)
		err = rth_lane_tick(person->screen, until_us);
	return err;
}

enum rth_err rth_recording_tick(struct rth_recording *r, int64_t now_us,
				bool drained)
{
	enum rth_err err = RTH_OK;

	for (int i = 0; i < 2 && !err; i++)
		err = tick_person(&r->people[i], now_us, drained);
	return err;
}

static enum rth_err refresh_manifest(struct rth_recording *r)
{
	size_t segments = count_segments(r);
	enum rth_err err;

	if (!r->stale && segments == r->segments)
		return RTH_OK;
	err = write_manifest(r, NULL);
	if (!err) {
		r->stale = false;
		r->segments = segments;
	}
	return err;
}

enum rth_err rth_recording_flush(struct rth_recording *r)
{
	enum rth_err err = refresh_manifest(r);

	for (int i = 0; i < 2 && !err; i++) {
		err = rth_lane_flush(r->people[i].camera);
		if (!err)
			err = rth_lane_flush(r->people[i].screen);
	}
	if (!err)
		err = rth_chat_log_flush(r->chat);
	return err;
}

/* The end. */

/* Each file gets its chance, whatever became of the others. */
static enum rth_err finish_files(struct rth_recording *r)
{
	enum rth_err first = rth_chat_log_finish(r->chat);

	for (int i = 0; i < 2; i++) {
		enum rth_err camera = rth_lane_finish(r->people[i].camera);
		enum rth_err screen = rth_lane_finish(r->people[i].screen);

		if (!first)
			first = camera ? camera : screen;
	}
	return first;
}

enum rth_err rth_recording_finish(struct rth_recording *r,
				  const struct rth_recording_end *end)
{
	struct rth_recording_end last = *end;
	enum rth_err files = finish_files(r);
	enum rth_err err;

	if (end->at_us > r->newest_us &&
	    end->at_us - r->begin.origin_us <= DURATION_MAX_US)
		r->newest_us = end->at_us;
	if (last.ending == RTH_ENDING_COMPLETE &&
	    (r->loss[0].lost || r->loss[1].lost))
		last.ending = RTH_ENDING_INCOMPLETE;
	if (files) {
		last.ending = RTH_ENDING_NONE;
		if (!last.failed)
			last.failed = "failed";
	}
	err = write_manifest(r, &last);
	return files ? files : err;
}

struct rth_recording_sums rth_recording_sum(const struct rth_recording *r)
{
	struct rth_recording_sums sums = {
		.lost = r->loss[0].lost + r->loss[1].lost,
		.refused = r->loss[0].refused + r->loss[1].refused,
		.duration_ms = (r->newest_us - r->begun_us) / 1000,
	};
	struct rth_segment_info info;

	for (size_t i = 0; i < RTH_LANES; i++) {
		const struct rth_lane *lane = r->lanes[i].lane;
		const struct rth_lane_counts counts = rth_lane_counts(lane);

		sums.packets += counts.packets;
		sums.missing += counts.missing;
		sums.late += counts.late;
		sums.malformed += counts.malformed;
		sums.undecodable += counts.undecodable;
		for (size_t k = 0; !rth_lane_segment(lane, k, &info); k++)
			sums.bytes += info.bytes;
	}
	return sums;
}
