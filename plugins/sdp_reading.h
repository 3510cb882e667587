/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An offer while it is being read; for sdp.c and sdp_format.c only.
 */
#ifndef RTH_SDP_READING_H
#define RTH_SDP_READING_H

#include "piece.h"
#include "sdp.h"

#define PAYLOAD_TYPES 128
#define SESSION (-1)

/* What an rtpmap makes of a payload type. */
enum kind {
	KIND_NONE,
	KIND_OPUS,
	KIND_RED,
	KIND_VIDEO, /* plus an rth_codec */
	KIND_OTHER = KIND_VIDEO + RTH_CODECS,
};

struct payload {
	bool listed; /* in the m-line */
	uint8_t kind;
	uint8_t feedback;
	uint8_t packetization_mode;
	uint8_t vp9_profile;
	uint8_t av1_profile;
	uint32_t h264_profile;
};

struct reading {
	struct rth_sdp_offer offer;
	const char *why;
	int slot; /* SESSION before the first m-line */
	unsigned lines;
	bool has_origin, has_name, has_group;
	bool has_ice; /* the host has not stripped it */
	struct piece group;
	uint8_t kinds[PAYLOAD_TYPES]; /* of the whole offer */
	uint8_t ext_ids[RTH_EXTS];    /* of the whole offer */
	/* The m-line that is being read. */
	bool off, bundle_only, has_direction;
	uint8_t feedback_all;
	struct payload payload[PAYLOAD_TYPES];
};

static inline enum rth_err wrong(struct reading *r, const char *why)
{
	r->why = why;
	return RTH_ERR_FORMAT;
}

static inline enum rth_err too_much(struct reading *r, const char *why)
{
	r->why = why;
	return RTH_ERR_LIMIT;
}

/* The slot being read; only for rows of the table that are not SESSION. */
static inline struct rth_sdp_slot *slot(struct reading *r)
{
	return &r->offer.slot[r->slot];
}

/* Rows of the table of attributes; value is what follows the colon. */
enum rth_err rth_sdp_rtpmap(struct reading *r, struct piece value);
enum rth_err rth_sdp_feedback(struct reading *r, struct piece value);
enum rth_err rth_sdp_fmtp(struct reading *r, struct piece value);

/* Notes the payload types of an m-line. */
enum rth_err rth_sdp_list_payloads(struct reading *r, struct piece list);

/* The m-line is over: puts its usable formats into the offer. */
enum rth_err rth_sdp_keep_formats(struct reading *r);

#endif
