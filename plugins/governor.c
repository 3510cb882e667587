/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control law of a limit. Rates stay under 2^32 bits/s, so products with
 * permille fit 64 bits.
 */
#include "governor.h"

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

#define QUEUE_GROWING_US (60 * MS) /* too much if it still grows */
#define QUEUE_LONG_US (150 * MS)   /* too much in any case */
#define QUEUE_SHORT_US (40 * MS)   /* under this the rate may grow */
#define QUEUE_FLAT_US (50 * MS)	   /* under this loss is not from a queue */
#define QUEUE_SEVERE_US (300 * MS) /* the voice suffers */
#define QUEUE_SUDDEN_US (100 * MS) /* so does it if this came at once */
#define QUEUE_SEVERE_AGAIN_US (600 * MS)
#define RISING_SEVERE_US (60 * MS)

#define KEEP 850	/* permille of what gets through */
#define KEEP_SEVERE 750 /* leaves room for a key frame */

#define DECREASE_PAUSE_US (300 * MS) /* and a round trip */
#define HOLD_MIN_US (300 * MS)	     /* the sender has heard of it by then */
#define HOLD_MAX_US (1000 * MS)
#define HOLD_LONG_US (4 * SECOND) /* full again so soon: no room at all */
#define AFTER_HOLD_US (700 * MS)  /* a key frame fills the queue again */

#define PROBE_FIRST_US (1500 * MS) /* after the pause began */
#define PROBE_WAIT_US (4 * SECOND)
#define PROBE_WAIT_MAX_US (12 * SECOND)
#define PROBE_BPS 16000u
#define PROBE_ENOUGH_BPS 160000u
#define PROBE_DWELL_US (500 * MS) /* at that rate */
#define PROBE_GROWTH 1600	  /* permille a second */
#define PROBE_QUEUE_US (70 * MS)  /* no room, and the voice keeps its own */

#define PAUSE_AGAIN_US (15 * SECOND)

#define OPEN_BPS 5000000u
#define OPEN_AFTER_US (10 * SECOND)
#define RESTORED_AFTER_US (1 * SECOND)
#define CALM_AFTER_US (5 * SECOND)	/* the line may be better now */
#define VERY_CALM_AFTER_US (8 * SECOND) /* it is */

#define GROWTH_SLOW 80 /* permille a second */
#define GROWTH_FAST 250
#define GROWTH_FASTEST 500

#define PERCENT(n) ((n)*RTH_LOSS_ONE / 100)
#define LOSS_SLOWS PERCENT(2)
#define LOSS_CUTS PERCENT(10)
#define LOSS_CUTS_HARD PERCENT(25)
#define TRIAL_CUTS 3
#define RADIO_FORGET_US (4 * SECOND)

static uint32_t permille(uint32_t bps, uint64_t n)
{
	uint64_t r = (uint64_t)bps * n / 1000;

	return r > UINT32_MAX ? UINT32_MAX : (uint32_t)r;
}

static int64_t clamp(int64_t n, int64_t low, int64_t high)
{
	return n < low ? low : n > high ? high : n;
}

static void lower_target(struct rth_governor *g, uint32_t bps)
{
	if (bps < RTH_GOVERNOR_FLOOR_BPS)
		bps = RTH_GOVERNOR_FLOOR_BPS;
	if (bps < g->target_bps)
		g->target_bps = bps;
}

static void set_target(struct rth_governor *g, const struct rth_line *line,
		       uint32_t bps)
{
	if (!g->target_bps)
		g->before_bps = line->sent_bps;
	g->target_bps = UINT32_MAX;
	lower_target(g, bps);
	g->decreased_us = line->now_us;
	g->trouble_us = line->now_us;
	g->roomy_us = 0;
	g->restored_us = 0;
	if (g->target_bps < permille(g->before_bps, 900))
		g->limited = true;
}

static bool was_held_lately(const struct rth_governor *g, int64_t now_us)
{
	return g->hold_until_us && now_us < g->hold_until_us + AFTER_HOLD_US;
}

