/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of the web client: plain files below web_root, of known types.
 *
 * A path comes here normalised (path.h): it has no "." or ".." segment and no
 * odd character. openat2 still forbids leaving the folder and every symbolic
 * link, whatever the folder holds.
 */
#include "static.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "portal.h"

static const char *type_of(const char *path)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{".html", "text/html; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".json", "application/json"},
		{".webmanifest", "application/manifest+json"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".jpg", "image/jpeg"},
		{".webp", "image/webp"},
		{".ico", "image/vnd.microsoft.icon"},
		{".woff2", "font/woff2"},
	};
	const char *end = strrchr(path, '.');
	size_t i;

	for (i = 0; end && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(end, types[i].end) == 0)
			return types[i].type;
	return NULL;
}

static int open_below(const char *root, const char *path)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (dir < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
	close(dir);
	return fd;
}

/* Replies with an open file, or with 304 when the browser has it. */
static void serve(struct rth_exchange *x, int fd, const struct stat *st,
		  const char *type)
{
	const char *have =
		rth_request_field(x, RTH_FIELD_HEADER, "If-None-Match");
	char etag[64];

	snprintf(etag, sizeof(etag), "\"%llx-%llx.%lx\"",
		 (unsigned long long)st->st_size,
		 (unsigned long long)st->st_mtim.tv_sec,
		 (unsigned long)st->st_mtim.tv_nsec);
	rth_reply_header(x, "ETag", etag);
	/* Always asked for again, so that a new version is seen at once. */
	rth_reply_header(x, "Cache-Control", "no-cache");
	if (have && strcmp(have, etag) == 0) {
		close(fd);
		rth_reply_empty(x, 304);
		return;
	}
	rth_reply_file(x, fd, (uint64_t)st->st_size, type);
}

static void handle(struct rth_exchange *x, const char *path)
{
	const char *type = type_of(path);
	struct stat st;
	int fd;

	if (!type) {
		rth_reply_not_found(x);
		return;
	}
	fd = open_below(rth_request_portal(x)->settings.web_root, path);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		rth_reply_not_found(x);
		return;
	}
	serve(x, fd, &st, type);
}

void rth_static_handle_page(struct rth_exchange *x)
{
	handle(x, "index.html");
}

void rth_static_handle_file(struct rth_exchange *x)
{
	handle(x, rth_request_path(x) + 1);
}
