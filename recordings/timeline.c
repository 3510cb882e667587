/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Placing frames on the relay's clock. See timeline.h.
 *
 *   placed at = rtp / clock + shift            `shift` follows `wanted()`:
 *   wanted    = link + offset + excess         once there was a report
 *             = fastest packet's arrival       before
 *
 * link: browser's clock minus RTP time, by this stream's reports. offset:
 * relay's clock minus browser's clock, shared by the person's streams.
 *
 * A voice's RTP time counts samples. A busy browser loses some, Firefox most
 * of all, and the voice falls behind the clock for good. So the greatest of its
 * last links counts, and its packets tell nothing of the offset: with the link
 * of before or after, they would move all lanes of the person.
 */
#include "timeline.h"

#include <stdlib.h>

#include "mem.h"
#include "rtp.h"

#define SILENCE_US 1000000	/* may hide that the RTP time stood still */
#define VOICE_APART_US 150000	/* that is "elsewhere" */
#define PICTURE_APART_US 500000 /* a lone frame may wait long on its way */
#define EARLY_US 1000000	/* it came that long before it was made */
#define FASTER_US 300000	/* most that one packet says of the offset */
#define TICKS_MAX ((int64_t)1 << 41)
#define LINKS 5		/* reports whose median counts */
#define VOICE_LINKS 3	/* and whose greatest */
#define STEP_US 150000	/* a report that far off: the clock was set */
#define EPOCH_US 500000 /* another browser's clock */
#define SLOW_US 20000	/* errors above are undone faster */
#define SENT_US 20000	/* may pass until a voice is sent */

struct rth_timeline {
	struct rth_sender *sender;
	uint32_t ssrc;
	uint32_t clock_hz;

	bool started;
	uint32_t last_rtp; /* of the last packet */
	int64_t last_ticks;
	int64_t last_us;   /* its arrival */
	int64_t last_late; /* its arrival minus its RTP time */

	struct rth_least fastest;   /* arrival minus RTP time */
	struct rth_present present; /* the same, of now */

	bool unsure;
	int64_t unsure_us;    /* since */
	int64_t unsure_least; /* least arrival minus RTP time, since */

	uint64_t serial; /* of the last report that was looked at */
	bool linked;	 /* a report came since the stream was placed */
	int64_t link[LINKS];
	unsigned links;
	bool old_known; /* the link before the stream was placed anew */
	int64_t old_link;
	int64_t excess;
	bool doubted; /* the last report did not fit */
	int64_t doubt;

	bool placed;
	int64_t shift;
	int64_t placed_ticks;
};

enum rth_err rth_timeline_create(struct rth_timeline **timelinep,
				 struct rth_sender *sender, uint32_t ssrc,
				 uint32_t clock_hz)
{
	struct rth_timeline *t = rth_alloc(sizeof(*t));

	if (!t)
		return RTH_ERR_NOMEM;
	t->sender = sender;
	t->ssrc = ssrc;
	t->clock_hz = clock_hz;
	*timelinep = t;
	return RTH_OK;
}

void rth_timeline_free(struct rth_timeline *t)
{
	rth_free(t);
}

static int64_t to_us(const struct rth_timeline *t, int64_t ticks)
{
	return ticks * 1000000 / t->clock_hz;
}

