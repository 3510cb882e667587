/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What sealing costs: MB/s in bulk and read back; and an hour at 1 Mbit/s in
 * frames with a flush each second: CPU, bytes on the disk beside the plain
 * ones, and how long a flush takes.
 *
 *     bench_seal [FOLDER]      on the disk of FOLDER; else in memory
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <sodium.h>

#include "seal.h"

#define BULK_BYTES (256u << 20)
#define HOUR_S 3600
#define FRAMES_S 80 /* 30 pictures, 50 packets of voice */
#define FRAME_BYTES (1000000 / 8 / FRAMES_S)

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int err, const char *what)
{
	if (err) {
		fprintf(stderr, "bench_seal: %s: %d\n", what, err);
		exit(EXIT_FAILURE);
	}
}

static int new_file(const char *folder)
{
	int fd = folder ? open(folder, O_TMPFILE | O_RDWR, 0600)
			: memfd_create("sealed", 0);

	must(fd < 0, "file");
	return fd;
}

static void bulk(const struct rth_seal_key *key, const char *folder)
{
	static uint8_t data[1 << 20];
	int fd = new_file(folder), again = dup(fd);
	struct rth_unseal *u;
	struct rth_seal *seal;
	size_t got;
	double t;

	must(rth_seal_create(&seal, fd, key), "create");
	t = now(CLOCK_MONOTONIC);
	for (uint64_t at = 0; at < BULK_BYTES; at += sizeof(data))
		must(rth_seal_write(seal, at, data, sizeof(data)), "write");
	must(rth_seal_finish(seal, NULL), "finish");
	t = now(CLOCK_MONOTONIC) - t;
	printf("write  %7.0f MB/s\n", BULK_BYTES / 1e6 / t);
	must(rth_unseal_open(&u, again, key), "open");
	t = now(CLOCK_MONOTONIC);
	for (uint64_t at = 0; at < BULK_BYTES; at += sizeof(data))
		must(rth_unseal_read(u, at, data, sizeof(data), &got, NULL),
		     "read");
	t = now(CLOCK_MONOTONIC) - t;
	printf("read   %7.0f MB/s\n", BULK_BYTES / 1e6 / t);
	t = now(CLOCK_MONOTONIC);
	must(rth_unseal_verify(u, NULL), "verify");
	t = now(CLOCK_MONOTONIC) - t;
	printf("verify %7.0f MB/s\n", BULK_BYTES / 1e6 / t);
	rth_unseal_close(u);
}

static void hour(const struct rth_seal_key *key, const char *folder)
{
	static uint8_t frame[FRAME_BYTES];
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID), flushes = 0, longest = 0;
	int fd = new_file(folder), again = dup(fd);
	struct rth_seal *seal;
	struct stat st;
	uint64_t at = 0;

	must(rth_seal_create(&seal, fd, key), "create");
	for (int s = 0; s < HOUR_S; s++) {
		double t;

		for (int i = 0; i < FRAMES_S; i++, at += sizeof(frame))
			must(rth_seal_write(seal, at, frame, sizeof(frame)),
			     "write");
		t = now(CLOCK_MONOTONIC);
		must(rth_seal_flush(seal), "flush");
		t = now(CLOCK_MONOTONIC) - t;
		flushes += t;
		longest = t > longest ? t : longest;
	}
	must(rth_seal_finish(seal, NULL), "finish");
	cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	must(fstat(again, &st), "stat");
	printf("hour   %7.2f MB plain, %.0f bytes more on the disk (%.2f %%), "
	       "%.2f s CPU (%.3f %% of a core), flush %.2f ms, at most %.1f\n",
	       (double)at / 1e6, (double)st.st_size - (double)at,
	       100 * ((double)st.st_size / (double)at - 1), cpu,
	       100 * cpu / HOUR_S, 1000 * flushes / HOUR_S, 1000 * longest);
	close(again);
}

int main(int argc, char **argv)
{
	uint8_t public[1][RTH_SEAL_PUBLIC_BYTES], secret[32];
	const char *folder = argc > 1 ? argv[1] : NULL;
	struct rth_seal_key *key;

	must(sodium_init() < 0, "libsodium");
	crypto_box_keypair(public[0], secret);
	must(rth_seal_key_make(&key, (const uint8_t(*)[32]) public, 1), "key");
	printf("in %s\n", folder ? folder : "memory");
	bulk(key, folder);
	hour(key, folder);
	rth_seal_key_free(key);
	return 0;
}
