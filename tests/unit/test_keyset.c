/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keysets against a real HTTP server on loopback that can be down, slow,
 * broken or hostile, and against files.
 */
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>
#include <microhttpd.h>

#include "keyset.h"
#include "mem.h"

#define WAIT_S 15
#define BURST 3
#define LARGE_BYTES (64 << 20) /* more than sockets buffer */
#define FREE_MAX_MS 500	       /* 100 is promised; a busy machine gets more */

/* An issuer. What it answers may be changed at any time. */

struct issuer {
	struct MHD_Daemon *daemon;
	uint16_t port;
	atomic_uint status;
	atomic_uint asked; /* requests for /jwks.json */
	atomic_uint elsewhere;
	atomic_size_t sent; /* of an endless body */
	bool endless;
	pthread_mutex_t lock;
	char body[2048];
};

static struct issuer issuer;

static ssize_t more(void *arg, uint64_t pos, char *out, size_t max)
{
	(void)arg;
	if (pos >= LARGE_BYTES)
		return MHD_CONTENT_READER_END_OF_STREAM;
	memset(out, ' ', max);
	atomic_fetch_add(&issuer.sent, max);
	return (ssize_t)max;
}

static struct MHD_Response *make_response(void)
{
	struct MHD_Response *response;

	if (issuer.endless)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096,
							 more, NULL, NULL);
	pthread_mutex_lock(&issuer.lock);
	response = MHD_create_response_from_buffer(
		strlen(issuer.body), issuer.body, MHD_RESPMEM_MUST_COPY);
	pthread_mutex_unlock(&issuer.lock);
	MHD_add_response_header(response, "Location", "/elsewhere");
	return response;
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_size, void **request)
{
	struct MHD_Response *response = make_response();
	enum MHD_Result result;

	(void)arg;
	(void)method;
	(void)version;
	(void)upload;
	(void)upload_size;
	(void)request;
	if (strcmp(url, "/jwks.json") == 0)
		atomic_fetch_add(&issuer.asked, 1);
	else
		atomic_fetch_add(&issuer.elsewhere, 1);
	result = MHD_queue_response(connection, atomic_load(&issuer.status),
				    response);
	MHD_destroy_response(response);
	return result;
}

static void issuer_start(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const union MHD_DaemonInfo *info;

	issuer.daemon = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer, NULL,
		MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
	assert_non_null(issuer.daemon);
	info = MHD_get_daemon_info(issuer.daemon, MHD_DAEMON_INFO_BIND_PORT);
	issuer.port = info->port;
}

static void issuer_stop(void)
{
	if (issuer.daemon)
		MHD_stop_daemon(issuer.daemon);
	issuer.daemon = NULL;
}

static void write_set(char *out, size_t size, const char *kid)
{
	snprintf(out, size,
		 "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%"
		 "s\","
		 "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
		 kid);
}

static void issuer_has(const char *kid)
{
	pthread_mutex_lock(&issuer.lock);
	write_set(issuer.body, sizeof(issuer.body), kid);
	pthread_mutex_unlock(&issuer.lock);
}

static void issuer_says(const char *body)
{
	pthread_mutex_lock(&issuer.lock);
	snprintf(issuer.body, sizeof(issuer.body), "%s", body);
	pthread_mutex_unlock(&issuer.lock);
}

static int set_up(void **state)
{
	(void)state;
	memset(&issuer, 0, sizeof(issuer));
	pthread_mutex_init(&issuer.lock, NULL);
	atomic_store(&issuer.status, 200);
	issuer_has("first");
	issuer_start(0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	issuer_stop();
	pthread_mutex_destroy(&issuer.lock);
	return 0;
}

/* What a keyset told, and waiting for it. */

struct listener {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	unsigned tries;
	unsigned lines;
	char line[256];
};

static struct listener heard = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.cond = PTHREAD_COND_INITIALIZER,
};

static void on_changed(void *arg)
{
	struct listener *l = arg;

	pthread_mutex_lock(&l->lock);
	l->tries++;
	pthread_cond_broadcast(&l->cond);
	pthread_mutex_unlock(&l->lock);
}

