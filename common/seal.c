/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a sealed file: docs/store.md, "How it is written".
 *
 * The last block grows in memory (`tail`). One earlier block that is being
 * changed is there too (`old`), so that many small changes of it cost one.
 */
#include "seal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "mem.h"
#include "seal_disk.h"
#include "seal_format.h"
#include "seal_secret.h"

#define SLOTS 2
#define MARKS_FIRST 64
#define LENGTH_MAX ((uint64_t)RTH_SEAL_BLOCKS_MAX * RTH_SEAL_BLOCK_BYTES)

/*
 * What a slot holds that must not be overwritten yet. After a sync at most one
 * is in use.
 */
enum slot_use {
	SLOT_FREE,
	SLOT_TAIL_NEW, /* the last block, not synced */
	SLOT_TAIL, /* the last block as flushed: until it is newer elsewhere */
	SLOT_JOURNAL, /* an old block: until it is synced in its place */
};

struct slot {
	enum slot_use use;
	uint32_t block;
};

struct rth_seal {
	int fd;
	const struct rth_seal_disk *disk;
	const struct rth_seal_key *key;
	uint8_t id[RTH_SEAL_ID_BYTES];
	uint64_t generation; /* of the record written last */
	uint32_t blocks;     /* in their places; the tail's number */
	uint32_t synced;     /* blocks before it are on the disk */
	bool unsynced;	     /* something was written since the last sync */
	uint8_t *tail;
	uint32_t tail_len; /* less than a block */
	bool tail_dirty;   /* differs from what is in a slot */
	uint8_t *old;
	uint32_t old_block;
	bool old_used, old_dirty;
	uint8_t *sealed; /* room for one record */
	struct slot slots[SLOTS];
	struct rth_seal_mark *marks; /* of each block in its place */
	size_t marks_max;
	enum rth_err failed; /* for good */
};

static void seal_free(struct rth_seal *seal)
{
	if (!seal)
		return;
	rth_secret_free(seal->tail);
	rth_secret_free(seal->old);
	rth_free(seal->sealed);
	rth_free(seal->marks);
	rth_free(seal);
}

/* After a failure nobody knows what is on the disk: nothing may follow. */
static enum rth_err fail(struct rth_seal *seal, enum rth_err err)
{
	if (err)
		seal->failed = err;
	return err;
}

static enum rth_err room_for_mark(struct rth_seal *seal)
{
	size_t max = seal->marks_max ? seal->marks_max * 2 : MARKS_FIRST;
	struct rth_seal_mark *marks;

	if (seal->blocks < seal->marks_max)
		return RTH_OK;
	marks = rth_alloc(max * sizeof(*marks));
	if (!marks)
		return RTH_ERR_NOMEM;
	if (seal->blocks)
		memcpy(marks, seal->marks, seal->blocks * sizeof(*marks));
	rth_free(seal->marks);
	seal->marks = marks;
	seal->marks_max = max;
	return RTH_OK;
}

/* Seals the next generation of a block and writes it at a place of the file. */
static enum rth_err put(struct rth_seal *seal, uint64_t at, uint64_t number,
			const uint8_t *plain, uint32_t len,
			struct rth_seal_mark *mark)
{
	const struct rth_record rec = {
		.number = number,
		.generation = ++seal->generation,
		.length = len,
		.synced = seal->synced,
	};

	rth_record_seal(seal->sealed, &rec, plain, seal->key, seal->id);
	if (mark)
		rth_record_mark(mark, &rec, seal->sealed);
	seal->unsynced = true;
	return rth_disk_write(seal->disk, seal->fd, seal->sealed,
			      RTH_RECORD_BYTES(len), at);
}

static void settle(struct rth_seal *seal, size_t s)
{
	struct slot *slot = &seal->slots[s];
	struct slot *other = &seal->slots[!s];

	if (slot->use == SLOT_TAIL_NEW) {
		slot->use = SLOT_TAIL;
		other->use = SLOT_FREE;
	}
	if (slot->use == SLOT_JOURNAL ||
	    (slot->use == SLOT_TAIL && slot->block < seal->synced))
		slot->use = SLOT_FREE;
}

static enum rth_err sync_all(struct rth_seal *seal)
{
	enum rth_err err;

	if (!seal->unsynced)
		return RTH_OK;
	err = rth_disk_sync(seal->disk, seal->fd);
	if (err)
		return err;
	seal->unsynced = false;
	seal->synced = seal->blocks;
	for (size_t s = 0; s < SLOTS; s++)
		settle(seal, s);
	return RTH_OK;
}

