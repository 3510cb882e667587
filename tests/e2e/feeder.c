/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays a visit to the recorder as the plugin would (docs/feed.md): two people
 * with voice, camera and, when asked, screen; or misbehaves. What the recorder
 * says, and what happens, it writes as JSON lines. See --help.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "feed_record.h"
#include "id.h"
#include "synth.h"

#define STEP_MS 20
#define PAYLOAD_MAX 1100
#define FRAME_MS 40 /* 25 pictures a second */
#define KEY_MS 2000
#define REPORT_MS 1000
#define CHAT_MS 5000
#define NTP_AT_BEGIN_S 3990000000u
#define NTP_1970_S 2208988800u
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char help[] =
	"usage: feeder --socket PATH [options]\n"
	"  --recording ID       22 base64url characters; default: random\n"
	"  --begun-ms N         when it began, ms since 1970; default: now\n"
	"  --part N             default 1\n"
	"  --seconds N          how much media; default 5\n"
	"  --speed N            times as fast; 0: as fast as it goes; default "
	"1\n"
	"  --kbit N             of each camera and screen; default 500\n"
	"  --no-camera          voices only, though all agreed to pictures\n"
	"  --clip NAME          what cameras send: h264, vp9 or av1, of "
	"tests/unit/media\n"
	"  --voice ROLE         this one agreed to voice only, and sends no "
	"picture\n"
	"  --screen ROLE        this one shows a screen, too\n"
	"  --chat TEXT          written by the patient at the start, then each "
	"5 s\n"
	"  --hold MS            wait between READY and BEGIN\n"
	"  --pause FROM:TO      seconds between which it is paused\n"
	"  --voice-at S         the patient takes the pictures out\n"
	"  --lost N             say that N packets of the patient were lost\n"
	"  --reconnect          when the recorder goes away, go on as the next "
	"part\n"
	"  --tell MS            say how far it is, every so much media\n"
	"  --no-begin           close after READY\n"
	"  --no-end             close without END\n"
	"  --bad KIND           send once, at the second of --bad-at (default "
	"1):\n"
	"      short empty kind role long begin media note chat end picture\n"
	"      people answer id extra (the last four: a BEGIN that is wrong)\n"
	"  --hostile            RTP and RTCP with random bytes, all the time\n"
	"  --seed N             of what is random\n"
	"Writes {\"news\":...} lines: ready, refused, begun, gone, done, "
	"failed,\n"
	"closed, at; `ms` is the time in the recording that was sent. SIGUSR1 "
	"ends\n"
	"the visit as if its seconds were over. Exit "
	"status: "
	"0\n"
	"after DONE, or when it closed by itself; 3 refused; 4 failed; 5 "
	"gone.\n";

/* Gray, 160x120, and a frame without any change. */
static const uint8_t vp8_key[] = {
	0x50, 0x06, 0x00, 0x9d, 0x01, 0x2a, 0xa0, 0x00, 0x78, 0x00, 0x00,
	0x47, 0x08, 0x85, 0x85, 0x88, 0x85, 0x84, 0x88, 0x02, 0x02, 0x00,
	0x06, 0x22, 0x12, 0x6e, 0xdc, 0xb5, 0xe7, 0x0d, 0x26, 0xb9, 0xce,
	0x1a, 0x4d, 0x73, 0x9c, 0x34, 0x9a, 0xe7, 0x38, 0x69, 0x35, 0xce,
	0x70, 0xd2, 0x6b, 0x9c, 0xe1, 0xa4, 0xd7, 0x39, 0xc3, 0x49, 0xae,
	0x73, 0x86, 0x93, 0x5c, 0x30, 0xfe, 0x68, 0x00,
};
static const uint8_t vp8_same[] = {
	0x11, 0x02, 0x00, 0x01, 0x10, 0x10, 0x00, 0x18, 0x00, 0x18,
	0x58, 0x2f, 0xf4, 0x00, 0x08, 0x80, 0x81, 0x0c, 0xb0, 0x00,
};
/* One frame of 20 ms, CELT, silence. */
static const uint8_t opus_silence[] = {0xfc, 0xff, 0xfe};

