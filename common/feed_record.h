/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of the feed from the plugin to the recorder: docs/feed.md. No socket
 * in here: the head of a record to bytes and back, checked.
 */
#ifndef RTH_FEED_RECORD_H
#define RTH_FEED_RECORD_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "err.h"

#define RTH_FEED_HEAD_BYTES 16
#define RTH_FEED_PACKET_MAX 2048 /* of RTP or RTCP */
#define RTH_FEED_BODY_MAX 32768	 /* of anything */
#define RTH_FEED_RECORD_MAX (RTH_FEED_HEAD_BYTES + RTH_FEED_BODY_MAX)

enum rth_feed_kind {
	RTH_FEED_BEGIN = 1,
	RTH_FEED_RTP,
	RTH_FEED_RTCP,
	RTH_FEED_CHAT,
	RTH_FEED_NOTE,
	RTH_FEED_END,
	RTH_FEED_READY = 65,
	RTH_FEED_REFUSED,
	RTH_FEED_DONE,
	RTH_FEED_FAILED,
};

#define RTH_FEED_NOBODY 255  /* role */
#define RTH_FEED_NO_SLOT 255 /* slot */

enum rth_feed_codec {
	RTH_FEED_NO_CODEC,
	RTH_FEED_OPUS,
	RTH_FEED_VP8,
	RTH_FEED_H264,
	RTH_FEED_VP9,
	RTH_FEED_AV1,
	RTH_FEED_CODECS,
};

struct rth_feed_head {
	uint8_t kind;  /* enum rth_feed_kind */
	uint8_t role;  /* 0 clinician, 1 patient, RTH_FEED_NOBODY */
	uint8_t slot;  /* 0 voice, 1 camera, 2 screen, RTH_FEED_NO_SLOT */
	uint8_t codec; /* enum rth_feed_codec */
	uint32_t lost; /* packets */
	int64_t time_us;
};

/**
 * Writes a head. Any thread, also the media threads: inline, no allocation.
 *
 * @param out RTH_FEED_HEAD_BYTES
 */
static inline void rth_feed_write(uint8_t *out,
				  const struct rth_feed_head *head)
{
	uint32_t lost = htole32(head->lost);
	uint64_t time_us = htole64((uint64_t)head->time_us);

	out[0] = head->kind;
	out[1] = head->role;
	out[2] = head->slot;
	out[3] = head->codec;
	memcpy(out + 4, &lost, sizeof(lost));
	memcpy(out + 8, &time_us, sizeof(time_us));
}

/**
 * Reads and checks a record. Any thread.
 *
 * @param head   filled in on success
 * @param record borrowed; bytes from outside
 * @return 0, RTH_ERR_FORMAT, or RTH_ERR_LIMIT when the body is longer than its
 *         kind allows; the body is the rest of the record
 */
enum rth_err rth_feed_read(struct rth_feed_head *head, const void *record,
			   size_t len) RTH_CHECKED;

#endif
