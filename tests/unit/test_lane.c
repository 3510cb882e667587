/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole visits through lanes: what is in the files is compared with the truth
 * that each frame carries. 40 ms is the most that voice and picture of a lane,
 * and the lanes among each other, may stand apart.
 */
#include "support.h"

#include "lane.h"
#include "lane_file.h"
#include "mux.h"
#include "synth.h"

#define S INT64_C(1000000)
#define MS INT64_C(1000)
#define PEOPLE 2
#define APART_US (40 * MS)
#define ORIGIN (1000 * S)
#define TICK_US (20 * MS)
#define BUCKETS 4000 /* seconds */
#define JOINED_US (8 * S)

enum { VOICE, CAMERA, STREAMS };

struct span {
	int64_t from_s, to_s; /* of the visit; none if both are 0 */
};

struct scenario {
	const char *name;
	int64_t seconds;
	struct synth_net net;
	double ppm[PEOPLE];	    /* wall clocks */
	double stream_ppm[STREAMS]; /* RTP clocks */
	struct span mute;	    /* RTP time stands still meanwhile */
	struct span mute_running;   /* RTP time goes on */
	struct span camera_off;
	struct span dtx; /* a packet each 400 ms */
	int64_t told_us; /* first reports of a voice are that wrong */
	int64_t rejoin_s;
	bool reports_off;
	bool wraps;
	double voice_least, camera_least; /* share of frames in the files */
};

/* The least and greatest (file's time - truth) within a second. */
struct error {
	int64_t least, most;
	bool any;
};

struct visit {
	const struct scenario *scenario;
	struct synth *synth;
	struct synth_clip clip;
	struct lane_folder folder;
	struct synth_person person[PEOPLE];
	struct synth_stream stream[PEOPLE][STREAMS];
	struct rth_sender *sender[PEOPLE];
	struct rth_lane *lane[PEOPLE];
	uint64_t made[PEOPLE][STREAMS], found[PEOPLE][STREAMS];
	struct error error[PEOPLE][STREAMS][BUCKETS];
	struct error old;
};

static const char *const names[PEOPLE] = {"clinician", "patient"};

static bool within(const struct span *span, int64_t t_us)
{
	return t_us >= ORIGIN + span->from_s * S &&
	       t_us < ORIGIN + span->to_s * S;
}

static void join(struct visit *v, int who, unsigned time)
{
	const struct scenario *sc = v->scenario;
	uint32_t rtp0 = sc->wraps ? UINT32_MAX : 12345;

	for (int i = 0; i < STREAMS; i++) {
		struct synth_stream *stream = &v->stream[who][i];

		*stream = (struct synth_stream){
			.person = &v->person[who],
			.lane = who,
			.slot = i,
			.codec = i == VOICE ? RTH_FEED_OPUS : RTH_FEED_VP8,
			.ssrc = 1000u * time + 10u * (unsigned)who +
				(unsigned)i + 1,
			.type = (uint8_t)((i == VOICE ? 111 : 96) - time),
			.clock_hz = i == VOICE ? 48000 : 90000,
			.ppm = sc->stream_ppm[i],
			.seq = sc->wraps ? 65500 : 7,
			.lag_us = i == VOICE ? 20 * MS : 25 * MS,
		};
		/* Wraps ten seconds into the visit. */
		stream->rtp0 =
			rtp0 - (uint32_t)((ORIGIN / S + 10) * stream->clock_hz);
	}
	v->person[who].epoch_us = 1700000000 * S + time * 3333 * S + who * S;
}

static void begin(struct visit *v, const struct scenario *scenario)
{
	memset(v, 0, sizeof(*v));
	v->scenario = scenario;
	v->synth = synth_create(7);
	synth_clip_read(&v->clip, "media/vp8.ivf");
	lane_folder_make(&v->folder);
	for (int i = 0; i < PEOPLE; i++) {
		struct rth_lane_conf conf = {
			.name = names[i],
			.dirfd = v->folder.fd,
			.part = 1,
			.key = v->folder.key,
			.origin_us = ORIGIN,
		};

		v->person[i].net = scenario->net;
		v->person[i].ppm = scenario->ppm[i];
		assert_int_equal(rth_sender_create(&v->sender[i]), 0);
		conf.sender = v->sender[i];
		assert_int_equal(rth_lane_create(&v->lane[i], &conf), 0);
		join(v, i, 0);
	}
}

