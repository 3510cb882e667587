/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a private key is made of. Private to the jwt files. */
#ifndef RTH_JWT_KEY_H
#define RTH_JWT_KEY_H

#include <openssl/evp.h>

#include "jwt.h"

#define RTH_JWT_THUMBPRINT_SIZE 44 /* 43 characters of SHA-256 and a NUL */

struct rth_jwt_key {
	EVP_PKEY *key;
	char id[RTH_JWT_THUMBPRINT_SIZE];
	char x[RTH_JWT_THUMBPRINT_SIZE]; /* the public point, base64url */
	char y[RTH_JWT_THUMBPRINT_SIZE];
};

#endif
