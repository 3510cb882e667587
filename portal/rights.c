/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules: who, which rights, over whose recordings.
 */
#include "rights.h"

#include <string.h>

#include "mem.h"

#define ROLE "role:"
#define EMAIL "email:"
#define DOMAIN "domain:"

static const char *const names[RTH_RIGHTS] = {
	"list", "play", "download", "hold", "delete", "administer",
};

const char *rth_right_name(enum rth_review_right right)
{
	unsigned i = 0;

	while (i < RTH_RIGHTS - 1 && !(right & 1U << i))
		i++;
	return names[i];
}

unsigned rth_right_of(const char *name)
{
	unsigned i;

	for (i = 0; i < RTH_RIGHTS; i++)
		if (strcmp(names[i], name) == 0)
			return 1U << i;
	return 0;
}

json_t *rth_rights_json(unsigned rights)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < RTH_RIGHTS; i++)
		if (rights & 1U << i &&
		    json_array_append_new(list, json_string(names[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool meant(const struct rth_review_rule *rule,
		  const struct rth_session *session)
{
	size_t i;

	for (i = 0; i < rule->who.n; i++) {
		const char *entry = rule->who.v[i];

		if (starts(entry, ROLE)
			    ? strcmp(entry + strlen(ROLE),
				     rth_role_name(session->role)) == 0
			    : rth_role_entry_fits(entry, session->user.email,
						  session->groups))
			return true;
	}
	return false;
}

/* Who is no clinician any more has no visits as one: visit.c. */
static bool is_staff(const struct rth_session *session)
{
	return session->role == RTH_ROLE_CLINICIAN ||
	       session->role == RTH_ROLE_ADMIN;
}

static bool is_own(const struct rth_reviewed *of,
		   const struct rth_session *session)
{
	return (is_staff(session) &&
		strcmp(of->clinician_id, session->user.id) == 0) ||
	       strcmp(of->patient_email, session->user.email) == 0;
}

static bool covers(const struct rth_review_rule *rule,
		   const struct rth_reviewed *of,
		   const struct rth_session *session)
{
	size_t i;

	for (i = 0; i < rule->of.n; i++) {
		const char *entry = rule->of.v[i];

		if (strcmp(entry, "all") == 0)
			return true;
		if (strcmp(entry, "own") == 0
			    ? is_own(of, session)
			    : rth_role_entry_fits(entry, of->clinician_email,
						  NULL))
			return true;
	}
	return false;
}

unsigned rth_rights(const struct rth_portal *portal,
		    const struct rth_session *session,
		    const struct rth_reviewed *of)
{
	const struct rth_review_rule *rules = portal->settings.review.rules.v;
	unsigned rights = 0;
	size_t i;

	for (i = 0; i < portal->settings.review.rules.n; i++)
		if (meant(&rules[i], session) &&
		    (!of || covers(&rules[i], of, session)))
			rights |= rules[i].rights;
	return rights;
}

enum rth_err rth_rights_find(struct rth_reviewed *of,
			     const struct rth_exchange *x,
			     const char *recording, unsigned right)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct rth_reviewed found;
	enum rth_err err;

	if (!rth_request_session(x) || !rth_id_valid(recording))
		return RTH_ERR_NOT_FOUND;
	err = rth_store_reviewed_get(portal->store, &found, recording);
	if (err)
		return err;
	if ((rth_rights(portal, rth_request_session(x), &found) & right) !=
	    right)
		return RTH_ERR_NOT_FOUND;
	*of = found;
	return 0;
}

/* ---- Scope ---- */

static void add_entry(struct rth_rights_scope *s, const char *entry,
		      const struct rth_session *session)
{
	struct rth_review_scope *scope = &s->scope;

	if (strcmp(entry, "all") == 0) {
		scope->all = true;
	} else if (strcmp(entry, "own") == 0) {
		scope->own_id = is_staff(session) ? session->user.id : "";
		scope->own_email = session->user.email;
	} else if (starts(entry, EMAIL)) {
		s->emails[scope->emails_n++] = entry + strlen(EMAIL);
	} else {
		s->domains[scope->domains_n++] = entry + strlen(DOMAIN);
	}
}

static size_t count_entries(const struct rth_portal *portal)
{
	const struct rth_review_rule *rules = portal->settings.review.rules.v;
	size_t n = 0, i;

	for (i = 0; i < portal->settings.review.rules.n; i++)
		n += rules[i].of.n;
	return n;
}

enum rth_err rth_rights_scope(struct rth_rights_scope *scope,
			      const struct rth_portal *portal,
			      const struct rth_session *session,
			      enum rth_review_right right)
{
	const struct rth_review_rule *rules = portal->settings.review.rules.v;
	const size_t n = count_entries(portal);
	struct rth_rights_scope s = {{0}, NULL, NULL};
	size_t i, j;
	bool any = false;

	s.emails = rth_alloc(n * sizeof(*s.emails));
	s.domains = rth_alloc(n * sizeof(*s.domains));
	if (!s.emails || !s.domains) {
		rth_rights_scope_free(&s);
		return RTH_ERR_NOMEM;
	}
	for (i = 0; i < portal->settings.review.rules.n; i++) {
		if (!(rules[i].rights & right) || !meant(&rules[i], session))
			continue;
		any = true;
		for (j = 0; j < rules[i].of.n; j++)
			add_entry(&s, rules[i].of.v[j], session);
	}
	if (!any) {
		rth_rights_scope_free(&s);
		return RTH_ERR_NOT_FOUND;
	}
	s.scope.emails = s.emails;
	s.scope.domains = s.domains;
	*scope = s;
	return 0;
}

void rth_rights_scope_free(struct rth_rights_scope *scope)
{
	rth_free(scope->emails);
	rth_free(scope->domains);
	scope->emails = scope->domains = NULL;
}
