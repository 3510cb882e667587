/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One recording deleted, from its key to its certificate (docs/retention.md):
 *
 *   audit ─▶ deleting ─▶ keys, files, folder gone ─▶ looked for ─▶ its words
 *     gone from the database ─▶ audit ─▶ deleted, certificate
 *
 * It may be killed between any two of them and is done again from the start.
 */
#ifndef RTH_DELETION_H
#define RTH_DELETION_H

#include "settings.h"
#include "store.h"

struct rth_audit_key;

#define RTH_RULE_BY_HAND "by-hand"

/* Actions in the audit. */
#define RTH_AUDIT_DELETION_BEGUN "recording-deletion-begun"
#define RTH_AUDIT_DELETED "recording-deleted"
#define RTH_AUDIT_DELETED_AGAIN "recording-deleted-again"

struct rth_deleting {
	const struct rth_settings *settings;
	struct rth_store *store;
	const struct rth_audit_key *key; /* signs the certificate */
	int64_t now_s;
	int wait_ms; /* for a recovery that is under way */
	/* Adds a row with one of the actions above to the audit: before
	   anything is destroyed, and once all is. An error ends it there. */
	enum rth_err (*audit)(void *arg, const struct rth_deletion *deletion,
			      const char *action);
	/* Ends whatever is just being sent of it; NULL: nothing is. */
	void (*cut)(void *arg, const char *recording);
	void *arg;
};

/**
 * Deletes a recording, or goes on with a deletion that was interrupted. Waits
 * for disk and database.
 *
 * @param deletion recording, by and rule are read; all is filled in on success,
 *                 begun_s also by what fails once the files are locked
 * @return 0; RTH_ERR_DENIED: on hold; RTH_ERR_STATE: it runs;
 *         RTH_ERR_TIMEOUT: a recovery or a reader of the database is under
 *         way; RTH_ERR_NOT_FOUND: the database does not know it, or its folder
 *         is missing; RTH_ERR_EXISTS: deleted already; RTH_ERR_IO also when
 *         something remains that is not ours. It may be called again
 */
enum rth_err rth_delete_recording(const struct rth_deleting *deleting,
				  struct rth_deletion *deletion) RTH_CHECKED;

/**
 * Destroys the files of a recording that was deleted and came back, with a
 * backup. As above; the certificate stays, the audit gets a row.
 */
enum rth_err rth_delete_again(const struct rth_deleting *deleting,
			      const char *recording) RTH_CHECKED;

#endif
