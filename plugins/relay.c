/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The packet path. See relay.h for threads and for what is forbidden here.
 */
#include "relay.h"

#include <string.h>
#include <time.h>

#include "feed_record.h"
#include "rtp.h"
#include "tap.h"

#define GUARD_PACKETS 2000
#define RTP_VERSION 0x80 /* and nothing behind the head */

/* Counters have one writer each: no atomic read-modify-write is needed. */
static void count(atomic_ullong *counter)
{
	atomic_store_explicit(
		counter,
		atomic_load_explicit(counter, memory_order_relaxed) + 1,
		memory_order_relaxed);
}

void rth_port_init(struct rth_port *port, const struct rth_host *host,
		   void *handle)
{
	memset(port, 0, sizeof(*port));
	port->host = host;
	port->handle = handle;
	atomic_init(&port->key_pace_us, RTH_KEY_FRAME_EVERY_US);
	for (int i = 0; i < RTH_RTP_SLOTS; i++)
		atomic_init(&port->key[i].last_us, INT64_MIN / 2);
}

/*
 * Enter and leave bracket every use of a route. The counter is raised before
 * the route is read, and the control thread reads the counter after it has
 * changed the route (all sequentially consistent): when it sees zero, every
 * later reader sees the new route.
 */
static const struct rth_route *route_enter(struct rth_port *port)
{
	atomic_fetch_add(&port->readers, 1);
	return atomic_load(&port->route);
}

static void route_leave(struct rth_port *port)
{
	atomic_fetch_sub(&port->readers, 1);
}

static void route_set(struct rth_port *port, const struct rth_route *route)
{
	static const struct timespec moment = {.tv_nsec = 20000};

	atomic_store(&port->route, route);
	while (atomic_load(&port->readers) != 0)
		nanosleep(&moment, NULL);
}

void rth_route_publish(struct rth_port *port, const struct rth_route *route)
{
	const struct rth_route *now = atomic_load(&port->route);
	struct rth_route *next = &port->routes[now == &port->routes[0]];

	*next = *route;
	for (int i = 0; i < RTH_RTP_SLOTS; i++)
		next->slot[i].out = &route->peer->out[i];
	next->number = ++port->published;
	atomic_store(&port->key_pace_us, RTH_KEY_FRAME_EVERY_US);
	route_set(port, next);
}

void rth_route_clear(struct rth_port *port)
{
	route_set(port, NULL);
}

enum rth_err rth_port_renew_limit(struct rth_port *port)
{
	struct rth_limit *limit = NULL;
	enum rth_err err = rth_limit_create(&limit, port->host->now_us());

	if (err)
		return err;
	rth_limit_free(port->limit);
	port->limit = limit;
	atomic_store(&port->limited, false);
	atomic_store(&port->voice_only, false);
	return RTH_OK;
}

void rth_port_clear(struct rth_port *port)
{
	rth_limit_free(port->limit);
	port->limit = NULL;
}

void rth_relay_want_key(struct rth_port *sender, int slot, int64_t now_us)
{
	struct rth_key_request *key = &sender->key[slot];
	int64_t last_us = atomic_load(&key->last_us);

	if (now_us - last_us < atomic_load(&sender->key_pace_us) ||
	    !atomic_compare_exchange_strong(&key->last_us, &last_us, now_us)) {
		atomic_store(&key->wanted, true);
		return;
	}
	atomic_store(&key->wanted, false);
	sender->host->send_pli(sender->handle, slot);
}

/* Skips header, CSRCs and extension (RFC 3550 section 5.1, 5.3.1). */
static const uint8_t *rtp_payload(const uint8_t *buf, size_t len, size_t *np)
{
	size_t at = RTH_RTP_HEAD_BYTES + 4u * (buf[0] & 0x0f);

	if (buf[0] & 0x10) {
		if (len < at + 4)
			return NULL;
		at += 4 + 4u * rth_get16(buf + at + 2);
	}
	if (len <= at)
		return NULL;
	*np = len - at;
	return buf + at;
}

static bool starts_key_frame(const struct rth_route_slot *how,
			     const uint8_t *buf, size_t len)
{
	size_t n = 0;
	const uint8_t *payload = rtp_payload(buf, len, &n);

	return payload && how->is_key(payload, n);
}

