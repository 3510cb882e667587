/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stands in for rthealth-recover in the portal's tests: copies what can be
 * read, says that it lasted 2500 ms. The first byte of the plain text tells it
 * to do otherwise.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "seal.h"

enum { KEY = 3, FROM = 4, TO = 5 };

static char data[1 << 20];

int main(void)
{
	uint8_t raw[RTH_SEAL_KEY_BYTES];
	struct rth_seal_key *key;
	struct rth_unseal *unseal;
	struct rth_seal *seal;
	uint64_t block;
	size_t got = 0;

	if (sodium_init() < 0 || read(KEY, raw, sizeof(raw)) != sizeof(raw) ||
	    rth_seal_key_given(&key, FROM, raw) ||
	    rth_unseal_open(&unseal, FROM, key) ||
	    rth_unseal_read(unseal, 0, data, sizeof(data), &got, &block))
		return 1;
	if (*data == 'N')
		return 3; /* nothing can be played */
	if (*data == 'F')
		return 1;
	if (*data == 'C')
		raise(SIGKILL);
	if (*data == 'H')
		pause();
	if (*data == 'S') {
		close(STDOUT_FILENO); /* silent, but it stays */
		pause();
	}
	if (*data == 'L')
		for (;;)
			puts("{}");
	if (rth_seal_create(&seal, TO, key) ||
	    rth_seal_write(seal, 0, data, got))
		return 1;
	if (*data == 'U')
		rth_seal_close(seal); /* not finished */
	else if (rth_seal_finish(seal, NULL))
		return 1;
	puts(*data == 'J' ? "no JSON"
			  : "{\"duration_ms\":2500,\"frames\":75,"
			    "\"video\":\"vp8\"}");
	rth_unseal_close(unseal);
	rth_seal_key_free(key);
	return 0;
}
