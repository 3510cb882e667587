/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The check of a line. See echo.h.
 */
#include "echo.h"

#include "command.h"
#include "event.h"
#include "pair.h"

#define US_PER_S INT64_C(1000000)

static enum rth_done refuse(const struct rth_control *control,
			    const struct rth_command *command, const char *code,
			    const char *text)
{
	rth_event_error(control, command->session, command->transaction,
			command->request, code, text);
	return RTH_DONE;
}

/* Takes a reference: the list's. */
static enum rth_err begin(struct rth_control *control,
			  struct rth_session *session)
{
	enum rth_err err = rth_session_enter(session, RTH_CHECKING);

	if (err)
		return err;
	session->since_us = control->host->now_us();
	session->next_checking = control->checking;
	control->checking = rth_session_ref(session);
	control->n_checking++;
	return RTH_OK;
}

static json_t *checking_event(const struct rth_control *control,
			      enum rth_codec codec)
{
	return json_pack("{s:s, s:I, s:s, s:s}", "rthealth", "checking",
			 "check_s", (json_int_t)control->conf->check_s, "audio",
			 "opus", "video", rth_codec_name(codec));
}

enum rth_done rth_echo_check(struct rth_control *control,
			     struct rth_command *command)
{
	struct rth_session *session = command->session;
	const char *reason = "The message carries no offer.";
	char sdp[RTH_SDP_ANSWER_BYTES];
	struct rth_sdp_offer offer;
	enum rth_codec codec = RTH_CODEC_VP8;
	json_t *event;

	if (!command->sdp || rth_sdp_read(&offer, command->sdp, &reason))
		return refuse(control, command, "bad-sdp", reason);
	if (rth_sdp_common(&codec, control->conf->codecs,
			   control->conf->n_codecs, &offer, NULL) ||
	    rth_sdp_answer(sdp, sizeof(sdp), &offer, codec))
		return refuse(control, command, "no-common-codec",
			      "This browser has no video codec that this "
			      "server allows.");
	if (control->n_checking >= (size_t)control->conf->checks_max)
		return refuse(control, command, "busy",
			      "Too many check their line now.");
	event = checking_event(control, codec);
	if (!event || begin(control, session)) {
		json_decref(event);
		return refuse(control, command, "busy",
			      "The server cannot do this now.");
	}
	session->offer = offer;
	session->codec = codec;
	session->answered = true;
	rth_control_log(control, RTH_LOG_INFO, "check checking=%zu",
			control->n_checking);
	control->host->push(session->port.handle, command->transaction, event,
			    sdp);
	json_decref(event);
	return RTH_DONE;
}

void rth_echo_media(struct rth_control *control, struct rth_session *session,
		    bool up)
{
	rth_pair_break_echo(session);
	session->media = up;
	if (up && rth_port_renew_limit(&session->port)) {
		rth_control_log(control, RTH_LOG_ERROR, "no-memory check");
		rth_seat_dismiss(control, session, "expired");
		return;
	}
	rth_pair_make_echo(session);
}

void rth_echo_leave(struct rth_control *control, struct rth_session *session)
{
	struct rth_session **at = &control->checking;

	while (*at && *at != session)
		at = &(*at)->next_checking;
	if (!*at)
		return;
	rth_pair_break_echo(session);
	*at = session->next_checking;
	session->next_checking = NULL;
	control->n_checking--;
	rth_session_unref(session);
}

void rth_echo_tick(struct rth_control *control, int64_t now_us)
{
	struct rth_session *next;

	for (struct rth_session *session = control->checking; session;
	     session = next) {
		next = session->next_checking;
		if (now_us - session->since_us >=
		    control->conf->check_s * US_PER_S)
			rth_seat_dismiss(control, session, "expired");
	}
}

void rth_echo_end(struct rth_control *control)
{
	while (control->checking)
		rth_seat_dismiss(control, control->checking, "expired");
}
