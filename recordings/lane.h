/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lane: the voice and camera of one person, or one person's screen, as
 * sealed files that a browser plays (docs/store.md).
 *
 *   RTP ─▶ reorder ─▶ depacketise ─▶ on the clock ─▶ mux ─▶ sealed file
 *
 * Frames are copied, never decoded. A lane goes on in a new segment (file)
 * when its container cannot hold what comes now. Not thread-safe: one thread,
 * the recorder's child, owns all lanes of a recording.
 */
#ifndef RTH_LANE_H
#define RTH_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feed_record.h"
#include "seal.h"
#include "sender.h"

#define RTH_LANE_NAME_MAX 31
#define RTH_SEGMENT_NAME_MAX 63

struct rth_lane;

struct rth_lane_conf {
	const char *name; /* "clinician", "patient-screen"; borrowed */
	int dirfd;	  /* the recording's folder; borrowed */
	unsigned part;	  /* counts from 1; for file names */
	const struct rth_seal_key *key; /* borrowed */
	struct rth_sender *sender;	/* the clock of this person; borrowed */
	int64_t origin_us; /* time 0 of the recording, relay's clock */
};

/** Makes a lane; no file is made before there is something to put in it. */
enum rth_err rth_lane_create(struct rth_lane **lanep,
			     const struct rth_lane_conf *conf) RTH_CHECKED;

/**
 * Takes one RTP packet as it came (RFC 3550). What is malformed is counted and
 * dropped; an error means that the disk or memory failed.
 *
 * @param slot      0 voice, 1 or 2 picture
 * @param codec     enum rth_feed_codec
 * @param packet    borrowed; bytes from outside
 * @param time_us   when it reached the relay, relay's clock
 */
enum rth_err rth_lane_rtp(struct rth_lane *lane, int slot, int codec,
			  const uint8_t *packet, size_t len,
			  int64_t time_us) RTH_CHECKED;

/**
 * Lets time pass: what has waited long enough for missing packets is written.
 *
 * @param now_us relay's clock (CLOCK_MONOTONIC of this machine)
 */
enum rth_err rth_lane_tick(struct rth_lane *lane, int64_t now_us) RTH_CHECKED;

/** Everything written so far is on the disk when it returns 0. */
enum rth_err rth_lane_flush(struct rth_lane *lane) RTH_CHECKED;

/** Writes what still waits, completes the containers, ends the files. */
enum rth_err rth_lane_finish(struct rth_lane *lane) RTH_CHECKED;

/** Frees; files that are not finished stay as they are. NULL is allowed. */
void rth_lane_free(struct rth_lane *lane);

/* What the manifest says of one file of a lane. */
struct rth_segment_info {
	char name[RTH_SEGMENT_NAME_MAX + 1];
	const char *container; /* "webm" or "mp4" */
	const char *audio;     /* "opus" or NULL */
	const char *video;     /* "vp8", "h264", "vp9", "av1" or NULL */
	int width, height;     /* of the first picture; 0 without */
	int64_t start_ms;      /* its time 0, from the recording's origin */
	int64_t duration_ms;   /* so far */
	uint64_t bytes;	       /* of the plain file so far */
	uint64_t frames, key_frames;
	bool finished;
	uint8_t digest[RTH_SEAL_DIGEST_BYTES]; /* when finished */
};

/** The n-th segment, from 0; RTH_ERR_NOT_FOUND after the last. */
enum rth_err rth_lane_segment(const struct rth_lane *lane, size_t n,
			      struct rth_segment_info *info) RTH_CHECKED;

struct rth_lane_counts {
	uint64_t packets;   /* taken */
	uint64_t missing;   /* never came */
	uint64_t late;	    /* came after their turn, unused */
	uint64_t malformed; /* packets and frames, dropped */
	/* Frames before a key frame: at the start and after a loss. */
	uint64_t undecodable;
};
struct rth_lane_counts rth_lane_counts(const struct rth_lane *lane);

#endif
