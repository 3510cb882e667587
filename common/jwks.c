/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of public keys. A set is filled before anybody else sees it and never
 * changed after that, so that only its reference count is shared.
 */
#include "jwks.h"

#include <stdatomic.h>
#include <string.h>

#include "json_strict.h"
#include "mem.h"

struct rth_jwks {
	atomic_uint refs;
	size_t n;
	struct rth_jwk keys[RTH_JWKS_MAX_KEYS];
};

static void destroy(struct rth_jwks *jwks)
{
	for (size_t i = 0; i < jwks->n; i++)
		rth_jwk_clear(&jwks->keys[i]);
	rth_free(jwks);
}

struct rth_jwks *rth_jwks_ref(struct rth_jwks *jwks)
{
	atomic_fetch_add_explicit(&jwks->refs, 1, memory_order_relaxed);
	return jwks;
}

void rth_jwks_unref(struct rth_jwks *jwks)
{
	if (jwks && atomic_fetch_sub(&jwks->refs, 1) == 1)
		destroy(jwks);
}

/* A key that is not for us is normal in a set (RFC 7517 section 5). */
static enum rth_err fill(struct rth_jwks *jwks, const json_t *list)
{
	const json_t *json;
	size_t i;

	if (!json_is_array(list))
		return RTH_ERR_FORMAT;
	if (json_array_size(list) > RTH_JWKS_MAX_KEYS)
		return RTH_ERR_LIMIT;
	json_array_foreach(list, i,
			   json) if (!rth_jwk_read(&jwks->keys[jwks->n], json))
		jwks->n++;
	return jwks->n ? RTH_OK : RTH_ERR_FORMAT;
}

enum rth_err rth_jwks_parse(struct rth_jwks **jwksp, const char *json,
			    size_t len)
{
	struct rth_jwks *jwks;
	json_t *root;
	enum rth_err err;

	if (len > RTH_JWKS_MAX_BYTES)
		return RTH_ERR_LIMIT;
	err = rth_json_object(&root, json, len);
	if (err)
		return err;
	jwks = rth_alloc(sizeof(*jwks));
	if (jwks) {
		atomic_init(&jwks->refs, 1);
		err = fill(jwks, json_object_get(root, "keys"));
	} else {
		err = RTH_ERR_NOMEM;
	}
	json_decref(root);
	if (err)
		rth_jwks_unref(jwks);
	else
		*jwksp = jwks;
	return err;
}

bool rth_jwks_has(const struct rth_jwks *jwks, const char *kid)
{
	for (size_t i = 0; i < jwks->n; i++)
		if (strcmp(jwks->keys[i].kid, kid) == 0)
			return true;
	return false;
}

const struct rth_jwk *rth_jwks_find(const struct rth_jwks *jwks,
				    const char *kid, enum rth_jwt_alg alg)
{
	const struct rth_jwk *found = NULL;

	for (size_t i = 0; i < jwks->n; i++) {
		const struct rth_jwk *key = &jwks->keys[i];

		if (!(key->algs & alg) || (kid && strcmp(key->kid, kid) != 0))
			continue;
		if (found)
			return NULL;
		found = key;
	}
	return found;
}