/* So much queue, or so fast a growing one, that the voice is going to break. */
static bool is_severe(const struct rth_governor *g, const struct rth_line *line)
{
	if (was_held_lately(g, line->now_us))
		return line->queue_us > QUEUE_SEVERE_AGAIN_US;
	if (line->queue_us > QUEUE_SEVERE_US)
		return true;
	if (line->queue_us > QUEUE_SUDDEN_US &&
	    line->lasting_us > QUEUE_FLAT_US &&
	    line->rising_us > RISING_SEVERE_US &&
	    line->sent_bps > permille(line->acked_bps, 1300))
		return true;
	return line->loss > g->radio_loss + LOSS_CUTS_HARD &&
	       line->standing_us > QUEUE_FLAT_US;
}

static bool is_full(const struct rth_governor *g, const struct rth_line *line)
{
	if (was_held_lately(g, line->now_us))
		return line->standing_us > QUEUE_SEVERE_US;
	if (line->standing_us > QUEUE_LONG_US)
		return true;
	return line->standing_us > QUEUE_GROWING_US && line->rising_us > 0;
}

static bool may_decrease(const struct rth_governor *g,
			 const struct rth_line *line)
{
	int64_t pause_us = DECREASE_PAUSE_US + line->rtt_us;

	return !g->target_bps || line->now_us - g->decreased_us > pause_us;
}

static void decrease(struct rth_governor *g, const struct rth_line *line,
		     unsigned keep_permille)
{
	uint32_t bps = permille(line->acked_bps, keep_permille);
	uint32_t most = permille(g->target_bps, 950);

	if (g->target_bps && bps > most)
		bps = most;
	g->full_bps = line->acked_bps;
	g->trial_cuts = 0;
	set_target(g, line, bps);
}

/*
 * While video waits: what is left to drain may turn out otherwise, and what
 * arrives now is what the line carries.
 */
static void watch_hold(struct rth_governor *g, const struct rth_line *line)
{
	int64_t least_us = g->hold_from_us + g->hold_least_us;
	int64_t most_us = g->hold_from_us + HOLD_MAX_US;

	if (most_us < least_us)
		most_us = least_us;
	g->hold_until_us =
		clamp(line->now_us + line->drain_us, least_us, most_us);
	if (line->queue_us > QUEUE_SUDDEN_US && line->acked_bps < g->full_bps) {
		g->full_bps = line->acked_bps;
		lower_target(g, permille(line->acked_bps, KEEP_SEVERE));
	}
}

/* At the floor and full again soon after a hold: the voice alone fits. */
static bool is_hopeless(const struct rth_governor *g, int64_t now_us)
{
	return g->target_bps == RTH_GOVERNOR_FLOOR_BPS && g->hold_until_us &&
	       now_us < g->hold_until_us + HOLD_LONG_US;
}

/* `since` is when something began to be so; 0 while it is not. */
static bool lasts(int64_t *since_us, bool so, int64_t now_us, int64_t for_us)
{
	if (!so)
		*since_us = 0;
	else if (*since_us == 0)
		*since_us = now_us;
	return so && now_us - *since_us > for_us;
}

/* What gets through is less than the least that a camera needs. */
static bool is_starved(const struct rth_governor *g,
		       const struct rth_line *line)
{
	return is_hopeless(g, line->now_us) ||
	       (line->queue_us > QUEUE_SEVERE_US &&
		line->acked_bps < RTH_GOVERNOR_FLOOR_BPS &&
		line->sent_bps > line->acked_bps);
}

static void pause_video(struct rth_governor *g, const struct rth_line *line)
{
	g->paused = true;
	g->hold_from_us = line->now_us;
	g->hold_until_us = INT64_MAX / 2;
	g->probe_bps = PROBE_BPS;
	g->probe_from_us = line->now_us + PROBE_FIRST_US;
	g->probe_enough_us = 0;
	/* Again soon after there seemed to be room: longer than then. */
	if (g->probe_wait_us && line->now_us - g->resumed_us < PAUSE_AGAIN_US)
		g->probe_from_us = line->now_us + g->probe_wait_us;
	else
		g->probe_wait_us = PROBE_WAIT_US;
}

