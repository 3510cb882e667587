/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Used tokens: a hash table of digests, swept when it is full.
 */
#include "replay.h"

#include <string.h>

#include <openssl/evp.h>

#include "mem.h"

#define BUCKETS 1024
#define DIGEST_BYTES 32

struct used {
	struct used *next;
	int64_t expires_s;
	unsigned char digest[DIGEST_BYTES];
};

struct rth_replay {
	struct used *bucket[BUCKETS];
	size_t n, max;
};

enum rth_err rth_replay_create(struct rth_replay **replayp, size_t max)
{
	struct rth_replay *replay = rth_alloc(sizeof(*replay));

	if (!replay)
		return RTH_ERR_NOMEM;
	replay->max = max;
	*replayp = replay;
	return RTH_OK;
}

/* Forgets what has expired in one bucket. */
static void sweep(struct rth_replay *replay, size_t b, int64_t now_s)
{
	struct used **at = &replay->bucket[b];

	while (*at) {
		struct used *used = *at;

		if (used->expires_s >= now_s) {
			at = &used->next;
			continue;
		}
		*at = used->next;
		rth_free(used);
		replay->n--;
	}
}

void rth_replay_free(struct rth_replay *replay)
{
	if (!replay)
		return;
	for (size_t b = 0; b < BUCKETS; b++)
		sweep(replay, b, INT64_MAX);
	rth_free(replay);
}

/* The issuer's NUL keeps the two apart. */
static enum rth_err digest(unsigned char out[DIGEST_BYTES], const char *issuer,
			   const char *jti)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum rth_err err = RTH_ERR_CRYPTO;

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, issuer, strlen(issuer) + 1) == 1 &&
	    EVP_DigestUpdate(ctx, jti, strlen(jti)) == 1 &&
	    EVP_DigestFinal_ex(ctx, out, NULL) == 1)
		err = RTH_OK;
	EVP_MD_CTX_free(ctx);
	return err;
}

enum rth_err rth_replay_use(struct rth_replay *replay, const char *issuer,
			    const char *jti, int64_t expires_s, int64_t now_s)
{
	unsigned char hash[DIGEST_BYTES];
	enum rth_err err = digest(hash, issuer, jti);
	struct used *used;
	size_t b;

	if (err)
		return err;
	b = (hash[0] | (size_t)hash[1] << 8) % BUCKETS;
	sweep(replay, b, now_s);
	for (used = replay->bucket[b]; used; used = used->next) {
		if (memcmp(used->digest, hash, sizeof(hash)) == 0)
			return RTH_ERR_EXISTS;
	}
	if (replay->n >= replay->max) {
		for (size_t i = 0; i < BUCKETS; i++)
			sweep(replay, i, now_s);
		if (replay->n >= replay->max)
			return RTH_ERR_LIMIT;
	}
	used = rth_alloc(sizeof(*used));
	if (!used)
		return RTH_ERR_NOMEM;
	memcpy(used->digest, hash, sizeof(hash));
	used->expires_s = expires_s;
	used->next = replay->bucket[b];
	replay->bucket[b] = used;
	replay->n++;
	return RTH_OK;
}
