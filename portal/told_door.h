/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an event of the plugin changes at a door: who waits, who was let in or
 * sent away, which visit has ended for good.
 */
#ifndef RTH_TOLD_DOOR_H
#define RTH_TOLD_DOOR_H

#include <jansson.h>

#include "store.h"

/* An event; everything is borrowed. */
struct rth_told_door {
	const json_t *data;
	const char *event;
	const char *visit; /* or the call, whose room it is */
	const char *boot;
	const char *participant; /* or NULL, as the others */
	const char *sub;
	const char *role;
	const char *reason;
	int64_t time_ms;
};

/** Notes it; nothing for most events. In a transaction; worker threads. */
enum rth_err rth_told_door(struct rth_store *store,
			   const struct rth_told_door *told) RTH_CHECKED;

/**
 * What a check-in found, as JSON of known members and values alone.
 *
 * @param textp receives a text for rth_free, or NULL when there is none
 */
enum rth_err rth_told_found(char **textp, const json_t *check) RTH_CHECKED;

#endif
