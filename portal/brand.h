/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the clinic looks: its accent as a style sheet, and its logo. Both are
 * read once, at the start.
 */
#ifndef RTH_BRAND_H
#define RTH_BRAND_H

#include "exchange.h"

struct rth_brand;
struct rth_settings;

#define RTH_BRAND_COLOUR_SIZE 8 /* "#rrggbb" and NUL */

/* An accent that can be read, as WCAG 2.2 has it (1.4.3, AA). */
struct rth_brand_colours {
	char light[RTH_BRAND_COLOUR_SIZE];    /* on what is light */
	char on_light[RTH_BRAND_COLOUR_SIZE]; /* words on it */
	char dark[RTH_BRAND_COLOUR_SIZE];     /* on what is dark */
	char on_dark[RTH_BRAND_COLOUR_SIZE];
};

/**
 * Makes a colour darker and lighter until it can be read in both schemes. Any
 * thread.
 *
 * @param accent "#rrggbb"; else RTH_ERR_FORMAT
 */
enum rth_err rth_brand_colours(struct rth_brand_colours *colours,
			       const char *accent) RTH_CHECKED;

/** How well two colours can be told apart, 1 to 21 (WCAG 2.2). Both are
    "#rrggbb". Any thread. */
double rth_brand_contrast(const char *one, const char *other);

struct rth_brand_logo {
	char *data;
	size_t bytes;
	const char *type; /* static */
};

/**
 * Reads a logo. Startup.
 *
 * @return 0; RTH_ERR_IO; RTH_ERR_LIMIT: it is too large; RTH_ERR_FORMAT: it is
 *         neither SVG nor PNG; RTH_ERR_NOMEM
 */
enum rth_err rth_brand_read_logo(struct rth_brand_logo *logo,
				 const char *path) RTH_CHECKED;
void rth_brand_free_logo(struct rth_brand_logo *logo);

/** Reads what the configuration names. Startup. As rth_brand_read_logo. */
enum rth_err rth_brand_create(struct rth_brand **brandp,
			      const struct rth_settings *settings) RTH_CHECKED;
void rth_brand_free(struct rth_brand *brand); /* NULL is allowed */

/* Handlers, RTH_ON_POOL: GET /brand.css, GET /brand/logo. */
void rth_brand_handle_css(struct rth_exchange *x);
void rth_brand_handle_logo(struct rth_exchange *x);

#endif
