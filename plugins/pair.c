/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two routes of a room. See pair.h.
 */
#include "pair.h"

#include "feed_record.h"

#define OPUS_CLOCK_HZ 48000
#define VIDEO_CLOCK_HZ 90000

static rth_keyframe_fn *const keyframe[RTH_CODECS] = {
	[RTH_CODEC_VP8] = rth_keyframe_vp8,
	[RTH_CODEC_H264] = rth_keyframe_h264,
	[RTH_CODEC_VP9] = rth_keyframe_vp9,
	[RTH_CODEC_AV1] = rth_keyframe_av1,
};

static bool can_flow(const struct rth_session *session)
{
	return session && session->media && session->answered &&
	       session->port.limit;
}

static struct rth_route_slot video_slot(const struct rth_session *from,
					const struct rth_session *to,
					enum rth_slot slot)
{
	struct rth_route_slot route = {
		.pt_in = RTH_PT_OFF,
		.clock_hz = VIDEO_CLOCK_HZ,
		.is_key = keyframe[from->codec],
	};

	if (from->codec == to->codec) {
		route.pt_in = from->offer.slot[slot].video[from->codec].pt;
		route.pt_out = to->offer.slot[slot].video[to->codec].pt;
	}
	return route;
}

/* In the order of rth_codec. */
static const uint8_t feed_codec[RTH_CODECS] = {
	[RTH_CODEC_VP8] = RTH_FEED_VP8,
	[RTH_CODEC_H264] = RTH_FEED_H264,
	[RTH_CODEC_VP9] = RTH_FEED_VP9,
	[RTH_CODEC_AV1] = RTH_FEED_AV1,
};

static struct rth_route route_between(const struct rth_session *from,
				      struct rth_session *to)
{
	return (struct rth_route){
		.peer = &to->port,
		.slot[RTH_SLOT_AUDIO] =
			{
				.pt_in = from->offer.slot[RTH_SLOT_AUDIO]
						 .opus.pt,
				.pt_out =
					to->offer.slot[RTH_SLOT_AUDIO].opus.pt,
				.clock_hz = OPUS_CLOCK_HZ,
				.red_in =
					from->offer.slot[RTH_SLOT_AUDIO].red.pt,
				.red_out =
					to->offer.slot[RTH_SLOT_AUDIO].red.pt,
			},
		.slot[RTH_SLOT_CAMERA] = video_slot(from, to, RTH_SLOT_CAMERA),
		.slot[RTH_SLOT_SCREEN] = video_slot(from, to, RTH_SLOT_SCREEN),
	};
}

static void publish(const struct rth_room *room, struct rth_session *from,
		    struct rth_session *to)
{
	const struct rth_tapping *tapping = &room->tapping[from->who.role];
	uint8_t pictures =
		tapping->pictures ? feed_codec[from->codec] : RTH_FEED_NO_CODEC;
	struct rth_route route = route_between(from, to);

	route.tap = tapping->tap;
	route.tap_codec[RTH_SLOT_AUDIO] = RTH_FEED_OPUS;
	route.tap_codec[RTH_SLOT_CAMERA] = pictures;
	route.tap_codec[RTH_SLOT_SCREEN] = pictures;
	rth_route_publish(&from->port, &route);
}

static void want_pictures(struct rth_session *from)
{
	int64_t now_us = from->port.host->now_us();

	rth_relay_want_key(&from->port, RTH_SLOT_CAMERA, now_us);
	rth_relay_want_key(&from->port, RTH_SLOT_SCREEN, now_us);
}

bool rth_pair_publish(const struct rth_room *room)
{
	struct rth_session *a = room->seat[RTH_ROLE_CLINICIAN];
	struct rth_session *b = room->seat[RTH_ROLE_PATIENT];

	if (!can_flow(a) || !can_flow(b)) {
		rth_pair_break(room);
		return false;
	}
	publish(room, a, b);
	publish(room, b, a);
	return true;
}

void rth_pair_make(const struct rth_room *room)
{
	if (!rth_pair_publish(room))
		return;
	want_pictures(room->seat[RTH_ROLE_CLINICIAN]);
	want_pictures(room->seat[RTH_ROLE_PATIENT]);
}

void rth_pair_break(const struct rth_room *room)
{
	for (int role = 0; role < RTH_ROLES; role++) {
		if (room->seat[role])
			rth_route_clear(&room->seat[role]->port);
	}
}

void rth_pair_make_echo(struct rth_session *session)
{
	struct rth_route route;

	if (!can_flow(session))
		return;
	route = route_between(session, session);
	route.slot[RTH_SLOT_SCREEN].pt_in = RTH_PT_OFF;
	rth_route_publish(&session->port, &route);
}

void rth_pair_break_echo(struct rth_session *session)
{
	rth_route_clear(&session->port);
}
