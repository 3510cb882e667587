/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One part of a recording while it is being written: its folder, its key, its
 * lanes, its chat and its manifest. Made only by a BEGIN in which everybody
 * has agreed; before it nothing is on the disk. One thread, the recorder's
 * child.
 *
 *     open ──▶ (rtp, rtcp, chat, note, tick, flush)* ──▶ finish ──▶ free
 */
#ifndef RTH_RECORDING_H
#define RTH_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "clinic_key.h"
#include "feed_record.h"
#include "manifest.h"

#define RTH_LANES 4

struct rth_recording;

struct rth_recording_conf {
	int store; /* the folder of all recordings; borrowed */
	const struct rth_clinic_keys *keys; /* borrowed during the call */
	/* Called with the folder before a file is in it: from then on the
	   process may give up every other. 0, or the recording is not begun. */
	enum rth_err (*narrow)(int folder);
};

/**
 * Begins a part: folder, lock, key, first manifest, all synced.
 *
 * @param head of BEGIN
 * @param text its body
 * @return 0; RTH_ERR_FORMAT: not a BEGIN, or somebody has not agreed;
 *         RTH_ERR_EXISTS: this part is there already; RTH_ERR_TIMEOUT: the
 *         part before is not finished; RTH_ERR_IO, RTH_ERR_NOMEM
 */
enum rth_err rth_recording_open(struct rth_recording **recordingp,
				const struct rth_recording_conf *conf,
				const struct rth_feed_head *head,
				const char *text, size_t len) RTH_CHECKED;

/** The ids, for the log; borrowed. */
const char *rth_recording_id(const struct rth_recording *recording);
unsigned rth_recording_part(const struct rth_recording *recording);

/**
 * Takes a record other than BEGIN and END.
 *
 * @return 0; RTH_ERR_FORMAT, RTH_ERR_LIMIT: it is malformed; RTH_ERR_DENIED:
 *         nobody agreed to that; else the disk or memory failed
 */
enum rth_err rth_recording_take(struct rth_recording *recording,
				const struct rth_feed_head *head,
				const uint8_t *body, size_t len) RTH_CHECKED;

/**
 * Lets time pass for the lanes.
 *
 * @param now_us  relay's clock
 * @param drained nothing that was sent is waiting to be taken
 */
enum rth_err rth_recording_tick(struct rth_recording *recording, int64_t now_us,
				bool drained) RTH_CHECKED;

/** What came so far is on the disk when it returns 0. */
enum rth_err rth_recording_flush(struct rth_recording *recording) RTH_CHECKED;

/** Free bytes of its disk; -1: unknown. */
int64_t rth_recording_free_bytes(const struct rth_recording *recording);

struct rth_recording_end {
	enum rth_ending ending;
	const char *reason;
	const char *failed; /* "disk-full", ... or NULL */
	unsigned parts;	    /* 0: END did not come */
	json_t *by;	    /* as END said, borrowed; NULL: nobody */
	int64_t at_us;	    /* END's time, relay's clock */
};

/**
 * Finishes every file that can be, and the manifest. Files that cannot be
 * finished leave the manifest without an ending: then the part is for
 * rthealth-recover.
 *
 * @return 0: all of it is on the disk and playable; else the first error
 */
enum rth_err
rth_recording_finish(struct rth_recording *recording,
		     const struct rth_recording_end *end) RTH_CHECKED;

/* For the log. */
struct rth_recording_sums {
	uint64_t packets, missing, late, malformed, undecodable;
	uint64_t lost, refused, bytes;
	int64_t duration_ms;
};
struct rth_recording_sums
rth_recording_sum(const struct rth_recording *recording);

/** Frees; what is not finished stays as it is. NULL is allowed. */
void rth_recording_free(struct rth_recording *recording);

#endif
