/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One browser's life. See session.h.
 */
#include "session.h"

#include "mem.h"

#define CHATS_PER_S 10
#define REFUSALS_PER_S 2

static const bool moves[RTH_STATES][RTH_STATES] = {
	[RTH_NONE] = {[RTH_WAITING] = true,
		      [RTH_SEATED] = true,
		      [RTH_CHECKING] = true,
		      [RTH_LEFT] = true},
	[RTH_WAITING] = {[RTH_SEATED] = true, [RTH_LEFT] = true},
	[RTH_SEATED] = {[RTH_LEFT] = true},
	[RTH_CHECKING] = {[RTH_LEFT] = true},
};

static const char *const names[RTH_STATES] = {
	[RTH_NONE] = "none",	 [RTH_WAITING] = "waiting",
	[RTH_SEATED] = "seated", [RTH_CHECKING] = "checking",
	[RTH_LEFT] = "left",
};

static void session_free(struct rth_session *session)
{
	rth_port_clear(&session->port);
	session->port.host->release(session->port.handle);
	rth_free(session);
}

enum rth_err rth_session_create(struct rth_session **sessionp,
				const struct rth_host *host, void *handle)
{
	struct rth_session *session = rth_alloc(sizeof(*session));

	if (!session)
		return RTH_ERR_NOMEM;
	atomic_init(&session->refs, 1);
	rth_port_init(&session->port, host, handle);
	rth_pace_init(&session->chat_pace, CHATS_PER_S);
	rth_pace_init(&session->refusal_pace, REFUSALS_PER_S);
	rth_pace_init(&session->request_pace, RTH_REQUESTS_PER_S);
	host->hold(handle);
	*sessionp = session;
	return RTH_OK;
}

struct rth_session *rth_session_ref(struct rth_session *session)
{
	atomic_fetch_add_explicit(&session->refs, 1, memory_order_relaxed);
	return session;
}

void rth_session_unref(struct rth_session *session)
{
	if (atomic_fetch_sub(&session->refs, 1) == 1)
		session_free(session);
}

enum rth_err rth_session_enter(struct rth_session *session, enum rth_state next)
{
	if (!moves[session->state][next])
		return RTH_ERR_STATE;
	session->state = next;
	return RTH_OK;
}

const char *rth_state_name(enum rth_state state)
{
	return state < RTH_STATES ? names[state] : "unknown";
}
