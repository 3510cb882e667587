/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the portal itself leaves in the audit, and when it signs the head. */
#include "audit_support.h"

#include "audit_self.h"
#include "signing.h"

static char config[128];

static void write_config(const char *text)
{
	FILE *file = fopen(config, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int open_self(void **state)
{
	const struct rth_signing_conf conf = {
		.dir = bench.folder,
		.rotate_s = 7200,
		.lead_s = 60,
		.keep_s = 60,
	};

	open_bench(state);
	rth_audit_key_free(bench.portal.audit_key);
	bench.portal.audit_key = NULL;
	snprintf(config, sizeof(config), "%s/conf", bench.folder);
	write_config("secret = \"x\";");
	assert_int_equal(
		rth_signing_create(&bench.portal.signing, &conf, bench_now), 0);
	return 0;
}

static int close_self(void **state)
{
	char command[192];

	snprintf(command, sizeof(command), "rm -f %s/*.pem %s/conf",
		 bench.folder, bench.folder);
	rth_signing_free(bench.portal.signing);
	bench.portal.signing = NULL;
	assert_int_equal(system(command), 0);
	return close_bench(state);
}

struct seen {
	char actions[256];
	json_t *data; /* of the last row */
};

static enum rth_err see(const struct rth_audit_row *row, void *arg)
{
	struct seen *seen = arg;

	snprintf(seen->actions + strlen(seen->actions),
		 sizeof(seen->actions) - strlen(seen->actions), "%s ",
		 row->action);
	json_decref(seen->data);
	seen->data = *row->data ? json_loads(row->data, 0, NULL) : NULL;
	return 0;
}

static struct seen rows(void)
{
	struct seen seen = {.actions = "", .data = NULL};

	assert_int_equal(rth_store_audit_rows(store(), 1, 100, see, &seen), 0);
	return seen;
}

static void assert_actions(const char *actions)
{
	struct seen seen = rows();

	assert_string_equal(seen.actions, actions);
	json_decref(seen.data);
}

static enum rth_err count(const json_t *object, size_t line, void *arg)
{
	(void)object;
	*(size_t *)arg = line;
	return 0;
}

static size_t heads(void)
{
	size_t n = 0;

	assert_int_equal(
		rth_audit_heads_each(&bench.portal.settings, count, &n), 0);
	return n;
}

static void start(void)
{
	assert_int_equal(rth_audit_self_start(&bench.portal, config), 0);
}

static void from_start_to_stop(void **state)
{
	(void)state;
	start();
	assert_int_equal(heads(), 1);
	rth_audit_self_stop(&bench.portal);
	assert_null(bench.portal.audit_key);
	assert_actions("portal-started portal-stopped ");
	assert_int_equal(heads(), 2);
	start();
	assert_int_equal(heads(), 3);
	assert_string_equal(verify(), "");
}

/* A start after a kill says that something may be missing. */
static void a_start_tells_whether_it_was_stopped(void **state)
{
	static const bool stops[] = {true, true, false, true};
	static const char *const after[] = {"nothing", "stop", "stop", "kill"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		struct seen seen;

		start();
		seen = rows();
		assert_string_equal(
			json_string_value(json_object_get(seen.data, "after")),
			after[i]);
		json_decref(seen.data);
		if (stops[i]) {
			rth_audit_self_stop(&bench.portal);
		} else {
			rth_audit_key_free(bench.portal.audit_key);
			bench.portal.audit_key = NULL;
		}
	}
	start();
}

/* A stop of what could not start: main closes all the same. */
static void what_has_no_key_does_not_stop(void **state)
{
	(void)state;
	rth_audit_self_stop(&bench.portal);
	assert_actions("");
}

static void once_an_hour_the_head_is_signed(void **state)
{
	unsigned minute;

	(void)state;
	start();
	add("play", "o");
	for (minute = 1; minute < 60; minute++)
		rth_audit_self_tick(&bench.portal, minute);
	assert_int_equal(heads(), 1);
	rth_audit_self_tick(&bench.portal, 60);
	assert_int_equal(heads(), 2);
	rth_audit_self_tick(&bench.portal, 120); /* it has not grown */
	assert_int_equal(heads(), 2);
}

static char *configuration(void)
{
	struct seen seen = rows();
	char *hash = rth_strdup(
		json_string_value(json_object_get(seen.data, "configuration")));

	json_decref(seen.data);
	assert_non_null(hash);
	return hash;
}

/* Its hash is another one for another text, and no plain digest. */
static void the_configuration_is_named_by_its_hash(void **state)
{
	char *first, *second, *third, plain[RTH_HASH_SIZE];

	(void)state;
	start();
	first = configuration();
	rth_audit_self_stop(&bench.portal);
	start();
	second = configuration();
	rth_audit_self_stop(&bench.portal);
	write_config("secret = \"y\";");
	start();
	third = configuration();
	assert_string_equal(first, second);
	assert_string_not_equal(first, third);
	assert_int_equal(rth_store_hash(plain, "secret = \"y\";"), 0);
	assert_string_not_equal(third, plain);
	rth_free(first);
	rth_free(second);
	rth_free(third);
}

static void a_configuration_that_is_gone_stops_the_start(void **state)
{
	(void)state;
	assert_int_equal(unlink(config), 0);
	assert_int_not_equal(rth_audit_self_start(&bench.portal, config), 0);
}

static void changed_signing_keys_are_a_row(void **state)
{
	struct seen seen;
	json_t *before;

	(void)state;
	start();
	before = rth_audit_self_keys(&bench.portal);
	rth_audit_self_keys_since(&bench.portal, before);
	assert_actions("portal-started ");
	before = rth_audit_self_keys(&bench.portal);
	assert_int_equal(rth_signing_rotate(bench.portal.signing, bench_now),
			 0);
	rth_audit_self_keys_since(&bench.portal, before);
	seen = rows();
	assert_string_equal(seen.actions,
			    "portal-started key-signing-changed ");
	assert_int_equal(
		json_array_size(json_object_get(seen.data, "signing_keys")), 2);
	json_decref(seen.data);
}

static void a_lost_tail_is_a_row(void **state)
{
	(void)state;
	start();
	add("play", "o");
	rth_audit_self_stop(&bench.portal);
	tamper("DELETE FROM audit WHERE n > 1; UPDATE audit_head SET n = 1,"
	       " digest = (SELECT digest FROM audit WHERE n = 1)");
	start();
	assert_actions("portal-started portal-started audit-broken ");
	rth_audit_self_tick(&bench.portal, 60);
	assert_actions("portal-started portal-started audit-broken ");
}

static void without_memory_it_does_not_start(void **state)
{
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	for (n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = rth_audit_self_start(&bench.portal, config);
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
		if (err) {
			rth_audit_key_free(bench.portal.audit_key);
			bench.portal.audit_key = NULL;
		}
	}
	assert_true(n > 10);
	assert_string_equal(verify(), "");
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_self, close_self)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(from_start_to_stop),
		TEST(a_start_tells_whether_it_was_stopped),
		TEST(what_has_no_key_does_not_stop),
		TEST(once_an_hour_the_head_is_signed),
		TEST(the_configuration_is_named_by_its_hash),
		TEST(a_configuration_that_is_gone_stops_the_start),
		TEST(changed_signing_keys_are_a_row),
		TEST(a_lost_tail_is_a_row),
		TEST(without_memory_it_does_not_start),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
