/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two portals on one database: each publishes the keys of both. */
#include "portal_support.h"

#include <jansson.h>

#include "peers.h"
#include "signing.h"
#include "store_db.h"
#include "store_portal.h"

static struct bench bench;
static struct rth_portal fellow; /* on the same database */
static char folders[2][96];

static void open_signing(struct rth_portal *p, const char *dir)
{
	const struct rth_signing_conf conf = {
		.dir = dir,
		.rotate_s = 7200,
		.lead_s = 60,
		.keep_s = 60,
	};

	assert_int_equal(rth_signing_create(&p->signing, &conf, bench_now), 0);
	assert_int_equal(rth_peers_create(&p->peers, p), 0);
}

static void close_signing(struct rth_portal *p)
{
	rth_peers_free(p->peers);
	rth_signing_free(p->signing);
	p->peers = NULL;
	p->signing = NULL;
}

static int open_two(void **state)
{
	int i;

	*state = &bench;
	bench_now = 1800000000;
	bench_open(&bench);
	for (i = 0; i < 2; i++)
		snprintf(folders[i], sizeof(folders[i]), "%s/keys%d",
			 bench.folder, i);
	fellow = bench.portal;
	open_signing(&bench.portal, folders[0]);
	open_signing(&fellow, folders[1]);
	return 0;
}

static int close_two(void **state)
{
	char command[256];

	(void)state;
	close_signing(&fellow);
	close_signing(&bench.portal);
	snprintf(command, sizeof(command), "rm -rf %s %s", folders[0],
		 folders[1]);
	assert_int_equal(system(command), 0);
	bench_close(&bench);
	return 0;
}

static json_t *published(struct rth_portal *p)
{
	struct rth_exchange *x;
	json_t *set;

	assert_int_equal(
		rth_exchange_create(&x, p, RTH_GET, "/.well-known/jwks.json"),
		0);
	rth_peers_handle_keys(x);
	assert_int_equal(rth_exchange_reply(x)->status, 200);
	set = json_loads(rth_exchange_reply(x)->body, 0, NULL);
	rth_exchange_free(x);
	assert_non_null(set);
	return set;
}

static size_t published_n(struct rth_portal *p)
{
	json_t *set = published(p);
	size_t n = json_array_size(json_object_get(set, "keys"));

	json_decref(set);
	return n;
}

static json_t *own_key(struct rth_portal *p)
{
	json_t *set, *key;

	assert_int_equal(rth_signing_jwks(&set, p->signing), 0);
	key = json_incref(json_array_get(json_object_get(set, "keys"), 0));
	json_decref(set);
	return key;
}

static bool shows(struct rth_portal *p, const json_t *key)
{
	json_t *set = published(p);
	size_t i, n = json_array_size(json_object_get(set, "keys"));
	bool found = false;

	for (i = 0; i < n; i++)
		if (json_equal(json_array_get(json_object_get(set, "keys"), i),
			       key))
			found = true;
	json_decref(set);
	return found;
}

static void each_shows_the_keys_of_both(void **state)
{
	json_t *a = own_key(&bench.portal), *b = own_key(&fellow);

	(void)state;
	assert_false(json_equal(a, b));
	assert_int_equal(published_n(&bench.portal), 2);
	assert_int_equal(published_n(&fellow), 2);
	assert_true(shows(&bench.portal, a));
	assert_true(shows(&bench.portal, b));
	assert_true(shows(&fellow, a));
	assert_true(shows(&fellow, b));
	json_decref(a);
	json_decref(b);
}

static void a_new_key_is_everybodys_at_once(void **state)
{
	(void)state;
	assert_int_equal(rth_signing_rotate(fellow.signing, bench_now), 0);
	assert_int_equal(published_n(&bench.portal), 2);
	rth_peers_tick(fellow.peers);
	assert_int_equal(published_n(&bench.portal), 3);
}

static int64_t serving(void)
{
	int64_t n = -1;

	assert_int_equal(rth_store_portals(bench.portal.store, &n, bench_now),
			 0);
	return n;
}

static void keys_outlive_their_portal_as_long_as_tokens(void **state)
{
	(void)state;
	assert_int_equal(serving(), 2);
	close_signing(&fellow);
	assert_int_equal(serving(), 1);
	assert_int_equal(published_n(&bench.portal), 2);
	bench_now += RTH_SIGNING_KEPT_S - 1;
	rth_peers_tick(bench.portal.peers);
	assert_int_equal(published_n(&bench.portal), 2);
	bench_now++;
	assert_int_equal(published_n(&bench.portal), 1);
	rth_peers_tick(bench.portal.peers);
	assert_int_equal(serving(), 1);
}

