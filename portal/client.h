/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose request this is: the address of the connection, or what a trusted
 * proxy says.
 */
#ifndef RTH_CLIENT_H
#define RTH_CLIENT_H

#include <sys/socket.h>

#include "exchange.h"

/**
 * Gives the exchange its client's address, of IPv6 the /64. Any thread.
 *
 * @param x  with its header lines
 * @param sa of the connection; NULL or another family leaves it empty
 */
void rth_client_set_address(struct rth_exchange *x, const struct sockaddr *sa);

#endif
