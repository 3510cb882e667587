/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Session descriptions: offers of real browsers, as they made them and as the
 * host hands them on, and what becomes of one when a piece of it is changed.
 */
#include "support.h"

#include "sdp.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void read_good(struct rth_sdp_offer *offer, const char *name)
{
	const char *reason = "";
	size_t len;
	char *text = test_read(name, &len);

	if (rth_sdp_read(offer, text, &reason))
		fail_msg("%s: %s", name, reason);
	free(text);
}

static void check_chromium(const struct rth_sdp_offer *offer)
{
	const struct rth_sdp_slot *audio = &offer->slot[RTH_SLOT_AUDIO];

	assert_int_equal(audio->opus.pt, 111);
	assert_int_equal(audio->ext[RTH_EXT_AUDIO_LEVEL], 1);
	assert_int_equal(audio->ext[RTH_EXT_MID], 4);
	assert_string_equal(offer->slot[RTH_SLOT_DATA].mid, "3");
	assert_true(offer->sctp_port_form);
	for (int i = RTH_SLOT_CAMERA; i <= RTH_SLOT_SCREEN; i++) {
		const struct rth_sdp_slot *video = &offer->slot[i];

		assert_int_equal(video->video[RTH_CODEC_VP8].pt, 96);
		assert_int_equal(video->video[RTH_CODEC_VP8].feedback,
				 RTH_FB_NACK | RTH_FB_PLI | RTH_FB_FIR |
					 RTH_FB_REMB | RTH_FB_TRANSPORT_CC);
		assert_int_equal(video->video[RTH_CODEC_H264].pt, 108);
		assert_int_equal(video->video[RTH_CODEC_H264].profile,
				 0x42e01f);
		assert_int_equal(video->video[RTH_CODEC_VP9].pt, 98);
		assert_int_equal(video->video[RTH_CODEC_AV1].pt, 45);
		assert_int_equal(video->ext[RTH_EXT_TRANSPORT_CC], 3);
		assert_int_equal(video->ext[RTH_EXT_MID], 4);
		assert_int_equal(video->ext[RTH_EXT_AUDIO_LEVEL], 0);
	}
}

static void reads_chromium(void **state)
{
	struct rth_sdp_offer raw, stripped;

	(void)state;
	read_good(&raw, "sdp/chromium.sdp");
	read_good(&stripped, "sdp/chromium-stripped.sdp");
	check_chromium(&raw);
	check_chromium(&stripped);
	assert_int_equal(raw.version, 2);
}

/* Firefox: fmtp before rtpmap, and the third m-line bundle-only, port 0. */
static void reads_firefox(void **state)
{
	static const char *const names[] = {"sdp/firefox.sdp",
					    "sdp/firefox-stripped.sdp"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct rth_sdp_offer offer;
		const struct rth_sdp_slot *screen;

		read_good(&offer, names[i]);
		screen = &offer.slot[RTH_SLOT_SCREEN];
		assert_int_equal(offer.slot[RTH_SLOT_AUDIO].opus.pt, 109);
		assert_int_equal(screen->video[RTH_CODEC_VP8].pt, 120);
		assert_int_equal(screen->video[RTH_CODEC_VP9].pt, 121);
		assert_int_equal(screen->video[RTH_CODEC_AV1].pt, 99);
		assert_int_equal(screen->video[RTH_CODEC_H264].pt, 0);
		assert_int_equal(screen->ext[RTH_EXT_TRANSPORT_CC], 7);
		assert_string_equal(screen->mid, "2");
	}
}

static void answers_with_the_offers_numbers(void **state)
{
	static const char *const wanted[] = {
		"\r\nm=audio 9 UDP/TLS/RTP/SAVPF 109\r\n",
		"\r\na=rtpmap:109 opus/48000/2\r\n",
		"\r\na=fmtp:109 minptime=10;useinbandfec=1\r\n",
		"\r\nm=video 9 UDP/TLS/RTP/SAVPF 120\r\n",
		"\r\na=rtpmap:120 VP8/90000\r\n",
		"\r\na=rtcp-fb:120 nack\r\n",
		"\r\na=rtcp-fb:120 nack pli\r\n",
		"\r\na=rtcp-fb:120 ccm fir\r\n",
		"\r\na=rtcp-fb:120 goog-remb\r\n",
		"\r\na=rtcp-fb:120 transport-cc\r\n",
		"\r\na=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
		"\r\na=sendrecv\r\n",
		"\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
	};
	static const char *const unwanted[] = {
		"a=mid:",	 "a=ssrc",	"a=candidate",
		"a=fingerprint", "rtx/90000",	"abs-send-time",
		"usedtx",	 "rtcp-fb:109", "a=group",
	};
	char answer[RTH_SDP_ANSWER_BYTES];
	struct rth_sdp_offer offer;

	(void)state;
	read_good(&offer, "sdp/firefox.sdp");
	assert_int_equal(
		rth_sdp_answer(answer, sizeof(answer), &offer, RTH_CODEC_VP8),
		0);
	for (size_t i = 0; i < COUNT(wanted); i++)
		if (!strstr(answer, wanted[i]))
			fail_msg("no %s", wanted[i]);
	for (size_t i = 0; i < COUNT(unwanted); i++)
		if (strstr(answer, unwanted[i]))
			fail_msg("%s", unwanted[i]);
	assert_int_equal(strncmp(answer, "v=0\r\no=", 7), 0);
}

