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
		cmocka_unit_test(nothing_else_is),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
