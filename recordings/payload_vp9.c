/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VP9 from RTP: the payload descriptor is taken off. See payload.h.
 *
 *   |I|P|L|F|B|E|V|Z|  picture id  layer  references  structure  VP9 ...
 */
#include "payload.h"

#define HAS_ID 0x80
#define INTER 0x40
#define HAS_LAYER 0x20
#define FLEXIBLE 0x10
#define BEGINS 0x08
#define HAS_STRUCTURE 0x02

#define REFERENCES_MAX 3

struct in {
	const uint8_t *p;
	size_t left;
};

static bool take(struct in *in, size_t n)
{
	if (in->left < n)
		return false;
	in->p += n;
	in->left -= n;
	return true;
}

/* Reads a byte and goes on. */
static bool byte(struct in *in, uint8_t *bp)
{
	if (!in->left)
		return false;
	*bp = *in->p;
	return take(in, 1);
}

static bool skip_references(struct in *in)
{
	uint8_t b = 1;

	for (int i = 0; b & 1; i++)
		if (i == REFERENCES_MAX || !byte(in, &b))
			return false;
	return true;
}

/* |N_S|Y|G|-| sizes, then a description of the group of pictures. */
static bool skip_structure(struct in *in)
{
	uint8_t head, n = 0, b;

	if (!byte(in, &head))
		return false;
	if (head & 0x10 && !take(in, 4u * ((head >> 5) + 1u)))
		return false;
	if (!(head & 0x08))
		return true;
	if (!byte(in, &n))
		return false;
	while (n--)
		if (!byte(in, &b) || !take(in, b >> 2 & 3))
			return false;
	return true;
}

static bool skip_descriptor(struct in *in, uint8_t flags)
{
	uint8_t b;

	if (flags & HAS_ID) {
		if (!byte(in, &b) || (b & 0x80 && !take(in, 1)))
			return false;
	}
	if (flags & HAS_LAYER) {
		if (!take(in, flags & FLEXIBLE ? 1 : 2))
			return false;
	}
	if ((flags & FLEXIBLE) && (flags & INTER) && !skip_references(in))
		return false;
	return !(flags & HAS_STRUCTURE) || skip_structure(in);
}

enum rth_err rth_payload_vp9(struct rth_bytes *frame, const uint8_t *p,
			     size_t len, bool first)
{
	struct in in = {p, len};
	uint8_t flags;

	if (!byte(&in, &flags) || !skip_descriptor(&in, flags) || !in.left)
		return RTH_ERR_FORMAT;
	if (first && !(flags & BEGINS))
		return RTH_ERR_FORMAT;
	return rth_bytes_add(frame, in.p, in.left);
}
