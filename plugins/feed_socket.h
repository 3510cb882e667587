/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The feed's connections for a host that has sockets: unix, SOCK_SEQPACKET,
 * never waiting. Each function is the member of the same name in host.h, and
 * belongs to the control and feed threads.
 */
#ifndef RTH_FEED_SOCKET_H
#define RTH_FEED_SOCKET_H

#include <poll.h>
#include <stddef.h>

/** Connects to a path: a descriptor, or -1 when nobody listens there. */
int rth_feed_socket_connect(const char *path);

/** Sends a record whole: 1, RTH_HOST_NOT_NOW or RTH_HOST_GONE. */
int rth_feed_socket_send(int fd, const void *buf, size_t len);

/**
 * Receives a record: its length, size + 1 if it was longer than size,
 * RTH_HOST_NOT_NOW or RTH_HOST_GONE. What was sent before the other side went
 * is received first.
 */
int rth_feed_socket_receive(int fd, void *buf, size_t size);

/** Waits as poll(2) does; revents is always filled in. Feed thread. */
void rth_feed_socket_wait(struct pollfd *fds, size_t n, int wait_ms);

/** Closes what rth_feed_socket_connect gave. */
void rth_feed_socket_close(int fd);

#endif
