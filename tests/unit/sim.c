/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define MS INT64_C(1000)
#define UPLINK_US (20 * MS)
#define ENCODER_LAG_US (300 * MS) /* from a REMB to frames of that size */
#define PACKET_BYTES 1100
#define OVERHEAD_BYTES 52 /* link, IP, UDP, SRTP */
#define VOICE_BYTES 92
#define FIFO 8192
#define PACKETS (1 << 17)
#define TRIES 6

enum kind { VOICE, VIDEO, PADDING };

struct packet {
	int64_t at_us; /* when it leaves this stage */
	enum kind kind;
	bool key;
	unsigned bytes, frame, of, id, tries; /* of: packets of the frame */
	int64_t born_us;
	uint32_t seq; /* the host's */
};

struct fifo {
	struct packet p[FIFO];
	unsigned head, n;
};

struct report {
	int64_t at_us;
	size_t len;
	uint8_t bytes[1400];
};

struct frame {
	unsigned wanted, got; /* packets; wanted 0: none has come */
	bool key;
};

struct sim {
	struct sim_conf conf;
	struct rth_limit *limit;
	int64_t now_us;
	uint32_t line_bps;
	unsigned loss_permille;
	uint32_t random;
	struct sim_second seconds[SIM_SECONDS];
	struct sim_second *second;

	/* encoder */
	double encoder_bps, debt_bytes;
	uint32_t remb_bps, remb_next_bps;
	int64_t remb_at_us, key_at_us, key_asked_us, frame_at_us, voice_at_us;
	unsigned frame, voice, heard;
	double pace_bytes;
	struct fifo pacer, uplink;

	/* host and line */
	uint32_t seq;
	struct fifo nacks, line, air;
	double line_bytes;
	int64_t line_queued;

	/* receiver */
	int64_t voice_delay_us;	     /* of the playout */
	int64_t arrived_us[PACKETS]; /* by seq; 0: not */
	uint32_t newest_seq, reported_seq;
	struct frame frames[SIM_SECONDS * 40 + 400];
	unsigned next_frame;
	int64_t stuck_us, pli_us, feedback_at_us, rr_at_us;
	struct report reports[64];
	unsigned report_head, report_n;
};

static void put(struct fifo *f, struct packet p)
{
	if (f->n == FIFO)
		abort();
	f->p[(f->head + f->n++) % FIFO] = p;
}

static bool get(struct fifo *f, int64_t now_us, struct packet *p)
{
	if (f->n == 0 || f->p[f->head].at_us > now_us)
		return false;
	*p = f->p[f->head];
	f->head = (f->head + 1) % FIFO;
	f->n--;
	return true;
}

static unsigned chance(struct sim *s, unsigned of)
{
	s->random = s->random * 1664525u + 1013904223u;
	return (s->random >> 8) % of;
}

static void ask_key(struct sim *s)
{
	int64_t pause_us = 250 * MS + rth_limit_round_trip_us(s->limit);

	if (s->now_us - s->key_asked_us < pause_us)
		return;
	s->key_asked_us = s->now_us;
	s->key_at_us = s->now_us + UPLINK_US;
}

static void encode(struct sim *s)
{
	double want = s->conf.video_bps;
	bool key = s->key_at_us && s->now_us >= s->key_at_us;
	double mean, bytes;
	unsigned of;

	if (s->now_us < s->frame_at_us)
		return;
	s->frame_at_us += 33333;
	if (s->remb_at_us && s->now_us >= s->remb_at_us) {
		s->remb_bps = s->remb_next_bps;
		s->remb_at_us = 0;
	}
	if (s->remb_bps && s->remb_bps < want)
		want = s->remb_bps;
	if (want > s->encoder_bps * 1.02)
		want = s->encoder_bps * 1.02; /* no faster up */
	s->encoder_bps = want;
	mean = want / 8 / 30;
	bytes = mean * (0.7 + chance(s, 600) / 1000.0);
	if (key || s->frame == 0) {
		bytes = mean * 7;
		key = true;
		s->key_at_us = 0;
	} else if (s->debt_bytes > mean * 8) {
		s->debt_bytes -= mean; /* the frame is left out */
		return;
	} else if (s->debt_bytes > 0) {
		bytes *= 0.7;
	}
	s->debt_bytes += bytes - mean;
	of = (unsigned)bytes / PACKET_BYTES + 1;
	for (unsigned i = 0; i < of; i++)
		put(&s->pacer, (struct packet){.kind = VIDEO,
					       .bytes = (unsigned)bytes / of,
					       .key = key,
					       .frame = s->frame,
					       .of = of});
	s->frame++;
}

