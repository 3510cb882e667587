/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads arbitrary bytes as a sealed file whose recording key is known, as the
 * portal reads what lies on its disk.
 *
 * A fuzzer cannot make a header or a record that opens. So the input's header
 * is made right when its first byte says so; and where the input's records do
 * not open, the key seals the input itself as records: their heads come from
 * the input, and so may claim anything.
 *
 *   byte 0: bit 0 make the header right, bit 1 seal the records
 *   then 29 bytes for each of up to 6 records: place (1), number (8),
 *   generation (8), length (4), synced (4), and of an end record its length (4)
 *   without bit 1: the file itself
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <sodium.h>

#include "seal.h"
#include "seal_format.h"

#define RECORDS 6
#define RECIPE 29
#define PLACES 5 /* two slots, three blocks */
#define FILE_BYTES RTH_BLOCK_AT(4)

static struct rth_seal_key *key_of_file(void)
{
	static struct rth_seal_key key;
	static struct rth_seal_pair pair;
	static uint8_t secret[RTH_SEAL_SECRET_BYTES];

	if (!key.n) {
		if (sodium_init() < 0)
			abort();
		memset(key.raw, 7, sizeof(key.raw));
		memset(secret, 9, sizeof(secret));
		if (rth_seal_key_derive(&key) ||
		    crypto_scalarmult_base(pair.public, secret))
			abort();
		rth_seal_key_id(key.boxes[0], pair.public);
		key.n = 1;
	}
	return &key;
}

static uint64_t number(const uint8_t *in, int bytes)
{
	uint64_t value = 0;

	for (int i = bytes - 1; i >= 0; i--)
		value = value << 8 | in[i];
	return value;
}

static void put_record(uint8_t *file, const uint8_t *recipe)
{
	static uint8_t plain[RTH_SEAL_BLOCK_BYTES];
	const uint8_t id[RTH_SEAL_ID_BYTES] = {0};
	struct rth_record rec = {
		.number = number(recipe + 1, 8),
		.generation = number(recipe + 9, 8),
		.length = (uint32_t)number(recipe + 17, 4) %
			  (RTH_SEAL_BLOCK_BYTES + 1),
		.synced = (uint32_t)number(recipe + 21, 4),
	};

	memset(plain, 0, sizeof(plain));
	memcpy(plain, recipe + 25, 4);
	rth_record_seal(file + RTH_SLOT_AT(recipe[0] % PLACES), &rec, plain,
			key_of_file(), id);
}

static size_t make(uint8_t *file, const uint8_t *data, size_t size)
{
	const uint8_t id[RTH_SEAL_ID_BYTES] = {0};
	uint8_t how = data[0];
	size_t n = 0;

	data++;
	size--;
	if (how & 2) {
		for (; n < RECORDS && size >= RECIPE; n++, size -= RECIPE) {
			put_record(file, data);
			data += RECIPE;
		}
		size = RTH_BLOCK_AT(how >> 2 & 3);
	} else {
		size = size < FILE_BYTES ? size : FILE_BYTES;
		memcpy(file, data, size);
	}
	if (how & 1 && size >= RTH_SEAL_HEADER_BYTES &&
	    rth_header_write(file, key_of_file(), id))
		abort();
	return size;
}

static void no_pause(void)
{
}

static void read_it(int fd)
{
	struct rth_seal_disk disk = rth_seal_disk;
	static uint8_t plain[2 * RTH_SEAL_BLOCK_BYTES + 3];
	uint64_t block = UINT64_MAX, length;
	struct rth_unseal *u;
	size_t got = SIZE_MAX;

	disk.pause = no_pause; /* nobody writes meanwhile */
	if (rth_unseal_open_on(&u, fd, key_of_file(), &disk)) {
		close(fd);
		return;
	}
	length = rth_unseal_length(u);
	if (!rth_unseal_read(u, 0, plain, sizeof(plain), &got, &block) &&
	    got != (length < sizeof(plain) ? length : sizeof(plain)))
		abort();
	if (!rth_unseal_read(u, length - 1, plain, 2, &got, &block) && length &&
	    got != 1)
		abort();
	/* A length that nothing backs ends at the first block that is not. */
	if (!rth_unseal_verify(u, &block) && length > FILE_BYTES)
		abort();
	rth_unseal_close(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t file[FILE_BYTES];
	struct rth_seal_key *opened;
	struct rth_seal_pair pair = {.secret = key_of_file()->raw};
	int fd;

	if (!size)
		return 0;
	memset(file, 0, sizeof(file));
	size = make(file, data, size);
	fd = memfd_create("sealed", MFD_CLOEXEC);
	if (fd < 0 || write(fd, file, size) != (ssize_t)size)
		abort();
	if (!rth_seal_key_open(&opened, fd, &pair, 1))
		abort(); /* nothing here is sealed to that */
	if (!rth_seal_key_given(&opened, fd, key_of_file()->raw))
		rth_seal_key_free(opened);
	read_it(fd);
	return 0;
}
