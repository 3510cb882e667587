/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The power goes, or the disk fails, at any moment.
 *
 * A scenario writes, changes and flushes. Then, for each moment, the disk is
 * put together as a power failure may leave it: everything before the last
 * completed sync, and of each later write all, nothing, a beginning or any
 * sectors. What is read then must have at least the last completed flush: its
 * length, and each byte either as flushed or as written later.
 */
#include "seal_sim.h"

#define PLAIN_MAX (20 * BLOCK)
#define WRITES_MAX 256

/* One rth_seal_write of the scenario. */
struct plain_write {
	uint64_t at;
	size_t len;
	uint8_t value; /* all its bytes */
	size_t op;     /* the disk's operations before it */
};

/* One completed flush: everything before it is safe. */
struct plain_flush {
	size_t op;     /* the disk's operations when it returned */
	size_t writes; /* of the scenario before it */
	uint64_t len;
};

struct scenario {
	struct rth_seal_key *key;
	struct rth_seal *seal;
	struct plain_write write[WRITES_MAX];
	size_t writes;
	struct plain_flush flush[WRITES_MAX];
	size_t flushes;
	uint64_t len;
	bool finished;
};

static struct scenario *scenario_new(void)
{
	struct scenario *s = calloc(1, sizeof(*s));
	struct pair p;

	assert_non_null(s);
	pair_make(&p);
	s->key = key_for(&p);
	sim_reset();
	assert_int_equal(rth_seal_create_on(&s->seal, -1, s->key, &sim_disk),
			 0);
	s->flush[s->flushes++] = (struct plain_flush){sim.n, 0, 0};
	return s;
}

static void scenario_free(struct scenario *s)
{
	if (!s->finished)
		rth_seal_close(s->seal);
	rth_seal_key_free(s->key);
	free(s);
}

static void put(struct scenario *s, uint64_t at, size_t len)
{
	static uint8_t data[PLAIN_MAX];
	struct plain_write *w = &s->write[s->writes++];

	assert_true(s->writes < WRITES_MAX);
	*w = (struct plain_write){at, len, (uint8_t)s->writes, sim.n};
	memset(data, w->value, len);
	assert_int_equal(rth_seal_write(s->seal, at, data, len), 0);
	if (at + len > s->len)
		s->len = at + len;
}

static void flushed(struct scenario *s)
{
	s->flush[s->flushes++] = (struct plain_flush){sim.n, s->writes, s->len};
}

static void flush(struct scenario *s)
{
	assert_int_equal(rth_seal_flush(s->seal), 0);
	flushed(s);
}

static void finish(struct scenario *s)
{
	assert_int_equal(rth_seal_finish(s->seal, NULL), 0);
	s->finished = true;
	flushed(s);
}

/* Everything that is allowed to be read after the flush. */
static void check_plain(const struct scenario *s, const struct plain_flush *f,
			const uint8_t *got, size_t len)
{
	static uint8_t safe[PLAIN_MAX];
	static bool ok[PLAIN_MAX];

	assert_true(len >= f->len && len <= s->len);
	memset(safe, 0, len);
	for (size_t i = 0; i < f->writes; i++)
		memset(safe + s->write[i].at, s->write[i].value,
		       s->write[i].len);
	for (size_t i = 0; i < len; i++)
		ok[i] = i < f->len && got[i] == safe[i];
	for (size_t k = f->writes; k < s->writes; k++)
		for (size_t i = 0; i < s->write[k].len; i++) {
			size_t at = s->write[k].at + i;

			if (at < len && got[at] == s->write[k].value)
				ok[at] = true;
		}
	for (size_t i = 0; i < len; i++)
		if (!ok[i])
			fail_msg("byte %zu of %zu after flush %zu", i, len,
				 (size_t)(f - s->flush));
}

/* Reads the image as the disk is now. */
static void check_image(const struct scenario *s, const struct plain_flush *f)
{
	static uint8_t got[PLAIN_MAX + 1];
	struct rth_unseal *u;
	uint64_t block = 0;
	size_t len = 0;
	enum rth_err err;

	assert_int_equal(rth_unseal_open_on(&u, -1, s->key, &sim_disk), 0);
	err = rth_unseal_read(u, 0, got, sizeof(got), &len, &block);
	if (err)
		fail_msg("block %u is lost", (unsigned)block);
	assert_int_equal(len, rth_unseal_length(u));
	check_plain(s, f, got, len);
	assert_int_equal(rth_unseal_verify(u, NULL), 0);
	if (rth_unseal_complete(u))
		assert_int_equal(len, s->len);
	rth_unseal_close(u);
}