static void pace(struct sim *s)
{
	struct packet p;
	double step = s->encoder_bps * 2.5 / 8000;

	s->pace_bytes += step;
	if (s->pace_bytes > 2 * PACKET_BYTES)
		s->pace_bytes = 2 * PACKET_BYTES;
	while (s->pace_bytes > 0 && get(&s->pacer, INT64_MAX, &p)) {
		s->pace_bytes -= p.bytes;
		s->second->sent_bps += p.bytes * 8;
		p.at_us = s->now_us + UPLINK_US;
		put(&s->uplink, p);
	}
	if (s->now_us >= s->voice_at_us) {
		s->voice_at_us += 20 * MS;
		put(&s->uplink, (struct packet){.at_us = s->now_us + UPLINK_US,
						.kind = VOICE,
						.born_us = s->now_us,
						.id = s->voice++,
						.bytes = VOICE_BYTES});
	}
}

static void nack(struct sim *s, struct packet p, int64_t after_us)
{
	if (p.kind != VIDEO || p.tries++ >= TRIES)
		return;
	p.at_us = s->now_us + after_us;
	put(&s->nacks, p);
}

static void enqueue(struct sim *s, struct packet p)
{
	int64_t room = (int64_t)s->line_bps / 8 * s->conf.queue_us / 1000000;

	p.at_us = s->now_us;
	if (s->line_queued + p.bytes > (room > 8000 ? room : 8000)) {
		nack(s, p, s->conf.queue_us + 150 * MS);
		return;
	}
	s->line_queued += p.bytes + OVERHEAD_BYTES;
	put(&s->line, p);
}

/* While the picture pauses, at the pace of the voice. */
static void probe(struct sim *s)
{
	size_t n;

	while ((n = rth_limit_probe(s->limit, s->now_us)) > 0) {
		struct packet p = {.kind = PADDING,
				   .born_us = s->now_us,
				   .bytes = (unsigned)n + 12};

		rth_limit_sent(s->limit, s->now_us, p.bytes);
		p.seq = ++s->seq;
		enqueue(s, p);
	}
}

static void host(struct sim *s)
{
	struct packet p;

	while (get(&s->nacks, s->now_us, &p)) {
		if (s->conf.rtx_numbers)
			p.seq = ++s->seq;
		enqueue(s, p);
	}
	while (get(&s->uplink, s->now_us, &p)) {
		if (p.kind == VIDEO) {
			enum rth_limit_pass pass =
				rth_limit_gate(s->limit, s->now_us);

			if (pass == RTH_LIMIT_DROP) {
				s->second->held++;
				continue;
			}
			if (pass == RTH_LIMIT_PASS_ASK)
				ask_key(s);
			rth_limit_sent(s->limit, s->now_us, p.bytes);
			s->second->passed_bps += p.bytes * 8;
			p.seq = ++s->seq;
		}
		enqueue(s, p);
		if (p.kind == VOICE)
			probe(s);
	}
}

static void transmit(struct sim *s)
{
	double step = s->line_bps / 8000.0;
	struct packet p;

	s->line_bytes += step;
	if (s->line_bytes > 1600)
		s->line_bytes = 1600;
	while (s->line.n > 0) {
		double need = s->line.p[s->line.head].bytes + OVERHEAD_BYTES;

		if (need > s->line_bytes && step < 10 * need)
			break;
		get(&s->line, INT64_MAX, &p);
		s->line_bytes -= need;
		s->line_queued -= p.bytes + OVERHEAD_BYTES;
		if ((s->now_us - p.at_us) / MS > s->second->queue_ms)
			s->second->queue_ms =
				(unsigned)((s->now_us - p.at_us) / MS);
		if (chance(s, 1000) < s->loss_permille) {
			nack(s, p, 2 * s->conf.delay_us + 30 * MS);
			continue;
		}
		p.at_us = s->now_us + s->conf.delay_us;
		put(&s->air, p);
	}
}

