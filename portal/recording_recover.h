/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completing what was interrupted: each part whose recorder is gone and whose
 * manifest has no ending (docs/store.md, "Recovery").
 */
#ifndef RTH_RECORDING_RECOVER_H
#define RTH_RECORDING_RECOVER_H

#include "recording_load.h"

struct rth_recover {
	const char *folder;  /* of all recordings */
	const char *program; /* rthealth-recover */
	struct rth_pairs pairs;
	bool (*stopping)(void *arg); /* asked often; NULL: never */
	/* Called for each thing that is wrong, or was done. */
	void (*tell)(void *arg, const char *file, const char *text);
	void *arg;

	/* Filled in. */
	unsigned parts;	    /* the highest that there is */
	unsigned recovered; /* of these, by this call */
	bool interrupted;   /* one of the parts was, now or before */
	char room[RTH_ID_SIZE];
	int64_t begun_ms; /* since 1970 */
	int64_t ended_ms; /* since 1970: the last moment of the last part */
};

/**
 * Completes a recording. What cannot be completed stays as it is and is told.
 * It may be killed at any moment and called again; two at a time wait for each
 * other. Takes as long as the disk needs.
 *
 * @return 0: all its parts have an ending; RTH_ERR_STATE: it is running, or we
 *         are stopping; else the first error, after all else was tried
 */
enum rth_err rth_recording_recover(struct rth_recover *recover,
				   const char *id) RTH_CHECKED;

#endif
