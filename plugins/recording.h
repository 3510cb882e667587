/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recording of a room: when it may run, and what makes it stop
 * (docs/protocol.md, "Recording"). Control thread only, but for
 * rth_recording_news.
 *
 *     off ──▶ opening ──▶ asked ──▶ running ◀──▶ paused
 *      ▲         │          │          │            │
 *      └─────────┴──────────┴──────────┴────────────┘
 *
 * A room's recording is there from the request until it is off again. It is
 * recorded (room->tapping) only while the state is "running" and both seats
 * are taken by people who have agreed in this recording: one function decides
 * that from the room, `settle`, and each move goes through it.
 */
#ifndef RTH_RECORDING_H
#define RTH_RECORDING_H

#include "consent.h"
#include "control.h"
#include "feed.h"

#define RTH_CONSENTS_MAX 16 /* people remembered, of one recording */

enum rth_recording_state {
	RTH_RECORDING_OFF,
	RTH_RECORDING_OPENING, /* is the recorder there? */
	RTH_RECORDING_ASKED,
	RTH_RECORDING_RUNNING,
	RTH_RECORDING_PAUSED,
	RTH_RECORDING_STATES,
};

/* Who has stopped it, withdrawn, or left. */
struct rth_recording_by {
	char participant[RTH_ID_SIZE]; /* "": nobody of the two */
	char sub[RTH_SUB_BYTES_MAX + 1];
	enum rth_role role;
};

struct rth_recording {
	struct rth_recording *next; /* of those that are only being stored */
	char id[RTH_ID_SIZE];
	char room[RTH_ID_SIZE];
	enum rth_recording_state state;
	int64_t since_us;	    /* of the state */
	struct rth_feed_link *link; /* a reference */
	unsigned part;		    /* 0 before BEGIN */
	int64_t origin_us, begun_ms;
	struct rth_consent consents[RTH_CONSENTS_MAX]; /* oldest first */
	size_t n_consents;
	int64_t answer_by_us[RTH_ROLES]; /* 0: is not being asked */
	int64_t away_us;		 /* when the clinician was lost */
	struct rth_recording_by away;	 /* who that was */
	struct rth_recording_by by;	 /* who ends it */
	int64_t key_due_us;		 /* next key frames asked for */
	struct rth_tap_loss loss;	 /* as it was told last */
};

/** "off", "opening", "asked", "running" or "paused"; NULL is off. */
const char *rth_recording_state_name(const struct rth_recording *recording);

/** The answer of the one who has this seat now, or NULL; borrowed. */
const struct rth_consent *
rth_recording_consent(const struct rth_recording *recording,
		      const struct rth_session *session);

/**
 * Begins: connects to the recorder; when it is there everybody is asked.
 *
 * @param room has nobody missing and no recording
 * @return 0, RTH_ERR_UNAVAILABLE: there is no recorder; RTH_ERR_NOMEM,
 *         RTH_ERR_CRYPTO
 */
enum rth_err rth_recording_open(struct rth_control *control,
				struct rth_room *room) RTH_CHECKED;

/**
 * One person's answer to a recording that is asked for, runs or is paused.
 * What it forbids has stopped when this returns.
 *
 * @param text that was read; borrowed, of the configuration
 * @return 0, or RTH_ERR_NOMEM: nothing has changed, and it was not a no
 */
enum rth_err rth_recording_answer(struct rth_control *control,
				  struct rth_session *session,
				  const struct rth_consent_text *text,
				  enum rth_answer answer) RTH_CHECKED;

/** This person stops it. Nothing more is recorded when this returns. */
void rth_recording_stop(struct rth_control *control,
			const struct rth_session *session);

/**
 * The room ends. No recording: nothing.
 *
 * @param reason as in docs/feed.md
 * @param by     who has ended it; NULL: nobody of the two
 */
void rth_recording_end(struct rth_control *control, struct rth_room *room,
		       const char *reason, const struct rth_session *by);

/** Somebody has taken a seat and was told so. */
void rth_recording_joined(struct rth_control *control,
			  struct rth_session *session);

/** Somebody has left the room, whose routes are broken. */
void rth_recording_left(struct rth_control *control, struct rth_room *room,
			const struct rth_session *session, const char *reason);

/** What somebody sends has changed. */
void rth_recording_devices(struct rth_control *control,
			   const struct rth_session *session);

/** A message was relayed. `text` is borrowed. */
void rth_recording_chat(struct rth_control *control,
			const struct rth_session *from, json_t *text,
			int64_t time_ms);

/** Looks at what time does to a room's recording. */
void rth_recording_tick(struct rth_control *control, struct rth_room *room,
			int64_t now_us);

/**
 * When there was no memory for some news of the feed nobody knows whose it
 * was: then every recording has failed.
 */
void rth_recording_tick_news(struct rth_control *control);

/**
 * Tells of the recordings that are being stored whether they were. At the end,
 * when there is no feed any more.
 */
void rth_recording_last_words(struct rth_control *control);

/** The feed's news (feed.h); `control` is a struct rth_control. Feed thread. */
void rth_recording_news(void *control, struct rth_feed_link *link,
			enum rth_feed_news news, const char *reason);

#endif
