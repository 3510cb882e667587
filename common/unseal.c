/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a sealed file: docs/store.md, "How it is read".
 *
 * A file may be written while it is read. Then its writer may be just changing
 * a block in its place: it is whole in a slot, or a moment later in its place.
 */
#include <string.h>

#include <sodium.h>

#include "mem.h"
#include "seal.h"
#include "seal_disk.h"
#include "seal_format.h"
#include "seal_secret.h"

#define SLOTS 2
#define TRIES 4 /* of a block that is being written meanwhile */

/* A block that was opened. */
struct opened {
	bool used;
	struct rth_record rec;
	struct rth_seal_mark mark;
	uint8_t *plain; /* RTH_SEAL_BLOCK_BYTES */
};

struct rth_unseal {
	int fd;
	const struct rth_seal_disk *disk;
	const struct rth_seal_key *key;
	uint8_t id[RTH_SEAL_ID_BYTES];
	bool complete;
	uint64_t length; /* of the plain text */
	uint64_t size;	 /* of the file, when it was opened */
	uint8_t digest[RTH_SEAL_DIGEST_BYTES];
	struct opened slots[SLOTS];
	struct opened block; /* the one that was read last */
	uint8_t *plain;	     /* memory for these three */
	uint8_t *sealed;     /* room for one record */
	bool there; /* something was where a record was looked for last */
};

static void unseal_free(struct rth_unseal *u)
{
	if (!u)
		return;
	rth_secret_free(u->plain);
	rth_free(u->sealed);
	rth_free(u);
}

/* Opens the record at a place; not opening is no error but `used` false. */
static enum rth_err open_at(struct rth_unseal *u, struct opened *o, uint64_t at)
{
	enum rth_err err;
	size_t got;

	o->used = false;
	err = rth_disk_read(u->disk, u->fd, u->sealed, RTH_RECORD_MAX, at,
			    &got);
	if (err)
		return err;
	u->there = got > 0;
	if (rth_record_open(&o->rec, o->plain, u->sealed, got, u->key, u->id))
		return RTH_OK;
	rth_record_mark(&o->mark, &o->rec, u->sealed);
	o->used = true;
	return RTH_OK;
}

static enum rth_err open_slots(struct rth_unseal *u)
{
	enum rth_err err = RTH_OK;

	for (size_t s = 0; s < SLOTS && !err; s++)
		err = open_at(u, &u->slots[s], RTH_SLOT_AT(s));
	return err;
}

static void take(struct opened *to, const struct opened *from)
{
	to->used = true;
	to->rec = from->rec;
	to->mark = from->mark;
	memcpy(to->plain, from->plain, from->rec.length);
}

/* How long block k of a complete file is. */
static uint32_t length_of(const struct rth_unseal *u, uint64_t k)
{
	uint64_t left = u->length - k * RTH_SEAL_BLOCK_BYTES;

	return left < RTH_SEAL_BLOCK_BYTES ? (uint32_t)left
					   : RTH_SEAL_BLOCK_BYTES;
}

/* Block k from its place, or from a slot that has a newer one. */
static void newest(struct rth_unseal *u, uint64_t k)
{
	struct opened *b = &u->block;

	if (b->used && b->rec.number != k)
		b->used = false;
	for (size_t s = 0; s < SLOTS; s++) {
		const struct opened *o = &u->slots[s];

		if (o->used && o->rec.number == k &&
		    (!b->used || o->rec.generation > b->rec.generation))
			take(b, o);
	}
}

static bool has(const struct rth_unseal *u, uint64_t k, size_t need)
{
	const struct rth_record *rec = &u->block.rec;

	return u->block.used && rec->number == k && rec->length >= need &&
	       (!u->complete || rec->length == length_of(u, k));
}

/*
 * Brings block k, with at least `need` bytes, into u->block; RTH_ERR_CRYPTO
 * when it is nowhere whole.
 */
static enum rth_err get_block(struct rth_unseal *u, uint64_t k, size_t need)
{
	enum rth_err err = RTH_OK;

