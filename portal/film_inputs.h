/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of a recording goes into a film or a preview: the open files of all its
 * parts, their keys, and what rthealth-film is told of them (docs/store.md).
 */
#ifndef RTH_FILM_INPUTS_H
#define RTH_FILM_INPUTS_H

#include <jansson.h>

#include "film_child.h"
#include "recording_load.h"

struct rth_film_inputs {
	struct rth_recording_folder *folder;
	struct rth_seal_key **keys; /* of the parts, in their order */
	size_t keys_n;
	int fds[RTH_FILM_INPUTS_MAX];
	size_t fds_n;
	json_t *files; /* "files" of a job */
	int64_t begun_ms;
	int64_t duration_ms;
};

/**
 * Opens all of a recording. Waits for the disk.
 *
 * @param inputsp receives it, for rth_film_inputs_close
 * @param store   the folder of all recordings
 * @param pairs   borrowed during the call
 * @return 0; RTH_ERR_NOT_FOUND: there is no folder, or it is empty;
 *         RTH_ERR_STATE: it is being recorded; RTH_ERR_LIMIT: too many files;
 *         RTH_ERR_NOMEM; else it cannot be read
 */
enum rth_err rth_film_inputs_open(struct rth_film_inputs **inputsp,
				  const char *store, struct rth_pairs pairs,
				  const char *id) RTH_CHECKED;

/** Closes all and wipes the keys; NULL is allowed. */
void rth_film_inputs_close(struct rth_film_inputs *inputs);

/**
 * The key of the part that a file which belongs to no part is sealed with.
 *
 * @param keyp receives one of the inputs' keys, borrowed
 * @return 0; RTH_ERR_DENIED: with none of them: it is not of this recording
 */
enum rth_err rth_film_inputs_key(struct rth_seal_key **keyp,
				 const struct rth_film_inputs *inputs,
				 const char *name) RTH_CHECKED;

#endif