static void end(struct visit *v)
{
	for (int i = 0; i < PEOPLE; i++) {
		rth_lane_free(v->lane[i]);
		rth_sender_free(v->sender[i]);
	}
	lane_folder_remove(&v->folder);
	synth_clip_free(&v->clip);
	synth_free(v->synth);
}

/* What a browser sends at a moment; called each 20 ms. */
static void speak(struct visit *v, int who, int64_t t, uint64_t n)
{
	const struct scenario *sc = v->scenario;
	struct synth_stream *voice = &v->stream[who][VOICE];

	if (within(&sc->mute, t)) {
		voice->stood_us += TICK_US;
		return;
	}
	if (within(&sc->mute_running, t))
		return;
	if (within(&sc->dtx, t) && n % 20)
		return;
	v->made[who][VOICE]++;
	synth_opus(v->synth, voice, t);
}

static void show(struct visit *v, int who, int64_t t, uint64_t n)
{
	const struct scenario *sc = v->scenario;
	size_t k = n / 3 % v->clip.n;

	/* Comes back with a key frame, as a browser does. */
	if (n % 3 || within(&sc->camera_off, t))
		return;
	v->made[who][CAMERA]++;
	synth_vp8(v->synth, &v->stream[who][CAMERA], t + 3 * MS,
		  v->clip.frame[k].data, v->clip.frame[k].len);
}

/* For some seconds after somebody has joined, as Firefox. */
static bool just_joined(const struct visit *v, int who, int64_t t)
{
	int64_t again = ORIGIN + (who ? v->scenario->rejoin_s : 0) * S;

	return t - (t < again ? ORIGIN : again) < JOINED_US;
}

static void report(struct visit *v, int who, int64_t t, uint64_t n)
{
	if (v->scenario->reports_off)
		return;
	v->stream[who][VOICE].told_us =
		just_joined(v, who, t) ? v->scenario->told_us : 0;
	if (n % 250 == 40 + 50 * (unsigned)who)
		synth_report(v->synth, &v->stream[who][VOICE], t + 7 * MS);
	if (n % 50 == 30)
		synth_report(v->synth, &v->stream[who][CAMERA], t + 11 * MS);
}

static void receive(struct visit *v, int64_t t)
{
	const struct synth_packet *p;

	while ((p = synth_next(v->synth, t))) {
		if (p->rtcp)
			rth_sender_report(v->sender[p->lane], p->bytes, p->len,
					  p->time_us);
		else
			assert_int_equal(rth_lane_rtp(v->lane[p->lane], p->slot,
						      p->codec, p->bytes,
						      p->len, p->time_us),
					 0);
	}
	for (int i = 0; i < PEOPLE; i++)
		assert_int_equal(rth_lane_tick(v->lane[i], t), 0);
}

static void run(struct visit *v)
{
	int64_t seconds = v->scenario->seconds;
	uint64_t n = 0;
	int64_t t;

	for (t = ORIGIN; t < ORIGIN + seconds * S; t += TICK_US, n++) {
		if (v->scenario->rejoin_s &&
		    t == ORIGIN + v->scenario->rejoin_s * S)
			join(v, 1, 1);
		for (int i = 0; i < PEOPLE; i++) {
			speak(v, i, t, n);
			show(v, i, t, n);
			report(v, i, t, n);
		}
		receive(v, t);
		for (int i = 0; i < PEOPLE && n % 500 == 0; i++)
			assert_int_equal(rth_lane_flush(v->lane[i]), 0);
	}
	receive(v, t + 5 * S);
	for (int i = 0; i < PEOPLE; i++)
		assert_int_equal(rth_lane_finish(v->lane[i]), 0);
}

static void widen(struct error *error, int64_t least, int64_t most)
{
	if (!error->any || least < error->least)
		error->least = least;
	if (!error->any || most > error->most)
		error->most = most;
	error->any = true;
}

/* One after another the voice's packets last as long as their times say. */
static void follow_voice(const struct lane_frame *f, int64_t *voice_us)
{
	assert_in_range(f->time_us + 21 * MS - *voice_us, 0, 42 * MS);
	*voice_us += rth_mux_opus_us(f->data, f->len);
}

