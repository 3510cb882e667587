/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the unit tests of the portal share: a portal with a real database in a
 * folder of its own and a clock that the test moves. The functions are static
 * so that a test program stays one file.
 */
#ifndef RTH_TEST_PORTAL_SUPPORT_H
#define RTH_TEST_PORTAL_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "exchange.h"
#include "mem.h"
#include "portal.h"
#include "session.h"
#include "store.h"

struct bench {
	struct rth_portal portal;
	char folder[64];
	char database[96];
};

static int64_t bench_now = 1800000000;

static inline int64_t bench_clock(void)
{
	return bench_now;
}

static inline void bench_open(struct bench *b)
{
	static char *clinicians[] = {"domain:clinic.example"};
	static char url[] = "http://localhost:1", janus[] = "ws://localhost:2/";
	static char name[] = "Clinic", audience[] = "rthealth";
	struct rth_settings *s = &b->portal.settings;

	memset(b, 0, sizeof(*b));
	strcpy(b->folder, "/tmp/rth-unit-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->database, sizeof(b->database), "%s/db", b->folder);
	assert_int_equal(rth_store_open(&b->portal.store, b->database), 0);
	b->portal.now_s = bench_clock;
	s->public_url = url;
	s->janus.url = janus;
	s->janus.audience = audience;
	s->clinic_name = name;
	s->roles.clinicians.v = clinicians;
	s->roles.clinicians.n = 1;
	s->session.idle_s = 7200;
	s->session.absolute_s = 43200;
	s->visit.before_s = 900;
	s->visit.after_s = 3600;
	s->visit.max_minutes = 240;
	s->visit.keep_days = 30;
}

static inline void bench_close(struct bench *b)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[128];
	size_t i;

	rth_store_close(b->portal.store);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", b->database, ends[i]);
		unlink(path);
	}
	rmdir(b->folder);
}

static inline struct rth_exchange *
bench_exchange(struct bench *b, enum rth_method method, const char *path)
{
	struct rth_exchange *x;

	assert_int_equal(rth_exchange_create(&x, &b->portal, method, path), 0);
	return x;
}

/* The value of a header of the reply, or NULL. */
static inline const char *bench_header(struct rth_exchange *x, const char *name)
{
	struct rth_reply *reply = rth_exchange_reply(x);
	size_t i;

	for (i = 0; i < reply->headers_n; i++)
		if (strcmp(reply->headers[i].name, name) == 0)
			return reply->headers[i].value;
	return NULL;
}

/* The reply's error code, or "". */
static inline const char *bench_code(struct rth_exchange *x, char *out,
				     size_t size)
{
	json_t *body = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	const char *code = json_string_value(
		json_object_get(json_object_get(body, "error"), "code"));

	snprintf(out, size, "%s", code ? code : "");
	json_decref(body);
	return out;
}

#endif
