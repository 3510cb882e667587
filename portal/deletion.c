/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recording deleted: files by erase.h, words by the store. */
#include "deletion.h"

#include <string.h>

#include "certificate.h"
#include "erase.h"
#include "log.h"
#include "mem.h"

#define FOLDERS_MAX 24 /* with one id, in other months: never more than one */

/*
 * Destroys what has this id in each month, then looks for it.
 *
 * @param erase the first folder, taken; NULL: it is gone already
 */
static enum rth_err erase_all(const struct rth_deleting *deleting,
			      const char *id, struct rth_erase *erase)
{
	const char *folder = deleting->settings->recordings.folder;
	enum rth_err err = 0;
	int i;

	for (i = 0; i < FOLDERS_MAX && erase && !err; i++) {
		err = rth_erase_files(erase);
		rth_erase_close(erase);
		erase = NULL;
		if (!err)
			err = rth_erase_open(&erase, folder, id,
					     deleting->wait_ms);
		if (err == RTH_ERR_NOT_FOUND)
			err = 0;
	}
	rth_erase_close(erase);
	if (!err)
		err = rth_erase_remains(folder, id);
	if (err != RTH_ERR_EXISTS)
		return err;
	rth_log(RTH_LOG_ERROR, "deletion-remains", "s:s", "recording", id);
	return RTH_ERR_IO;
}

/* What was said about it, in the database and what that keeps of it. */
static enum rth_err erase_words(const struct rth_deleting *deleting,
				const char *id)
{
	enum rth_err err = rth_store_deletion_words(deleting->store, id);

	if (!err)
		err = rth_store_scrub(deleting->store);
	return err == RTH_ERR_STATE ? RTH_ERR_TIMEOUT : err;
}

static enum rth_err certify(const struct rth_deleting *deleting,
			    struct rth_deletion *deletion)
{
	char *certificate;
	enum rth_err err;

	deletion->done_s = deleting->now_s;
	err = rth_certificate_make(&certificate, deletion, deleting->key);
	if (err)
		return err;
	err = deleting->audit(deleting->arg, deletion, RTH_AUDIT_DELETED);
	if (!err)
		err = rth_store_deletion_end(deleting->store, deletion,
					     certificate);
	rth_free(certificate);
	return err;
}

/* A folder that is missing was deleted by us only if we had begun. */
static enum rth_err open_files(const struct rth_deleting *deleting,
			       struct rth_deletion *deletion,
			       struct rth_erase **erasep)
{
	const char *folder = deleting->settings->recordings.folder;
	struct rth_erase_count count = {0, 0};
	struct rth_deletion before;
	struct rth_erase *erase = NULL;
	enum rth_err err = rth_erase_open(&erase, folder, deletion->recording,
					  deleting->wait_ms);

	if (err == RTH_ERR_NOT_FOUND)
		err = rth_store_deletion_get(deleting->store, &before,
					     deletion->recording);
	else if (!err)
		err = rth_erase_count(erase, &count);
	if (err) {
		rth_erase_close(erase);
		return err;
	}
	deletion->begun_s = deleting->now_s;
	deletion->files = count.files;
	deletion->bytes = count.bytes;
	*erasep = erase;
	return 0;
}

enum rth_err rth_delete_recording(const struct rth_deleting *deleting,
				  struct rth_deletion *deletion)
{
	struct rth_erase *erase;
	enum rth_err err = rth_store_deletion_may(
		deleting->store, deletion->recording, deleting->now_s);

	if (!err && !deleting->key)
		err = RTH_ERR_CRYPTO; /* there would be no certificate */
	if (!err)
		err = open_files(deleting, deletion, &erase);
	if (err)
		return err;
	err = deleting->audit(deleting->arg, deletion,
			      RTH_AUDIT_DELETION_BEGUN);
	if (!err)
		err = rth_store_deletion_begin(deleting->store, deletion);
	if (err) {
		rth_erase_close(erase);
		return err;
	}
	err = erase_all(deleting, deletion->recording, erase);
	if (!err)
		err = erase_words(deleting, deletion->recording);
	if (!err)
		err = certify(deleting, deletion);
	/* Nothing that somebody wrote is in what came since, but shorter is
	   better; whoever reads just now keeps us from it. */
	if (!err && rth_store_scrub(deleting->store) == RTH_ERR_IO)
		err = RTH_ERR_IO;
	return err;
}

enum rth_err rth_delete_again(const struct rth_deleting *deleting,
			      const char *recording)
{
	struct rth_deletion deletion;
	struct rth_erase *erase;
	enum rth_err err =
		rth_store_deletion_get(deleting->store, &deletion, recording);

	if (!err && !deletion.done_s)
		err = RTH_ERR_STATE;
	if (!err)
		err = rth_erase_open(&erase,
				     deleting->settings->recordings.folder,
				     recording, deleting->wait_ms);
	if (err)
		return err;
	err = deleting->audit(deleting->arg, &deletion,
			      RTH_AUDIT_DELETED_AGAIN);
	if (err)
		rth_erase_close(erase);
	else
		err = erase_all(deleting, recording, erase);
	return err;
}