static bool is_silence(const struct lane_frame *f)
{
	return !f->picture && f->len == 3;
}

static void read_frame(struct visit *v, int who, const struct lane_frame *f,
		       int64_t start_us)
{
	int64_t truth = synth_truth(f->data, f->len) - ORIGIN;
	int64_t at = start_us + f->time_us;
	int64_t second = truth / S;

	assert_in_range(second, 0, BUCKETS - 1);
	v->found[who][f->picture]++;
	widen(&v->error[who][f->picture][second], at - truth, at - truth);
}

static void read_lane(struct visit *v, int who)
{
	struct rth_segment_info info;

	for (size_t n = 0; !rth_lane_segment(v->lane[who], n, &info); n++) {
		struct lane_file file;
		int64_t last[STREAMS] = {-1, -1};
		int64_t voice_us = 0;

		assert_true(info.finished);
		lane_file_read(&file, &v->folder, info.name);
		assert_int_equal(file.len, info.bytes);
		for (size_t i = 0; i < file.n; i++) {
			const struct lane_frame *f = &file.frame[i];

			assert_true(f->time_us > last[f->picture]);
			last[f->picture] = f->time_us;
			if (!f->picture)
				follow_voice(f, &voice_us);
			if (!is_silence(f))
				read_frame(v, who, f, info.start_ms * MS);
		}
		lane_file_free(&file);
	}
}

/* How far apart the streams of these lanes stand within a second. */
static int64_t apart(const struct visit *v, int from, int to, int64_t *whenp)
{
	int64_t most = 0;

	for (int64_t s = 0; s < BUCKETS; s++) {
		struct error all = {0};

		for (int i = from; i < to; i++)
			for (int k = 0; k < STREAMS; k++)
				if (v->error[i][k][s].any)
					widen(&all, v->error[i][k][s].least,
					      v->error[i][k][s].most);
		if (all.any && all.most - all.least > most) {
			most = all.most - all.least;
			*whenp = s;
		}
	}
	return most;
}

static void compare(struct visit *v)
{
	const struct scenario *sc = v->scenario;
	int64_t lane[PEOPLE], all, at = 0, when[PEOPLE] = {0};

	for (int i = 0; i < PEOPLE; i++) {
		read_lane(v, i);
		lane[i] = apart(v, i, i + 1, &when[i]);
	}
	all = apart(v, 0, PEOPLE, &at);
	printf("# %s: apart at most %.1f and %.1f ms in a lane, %.1f ms among "
	       "all (at %lld s); voice %.1f %%, picture %.1f %%\n",
	       sc->name, (double)lane[0] / 1e3, (double)lane[1] / 1e3,
	       (double)all / 1e3, (long long)at,
	       100.0 * (double)v->found[1][VOICE] / (double)v->made[1][VOICE],
	       100.0 * (double)v->found[1][CAMERA] /
		       (double)v->made[1][CAMERA]);
	if (getenv("RTH_TRACE"))
		for (int64_t s = 0; s < BUCKETS; s++)
			for (int i = 0; i < PEOPLE; i++)
				for (int k = 0; k < STREAMS; k++)
					if (v->error[i][k][s].any)
						printf("# %lld s lane %d "
						       "stream %d: "
						       "%.1f..%.1f\n",
						       (long long)s, i, k,
						       (double)v->error[i][k][s]
								       .least /
							       1e3,
						       (double)v->error[i][k][s]
								       .most /
							       1e3);
	for (int i = 0; i < PEOPLE; i++) {
		assert_in_range(lane[i], 0, APART_US);
		assert_true((double)v->found[i][VOICE] >=
			    sc->voice_least * (double)v->made[i][VOICE]);
		assert_true((double)v->found[i][CAMERA] >=
			    sc->camera_least * (double)v->made[i][CAMERA]);
	}
	assert_in_range(all, 0, APART_US);
}

static void play(void **state)
{
	struct visit *v = malloc(sizeof(*v));

	assert_non_null(v);
	begin(v, *state);
	run(v);
	compare(v);
	end(v);
	free(v);
}

static bool outage(int64_t now_us)
{
	return now_us > ORIGIN + 60 * S && now_us < ORIGIN + 120 * S;
}

