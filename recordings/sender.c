/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A person's clock. See sender.h.
 */
#include "sender.h"

#include <string.h>

#include "mem.h"
#include "rtp.h"

/* A browser sends three at a time; a rejoin brings three others. */
#define STREAMS_MAX 16
#define PRESENT_US 500000 /* and as much before */

struct heard {
	uint32_t ssrc;
	uint64_t used; /* 0 is free */
	struct rth_sender_sr sr;
	struct rth_present delay_us;
};

struct rth_sender {
	uint64_t uses;
	int64_t step_us;
	struct rth_least offset;
	struct heard heard[STREAMS_MAX];
};

enum rth_err rth_sender_create(struct rth_sender **senderp)
{
	struct rth_sender *sender = rth_alloc(sizeof(*sender));

	if (!sender)
		return RTH_ERR_NOMEM;
	*senderp = sender;
	return RTH_OK;
}

void rth_sender_free(struct rth_sender *sender)
{
	rth_free(sender);
}

static const struct heard *find(const struct rth_sender *sender, uint32_t ssrc)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (sender->heard[i].used && sender->heard[i].ssrc == ssrc)
			return &sender->heard[i];
	return NULL;
}

/* The stream's entry; a new stream takes the place of the least used one. */
static struct heard *entry(struct rth_sender *sender, uint32_t ssrc)
{
	const struct heard *known = find(sender, ssrc);
	size_t at = known ? (size_t)(known - sender->heard) : 0;

	for (size_t i = 0; !known && i < STREAMS_MAX; i++)
		if (sender->heard[i].used < sender->heard[at].used)
			at = i;
	if (!known)
		sender->heard[at] = (struct heard){.ssrc = ssrc};
	sender->heard[at].used = ++sender->uses;
	return &sender->heard[at];
}

/* 32 bits of seconds and as many of fraction, to microseconds. */
static int64_t ntp_us(uint64_t ntp)
{
	return (int64_t)(ntp >> 32) * 1000000 +
	       (int64_t)(((ntp & UINT32_MAX) * 1000000) >> 32);
}

void rth_sender_report(struct rth_sender *sender, const uint8_t *rtcp,
		       size_t len, int64_t time_us)
{
	struct rth_rtp_report report;
	size_t at = 0;

	while (rth_rtp_next_report(&report, rtcp, len, &at)) {
		struct heard *heard = entry(sender, report.ssrc);

		heard->sr.serial++;
		heard->sr.ntp_us = ntp_us(report.ntp);
		heard->sr.time_us = time_us;
		heard->sr.rtp = report.time;
	}
}

struct rth_sender_sr rth_sender_last(const struct rth_sender *sender,
				     uint32_t ssrc)
{
	const struct heard *heard = find(sender, ssrc);
	struct rth_sender_sr sr = heard ? heard->sr : (struct rth_sender_sr){0};

	sr.ntp_us -= sender->step_us;
	return sr;
}

void rth_least_clear(struct rth_least *least)
{
	memset(least, 0, sizeof(*least));
}

void rth_least_add(struct rth_least *l, int64_t value, int64_t now_us)
{
	int64_t slice = now_us / RTH_LEAST_SLICE_US + 1; /* 0 is empty */
	size_t at = (size_t)slice % RTH_LEAST_SLICES;
	bool fresh = !l->known || slice > l->newest;

	if (l->known && slice < l->newest)
		return;
	if (fresh) {
		l->slice[at] = slice;
		l->least[at] = value;
		l->newest = slice;
	} else if (value < l->least[at]) {
		l->least[at] = value;
	}
	if (!fresh && value >= l->value)
		return;
	l->known = true;
	l->value = l->least[at];
	for (size_t i = 0; i < RTH_LEAST_SLICES; i++)
		if (l->slice[i] > slice - RTH_LEAST_SLICES &&
		    l->slice[i] != 0 && l->least[i] < l->value)
			l->value = l->least[i];
}

void rth_present_add(struct rth_present *p, int64_t value, int64_t now_us)
{
	int64_t slice = now_us / PRESENT_US;

	if (!p->known || slice != p->slice) {
		bool next = p->known && slice == p->slice + 1;

		p->least[1] = next ? p->least[0] : value;
		p->least[0] = value;
		p->slice = slice;
		p->known = true;
	} else if (value < p->least[0]) {
		p->least[0] = value;
	}
}

int64_t rth_present_least(const struct rth_present *p)
{
	return p->least[0] < p->least[1] ? p->least[0] : p->least[1];
}

void rth_sender_offset_add(struct rth_sender *sender, int64_t offset_us,
			   int64_t now_us)
{
	rth_least_add(&sender->offset, offset_us, now_us);
}

void rth_sender_offset_clear(struct rth_sender *sender)
{
	rth_least_clear(&sender->offset);
}

bool rth_sender_offset(const struct rth_sender *sender, int64_t *offset_us)
{
	*offset_us = sender->offset.value;
	return sender->offset.known;
}

void rth_sender_step(struct rth_sender *sender, int64_t step_us)
{
	sender->step_us += step_us;
}

void rth_sender_delay_add(struct rth_sender *sender, uint32_t ssrc,
			  int64_t delay_us, int64_t now_us)
{
	rth_present_add(&entry(sender, ssrc)->delay_us, delay_us, now_us);
}

bool rth_sender_delay(const struct rth_sender *sender, uint32_t ssrc,
		      int64_t now_us, int64_t *delay_us)
{
	int64_t slice = now_us / PRESENT_US;
	bool found = false;

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		const struct heard *h = &sender->heard[i];
		int64_t least = rth_present_least(&h->delay_us);

		if (!h->used || h->ssrc == ssrc || !h->delay_us.known ||
		    slice - h->delay_us.slice > 1)
			continue;
		if (!found || least < *delay_us)
			*delay_us = least;
		found = true;
	}
	return found;
}
