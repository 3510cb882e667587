/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Depacketising. See depacketise.h.
 *
 * libavformat's depacketisers take packets from a demuxer of SDP whose AVIO
 * hands it one packet at a call. Each packet is made anew for it: one payload
 * type, one source, sequence numbers without the jumps that it would take for
 * another sender, and the number of the frame as RTP time, which comes back as
 * the time stamp. It gets no RTCP, so it has no clock of its own.
 */
#include "depacketise.h"

#include <stdlib.h>
#include <string.h>

#include <libavformat/avformat.h>

#include "feed_record.h"
#include "mem.h"
#include "payload.h"
#include "picture.h"

#define AVIO_BYTES 4096
#define TYPE 96
#define HOLE 100 /* numbers that a hole takes, whatever its size */
#define FRAMES_REMEMBERED 4

struct rth_depacketise {
	int codec;
	rth_frame_fn *deliver;
	void *arg;
	struct rth_depacketise_counts counts;

	bool wait_key; /* until then pictures are dropped */
	bool open;     /* a frame is being put together */
	bool broken;   /* of it something is missing or malformed */
	bool lost;     /* it is that something is missing */
	uint32_t rtp;  /* its RTP time */
	uint64_t number;
	uint32_t remembered[FRAMES_REMEMBERED]; /* by number */
	struct rth_bytes frame;
	struct rth_payload_av1 av1;

	AVFormatContext *demuxer; /* NULL if payload.h does it */
	AVIOContext *io;
	AVPacket *out;
	uint16_t seq;
	uint8_t packet[RTH_FEED_PACKET_MAX + RTH_RTP_HEAD_BYTES];
	size_t packet_len; /* 0: taken */
};

static const char *const sdp_lines[RTH_FEED_CODECS] = {
	[RTH_FEED_OPUS] = "m=audio 9 RTP/AVP 96\r\n"
			  "a=rtpmap:96 opus/48000/2\r\n",
	[RTH_FEED_VP8] = "m=video 9 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n",
	[RTH_FEED_H264] = "m=video 9 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
			  "a=fmtp:96 packetization-mode=1\r\n",
};

static void close_demuxer(struct rth_depacketise *d)
{
	avformat_close_input(&d->demuxer);
	if (d->io)
		av_freep(&d->io->buffer);
	avio_context_free(&d->io);
	av_packet_free(&d->out);
}

void rth_depacketise_free(struct rth_depacketise *d)
{
	if (!d)
		return;
	close_demuxer(d);
	rth_bytes_clear(&d->frame);
	rth_bytes_clear(&d->av1.obu);
	rth_free(d);
}

static int read_packet(void *arg, uint8_t *buf, int size)
{
	struct rth_depacketise *d = arg;
	size_t len = d->packet_len;

	if (!len || (size_t)size < len)
		return AVERROR(EAGAIN);
	memcpy(buf, d->packet, len);
	d->packet_len = 0;
	return (int)len;
}

/* Receiver reports of the demuxer: nobody wants them. */
static int write_nothing(void *arg, uint8_t *buf, int size)
{
	(void)arg;
	(void)buf;
	return size;
}

static AVIOContext *new_io(void *arg, int writes,
			   int (*read)(void *, uint8_t *, int))
{
	uint8_t *buf = av_malloc(AVIO_BYTES);
	AVIOContext *io;

	if (!buf)
		return NULL;
	io = avio_alloc_context(buf, AVIO_BYTES, writes, arg, read,
				write_nothing, NULL);
	if (!io)
		av_free(buf);
	return io;
}

struct text {
	char bytes[256];
	size_t len;
};

static int read_text(void *arg, uint8_t *buf, int size)
{
	struct text *text = arg;
	size_t len = text->len < (size_t)size ? text->len : (size_t)size;

	if (!len)
		return AVERROR_EOF;
	memcpy(buf, text->bytes, len);
	memmove(text->bytes, text->bytes + len, text->len - len);
	text->len -= len;
	return (int)len;
}

/* Opens the demuxer on its SDP; d->demuxer stays NULL if that fails. */
static enum rth_err open_sdp(struct rth_depacketise *d, AVIOContext *io)
{
	AVDictionary *options = NULL;
	int failed;

	d->demuxer = avformat_alloc_context();
	if (!d->demuxer)
		return RTH_ERR_NOMEM;
	d->demuxer->pb = io;
	d->demuxer->flags |=
		AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
	d->demuxer->max_delay = 0;
	if (av_dict_set(&options, "sdp_flags", "custom_io", 0) < 0 ||
	    av_dict_set(&options, "reorder_queue_size", "0", 0) < 0)
		failed = AVERROR(ENOMEM);
	else
		failed = avformat_open_input(&d->demuxer, NULL,
					     av_find_input_format("sdp"),
					     &options);
	av_dict_free(&options);
	return failed < 0 ? RTH_ERR_NOMEM : RTH_OK;
}

static enum rth_err open_demuxer(struct rth_depacketise *d)
{
	struct text text;
	AVIOContext *io = new_io(&text, 0, read_text);
	enum rth_err err = RTH_ERR_NOMEM;

	text.len = (size_t)snprintf(text.bytes, sizeof(text.bytes),
				    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\n"
				    "c=IN IP4 127.0.0.1\r\nt=0 0\r\n%s",
				    sdp_lines[d->codec]);
	d->out = av_packet_alloc();
	d->io = new_io(d, 1, read_packet);
	if (io && d->io && d->out)
		err = open_sdp(d, io);
	if (!err) {
		d->io->direct = 1;
		d->demuxer->pb = d->io;
	}
	if (io)
		av_freep(&io->buffer);
	avio_context_free(&io);
	return err;
}

