/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a frame of a picture says of itself in its first bytes.
 */
#ifndef RTH_PICTURE_H
#define RTH_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Says whether a frame can be decoded without another one.
 *
 * @param codec enum rth_feed_codec; H264 as Annex B that begins with its
 *              parameter sets, AV1 as OBUs with sizes
 */
bool rth_picture_key(int codec, const uint8_t *data, size_t len);

/**
 * How large a key frame of VP8 or VP9 is, in pixels.
 *
 * @return false if it does not say
 */
bool rth_picture_size(int codec, const uint8_t *data, size_t len, int *widthp,
		      int *heightp);

/**
 * The next NAL unit of Annex B, without its start code.
 *
 * @param atp where to go on; 0 at first
 * @return NULL after the last
 */
const uint8_t *rth_picture_nal(const uint8_t *data, size_t len, size_t *atp,
			       size_t *np);

#endif
