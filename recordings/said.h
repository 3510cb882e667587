/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin's control thread says in JSON: BEGIN, NOTE, CHAT and END of
 * docs/feed.md, checked member by member. Nothing else of these bodies
 * reaches the recorder, and nothing that is not in the table is believed.
 */
#ifndef RTH_SAID_H
#define RTH_SAID_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "err.h"
#include "id.h"

#define RTH_SAID_PEOPLE_MAX 16
#define RTH_SAID_REASON_MAX 31
#define RTH_PARTS_MAX 999

struct rth_said_begin {
	char recording[RTH_ID_SIZE];
	char room[RTH_ID_SIZE];
	unsigned part;	   /* from 1 */
	int64_t origin_us; /* relay's clock */
	int64_t begun_ms;  /* since 1970 */
	json_t *people;	   /* array; each agreed, each role is there */
};

struct rth_said_end {
	char reason[RTH_SAID_REASON_MAX + 1];
	unsigned parts;
	json_t *by; /* who has ended it: an object, or NULL: nobody */
};

/**
 * Reads the body of BEGIN. Refused unless clinician and patient are there and
 * each person has agreed: the recorder does not take the plugin's word alone.
 *
 * @param begin filled in on success; give it to rth_said_begin_clear
 * @param text  borrowed
 * @return 0, RTH_ERR_FORMAT or RTH_ERR_NOMEM
 */
enum rth_err rth_said_begin(struct rth_said_begin *begin, const char *text,
			    size_t len) RTH_CHECKED;

void rth_said_begin_clear(struct rth_said_begin *begin);

/**
 * Reads the body of a NOTE.
 *
 * @param notep receives the object, json_decref it
 */
enum rth_err rth_said_note(json_t **notep, const char *text,
			   size_t len) RTH_CHECKED;

/**
 * Reads the body of a CHAT.
 *
 * @param chatp receives the object, json_decref it
 */
enum rth_err rth_said_chat(json_t **chatp, const char *text,
			   size_t len) RTH_CHECKED;

/** Reads the body of an END; give it to rth_said_end_clear. */
enum rth_err rth_said_end(struct rth_said_end *end, const char *text,
			  size_t len) RTH_CHECKED;

void rth_said_end_clear(struct rth_said_end *end);

/** 0 for "clinician", 1 for "patient", -1 for anything else. */
int rth_said_role(const json_t *role);

#endif
