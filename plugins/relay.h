/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The packet path: RTP and RTCP from one seat to the other.
 *
 *      sender's port ──route──▶ receiver's port
 *
 * A port is the media end of one session. A route is made by the control
 * thread, never changes once published, and says where a port's packets go and
 * how they are rewritten. Without a route nothing can flow.
 *
 * Threads: a port's media thread (the host's, one per handle: Janus's event
 * loop of it) calls rth_relay_rtp and rth_relay_rtcp. It finds the route by two
 * atomic operations and takes no lock. rth_route_publish and rth_route_clear,
 * on the control thread, return only when no media thread can still see the old
 * route; so a route borrows its peer, and whoever made the route gives up the
 * peer only after clearing it.
 *
 * Forbidden in here: allocation, JSON, logging, files, locks.
 */
#ifndef RTH_RELAY_H
#define RTH_RELAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"
#include "keyframe.h"
#include "limit.h"
#include "reports.h"
#include "slot.h"
#include "voice.h"

/* At most one request in this time and the receiver's round trip: until then
   the picture that was asked for may still be on its way. Chromium ignores what
   comes within 300 ms of a request. */
#define RTH_KEY_FRAME_EVERY_US 350000
#define RTH_ROUND_TRIP_MAX_US 1000000
#define RTH_KEY_FRAME_AGAIN_US 1000000 /* when none has come, ask again */

/* A packet of a picture that has not come by then will not: the host asks for
   it twice, and the second answer has had the time of a full queue. */
#define RTH_LOST_AFTER_US 500000

#define RTH_PT_OFF 0xff /* no packet has this payload type */

struct rth_port;
struct rth_stream;
struct rth_tap;

struct rth_route_slot {
	uint8_t pt_in;	/* what the sender uses, or RTH_PT_OFF */
	uint8_t pt_out; /* what the receiver expects */
	uint32_t clock_hz;
	rth_keyframe_fn *is_key; /* NULL for audio */
	struct rth_stream *out;	 /* the peer's; rth_route_publish fills it in */
	/* The voice as RED; 0: not agreed on. */
	uint8_t red_in, red_out;
};

struct rth_route {
	struct rth_port *peer; /* borrowed, see above */
	struct rth_route_slot slot[RTH_RTP_SLOTS];
	/* Where what this port sends is recorded: borrowed like the peer, NULL
	   when it is not. A slot of codec 0 (RTH_FEED_NO_CODEC) is not. */
	struct rth_tap *tap;
	uint8_t tap_codec[RTH_RTP_SLOTS];
	unsigned number; /* of this port; rth_route_publish fills it in */
};

/*
 * What a receiver has been sent in one slot. The core of the host gives it one
 * SSRC for ever, so when the sender behind it changes (a reload) or packets
 * were held back, sequence numbers and timestamps must go on from here. Only
 * the media thread of the one sender routed here touches it. A voice's packets
 * are numbered one after the other, whatever they are.
 */
struct rth_stream {
	uint32_t ssrc_in;   /* 0: nothing came yet */
	uint32_t ts_offset; /* out = in + offset */
	uint32_t last_ts;
	uint16_t seq_offset;
	uint16_t last_seq;
	uint16_t first_in;  /* older packets belong to a former life */
	uint16_t guard;	    /* for how many packets first_in is compared */
	uint16_t missing;   /* packets that have not come, so far */
	int64_t missing_us; /* since when */
	bool gated;	    /* waiting for the start of a key frame */
	bool held;	    /* the limit has kept packets back */
	int64_t last_us;
};

struct rth_key_request {
	_Atomic int64_t last_us;
	atomic_bool wanted; /* asked for again, too early */
};

struct rth_port {
	const struct rth_host *host;
	void *handle;
	_Atomic(const struct rth_route *) route;
	atomic_uint readers;	    /* media threads that may see the route */
	struct rth_route routes[2]; /* the published one and the next */
	unsigned published;	    /* routes so far; control thread */

	/* As a sender. */
	struct rth_reports reports; /* its own; media thread */
	unsigned tapped;	   /* route that was given them; media thread */
	struct rth_voice_in voice; /* its own; media thread */
	unsigned voiced; /* route that it was read for; media thread */
	uint8_t voice_plain[RTH_VOICE_PACKET_BYTES]; /* for the recorder */
	struct rth_key_request key[RTH_RTP_SLOTS];
	_Atomic int64_t key_pace_us; /* RTH_KEY_FRAME_EVERY_US and round trip */
	atomic_ullong packets_in;
	atomic_ullong packets_dropped;
	/* As a receiver. */
	struct rth_stream out[RTH_RTP_SLOTS];
	struct rth_voice_out voice_out; /* its sender's media thread */
	struct rth_limit *limit; /* of this PeerConnection; NULL: no route */
	atomic_bool limited;	 /* its sender is slowed down for it */
	atomic_bool voice_only;	 /* and sends no picture */
	atomic_ullong packets_out;
};

/** Prepares a port without a route. Any thread, before it is shared. */
void rth_port_init(struct rth_port *port, const struct rth_host *host,
		   void *handle);

/**
 * Publishes a route, replacing any older one. Control thread. Waits (some
 * microseconds) until no media thread can see the older one.
 *
 * @param route copied
 */
void rth_route_publish(struct rth_port *port, const struct rth_route *route);

/** Takes the route away and waits as above. Control thread. */
void rth_route_clear(struct rth_port *port);

/**
 * Forgets what is known of a receiver's line: its PeerConnection is new.
 * Control thread, while neither this port nor its sender has a route.
 *
 * @return 0 or RTH_ERR_NOMEM, and then no route may be published
 */
enum rth_err rth_port_renew_limit(struct rth_port *port) RTH_CHECKED;

/** Frees what a port owns; it has no route. Any thread. */
void rth_port_clear(struct rth_port *port);

/**
 * Sends one RTP packet of this port to its peer, and copies it for the
 * recorder, also when the peer does not get it: a picture as it came, a voice
 * frame by frame as plain Opus. What was spoken before the route was published
 * goes nowhere. The port's media thread.
 *
 * @param slot   the m-line it came on
 * @param buf    the packet: rewritten for the receiver while the host copies
 *               it, and put back before this returns
 * @param packet the host's own view of it, handed to host->relay_rtp
 * @param now_us monotonic, as precise as a few milliseconds
 */
void rth_relay_rtp(struct rth_port *port, int slot, uint8_t *buf, size_t len,
		   void *packet, int64_t now_us);

/**
 * Reads what this port, as a receiver, reports: limits its sender and passes
 * on its wish for a key frame (RFC 4585 PLI, RFC 5104 FIR); keeps what it
 * reports as a sender, and copies that for the recorder. Its media thread.
 *
 * @param buf a compound RTCP packet as it came; not changed
 */
void rth_relay_rtcp(struct rth_port *port, int slot, const uint8_t *buf,
		    size_t len, int64_t now_us);

/**
 * Asks the sender behind a port for a key frame, at most once in its
 * key_pace_us; a wish that comes too early is kept and asked for
 * with a later packet. Media and control threads.
 */
void rth_relay_want_key(struct rth_port *sender, int slot, int64_t now_us);

#endif
