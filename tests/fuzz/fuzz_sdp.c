/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds bytes to the reader of offers. What is accepted has to be answerable
 * in the promised room, with payload types and ids that are in range.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_format(const struct rth_sdp_format *format)
{
	if (format->pt > 127 || (format->pt && format->pt < 35) ||
	    (format->pt >= 64 && format->pt < 96) || format->profile >> 24)
		abort();
}

static void check_slot(const struct rth_sdp_slot *slot)
{
	if (!memchr(slot->mid, '\0', sizeof(slot->mid)) || !slot->mid[0])
		abort();
	for (int ext = 0; ext < RTH_EXTS; ext++)
		if (slot->ext[ext] > 14)
			abort();
	check_format(&slot->opus);
	for (int codec = 0; codec < RTH_CODECS; codec++)
		check_format(&slot->video[codec]);
}

static void check_offer(const struct rth_sdp_offer *offer)
{
	static const enum rth_codec order[] = {RTH_CODEC_VP8, RTH_CODEC_H264,
					       RTH_CODEC_VP9, RTH_CODEC_AV1};
	char answer[RTH_SDP_ANSWER_BYTES];
	enum rth_codec codec;

	for (int i = 0; i < RTH_SLOTS; i++)
		check_slot(&offer->slot[i]);
	if (!rth_sdp_common(&codec, order, RTH_CODECS, offer, offer) &&
	    rth_sdp_answer(answer, sizeof(answer), offer, codec))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct rth_sdp_offer offer;
	const char *reason = NULL;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!rth_sdp_read(&offer, text, &reason))
		check_offer(&offer);
	else if (!reason)
		abort();
	free(text);
	return 0;
}
