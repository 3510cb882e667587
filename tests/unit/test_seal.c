/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealed files: what was written is read, by who may, also meanwhile. */
#include "seal_support.h"

#include <pthread.h>
#include <stdatomic.h>

#include <sys/resource.h>

static const size_t sizes[] = {
	0,
	1,
	15,
	16,
	4096,
	BLOCK - 1,
	BLOCK,
	BLOCK + 1,
	2 * BLOCK,
	100000,
	5 * BLOCK - 1,
	5 * BLOCK,
	70 * BLOCK + 17,
};

static void reads_what_was_written(void **state)
{
	struct pair p;
	struct rth_seal_key *key;

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *plain = plain_new(sizes[i]);
		int fd = file_sealed(key, sizes[i]);

		assert_reads(fd, key, plain, sizes[i], true);
		close(fd);
		free(plain);
	}
	rth_seal_key_free(key);
}

static void reads_what_was_flushed(void **state)
{
	struct pair p;
	struct rth_seal_key *key;

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *plain = plain_new(sizes[i]);
		int fd = file_new();
		struct rth_seal *seal = seal_new(fd, key);

		assert_int_equal(rth_seal_write(seal, 0, plain, sizes[i]), 0);
		assert_int_equal(rth_seal_length(seal), sizes[i]);
		assert_int_equal(rth_seal_flush(seal), 0);
		assert_reads(fd, key, plain, sizes[i], false);
		rth_seal_close(seal);
		assert_reads(fd, key, plain, sizes[i], false);
		close(fd);
		free(plain);
	}
	rth_seal_key_free(key);
}

static void reads_any_range(void **state)
{
	const size_t len = 3 * BLOCK + 99;
	uint8_t *plain = plain_new(len), got[2 * BLOCK];
	struct rth_unseal *u;
	struct rth_seal_key *key;
	struct pair p;
	int fd;

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	fd = file_sealed(key, len);
	u = unseal_new(fd, key);
	for (int i = 0; i < 2000; i++) {
		size_t at = randombytes_uniform((uint32_t)len + 100), n;
		size_t want = randombytes_uniform(sizeof(got));
		size_t there = at > len ? 0 : len - at;

		assert_int_equal(rth_unseal_read(u, at, got, want, &n, NULL),
				 0);
		assert_int_equal(n, want < there ? want : there);
		assert_memory_equal(got, plain + (n ? at : 0), n);
	}
	rth_unseal_close(u);
	rth_seal_key_free(key);
	close(fd);
	free(plain);
}

/* Writes and changes at random places against a plain array. */
static void random_file(const struct rth_seal_key *key, bool finish)
{
	const size_t max = 12 * BLOCK;
	uint8_t *model = malloc(max), data[3 * BLOCK];
	int fd = file_new();
	struct rth_seal *seal = seal_new(fd, key);
	size_t len = 0;

	assert_non_null(model);
	for (int i = 0; i < 150; i++) {
		bool change = len && randombytes_uniform(3) == 0;
		size_t at = change ? randombytes_uniform((uint32_t)len) : len;
		size_t n = randombytes_uniform(
			randombytes_uniform(4) ? 3000 : sizeof(data));

		if (n > max - at)
			n = max - at;
		randombytes_buf(data, n);
		memcpy(model + at, data, n);
		assert_int_equal(rth_seal_write(seal, at, data, n), 0);
		len = at + n > len ? at + n : len;
		assert_int_equal(rth_seal_length(seal), len);
		if (randombytes_uniform(6) == 0) {
			assert_int_equal(rth_seal_flush(seal), 0);
			assert_reads(fd, key, model, len, false);
		}
	}
	if (finish)
		assert_int_equal(rth_seal_finish(seal, NULL), 0);
	else
		assert_int_equal(rth_seal_flush(seal), 0);
	assert_reads(fd, key, model, len, finish);
	if (!finish)
		rth_seal_close(seal);
	close(fd);
	free(model);
}

static void reads_random_changes(void **state)
{
	struct rth_seal_key *key;
	struct pair p;

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	for (int i = 0; i < 12; i++)
		random_file(key, i % 2);
	rth_seal_key_free(key);
}