/* The line is full: the next probe comes later. */
static void fail_probe(struct rth_governor *g, const struct rth_line *line)
{
	g->probe_bps = PROBE_BPS;
	g->probe_enough_us = 0;
	g->probe_from_us = line->now_us + g->probe_wait_us;
	g->probe_wait_us = clamp(g->probe_wait_us * 3 / 2, PROBE_WAIT_US,
				 PROBE_WAIT_MAX_US);
}

/* There is room again for the least of cameras, and it may grow. */
static void end_pause(struct rth_governor *g, int64_t now_us)
{
	g->paused = false;
	g->hold_until_us = now_us;
	g->target_bps = PROBE_ENOUGH_BPS * 3 / 4;
	g->full_bps = 0;
	g->probe_bps = 0;
	g->resumed_us = now_us;
	g->trouble_us = now_us;
}

void rth_governor_unprobed(struct rth_governor *g, int64_t now_us,
			   int64_t quiet_us)
{
	int64_t from_us =
		quiet_us > g->probe_from_us ? quiet_us : g->probe_from_us;

	if (g->paused && now_us - from_us > PROBE_WAIT_MAX_US)
		end_pause(g, now_us);
}

/* While video pauses all that is sent, and heard of, are the probes. */
static void watch_pause(struct rth_governor *g, const struct rth_line *line,
			int64_t dt_us)
{
	if (line->now_us < g->probe_from_us)
		return;
	if (line->queue_us > PROBE_QUEUE_US ||
	    line->loss > g->radio_loss + LOSS_CUTS_HARD) {
		fail_probe(g, line);
		return;
	}
	if (g->probe_bps < PROBE_ENOUGH_BPS)
		g->probe_bps += (uint32_t)(g->probe_bps * (uint64_t)dt_us *
					   PROBE_GROWTH / (1000 * SECOND));
	if (lasts(&g->probe_enough_us, g->probe_bps >= PROBE_ENOUGH_BPS,
		  line->now_us, PROBE_DWELL_US))
		end_pause(g, line->now_us);
}

static void hold(struct rth_governor *g, const struct rth_line *line)
{
	if (is_starved(g, line)) {
		pause_video(g, line);
		return;
	}
	g->hold_least_us = HOLD_MIN_US;
	g->hold_from_us = line->now_us;
	watch_hold(g, line);
}

static void forget_radio_loss(struct rth_governor *g,
			      const struct rth_line *line, int64_t dt_us)
{
	if (line->loss < g->radio_loss)
		g->radio_loss -= (uint32_t)((g->radio_loss - line->loss) *
					    dt_us / RADIO_FORGET_US);
}

/* The cuts have not helped: it is the radio, and they are taken back. */
static void give_back(struct rth_governor *g, const struct rth_line *line)
{
	g->radio_loss = line->loss;
	g->trial_cuts = 0;
	if (g->target_bps < g->trial_bps)
		g->target_bps = g->trial_bps;
}

static void cut_for_loss(struct rth_governor *g, const struct rth_line *line,
			 uint32_t excess)
{
	uint32_t from = g->target_bps ? g->target_bps : line->sent_bps;
	uint64_t keep = 1000 - (uint64_t)excess * 500 / RTH_LOSS_ONE;
	uint32_t bps = permille(from, keep);

	if (g->trial_cuts == 0) {
		g->trial_loss = line->loss;
		g->trial_bps = from;
		if (excess > LOSS_CUTS_HARD && line->acked_bps < bps)
			bps = line->acked_bps;
	}
	g->trial_cuts++;
	g->full_bps = line->acked_bps;
	set_target(g, line, bps);
}

/* Loss while no queue is to be seen. Says whether the rate must not grow. */
static bool judge_loss(struct rth_governor *g, const struct rth_line *line)
{
	uint32_t excess =
		line->loss > g->radio_loss ? line->loss - g->radio_loss : 0;

	if (g->trial_cuts && excess < LOSS_CUTS / 2)
		g->trial_cuts = 0;
	if (excess < LOSS_CUTS ||
	    (!g->target_bps && line->sent_bps < RTH_GOVERNOR_FLOOR_BPS))
		return false;
	if (!may_decrease(g, line))
		return true;
	if (!line->blind && g->trial_cuts >= TRIAL_CUTS &&
	    line->loss > g->trial_loss * 3 / 4)
		give_back(g, line);
	else
		cut_for_loss(g, line, excess);
	return true;
}