static void answers_h264_as_offered(void **state)
{
	char answer[RTH_SDP_ANSWER_BYTES];
	struct rth_sdp_offer offer;

	(void)state;
	read_good(&offer, "sdp/chromium.sdp");
	assert_int_equal(
		rth_sdp_answer(answer, sizeof(answer), &offer, RTH_CODEC_H264),
		0);
	assert_non_null(strstr(answer,
			       "\r\na=fmtp:108 level-asymmetry-allowed=1;"
			       "packetization-mode=1;"
			       "profile-level-id=42e01f\r\n"));
}

static void refuses_to_answer_in_too_little_room(void **state)
{
	char answer[RTH_SDP_ANSWER_BYTES];
	struct rth_sdp_offer offer;
	size_t need;

	(void)state;
	read_good(&offer, "sdp/chromium.sdp");
	assert_int_equal(
		rth_sdp_answer(answer, sizeof(answer), &offer, RTH_CODEC_VP8),
		0);
	need = strlen(answer) + 1;
	for (size_t size = 0; size < need; size++)
		assert_int_equal(
			rth_sdp_answer(answer, size, &offer, RTH_CODEC_VP8),
			RTH_ERR_LIMIT);
	assert_int_equal(rth_sdp_answer(answer, need, &offer, RTH_CODEC_VP8),
			 0);
	read_good(&offer, "sdp/firefox.sdp");
	assert_int_equal(
		rth_sdp_answer(answer, sizeof(answer), &offer, RTH_CODEC_H264),
		RTH_ERR_NOT_FOUND);
}

static void finds_the_common_codec(void **state)
{
	static const enum rth_codec order[] = {RTH_CODEC_H264, RTH_CODEC_AV1,
					       RTH_CODEC_VP8};
	struct rth_sdp_offer chromium, firefox;
	enum rth_codec codec = RTH_CODECS;

	(void)state;
	read_good(&chromium, "sdp/chromium.sdp");
	read_good(&firefox, "sdp/firefox.sdp");
	assert_int_equal(rth_sdp_common(&codec, order, 3, &chromium, NULL), 0);
	assert_int_equal(codec, RTH_CODEC_H264);
	assert_int_equal(rth_sdp_common(&codec, order, 3, &chromium, &firefox),
			 0);
	assert_int_equal(codec, RTH_CODEC_AV1);
	assert_int_equal(rth_sdp_common(&codec, order, 1, &chromium, &firefox),
			 RTH_ERR_NOT_FOUND);
	/* Both video slots have to be able to. */
	firefox.slot[RTH_SLOT_SCREEN].video[RTH_CODEC_AV1].pt = 0;
	assert_int_equal(rth_sdp_common(&codec, order, 3, &firefox, NULL), 0);
	assert_int_equal(codec, RTH_CODEC_VP8);
}

static void names_codecs(void **state)
{
	enum rth_codec codec;

	(void)state;
	for (int i = 0; i < RTH_CODECS; i++) {
		const char *name = rth_codec_name((enum rth_codec)i);

		assert_int_equal(rth_codec_find(&codec, name), 0);
		assert_int_equal(codec, i);
	}
	assert_int_equal(rth_codec_find(&codec, "VP8"), RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_codec_find(&codec, ""), RTH_ERR_NOT_FOUND);
}

