/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests of films: lanes of which it is known what they show and say when,
 * and what a film shows and says.
 */
#ifndef RTH_TEST_FILM_MEDIA_H
#define RTH_TEST_FILM_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lane_file.h"

/* A lane: dark, silent; from flash_ms on, for 400 ms, white and a tone. */
struct film_lane {
	const char *name; /* of the file */
	bool mp4, no_picture, no_voice;
	int width, height;
	int64_t duration_ms, flash_ms;
	int tone_hz;
	int64_t hole_ms, hole_end_ms; /* without pictures; 0: none */
};

void film_lane_write(const struct lane_folder *folder,
		     const struct film_lane *lane);

/* Seals a text. */
void film_text_write(const struct lane_folder *folder, const char *name,
		     const char *text);

#define FILM_STEP_MS 10 /* of loudness */

/* What is in a film. */
struct film_content {
	int streams, width, height;
	size_t pictures;
	uint8_t (*levels)[2]; /* of each picture: mean of two places */
	int64_t *picture_ms;
	size_t steps;	   /* of the voice */
	double (*loud)[2]; /* of each step: of two tones */
	double duration_s;
	char titles[4096]; /* "START TEXT\n" of each subtitle of the first track
			    */
	size_t n_titles;
};

/* A place in the picture. */
struct film_place {
	int x, y, w, h;
};

void film_content_read(struct film_content *content,
		       const struct lane_folder *folder, const char *name,
		       const struct film_place places[2],
		       const int tones_hz[2]);
void film_content_free(struct film_content *content);

/* When a place becomes white, a tone begins; -1: never. */
int64_t film_white_ms(const struct film_content *content, int place);
int64_t film_tone_ms(const struct film_content *content, int tone);

#endif
