/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP server. The only file that includes libmicrohttpd, which reads
 * requests leniently; what is not exactly a request is refused in admit().
 *
 *   begin (target) ─▶ admit (header lines) ─▶ body ─▶ dispatch ─▶ send
 *
 * A request is touched by one thread at a time: a thread of the pool until
 * dispatch, then a worker while the connection is suspended, then the pool
 * again.
 *
 * A body that is read while it is sent (rth_reply_body) has BLOCK_BYTES in
 * memory, and as many again, twice, wait in the socket. A client that does not
 * take a block in STALL_MAX_S, or nothing in limits.idle_s, is shut out; a
 * player that was paused so long asks again, by range.
 */
#include "http.h"

#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "client.h"
#include "deadline.h"
#include "guard.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "pause.h"
#include "refused.h"
#include "session.h"
#include "work.h"

#define CONNECTION_MEMORY_BYTES 32768
#define SEND_MAX_S 600 /* a reply must be gone within */
#define BLOCK_BYTES 65536
#define UNSENT_MAX_BYTES (2 * BLOCK_BYTES)
#define STALL_MAX_S 60 /* and a block of a long one */

struct rth_http {
	struct rth_portal *portal;
	const struct rth_route *routes;
	struct MHD_Daemon *daemon;
	atomic_uint running;
	struct rth_deadlines *deadlines;
	struct rth_refused refused;
};

enum phase {
	BEGUN, /* the request line is there */
	BODY,  /* the headers are good */
	BUSY,  /* a worker has it */
	READY, /* there is a reply */
};

struct request {
	struct rth_http *http;
	struct MHD_Connection *connection;
	enum phase phase;
	char *target;
	size_t target_len;
	struct rth_exchange *x;
	const struct rth_route *route;
	struct timespec begun;
	char *body; /* of body_size bytes, from the Content-Length */
	size_t body_size;
	size_t body_len;
	bool counted; /* in rth_http_running */
};

/* ---- Connections: each has a deadline as its context ---- */

static void due_in(struct rth_http *http, struct MHD_Connection *connection,
		   int64_t in_s)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	if (info && info->socket_context)
		rth_deadline_set(http->deadlines, info->socket_context, in_s);
}

static void watch(struct rth_http *http, struct MHD_Connection *connection,
		  const atomic_bool *cut)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	if (info && info->socket_context)
		rth_deadline_watch(http->deadlines, info->socket_context, cut);
}

static void opened(struct rth_http *http, struct MHD_Connection *connection,
		   void **contextp)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (!info)
		return;
	*contextp = rth_deadline_add(http->deadlines, info->connect_fd,
				     http->portal->settings.limits.request_s);
	/* What nobody watches is not served. */
	if (!*contextp)
		shutdown(info->connect_fd, SHUT_RDWR);
}

/* The library closes a socket after it has told so here. */
static void notify_connection(void *cls, struct MHD_Connection *connection,
			      void **contextp,
			      enum MHD_ConnectionNotificationCode code)
{
	struct rth_http *http = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		opened(http, connection, contextp);
	else if (*contextp)
		rth_deadline_remove(http->deadlines, *contextp);
}

/* ---- One request ---- */

/* Called with the request line; the result is the request's con_cls. */
static void *begin(void *cls, const char *target,
		   struct MHD_Connection *connection)
{
	struct rth_http *http = cls;
	struct request *r = rth_alloc(sizeof(*r));

	if (!r)
		return NULL;
	r->http = http;
	r->connection = connection;
	r->target = rth_strdup(target ? target : "");
	if (!r->target) {
		rth_free(r);
		return NULL;
	}
	r->target_len = strlen(r->target);
	clock_gettime(CLOCK_MONOTONIC, &r->begun);
	return r;
}

struct copy {
	struct rth_exchange *x;
	enum rth_err err;
	size_t bytes; /* that the lines have when written plainly */
};

