/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files on their way. What stands before a byte is sent: the play is this
 * session's and the right is there (rth_play_find; of a download, its handler
 * asked), there are not too many answers, the file is one of its recording and
 * of the right kind, its key opens. Then the body is read, block by block, by
 * threads of the HTTP pool, each time only if that still is so (streams.h).
 *
 * A damaged block ends the answer, and is a row of the audit: one a file and
 * block, since players ask again and again.
 */
#include "media.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>

#include "base64.h"
#include "keys.h"
#include "log.h"
#include "mem.h"
#include "play.h"
#include "range.h"
#include "ranged.h"
#include "recording_file.h"
#include "rights.h"
#include "session.h"
#include "work.h"

#define TOLD_MAX 64
#define LOCKED_BYTES ((rlim_t)68 * 1024)	  /* by an answer */
#define LOCKED_OTHERS_BYTES ((rlim_t)1024 * 1024) /* by all else */
#define ETAG_SIZE (RTH_BASE64URL_LEN(RTH_SEAL_DIGEST_BYTES) + 3)
#define NO_BLOCK UINT64_MAX /* the file itself does not open */

/* Damage to a file, as the audit is told. */
struct damage {
	char recording[RTH_ID_SIZE];
	char file[RTH_RECORDING_NAME_SIZE];
	uint64_t block;
};

struct rth_media {
	struct rth_portal *portal;
	struct rth_streams *streams;
	pthread_mutex_t lock;
	struct damage told[TOLD_MAX]; /* the last ones, in a ring */
	size_t told_n;
};

/* A file on its way. */
struct served {
	struct rth_media *media;
	struct rth_stream *stream; /* NULL: a HEAD */
	struct rth_seal_key *key;
	struct rth_unseal *unseal;
	char user[RTH_ID_SIZE];
	struct damage place; /* what it is; `block` is not used */
};

static void served_close(void *arg)
{
	struct served *s = arg;

	rth_unseal_close(s->unseal);
	rth_seal_key_free(s->key);
	rth_stream_end(s->stream);
	rth_free(s);
}

/* ---- Damage ---- */

struct row {
	struct rth_portal *portal;
	char user[RTH_ID_SIZE];
	struct damage damage;
};

/* On a worker. */
static void write_row(void *arg)
{
	struct row *row = arg;
	struct rth_recording_row recording = {.visit = ""};
	char data[128];
	struct rth_audit audit = {.subject = row->user,
				  .action = "recording-damaged",
				  .object = row->damage.recording,
				  .outcome = "failed",
				  .data = data};
	enum rth_err err = rth_store_recording_get(
		row->portal->store, &recording, row->damage.recording);

	if (!err && *recording.visit)
		audit.visit = recording.visit;
	if (row->damage.block == NO_BLOCK)
		snprintf(data, sizeof(data), "{\"file\":\"%s\"}",
			 row->damage.file);
	else
		snprintf(data, sizeof(data),
			 "{\"file\":\"%s\",\"block\":%" PRIu64 "}",
			 row->damage.file, row->damage.block);
	err = rth_store_audit(row->portal->store, &audit, row->portal->now_s());
	if (err)
		rth_log(RTH_LOG_ERROR, "audit-failed", "s:s", "error",
			rth_err_name(err));
	rth_free(row);
}

static bool is_same(const struct damage *a, const struct damage *b)
{
	return a->block == b->block && strcmp(a->file, b->file) == 0 &&
	       strcmp(a->recording, b->recording) == 0;
}

/* Says whether it is the first time, and keeps it. */
static bool first_time(struct rth_media *media, const struct damage *damage)
{
	bool first = true;
	size_t i;

	pthread_mutex_lock(&media->lock);
	for (i = 0; i < TOLD_MAX && first; i++)
		first = !is_same(&media->told[i], damage);
	if (first)
		media->told[media->told_n++ % TOLD_MAX] = *damage;
	pthread_mutex_unlock(&media->lock);
	return first;
}

/* Nobody was told after all: the next time is the first. */
static void not_told(struct rth_media *media, const struct damage *damage)
{
	size_t i;

	pthread_mutex_lock(&media->lock);
	for (i = 0; i < TOLD_MAX; i++)
		if (is_same(&media->told[i], damage))
			media->told[i] = (struct damage){.block = 0};
	pthread_mutex_unlock(&media->lock);
}

