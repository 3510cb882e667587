/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a film's maker reads as text. The first byte says what the rest is: a
 * job, a chat, a WebVTT file. Subtitles that come out must be ones that a
 * container takes: in order, one at a time, without empty lines.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "film_cues.h"

#define UNTIL_MS 3600000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check(const struct rth_film_cues *cues)
{
	for (size_t i = 0; i < cues->n; i++) {
		const struct rth_film_cue *cue = &cues->v[i];

		must(cue->start_ms >= 0 && cue->end_ms > cue->start_ms &&
		     cue->end_ms <= UNTIL_MS);
		must(i == 0 || cue->start_ms >= cues->v[i - 1].end_ms);
		must(cue->text[0] && cue->text[0] != '\n' &&
		     !strstr(cue->text, "\n\n") && !strchr(cue->text, '\r'));
		must(strlen(cue->text) < UINT16_MAX);
	}
}

static void read_job(const char *text, size_t len)
{
	struct rth_film_job job;

	if (rth_film_job_read(&job, text, len))
		return;
	must(job.duration_ms >= 0 && job.duration_ms <= RTH_FILM_MAX_MS);
	must(job.n > 0 && job.n <= RTH_FILM_FILES_MAX);
	for (size_t i = 0; i < job.n; i++)
		must(job.files[i].key < job.keys &&
		     job.files[i].fd >= RTH_FILM_FIRST_FD);
	rth_film_job_clear(&job);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rth_film_job job = {.names = {"A", "B"}};
	struct rth_film_cues cues = {0};
	enum rth_err err;
	char *text;

	if (size < 1)
		return 0;
	/* Of exactly its size, so that a sanitizer sees an overrun. */
	text = malloc(size - 1 ? size - 1 : 1);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	if (data[0] % 3 == 0) {
		read_job(text, size - 1);
	} else {
		err = data[0] % 3 == 1
			      ? rth_film_cues_chat(&cues, text, size - 1, &job)
			      : rth_film_cues_vtt(&cues, text, size - 1, 0);
		if (!err && !rth_film_cues_settle(&cues, UNTIL_MS))
			check(&cues);
		rth_film_cues_clear(&cues);
	}
	free(text);
	return 0;
}
