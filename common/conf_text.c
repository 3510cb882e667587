/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a configuration file, and finding its numbers. Only as much of
 * libconfig's grammar is known here as it takes to tell a number from a name,
 * a string and a comment; the rest is left to libconfig.
 */
#include "conf_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"

#define NUMBER_CHARACTERS "0123456789abcdefABCDEFxX.+-L"
#define NAME_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-*"

struct reader {
	const char *at;
	unsigned line;
	const char *path;
	struct rth_conf_problem *problem;
};

static enum rth_err fail_at(const struct reader *r, const char *what,
			    size_t len, const char *reason)
{
	snprintf(r->problem->text, sizeof(r->problem->text), "%s:%u: %.*s: %s",
		 r->path, r->line, (int)len, what, reason);
	return RTH_ERR_CONFIG;
}

/* A fraction is libconfig's to read; a whole number must fit. */
static enum rth_err read_number(struct reader *r)
{
	const char *text = r->at;
	size_t len = strspn(text, NUMBER_CHARACTERS);
	const char *digits = text + strspn(text, "+-");
	bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	char *end;
	long long value;

	r->at += len;
	errno = 0;
	value = strtoll(text, &end, hex ? 16 : 10);
	if (errno == ERANGE)
		return fail_at(r, text, len, "is too large");
	if (*end == 'L' || (end < r->at && strchr(".eE", *end)))
		return RTH_OK;
	if (value < INT32_MIN || value > INT32_MAX)
		return fail_at(r, text, len,
			       "a number this large must end in L");
	return RTH_OK;
}

static void skip_lines(struct reader *r, const char *end)
{
	for (; r->at < end; r->at++)
		if (*r->at == '\n')
			r->line++;
}

static void skip_string(struct reader *r)
{
	const char *end = r->at + 1;

	while (*end && *end != '"')
		end += end[0] == '\\' && end[1] ? 2 : 1;
	skip_lines(r, *end ? end + 1 : end);
}

/* Says whether a comment began here. */
static bool skip_comment(struct reader *r)
{
	const char *end;

	if (strncmp(r->at, "/*", 2) == 0) {
		end = strstr(r->at + 2, "*/");
		skip_lines(r, end ? end + 2 : r->at + strlen(r->at));
		return true;
	}
	if (*r->at != '#' && strncmp(r->at, "//", 2) != 0)
		return false;
	r->at += strcspn(r->at, "\n");
	return true;
}

static enum rth_err read_token(struct reader *r)
{
	if (skip_comment(r))
		return RTH_OK;
	if (*r->at == '@')
		return fail_at(r, r->at, strcspn(r->at, " \t\r\n"),
			       "is not allowed");
	if (*r->at == '"')
		skip_string(r);
	else if (isalpha((unsigned char)*r->at) || *r->at == '*')
		r->at += strspn(r->at, NAME_CHARACTERS);
	else if (isdigit((unsigned char)*r->at) || strchr("+-", *r->at))
		return read_number(r);
	else
		skip_lines(r, r->at + 1);
	return RTH_OK;
}

static enum rth_err check_text(const char *text, const char *path,
			       struct rth_conf_problem *problem)
{
	struct reader reader = {
		.at = text,
		.line = 1,
		.path = path,
		.problem = problem,
	};
	enum rth_err err = RTH_OK;

	while (!err && *reader.at)
		err = read_token(&reader);
	return err;
}

static enum rth_err fail_file(struct rth_conf_problem *problem,
			      const char *path, const char *reason,
			      const char *more)
{
	snprintf(problem->text, sizeof(problem->text), "%s: %s%s", path, reason,
		 more);
	return RTH_ERR_CONFIG;
}

static enum rth_err read_open_file(FILE *file, char **textp, const char *path,
				   struct rth_conf_problem *problem)
{
	struct stat st;
	char *text;
	size_t len;

	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode))
		return fail_file(problem, path, "is not a regular file", "");
	text = rth_alloc(RTH_CONF_TEXT_MAX_BYTES + 2);
	if (!text)
		return RTH_ERR_NOMEM;
	*textp = text;
	len = fread(text, 1, RTH_CONF_TEXT_MAX_BYTES + 1, file);
	if (ferror(file))
		return fail_file(problem, path, "cannot be read", "");
	if (len > RTH_CONF_TEXT_MAX_BYTES)
		return fail_file(problem, path, "is too long", "");
	if (memchr(text, '\0', len))
		return fail_file(problem, path, "is not text", "");
	return check_text(text, path, problem);
}

enum rth_err rth_conf_text_read(char **textp, const char *path,
				struct rth_conf_problem *problem)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	enum rth_err err;

	if (!file)
		return fail_file(problem, path,
				 "cannot be read: ", strerror(errno));
	err = read_open_file(file, &text, path, problem);
	fclose(file);
	if (err)
		rth_free(text);
	else
		*textp = text;
	return err;
}
