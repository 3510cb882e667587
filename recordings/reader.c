/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One record is one packet of the socket. The buffer is one byte larger than
 * the largest record, so that a longer one is seen and not cut.
 */
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

enum rth_err rth_reader_next(struct rth_reader *reader)
{
	ssize_t n;
	enum rth_err err;

	do
		n = recv(reader->fd, reader->buf, sizeof(reader->buf),
			 MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return RTH_ERR_NOT_FOUND;
	if (n <= 0)
		return RTH_ERR_UNAVAILABLE;
	if (n > RTH_FEED_RECORD_MAX)
		return RTH_ERR_LIMIT;
	err = rth_feed_read(&reader->head, reader->buf, (size_t)n);
	if (err)
		return err;
	if (reader->head.kind >= RTH_FEED_READY)
		return RTH_ERR_FORMAT;
	reader->body = reader->buf + RTH_FEED_HEAD_BYTES;
	reader->len = (size_t)n - RTH_FEED_HEAD_BYTES;
	return RTH_OK;
}

void rth_reader_say(int fd, enum rth_feed_kind kind, const char *reason)
{
	const struct rth_feed_head head = {
		.kind = (uint8_t)kind,
		.role = RTH_FEED_NOBODY,
		.slot = RTH_FEED_NO_SLOT,
	};
	uint8_t record[128];
	size_t len = RTH_FEED_HEAD_BYTES;
	ssize_t sent;

	rth_feed_write(record, &head);
	if (reason)
		len += (size_t)snprintf((char *)record + len,
					sizeof(record) - len,
					"{\"reason\":\"%s\"}", reason);
	do
		sent = send(fd, record, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
}