/*
 * Joins what comes now to what the receiver had before: the next sequence
 * number and, for another sender, a timestamp as much later as time has passed.
 */
static void stream_splice(struct rth_stream *out,
			  const struct rth_route_slot *how, const uint8_t *buf,
			  int64_t now_us)
{
	uint32_t ssrc = rth_get32(buf + 8);
	uint16_t seq = rth_get16(buf + 2);

	if (out->ssrc_in != 0 && out->ssrc_in != ssrc) {
		int64_t gap_us = now_us - out->last_us;
		uint32_t ticks = (uint32_t)(gap_us * how->clock_hz / 1000000);

		out->ts_offset =
			out->last_ts + (ticks ? ticks : 1) - rth_get32(buf + 4);
	}
	if (out->ssrc_in != 0)
		out->seq_offset = (uint16_t)(out->last_seq + 1 - seq);
	else
		out->last_seq = (uint16_t)(seq - 1);
	out->ssrc_in = ssrc;
	out->first_in = seq;
	out->guard = GUARD_PACKETS;
	out->missing = 0;
	out->gated = false;
	out->held = false;
}

/*
 * Says whether a packet may pass that is the first of a sender, or the first
 * after some were kept back. A picture that was interrupted goes on with the
 * start of a key frame, since nothing else can be decoded without what came
 * before; a probe of the line (held, not gated) may be anything.
 */
static bool gate_passes(struct rth_port *from, int slot,
			const struct rth_route_slot *how, const uint8_t *buf,
			size_t len, int64_t now_us)
{
	struct rth_stream *out = how->out;
	bool other = rth_get32(buf + 8) != out->ssrc_in;

	if (how->is_key && (out->gated || other) &&
	    !starts_key_frame(how, buf, len)) {
		out->gated = true;
		if (now_us - atomic_load(&from->key[slot].last_us) >=
		    RTH_KEY_FRAME_AGAIN_US)
			rth_relay_want_key(from, slot, now_us);
		return false;
	}
	stream_splice(out, how, buf, now_us);
	return true;
}

/*
 * The limit has held both pictures back. Only now are they gated: while it
 * held them it let a packet through now and then, to hear whether it arrives.
 */
static void start_pictures_again(struct rth_port *from, struct rth_port *to,
				 int64_t now_us)
{
	for (int slot = RTH_SLOT_CAMERA; slot <= RTH_SLOT_SCREEN; slot++) {
		to->out[slot].gated = true;
		rth_relay_want_key(from, slot, now_us);
	}
}

/* Says whether the line to the receiver has room for a packet of a picture. */
static bool limit_passes(struct rth_port *from, struct rth_port *to,
			 struct rth_stream *out, int64_t now_us)
{
	switch (rth_limit_gate(to->limit, now_us)) {
	case RTH_LIMIT_PASS:
		return true;
	case RTH_LIMIT_PASS_ASK:
		start_pictures_again(from, to, now_us);
		return true;
	case RTH_LIMIT_DROP:
		break;
	}
	out->held = true;
	return false;
}

/* Says whether a packet may go to this receiver now. */
static bool passes(struct rth_port *from, int slot, struct rth_port *to,
		   const struct rth_route_slot *how, const uint8_t *buf,
		   size_t len, int64_t now_us)
{
	struct rth_stream *out = how->out;

	if ((buf[1] & 0x7f) != how->pt_in)
		return false;
	if (how->is_key && !limit_passes(from, to, out, now_us))
		return false;
	if ((out->gated || out->held || rth_get32(buf + 8) != out->ssrc_in) &&
	    !gate_passes(from, slot, how, buf, len, now_us))
		return false;
	if (out->guard == 0)
		return true;
	out->guard--;
	return (int16_t)(rth_get16(buf + 2) - out->first_in) >= 0;
}

/*
 * A picture with a hole cannot be decoded until the next key frame, and a
 * browser waits seconds before it asks for one: so it is asked for here, once
 * what is missing cannot come any more.
 *
 * @param ahead of the newest packet so far, by how many; 1 is the usual
 */
