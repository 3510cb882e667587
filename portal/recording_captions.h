/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Captions from outside sealed into a recording.
 */
#ifndef RTH_RECORDING_CAPTIONS_H
#define RTH_RECORDING_CAPTIONS_H

#include "recording_load.h"

#define RTH_CAPTIONS_MAX_BYTES (4 << 20)
#define RTH_CAPTIONS_MAX 31 /* of a recording; a film has one track more */

/**
 * Reads a WebVTT file. Waits for the disk.
 *
 * @param textp receives its bytes, for rth_free
 * @param wrong receives static words after an error
 * @return 0; RTH_ERR_FORMAT: it is no WebVTT in UTF-8; RTH_ERR_LIMIT: too
 *         large; RTH_ERR_IO; RTH_ERR_NOMEM
 */
enum rth_err rth_captions_read(char **textp, size_t *lenp, const char *path,
			       const char **wrong) RTH_CHECKED;

/**
 * Seals captions into a recording, in the place of earlier ones of the
 * language.
 *
 * @param language as rth_recording_language has it
 * @return 0; RTH_ERR_EXISTS: it has RTH_CAPTIONS_MAX in other languages;
 *         RTH_ERR_STATE: somebody is at work on it just now, or it is being
 *         recorded; else as reading its first part, or writing
 */
enum rth_err rth_captions_seal(const struct rth_recording_folder *folder,
			       struct rth_pairs pairs, const char *language,
			       const char *text, size_t len) RTH_CHECKED;

#endif