static struct {
	const char *socket, *recording, *voice, *screen, *chat, *bad, *clip;
	long long begun_ms;
	long part, seconds, kbit, hold_ms, pause_from, pause_to, voice_at, lost,
		bad_at, seed, tell_ms;
	double speed;
	bool camera, reconnect, begin, end, hostile;
} opt = {
	.part = 1,
	.seconds = 5,
	.kbit = 500,
	.pause_from = -1,
	.pause_to = -1,
	.voice_at = -1,
	.bad_at = 1,
	.seed = 1,
	.speed = 1,
	.camera = true,
	.begin = true,
	.end = true,
};

/* What cameras send in place of the gray picture. */
static const struct {
	const char *name, *file;
	int codec;
} clips[] = {
	{"h264", "media/h264.annexb", RTH_FEED_H264},
	{"vp9", "media/vp9.ivf", RTH_FEED_VP9},
	{"av1", "media/av1.ivf", RTH_FEED_AV1},
};

static struct {
	int codec; /* 0: no clip */
	struct synth *synth;
	struct synth_clip clip;
	struct synth_person person;
	struct synth_stream camera[2];
} real;

/* A stream of RTP: one slot of one person. */
struct stream {
	int role, slot;
	uint32_t ssrc, packets, bytes;
	uint16_t seq;
	long frames;
};

static struct stream streams[6];
static volatile sig_atomic_t enough; /* the visit ends now */
static int feed = -1;
static int64_t base_us; /* origin, relay's clock */
static int64_t at_ms;	/* of the media */
static uint64_t noise;
static char random_id[RTH_ID_SIZE], room[RTH_ID_SIZE], person[2][RTH_ID_SIZE];

static uint64_t next_random(void)
{
	noise ^= noise << 13;
	noise ^= noise >> 7;
	noise ^= noise << 17;
	return noise;
}

static int64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void tell(const char *news, const char *reason)
{
	printf("{\"news\":\"%s\",\"ms\":%lld", news, (long long)at_ms);
	if (reason)
		printf(",\"reason\":\"%s\"", reason);
	printf(",\"part\":%ld}\n", opt.part);
	fflush(stdout);
}

/* The recorder's words. */

static void hear(const uint8_t *record, size_t len)
{
	char body[256] = "";
	char *reason;

	if (len < RTH_FEED_HEAD_BYTES)
		exit(2);
	memcpy(body, record + RTH_FEED_HEAD_BYTES, len - RTH_FEED_HEAD_BYTES);
	reason = strstr(body, ":\"");
	if (reason) {
		reason += 2;
		reason[strcspn(reason, "\"")] = '\0';
	}
	if (record[0] == RTH_FEED_READY)
		tell("ready", NULL);
	else if (record[0] == RTH_FEED_DONE)
		tell("done", NULL), exit(0);
	else if (record[0] == RTH_FEED_REFUSED)
		tell("refused", reason), exit(3);
	else if (record[0] == RTH_FEED_FAILED)
		tell("failed", reason), exit(4);
}

/* Says false when the recorder is gone. */
static bool listen_to_it(int wait_ms)
{
	struct pollfd fd = {.fd = feed, .events = POLLIN};
	uint8_t record[256];
	ssize_t n;

	if (poll(&fd, 1, wait_ms) <= 0)
		return true;
	n = recv(feed, record, sizeof(record), 0);
	if (n <= 0)
		return false;
	hear(record, (size_t)n);
	return true;
}

