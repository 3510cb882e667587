/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The feed's connections for a host that has sockets: unix, SOCK_SEQPACKET,
 * never waiting. Each function is the member of the same name in host.h.
 */
#ifndef RTH_FEED_SOCKET_H
#define RTH_FEED_SOCKET_H

#include <poll.h>
#include <stddef.h>

int rth_feed_socket_connect(const char *path);
int rth_feed_socket_send(int fd, const void *buf, size_t len);
int rth_feed_socket_receive(int fd, void *buf, size_t size);
void rth_feed_socket_wait(struct pollfd *fds, size_t n, int wait_ms);
void rth_feed_socket_close(int fd);

#endif
