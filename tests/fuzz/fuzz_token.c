/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds bytes to everything that reads them before a signature has been
 * checked: tokens, JWK sets, and (as if it had been checked) claims.
 *
 * No input may be accepted that a test key has not signed; all tokens that
 * they signed are for the subject "u-1".
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_strict.h"
#include "jwt.h"
#include "jwt_claims.h"

#define NOW_S 1790000000

/* Three of tests/unit/tokens/jwks.json. */
static const char keys[] =
	"{\"keys\":[{\"kty\":\"EC\",\"x\":\"M8wzz0sLw9vBkZKT89th9k6MuMxuVXrsKV"
	"8dl7WsaP0\",\"y\":\"2slq4QSBYi2reHFt9A16rx4UdjZOfTI81NMHGy7TAVQ\""
	",\"crv\":\"P-256\",\"kid\":\"es-1\",\"use\":\"sig\",\"alg\":\"ES256\"}"
	",{\"kty"
	"\":\"RSA\",\"n\":\"nWFPjNfpRLxz6dUNz3bFSHe_5T18sP0-4kQ19ZMfusb-R1O"
	"q0eLNkJJTmnFpureSmWuj7y4FfFxVE3N88tnc0HSMpcLkfkhlsmD-educjvN"
	"y3OJFMvM9Ucnmx32jibF9-zqh0R5Vn4vUdKgTM2g87mn20WnQpBiv0Bp5yxg"
	"OjWABNRelZbTdEXAJQTduaGrfsOvffBrROyUD0m22iBPweI6xZ5ND7WAv48c"
	"CecRwGjzEbF6wbgKfkvyXrJVeXFhK-qL2QrCu9Li7gHEp44zOKbBuQgc11dK"
	"zDrf0XyRmWIriJ8gmLF5g_kgCFPYXYG4cFG5u6hw7YIGMXFWE2VIB8w\",\"e\""
	":\"AQAB\",\"kid\":\"rs-1\",\"use\":\"sig\",\"alg\":\"RS256\"},{"
	"\"crv\":\"Ed25"
	"519\",\"x\":\"Lr7budmS9XbyTIeEdpnxWYVwVGGRJKiw8OjKoZihhwY\",\"kty\""
	":\"OKP\",\"kid\":\"ed-1\",\"use\":\"sig\",\"alg\":\"EdDSA\"}]}";

static const struct rth_jwt_policy policy = {
	.issuer = "https://visits.example",
	.audience = "rthealth",
	.algs = RTH_JWT_ALL,
	.typ = "at+jwt",
	.leeway_s = 5,
	.max_life_s = 600,
};

static struct rth_jwks *key_set(void)
{
	static struct rth_jwks *jwks;

	if (!jwks) {
		json_object_seed(1);
		if (rth_jwks_parse(&jwks, keys, strlen(keys)))
			abort();
	}
	return jwks;
}

static void try_token(const char *text, size_t len)
{
	struct rth_jwt_hint hint;
	json_t *claims;
	const char *sub;

	if (rth_jwt_peek(&hint, text, len) == RTH_JWT_OK && !hint.issuer[0])
		abort();
	if (rth_jwt_verify(&claims, text, len, key_set(), &policy, NOW_S))
		return;
	sub = json_string_value(json_object_get(claims, "sub"));
	if (!sub || strcmp(sub, "u-1") != 0)
		abort();
	json_decref(claims);
}

static void try_key_set(const char *text, size_t len)
{
	struct rth_jwks *jwks;

	if (rth_jwks_parse(&jwks, text, len))
		return;
	(void)rth_jwks_has(jwks, "es-1");
	rth_jwks_unref(jwks);
}

static void try_claims(const char *text, size_t len)
{
	json_t *claims;

	if (rth_json_object(&claims, text, len))
		return;
	if (rth_jwt_claims_check(claims, &policy, NOW_S) == RTH_JWT_OK &&
	    !json_is_integer(json_object_get(claims, "exp")))
		abort();
	json_decref(claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	try_token(text, size);
	try_key_set(text, size);
	try_claims(text, size);
	return 0;
}
