/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealed files of tests/unit/seal, made once: what was sealed then can be read
 * for ever. tests/check/unseal.py reads the same ones.
 */
#include "seal_support.h"

struct vector {
	const char *name;
	size_t len;
};

static const struct vector vectors[] = {
	{"empty.sealed", 0},
	{"short.sealed", 5},
	{"blocks.sealed", 2 * BLOCK + 100},
	{"border.sealed", BLOCK},
	{"growing.sealed", 2 * BLOCK + 777},
};

/* The word behind `name` in a file of lines; hex to bytes. False: no hex. */
static bool lookup(const char *file, const char *name, uint8_t *out, size_t len)
{
	size_t text_len, got;
	char *text = test_read(file, &text_len);
	const char *at = strstr(text, name);
	bool is_hex;

	assert_non_null(at);
	at += strlen(name) + 1;
	is_hex = !sodium_hex2bin(out, len, at, 2 * len, NULL, &got, NULL) &&
		 got == len;
	free(text);
	return is_hex;
}

static void read_pair(struct pair *p, const char *name)
{
	assert_true(lookup("seal/keys", name, p->secret, sizeof(p->secret)));
	crypto_scalarmult_base(p->pair.public, p->secret);
	p->pair.secret = p->secret;
}

static void check(const struct vector *v, const struct pair *p)
{
	char path[512], name[64];
	uint8_t raw[RTH_SEAL_KEY_BYTES], digest[RTH_SEAL_DIGEST_BYTES];
	uint8_t *plain = plain_new(v->len), *got;
	size_t len;
	struct rth_seal_key *key;
	struct rth_unseal *u;
	bool complete;
	int fd;

	snprintf(name, sizeof(name), "seal/%s", v->name);
	fd = open(test_path(path, sizeof(path), name), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(rth_seal_key_open(&key, fd, &p->pair, 1), 0);
	assert_true(lookup("seal/keys", "recording-key", raw, sizeof(raw)));
	assert_memory_equal(rth_seal_key_raw(key), raw, sizeof(raw));
	complete = lookup("seal/digests", v->name, digest, sizeof(digest));
	assert_int_equal(rth_unseal_open(&u, fd, key), 0);
	assert_int_equal(rth_unseal_length(u), v->len);
	assert_int_equal(rth_unseal_complete(u), complete);
	if (complete)
		assert_memory_equal(rth_unseal_digest(u), digest,
				    sizeof(digest));
	got = read_all(u, &len);
	assert_memory_equal(got, plain, v->len);
	assert_int_equal(rth_unseal_verify(u, NULL), 0);
	rth_unseal_close(u);
	rth_seal_key_free(key);
	free(plain);
	free(got);
}

static void reads_them_with_either_key(void **state)
{
	struct pair first, second;

	(void)state;
	assert_true(sodium_init() >= 0);
	read_pair(&first, "first-secret");
	read_pair(&second, "second-secret");
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		check(&vectors[i], &first);
		check(&vectors[i], &second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_them_with_either_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