/* The voice's playout waits for late packets, and hurries later. */
static void hear(struct sim *s, const struct packet *p)
{
	int64_t late_us = s->now_us - p->born_us - UPLINK_US - s->conf.delay_us;

	s->second->concealed_ms += (p->id - s->heard) * 20;
	s->heard = p->id + 1;
	if (late_us > s->voice_delay_us) {
		s->second->concealed_ms +=
			(unsigned)((late_us - s->voice_delay_us) / MS);
		s->voice_delay_us = late_us;
	} else if (s->voice_delay_us > 40 * MS) {
		s->voice_delay_us -= 400; /* 20 ms a second */
	}
}

/* The next frame that can be shown: the one in turn, or a later key frame. */
static bool decode_one(struct sim *s)
{
	for (unsigned f = s->next_frame; f < s->frame; f++) {
		const struct frame *frame = &s->frames[f];
		bool whole = frame->wanted && frame->got >= frame->wanted;

		if (!whole || (f != s->next_frame && !frame->key))
			continue;
		s->second->frames++;
		s->next_frame = f + 1;
		s->stuck_us = s->now_us;
		return true;
	}
	return false;
}

static void decode(struct sim *s)
{
	while (decode_one(s))
		;
	if (s->now_us - s->stuck_us > 300 * MS &&
	    s->now_us - s->pli_us > 300 * MS) {
		s->pli_us = s->now_us;
		ask_key(s);
	}
}

static void receive(struct sim *s)
{
	struct packet p;

	while (get(&s->air, s->now_us, &p)) {
		struct frame *frame = &s->frames[p.frame];

		if (p.kind == VOICE) {
			hear(s, &p);
			continue;
		}
		s->arrived_us[p.seq % PACKETS] = s->now_us;
		if (p.seq > s->newest_seq)
			s->newest_seq = p.seq;
		if (p.seq <= s->reported_seq) /* came late: told again */
			s->reported_seq = p.seq - 1;
		if (p.kind == PADDING)
			continue;
		frame->got++;
		frame->key = p.key;
		frame->wanted = p.of;
	}
	decode(s);
}

