/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the configuration says of the clinic itself: name, logo, accent, number
 * for emergencies.
 */
#ifndef RTH_SETTINGS_CLINIC_H
#define RTH_SETTINGS_CLINIC_H

#include "settings.h"

/* For the table of keys: what is wrong with a value, or NULL. */
const char *rth_settings_wrong_logo(const char *path);
const char *rth_settings_wrong_accent(const char *text);
const char *rth_settings_wrong_number(const char *text);

/** clinic.name takes the place of clinic_name. Startup. RTH_ERR_NOMEM. */
enum rth_err rth_settings_clinic(struct rth_settings *settings) RTH_CHECKED;

#endif
