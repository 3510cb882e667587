/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recording keys: made, or taken out of a file's header. */
#include <string.h>

#include <sodium.h>

#include "mem.h"
#include "seal.h"
#include "seal_format.h"
#include "seal_secret.h"

_Static_assert(RTH_SEAL_PUBLIC_BYTES == crypto_box_PUBLICKEYBYTES &&
		       RTH_SEAL_SECRET_BYTES == crypto_box_SECRETKEYBYTES,
	       "keys are X25519");

void rth_seal_key_id(uint8_t id[RTH_SEAL_KEY_ID_BYTES],
		     const uint8_t public[RTH_SEAL_PUBLIC_BYTES])
{
	crypto_generichash(id, RTH_SEAL_KEY_ID_BYTES, public,
			   RTH_SEAL_PUBLIC_BYTES, NULL, 0);
}

static enum rth_err seal_to(uint8_t box[RTH_SEAL_BOX_BYTES],
			    const struct rth_seal_key *key,
			    const uint8_t public[RTH_SEAL_PUBLIC_BYTES])
{
	rth_seal_key_id(box, public);
	if (crypto_box_seal(box + RTH_SEAL_KEY_ID_BYTES, key->raw,
			    RTH_SEAL_KEY_BYTES, public))
		return RTH_ERR_CRYPTO;
	return RTH_OK;
}

enum rth_err
rth_seal_key_make(struct rth_seal_key **keyp,
		  const uint8_t (*recipients)[RTH_SEAL_PUBLIC_BYTES], size_t n)
{
	struct rth_seal_key *key;
	enum rth_err err;

	if (n < 1 || n > RTH_SEAL_RECIPIENTS_MAX)
		return RTH_ERR_LIMIT;
	key = rth_secret_alloc(sizeof(*key));
	if (!key)
		return RTH_ERR_NOMEM;
	randombytes_buf(key->raw, sizeof(key->raw));
	key->n = (uint32_t)n;
	err = rth_seal_key_derive(key);
	for (size_t i = 0; i < n && !err; i++)
		err = seal_to(key->boxes[i], key, recipients[i]);
	if (err)
		rth_seal_key_free(key);
	else
		*keyp = key;
	return err;
}

static bool box_opens(struct rth_seal_key *key, const uint8_t *box,
		      const struct rth_seal_pair *pair)
{
	return crypto_box_seal_open(key->raw, box + RTH_SEAL_KEY_ID_BYTES,
				    RTH_SEAL_BOX_BYTES - RTH_SEAL_KEY_ID_BYTES,
				    pair->public, pair->secret) == 0;
}

/*
 * Key ids are not looked at: a box with a damaged id opens, too, and then the
 * header's check says that it is damaged, not that it is somebody else's.
 */
static enum rth_err open_box(struct rth_seal_key *key,
			     const struct rth_seal_pair *pairs, size_t n)
{
	for (size_t i = 0; i < key->n; i++)
		for (size_t j = 0; j < n; j++)
			if (box_opens(key, key->boxes[i], &pairs[j]))
				return RTH_OK;
	return RTH_ERR_DENIED;
}

/* A damaged box of a key that we have is damage, too. */
static bool is_named(const struct rth_seal_key *key,
		     const struct rth_seal_pair *pairs, size_t n)
{
	uint8_t id[RTH_SEAL_KEY_ID_BYTES];

	for (size_t j = 0; j < n; j++) {
		rth_seal_key_id(id, pairs[j].public);
		for (size_t i = 0; i < key->n; i++)
			if (memcmp(id, key->boxes[i], sizeof(id)) == 0)
				return true;
	}
	return false;
}

/* Reads the header into a new key that knows its recipients only. */
static enum rth_err start(struct rth_seal_key **keyp,
			  uint8_t header[RTH_SEAL_HEADER_BYTES], int fd)
{
	uint8_t id[RTH_SEAL_ID_BYTES];
	struct rth_seal_key *key;
	enum rth_err err;
	size_t got;

	err = rth_disk_read(&rth_seal_disk, fd, header, RTH_SEAL_HEADER_BYTES,
			    0, &got);
	if (err)
		return err;
	if (got < RTH_SEAL_HEADER_BYTES)
		return RTH_ERR_FORMAT;
	key = rth_secret_alloc(sizeof(*key));
	if (!key)
		return RTH_ERR_NOMEM;
	err = rth_header_read(key, id, header);
	if (err)
		rth_seal_key_free(key);
	else
		*keyp = key;
	return err;
}

/* The rest of the key, once `raw` is there. */
static enum rth_err complete(struct rth_seal_key *key,
			     const uint8_t header[RTH_SEAL_HEADER_BYTES])
{
	enum rth_err err = rth_seal_key_derive(key);

	return err ? err : rth_header_check(header, key);
}

enum rth_err rth_seal_key_open(struct rth_seal_key **keyp, int fd,
			       const struct rth_seal_pair *pairs, size_t n)
{
	uint8_t header[RTH_SEAL_HEADER_BYTES];
	struct rth_seal_key *key = NULL;
	enum rth_err err = start(&key, header, fd);

	if (!err)
		err = open_box(key, pairs, n);
	if (err == RTH_ERR_DENIED && is_named(key, pairs, n))
		err = RTH_ERR_FORMAT;
	if (!err)
		err = complete(key, header);
	if (err)
		rth_seal_key_free(key);
	else
		*keyp = key;
	return err;
}

enum rth_err rth_seal_key_given(struct rth_seal_key **keyp, int fd,
				const uint8_t raw[RTH_SEAL_KEY_BYTES])
{
	uint8_t header[RTH_SEAL_HEADER_BYTES];
	struct rth_seal_key *key = NULL;
	enum rth_err err = start(&key, header, fd);

	if (!err) {
		memcpy(key->raw, raw, RTH_SEAL_KEY_BYTES);
		err = complete(key, header);
	}
	if (err)
		rth_seal_key_free(key);
	else
		*keyp = key;
	return err;
}

const uint8_t *rth_seal_key_raw(const struct rth_seal_key *key)
{
	return key->raw;
}

void rth_seal_key_free(struct rth_seal_key *key)
{
	rth_secret_free(key);
}
