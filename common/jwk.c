/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON Web Keys as OpenSSL keys. Symmetric keys have no row in the table and
 * so do not exist here.
 */
#include "jwk.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "base64.h"
#include "jwt_alg.h"

#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 8192 /* above, one forged token costs milliseconds */
#define RSA_MAX_EXPONENT_BITS 64
#define ED25519_BYTES 32

static bool member_bytes(const json_t *json, const char *name,
			 unsigned char *out, size_t size, size_t *lenp)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text &&
	       !rth_base64url_decode(out, size, lenp, text, strlen(text));
}

static BIGNUM *member_bignum(const json_t *json, const char *name)
{
	unsigned char bytes[RSA_MAX_BITS / 8 + 1]; /* a leading zero is met */
	size_t len;

	if (!member_bytes(json, name, bytes, sizeof(bytes), &len))
		return NULL;
	return BN_bin2bn(bytes, (int)len, NULL);
}

static EVP_PKEY *key_from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool rsa_sane(const BIGNUM *n, const BIGNUM *e)
{
	int bits = BN_num_bits(n);

	return bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS && BN_is_odd(n) &&
	       BN_is_odd(e) && !BN_is_one(e) &&
	       BN_num_bits(e) <= RSA_MAX_EXPONENT_BITS;
}

static EVP_PKEY *read_rsa(const json_t *json)
{
	BIGNUM *n = member_bignum(json, "n");
	BIGNUM *e = member_bignum(json, "e");
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (n && e && build && rsa_sane(n, e) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		params = OSSL_PARAM_BLD_to_param(build);
	if (params)
		key = key_from_params("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(e);
	BN_free(n);
	return key;
}

static bool on_curve(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool ok = ctx && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static EVP_PKEY *read_ec(const json_t *json)
{
	unsigned char point[1 + 2 * RTH_ES256_HALF_BYTES] = {4};
	unsigned char *x = point + 1, *y = x + RTH_ES256_HALF_BYTES;
	char group[] = "prime256v1";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
						  point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};
	size_t x_len, y_len;
	EVP_PKEY *key;

	if (!member_bytes(json, "x", x, RTH_ES256_HALF_BYTES, &x_len) ||
	    !member_bytes(json, "y", y, RTH_ES256_HALF_BYTES, &y_len) ||
	    x_len != RTH_ES256_HALF_BYTES || y_len != RTH_ES256_HALF_BYTES)
		return NULL;
	key = key_from_params("EC", params);
	if (key && !on_curve(key)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static EVP_PKEY *read_okp(const json_t *json)
{
	unsigned char x[ED25519_BYTES];
	size_t len;

	if (!member_bytes(json, "x", x, sizeof(x), &len) || len != sizeof(x))
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x, len);
}

struct kty {
	const char *name;
	const char *crv; /* the only one, or NULL where there is none */
	EVP_PKEY *(*read)(const json_t *json);
};

static const struct kty kinds[] = {
	{"EC", "P-256", read_ec},
	{"RSA", NULL, read_rsa},
	{"OKP", "Ed25519", read_okp},
};

static bool member_is(const json_t *json, const char *name, const char *value)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text && strcmp(text, value) == 0;
}

static const struct kty *kind_of(const json_t *json)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (member_is(json, "kty", kinds[i].name) &&
		    (!kinds[i].crv || member_is(json, "crv", kinds[i].crv)))
			return &kinds[i];
	return NULL;
}

/* RFC 7517 4.2, 4.3: what the issuer says the key is for. */
static bool may_verify(const json_t *json)
{
	const json_t *ops = json_object_get(json, "key_ops");
	const json_t *op;
	size_t i;

	if (json_object_get(json, "use") && !member_is(json, "use", "sig"))
		return false;
	if (!ops)
		return true;
	json_array_foreach(ops, i, op) if (json_is_string(op) &&
					   strcmp(json_string_value(op),
						  "verify") == 0) return true;
	return false;
}

static unsigned algs_of(const json_t *json, const struct kty *kind)
{
	const json_t *alg = json_object_get(json, "alg");
	const struct rth_jwt_alg_info *info;

	if (!alg)
		return rth_jwt_algs_of_kty(kind->name);
	info = json_is_string(alg) ? rth_jwt_alg_find(json_string_value(alg))
				   : NULL;
	return info && strcmp(info->kty, kind->name) == 0 ? info->bit : 0;
}

static bool copy_kid(char kid[RTH_JWT_KID_SIZE], const json_t *json)
{
	const json_t *member = json_object_get(json, "kid");
	size_t len = json_string_length(member);

	if (!member)
		return true;
	if (!json_is_string(member) || !len || len >= RTH_JWT_KID_SIZE)
		return false;
	memcpy(kid, json_string_value(member), len + 1);
	return true;
}

enum rth_err rth_jwk_read(struct rth_jwk *jwk, const json_t *json)
{
	struct rth_jwk made = {0};
	const struct kty *kind = kind_of(json);

	if (!kind || !may_verify(json) || !copy_kid(made.kid, json))
		return RTH_ERR_FORMAT;
	made.algs = algs_of(json, kind);
	if (!made.algs)
		return RTH_ERR_FORMAT;
	made.key = kind->read(json);
	ERR_clear_error();
	if (!made.key)
		return RTH_ERR_FORMAT;
	*jwk = made;
	return RTH_OK;
}

void rth_jwk_clear(struct rth_jwk *jwk)
{
	EVP_PKEY_free(jwk->key);
	*jwk = (struct rth_jwk){0};
}
