/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recovery as the portal does it: at its start, when the plugin says that a
 * recorder was lost, and by command. Files first, then the database.
 */
#ifndef RTH_RECOVERY_H
#define RTH_RECOVERY_H

#include "portal.h"
#include "recording_load.h"
#include "store.h"

struct rth_recovery {
	const struct rth_settings *settings;
	struct rth_store *store;
	struct rth_pairs pairs;
	char subject[32]; /* who, for the audit; "": the portal itself */
	bool (*stopping)(void *arg); /* NULL: never */
	void (*tell)(void *arg, const char *file, const char *text);
	void *arg;
	unsigned recovered; /* filled in: parts */
};

/**
 * Recovers one recording, and tells database and audit when something was done
 * or the database does not know yet how it ended.
 *
 * @return 0; RTH_ERR_STATE: it is running, or we are stopping; else the first
 *         thing that went wrong
 */
enum rth_err rth_recovery_one(struct rth_recovery *recovery,
			      const char *id) RTH_CHECKED;

/**
 * Lets portal->work_recovery look at all recordings, or at one of which the
 * plugin told something. Any thread; nothing when there are no recordings.
 *
 * @param id NULL: all; else copied
 */
void rth_recovery_start(const struct rth_portal *portal, const char *id);

/**
 * Tries again those that the plugin called lost within a day and that are not
 * recovered: their recorder may still have been there. Waits for the database.
 */
void rth_recovery_tick(const struct rth_portal *portal);

#endif
