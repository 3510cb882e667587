/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include "static.h"

static struct bench bench;
static char root[96];

static int make_root(void **state)
{
	char command[512];

	(void)state;
	bench_open(&bench);
	snprintf(root, sizeof(root), "%s/web", bench.folder);
	bench.portal.settings.web_root = root;
	snprintf(command, sizeof(command),
		 "mkdir -p %s/js/dir.js && cd %s && echo page >index.html &&"
		 " echo x >js/a.js && echo x >js/a.txt && echo x >../b.js &&"
		 " ln -s ../../b.js js/out.js && ln -s a.js js/in.js &&"
		 " ln -s .. js/up && mkfifo js/pipe.js",
		 root, root);
	return system(command);
}

static int remove_root(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s %s/b.js", root,
		 bench.folder);
	assert_int_equal(system(command), 0);
	bench_close(&bench);
	return 0;
}

static unsigned get(const char *path, const char *etag, char *got, size_t size)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, path);
	unsigned status;

	if (etag)
		assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER,
						  "If-None-Match", etag),
				 0);
	rth_static_handle_file(x);
	status = rth_exchange_reply(x)->status;
	if (got)
		snprintf(got, size, "%s", bench_header(x, "ETag"));
	if (status == 200)
		assert_true(rth_exchange_reply(x)->fd >= 0);
	rth_exchange_free(x);
	return status;
}

static void files_below_the_folder_are_served(void **state)
{
	char etag[64];

	(void)state;
	assert_int_equal(get("/js/a.js", NULL, etag, sizeof(etag)), 200);
	assert_int_equal(get("/js/a.js", etag, NULL, 0), 304);
	assert_int_equal(get("/js/a.js", "\"other\"", NULL, 0), 200);
	assert_int_equal(get("/index.html", NULL, NULL, 0), 200);
}

/* What is sent to somebody who says this, "" for the plain form. */
static const char *encoding(const char *path, const char *says)
{
	static char got[16];
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, path);
	const char *header;

	if (says)
		assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER,
						  "Accept-Encoding", says),
				 0);
	rth_static_handle_file(x);
	assert_int_equal(rth_exchange_reply(x)->status, 200);
	assert_string_equal(bench_header(x, "Vary"), "Accept-Encoding");
	header = bench_header(x, "Content-Encoding");
	snprintf(got, sizeof(got), "%s", header ? header : "");
	rth_exchange_free(x);
	return got;
}

static void run(const char *command)
{
	char text[256];

	snprintf(text, sizeof(text), "cd %s/js && %s", root, command);
	assert_int_equal(system(text), 0);
}

static void who_takes_gzip_gets_it(void **state)
{
	char plain[64], gzip[64];
	struct rth_exchange *x;

	(void)state;
	assert_string_equal(encoding("/js/a.js", "gzip"), "");
	assert_int_equal(get("/js/a.js", NULL, plain, sizeof(plain)), 200);
	run("gzip -9nk a.js");
	assert_string_equal(encoding("/js/a.js", "gzip, deflate, br"), "gzip");
	assert_string_equal(encoding("/js/a.js", "br,\tGZIP ,x"), "gzip");
	assert_string_equal(encoding("/js/a.js", NULL), "");
	assert_string_equal(encoding("/js/a.js", "x-gzip, gzipped, br"), "");
	assert_string_equal(encoding("/js/a.js", "br;q=1, gzip;q=0"), "");
	assert_string_equal(encoding("/js/a.js", "gzip ;q=0"), "");
	assert_int_equal(get("/js/a.js.gz", NULL, NULL, 0), 404);
	assert_int_equal(get("/js/a.js", plain, NULL, 0), 304);
	x = bench_exchange(&bench, RTH_GET, "/js/a.js");
	assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER,
					  "Accept-Encoding", "gzip"),
			 0);
	rth_static_handle_file(x);
	snprintf(gzip, sizeof(gzip), "%s", bench_header(x, "ETag"));
	rth_exchange_free(x);
	assert_string_not_equal(gzip, plain);
	/* A changed file is not hidden by its old compressed form. */
	run("touch -d '2020-01-01' a.js.gz");
	assert_string_equal(encoding("/js/a.js", "gzip"), "");
	run("rm a.js.gz && ln -s ../../b.js a.js.gz");
	assert_string_equal(encoding("/js/a.js", "gzip"), "");
	run("rm a.js.gz");
}

static void nothing_else_is(void **state)
{
	static const char *const paths[] = {
		"/js/none.js", "/js/a.txt",  "/js/out.js",     "/js/in.js",
		"/js/up/b.js", "/js/dir.js", "/js/pipe.js",    "/js",
		"/../b.js",    "//etc/x.js", "/js/../../b.js",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(get(paths[i], NULL, NULL, 0), 404);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_below_the_folder_are_served),
		cmocka_unit_test(who_takes_gzip_gets_it),
		cmocka_unit_test(nothing_else_is),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
