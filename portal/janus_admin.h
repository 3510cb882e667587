/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the portal asks of the plugin, through Janus's admin API.
 */
#ifndef RTH_JANUS_ADMIN_H
#define RTH_JANUS_ADMIN_H

#include <jansson.h>

#include "portal.h"

/**
 * Ends a room, if there is one, in the background; a failure is logged. Any
 * thread; does not wait.
 *
 * @param room copied
 */
void rth_janus_admin_end_room(struct rth_portal *portal, const char *room);

/**
 * Asks the plugin for something and waits for its answer. On a worker that may
 * wait for a network; the configuration has an admin_url.
 *
 * @param request taken; NULL: RTH_ERR_NOMEM
 * @return 0; RTH_ERR_NOT_FOUND: there is no such room or person;
 *         RTH_ERR_DENIED: it refused; RTH_ERR_UNAVAILABLE
 */
enum rth_err rth_janus_admin_ask(struct rth_portal *portal,
				 json_t *request) RTH_CHECKED;

#endif
