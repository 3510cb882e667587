/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rthealth-portal: sign-in, visits, tokens, the web client.
 *
 * main is a checklist: read the configuration, open what is needed, serve until
 * a signal comes, let running requests finish, close in the reverse order.
 * After start-up the program opens no file but the database's, the key files',
 * the web client's and the recordings' (to complete those that were
 * interrupted, for which it starts rthealth-recover, and to make films and
 * previews of them, for which it starts rthealth-film), and connects to Janus's
 * admin API, the mail server and the sign-in providers of its configuration
 * only.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>

#include "audit_self.h"
#include "brand.h"
#include "commands.h"
#include "films.h"
#include "http.h"
#include "keys.h"
#include "live.h"
#include "log.h"
#include "mailcode.h"
#include "media.h"
#include "oidc.h"
#include "peers.h"
#include "portal.h"
#include "recovery.h"
#include "retention.h"
#include "signing.h"
#include "store.h"
#include "store_told.h"
#include "store_waiting.h"
#include "token.h"
#include "told.h"
#include "work.h"

#define USAGE                                                               \
	"usage: rthealth-portal --config FILE [--check-config] [--debug]\n" \
	"       rthealth-portal --config FILE COMMAND ...\n"                \
	"       COMMAND: audit, keys, migrate, person, recording, retention\n"

#define JOBS_WAITING 256
#define MAIL_WORKERS 2 /* a mail server that hangs holds up mails only */
#define DRAIN_MS 3500  /* of the 5 s that a stop may take */
#define TICK_S 60
#define SWEEP_TICKS 10
#define DAY_TICKS 1440
#define KEY_LEAD_S 3900 /* longer than a verifier caches our keys (3600 s) */
#define KEY_KEEP_S 660	/* longer than a token and the leeway */

struct options {
	const char *config;
	bool check;
	bool debug;
	int words; /* of a command; 0: serve */
	char **word;
};

struct servers {
	struct rth_http *public;
	struct rth_http *private;
};

static int64_t clock_s(void)
{
	return time(NULL);
}

/* Options end at the first word of a command, which has its own. */
static bool read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, 'k'},
		{"debug", no_argument, NULL, 'd'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "+c:", longs, NULL)) != -1) {
		if (c == 'c')
			o->config = optarg;
		else if (c == 'k')
			o->check = true;
		else if (c == 'd')
			o->debug = true;
		else
			return false;
	}
	o->words = argc - optind;
	o->word = argv + optind;
	return o->config && !(o->check && o->words);
}

/* No core files and no tracing: memory holds tokens and names. */
static void close_doors(void)
{
	const struct rlimit none = {0, 0};

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* All threads inherit the mask, so that signals come to wait_for_end only. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static enum rth_err failed(const char *what, enum rth_err err)
{
	if (err)
		rth_log(RTH_LOG_ERROR, "start-failed", "s:s, s:s", "part", what,
			"error", rth_err_name(err));
	return err;
}

static enum rth_err open_keys(struct rth_portal *p)
{
	const struct rth_signing_conf conf = {
		.dir = p->settings.key_dir,
		.rotate_s = p->settings.signing.rotate_s,
		.lead_s = KEY_LEAD_S,
		.keep_s = KEY_KEEP_S,
	};

	return rth_signing_create(&p->signing, &conf, p->now_s());
}

/* Without them all else goes on; nothing can be played. */
static void open_private_keys(struct rth_portal *p)
{
	char problem[RTH_KEYS_LINE_SIZE] = "";
	enum rth_err err;

	if (!p->settings.recordings.folder)
		return;
	err = rth_keys_open(&p->keys, &p->settings, false, problem);
	if (err || *problem)
		rth_log(err ? RTH_LOG_ERROR : RTH_LOG_WARN,
			"private-keys-not-open", "s:s, s:s", "error",
			rth_err_name(err), "problem", problem);
}

static enum rth_err open_workers(struct rth_portal *p)
{
	const struct {
		struct rth_work **pool;
		int64_t threads;
	} pools[] = {
		{&p->work, p->settings.limits.workers},
		{&p->work_net, p->settings.limits.net_workers},
		{&p->work_mail, MAIL_WORKERS},
		{&p->work_recovery, p->settings.recordings.folder ? 1 : 0},
	};
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < sizeof(pools) / sizeof(pools[0]) && !err; i++)
		if (pools[i].threads)
			err = rth_work_create(pools[i].pool,
					      (unsigned)pools[i].threads,
					      JOBS_WAITING);
	return err;
}

