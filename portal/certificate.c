/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A deletion as a signed object: ids, a time and counts, nothing else. */
#include "certificate.h"

#include "audit_head.h"
#include "json_text.h"
#include "text.h"

#define VERSION 1

static json_t *unsigned_json(const struct rth_deletion *d, const char *deleted)
{
	return json_pack("{s:i, s:s, s:s?, s:s, s:s, s:s, s:I, s:I, s:b}",
			 "version", VERSION, "recording", d->recording, "visit",
			 *d->visit ? d->visit : NULL, "deleted", deleted, "by",
			 d->by, "rule", d->rule, "files", (json_int_t)d->files,
			 "bytes", (json_int_t)d->bytes, "verified", 1);
}

enum rth_err rth_certificate_make(char **textp,
				  const struct rth_deletion *deletion,
				  const struct rth_audit_key *key)
{
	char deleted[RTH_TIME_SIZE];
	json_t *json;
	size_t len;
	enum rth_err err = rth_text_time(deleted, deletion->done_s);

	if (err)
		return err;
	json = unsigned_json(deletion, deleted);
	if (!json)
		return RTH_ERR_NOMEM;
	err = rth_audit_key_sign(json, key);
	if (!err)
		err = rth_json_canonical(textp, &len, json);
	json_decref(json);
	return err;
}
