/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever somebody does to a finished file is found, and its place is named.
 * What is done to an unfinished one is found, or as if the power had gone.
 */
#include "seal_support.h"

#define LEN (2 * BLOCK + 60) /* of the plain text: three blocks */

struct bench {
	struct pair p;
	struct rth_seal_key *key;
	uint8_t *plain;
	int fd; /* a finished file */
	size_t size;
	uint8_t *bytes; /* of that file */
	int slot;	/* of its end record */
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct stat st;

	assert_non_null(b);
	pair_make(&b->p);
	b->key = key_for(&b->p);
	b->plain = plain_new(LEN);
	b->fd = file_sealed(b->key, LEN);
	assert_int_equal(fstat(b->fd, &st), 0);
	b->size = (size_t)st.st_size;
	b->bytes = malloc(b->size);
	assert_non_null(b->bytes);
	assert_int_equal(pread(b->fd, b->bytes, b->size, 0), b->size);
	b->slot = memcmp(b->bytes + RTH_SLOT_AT(0), "\377\377\377\377", 4) != 0;
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	rth_seal_key_free(b->key);
	free(b->plain);
	free(b->bytes);
	close(b->fd);
	free(b);
	return 0;
}

/* What a reader with the clinic's key finds first. */
struct found {
	enum rth_err key, open, verify;
	bool complete;
	uint64_t block;
};

static struct found find(const struct bench *b, int fd)
{
	struct found f = {.block = UINT64_MAX};
	struct rth_seal_key *key;
	struct rth_unseal *u;
	int again = file_again(fd);

	f.key = rth_seal_key_open(&key, fd, &b->p.pair, 1);
	if (f.key) {
		close(again);
		return f;
	}
	f.open = rth_unseal_open(&u, again, key);
	if (f.open) {
		close(again);
	} else {
		f.complete = rth_unseal_complete(u);
		f.verify = rth_unseal_verify(u, &f.block);
		rth_unseal_close(u);
	}
	rth_seal_key_free(key);
	return f;
}

static void put(int fd, const void *data, size_t len, uint64_t at)
{
	assert_int_equal(pwrite(fd, data, len, (off_t)at), len);
}

static void is_well_as_it_is(void **state)
{
	struct bench *b = *state;
	struct found f = find(b, b->fd);

	assert_true(!f.key && !f.open && !f.verify && f.complete);
	assert_int_equal(b->size, RTH_BLOCK_AT(2) + RTH_RECORD_BYTES(60));
	assert_reads(b->fd, b->key, b->plain, LEN, true);
}

/* Which block a byte of the file belongs to. */
static uint64_t block_of(size_t at)
{
	return (at - RTH_BLOCK_AT(0)) / RTH_RECORD_MAX;
}

static bool in_end_record(const struct bench *b, size_t at)
{
	uint64_t from = RTH_SLOT_AT(b->slot);

	return at >= from && at < from + RTH_RECORD_BYTES(RTH_SEAL_END_BYTES);
}

static void check_flip(const struct bench *b, size_t at, int bit)
{
	uint8_t byte = b->bytes[at] ^ (uint8_t)(1 << bit);
	struct found f;

	put(b->fd, &byte, 1, at);
	f = find(b, b->fd);
	if (at < RTH_SEAL_HEADER_BYTES)
		assert_int_equal(f.key, RTH_ERR_FORMAT);
	else if (in_end_record(b, at))
		assert_true(!f.key && !f.open && !f.complete);
	else if (at < RTH_BLOCK_AT(0)) /* a slot that nobody reads */
		assert_true(f.complete && !f.verify);
	else
		assert_true(f.complete && f.verify == RTH_ERR_CRYPTO &&
			    f.block == block_of(at));
	put(b->fd, &b->bytes[at], 1, at);
}

/* Each bit of the header, the end record, heads and tags; others by chance. */
static void finds_each_flipped_bit(void **state)
{
	struct bench *b = *state;
	uint64_t end = RTH_SLOT_AT(b->slot);
	size_t at;

	for (at = 0; at < 400; at++)
		for (int bit = 0; bit < 8; bit++)
			check_flip(b, at, bit);
	for (at = 400; at < RTH_SEAL_HEADER_BYTES; at++)
		check_flip(b, at, (int)at % 8);
	for (at = end; at < end + RTH_RECORD_BYTES(RTH_SEAL_END_BYTES); at++)
		for (int bit = 0; bit < 8; bit++)
			check_flip(b, at, bit);
	for (at = RTH_BLOCK_AT(0); at < RTH_BLOCK_AT(0) + 64; at++)
		for (int bit = 0; bit < 8; bit++)
			check_flip(b, at, bit);
	for (at = RTH_BLOCK_AT(1) - 32; at < RTH_BLOCK_AT(1) + 64; at++)
		check_flip(b, at, (int)at % 8);
	for (at = RTH_BLOCK_AT(2); at < b->size; at++)
		check_flip(b, at, (int)at % 8);
	for (int i = 0; i < 1000; i++)
		check_flip(b, randombytes_uniform((uint32_t)b->size),
			   (int)randombytes_uniform(8));
}