/* One change of Chromium's offer; all: every place, else the first. */
static const struct edit {
	const char *find, *put;
	bool all;
	const char *reason; /* NULL: still good */
} edits[] = {
	{"v=0\r\n", "", false, "does not begin with v=0"},
	{"v=0", "v=1", false, "does not begin with v=0"},
	{"t=0 0\r\n", "v=0\r\n", false, "more than one v= line"},
	{"o=-", "x=-", false, "no o= or s= line"},
	{"s=-\r\n", "", false, "no o= or s= line"},
	{" 2 IN IP4 127.0.0.1", "", false, "malformed o= line"},
	{" 2 IN IP4", " two IN IP4", false, "malformed o= line"},
	{" 2 IN IP4", " 18446744073709551615 IN IP4", false, NULL},
	{" 2 IN IP4", " 184467440737095516159 IN IP4", false,
	 "malformed o= line"},
	{"t=0 0", "o=- 1 1 IN IP4 1.1.1.1", false, "more than one o= line"},
	{"a=group:BUNDLE 0 1 2 3\r\n", "", false, "no BUNDLE group"},
	{"BUNDLE 0 1 2 3", "BUNDLE 0 1 2", false,
	 "BUNDLE is not the four m-lines"},
	{"BUNDLE 0 1 2 3", "BUNDLE 0 1 2 2", false,
	 "BUNDLE is not the four m-lines"},
	{"BUNDLE 0 1 2 3", "BUNDLE 0 1 2 3 4", false,
	 "BUNDLE is not the four m-lines"},
	{"BUNDLE 0 1 2 3", "BUNDLE", false, "BUNDLE is not the four m-lines"},
	{"BUNDLE 0 1 2 3", "BUNDLE 3 2 1 0", false, NULL},
	{"BUNDLE 0 1 2 3", "LS 0 1 2 3", false, "no BUNDLE group"},
	{"a=extmap-allow-mixed", "a=group:BUNDLE 0 1 2 3", false,
	 "more than one BUNDLE group"},
	{"m=audio", "m=text", false, "not audio, video, video, application"},
	{"m=audio", "m=video", false, "not audio, video, video, application"},
	{"m=video", "m=audio", false, "not audio, video, video, application"},
	{"m=application", "m=video", false,
	 "not audio, video, video, application"},
	{"m=application 9", "m=message 9", false,
	 "not audio, video, video, application"},
	{"m=audio 9 ", "m=audio 0 ", false, "an m-line is switched off"},
	{"m=application 9 ", "m=application 0 ", false,
	 "an m-line is switched off"},
	{"m=audio 9 ", "m=audio 65535 ", false, NULL},
	{"m=audio 9 ", "m=audio 65536 ", false, "port is out of range"},
	{"m=audio 9 ", "m=audio -1 ", false, "port is out of range"},
	{"m=audio 9 ", "m=audio 9/2 ", false, "port is out of range"},
	{"m=audio 9 ", "m=audio  9 ", false, "port is out of range"},
	{"UDP/TLS/RTP/SAVPF", "RTP/AVP", false,
	 "an m-line is not RTP over DTLS-SRTP"},
	{"UDP/TLS/RTP/SAVPF", "RTP/SAVPF", true, NULL},
	{"UDP/DTLS/SCTP webrtc-datachannel", "UDP/DTLS/SCTP bfcp", false,
	 "the fourth m-line is not a data channel"},
	{"UDP/DTLS/SCTP webrtc-datachannel", "TCP/DTLS/SCTP 5000", false,
	 "the fourth m-line is not a data channel"},
	{"UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000", false, NULL},
	{"UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 65536", false,
	 "the fourth m-line is not a data channel"},
	{"a=mid:0\r\n", "", false, "an m-line has no mid"},
	{"a=mid:3\r\n", "", false, "an m-line has no mid"},
	{"a=mid:0", "a=mid:", false, "malformed mid"},
	{"a=mid:0", "a=mid", false, "malformed mid"},
	{"a=mid:0", "a=mid:0 1", false, "malformed mid"},
	{"a=mid:0", "a=mid:<b>", false, "malformed mid"},
	{"a=mid:0", "a=mid:\xc3\xa9", false, "malformed mid"},
	{"a=mid:0", "a=mid:01234567890123456", false, "mid is too long"},
	{"a=mid:0", "a=mid:0\r\na=mid:0", false,
	 "more than one mid in an m-line"},
	{"a=mid:1", "a=mid:0", false, "two m-lines have the same mid"},
	{"a=sendrecv", "a=recvonly", false, "direction is not sendrecv"},
	{"a=sendrecv", "a=sendonly", false, "direction is not sendrecv"},
	{"a=sendrecv", "a=inactive", false, "direction is not sendrecv"},
	{"a=sendrecv", "a=sendrecv\r\na=sendrecv", false,
	 "more than one direction in an m-line"},
	{"a=extmap-allow-mixed", "a=inactive", false,
	 "direction is not sendrecv"},
	{"a=sendrecv\r\n", "", true, NULL},
	{"opus/48000/2", "opus/48000", false, "no Opus in the audio m-line"},
	{"opus/48000/2", "OPUS/48000/2", false, NULL},
	{"111 opus/48000/2", "5 opus/48000/2", false,
	 "no Opus in the audio m-line"},
	{"a=rtpmap:111 opus", "a=rtpmap:128 opus", false, "malformed rtpmap"},
	{"a=rtpmap:111 opus", "a=rtpmap:-1 opus", false, "malformed rtpmap"},
	{"a=rtpmap:111 opus", "a=rtpmap:11a opus", false, "malformed rtpmap"},
	{"a=rtpmap:111 opus", "a=rtpmap:4294967407 opus", false,
	 "malformed rtpmap"},
	{"a=rtpmap:111 opus/48000/2", "a=rtpmap:111", false,
	 "malformed rtpmap"},
	{"a=rtpmap:0 PCMU/8000", "a=rtpmap:111 PCMU/8000", false,
	 "two rtpmaps of one payload type"},
	{"SAVPF 111 63", "SAVPF 111 111", false,
	 "a payload type is listed twice"},
	{"SAVPF 111 63", "SAVPF 111 128", false,
	 "payload type is out of range"},
	{"SAVPF 111 63", "SAVPF 111  63", false,
	 "payload type is out of range"},
	{"SAVPF 111 63", "SAVPF 111 x", false, "payload type is out of range"},
	{"111", "72", true, "payload type is out of range"},
	{"111", "0", true, "a payload type is listed twice"},
	{"111", "96", true, "a payload type with two meanings"},
	{"VP8/90000", "VP8/8000", true, NULL},
	{"/90000", "/8000", true, "no usable codec in a video m-line"},
	{"a=rtcp-fb:96 nack", "a=rtcp-fb:x nack", false, "malformed rtcp-fb"},
	{"a=rtcp-fb:96 nack", "a=rtcp-fb:* nack", true, NULL},
	{"a=fmtp:102 ", "a=fmtp:999 ", false, "malformed fmtp"},
	{"packetization-mode=1", "packetization-mode=3", false,
	 "fmtp parameter is out of range"},
	{"packetization-mode=1", "packetization-mode=", false,
	 "fmtp parameter is out of range"},
	{"profile-level-id=42001f", "profile-level-id=42001", false,
	 "fmtp parameter is out of range"},
	{"profile-level-id=42001f", "profile-level-id=42001g", false,
	 "fmtp parameter is out of range"},
	{"profile-id=0", "profile-id=4", false,
	 "fmtp parameter is out of range"},
	{"a=extmap:1 ", "a=extmap:0 ", false, "malformed extmap"},
	{"a=extmap:1 ", "a=extmap:4352 ", false, "malformed extmap"},
	{"a=extmap:1 ", "a=extmap:1x ", false, "malformed extmap"},
	{"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=extmap:1",
	 false, "malformed extmap"},
	{"a=extmap:1 ", "a=extmap:200 ", false, NULL},
	{"a=extmap:1 ", "a=extmap:4 ", false,
	 "one id of two header extensions"},
	{"a=extmap:4 ", "a=extmap:9 ", false,
	 "two ids of one header extension"},
	{"a=extmap:1 urn",
	 "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:mid"
	 "\r\na=extmap:1 urn",
	 false, "two ids of one header extension"},
	{"m=application",
	 "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"
	 "\r\na=mid:4\r\nm=application",
	 false, "more than four m-lines"},
	{"a=rtcp-mux", "a", false, "a line is not x=value"},
	{"a=rtcp-mux", "a:rtcp-mux", false, "a line is not x=value"},
	{"a=rtcp-mux", "A=rtcp-mux", false, "a line is not x=value"},
	{"a=rtcp-mux", "", false, "a line is not x=value"},
	{"a=rtcp-mux", "a=rtcp\rmux", false, "a control character"},
	{"a=rtcp-mux", "a=rtcp\tmux", false, "a control character"},
	{"a=rtcp-mux", "a=rtcp\x7fmux", false, "a control character"},
	{"a=rtcp-mux", "a=rtcp\x01mux", false, "a control character"},
	{"a=rtcp-mux\r\n", "a=rtcp-mux\r\r\n", false, "a control character"},
	{"\r\n", "\n", true, NULL},
};

