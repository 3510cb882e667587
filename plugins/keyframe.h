/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a key frame starts, read from the RTP payload of each video codec.
 */
#ifndef RTH_KEYFRAME_H
#define RTH_KEYFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Says whether an RTP payload (len > 0 bytes) is the first packet of a key
 * frame. Any thread; reads within len whatever the bytes are.
 */
typedef bool rth_keyframe_fn(const uint8_t *payload, size_t len);

rth_keyframe_fn rth_keyframe_vp8;  /* RFC 7741 section 4.2, 4.3 */
rth_keyframe_fn rth_keyframe_vp9;  /* RFC 9628 section 4.2 */
rth_keyframe_fn rth_keyframe_h264; /* RFC 6184 section 5 */
rth_keyframe_fn rth_keyframe_av1;  /* AV1 RTP specification, section 4.4 */

#endif
