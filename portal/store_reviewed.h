/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the store's questions for recordings with their visits and people have
 * in common.
 */
#ifndef RTH_STORE_REVIEWED_H
#define RTH_STORE_REVIEWED_H

#include "store.h"
#include "store_db.h"

#define RTH_REVIEWED_COLUMNS                                            \
	"r.id, r.room, r.visit_id, r.state, r.reason, r.begun_s,"       \
	" r.ended_s, r.parts, r.incomplete, r.lost_ms, r.lost_packets," \
	" r.hold, r.delete_s, v.title, c.id, c.email, c.name, p.id,"    \
	" v.patient_email, p.name, r.preview, v.kind"
#define RTH_REVIEWED_TABLES                                          \
	" FROM recordings r LEFT JOIN visits v ON v.id = r.visit_id" \
	" LEFT JOIN users c ON c.id = v.clinician_id"                \
	" LEFT JOIN users p ON p.email = v.patient_email"
#define RTH_REVIEWED_IS_THERE                                              \
	" WHERE r.begun_s > 0 AND r.deleted_s = 0"                         \
	" AND r.state NOT IN ('asked', 'declined', 'refused', 'deleting'," \
	" 'deleted')"
/* As in the index recordings_seconds. */
#define RTH_REVIEWED_SECONDS \
	"(CASE WHEN r.ended_s > 0 THEN r.ended_s - r.begun_s ELSE -1 END)"

/** Reads a row of RTH_REVIEWED_COLUMNS. */
enum rth_err rth_store_read_reviewed(struct rth_reviewed *reviewed,
				     const struct rth_db_backend *backend,
				     const struct rth_db_row *row) RTH_CHECKED;

#endif
