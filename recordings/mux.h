/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One container file: WebM of Opus with VP8, VP9 or AV1, or MP4 of Opus with
 * H264, written into a sealed file with libavformat's muxers.
 *
 * A file that is not finished can be read up to the last flush. Finishing
 * writes the index; that takes as long for an hour as for a minute.
 */
#ifndef RTH_MUX_H
#define RTH_MUX_H

#include "frame.h"
#include "seal.h"

enum rth_track { RTH_TRACK_VOICE, RTH_TRACK_PICTURE, RTH_TRACKS };

/* What a container has to know of a picture before it can begin. */
struct rth_mux_picture {
	int codec; /* enum rth_feed_codec; 0 without a picture */
	int width, height;
	struct rth_bytes extra; /* the codec's own head: avcC or AV1 OBUs */
};

/**
 * Reads that from a key frame.
 *
 * @param picture filled in on success; give it to rth_mux_picture_clear
 * @return 0, RTH_ERR_FORMAT if it does not say, RTH_ERR_NOMEM
 */
enum rth_err rth_mux_describe(struct rth_mux_picture *picture, int codec,
			      const uint8_t *data, size_t len) RTH_CHECKED;
void rth_mux_picture_clear(struct rth_mux_picture *picture);

/** Says whether frames of b can go on in a file that began with a. */
bool rth_mux_same(const struct rth_mux_picture *a,
		  const struct rth_mux_picture *b);

struct rth_mux;

/**
 * Begins a file.
 *
 * @param seal    borrowed for the muxer's life
 * @param voice   there is a voice track
 * @param picture the picture track; copied; codec 0: none
 * @return 0, RTH_ERR_NOMEM, RTH_ERR_IO or another of the seal's;
 *         RTH_ERR_FORMAT: the container does not take such a picture
 */
enum rth_err rth_mux_open(struct rth_mux **muxp, struct rth_seal *seal,
			  bool voice,
			  const struct rth_mux_picture *picture) RTH_CHECKED;

/** Frees without finishing; the seal stays. NULL is allowed. */
void rth_mux_close(struct rth_mux *mux);

/* One frame for a container. */
struct rth_mux_frame {
	enum rth_track track;
	const uint8_t *data; /* borrowed */
	size_t len;
	int64_t time_us;     /* from the file's time 0 */
	int64_t duration_us; /* 0 if not known */
	bool key;
};

/**
 * Adds a frame as the depacketisers give it. Times of a track that do not
 * increase are made to, by the container's least step.
 *
 * @return as rth_mux_open; RTH_ERR_FORMAT: the frame is left out
 */
enum rth_err rth_mux_write(struct rth_mux *mux,
			   const struct rth_mux_frame *frame) RTH_CHECKED;

/** The same for a frame that is as the container wants it. */
enum rth_err rth_mux_write_ready(struct rth_mux *mux,
				 const struct rth_mux_frame *frame) RTH_CHECKED;

/** All that was written is with the seal (which is not flushed). */
enum rth_err rth_mux_flush(struct rth_mux *mux) RTH_CHECKED;

/** Completes the file, without finishing the seal. Then only close. */
enum rth_err rth_mux_finish(struct rth_mux *mux) RTH_CHECKED;

/** How long the file is, in microseconds from its time 0. */
int64_t rth_mux_duration_us(const struct rth_mux *mux);

/** How long an Opus packet is: RFC 6716 section 3.1. 0 if malformed. */
int64_t rth_mux_opus_us(const uint8_t *packet, size_t len);

#endif
