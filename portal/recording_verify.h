/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checking a recording whole.
 */
#ifndef RTH_RECORDING_VERIFY_H
#define RTH_RECORDING_VERIFY_H

#include "recording_load.h"

struct rth_verify {
	/* Called for each thing that is wrong: the file, and what it is. */
	void (*tell)(void *arg, const char *file, const char *text);
	void *arg;
	struct rth_pairs pairs;
	unsigned parts; /* how many there must be at least; 0: not known */

	size_t wrong;	/* filled in: how many things were told */
	size_t files;	/* how many were looked at, */
	uint64_t bytes; /* and their plain bytes */
};

/**
 * Opens every block of every file of every part, compares digests and lengths
 * with the manifests', and looks for what is missing, too many, or lacks
 * somebody's agreement. A recording that runs should not be given. An empty
 * folder is good, unless there must be parts.
 *
 * @return 0, also when something is wrong; RTH_ERR_NOMEM
 */
enum rth_err rth_recording_verify(const struct rth_recording_folder *recording,
				  struct rth_verify *verify) RTH_CHECKED;

#endif
