/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit as lines of JSON, to be read and proven without the database:
 * docs/audit.md. One thread.
 */
#ifndef RTH_AUDIT_EXPORT_H
#define RTH_AUDIT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"
#include "settings.h"
#include "store.h"

/**
 * Writes the rows up to the last one that is signed now, each with "prev" and
 * "digest", then the signed heads.
 *
 * @param since_s rows from this time on; 0: all
 * @param fhir    AuditEvent and Provenance resources
 * @return 0; RTH_ERR_STATE: a row is malformed or missing, and the export ends
 *         before it; RTH_ERR_IO, RTH_ERR_NOMEM
 */
enum rth_err rth_audit_export(FILE *out, const struct rth_settings *settings,
			      struct rth_store *store, int64_t since_s,
			      bool fhir) RTH_CHECKED;

#endif
