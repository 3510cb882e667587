/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds a lane what a hostile browser may send: RTP of any slot and codec, and
 * sender reports, with any time between them. Everything behind it is real:
 * libavformat's depacketisers and muxers, and the sealed file.
 *
 * Each record in the input: slot (3: RTCP), codec, time that passes (x 4 ms),
 * length, and so many bytes. A record of RTP whose first byte is 0 stands for a
 * packet with a proper head, made from the 7 bytes that follow: marker and
 * payload type, sequence number, SSRC's last byte, RTP time's middle bytes.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lane.h"

#define RTCP 3
#define HEAD 12
#define SHORT 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	char path[32];
	int dirfd;
	struct rth_seal_key *key;
	struct rth_sender *sender;
	struct rth_lane *lane;
	int64_t now_us;
};

/* Writes a proper head in place of the short one; returns the length. */
static size_t expand(uint8_t *out, const uint8_t *in, size_t len)
{
	const uint8_t head[HEAD] = {0x80,  in[1], in[2], in[3], 0, in[5],
				    in[6], in[7], 0,	 0,	0, in[4]};

	memcpy(out, head, HEAD);
	memcpy(out + HEAD, in + SHORT, len - SHORT);
	return len - SHORT + HEAD;
}

static enum rth_err feed(struct run *run, const uint8_t *record,
			 const uint8_t *bytes, size_t len)
{
	uint8_t whole[HEAD + 256];
	uint8_t *exact;
	enum rth_err err;

	run->now_us += record[2] * INT64_C(4000);
	if (record[0] % 4 == RTCP) {
		rth_sender_report(run->sender, bytes, len, run->now_us);
		return RTH_OK;
	}
	if (len >= SHORT && bytes[0] == 0) {
		len = expand(whole, bytes, len);
		bytes = whole;
	}
	/* Of exactly its size, so that a sanitizer sees an overrun. */
	exact = malloc(len ? len : 1);
	if (!exact)
		return RTH_ERR_NOMEM;
	memcpy(exact, bytes, len);
	err = rth_lane_rtp(run->lane, record[0] % 4, record[1] % 8, exact, len,
			   run->now_us);
	free(exact);
	return err;
}

static int open_run(struct run *run)
{
	uint8_t pair[2][32];
	struct rth_lane_conf conf = {
		.name = "patient", .part = 1, .origin_us = 1};

	snprintf(run->path, sizeof(run->path), "/dev/shm/rth-fuzz-XXXXXX");
	if (sodium_init() < 0 || !mkdtemp(run->path))
		return -1;
	run->dirfd = open(run->path, O_RDONLY | O_DIRECTORY);
	run->now_us = 1;
	crypto_box_keypair(pair[0], pair[1]);
	if (run->dirfd < 0 ||
	    rth_seal_key_make(&run->key, (const uint8_t(*)[32])pair, 1) ||
	    rth_sender_create(&run->sender))
		return -1;
	conf.dirfd = run->dirfd;
	conf.key = run->key;
	conf.sender = run->sender;
	return rth_lane_create(&run->lane, &conf) ? -1 : 0;
}

static void close_run(struct run *run)
{
	struct rth_segment_info info;

	for (size_t n = 0; !rth_lane_segment(run->lane, n, &info); n++)
		unlinkat(run->dirfd, info.name, 0);
	rth_lane_free(run->lane);
	rth_sender_free(run->sender);
	rth_seal_key_free(run->key);
	close(run->dirfd);
	rmdir(run->path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run;

	if (open_run(&run))
		abort();
	while (size > 4) {
		size_t len = data[3] < size - 4 ? data[3] : size - 4;

		/* Nothing that is sent is an error of the disk or memory. */
		if (feed(&run, data, data + 4, len))
			abort();
		data += 4 + len;
		size -= 4 + len;
	}
	if (rth_lane_tick(run.lane, run.now_us + 2000000) ||
	    rth_lane_flush(run.lane) || rth_lane_finish(run.lane))
		abort();
	close_run(&run);
	return 0;
}
