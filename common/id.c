/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random ids from OpenSSL's generator. */
#include "id.h"

#include <string.h>

#include <openssl/rand.h>

#include "base64.h"

enum rth_err rth_id_make(char id[RTH_ID_SIZE])
{
	unsigned char random[16];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(id, RTH_ID_SIZE, random, sizeof(random));
}

bool rth_id_valid(const char *s)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";

	return s && strnlen(s, RTH_ID_SIZE) == RTH_ID_LEN &&
	       strspn(s, allowed) == RTH_ID_LEN;
}
