/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of rthealth-film: another process, of a low priority, makes a
 * film or a preview, so that what hostile media does to a decoder happens where
 * there are one recording's keys and its open files (docs/store.md).
 */
#ifndef RTH_FILM_CHILD_H
#define RTH_FILM_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seal.h"

#define RTH_FILM_ANSWER_SIZE 2048
#define RTH_FILM_INPUTS_MAX 200

struct rth_film_run {
	const char *program;
	const char *job; /* one line of JSON, without its end */
	struct rth_seal_key *const *keys;
	size_t keys_n;
	int outs[2];	/* empty files; -1: there is none */
	const int *ins; /* from rth_film_fd; at most RTH_FILM_INPUTS_MAX */
	size_t ins_n;
	int64_t max_ms;		     /* the child is killed after so long */
	bool (*stopping)(void *arg); /* asked often; then it is killed */
	void (*progress)(void *arg, int64_t done_ms); /* NULL: nobody asks */
	void *arg;
};

/**
 * Moves a descriptor above those that a child gets.
 *
 * @param fd taken; closed on an error
 * @return the new one, or -1
 */
int rth_film_fd(int fd);

/**
 * Runs it and waits. The thread must last as long as the program: the child
 * ends with it.
 *
 * @param answer receives its last line
 * @return 0; RTH_ERR_FORMAT: an input is unreadable; RTH_ERR_LIMIT: the disk is
 *         full; RTH_ERR_TIMEOUT: it is, or takes, too long; RTH_ERR_STATE:
 *         stopping; RTH_ERR_DENIED: it failed otherwise; RTH_ERR_IO: it cannot
 *         be started; RTH_ERR_NOMEM
 */
enum rth_err rth_film_run(const struct rth_film_run *run,
			  char answer[RTH_FILM_ANSWER_SIZE]) RTH_CHECKED;

#endif
