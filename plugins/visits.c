/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is remembered of visits. See visits.h.
 */
#include "visits.h"

#include <string.h>

#include "mem.h"

/* Says whether forgetting it would let somebody in, or out of a place. */
static bool is_worth_keeping(const struct rth_visit *visit, int64_t now_s)
{
	return visit->open || now_s < visit->wary_until_s ||
	       ((visit->ended || visit->sub[0]) && now_s < visit->until_s);
}

static void drop(struct rth_visits *visits, struct rth_visit **at)
{
	struct rth_visit *visit = *at;

	*at = visit->next;
	visits->n--;
	rth_free(visit);
}

/* With too many the oldest goes whose loss costs a knock; else the oldest. */
static void make_room(struct rth_visits *visits)
{
	struct rth_visit **closed = NULL, **harmless = NULL;

	for (struct rth_visit **at = &visits->first; *at; at = &(*at)->next) {
		if ((*at)->open)
			continue;
		closed = at;
		if (!(*at)->ended && !(*at)->wary_until_s)
			harmless = at;
	}
	if (harmless)
		drop(visits, harmless);
	else if (closed)
		drop(visits, closed);
}

struct rth_visit *rth_visit_find(const struct rth_visits *visits,
				 const char *id)
{
	struct rth_visit *visit = visits->first;

	while (visit && strcmp(visit->id, id) != 0)
		visit = visit->next;
	return visit;
}

enum rth_err rth_visit_open(struct rth_visits *visits, const char *id,
			    int64_t now_s, struct rth_visit **visitp)
{
	struct rth_visit *visit = rth_visit_find(visits, id);

	if (visit && visit->ended && now_s < visit->until_s)
		return RTH_ERR_DENIED;
	if (!visit) {
		if (visits->n >= RTH_VISITS_MAX)
			make_room(visits);
		visit = rth_alloc(sizeof(*visit));
		if (!visit)
			return RTH_ERR_NOMEM;
		memcpy(visit->id, id, RTH_ID_SIZE);
		visit->next = visits->first;
		visits->first = visit;
		visits->n++;
	}
	visit->open = true;
	visit->ended = false;
	*visitp = visit;
	return RTH_OK;
}

void rth_visit_close(struct rth_visits *visits, struct rth_visit *visit,
		     int64_t now_s)
{
	struct rth_visit **at = &visits->first;

	visit->open = false;
	if (is_worth_keeping(visit, now_s))
		return;
	while (*at != visit)
		at = &(*at)->next;
	drop(visits, at);
}

static bool is_of(const struct rth_visit *visit, const struct rth_admitted *who)
{
	return visit->sub[0] && visit->issuer == who->issuer &&
	       strcmp(visit->sub, who->sub) == 0;
}

void rth_visit_admit(struct rth_visit *visit, const struct rth_admitted *who,
		     int64_t now_s)
{
	if (!is_of(visit, who)) {
		if (visit->sub[0] && now_s < visit->until_s)
			visit->wary_until_s = now_s + RTH_ENDED_S;
		visit->until_s = 0;
	}
	visit->issuer = who->issuer;
	memcpy(visit->sub, who->sub, sizeof(visit->sub));
	if (visit->until_s < who->seat_until_s)
		visit->until_s = who->seat_until_s;
}

void rth_visit_remove(struct rth_visit *visit, const struct rth_admitted *who,
		      int64_t now_s)
{
	if (who->role != RTH_ROLE_PATIENT)
		return;
	visit->wary_until_s = now_s + RTH_ENDED_S;
	if (is_of(visit, who))
		visit->sub[0] = '\0';
}

bool rth_visit_remove_sub(struct rth_visit *visit, const char *sub,
			  int64_t now_s)
{
	if (!visit->sub[0] || strcmp(visit->sub, sub) != 0)
		return false;
	visit->wary_until_s = now_s + RTH_ENDED_S;
	visit->sub[0] = '\0';
	return true;
}

/* Of who was admitted before this plugin was started. */
static bool is_believed(const struct rth_visit *visit,
			const struct rth_admitted *who, int64_t now_s)
{
	return who->admitted && now_s >= visit->wary_until_s &&
	       (!visit->sub[0] || now_s >= visit->until_s || is_of(visit, who));
}

bool rth_visit_knows(const struct rth_visit *visit,
		     const struct rth_admitted *who, int64_t now_s)
{
	return !visit->ended &&
	       ((now_s < visit->until_s && is_of(visit, who)) ||
		is_believed(visit, who, now_s));
}

void rth_visit_end(struct rth_visit *visit, int64_t now_s)
{
	visit->ended = true;
	visit->sub[0] = '\0';
	visit->until_s = now_s + RTH_ENDED_S;
}

void rth_visits_sweep(struct rth_visits *visits, int64_t now_s)
{
	struct rth_visit **at = &visits->first;

	while (*at) {
		if (is_worth_keeping(*at, now_s))
			at = &(*at)->next;
		else
			drop(visits, at);
	}
}

void rth_visits_clear(struct rth_visits *visits)
{
	while (visits->first)
		drop(visits, &visits->first);
}