static void on_line(void *arg, const char *line)
{
	struct listener *l = arg;

	pthread_mutex_lock(&l->lock);
	l->lines++;
	snprintf(l->line, sizeof(l->line), "%s", line);
	pthread_mutex_unlock(&l->lock);
}

static void wait_for_tries(unsigned n)
{
	struct timespec until;
	unsigned tries;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&heard.lock);
	while (heard.tries < n)
		if (pthread_cond_timedwait(&heard.cond, &heard.lock, &until) ==
		    ETIMEDOUT)
			break;
	tries = heard.tries;
	pthread_mutex_unlock(&heard.lock);
	assert_true(tries >= n);
}

static enum rth_err try_create(struct rth_keyset **ksp, const char *source,
			       int64_t max_age_s)
{
	struct rth_keyset_conf conf = {
		.source = source,
		.max_age_s = max_age_s,
		.changed = on_changed,
		.log = on_line,
		.arg = &heard,
	};

	heard.tries = 0;
	heard.lines = 0;
	heard.line[0] = '\0';
	return rth_keyset_create(ksp, &conf);
}

static struct rth_keyset *create_from_url(int64_t max_age_s)
{
	struct rth_keyset *ks;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/jwks.json",
		 (unsigned)issuer.port);
	assert_int_equal(try_create(&ks, url, max_age_s), RTH_OK);
	wait_for_tries(1);
	return ks;
}

static bool has(struct rth_keyset *ks, const char *kid)
{
	struct rth_jwks *jwks = rth_keyset_current(ks);
	bool found = jwks && rth_jwks_has(jwks, kid);

	rth_jwks_unref(jwks);
	return found;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Tests */

static void fetches_at_start(void **state)
{
	struct rth_keyset *ks = create_from_url(0);

	(void)state;
	assert_true(has(ks, "first"));
	assert_int_equal(rth_keyset_want(ks, "first"), RTH_KEYSET_HAS);
	assert_int_equal(rth_keyset_want(ks, ""), RTH_KEYSET_HAS);
	assert_int_equal(atomic_load(&issuer.asked), 1);
	assert_int_equal(heard.lines, 0);
	rth_keyset_free(ks);
}

static void follows_a_rotation_soon_after_start(void **state)
{
	struct rth_keyset *ks = create_from_url(0);

	(void)state;
	issuer_has("second");
	assert_int_equal(rth_keyset_want(ks, "second"), RTH_KEYSET_FETCHING);
	wait_for_tries(2);
	assert_int_equal(rth_keyset_want(ks, "second"), RTH_KEYSET_HAS);
	issuer_has("third");
	assert_int_equal(rth_keyset_want(ks, "third"), RTH_KEYSET_FETCHING);
	wait_for_tries(3);
	assert_int_equal(rth_keyset_want(ks, "third"), RTH_KEYSET_HAS);
	assert_false(has(ks, "first"));
	rth_keyset_free(ks);
}

static void asks_once_for_one_forged_kid(void **state)
{
	struct rth_keyset *ks = create_from_url(0);

	(void)state;
	assert_int_equal(rth_keyset_want(ks, "forged"), RTH_KEYSET_FETCHING);
	wait_for_tries(2);
	for (int i = 0; i < 100; i++)
		assert_int_equal(rth_keyset_want(ks, "forged"),
				 RTH_KEYSET_LACKS);
	assert_int_equal(atomic_load(&issuer.asked), 2);
	/* And an honest one still gets its fetch. */
	issuer_has("second");
	assert_int_equal(rth_keyset_want(ks, "second"), RTH_KEYSET_FETCHING);
	wait_for_tries(3);
	assert_true(has(ks, "second"));
	rth_keyset_free(ks);
}

static void bounds_a_storm_of_forged_kids(void **state)
{
	struct rth_keyset *ks = create_from_url(0);
	unsigned lacks = 0;
	char kid[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		unsigned tries = heard.tries;

		snprintf(kid, sizeof(kid), "forged-%d", i);
		switch (rth_keyset_want(ks, kid)) {
		case RTH_KEYSET_FETCHING:
			wait_for_tries(tries + 1);
			break;
		case RTH_KEYSET_LACKS:
			lacks++;
			break;
		default:
			fail_msg("a forged kid was found");
		}
	}
	assert_int_equal(atomic_load(&issuer.asked), BURST);
	assert_int_equal(lacks, 1000 - (BURST - 1));
	assert_int_equal(rth_keyset_want(ks, "first"), RTH_KEYSET_HAS);
	rth_keyset_free(ks);
}

static void refuses_an_overlong_kid_without_a_fetch(void **state)
{
	struct rth_keyset *ks = create_from_url(0);
	char kid[200];

	(void)state;
	memset(kid, 'k', sizeof(kid) - 1);
	kid[sizeof(kid) - 1] = '\0';
	assert_int_equal(rth_keyset_want(ks, kid), RTH_KEYSET_LACKS);
	rth_keyset_free(ks);
	assert_int_equal(atomic_load(&issuer.asked), 1);
}

struct broken_case {
	unsigned status;
	bool endless;
	const char *body; /* NULL: a good set */
	const char *line;
};

static const struct broken_case broken_cases[] = {
	{200, false, "<html>Sorry</html>",
	 "keys not fetched: not a set of usable keys (format)"},
	{200, false, "", "keys not fetched: not a set of usable keys (format)"},
	{200, false, "{\"keys\":[]}",
	 "keys not fetched: not a set of usable keys (format)"},
	{503, false, NULL,
	 "keys not fetched: the status is not 200 (unavailable)"},
	{404, false, NULL,
	 "keys not fetched: the status is not 200 (unavailable)"},
	{302, false, NULL,
	 "keys not fetched: the status is not 200 (unavailable)"},
	{200, true, NULL, "keys not fetched: the answer is too long (limit)"},
};

static void keeps_the_old_set_when_the_issuer_is_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken_cases) / sizeof(broken_cases[0]);
	     i++) {
		const struct broken_case *c = &broken_cases[i];
		struct rth_keyset *ks = create_from_url(0);

		assert_true(has(ks, "first"));
		issuer_has("second");
		if (c->body)
			issuer_says(c->body);
		atomic_store(&issuer.status, c->status);
		issuer.endless = c->endless;
		assert_int_equal(rth_keyset_want(ks, "second"),
				 RTH_KEYSET_FETCHING);
		wait_for_tries(2);
		assert_string_equal(heard.line, c->line);
		assert_true(has(ks, "first"));
		assert_int_equal(rth_keyset_want(ks, "second"),
				 RTH_KEYSET_LACKS);
		rth_keyset_free(ks);
		issuer.endless = false;
		atomic_store(&issuer.status, 200);
		issuer_has("first");
	}
	assert_int_equal(atomic_load(&issuer.elsewhere), 0);
	/* It was left long before the end. */
	assert_true(atomic_load(&issuer.sent) > 0);
	assert_true(atomic_load(&issuer.sent) < LARGE_BYTES);
}