/* From 40 s on a queue grows to 3 s and drains from 70 s on. */
static int64_t bloat(int64_t now_us)
{
	int64_t t = now_us - ORIGIN;

	if (t < 40 * S || t > 100 * S)
		return 0;
	return t < 70 * S ? (t - 40 * S) / 10 : (100 * S - t) / 10;
}

/* Nothing for 3 s, then all of it at once. */
static int64_t stall(int64_t now_us)
{
	int64_t t = now_us - ORIGIN;

	return t > 30 * S && t < 33 * S ? 33 * S - t : 0;
}

static struct scenario scenarios[] = {
	{"a good line",
	 30,
	 {30 * MS, 5 * MS, 0, 0, 0, NULL, NULL},
	 .voice_least = 0.99,
	 .camera_least = 0.98},
	{"an hour, 50 ppm",
	 3600,
	 {30 * MS, 10 * MS, 0, 0, 0, NULL, NULL},
	 .ppm = {50, -50},
	 .stream_ppm = {50, -50},
	 .wraps = true,
	 .voice_least = 0.99,
	 .camera_least = 0.99},
	{"5 % lost, half of it sent again, 200 ms jitter",
	 300,
	 {30 * MS, 200 * MS, 0.05, 0.5, 0.3, NULL, NULL},
	 .wraps = true,
	 .ppm = {50, -50},
	 .voice_least = 0.96,
	 .camera_least = 0.4},
	{"silence",
	 120,
	 {30 * MS, 50 * MS, 0, 0, 0, NULL, NULL},
	 .dtx = {20, 80},
	 .voice_least = 0.98,
	 .camera_least = 0.98},
	{"muted, RTP time stands still",
	 120,
	 {30 * MS, 20 * MS, 0, 0, 0, NULL, NULL},
	 .mute = {30, 70},
	 .wraps = true,
	 .voice_least = 0.98,
	 .camera_least = 0.98},
	{"muted, RTP time goes on",
	 120,
	 {30 * MS, 20 * MS, 0, 0, 0, NULL, NULL},
	 .mute_running = {30, 70},
	 .voice_least = 0.98,
	 .camera_least = 0.98},
	{"camera off and on",
	 120,
	 {30 * MS, 20 * MS, 0, 0, 0, NULL, NULL},
	 .camera_off = {30, 70},
	 .voice_least = 0.98,
	 .camera_least = 0.95},
	{"another browser comes back",
	 120,
	 {30 * MS, 20 * MS, 0, 0, 0, NULL, NULL},
	 .rejoin_s = 60,
	 .voice_least = 0.98,
	 .camera_least = 0.95},
	{"first reports of a voice 50 ms too late",
	 120,
	 {30 * MS, 5 * MS, 0, 0, 0, NULL, NULL},
	 .told_us = 50 * MS,
	 .rejoin_s = 60,
	 .voice_least = 0.98,
	 .camera_least = 0.95},
	{"first reports of a voice 50 ms too early",
	 120,
	 {30 * MS, 5 * MS, 0, 0, 0, NULL, NULL},
	 .told_us = -50 * MS,
	 .rejoin_s = 60,
	 .voice_least = 0.98,
	 .camera_least = 0.95},
	{"away for 60 s",
	 180,
	 {30 * MS, 20 * MS, 0, 0, 0, NULL, outage},
	 .wraps = true,
	 .ppm = {50, -50},
	 .voice_least = 0.6,
	 .camera_least = 0.6},
	{"a queue of 3 s",
	 150,
	 {30 * MS, 20 * MS, 0, 0, 0, bloat, NULL},
	 .voice_least = 0.98,
	 .camera_least = 0.95},
	{"a stall of 3 s",
	 60,
	 {30 * MS, 10 * MS, 0, 0, 0, stall, NULL},
	 .voice_least = 0.98,
	 .camera_least = 0.95},
	{"no reports at all",
	 60,
	 {30 * MS, 20 * MS, 0, 0, 0, NULL, NULL},
	 .reports_off = true,
	 .voice_least = 0.98,
	 .camera_least = 0.95},
};

#define COUNT (sizeof(scenarios) / sizeof(scenarios[0]))

int main(void)
{
	struct CMUnitTest tests[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		tests[i] = (struct CMUnitTest){scenarios[i].name, play, NULL,
					       NULL, &scenarios[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
