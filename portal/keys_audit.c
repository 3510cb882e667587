/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A changed key of the clinic is a row of the audit.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "keys.h"
#include "store.h"

/*
 * Before the portal's first start there is no audit: its row names them. Only
 * where there is no database is that so, and not where it cannot be looked at.
 */
enum rth_err rth_keys_audit_open(struct rth_store **storep,
				 const struct rth_settings *settings)
{
	enum rth_err err = rth_store_look(settings->database);

	if (!err)
		return rth_store_open(storep, settings->database);
	if (err != RTH_ERR_NOT_FOUND)
		return err;
	fprintf(stderr,
		"rthealth-portal: %s: there is no database, so this is not "
		"recorded in the audit\n",
		rth_store_name(settings->database));
	*storep = NULL;
	return 0;
}

enum rth_err rth_keys_audit(struct rth_store *store, const char *command,
			    const char *step, const char *key, bool good)
{
	char action[32], subject[32];
	const struct rth_audit row = {
		.subject = subject,
		.action = action,
		.object = key,
		.outcome = good ? NULL : "failed",
	};

	if (!store)
		return 0;
	snprintf(action, sizeof(action), "key-%s%s", command, step);
	snprintf(subject, sizeof(subject), "uid-%ju", (uintmax_t)getuid());
	return rth_store_audit(store, &row, time(NULL));
}
