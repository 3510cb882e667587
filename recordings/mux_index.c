/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An MP4's index. See mux_index.h.
 */
#include "mux_index.h"

#include <string.h>

#include "mem.h"
#include "rtp.h"

#define MOOV_MAX (64u << 20)
#define KEY 0x80000000u
#define FIRST_SIZE 1024

/* Where box fields stand, version 0, from the box's beginning. */
#define HEAD_BYTES 8
#define MVHD_DURATION 24
#define TKHD_DURATION 28
#define MDHD_DURATION 24

struct table {
	uint32_t *v;
	size_t n, size;
};

struct track {
	bool used;
	struct table len;   /* of each frame, with KEY */
	struct table delta; /* to the frame before; the first's is 0 */
	struct table chunk; /* frames in each fragment */
	int64_t first, last;
	size_t chunked; /* frames in finished fragments */
	uint64_t bytes; /* of the frames since */
};

/* Invariant: chunk and offset have an entry for each fragment. */
struct rth_mux_index {
	struct track track[RTH_TRACKS];
	struct table offset; /* of each fragment's frames: high, low */
	struct rth_bytes head;
};

enum rth_err rth_mux_index_create(struct rth_mux_index **indexp, bool voice,
				  bool picture)
{
	struct rth_mux_index *index = rth_alloc(sizeof(*index));

	if (!index)
		return RTH_ERR_NOMEM;
	index->track[RTH_TRACK_VOICE].used = voice;
	index->track[RTH_TRACK_PICTURE].used = picture;
	*indexp = index;
	return RTH_OK;
}

void rth_mux_index_free(struct rth_mux_index *index)
{
	if (!index)
		return;
	for (int i = 0; i < RTH_TRACKS; i++) {
		rth_free(index->track[i].len.v);
		rth_free(index->track[i].delta.v);
		rth_free(index->track[i].chunk.v);
	}
	rth_free(index->offset.v);
	rth_bytes_clear(&index->head);
	rth_free(index);
}

static enum rth_err table_add(struct table *table, uint64_t value)
{
	if (table->n == table->size) {
		size_t size = table->size ? 2 * table->size : FIRST_SIZE;
		uint32_t *v = rth_alloc(size * sizeof(*v));

		if (!v)
			return RTH_ERR_NOMEM;
		if (table->n)
			memcpy(v, table->v, table->n * sizeof(*v));
		rth_free(table->v);
		table->v = v;
		table->size = size;
	}
	table->v[table->n++] = (uint32_t)value;
	return RTH_OK;
}

enum rth_err rth_mux_index_head(struct rth_mux_index *index, const void *data,
				size_t len)
{
	return rth_bytes_add(&index->head, data, len);
}

enum rth_err rth_mux_index_frame(struct rth_mux_index *index,
				 enum rth_track track, size_t len, int64_t time,
				 bool key)
{
	struct track *t = &index->track[track];
	enum rth_err err;

	if (!t->len.n)
		t->first = t->last = time;
	err = table_add(&t->len, (uint32_t)len | (key ? KEY : 0));
	if (!err)
		err = table_add(&t->delta, (uint64_t)(time - t->last));
	t->last = time;
	t->bytes += len;
	return err;
}

enum rth_err rth_mux_index_fragment(struct rth_mux_index *index, uint64_t end)
{
	uint64_t at = end;
	enum rth_err err = RTH_OK;

	for (int i = 0; i < RTH_TRACKS && !err; i++) {
		struct track *t = &index->track[i];

		at -= t->bytes;
		t->bytes = 0;
		err = table_add(&t->chunk, t->len.n - t->chunked);
		t->chunked = t->len.n;
	}
	if (!err)
		err = table_add(&index->offset, at >> 32);
	return err ? err : table_add(&index->offset, at);
}

/* Writing. The first error stays, so that it is looked at once. */
struct out {
	const struct rth_mux_index *index;
	struct rth_bytes *bytes;
	enum rth_err err;
	int track; /* in which the copy is */
};

static void add(struct out *out, const void *data, size_t len)
{
	if (!out->err)
		out->err = rth_bytes_add(out->bytes, data, len);
}

static void add32(struct out *out, uint64_t value)
{
	uint8_t b[4];

	rth_put32(b, (uint32_t)value);
	add(out, b, sizeof(b));
}

