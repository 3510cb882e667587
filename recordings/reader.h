/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records from and to the feed's socket. Nothing here waits.
 */
#ifndef RTH_READER_H
#define RTH_READER_H

#include "feed_record.h"

struct rth_reader {
	int fd; /* borrowed; a connected SOCK_SEQPACKET socket */
	struct rth_feed_head head;
	const uint8_t *body; /* of the record that was read last */
	size_t len;
	uint8_t buf[RTH_FEED_RECORD_MAX + 1];
};

/**
 * Reads the next record into the reader.
 *
 * @return 0; RTH_ERR_NOT_FOUND: nothing is there now; RTH_ERR_UNAVAILABLE:
 *         the other side closed; RTH_ERR_FORMAT, RTH_ERR_LIMIT: malformed, or
 *         of a kind that only a recorder says
 */
enum rth_err rth_reader_next(struct rth_reader *reader) RTH_CHECKED;

/**
 * Says something to the plugin. That nobody hears it is not an error: it is
 * found out by reading.
 *
 * @param reason body {"reason":..}, a constant; NULL: no body
 */
void rth_reader_say(int fd, enum rth_feed_kind kind, const char *reason);

#endif
