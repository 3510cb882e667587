/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of one recording, destroyed: first the keys in their headers, so
 * that nothing opens any more whatever becomes of the rest, then the files,
 * then the folder, and then it is looked whether anything remains
 * (docs/retention.md). The database is not known here.
 */
#ifndef RTH_ERASE_H
#define RTH_ERASE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/* Until who makes a film has heard of it, however slow the machine is. */
#define RTH_ERASE_MAKERS_MS 30000

/* A recording's folders, locked: no recorder and no recovery comes in. */
struct rth_erase;

struct rth_erase_count {
	int64_t files;
	int64_t bytes; /* sealed ones, as they lie on the disk */
};

/**
 * Finds and locks a recording. Waits up to `wait_ms` for a recovery in the same
 * month, and up to `makers_ms` for a film or a preview that is just being made
 * of it, by whoever has been told to end.
 *
 * @param erasep receives it; give it to rth_erase_close
 * @param folder of all recordings; borrowed during the call
 * @param id     of the recording
 * @return 0; RTH_ERR_NOT_FOUND: there is no folder; RTH_ERR_STATE: a recorder
 *         is at work; RTH_ERR_TIMEOUT: a recovery, or a film; RTH_ERR_IO,
 * RTH_ERR_NOMEM
 */
enum rth_err rth_erase_open(struct rth_erase **erasep, const char *folder,
			    const char *id, int wait_ms,
			    int makers_ms) RTH_CHECKED;

/**
 * Takes a turn: many deletions at a time, or one alone, which knows then that
 * what was begun and has no folder any more is nobody's work. Waits.
 *
 * @param fdp receives it; close it to give it up
 * @return 0, RTH_ERR_TIMEOUT, RTH_ERR_IO
 */
enum rth_err rth_erase_turn(int *fdp, const char *folder, bool alone,
			    int wait_ms) RTH_CHECKED;

/** How many files there are. */
enum rth_err rth_erase_count(const struct rth_erase *erase,
			     struct rth_erase_count *count) RTH_CHECKED;

/**
 * Destroys keys, then files, then the folder, each synced before the next. May
 * be killed at any moment and done again. Nothing is unlinked unless each key
 * is destroyed.
 *
 * @return 0; RTH_ERR_EXISTS: a folder that is not ours is in it; RTH_ERR_IO
 */
enum rth_err rth_erase_files(struct rth_erase *erase) RTH_CHECKED;

/**
 * Overwrites the whole header of a sealed file, synced: its key is gone. Waits
 * for the disk.
 *
 * @param fd of the file, for writing; borrowed
 * @return 0, also for what is not a file; RTH_ERR_EXISTS: a folder; RTH_ERR_IO
 */
enum rth_err rth_erase_header(int fd) RTH_CHECKED;

/** Releases the locks; NULL is allowed. */
void rth_erase_close(struct rth_erase *erase);

/**
 * Looks for anything in the store that has this id in its name.
 *
 * @return 0: nothing remains; RTH_ERR_EXISTS: something does; RTH_ERR_IO: not
 *         known
 */
enum rth_err rth_erase_remains(const char *folder, const char *id) RTH_CHECKED;

#endif
