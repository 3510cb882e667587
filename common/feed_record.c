/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Heads of feed records. See feed_record.h.
 */
#include "feed_record.h"

#define ROLES 2
#define SLOTS 3
#define CHAT_MAX 8192
#define END_MAX 1024

/* What each kind may carry. */
static const struct {
	uint8_t kind;
	uint16_t body_max;
	uint16_t body_min;
} kinds[] = {
	{RTH_FEED_BEGIN, RTH_FEED_BODY_MAX, 2},
	{RTH_FEED_RTP, RTH_FEED_PACKET_MAX, 12},
	{RTH_FEED_RTCP, RTH_FEED_PACKET_MAX, 8},
	{RTH_FEED_CHAT, CHAT_MAX, 2},
	{RTH_FEED_NOTE, RTH_FEED_BODY_MAX, 2},
	{RTH_FEED_END, END_MAX, 2},
	{RTH_FEED_READY, 0, 0},
	{RTH_FEED_REFUSED, END_MAX, 2},
	{RTH_FEED_DONE, 0, 0},
	{RTH_FEED_FAILED, END_MAX, 2},
};

static enum rth_err check_body(uint8_t kind, size_t len)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].kind != kind)
			continue;
		if (len > kinds[i].body_max)
			return RTH_ERR_LIMIT;
		return len < kinds[i].body_min ? RTH_ERR_FORMAT : RTH_OK;
	}
	return RTH_ERR_FORMAT;
}

/* Media is somebody's, of a slot, and of a codec that fits the slot. */
static bool fits(const struct rth_feed_head *head)
{
	if (head->role >= ROLES && head->role != RTH_FEED_NOBODY)
		return false;
	if (head->slot >= SLOTS && head->slot != RTH_FEED_NO_SLOT)
		return false;
	if (head->codec >= RTH_FEED_CODECS || head->time_us < 0)
		return false;
	if (head->kind != RTH_FEED_RTP)
		return true;
	return head->role < ROLES && head->slot < SLOTS &&
	       head->codec != RTH_FEED_NO_CODEC &&
	       (head->slot == 0) == (head->codec == RTH_FEED_OPUS);
}

enum rth_err rth_feed_read(struct rth_feed_head *head, const void *record,
			   size_t len)
{
	const uint8_t *in = record;
	struct rth_feed_head read;
	uint32_t lost;
	uint64_t time_us;
	enum rth_err err;

	if (len < RTH_FEED_HEAD_BYTES)
		return RTH_ERR_FORMAT;
	memcpy(&lost, in + 4, sizeof(lost));
	memcpy(&time_us, in + 8, sizeof(time_us));
	read = (struct rth_feed_head){
		.kind = in[0],
		.role = in[1],
		.slot = in[2],
		.codec = in[3],
		.lost = le32toh(lost),
		.time_us = (int64_t)le64toh(time_us),
	};
	err = check_body(read.kind, len - RTH_FEED_HEAD_BYTES);
	if (err)
		return err;
	if (!fits(&read))
		return RTH_ERR_FORMAT;
	*head = read;
	return RTH_OK;
}