static void tells_its_digest(void **state)
{
	uint8_t digest[RTH_SEAL_DIGEST_BYTES], other[RTH_SEAL_DIGEST_BYTES];
	struct rth_seal_key *key;
	struct rth_unseal *u;
	struct rth_seal *seal;
	struct pair p;
	int fd = file_new(), fd2 = file_new();

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	seal = seal_new(fd, key);
	assert_int_equal(rth_seal_write(seal, 0, "visit", 5), 0);
	assert_int_equal(rth_seal_finish(seal, digest), 0);
	seal = seal_new(fd2, key);
	assert_int_equal(rth_seal_write(seal, 0, "visit", 5), 0);
	assert_int_equal(rth_seal_finish(seal, other), 0);
	u = unseal_new(fd, key);
	assert_memory_equal(rth_unseal_digest(u), digest, sizeof(digest));
	assert_memory_not_equal(digest, other, sizeof(digest));
	rth_unseal_close(u);
	rth_seal_key_free(key);
	close(fd);
	close(fd2);
}

/* Any of the recipients opens it; somebody else does not. */
static void opens_for_its_recipients(void **state)
{
	uint8_t to[RTH_SEAL_RECIPIENTS_MAX][RTH_SEAL_PUBLIC_BYTES];
	struct pair p[RTH_SEAL_RECIPIENTS_MAX], other;
	struct rth_seal_pair ring[2];
	struct rth_seal_key *key, *opened;
	uint8_t *plain = plain_new(20000);
	int fd;

	(void)state;
	for (size_t i = 0; i < RTH_SEAL_RECIPIENTS_MAX; i++) {
		pair_make(&p[i]);
		memcpy(to[i], p[i].pair.public, sizeof(to[i]));
	}
	pair_make(&other);
	assert_int_equal(rth_seal_key_make(&key, (const uint8_t(*)[32])to,
					   RTH_SEAL_RECIPIENTS_MAX),
			 0);
	fd = file_sealed(key, 20000);
	for (size_t i = 0; i < RTH_SEAL_RECIPIENTS_MAX; i++) {
		ring[0] = other.pair;
		ring[1] = p[i].pair;
		assert_int_equal(rth_seal_key_open(&opened, fd, ring, 2), 0);
		assert_memory_equal(rth_seal_key_raw(opened),
				    rth_seal_key_raw(key), RTH_SEAL_KEY_BYTES);
		assert_reads(fd, opened, plain, 20000, true);
		rth_seal_key_free(opened);
	}
	assert_int_equal(rth_seal_key_open(&opened, fd, &other.pair, 1),
			 RTH_ERR_DENIED);
	assert_int_equal(rth_seal_key_open(&opened, fd, NULL, 0),
			 RTH_ERR_DENIED);
	rth_seal_key_free(key);
	close(fd);
	free(plain);
}

static void refuses_impossible_recipients(void **state)
{
	static const uint8_t zeros[17][RTH_SEAL_PUBLIC_BYTES];
	struct rth_seal_key *key = NULL;

	(void)state;
	assert_true(sodium_init() >= 0);
	assert_int_equal(rth_seal_key_make(&key, zeros, 0), RTH_ERR_LIMIT);
	assert_int_equal(rth_seal_key_make(&key, zeros, 17), RTH_ERR_LIMIT);
	/* Not a point that anything can be sealed to. */
	assert_int_equal(rth_seal_key_make(&key, zeros, 1), RTH_ERR_CRYPTO);
	assert_null(key);
}

static void opens_with_the_bare_key(void **state)
{
	struct rth_seal_key *key, *given, *wrong;
	uint8_t *plain = plain_new(100);
	struct rth_unseal *u = NULL;
	struct pair p;
	int fd, other;

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	wrong = key_for(&p);
	fd = file_sealed(key, 100);
	other = file_sealed(wrong, 100);
	assert_int_equal(rth_seal_key_given(&given, fd, rth_seal_key_raw(key)),
			 0);
	assert_reads(fd, given, plain, 100, true);
	rth_seal_key_free(given);
	assert_int_not_equal(
		rth_seal_key_given(&given, fd, rth_seal_key_raw(wrong)), 0);
	assert_int_equal(rth_unseal_open(&u, other, key), RTH_ERR_DENIED);
	assert_null(u);
	rth_seal_key_free(key);
	rth_seal_key_free(wrong);
	close(fd);
	close(other);
	free(plain);
}

