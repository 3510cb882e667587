/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Session descriptions: a line reader, a table of the attributes that matter,
 * and at the end of each m-line one check of what was gathered.
 */
#include "sdp_reading.h"

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

const char *const rth_ext_uris[RTH_EXTS] = {
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
		if (is(uri, rth_ext_uris[ext]))
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
	{"rtpmap", false, true, rth_sdp_rtpmap},
	{"rtcp-fb", false, true, rth_sdp_feedback},
	{"fmtp", false, true, rth_sdp_fmtp},
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
	err = rth_sdp_keep_formats(r);
	if (err)
		return err;
	if (r->slot == RTH_SLOT_AUDIO && !slot(r)->opus.pt)
		return wrong(r, "no Opus in the audio m-line");
	if (r->slot != RTH_SLOT_AUDIO && !has_video(slot(r)))
		return wrong(r, "no usable codec in a video m-line");
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
	return rth_sdp_list_payloads(r, s);
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
