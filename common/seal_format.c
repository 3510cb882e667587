/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header and records of a sealed file as bytes. */
#include "seal_format.h"

#include <string.h>

#define MAGIC "RTHSEAL1" /* also the context of the key derivation */
#define MAGIC_BYTES 8
#define ID_AT 8
#define BLOCK_SIZE_AT 24
#define COUNT_AT 28
#define BOXES_AT 32
#define CHECK_AT 4064
#define CHECK_BYTES 32
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define BOUND_BYTES (RTH_SEAL_ID_BYTES + RTH_RECORD_HEAD_BYTES)

_Static_assert(RTH_RECORD_HEAD_BYTES + NONCE_BYTES == RTH_RECORD_PLAIN_AT &&
		       RTH_SEAL_TAG_BYTES ==
			       crypto_aead_xchacha20poly1305_ietf_ABYTES,
	       "a record is head, nonce, text, tag");
_Static_assert(RTH_SEAL_BOX_BYTES == RTH_SEAL_KEY_ID_BYTES +
					     crypto_box_SEALBYTES +
					     RTH_SEAL_KEY_BYTES,
	       "a recipient is key id, sealed key");
_Static_assert(sizeof(MAGIC) - 1 == crypto_kdf_CONTEXTBYTES &&
		       RTH_SEAL_KEY_BYTES == crypto_kdf_KEYBYTES,
	       "the context is the magic");

static void put32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void put64(uint8_t *to, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *from)
{
	uint32_t value = 0;

	for (int i = 3; i >= 0; i--)
		value = value << 8 | from[i];
	return value;
}

static uint64_t get64(const uint8_t *from)
{
	return (uint64_t)get32(from + 4) << 32 | get32(from);
}

enum rth_err rth_seal_key_derive(struct rth_seal_key *key)
{
	if (crypto_kdf_derive_from_key(key->header_key, RTH_SEAL_KEY_BYTES, 1,
				       MAGIC, key->raw) ||
	    crypto_kdf_derive_from_key(key->block_key, RTH_SEAL_KEY_BYTES, 2,
				       MAGIC, key->raw))
		return RTH_ERR_CRYPTO;
	return RTH_OK;
}

enum rth_err rth_header_write(uint8_t out[RTH_SEAL_HEADER_BYTES],
			      const struct rth_seal_key *key,
			      const uint8_t id[RTH_SEAL_ID_BYTES])
{
	memset(out, 0, RTH_SEAL_HEADER_BYTES);
	memcpy(out, MAGIC, MAGIC_BYTES);
	memcpy(out + ID_AT, id, RTH_SEAL_ID_BYTES);
	put32(out + BLOCK_SIZE_AT, RTH_SEAL_BLOCK_BYTES);
	put32(out + COUNT_AT, key->n);
	memcpy(out + BOXES_AT, key->boxes, (size_t)key->n * RTH_SEAL_BOX_BYTES);
	if (crypto_generichash(out + CHECK_AT, CHECK_BYTES, out, CHECK_AT,
			       key->header_key, RTH_SEAL_KEY_BYTES))
		return RTH_ERR_CRYPTO;
	return RTH_OK;
}

enum rth_err rth_header_read(struct rth_seal_key *key,
			     uint8_t id[RTH_SEAL_ID_BYTES],
			     const uint8_t in[RTH_SEAL_HEADER_BYTES])
{
	uint32_t n = get32(in + COUNT_AT);

	if (memcmp(in, MAGIC, MAGIC_BYTES) != 0 ||
	    get32(in + BLOCK_SIZE_AT) != RTH_SEAL_BLOCK_BYTES || n < 1 ||
	    n > RTH_SEAL_RECIPIENTS_MAX)
		return RTH_ERR_FORMAT;
	key->n = n;
	memcpy(key->boxes, in + BOXES_AT, (size_t)n * RTH_SEAL_BOX_BYTES);
	memcpy(id, in + ID_AT, RTH_SEAL_ID_BYTES);
	return RTH_OK;
}

enum rth_err rth_header_check(const uint8_t in[RTH_SEAL_HEADER_BYTES],
			      const struct rth_seal_key *key)
{
	uint8_t check[CHECK_BYTES];

	if (crypto_generichash(check, sizeof(check), in, CHECK_AT,
			       key->header_key, RTH_SEAL_KEY_BYTES))
		return RTH_ERR_CRYPTO;
	return sodium_memcmp(check, in + CHECK_AT, CHECK_BYTES) ? RTH_ERR_FORMAT
								: RTH_OK;
}