static void damaged(const struct served *s, uint64_t block)
{
	struct damage damage = s->place;
	struct row *row;
	enum rth_err err = RTH_ERR_NOMEM;

	damage.block = block;
	if (!first_time(s->media, &damage))
		return;
	rth_log(RTH_LOG_ERROR, "recording-damaged", "s:s, s:s, s:I",
		"recording", damage.recording, "file", damage.file, "block",
		block == NO_BLOCK ? (json_int_t)-1 : (json_int_t)block);
	row = rth_alloc(sizeof(*row));
	if (row) {
		row->portal = s->media->portal;
		memcpy(row->user, s->user, sizeof(row->user));
		row->damage = damage;
		err = rth_work_add(row->portal->work, write_row, row);
	}
	if (!err)
		return;
	rth_free(row);
	not_told(s->media, &damage);
	rth_log(RTH_LOG_ERROR, "audit-failed", "s:s", "error",
		rth_err_name(err));
}

/* ---- Sending ---- */

static enum rth_err served_read(void *arg, uint64_t offset, void *data,
				size_t len, size_t *gotp)
{
	struct served *s = arg;
	uint64_t block = NO_BLOCK;
	enum rth_err err;

	if (s->stream && !rth_stream_good(s->stream))
		return RTH_ERR_DENIED;
	err = rth_unseal_read(s->unseal, offset, data, len, gotp, &block);
	if (err == RTH_ERR_CRYPTO)
		damaged(s, block);
	return err;
}

/* ---- Opening ---- */

const char *rth_media_type(const char *name)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{".webm", "video/webm"},
		{".mp4", "video/mp4"},
		{".jsonl", "application/x-ndjson"},
		{".vtt", "text/vtt; charset=utf-8"},
		{".jpg", "image/jpeg"},
		{".json", "application/json"},
	};
	const char *end = strrchr(name, '.');
	size_t i;

	for (i = 0; end && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(end, types[i].end) == 0)
			return types[i].type;
	return NULL;
}

/* No manifest, nothing else that may lie there. */
static bool is_served(const struct rth_recording_folder *folder,
		      const struct rth_serve *what)
{
	const struct rth_recording_file *file =
		rth_recording_folder_find(folder, what->file);

	return file && (what->kinds & RTH_SERVE(file->kind)) &&
	       rth_media_type(what->file);
}

/* Is it the very file that was made? */
static enum rth_err check_digest(const struct served *s, const char *hex)
{
	const uint8_t *digest;
	char text[3];
	size_t i;

	if (!rth_unseal_complete(s->unseal))
		return RTH_ERR_FORMAT;
	digest = rth_unseal_digest(s->unseal);
	for (i = 0; i < RTH_SEAL_DIGEST_BYTES; i++) {
		snprintf(text, sizeof(text), "%02x", digest[i]);
		if (memcmp(hex + 2 * i, text, 2) != 0)
			return RTH_ERR_FORMAT;
	}
	return 0;
}

static enum rth_err unseal(struct served *s,
			   const struct rth_recording_folder *folder)
{
	const struct rth_keys *keys = s->media->portal->keys;
	const struct rth_seal_pair *pairs;
	size_t pairs_n;
	enum rth_err err;
	int fd;

	if (!keys)
		return RTH_ERR_DENIED;
	pairs = rth_keys_pairs(keys, &pairs_n);
	err = rth_recording_folder_file(&fd, folder, s->place.file);
	if (err)
		return err;
	err = rth_seal_key_open(&s->key, fd, pairs, pairs_n);
	if (!err)
		err = rth_unseal_open(&s->unseal, fd, s->key);
	if (err)
		close(fd);
	return err;
}

static enum rth_err open_file(struct served *s, const struct rth_serve *what)
{
	const char *root = s->media->portal->settings.recordings.folder;
	struct rth_recording_folder *folder;
	enum rth_err err =
		rth_recording_folder_open(&folder, root, s->place.recording);

	if (err)
		return err;
	if (is_served(folder, what)) {
		snprintf(s->place.file, sizeof(s->place.file), "%s",
			 what->file);
		err = unseal(s, folder);
		if (!err && what->digest)
			err = check_digest(s, what->digest);
	} else {
		err = RTH_ERR_NOT_FOUND;
	}
	rth_recording_folder_close(folder);
	if (err == RTH_ERR_FORMAT || err == RTH_ERR_LIMIT ||
	    err == RTH_ERR_CRYPTO)
		damaged(s, NO_BLOCK);
	return err;
}

