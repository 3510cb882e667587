/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The manifest of one part of a recording: everything about it, as one sealed
 * JSON object (docs/store.md). It is written whole, under another name, and
 * then takes its name, so that there is always one that can be read.
 */
#ifndef RTH_MANIFEST_H
#define RTH_MANIFEST_H

#include <stdint.h>

#include "chat.h"
#include "lane.h"
#include "said.h"

#define RTH_MANIFEST_NOTES_MAX 2000
#define RTH_MANIFEST_NAME_MAX 31

struct rth_manifest;

struct rth_manifest_lane {
	const char *name;	     /* "clinician-screen" */
	const char *role;	     /* "clinician" */
	const struct rth_lane *lane; /* borrowed */
};

/* Of a person: packets, and lines of chat, that were not kept. By role. */
struct rth_manifest_loss {
	uint64_t lost;	  /* the relay's ring was full, or too much came */
	uint64_t refused; /* while paused, or just after an answer changed */
};

enum rth_ending {
	RTH_ENDING_NONE, /* it goes on */
	RTH_ENDING_COMPLETE,
	RTH_ENDING_INCOMPLETE,	/* something of it could not be stored */
	RTH_ENDING_INTERRUPTED, /* nobody said that it is over */
};

/* What there is at one moment. */
struct rth_manifest_now {
	const struct rth_manifest_lane *lanes;
	size_t n_lanes;
	const struct rth_chat_log *chat;
	struct rth_manifest_loss loss[2];
	int64_t at_ms;		/* from the recording's origin */
	const char *failed;	/* why files could not be finished, or NULL */
	enum rth_ending ending; /* or NONE, also when something failed */
	const char *reason;	/* of the ending */
	unsigned parts;		/* as END said; 0: it did not */
	json_t *by;		/* as END said, borrowed; NULL: nobody */
};

/**
 * Makes one from what BEGIN said.
 *
 * @param begin    copied
 * @param begun_us when BEGIN came, relay's clock
 */
enum rth_err rth_manifest_create(struct rth_manifest **manifestp,
				 const struct rth_said_begin *begin,
				 int64_t begun_us) RTH_CHECKED;

/**
 * Adds a note with its time. After RTH_MANIFEST_NOTES_MAX notes only their
 * number is kept, but for changed consent.
 *
 * @param note  checked (said.h); borrowed and given `time_ms`
 * @param at_ms from the recording's origin
 */
enum rth_err rth_manifest_note(struct rth_manifest *manifest, json_t *note,
			       int64_t at_ms) RTH_CHECKED;

/** The whole as JSON; json_decref it. NULL: no memory. */
json_t *rth_manifest_json(const struct rth_manifest *manifest,
			  const struct rth_manifest_now *now) RTH_CHECKED;

/**
 * Writes it: sealed, finished, renamed, the folder synced.
 *
 * @param folder of the recording; borrowed
 */
enum rth_err rth_manifest_write(const struct rth_manifest *manifest,
				const struct rth_manifest_now *now, int folder,
				const struct rth_seal_key *key) RTH_CHECKED;

/** The name of a part's manifest. */
void rth_manifest_name(char name[RTH_MANIFEST_NAME_MAX + 1], unsigned part);

void rth_manifest_free(struct rth_manifest *manifest);

#endif
