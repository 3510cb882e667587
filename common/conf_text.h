/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a configuration file, before libconfig sees it. Private to conf.
 */
#ifndef RTH_CONF_TEXT_H
#define RTH_CONF_TEXT_H

#include "conf.h"

#define RTH_CONF_TEXT_MAX_BYTES 262144

/**
 * Reads a file and refuses what libconfig would silently misread: libconfig
 * 1.5 cuts whole numbers without an L to 32 bits, and ends the text at a NUL.
 * @include is refused too: what counts is in one file. Startup only.
 *
 * @param textp   receives the text with a NUL behind it, for rth_free
 * @param problem receives one line on RTH_ERR_CONFIG
 * @return 0, RTH_ERR_CONFIG or RTH_ERR_NOMEM
 */
enum rth_err rth_conf_text_read(char **textp, const char *path,
				struct rth_conf_problem *problem) RTH_CHECKED;

#endif
