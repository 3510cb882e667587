/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the passphrase of private keys comes from: a file, or the terminal.
 */
#ifndef RTH_KEY_PASSPHRASE_H
#define RTH_KEY_PASSPHRASE_H

#include <stdbool.h>

#include "err.h"

/**
 * Reads the first line of a file. Startup.
 *
 * @param passphrasep receives it in locked memory, for rth_secret_free
 * @return 0; RTH_ERR_DENIED: others may read the file; RTH_ERR_FORMAT: empty or
 *         over RTH_KEY_PASSPHRASE_MAX; RTH_ERR_NOT_FOUND, RTH_ERR_IO,
 *         RTH_ERR_NOMEM
 */
enum rth_err rth_passphrase_read(char **passphrasep,
				 const char *path) RTH_CHECKED;

/** Says whether somebody is there to be asked. */
bool rth_passphrase_can_ask(void);

/**
 * Asks on the terminal, without showing what is typed. A signal that ends the
 * program does so after the terminal shows again. One thread.
 *
 * @param question    without the colon
 * @param passphrasep receives it, perhaps "", for rth_secret_free
 * @return 0, RTH_ERR_UNAVAILABLE (no terminal), RTH_ERR_FORMAT, RTH_ERR_IO,
 *         RTH_ERR_NOMEM
 */
enum rth_err rth_passphrase_ask(char **passphrasep,
				const char *question) RTH_CHECKED;

#endif