static void refuses_holes(void **state)
{
	struct rth_seal_key *key;
	struct rth_seal *seal;
	struct pair p;
	int fd = file_new();

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	seal = seal_new(fd, key);
	assert_int_equal(rth_seal_write(seal, 1, "x", 1), RTH_ERR_LIMIT);
	assert_int_equal(rth_seal_write(seal, 0, "visit", 5), 0);
	assert_int_equal(rth_seal_write(seal, 6, "x", 1), RTH_ERR_LIMIT);
	assert_int_equal(rth_seal_write(seal, 5, "x", SIZE_MAX), RTH_ERR_LIMIT);
	assert_int_equal(rth_seal_write(seal, 5, NULL, 0), 0);
	assert_int_equal(rth_seal_finish(seal, NULL), 0);
	assert_reads(fd, key, (const uint8_t *)"visit", 5, true);
	rth_seal_key_free(key);
	close(fd);
}

/* No nonce comes twice, and no plain text is anywhere in the file. */
static void shows_nothing(void **state)
{
	static uint8_t text[3 * BLOCK];
	struct rth_seal_key *key;
	struct rth_seal *seal;
	struct pair p;
	struct stat st;
	uint8_t *raw;
	int fd = file_new();

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 16)
		memcpy(text + i, "a known sentence", 16);
	pair_make(&p);
	key = key_for(&p);
	seal = seal_new(fd, key);
	for (size_t at = 0; at < sizeof(text); at += 4096) {
		assert_int_equal(rth_seal_write(seal, at, text + at, 4096), 0);
		assert_int_equal(rth_seal_flush(seal), 0);
	}
	assert_int_equal(rth_seal_write(seal, 0, text, 4096), 0);
	assert_int_equal(rth_seal_finish(seal, NULL), 0);
	assert_int_equal(fstat(fd, &st), 0);
	raw = malloc((size_t)st.st_size);
	assert_non_null(raw);
	assert_int_equal(pread(fd, raw, (size_t)st.st_size, 0), st.st_size);
	assert_null(memmem(raw, (size_t)st.st_size, "known", 5));
	assert_null(memmem(raw, (size_t)st.st_size, rth_seal_key_raw(key), 32));
	assert_memory_not_equal(raw + RTH_BLOCK_AT(1) + 24,
				raw + RTH_BLOCK_AT(0) + 24, 24);
	assert_memory_not_equal(raw + RTH_BLOCK_AT(1) + 48,
				raw + RTH_BLOCK_AT(2) + 48, 64);
	free(raw);
	rth_seal_key_free(key);
	close(fd);
}

/* One that is read while it is written. */
struct shared {
	int fd;
	const struct rth_seal_key *key;
	atomic_uint version; /* of the mark, flushed */
	atomic_ulong length; /* flushed */
	atomic_bool over;
};

#define MARK_AT 100
#define MARK_BYTES 64

static void *write_on(void *arg)
{
	struct shared *s = arg;
	struct rth_seal *seal = seal_new(s->fd, s->key);
	size_t len = 0;

	for (unsigned v = 1; v <= 250; v++) {
		uint8_t mark[MARK_BYTES], data[5000];

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = plain_at(len + i);
		assert_int_equal(rth_seal_write(seal, len, data, sizeof(data)),
				 0);
		len += sizeof(data);
		memset(mark, (int)v, sizeof(mark));
		assert_int_equal(
			rth_seal_write(seal, MARK_AT, mark, sizeof(mark)), 0);
		assert_int_equal(rth_seal_flush(seal), 0);
		atomic_store(&s->version, v);
		atomic_store(&s->length, len);
	}
	assert_int_equal(rth_seal_finish(seal, NULL), 0);
	atomic_store(&s->over, true);
	return NULL;
}

static void look(struct shared *s)
{
	unsigned long length = atomic_load(&s->length);
	unsigned version = atomic_load(&s->version);
	struct rth_unseal *u = unseal_new(s->fd, s->key);
	size_t len;
	uint8_t *p = read_all(u, &len);

	assert_true(len >= length);
	for (size_t i = 0; i < len; i++)
		if (i < MARK_AT || i >= MARK_AT + MARK_BYTES)
			assert_int_equal(p[i], plain_at(i));
	for (size_t i = 1; len && i < MARK_BYTES; i++)
		assert_int_equal(p[MARK_AT + i], p[MARK_AT]);
	if (length)
		assert_true(p[MARK_AT] >= version);
	free(p);
	rth_unseal_close(u);
}

