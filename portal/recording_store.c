/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The walk through yyyy/mm/ID. Each step is an openat that follows no link, and
 * whatever does not look like ours is passed by.
 */
#include "recording_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "mem.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define ENTRIES_MAX 1000000 /* of one folder */

/* ---- Names ---- */

/* Reads a number without leading zeros, 1 to 9999; the rest is at *restp. */
static unsigned number(const char *text, const char **restp)
{
	size_t len = strspn(text, DIGITS);

	if (len < 1 || len > 4 || *text == '0')
		return 0;
	*restp = text + len;
	return (unsigned)atoi(text);
}

static const char *after(const char *text, const char *start)
{
	size_t len = strlen(start);

	return strncmp(text, start, len) == 0 ? text + len : NULL;
}

/* "clinician-screen-1.webm" */
static bool lane_name(const char *text)
{
	const char *rest = after(text, "clinician-");
	const char *screen;

	if (!rest)
		rest = after(text, "patient-");
	if (!rest)
		return false;
	screen = after(rest, "screen-");
	if (!number(screen ? screen : rest, &rest))
		return false;
	return strcmp(rest, ".webm") == 0 || strcmp(rest, ".mp4") == 0;
}

static enum rth_recording_kind kind_of(const char *text)
{
	if (strcmp(text, "manifest.json") == 0)
		return RTH_RECORDING_MANIFEST;
	if (strcmp(text, "chat.jsonl") == 0)
		return RTH_RECORDING_CHAT;
	return lane_name(text) ? RTH_RECORDING_LANE : RTH_RECORDING_FOREIGN;
}

bool rth_recording_language(const char *text)
{
	size_t len = strlen(text);

	return len >= 2 && len < RTH_LANGUAGE_SIZE &&
	       strspn(text, LETTERS) >= 2 &&
	       strspn(text, LETTERS DIGITS "-") == len;
}

void rth_recording_captions_language(char language[RTH_LANGUAGE_SIZE],
				     const struct rth_recording_file *file)
{
	const char *start = after(file->name, "captions-");

	snprintf(language, RTH_LANGUAGE_SIZE, "%.*s",
		 start ? (int)strcspn(start, ".") : 0, start ? start : "");
}

/* What was made of a whole recording: "film-ID.mp4", "captions-en.vtt". */
static enum rth_recording_kind made_kind(const char *name)
{
	const char *id = after(name, "film-");
	const char *language = after(name, "captions-");
	const char *dot = strchr(name, '.');
	char word[RTH_RECORDING_NAME_SIZE];

	if (strcmp(name, RTH_RECORDING_STRIP) == 0 ||
	    strcmp(name, RTH_RECORDING_OUTLINE) == 0)
		return RTH_RECORDING_PREVIEW;
	if (!dot || (!id && !language))
		return RTH_RECORDING_FOREIGN;
	snprintf(word, sizeof(word), "%.*s", (int)(dot - (id ? id : language)),
		 id ? id : language);
	if (language)
		return rth_recording_language(word) && strcmp(dot, ".vtt") == 0
			       ? RTH_RECORDING_CAPTIONS
			       : RTH_RECORDING_FOREIGN;
	return rth_id_valid(word) && (strcmp(dot, ".mp4") == 0 ||
				      strcmp(dot, ".webm") == 0)
		       ? RTH_RECORDING_FILM
		       : RTH_RECORDING_FOREIGN;
}

/* The kind of a name that belongs to no part. */
static enum rth_recording_kind whole_kind(char name[RTH_RECORDING_NAME_SIZE])
{
	size_t len = strlen(name), end = strlen(RTH_RECORDING_MAKES);
	bool making =
		len > end && strcmp(name + len - end, RTH_RECORDING_MAKES) == 0;
	enum rth_recording_kind kind;

	if (making)
		name[len - end] = '\0';
	kind = made_kind(name);
	return making && kind != RTH_RECORDING_FOREIGN ? RTH_RECORDING_MAKING
						       : kind;
}

/* Takes a temporary name's end off; false when it has none. */
static bool cut_end(char *text)
{
	static const char *const ends[] = {RTH_RECORDING_NEW, ".new", ".tmp"};
	size_t len = strlen(text), i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strcmp(text + len - end, ends[i]) == 0) {
			text[len - end] = '\0';
			return true;
		}
	}
	return false;
}

/* Somebody else's name is only told: to a terminal, or to the log. */
static void make_printable(char *name)
{
	for (; *name; name++)
		if (*name < ' ' || *name > '~')
			*name = '?';
}

