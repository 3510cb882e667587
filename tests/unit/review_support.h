/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the tests of rights, list and plays share: people with sessions, rules,
 * visits and recordings of a bench. The functions are static so that a test
 * program stays one file.
 */
#ifndef RTH_TEST_REVIEW_SUPPORT_H
#define RTH_TEST_REVIEW_SUPPORT_H

#include "portal_support.h"

#include <jansson.h>

#include "rights.h"
#include "store_db.h"

#define EVERYTHING 63

/* Somebody with a session in the store. */
struct someone {
	struct rth_user user;
	enum rth_role role;
	char hash[RTH_HASH_SIZE];
};

static inline struct someone sign_in(struct bench *b, const char *email,
				     enum rth_role role, const char *session)
{
	struct rth_session_row row;
	struct someone s;

	memset(&s, 0, sizeof(s));
	memset(&row, 0, sizeof(row));
	s.role = role;
	assert_int_equal(rth_store_user(b->portal.store, &s.user, email, "Name",
					bench_now),
			 0);
	assert_int_equal(rth_store_hash(s.hash, session), 0);
	memcpy(row.hash, s.hash, sizeof(row.hash));
	row.user = s.user;
	row.created_s = row.seen_s = bench_now;
	assert_int_equal(rth_store_session_add(b->portal.store, &row), 0);
	return s;
}

static inline void be(struct rth_session *session, const struct someone *who)
{
	memset(session, 0, sizeof(*session));
	session->user = who->user;
	session->role = who->role;
	memcpy(session->hash, who->hash, sizeof(session->hash));
}

/* A request of somebody's (NULL: nobody's), with the path's parameter. */
static inline struct rth_exchange *request(struct bench *b,
					   enum rth_method method,
					   const struct someone *who,
					   const char *param)
{
	struct rth_exchange *x = bench_exchange(b, method, "/");

	if (who) {
		struct rth_session *session = rth_alloc(sizeof(*session));

		assert_non_null(session);
		be(session, who);
		rth_exchange_set_session(x, session);
	}
	if (param)
		assert_int_equal(
			rth_exchange_set_param(x, 0, param, strlen(param)), 0);
	return x;
}

/* Its reply as JSON, or NULL; the exchange is freed. */
static inline json_t *answer_of(struct rth_exchange *x, unsigned status)
{
	struct rth_reply *reply = rth_exchange_reply(x);
	json_t *json;

	if (reply->failed || reply->status != status)
		fail_msg("status %u and not %u: %s", reply->status, status,
			 reply->body ? reply->body : "");
	json = reply->body ? json_loads(reply->body, 0, NULL) : NULL;
	rth_exchange_free(x);
	return json;
}

static inline void set_rules(struct bench *b, struct rth_review_rule *rules,
			     size_t n)
{
	b->portal.settings.review.rules.v = rules;
	b->portal.settings.review.rules.n = n;
}

/* A visit and its recording, with ids that end in n. */
static inline void add_recording(struct bench *b, const char *id,
				 const struct someone *clinician,
				 const char *patient_email, int64_t begun_s)
{
	struct rth_visit visit = {.start_s = begun_s, .minutes = 30};
	struct rth_recording_row row = {
		.state = RTH_RECORDING_STORED,
		.reason = "stopped",
		.begun_s = begun_s,
		.ended_s = begun_s + 60,
		.parts = 1,
	};

	assert_int_equal(rth_id_make(visit.id), 0);
	assert_int_equal(rth_id_make(visit.room), 0);
	strcpy(visit.title, "A visit");
	memcpy(visit.clinician_id, clinician->user.id, sizeof(visit.id));
	snprintf(visit.patient_email, sizeof(visit.patient_email), "%s",
		 patient_email);
	assert_int_equal(rth_store_visit_add(b->portal.store, &visit, begun_s),
			 0);
	snprintf(row.id, sizeof(row.id), "%s", id);
	memcpy(row.room, visit.room, sizeof(row.room));
	assert_int_equal(rth_store_recording_put(b->portal.store, &row), 0);
}

static inline void sql(struct bench *b, const char *text)
{
	assert_int_equal(
		b->portal.store->backend->script(b->portal.store->db, text), 0);
}

struct counted {
	const struct rth_db_backend *backend;
	int64_t n;
};

static inline enum rth_err count_row(const struct rth_db_row *row, void *arg)
{
	struct counted *counted = arg;

	counted->n = counted->backend->column_int(row, 0);
	return 0;
}

/* The number that a question gives. */
static inline int64_t sql_number(struct bench *b, const char *text)
{
	struct counted counted = {b->portal.store->backend, -1};
	const struct rth_db_query query = {
		.sql = text, .row = count_row, .arg = &counted};

	assert_int_equal(rth_store_run(b->portal.store, &query), 0);
	return counted.n;
}

#endif
