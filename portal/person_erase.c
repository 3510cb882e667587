/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of one person: recordings first, then the name. */
#include "person.h"

#include <stdio.h>
#include <string.h>

#include "deletion.h"
#include "mem.h"

#define RULE "person"
#define BEGUN "person-erasure-begun" /* in the audit */
#define ERASED "person-erased"
#define WAIT_MS 5000

/* What there is to do, while the database is not read. */
struct found {
	struct rth_person *person;
	struct one {
		char id[RTH_ID_SIZE];
		bool hold;
	} * v;
	size_t n, room;
	unsigned visits;
};

static enum rth_err add_recording(const char *recording, bool hold, void *arg)
{
	struct found *found = arg;

	if (found->n == found->room) {
		size_t room = found->room ? 2 * found->room : 32;
		struct one *v = rth_alloc(room * sizeof(*v));

		if (!v)
			return RTH_ERR_NOMEM;
		if (found->n)
			memcpy(v, found->v, found->n * sizeof(*v));
		rth_free(found->v);
		found->v = v;
		found->room = room;
	}
	memcpy(found->v[found->n].id, recording, RTH_ID_SIZE);
	found->v[found->n++].hold = hold;
	return 0;
}

static enum rth_err count_visit(const struct rth_visit *visit, void *arg)
{
	struct found *found = arg;

	(void)visit;
	found->visits++;
	return 0;
}

static enum rth_err audit_deletion(void *arg,
				   const struct rth_deletion *deletion,
				   const char *action)
{
	const struct rth_person *person = arg;
	const struct rth_audit row = {
		.subject = person->by,
		.action = action,
		.object = deletion->recording,
		.visit = *deletion->visit ? deletion->visit : NULL,
		.reason = deletion->rule,
	};

	return rth_store_audit(person->store, &row, person->now_s);
}

static enum rth_err audit_person(const struct rth_person *person,
				 const struct rth_user *user,
				 const char *action, const char *outcome)
{
	char data[96];
	const struct rth_audit row = {
		.subject = person->by,
		.action = action,
		.object = *user->id ? user->id : NULL,
		.outcome = outcome,
		.data = data,
	};

	snprintf(data, sizeof(data),
		 "{\"deleted\":%u,\"failed\":%u,\"held\":%u,\"visits\":%u}",
		 person->recordings, person->failed, person->held,
		 person->visits);
	return rth_store_audit(person->store, &row, person->now_s);
}

static void delete_one(struct rth_person *person, const struct one *one)
{
	const struct rth_deleting deleting = {
		.settings = person->settings,
		.store = person->store,
		.key = person->key,
		.now_s = person->now_s,
		.wait_ms = WAIT_MS,
		.audit = audit_deletion,
		.arg = person,
	};
	struct rth_deletion deletion = {.rule = RULE};
	enum rth_err err = one->hold ? RTH_ERR_DENIED : 0;

	memcpy(deletion.recording, one->id, sizeof(deletion.recording));
	snprintf(deletion.by, sizeof(deletion.by), "%s", person->by);
	if (!err && !person->dry)
		err = rth_delete_recording(&deleting, &deletion);
	if (err == RTH_ERR_DENIED)
		person->held++;
	else if (err && err != RTH_ERR_EXISTS)
		person->failed++;
	else
		person->recordings++;
	person->tell(person->arg, one->id,
		     err == RTH_ERR_DENIED   ? "hold"
		     : err == RTH_ERR_EXISTS ? "deleted"
		     : err		     ? rth_err_name(err)
		     : person->dry	     ? "would be deleted"
					     : "deleted");
}

static enum rth_err erase_name(struct rth_person *person,
			       const struct rth_user *user)
{
	int64_t left = 0;
	enum rth_err err = rth_store_person_erase(person->store, user,
						  person->now_s, &left);

	if (!err)
		err = audit_person(person, user, ERASED, left ? "held" : NULL);
	person->erased = !err && left == 0;
	return err;
}

static enum rth_err find(struct found *found, struct rth_user *user,
			 const char *email)
{
	struct rth_store *store = found->person->store;
	enum rth_err err = rth_store_person(store, user, email);

	if (err == RTH_ERR_NOT_FOUND) { /* only named in visits */
		strncpy(user->email, email, sizeof(user->email) - 1);
		err = 0;
	}
	if (!err)
		err = rth_store_person_visits(store, user, count_visit, found);
	if (!err)
		err = rth_store_person_recordings(store, email, add_recording,
						  found);
	if (!err && !*user->id && !found->visits)
		err = RTH_ERR_NOT_FOUND;
	return err;
}

enum rth_err rth_person_erase(struct rth_person *person, const char *email)
{
	struct found found = {.person = person};
	struct rth_user user;
	enum rth_err err;
	size_t i;

	memset(&user, 0, sizeof(user));
	person->recordings = person->held = person->failed = 0;
	person->erased = false;
	err = find(&found, &user, email);
	person->visits = found.visits;
	if (!err && !person->dry)
		err = audit_person(person, &user, BEGUN, NULL);
	for (i = 0; i < found.n && !err; i++)
		delete_one(person, &found.v[i]);
	if (!err && !person->dry)
		err = erase_name(person, &user);
	rth_free(found.v);
	/* Also when nobody is found any more: words may be left in the log. */
	if (!person->dry && rth_store_scrub(person->store))
		err = RTH_ERR_TIMEOUT;
	return err;
}