static void one_that_was_killed_is_gone_after_a_while(void **state)
{
	(void)state;
	bench_now += RTH_PORTAL_GONE_S;
	rth_peers_tick(bench.portal.peers);
	assert_int_equal(serving(), 1);
}

/* Whoever writes there what is no key has it published neither whole nor in
   part; nothing private of a key leaves. */
static void what_is_no_public_key_is_left_out(void **state)
{
	struct rth_store *store = bench.portal.store;
	json_t *set, *key;
	char *text;

	(void)state;
	assert_int_equal(rth_store_signing_put(store, "a", "{", bench_now), 0);
	assert_int_equal(rth_store_signing_put(store, "b", "[]", bench_now), 0);
	assert_int_equal(
		rth_store_signing_put(store, "c", "{\"kid\":7}", bench_now), 0);
	assert_int_equal(published_n(&bench.portal), 2);
	assert_int_equal(rth_store_signing_put(
				 store, "d",
				 "{\"kid\":\"d\",\"kty\":\"EC\",\"d\":\"no\"}",
				 bench_now),
			 0);
	set = published(&bench.portal);
	assert_int_equal(json_array_size(json_object_get(set, "keys")), 3);
	text = json_dumps(set, 0);
	assert_null(strstr(text, "\"no\""));
	free(text);
	json_decref(set);
	key = own_key(&bench.portal);
	assert_null(json_object_get(key, "d"));
	json_decref(key);
}

static void without_the_database_it_shows_what_it_knew(void **state)
{
	static const struct rth_db_query gone = {
		.sql = "ALTER TABLE signing_keys RENAME TO away",
	};
	static const struct rth_db_query back = {
		.sql = "ALTER TABLE away RENAME TO signing_keys",
	};

	(void)state;
	assert_int_equal(published_n(&bench.portal), 2);
	assert_int_equal(rth_store_run(bench.portal.store, &gone), 0);
	assert_int_equal(published_n(&bench.portal), 2);
	rth_peers_tick(bench.portal.peers); /* logs */
	bench_now += RTH_SIGNING_KEPT_S - 1;
	assert_int_equal(published_n(&bench.portal), 2);
	bench_now++;
	assert_int_equal(published_n(&bench.portal), 1); /* its own */
	assert_int_equal(rth_store_run(bench.portal.store, &back), 0);
	rth_peers_tick(fellow.peers);
	assert_int_equal(published_n(&bench.portal), 2);
}

static void without_memory_it_does_not_start(void **state)
{
	struct rth_peers *peers = NULL;
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned n;

	(void)state;
	for (n = 1; err == RTH_ERR_NOMEM; n++) {
		rth_mem_fail_at(n);
		err = rth_peers_create(&peers, &bench.portal);
		rth_mem_fail_at(0);
	}
	assert_int_equal(err, 0);
	assert_true(n > 2);
	rth_peers_free(peers);
}

static void without_memory_it_shows_nothing_half(void **state)
{
	struct rth_exchange *x;
	unsigned n, status = 0;

	(void)state;
	for (n = 1; status != 200; n++) {
		assert_int_equal(rth_exchange_create(&x, &bench.portal, RTH_GET,
						     "/.well-known/jwks.json"),
				 0);
		rth_mem_fail_at(n);
		rth_peers_handle_keys(x);
		rth_mem_fail_at(0);
		status = rth_exchange_reply(x)->failed
				 ? 0
				 : rth_exchange_reply(x)->status;
		rth_exchange_free(x);
		assert_true(n < 1000);
	}
	assert_int_equal(published_n(&bench.portal), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_two, close_two)
		TEST(each_shows_the_keys_of_both),
		TEST(a_new_key_is_everybodys_at_once),
		TEST(keys_outlive_their_portal_as_long_as_tokens),
		TEST(one_that_was_killed_is_gone_after_a_while),
		TEST(what_is_no_public_key_is_left_out),
		TEST(without_the_database_it_shows_what_it_knew),
		TEST(without_memory_it_does_not_start),
		TEST(without_memory_it_shows_nothing_half),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