/* Writes a record to a slot whose content nobody needs any more. */
static enum rth_err put_slot(struct rth_seal *seal, enum slot_use use,
			     uint64_t number, const uint8_t *plain,
			     uint32_t len, size_t *slotp)
{
	enum rth_err err = RTH_OK;
	size_t s;

	if (seal->slots[0].use && seal->slots[1].use)
		err = sync_all(seal);
	if (err)
		return err;
	s = seal->slots[0].use ? 1 : 0;
	err = put(seal, RTH_SLOT_AT(s), number, plain, len, NULL);
	if (err)
		return err;
	seal->slots[s].use = use;
	seal->slots[s].block = (uint32_t)number;
	if (slotp)
		*slotp = s;
	return RTH_OK;
}

/*
 * A block that no sync has covered yet may be overwritten: a flush before has
 * its bytes, if any, in a slot, which stays until the next sync.
 */
static enum rth_err put_old(struct rth_seal *seal)
{
	uint32_t k = seal->old_block;
	enum rth_err err = RTH_OK;
	size_t s;

	if (!seal->old_dirty)
		return RTH_OK;
	if (k < seal->synced) {
		err = put_slot(seal, SLOT_JOURNAL, k, seal->old,
			       RTH_SEAL_BLOCK_BYTES, &s);
		if (!err)
			err = sync_all(seal);
		if (!err)
			seal->slots[s].use = SLOT_JOURNAL;
	}
	if (!err)
		err = put(seal, RTH_BLOCK_AT(k), k, seal->old,
			  RTH_SEAL_BLOCK_BYTES, &seal->marks[k]);
	if (!err)
		seal->old_dirty = false;
	return err;
}

static enum rth_err put_tail(struct rth_seal *seal)
{
	uint32_t k = seal->blocks;
	enum rth_err err = room_for_mark(seal);

	if (!err)
		err = put(seal, RTH_BLOCK_AT(k), k, seal->tail, seal->tail_len,
			  &seal->marks[k]);
	if (err)
		return err;
	seal->blocks++;
	seal->tail_len = 0;
	seal->tail_dirty = false;
	return RTH_OK;
}

static bool is_mine(const struct rth_seal *seal, const struct rth_record *rec,
		    uint32_t k)
{
	struct rth_seal_mark mark;

	rth_record_mark(&mark, rec, seal->sealed);
	return rec->number == k && rec->length == RTH_SEAL_BLOCK_BYTES &&
	       mark.generation == seal->marks[k].generation &&
	       memcmp(mark.tag, seal->marks[k].tag, sizeof(mark.tag)) == 0;
}

/* Brings a block back into memory, after the one that was there is written. */
static enum rth_err get_old(struct rth_seal *seal, uint32_t k)
{
	struct rth_record rec;
	enum rth_err err;
	size_t got;

	if (seal->old_used && seal->old_block == k)
		return RTH_OK;
	err = put_old(seal);
	if (err)
		return err;
	seal->old_used = false;
	err = rth_disk_read(seal->disk, seal->fd, seal->sealed, RTH_RECORD_MAX,
			    RTH_BLOCK_AT(k), &got);
	if (!err)
		err = rth_record_open(&rec, seal->old, seal->sealed, got,
				      seal->key, seal->id);
	if (!err && !is_mine(seal, &rec, k))
		err = RTH_ERR_CRYPTO;
	if (err)
		return err;
	seal->old_block = k;
	seal->old_used = true;
	return RTH_OK;
}

static enum rth_err write_tail(struct rth_seal *seal, size_t at,
			       const uint8_t *data, size_t len)
{
	memcpy(seal->tail + at, data, len);
	seal->tail_dirty = true;
	if (at + len > seal->tail_len)
		seal->tail_len = (uint32_t)(at + len);
	if (seal->tail_len < RTH_SEAL_BLOCK_BYTES)
		return RTH_OK;
	return put_tail(seal);
}

static enum rth_err write_old(struct rth_seal *seal, uint32_t k, size_t at,
			      const uint8_t *data, size_t len)
{
	enum rth_err err = get_old(seal, k);

	if (err)
		return err;
	memcpy(seal->old + at, data, len);
	seal->old_dirty = true;
	return RTH_OK;
}

static enum rth_err allocate(struct rth_seal *seal)
{
	seal->tail = rth_secret_buffer(RTH_SEAL_BLOCK_BYTES);
	seal->old = rth_secret_buffer(RTH_SEAL_BLOCK_BYTES);
	seal->sealed = rth_alloc(RTH_RECORD_MAX);
	return seal->tail && seal->old && seal->sealed ? RTH_OK : RTH_ERR_NOMEM;
}

static enum rth_err put_header(struct rth_seal *seal)
{
	enum rth_err err;

	randombytes_buf(seal->id, sizeof(seal->id));
	err = rth_header_write(seal->sealed, seal->key, seal->id);
	if (!err)
		err = rth_disk_write(seal->disk, seal->fd, seal->sealed,
				     RTH_SEAL_HEADER_BYTES, 0);
	return err ? err : rth_disk_sync(seal->disk, seal->fd);
}

