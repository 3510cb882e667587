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

/**
 * Says whether a file holds a private key of ours, by its first word, however
 * it is named. Unreadable: false.
 */
bool rth_clinic_key_is_private(int dirfd, const char *name);

#endif
