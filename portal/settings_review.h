/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of the configuration's groups `review` and `retention`, for
 * settings.c.
 */
#ifndef RTH_SETTINGS_REVIEW_H
#define RTH_SETTINGS_REVIEW_H

#include "settings.h"

extern const struct rth_conf_key rth_review_rule_keys[];
extern const struct rth_conf_key rth_retention_rule_keys[];

/* For struct rth_conf_key's `wrong`. */
const char *rth_settings_wrong_kind(const char *text);
const char *rth_settings_wrong_reason(const char *text);
const char *rth_settings_wrong_need(const char *text);

/**
 * Computes what of these groups is computed, and fills in the rules that hold
 * where there are none. Startup.
 *
 * @param path    of the file, for `problem`
 * @return 0, RTH_ERR_CONFIG, RTH_ERR_NOMEM
 */
enum rth_err rth_settings_review(struct rth_settings *settings,
				 const char *path,
				 struct rth_conf_problem *problem) RTH_CHECKED;

#endif