static void watch_holes(struct rth_port *from, int slot, struct rth_stream *out,
			int ahead, int64_t now_us)
{
	if (ahead > 1) {
		if (out->missing == 0)
			out->missing_us = now_us;
		out->missing = (uint16_t)(out->missing + ahead - 1);
	} else if (ahead < 0 && out->missing > 0) {
		out->missing--;
	}
	if (out->missing > 0 && now_us - out->missing_us > RTH_LOST_AFTER_US) {
		out->missing = 0;
		rth_relay_want_key(from, slot, now_us);
	}
}

static void forward(struct rth_port *from, const struct rth_route *route,
		    int slot, uint8_t *buf, size_t len, void *packet,
		    int64_t now_us)
{
	const struct rth_route_slot *how = &route->slot[slot];
	struct rth_port *to = route->peer;
	struct rth_stream *out = how->out;
	uint64_t header; /* as it came; no array, so no stack guard */

	if (!passes(from, slot, to, how, buf, len, now_us)) {
		count(&from->packets_dropped);
		return;
	}
	uint16_t seq = (uint16_t)(rth_get16(buf + 2) + out->seq_offset);
	uint32_t ts = rth_get32(buf + 4) + out->ts_offset;
	int ahead = (int16_t)(seq - out->last_seq);

	memcpy(&header, buf, sizeof(header));
	buf[1] = (uint8_t)((buf[1] & 0x80) | how->pt_out);
	rth_put16(buf + 2, seq);
	rth_put32(buf + 4, ts);
	if (how->is_key)
		rth_limit_sent(to->limit, now_us, len);
	to->host->relay_rtp(to->handle, packet);
	memcpy(buf, &header, sizeof(header));

	if ((ahead != 1 || out->missing) && how->is_key)
		watch_holes(from, slot, out, ahead, now_us);
	if (ahead > 0) {
		out->last_seq = seq;
		out->last_ts = ts;
		out->last_us = now_us;
	}
	count(&to->packets_out);
}

/* Gives one packet of a voice to the host, with the next number. */
static void send_voice(struct rth_port *to, const struct rth_route_slot *how,
		       void *packet, uint8_t pt, uint32_t ts, size_t payload)
{
	struct rth_stream *out = how->out;
	uint8_t *buf = to->voice_out.packet;

	buf[1] = (uint8_t)((buf[1] & 0x80) | pt);
	rth_put16(buf + 2, ++out->last_seq);
	rth_put32(buf + 4, ts);
	to->host->relay_bytes(to->handle, packet, RTH_SLOT_AUDIO, buf,
			      RTH_RTP_HEAD_BYTES + payload);
	count(&to->packets_out);
}

/* To a browser without RED: what was sent before, as packets of their own. */
static void send_again(struct rth_port *to, const struct rth_route_slot *how,
		       void *packet, unsigned again, uint32_t ts)
{
	uint8_t *buf = to->voice_out.packet;

	buf[1] &= 0x7f;
	for (unsigned back = 1; back <= again; back++) {
		struct rth_voice_frame kept =
			rth_voice_kept(&to->voice_out, back);

		/* As in RED; a time ahead wraps into more than that. */
		if (!kept.n || ts - kept.ts - 1 >= RTH_VOICE_BACK_MAX)
			continue;
		memcpy(buf + RTH_RTP_HEAD_BYTES, kept.p, kept.n);
		send_voice(to, how, packet, how->pt_out, kept.ts, kept.n);
	}
}

/* One frame, alone or with those before it. */
static void send_frame(struct rth_port *to, const struct rth_route_slot *how,
		       const struct rth_voice_frame *frame, uint32_t ts,
		       void *packet)
{
	unsigned again = rth_limit_voice_again(to->limit);
	uint8_t *payload = to->voice_out.packet + RTH_RTP_HEAD_BYTES;
	size_t size = RTH_VOICE_PACKET_BYTES - RTH_RTP_HEAD_BYTES;
	size_t n = 0;

	if (again && how->red_out)
		n = rth_voice_red(&to->voice_out, again, how->pt_out, ts, frame,
				  payload, size);
	if (n) {
		send_voice(to, how, packet, how->red_out, ts, n);
		return;
	}
	memcpy(payload, frame->p, frame->n);
	send_voice(to, how, packet, how->pt_out, ts, frame->n);
	if (again && !how->red_out)
		send_again(to, how, packet, again, ts);
}

