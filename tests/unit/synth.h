/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A synthetic browser and the network before the relay: packets of which it is
 * known when they were made, so that a file can be compared with the truth.
 *
 * Each frame ends with 8 bytes: the time at which it was made, in microseconds
 * of the relay's clock. The sender's wall clock and the clock of each stream
 * may drift; the network loses, delays and reorders.
 */
#ifndef RTH_TEST_SYNTH_H
#define RTH_TEST_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYNTH_TRUTH_BYTES 8

struct synth_net {
	int64_t delay_us;
	int64_t jitter_us; /* even, on top of it */
	double loss;	   /* of packets */
	double again;	   /* of those that are lost: sent again */
	double report_loss;
	int64_t (*queue_us)(int64_t now_us); /* more delay; NULL: none */
	bool (*down)(int64_t now_us);	     /* nothing goes through */
};

struct synth_person {
	struct synth_net net;
	double ppm;	  /* of its wall clock */
	int64_t epoch_us; /* its wall clock minus the relay's, at 0 */
};

struct synth_stream {
	struct synth_person *person;
	int lane; /* whatever the test likes */
	int slot, codec;
	uint32_t ssrc;
	uint8_t type;
	uint32_t clock_hz;
	double ppm;	  /* of its RTP time against the wall clock */
	uint32_t rtp0;	  /* RTP time at 0 */
	int64_t stood_us; /* for how long it stood still */
	int64_t told_us;  /* its reports' RTP time is that much too small */
	uint16_t seq;
	uint16_t picture_id;
	int64_t lag_us; /* from made to sent */
	uint64_t sent, lost;
};

struct synth_packet {
	int64_t time_us; /* of arrival */
	uint64_t order;
	int lane, slot, codec;
	bool rtcp;
	size_t len;
	uint8_t bytes[1500];
};

struct synth;

struct synth *synth_create(unsigned seed);
void synth_free(struct synth *synth);

/* A number from 0 to 1. */
double synth_random(struct synth *synth);

/* Sends one RTP packet. */
void synth_rtp(struct synth *synth, struct synth_stream *stream,
	       int64_t made_us, const void *payload, size_t len, bool marker);

/* Sends a frame of Opus: valid, 20 ms, with the truth in its padding. */
void synth_opus(struct synth *synth, struct synth_stream *stream,
		int64_t made_us);

/* Sends a frame as VP8 packets of at most 200 bytes, the truth behind it. */
void synth_vp8(struct synth *synth, struct synth_stream *stream,
	       int64_t made_us, const uint8_t *frame, size_t len);

/* Sends a frame of H264 (Annex B): STAP-A, single units and FU-A. */
void synth_h264(struct synth *synth, struct synth_stream *stream,
		int64_t made_us, const uint8_t *frame, size_t len);

/* Sends a frame of VP9, with a scalability structure at each key frame. */
void synth_vp9(struct synth *synth, struct synth_stream *stream,
	       int64_t made_us, const uint8_t *frame, size_t len, bool key,
	       bool flexible);

/* Sends a temporal unit of AV1, cut and put together as fits. */
void synth_av1(struct synth *synth, struct synth_stream *stream,
	       int64_t made_us, const uint8_t *frame, size_t len);

/* Sends a sender report. */
void synth_report(struct synth *synth, struct synth_stream *stream,
		  int64_t now_us);

/* The next packet that arrives up to now; NULL if there is none. */
const struct synth_packet *synth_next(struct synth *synth, int64_t now_us);

/* The truth in a frame of a file. */
int64_t synth_truth(const uint8_t *data, size_t len);

/* Frames of an IVF file, or access units of H264 that begin with an AUD. */
struct synth_clip {
	uint8_t *bytes;
	size_t n;
	struct {
		const uint8_t *data;
		size_t len;
	} frame[64];
};

void synth_clip_read(struct synth_clip *clip, const char *name);
void synth_clip_free(struct synth_clip *clip);

#endif