static void reply_wrong(struct rth_exchange *x, enum rth_err err)
{
	switch (err) {
	case RTH_ERR_NOT_FOUND:
		rth_reply_not_found(x);
		break;
	case RTH_ERR_NOMEM:
		rth_reply_error(x, 503, "busy",
				"Too much is going on. Please try again.");
		break;
	case RTH_ERR_FORMAT:
	case RTH_ERR_LIMIT:
	case RTH_ERR_CRYPTO:
		rth_reply_error(x, 409, "unreadable", "This file is damaged.");
		break;
	case RTH_ERR_DENIED:
		rth_reply_error(x, 409, "unreadable",
				"The key to this recording is not open.");
		break;
	default:
		rth_reply_failed(x, err);
	}
}

/* Says whether there is room for another one; else there is a reply. */
static bool begin(struct served *s, struct rth_exchange *x,
		  const struct rth_stream_of *of)
{
	enum rth_err err;

	if (rth_request_is_head(x))
		return true;
	err = rth_stream_begin(&s->stream, s->media->streams, of);
	if (err == RTH_ERR_LIMIT)
		rth_reply_error(x, 429, "too-many",
				"Too many files are being played at once.");
	else if (err)
		reply_wrong(x, RTH_ERR_NOMEM);
	return !err;
}

static void reply_disposition(struct rth_exchange *x, const struct served *s,
			      bool attachment)
{
	char text[RTH_RECORDING_NAME_SIZE + 32] = "inline";

	if (attachment)
		snprintf(text, sizeof(text), "attachment; filename=\"%s\"",
			 s->place.file);
	rth_reply_header(x, "Content-Disposition", text);
}

/* The tag of a file, with its quotes; false: it is still written to. */
static bool tag_of(char etag[ETAG_SIZE], const struct served *s)
{
	strcpy(etag, "\"");
	if (!rth_unseal_complete(s->unseal) ||
	    rth_base64url_encode(etag + 1, ETAG_SIZE - 2,
				 rth_unseal_digest(s->unseal),
				 RTH_SEAL_DIGEST_BYTES))
		return false;
	strcat(etag, "\"");
	return true;
}

static void reply(struct rth_exchange *x, struct served *s,
		  const struct rth_serve *what)
{
	struct rth_body body = {
		.bytes = rth_unseal_length(s->unseal),
		.type = rth_media_type(s->place.file),
		.read = served_read,
		.close = served_close,
		.arg = s,
		.cut = s->stream ? rth_stream_cut(s->stream) : NULL,
	};
	char etag[ETAG_SIZE];
	const char *tag = tag_of(etag, s) ? etag : NULL;
	struct rth_ranges ranges;
	enum rth_err err = 0;

	if (what->before && !rth_request_is_head(x)) {
		rth_ranged_read(&ranges, x, body.bytes, tag);
		if (ranges.kind != RTH_RANGES_NONE)
			err = what->before(x, what->arg, &ranges, body.bytes);
	}
	if (err) {
		served_close(s);
		reply_wrong(x, err);
		return;
	}
	rth_reply_header(x, "Cache-Control", "no-store");
	reply_disposition(x, s, what->attachment);
	/* A proxy in front must not keep plain bytes, not on a disk. */
	rth_reply_header(x, "X-Accel-Buffering", "no");
	rth_ranged_reply(x, &body, tag);
}

void rth_serve(struct rth_exchange *x, const struct rth_serve *what)
{
	struct rth_media *media = rth_request_portal(x)->media;
	struct served *s = media ? rth_alloc(sizeof(*s)) : NULL;
	enum rth_err err;

	if (!s) {
		reply_wrong(x, media ? RTH_ERR_NOMEM : RTH_ERR_NOT_FOUND);
		return;
	}
	if (!*what->of.play) { /* it could not be made: no place of its own */
		served_close(s);
		reply_wrong(x, RTH_ERR_NOMEM);
		return;
	}
	s->media = media;
	snprintf(s->user, sizeof(s->user), "%s", what->of.user);
	snprintf(s->place.recording, sizeof(s->place.recording), "%s",
		 what->of.recording);
	if (!begin(s, x, &what->of)) {
		served_close(s);
		return;
	}
	err = open_file(s, what);
	if (err) {
		served_close(s);
		reply_wrong(x, err);
		return;
	}
	reply(x, s, what);
}