static void finds_each_cut(void **state)
{
	struct bench *b = *state;

	for (size_t len = b->size; len-- > 0;
	     len -= len > 5000 && len % 100 ? len % 100 : 0) {
		struct found f;

		assert_int_equal(ftruncate(b->fd, (off_t)len), 0);
		f = find(b, b->fd);
		if (len < RTH_SEAL_HEADER_BYTES)
			assert_int_equal(f.key, RTH_ERR_FORMAT);
		else if (len < RTH_SLOT_AT(b->slot) +
				       RTH_RECORD_BYTES(RTH_SEAL_END_BYTES))
			assert_true(!f.open && !f.complete);
		else
			assert_int_equal(f.open, RTH_ERR_LIMIT);
	}
}

static void finds_what_was_appended(void **state)
{
	struct bench *b = *state;

	put(b->fd, "x", 1, b->size);
	assert_int_equal(find(b, b->fd).verify, RTH_ERR_FORMAT);
}

static void finds_swapped_blocks(void **state)
{
	struct bench *b = *state;
	struct found f;

	put(b->fd, b->bytes + RTH_BLOCK_AT(1), RTH_RECORD_MAX, RTH_BLOCK_AT(0));
	put(b->fd, b->bytes + RTH_BLOCK_AT(0), RTH_RECORD_MAX, RTH_BLOCK_AT(1));
	f = find(b, b->fd);
	assert_int_equal(f.verify, RTH_ERR_CRYPTO);
	assert_int_equal(f.block, 0);
	put(b->fd, b->bytes + RTH_BLOCK_AT(0), RTH_RECORD_MAX, RTH_BLOCK_AT(0));
	f = find(b, b->fd);
	assert_int_equal(f.verify, RTH_ERR_CRYPTO);
	assert_int_equal(f.block, 1);
}

/* Of the same place in another file of the same recording, under one key. */
static void finds_parts_of_other_files(void **state)
{
	struct bench *b = *state;
	int other = file_sealed(b->key, LEN);
	uint8_t bytes[RTH_RECORD_MAX];
	struct found f;

	assert_int_equal(
		pread(other, bytes, sizeof(bytes), (off_t)RTH_BLOCK_AT(1)),
		sizeof(bytes));
	put(b->fd, bytes, sizeof(bytes), RTH_BLOCK_AT(1));
	f = find(b, b->fd);
	assert_true(f.complete && f.verify == RTH_ERR_CRYPTO && f.block == 1);
	put(b->fd, b->bytes, b->size, 0);
	/* Its end record: then this file is not finished. */
	assert_int_equal(
		pread(other, bytes, sizeof(bytes), (off_t)RTH_SLOT_AT(b->slot)),
		sizeof(bytes));
	put(b->fd, bytes, sizeof(bytes), RTH_SLOT_AT(b->slot));
	assert_false(find(b, b->fd).complete);
	put(b->fd, b->bytes, b->size, 0);
	/* Its header: then nothing of this file opens. */
	assert_int_equal(pread(other, bytes, RTH_SEAL_HEADER_BYTES, 0),
			 RTH_SEAL_HEADER_BYTES);
	put(b->fd, bytes, RTH_SEAL_HEADER_BYTES, 0);
	f = find(b, b->fd);
	assert_true(!f.open && !f.complete);
	close(other);
}

static void finds_changed_recipients(void **state)
{
	struct bench *b = *state;
	uint8_t box[RTH_SEAL_BOX_BYTES], two[4] = {2, 0, 0, 0};
	struct pair thief;
	struct rth_seal_key *key = NULL;

	pair_make(&thief);
	rth_seal_key_id(box, thief.pair.public);
	assert_int_equal(crypto_box_seal(box + RTH_SEAL_KEY_ID_BYTES,
					 rth_seal_key_raw(b->key), 32,
					 thief.pair.public),
			 0);
	/* One more recipient, even one with the right key. */
	put(b->fd, two, sizeof(two), 28);
	put(b->fd, box, sizeof(box), 32 + RTH_SEAL_BOX_BYTES);
	assert_int_equal(find(b, b->fd).key, RTH_ERR_FORMAT);
	put(b->fd, b->bytes, b->size, 0);
	/* Another one in its place. */
	put(b->fd, box, sizeof(box), 32);
	assert_int_equal(find(b, b->fd).key, RTH_ERR_DENIED);
	assert_int_equal(rth_seal_key_open(&key, b->fd, &thief.pair, 1),
			 RTH_ERR_FORMAT);
	assert_null(key);
}

