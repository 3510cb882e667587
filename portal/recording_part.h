/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the manifest of one part of a recording says, read strictly: a part is
 * what was written without the recorder being gone meanwhile (docs/store.md).
 */
#ifndef RTH_RECORDING_PART_H
#define RTH_RECORDING_PART_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "recording_store.h"
#include "seal.h"

#define RTH_MANIFEST_MAX_BYTES (16 << 20)
#define RTH_MANIFEST_NAME_SIZE 32
#define RTH_MANIFEST_NUMBER_MAX INT64_C(100000000000000) /* bytes, times */
#define RTH_WORD_SIZE 33

/* A file that the manifest lists. */
struct rth_listed {
	char name[RTH_RECORDING_NAME_SIZE];
	bool chat;
	bool picture; /* a video codec is named */
	bool patient; /* a lane of the patient's; else of the clinician's */
	bool finished;
	uint64_t bytes; /* of plain text, when finished; else at that time */
	int64_t start_ms;
	int64_t duration_ms;
	uint8_t digest[RTH_SEAL_DIGEST_BYTES]; /* when finished */
};

struct rth_recording_part {
	unsigned part;
	json_t *json; /* the whole */
	char room[RTH_ID_SIZE];
	int64_t begun_ms;   /* since 1970: of the whole recording */
	int64_t start_ms;   /* of this part, from there */
	int64_t written_ms; /* when the manifest was written, from there */
	bool finished;
	char how[RTH_WORD_SIZE];    /* "complete" ...; when finished */
	char reason[RTH_WORD_SIZE]; /* when finished */
	unsigned parts;		    /* as END said; 0: it did not */
	size_t files_n;
	struct rth_listed *files;
};

/**
 * Reads a manifest. Any thread.
 *
 * @param partp receives it, for rth_recording_part_free
 * @param text  borrowed; bytes that were sealed, but by a program that reads
 *              what strangers send
 * @param id    of the recording that it must be of
 * @param part  the part that it must be of
 * @param wrong receives, on RTH_ERR_FORMAT, the member that is wrong: static
 * @return 0, RTH_ERR_FORMAT, RTH_ERR_LIMIT (too many files), RTH_ERR_NOMEM
 */
enum rth_err rth_recording_part_read(struct rth_recording_part **partp,
				     const char *text, size_t len,
				     const char *id, unsigned part,
				     const char **wrong) RTH_CHECKED;

/** NULL is allowed. */
void rth_recording_part_free(struct rth_recording_part *part);

/**
 * Says what is missing of the evidence that everybody agreed to what was
 * recorded: one answer of each role, and no picture of who agreed to voice
 * only.
 *
 * @return NULL: nothing; else static words
 */
const char *rth_recording_part_evidence(const struct rth_recording_part *part);

/** The file of this name, or NULL. */
const struct rth_listed *
rth_recording_part_find(const struct rth_recording_part *part,
			const char *name);

/** The name of a part's manifest. */
void rth_recording_part_name(char name[RTH_MANIFEST_NAME_SIZE], unsigned part);

#endif
