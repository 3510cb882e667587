/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plain copies of a recording's files, for somebody who holds the right key.
 */
#ifndef RTH_RECORDING_EXPORT_H
#define RTH_RECORDING_EXPORT_H

#include "recording_load.h"

struct rth_export {
	struct rth_pairs pairs;
	bool damaged; /* go on where something does not open */
	/* Called for each thing that is wrong. */
	void (*tell)(void *arg, const char *file, const char *text);
	void *arg;

	size_t files;	/* filled in: how many were written, */
	uint64_t bytes; /* and their bytes */
};

/**
 * Opens a folder to export to: made with mode 0700, or there, empty and for its
 * owner only. It must not be in the folder of recordings.
 *
 * @param fdp   receives it; close it
 * @param wrong receives static words after an error
 * @return 0, RTH_ERR_EXISTS (not empty), RTH_ERR_DENIED (open to others, or in
 *         the store), RTH_ERR_IO
 */
enum rth_err rth_recording_export_to(int *fdp, const char *path,
				     const char *store,
				     const char **wrong) RTH_CHECKED;

/**
 * Writes lanes, chat, manifests, captions and previews under their names, mode
 * 0600, synced. A file that cannot be written whole is not there afterwards.
 *
 * @param to borrowed
 * @return 0 or the first error; with `damaged` only RTH_ERR_NOMEM and
 *         RTH_ERR_IO end it
 */
enum rth_err rth_recording_export(const struct rth_recording_folder *recording,
				  int to,
				  struct rth_export *export) RTH_CHECKED;

#endif
