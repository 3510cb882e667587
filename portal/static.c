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
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "path.h"
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

/* One form of a file, plain or compressed. */
struct form {
	int fd;
	struct stat st;
	bool gzip;
};

static bool open_form(struct form *form, const char *root, const char *path)
{
	form->fd = open_below(root, path);
	if (form->fd < 0)
		return false;
	if (fstat(form->fd, &form->st) == 0 && S_ISREG(form->st.st_mode))
		return true;
	close(form->fd);
	return false;
}

/* RFC 9110 12.5.3. Who gives "gzip" a weight gets the plain file. */
static bool takes_gzip(const struct rth_exchange *x)
{
	const char *s =
		rth_request_field(x, RTH_FIELD_HEADER, "Accept-Encoding");

	while (s && *s) {
		size_t len;

		s += strspn(s, ", \t");
		len = strcspn(s, ", \t");
		if (len == 4 && strncasecmp(s, "gzip", len) == 0)
			return s[len + strspn(s + len, " \t")] != ';';
		s += strcspn(s, ",");
	}
	return false;
}

static bool older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* "x.js.gz" beside "x.js" is sent in its place, unless x.js was changed since.
 */
static void prefer_gzip(struct form *form, const char *root, const char *path)
{
	char name[RTH_PATH_SIZE + 3];
	struct form gz = {.gzip = true};

	snprintf(name, sizeof(name), "%s.gz", path);
	if (!open_form(&gz, root, name))
		return;
	if (older(&gz.st.st_mtim, &form->st.st_mtim)) {
		close(gz.fd);
		return;
	}
	close(form->fd);
	*form = gz;
}

/* Replies with an open file, or with 304 when the browser has it. */
static void serve(struct rth_exchange *x, const struct form *form,
		  const char *type)
{
	const char *have =
		rth_request_field(x, RTH_FIELD_HEADER, "If-None-Match");
	const struct stat *st = &form->st;
	char etag[64];

	snprintf(etag, sizeof(etag), "\"%llx-%llx.%lx%s\"",
		 (unsigned long long)st->st_size,
		 (unsigned long long)st->st_mtim.tv_sec,
		 (unsigned long)st->st_mtim.tv_nsec, form->gzip ? "-gz" : "");
	rth_reply_header(x, "ETag", etag);
	rth_reply_header(x, "Vary", "Accept-Encoding");
	/* Always asked for again, so that a new version is seen at once. */
	rth_reply_header(x, "Cache-Control", "no-cache");
	if (have && strcmp(have, etag) == 0) {
		close(form->fd);
		rth_reply_empty(x, 304);
		return;
	}
	if (form->gzip)
		rth_reply_header(x, "Content-Encoding", "gzip");
	rth_reply_file(x, form->fd, (uint64_t)st->st_size, type);
}

static void handle(struct rth_exchange *x, const char *path)
{
	const char *root = rth_request_portal(x)->settings.web_root;
	const char *type = type_of(path);
	struct form form = {.fd = -1};

	if (!type || !open_form(&form, root, path)) {
		rth_reply_not_found(x);
		return;
	}
	if (takes_gzip(x))
		prefer_gzip(&form, root, path);
	serve(x, &form, type);
}

void rth_static_handle_page(struct rth_exchange *x)
{
	handle(x, "index.html");
}

void rth_static_handle_file(struct rth_exchange *x)
{
	handle(x, rth_request_path(x) + 1);
}
