/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log lines. jansson escapes every control character, so that no value can
 * begin a line of its own.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#define LINE_MAX_BYTES 4096
#define FORMAT_MAX_BYTES 512

static const char *const level_names[] = {
	[RTH_LOG_ERROR] = "error",
	[RTH_LOG_WARN] = "warn",
	[RTH_LOG_INFO] = "info",
	[RTH_LOG_DEBUG] = "debug",
};

static const char *program_name = "rthealth";
static atomic_int max_level = RTH_LOG_INFO;

void rth_log_init(const char *program, enum rth_log_level max)
{
	program_name = program;
	atomic_store(&max_level, (int)max);
}

static void format_time(char *out, size_t size)
{
	struct timespec now;
	struct tm utc;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out + n, size - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

static json_t *pack_head(enum rth_log_level level, const char *event)
{
	char time_text[40];

	format_time(time_text, sizeof(time_text));
	return json_pack("{s:s, s:s, s:s, s:s}", "time", time_text, "level",
			 level_names[level], "program", program_name, "event",
			 event);
}

static json_t *pack_fields(const char *fmt, va_list args)
{
	char format[FORMAT_MAX_BYTES];
	int n = snprintf(format, sizeof(format), "{%s}", fmt);

	if (n < 0 || (size_t)n >= sizeof(format))
		return NULL;
	return json_vpack_ex(NULL, 0, format, args);
}

/* The head comes first and wins: a field cannot replace one of its members. */
static void add_fields(json_t *line, json_t *fields)
{
	if (!fields || json_object_update_missing(line, fields))
		json_object_set_new(line, "fields", json_string("unprintable"));
	json_decref(fields);
}

/* Says false when the line is too long or memory is out; writes nothing then.
 */
static bool write_line(const json_t *line)
{
	char text[LINE_MAX_BYTES];
	size_t n = json_dumpb(line, text, sizeof(text) - 1, JSON_COMPACT);
	ssize_t written;

	if (!n || n > sizeof(text) - 1)
		return false;
	text[n++] = '\n';
	do
		written = write(STDERR_FILENO, text, n);
	while (written < 0 && errno == EINTR);
	return true;
}

void rth_log(enum rth_log_level level, const char *event, const char *fmt, ...)
{
	json_t *head, *line;
	va_list args;

	if ((int)level > atomic_load(&max_level))
		return;
	head = pack_head(level, event);
	line = json_copy(head);
	if (line && fmt) {
		va_start(args, fmt);
		add_fields(line, pack_fields(fmt, args));
		va_end(args);
	}
	if (line && !write_line(line)) {
		add_fields(head, NULL);
		write_line(head);
	}
	json_decref(line);
	json_decref(head);
}