static bool send_bytes(const uint8_t *record, size_t len)
{
	return send(feed, record, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool send_record(const struct rth_feed_head *head, const void *body,
			size_t len)
{
	uint8_t record[2 * RTH_FEED_RECORD_MAX];

	rth_feed_write(record, head);
	memcpy(record + RTH_FEED_HEAD_BYTES, body, len);
	return send_bytes(record, RTH_FEED_HEAD_BYTES + len);
}

static int64_t media_us(void)
{
	return base_us + at_ms * 1000;
}

static bool send_json(int kind, int role, const char *text)
{
	const struct rth_feed_head head = {
		.kind = (uint8_t)kind,
		.role = (uint8_t)role,
		.slot = RTH_FEED_NO_SLOT,
		.time_us = media_us(),
	};

	return send_record(&head, text, strlen(text));
}

/* Media. */

static int codec_of(const struct stream *s)
{
	if (s->slot == 0)
		return RTH_FEED_OPUS;
	return s->slot == 1 && real.codec ? real.codec : RTH_FEED_VP8;
}

static bool send_media(struct stream *s, int kind, const void *packet,
		       size_t len)
{
	struct rth_feed_head head = {
		.kind = (uint8_t)kind,
		.role = (uint8_t)s->role,
		.slot = (uint8_t)s->slot,
		.codec = (uint8_t)codec_of(s),
		.time_us = media_us(),
	};

	if (kind == RTH_FEED_RTCP) {
		head.slot = RTH_FEED_NO_SLOT;
		head.codec = RTH_FEED_NO_CODEC;
	}
	if (s->role == 1 && opt.lost) {
		head.lost = (uint32_t)opt.lost;
		opt.lost = 0;
	}
	return send_record(&head, packet, len);
}

static void put32(uint8_t *out, uint32_t v)
{
	out[0] = (uint8_t)(v >> 24);
	out[1] = (uint8_t)(v >> 16);
	out[2] = (uint8_t)(v >> 8);
	out[3] = (uint8_t)v;
}

static uint32_t rtp_time(const struct stream *s)
{
	return (uint32_t)(at_ms * (s->slot ? 90 : 48)) + s->ssrc;
}

static bool send_rtp(struct stream *s, const uint8_t *payload, size_t len,
		     bool marker)
{
	uint8_t packet[12 + PAYLOAD_MAX + 1];

	packet[0] = 0x80;
	packet[1] = (uint8_t)((marker ? 0x80 : 0) | (s->slot ? 96 : 111));
	packet[2] = (uint8_t)(s->seq >> 8);
	packet[3] = (uint8_t)s->seq;
	s->seq++;
	put32(packet + 4, rtp_time(s));
	put32(packet + 8, s->ssrc);
	memcpy(packet + 12, payload, len);
	s->packets++;
	s->bytes += (uint32_t)len;
	return send_media(s, RTH_FEED_RTP, packet, 12 + len);
}

/* What the synthetic camera has sent. */
static bool send_synthetic(struct stream *s)
{
	const struct synth_packet *p;
	bool ok = true;

	while (ok && (p = synth_next(real.synth, media_us())))
		ok = send_media(s, p->rtcp ? RTH_FEED_RTCP : RTH_FEED_RTP,
				p->bytes, p->len);
	return ok;
}

static bool send_real_picture(struct stream *s)
{
	struct synth_stream *camera = &real.camera[s->role];
	size_t k = (size_t)s->frames++ % real.clip.n;
	const uint8_t *data = real.clip.frame[k].data;
	size_t len = real.clip.frame[k].len;

	if (real.codec == RTH_FEED_H264)
		synth_h264(real.synth, camera, media_us(), data, len);
	else if (real.codec == RTH_FEED_VP9)
		synth_vp9(real.synth, camera, media_us(), data, len, k == 0,
			  false);
	else
		synth_av1(real.synth, camera, media_us(), data, len);
	return send_synthetic(s);
}

/* Zeros behind a frame's last partition do not matter to a decoder. */
static bool send_gray_picture(struct stream *s)
{
	static uint8_t frame[1 << 17];
	bool key = s->frames++ % (KEY_MS / FRAME_MS) == 0;
	size_t n = key ? sizeof(vp8_key) : sizeof(vp8_same);
	size_t size = (size_t)opt.kbit * FRAME_MS / 8;
	uint8_t payload[PAYLOAD_MAX];
	bool ok = true;

	memset(frame, 0, sizeof(frame));
	memcpy(frame, key ? vp8_key : vp8_same, n);
	if (size < n)
		size = n;
	if (size > sizeof(frame))
		size = sizeof(frame);
	for (size_t at = 0; ok && at < size; at += PAYLOAD_MAX - 1) {
		size_t part = size - at < PAYLOAD_MAX - 1 ? size - at
							  : PAYLOAD_MAX - 1;

		payload[0] = at == 0 ? 0x10 : 0; /* RFC 7741: start */
		memcpy(payload + 1, frame + at, part);
		ok = send_rtp(s, payload, part + 1, at + part == size);
	}
	return ok;
}

static bool send_report(struct stream *s)
{
	const uint64_t second = NTP_AT_BEGIN_S;
	uint8_t sr[28] = {0x80, 200, 0, 6};

	put32(sr + 4, s->ssrc);
	put32(sr + 8, (uint32_t)(second + (uint64_t)at_ms / 1000));
	put32(sr + 12, (uint32_t)(((uint64_t)at_ms % 1000 << 32) / 1000));
	put32(sr + 16, rtp_time(s));
	put32(sr + 20, s->packets);
	put32(sr + 24, s->bytes);
	return send_media(s, RTH_FEED_RTCP, sr, sizeof(sr));
}

static bool report(struct stream *s)
{
	if (s->slot != 1 || !real.codec)
		return send_report(s);
	synth_report(real.synth, &real.camera[s->role], media_us());
	return send_synthetic(s);
}

static bool send_noise(struct stream *s)
{
	uint8_t packet[1200];
	size_t len = 12 + next_random() % (sizeof(packet) - 12);
	bool rtcp = next_random() % 8 == 0;

	for (size_t i = 0; i < len; i++)
		packet[i] = (uint8_t)next_random();
	if (next_random() % 4) {
		packet[0] = 0x80; /* so that it gets further */
		packet[1] = rtcp ? 200 : (uint8_t)(s->slot ? 96 : 111);
		put32(packet + (rtcp ? 4 : 8), s->ssrc);
	}
	return send_media(s, rtcp ? RTH_FEED_RTCP : RTH_FEED_RTP, packet, len);
}

static const char *role_name(int role)
{
	return role ? "patient" : "clinician";
}

static bool is_role(const char *name, int role)
{
	return name && strcmp(name, role_name(role)) == 0;
}

static bool shows(const struct stream *s)
{
	if (s->slot == 0)
		return true;
	if (is_role(opt.voice, s->role) ||
	    (s->role == 1 && opt.voice_at >= 0 && at_ms > opt.voice_at * 1000))
		return false;
	return s->slot == 1 ? opt.camera : is_role(opt.screen, s->role);
}

static bool step_stream(struct stream *s)
{
	bool ok = true;

	if (!shows(s))
		return true;
	if (at_ms % REPORT_MS == 0)
		ok = report(s);
	if (ok && opt.hostile)
		ok = send_noise(s);
	if (ok && s->slot == 0)
		return send_rtp(s, opus_silence, sizeof(opus_silence), false);
	if (!ok || at_ms % FRAME_MS)
		return ok;
	return s->slot == 1 && real.codec ? send_real_picture(s)
					  : send_gray_picture(s);
}

/* What the control thread says. */

static bool begin_with(const char *first, const char *second, const char *extra,
		       const char *id)
{
	char text[4096], *at = text;
	const char *answers[2] = {first, second};
	int n = snprintf(text, sizeof(text),
			 "{\"version\":1,\"recording\":\"%s\",\"part\":%ld,"
			 "\"room\":\"%s\",\"origin_us\":%lld,\"begun_ms\":%lld,"
			 "%s\"people\":[",
			 id, opt.part, room, (long long)base_us, opt.begun_ms,
			 extra);

	at += n;
	for (int i = 0; i < 2; i++) {
		if (!answers[i])
			continue;
		at += sprintf(at,
			      "%s{\"role\":\"%s\",\"participant\":\"%s\","
			      "\"sub\":\"sub-%d\",\"answer\":\"%s\","
			      "\"text_version\":\"2026-11\",\"text_sha256\":"
			      "\"" SHA "\",\"language\":\"en\","
			      "\"answered_ms\":%lld}",
			      i && first ? "," : "", role_name(i), person[i], i,
			      answers[i], opt.begun_ms);
	}
	strcpy(at, "]}");
	return send_json(RTH_FEED_BEGIN, RTH_FEED_NOBODY, text);
}

static bool is_bad(const char *kind)
{
	return opt.bad && strcmp(opt.bad, kind) == 0;
}

static bool say_begin(void)
{
	const char *id =
		is_bad("id") ? "../../../../tmp/aaaaaaa" : opt.recording;
	const char *second = is_bad("people")	     ? NULL
			     : is_bad("answer")	     ? "no"
			     : is_role(opt.voice, 1) ? "voice"
						     : "yes";

	return begin_with(is_role(opt.voice, 0) ? "voice" : "yes", second,
			  is_bad("extra") ? "\"name\":\"x\"," : "", id);
}

static bool say_chat(void)
{
	char text[8192];

	snprintf(text, sizeof(text),
		 "{\"from\":\"%s\",\"role\":\"patient\",\"time\":%lld,"
		 "\"text\":\"%s\"}",
		 person[1], opt.begun_ms + (long long)at_ms, opt.chat);
	return send_json(RTH_FEED_CHAT, 1, text);
}

static bool say_voice_only(void)
{
	char text[1024];

	snprintf(
		text, sizeof(text),
		"{\"event\":\"consent\",\"role\":\"patient\","
		"\"participant\":\"%s\",\"sub\":\"sub-1\",\"answer\":\"voice\","
		"\"text_version\":\"2026-11\",\"text_sha256\":\"" SHA "\","
		"\"language\":\"en\",\"answered_ms\":%lld}",
		person[1], opt.begun_ms + (long long)at_ms);
	return send_json(RTH_FEED_NOTE, 1, text);
}

static bool say_end(void)
{
	char text[64];

	snprintf(text, sizeof(text), "{\"reason\":\"stopped\",\"parts\":%ld}",
		 opt.part);
	return send_json(RTH_FEED_END, RTH_FEED_NOBODY, text);
}

/* What no plugin does. */

static bool send_raw(int kind, int role, int slot, int codec, size_t len)
{
	static uint8_t body[RTH_FEED_BODY_MAX + 64];
	const struct rth_feed_head head = {
		.kind = (uint8_t)kind,
		.role = (uint8_t)role,
		.slot = (uint8_t)slot,
		.codec = (uint8_t)codec,
		.time_us = media_us(),
	};

	memset(body, 'a', sizeof(body));
	body[0] = 0x80;
	return send_record(&head, body, len);
}

static bool misbehave(void)
{
	if (is_bad("short"))
		return send_bytes((const uint8_t *)"\2\0\0\1", 4);
	if (is_bad("empty"))
		return send_bytes((const uint8_t *)"", 0);
	if (is_bad("kind"))
		return send_raw(99, 0, 0, 1, 100);
	if (is_bad("role"))
		return send_raw(RTH_FEED_RTP, 7, 0, 1, 100);
	if (is_bad("long"))
		return send_raw(RTH_FEED_RTP, 0, 0, 1, 3000);
	if (is_bad("begin"))
		return say_begin();
	if (is_bad("note"))
		return send_json(RTH_FEED_NOTE, 1,
				 "{\"event\":\"unheard-of\"}");
	if (is_bad("chat"))
		return send_json(RTH_FEED_CHAT, 1, "{\"text\":\"no sender\"}");
	if (is_bad("end"))
		return send_json(RTH_FEED_END, 255,
				 "{\"reason\":7,\"parts\":1}");
	if (is_bad("picture"))
		return send_raw(RTH_FEED_RTP, is_role(opt.voice, 0) ? 0 : 1, 1,
				RTH_FEED_VP8, 100);
	return true;
}

/* The visit. */

static bool notes_at(void)
{
	bool ok = true;

	if (at_ms == opt.pause_from * 1000)
		ok = send_json(RTH_FEED_NOTE, 255, "{\"event\":\"paused\"}");
	if (ok && at_ms == opt.pause_to * 1000)
		ok = send_json(RTH_FEED_NOTE, 255, "{\"event\":\"running\"}");
	if (ok && opt.chat && at_ms % CHAT_MS == 0)
		ok = say_chat();
	if (ok && at_ms == opt.voice_at * 1000)
		ok = say_voice_only();
	if (ok && opt.bad && at_ms == opt.bad_at * 1000)
		ok = misbehave();
	return ok;
}

static bool paused(void)
{
	return at_ms > opt.pause_from * 1000 && at_ms <= opt.pause_to * 1000;
}

static bool step(void)
{
	bool ok = notes_at();

	for (size_t i = 0; ok && i < 6 && !paused(); i++)
		ok = step_stream(&streams[i]);
	return ok && listen_to_it(0);
}

static void wait_for_step(int64_t began_us, int64_t began_ms)
{
	int64_t due_us = began_us + (int64_t)((double)(at_ms - began_ms) *
					      1000 / opt.speed);
	int64_t left = due_us - clock_us();

	if (left > 0)
		usleep((useconds_t)left);
}

static void on_enough(int signal_number)
{
	(void)signal_number;
	enough = 1;
}

/* Says false when the recorder is gone. */
static bool play(void)
{
	int64_t began_us = clock_us(), began_ms = at_ms;

	for (; at_ms < opt.seconds * 1000 && !enough; at_ms += STEP_MS) {
		if (opt.speed > 0)
			wait_for_step(began_us, began_ms);
		if (!step())
			return false;
		if (opt.tell_ms > 0 && at_ms % opt.tell_ms == 0)
			tell("at", NULL);
	}
	return true;
}

static bool connect_feed(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", opt.socket);
	feed = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(feed, (struct sockaddr *)&address, sizeof(address)) == 0)
		return listen_to_it(5000);
	close(feed);
	return false;
}

static void meet(void)
{
	if (!connect_feed()) {
		tell("gone", "connect");
		exit(5);
	}
	if (!opt.begin) {
		usleep((useconds_t)opt.hold_ms * 1000);
		tell("closed", NULL);
		exit(0);
	}
	if (is_bad("media"))
		send_rtp(&streams[0], opus_silence, sizeof(opus_silence),
			 false);
	usleep((useconds_t)opt.hold_ms * 1000);
	if (!base_us)
		base_us = clock_us();
	real.person.epoch_us =
		(int64_t)(NTP_AT_BEGIN_S - NTP_1970_S) * 1000000 - base_us;
	if (!say_begin())
		tell("gone", "begin");
	else
		tell("begun", NULL);
}

/* Hears the last words, and says how it went. */
static void hear_last(void)
{
	while (listen_to_it(60000))
		;
	tell("gone", NULL);
}

static bool reconnect(void)
{
	hear_last();
	close(feed);
	for (int i = 0; i < 100; i++) {
		if (connect_feed()) {
			opt.part++;
			at_ms = (clock_us() - base_us) / 1000 / STEP_MS *
				STEP_MS;
			if (say_begin())
				tell("begun", NULL);
			return true;
		}
		usleep(50000);
	}
	return false;
}

static int run(void)
{
	meet();
	while (!play()) {
		if (!opt.reconnect) {
			hear_last();
			return 5;
		}
		if (!reconnect())
			return 5;
	}
	if (!opt.end) {
		tell("closed", NULL);
		return 0;
	}
	if (say_end())
		tell("ended", NULL);
	hear_last();
	return 5;
}

static const struct option longs[] = {
	{"socket", required_argument, NULL, 's'},
	{"recording", required_argument, NULL, 'r'},
	{"begun-ms", required_argument, NULL, 'm'},
	{"part", required_argument, NULL, 'p'},
	{"seconds", required_argument, NULL, 't'},
	{"speed", required_argument, NULL, 'x'},
	{"kbit", required_argument, NULL, 'k'},
	{"no-camera", no_argument, NULL, 'N'},
	{"clip", required_argument, NULL, 'C'},
	{"voice", required_argument, NULL, 'v'},
	{"screen", required_argument, NULL, 'S'},
	{"chat", required_argument, NULL, 'c'},
	{"hold", required_argument, NULL, 'h'},
	{"pause", required_argument, NULL, 'P'},
	{"voice-at", required_argument, NULL, 'V'},
	{"lost", required_argument, NULL, 'l'},
	{"reconnect", no_argument, NULL, 'R'},
	{"tell", required_argument, NULL, 'T'},
	{"no-begin", no_argument, NULL, 'B'},
	{"no-end", no_argument, NULL, 'E'},
	{"bad", required_argument, NULL, 'b'},
	{"bad-at", required_argument, NULL, 'a'},
	{"hostile", no_argument, NULL, 'H'},
	{"seed", required_argument, NULL, 'd'},
	{"help", no_argument, NULL, '?'},
	{NULL, 0, NULL, 0},
};

static const struct {
	int c;
	const char **text;
	long *number;
	bool *flag;
	bool value;
} setters[] = {
	{'s', &opt.socket, NULL, NULL, false},
	{'r', &opt.recording, NULL, NULL, false},
	{'p', NULL, &opt.part, NULL, false},
	{'t', NULL, &opt.seconds, NULL, false},
	{'k', NULL, &opt.kbit, NULL, false},
	{'N', NULL, NULL, &opt.camera, false},
	{'C', &opt.clip, NULL, NULL, false},
	{'v', &opt.voice, NULL, NULL, false},
	{'S', &opt.screen, NULL, NULL, false},
	{'c', &opt.chat, NULL, NULL, false},
	{'h', NULL, &opt.hold_ms, NULL, false},
	{'V', NULL, &opt.voice_at, NULL, false},
	{'l', NULL, &opt.lost, NULL, false},
	{'R', NULL, NULL, &opt.reconnect, true},
	{'B', NULL, NULL, &opt.begin, false},
	{'E', NULL, NULL, &opt.end, false},
	{'b', &opt.bad, NULL, NULL, false},
	{'a', NULL, &opt.bad_at, NULL, false},
	{'H', NULL, NULL, &opt.hostile, true},
	{'d', NULL, &opt.seed, NULL, false},
	{'T', NULL, &opt.tell_ms, NULL, false},
};

static bool set_option(int c)
{
	for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
		if (setters[i].c != c)
			continue;
		if (setters[i].text)
			*setters[i].text = optarg;
		else if (setters[i].number)
			*setters[i].number = strtol(optarg, NULL, 10);
		else
			*setters[i].flag = setters[i].value;
		return true;
	}
	if (c == 'm')
		opt.begun_ms = strtoll(optarg, NULL, 10);
	else if (c == 'x')
		opt.speed = strtod(optarg, NULL);
	else if (c == 'P')
		return sscanf(optarg, "%ld:%ld", &opt.pause_from,
			      &opt.pause_to) == 2;
	else
		return false;
	return true;
}

