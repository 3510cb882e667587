/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signing tokens with ES256. */
#include "jwt.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>

#include "base64.h"
#include "jwt_alg.h"
#include "jwt_key.h"
#include "mem.h"

#define SIGNATURE_BYTES (2 * RTH_ES256_HALF_BYTES)
#define DER_MAX_BYTES 128

/* A token that grows, and never beyond what a verifier takes. */
struct text {
	char bytes[RTH_JWT_MAX_BYTES + 1];
	size_t len;
};

static enum rth_err append(struct text *text, const void *data, size_t len)
{
	enum rth_err err = rth_base64url_encode(text->bytes + text->len,
						sizeof(text->bytes) - text->len,
						data, len);

	if (!err)
		text->len += RTH_BASE64URL_LEN(len);
	return err;
}

static enum rth_err append_json(struct text *text, const json_t *json)
{
	char dump[RTH_JWT_MAX_BYTES];
	size_t len = json_dumpb(json, dump, sizeof(dump), JSON_COMPACT);

	if (!len)
		return RTH_ERR_FORMAT;
	if (len > sizeof(dump))
		return RTH_ERR_LIMIT;
	return append(text, dump, len);
}

static enum rth_err append_dot(struct text *text)
{
	if (text->len + 1 >= sizeof(text->bytes))
		return RTH_ERR_LIMIT;
	text->bytes[text->len++] = '.';
	return RTH_OK;
}

static enum rth_err
append_header(struct text *text, const struct rth_jwt_key *key, const char *typ)
{
	json_t *header = json_pack("{s:s, s:s, s:s}", "alg", "ES256", "typ",
				   typ, "kid", key->id);
	enum rth_err err;

	if (!header)
		return RTH_ERR_NOMEM;
	err = append_json(text, header);
	json_decref(header);
	return err;
}

/* RFC 7518 3.4: r and s of full length, not OpenSSL's DER. */
static enum rth_err der_to_raw(unsigned char raw[SIGNATURE_BYTES],
			       const unsigned char *der, size_t der_len)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	enum rth_err err = RTH_ERR_CRYPTO;

	if (sig &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, RTH_ES256_HALF_BYTES) >
		    0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + RTH_ES256_HALF_BYTES,
			 RTH_ES256_HALF_BYTES) > 0)
		err = RTH_OK;
	ECDSA_SIG_free(sig);
	return err;
}

static enum rth_err sign(unsigned char raw[SIGNATURE_BYTES], EVP_PKEY *key,
			 const struct text *text)
{
	unsigned char der[DER_MAX_BYTES];
	size_t der_len = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	if (!ctx)
		return RTH_ERR_NOMEM;
	ok = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(ctx, der, &der_len,
			    (const unsigned char *)text->bytes, text->len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? der_to_raw(raw, der, der_len) : RTH_ERR_CRYPTO;
}

static enum rth_err write_token(struct text *text,
				const struct rth_jwt_key *key, const char *typ,
				const json_t *claims)
{
	unsigned char signature[SIGNATURE_BYTES];
	enum rth_err err = append_header(text, key, typ);

	if (!err)
		err = append_dot(text);
	if (!err)
		err = append_json(text, claims);
	if (!err)
		err = sign(signature, key->key, text);
	if (!err)
		err = append_dot(text);
	if (!err)
		err = append(text, signature, sizeof(signature));
	return err;
}

enum rth_err rth_jwt_sign(char **tokenp, const struct rth_jwt_key *key,
			  const char *typ, const json_t *claims)
{
	struct text text = {.len = 0};
	enum rth_err err = write_token(&text, key, typ, claims);
	char *token;

	if (err)
		return err;
	token = rth_memdup0(text.bytes, text.len);
	if (!token)
		return RTH_ERR_NOMEM;
	*tokenp = token;
	return RTH_OK;
}