static enum rth_err open_portal(struct rth_portal *p, const char *config)
{
	const struct rth_settings *s = &p->settings;
	enum rth_err err;

	err = failed("database", rth_store_open(&p->store, s->database));
	if (!err)
		err = failed("keys", open_keys(p));
	if (!err)
		err = failed("logo", rth_brand_create(&p->brand, s));
	if (!err)
		err = failed("peers", rth_peers_create(&p->peers, p));
	if (!err)
		err = failed("audit", rth_audit_self_start(p, config));
	if (!err)
		err = failed("live", rth_live_create(&p->live, p));
	if (!err)
		err = failed("live", rth_live_start(p->live));
	if (!err)
		err = failed("workers", open_workers(p));
	if (!err)
		err = failed("providers",
			     rth_oidc_create(&p->oidc, s, p->work_net));
	if (!err)
		err = failed("codes", rth_mailcode_create(&p->mailcode, s,
							  p->work_mail));
	if (!err)
		open_private_keys(p);
	if (!err && s->recordings.folder)
		err = failed("media", rth_media_create(&p->media, p));
	if (!err && s->recordings.folder)
		err = failed("films", rth_films_create(&p->films, p));
	return err;
}

static enum rth_err listen_on(struct rth_http **httpp, struct rth_portal *p,
			      const struct rth_listen_conf *at,
			      const struct rth_route *routes)
{
	enum rth_err err = rth_http_start(httpp, p, at, routes);

	if (err)
		fprintf(stderr,
			"rthealth-portal: cannot listen on %s port %d: "
			"is the port taken?\n",
			at->address, (int)at->port);
	return err;
}

static enum rth_err start(struct servers *servers, struct rth_portal *p)
{
	enum rth_err err = listen_on(&servers->public, p, &p->settings.listen,
				     rth_routes_public);

	if (!err)
		err = listen_on(&servers->private, p,
				&p->settings.private_listen,
				rth_routes_private);
	p->takes_s = p->now_s();
	if (!err)
		rth_log(RTH_LOG_INFO, "started", "s:I, s:I", "port",
			(json_int_t)p->settings.listen.port, "private_port",
			(json_int_t)p->settings.private_listen.port);
	return err;
}

static void tell(const struct servers *servers)
{
	rth_http_tell(servers->public, "public");
	rth_http_tell(servers->private, "private");
}

static void tick(struct rth_portal *p, unsigned n)
{
	const struct rth_settings *s = &p->settings;
	json_t *keys = rth_audit_self_keys(p);
	enum rth_err err = rth_signing_tick(p->signing, p->now_s());

	rth_audit_self_keys_since(p, keys);
	rth_peers_tick(p->peers);
	rth_audit_self_tick(p, n);
	rth_told_tick(p);
	if (err)
		rth_log(RTH_LOG_ERROR, "keys-failed", "s:s", "error",
			rth_err_name(err));
	if (n % SWEEP_TICKS)
		return;
	rth_recovery_tick(p);
	if (n % DAY_TICKS == 0) /* of what no event ever told */
		rth_recovery_start(p, NULL);
	rth_retention_tick(p, n % DAY_TICKS == 0);
	rth_films_tick(p);
	err = rth_store_sweep(p->store, p->now_s(), s->session.idle_s,
			      s->session.absolute_s);
	if (!err)
		err = rth_store_told_sweep(p->store,
					   p->now_s() - s->visit.keep_days *
								INT64_C(86400));
	if (!err)
		err = rth_store_waiting_sweep(p->store,
					      p->now_s() - s->visit.after_s);
	if (err)
		rth_log(RTH_LOG_ERROR, "sweep-failed", "s:s", "error",
			rth_err_name(err));
}

