/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What somebody may do, from the configuration's lists.
 */
#ifndef RTH_ROLE_H
#define RTH_ROLE_H

#include <stdbool.h>

#include "settings.h"

enum rth_role {
	RTH_ROLE_PATIENT,
	RTH_ROLE_CLINICIAN,
	RTH_ROLE_OPERATOR,
	RTH_ROLE_ADMIN,
};

/**
 * The role of a person: admin before operator before clinician, else patient.
 *
 * @param email  in lower case
 * @param groups one a line, or NULL
 */
enum rth_role rth_role_of(const struct rth_settings *settings,
			  const char *email, const char *groups);

/** Says whether an address is of a domain, in any case of letters. */
bool rth_role_in_domain(const char *email, const char *domain);

/**
 * Says whether somebody is meant by "email:a@b", "domain:b" or "group:g".
 *
 * @param email  in lower case
 * @param groups one a line, or NULL
 */
bool rth_role_entry_fits(const char *entry, const char *email,
			 const char *groups);

/** "patient", "clinician", "operator" or "admin". */
const char *rth_role_name(enum rth_role role);

#endif
