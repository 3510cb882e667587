/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of a voice, once and again. See voice.h.
 */
#include "voice.h"

#include <string.h>

#include "governor.h"
#include "rtp.h"

#define SECOND INT64_C(1000000)
#define SEEN 64
#define RESTART 3000 /* packets: so far back is another beginning */

#define RED_HEAD 4 /* bytes before each block but the last */
#define RED_BLOCKS 32
#define BACK_TICKS 48000 /* another time */

#define NEED_US (10 * SECOND) /* after the last loss */
#define FULL_US (3 * SECOND)
#define TRIAL_REPORTS 2
#define TRIAL_WAIT_US (30 * SECOND)
#define TRIAL_WAIT_MAX_US (240 * SECOND)
#define NEED_ONE (RTH_LOSS_ONE * 15 / 1000)
#define NEED_TWO (RTH_LOSS_ONE * 6 / 100)
#define NEED_THREE (RTH_LOSS_ONE * 20 / 100)

/* Says whether a packet of that number has not come before, and notes it. */
static bool note(struct rth_voice_in *in, uint16_t seq)
{
	int ahead = (int16_t)(seq - in->newest);

	if (ahead > SEEN || ahead < -RESTART) {
		in->newest = seq;
		in->seen = 1;
		return true;
	}
	if (ahead > 0) {
		in->newest = seq;
		in->seen = ahead == SEEN ? 1 : in->seen << ahead | 1;
		return true;
	}
	if (ahead <= -SEEN || (in->seen >> -ahead & 1))
		return false;
	in->seen |= UINT64_C(1) << -ahead;
	return true;
}

/* Nothing from before the first packet is missed, nor what was passed over. */
static void begin(struct rth_voice_in *in, uint32_t ssrc, uint16_t seq)
{
	int ahead = (int16_t)(seq - in->newest);

	if (!in->seen || in->ssrc != ssrc || ahead > 0 || ahead < -RESTART)
		in->newest = (uint16_t)(seq - 1);
	in->ssrc = ssrc;
	in->seen = UINT64_MAX;
	in->begun = true;
}

void rth_voice_begin(struct rth_voice_in *in)
{
	in->begun = false;
}

void rth_voice_pass(struct rth_voice_in *in, const uint8_t *buf)
{
	uint32_t ssrc = rth_get32(buf + 8);
	uint16_t seq = rth_get16(buf + 2);

	begin(in, ssrc, seq);
	(void)note(in, seq);
	in->begun = false;
}

/* One block of RED that stands before the last. */
struct block {
	uint32_t back; /* how much older it is */
	size_t n;
	bool is_opus;
};

/*
 * Reads the heads. Returns how many blocks stand before the last, or -1; *atp
 * moves to the first block, and all of them are there.
 */
static int read_heads(const uint8_t **atp, const uint8_t *end, uint8_t opus,
		      struct block *blocks)
{
	const uint8_t *at = *atp;
	size_t bytes = 0;
	int n = 0;

	while (at < end && (*at & 0x80)) {
		if (end - at < RED_HEAD || n == RED_BLOCKS)
			return -1;
		blocks[n] = (struct block){
			.back = (uint32_t)at[1] << 6 | at[2] >> 2,
			.n = (size_t)(at[2] & 3) << 8 | at[3],
			.is_opus = (*at & 0x7f) == opus,
		};
		bytes += blocks[n++].n;
		at += RED_HEAD;
	}
	if (end - at < 2 || *at != opus || (size_t)(end - at) < bytes + 2)
		return -1;
	*atp = at + 1;
	return n;
}

static unsigned read_red(struct rth_voice_in *in, uint8_t opus,
			 struct rth_voice_frame last,
			 struct rth_voice_frame *frames)
{
	struct block blocks[RED_BLOCKS];
	const uint8_t *at = last.p, *end = last.p + last.n;
	int n = read_heads(&at, end, opus, blocks);
	unsigned found = 0;

	if (n < 0)
		return 0;
	for (int i = 0; i < n; at += blocks[i++].n) {
		uint16_t seq = (uint16_t)(last.seq - (n - i));

		if (n - i <= RTH_VOICE_AGAIN && blocks[i].is_opus &&
		    blocks[i].n && note(in, seq))
			frames[found++] = (struct rth_voice_frame){
				last.ts - blocks[i].back, seq, false, at,
				blocks[i].n};
	}
	if (!note(in, last.seq))
		return found;
	last.p = at;
	last.n = (size_t)(end - at);
	frames[found++] = last;
	return found;
}

unsigned rth_voice_read(struct rth_voice_in *in, uint8_t opus, uint8_t red,
			const uint8_t *buf, size_t len,
			struct rth_voice_frame *frames)
{
	struct rth_rtp rtp;
	struct rth_voice_frame frame;

	if (!rth_rtp_read(&rtp, buf, len) || rtp.len == 0 ||
	    (rtp.type != opus && (!red || rtp.type != red)))
		return 0;
	if (!in->begun || in->ssrc != rtp.ssrc)
		begin(in, rtp.ssrc, rtp.seq);
	frame = (struct rth_voice_frame){rtp.time, rtp.seq, rtp.marker,
					 rtp.payload, rtp.len};
	if (rtp.type != opus)
		return read_red(in, opus, frame, frames);
	if (!note(in, frame.seq))
		return 0;
	frames[0] = frame;
	return 1;
}

