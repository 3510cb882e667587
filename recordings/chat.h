/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was written in the visit, as a sealed file of JSON lines
 * (docs/store.md). One thread, the recorder's child.
 */
#ifndef RTH_RECORDED_CHAT_H
#define RTH_RECORDED_CHAT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "seal.h"

#define RTH_CHAT_FILE_MAX 31

struct rth_chat_log;

struct rth_chat_info {
	char name[RTH_CHAT_FILE_MAX + 1];
	uint64_t lines;
	uint64_t bytes; /* of plain text */
	bool finished;
	uint8_t digest[RTH_SEAL_DIGEST_BYTES]; /* when finished */
};

/** Makes one; its file is made with the first line. Both are borrowed. */
enum rth_err rth_chat_log_create(struct rth_chat_log **chatp, int folder,
				 unsigned part,
				 const struct rth_seal_key *key) RTH_CHECKED;

/**
 * Adds a line.
 *
 * @param chat  checked (said.h); borrowed
 * @param at_ms from the recording's origin
 * @return 0, RTH_ERR_NOMEM, RTH_ERR_IO and what the sealed file says
 */
enum rth_err rth_chat_log_add(struct rth_chat_log *log, json_t *chat,
			      int64_t at_ms) RTH_CHECKED;

/** Every line is on the disk when it returns 0. */
enum rth_err rth_chat_log_flush(struct rth_chat_log *log) RTH_CHECKED;

/** Ends the file, if there is one. */
enum rth_err rth_chat_log_finish(struct rth_chat_log *log) RTH_CHECKED;

/** What the manifest says of it; false: there is no file. */
bool rth_chat_log_info(const struct rth_chat_log *log,
		       struct rth_chat_info *info);

/** Frees; a file that is not finished stays as it is. NULL is allowed. */
void rth_chat_log_free(struct rth_chat_log *log);

#endif
