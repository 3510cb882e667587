/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AV1 from RTP: OBUs are taken out of their elements, put together where they
 * were cut, and given sizes. See payload.h.
 *
 *   |Z|Y|W W|N|-|-|-|  [size] element  [size] element ...
 *
 * Z: the first element goes on from the packet before; Y: the last goes on in
 * the next; W: how many there are, and then the last has no size.
 */
#include "payload.h"

#define CONTINUES 0x80
#define CONTINUED 0x40

#define HAS_SIZE 0x02
#define HAS_EXTENSION 0x04
#define TYPE(head) ((head) >> 3 & 15)
#define FORBIDDEN 0x80
#define SEQUENCE_HEADER 1
#define TEMPORAL_DELIMITER 2
#define TILE_LIST 8

#define LEB_BYTES 5 /* enough for any size within RTH_FRAME_MAX */

/* Returns how many bytes the number took; 0 if it is malformed. */
static size_t leb_read(const uint8_t *p, size_t len, size_t *valuep)
{
	size_t value = 0;

	for (size_t i = 0; i < len && i < LEB_BYTES; i++) {
		value |= (size_t)(p[i] & 0x7f) << 7 * i;
		if (p[i] & 0x80)
			continue;
		*valuep = value;
		return i + 1;
	}
	return 0;
}

static size_t leb_write(uint8_t out[LEB_BYTES], size_t value)
{
	size_t n = 0;

	do {
		out[n] = (uint8_t)(value & 0x7f);
		value >>= 7;
		out[n++] |= value ? 0x80 : 0;
	} while (value);
	return n;
}

/* Adds a whole OBU as it stood in the packets, with a size. */
static enum rth_err add_obu(struct rth_bytes *frame, const uint8_t *p,
			    size_t len)
{
	size_t head = p[0] & HAS_EXTENSION ? 2 : 1;
	uint8_t out[2 + LEB_BYTES];
	size_t n, size;
	enum rth_err err;

	if (p[0] & FORBIDDEN || len < head)
		return RTH_ERR_FORMAT;
	if (TYPE(p[0]) == TEMPORAL_DELIMITER || TYPE(p[0]) == TILE_LIST)
		return RTH_OK;
	size = len - head;
	out[0] = p[0] | HAS_SIZE;
	out[1] = p[head - 1];
	n = head;
	if (p[0] & HAS_SIZE) {
		size_t said = 0;
		size_t skip = leb_read(p + head, len - head, &said);

		if (!skip || said > len - head - skip)
			return RTH_ERR_FORMAT;
		head += skip;
		size = said;
	}
	n += leb_write(out + n, size);
	err = rth_bytes_add(frame, out, n);
	return err ? err : rth_bytes_add(frame, p + head, size);
}

/* One element; the first may go on, the last may be cut. */
static enum rth_err add_element(struct rth_bytes *frame,
				struct rth_payload_av1 *state, const uint8_t *p,
				size_t len, bool continues, bool continued)
{
	enum rth_err err = RTH_OK;

	if (!len || continues != state->open)
		return RTH_ERR_FORMAT;
	if (!continues && !continued)
		return add_obu(frame, p, len);
	err = rth_bytes_add(&state->obu, p, len);
	state->open = continued;
	if (err || continued)
		return err;
	err = add_obu(frame, state->obu.data, state->obu.len);
	state->obu.len = 0;
	return err;
}

static enum rth_err add_packet(struct rth_bytes *frame,
			       struct rth_payload_av1 *state, const uint8_t *p,
			       size_t len)
{
	uint8_t head = p[0];
	unsigned count = head >> 4 & 3;
	size_t at = 1;
	enum rth_err err = RTH_OK;

	for (unsigned i = 1; !err && at < len; i++) {
		size_t size = len - at;

		if (count == 0 || i < count) {
			size_t n = leb_read(p + at, len - at, &size);

			if (!n || size > len - at - n)
				return RTH_ERR_FORMAT;
			at += n;
		}
		err = add_element(frame, state, p + at, size,
				  i == 1 && head & CONTINUES,
				  at + size == len && head & CONTINUED);
		at += size;
	}
	return err;
}

enum rth_err rth_payload_av1(struct rth_bytes *frame,
			     struct rth_payload_av1 *state, const uint8_t *p,
			     size_t len, bool first)
{
	if (first) {
		state->open = false;
		state->obu.len = 0;
	}
	if (len < 2 || (first && p[0] & CONTINUES))
		return RTH_ERR_FORMAT;
	return add_packet(frame, state, p, len);
}

const uint8_t *rth_av1_sequence(const uint8_t *data, size_t len, size_t *np)
{
	for (size_t at = 0; at < len;) {
		size_t head = data[at] & HAS_EXTENSION ? 2 : 1;
		size_t size, n;

		if (len - at < head || !(data[at] & HAS_SIZE))
			return NULL;
		n = leb_read(data + at + head, len - at - head, &size);
		if (!n || size > len - at - head - n)
			return NULL;
		*np = head + n + size;
		if (TYPE(data[at]) == SEQUENCE_HEADER)
			return data + at;
		at += *np;
	}
	return NULL;
}