static void is_read_while_it_is_written(void **state)
{
	struct shared s = {.fd = file_new()};
	struct rth_seal_key *key;
	pthread_t thread;
	struct pair p;
	unsigned looks = 0;

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	s.key = key;
	assert_int_equal(pthread_create(&thread, NULL, write_on, &s), 0);
	while (!atomic_load(&s.length) && !atomic_load(&s.over))
		sched_yield();
	for (; !atomic_load(&s.over); looks++)
		look(&s);
	look(&s);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(looks > 0);
	rth_seal_key_free(key);
	close(s.fd);
}

/* Everything that a file's life allocates; 0 when all of it succeeded. */
static enum rth_err whole_life(const struct pair *p, int fd)
{
	struct rth_seal_key *key = NULL, *opened = NULL;
	struct rth_unseal *u = NULL;
	struct rth_seal *seal = NULL;
	static const uint8_t data[66 * BLOCK];
	uint8_t to[1][RTH_SEAL_PUBLIC_BYTES];
	int again = file_again(fd);
	enum rth_err err;

	memcpy(to[0], p->pair.public, sizeof(to[0]));
	assert_int_equal(ftruncate(fd, 0), 0);
	err = rth_seal_key_make(&key, (const uint8_t(*)[32])to, 1);
	if (!err)
		err = rth_seal_create(&seal, again, key);
	if (err)
		close(again);
	if (!err)
		err = rth_seal_write(seal, 0, data, sizeof(data));
	if (err)
		rth_seal_close(seal);
	else
		err = rth_seal_finish(seal, NULL);
	if (!err)
		err = rth_seal_key_open(&opened, fd, &p->pair, 1);
	again = file_again(fd);
	if (!err)
		err = rth_unseal_open(&u, again, opened);
	if (err)
		close(again);
	rth_unseal_close(u);
	rth_seal_key_free(key);
	rth_seal_key_free(opened);
	return err;
}

static void survives_any_failing_allocation(void **state)
{
	struct pair p;
	int fd = file_new();
	unsigned long n = 1;

	(void)state;
	pair_make(&p);
	for (;; n++) {
		enum rth_err err;

		rth_mem_fail_at(n);
		err = whole_life(&p, fd);
		if (rth_mem_count() < n) {
			assert_int_equal(err, 0);
			break;
		}
		assert_int_equal(err, RTH_ERR_NOMEM);
	}
	rth_mem_fail_at(0);
	assert_true(n > 8);
	close(fd);
}

/* Sanitizers replace mlock by nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MLOCK_WORKS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MLOCK_WORKS false
#endif
#endif
#ifndef MLOCK_WORKS
#define MLOCK_WORKS true
#endif

/* A key that could be swapped to a disk is no key. */
static void keys_must_be_locked(void **state)
{
	struct rlimit before, none;
	struct rth_seal_key *key = NULL;
	uint8_t to[1][RTH_SEAL_PUBLIC_BYTES];
	struct pair p;
	const uid_t user = geteuid();

	(void)state;
	if (!MLOCK_WORKS) {
		print_message("# sanitizers replace mlock\n");
		return;
	}
	pair_make(&p);
	memcpy(to[0], p.pair.public, sizeof(to[0]));
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	/* The limit is not for root. */
	assert_true(user != 0 || seteuid(65534) == 0);
	assert_int_equal(rth_seal_key_make(&key, (const uint8_t(*)[32])to, 1),
			 RTH_ERR_NOMEM);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &before), 0);
	assert_null(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(reads_what_was_flushed),
		cmocka_unit_test(reads_any_range),
		cmocka_unit_test(reads_random_changes),
		cmocka_unit_test(tells_its_digest),
		cmocka_unit_test(opens_for_its_recipients),
		cmocka_unit_test(refuses_impossible_recipients),
		cmocka_unit_test(opens_with_the_bare_key),
		cmocka_unit_test(refuses_holes),
		cmocka_unit_test(shows_nothing),
		cmocka_unit_test(is_read_while_it_is_written),
		cmocka_unit_test(survives_any_failing_allocation),
		cmocka_unit_test(keys_must_be_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
