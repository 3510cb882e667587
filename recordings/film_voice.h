/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The voices of a recording on one clock: 48,000 samples a second, one channel,
 * from the origin on, several files mixed.
 */
#ifndef RTH_FILM_VOICE_H
#define RTH_FILM_VOICE_H

#include "film_source.h"

#define RTH_FILM_RATE_HZ 48000

struct rth_film_voice;

/**
 * @param files borrowed, for the voice's life
 * @param wanted bit i: the voices of lane i are mixed
 */
enum rth_err rth_film_voice_open(struct rth_film_voice **voicep,
				 struct rth_film_file *files, size_t n,
				 unsigned wanted) RTH_CHECKED;
void rth_film_voice_close(struct rth_film_voice *voice);

/** Says whether any frame has been heard so far. */
bool rth_film_voice_heard(const struct rth_film_voice *voice);

/**
 * Reads on. There is no end: after the last sound comes silence.
 *
 * @param out receives n samples, from -1 to 1
 * @return 0; what reading the files returned
 */
enum rth_err rth_film_voice_read(struct rth_film_voice *voice, float *out,
				 size_t n) RTH_CHECKED;

#endif