struct rth_voice_frame rth_voice_kept(const struct rth_voice_out *out,
				      unsigned back)
{
	unsigned i =
		(out->newest + RTH_VOICE_AGAIN - (back - 1)) % RTH_VOICE_AGAIN;

	return (struct rth_voice_frame){.ts = out->kept[i].ts,
					.p = out->kept[i].bytes,
					.n = out->kept[i].n};
}

void rth_voice_keep(struct rth_voice_out *out, uint32_t ts,
		    const struct rth_voice_frame *frame)
{
	struct rth_voice_frame last = rth_voice_kept(out, 1);

	if (last.n && (int32_t)(ts - last.ts) <= -BACK_TICKS)
		for (int i = 0; i < RTH_VOICE_AGAIN; i++)
			out->kept[i].n = 0;
	else if (last.n && (int32_t)(ts - last.ts) <= 0)
		return;
	out->newest = (out->newest + 1) % RTH_VOICE_AGAIN;
	out->kept[out->newest].ts = ts;
	out->kept[out->newest].n = 0;
	if (frame->n > RTH_VOICE_FRAME_BYTES)
		return;
	memcpy(out->kept[out->newest].bytes, frame->p, frame->n);
	out->kept[out->newest].n = (uint16_t)frame->n;
}

static uint8_t *put_head(uint8_t *at, uint8_t opus, uint32_t back, size_t n)
{
	at[0] = 0x80 | opus;
	at[1] = (uint8_t)(back >> 6);
	at[2] = (uint8_t)((back & 0x3f) << 2 | n >> 8);
	at[3] = (uint8_t)n;
	return at + RED_HEAD;
}

size_t rth_voice_red(const struct rth_voice_out *out, unsigned again,
		     uint8_t opus, uint32_t ts,
		     const struct rth_voice_frame *frame, uint8_t *payload,
		     size_t size)
{
	struct rth_voice_frame kept[RTH_VOICE_AGAIN];
	size_t bytes = 1 + frame->n;
	unsigned n = 0;
	uint8_t *at = payload;

	for (unsigned back = again; back > 0; back--) {
		struct rth_voice_frame one = rth_voice_kept(out, back);

		/* The time before wraps into more than there is room for. */
		if (!one.n || ts - one.ts - 1 >= RTH_VOICE_BACK_MAX ||
		    bytes + RED_HEAD + one.n > size)
			continue;
		bytes += RED_HEAD + one.n;
		kept[n++] = one;
	}
	if (!n || bytes > size)
		return 0;
	for (unsigned i = 0; i < n; i++)
		at = put_head(at, opus, ts - kept[i].ts, kept[i].n);
	*at++ = opus;
	for (unsigned i = 0; i < n; at += kept[i++].n)
		memcpy(at, kept[i].p, kept[i].n);
	memcpy(at, frame->p, frame->n);
	return bytes;
}

static unsigned times(uint32_t loss)
{
	if (loss >= NEED_THREE)
		return 3;
	if (loss >= NEED_TWO)
		return 2;
	return loss >= NEED_ONE ? 1 : 0;
}

unsigned rth_voice_need(struct rth_voice_need *need, int64_t now_us,
			uint32_t loss, bool full)
{
	if (full && need->full_us < now_us)
		need->full_us = now_us;
	if (loss >= NEED_ONE && loss >= need->loss) {
		need->loss = loss;
		need->lost_us = now_us;
	} else if (now_us - need->lost_us > NEED_US) {
		need->loss = loss;
		need->lost_us = now_us;
	}
	if (need->trial || (need->full_us && now_us - need->full_us < FULL_US))
		return 0;
	return times(need->loss);
}

static void end_trial(struct rth_voice_need *need, int64_t now_us,
		      uint32_t loss)
{
	need->trial = false;
	need->reports = 0;
	if (loss < need->with / 2) {
		need->full_us = now_us + TRIAL_WAIT_US - FULL_US;
		need->loss = loss;
		need->lost_us = now_us;
		need->wait_us = 0;
		return;
	}
	need->wait_us = need->wait_us ? need->wait_us * 2 : TRIAL_WAIT_US;
	if (need->wait_us > TRIAL_WAIT_MAX_US)
		need->wait_us = TRIAL_WAIT_MAX_US;
	need->trial_us = now_us + need->wait_us;
}

unsigned rth_voice_need_told(struct rth_voice_need *need, int64_t now_us,
			     uint32_t loss, bool full)
{
	unsigned again = rth_voice_need(need, now_us, loss, full);

	if (need->trial) {
		if (++need->reports >= TRIAL_REPORTS)
			end_trial(need, now_us, loss);
	} else if (!again || loss < NEED_TWO) {
		need->reports = 0;
	} else if (++need->reports > TRIAL_REPORTS &&
		   now_us >= need->trial_us) {
		need->trial = true;
		need->reports = 0;
		need->with = loss;
	}
	return rth_voice_need(need, now_us, loss, full);
}