static enum MHD_Result copy_header(void *cls, enum MHD_ValueKind kind,
				   const char *name, size_t name_len,
				   const char *value, size_t value_len)
{
	struct copy *copy = cls;

	(void)kind;
	copy->bytes += name_len + value_len + 4; /* ": " and CR LF */
	if (!value)
		copy->err = RTH_ERR_FORMAT;
	else
		copy->err = rth_guard_line(name, value);
	if (!copy->err)
		copy->err = rth_exchange_add(copy->x, RTH_FIELD_HEADER, name,
					     value);
	return copy->err ? MHD_NO : MHD_YES;
}

/*
 * The library joins folded lines, takes bare LF, and stops at a NUL without
 * telling. All of these make the header longer or shorter than its parts, so
 * exactly the plain form "Name: value" CR LF is taken.
 */
static bool plain(const struct request *r, const char *method,
		  const char *version, size_t lines_bytes)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		r->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	size_t bytes = strlen(method) + 1 + r->target_len + 1 +
		       strlen(version) + 2 + lines_bytes + 2;

	return info && info->header_size == bytes;
}

static const struct rth_refusal failed = {500, "failed", "Please try again."};
static const struct rth_refusal malformed = {400, "bad-request",
					     "The request is malformed."};

/* Makes the exchange, or says why there is none to be had. */
static struct rth_refusal read_headers(struct request *r, const char *method,
				       const char *version)
{
	static const struct rth_refusal too_long = {414, "too-large",
						    "The address is too long."};
	static const struct rth_refusal too_many = {
		431, "too-large", "The request's headers are too large."};
	char path[RTH_PATH_SIZE];
	enum rth_method m = RTH_GET;
	bool known = rth_guard_method(&m, method);
	enum rth_err err = rth_path_normalise(path, r->target, r->target_len);
	struct copy copy = {NULL, 0, 0};

	/* Also a request that is refused needs an exchange, to reply with. */
	if (rth_exchange_create(&r->x, r->http->portal, m, err ? "/" : path))
		return failed;
	if (strcmp(method, "HEAD") == 0)
		rth_exchange_set_head(r->x);
	if (r->target_len > RTH_REQUEST_MAX_URL_BYTES || err == RTH_ERR_LIMIT)
		return too_long;
	if (err || !known)
		return malformed;
	copy.x = r->x;
	MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, copy_header,
				    &copy);
	if (copy.err == RTH_ERR_LIMIT ||
	    copy.bytes > RTH_REQUEST_MAX_HEADER_BYTES)
		return too_many;
	if (copy.err == RTH_ERR_NOMEM)
		return failed;
	if (copy.err || !plain(r, method, version, copy.bytes))
		return malformed;
	return rth_guard_request(r->x, r->target);
}

static struct rth_refusal find_route(struct request *r)
{
	static const struct rth_refusal no_path = {404, "not-found",
						   "There is nothing here."};
	static const struct rth_refusal no_method = {
		405, "wrong-method", "This cannot be done here."};
	struct rth_route_param params[RTH_REQUEST_MAX_PARAMS];
	size_t i;

	switch (rth_route_find(&r->route, params, r->http->routes,
			       rth_request_method(r->x),
			       rth_request_path(r->x))) {
	case RTH_ROUTE_NO_PATH:
		return no_path;
	case RTH_ROUTE_NO_METHOD:
		return no_method;
	case RTH_ROUTE_FOUND:
		break;
	}
	for (i = 0; i < RTH_REQUEST_MAX_PARAMS && params[i].start; i++)
		if (rth_exchange_set_param(r->x, i, params[i].start,
					   params[i].len))
			return malformed;
	return (struct rth_refusal){0};
}

static struct rth_refusal make_body(struct request *r)
{
	struct rth_refusal refusal =
		rth_guard_body(r->x,
			       r->route->body_max ? r->route->body_max
						  : RTH_REQUEST_MAX_BODY_BYTES,
			       &r->body_size);

	if (!refusal.status && r->body_size) {
		r->body = rth_alloc(r->body_size);
		if (!r->body)
			return failed;
	}
	return refusal;
}

