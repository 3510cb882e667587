/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file of an interrupted part, made anew. Whatever fails, the file is what
 * it was, and no copy is left.
 */
#ifndef RTH_RECOVER_COPY_H
#define RTH_RECOVER_COPY_H

#include "recording_recover.h"

/* One part being recovered; all borrowed but what is said. */
struct rth_recover_work {
	struct rth_recover *recover;
	const struct rth_recording_folder *folder;
	const struct rth_recording_part *part; /* as it was read */
	const struct rth_seal_key *key;
	json_t *manifest;   /* the new one; changed */
	enum rth_err first; /* what went wrong first */
};

/**
 * Seals a text as a file of the part.
 *
 * @param made receives its length and digest
 */
enum rth_err rth_recover_write(const struct rth_recover_work *work,
			       const char *name, const char *text, size_t len,
			       struct rth_finding *made) RTH_CHECKED;

/**
 * Copies the chat up to its last whole line, and says so in the manifest.
 *
 * @return 0; RTH_ERR_NOT_FOUND: there is no whole line; else it failed
 */
enum rth_err rth_recover_chat(struct rth_recover_work *work,
			      const char *name) RTH_CHECKED;

/**
 * Lets rthealth-recover copy a lane's file, and says so in the manifest.
 *
 * @param bytes its plain length, for how long it may take
 * @return 0; RTH_ERR_NOT_FOUND: nothing in it can be played; RTH_ERR_STATE: we
 *         are stopping; else it failed
 */
enum rth_err rth_recover_lane(struct rth_recover_work *work, const char *name,
			      uint64_t bytes) RTH_CHECKED;

#endif
