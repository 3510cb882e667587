/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the portal asks of the plugin, through Janus's admin API.
 */
#ifndef RTH_JANUS_ADMIN_H
#define RTH_JANUS_ADMIN_H

#include "portal.h"

/**
 * Ends a room, if there is one, in the background; a failure is logged. Any
 * thread; does not wait.
 *
 * @param room copied
 */
void rth_janus_admin_end_room(struct rth_portal *portal, const char *room);

#endif
