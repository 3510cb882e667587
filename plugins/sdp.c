/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Session descriptions: a line reader, a table of the attributes that matter,
 * and at the end of each m-line one check of what was gathered. Attributes of
 * a payload type may stand in any order (Firefox writes fmtp before rtpmap),
 * so they are kept by payload type until then.
 */
#include <string.h>
#include <strings.h>

#include "sdp.h"

#define PAYLOAD_TYPES 128
#define SESSION (-1)

/* What an rtpmap makes of a payload type. */
enum kind {
	KIND_NONE,
	KIND_OPUS,
	KIND_VIDEO, /* plus an rth_codec */
	KIND_OTHER = KIND_VIDEO + RTH_CODECS,
};

/* A piece of the offer; never NUL-terminated. */
struct piece {
	const char *p;
	size_t n;
};

struct payload {
	bool listed; /* in the m-line */
	uint8_t kind;
	uint8_t feedback;
	uint8_t packetization_mode;
	uint8_t vp9_profile;
	uint8_t av1_profile;
	uint32_t h264_profile;
};

struct reading {
	struct rth_sdp_offer offer;
	const char *why;
	int slot; /* SESSION before the first m-line */
	unsigned lines;
	bool has_origin, has_name, has_group;
	bool has_ice; /* the host has not stripped it */
	struct piece group;
	uint8_t kinds[PAYLOAD_TYPES]; /* of the whole offer */
	uint8_t ext_ids[RTH_EXTS];    /* of the whole offer */
	/* The m-line that is being read. */
	bool off, bundle_only, has_direction;
	uint8_t feedback_all;
	struct payload payload[PAYLOAD_TYPES];
};

static enum rth_err wrong(struct reading *r, const char *why)
{
	r->why = why;
	return RTH_ERR_FORMAT;
}

static enum rth_err too_much(struct reading *r, const char *why)
{
	r->why = why;
	return RTH_ERR_LIMIT;
}

static bool is(struct piece s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

/* Takes what stands before the first `end`, and that, off the front of s. */
static struct piece take(struct piece *s, char end)
{
	const char *at = s->n ? memchr(s->p, end, s->n) : NULL;
	struct piece front = {s->p, at ? (size_t)(at - s->p) : s->n};
	size_t gone = front.n + (at ? 1 : 0);

	s->p += gone;
	s->n -= gone;
	return front;
}

static bool number(uint32_t *np, struct piece s, uint32_t max)
{
	uint64_t n = 0;

	if (s.n < 1 || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	if (n > max)
		return false;
	*np = (uint32_t)n;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool hex24(uint32_t *np, struct piece s)
{
	uint32_t n = 0;

	if (s.n != 6)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);

		if (d < 0)
			return false;
		n = n << 4 | (uint32_t)d;
	}
	*np = n;
	return true;
}

/* The slot being read; only for rows of the table that are not SESSION. */
static struct rth_sdp_slot *slot(struct reading *r)
{
	return &r->offer.slot[r->slot];
}

/* Payload type at the front of an attribute; NULL: out of range. */
static struct payload *take_payload(struct reading *r, struct piece *s)
{
	uint32_t pt;

	if (!number(&pt, take(s, ' '), PAYLOAD_TYPES - 1))
		return NULL;
	return &r->payload[pt];
}

static enum rth_err on_group(struct reading *r, struct piece s)
{
	if (!is(take(&s, ' '), "BUNDLE"))
		return 0;
	if (r->has_group)
		return wrong(r, "more than one BUNDLE group");
	r->has_group = true;
	r->group = s;
	return 0;
}

static enum rth_err on_ice(struct reading *r, struct piece s)
{
	(void)s;
	r->has_ice = true;
	return 0;
}

static bool is_token(struct piece s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"<>&", s.p[i]))
			return false;
	return s.n > 0;
}

static enum rth_err on_mid(struct reading *r, struct piece s)
{
	if (slot(r)->mid[0])
		return wrong(r, "more than one mid in an m-line");
	if (!is_token(s))
		return wrong(r, "malformed mid");
	if (s.n >= RTH_SDP_MID_SIZE)
		return too_much(r, "mid is too long");
	memcpy(slot(r)->mid, s.p, s.n);
	for (int i = 0; i < r->slot; i++)
		if (strcasecmp(r->offer.slot[i].mid, slot(r)->mid) == 0)
			return wrong(r, "two m-lines have the same mid");
	return 0;
}

static enum rth_err on_bundle_only(struct reading *r, struct piece s)
{
	(void)s;
	r->bundle_only = true;
	return 0;
}

static enum rth_err on_direction(struct reading *r, struct piece s)
{
	(void)s;
	if (r->has_direction)
		return wrong(r, "more than one direction in an m-line");
	r->has_direction = true;
	return 0;
}

static enum rth_err on_other_direction(struct reading *r, struct piece s)
{
	(void)s;
	return wrong(r, "direction is not sendrecv");
}

