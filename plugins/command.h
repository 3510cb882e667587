/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests: from a JSON body, by a table of names, fields, states and roles,
 * to a verb (seat.h). docs/protocol.md has the same table.
 */
#ifndef RTH_COMMAND_H
#define RTH_COMMAND_H

#include "control.h"

struct rth_request;

/* One request on its way to its verb. */
struct rth_command {
	struct rth_task task;
	struct rth_session *session; /* a reference */
	char *transaction;
	json_t *body;
	char *sdp;	     /* of an offer, or NULL */
	const char *request; /* the row's name, or NULL before it is known */
	const struct rth_request *row;
	int64_t parked_until_us;
	/* The fields, as the row has them; strings belong to body, words of a
	   closed set are static. What is missing is 0. */
	const char *token;
	struct rth_checkin check;
	bool microphone, camera, screen;
	struct rth_condition condition;
	const char *recording, *answer, *language;
	const char *participant, *reason, *text;
};

/**
 * Takes a request to the control thread. Any thread.
 *
 * @param transaction copied
 * @param body        taken, also on error
 * @param offer       SDP of an offer, copied; NULL when there is none
 * @return 0, RTH_ERR_LIMIT when this browser has too many waiting,
 *         RTH_ERR_STATE when stopping, or RTH_ERR_NOMEM
 */
enum rth_err rth_command_post(struct rth_control *control,
			      struct rth_session *session,
			      const char *transaction, json_t *body,
			      const char *offer) RTH_CHECKED;

/** Tries parked requests again. Control thread. */
void rth_command_retry(struct rth_control *control);

/** Frees parked requests. When the control thread has ended. */
void rth_command_drop_parked(struct rth_control *control);

/**
 * Reads a body by the table, without running it: the parser alone, which the
 * fuzzer calls too. Any thread.
 *
 * @param command its body is read, row and fields are filled in
 * @param problem receives what is wrong, in plain words
 * @return 0 or RTH_ERR_FORMAT
 */
enum rth_err rth_command_read(struct rth_command *command, char *problem,
			      size_t problem_size) RTH_CHECKED;

#endif
