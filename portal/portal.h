/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program's context: what main.c made, borrowed by every handler.
 *
 * main.c makes the members in this order and frees them in the reverse one.
 * They do not change while requests run, so any thread may read them.
 */
#ifndef RTH_PORTAL_H
#define RTH_PORTAL_H

#include <stdint.h>

#include "settings.h"

struct rth_store;
struct rth_signing;
struct rth_work;
struct rth_oidc;
struct rth_mailcode;
struct rth_audit_key;
struct rth_keys;
struct rth_media;
struct rth_films;
struct rth_peers;
struct rth_brand;
struct rth_live;

struct rth_portal {
	struct rth_settings settings;
	struct rth_store *store;	 /* store.h */
	struct rth_audit_key *audit_key; /* audit_head.h; NULL in a unit test */
	struct rth_signing *signing;	 /* signing.h */
	struct rth_brand *brand;	 /* brand.h */
	struct rth_peers *peers;	 /* peers.h; NULL in a unit test */
	struct rth_live *live;		 /* live.h; NULL in a unit test */
	struct rth_work *work;		 /* work.h: database jobs */
	struct rth_work *work_net;  /* work.h: jobs that wait for a network */
	struct rth_work *work_mail; /* work.h: mails on their way */
	struct rth_work *work_recovery; /* recovery.h; NULL: no recordings */
	struct rth_oidc *oidc;		/* oidc.h */
	struct rth_mailcode *mailcode;	/* mailcode.h */
	struct rth_keys *keys;		/* keys.h; NULL: no recordings, or
					   none of their keys is open */
	struct rth_media *media;	/* media.h; NULL: no recordings */
	int64_t takes_s;	 /* events, since when: since it listens, or its
				    database was away last (told.h) */
	struct rth_films *films; /* films.h; NULL: no recordings */
	int64_t (*now_s)(void);	 /* seconds since 1970; a test replaces it */
};

#endif
