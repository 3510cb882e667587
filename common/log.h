/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One JSON object a line on stderr, for the programs of RTHealth. Ids and
 * counts only: never a name, an e-mail, an address, a token, SDP or chat.
 */
#ifndef RTH_LOG_H
#define RTH_LOG_H

#include "err.h"

enum rth_log_level {
	RTH_LOG_ERROR,
	RTH_LOG_WARN,
	RTH_LOG_INFO,
	RTH_LOG_DEBUG,
};

/** Sets program name (static string) and the highest level printed. Startup. */
void rth_log_init(const char *program, enum rth_log_level max);

/**
 * Prints {"time":..,"level":..,"program":..,"event":..,KEY:VALUE..}. Any
 * thread; a line is written with one write(). Fields that cannot be printed, or
 * that make the line longer than 4 KiB, become "fields":"unprintable".
 *
 * @param event what happened, a constant ("visit-made")
 * @param fmt   pairs as jansson's json_pack object contents ("s:s, s:i"), or
 *              NULL; the values follow
 */
void rth_log(enum rth_log_level level, const char *event, const char *fmt, ...);

#endif
