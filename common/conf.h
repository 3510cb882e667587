/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration files, read by a table with libconfig (whose syntax Janus's
 * .jcfg files share).
 *
 * A program describes its file as a table of keys. Everything in the file must
 * be in the table and everything must have the right type and range; the first
 * thing wrong is told in one line "FILE:LINE: KEY: reason" ("FILE:LINE: reason"
 * where libconfig cannot read it, "FILE: reason" when it cannot be opened).
 * Nothing is guessed: a whole number over 32 bits must end in L, as libconfig
 * would cut it, and @include is refused. Files are at most 256 KiB.
 */
#ifndef RTH_CONF_H
#define RTH_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum rth_conf_type {
	RTH_CONF_STRING,  /* char *, from rth_strdup */
	RTH_CONF_INT,	  /* int64_t, within min..max */
	RTH_CONF_BOOL,	  /* bool */
	RTH_CONF_STRINGS, /* struct rth_conf_strings */
	RTH_CONF_LIST,	  /* struct rth_conf_list: a list of groups */
};

struct rth_conf_strings {
	char **v;
	size_t n;
};

/* `v` is n elements of the row's item_size, each described by its `items`. */
struct rth_conf_list {
	void *v;
	size_t n;
};

/*
 * One key. `key` is a path ("rooms.linger_s"). A string key whose value is
 * missing stays NULL unless `text` gives a default; `required` keys must be
 * there. Strings are not empty and at most `max` bytes (1024 when 0). An int
 * whose min and max are both 0 may be anything.
 */
struct rth_conf_key {
	const char *key;
	enum rth_conf_type type;
	size_t offset; /* of the member in the program's struct */
	bool required;
	const char *text; /* default of a string */
	int64_t number;	  /* default of an int or bool */
	int64_t min, max; /* of an int; entries of strings and lists (max 256
			     when 0) */
	const struct rth_conf_key *items; /* of a list; ends with key NULL */
	size_t item_size;
	/* What is wrong with a string, or with each of several: static words
	   ("must be a or b") or NULL. */
	const char *(*wrong)(const char *text);
};

/* One line, ready to be printed. */
struct rth_conf_problem {
	char text[512];
};

/**
 * Reads a file into a program's struct. Startup only.
 *
 * @param conf    zeroed struct, filled in; give it to rth_conf_clear also
 *                after an error
 * @param keys    the table, ending with a key of NULL
 * @param path    the file
 * @param problem receives one line when something is wrong
 * @return 0, RTH_ERR_CONFIG or RTH_ERR_NOMEM
 */
enum rth_err rth_conf_read(void *conf, const struct rth_conf_key *keys,
			   const char *path,
			   struct rth_conf_problem *problem) RTH_CHECKED;

/** Frees every member that rth_conf_read filled, and zeroes them. */
void rth_conf_clear(void *conf, const struct rth_conf_key *keys);

#endif
