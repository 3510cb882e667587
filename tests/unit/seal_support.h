/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the tests of sealed files share: pairs of keys, files in memory, and
 * plain text that says where it belongs. The functions are static so that a
 * test program stays one file.
 */
#ifndef RTH_TEST_SEAL_SUPPORT_H
#define RTH_TEST_SEAL_SUPPORT_H

#include "support.h"

#include <fcntl.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <sodium.h>

#include "mem.h"
#include "seal.h"
#include "seal_format.h"

#define BLOCK RTH_SEAL_BLOCK_BYTES

struct pair {
	struct rth_seal_pair pair;
	uint8_t secret[RTH_SEAL_SECRET_BYTES];
};

static inline void pair_make(struct pair *p)
{
	assert_true(sodium_init() >= 0);
	crypto_box_keypair(p->pair.public, p->secret);
	p->pair.secret = p->secret;
}

static inline struct rth_seal_key *key_for(const struct pair *p)
{
	struct rth_seal_key *key;
	uint8_t to[1][RTH_SEAL_PUBLIC_BYTES];

	memcpy(to[0], p->pair.public, sizeof(to[0]));
	assert_int_equal(rth_seal_key_make(&key, (const uint8_t(*)[32])to, 1),
			 0);
	return key;
}

static inline int file_new(void)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* The same file, opened once more. */
static inline int file_again(int fd)
{
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	assert_true(again >= 0);
	return again;
}

static inline uint8_t plain_at(uint64_t i)
{
	return (uint8_t)(i * 7 + (i >> 8) + 3);
}

static inline uint8_t *plain_new(size_t len)
{
	uint8_t *p = malloc(len + 1);

	assert_non_null(p);
	for (size_t i = 0; i < len; i++)
		p[i] = plain_at(i);
	return p;
}

static inline struct rth_seal *seal_new(int fd, const struct rth_seal_key *key)
{
	struct rth_seal *seal;

	assert_int_equal(rth_seal_create(&seal, file_again(fd), key), 0);
	return seal;
}

/* A finished file of plain_at bytes. */
static inline int file_sealed(const struct rth_seal_key *key, size_t len)
{
	int fd = file_new();
	struct rth_seal *seal = seal_new(fd, key);
	uint8_t *plain = plain_new(len);

	assert_int_equal(rth_seal_write(seal, 0, plain, len), 0);
	assert_int_equal(rth_seal_finish(seal, NULL), 0);
	free(plain);
	return fd;
}

static inline struct rth_unseal *unseal_new(int fd,
					    const struct rth_seal_key *key)
{
	struct rth_unseal *u;

	assert_int_equal(rth_unseal_open(&u, file_again(fd), key), 0);
	return u;
}

/* The whole plain text; free() it. */
static inline uint8_t *read_all(struct rth_unseal *u, size_t *lenp)
{
	size_t len = rth_unseal_length(u), got;
	uint8_t *p = malloc(len + 1);

	assert_non_null(p);
	assert_int_equal(rth_unseal_read(u, 0, p, len + 1, &got, NULL), 0);
	assert_int_equal(got, len);
	*lenp = len;
	return p;
}

static inline void assert_reads(int fd, const struct rth_seal_key *key,
				const uint8_t *plain, size_t len, bool complete)
{
	struct rth_unseal *u = unseal_new(fd, key);
	size_t got;
	uint8_t *p = read_all(u, &got);

	assert_int_equal(got, len);
	assert_memory_equal(p, plain, len);
	assert_int_equal(rth_unseal_complete(u), complete);
	assert_int_equal(rth_unseal_verify(u, NULL), 0);
	free(p);
	rth_unseal_close(u);
}

#endif
