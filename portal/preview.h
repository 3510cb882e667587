/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The preview of one recording: a strip of small pictures and the outline of
 * the sound, made by rthealth-film and sealed into the recording's folder.
 */
#ifndef RTH_PREVIEW_H
#define RTH_PREVIEW_H

#include "exchange.h"
#include "recording_load.h"
#include "settings.h"

struct rth_preview {
	const struct rth_settings *settings;
	struct rth_pairs pairs;
	bool (*stopping)(void *arg); /* asked often */
	void *arg;
};

/**
 * Makes both. The thread lasts as long as the program.
 *
 * @return 0; RTH_ERR_STATE: not now: stopping, or somebody else is at work in
 *         its month; RTH_ERR_LIMIT: the disk is full; RTH_ERR_IO,
 * RTH_ERR_NOMEM: try again later; else it cannot be made
 */
enum rth_err rth_preview_make(const struct rth_preview *preview,
			      const char *id) RTH_CHECKED;

/* Handlers. */
void rth_preview_handle_strip(struct rth_exchange *x);
void rth_preview_handle_outline(struct rth_exchange *x);

#endif