void rth_recording_file_of(struct rth_recording_file *file, const char *name)
{
	char text[RTH_RECORDING_NAME_SIZE];
	const char *rest = "";
	bool whole = strlen(name) < sizeof(text);
	bool temporary;

	snprintf(file->name, sizeof(file->name), "%s", name);
	snprintf(text, sizeof(text), "%s", name);
	file->part = 0;
	file->kind = whole ? whole_kind(text) : RTH_RECORDING_FOREIGN;
	if (file->kind != RTH_RECORDING_FOREIGN)
		return;
	snprintf(text, sizeof(text), "%s", name);
	temporary = cut_end(text);
	file->part = number(text, &rest);
	file->kind = RTH_RECORDING_FOREIGN;
	if (whole && file->part && *rest == '-')
		file->kind = kind_of(rest + 1);
	if (file->kind == RTH_RECORDING_FOREIGN ||
	    file->part > RTH_RECORDING_PARTS_MAX) {
		file->kind = RTH_RECORDING_FOREIGN;
		file->part = 0;
		make_printable(file->name);
	} else if (temporary) {
		file->kind = RTH_RECORDING_LEFTOVER;
	}
}

/* ---- Folders ---- */

/* Names of a folder, sorted; each a copy. */
struct names {
	char **v;
	size_t n, room;
};

static void names_free(struct names *names)
{
	while (names->n)
		rth_free(names->v[--names->n]);
	rth_free(names->v);
	names->v = NULL;
	names->room = 0;
}

static enum rth_err names_add(struct names *names, const char *name)
{
	if (names->n == names->room) {
		size_t room = names->room ? 2 * names->room : 32;
		char **v = rth_alloc(room * sizeof(*v));

		if (!v)
			return RTH_ERR_NOMEM;
		if (names->n)
			memcpy(v, names->v, names->n * sizeof(*v));
		rth_free(names->v);
		names->v = v;
		names->room = room;
	}
	names->v[names->n] = rth_strdup(name);
	if (!names->v[names->n])
		return RTH_ERR_NOMEM;
	names->n++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All but . and .. of a folder. `fd` is borrowed. */
static enum rth_err read_names(struct names *names, int fd, size_t max)
{
	int copy = openat(fd, ".", FOLDER_FLAGS);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	enum rth_err err = 0;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return RTH_ERR_IO;
	}
	errno = 0;
	while (!err && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		err = names->n < max ? names_add(names, entry->d_name)
				     : RTH_ERR_LIMIT;
		if (!err)
			errno = 0;
	}
	if (!err && errno)
		err = RTH_ERR_IO;
	closedir(dir);
	if (!err && names->n)
		qsort(names->v, names->n, sizeof(*names->v), by_name);
	return err;
}

static bool all_digits(const char *name, size_t len)
{
	return strlen(name) == len && strspn(name, DIGITS) == len;
}

static bool is_year(const char *name)
{
	return all_digits(name, 4);
}

static bool is_month(const char *name)
{
	return all_digits(name, 2);
}

/* Calls step(arg) in each folder below fd whose name is good. */
static enum rth_err
each_below(int fd, bool (*good)(const char *name),
	   enum rth_err (*step)(int fd, const char *name, void *arg), void *arg)
{
	struct names names = {NULL, 0, 0};
	enum rth_err err = read_names(&names, fd, ENTRIES_MAX);
	size_t i;

	for (i = 0; i < names.n && !err; i++) {
		int below;

		if (!good(names.v[i]))
			continue;
		below = openat(fd, names.v[i], FOLDER_FLAGS);
		if (below < 0)
			continue; /* no folder, a link, or gone */
		err = step(below, names.v[i], arg);
		close(below);
	}
	names_free(&names);
	return err;
}

struct walk {
	enum rth_err (*each)(const char *id, void *arg);
	void *arg;
};

static enum rth_err walk_recording(int fd, const char *name, void *arg)
{
	const struct walk *walk = arg;

	(void)fd;
	return walk->each(name, walk->arg);
}

static enum rth_err walk_month(int fd, const char *name, void *arg)
{
	(void)name;
	return each_below(fd, rth_id_valid, walk_recording, arg);
}

static enum rth_err walk_year(int fd, const char *name, void *arg)
{
	(void)name;
	return each_below(fd, is_month, walk_month, arg);
}