/* Decides with the headers alone whether the body is read at all. */
static struct rth_refusal admit(struct request *r, const char *method,
				const char *version)
{
	struct rth_refusal refusal = read_headers(r, method, version);
	const union MHD_ConnectionInfo *info;

	if (!refusal.status) {
		info = MHD_get_connection_info(
			r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
		rth_client_set_address(r->x, info ? info->client_addr : NULL);
		refusal = find_route(r);
	}
	if (!refusal.status && !r->route->any_host)
		refusal = rth_guard_host(r->x);
	if (!refusal.status && (r->route->proof == RTH_PROOF_ORIGIN ||
				r->route->proof == RTH_PROOF_CSRF))
		refusal = rth_guard_origin(r->x);
	if (!refusal.status)
		refusal = make_body(r);
	return refusal;
}

/* On a worker; after the resume the pool has the request again. */
static void work_run(void *arg)
{
	struct request *r = arg;

	rth_route_run(r->route, r->x);
	r->phase = READY;
	MHD_resume_connection(r->connection);
}

/* Says whether there is a reply now; else handle() is called again later. */
static bool dispatch(struct request *r)
{
	struct rth_portal *portal = r->http->portal;
	struct rth_work *work =
		r->route->place == RTH_ON_NET ? portal->work_net : portal->work;

	if (r->body_len && rth_exchange_set_body(r->x, r->body, r->body_len)) {
		rth_guard_refuse(r->x, malformed);
		return true;
	}
	if (r->route->place == RTH_ON_POOL) {
		rth_route_run(r->route, r->x);
		return true;
	}
	r->phase = BUSY;
	MHD_suspend_connection(r->connection);
	/* From here on the request may be the worker's. */
	if (rth_work_add(work, work_run, r)) {
		rth_reply_error(r->x, 503, "busy",
				"Too much is going on. Please try again.");
		rth_refused_add(&r->http->refused, RTH_REFUSED_BUSY, 1);
		r->phase = READY;
		MHD_resume_connection(r->connection);
	}
	return false;
}

/* ---- The reply ---- */

/* A body on its way; freed with the library's response. */
struct sending {
	struct rth_body body;
	struct rth_http *http;
	struct MHD_Connection *connection;
};

static void sleep_or_wake(void *connection, bool sleeps)
{
	sleeps ? MHD_suspend_connection(connection)
	       : MHD_resume_connection(connection);
}

/* Without an end: there is nothing just now, or nothing any more. */
static ssize_t send_live(struct sending *sending, char *data, size_t len)
{
	const struct rth_body *body = &sending->body;
	size_t got = 0;

	rth_pause_look(body->pause);
	if (body->read(body->arg, 0, data, len, &got))
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!got)
		rth_pause_begin(body->pause, sending->connection,
				sleep_or_wake);
	return (ssize_t)got;
}

/* Called when the client has taken what there was. */
static ssize_t send_more(void *cls, uint64_t offset, char *data, size_t len)
{
	struct sending *sending = cls;
	const struct rth_body *body = &sending->body;
	size_t got = 0;

	due_in(sending->http, sending->connection, STALL_MAX_S);
	if (body->pause)
		return send_live(sending, data, len);
	if ((body->cut && atomic_load(body->cut)) ||
	    body->read(body->arg, offset, data, len, &got) || !got)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return (ssize_t)got;
}

static void sending_free(void *cls)
{
	struct sending *sending = cls;

	if (sending->body.close)
		sending->body.close(sending->body.arg);
	rth_free(sending);
}

static struct MHD_Response *make_stream(struct request *r,
					struct rth_reply *reply)
{
	struct sending *sending = rth_alloc(sizeof(*sending));
	struct MHD_Response *response;

	if (!sending)
		return NULL;
	sending->body = reply->stream;
	sending->http = r->http;
	sending->connection = r->connection;
	response = MHD_create_response_from_callback(
		reply->stream.pause ? MHD_SIZE_UNKNOWN : reply->stream.bytes,
		BLOCK_BYTES, send_more, sending, sending_free);
	if (!response) {
		rth_free(sending);
		return NULL;
	}
	memset(&reply->stream, 0, sizeof(reply->stream));
	return response;
}

