/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of errors. */
#include "err.h"

static const char *const names[RTH_ERR_COUNT] = {
	[RTH_OK] = "ok",
	[RTH_ERR_NOMEM] = "no-memory",
	[RTH_ERR_FORMAT] = "format",
	[RTH_ERR_LIMIT] = "limit",
	[RTH_ERR_NOT_FOUND] = "not-found",
	[RTH_ERR_EXISTS] = "exists",
	[RTH_ERR_DENIED] = "denied",
	[RTH_ERR_STATE] = "state",
	[RTH_ERR_IO] = "io",
	[RTH_ERR_CRYPTO] = "crypto",
	[RTH_ERR_TIMEOUT] = "timeout",
	[RTH_ERR_UNAVAILABLE] = "unavailable",
	[RTH_ERR_CONFIG] = "config",
};

const char *rth_err_name(enum rth_err err)
{
	if ((unsigned)err >= RTH_ERR_COUNT)
		return "unknown";
	return names[err];
}