/* Copies text with a change into out; the number of places changed. */
static unsigned change(char *out, const char *text, const struct edit *edit)
{
	size_t find_len = strlen(edit->find);
	unsigned n = 0;

	while (*text) {
		bool here = strncmp(text, edit->find, find_len) == 0;

		if (here && (edit->all || n == 0)) {
			out = strcpy(out, edit->put) + strlen(edit->put);
			text += find_len;
			n++;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
	return n;
}

static void judges_changed_offers(void **state)
{
	static char changed[65536];
	size_t len;
	char *text = test_read("sdp/chromium.sdp", &len);

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		const struct edit *edit = &edits[i];
		const char *reason = NULL;
		struct rth_sdp_offer offer;
		enum rth_err err;

		if (!change(changed, text, edit))
			fail_msg("%s is not in the offer", edit->find);
		err = rth_sdp_read(&offer, changed, &reason);
		if (!reason != !edit->reason ||
		    (reason && strcmp(reason, edit->reason) != 0))
			fail_msg("%s -> %s: %s, not %s", edit->find, edit->put,
				 reason ? reason : "accepted",
				 edit->reason ? edit->reason : "accepted");
		assert_int_equal(!err, !edit->reason);
	}
	free(text);
}

/* No cut of an offer is one, and none reads past its end. */
static void refuses_every_cut(void **state)
{
	size_t len;
	char *text = test_read("sdp/chromium-stripped.sdp", &len);
	size_t data = (size_t)(strstr(text, "m=application") - text);

	(void)state;
	for (size_t n = 0; n < data; n++) {
		struct rth_sdp_offer offer;
		char *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, text, n);
		cut[n] = '\0';
		assert_int_not_equal(rth_sdp_read(&offer, cut, NULL), 0);
		free(cut);
	}
	free(text);
}