enum rth_err rth_seal_create_on(struct rth_seal **sealp, int fd,
				const struct rth_seal_key *key,
				const struct rth_seal_disk *disk)
{
	struct rth_seal *seal = rth_alloc(sizeof(*seal));
	enum rth_err err;

	if (!seal)
		return RTH_ERR_NOMEM;
	seal->fd = fd;
	seal->disk = disk;
	seal->key = key;
	err = allocate(seal);
	if (!err)
		err = put_header(seal);
	if (err) {
		int why = errno;

		seal_free(seal);
		errno = why;
	} else {
		*sealp = seal;
	}
	return err;
}

enum rth_err rth_seal_create(struct rth_seal **sealp, int fd,
			     const struct rth_seal_key *key)
{
	return rth_seal_create_on(sealp, fd, key, &rth_seal_disk);
}

enum rth_err rth_seal_write(struct rth_seal *seal, uint64_t offset,
			    const void *data, size_t len)
{
	const uint8_t *from = data;
	enum rth_err err = RTH_OK;

	if (seal->failed)
		return RTH_ERR_STATE;
	if (offset > rth_seal_length(seal) || len > LENGTH_MAX - offset)
		return RTH_ERR_LIMIT;
	while (len && !err) {
		uint32_t k = (uint32_t)(offset / RTH_SEAL_BLOCK_BYTES);
		size_t at = offset % RTH_SEAL_BLOCK_BYTES;
		size_t n = RTH_SEAL_BLOCK_BYTES - at;

		if (n > len)
			n = len;
		if (k == seal->blocks)
			err = write_tail(seal, at, from, n);
		else
			err = write_old(seal, k, at, from, n);
		from += n;
		offset += n;
		len -= n;
	}
	return fail(seal, err);
}

uint64_t rth_seal_length(const struct rth_seal *seal)
{
	return (uint64_t)seal->blocks * RTH_SEAL_BLOCK_BYTES + seal->tail_len;
}

enum rth_err rth_seal_flush(struct rth_seal *seal)
{
	enum rth_err err;

	if (seal->failed)
		return RTH_ERR_STATE;
	err = put_old(seal);
	if (!err && seal->tail_dirty) {
		err = put_slot(seal, SLOT_TAIL_NEW, seal->blocks, seal->tail,
			       seal->tail_len, NULL);
		seal->tail_dirty = false;
	}
	if (!err)
		err = sync_all(seal);
	return fail(seal, err);
}

static enum rth_err digest_all(const struct rth_seal *seal, uint64_t length,
			       uint8_t out[RTH_SEAL_DIGEST_BYTES])
{
	struct rth_seal_digest digest;
	enum rth_err err = rth_digest_start(&digest);

	for (uint32_t k = 0; k < seal->blocks && !err; k++) {
		uint64_t left = length - (uint64_t)k * RTH_SEAL_BLOCK_BYTES;

		if (left > RTH_SEAL_BLOCK_BYTES)
			left = RTH_SEAL_BLOCK_BYTES;
		err = rth_digest_add(&digest, k, (uint32_t)left,
				     &seal->marks[k]);
	}
	return err ? err : rth_digest_end(&digest, out);
}

/* The end record goes after everything that it speaks for is on the disk. */
static enum rth_err put_end(struct rth_seal *seal,
			    uint8_t digest[RTH_SEAL_DIGEST_BYTES])
{
	uint64_t length = rth_seal_length(seal);
	uint8_t plain[RTH_SEAL_END_BYTES];
	enum rth_err err = put_old(seal);

	if (!err && seal->tail_len)
		err = put_tail(seal);
	if (!err)
		err = sync_all(seal);
	if (!err)
		err = digest_all(seal, length, digest);
	if (err)
		return err;
	rth_end_write(plain, length, digest);
	err = put_slot(seal, SLOT_FREE, RTH_SEAL_END, plain, sizeof(plain),
		       NULL);
	return err ? err : sync_all(seal);
}

enum rth_err rth_seal_finish(struct rth_seal *seal,
			     uint8_t digest[RTH_SEAL_DIGEST_BYTES])
{
	uint8_t out[RTH_SEAL_DIGEST_BYTES];
	enum rth_err err = seal->failed ? RTH_ERR_STATE : put_end(seal, out);
	int why = errno;

	if (seal->disk->close(seal->fd) && !err) {
		err = RTH_ERR_IO;
		why = errno;
	}
	seal_free(seal);
	errno = why;
	if (!err && digest)
		memcpy(digest, out, sizeof(out));
	return err;
}

void rth_seal_close(struct rth_seal *seal)
{
	if (!seal)
		return;
	seal->disk->close(seal->fd);
	seal_free(seal);
}
