/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each line is like. See quality.h.
 */
#include "quality.h"

#include "event.h"

static json_t *number(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static int64_t kbps(struct rth_limit *limit, int64_t now_us)
{
	return rth_limit_sent_bps(limit, now_us, RTH_QUALITY_US) / 1000;
}

static void tell(const struct rth_control *control, struct rth_session *session,
		 struct rth_limit *other, int64_t now_us)
{
	struct rth_limit *limit = session->port.limit;
	struct rth_losses_seen losses = rth_losses_see(rth_limit_losses(limit));
	int64_t round_trip_us = rth_limit_round_trip_us(limit);

	rth_event_report(
		control, "quality", session,
		json_pack("{s:o, s:o, s:o, s:o, s:b}", "loss_permille",
			  number(rth_losses_permille(&session->quality_lost,
						     &losses)),
			  "round_trip_ms",
			  number(round_trip_us > 0 ? round_trip_us / 1000 : -1),
			  "received_kbps", number(kbps(limit, now_us)),
			  "sent_kbps", number(kbps(other, now_us)), "limited",
			  session->told_limited));
	session->quality_lost = losses;
}

void rth_quality_tick(const struct rth_control *control,
		      struct rth_session *session, int64_t now_us)
{
	const struct rth_room *room = session->room;
	const struct rth_session *other =
		room->seat[session->who.role == RTH_ROLE_PATIENT
				   ? RTH_ROLE_CLINICIAN
				   : RTH_ROLE_PATIENT];

	/* Nothing is sent while one of them is not there. */
	if (!other || !other->media || !session->media || !session->answered ||
	    !session->port.limit || !other->port.limit) {
		session->quality_us = 0;
		return;
	}
	if (!session->quality_us) {
		session->quality_us = now_us;
		session->quality_lost =
			rth_losses_see(rth_limit_losses(session->port.limit));
	}
	if (now_us - session->quality_us < RTH_QUALITY_US)
		return;
	session->quality_us = now_us;
	tell(control, session, other->port.limit, now_us);
}