/* Once it is queued: nobody waits at a stop for what takes hours. */
static void let_stream(struct request *r, const atomic_bool *cut)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const int unsent = UNSENT_MAX_BYTES;

	if (info)
		setsockopt(info->connect_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
			   &unsent, sizeof(unsent));
	due_in(r->http, r->connection, STALL_MAX_S);
	watch(r->http, r->connection, cut);
	if (r->counted)
		atomic_fetch_sub(&r->http->running, 1);
	r->counted = false;
}

static struct MHD_Response *make_response(struct request *r,
					  struct rth_reply *reply)
{
	struct MHD_Response *response;

	if (reply->stream.read)
		return make_stream(r, reply);
	if (reply->fd < 0)
		return MHD_create_response_from_buffer(
			reply->body_bytes, reply->body, MHD_RESPMEM_MUST_COPY);
	response = MHD_create_response_from_fd64(reply->file_bytes, reply->fd);
	if (response)
		reply->fd = -1; /* the library closes it */
	return response;
}

static enum MHD_Result send_reply(struct request *r)
{
	struct rth_reply *reply = rth_exchange_reply(r->x);
	const atomic_bool *cut;
	struct MHD_Response *response;
	enum MHD_Result result;
	bool stream;
	size_t i;

	if (!reply->status || reply->failed)
		rth_reply_failed(r->x,
				 reply->status ? RTH_ERR_NOMEM : RTH_ERR_STATE);
	if ((reply->status >= 500 || reply->status == 401) && r->route &&
	    r->route->proof == RTH_PROOF_JANUS)
		return MHD_NO;
	rth_guard_reply(r->x);
	stream = reply->stream.read != NULL;
	cut = reply->stream.cut;
	response = make_response(r, reply);
	if (!response)
		return MHD_NO;
	result = MHD_YES;
	if (reply->type)
		result = MHD_add_response_header(response, "Content-Type",
						 reply->type);
	for (i = 0; i < reply->headers_n && result == MHD_YES; i++)
		result = MHD_add_response_header(response,
						 reply->headers[i].name,
						 reply->headers[i].value);
	due_in(r->http, r->connection, SEND_MAX_S);
	if (result == MHD_YES)
		result = MHD_queue_response(r->connection, reply->status,
					    response);
	if (stream && result == MHD_YES)
		let_stream(r, cut);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct request *r, struct rth_refusal refusal)
{
	if (!r->x)
		return MHD_NO;
	rth_refused_add(&r->http->refused, rth_refused_kind(refusal.status), 1);
	rth_guard_refuse(r->x, refusal);
	rth_reply_header(r->x, "Connection", "close");
	r->phase = READY;
	return send_reply(r);
}

static enum MHD_Result take_body(struct request *r, const char *data,
				 size_t *sizep)
{
	if (*sizep > r->body_size - r->body_len)
		return MHD_NO;
	memcpy(r->body + r->body_len, data, *sizep);
	r->body_len += *sizep;
	*sizep = 0;
	return MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *data,
			      size_t *sizep, void **requestp)
{
	struct request *r = *requestp;
	struct rth_refusal refusal;

	(void)cls;
	(void)connection;
	(void)url;
	if (!r)
		return MHD_NO;
	switch (r->phase) {
	case BEGUN:
		refusal = admit(r, method, version);
		if (refusal.status)
			return refuse(r, refusal);
		r->phase = BODY;
		r->counted = true;
		atomic_fetch_add(&r->http->running, 1);
		return MHD_YES;
	case BODY:
		if (*sizep)
			return take_body(r, data, sizep);
		due_in(r->http, r->connection, SEND_MAX_S);
		return dispatch(r) ? send_reply(r) : MHD_YES;
	case BUSY:
		return MHD_YES;
	case READY:
		return send_reply(r);
	}
	return MHD_NO;
}

static void log_request(const struct request *r)
{
	struct timespec now;

	if (!r->x)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	rth_log(RTH_LOG_DEBUG, "request", "s:s, s:i, s:i", "route",
		r->route ? r->route->pattern : "none", "status",
		(int)rth_exchange_reply(r->x)->status, "ms",
		(int)((now.tv_sec - r->begun.tv_sec) * 1000 +
		      (now.tv_nsec - r->begun.tv_nsec) / 1000000));
}

