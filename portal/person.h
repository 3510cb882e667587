/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person may ask for: all that there is about them, and its end
 * (docs/retention.md). Recordings are theirs in which they are the patient.
 */
#ifndef RTH_PERSON_H
#define RTH_PERSON_H

#include "recording_load.h"
#include "settings.h"
#include "store.h"

struct rth_audit_key;

struct rth_person {
	const struct rth_settings *settings;
	struct rth_store *store;
	struct rth_pairs pairs;		 /* to export */
	const struct rth_audit_key *key; /* to erase */
	int64_t now_s;
	const char *by; /* for the audit and certificates */
	bool dry;	/* erase: only say what would be */
	/* What became of each recording, or is wrong with one of its files. */
	void (*tell)(void *arg, const char *recording, const char *what);
	void *arg;

	/* Filled in. */
	unsigned recordings; /* exported or deleted */
	unsigned held;	     /* on hold: not deleted */
	unsigned failed;     /* neither: running, damaged, missing */
	unsigned visits;     /* that name the person */
	bool erased;	     /* the name itself is gone */
};

/**
 * Writes all that there is about a person into an empty folder: person.json,
 * audit.jsonl, recordings/ID/ with plain lanes, chat and manifests.
 *
 * @param email lower case
 * @param to    the folder, open; borrowed
 * @return 0, also when a recording could not be exported; RTH_ERR_NOT_FOUND:
 *         nobody of that address; RTH_ERR_IO, RTH_ERR_NOMEM
 */
enum rth_err rth_person_export(struct rth_person *person, const char *email,
			       int to) RTH_CHECKED;

/**
 * Deletes a person's recordings that are not on hold, then takes the person
 * out of what is left. May be called again, when a hold has been released.
 *
 * @param email lower case
 * @return 0, also when a recording could not be deleted; RTH_ERR_NOT_FOUND
 */
enum rth_err rth_person_erase(struct rth_person *person,
			      const char *email) RTH_CHECKED;

/**
 * Runs `person export EMAIL DIR | erase EMAIL [--dry-run]`. Startup, one
 * thread.
 *
 * @param argv argc words after "person"
 * @return the exit status, as rth_recordings_command
 */
int rth_person_command(const struct rth_settings *settings, int argc,
		       char **argv);

#endif