/* What becomes of one write that no sync has covered. */
enum fate { NOTHING, ALL, BEGINNING, SECTORS, FATES };

static void suffer(uint8_t *image, size_t *size, const struct sim_op *op,
		   int fate)
{
	size_t n;

	if (fate == ALL)
		sim_apply(image, size, op, 0, op->len);
	if (fate == BEGINNING)
		sim_apply(image, size, op, 0,
			  randombytes_uniform((uint32_t)op->len));
	if (fate == SECTORS)
		for (size_t at = 0; at < op->len; at += n) {
			/* Sectors of the disk, not of the write. */
			n = SIM_SECTOR - (op->at + at) % SIM_SECTOR;
			if (n > op->len - at)
				n = op->len - at;
			if (randombytes_uniform(2))
				sim_apply(image, size, op, at, at + n);
		}
}

/* The disk at one moment, with the fates numbered `code` in base FATES. */
static void crash(const struct scenario *s, size_t moment, size_t durable,
		  unsigned long code, const struct plain_flush *f)
{
	static uint8_t image[SIM_BYTES];
	uint8_t *now = sim.bytes;
	size_t size = 0, now_size = sim.size, ops = sim.n;

	memset(image, 0, sizeof(image));
	for (size_t i = 0; i < moment; i++) {
		if (sim.op[i].sync)
			continue;
		if (i < durable) {
			suffer(image, &size, &sim.op[i], ALL);
			continue;
		}
		suffer(image, &size, &sim.op[i], (int)(code % FATES));
		code /= FATES;
	}
	sim.bytes = image;
	sim.size = size;
	check_image(s, f);
	sim.bytes = now;
	sim.size = now_size;
	assert_int_equal(sim.n, ops); /* reading writes nothing */
}

static unsigned long fates(size_t moment, size_t durable)
{
	unsigned long all = 1;

	for (size_t i = durable; i < moment && all < 1000000; i++)
		if (!sim.op[i].sync)
			all *= FATES;
	return all;
}

/* All fates of each moment where these are at most `most`, else so many. */
static void crash_everywhere(const struct scenario *s, unsigned most)
{
	const struct plain_flush *f = s->flush;

	for (size_t moment = f->op; moment <= sim.n; moment++) {
		size_t durable = sim_last_sync(moment);
		unsigned long all = fates(moment, durable);

		while (f + 1 < s->flush + s->flushes && f[1].op <= moment)
			f++;
		for (unsigned long i = 0; i < all && i < most; i++)
			crash(s, moment, durable,
			      all <= most ? i : randombytes_random(), f);
	}
}

static void keeps_what_was_flushed(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	put(s, 0, 100);
	flush(s);
	put(s, 100, 50);
	put(s, 10, 20); /* the block that still grows */
	flush(s);
	put(s, 150, BLOCK);
	flush(s);
	put(s, s->len, 2 * BLOCK - 150);
	flush(s); /* at a block's border */
	put(s, s->len, 7);
	finish(s);
	crash_everywhere(s, 256);
	scenario_free(s);
}

/* A container's header is completed at the end. */
static void keeps_blocks_that_are_changed(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	put(s, 0, 2 * BLOCK + 300);
	flush(s);
	put(s, s->len, 100);
	flush(s);
	put(s, 50, 8);
	put(s, 70, 8);
	put(s, s->len, 10);
	flush(s);
	put(s, 60, 8);
	put(s, BLOCK + 5, 8); /* another old one */
	put(s, s->len, BLOCK);
	put(s, 2 * BLOCK + 5, 8); /* one that no sync has covered */
	flush(s);
	put(s, 50, 100);
	finish(s);
	crash_everywhere(s, 256);
	scenario_free(s);
}

static void keeps_a_change_across_a_border(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	put(s, 0, 3 * BLOCK);
	flush(s);
	put(s, BLOCK - 4, 8);
	flush(s);
	put(s, 3 * BLOCK - 4, 8);
	flush(s);
	put(s, 3 * BLOCK - 4, 4);
	finish(s);
	crash_everywhere(s, 256);
	scenario_free(s);
}

static void random_step(struct scenario *s)
{
	uint32_t dice = randombytes_uniform(10);
	size_t len = 1 + randombytes_uniform(dice < 3 ? 2 * BLOCK : 4000);

	if (s->len + len > 18 * BLOCK)
		len = 1;
	if (dice < 6)
		put(s, s->len, len);
	else if (dice < 8 && s->len)
		put(s, randombytes_uniform((uint32_t)s->len), 1);
	else
		flush(s);
}

static void keeps_it_whatever_was_done(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		struct scenario *s = scenario_new();

		for (int k = 0; k < 40; k++)
			random_step(s);
		if (i % 2)
			finish(s);
		crash_everywhere(s, 12);
		scenario_free(s);
	}
}

