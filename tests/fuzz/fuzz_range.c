/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks for ranges of a body whose bytes are known: two bytes say how long it
 * is, one how much is read at once, the rest is the Range.
 *
 * Every byte of the answer is the right one of its place, and sizes agree: of
 * the whole, of the one range that Content-Range names, and of each part of
 * several, which are taken apart here as a client would.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "range.h"
#include "ranged.h"

#define TYPE "video/webm"
#define MULTIPART "multipart/byteranges; boundary="

static void expect(int holds)
{
	if (!holds)
		abort();
}

/* ---- The body ---- */

struct source {
	uint64_t length;
	size_t most;
	unsigned closed;
};

static uint8_t byte_at(uint64_t i)
{
	return (uint8_t)(i * 131 + i / 251);
}

static enum rth_err source_read(void *arg, uint64_t offset, void *data,
				size_t len, size_t *gotp)
{
	const struct source *source = arg;
	uint8_t *to = data;
	size_t i;

	expect(len > 0 && offset < source->length &&
	       len <= source->length - offset);
	if (len > source->most)
		len = source->most;
	for (i = 0; i < len; i++)
		to[i] = byte_at(offset + i);
	*gotp = len;
	return 0;
}

static void source_close(void *arg)
{
	((struct source *)arg)->closed++;
}

/* ---- The answer ---- */

static const char *header(struct rth_exchange *x, const char *name)
{
	const struct rth_reply *reply = rth_exchange_reply(x);
	size_t i;

	for (i = 0; i < reply->headers_n; i++)
		if (strcmp(reply->headers[i].name, name) == 0)
			return reply->headers[i].value;
	return NULL;
}

/* All of it, for free; read in steps of an odd size. */
static uint8_t *take(const struct rth_body *body, size_t step)
{
	uint8_t *bytes = malloc(body->bytes ? body->bytes : 1);
	uint64_t at = 0;
	size_t got;

	expect(bytes != NULL);
	while (at < body->bytes) {
		uint64_t left = body->bytes - at;

		got = 0;
		expect(!body->read(body->arg, at, bytes + at,
				   left < step ? (size_t)left : step, &got));
		expect(got > 0 && got <= step && got <= left);
		at += got;
	}
	return bytes;
}

static void check_bytes(const uint8_t *bytes, uint64_t first, uint64_t n)
{
	uint64_t i;

	for (i = 0; i < n; i++)
		expect(bytes[i] == byte_at(first + i));
}

/* "bytes first-last/length" of this length; how many bytes that are. */
static uint64_t read_content_range(uint64_t *firstp, const char *text,
				   uint64_t length)
{
	unsigned long long first, last, all;
	char again[96];

	expect(sscanf(text, "bytes %llu-%llu/%llu", &first, &last, &all) == 3);
	snprintf(again, sizeof(again), "bytes %llu-%llu/%llu", first, last,
		 all);
	expect(strncmp(again, text, strlen(again)) == 0);
	expect(first <= last && last < all && all == length);
	*firstp = first;
	return last - first + 1;
}

/* Takes `text` off the front. */
static void skip(const uint8_t **sp, const uint8_t *end, const char *text)
{
	size_t len = strlen(text);

	expect((size_t)(end - *sp) >= len && memcmp(*sp, text, len) == 0);
	*sp += len;
}

static bool at_end(const uint8_t *s, const uint8_t *end, const char *boundary)
{
	char text[96];

	snprintf(text, sizeof(text), "\r\n--%s--\r\n", boundary);
	return (size_t)(end - s) == strlen(text) &&
	       memcmp(s, text, strlen(text)) == 0;
}

static void check_parts(const uint8_t *s, uint64_t size, const char *boundary,
			uint64_t length)
{
	const uint8_t *end = s + size;
	uint64_t sum = 0;
	unsigned parts = 0;

	while (!at_end(s, end, boundary)) {
		char line[97] = "";
		uint64_t first, n;

		skip(&s, end, "\r\n--");
		skip(&s, end, boundary);
		skip(&s, end, "\r\nContent-Type: " TYPE "\r\nContent-Range: ");
		memcpy(line, s,
		       (size_t)(end - s) < 96 ? (size_t)(end - s) : 96);
		n = read_content_range(&first, line, length);
		s += strcspn(line, "\r");
		skip(&s, end, "\r\n\r\n");
		expect((uint64_t)(end - s) > n);
		check_bytes(s, first, n);
		s += n;
		sum += n;
		parts++;
	}
	expect(parts >= 2 && parts <= RTH_RANGES_MAX);
	expect(sum <= RTH_RANGES_TIMES * length);
}

static void check_some(struct rth_exchange *x, const struct source *source,
		       size_t step)
{
	const struct rth_reply *reply = rth_exchange_reply(x);
	const char *range = header(x, "Content-Range");
	uint8_t *bytes = take(&reply->stream, step);
	uint64_t first;

	if (range) {
		expect(read_content_range(&first, range, source->length) ==
		       reply->stream.bytes);
		check_bytes(bytes, first, reply->stream.bytes);
		expect(strcmp(reply->type, TYPE) == 0);
	} else {
		expect(strncmp(reply->type, MULTIPART, strlen(MULTIPART)) == 0);
		check_parts(bytes, reply->stream.bytes,
			    reply->type + strlen(MULTIPART), source->length);
	}
	free(bytes);
}

static void check(struct rth_exchange *x, const struct source *source,
		  size_t step)
{
	const struct rth_reply *reply = rth_exchange_reply(x);
	char none[48];
	uint8_t *bytes;

	expect(!reply->failed);
	switch (reply->status) {
	case 200:
		expect(reply->stream.bytes == source->length);
		bytes = take(&reply->stream, step);
		check_bytes(bytes, 0, source->length);
		free(bytes);
		break;
	case 206:
		check_some(x, source, step);
		break;
	default:
		expect(reply->status == 416 && source->length > 0);
		snprintf(none, sizeof(none), "bytes */%llu",
			 (unsigned long long)source->length);
		expect(strcmp(header(x, "Content-Range"), none) == 0);
		expect(source->closed == 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {0, 0, 0};
	struct rth_body body = {.type = TYPE,
				.read = source_read,
				.close = source_close,
				.arg = &source};
	struct rth_exchange *x;
	char *text;

	if (size < 3)
		return 0;
	source.length = body.bytes = data[0] + 256U * (data[1] % 16U);
	source.most = data[2] + 1U;
	text = malloc(size - 2);
	expect(text != NULL);
	memcpy(text, data + 3, size - 3);
	text[size - 3] = '\0';
	expect(!rth_exchange_create(&x, NULL, RTH_GET, "/"));
	expect(!rth_exchange_add(x, RTH_FIELD_HEADER, "Range", text));
	rth_ranged_reply(x, &body, "\"tag\"");
	check(x, &source, source.most % 7 * 19 + 1);
	rth_exchange_free(x);
	expect(source.closed == 1);
	free(text);
	return 0;
}