static void rotate(struct rth_portal *p)
{
	json_t *keys = rth_audit_self_keys(p);
	enum rth_err err = rth_signing_rotate(p->signing, p->now_s());

	rth_peers_tick(p->peers);
	rth_audit_self_keys_since(p, keys);
	rth_log(err ? RTH_LOG_WARN : RTH_LOG_INFO, "keys-rotated", "s:s",
		"error", rth_err_name(err));
}

/* SIGTERM and SIGINT end it, SIGHUP makes a new key. */
static void wait_for_end(struct rth_portal *p, const struct servers *servers,
			 const sigset_t *set)
{
	const struct timespec pause = {TICK_S, 0};
	unsigned ticks = 0;

	for (;;) {
		int sig = sigtimedwait(set, NULL, &pause);

		if (sig == SIGTERM || sig == SIGINT)
			return;
		if (sig == SIGHUP)
			rotate(p);
		else {
			tell(servers);
			tick(p, ++ticks);
		}
	}
}

static unsigned running(const struct servers *servers)
{
	return rth_http_running(servers->public) +
	       rth_http_running(servers->private);
}

static void drain(struct rth_portal *p, const struct servers *servers)
{
	const struct timespec pause = {0, 20000000};
	int waited_ms;

	rth_http_quiesce(servers->public);
	rth_http_quiesce(servers->private);
	rth_live_stop(p->live);
	for (waited_ms = 0; running(servers) && waited_ms < DRAIN_MS;
	     waited_ms += 20)
		nanosleep(&pause, NULL);
	tell(servers);
	rth_log(RTH_LOG_INFO, "stopping", "s:i", "requests_left",
		(int)running(servers));
}

/*
 * Workers end first: a suspended connection must not be closed under them.
 * They are freed last: until the servers have stopped, a request on a
 * connection that was kept alive still asks them, and is refused.
 */
static void close_portal(struct rth_portal *p, struct servers *servers)
{
	struct rth_work *const pools[] = {p->work_recovery, p->work_mail,
					  p->work_net, p->work};
	const size_t n = sizeof(pools) / sizeof(pools[0]);
	size_t i;

	rth_films_stop(p->films);
	for (i = 0; i < n; i++)
		if (pools[i])
			rth_work_stop(pools[i]);
	for (i = 0; i < n; i++)
		rth_work_join(pools[i]);
	rth_http_stop(servers->public);
	rth_http_stop(servers->private);
	rth_films_free(p->films);
	for (i = 0; i < n; i++)
		rth_work_free(pools[i]);
	rth_media_free(p->media);
	rth_keys_free(p->keys);
	rth_mailcode_free(p->mailcode);
	rth_oidc_free(p->oidc);
	rth_live_free(p->live);
	rth_audit_self_stop(p);
	rth_peers_free(p->peers);
	rth_brand_free(p->brand);
	rth_signing_free(p->signing);
	rth_store_close(p->store);
}

static int serve(struct rth_portal *p, const char *config)
{
	struct servers servers = {NULL, NULL};
	sigset_t signals;
	enum rth_err err;

	block_signals(&signals);
	json_object_seed(0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	err = open_portal(p, config);
	if (!err)
		err = start(&servers, p);
	if (!err) {
		rth_recovery_start(p, NULL);
		rth_retention_start(p);
		wait_for_end(p, &servers, &signals);
		drain(p, &servers);
	}
	close_portal(p, &servers);
	curl_global_cleanup();
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct rth_portal portal = {.now_s = clock_s};
	struct rth_conf_problem problem = {"out of memory"};
	struct options options = {NULL, false, false, 0, NULL};
	int status = EXIT_FAILURE;

	if (!read_options(&options, argc, argv)) {
		fputs(USAGE, stderr);
		return 2;
	}
	close_doors();
	rth_log_init("rthealth-portal",
		     options.debug ? RTH_LOG_DEBUG : RTH_LOG_INFO);
	if (sodium_init() < 0)
		fputs("rthealth-portal: libsodium cannot start\n", stderr);
	else if (rth_settings_read(&portal.settings, options.config, &problem))
		fprintf(stderr, "%s\n", problem.text);
	else if (options.check)
		status = EXIT_SUCCESS;
	else if (options.words)
		status = rth_commands_run(&portal.settings, options.words,
					  options.word);
	else
		status = serve(&portal, options.config);
	rth_settings_clear(&portal.settings);
	return status;
}