static void starts_while_the_issuer_is_down(void **state)
{
	struct rth_keyset *ks;

	(void)state;
	issuer_stop();
	ks = create_from_url(0);
	assert_null(rth_keyset_current(ks));
	assert_int_equal(heard.lines, 1);
	issuer_start(issuer.port);
	assert_int_equal(rth_keyset_want(ks, "first"), RTH_KEYSET_FETCHING);
	wait_for_tries(2);
	assert_int_equal(rth_keyset_want(ks, "first"), RTH_KEYSET_HAS);
	issuer_stop();
	assert_int_equal(rth_keyset_want(ks, "second"), RTH_KEYSET_FETCHING);
	wait_for_tries(3);
	assert_true(has(ks, "first"));
	rth_keyset_free(ks);
}

static void fetches_again_when_old(void **state)
{
	struct rth_keyset *ks = create_from_url(1);

	(void)state;
	issuer_has("second");
	wait_for_tries(2);
	assert_true(has(ks, "second"));
	rth_keyset_free(ks);
}

/* A server that takes the connection and never says anything. */
static void stops_at_once_during_a_fetch(void **state)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), accepted;
	struct rth_keyset *ks;
	int64_t began_ms;
	char url[64];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)&address, &size);
	snprintf(url, sizeof(url), "http://localhost:%u/",
		 (unsigned)ntohs(address.sin_port));
	assert_int_equal(try_create(&ks, url, 0), RTH_OK);
	accepted = accept(fd, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(rth_keyset_want(ks, "first"), RTH_KEYSET_FETCHING);
	began_ms = now_ms();
	rth_keyset_free(ks);
	assert_true(now_ms() - began_ms < FREE_MAX_MS);
	assert_int_equal(heard.tries, 0);
	close(accepted);
	close(fd);
}