static void set32(struct out *out, size_t at, uint64_t value)
{
	if (!out->err)
		rth_put32(out->bytes->data + at, (uint32_t)value);
}

static size_t open_box(struct out *out, const char type[4])
{
	size_t at = out->bytes->len;

	add32(out, 0);
	add(out, type, 4);
	return at;
}

/* A box with version and flags, all 0, and a count that is set at the end. */
static size_t open_table(struct out *out, const char type[4])
{
	size_t at = open_box(out, type);

	add32(out, 0);
	add32(out, 0);
	return at;
}

static void close_box(struct out *out, size_t at)
{
	set32(out, at, out->bytes->len - at);
}

static void close_table(struct out *out, size_t at, uint64_t count)
{
	set32(out, at + 12, count);
	close_box(out, at);
}

static uint32_t clock_of(int track)
{
	return track == RTH_TRACK_VOICE ? RTH_RTP_CLOCK_VOICE
					: RTH_RTP_CLOCK_PICTURE;
}

/* How long a track is, in its ticks: the last frame as the one before. */
static int64_t length(const struct track *t)
{
	if (!t->len.n)
		return 0;
	return t->last - t->first + t->delta.v[t->delta.n - 1];
}

static int64_t to_ms(int64_t ticks, int track)
{
	return ticks * 1000 / clock_of(track);
}

static void add_times(struct out *out, const struct track *t)
{
	size_t at = open_table(out, "stts");
	uint32_t entries = 0;

	/* Each frame lasts until the next one. */
	for (size_t i = 1, run = 0; i <= t->delta.n; i++) {
		uint32_t now = t->delta.v[i < t->delta.n ? i : i - 1];
		uint32_t next = i + 1 < t->delta.n ? t->delta.v[i + 1] : now;

		run++;
		if (i < t->delta.n && next == now)
			continue;
		add32(out, run);
		add32(out, now);
		entries++;
		run = 0;
	}
	close_table(out, at, entries);
}

static void add_keys(struct out *out, const struct track *t)
{
	size_t at = open_table(out, "stss");
	uint32_t entries = 0;

	for (size_t i = 0; i < t->len.n; i++) {
		if (!(t->len.v[i] & KEY))
			continue;
		add32(out, i + 1);
		entries++;
	}
	close_table(out, at, entries);
}

static void add_chunks(struct out *out, const struct track *t)
{
	size_t at = open_table(out, "stsc");
	uint32_t entries = 0, chunks = 0, last = 0;

	for (size_t i = 0; i < t->chunk.n; i++) {
		if (!t->chunk.v[i])
			continue;
		chunks++;
		if (t->chunk.v[i] == last)
			continue;
		last = t->chunk.v[i];
		add32(out, chunks);
		add32(out, last);
		add32(out, 1);
		entries++;
	}
	close_table(out, at, entries);
}

static void add_lengths(struct out *out, const struct track *t)
{
	size_t at = open_table(out, "stsz"); /* the count: each its own */

	add32(out, t->len.n);
	for (size_t i = 0; i < t->len.n; i++)
		add32(out, t->len.v[i] & ~KEY);
	close_box(out, at);
}

/* The voice's frames of a fragment come before the picture's. */
static void add_offsets(struct out *out, int track)
{
	const struct rth_mux_index *index = out->index;
	const struct track *t = &index->track[track];
	const struct track *voice = &index->track[RTH_TRACK_VOICE];
	size_t at = open_table(out, "co64");
	uint32_t entries = 0;

	for (size_t i = 0, k = 0; i < t->chunk.n; i++) {
		uint64_t from = (uint64_t)index->offset.v[2 * i] << 32 |
				index->offset.v[2 * i + 1];

		for (uint32_t n = 0;
		     track != RTH_TRACK_VOICE && n < voice->chunk.v[i]; n++)
			from += voice->len.v[k++] & ~KEY;
		if (!t->chunk.v[i])
			continue;
		add32(out, from >> 32);
		add32(out, from);
		entries++;
	}
	close_table(out, at, entries);
}

static void add_tables(struct out *out)
{
	const struct track *t = &out->index->track[out->track];

	add_times(out, t);
	if (out->track == RTH_TRACK_PICTURE)
		add_keys(out, t);
	add_chunks(out, t);
	add_lengths(out, t);
	add_offsets(out, out->track);
}

