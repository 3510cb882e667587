/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a recording as they are, to be kept: lanes, chat, captions.
 */
#ifndef RTH_FILES_H
#define RTH_FILES_H

#include "exchange.h"
#include "range.h"

/**
 * The row of a download, for struct rth_serve (media.h): which file, how long
 * it is, which bytes of it. Worker threads only.
 *
 * @param arg the struct rth_serve
 */
enum rth_err rth_files_audit(struct rth_exchange *x, void *arg,
			     const struct rth_ranges *ranges,
			     uint64_t bytes) RTH_CHECKED;

/* Handlers. */
void rth_files_handle_list(struct rth_exchange *x);
void rth_files_handle_get(struct rth_exchange *x);

#endif
