/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON lines into a sealed file.
 */
#include "chat.h"

#include <stdio.h>

#include "folder.h"
#include "mem.h"

#define LINE_MAX_BYTES 32768 /* 4000 bytes of text, each escaped to six */

struct rth_chat_log {
	int folder;			/* borrowed */
	const struct rth_seal_key *key; /* borrowed */
	struct rth_seal *seal;		/* NULL before the first line and after
					   the end */
	struct rth_chat_info info;
	bool changed; /* since the last flush */
	char line[LINE_MAX_BYTES];
};

enum rth_err rth_chat_log_create(struct rth_chat_log **chatp, int folder,
				 unsigned part, const struct rth_seal_key *key)
{
	struct rth_chat_log *log = rth_alloc(sizeof(*log));

	if (!log)
		return RTH_ERR_NOMEM;
	log->folder = folder;
	log->key = key;
	snprintf(log->info.name, sizeof(log->info.name), "%u-chat.jsonl", part);
	*chatp = log;
	return RTH_OK;
}

static enum rth_err make_file(struct rth_chat_log *log)
{
	enum rth_err err = rth_folder_seal(&log->seal, log->folder,
					   log->info.name, log->key);

	return err ? err : rth_folder_sync(log->folder);
}

/* The time comes first, so that a line can be found by looking at its start. */
static enum rth_err format_line(struct rth_chat_log *log, json_t *chat,
				int64_t at_ms, size_t *lenp)
{
	json_t *line = json_pack("{s:I}", "at_ms", (json_int_t)at_ms);
	enum rth_err err = RTH_ERR_NOMEM;
	size_t len;

	if (!line || json_object_update(line, chat))
		goto out;
	len = json_dumpb(line, log->line, sizeof(log->line) - 1, JSON_COMPACT);
	if (!len)
		goto out;
	err = RTH_ERR_LIMIT;
	if (len > sizeof(log->line) - 1)
		goto out;
	log->line[len++] = '\n';
	*lenp = len;
	err = RTH_OK;
out:
	json_decref(line);
	return err;
}

enum rth_err rth_chat_log_add(struct rth_chat_log *log, json_t *chat,
			      int64_t at_ms)
{
	size_t len = 0;
	enum rth_err err = format_line(log, chat, at_ms, &len);

	if (!err && !log->seal)
		err = make_file(log);
	if (!err)
		err = rth_seal_write(log->seal, log->info.bytes, log->line,
				     len);
	if (err)
		return err;
	log->info.bytes += len;
	log->info.lines++;
	log->changed = true;
	return RTH_OK;
}

enum rth_err rth_chat_log_flush(struct rth_chat_log *log)
{
	enum rth_err err = RTH_OK;

	if (log->changed)
		err = rth_seal_flush(log->seal);
	if (!err)
		log->changed = false;
	return err;
}

enum rth_err rth_chat_log_finish(struct rth_chat_log *log)
{
	struct rth_seal *seal = log->seal;
	enum rth_err err;

	if (!seal)
		return RTH_OK;
	log->seal = NULL;
	log->changed = false;
	err = rth_seal_finish(seal, log->info.digest);
	log->info.finished = !err;
	return err;
}

bool rth_chat_log_info(const struct rth_chat_log *log,
		       struct rth_chat_info *info)
{
	*info = log->info;
	return log->info.lines > 0;
}

void rth_chat_log_free(struct rth_chat_log *log)
{
	if (!log)
		return;
	rth_seal_close(log->seal);
	rth_free(log);
}
