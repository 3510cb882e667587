/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each line is like, told to event handlers while two people are there.
 * Control thread only.
 */
#ifndef RTH_QUALITY_H
#define RTH_QUALITY_H

#include "control.h"

#define RTH_QUALITY_US INT64_C(10000000)

/**
 * Tells the event `quality` of a seat when it is time (docs/protocol.md).
 *
 * @param now_us monotonic
 */
void rth_quality_tick(const struct rth_control *control,
		      struct rth_session *session, int64_t now_us);

#endif
