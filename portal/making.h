/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file that is being made of a recording: film, strip, outline, captions. It
 * is NAME.making, locked by who makes it, until it is finished and takes its
 * NAME (docs/store.md). The lock is that of the open file, so a child that has
 * it holds the lock, too: whoever gets it knows that nobody writes.
 *
 * May wait for the disk: no HTTP thread.
 */
#ifndef RTH_MAKING_H
#define RTH_MAKING_H

#include <stdint.h>

#include "recording_store.h"

struct rth_making {
	int folder; /* of the recording */
	int month;  /* that it is in */
	int fd;	    /* of NAME.making, for reading and writing; borrow it */
	char id[RTH_ID_SIZE];
	char name[RTH_RECORDING_NAME_SIZE];
};

/**
 * Makes NAME.making, empty and locked.
 *
 * @param making filled in on success, for rth_making_end or _cancel
 * @param folder borrowed during the call
 * @return 0; RTH_ERR_STATE: somebody makes it just now, or works in this month;
 *         RTH_ERR_NOT_FOUND: the recording has been deleted; RTH_ERR_IO
 */
enum rth_err rth_making_begin(struct rth_making *making,
			      const struct rth_recording_folder *folder,
			      const char *name) RTH_CHECKED;

/**
 * Says whether the disk of a folder has as much space left as recordings that
 * run may need. Also false: it is not known.
 *
 * @param reserve_mb MiB
 */
bool rth_making_has_room(int folder, int64_t reserve_mb);

/** Says whether a recovery or a deletion is at work in its month. */
bool rth_making_disturbs(const struct rth_making *making);

/**
 * What was made takes its name, in the place of one that was there, whose key
 * is destroyed; synced. Anything but 0: it has been taken away, as by _cancel.
 *
 * @param stopping asked while somebody works in the month, for as long as it
 *                 takes; NULL: 3 s are waited
 * @return 0; RTH_ERR_STATE: stopping, or the month was locked too long;
 *         RTH_ERR_NOT_FOUND: the recording has been deleted; RTH_ERR_IO
 */
enum rth_err rth_making_end(struct rth_making *making,
			    bool (*stopping)(void *arg), void *arg) RTH_CHECKED;

/** Takes it away, and then gives up the lock. */
void rth_making_cancel(struct rth_making *making);

/**
 * Takes away a file of a recording's folder, its key first; also one that is
 * not there.
 */
enum rth_err rth_making_remove(const struct rth_recording_folder *folder,
			       const char *name) RTH_CHECKED;

/** Takes away what somebody who was killed was making. */
enum rth_err
rth_making_sweep(const struct rth_recording_folder *folder) RTH_CHECKED;

#endif
