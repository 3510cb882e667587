/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the configuration says of the clinic. See settings_clinic.h.
 */
#include "settings_clinic.h"

#include <string.h>

#include "brand.h"
#include "mem.h"

const char *rth_settings_wrong_logo(const char *path)
{
	struct rth_brand_logo logo;

	if (rth_brand_read_logo(&logo, path))
		return "must be a file that can be read, an SVG or a PNG of at "
		       "most 256 KiB";
	rth_brand_free_logo(&logo);
	return NULL;
}

const char *rth_settings_wrong_accent(const char *text)
{
	struct rth_brand_colours colours;

	return rth_brand_colours(&colours, text)
		       ? "must be a colour such as \"#0e6b5e\""
		       : NULL;
}

/* It becomes a link that dials. */
const char *rth_settings_wrong_number(const char *text)
{
	size_t digits = 0;
	const char *s;

	for (s = text; *s; s++)
		digits += *s >= '0' && *s <= '9';
	return !digits || strspn(text, "0123456789 +-()/") != strlen(text)
		       ? "must be a telephone number: digits, spaces, + - ( ) /"
		       : NULL;
}

enum rth_err rth_settings_clinic(struct rth_settings *settings)
{
	char *name;

	if (!settings->clinic.name)
		return 0;
	name = rth_strdup(settings->clinic.name);
	if (!name)
		return RTH_ERR_NOMEM;
	rth_free(settings->clinic_name);
	settings->clinic_name = name;
	return 0;
}
