/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signature algorithms. The table is the closed set: what is not in it (none,
 * HS256, ES384, a name in another case) does not exist.
 */
#include "jwt_alg.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

/* Two integers of 33 bytes (a sign byte each) and three headers. */
#define ECDSA_DER_MAX_BYTES (2 * (RTH_ES256_HALF_BYTES + 3) + 2)

/* RFC 7518 3.5: the salt is as long as the digest, MGF1 uses the same one. */
static int configure_pss(EVP_PKEY_CTX *ctx)
{
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) <= 0)
		return 0;
	if (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) <= 0)
		return 0;
	return EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST);
}

static const struct rth_jwt_alg_info table[] = {
	{"ES256", RTH_JWT_ES256, "EC", EVP_sha256, NULL},
	{"RS256", RTH_JWT_RS256, "RSA", EVP_sha256, NULL},
	{"PS256", RTH_JWT_PS256, "RSA", EVP_sha256, configure_pss},
	{"EdDSA", RTH_JWT_EDDSA, "OKP", NULL, NULL},
};

#define TABLE_ROWS (sizeof(table) / sizeof(table[0]))

const struct rth_jwt_alg_info *rth_jwt_alg_find(const char *name)
{
	for (size_t i = 0; i < TABLE_ROWS; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

unsigned rth_jwt_algs_of_kty(const char *kty)
{
	unsigned algs = 0;

	for (size_t i = 0; i < TABLE_ROWS; i++)
		if (strcmp(table[i].kty, kty) == 0)
			algs |= table[i].bit;
	return algs;
}

/*
 * Turns r and s into the DER that OpenSSL reads. Zeros are refused here and
 * not left to a library: an ECDSA that forgot it accepted everything
 * (CVE-2022-21449).
 */
static int ecdsa_to_der(unsigned char der[ECDSA_DER_MAX_BYTES],
			const unsigned char *raw)
{
	const unsigned char *raw_s = raw + RTH_ES256_HALF_BYTES;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, RTH_ES256_HALF_BYTES, NULL);
	BIGNUM *s = BN_bin2bn(raw_s, RTH_ES256_HALF_BYTES, NULL);
	int len = -1;

	if (!sig || !r || !s || BN_is_zero(r) || BN_is_zero(s) ||
	    !ECDSA_SIG_set0(sig, r, s)) {
		BN_free(r);
		BN_free(s);
	} else {
		len = i2d_ECDSA_SIG(sig, &der);
	}
	ECDSA_SIG_free(sig);
	return len;
}

static enum rth_jwt_reason
verify_bytes(EVP_MD_CTX *ctx, const struct rth_jwt_alg_info *alg, EVP_PKEY *key,
	     const char *text, size_t text_len, const unsigned char *signature,
	     size_t signature_len)
{
	const EVP_MD *digest = alg->digest ? alg->digest() : NULL;
	EVP_PKEY_CTX *key_ctx;

	if (EVP_DigestVerifyInit(ctx, &key_ctx, digest, NULL, key) != 1)
		return RTH_JWT_FAILED;
	if (alg->configure && alg->configure(key_ctx) <= 0)
		return RTH_JWT_FAILED;
	if (EVP_DigestVerify(ctx, signature, signature_len,
			     (const unsigned char *)text, text_len) != 1)
		return RTH_JWT_BAD_SIGNATURE;
	return RTH_JWT_OK;
}

enum rth_jwt_reason rth_jwt_alg_verify(const struct rth_jwt_alg_info *alg,
				       EVP_PKEY *key, const char *text,
				       size_t text_len,
				       const unsigned char *signature,
				       size_t signature_len)
{
	unsigned char der[ECDSA_DER_MAX_BYTES];
	enum rth_jwt_reason reason = RTH_JWT_FAILED;
	EVP_MD_CTX *ctx;

	if (alg->bit == RTH_JWT_ES256) {
		int der_len = -1;

		if (signature_len == 2 * RTH_ES256_HALF_BYTES)
			der_len = ecdsa_to_der(der, signature);
		if (der_len <= 0)
			return RTH_JWT_BAD_SIGNATURE;
		signature = der;
		signature_len = (size_t)der_len;
	} else if (signature_len != (size_t)EVP_PKEY_get_size(key)) {
		return RTH_JWT_BAD_SIGNATURE;
	}
	ctx = EVP_MD_CTX_new();
	if (ctx)
		reason = verify_bytes(ctx, alg, key, text, text_len, signature,
				      signature_len);
	EVP_MD_CTX_free(ctx);
	/* A bad signature must not fill this thread's queue of errors. */
	ERR_clear_error();
	return reason;
}
