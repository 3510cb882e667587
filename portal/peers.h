/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The portals that share a database. Each signs with keys of its own, and says
 * in the database that it serves and which keys these are, so that each can
 * publish the keys of all.
 */
#ifndef RTH_PEERS_H
#define RTH_PEERS_H

#include "err.h"
#include "portal.h"

struct rth_exchange;
struct rth_peers;

/** Says that we serve, with our keys. Startup, after signing.h's. */
enum rth_err rth_peers_create(struct rth_peers **peersp,
			      struct rth_portal *portal) RTH_CHECKED;

/** Says that we do not, and frees; NULL is allowed. */
void rth_peers_free(struct rth_peers *peers);

/**
 * Says it again, with the keys that there are by now. Call it about once a
 * minute, and when a key was made. Main's thread.
 */
void rth_peers_tick(struct rth_peers *peers);

/** GET /.well-known/jwks.json: the keys of all, ours first; those of others as
    they were last known while the database does not answer. */
void rth_peers_handle_keys(struct rth_exchange *x);

#endif
