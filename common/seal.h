/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealed files: what is written is encrypted from the first byte, can be
 * changed at any place, is on the disk after each flush, and can be read at
 * any place. docs/store.md has the format.
 *
 * A recording key lives in locked memory that is never swapped or dumped.
 * Call sodium_init before. One thread at a time for each object. Together with
 * RTH_ERR_IO, errno says why (ENOSPC: the disk is full).
 */
#ifndef RTH_SEAL_H
#define RTH_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define RTH_SEAL_BLOCK_BYTES 16384
#define RTH_SEAL_HEADER_BYTES 4096
#define RTH_SEAL_RECIPIENTS_MAX 16
#define RTH_SEAL_KEY_ID_BYTES 16
#define RTH_SEAL_PUBLIC_BYTES 32
#define RTH_SEAL_SECRET_BYTES 32
#define RTH_SEAL_KEY_BYTES 32
#define RTH_SEAL_DIGEST_BYTES 32

struct rth_seal_key; /* a recording key, with its recipients' boxes */
struct rth_seal;     /* a file that is being written */
struct rth_unseal;   /* a file that is being read */

/* A clinic's pair; `secret` is in locked memory. */
struct rth_seal_pair {
	uint8_t public[RTH_SEAL_PUBLIC_BYTES];
	const uint8_t *secret; /* RTH_SEAL_SECRET_BYTES */
};

/** The id of a public key, as headers name it. */
void rth_seal_key_id(uint8_t id[RTH_SEAL_KEY_ID_BYTES],
		     const uint8_t public[RTH_SEAL_PUBLIC_BYTES]);

/**
 * Makes a random recording key, sealed to these public keys.
 *
 * @param recipients n public keys, 1 to RTH_SEAL_RECIPIENTS_MAX; borrowed
 * @return 0, RTH_ERR_LIMIT, RTH_ERR_NOMEM (locked memory), RTH_ERR_CRYPTO
 */
enum rth_err
rth_seal_key_make(struct rth_seal_key **keyp,
		  const uint8_t (*recipients)[RTH_SEAL_PUBLIC_BYTES],
		  size_t n) RTH_CHECKED;

/**
 * Takes the key out of a file's header.
 *
 * @param fd    a sealed file, read at offset 0; borrowed
 * @param pairs n pairs, any of which may open it; borrowed
 * @return 0; RTH_ERR_FORMAT: not a sealed file or a damaged header;
 *         RTH_ERR_DENIED: sealed to none of the pairs; RTH_ERR_IO
 */
enum rth_err rth_seal_key_open(struct rth_seal_key **keyp, int fd,
			       const struct rth_seal_pair *pairs,
			       size_t n) RTH_CHECKED;

/**
 * The same with the bare recording key, for a program that was handed it.
 *
 * @param raw copied into locked memory; the caller wipes its own
 */
enum rth_err
rth_seal_key_given(struct rth_seal_key **keyp, int fd,
		   const uint8_t raw[RTH_SEAL_KEY_BYTES]) RTH_CHECKED;

/** The bare key, to hand on; borrowed, in locked memory. */
const uint8_t *rth_seal_key_raw(const struct rth_seal_key *key);

/** Wipes and frees; NULL is allowed. */
void rth_seal_key_free(struct rth_seal_key *key);

/**
 * Starts a file: writes and syncs the header.
 *
 * @param fd  an empty file, open for reading and writing; taken on success
 * @param key borrowed for the seal's life
 */
enum rth_err rth_seal_create(struct rth_seal **sealp, int fd,
			     const struct rth_seal_key *key) RTH_CHECKED;

/**
 * Writes at any place up to the present length; may be in memory only until
 * the next flush. After an error only rth_seal_close may follow.
 */
enum rth_err rth_seal_write(struct rth_seal *seal, uint64_t offset,
			    const void *data, size_t len) RTH_CHECKED;

/** How long the plain text is, in bytes. */
uint64_t rth_seal_length(const struct rth_seal *seal);

/** Everything so far is on the disk (fdatasync) when it returns 0. */
enum rth_err rth_seal_flush(struct rth_seal *seal) RTH_CHECKED;

/**
 * Ends the file: end record, sync, close. The seal is freed in any case.
 *
 * @param digest receives the digest of the end record; may be NULL
 */
enum rth_err rth_seal_finish(struct rth_seal *seal,
			     uint8_t digest[RTH_SEAL_DIGEST_BYTES]) RTH_CHECKED;

/** Closes as it is, unfinished; NULL is allowed. */
void rth_seal_close(struct rth_seal *seal);

/**
 * Opens a file for reading, finished or not, also while it is being written
 * (what was flushed before is seen).
 *
 * @param fd  open for reading; taken on success
 * @param key borrowed for the reader's life
 * @return 0; RTH_ERR_FORMAT: damaged header; RTH_ERR_DENIED: another key's;
 *         RTH_ERR_LIMIT: shorter than its end record says (cut)
 */
enum rth_err rth_unseal_open(struct rth_unseal **unsealp, int fd,
			     const struct rth_seal_key *key) RTH_CHECKED;

/** How long the plain text is, in bytes. */
uint64_t rth_unseal_length(const struct rth_unseal *unseal);

/** Says whether the file was finished. */
bool rth_unseal_complete(const struct rth_unseal *unseal);

/** The end record's digest; only of a complete file. */
const uint8_t *rth_unseal_digest(const struct rth_unseal *unseal);

/**
 * Reads; only the blocks needed are opened.
 *
 * @param gotp receives how much: less than len only at the end
 * @param blockp receives the block that is damaged when it fails; may be NULL
 * @return 0, RTH_ERR_CRYPTO (a block does not open), RTH_ERR_IO
 */
enum rth_err rth_unseal_read(struct rth_unseal *unseal, uint64_t offset,
			     void *data, size_t len, size_t *gotp,
			     uint64_t *blockp) RTH_CHECKED;

/**
 * Reads the whole file and compares the digest of a complete one.
 *
 * @return 0; RTH_ERR_CRYPTO: block *blockp does not open; RTH_ERR_FORMAT: each
 *         block opens but they are not those of the end record
 */
enum rth_err rth_unseal_verify(struct rth_unseal *unseal,
			       uint64_t *blockp) RTH_CHECKED;

/** Closes; NULL is allowed. */
void rth_unseal_close(struct rth_unseal *unseal);

#endif
