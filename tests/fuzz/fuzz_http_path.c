/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds bytes to what reads a request's target: the path and the route that it
 * finds, and the values of a query.
 *
 * A path that is taken begins with '/', has only unreserved characters, no
 * empty, "." or ".." segment, and is what stood in the target; parameters lie
 * within it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "route.h"

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void check_path(const char *path)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~/";

	expect(path[0] == '/');
	expect(strspn(path, allowed) == strlen(path));
	expect(!strstr(path, "//"));
	expect(!strstr(path, "/./") && !strstr(path, "/../"));
	expect(path[1] == '\0' || path[strlen(path) - 1] != '/');
}

static void check_route(enum rth_method method, const char *path)
{
	struct rth_route_param params[RTH_REQUEST_MAX_PARAMS];
	const struct rth_route *route = NULL;
	size_t i;

	if (rth_route_find(&route, params, rth_routes_public, method, path) !=
	    RTH_ROUTE_FOUND)
		return;
	expect(route && route->handle && route->method == method);
	for (i = 0; i < RTH_REQUEST_MAX_PARAMS && params[i].start; i++) {
		expect(params[i].start > path && params[i].len > 0);
		expect(params[i].start + params[i].len <= path + strlen(path));
		expect(!memchr(params[i].start, '/', params[i].len));
	}
}

static void check_value(const char *data, size_t size)
{
	char out[64];
	size_t i;

	if (rth_path_decode_value(out, sizeof(out), data, size))
		return;
	expect(strlen(out) < sizeof(out) && strlen(out) <= size);
	for (i = 0; out[i]; i++)
		expect((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum rth_method methods[] = {RTH_GET, RTH_POST, RTH_PUT,
						  RTH_DELETE};
	char *text = malloc(size ? size : 1), path[RTH_PATH_SIZE];
	size_t i;

	expect(text != NULL);
	memcpy(text, data, size);
	if (rth_path_normalise(path, text, size) == 0) {
		check_path(path);
		expect(strlen(path) <= size &&
		       memcmp(path, text, strlen(path)) == 0);
		for (i = 0; i < 4; i++)
			check_route(methods[i], path);
	}
	check_value(text, size);
	free(text);
	return 0;
}
