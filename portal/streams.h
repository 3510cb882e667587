/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers of plays and downloads that are under way. A thread asks again and
 * again whether each play is still good; the answers of one that is not are
 * cut. An answer whose play has not been found good for two such times is over,
 * too, whatever the thread waits for.
 */
#ifndef RTH_STREAMS_H
#define RTH_STREAMS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "id.h"

#define RTH_STREAMS_MAX 4096

struct rth_streams; /* the registry */
struct rth_stream;  /* one answer in it */

/* What an answer is of: ids. */
struct rth_stream_of {
	const char *play; /* of a download, what rth_stream_key makes */
	const char *user, *recording;
	const char *session; /* of a download, its hash; NULL: of a play */
	unsigned right;	     /* that a download needs (rights.h) */
};

struct rth_streams_conf {
	unsigned max;	   /* at once in all; 1 to RTH_STREAMS_MAX */
	unsigned max_play; /* and of one play */
	unsigned max_user; /* and for one user */
	int64_t check_ms;  /* from one asking to the next */
	/* Says whether a play, or a download, is still good; any error ends it.
	   Called by the registry's own thread; may wait. */
	enum rth_err (*still)(void *arg, const struct rth_stream_of *of);
	void *arg;
};

/**
 * Makes the registry and starts its thread. Startup only.
 *
 * @param conf copied
 * @return 0, RTH_ERR_LIMIT (max), RTH_ERR_NOMEM, RTH_ERR_IO (no thread)
 */
enum rth_err
rth_streams_create(struct rth_streams **streamsp,
		   const struct rth_streams_conf *conf) RTH_CHECKED;

/** Stops the thread and frees; NULL is allowed. Every answer has ended. */
void rth_streams_free(struct rth_streams *streams);

/** Makes the name that all downloads of one recording in one session have in
 * the place of a play, whatever right they need. Any thread. */
enum rth_err rth_stream_key(char key[RTH_ID_SIZE], const char *session,
			    const char *recording, unsigned right) RTH_CHECKED;

/**
 * Begins an answer. Any thread.
 *
 * @param of its play has just been found good; copied
 * @return 0; RTH_ERR_LIMIT: enough of this play or for this user;
 *         RTH_ERR_STATE: enough in all
 */
enum rth_err rth_stream_begin(struct rth_stream **streamp,
			      struct rth_streams *streams,
			      const struct rth_stream_of *of) RTH_CHECKED;

/** Cuts the answers that are of a recording. Any thread. */
void rth_streams_cut(struct rth_streams *streams, const char *recording);

/** Becomes true when it is cut; lasts as long as the registry. Any thread. */
const atomic_bool *rth_stream_cut(const struct rth_stream *stream);

/** Says whether it may go on. Any thread. */
bool rth_stream_good(const struct rth_stream *stream);

/** Ends an answer; NULL is allowed. Any thread. */
void rth_stream_end(struct rth_stream *stream);

/** How many answers are under way. Any thread. */
unsigned rth_streams_running(struct rth_streams *streams);

/** Asks for every play once, now. One thread at a time; may wait. */
void rth_streams_check(struct rth_streams *streams);

#endif
