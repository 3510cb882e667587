/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Short texts that people wrote, and times.
 */
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * Reads one code point of UTF-8 (RFC 3629): shortest form, no surrogates.
 * Returns its length in bytes, 0 when there is none.
 */
static size_t utf8_next(uint32_t *cp, const unsigned char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len, i;

	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	*cp = s[0] & (0xffu >> (len + 1));
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	if (*cp < least[len] || *cp > 0x10ffff ||
	    (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return len;
}

/* What a name must not hold: it could hide or reorder what stands beside it. */
static bool unwanted(uint32_t cp)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c},
		{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (cp >= ranges[i].from && cp <= ranges[i].to)
			return true;
	return false;
}

enum rth_err rth_text_clean(char *out, size_t size, const char *text,
			    size_t max_chars)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0, chars = 0, len;
	uint32_t cp;

	for (; *s; s += len) {
		len = utf8_next(&cp, s);
		if (len == 0)
			return RTH_ERR_FORMAT;
		if (unwanted(cp) || chars == max_chars || (!n && cp == ' '))
			continue;
		if (n + len >= size)
			return RTH_ERR_LIMIT;
		memcpy(out + n, s, len);
		n += len;
		chars++;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return 0;
}

bool rth_text_plain(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t cp;
	size_t len;

	for (; *s; s += len) {
		len = utf8_next(&cp, s);
		if (len == 0 || cp < 0x20 || cp == 0x7f)
			return false;
	}
	return true;
}

size_t rth_text_chars(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

enum rth_err rth_text_time(char out[RTH_TIME_SIZE], int64_t time_s)
{
	time_t t = (time_t)time_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    strftime(out, RTH_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) !=
		    RTH_TIME_SIZE - 1)
		return RTH_ERR_LIMIT;
	return 0;
}

/* "dddd-dd-ddTdd:dd:dd", then a fraction or none, then "Z". */
static bool time_shape(const char *s)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	size_t i;

	for (i = 0; shape[i]; i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9'
				    : s[i] != shape[i])
			return false;
	s += i;
	if (*s == '.') {
		size_t digits = strspn(++s, "0123456789");

		if (digits == 0 || digits > 9)
			return false;
		s += digits;
	}
	return strcmp(s, "Z") == 0;
}

enum rth_err rth_text_read_time(int64_t *time_sp, const char *text)
{
	struct tm tm, back;
	time_t t;

	memset(&tm, 0, sizeof(tm));
	if (!time_shape(text) ||
	    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon,
		   &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return RTH_ERR_FORMAT;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	back = tm;
	t = timegm(&tm);
	/* timegm accepts the 31st of April; what comes back says so. */
	if (t < 0 || tm.tm_mday != back.tm_mday || tm.tm_mon != back.tm_mon ||
	    tm.tm_hour != back.tm_hour || tm.tm_min != back.tm_min ||
	    tm.tm_sec != back.tm_sec)
		return RTH_ERR_FORMAT;
	*time_sp = t;
	return 0;
}
