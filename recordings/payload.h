/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Payload formats that libavformat 59 has no depacketiser for: AV1, and VP9 as
 * RFC 9628 has it (its own stops at the scalability structure, which browsers
 * send with each key frame). Bytes from outside go in; both are strict.
 */
#ifndef RTH_PAYLOAD_H
#define RTH_PAYLOAD_H

#include "frame.h"

/**
 * Adds a VP9 packet: RFC 9628 section 4.2.
 *
 * @param first it is the first that was seen of its frame
 * @return 0; RTH_ERR_FORMAT, RTH_ERR_LIMIT: the frame is broken;
 *         RTH_ERR_NOMEM
 */
enum rth_err rth_payload_vp9(struct rth_bytes *frame, const uint8_t *p,
			     size_t len, bool first) RTH_CHECKED;

/* An OBU that goes on in the next packet: its header and what came of it. */
struct rth_payload_av1 {
	struct rth_bytes obu;
	bool open;
};

/**
 * Adds an AV1 packet: "RTP Payload Format for AV1", version 1.0, section 4.
 * The frame gets low-overhead OBUs with sizes, without temporal delimiters.
 */
enum rth_err rth_payload_av1(struct rth_bytes *frame,
			     struct rth_payload_av1 *state, const uint8_t *p,
			     size_t len, bool first) RTH_CHECKED;

/** Finds the sequence header in a frame of OBUs with sizes; NULL without. */
const uint8_t *rth_av1_sequence(const uint8_t *data, size_t len, size_t *np);

#endif
