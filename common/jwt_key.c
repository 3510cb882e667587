/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private ES256 keys: made, read, written, and their public half as a JWK. */
#include "jwt_key.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base64.h"
#include "jwt_alg.h"
#include "mem.h"

#define PEM_MAX_BYTES 16384
#define POINT_BYTES (1 + 2 * RTH_ES256_HALF_BYTES) /* 04, x, y */

static bool is_p256(EVP_PKEY *key)
{
	char group[32];

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

/* A damaged file must not become a key whose tokens nobody can verify. */
static bool halves_match(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool ok = ctx && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static enum rth_err read_point(struct rth_jwt_key *key)
{
	unsigned char point[POINT_BYTES];
	size_t len;

	if (EVP_PKEY_set_utf8_string_param(
		    key->key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		    "uncompressed") != 1 ||
	    EVP_PKEY_get_octet_string_param(key->key, OSSL_PKEY_PARAM_PUB_KEY,
					    point, sizeof(point), &len) != 1 ||
	    len != sizeof(point))
		return RTH_ERR_CRYPTO;
	if (rth_base64url_encode(key->x, sizeof(key->x), point + 1,
				 RTH_ES256_HALF_BYTES))
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(key->y, sizeof(key->y),
				    point + 1 + RTH_ES256_HALF_BYTES,
				    RTH_ES256_HALF_BYTES);
}

/* RFC 7638: SHA-256 of the needed members in this order, without spaces. */
static enum rth_err make_id(struct rth_jwt_key *key)
{
	unsigned char digest[32];
	char text[192];
	int n = snprintf(text, sizeof(text),
			 "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\","
			 "\"y\":\"%s\"}",
			 key->x, key->y);

	if (EVP_Digest(text, (size_t)n, digest, NULL, EVP_sha256(), NULL) != 1)
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(key->id, sizeof(key->id), digest,
				    sizeof(digest));
}

/* Takes `pkey`, also when it fails. */
static enum rth_err wrap(struct rth_jwt_key **keyp, EVP_PKEY *pkey)
{
	struct rth_jwt_key *key = rth_alloc(sizeof(*key));
	enum rth_err err;

	if (!key) {
		EVP_PKEY_free(pkey);
		return RTH_ERR_NOMEM;
	}
	key->key = pkey;
	err = read_point(key);
	if (!err)
		err = make_id(key);
	if (err)
		rth_jwt_key_free(key);
	else
		*keyp = key;
	return err;
}

enum rth_err rth_jwt_key_make(struct rth_jwt_key **keyp)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	if (!pkey)
		return RTH_ERR_CRYPTO;
	return wrap(keyp, pkey);
}

/* Without one, OpenSSL would ask on the terminal. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

enum rth_err rth_jwt_key_from_pem(struct rth_jwt_key **keyp, const char *pem,
				  size_t len)
{
	EVP_PKEY *pkey = NULL;
	BIO *bio;

	if (len > PEM_MAX_BYTES)
		return RTH_ERR_LIMIT;
	bio = BIO_new_mem_buf(pem, (int)len);
	if (!bio)
		return RTH_ERR_NOMEM;
	pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (!pkey || !is_p256(pkey) || !halves_match(pkey)) {
		EVP_PKEY_free(pkey);
		return RTH_ERR_FORMAT;
	}
	return wrap(keyp, pkey);
}

enum rth_err rth_jwt_key_to_pem(const struct rth_jwt_key *key, char **pemp)
{
	/* Secure memory is wiped when the BIO is freed. */
	BIO *bio = BIO_new(BIO_s_secmem());
	enum rth_err err = RTH_ERR_CRYPTO;
	char *data, *pem;
	long len;

	if (!bio)
		return RTH_ERR_NOMEM;
	if (PEM_write_bio_PKCS8PrivateKey(bio, key->key, NULL, NULL, 0, NULL,
					  NULL) == 1) {
		len = BIO_get_mem_data(bio, &data);
		pem = rth_memdup0(data, (size_t)len);
		err = pem ? RTH_OK : RTH_ERR_NOMEM;
		if (pem)
			*pemp = pem;
	}
	BIO_free(bio);
	return err;
}

void rth_jwt_key_free(struct rth_jwt_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->key);
	rth_free(key);
}

const char *rth_jwt_key_id(const struct rth_jwt_key *key)
{
	return key->id;
}

json_t *rth_jwt_key_public(const struct rth_jwt_key *key)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kty", "EC",
			 "crv", "P-256", "x", key->x, "y", key->y, "kid",
			 key->id, "use", "sig", "alg", "ES256");
}
