/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may enter: admission tokens (docs/protocol.md), checked against the
 * issuers of the configuration. Everything that is missing, late, odd or
 * seen before is refused.
 *
 * Control thread, but for `changed`, which key fetching threads call.
 */
#ifndef RTH_ADMISSION_H
#define RTH_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "id.h"

#define RTH_NAME_CHARS_MAX 64 /* characters of a display name */
#define RTH_SUB_BYTES_MAX 128
#define RTH_TOKEN_LIFE_S 600
#define RTH_SEAT_LIFE_S (24 * 3600)
#define RTH_REPLAY_MAX 65536 /* tokens remembered at a time */

enum rth_role {
	RTH_ROLE_CLINICIAN,
	RTH_ROLE_PATIENT,
	RTH_ROLES,
};

/** "clinician" or "patient". */
const char *rth_role_name(enum rth_role role);

/* What an accepted token says. */
struct rth_admitted {
	char room[RTH_ID_SIZE];
	size_t issuer; /* whose subject it is, counted as in the configuration
			*/
	char sub[RTH_SUB_BYTES_MAX + 1];
	char name[RTH_NAME_CHARS_MAX * 4 + 1];
	enum rth_role role;
	int64_t seat_until_s;
	bool record;
	bool admitted; /* the issuer says so: see visits.h */
};

enum rth_verdict {
	RTH_ADMIT,
	RTH_REFUSE,
	RTH_WAIT, /* the issuer's keys are being fetched: ask again */
};

/** Says whether both are one person: of one issuer, whatever the role. */
bool rth_admitted_same(const struct rth_admitted *a,
		       const struct rth_admitted *b);

struct rth_admission;

/**
 * Makes it and starts to fetch the issuers' keys. Startup only.
 *
 * @param conf    borrowed for the admission's life
 * @param changed called on a fetching thread when waiting may be over
 * @param log     one line, ids and reasons only; any thread
 * @param problem receives one line when a key file is wrong
 */
enum rth_err rth_admission_create(struct rth_admission **admissionp,
				  const struct rth_plugin_conf *conf,
				  void (*changed)(void *arg), void *arg,
				  void (*log)(void *arg, const char *line),
				  struct rth_conf_problem *problem) RTH_CHECKED;

/** Stops fetching and frees. NULL is allowed. */
void rth_admission_free(struct rth_admission *admission);

/**
 * Checks a token; one that is admitted cannot be used again.
 *
 * @param who     filled in on RTH_ADMIT
 * @param reasonp on RTH_REFUSE receives a static text for log and event
 * @param now_s   seconds since 1970
 */
enum rth_verdict rth_admission_check(struct rth_admission *admission,
				     const char *token, int64_t now_s,
				     struct rth_admitted *who,
				     const char **reasonp) RTH_CHECKED;

#endif
