/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was refused, counted by kind.
 */
#include "refused.h"

#include "log.h"

void rth_refused_add(struct rth_refused *refused, enum rth_refused_kind kind,
		     unsigned n)
{
	atomic_fetch_add(&refused->n[kind], n);
}

enum rth_refused_kind rth_refused_kind(unsigned status)
{
	static const struct {
		unsigned status;
		enum rth_refused_kind kind;
	} kinds[] = {
		{400, RTH_REFUSED_MALFORMED}, {403, RTH_REFUSED_WRONG_ORIGIN},
		{404, RTH_REFUSED_NO_ROUTE},  {405, RTH_REFUSED_NO_ROUTE},
		{413, RTH_REFUSED_TOO_LARGE}, {414, RTH_REFUSED_TOO_LARGE},
		{415, RTH_REFUSED_MALFORMED}, {421, RTH_REFUSED_WRONG_HOST},
		{431, RTH_REFUSED_TOO_LARGE}, {503, RTH_REFUSED_BUSY},
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].status == status)
			return kinds[i].kind;
	return RTH_REFUSED_OTHER;
}

void rth_refused_log(struct rth_refused *refused, const char *listener)
{
	int n[RTH_REFUSED_KINDS];
	int all = 0;
	size_t i;

	for (i = 0; i < RTH_REFUSED_KINDS; i++) {
		n[i] = (int)atomic_exchange(&refused->n[i], 0);
		all |= n[i];
	}
	if (!all)
		return;
	rth_log(RTH_LOG_WARN, "refused",
		"s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i", "listener",
		listener, "malformed", n[RTH_REFUSED_MALFORMED], "too_large",
		n[RTH_REFUSED_TOO_LARGE], "no_route", n[RTH_REFUSED_NO_ROUTE],
		"wrong_host", n[RTH_REFUSED_WRONG_HOST], "wrong_origin",
		n[RTH_REFUSED_WRONG_ORIGIN], "busy", n[RTH_REFUSED_BUSY],
		"other", n[RTH_REFUSED_OTHER], "late", n[RTH_REFUSED_LATE],
		"broken", n[RTH_REFUSED_BROKEN]);
}
