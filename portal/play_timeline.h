/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a player needs to know of a recording: its lanes, times and notes, from
 * the manifests of all its parts (docs/store.md).
 */
#ifndef RTH_PLAY_TIMELINE_H
#define RTH_PLAY_TIMELINE_H

#include <jansson.h>

#include "portal.h"
#include "recording_file.h"
#include "recording_store.h"

#define RTH_UNREADABLE_SIZE (RTH_RECORDING_NAME_SIZE + RTH_FINDING_SIZE)

/**
 * Reads a recording's manifests. Waits for the disk: worker threads.
 *
 * @param timelinep receives "duration_ms" to "notes" of a play as
 *                  docs/portal-api.md has it; json_decref it
 * @param id        of the recording
 * @param play      its id, for the addresses
 * @param what      receives, on an error other than RTH_ERR_NOMEM, which file
 *                  it is and what is wrong with it
 * @return 0; RTH_ERR_NOMEM; else it cannot be read
 */
enum rth_err rth_play_timeline(json_t **timelinep,
			       const struct rth_portal *portal, const char *id,
			       const char *play,
			       char what[RTH_UNREADABLE_SIZE]) RTH_CHECKED;

#endif
