/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims of an ID token, and the reasons of a failed sign-in.
 */
#include "oidc_claims.h"

#include <stdbool.h>
#include <string.h>

#include "role.h"

/* What Microsoft Entra says instead of email_verified: the owner of the
   address's domain is verified. An optional claim, switched on there. */
#define DOMAIN_VERIFIED "xms_edov"

struct reason {
	const char *name;
	const char *code;
};

static const struct reason reasons[RTH_OIDC_REASONS] = {
	[RTH_OIDC_OK] = {"ok", "ok"},
	[RTH_OIDC_NO_ATTEMPT] = {"no-attempt", "sign-in-expired"},
	[RTH_OIDC_OTHER_BROWSER] = {"other-browser", "sign-in-expired"},
	[RTH_OIDC_OTHER_PROVIDER] = {"other-provider", "sign-in-failed"},
	[RTH_OIDC_TOO_MANY] = {"too-many", "sign-in-failed"},
	[RTH_OIDC_REFUSED] = {"refused", "sign-in-refused"},
	[RTH_OIDC_PROVIDER_ERROR] = {"provider-error", "sign-in-failed"},
	[RTH_OIDC_WRONG_ISS] = {"wrong-iss", "sign-in-failed"},
	[RTH_OIDC_NO_CODE] = {"no-code", "sign-in-failed"},
	[RTH_OIDC_DOWN] = {"down", "provider-down"},
	[RTH_OIDC_BAD_DISCOVERY] = {"bad-discovery", "sign-in-failed"},
	[RTH_OIDC_BAD_ANSWER] = {"bad-answer", "sign-in-failed"},
	[RTH_OIDC_BAD_TOKEN] = {"bad-token", "sign-in-failed"},
	[RTH_OIDC_WRONG_NONCE] = {"wrong-nonce", "sign-in-failed"},
	[RTH_OIDC_WRONG_PARTY] = {"wrong-party", "sign-in-failed"},
	[RTH_OIDC_BAD_USERINFO] = {"bad-userinfo", "sign-in-failed"},
	[RTH_OIDC_NO_EMAIL] = {"no-email", "email-unverified"},
	[RTH_OIDC_UNVERIFIED] = {"unverified", "email-unverified"},
	[RTH_OIDC_FOREIGN_EMAIL] = {"foreign-email", "email-unverified"},
	[RTH_OIDC_FAILED] = {"failed", "sign-in-failed"},
};

static const struct reason *reason_of(enum rth_oidc_reason reason)
{
	return &reasons[reason < RTH_OIDC_REASONS ? reason : RTH_OIDC_FAILED];
}

const char *rth_oidc_reason_name(enum rth_oidc_reason reason)
{
	return reason_of(reason)->name;
}

const char *rth_oidc_reason_code(enum rth_oidc_reason reason)
{
	return reason_of(reason)->code;
}

static const char *text(const json_t *claims, const char *name)
{
	return json_string_value(json_object_get(claims, name));
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

enum rth_oidc_reason rth_oidc_claims_bound(const json_t *claims,
					   const char *client_id,
					   const char *nonce)
{
	const json_t *azp = json_object_get(claims, "azp");
	bool needed = json_array_size(json_object_get(claims, "aud")) > 1;

	if (!same(text(claims, "nonce"), nonce))
		return RTH_OIDC_WRONG_NONCE;
	if ((azp || needed) && !same(json_string_value(azp), client_id))
		return RTH_OIDC_WRONG_PARTY;
	return RTH_OIDC_OK;
}

enum rth_oidc_reason rth_oidc_claims_add(json_t *claims, json_t *userinfo)
{
	if (!same(text(claims, "sub"), text(userinfo, "sub")))
		return RTH_OIDC_BAD_USERINFO;
	/* Else the token's verdict would be taken for the other's address. */
	json_object_del(claims, "email");
	json_object_del(claims, "email_verified");
	json_object_del(claims, DOMAIN_VERIFIED);
	return json_object_update_missing(claims, userinfo) ? RTH_OIDC_FAILED
							    : RTH_OIDC_OK;
}

/* A group with a line feed in its name could pass for two. */
static void add_group(char *groups, const char *group)
{
	size_t len = strlen(groups), n = strlen(group);

	if (!n || strchr(group, '\n') || len + n + 2 > RTH_GROUPS_SIZE)
		return;
	if (len)
		groups[len++] = '\n';
	memcpy(groups + len, group, n + 1);
}

static void read_groups(char *groups, const json_t *claim)
{
	size_t i;
	json_t *item;

	if (json_is_string(claim))
		add_group(groups, json_string_value(claim));
	json_array_foreach(claim, i, item)
	{
		if (json_is_string(item))
			add_group(groups, json_string_value(item));
	}
}

/* A provider that says no is never overruled by its other claim. */
static bool verified(const json_t *claims)
{
	const json_t *word = json_object_get(claims, "email_verified");

	if (!word)
		word = json_object_get(claims, DOMAIN_VERIFIED);
	return json_is_true(word) || same(json_string_value(word), "true");
}

/* What one provider says counts for everybody's sign-in: who keeps patients'
   accounts need not be able to vouch for the clinic's own. */
static bool may_vouch(const struct rth_provider_conf *conf, const char *email)
{
	size_t i;

	for (i = 0; i < conf->domains.n; i++)
		if (rth_role_in_domain(email, conf->domains.v[i]))
			return true;
	return conf->domains.n == 0;
}

enum rth_oidc_reason
rth_oidc_claims_person(struct rth_oidc_person *person, const json_t *claims,
		       const struct rth_provider_conf *conf)
{
	const char *email = text(claims, "email");

	if (!email || !*email)
		return RTH_OIDC_NO_EMAIL;
	if (!verified(claims))
		return RTH_OIDC_UNVERIFIED;
	if (!may_vouch(conf, email))
		return RTH_OIDC_FOREIGN_EMAIL;
	person->email = email;
	person->name = text(claims, "name");
	person->groups[0] = 0;
	if (conf->groups_claim)
		read_groups(person->groups,
			    json_object_get(claims, conf->groups_claim));
	return RTH_OIDC_OK;
}
