/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Session descriptions: reads the browser's offer and writes the answer
 * (docs/protocol.md, `media`; RFC 8866, 8829, 9143, 3264).
 *
 * An offer is exactly four m-lines: audio, camera, screen, data channel. What
 * is not that is refused. Both an offer as the browser made it and one from
 * which the host has taken ICE, DTLS, BUNDLE and SSRC lines are understood;
 * the host adds these to the answer itself. No state, no allocation: any
 * thread.
 */
#ifndef RTH_SDP_H
#define RTH_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "slot.h"

#define RTH_SDP_MAX_BYTES 65536 /* an offer, without its NUL */
#define RTH_SDP_MAX_LINES 2048
#define RTH_SDP_MAX_LINE 1024	  /* bytes of a line */
#define RTH_SDP_ANSWER_BYTES 4096 /* always enough for an answer and a NUL */
#define RTH_SDP_MID_SIZE (16 + 1) /* the host takes no more */

enum rth_codec {
	RTH_CODEC_VP8,
	RTH_CODEC_H264, /* constrained baseline, packetization-mode 1 */
	RTH_CODEC_VP9,	/* profile 0 */
	RTH_CODEC_AV1,	/* profile 0 */
	RTH_CODECS,
};

/*
 * Header extensions that are answered (RFC 8285). Not video orientation: not
 * every receiver and player turns pictures, so the camera's side has to.
 */
enum rth_ext {
	RTH_EXT_MID,
	RTH_EXT_TRANSPORT_CC,
	RTH_EXT_ABS_SEND_TIME, /* only where transport-cc is not offered */
	RTH_EXT_AUDIO_LEVEL,
	RTH_EXTS,
};

#define RTH_URI_MID "urn:ietf:params:rtp-hdrext:sdes:mid"
#define RTH_URI_TRANSPORT_CC      \
	"http://www.ietf.org/id/" \
	"draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define RTH_URI_ABS_SEND_TIME \
	"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
#define RTH_URI_AUDIO_LEVEL "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

/* Those URIs, by rth_ext. */
extern const char *const rth_ext_uris[RTH_EXTS];

/* RTCP feedback that is answered (RFC 4585, 5104), as bits of a set. */
enum rth_feedback {
	RTH_FB_NACK = 1,
	RTH_FB_PLI = 2,
	RTH_FB_FIR = 4,
	RTH_FB_REMB = 8,
	RTH_FB_TRANSPORT_CC = 16,
};

/* One payload type of a codec; pt 0: the codec was not offered. */
struct rth_sdp_format {
	uint8_t pt;
	uint8_t feedback; /* a set of rth_feedback */
	uint32_t profile; /* H264: profile-level-id, 24 bits */
};

struct rth_sdp_slot {
	char mid[RTH_SDP_MID_SIZE];
	uint8_t ext[RTH_EXTS];	    /* ids 1..255; 0: not offered */
	struct rth_sdp_format opus; /* audio only */
	struct rth_sdp_format red;  /* audio only: RFC 2198 over that Opus */
	struct rth_sdp_format video[RTH_CODECS]; /* camera and screen only */
};

struct rth_sdp_offer {
	struct rth_sdp_slot slot[RTH_SLOTS];
	uint32_t version;    /* of o=, so that an answer can follow it */
	bool sctp_port_form; /* m=application in the form of RFC 8841 */
};

/**
 * Reads an offer. Every payload type means one thing in the whole offer, and
 * every extension has one id: the four slots share one transport.
 *
 * @param offerp  receives it, on success only
 * @param sdp     NUL-terminated, borrowed
 * @param reasonp on failure receives what is wrong, a static text that holds
 *                nothing of the offer; may be NULL
 * @return 0, RTH_ERR_FORMAT or RTH_ERR_LIMIT
 */
enum rth_err rth_sdp_read(struct rth_sdp_offer *offerp, const char *sdp,
			  const char **reasonp) RTH_CHECKED;

/**
 * Chooses the video codec of a room: the first that everybody can do, in both
 * video slots.
 *
 * @param codecp receives it
 * @param order  n codecs, the most wanted first
 * @param a      an offer
 * @param b      the other seat's offer, or NULL
 * @return 0 or RTH_ERR_NOT_FOUND
 */
enum rth_err rth_sdp_common(enum rth_codec *codecp, const enum rth_codec *order,
			    size_t n, const struct rth_sdp_offer *a,
			    const struct rth_sdp_offer *b) RTH_CHECKED;

/**
 * Writes the answer: the four slots with the offer's own payload types and
 * extension ids, one codec each, sendrecv.
 *
 * @param out      receives the text and a NUL
 * @param out_size its size; RTH_SDP_ANSWER_BYTES always does
 * @param offer    the offer
 * @param video    a codec that rth_sdp_common found in it
 * @return 0, RTH_ERR_LIMIT (out is too small) or RTH_ERR_NOT_FOUND (the offer
 *         has no such codec)
 */
enum rth_err rth_sdp_answer(char *out, size_t out_size,
			    const struct rth_sdp_offer *offer,
			    enum rth_codec video) RTH_CHECKED;

/** The name in configuration and events: "vp8", "h264", "vp9", "av1". */
const char *rth_codec_name(enum rth_codec codec);

/** Finds a codec by that name; 0 or RTH_ERR_NOT_FOUND. */
enum rth_err rth_codec_find(enum rth_codec *codecp,
			    const char *name) RTH_CHECKED;

#endif
