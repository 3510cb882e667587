/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules of review and retention, as the configuration writes them.
 */
#include "settings_review.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "rights.h"
#include "text.h"

#define ENTRIES_MAX 64
#define REASON_CODE_CHARS 32

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0 && text[strlen(with)];
}

static const char *wrong_who(const char *text)
{
	static const char *const roles[] = {"role:patient", "role:clinician",
					    "role:operator", "role:admin"};
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(text, roles[i]) == 0)
			return NULL;
	return begins(text, "email:") || begins(text, "domain:") ||
			       begins(text, "group:")
		       ? NULL
		       : "must be role:patient, role:clinician, role:operator, "
			 "role:admin, or begin with email: domain: or group:";
}

static const char *wrong_right(const char *text)
{
	return rth_right_of(text) ? NULL
				  : "must be list, play, download, hold, "
				    "delete or administer";
}

static const char *wrong_clinician(const char *text)
{
	if (begins(text, "email:"))
		return NULL;
	/* What comes after an address's last '@' has none. */
	return begins(text, "domain:") && !strchr(text, '@')
		       ? NULL
		       : "must begin with email: or domain:, a domain without "
			 "@";
}

static const char *wrong_of(const char *text)
{
	return strcmp(text, "all") == 0 || strcmp(text, "own") == 0 ||
			       !wrong_clinician(text)
		       ? NULL
		       : "must be all, own, or begin with email: or domain:";
}

/* A code: it stands in the audit, which holds no words about anybody. */
const char *rth_settings_wrong_reason(const char *text)
{
	size_t len = strlen(text);

	return len <= REASON_CODE_CHARS && strcmp(text, "free-text") != 0 &&
			       strspn(text, "abcdefghijklmnopqrstuvwxyz01234567"
					    "89-") == len
		       ? NULL
		       : "must be at most 32 of a-z 0-9 - and not free-text";
}

/* People read it, and what they choose comes back byte by byte. */
const char *rth_settings_wrong_kind(const char *text)
{
	char clean[RTH_KIND_SIZE];

	return *text &&
			       !rth_text_clean(clean, sizeof(clean), text,
					       RTH_KIND_CHARS) &&
			       strcmp(clean, text) == 0
		       ? NULL
		       : "must be text of at most 40 characters";
}

static const struct {
	const char *name;
	enum rth_reason_need need;
} needs[] = {
	{"required", RTH_REASON_REQUIRED},
	{"optional", RTH_REASON_OPTIONAL},
	{"none", RTH_REASON_NONE},
};

#define NEEDS (sizeof(needs) / sizeof(needs[0]))

const char *rth_settings_wrong_need(const char *text)
{
	size_t i;

	for (i = 0; i < NEEDS; i++)
		if (strcmp(needs[i].name, text) == 0)
			return NULL;
	return "must be required, optional or none";
}

/* clang-format off */
#define AT(member) .offset = offsetof(struct rth_review_rule, member)
#define R_AT(member) .offset = offsetof(struct rth_retention_rule, member)

const struct rth_conf_key rth_review_rule_keys[] = {
	{"who", RTH_CONF_STRINGS, AT(who), .required = true, .min = 1,
	 .max = ENTRIES_MAX, .wrong = wrong_who},
	{"rights", RTH_CONF_STRINGS, AT(right_names), .required = true,
	 .min = 1, .max = RTH_RIGHTS, .wrong = wrong_right},
	{"of", RTH_CONF_STRINGS, AT(of), .required = true, .min = 1,
	 .max = ENTRIES_MAX, .wrong = wrong_of},
	{.key = NULL},
};

const struct rth_conf_key rth_retention_rule_keys[] = {
	{"clinicians", RTH_CONF_STRINGS, R_AT(clinicians), .min = 1,
	 .max = ENTRIES_MAX, .wrong = wrong_clinician},
	{"kinds", RTH_CONF_STRINGS, R_AT(kinds), .min = 1, .max = ENTRIES_MAX,
	 .wrong = rth_settings_wrong_kind},
	{"days", RTH_CONF_INT, R_AT(days), .required = true, .min = 0,
	 .max = 36500},
	{.key = NULL},
};
/* clang-format on */

/* ---- Where there are no rules ---- */

static enum rth_err fill(struct rth_conf_strings *list,
			 const char *const *values, size_t n)
{
	list->v = rth_alloc(n * sizeof(*list->v));
	if (!list->v)
		return RTH_ERR_NOMEM;
	for (; list->n < n; list->n++) {
		list->v[list->n] = rth_strdup(values[list->n]);
		if (!list->v[list->n])
			return RTH_ERR_NOMEM;
	}
	return 0;
}

static enum rth_err set_rule(struct rth_review_rule *rule, const char *who,
			     size_t rights)
{
	static const char *const all[] = {"all"};
	const char *names[RTH_RIGHTS];
	enum rth_err err;
	size_t i;

	for (i = 0; i < rights; i++)
		names[i] = rth_right_name(1U << i);
	err = fill(&rule->who, &who, 1);
	if (!err)
		err = fill(&rule->right_names, names, rights);
	return err ? err : fill(&rule->of, all, 1);
}

/* Operators list and play, administrators do everything, nobody else. */
static enum rth_err set_rules(struct rth_conf_list *rules)
{
	struct rth_review_rule *rule;
	enum rth_err err;

	rules->v = rule = rth_alloc(2 * sizeof(*rule));
	if (!rule)
		return RTH_ERR_NOMEM;
	rules->n = 2;
	err = set_rule(&rule[0], "role:operator", 2);
	return err ? err : set_rule(&rule[1], "role:admin", RTH_RIGHTS);
}

/* ---- What is computed ---- */

static bool has(const struct rth_conf_strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

static enum rth_err compute_rule(struct rth_review_rule *rule, size_t at,
				 const char *path,
				 struct rth_conf_problem *problem)
{
	size_t i;

	rule->rights = 0;
	for (i = 0; i < rule->right_names.n; i++)
		rule->rights |= rth_right_of(rule->right_names.v[i]);
	if (!(rule->rights & RTH_MAY_ADMINISTER) || has(&rule->of, "all"))
		return 0;
	/* The audit is one: there is no part of it that is somebody's. */
	snprintf(problem->text, sizeof(problem->text),
		 "%s: review.rules[%zu].of: must be all, since its rights "
		 "include administer",
		 path, at);
	return RTH_ERR_CONFIG;
}

static enum rth_err check_retention(const struct rth_conf_list *rules,
				    const char *path,
				    struct rth_conf_problem *problem)
{
	const struct rth_retention_rule *rule = rules->v;
	size_t i;

	for (i = 0; i < rules->n; i++)
		if (!rule[i].clinicians.n && !rule[i].kinds.n) {
			snprintf(problem->text, sizeof(problem->text),
				 "%s: retention.rules[%zu]: clinicians or "
				 "kinds must be given",
				 path, i);
			return RTH_ERR_CONFIG;
		}
	return 0;
}

enum rth_err rth_settings_review(struct rth_settings *settings,
				 const char *path,
				 struct rth_conf_problem *problem)
{
	struct rth_conf_list *rules = &settings->review.rules;
	enum rth_err err = rules->v ? 0 : set_rules(rules);
	size_t i;

	for (i = 0; i < NEEDS; i++)
		if (strcmp(settings->review.reason, needs[i].name) == 0)
			settings->review.reason_need = needs[i].need;
	for (i = 0; i < rules->n && !err; i++)
		err = compute_rule((struct rth_review_rule *)rules->v + i, i,
				   path, problem);
	return err ? err
		   : check_retention(&settings->retention.rules, path, problem);
}
