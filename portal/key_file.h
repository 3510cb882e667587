/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A private key of the clinic as a file, NAME.key: docs/store.md, "The clinic's
 * keys". Plain, or locked with a passphrase. Mode 0600 and ours, or it is not
 * read.
 */
#ifndef RTH_KEY_FILE_H
#define RTH_KEY_FILE_H

#include <stdbool.h>

#include "clinic_key.h"
#include "err.h"
#include "seal.h"

#define RTH_KEY_PASSPHRASE_MAX 1023
#define RTH_KEY_PASSPHRASE_SIZE (RTH_KEY_PASSPHRASE_MAX + 1)

/* What guessing a passphrase costs: of crypto_pwhash. */
struct rth_key_cost {
	unsigned long long ops;
	size_t memory_bytes;
};
extern const struct rth_key_cost rth_key_cost; /* 3, 256 MiB */

/* Both halves. In memory of rth_secret_alloc. */
struct rth_key_halves {
	uint8_t public[RTH_SEAL_PUBLIC_BYTES];
	uint8_t secret[RTH_SEAL_SECRET_BYTES];
};

/** Makes a pair. */
void rth_key_make(struct rth_key_halves *key);

/** Says whether what is sealed to `public` is opened by `secret`. */
bool rth_key_matches(const struct rth_key_halves *key);

/** Says whether something can be sealed to it: some points are no keys. */
bool rth_key_usable(const uint8_t public[RTH_SEAL_PUBLIC_BYTES]);

/**
 * Writes a file that must not exist, all the way to the disk. Startup.
 *
 * @param dirfd      of its folder
 * @param passphrase NULL: plain
 * @param cost       with a passphrase
 * @return 0, RTH_ERR_EXISTS, RTH_ERR_IO, RTH_ERR_NOMEM, RTH_ERR_CRYPTO
 */
enum rth_err rth_key_file_write(int dirfd, const char *file,
				const struct rth_key_halves *key,
				const char *passphrase,
				const struct rth_key_cost *cost) RTH_CHECKED;

/**
 * What a file says without its passphrase. Startup.
 *
 * @param lockedp whether it has one
 * @return 0; RTH_ERR_DENIED: others may read it, or it is not ours;
 *         RTH_ERR_FORMAT, RTH_ERR_IO, RTH_ERR_NOT_FOUND, RTH_ERR_NOMEM
 */
enum rth_err rth_key_file_look(uint8_t public[RTH_SEAL_PUBLIC_BYTES],
			       bool *lockedp, int dirfd,
			       const char *file) RTH_CHECKED;

/**
 * Reads both halves, and sees that they match. Startup.
 *
 * @param key        in memory of rth_secret_alloc
 * @param passphrase NULL: none
 * @return as rth_key_file_look; RTH_ERR_STATE: it has a passphrase and none was
 *         given; RTH_ERR_CRYPTO: the wrong one; RTH_ERR_FORMAT also when the
 *         halves do not match
 */
enum rth_err rth_key_file_read(struct rth_key_halves *key, int dirfd,
			       const char *file,
			       const char *passphrase) RTH_CHECKED;

/**
 * Says whether an open file is a regular one that nobody but this user may
 * read: what a key is in.
 *
 * @return 0, RTH_ERR_DENIED, RTH_ERR_IO
 */
enum rth_err rth_key_file_private(int fd) RTH_CHECKED;

/**
 * Writes a text file that must not exist, all the way to the disk.
 *
 * @param mode of the file, whatever the umask
 * @return 0, RTH_ERR_EXISTS, RTH_ERR_IO
 */
enum rth_err rth_key_file_put(int dirfd, const char *file, const char *text,
			      unsigned mode) RTH_CHECKED;

#endif
