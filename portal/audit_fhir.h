/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of the audit as FHIR R4 resources: each row is an AuditEvent, each
 * signed head a Provenance with the signature. Both hold in an extension the
 * text that was chained or signed, so that they can be verified. Any thread.
 */
#ifndef RTH_AUDIT_FHIR_H
#define RTH_AUDIT_FHIR_H

#include <jansson.h>

#include "audit_chain.h"
#include "audit_head.h"

/**
 * The AuditEvent of a row.
 *
 * @param exported the row with "prev" and "digest"; borrowed
 * @return 0, RTH_ERR_NOMEM, RTH_ERR_FORMAT
 */
enum rth_err rth_audit_fhir_row(json_t **resourcep,
				const json_t *exported) RTH_CHECKED;

/** The Provenance of a signed head. @param object as rth_audit_head_sign's */
enum rth_err rth_audit_fhir_head(json_t **resourcep,
				 const json_t *object) RTH_CHECKED;

/**
 * And back: what a resource holds, if it is the very resource that is made of
 * that; else RTH_ERR_FORMAT.
 */
enum rth_err rth_audit_fhir_held(json_t **objectp,
				 const json_t *resource) RTH_CHECKED;

#endif
