/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Downloads. Each answer has its row in the audit before its first byte: one
 * who takes a file in pieces leaves one for each.
 */
#include "files.h"

#include <stdio.h>
#include <unistd.h>

#include "audit.h"
#include "keys.h"
#include "media.h"
#include "portal.h"
#include "recording_file.h"
#include "rights.h"
#include "session.h"

#define KINDS                                                            \
	(RTH_SERVE(RTH_RECORDING_LANE) | RTH_SERVE(RTH_RECORDING_CHAT) | \
	 RTH_SERVE(RTH_RECORDING_CAPTIONS))

static void reply_err(struct rth_exchange *x, enum rth_err err)
{
	if (err == RTH_ERR_NOT_FOUND)
		rth_reply_not_found(x);
	else if (err == RTH_ERR_NOMEM)
		rth_reply_error(x, 503, "busy",
				"Too much is going on. Please try again.");
	else if (err == RTH_ERR_DENIED)
		rth_reply_error(x, 409, "unreadable",
				"The key to this recording is not open.");
	else
		rth_reply_failed(x, err);
}

/* ---- The audit ---- */

/* [[first, end], ...]; the whole is none. */
static json_t *ranges_json(const struct rth_ranges *ranges)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; ranges->kind == RTH_RANGES_SOME && i < ranges->n; i++) {
		const struct rth_range *r = &ranges->v[i];

		if (json_array_append_new(
			    list,
			    json_pack("[I, I]", (json_int_t)r->first,
				      (json_int_t)(r->first + r->bytes)))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

enum rth_err rth_files_audit(struct rth_exchange *x, void *arg,
			     const struct rth_ranges *ranges, uint64_t bytes)
{
	const struct rth_serve *what = arg;
	struct rth_audit row = {
		.action = "downloaded",
		.object = what->of.recording,
		.visit = what->visit,
	};

	return rth_audit_request_json(
		x, &row,
		json_pack("{s:s, s:I, s:o}", "file", what->file, "bytes",
			  (json_int_t)bytes, "ranges", ranges_json(ranges)));
}

/* ---- The list ---- */

/* How long a file is in plain; an error: it does not open. */
static enum rth_err length_of(uint64_t *bytesp,
			      const struct rth_recording_folder *folder,
			      const char *name, const struct rth_keys *keys)
{
	const struct rth_seal_pair *pairs;
	struct rth_seal_key *key = NULL;
	struct rth_unseal *unseal = NULL;
	size_t n;
	int fd = -1;
	enum rth_err err;

	pairs = rth_keys_pairs(keys, &n);
	err = rth_recording_folder_file(&fd, folder, name);
	if (err)
		return err;
	err = rth_seal_key_open(&key, fd, pairs, n);
	if (!err)
		err = rth_unseal_open(&unseal, fd, key);
	if (err)
		close(fd);
	else
		*bytesp = rth_unseal_length(unseal);
	rth_unseal_close(unseal);
	rth_seal_key_free(key);
	return err;
}

/* One that does not open is listed, too: bytes is null. */
static enum rth_err add_file(json_t *list,
			     const struct rth_recording_folder *folder,
			     const char *name, const struct rth_keys *keys)
{
	char href[128];
	uint64_t bytes = 0;
	enum rth_err err = length_of(&bytes, folder, name, keys);

	if (err == RTH_ERR_NOMEM)
		return err;
	snprintf(href, sizeof(href), "/api/recordings/%s/files/%s", folder->id,
		 name);
	return json_array_append_new(
		       list, json_pack("{s:s, s:s, s:o, s:s}", "name", name,
				       "type", rth_media_type(name), "bytes",
				       err ? json_null()
					   : json_integer((json_int_t)bytes),
				       "href", href))
		       ? RTH_ERR_NOMEM
		       : 0;
}

static enum rth_err list_files(json_t *list, const struct rth_portal *portal,
			       const char *id)
{
	struct rth_recording_folder *folder;
	enum rth_err err;
	size_t i;

	if (!portal->settings.recordings.folder)
		return RTH_ERR_NOT_FOUND;
	if (!portal->keys)
		return RTH_ERR_DENIED;
	err = rth_recording_folder_open(&folder,
					portal->settings.recordings.folder, id);
	if (err)
		return err;
	for (i = 0; i < folder->files_n && !err; i++) {
		const struct rth_recording_file *file = &folder->files[i];

		if (KINDS & RTH_SERVE(file->kind))
			err = add_file(list, folder, file->name, portal->keys);
	}
	rth_recording_folder_close(folder);
	return err;
}

void rth_files_handle_list(struct rth_exchange *x)
{
	struct rth_reviewed of;
	json_t *list = NULL;
	enum rth_err err = rth_rights_find(&of, x, rth_request_param(x, 0),
					   RTH_MAY_DOWNLOAD);

	if (!err) {
		list = json_array();
		err = list ? list_files(list, rth_request_portal(x), of.row.id)
			   : RTH_ERR_NOMEM;
	}
	if (err) {
		json_decref(list);
		reply_err(x, err);
		return;
	}
	rth_reply_json(x, 200, json_pack("{s:o}", "files", list));
}

/* ---- One of them ---- */

void rth_files_handle_get(struct rth_exchange *x)
{
	struct rth_reviewed of;
	enum rth_err err = rth_rights_find(&of, x, rth_request_param(x, 0),
					   RTH_MAY_DOWNLOAD);
	struct rth_serve what = {
		.file = rth_request_param(x, 1),
		.kinds = KINDS,
		.attachment = true,
		.before = rth_files_audit,
		.arg = &what,
	};

	if (err) {
		reply_err(x, err);
		return;
	}
	what.visit = *of.row.visit ? of.row.visit : NULL;
	rth_serve_session(&what, x, of.row.id, RTH_MAY_DOWNLOAD);
	rth_serve(x, &what);
}