enum rth_err rth_depacketise_create(struct rth_depacketise **dp, int codec,
				    rth_frame_fn *deliver, void *arg)
{
	struct rth_depacketise *d;
	enum rth_err err = RTH_OK;

	if (codec <= RTH_FEED_NO_CODEC || codec >= RTH_FEED_CODECS)
		return RTH_ERR_FORMAT;
	d = rth_alloc(sizeof(*d));
	if (!d)
		return RTH_ERR_NOMEM;
	av_log_set_level(AV_LOG_QUIET);
	d->codec = codec;
	d->deliver = deliver;
	d->arg = arg;
	d->wait_key = codec != RTH_FEED_OPUS;
	if (sdp_lines[codec])
		err = open_demuxer(d);
	if (err) {
		rth_depacketise_free(d);
		return err;
	}
	*dp = d;
	return RTH_OK;
}

/* Hands out a whole frame, unless what it needs is missing. */
static enum rth_err hand_out(struct rth_depacketise *d, const uint8_t *data,
			     size_t len, uint32_t rtp)
{
	struct rth_frame frame = {data, len, rtp, false};

	frame.key = rth_picture_key(d->codec, data, len);
	if (frame.key)
		d->wait_key = false;
	if (d->wait_key) {
		d->counts.undecodable++;
		return RTH_OK;
	}
	if (!len) {
		d->counts.malformed++;
		return RTH_OK;
	}
	return d->deliver(d->arg, &frame);
}

/* The frame that was being put together has ended. */
static enum rth_err end_frame(struct rth_depacketise *d)
{
	bool collected = d->codec == RTH_FEED_H264 || !d->demuxer;
	enum rth_err err = RTH_OK;

	if (d->open && d->broken) {
		if (d->lost || d->wait_key)
			d->counts.undecodable++;
		else
			d->counts.malformed++;
		d->wait_key = d->codec != RTH_FEED_OPUS;
	} else if (d->open && collected) {
		err = hand_out(d, d->frame.data, d->frame.len, d->rtp);
	}
	d->open = false;
	d->frame.len = 0;
	return err;
}

static void begin_frame(struct rth_depacketise *d, uint32_t rtp, bool hole)
{
	d->open = true;
	d->broken = false;
	d->lost = hole;
	d->rtp = rtp;
	d->number++;
	d->remembered[d->number % FRAMES_REMEMBERED] = rtp;
}

/* H264 comes in pieces, the others as frames. */
static enum rth_err take_out(struct rth_depacketise *d)
{
	/* It counts time stamps from the first, which was 1. */
	uint64_t number = (uint64_t)d->out->pts + 1;
	size_t len = (size_t)d->out->size;

	if (d->codec == RTH_FEED_H264)
		return rth_bytes_add(&d->frame, d->out->data, len);
	if (number > d->number || d->number - number >= FRAMES_REMEMBERED ||
	    len > RTH_FRAME_MAX || d->broken)
		return RTH_ERR_FORMAT;
	return hand_out(d, d->out->data, len,
			d->remembered[number % FRAMES_REMEMBERED]);
}

static enum rth_err demux(struct rth_depacketise *d, const struct rth_rtp *rtp)
{
	enum rth_err err = RTH_OK;

	d->seq++;
	d->packet[0] = 0x80;
	d->packet[1] = (uint8_t)(TYPE | (rtp->marker ? 0x80 : 0));
	rth_put16(d->packet + 2, d->seq);
	rth_put32(d->packet + 4, (uint32_t)d->number);
	rth_put32(d->packet + 8, 1);
	memcpy(d->packet + RTH_RTP_HEAD_BYTES, rtp->payload, rtp->len);
	d->packet_len = RTH_RTP_HEAD_BYTES + rtp->len;
	/* As long as there is a packet or it holds more of the last. */
	while (!err && av_read_frame(d->demuxer, d->out) >= 0) {
		err = take_out(d);
		av_packet_unref(d->out);
	}
	d->packet_len = 0;
	return err;
}

static enum rth_err add(struct rth_depacketise *d, const struct rth_rtp *rtp,
			bool first)
{
	if (d->demuxer)
		return demux(d, rtp);
	if (d->codec == RTH_FEED_VP9)
		return rth_payload_vp9(&d->frame, rtp->payload, rtp->len,
				       first);
	return rth_payload_av1(&d->frame, &d->av1, rtp->payload, rtp->len,
			       first);
}

/* What was put together lacks something; so may what comes now. */
static void note_hole(struct rth_depacketise *d)
{
	d->broken = true;
	d->lost = true;
	d->seq += HOLE;
}

enum rth_err rth_depacketise_put(struct rth_depacketise *d,
				 const struct rth_rtp *rtp, bool hole)
{
	bool first = !d->open || rtp->time != d->rtp;
	enum rth_err err = RTH_OK;

	if (hole) {
		note_hole(d);
		d->wait_key = d->codec != RTH_FEED_OPUS;
	}
	/* Probes of the line are padding alone. */
	if (!rtp->len || rtp->len > RTH_FEED_PACKET_MAX)
		return RTH_OK;
	if (first) {
		err = end_frame(d);
		begin_frame(d, rtp->time, hole);
	}
	if (!err && !d->broken)
		err = add(d, rtp, first);
	if (err == RTH_ERR_FORMAT || err == RTH_ERR_LIMIT) {
		d->broken = true;
		err = RTH_OK;
	}
	if (!err && rtp->marker && d->codec != RTH_FEED_OPUS)
		err = end_frame(d);
	return err;
}

struct rth_depacketise_counts
rth_depacketise_counts(const struct rth_depacketise *d)
{
	return d->counts;
}