/* A track that begins later than the file: an empty edit, then all of it. */
static void add_edits(struct out *out)
{
	const struct track *t = &out->index->track[out->track];
	int64_t late_ms = to_ms(t->first, out->track);
	size_t edts = open_box(out, "edts");
	size_t at = open_table(out, "elst");

	if (late_ms > 0) {
		add32(out, (uint64_t)late_ms);
		add32(out, UINT32_MAX);
		add32(out, 0x10000);
	}
	add32(out, (uint64_t)to_ms(length(t), out->track));
	add32(out, 0);
	add32(out, 0x10000);
	close_table(out, at, late_ms > 0 ? 2 : 1);
	close_box(out, edts);
}

static int64_t file_ms(const struct rth_mux_index *index)
{
	int64_t most = 0;

	for (int i = 0; i < RTH_TRACKS; i++) {
		const struct track *t = &index->track[i];
		int64_t ms = to_ms(t->first + length(t), i);

		if (ms > most)
			most = ms;
	}
	return most;
}

static bool is(const uint8_t *box, const char *types)
{
	for (; *types; types += 4)
		if (!memcmp(box + 4, types, 4))
			return true;
	return false;
}

static int next_track(const struct out *out)
{
	int track = out->track + 1;

	while (track < RTH_TRACKS && !out->index->track[track].used)
		track++;
	return track;
}

/* Copies a box that has no others in it; durations are set. */
static void copy_leaf(struct out *out, const uint8_t *box, size_t len)
{
	const struct track *t =
		&out->index->track[out->track < 0 ? 0 : out->track];
	size_t at = out->bytes->len;

	/* What describes the fragments, and what is made anew. */
	if (is(box, "mvexedtssttsstscstszstcostss"))
		return;
	add(out, box, len);
	if (is(box, "mvhd") && len > MVHD_DURATION + 4)
		set32(out, at + MVHD_DURATION, (uint64_t)file_ms(out->index));
	if (is(box, "mdhd") && len > MDHD_DURATION + 4)
		set32(out, at + MDHD_DURATION, (uint64_t)length(t));
	if (!is(box, "tkhd") || len <= TKHD_DURATION + 4)
		return;
	set32(out, at + TKHD_DURATION,
	      (uint64_t)to_ms(t->first + length(t), out->track));
	add_edits(out);
}

static size_t box_len(const uint8_t *p, size_t left)
{
	size_t len = left >= HEAD_BYTES ? rth_get32(p) : 0;

	return len >= HEAD_BYTES && len <= left ? len : 0;
}

/* Copies boxes; depth is that of moov, trak, mdia, minf, stbl. */
static void copy(struct out *out, const uint8_t *p, size_t left)
{
	size_t len;

	for (; (len = box_len(p, left)); p += len, left -= len) {
		size_t at = out->bytes->len;

		if (!is(p, "moovtrakmdiaminfstbl")) {
			copy_leaf(out, p, len);
			continue;
		}
		if (is(p, "trak"))
			out->track = next_track(out);
		if (out->track >= RTH_TRACKS) {
			out->err = RTH_ERR_STATE;
			return;
		}
		add(out, p, HEAD_BYTES);
		copy(out, p + HEAD_BYTES, len - HEAD_BYTES);
		if (is(p, "stbl"))
			add_tables(out);
		close_box(out, at);
	}
}

enum rth_err rth_mux_index_finish(const struct rth_mux_index *index,
				  struct rth_bytes *moov, uint64_t end,
				  uint8_t cover[16], uint64_t *atp)
{
	const uint8_t *head = index->head.data;
	size_t ftyp = box_len(head, index->head.len);
	struct out out = {.index = index, .bytes = moov, .track = -1};

	if (!ftyp || !is(head, "ftyp"))
		return RTH_ERR_STATE;
	moov->max = MOOV_MAX;
	copy(&out, head + ftyp, index->head.len - ftyp);
	if (!out.err && !moov->len)
		out.err = RTH_ERR_STATE;
	*atp = ftyp;
	rth_put32(cover, 1);
	memcpy(cover + 4, "mdat", 4);
	rth_put32(cover + 8, (uint32_t)((end - ftyp) >> 32));
	rth_put32(cover + 12, (uint32_t)(end - ftyp));
	return out.err;
}
