/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What somebody may do, from the configuration's lists.
 */
#include "role.h"

#include <string.h>
#include <strings.h>

static bool has_group(const char *groups, const char *group)
{
	size_t len = strlen(group);

	while (groups && *groups) {
		const char *end = strchrnul(groups, '\n');

		if ((size_t)(end - groups) == len &&
		    memcmp(groups, group, len) == 0)
			return true;
		groups = *end ? end + 1 : NULL;
	}
	return false;
}

/* The domain is after the last '@': a local part may hold one, quoted. */
bool rth_role_in_domain(const char *email, const char *domain)
{
	const char *at = strrchr(email, '@');

	return at && strcasecmp(at + 1, domain) == 0;
}

bool rth_role_entry_fits(const char *entry, const char *email,
			 const char *groups)
{
	if (strncmp(entry, "email:", 6) == 0)
		return strcasecmp(entry + 6, email) == 0;
	if (strncmp(entry, "domain:", 7) == 0)
		return rth_role_in_domain(email, entry + 7);
	if (strncmp(entry, "group:", 6) == 0)
		return has_group(groups, entry + 6);
	return false;
}

static bool listed(const struct rth_conf_strings *list, const char *email,
		   const char *groups)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (rth_role_entry_fits(list->v[i], email, groups))
			return true;
	return false;
}

enum rth_role rth_role_of(const struct rth_settings *settings,
			  const char *email, const char *groups)
{
	if (listed(&settings->roles.admins, email, groups))
		return RTH_ROLE_ADMIN;
	if (listed(&settings->roles.operators, email, groups))
		return RTH_ROLE_OPERATOR;
	if (listed(&settings->roles.clinicians, email, groups))
		return RTH_ROLE_CLINICIAN;
	return RTH_ROLE_PATIENT;
}

const char *rth_role_name(enum rth_role role)
{
	static const char *const names[] = {
		[RTH_ROLE_PATIENT] = "patient",
		[RTH_ROLE_CLINICIAN] = "clinician",
		[RTH_ROLE_OPERATOR] = "operator",
		[RTH_ROLE_ADMIN] = "admin",
	};

	return names[role];
}