/* RTP time without its wrapping, near that of the last packet. */
static int64_t extend(const struct rth_timeline *t, uint32_t rtp)
{
	return t->last_ticks + (int32_t)(rtp - t->last_rtp);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool is_voice(const struct rth_timeline *t)
{
	return t->clock_hz == RTH_RTP_CLOCK_VOICE;
}

static int64_t link_now(const struct rth_timeline *t)
{
	int64_t sorted[LINKS];
	unsigned most = is_voice(t) ? VOICE_LINKS : LINKS;
	unsigned n = t->links < most ? t->links : most;

	for (unsigned i = 0; i < n; i++)
		sorted[i] = t->link[i];
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return sorted[is_voice(t) ? n - 1 : n / 2];
}

static void add_link(struct rth_timeline *t, int64_t link)
{
	unsigned most = is_voice(t) ? VOICE_LINKS : LINKS;

	t->link[t->links++ % most] = link;
	t->doubted = false;
}

/* Where the reports place it; false if there are none. */
static bool reported(const struct rth_timeline *t, int64_t *shift)
{
	int64_t offset;

	if (!t->linked || !rth_sender_offset(t->sender, &offset))
		return false;
	*shift = link_now(t) + offset;
	return true;
}

/* Where it was to be found before the last packets came. */
static int64_t expected(const struct rth_timeline *t)
{
	int64_t shift;

	return reported(t, &shift) ? shift + t->excess : t->fastest.value;
}

/*
 * A voice came after it was made, and not longer after it than what else its
 * person sends: that tells of lost samples before the next report does.
 */
static int64_t wanted(const struct rth_timeline *t)
{
	int64_t came = rth_present_least(&t->present);
	int64_t shift = expected(t);
	int64_t way;

	if (!t->linked || !is_voice(t))
		return shift;
	if (came < shift)
		return came;
	if (!rth_sender_delay(t->sender, t->ssrc, t->last_us, &way) ||
	    came - way - SENT_US < shift)
		return shift;
	return came - way - SENT_US;
}

/*
 * The first report since the stream was placed. If the person's clock seems to
 * stand elsewhere by this report and no other stream vouches for it, it is
 * another clock. If the RTP time stands to the browser's clock as it did
 * before the silence, it was the browser that slept (or the network that was
 * late): what the stream's arrival said goes on, as excess.
 */
static void first_link(struct rth_timeline *t, int64_t link, int64_t now_us)
{
	bool same = t->old_known && llabs(link - t->old_link) < STEP_US;
	int64_t offset = 0;
	bool known = rth_sender_offset(t->sender, &offset);
	int64_t apart = t->fastest.value - link - offset;
	int64_t delay;

	t->excess = 0;
	if (known && llabs(apart) > EPOCH_US && !same &&
	    !rth_sender_delay(t->sender, t->ssrc, now_us, &delay)) {
		rth_sender_offset_clear(t->sender);
		known = false;
	}
	if (known && same && apart > 0)
		t->excess = apart;
	t->links = 0;
	t->linked = true;
	add_link(t, link);
	if (!t->excess && !is_voice(t))
		rth_sender_offset_add(t->sender, t->fastest.value - link,
				      now_us);
}

/* Says whether the browser's clock stands where it stood, by a report. */
static bool stands(const struct rth_timeline *t, int64_t offset_us)
{
	int64_t offset;

	return rth_sender_offset(t->sender, &offset) &&
	       llabs(offset_us - offset) < STEP_US;
}

/*
 * Says whether a report fits; one that does not must come twice, but if the
 * clock stands and it is a voice that fell behind.
 */
static bool next_link(struct rth_timeline *t, int64_t link, int64_t offset_us)
{
	int64_t step = link - link_now(t);

	if (llabs(step) < STEP_US) {
		add_link(t, link);
		return true;
	}
	if (t->excess) {
		/* The silence's report came late; this one is the first. */
		t->excess = 0;
		t->links = 0;
		add_link(t, link);
		return true;
	}
	if (is_voice(t) && step > 0 && stands(t, offset_us)) {
		add_link(t, link);
		return true;
	}
	if (!t->doubted || llabs(step - t->doubt) > STEP_US) {
		t->doubted = true;
		t->doubt = step;
		return false;
	}
	rth_sender_step(t->sender, step);
	add_link(t, link - step);
	return false;
}

/* Looks whether there is a new report of this stream. */
static void look(struct rth_timeline *t)
{
	struct rth_sender_sr sr = rth_sender_last(t->sender, t->ssrc);
	int64_t link;

	if (sr.serial == t->serial || t->unsure)
		return;
	t->serial = sr.serial;
	link = sr.ntp_us - to_us(t, extend(t, sr.rtp));
	if (!t->linked)
		first_link(t, link, sr.time_us);
	else if (!next_link(t, link, sr.time_us - sr.ntp_us))
		return;
	rth_sender_offset_add(t->sender, sr.time_us - sr.ntp_us, sr.time_us);
}

/* What a packet says of the clocks while all goes on as expected. */
static void learn(struct rth_timeline *t, int64_t late, int64_t time_us)
{
	int64_t shift;

	rth_least_add(&t->fastest, late, time_us);
	if (!reported(t, &shift))
		return;
	/* Much faster than ever is an RTP time that jumped; reports tell. */
	if (!t->excess && !is_voice(t) && late > shift - FASTER_US)
		rth_sender_offset_add(t->sender, late - link_now(t), time_us);
	(void)reported(t, &shift);
	if (late - shift < t->excess)
		t->excess = late > shift ? late - shift : 0;
	rth_sender_delay_add(t->sender, t->ssrc, late - shift, time_us);
}

static void doubt(struct rth_timeline *t, int64_t late, int64_t time_us)
{
	t->unsure = true;
	t->unsure_us = time_us;
	t->unsure_least = late;
}

static bool elsewhere(const struct rth_timeline *t, int64_t apart)
{
	return llabs(apart) > (t->clock_hz == RTH_RTP_CLOCK_VOICE
				       ? VOICE_APART_US
				       : PICTURE_APART_US);
}

/*
 * The moment of listening is over. If what came fastest came as much later
 * than expected as the person's other streams do, it is the network.
 */
static void decide(struct rth_timeline *t, int64_t now_us)
{
	int64_t apart = t->unsure_least - expected(t);
	int64_t delay = 0;
	bool other = rth_sender_delay(t->sender, t->ssrc, now_us, &delay);

	t->unsure = false;
	if (!elsewhere(t, apart) || (other && !elsewhere(t, apart - delay))) {
		rth_least_add(&t->fastest, t->unsure_least, now_us);
		return;
	}
	if (t->linked) {
		t->old_known = true;
		t->old_link = link_now(t);
	}
	t->linked = false;
	t->excess = 0;
	t->placed = false;
	rth_least_clear(&t->fastest);
	rth_least_add(&t->fastest, t->unsure_least, now_us);
	/* A report of before says nothing of now. */
	t->serial = rth_sender_last(t->sender, t->ssrc).serial;
}

static void start(struct rth_timeline *t, uint32_t rtp)
{
	*t = (struct rth_timeline){
		.sender = t->sender,
		.ssrc = t->ssrc,
		.clock_hz = t->clock_hz,
		.started = true,
		.last_ticks = rtp,
		.last_rtp = rtp,
	};
}

void rth_timeline_arrived(struct rth_timeline *t, uint32_t rtp, int64_t time_us)
{
	/* The second cannot happen but to a sender that jumps on purpose. */
	bool first = !t->started || llabs(t->last_ticks) > TICKS_MAX;
	int64_t ticks, late;
	bool strange;

	if (first)
		start(t, rtp);
	ticks = extend(t, rtp);
	late = time_us - to_us(t, ticks);
	strange = !first && ((time_us - t->last_us > SILENCE_US &&
			      elsewhere(t, late - t->last_late)) ||
			     late < expected(t) - EARLY_US);
	rth_present_add(&t->present, late, time_us);
	if (!t->unsure && strange)
		doubt(t, late, time_us);
	if (t->unsure) {
		if (late < t->unsure_least)
			t->unsure_least = late;
		(void)rth_timeline_sure(t, time_us);
	} else {
		learn(t, late, time_us);
	}
	if (ticks > t->last_ticks || strange ||
	    llabs(ticks - t->last_ticks) > (int64_t)10 * t->clock_hz) {
		t->last_ticks = ticks;
		t->last_rtp = rtp;
	}
	t->last_us = time_us;
	t->last_late = late;
	look(t);
}

bool rth_timeline_sure(struct rth_timeline *t, int64_t now_us)
{
	if (t->unsure && now_us - t->unsure_us >= RTH_TIMELINE_UNSURE_US)
		decide(t, now_us);
	return !t->unsure;
}

/* How far the shift may move while this much media goes by. */
static int64_t limited(int64_t error, int64_t media_us)
{
	int64_t most = llabs(error) > SLOW_US ? media_us / 10 : media_us / 100;

	if (most < 0)
		most = 0;
	if (error > most)
		return most;
	return error < -most ? -most : error;
}

int64_t rth_timeline_place(struct rth_timeline *t, uint32_t rtp)
{
	int64_t ticks = extend(t, rtp);
	int64_t media_us = to_us(t, ticks - t->placed_ticks);
	int64_t error = wanted(t) - t->shift;

	if (!t->placed || media_us > SILENCE_US)
		t->shift = wanted(t);
	else
		t->shift += limited(error, media_us);
	t->placed = true;
	if (t->placed_ticks < ticks || llabs(media_us) > SILENCE_US)
		t->placed_ticks = ticks;
	return to_us(t, ticks) + t->shift;
}
