/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random 128-bit ids, written as 22 base64url characters.
 */
#ifndef RTH_ID_H
#define RTH_ID_H

#include <stdbool.h>

#include "err.h"

#define RTH_ID_LEN 22
#define RTH_ID_SIZE (RTH_ID_LEN + 1)

/**
 * Makes a random id. Any thread.
 *
 * @param id receives 22 characters and a NUL
 * @return 0 or RTH_ERR_CRYPTO
 */
enum rth_err rth_id_make(char id[RTH_ID_SIZE]) RTH_CHECKED;

/** Says whether s is 22 base64url characters. Any thread. */
bool rth_id_valid(const char *s);

#endif