static void forward_frame(struct rth_port *to, const struct rth_route_slot *how,
			  const uint8_t *head,
			  const struct rth_voice_frame *frame, void *packet,
			  int64_t now_us)
{
	struct rth_stream *out = how->out;
	uint8_t *buf = to->voice_out.packet;
	uint32_t ts;

	if (rth_get32(head + 8) != out->ssrc_in)
		stream_splice(out, how, head, now_us);
	ts = frame->ts + out->ts_offset;
	memcpy(buf, head, RTH_RTP_HEAD_BYTES);
	buf[0] = RTP_VERSION;
	buf[1] = frame->marker ? 0x80 : 0;
	send_frame(to, how, frame, ts, packet);
	rth_voice_keep(&to->voice_out, ts, frame);
	out->last_ts = ts;
	out->last_us = now_us;
}

static void tap_report(const struct rth_port *from,
		       const struct rth_route *route, int slot)
{
	rth_reports_tap(&from->reports, slot, route->tap,
			route->tap_codec[slot]);
}

/* Each route that is published begins with what was kept. */
static void tap_kept(struct rth_port *from, const struct rth_route *route)
{
	from->tapped = route->number;
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++)
		tap_report(from, route, slot);
}

/* Copies a packet for the recorder. */
static void tap_packet(struct rth_port *from, const struct rth_route *route,
		       int slot, const uint8_t *buf, size_t len, int64_t now_us)
{
	uint8_t codec = route->tap_codec[slot];

	if (from->tapped != route->number)
		tap_kept(from, route);
	if (codec != RTH_FEED_NO_CODEC &&
	    (buf[1] & 0x7f) == route->slot[slot].pt_in)
		rth_tap_put(route->tap, RTH_FEED_RTP, (uint8_t)slot, codec, buf,
			    len, now_us);
}

/*
 * Padding alone (RFC 3550 section 5.1) in the slot of a picture that pauses:
 * only these are told of by the receiver. The voice keeps the pace.
 */
static void send_padding(struct rth_port *to, const struct rth_route *route,
			 void *packet, int64_t now_us)
{
	int slot = to->out[RTH_SLOT_CAMERA].ssrc_in ? RTH_SLOT_CAMERA
						    : RTH_SLOT_SCREEN;
	struct rth_stream *out = &to->out[slot];
	uint8_t *buf = to->voice_out.packet;
	size_t n = 0;

	if (!out->ssrc_in || !route->slot[slot].pt_out)
		return; /* nothing came yet, or no codec is for both */
	while ((n = rth_limit_probe(to->limit, now_us)) > 0) {
		memset(buf, 0, RTH_RTP_HEAD_BYTES + n);
		buf[0] = RTP_VERSION | 0x20;
		buf[1] = route->slot[slot].pt_out;
		rth_put16(buf + 2, ++out->last_seq);
		rth_put32(buf + 4, out->last_ts);
		buf[RTH_RTP_HEAD_BYTES + n - 1] = (uint8_t)n;
		rth_limit_sent(to->limit, now_us, RTH_RTP_HEAD_BYTES + n);
		to->host->relay_bytes(to->handle, packet, slot, buf,
				      RTH_RTP_HEAD_BYTES + n);
		out->held = true; /* what comes next is joined to it */
	}
}

/* The recorder gets plain Opus, and what was lost with what brought it. */
static void tap_frame(struct rth_port *from, const struct rth_route *route,
		      const uint8_t *head, const struct rth_voice_frame *frame,
		      int64_t now_us)
{
	uint8_t *buf = from->voice_plain;

	memcpy(buf, head, RTH_RTP_HEAD_BYTES);
	buf[0] = RTP_VERSION;
	buf[1] = (uint8_t)((frame->marker ? 0x80 : 0) |
			   route->slot[RTH_SLOT_AUDIO].pt_in);
	rth_put16(buf + 2, frame->seq);
	rth_put32(buf + 4, frame->ts);
	memcpy(buf + RTH_RTP_HEAD_BYTES, frame->p, frame->n);
	tap_packet(from, route, RTH_SLOT_AUDIO, buf,
		   RTH_RTP_HEAD_BYTES + frame->n, now_us);
}

