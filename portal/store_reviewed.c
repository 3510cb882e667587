/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recording with its visit and its people, as those who look at it see it.
 */
#include "store_reviewed.h"

enum rth_err rth_store_read_reviewed(struct rth_reviewed *of,
				     const struct rth_db_backend *backend,
				     const struct rth_db_row *row)
{
	const struct {
		char *out;
		size_t size;
	} columns[] = {
		{of->title, sizeof(of->title)},
		{of->clinician_id, sizeof(of->clinician_id)},
		{of->clinician_email, sizeof(of->clinician_email)},
		{of->clinician_name, sizeof(of->clinician_name)},
		{of->patient_id, sizeof(of->patient_id)},
		{of->patient_email, sizeof(of->patient_email)},
		{of->patient_name, sizeof(of->patient_name)},
	};
	enum rth_err err = rth_store_read_recording(&of->row, backend, row);
	int i;

	of->hold = backend->column_int(row, 11) != 0;
	of->delete_s = backend->column_int(row, 12);
	of->preview = backend->column_int(row, 20) == RTH_PREVIEW_MADE;
	if (!err)
		err = backend->column_text(row, 21, of->kind, sizeof(of->kind));
	for (i = 0; i < 7 && !err; i++)
		err = backend->column_text(row, 13 + i, columns[i].out,
					   columns[i].size);
	return err;
}

struct reviewed_into {
	const struct rth_db_backend *backend;
	struct rth_reviewed *reviewed;
};

static enum rth_err reviewed_row(const struct rth_db_row *row, void *arg)
{
	const struct reviewed_into *into = arg;

	return rth_store_read_reviewed(into->reviewed, into->backend, row);
}

enum rth_err rth_store_reviewed_get(struct rth_store *store,
				    struct rth_reviewed *reviewed,
				    const char *id)
{
	struct reviewed_into into = {store->backend, reviewed};
	const struct rth_db_value value = RTH_DB_TEXT(id);
	const struct rth_db_query query = {
		.sql = "SELECT " RTH_REVIEWED_COLUMNS RTH_REVIEWED_TABLES
			RTH_REVIEWED_IS_THERE " AND r.id = $1",
		.values = &value,
		.values_n = 1,
		.row = reviewed_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_review_state rth_review_state_of(const struct rth_recording_row *row)
{
	switch (row->state) {
	case RTH_RECORDING_LOST:
		return RTH_REVIEW_LOST;
	case RTH_RECORDING_INTERRUPTED:
		return RTH_REVIEW_INTERRUPTED;
	case RTH_RECORDING_FINISHED:
	case RTH_RECORDING_STORED:
		return row->incomplete ? RTH_REVIEW_INCOMPLETE
				       : RTH_REVIEW_FINISHED;
	default:
		return RTH_REVIEW_RUNNING;
	}
}

int64_t rth_store_review_key(enum rth_review_sort sort,
			     const struct rth_reviewed *reviewed)
{
	const struct rth_recording_row *row = &reviewed->row;

	if (sort == RTH_SORT_BEGUN_DOWN || sort == RTH_SORT_BEGUN_UP)
		return row->begun_s;
	return row->ended_s > 0 ? row->ended_s - row->begun_s : -1;
}
