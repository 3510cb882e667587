/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making plays, and asking whether they are still good.
 */
#include "play.h"

#include <string.h>

#include "rights.h"
#include "session.h"

static enum rth_err check(const struct rth_play *play,
			  const struct rth_portal *portal,
			  const struct rth_session *session)
{
	struct rth_reviewed of;
	enum rth_err err;

	if (strcmp(play->session, session->hash) != 0 ||
	    strcmp(play->user, session->user.id) != 0)
		return RTH_ERR_NOT_FOUND;
	err = rth_store_reviewed_get(portal->store, &of, play->recording);
	if (err)
		return err;
	return rth_rights(portal, session, &of) & RTH_MAY_PLAY
		       ? 0
		       : RTH_ERR_NOT_FOUND;
}

enum rth_err rth_play_find(struct rth_play *play, const struct rth_exchange *x,
			   const char *id)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	struct rth_play found;
	enum rth_err err;

	if (!session || !rth_id_valid(id))
		return RTH_ERR_NOT_FOUND;
	err = rth_store_play_get(portal->store, &found, id);
	if (!err)
		err = check(&found, portal, session);
	if (!err)
		*play = found;
	return err;
}

enum rth_err rth_play_still(const struct rth_portal *portal, const char *id)
{
	struct rth_session session;
	struct rth_play play;
	enum rth_err err = rth_store_play_get(portal->store, &play, id);

	if (!err)
		err = rth_session_find(&session, portal, play.session);
	return err ? err : check(&play, portal, &session);
}