	for (int i = 0; i < TRIES && !has(u, k, need) && !err; i++) {
		if (i > 1 && u->there)
			u->disk->pause();
		if (i > 0)
			err = open_slots(u);
		if (!err)
			err = open_at(u, &u->block, RTH_BLOCK_AT(k));
		if (u->complete)
			break;
		if (!err)
			newest(u, k);
	}
	if (!err && !has(u, k, need))
		err = RTH_ERR_CRYPTO;
	if (err)
		u->block.used = false;
	return err;
}

static uint64_t blocks_of(const struct rth_unseal *u)
{
	return u->length / RTH_SEAL_BLOCK_BYTES +
	       (u->length % RTH_SEAL_BLOCK_BYTES ? 1 : 0);
}

/* Where a complete file ends; without a block, somewhere in the slots. */
static uint64_t size_of(const struct rth_unseal *u)
{
	uint64_t blocks = blocks_of(u);

	if (!blocks)
		return 0;
	return RTH_BLOCK_AT(blocks - 1) +
	       RTH_RECORD_BYTES(length_of(u, blocks - 1));
}

static const struct opened *end_record(const struct rth_unseal *u)
{
	for (size_t s = 0; s < SLOTS; s++)
		if (u->slots[s].used &&
		    u->slots[s].rec.number == RTH_SEAL_END &&
		    u->slots[s].rec.length == RTH_SEAL_END_BYTES)
			return &u->slots[s];
	return NULL;
}

/*
 * The slots say which blocks were on the disk when they were written. From
 * there on, block after block, what opens counts, until one does not or is
 * shorter than a block.
 */
static enum rth_err find_length(struct rth_unseal *u)
{
	enum rth_err err = RTH_OK;
	uint64_t k = 0;

	for (size_t s = 0; s < SLOTS; s++)
		if (u->slots[s].used && u->slots[s].rec.synced > k)
			k = u->slots[s].rec.synced;
	u->length = k * RTH_SEAL_BLOCK_BYTES;
	while (!(err = get_block(u, k, 1)) && k < RTH_SEAL_BLOCKS_MAX) {
		u->length += u->block.rec.length;
		if (u->block.rec.length < RTH_SEAL_BLOCK_BYTES)
			break;
		k++;
	}
	return err == RTH_ERR_CRYPTO ? RTH_OK : err;
}

/* Which key's file it is, and whether the header is whole. */
static enum rth_err check_header(struct rth_unseal *u)
{
	struct rth_seal_key *named = (struct rth_seal_key *)(void *)u->plain;
	enum rth_err err;
	size_t got;

	err = rth_disk_read(u->disk, u->fd, u->sealed, RTH_SEAL_HEADER_BYTES, 0,
			    &got);
	if (err)
		return err;
	if (got < RTH_SEAL_HEADER_BYTES)
		return RTH_ERR_FORMAT;
	err = rth_header_read(named, u->id, u->sealed);
	if (err)
		return err;
	err = rth_header_check(u->sealed, u->key);
	if (err == RTH_ERR_FORMAT &&
	    (named->n != u->key->n ||
	     memcmp(named->boxes, u->key->boxes, sizeof(named->boxes)) != 0))
		err = RTH_ERR_DENIED;
	return err;
}

static enum rth_err find_end(struct rth_unseal *u)
{
	const struct opened *end;
	enum rth_err err = open_slots(u);
	struct stat st;

	if (err)
		return err;
	end = end_record(u);
	if (!end)
		return find_length(u);
	u->complete = true;
	rth_end_read(&u->length, u->digest, end->plain);
	if (u->length / RTH_SEAL_BLOCK_BYTES >= RTH_SEAL_BLOCKS_MAX)
		return RTH_ERR_FORMAT;
	if (u->disk->fstat(u->fd, &st))
		return RTH_ERR_IO;
	u->size = (uint64_t)st.st_size;
	return u->size < size_of(u) ? RTH_ERR_LIMIT : RTH_OK;
}