/* An earlier version of a block that was changed later. */
static void finds_an_earlier_version(void **state)
{
	struct bench *b = *state;
	uint8_t before[RTH_RECORD_MAX];
	int fd = file_new();
	struct rth_seal *seal = seal_new(fd, b->key);
	struct found f;

	assert_int_equal(rth_seal_write(seal, 0, b->plain, LEN), 0);
	assert_int_equal(rth_seal_flush(seal), 0);
	assert_int_equal(
		pread(fd, before, sizeof(before), (off_t)RTH_BLOCK_AT(0)),
		sizeof(before));
	assert_int_equal(rth_seal_write(seal, 0, "changed", 7), 0);
	assert_int_equal(rth_seal_finish(seal, NULL), 0);
	assert_int_equal(find(b, fd).verify, 0);
	put(fd, before, sizeof(before), RTH_BLOCK_AT(0));
	f = find(b, fd);
	assert_true(f.complete);
	assert_int_equal(f.verify, RTH_ERR_FORMAT);
	close(fd);
}

/* The writer itself reads a block back when it changes it. */
static void does_not_take_back_another_block(void **state)
{
	struct bench *b = *state;
	uint8_t before[RTH_RECORD_MAX];
	int fd = file_new();
	struct rth_seal *seal = seal_new(fd, b->key);

	assert_int_equal(rth_seal_write(seal, 0, b->plain, LEN), 0);
	assert_int_equal(rth_seal_flush(seal), 0);
	assert_int_equal(
		pread(fd, before, sizeof(before), (off_t)RTH_BLOCK_AT(0)),
		sizeof(before));
	assert_int_equal(rth_seal_write(seal, 0, "changed", 7), 0);
	assert_int_equal(rth_seal_write(seal, BLOCK, "changed", 7), 0);
	put(fd, before, sizeof(before), RTH_BLOCK_AT(0));
	assert_int_equal(rth_seal_write(seal, 9, "again", 5), RTH_ERR_CRYPTO);
	assert_int_equal(rth_seal_finish(seal, NULL), RTH_ERR_STATE);
	close(fd);
}

/* An unfinished file that was cut: what is there is read, the rest named. */
static void reads_a_cut_unfinished_file(void **state)
{
	struct bench *b = *state;
	static uint8_t got[LEN];
	int fd = file_new();
	struct rth_seal *seal = seal_new(fd, b->key);
	struct rth_unseal *u;
	uint64_t block = 0;
	size_t n;

	assert_int_equal(rth_seal_write(seal, 0, b->plain, LEN), 0);
	assert_int_equal(rth_seal_flush(seal), 0);
	assert_int_equal(rth_seal_write(seal, LEN, "more", 4), 0);
	assert_int_equal(rth_seal_flush(seal), 0);
	rth_seal_close(seal);
	assert_int_equal(ftruncate(fd, (off_t)RTH_BLOCK_AT(1) + 5), 0);
	u = unseal_new(fd, b->key);
	assert_false(rth_unseal_complete(u));
	assert_int_equal(rth_unseal_read(u, 0, got, BLOCK, &n, NULL), 0);
	assert_memory_equal(got, b->plain, BLOCK);
	assert_int_equal(rth_unseal_read(u, 0, got, LEN, &n, &block),
			 RTH_ERR_CRYPTO);
	assert_int_equal(block, 1);
	assert_int_equal(rth_unseal_verify(u, &block), RTH_ERR_CRYPTO);
	assert_int_equal(block, 1);
	rth_unseal_close(u);
	close(fd);
}

/* No length of an unfinished file makes reading it anything but a prefix. */
static void reads_a_prefix_at_each_cut(void **state)
{
	struct bench *b = *state;
	static uint8_t got[LEN + 1];
	int fd = file_new();
	struct rth_seal *seal = seal_new(fd, b->key);
	size_t len = RTH_BLOCK_AT(2);

	assert_int_equal(rth_seal_write(seal, 0, b->plain, LEN), 0);
	assert_int_equal(rth_seal_flush(seal), 0);
	rth_seal_close(seal);
	for (; len >= RTH_SEAL_HEADER_BYTES; len -= 101) {
		struct rth_unseal *u;
		size_t n, want = LEN;

		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		u = unseal_new(fd, b->key);
		while (rth_unseal_read(u, 0, got, want, &n, NULL))
			want = want > BLOCK ? BLOCK : 0;
		assert_memory_equal(got, b->plain, n);
		if (len >= RTH_BLOCK_AT(1))
			assert_true(n >= BLOCK);
		rth_unseal_close(u);
	}
	close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_well_as_it_is),
		TEST(finds_each_flipped_bit),
		TEST(finds_each_cut),
		TEST(finds_what_was_appended),
		TEST(finds_swapped_blocks),
		TEST(finds_parts_of_other_files),
		TEST(finds_changed_recipients),
		TEST(finds_an_earlier_version),
		TEST(does_not_take_back_another_block),
		TEST(reads_a_cut_unfinished_file),
		TEST(reads_a_prefix_at_each_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
