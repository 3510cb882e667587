/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of recordings as docs/store.md lays it out: which recordings there
 * are, and which files one has. Opens nothing but folders; no link is followed.
 */
#ifndef RTH_RECORDING_STORE_H
#define RTH_RECORDING_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "id.h"

#define RTH_RECORDING_NAME_SIZE 64   /* of a file, with NUL */
#define RTH_RECORDING_FILES_MAX 8192 /* of one recording */
#define RTH_RECORDING_PARTS_MAX 999
#define RTH_RECORDING_NEW \
	".recovering"		      /* ends the name of an unfinished copy */
#define RTH_RECORDING_MAKES ".making" /* of what is being made of it */
#define RTH_RECORDING_STRIP "strip.jpg"
#define RTH_RECORDING_OUTLINE "outline.json"
#define RTH_LANGUAGE_SIZE 17 /* of captions, with NUL */

enum rth_recording_kind {
	RTH_RECORDING_MANIFEST,
	RTH_RECORDING_LANE,
	RTH_RECORDING_CHAT,
	RTH_RECORDING_LEFTOVER, /* of a recovery or a recorder that was killed
				 */
	/* Made of the recording afterwards, of no part: */
	RTH_RECORDING_CAPTIONS,
	RTH_RECORDING_PREVIEW, /* strip or outline */
	RTH_RECORDING_FILM,
	RTH_RECORDING_MAKING,  /* one of these that is being made */
	RTH_RECORDING_FOREIGN, /* none of ours */
};

struct rth_recording_file {
	char name[RTH_RECORDING_NAME_SIZE];
	enum rth_recording_kind kind;
	unsigned part; /* counts from 1; 0 of a foreign one, or of none */
};

/* One recording's folder. Files are sorted by part, kind and name. */
struct rth_recording_folder {
	char id[RTH_ID_SIZE];
	int fd;
	unsigned parts; /* the highest that a file names */
	size_t files_n;
	struct rth_recording_file *files;
};

/**
 * What a name says. Any thread.
 *
 * @param file receives all; `name` is cut when it is too long, then foreign,
 *             and printable in any case
 */
void rth_recording_file_of(struct rth_recording_file *file, const char *name);

/** Says whether it is a language as captions are named by: "en", "pt-BR". Any
 * thread. */
bool rth_recording_language(const char *text);

/** The language of a file of captions. Any thread. */
void rth_recording_captions_language(char language[RTH_LANGUAGE_SIZE],
				     const struct rth_recording_file *file);

/**
 * Calls back for each recording, oldest first; an error of `each` ends it.
 *
 * @param folder of all recordings
 * @return 0, what `each` returned, RTH_ERR_IO, RTH_ERR_NOMEM
 */
enum rth_err rth_recordings_each(const char *folder,
				 enum rth_err (*each)(const char *id,
						      void *arg),
				 void *arg) RTH_CHECKED;

/**
 * Opens a recording's folder and reads its names.
 *
 * @param id whatever somebody typed
 * @return 0, RTH_ERR_NOT_FOUND (also when it is no id), RTH_ERR_LIMIT (too many
 *         files), RTH_ERR_IO, RTH_ERR_NOMEM
 */
enum rth_err rth_recording_folder_open(struct rth_recording_folder **recordingp,
				       const char *folder,
				       const char *id) RTH_CHECKED;

/**
 * Opens the folder of the month that a recording is in.
 *
 * @param fdp receives it; close it
 * @return 0, RTH_ERR_NOT_FOUND (also when it is no id), RTH_ERR_IO,
 *         RTH_ERR_NOMEM
 */
enum rth_err rth_recording_month_open(int *fdp, const char *folder,
				      const char *id) RTH_CHECKED;

/** NULL is allowed. */
void rth_recording_folder_close(struct rth_recording_folder *recording);

/** Says whether a recorder writes into it now. */
bool rth_recording_folder_running(const struct rth_recording_folder *recording);

/** The file of this name, or NULL. */
const struct rth_recording_file *
rth_recording_folder_find(const struct rth_recording_folder *recording,
			  const char *name);

/**
 * Opens one of its files for reading: a regular one, no link.
 *
 * @param fdp receives it; close it
 * @return 0, RTH_ERR_NOT_FOUND, RTH_ERR_FORMAT (no regular file), RTH_ERR_IO
 */
enum rth_err
rth_recording_folder_file(int *fdp,
			  const struct rth_recording_folder *recording,
			  const char *name) RTH_CHECKED;

#endif
