/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The manifest of an interrupted part, brought to its ending: pure JSON.
 */
#ifndef RTH_RECOVER_MANIFEST_H
#define RTH_RECOVER_MANIFEST_H

#include <jansson.h>

#include "recording_part.h"

/* What is known of a file after its recovery. */
struct rth_recovered {
	const char *name;
	const char *answer; /* of rthealth-recover; NULL: the chat */
	int64_t lines;	    /* of the chat */
	uint64_t bytes;
	uint8_t digest[RTH_SEAL_DIGEST_BYTES];
};

/**
 * Takes a file into the manifest, whether or not it is listed there.
 *
 * @param manifest changed
 * @return 0, RTH_ERR_FORMAT (the answer is none), RTH_ERR_NOMEM
 */
enum rth_err
rth_recover_manifest_file(json_t *manifest,
			  const struct rth_recovered *file) RTH_CHECKED;

/** Takes a file out of which nothing came: its name goes to "empty". */
enum rth_err rth_recover_manifest_drop(json_t *manifest,
				       const char *name) RTH_CHECKED;

/**
 * Adds the ending: interrupted, at the last moment that is known.
 *
 * @param manifest each file in it is finished
 */
enum rth_err rth_recover_manifest_end(json_t *manifest) RTH_CHECKED;

/** The last moment that is known, of a file or of the manifest: ms, from the
 * recording's origin. */
int64_t rth_recover_manifest_last_ms(const json_t *manifest);

/** Says whether a manifest has this name in "empty". */
bool rth_recover_manifest_empty(const json_t *manifest, const char *name);

#endif
