/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of a recording: made level by level and durable before anything
 * is put into it, locked while a part is being written. Paths hold year, month
 * and a random id, nothing else.
 */
#ifndef RTH_FOLDER_H
#define RTH_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "seal.h"

/**
 * Makes <yyyy>/<mm>/<id> (UTC) where it is not there, each level synced.
 *
 * @param folderp  receives a descriptor of it
 * @param store    descriptor of the folder of all recordings; borrowed
 * @param id       valid (common/id.h)
 * @param begun_ms since 1970
 * @return 0 or RTH_ERR_IO
 */
enum rth_err rth_folder_make(int *folderp, int store, const char *id,
			     int64_t begun_ms) RTH_CHECKED;

/**
 * Locks a folder for as long as the descriptor is open. A recorder that was
 * told to stop may still be finishing the part before: waits for that.
 *
 * @return 0, RTH_ERR_TIMEOUT, RTH_ERR_IO
 */
enum rth_err rth_folder_lock(int folder, int wait_ms) RTH_CHECKED;

/**
 * Makes a file, mode 0600, that must not be there yet, and begins to seal it.
 *
 * @param key borrowed
 * @return 0, RTH_ERR_EXISTS, or what rth_seal_create returns
 */
enum rth_err rth_folder_seal(struct rth_seal **sealp, int folder,
			     const char *name,
			     const struct rth_seal_key *key) RTH_CHECKED;

/** Says whether there is a file of this name. */
bool rth_folder_has(int folder, const char *name);

/** Renames within the folder, over what is there, and syncs the folder. */
enum rth_err rth_folder_rename(int folder, const char *from,
			       const char *to) RTH_CHECKED;

/** Names in the folder are on the disk when it returns 0. */
enum rth_err rth_folder_sync(int folder) RTH_CHECKED;

/** Free bytes of the disk that a folder is on, for everybody; -1: unknown. */
int64_t rth_folder_free_bytes(int folder);

#endif