static enum rth_err allocate(struct rth_unseal *u)
{
	u->plain = rth_secret_buffer((SLOTS + 1) * RTH_SEAL_BLOCK_BYTES);
	u->sealed = rth_alloc(RTH_RECORD_MAX);
	if (!u->plain || !u->sealed)
		return RTH_ERR_NOMEM;
	u->block.plain = u->plain;
	for (size_t s = 0; s < SLOTS; s++)
		u->slots[s].plain = u->plain + (s + 1) * RTH_SEAL_BLOCK_BYTES;
	return RTH_OK;
}

enum rth_err rth_unseal_open_on(struct rth_unseal **unsealp, int fd,
				const struct rth_seal_key *key,
				const struct rth_seal_disk *disk)
{
	struct rth_unseal *u = rth_alloc(sizeof(*u));
	enum rth_err err;

	if (!u)
		return RTH_ERR_NOMEM;
	u->fd = fd;
	u->disk = disk;
	u->key = key;
	err = allocate(u);
	if (!err)
		err = check_header(u);
	if (!err)
		err = find_end(u);
	if (err)
		unseal_free(u);
	else
		*unsealp = u;
	return err;
}

enum rth_err rth_unseal_open(struct rth_unseal **unsealp, int fd,
			     const struct rth_seal_key *key)
{
	return rth_unseal_open_on(unsealp, fd, key, &rth_seal_disk);
}

uint64_t rth_unseal_length(const struct rth_unseal *unseal)
{
	return unseal->length;
}

bool rth_unseal_complete(const struct rth_unseal *unseal)
{
	return unseal->complete;
}

const uint8_t *rth_unseal_digest(const struct rth_unseal *unseal)
{
	return unseal->digest;
}

/* How much of block k, from `at` on, is before the end of the file. */
static enum rth_err copy_from(struct rth_unseal *u, uint64_t k, size_t at,
			      uint8_t *to, size_t len)
{
	enum rth_err err = get_block(u, k, at + len);

	if (!err)
		memcpy(to, u->block.plain + at, len);
	return err;
}

enum rth_err rth_unseal_read(struct rth_unseal *unseal, uint64_t offset,
			     void *data, size_t len, size_t *gotp,
			     uint64_t *blockp)
{
	uint8_t *to = data;
	size_t got = 0;

	if (offset >= unseal->length)
		len = 0;
	else if (len > unseal->length - offset)
		len = (size_t)(unseal->length - offset);
	while (got < len) {
		uint64_t k = (offset + got) / RTH_SEAL_BLOCK_BYTES;
		size_t at = (offset + got) % RTH_SEAL_BLOCK_BYTES;
		size_t n = RTH_SEAL_BLOCK_BYTES - at;
		enum rth_err err;

		if (n > len - got)
			n = len - got;
		err = copy_from(unseal, k, at, to + got, n);
		if (err && blockp)
			*blockp = k;
		if (err)
			return err;
		got += n;
	}
	*gotp = got;
	return RTH_OK;
}

static enum rth_err compare(struct rth_unseal *u,
			    struct rth_seal_digest *digest)
{
	uint8_t out[RTH_SEAL_DIGEST_BYTES];
	enum rth_err err = rth_digest_end(digest, out);

	if (err || !u->complete)
		return err;
	if (size_of(u) && u->size != size_of(u))
		return RTH_ERR_FORMAT;
	return sodium_memcmp(out, u->digest, sizeof(out)) ? RTH_ERR_FORMAT
							  : RTH_OK;
}

enum rth_err rth_unseal_verify(struct rth_unseal *unseal, uint64_t *blockp)
{
	uint64_t blocks = blocks_of(unseal);
	struct rth_seal_digest digest;
	enum rth_err err = rth_digest_start(&digest);

	unseal->block.used = false;
	for (uint64_t k = 0; k < blocks && !err; k++) {
		err = get_block(unseal, k, length_of(unseal, k));
		if (err && blockp)
			*blockp = k;
		if (!err)
			err = rth_digest_add(&digest, k,
					     unseal->block.rec.length,
					     &unseal->block.mark);
	}
	return err ? err : compare(unseal, &digest);
}

void rth_unseal_close(struct rth_unseal *unseal)
{
	if (!unseal)
		return;
	unseal->disk->close(unseal->fd);
	unseal_free(unseal);
}
