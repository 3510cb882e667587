/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The payload types of an m-line: what rtpmap, rtcp-fb and fmtp say of them,
 * in any order (Firefox writes fmtp before rtpmap), and which of them serve.
 */
#include "sdp_reading.h"

/* Payload type at the front of an attribute; NULL: out of range. */
static struct payload *take_payload(struct reading *r, struct piece *s)
{
	uint32_t pt;

	if (!number(&pt, take(s, ' '), PAYLOAD_TYPES - 1))
		return NULL;
	return &r->payload[pt];
}

static const struct {
	const char *encoding;
	enum kind kind;
} encodings[] = {
	{"opus/48000/2", KIND_OPUS},
	{"red/48000/2", KIND_RED},
	{"VP8/90000", KIND_VIDEO + RTH_CODEC_VP8},
	{"H264/90000", KIND_VIDEO + RTH_CODEC_H264},
	{"VP9/90000", KIND_VIDEO + RTH_CODEC_VP9},
	{"AV1/90000", KIND_VIDEO + RTH_CODEC_AV1},
};

static enum kind find_kind(struct piece encoding)
{
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (is(encoding, encodings[i].encoding))
			return encodings[i].kind;
	return KIND_OTHER;
}

enum rth_err rth_sdp_rtpmap(struct reading *r, struct piece s)
{
	struct payload *payload = take_payload(r, &s);

	if (!payload || s.n == 0)
		return wrong(r, "malformed rtpmap");
	if (payload->kind)
		return wrong(r, "two rtpmaps of one payload type");
	payload->kind = (uint8_t)find_kind(s);
	return 0;
}

static const struct {
	const char *text;
	uint8_t feedback;
} feedbacks[] = {
	{"nack", RTH_FB_NACK},
	{"nack pli", RTH_FB_PLI},
	{"ccm fir", RTH_FB_FIR},
	{"goog-remb", RTH_FB_REMB},
	{"transport-cc", RTH_FB_TRANSPORT_CC},
};

enum rth_err rth_sdp_feedback(struct reading *r, struct piece s)
{
	bool all = s.n > 1 && s.p[0] == '*' && s.p[1] == ' ';
	struct payload *payload = NULL;
	uint8_t set = 0;

	if (all)
		take(&s, ' ');
	else
		payload = take_payload(r, &s);
	if (!all && !payload)
		return wrong(r, "malformed rtcp-fb");
	for (size_t i = 0; i < sizeof(feedbacks) / sizeof(feedbacks[0]); i++)
		if (is(s, feedbacks[i].text))
			set = feedbacks[i].feedback;
	if (all)
		r->feedback_all |= set;
	else
		payload->feedback |= set;
	return 0;
}

/* One parameter of fmtp; those of other codecs are passed over. */
static bool read_parameter(struct payload *payload, struct piece s)
{
	struct piece name = take(&s, '=');
	uint32_t n = 0;
	bool ok = true;

	if (is(name, "profile-level-id"))
		return hex24(&payload->h264_profile, s);
	if (is(name, "packetization-mode")) {
		ok = number(&n, s, 2);
		payload->packetization_mode = (uint8_t)n;
	} else if (is(name, "profile-id")) {
		ok = number(&n, s, 3);
		payload->vp9_profile = (uint8_t)n;
	} else if (is(name, "profile")) {
		ok = number(&n, s, 2);
		payload->av1_profile = (uint8_t)n;
	}
	return ok;
}

enum rth_err rth_sdp_fmtp(struct reading *r, struct piece s)
{
	struct payload *payload = take_payload(r, &s);

	if (!payload)
		return wrong(r, "malformed fmtp");
	while (s.n > 0) {
		struct piece parameter = take(&s, ';');

		while (parameter.n > 0 && parameter.p[0] == ' ') {
			parameter.p++;
			parameter.n--;
		}
		if (!read_parameter(payload, parameter))
			return wrong(r, "fmtp parameter is out of range");
	}
	return 0;
}

enum rth_err rth_sdp_list_payloads(struct reading *r, struct piece s)
{
	while (s.n > 0) {
		struct payload *payload = take_payload(r, &s);

		if (!payload)
			return wrong(r, "payload type is out of range");
		if (payload->listed)
			return wrong(r, "a payload type is listed twice");
		payload->listed = true;
	}
	return 0;
}

/* Dynamic payload types that RTCP multiplexing leaves (RFC 5761, section 4). */
static bool is_dynamic(unsigned pt)
{
	return (pt >= 35 && pt <= 63) || pt >= 96;
}

static bool is_usable(const struct payload *payload)
{
	uint32_t profile = payload->h264_profile >> 8;

	switch ((int)payload->kind) {
	case KIND_VIDEO + RTH_CODEC_H264:
		return payload->packetization_mode == 1 &&
		       (profile >> 8) == 0x42;
	case KIND_VIDEO + RTH_CODEC_VP9:
		return payload->vp9_profile == 0;
	case KIND_VIDEO + RTH_CODEC_AV1:
		return payload->av1_profile == 0;
	default:
		return true;
	}
}

/* H264: constrained baseline is what everybody has; plain baseline serves. */
static bool is_better(const struct payload *payload,
		      const struct rth_sdp_format *had)
{
	if (!had->pt)
		return true;
	return (payload->h264_profile >> 8 & 0x40) &&
	       !(had->profile >> 8 & 0x40);
}

static enum rth_err keep_format(struct reading *r, unsigned pt)
{
	const struct payload *payload = &r->payload[pt];
	struct rth_sdp_format *format = NULL;

	if (payload->kind == KIND_OPUS && r->slot == RTH_SLOT_AUDIO)
		format = &slot(r)->opus;
	else if (payload->kind == KIND_RED && r->slot == RTH_SLOT_AUDIO)
		format = &slot(r)->red;
	else if (payload->kind >= KIND_VIDEO && payload->kind < KIND_OTHER &&
		 r->slot != RTH_SLOT_AUDIO && is_usable(payload))
		format = &slot(r)->video[payload->kind - KIND_VIDEO];
	if (!format || !is_better(payload, format))
		return 0;
	if (!is_dynamic(pt))
		return wrong(r, "payload type is out of range");
	format->pt = (uint8_t)pt;
	format->feedback = payload->feedback | r->feedback_all;
	format->profile = payload->h264_profile;
	return 0;
}

enum rth_err rth_sdp_keep_formats(struct reading *r)
{
	for (unsigned pt = 0; pt < PAYLOAD_TYPES; pt++) {
		const struct payload *payload = &r->payload[pt];
		enum rth_err err;

		if (!payload->listed || !payload->kind)
			continue;
		if (r->kinds[pt] && r->kinds[pt] != payload->kind)
			return wrong(r, "a payload type with two meanings");
		r->kinds[pt] = payload->kind;
		err = keep_format(r, pt);
		if (err)
			return err;
	}
	return 0;
}