static void relay_voice(struct rth_port *from, const struct rth_route *route,
			const uint8_t *buf, size_t len, void *packet,
			int64_t now_us)
{
	const struct rth_route_slot *how = &route->slot[RTH_SLOT_AUDIO];
	struct rth_voice_frame frames[RTH_VOICE_FRAMES];
	unsigned n;

	/* Not what was spoken to nobody, or before the recording's last yes. */
	if (from->voiced != route->number)
		rth_voice_begin(&from->voice);
	from->voiced = route->number;
	n = rth_voice_read(&from->voice, how->pt_in, how->red_in, buf, len,
			   frames);
	if (n == 0)
		count(&from->packets_dropped);
	for (unsigned i = 0; i < n; i++) {
		if (frames[i].n > RTH_VOICE_PACKET_BYTES - RTH_RTP_HEAD_BYTES)
			continue;
		if (route->tap)
			tap_frame(from, route, buf, &frames[i], now_us);
		forward_frame(route->peer, how, buf, &frames[i], packet,
			      now_us);
	}
	send_padding(route->peer, route, packet, now_us);
}

static void relay_picture(struct rth_port *from, const struct rth_route *route,
			  int slot, uint8_t *buf, size_t len, void *packet,
			  int64_t now_us)
{
	if (route->tap)
		tap_packet(from, route, slot, buf, len, now_us);
	forward(from, route, slot, buf, len, packet, now_us);
	if (atomic_load_explicit(&from->key[slot].wanted, memory_order_relaxed))
		rth_relay_want_key(from, slot, now_us);
}

void rth_relay_rtp(struct rth_port *port, int slot, uint8_t *buf, size_t len,
		   void *packet, int64_t now_us)
{
	const struct rth_route *route;

	if (slot < 0 || slot >= RTH_RTP_SLOTS || len < RTH_RTP_HEAD_BYTES)
		return;
	count(&port->packets_in);
	route = route_enter(port);
	if (route && slot == RTH_SLOT_AUDIO)
		relay_voice(port, route, buf, len, packet, now_us);
	else if (route)
		relay_picture(port, route, slot, buf, len, packet, now_us);
	else if (slot == RTH_SLOT_AUDIO)
		rth_voice_pass(&port->voice, buf);
	route_leave(port);
}

static void pace_key_frames(struct rth_port *sender, int64_t round_trip_us)
{
	if (round_trip_us > RTH_ROUND_TRIP_MAX_US)
		round_trip_us = RTH_ROUND_TRIP_MAX_US;
	atomic_store_explicit(&sender->key_pace_us,
			      RTH_KEY_FRAME_EVERY_US + round_trip_us,
			      memory_order_relaxed);
}

void rth_relay_rtcp(struct rth_port *port, int slot, const uint8_t *buf,
		    size_t len, int64_t now_us)
{
	const struct rth_route *route;
	bool is_sender;

	if (slot < 0 || slot >= RTH_RTP_SLOTS)
		return;
	is_sender = rth_reports_keep(&port->reports, slot, buf, len, now_us);
	route = route_enter(port);
	if (route && route->tap && is_sender && port->tapped == route->number)
		tap_report(port, route, slot);
	if (route) {
		struct rth_limit_advice advice =
			rth_limit_feedback(port->limit, now_us, buf, len);

		atomic_store_explicit(&port->limited, advice.limited,
				      memory_order_relaxed);
		atomic_store_explicit(&port->voice_only, advice.voice_only,
				      memory_order_relaxed);
		pace_key_frames(route->peer,
				rth_limit_round_trip_us(port->limit));
		if (advice.send_remb)
			port->host->send_remb(route->peer->handle,
					      advice.remb_bps);
		for (int i = RTH_SLOT_CAMERA;
		     advice.has_hole && i <= RTH_SLOT_SCREEN; i++)
			rth_relay_want_key(route->peer, i, now_us);
		if (slot != RTH_SLOT_AUDIO && advice.wants_key)
			rth_relay_want_key(route->peer, slot, now_us);
	}
	route_leave(port);
}