static void put16(uint8_t *p, unsigned n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static int64_t ticks(const struct sim *s, uint32_t seq)
{
	return (s->arrived_us[seq % PACKETS] + s->conf.clock_us) / 250;
}

/* Two-bit status chunks and arrival times of [base, base + n). */
static size_t write_statuses(const struct sim *s, uint8_t *p, uint32_t base,
			     unsigned n, int64_t before)
{
	uint8_t *delta = p + (n + 6) / 7 * 2;
	const uint8_t *from = p;

	memset(p, 0, (size_t)(delta - p));
	for (unsigned i = 0; i < n; i++) {
		uint8_t *chunk = p + i / 7 * 2;
		int64_t now = ticks(s, base + i);
		bool small = now >= before && now - before < 256;

		chunk[0] |= 0xc0;
		if (!s->arrived_us[(base + i) % PACKETS])
			continue;
		put16(chunk, ((unsigned)chunk[0] << 8 | chunk[1]) |
				     (small ? 1u : 2u) << (12 - i % 7 * 2));
		if (small)
			*delta++ = (uint8_t)(now - before);
		else
			put16(delta, (unsigned)(now - before) & 0xffff);
		delta += small ? 0 : 2;
		before = now;
	}
	while ((delta - from) % 4)
		*delta++ = 0;
	return (size_t)(delta - from);
}

static void report(struct sim *s, const uint8_t *bytes, size_t len)
{
	struct report *r = &s->reports[(s->report_head + s->report_n++) % 64];

	if (s->report_n > 64)
		abort();
	memcpy(r->bytes, bytes, len);
	r->len = len;
	r->at_us = s->now_us + UPLINK_US;
}

static void write_transport_cc(struct sim *s)
{
	uint32_t base = s->reported_seq + 1;
	unsigned n = s->newest_seq - s->reported_seq;
	uint32_t first = base;
	uint8_t b[1400] = {0x8f, 205};
	int64_t reference;
	size_t len = 20;

	if (n > 400)
		n = 400;
	while (!s->arrived_us[first % PACKETS] && first < base + n)
		first++;
	reference = ticks(s, first) / 256;
	put16(b + 12, base & 0xffff);
	put16(b + 14, n);
	put16(b + 16, (unsigned)(reference >> 8) & 0xffff);
	b[18] = (uint8_t)reference;
	len += write_statuses(s, b + len, base, n, reference * 256);
	put16(b + 2, (unsigned)len / 4 - 1);
	report(s, b, len);
	s->reported_seq += n;
}

static void write_rr(struct sim *s)
{
	uint8_t b[32] = {0x81, 201, 0, 7};
	unsigned n = s->newest_seq - s->reported_seq, lost = 0;

	for (uint32_t i = s->reported_seq + 1; i <= s->newest_seq; i++)
		lost += !s->arrived_us[i % PACKETS];
	b[12] = (uint8_t)(n ? lost * 255 / n : 0);
	s->reported_seq = s->newest_seq;
	report(s, b, sizeof(b));
}

static void feed_back(struct sim *s)
{
	if (s->now_us < s->feedback_at_us)
		return;
	s->feedback_at_us +=
		(s->conf.no_transport_cc ? 1000 : s->conf.feedback_ms) * MS;
	if (s->conf.no_transport_cc)
		write_rr(s);
	else if (s->newest_seq > s->reported_seq)
		write_transport_cc(s);
}

static void hear_back(struct sim *s)
{
	while (s->report_n && s->reports[s->report_head].at_us <= s->now_us) {
		const struct report *r = &s->reports[s->report_head];
		struct rth_limit_advice advice = rth_limit_feedback(
			s->limit, s->now_us, r->bytes, r->len);

		s->second->limited = advice.limited;
		if (advice.send_remb) {
			if (!s->remb_at_us)
				s->remb_at_us = s->now_us + ENCODER_LAG_US;
			s->remb_next_bps = advice.remb_bps;
		}
		s->report_head = (s->report_head + 1) % 64;
		s->report_n--;
	}
	s->second->remb_bps = s->remb_next_bps;
}

struct sim *sim_new(const struct sim_conf *conf)
{
	struct sim *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->conf = *conf;
	s->now_us = 1000 * 1000000LL;
	s->frame_at_us = s->voice_at_us = s->feedback_at_us = s->now_us;
	s->stuck_us = s->now_us;
	s->encoder_bps = conf->video_bps;
	s->voice_delay_us = 40 * MS;
	s->line_bps = 100000000;
	s->second = s->seconds;
	if (rth_limit_create(&s->limit, s->now_us))
		abort();
	return s;
}

void sim_free(struct sim *s)
{
	rth_limit_free(s->limit);
	free(s);
}

void sim_line(struct sim *s, uint32_t bps, unsigned loss_permille)
{
	s->line_bps = bps;
	s->loss_permille = loss_permille;
}

void sim_run(struct sim *s, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++, s->second++) {
		for (int ms = 0; ms < 1000; ms++, s->now_us += MS) {
			encode(s);
			pace(s);
			host(s);
			transmit(s);
			receive(s);
			feed_back(s);
			hear_back(s);
		}
	}
}

const struct sim_second *sim_at(const struct sim *s, unsigned second)
{
	return &s->seconds[second];
}

void sim_trace(const struct sim *s, const char *name)
{
	if (!getenv("SIM_TRACE"))
		return;
	printf("# %s\n# sec frames concealed  sent passed held queue  remb\n",
	       name);
	for (const struct sim_second *x = s->seconds; x < s->second; x++)
		printf("# %3d %6u %9u %5u %6u %4u %5u %5u%s\n",
		       (int)(x - s->seconds), x->frames, x->concealed_ms,
		       x->sent_bps / 1000, x->passed_bps / 1000, x->held,
		       x->queue_ms, x->remb_bps / 1000,
		       x->limited ? " limited" : "");
}

unsigned sim_least_frames(const struct sim *s, unsigned from, unsigned to)
{
	unsigned least = UINT32_MAX;

	for (unsigned i = from; i < to; i++)
		if (s->seconds[i].frames < least)
			least = s->seconds[i].frames;
	return least;
}

unsigned sim_frames(const struct sim *s, unsigned from, unsigned to)
{
	unsigned sum = 0;

	for (unsigned i = from; i < to; i++)
		sum += s->seconds[i].frames;
	return sum / (to - from);
}

unsigned sim_concealed_ms(const struct sim *s, unsigned from, unsigned to)
{
	unsigned sum = 0;

	for (unsigned i = from; i < to; i++)
		sum += s->seconds[i].concealed_ms;
	return sum;
}

uint32_t sim_sent_bps(const struct sim *s, unsigned from, unsigned to)
{
	uint64_t sum = 0;

	for (unsigned i = from; i < to; i++)
		sum += s->seconds[i].sent_bps;
	return (uint32_t)(sum / (to - from));
}
