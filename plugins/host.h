/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin core needs from its host, as a struct of functions. In
 * production janus_rthealth.c fills it in with Janus; a unit test fills it in
 * with a fake. The core knows nothing else of the world: no file but its
 * configuration and key files, no clock, and no socket (feed_socket.h, which
 * it does not call, is there for hosts).
 *
 * `handle` is the host's name for one browser. The core holds it (hold) from
 * the start of a session until nothing of ours can use it any more (release).
 */
#ifndef RTH_HOST_H
#define RTH_HOST_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "log.h"

/* What feed_send and feed_receive give besides. */
enum {
	RTH_HOST_NOT_NOW = 0, /* would have to wait */
	RTH_HOST_GONE = -1,   /* the other side has gone, for good */
};

struct rth_host {
	/* Monotonic microseconds. Any thread. */
	int64_t (*now_us)(void);
	/* Milliseconds since 1970. Any thread. */
	int64_t (*time_ms)(void);
	/* One line for the log: ids and counts only. Any thread, never on the
	   media path. */
	void (*log)(enum rth_log_level level, const char *line);

	/* Keeps the handle's memory. Any thread. */
	void (*hold)(void *handle);
	void (*release)(void *handle);

	/* Control thread: sends an event to the browser. `event` is borrowed;
	   `transaction` and `answer` (an SDP answer) may be NULL. May block
	   while the host sets up ICE. */
	void (*push)(void *handle, const char *transaction, json_t *event,
		     const char *answer);
	/* Control thread: tells event handlers. `event` is taken. It names no
	   handle: of one that is going the host may tell nothing any more. */
	void (*notify)(json_t *event);
	/* Control thread: closes the PeerConnection and then the handle; the
	   session's end comes back later as rth_control_gone. */
	void (*close)(void *handle);
	/* Control thread: sends a text on the data channel "chat". */
	void (*relay_data)(void *handle, const char *text, size_t len);

	/* Media and control threads; none of these calls back into the core.
	   `packet` is what the host passed to rth_relay_rtp, its buffer
	   rewritten for this receiver; it is copied before the call returns. */
	void (*relay_rtp)(void *handle, void *packet);
	/* The same in a slot of its own, with other bytes than `packet` has.
	 */
	void (*relay_bytes)(void *handle, void *packet, int slot, uint8_t *buf,
			    size_t len);
	void (*send_pli)(void *handle, int slot);
	void (*send_remb)(void *handle, uint32_t bits_per_s);

	/* The way to the recorder, which keeps records whole (docs/feed.md);
	   production has feed_socket.h. Control and feed threads. None waits
	   but feed_wait. */
	/* A connection, or -1: nobody listens. `path` is borrowed. */
	int (*feed_connect)(const char *path);
	/* 1 when it was sent, whole, or one of the above. */
	int (*feed_send)(int fd, const void *buf, size_t len);
	/* The length of a record, or one of the above; size + 1 when it was
	   longer than size. */
	int (*feed_receive)(int fd, void *buf, size_t size);
	/* As poll(2). */
	void (*feed_wait)(struct pollfd *fds, size_t n, int wait_ms);
	void (*feed_close)(int fd);
};

#endif
