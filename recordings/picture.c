/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * First bytes of pictures. See picture.h.
 */
#include "picture.h"

#include <string.h>

#include "feed_record.h"
#include "payload.h"

#define VP8_HEAD_BYTES 10
#define RGB 7

#define NAL_TYPE(b) ((b)&31)
#define NAL_IDR 5
#define NAL_SPS 7
#define NAL_PPS 8
#define NAL_AUD 9

/* Bits of a byte string, the highest first; 0 behind its end. */
struct bits {
	const uint8_t *p;
	size_t len; /* bytes */
	size_t at;  /* bits */
};

static unsigned take(struct bits *bits, unsigned n)
{
	unsigned value = 0;

	for (; n; n--, bits->at++) {
		size_t byte = bits->at >> 3;
		unsigned b = byte < bits->len ? bits->p[byte] : 0;

		value = value << 1 | (b >> (7 - (bits->at & 7)) & 1);
	}
	return value;
}

/* RFC 6386 section 9.1. */
static bool vp8_key(const uint8_t *p, size_t len)
{
	return len >= VP8_HEAD_BYTES && !(p[0] & 1) &&
	       !memcmp(p + 3, "\x9d\x01\x2a", 3);
}

/* VP9 bitstream specification, section 6.2, up to color_config(). */
static bool vp9_key(struct bits *bits, unsigned *profilep)
{
	unsigned low, high;

	if (take(bits, 2) != 2)
		return false;
	low = take(bits, 1);
	high = take(bits, 1);
	*profilep = high << 1 | low;
	if (*profilep == 3)
		(void)take(bits, 1);
	if (take(bits, 1) || take(bits, 1)) /* shown before; not a key frame */
		return false;
	(void)take(bits, 2); /* shown, error resilient */
	return take(bits, 24) == 0x498342;
}

static bool vp9_size(const uint8_t *p, size_t len, int *widthp, int *heightp)
{
	struct bits bits = {p, len, 0};
	unsigned profile;

	if (!vp9_key(&bits, &profile))
		return false;
	if (profile >= 2)
		(void)take(&bits, 1); /* depth */
	if (take(&bits, 3) != RGB)
		(void)take(&bits, profile & 1 ? 4 : 1);
	else if (profile & 1)
		(void)take(&bits, 1);
	*widthp = (int)take(&bits, 16) + 1;
	*heightp = (int)take(&bits, 16) + 1;
	return true;
}

const uint8_t *rth_picture_nal(const uint8_t *data, size_t len, size_t *atp,
			       size_t *np)
{
	size_t at = *atp, end;

	while (at + 3 <= len && memcmp(data + at, "\0\0\1", 3))
		at++;
	if (at + 3 > len)
		return NULL;
	at += 3;
	for (end = at; end + 3 <= len; end++)
		if (!data[end] && !data[end + 1] && data[end + 2] <= 1)
			break;
	*atp = end + 3 <= len ? end : len;
	*np = *atp - at;
	return data + at;
}

/*
 * The parameter sets come first: a frame whose beginning is missing is none.
 */
static bool h264_key(const uint8_t *data, size_t len)
{
	const uint8_t *nal;
	size_t at = 0, n;
	unsigned seen = 0;

	while ((nal = rth_picture_nal(data, len, &at, &n))) {
		unsigned type = n ? NAL_TYPE(nal[0]) : 0;

		if (!seen && type != NAL_SPS && type != NAL_AUD)
			return false;
		seen |= 1u << type;
		if (type == NAL_IDR)
			break;
	}
	return seen & 1u << NAL_IDR && seen & 1u << NAL_SPS &&
	       seen & 1u << NAL_PPS;
}

bool rth_picture_key(int codec, const uint8_t *data, size_t len)
{
	struct bits bits = {data, len, 0};
	unsigned profile;
	size_t n;

	switch (codec) {
	case RTH_FEED_VP8:
		return vp8_key(data, len);
	case RTH_FEED_VP9:
		return vp9_key(&bits, &profile);
	case RTH_FEED_H264:
		return h264_key(data, len);
	case RTH_FEED_AV1:
		return rth_av1_sequence(data, len, &n) != NULL;
	default:
		return true;
	}
}

bool rth_picture_size(int codec, const uint8_t *data, size_t len, int *widthp,
		      int *heightp)
{
	if (codec == RTH_FEED_VP9)
		return vp9_size(data, len, widthp, heightp);
	if (codec != RTH_FEED_VP8 || !vp8_key(data, len))
		return false;
	*widthp = (data[6] | data[7] << 8) & 0x3fff;
	*heightp = (data[8] | data[9] << 8) & 0x3fff;
	return true;
}
