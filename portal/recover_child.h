/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of rthealth-recover: another process reads the media, so that what
 * hostile media does to a demuxer happens where there is one recording's key
 * and two open files (docs/store.md).
 */
#ifndef RTH_RECOVER_CHILD_H
#define RTH_RECOVER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seal.h"

#define RTH_RECOVER_ANSWER_SIZE 2048

struct rth_recover_run {
	const char *program;
	const struct rth_seal_key *key;
	int from;	/* the interrupted file, open for reading */
	int to;		/* an empty file, open for reading and writing */
	int64_t max_ms; /* the child is killed after so long */
	bool (*stopping)(void *arg); /* asked often; then it is killed */
	void *arg;
};

/**
 * Runs it, niced, and waits. Any thread.
 *
 * @param answer receives what it printed: one line of JSON
 * @return 0; RTH_ERR_NOT_FOUND: nothing in the file can be played;
 *         RTH_ERR_FORMAT: it cannot be recovered; RTH_ERR_TIMEOUT: too long;
 *         RTH_ERR_STATE: stopping; RTH_ERR_IO: it cannot be started
 */
enum rth_err rth_recover_run(const struct rth_recover_run *run,
			     char answer[RTH_RECOVER_ANSWER_SIZE]) RTH_CHECKED;

#endif
