/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A part of a recording, opened: its key and what its manifest says.
 */
#ifndef RTH_RECORDING_LOAD_H
#define RTH_RECORDING_LOAD_H

#include "recording_file.h"
#include "recording_part.h"

/* The clinic's pairs; borrowed. */
struct rth_pairs {
	const struct rth_seal_pair *v;
	size_t n;
};

struct rth_loaded {
	struct rth_seal_key *key;
	struct rth_recording_part *part;
	bool complete; /* the manifest's file is */
};

/**
 * Opens a part's manifest.
 *
 * @param loaded  filled in on success, for rth_recording_unload
 * @param finding says what is wrong with the manifest otherwise
 * @return 0; RTH_ERR_NOT_FOUND: it has none; RTH_ERR_DENIED: sealed to none of
 *         the pairs; or what else was found
 */
enum rth_err rth_recording_load(struct rth_loaded *loaded,
				const struct rth_recording_folder *recording,
				unsigned part, struct rth_pairs pairs,
				struct rth_finding *finding) RTH_CHECKED;

/** Wipes the key. */
void rth_recording_unload(struct rth_loaded *loaded);

#endif
