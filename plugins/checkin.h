/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a page has found out about its person: in its check-in before the
 * visit, and what goes wrong during it. Words of closed sets and numbers only;
 * docs/protocol.md has them. Any thread.
 */
#ifndef RTH_CHECKIN_H
#define RTH_CHECKIN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "err.h"

#define RTH_CHECKIN_WORDS 4
#define RTH_CHECKIN_NUMBERS 4

/* The `check` of a join. */
struct rth_checkin {
	bool given;
	const char *word[RTH_CHECKIN_WORDS]; /* static, or NULL: not known */
	int number[RTH_CHECKIN_NUMBERS];     /* -1: not known */
};

/* What `state` says besides the devices. */
struct rth_condition {
	unsigned troubles; /* a set: 1 << index in rth_troubles */
	bool paused;	   /* no picture, for the voice's sake */
	const char *line;  /* one of rth_lines, or NULL: not said */
};

/* Closed sets, ending with NULL. */
extern const char *const rth_troubles[];
extern const char *const rth_lines[];

/** The entry of a closed set that is this word, or NULL. */
const char *rth_word_of(const char *const *set, const char *word);

/**
 * Reads the `check` of a join.
 *
 * @param value   an object; NULL or JSON's null: none was given
 * @param problem receives what is wrong, in plain words
 * @return 0 or RTH_ERR_FORMAT
 */
enum rth_err rth_checkin_read(struct rth_checkin *check, const json_t *value,
			      char *problem, size_t problem_size) RTH_CHECKED;

/** As it is told: all members, or JSON's null. NULL without memory. */
json_t *rth_checkin_json(const struct rth_checkin *check);

/**
 * Reads `troubles`: an array of different words.
 *
 * @param troublesp receives the set
 * @return 0 or RTH_ERR_FORMAT
 */
enum rth_err rth_troubles_read(unsigned *troublesp, const json_t *value,
			       char *problem, size_t problem_size) RTH_CHECKED;

/**
 * Adds `troubles`, `paused` and `line` to an event.
 *
 * @param event taken; may be NULL
 * @return the event, or NULL without memory
 */
json_t *rth_condition_add(json_t *event,
			  const struct rth_condition *condition) RTH_CHECKED;

#endif
