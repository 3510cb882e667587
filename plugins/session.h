/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One browser: what is known of it, and the media end (port) through which
 * its packets flow once it has a seat.
 *
 *     none ──▶ waiting ──▶ seated ──▶ left
 *       └────▶ checking ────────────────┘
 *
 * From each of the first three a session can be left at once, and who needs
 * not knock is seated at once. While it waits it knows no room: `room` is NULL,
 * and its port has no route. While it checks its line it knows no room either,
 * and its port's route leads back to itself.
 *
 * References: one belongs to the host's handle and is given up by
 * rth_control_gone, one to each task in the control thread's queue, one to
 * the seat. The last one given up frees the session and releases the handle.
 *
 * Threads: the members under "control thread" are touched there only; those
 * under "who" are written there before the state says "waiting", or "seated" if
 * it does so first, and never after, those under "its seat" before it says
 * "seated" or "checking", so that whoever has read that state may read them;
 * the port has rules of its own (relay.h); the rest is atomic or never changes.
 */
#ifndef RTH_SESSION_H
#define RTH_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "admission.h"
#include "checkin.h"
#include "pace.h"
#include "relay.h"
#include "sdp.h"
#include "task.h"

#define RTH_SESSION_TASKS_MAX 32 /* waiting at a time, of one browser */
#define RTH_REQUESTS_PER_S 20	 /* of one browser; leaving is always heard */

enum rth_state {
	RTH_NONE,
	RTH_WAITING,
	RTH_SEATED,
	RTH_CHECKING,
	RTH_LEFT,
	RTH_STATES,
};

struct rth_room;

struct rth_session {
	atomic_uint refs;
	struct rth_port port;
	atomic_uint tasks; /* requests and chats waiting */

	/* The host's news: the newest state counts, and that it changed. */
	atomic_bool media_up;
	atomic_uint media_changes;
	atomic_bool gone;
	atomic_bool news_queued;
	struct rth_task news;

	/* Media thread. */
	struct rth_pace chat_pace;
	struct rth_pace refusal_pace;

	_Atomic(enum rth_state) state; /* written by the control thread */

	/* Who. */
	struct rth_admitted who;
	char participant[RTH_ID_SIZE];
	int64_t waits_since_us;	  /* of who has waited */
	struct rth_checkin check; /* the join's */

	/* Its seat, or its check. */
	int64_t since_us;

	/* Control thread. */
	struct rth_room *room; /* while seated; borrowed: it has our seat */
	struct rth_pace request_pace;
	unsigned media_changes_seen;
	bool media; /* its PeerConnection is up */
	bool microphone, camera, screen;
	struct rth_condition condition;
	struct rth_session *next_checking; /* of control->checking */
	bool told_limited, told_voice_only;
	int64_t quality_us; /* when its quality was told last */
	struct rth_losses_seen quality_lost; /* by then */
	bool answered; /* offer and codec are those of the last answer */
	struct rth_sdp_offer offer;
	enum rth_codec codec;
};

/**
 * Makes a session with one reference and holds the handle. Any thread.
 */
enum rth_err rth_session_create(struct rth_session **sessionp,
				const struct rth_host *host,
				void *handle) RTH_CHECKED;
struct rth_session *rth_session_ref(struct rth_session *session);

/** Gives up a reference; the caller never looks at it again. Any thread. */
void rth_session_unref(struct rth_session *session);

/**
 * Moves to another state. Control thread.
 *
 * @return 0, or RTH_ERR_STATE when the move is not in the table
 */
enum rth_err rth_session_enter(struct rth_session *session,
			       enum rth_state next) RTH_CHECKED;

/** "none", "waiting", "seated", "checking" or "left". */
const char *rth_state_name(enum rth_state state);

#endif
