/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clinic's keys as files: public ones (NAME.pub), to which recordings are
 * sealed, and private ones (NAME.key), which open them. Text files of one line:
 *
 *     rthealth-public-key-1 <base64url of 32 bytes>
 *     rthealth-private-key-1 <base64url ...>      see docs/store.md
 */
#ifndef RTH_CLINIC_KEY_H
#define RTH_CLINIC_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "seal.h"

#define RTH_CLINIC_KEY_NAME_MAX 64 /* a-z 0-9 - */

#define RTH_CLINIC_KEY_LINE_SIZE 80 /* of a public key, with its NUL */

struct rth_clinic_keys {
	size_t n;
	uint8_t public[RTH_SEAL_RECIPIENTS_MAX][RTH_SEAL_PUBLIC_BYTES];
	char name[RTH_SEAL_RECIPIENTS_MAX][RTH_CLINIC_KEY_NAME_MAX + 1];
};

/**
 * Reads each NAME.pub of a folder, sorted by name. Startup.
 *
 * @param problem at least 256 bytes; receives one line that names the file
 * @return 0, RTH_ERR_NOT_FOUND when there is none, RTH_ERR_FORMAT,
 *         RTH_ERR_LIMIT, RTH_ERR_IO
 */
enum rth_err rth_clinic_keys_read(struct rth_clinic_keys *keys,
				  const char *folder, char *problem,
				  size_t problem_size) RTH_CHECKED;

/** Says whether a key may be named so. */
bool rth_clinic_key_name_valid(const char *name);

/** The line of a public key's file; 0 or RTH_ERR_FORMAT. */
enum rth_err rth_clinic_key_parse(uint8_t public[RTH_SEAL_PUBLIC_BYTES],
				  const char *text, size_t len) RTH_CHECKED;

/** And back, with the newline. */
void rth_clinic_key_format(char line[RTH_CLINIC_KEY_LINE_SIZE],
			   const uint8_t public[RTH_SEAL_PUBLIC_BYTES]);

/** Reads one such file; 0, RTH_ERR_NOT_FOUND, RTH_ERR_IO, RTH_ERR_FORMAT. */
enum rth_err rth_clinic_key_read(uint8_t public[RTH_SEAL_PUBLIC_BYTES],
				 int dirfd, const char *name) RTH_CHECKED;

/**
 * Says whether a file holds a private key of ours, by its first word, however
 * it is named. Unreadable: false.
 */
bool rth_clinic_key_is_private(int dirfd, const char *name);

#endif
