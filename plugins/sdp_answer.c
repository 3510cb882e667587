/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer to an offer. What the host adds to it (mid, BUNDLE, ICE, DTLS,
 * rtcp-mux, rtx, SSRCs, sctp-port) is left out here.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sdp.h"

/* Text that is being written; `full` once something did not fit. */
struct answer {
	char *at;
	size_t left;
	bool full;
};

static const struct {
	const char *name;
	const char *encoding;
} codecs[RTH_CODECS] = {
	[RTH_CODEC_VP8] = {"vp8", "VP8/90000"},
	[RTH_CODEC_H264] = {"h264", "H264/90000"},
	[RTH_CODEC_VP9] = {"vp9", "VP9/90000"},
	[RTH_CODEC_AV1] = {"av1", "AV1/90000"},
};

RTH_PRINTF(2, 3)
static void add(struct answer *answer, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(answer->at, answer->left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= answer->left) {
		answer->full = true;
		answer->left = 0;
		return;
	}
	answer->at += n;
	answer->left -= (size_t)n;
}

static void add_extension(struct answer *answer,
			  const struct rth_sdp_slot *slot, enum rth_ext ext)
{
	if (slot->ext[ext])
		add(answer, "a=extmap:%u %s\r\n", slot->ext[ext],
		    rth_ext_uris[ext]);
}

/*
 * No transport-cc for audio: the host does not number the audio that it
 * sends, and a sender whose voice is not part of its estimate keeps it whole
 * when a REMB shrinks the picture. NACK where the page asks for it: the host
 * then keeps what it sends and asks for what it misses. RED (RFC 2198) stands
 * behind plain Opus: the page chooses when it sends it, see voice.h.
 */
static void add_audio(struct answer *answer, const struct rth_sdp_slot *slot)
{
	unsigned pt = slot->opus.pt;

	add(answer, "m=audio 9 UDP/TLS/RTP/SAVPF %u", pt);
	if (slot->red.pt)
		add(answer, " %u", slot->red.pt);
	add(answer, "\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\n");
	add_extension(answer, slot, RTH_EXT_MID);
	add_extension(answer, slot, RTH_EXT_AUDIO_LEVEL);
	add(answer, "a=rtpmap:%u opus/48000/2\r\n", pt);
	if (slot->opus.feedback & RTH_FB_NACK)
		add(answer, "a=rtcp-fb:%u nack\r\n", pt);
	add(answer, "a=fmtp:%u minptime=10;useinbandfec=1\r\n", pt);
	if (slot->red.pt) {
		add(answer, "a=rtpmap:%u red/48000/2\r\n", slot->red.pt);
		add(answer, "a=fmtp:%u %u/%u\r\n", slot->red.pt, pt, pt);
	}
}

static void add_feedback(struct answer *answer,
			 const struct rth_sdp_format *format)
{
	static const struct {
		enum rth_feedback bit;
		const char *text;
	} rows[] = {
		{RTH_FB_REMB, "goog-remb"},
		{RTH_FB_TRANSPORT_CC, "transport-cc"},
		{RTH_FB_FIR, "ccm fir"},
		{RTH_FB_NACK, "nack"},
		{RTH_FB_PLI, "nack pli"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (format->feedback & rows[i].bit)
			add(answer, "a=rtcp-fb:%u %s\r\n", format->pt,
			    rows[i].text);
}

static void add_video(struct answer *answer, const struct rth_sdp_slot *slot,
		      enum rth_codec codec)
{
	const struct rth_sdp_format *format = &slot->video[codec];
	bool transport_cc = slot->ext[RTH_EXT_TRANSPORT_CC] &&
			    (format->feedback & RTH_FB_TRANSPORT_CC);

	add(answer, "m=video 9 UDP/TLS/RTP/SAVPF %u\r\n", format->pt);
	add(answer, "c=IN IP4 0.0.0.0\r\na=sendrecv\r\n");
	add_extension(answer, slot, RTH_EXT_MID);
	add_extension(answer, slot,
		      transport_cc ? RTH_EXT_TRANSPORT_CC
				   : RTH_EXT_ABS_SEND_TIME);
	add(answer, "a=rtpmap:%u %s\r\n", format->pt, codecs[codec].encoding);
	add_feedback(answer, format);
	if (codec == RTH_CODEC_H264)
		add(answer,
		    "a=fmtp:%u level-asymmetry-allowed=1;"
		    "packetization-mode=1;profile-level-id=%06x\r\n",
		    format->pt, format->profile);
}

static void add_data(struct answer *answer, bool sctp_port_form)
{
	add(answer, "m=application 9 %s\r\nc=IN IP4 0.0.0.0\r\n",
	    sctp_port_form ? "UDP/DTLS/SCTP webrtc-datachannel"
			   : "DTLS/SCTP 5000");
}

static bool can(const struct rth_sdp_offer *offer, enum rth_codec codec)
{
	return offer->slot[RTH_SLOT_CAMERA].video[codec].pt &&
	       offer->slot[RTH_SLOT_SCREEN].video[codec].pt;
}

enum rth_err rth_sdp_common(enum rth_codec *codecp, const enum rth_codec *order,
			    size_t n, const struct rth_sdp_offer *a,
			    const struct rth_sdp_offer *b)
{
	for (size_t i = 0; i < n; i++) {
		if (can(a, order[i]) && (!b || can(b, order[i]))) {
			*codecp = order[i];
			return 0;
		}
	}
	return RTH_ERR_NOT_FOUND;
}

enum rth_err rth_sdp_answer(char *out, size_t out_size,
			    const struct rth_sdp_offer *offer,
			    enum rth_codec video)
{
	struct answer answer = {out, out_size, false};

	if (!can(offer, video))
		return RTH_ERR_NOT_FOUND;
	add(&answer, "v=0\r\no=rthealth 1 %u IN IP4 0.0.0.0\r\n",
	    offer->version + 1);
	add(&answer, "s=-\r\nt=0 0\r\n");
	add_audio(&answer, &offer->slot[RTH_SLOT_AUDIO]);
	add_video(&answer, &offer->slot[RTH_SLOT_CAMERA], video);
	add_video(&answer, &offer->slot[RTH_SLOT_SCREEN], video);
	add_data(&answer, offer->sctp_port_form);
	return answer.full ? RTH_ERR_LIMIT : 0;
}

const char *rth_codec_name(enum rth_codec codec)
{
	return (unsigned)codec < RTH_CODECS ? codecs[codec].name : "unknown";
}

enum rth_err rth_codec_find(enum rth_codec *codecp, const char *name)
{
	for (int codec = 0; codec < RTH_CODECS; codec++) {
		if (strcmp(name, codecs[codec].name) == 0) {
			*codecp = (enum rth_codec)codec;
			return 0;
		}
	}
	return RTH_ERR_NOT_FOUND;
}