static const struct {
	const char *encoding;
	enum kind kind;
} encodings[] = {
	{"opus/48000/2", KIND_OPUS},
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

static enum rth_err on_rtpmap(struct reading *r, struct piece s)
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

static enum rth_err on_feedback(struct reading *r, struct piece s)
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

static enum rth_err on_fmtp(struct reading *r, struct piece s)
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

static const char *const ext_uris[RTH_EXTS] = {
	[RTH_EXT_MID] = RTH_URI_MID,
	[RTH_EXT_TRANSPORT_CC] = RTH_URI_TRANSPORT_CC,
	[RTH_EXT_ABS_SEND_TIME] = RTH_URI_ABS_SEND_TIME,
	[RTH_EXT_AUDIO_LEVEL] = RTH_URI_AUDIO_LEVEL,
};

static enum rth_err keep_extension(struct reading *r, enum rth_ext ext,
				   uint8_t id)
{
	if (slot(r)->ext[ext] || (r->ext_ids[ext] && r->ext_ids[ext] != id))
		return wrong(r, "two ids of one header extension");
	for (int other = 0; other < RTH_EXTS; other++)
		if (other != (int)ext && r->ext_ids[other] == id)
			return wrong(r, "one id of two header extensions");
	r->ext_ids[ext] = id;
	slot(r)->ext[ext] = id;
	return 0;
}

/* Ids over 14 need two-byte headers, which the host writes only at need. */
static enum rth_err on_extmap(struct reading *r, struct piece s)
{
	struct piece where = take(&s, ' ');
	struct piece uri = take(&s, ' ');
	struct piece id_text = take(&where, '/');
	uint32_t id;

	if (!number(&id, id_text, 4351) || id == 0 || uri.n == 0)
		return wrong(r, "malformed extmap");
	if (id > 14 || (where.n > 0 && !is(where, "sendrecv")))
		return 0;
	for (int ext = 0; ext < RTH_EXTS; ext++)
		if (is(uri, ext_uris[ext]))
			return keep_extension(r, (enum rth_ext)ext,
					      (uint8_t)id);
	return 0;
}

/* Attributes that matter. Those above `media` may stand before the m-lines. */
static const struct attribute {
	const char *name;
	bool session, media;
	enum rth_err (*read)(struct reading *r, struct piece value);
} attributes[] = {
	{"group", true, false, on_group},
	{"ice-ufrag", true, true, on_ice},
	{"recvonly", true, true, on_other_direction},
	{"sendonly", true, true, on_other_direction},
	{"inactive", true, true, on_other_direction},
	{"sendrecv", false, true, on_direction},
	{"mid", false, true, on_mid},
	{"bundle-only", false, true, on_bundle_only},
	{"rtpmap", false, true, on_rtpmap},
	{"rtcp-fb", false, true, on_feedback},
	{"fmtp", false, true, on_fmtp},
	{"extmap", false, true, on_extmap},
};

static enum rth_err read_attribute(struct reading *r, struct piece value)
{
	struct piece name = take(&value, ':');

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]);
	     i++) {
		const struct attribute *row = &attributes[i];

		if (!is(name, row->name))
			continue;
		if (!(r->slot == SESSION ? row->session : row->media))
			return 0;
		return row->read(r, value);
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

static enum rth_err keep_formats(struct reading *r)
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

static bool has_video(const struct rth_sdp_slot *s)
{
	for (int codec = 0; codec < RTH_CODECS; codec++)
		if (s->video[codec].pt)
			return true;
	return false;
}

/* The m-line is over: judges it. */
static enum rth_err end_slot(struct reading *r)
{
	enum rth_err err;

	if (r->slot == SESSION)
		return 0;
	if (!slot(r)->mid[0])
		return wrong(r, "an m-line has no mid");
	if (r->off && !r->bundle_only)
		return wrong(r, "an m-line is switched off");
	if (r->slot == RTH_SLOT_DATA)
		return 0;
	err = keep_formats(r);
	if (err)
		return err;
	if (r->slot == RTH_SLOT_AUDIO && !slot(r)->opus.pt)
		return wrong(r, "no Opus in the audio m-line");
	if (r->slot != RTH_SLOT_AUDIO && !has_video(slot(r)))
		return wrong(r, "no usable codec in a video m-line");
	return 0;
}

static enum rth_err list_payloads(struct reading *r, struct piece s)
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

static bool is_rtp(struct piece protocol)
{
	return is(protocol, "UDP/TLS/RTP/SAVPF") || is(protocol, "RTP/SAVPF");
}

static enum rth_err read_data_media(struct reading *r, struct piece protocol,
				    struct piece format)
{
	uint32_t port;

	r->offer.sctp_port_form = is(protocol, "UDP/DTLS/SCTP");
	if (r->offer.sctp_port_form && is(format, "webrtc-datachannel"))
		return 0;
	if (is(protocol, "DTLS/SCTP") && number(&port, format, 65535))
		return 0;
	return wrong(r, "the fourth m-line is not a data channel");
}

static enum rth_err read_media(struct reading *r, struct piece s)
{
	static const char *const names[RTH_SLOTS] = {
		[RTH_SLOT_AUDIO] = "audio",
		[RTH_SLOT_CAMERA] = "video",
		[RTH_SLOT_SCREEN] = "video",
		[RTH_SLOT_DATA] = "application",
	};
	struct piece media = take(&s, ' ');
	struct piece port_text = take(&s, ' ');
	struct piece protocol = take(&s, ' ');
	enum rth_err err = end_slot(r);
	uint32_t port;

	if (err)
		return err;
	if (++r->slot >= RTH_SLOTS)
		return wrong(r, "more than four m-lines");
	if (!is(media, names[r->slot]))
		return wrong(r, "not audio, video, video, application");
	if (!number(&port, port_text, 65535))
		return wrong(r, "port is out of range");
	memset(r->payload, 0, sizeof(r->payload));
	r->feedback_all = 0;
	r->bundle_only = false;
	r->has_direction = false;
	r->off = port == 0;
	if (r->slot == RTH_SLOT_DATA)
		return read_data_media(r, protocol, s);
	if (!is_rtp(protocol))
		return wrong(r, "an m-line is not RTP over DTLS-SRTP");
	return list_payloads(r, s);
}

static enum rth_err read_origin(struct reading *r, struct piece s)
{
	struct piece version;
	uint32_t tail = 0;

	if (r->slot != SESSION || r->has_origin)
		return wrong(r, "more than one o= line");
	r->has_origin = true;
	take(&s, ' ');
	take(&s, ' ');
	version = take(&s, ' ');
	if (version.n > 20 || s.n == 0)
		return wrong(r, "malformed o= line");
	if (version.n > 9) { /* the low digits are enough to follow it */
		version.p += version.n - 9;
		version.n = 9;
	}
	if (!number(&tail, version, UINT32_MAX))
		return wrong(r, "malformed o= line");
	r->offer.version = tail;
	return 0;
}

static enum rth_err read_line(struct reading *r, char type, struct piece value)
{
	if (r->lines == 1 && (type != 'v' || !is(value, "0")))
		return wrong(r, "does not begin with v=0");
	switch (type) {
	case 'o':
		return read_origin(r, value);
	case 's':
		r->has_name = true;
		return 0;
	case 'm':
		return read_media(r, value);
	case 'a':
		return read_attribute(r, value);
	case 'v':
		return r->lines == 1 ? 0 : wrong(r, "more than one v= line");
	default:
		return 0;
	}
}

/* Control characters would mean one thing here and another to the host. */
static bool is_plain(struct piece line)
{
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			return false;
	return true;
}

static enum rth_err read_lines(struct reading *r, struct piece text)
{
	while (text.n > 0) {
		struct piece line = take(&text, '\n');
		enum rth_err err;

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (++r->lines > RTH_SDP_MAX_LINES)
			return too_much(r, "too many lines");
		if (line.n > RTH_SDP_MAX_LINE)
			return too_much(r, "a line is too long");
		if (line.n < 2 || line.p[1] != '=' || line.p[0] < 'a' ||
		    line.p[0] > 'z')
			return wrong(r, "a line is not x=value");
		if (!is_plain(line))
			return wrong(r, "a control character");
		err = read_line(r, line.p[0],
				(struct piece){line.p + 2, line.n - 2});
		if (err)
			return err;
	}
	return end_slot(r);
}

/* Every mid once, and nothing else. */
static bool is_whole_bundle(const struct reading *r)
{
	struct piece rest = r->group;
	unsigned found = 0;

	while (rest.n > 0) {
		struct piece mid = take(&rest, ' ');
		int i = 0;

		while (i < RTH_SLOTS && !is(mid, r->offer.slot[i].mid))
			i++;
		if (i == RTH_SLOTS || (found & 1u << i))
			return false;
		found |= 1u << i;
	}
	return found == (1u << RTH_SLOTS) - 1;
}

static enum rth_err judge(struct reading *r)
{
	if (!r->has_origin || !r->has_name)
		return wrong(r, "no o= or s= line");
	if (r->slot != RTH_SLOT_DATA)
		return wrong(r, "fewer than four m-lines");
	/* The host takes the group away together with ICE. */
	if (!r->has_group && r->has_ice)
		return wrong(r, "no BUNDLE group");
	if (r->has_group && !is_whole_bundle(r))
		return wrong(r, "BUNDLE is not the four m-lines");
	return 0;
}

enum rth_err rth_sdp_read(struct rth_sdp_offer *offerp, const char *sdp,
			  const char **reasonp)
{
	struct reading r = {.slot = SESSION, .why = "empty"};
	size_t len = strnlen(sdp, RTH_SDP_MAX_BYTES + 1);
	enum rth_err err;

	if (len > RTH_SDP_MAX_BYTES)
		err = too_much(&r, "longer than 64 KiB");
	else
		err = read_lines(&r, (struct piece){sdp, len});
	if (!err)
		err = judge(&r);
	if (!err)
		*offerp = r.offer;
	else if (reasonp)
		*reasonp = r.why;
	return err;
}
