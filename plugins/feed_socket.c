/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unix sockets for the feed. See feed_socket.h.
 */
#include "feed_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host.h"

int rth_feed_socket_connect(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd;

	if (len == 0 || len >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Says whether the system asks to come again; all else is the end. */
static bool is_not_now(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR ||
	       error == ENOBUFS || error == ENOMEM;
}

int rth_feed_socket_send(int fd, const void *buf, size_t len)
{
	if (send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len)
		return 1;
	return is_not_now(errno) ? RTH_HOST_NOT_NOW : RTH_HOST_GONE;
}

int rth_feed_socket_receive(int fd, void *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, MSG_DONTWAIT | MSG_TRUNC);

	/* A peer that closes with records unread is told first, and once; what
	   it sent before is still to be read. */
	if (n < 0 && errno == ECONNRESET)
		n = recv(fd, buf, size, MSG_DONTWAIT | MSG_TRUNC);
	if (n > 0)
		return (size_t)n > size ? (int)size + 1 : (int)n;
	if (n == 0)
		return RTH_HOST_GONE;
	return is_not_now(errno) ? RTH_HOST_NOT_NOW : RTH_HOST_GONE;
}

void rth_feed_socket_wait(struct pollfd *fds, size_t n, int wait_ms)
{
	if (poll(fds, (nfds_t)n, wait_ms) > 0)
		return;
	for (size_t i = 0; i < n; i++)
		fds[i].revents = 0;
}

void rth_feed_socket_close(int fd)
{
	close(fd);
}