static const char *const wrong_sources[] = {
	"http://192.0.2.1/jwks.json",
	"http://127.0.0.1.example/jwks.json",
	"http://localhost.example/jwks.json",
	"http://127.0.0.1@192.0.2.1/jwks.json",
	"https://user:secret@issuer.example/jwks.json",
	"file:///etc/passwd",
	"ftp://127.0.0.1/jwks.json",
	"jwks.json",
	"//127.0.0.1/jwks.json/..",
	"",
};

static void refuses_wrong_sources(void **state)
{
	struct rth_keyset *ks;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong_sources) / sizeof(wrong_sources[0]);
	     i++) {
		enum rth_err err = try_create(&ks, wrong_sources[i], 0);

		if (wrong_sources[i][0] == '/')
			assert_int_equal(err, RTH_ERR_IO);
		else if (err != RTH_ERR_CONFIG)
			fail_msg("%s: %s", wrong_sources[i], rth_err_name(err));
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void reads_files(void **state)
{
	char folder[] = "/tmp/rthealth-keyset-XXXXXX", path[64], set[512];
	struct rth_keyset *ks;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/jwks.json", folder);
	assert_int_equal(try_create(&ks, path, 0), RTH_ERR_IO);
	assert_int_equal(try_create(&ks, folder, 0), RTH_ERR_IO);
	write_file(path, "{}");
	assert_int_equal(try_create(&ks, path, 0), RTH_ERR_FORMAT);
	write_set(set, sizeof(set), "first");
	write_file(path, set);
	assert_int_equal(try_create(&ks, path, 0), RTH_OK);
	assert_int_equal(rth_keyset_want(ks, "first"), RTH_KEYSET_HAS);
	write_set(set, sizeof(set), "second");
	write_file(path, set);
	assert_int_equal(rth_keyset_want(ks, "second"), RTH_KEYSET_FETCHING);
	wait_for_tries(1);
	assert_int_equal(rth_keyset_want(ks, "second"), RTH_KEYSET_HAS);
	unlink(path);
	assert_int_equal(rth_keyset_want(ks, "third"), RTH_KEYSET_FETCHING);
	wait_for_tries(2);
	assert_true(has(ks, "second"));
	rth_keyset_free(ks);
	rmdir(folder);
}

static void survives_failing_allocations(void **state)
{
	char folder[] = "/tmp/rthealth-keyset-XXXXXX", path[64], set[512];
	struct rth_keyset *ks;
	unsigned long n;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/jwks.json", folder);
	write_set(set, sizeof(set), "first");
	write_file(path, set);
	for (n = 1; n < 1000; n++) {
		rth_mem_fail_at(n);
		if (try_create(&ks, path, 0) == RTH_OK)
			break;
	}
	rth_mem_fail_at(0);
	assert_true(n > 5 && n < 1000);
	rth_keyset_free(ks);
	unlink(path);
	rmdir(folder);
}

#define WITH_ISSUER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ISSUER(fetches_at_start),
		WITH_ISSUER(follows_a_rotation_soon_after_start),
		WITH_ISSUER(asks_once_for_one_forged_kid),
		WITH_ISSUER(bounds_a_storm_of_forged_kids),
		WITH_ISSUER(refuses_an_overlong_kid_without_a_fetch),
		WITH_ISSUER(keeps_the_old_set_when_the_issuer_is_broken),
		WITH_ISSUER(starts_while_the_issuer_is_down),
		WITH_ISSUER(fetches_again_when_old),
		cmocka_unit_test(stops_at_once_during_a_fetch),
		cmocka_unit_test(refuses_wrong_sources),
		cmocka_unit_test(reads_files),
		cmocka_unit_test(survives_failing_allocations),
	};
	int failed;

	json_set_alloc_funcs(rth_alloc, rth_free);
	json_object_seed(0);
	curl_global_init(CURL_GLOBAL_ALL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}
