/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the sealed files of a recording: whole, as a check, or as a copy.
 */
#ifndef RTH_RECORDING_FILE_H
#define RTH_RECORDING_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "recording_store.h"
#include "seal.h"

#define RTH_FINDING_SIZE 96

/* What is to be said of a file. */
struct rth_finding {
	enum rth_err err;	     /* 0: nothing is wrong with it */
	char text[RTH_FINDING_SIZE]; /* "block 3 does not open" */
	bool complete;
	uint64_t bytes;			       /* of plain text */
	uint8_t digest[RTH_SEAL_DIGEST_BYTES]; /* of a complete one */
};

/**
 * Takes the recording key out of a file's header.
 *
 * @return as rth_seal_key_open and rth_recording_folder_file
 */
enum rth_err rth_recording_key(struct rth_seal_key **keyp,
			       const struct rth_recording_folder *recording,
			       const char *name,
			       const struct rth_seal_pair *pairs,
			       size_t pairs_n) RTH_CHECKED;

/** Says whether a file is sealed with this recording key. */
bool rth_recording_same_key(const struct rth_recording_folder *recording,
			    const char *name, const struct rth_seal_key *key);

/** Opens each block of a file and compares its digest with its end record. */
void rth_recording_check(struct rth_finding *finding,
			 const struct rth_recording_folder *recording,
			 const char *name, const struct rth_seal_key *key);

/**
 * Reads a file into memory.
 *
 * @param textp     receives the bytes with a NUL behind, for rth_free
 * @param max_bytes RTH_ERR_LIMIT above
 * @param finding   says what was wrong; complete, bytes, digest as well
 */
enum rth_err rth_recording_read(char **textp, size_t *lenp,
				const struct rth_recording_folder *recording,
				const char *name,
				const struct rth_seal_key *key,
				size_t max_bytes,
				struct rth_finding *finding) RTH_CHECKED;

/**
 * Writes the plain bytes to a descriptor. A block that does not open becomes
 * zeros where `damaged` is set, else it ends the copy.
 *
 * @param out     borrowed; synced at the end
 * @param finding the first thing that was wrong
 * @return 0, also with such zeros; else as the finding, or RTH_ERR_IO
 */
enum rth_err rth_recording_copy(int out,
				const struct rth_recording_folder *recording,
				const char *name,
				const struct rth_seal_key *key, bool damaged,
				struct rth_finding *finding) RTH_CHECKED;

#endif