static void set_up_clip(void)
{
	size_t n = 0;

	while (n < 3 && strcmp(clips[n].name, opt.clip))
		n++;
	if (n == 3)
		exit(2);
	real.codec = clips[n].codec;
	real.synth = synth_create((unsigned)opt.seed);
	synth_clip_read(&real.clip, clips[n].file);
	for (int role = 0; role < 2; role++)
		real.camera[role] = (struct synth_stream){
			.person = &real.person,
			.slot = 1,
			.codec = real.codec,
			.ssrc = 1000u + (unsigned)role,
			.type = 98,
			.clock_hz = 90000,
		};
}

static void set_up(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!opt.begun_ms)
		opt.begun_ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
	if (rth_id_make(random_id) || rth_id_make(room) ||
	    rth_id_make(person[0]) || rth_id_make(person[1]))
		exit(2);
	if (!opt.recording)
		opt.recording = random_id;
	if (opt.clip)
		set_up_clip();
	noise = 88172645463325252u * (uint64_t)(opt.seed + 1);
	for (size_t i = 0; i < 6; i++)
		streams[i] = (struct stream){
			.role = (int)i / 3,
			.slot = (int)i % 3,
			.ssrc = (uint32_t)next_random(),
			.seq = (uint16_t)next_random(),
		};
	printf("{\"news\":\"made\",\"recording\":\"%s\"}\n", opt.recording);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!set_option(c)) {
			fputs(help, stderr);
			return 2;
		}
	if (!opt.socket) {
		fputs(help, stderr);
		return 2;
	}
	set_up();
	signal(SIGUSR1, on_enough);
	return run();
}