static void head_write(uint8_t out[RTH_RECORD_HEAD_BYTES],
		       const struct rth_record *rec)
{
	put64(out, rec->number);
	put64(out + 8, rec->generation);
	put32(out + 16, rec->length);
	put32(out + 20, rec->synced);
}

static void head_read(struct rth_record *rec, const uint8_t *in)
{
	rec->number = get64(in);
	rec->generation = get64(in + 8);
	rec->length = get32(in + 16);
	rec->synced = get32(in + 20);
}

/* What a record is bound to: this file, and what its head says. */
static void bound(uint8_t out[BOUND_BYTES], const uint8_t *id,
		  const uint8_t *head)
{
	memcpy(out, id, RTH_SEAL_ID_BYTES);
	memcpy(out + RTH_SEAL_ID_BYTES, head, RTH_RECORD_HEAD_BYTES);
}

void rth_record_seal(uint8_t *out, const struct rth_record *rec,
		     const uint8_t *plain, const struct rth_seal_key *key,
		     const uint8_t id[RTH_SEAL_ID_BYTES])
{
	uint8_t *nonce = out + RTH_RECORD_HEAD_BYTES;
	uint8_t to[BOUND_BYTES];

	head_write(out, rec);
	randombytes_buf(nonce, NONCE_BYTES);
	bound(to, id, out);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		out + RTH_RECORD_PLAIN_AT, NULL, plain, rec->length, to,
		sizeof(to), NULL, nonce, key->block_key);
}

enum rth_err rth_record_open(struct rth_record *rec, uint8_t *plain,
			     const uint8_t *in, size_t len,
			     const struct rth_seal_key *key,
			     const uint8_t id[RTH_SEAL_ID_BYTES])
{
	struct rth_record head;
	uint8_t to[BOUND_BYTES];

	if (len < RTH_RECORD_BYTES(1))
		return RTH_ERR_CRYPTO;
	head_read(&head, in);
	if (head.length < 1 || head.length > RTH_SEAL_BLOCK_BYTES ||
	    RTH_RECORD_BYTES(head.length) > len)
		return RTH_ERR_CRYPTO;
	bound(to, id, in);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    plain, NULL, NULL, in + RTH_RECORD_PLAIN_AT,
		    head.length + RTH_SEAL_TAG_BYTES, to, sizeof(to),
		    in + RTH_RECORD_HEAD_BYTES, key->block_key))
		return RTH_ERR_CRYPTO;
	*rec = head;
	return RTH_OK;
}

void rth_record_mark(struct rth_seal_mark *mark, const struct rth_record *rec,
		     const uint8_t *sealed)
{
	mark->generation = rec->generation;
	memcpy(mark->tag, sealed + RTH_RECORD_PLAIN_AT + rec->length,
	       RTH_SEAL_TAG_BYTES);
}

enum rth_err rth_digest_start(struct rth_seal_digest *digest)
{
	if (crypto_generichash_init(&digest->state, NULL, 0,
				    RTH_SEAL_DIGEST_BYTES))
		return RTH_ERR_CRYPTO;
	return RTH_OK;
}

enum rth_err rth_digest_add(struct rth_seal_digest *digest, uint64_t number,
			    uint32_t length, const struct rth_seal_mark *mark)
{
	uint8_t bytes[20 + RTH_SEAL_TAG_BYTES];

	put64(bytes, number);
	put64(bytes + 8, mark->generation);
	put32(bytes + 16, length);
	memcpy(bytes + 20, mark->tag, RTH_SEAL_TAG_BYTES);
	if (crypto_generichash_update(&digest->state, bytes, sizeof(bytes)))
		return RTH_ERR_CRYPTO;
	return RTH_OK;
}

enum rth_err rth_digest_end(struct rth_seal_digest *digest,
			    uint8_t out[RTH_SEAL_DIGEST_BYTES])
{
	if (crypto_generichash_final(&digest->state, out,
				     RTH_SEAL_DIGEST_BYTES))
		return RTH_ERR_CRYPTO;
	return RTH_OK;
}

void rth_end_write(uint8_t out[RTH_SEAL_END_BYTES], uint64_t length,
		   const uint8_t digest[RTH_SEAL_DIGEST_BYTES])
{
	put64(out, length);
	memcpy(out + 8, digest, RTH_SEAL_DIGEST_BYTES);
}

void rth_end_read(uint64_t *length, uint8_t digest[RTH_SEAL_DIGEST_BYTES],
		  const uint8_t in[RTH_SEAL_END_BYTES])
{
	*length = get64(in);
	memcpy(digest, in + 8, RTH_SEAL_DIGEST_BYTES);
}
