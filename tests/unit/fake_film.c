/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stands in for rthealth-film in the portal's tests: a film of ten bytes, of
 * which it tells the half first. The first byte of its first input tells it to
 * do otherwise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "seal.h"

enum { JOB = 3, TO = 4, FIRST = 6 };

static char job[1 << 20];

/* The first byte of the first input, with the first key. */
static int first_byte(struct rth_seal_key **keyp)
{
	size_t len = 0, got = 0;
	struct rth_unseal *unseal;
	uint64_t block;
	char *end, c;
	ssize_t n;

	while ((n = read(JOB, job + len, sizeof(job) - len)) > 0)
		len += (size_t)n;
	end = memchr(job, '\n', len);
	if (!end || job + len - end != 1 + RTH_SEAL_KEY_BYTES)
		return -1;
	if (rth_seal_key_given(keyp, FIRST, (const uint8_t *)end + 1) ||
	    rth_unseal_open(&unseal, FIRST, *keyp) ||
	    rth_unseal_read(unseal, 0, &c, 1, &got, &block) || got != 1)
		return -1;
	rth_unseal_close(unseal);
	return c;
}

int main(void)
{
	uint8_t digest[RTH_SEAL_DIGEST_BYTES];
	struct rth_seal_key *key;
	struct rth_seal *seal;
	int c, i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sodium_init() < 0 || (c = first_byte(&key)) < 0)
		return 2;
	puts("{\"done_ms\":2000}");
	if (c == '3' || c == '4' || c == '5' || c == '1')
		return c - '0';
	if (c == 'H')
		pause();
	if (rth_seal_create(&seal, TO, key) ||
	    rth_seal_write(seal, 0, "0123456789", 10))
		return 1;
	if (c == 'U')
		rth_seal_close(seal);
	else if (rth_seal_finish(seal, digest))
		return 1;
	if (c == 'W')
		digest[0] ^= 1;
	fputs("{\"duration_ms\":4000,\"bytes\":10,\"digest\":\"", stdout);
	for (i = 0; i < RTH_SEAL_DIGEST_BYTES; i++)
		printf("%02x", digest[i]);
	puts("\"}");
	rth_seal_key_free(key);
	return 0;
}
