/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a key frame starts. See keyframe.h.
 */
#include "keyframe.h"

/* H264 NAL unit types and packet types */
enum {
	NAL_IDR = 5,
	NAL_SPS = 7,
	NAL_STAP_A = 24,
	NAL_FU_A = 28,
};

bool rth_keyframe_vp8(const uint8_t *payload, size_t len)
{
	size_t at = 1;
	bool first_of_frame = (payload[0] & 0x17) == 0x10; /* S, PID 0 */

	if (!first_of_frame)
		return false;
	if (payload[0] & 0x80) { /* X */
		uint8_t x = len > at ? payload[at] : 0;

		at++;
		if (x & 0x80) /* I: one or two bytes of picture id */
			at += len > at && (payload[at] & 0x80) ? 2 : 1;
		if (x & 0x40) /* L */
			at++;
		if (x & 0x30) /* T or K */
			at++;
	}
	return len > at && !(payload[at] & 0x01); /* P of the frame header */
}

bool rth_keyframe_vp9(const uint8_t *payload, size_t len)
{
	(void)len;
	/* not inter-predicted, beginning of a frame */
	return (payload[0] & 0x40) == 0 && (payload[0] & 0x08) != 0;
}

static bool is_key_nal(uint8_t nal)
{
	int type = nal & 0x1f;

	return type == NAL_IDR || type == NAL_SPS;
}

bool rth_keyframe_h264(const uint8_t *payload, size_t len)
{
	switch (payload[0] & 0x1f) {
	case NAL_STAP_A:
		return len > 3 && is_key_nal(payload[3]);
	case NAL_FU_A:
		return len > 1 && (payload[1] & 0x80) && is_key_nal(payload[1]);
	default:
		return is_key_nal(payload[0]);
	}
}

bool rth_keyframe_av1(const uint8_t *payload, size_t len)
{
	(void)len;
	return (payload[0] & 0x08) != 0; /* N: starts a coded video sequence */
}
