/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Header and records of a sealed file as bytes: docs/store.md. Private to
 * seal*.c and unseal.c. Nothing in here keeps its arguments.
 */
#ifndef RTH_SEAL_FORMAT_H
#define RTH_SEAL_FORMAT_H

#include <sodium.h>

#include "seal.h"
#include "seal_disk.h"

#define RTH_SEAL_ID_BYTES 16
#define RTH_SEAL_BOX_BYTES 96 /* of a recipient: key id and sealed key */
#define RTH_SEAL_TAG_BYTES 16
#define RTH_RECORD_HEAD_BYTES 24
#define RTH_RECORD_PLAIN_AT 48 /* behind head and nonce */
#define RTH_RECORD_BYTES(n) (RTH_RECORD_PLAIN_AT + (n) + RTH_SEAL_TAG_BYTES)
#define RTH_RECORD_MAX RTH_RECORD_BYTES(RTH_SEAL_BLOCK_BYTES)
#define RTH_SEAL_BLOCKS_MAX UINT32_MAX

#define RTH_SLOT_AT(s) (RTH_SEAL_HEADER_BYTES + (uint64_t)(s)*RTH_RECORD_MAX)
#define RTH_BLOCK_AT(k) RTH_SLOT_AT(2 + (uint64_t)(k))

/* The number of the end record, and what is in it. */
#define RTH_SEAL_END UINT64_MAX
#define RTH_SEAL_END_BYTES (8 + RTH_SEAL_DIGEST_BYTES)

/* A recording key, all of it in locked memory. */
struct rth_seal_key {
	uint8_t raw[RTH_SEAL_KEY_BYTES];
	uint8_t header_key[RTH_SEAL_KEY_BYTES];
	uint8_t block_key[RTH_SEAL_KEY_BYTES];
	uint32_t n;
	uint8_t boxes[RTH_SEAL_RECIPIENTS_MAX][RTH_SEAL_BOX_BYTES];
};

struct rth_record {
	uint64_t number;     /* of the block, or RTH_SEAL_END */
	uint64_t generation; /* counts up with each record of the file */
	uint32_t length;     /* of the plain text, 1 to RTH_SEAL_BLOCK_BYTES */
	uint32_t synced;     /* blocks before this one were on the disk */
};

/* What the digest takes from each block. */
struct rth_seal_mark {
	uint64_t generation;
	uint8_t tag[RTH_SEAL_TAG_BYTES];
};

/** Derives the two keys from `raw`. 0 or RTH_ERR_CRYPTO. */
enum rth_err rth_seal_key_derive(struct rth_seal_key *key) RTH_CHECKED;

/** Writes a header. 0 or RTH_ERR_CRYPTO. */
enum rth_err rth_header_write(uint8_t out[RTH_SEAL_HEADER_BYTES],
			      const struct rth_seal_key *key,
			      const uint8_t id[RTH_SEAL_ID_BYTES]) RTH_CHECKED;

/**
 * Reads a header as far as that goes without a key.
 *
 * @param key receives the recipients
 * @return 0, RTH_ERR_FORMAT
 */
enum rth_err
rth_header_read(struct rth_seal_key *key, uint8_t id[RTH_SEAL_ID_BYTES],
		const uint8_t in[RTH_SEAL_HEADER_BYTES]) RTH_CHECKED;

/** Says whether the header is whole: RTH_ERR_FORMAT when it is not. */
enum rth_err rth_header_check(const uint8_t in[RTH_SEAL_HEADER_BYTES],
			      const struct rth_seal_key *key) RTH_CHECKED;

/**
 * Seals a record with a new nonce.
 *
 * @param out   at least RTH_RECORD_BYTES(rec->length)
 * @param plain rec->length bytes
 */
void rth_record_seal(uint8_t *out, const struct rth_record *rec,
		     const uint8_t *plain, const struct rth_seal_key *key,
		     const uint8_t id[RTH_SEAL_ID_BYTES]);

/**
 * Opens a record.
 *
 * @param rec   receives its head on success
 * @param plain at least RTH_SEAL_BLOCK_BYTES; undefined after an error
 * @param in    len bytes from the disk, which may be more than the record
 * @return 0 or RTH_ERR_CRYPTO
 */
enum rth_err rth_record_open(struct rth_record *rec, uint8_t *plain,
			     const uint8_t *in, size_t len,
			     const struct rth_seal_key *key,
			     const uint8_t id[RTH_SEAL_ID_BYTES]) RTH_CHECKED;

/** What the digest takes from a sealed record. */
void rth_record_mark(struct rth_seal_mark *mark, const struct rth_record *rec,
		     const uint8_t *sealed);

/* The digest of a file: start, add each block in turn, end. */
struct rth_seal_digest {
	crypto_generichash_state state;
};
enum rth_err rth_digest_start(struct rth_seal_digest *digest) RTH_CHECKED;
enum rth_err rth_digest_add(struct rth_seal_digest *digest, uint64_t number,
			    uint32_t length,
			    const struct rth_seal_mark *mark) RTH_CHECKED;
enum rth_err rth_digest_end(struct rth_seal_digest *digest,
			    uint8_t out[RTH_SEAL_DIGEST_BYTES]) RTH_CHECKED;

/** The plain bytes of an end record, and back. */
void rth_end_write(uint8_t out[RTH_SEAL_END_BYTES], uint64_t length,
		   const uint8_t digest[RTH_SEAL_DIGEST_BYTES]);
void rth_end_read(uint64_t *length, uint8_t digest[RTH_SEAL_DIGEST_BYTES],
		  const uint8_t in[RTH_SEAL_END_BYTES]);

/** rth_seal_create and rth_unseal_open on another disk; borrowed. For tests. */
enum rth_err rth_seal_create_on(struct rth_seal **sealp, int fd,
				const struct rth_seal_key *key,
				const struct rth_seal_disk *disk) RTH_CHECKED;
enum rth_err rth_unseal_open_on(struct rth_unseal **unsealp, int fd,
				const struct rth_seal_key *key,
				const struct rth_seal_disk *disk) RTH_CHECKED;

#endif