/* An offer with n more attributes of `size` bytes. */
static enum rth_err read_padded(const char *text, size_t n, size_t size)
{
	char *padded = malloc(strlen(text) + n * (size + 2) + 1);
	char *at;
	struct rth_sdp_offer offer;
	enum rth_err err;

	assert_non_null(padded);
	at = strcpy(padded, text) + strlen(text);
	for (size_t i = 0; i < n; i++) {
		memset(at, 'x', size);
		memcpy(at, "a=", 2);
		memcpy(at + size, "\r\n", 2);
		at += size + 2;
	}
	*at = '\0';
	err = rth_sdp_read(&offer, padded, NULL);
	free(padded);
	return err;
}

static void keeps_its_limits(void **state)
{
	size_t len;
	char *text = test_read("sdp/chromium.sdp", &len);
	size_t lines = 0;

	(void)state;
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	assert_int_equal(read_padded(text, 1, RTH_SDP_MAX_LINE), 0);
	assert_int_equal(read_padded(text, 1, RTH_SDP_MAX_LINE + 1),
			 RTH_ERR_LIMIT);
	assert_int_equal(read_padded(text, RTH_SDP_MAX_LINES - lines, 3), 0);
	assert_int_equal(read_padded(text, RTH_SDP_MAX_LINES - lines + 1, 3),
			 RTH_ERR_LIMIT);
	assert_int_equal(read_padded(text, 100, 500), 0);
	assert_int_equal(read_padded(text, 140, 500), RTH_ERR_LIMIT);
	assert_int_equal(read_padded("", 0, 0), RTH_ERR_FORMAT);
	free(text);
}

/* Without transport-cc a REMB needs abs-send-time. */
static void falls_back_to_abs_send_time(void **state)
{
	static const struct edit edit = {
		"draft-holmer-rmcat-transport-wide-cc-extensions-01", "other",
		true, NULL};
	static char changed[65536];
	char answer[RTH_SDP_ANSWER_BYTES];
	struct rth_sdp_offer offer;
	size_t len;
	char *text = test_read("sdp/chromium.sdp", &len);

	(void)state;
	assert_int_equal(change(changed, text, &edit), 3);
	assert_int_equal(rth_sdp_read(&offer, changed, NULL), 0);
	assert_int_equal(
		rth_sdp_answer(answer, sizeof(answer), &offer, RTH_CODEC_VP8),
		0);
	assert_non_null(strstr(answer, "a=extmap:2 " RTH_URI_ABS_SEND_TIME));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_chromium),
		cmocka_unit_test(reads_firefox),
		cmocka_unit_test(answers_with_the_offers_numbers),
		cmocka_unit_test(answers_h264_as_offered),
		cmocka_unit_test(refuses_to_answer_in_too_little_room),
		cmocka_unit_test(finds_the_common_codec),
		cmocka_unit_test(names_codecs),
		cmocka_unit_test(judges_changed_offers),
		cmocka_unit_test(refuses_every_cut),
		cmocka_unit_test(keeps_its_limits),
		cmocka_unit_test(falls_back_to_abs_send_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
