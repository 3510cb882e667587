/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the lines of a visit were like: what the plugin told each ten seconds,
 * put together into as many points as a chart can show.
 */
#include <string.h>

#include "portal.h"
#include "store_told.h"
#include "text.h"
#include "visit.h"

#define STEP_S 10
#define POINTS_MAX 720

/* What there is in all. */
struct span {
	int64_t first_s, last_s; /* 0: nothing */
};

static enum rth_err span_one(bool clinician, const struct rth_quality *q,
			     void *arg)
{
	struct span *span = arg;

	(void)clinician;
	if (!span->first_s || q->time_s < span->first_s)
		span->first_s = q->time_s;
	if (q->time_s > span->last_s)
		span->last_s = q->time_s;
	return 0;
}

/* Some that become one point. */
struct mean {
	int64_t sum, n;
};

struct points {
	int64_t from_s, step_s;
	json_t *list[2]; /* patient, clinician */
	bool clinician;
	int64_t step; /* of the point that is being made; -1: none */
	struct rth_quality worst;
	struct mean received, sent;
};

static void mean_add(struct mean *mean, int64_t value)
{
	if (value < 0)
		return;
	mean->sum += value;
	mean->n++;
}

static json_t *mean_json(const struct mean *mean)
{
	return mean->n ? json_integer(mean->sum / mean->n) : json_null();
}

static json_t *number_json(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static enum rth_err finish(struct points *p)
{
	json_t *point;

	if (p->step < 0)
		return 0;
	point = json_pack("{s:I, s:o, s:o, s:o, s:o, s:b}", "s",
			  (json_int_t)(p->step * p->step_s), "loss_permille",
			  number_json(p->worst.loss_permille), "round_trip_ms",
			  number_json(p->worst.round_trip_ms), "received_kbps",
			  mean_json(&p->received), "sent_kbps",
			  mean_json(&p->sent), "limited", p->worst.limited);
	p->step = -1;
	return json_array_append_new(p->list[p->clinician], point)
		       ? RTH_ERR_NOMEM
		       : 0;
}

static void begin(struct points *p, bool clinician, int64_t step)
{
	p->clinician = clinician;
	p->step = step;
	p->worst = (struct rth_quality){
		.loss_permille = -1,
		.round_trip_ms = -1,
	};
	p->received = p->sent = (struct mean){0, 0};
}

static enum rth_err add_one(bool clinician, const struct rth_quality *q,
			    void *arg)
{
	struct points *p = arg;
	int64_t step = (q->time_s - p->from_s) / p->step_s;
	enum rth_err err = 0;

	if (q->time_s < p->from_s)
		return 0; /* it came just now */
	if (step != p->step || clinician != p->clinician) {
		err = finish(p);
		begin(p, clinician, step);
	}
	if (q->loss_permille > p->worst.loss_permille)
		p->worst.loss_permille = q->loss_permille;
	if (q->round_trip_ms > p->worst.round_trip_ms)
		p->worst.round_trip_ms = q->round_trip_ms;
	p->worst.limited |= q->limited;
	mean_add(&p->received, q->received_kbps);
	mean_add(&p->sent, q->sent_kbps);
	return err;
}

static enum rth_err read_points(struct rth_store *store, struct points *p,
				const char *visit)
{
	struct span span = {0, 0};
	enum rth_err err =
		rth_store_quality_each(store, visit, span_one, &span);

	p->step = -1;
	p->from_s = span.first_s;
	p->step_s = STEP_S * ((span.last_s - span.first_s) /
				      ((int64_t)STEP_S * POINTS_MAX) +
			      1);
	p->list[0] = json_array();
	p->list[1] = json_array();
	if (!err && (!p->list[0] || !p->list[1]))
		err = RTH_ERR_NOMEM;
	if (!err && span.first_s)
		err = rth_store_quality_each(store, visit, add_one, p);
	return err ? err : finish(p);
}

void rth_visit_handle_quality(struct rth_exchange *x)
{
	struct rth_visit visit;
	struct points p;
	char from[RTH_TIME_SIZE];
	enum rth_err err = rth_visit_find_own(&visit, x);

	if (err == RTH_ERR_NOT_FOUND) {
		rth_reply_not_found(x);
		return;
	}
	memset(&p, 0, sizeof(p));
	if (!err)
		err = read_points(rth_request_portal(x)->store, &p, visit.id);
	if (!err)
		err = rth_text_time(from, p.from_s);
	if (err) {
		json_decref(p.list[0]);
		json_decref(p.list[1]);
		rth_reply_failed(x, err);
		return;
	}
	rth_reply_json(x, 200,
		       json_pack("{s:s?, s:I, s:[{s:s, s:o}, {s:s, s:o}]}",
				 "from", p.from_s ? from : NULL, "step_s",
				 (json_int_t)p.step_s, "seats", "role",
				 "clinician", "points", p.list[1], "role",
				 "patient", "points", p.list[0]));
}