static void completed(void *cls, struct MHD_Connection *connection,
		      void **requestp, enum MHD_RequestTerminationCode code)
{
	struct rth_http *http = cls;
	struct request *r = *requestp;
	const struct rth_settings *settings = &http->portal->settings;

	(void)code;
	if (!r)
		return;
	log_request(r);
	watch(http, connection, NULL);
	due_in(http, connection,
	       settings->limits.idle_s + settings->limits.request_s);
	rth_exchange_free(r->x);
	rth_free(r->target);
	rth_free(r->body);
	if (r->counted)
		atomic_fetch_sub(&http->running, 1);
	rth_free(r);
	*requestp = NULL;
}

/* The query is decoded by guard.c: the library must leave it alone. */
static size_t leave(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

/* The library's own words may hold addresses. They tell of requests that it
   cannot read, connections that broke, and those over the limits. */
static void count_words(void *cls, const char *fmt, va_list args)
{
	struct rth_http *http = cls;

	(void)fmt;
	(void)args;
	rth_refused_add(&http->refused, RTH_REFUSED_BROKEN, 1);
}

/* ---- Start and stop ---- */

static struct MHD_Daemon *start_daemon(struct rth_http *http,
				       const struct addrinfo *at)
{
	const struct rth_settings *settings = &http->portal->settings;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD |
			 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

	if (at->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	return MHD_start_daemon(
		flags, 0, NULL, NULL, handle, http, MHD_OPTION_EXTERNAL_LOGGER,
		count_words, http, MHD_OPTION_SOCK_ADDR, at->ai_addr,
		MHD_OPTION_THREAD_POOL_SIZE, (unsigned)settings->limits.threads,
		MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)settings->limits.connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)settings->limits.connections_per_address,
		MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)settings->limits.idle_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_URI_LOG_CALLBACK, begin, http,
		MHD_OPTION_UNESCAPE_CALLBACK, leave, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, completed, http,
		MHD_OPTION_NOTIFY_CONNECTION, notify_connection, http,
		MHD_OPTION_END);
}

static enum rth_err listen_on(struct rth_http *http,
			      const struct rth_listen_conf *listen)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *at;
	char port[16];

	snprintf(port, sizeof(port), "%d", (int)listen->port);
	if (getaddrinfo(listen->address, port, &hints, &at))
		return RTH_ERR_CONFIG;
	http->daemon = start_daemon(http, at);
	freeaddrinfo(at);
	return http->daemon ? 0 : RTH_ERR_IO;
}

enum rth_err rth_http_start(struct rth_http **httpp, struct rth_portal *portal,
			    const struct rth_listen_conf *listen,
			    const struct rth_route *routes)
{
	struct rth_http *http = rth_alloc(sizeof(*http));
	enum rth_err err;

	if (!http)
		return RTH_ERR_NOMEM;
	http->portal = portal;
	http->routes = routes;
	err = rth_deadlines_create(&http->deadlines);
	if (err) {
		rth_free(http);
		return err;
	}
	err = listen_on(http, listen);
	if (err)
		rth_http_stop(http);
	else
		*httpp = http;
	return err;
}

void rth_http_quiesce(struct rth_http *http)
{
	MHD_socket fd = MHD_quiesce_daemon(http->daemon);

	if (fd != MHD_INVALID_SOCKET)
		close(fd);
}

unsigned rth_http_running(struct rth_http *http)
{
	return atomic_load(&http->running);
}

void rth_http_tell(struct rth_http *http, const char *listener)
{
	rth_refused_add(&http->refused, RTH_REFUSED_LATE,
			rth_deadlines_late(http->deadlines));
	rth_refused_log(&http->refused, listener);
}

void rth_http_stop(struct rth_http *http)
{
	if (!http)
		return;
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	rth_deadlines_free(http->deadlines);
	rth_free(http);
}