void rth_serve_session(struct rth_serve *what, const struct rth_exchange *x,
		       const char *recording, unsigned right)
{
	const struct rth_session *session = rth_request_session(x);

	what->of = (struct rth_stream_of){
		.play = what->key,
		.user = session->user.id,
		.recording = recording,
		.session = session->hash,
		.right = right,
	};
	if (rth_stream_key(what->key, session->hash, recording, right))
		what->key[0] = '\0'; /* rth_serve refuses it */
}

void rth_media_handle(struct rth_exchange *x)
{
	struct rth_play play;
	enum rth_err err = rth_play_find(&play, x, rth_request_param(x, 0));
	const struct rth_serve what = {
		.file = rth_request_param(x, 1),
		.kinds = RTH_SERVE(RTH_RECORDING_LANE) |
			 RTH_SERVE(RTH_RECORDING_CHAT) |
			 RTH_SERVE(RTH_RECORDING_CAPTIONS),
		.of = {.play = play.id,
		       .user = play.user,
		       .recording = play.recording},
	};

	if (err)
		reply_wrong(x, err);
	else
		rth_serve(x, &what);
}

/* ---- Start and stop ---- */

static enum rth_err still(void *arg, const struct rth_stream_of *of)
{
	const struct rth_portal *portal = arg;
	struct rth_session session;
	struct rth_reviewed reviewed;
	enum rth_err err;

	if (!of->session)
		return rth_play_still(portal, of->play);
	err = rth_session_find(&session, portal, of->session);
	if (!err)
		err = rth_store_reviewed_get(portal->store, &reviewed,
					     of->recording);
	if (!err && !(rth_rights(portal, &session, &reviewed) & of->right))
		err = RTH_ERR_NOT_FOUND;
	return err;
}

/*
 * As many as there is locked memory for, once the keys have theirs: else it is
 * the keys of a recording that runs out of it.
 */
static unsigned streams_max(const struct rth_settings *s)
{
	const rlim_t asked = (rlim_t)s->limits.streams;
	struct rlimit memlock;
	rlim_t max = asked;

	if (getrlimit(RLIMIT_MEMLOCK, &memlock) ||
	    memlock.rlim_cur == RLIM_INFINITY)
		return (unsigned)asked;
	if (memlock.rlim_cur < LOCKED_OTHERS_BYTES + asked * LOCKED_BYTES)
		max = memlock.rlim_cur > LOCKED_OTHERS_BYTES
			      ? (memlock.rlim_cur - LOCKED_OTHERS_BYTES) /
					LOCKED_BYTES
			      : 0;
	if (max < 1)
		max = 1;
	if (max < asked)
		rth_log(RTH_LOG_WARN, "streams-limited", "s:I, s:I, s:I",
			"asked", (json_int_t)asked, "streams", (json_int_t)max,
			"memlock_bytes", (json_int_t)memlock.rlim_cur);
	return (unsigned)max;
}

/* A quarter is one person's, but as many as one play may have. */
static unsigned streams_of_user(unsigned max, unsigned max_play)
{
	return max / 4 > max_play ? max / 4 : max_play;
}

enum rth_err rth_media_create(struct rth_media **mediap,
			      struct rth_portal *portal)
{
	const unsigned max = streams_max(&portal->settings);
	const unsigned max_play =
		(unsigned)portal->settings.limits.streams_per_play;
	const struct rth_streams_conf conf = {
		.max = max,
		.max_play = max_play,
		.max_user = streams_of_user(max, max_play),
		.check_ms = portal->settings.limits.stream_check_s * 1000,
		.still = still,
		.arg = portal,
	};
	struct rth_media *media = rth_alloc(sizeof(*media));
	enum rth_err err;

	if (!media)
		return RTH_ERR_NOMEM;
	media->portal = portal;
	pthread_mutex_init(&media->lock, NULL);
	err = rth_streams_create(&media->streams, &conf);
	if (err)
		rth_media_free(media);
	else
		*mediap = media;
	return err;
}

void rth_media_cut(struct rth_media *media, const char *recording)
{
	if (media)
		rth_streams_cut(media->streams, recording);
}

void rth_media_free(struct rth_media *media)
{
	if (!media)
		return;
	rth_streams_free(media->streams);
	pthread_mutex_destroy(&media->lock);
	rth_free(media);
}
