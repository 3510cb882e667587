/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replies by range. A body of several ranges is, for each,
 *
 *	CR LF "--" boundary CR LF
 *	"Content-Type: " type CR LF "Content-Range: bytes " a-b/length CR LF
 *	CR LF bytes
 *
 * and at the end CR LF "--" boundary "--" CR LF (RFC 9110 14.6). Only the place
 * that is sent now is worked out.
 */
#include "ranged.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "id.h"
#include "mem.h"
#include "range.h"

#define HEAD_SIZE 256 /* the text before a part, or behind the last */
#define TYPE_SIZE 96
#define CONTENT_RANGE_SIZE 80

/* A body of which some ranges are sent. */
struct ranged {
	struct rth_body whole;
	struct rth_ranges ranges;
	char boundary[RTH_ID_SIZE];
	char type[TYPE_SIZE]; /* of several */
};

static void ranged_close(void *arg)
{
	struct ranged *r = arg;

	if (r->whole.close)
		r->whole.close(r->whole.arg);
	rth_free(r);
}

/* ---- One range ---- */

static enum rth_err read_one(void *arg, uint64_t offset, void *data, size_t len,
			     size_t *gotp)
{
	struct ranged *r = arg;
	const struct rth_range *range = &r->ranges.v[0];

	if (offset >= range->bytes)
		return RTH_ERR_LIMIT;
	if (len > range->bytes - offset)
		len = (size_t)(range->bytes - offset);
	return r->whole.read(r->whole.arg, range->first + offset, data, len,
			     gotp);
}

/* ---- Several ---- */

/* The text before part i, or behind the last one; its length. */
static size_t part_head(char text[HEAD_SIZE], const struct ranged *r, size_t i)
{
	const struct rth_range *range = &r->ranges.v[i];
	int n;

	if (i == r->ranges.n)
		n = snprintf(text, HEAD_SIZE, "\r\n--%s--\r\n", r->boundary);
	else
		n = snprintf(text, HEAD_SIZE,
			     "\r\n--%s\r\nContent-Type: %s\r\n"
			     "Content-Range: bytes %" PRIu64 "-%" PRIu64
			     "/%" PRIu64 "\r\n\r\n",
			     r->boundary, r->whole.type, range->first,
			     range->first + range->bytes - 1, r->whole.bytes);
	return n > 0 && n < HEAD_SIZE ? (size_t)n : 0;
}

static enum rth_err copy_head(const char *head, size_t head_len,
			      uint64_t offset, void *data, size_t len,
			      size_t *gotp)
{
	size_t n = head_len - (size_t)offset;

	if (n > len)
		n = len;
	memcpy(data, head + offset, n);
	*gotp = n;
	return 0;
}

static enum rth_err read_several(void *arg, uint64_t offset, void *data,
				 size_t len, size_t *gotp)
{
	struct ranged *r = arg;
	char head[HEAD_SIZE];
	size_t i;

	for (i = 0; i <= r->ranges.n; i++) {
		const struct rth_range *range = &r->ranges.v[i];
		size_t head_len = part_head(head, r, i);

		if (offset < head_len)
			return copy_head(head, head_len, offset, data, len,
					 gotp);
		offset -= head_len;
		if (i < r->ranges.n && offset < range->bytes) {
			if (len > range->bytes - offset)
				len = (size_t)(range->bytes - offset);
			return r->whole.read(r->whole.arg,
					     range->first + offset, data, len,
					     gotp);
		}
		if (i < r->ranges.n)
			offset -= range->bytes;
	}
	return RTH_ERR_LIMIT;
}

static uint64_t bytes_of_several(const struct ranged *r)
{
	char head[HEAD_SIZE];
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i <= r->ranges.n; i++) {
		bytes += part_head(head, r, i);
		if (i < r->ranges.n)
			bytes += r->ranges.v[i].bytes;
	}
	return bytes;
}

/* ---- The reply ---- */

static void close_whole(const struct rth_body *whole)
{
	if (whole->close)
		whole->close(whole->arg);
}

static void reply_none(struct rth_exchange *x, const struct rth_body *whole)
{
	char text[CONTENT_RANGE_SIZE];

	snprintf(text, sizeof(text), "bytes */%" PRIu64, whole->bytes);
	close_whole(whole);
	rth_reply_error(x, 416, "range", "These bytes are not there.");
	rth_reply_header(x, "Content-Range", text);
}

static enum rth_err make(struct ranged **rp, const struct rth_body *whole,
			 const struct rth_ranges *ranges)
{
	struct ranged *r = rth_alloc(sizeof(*r));

	if (!r)
		return RTH_ERR_NOMEM;
	r->whole = *whole;
	r->ranges = *ranges;
	if (ranges->n > 1 && rth_id_make(r->boundary)) {
		rth_free(r);
		return RTH_ERR_CRYPTO;
	}
	snprintf(r->type, sizeof(r->type), "multipart/byteranges; boundary=%s",
		 r->boundary);
	*rp = r;
	return 0;
}

static void reply_some(struct rth_exchange *x, const struct rth_body *whole,
		       const struct rth_ranges *ranges)
{
	const struct rth_range *range = &ranges->v[0];
	struct rth_body body = *whole;
	char text[CONTENT_RANGE_SIZE];
	struct ranged *r = NULL;
	enum rth_err err = make(&r, whole, ranges);

	if (err) {
		close_whole(whole);
		rth_reply_failed(x, err);
		return;
	}
	body.arg = r;
	body.close = ranged_close;
	body.read = ranges->n == 1 ? read_one : read_several;
	body.type = ranges->n == 1 ? whole->type : r->type;
	body.bytes = ranges->n == 1 ? range->bytes : bytes_of_several(r);
	rth_reply_body(x, 206, &body);
	if (ranges->n > 1)
		return;
	snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
		 range->first, range->first + range->bytes - 1, whole->bytes);
	rth_reply_header(x, "Content-Range", text);
}

/* The Range that counts, or NULL. */
static const char *range_of(const struct rth_exchange *x, const char *etag)
{
	const char *wanted = rth_request_field(x, RTH_FIELD_HEADER, "If-Range");

	if (rth_request_is_head(x))
		return NULL;
	if (rth_request_count(x, RTH_FIELD_HEADER, "If-Range") > 0 &&
	    (!wanted || !rth_range_if(wanted, etag)))
		return NULL;
	return rth_request_field(x, RTH_FIELD_HEADER, "Range");
}

void rth_ranged_read(struct rth_ranges *ranges, const struct rth_exchange *x,
		     uint64_t bytes, const char *etag)
{
	rth_ranges_read(ranges, range_of(x, etag), bytes);
}

void rth_ranged_reply(struct rth_exchange *x, const struct rth_body *whole,
		      const char *etag)
{
	struct rth_ranges ranges;

	rth_reply_header(x, "Accept-Ranges", "bytes");
	if (etag)
		rth_reply_header(x, "ETag", etag);
	rth_ranged_read(&ranges, x, whole->bytes, etag);
	switch (ranges.kind) {
	case RTH_RANGES_NONE:
		reply_none(x, whole);
		break;
	case RTH_RANGES_SOME:
		reply_some(x, whole, &ranges);
		break;
	case RTH_RANGES_WHOLE:
		rth_reply_body(x, 200, whole);
		break;
	}
}
