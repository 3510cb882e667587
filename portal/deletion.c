/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recording deleted: files by erase.h, words by the store. */
#include "deletion.h"

#include <string.h>
#include <unistd.h>

#include "certificate.h"
#include "erase.h"
#include "film_make.h"
#include "log.h"
#include "mem.h"

#define FOLDERS_MAX 24 /* with one id, in other months: never more than one */

/* What has this id in other months, which nobody of ours makes. */
static enum rth_err erase_others(const struct rth_deleting *deleting,
				 const char *id)
{
	const char *folder = deleting->settings->recordings.folder;
	enum rth_err err = 0;
	int i;

	for (i = 0; i < FOLDERS_MAX && !err; i++) {
		struct rth_erase *erase;

		err = rth_erase_open(&erase, folder, id, deleting->wait_ms,
				     RTH_ERASE_MAKERS_MS);
		if (err)
			break;
		err = rth_erase_files(erase);
		rth_erase_close(erase);
	}
	return err == RTH_ERR_NOT_FOUND ? 0 : err;
}

/*
 * Destroys what has this id, then looks for it.
 *
 * @param erase NULL: the folder is gone already
 */
static enum rth_err erase_all(const struct rth_deleting *deleting,
			      const char *id, struct rth_erase *erase)
{
	enum rth_err err = erase ? rth_erase_files(erase) : 0;

	if (!err)
		err = erase_others(deleting, id);
	if (!err)
		err = rth_erase_remains(deleting->settings->recordings.folder,
					id);
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

/*
 * A folder that is missing was deleted by us only if we had begun. Whoever else
 * had is not at work any more when we are alone.
 */
static enum rth_err take_over(const struct rth_deleting *deleting,
			      const char *id, int *turnp)
{
	struct rth_deletion before;
	enum rth_err err = rth_store_deletion_get(deleting->store, &before, id);

	if (!err && !before.done_s) {
		close(*turnp);
		*turnp = -1;
		err = rth_erase_turn(turnp,
				     deleting->settings->recordings.folder,
				     true, deleting->wait_ms);
		if (!err)
			err = rth_store_deletion_get(deleting->store, &before,
						     id);
	}
	return !err && before.done_s ? RTH_ERR_EXISTS : err;
}

/* @param erasep receives NULL when the folder is gone already */
static enum rth_err open_files(const struct rth_deleting *deleting,
			       struct rth_deletion *deletion, int *turnp,
			       struct rth_erase **erasep)
{
	struct rth_erase_count count = {0, 0};
	struct rth_erase *erase = NULL;
	enum rth_err err = rth_erase_open(
		&erase, deleting->settings->recordings.folder,
		deletion->recording, deleting->wait_ms, RTH_ERASE_MAKERS_MS);

	if (err == RTH_ERR_NOT_FOUND)
		err = take_over(deleting, deletion->recording, turnp);
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

/* The locks are held until all is done: another deletion waits. */
static enum rth_err delete_locked(const struct rth_deleting *deleting,
				  struct rth_deletion *deletion,
				  struct rth_erase *erase)
{
	struct rth_deletion before;
	enum rth_err err = rth_store_deletion_get(deleting->store, &before,
						  deletion->recording);

	if (err == RTH_ERR_NOT_FOUND) /* else the audit has it already */
		err = deleting->audit(deleting->arg, deletion,
				      RTH_AUDIT_DELETION_BEGUN);
	if (!err)
		err = rth_store_deletion_begin(deleting->store, deletion);
	if (!err && deleting->cut)
		deleting->cut(deleting->arg, deletion->recording);
	if (!err)
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

static enum rth_err delete_in_turn(const struct rth_deleting *deleting,
				   struct rth_deletion *deletion, int *turnp)
{
	struct rth_erase *erase;
	enum rth_err err = rth_store_deletion_may(
		deleting->store, deletion->recording, deleting->now_s);

	if (!err && !deleting->key)
		err = RTH_ERR_CRYPTO; /* there would be no certificate */
	if (!err)
		err = rth_films_cancel(deleting->store, deletion->recording,
				       deleting->now_s);
	if (!err)
		err = open_files(deleting, deletion, turnp, &erase);
	if (err)
		return err;
	err = delete_locked(deleting, deletion, erase);
	rth_erase_close(erase);
	return err;
}

enum rth_err rth_delete_recording(const struct rth_deleting *deleting,
				  struct rth_deletion *deletion)
{
	int turn = -1;
	enum rth_err err =
		rth_erase_turn(&turn, deleting->settings->recordings.folder,
			       false, deleting->wait_ms);

	if (!err)
		err = delete_in_turn(deleting, deletion, &turn);
	if (turn >= 0)
		close(turn);
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
		err = rth_erase_open(
			&erase, deleting->settings->recordings.folder,
			recording, deleting->wait_ms, RTH_ERASE_MAKERS_MS);
	if (err)
		return err;
	err = deleting->audit(deleting->arg, &deletion,
			      RTH_AUDIT_DELETED_AGAIN);
	if (!err)
		err = erase_all(deleting, recording, erase);
	rth_erase_close(erase);
	return err;
}