/* Past the point where the line was last full: it carries more than then. */
static bool is_beyond(const struct rth_governor *g)
{
	return g->target_bps > permille(g->full_bps, 1150);
}

static unsigned growth(const struct rth_governor *g,
		       const struct rth_line *line)
{
	bool far = is_beyond(g) || g->target_bps < permille(g->full_bps, 750);
	int64_t calm_us = line->now_us - g->trouble_us;
	unsigned rate =
		far || calm_us > CALM_AFTER_US ? GROWTH_FAST : GROWTH_SLOW;

	if (calm_us > VERY_CALM_AFTER_US)
		rate = GROWTH_FASTEST;
	return line->loss > g->radio_loss + LOSS_SLOWS ? rate / 2 : rate;
}

/* More than the sender uses is no news of the line, so little is allowed. */
static uint32_t most_allowed(const struct rth_governor *g,
			     const struct rth_line *line)
{
	if (is_beyond(g))
		return permille(line->sent_bps, 2000) + 100000;
	return permille(line->sent_bps, 1500) + 50000;
}

static void increase(struct rth_governor *g, const struct rth_line *line,
		     int64_t dt_us)
{
	uint32_t most = most_allowed(g, line);
	uint64_t step = (uint64_t)g->target_bps * growth(g, line) *
			(uint64_t)dt_us / (1000 * SECOND);
	uint64_t bps = g->target_bps + step;

	if (bps > most)
		bps = most > g->target_bps ? most : g->target_bps;
	g->target_bps = (uint32_t)bps;
}

static void open_up(struct rth_governor *g)
{
	g->target_bps = 0;
	g->full_bps = 0;
	g->limited = false;
	g->roomy_us = 0;
	g->restored_us = 0;
}

static void judge_end(struct rth_governor *g, const struct rth_line *line)
{
	bool calm = line->now_us - g->trouble_us > RESTORED_AFTER_US;
	bool roomy = g->target_bps > permille(line->sent_bps, 1400);
	bool restored = calm && g->target_bps >= g->before_bps;

	if (lasts(&g->roomy_us, roomy, line->now_us, OPEN_AFTER_US) ||
	    g->target_bps > OPEN_BPS)
		open_up(g);
	else if (lasts(&g->restored_us, restored, line->now_us,
		       RESTORED_AFTER_US))
		g->limited = false;
}

void rth_governor_update(struct rth_governor *g, const struct rth_line *line)
{
	int64_t dt_us = clamp(line->now_us - g->updated_us, 0, SECOND / 2);
	bool severe = is_severe(g, line);
	bool grows = line->standing_us < QUEUE_SHORT_US;

	g->updated_us = line->now_us;
	forget_radio_loss(g, line, dt_us);
	if (g->paused) {
		watch_pause(g, line, dt_us);
		return;
	}
	if (line->now_us < g->hold_until_us) {
		watch_hold(g, line);
		return;
	}
	if (severe)
		hold(g, line);
	if (severe || is_full(g, line)) {
		if (may_decrease(g, line))
			decrease(g, line, severe ? KEEP_SEVERE : KEEP);
		grows = false;
	} else if (line->standing_us < QUEUE_FLAT_US) {
		grows = !judge_loss(g, line) && grows;
	}
	if (!g->target_bps)
		return;
	if (grows)
		increase(g, line, dt_us);
	judge_end(g, line);
}

void rth_governor_restart(struct rth_governor *g, int64_t now_us,
			  uint32_t sent_bps)
{
	struct rth_line line = {.now_us = now_us, .sent_bps = sent_bps};
	uint32_t from = g->target_bps && g->target_bps < sent_bps
				? g->target_bps
				: sent_bps;

	if (g->paused)
		return;
	g->hold_until_us = 0;
	g->trial_cuts = 0;
	g->full_bps = 0;
	if (from)
		set_target(g, &line, from / 2);
}