static int open_root(const char *folder)
{
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

enum rth_err
rth_recordings_each(const char *folder,
		    enum rth_err (*each)(const char *id, void *arg), void *arg)
{
	struct walk walk = {each, arg};
	int root = open_root(folder);
	enum rth_err err;

	if (root < 0)
		return RTH_ERR_IO;
	err = each_below(root, is_year, walk_year, &walk);
	close(root);
	return err;
}

/* ---- One recording ---- */

struct search {
	const char *id;
	int fd;	   /* -1 until it is found */
	int month; /* then the folder that it is in */
};

static enum rth_err search_month(int fd, const char *name, void *arg)
{
	struct search *search = arg;

	(void)name;
	if (search->fd >= 0)
		return 0;
	search->fd = openat(fd, search->id, FOLDER_FLAGS);
	if (search->fd < 0)
		return 0;
	search->month = openat(fd, ".", FOLDER_FLAGS);
	return search->month < 0 ? RTH_ERR_IO : 0;
}

static enum rth_err search_year(int fd, const char *name, void *arg)
{
	(void)name;
	return each_below(fd, is_month, search_month, arg);
}

static int by_place(const void *va, const void *vb)
{
	const struct rth_recording_file *a = va, *b = vb;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	/* Segment 10 behind segment 9. */
	return strverscmp(a->name, b->name);
}

static enum rth_err read_files(struct rth_recording_folder *r)
{
	struct names names = {NULL, 0, 0};
	enum rth_err err = read_names(&names, r->fd, RTH_RECORDING_FILES_MAX);
	size_t i;

	if (!err) {
		r->files = rth_alloc(names.n * sizeof(*r->files));
		err = r->files ? 0 : RTH_ERR_NOMEM;
	}
	for (i = 0; i < names.n && !err; i++) {
		rth_recording_file_of(&r->files[i], names.v[i]);
		if (r->files[i].part > r->parts)
			r->parts = r->files[i].part;
		r->files_n++;
	}
	if (!err && r->files_n)
		qsort(r->files, r->files_n, sizeof(*r->files), by_place);
	names_free(&names);
	return err;
}

static void search_close(const struct search *search)
{
	if (search->fd >= 0)
		close(search->fd);
	if (search->month >= 0)
		close(search->month);
}

/* Two descriptors on success. */
static enum rth_err search_all(struct search *search, const char *folder)
{
	enum rth_err err;
	int root;

	if (!rth_id_valid(search->id))
		return RTH_ERR_NOT_FOUND;
	root = open_root(folder);
	if (root < 0)
		return RTH_ERR_IO;
	err = each_below(root, is_year, search_year, search);
	close(root);
	if (!err && search->fd < 0)
		err = RTH_ERR_NOT_FOUND;
	if (err)
		search_close(search);
	return err;
}

enum rth_err rth_recording_month_open(int *fdp, const char *folder,
				      const char *id)
{
	struct search search = {id, -1, -1};
	enum rth_err err = search_all(&search, folder);

	if (err)
		return err;
	close(search.fd);
	*fdp = search.month;
	return 0;
}

enum rth_err rth_recording_folder_open(struct rth_recording_folder **recordingp,
				       const char *folder, const char *id)
{
	struct search search = {id, -1, -1};
	struct rth_recording_folder *r;
	enum rth_err err = search_all(&search, folder);

	if (err)
		return err;
	close(search.month);
	r = rth_alloc(sizeof(*r));
	if (!r) {
		close(search.fd);
		return RTH_ERR_NOMEM;
	}
	r->fd = search.fd;
	memcpy(r->id, id, sizeof(r->id));
	err = read_files(r);
	if (err)
		rth_recording_folder_close(r);
	else
		*recordingp = r;
	return err;
}

void rth_recording_folder_close(struct rth_recording_folder *recording)
{
	if (!recording)
		return;
	close(recording->fd);
	rth_free(recording->files);
	rth_free(recording);
}

/* The lock belongs to an opening of the folder; this one's own is not kept. */
bool rth_recording_folder_running(const struct rth_recording_folder *recording)
{
	int fd = openat(recording->fd, ".", FOLDER_FLAGS);
	bool running;

	if (fd < 0)
		return true; /* not known: hands off */
	running = flock(fd, LOCK_SH | LOCK_NB) != 0;
	close(fd);
	return running;
}

const struct rth_recording_file *
rth_recording_folder_find(const struct rth_recording_folder *recording,
			  const char *name)
{
	size_t i;

	for (i = 0; i < recording->files_n; i++)
		if (strcmp(recording->files[i].name, name) == 0)
			return &recording->files[i];
	return NULL;
}

enum rth_err
rth_recording_folder_file(int *fdp,
			  const struct rth_recording_folder *recording,
			  const char *name)
{
	int fd = openat(recording->fd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return RTH_ERR_NOT_FOUND;
	if (fd < 0)
		return errno == ELOOP ? RTH_ERR_FORMAT : RTH_ERR_IO;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return RTH_ERR_FORMAT;
	}
	*fdp = fd;
	return 0;
}
