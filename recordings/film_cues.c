/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subtitles. See film_cues.h.
 */
#include "film_cues.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "json_strict.h"
#include "mem.h"

#define CHAT_MS 6000
#define TOGETHER 3 /* so many at once at most */

void rth_film_cues_clear(struct rth_film_cues *cues)
{
	for (size_t i = 0; i < cues->n; i++)
		rth_free(cues->v[i].text);
	rth_free(cues->v);
	*cues = (struct rth_film_cues){0};
}

static enum rth_err grow(struct rth_film_cues *cues)
{
	size_t size = cues->size ? 2 * cues->size : 64;
	struct rth_film_cue *v;

	if (cues->n < cues->size)
		return RTH_OK;
	if (cues->n >= RTH_FILM_CUES_MAX)
		return RTH_ERR_LIMIT;
	v = rth_alloc(size * sizeof(*v));
	if (!v)
		return RTH_ERR_NOMEM;
	if (cues->n)
		memcpy(v, cues->v, cues->n * sizeof(*v));
	rth_free(cues->v);
	cues->v = v;
	cues->size = size;
	return RTH_OK;
}

/* Where to cut a text so that no character is cut in two. */
static size_t whole_characters(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/*
 * Without control characters and empty lines, which would end a cue; a line of
 * the chat without newlines, or somebody could write another one's line.
 */
static void tidy(char *s, char newline)
{
	char *out = s;
	const char *begin = s;

	for (; *s; s++) {
		bool is_newline = *s == '\n' || *s == '\r';
		unsigned char c = (unsigned char)*s;

		if (is_newline && (out == begin || out[-1] == newline))
			continue;
		*out++ = is_newline ? newline : c < ' ' || c == 0x7f ? ' ' : *s;
	}
	while (out > begin && (out[-1] == '\n' || out[-1] == ' '))
		out--;
	*out = '\0';
}

/* Takes the text, which may be NULL: no memory. */
static enum rth_err add(struct rth_film_cues *cues, int64_t start_ms,
			int64_t end_ms, char *text)
{
	enum rth_err err = text ? grow(cues) : RTH_ERR_NOMEM;

	if (err || !*text) {
		rth_free(text);
		return err;
	}
	cues->v[cues->n++] = (struct rth_film_cue){start_ms, end_ms, text};
	return RTH_OK;
}

/* `a`, what is between, `b`. */
static char *join(const char *a, const char *between, const char *b)
{
	size_t na = strlen(a), n = strlen(between), nb = strlen(b);
	char *s = rth_alloc(na + n + nb + 1);

	if (!s)
		return NULL;
	memcpy(s, a, na);
	memcpy(s + na, between, n);
	memcpy(s + na + n, b, nb);
	return s;
}

/* The chat. */

static enum rth_err add_line(struct rth_film_cues *cues, const json_t *line,
			     const struct rth_film_job *job)
{
	const json_t *at = json_object_get(line, "at_ms");
	const char *role = json_string_value(json_object_get(line, "role"));
	const char *text = json_string_value(json_object_get(line, "text"));
	json_int_t at_ms = json_integer_value(at);
	enum rth_err err;
	char *said;
	int person;

	if (!json_is_integer(at) || !role || !text || at_ms < 0 ||
	    at_ms > RTH_FILM_MAX_MS)
		return RTH_OK;
	person = strcmp(role, "clinician") == 0 ? RTH_FILM_CLINICIAN
						: RTH_FILM_PATIENT;
	said = rth_memdup0(text, whole_characters(text, strlen(text),
						  RTH_FILM_CUE_MAX_BYTES / 2));
	if (!said)
		return RTH_ERR_NOMEM;
	tidy(said, ' ');
	err = add(cues, at_ms, at_ms + CHAT_MS,
		  join(rth_film_job_name(job, person), ": ", said));
	rth_free(said);
	return err;
}

/* The next line of a text, without its end. */
static bool next_line(const char **atp, const char *end, const char **linep,
		      size_t *lenp)
{
	const char *at = *atp, *stop;

	if (at >= end)
		return false;
	stop = memchr(at, '\n', (size_t)(end - at));
	if (!stop)
		stop = end;
	*linep = at;
	*lenp = (size_t)(stop - at);
	if (*lenp && at[*lenp - 1] == '\r')
		--*lenp;
	*atp = stop + 1;
	return true;
}

enum rth_err rth_film_cues_chat(struct rth_film_cues *cues, const char *text,
				size_t len, const struct rth_film_job *job)
{
	const char *at = text, *end = text + len, *line;
	enum rth_err err = RTH_OK;
	size_t n;

	while (!err && next_line(&at, end, &line, &n)) {
		json_t *object;

		err = rth_json_object(&object, line, n);
		if (!err) {
			err = add_line(cues, object, job);
			json_decref(object);
		} else if (err == RTH_ERR_FORMAT) {
			err = RTH_OK;
		}
	}
	return err;
}

/* WebVTT. */

static bool digits(const char **atp, const char *end, int least, int most,
		   int64_t *valuep)
{
	int n = 0;

	*valuep = 0;
	while (*atp < end && **atp >= '0' && **atp <= '9' && n < most) {
		*valuep = *valuep * 10 + (**atp - '0');
		++*atp;
		n++;
	}
	return n >= least;
}

static bool skip(const char **atp, const char *end, const char *what)
{
	size_t n = strlen(what);

	if ((size_t)(end - *atp) < n || memcmp(*atp, what, n) != 0)
		return false;
	*atp += n;
	return true;
}

/* [hours:]minutes:seconds.milliseconds */
static bool vtt_time(const char **atp, const char *end, int64_t *msp)
{
	int64_t part[3], ms;
	int n = 0;

	do {
		if (!digits(atp, end, 2, n ? 2 : 4, &part[n]))
			return false;
		n++;
	} while (n < 3 && skip(atp, end, ":"));
	if (n < 2 || !skip(atp, end, ".") || !digits(atp, end, 3, 3, &ms))
		return false;
	*msp = ms;
	for (int64_t unit = 1000; n > 0; unit *= 60)
		*msp += part[--n] * unit;
	return true;
}

static bool vtt_times(const char *line, size_t len, int64_t *startp,
		      int64_t *endp)
{
	const char *end = line + len;

	if (!vtt_time(&line, end, startp))
		return false;
	while (skip(&line, end, " ") || skip(&line, end, "\t"))
		;
	if (!skip(&line, end, "-->"))
		return false;
	while (skip(&line, end, " ") || skip(&line, end, "\t"))
		;
	return vtt_time(&line, end, endp) && *endp > *startp;
}

/* Takes markup away and puts characters in the place of their names. */
static void vtt_plain(char *s)
{
	static const struct {
		const char *name, *is;
	} names[] = {{"&amp;", "&"},  {"&lt;", "<"}, {"&gt;", ">"},
		     {"&nbsp;", " "}, {"&lrm;", ""}, {"&rlm;", ""}};
	const char *end = s + strlen(s), *at = s;
	char *out = s;

	while (at < end) {
		const char *close =
			*at == '<' ? memchr(at, '>', (size_t)(end - at)) : NULL;
		size_t i = 0;

		if (close) {
			at = close + 1;
			continue;
		}
		while (i < sizeof(names) / sizeof(names[0]) &&
		       !skip(&at, end, names[i].name))
			i++;
		if (i == sizeof(names) / sizeof(names[0]))
			*out++ = *at++;
		else if (*names[i].is)
			*out++ = *names[i].is;
	}
	*out = '\0';
}

static enum rth_err add_vtt(struct rth_film_cues *cues, int64_t start_ms,
			    int64_t end_ms, const char *text, size_t len)
{
	char *plain = rth_memdup0(
		text, whole_characters(text, len, RTH_FILM_CUE_MAX_BYTES));

	if (plain) {
		vtt_plain(plain);
		tidy(plain, '\n');
	}
	return add(cues, start_ms, end_ms, plain);
}

enum rth_err rth_film_cues_vtt(struct rth_film_cues *cues, const char *text,
			       size_t len, int64_t start_ms)
{
	const char *at = text, *end = text + len, *line;
	enum rth_err err = RTH_OK;
	size_t n;

	while (!err && next_line(&at, end, &line, &n)) {
		const char *begin = at, *stop = at;
		int64_t from, to;

		if (!vtt_times(line, n, &from, &to) || to > RTH_FILM_MAX_MS)
			continue;
		while (next_line(&at, end, &line, &n) && n)
			stop = line + n;
		err = add_vtt(cues, start_ms + from, start_ms + to, begin,
			      stop > begin ? (size_t)(stop - begin) : 0);
	}
	return err;
}

/* One at a time. */

static int by_start(const void *a, const void *b)
{
	const struct rth_film_cue *x = a, *y = b;

	return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

/* What is there when cue i begins: its own text, behind those that last. */
static char *together(const struct rth_film_cues *cues, size_t i)
{
	size_t first = i >= TOGETHER - 1 ? i - (TOGETHER - 1) : 0;
	char *text = rth_strdup(cues->v[i].text);

	for (size_t k = i; k-- > first && text;) {
		const struct rth_film_cue *before = &cues->v[k];
		char *longer;

		if (before->end_ms <= cues->v[i].start_ms)
			continue;
		longer = join(before->text, "\n", text);
		rth_free(text);
		text = longer;
	}
	return text;
}

/* Backwards, so that the texts before are still their own. */
static enum rth_err put_together(struct rth_film_cues *cues)
{
	for (size_t i = cues->n; i-- > 0;) {
		char *text = together(cues, i);

		if (!text)
			return RTH_ERR_NOMEM;
		rth_free(cues->v[i].text);
		cues->v[i].text = text;
	}
	return RTH_OK;
}

enum rth_err rth_film_cues_settle(struct rth_film_cues *cues, int64_t until_ms)
{
	size_t kept = 0;
	enum rth_err err;

	if (!cues->n)
		return RTH_OK;
	qsort(cues->v, cues->n, sizeof(cues->v[0]), by_start);
	err = put_together(cues);
	if (err)
		return err;
	for (size_t i = 0; i < cues->n; i++) {
		struct rth_film_cue cue = cues->v[i];

		if (i + 1 < cues->n && cue.end_ms > cue.start_ms &&
		    cues->v[i + 1].start_ms < cue.end_ms)
			cue.end_ms = cues->v[i + 1].start_ms;
		if (cue.end_ms > until_ms)
			cue.end_ms = until_ms;
		if (cue.end_ms > cue.start_ms)
			cues->v[kept++] = cue;
		else
			rth_free(cue.text);
	}
	cues->n = kept;
	return RTH_OK;
}