/* One life of a file on a disk that may fail. Everything is checked. */
static enum rth_err life(const struct rth_seal_key *key, uint64_t *safep)
{
	static uint8_t data[3 * BLOCK];
	struct rth_seal *seal;
	uint64_t at = 0;
	enum rth_err err = rth_seal_create_on(&seal, -1, key, &sim_disk);

	*safep = 0;
	if (err)
		return err;
	memset(data, 1, sizeof(data));
	for (int i = 0; i < 6 && !err; i++) {
		err = rth_seal_write(seal, at, data, 9000);
		at += 9000;
		if (!err && i > 2)
			err = rth_seal_write(seal, 100, data, 10);
		if (!err && i > 3)
			err = rth_seal_write(seal, BLOCK + 9, data, 10);
		if (!err)
			err = rth_seal_flush(seal);
		if (!err)
			*safep = at;
	}
	if (err) {
		assert_int_equal(rth_seal_write(seal, 0, data, 1),
				 RTH_ERR_STATE);
		assert_int_equal(rth_seal_flush(seal), RTH_ERR_STATE);
		rth_seal_close(seal);
		return err;
	}
	return rth_seal_finish(seal, NULL);
}

static void check_safe(const struct rth_seal_key *key, uint64_t safe)
{
	static uint8_t got[6 * 9000];
	struct rth_unseal *u;
	size_t n;

	sim.fail_at = 0;
	if (!safe)
		return;
	assert_int_equal(rth_unseal_open_on(&u, -1, key, &sim_disk), 0);
	assert_true(rth_unseal_length(u) >= safe);
	assert_int_equal(rth_unseal_read(u, 0, got, sizeof(got), &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], 1);
	rth_unseal_close(u);
}

/* A disk that is full, or broken, is never a success. */
static void tells_when_the_disk_fails(void **state)
{
	static const int errors[] = {ENOSPC, EIO};
	struct pair p;
	struct rth_seal_key *key;
	unsigned long n, calls;
	uint64_t safe;

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	sim_reset();
	assert_int_equal(life(key, &safe), 0);
	calls = sim.calls;
	assert_true(calls > 20);
	for (n = 1; n <= calls; n++)
		for (int k = 0; k < 4; k++) {
			sim_reset();
			sim.fail_at = n;
			sim.error = errors[k / 2];
			sim.for_good = k % 2;
			errno = 0;
			assert_int_equal(life(key, &safe), RTH_ERR_IO);
			assert_int_equal(errno, sim.error);
			assert_true(sim.closed <= 1);
			check_safe(key, safe);
		}
	rth_seal_key_free(key);
}

static void goes_on_after_signals_and_short_counts(void **state)
{
	static const int errors[] = {EINTR, 0};
	struct pair p;
	struct rth_seal_key *key;
	unsigned long n, calls;
	uint64_t safe;

	(void)state;
	pair_make(&p);
	key = key_for(&p);
	sim_reset();
	assert_int_equal(life(key, &safe), 0);
	calls = sim.calls;
	for (n = 1; n < calls; n++)
		for (int k = 0; k < 2; k++) {
			sim_reset();
			sim.fail_at = n;
			sim.error = errors[k];
			assert_int_equal(life(key, &safe), 0);
			check_safe(key, safe);
		}
	rth_seal_key_free(key);
}

/* Many small changes of one old block cost one journal entry and two syncs. */
static void gathers_small_changes(void **state)
{
	struct scenario *s = scenario_new();
	unsigned syncs = 0, writes = 0;
	size_t from;

	(void)state;
	put(s, 0, 3 * BLOCK + 10);
	flush(s);
	from = sim.n;
	for (int i = 0; i < 100; i++)
		put(s, 40 + (uint64_t)i, 3);
	flush(s);
	for (size_t i = from; i < sim.n; i++) {
		syncs += sim.op[i].sync;
		writes += !sim.op[i].sync;
	}
	assert_int_equal(syncs, 2);
	assert_int_equal(writes, 2);
	from = sim.n;
	flush(s); /* nothing new: nothing to do */
	assert_int_equal(sim.n, from);
	scenario_free(s);
}

static int end(void **state)
{
	(void)state;
	sim_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_flushed),
		cmocka_unit_test(keeps_blocks_that_are_changed),
		cmocka_unit_test(keeps_a_change_across_a_border),
		cmocka_unit_test(keeps_it_whatever_was_done),
		cmocka_unit_test(tells_when_the_disk_fails),
		cmocka_unit_test(goes_on_after_signals_and_short_counts),
		cmocka_unit_test(gathers_small_changes),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
