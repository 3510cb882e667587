/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rthealth-recorder: takes the feed of the plugin and writes sealed recordings.
 *
 * main is a checklist: read the configuration, make the socket, become the
 * recorder's user, look at folders and keys as that user, close what nobody
 * needs, serve until a signal comes. The parent (parent.c) reads nothing from
 * outside; each connection is a child's (child.c), which lives in a sandbox
 * (sandbox.c). Neither has a private key: no old recording can be read here.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "conf.h"
#include "log.h"
#include "parent.h"
#include "sandbox.h"

#define USAGE "usage: rthealth-recorder --config FILE [--check-config]\n"

struct options {
	const char *config;
	bool check;
};

static bool read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, 'k'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:", longs, NULL)) != -1) {
		if (c == 'c')
			o->config = optarg;
		else if (c == 'k')
			o->check = true;
		else
			return false;
	}
	return o->config && optind == argc;
}

/* Before any child, so that none has to: what libraries do once. */
static enum rth_err set_up_process(void)
{
	sigset_t set;

	umask(077);
	tzset();
	json_object_seed(0);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return RTH_ERR_IO;
	return sodium_init() < 0 ? RTH_ERR_CRYPTO : RTH_OK;
}

static enum rth_err become_user(const struct rth_recorder_conf *conf,
				const char *path,
				struct rth_conf_problem *problem)
{
	if (conf->uid == (uid_t)-1 || conf->uid == geteuid() ||
	    !rth_sandbox_user(conf->user, conf->uid, conf->gid))
		return RTH_OK;
	snprintf(problem->text, sizeof(problem->text),
		 "%s: user: only root can become another user", path);
	return RTH_ERR_CONFIG;
}

/* Where the kernel swaps to, if anywhere: a head and a line for each. */
static bool swaps(void)
{
	FILE *file = fopen("/proc/swaps", "re");
	char line[256];
	int lines = 0;

	while (file && fgets(line, sizeof(line), file))
		lines++;
	if (file)
		fclose(file);
	return lines > 1;
}

static enum rth_err serve(struct rth_parent *parent,
			  const struct rth_clinic_keys *keys, int store,
			  int *statusp)
{
	enum rth_err err = rth_sandbox_doors();

	*statusp = EXIT_FAILURE;
	if (err) {
		rth_log(RTH_LOG_ERROR, "start-failed", "s:s", "error",
			rth_err_name(err));
		return err;
	}
	if (!rth_sandbox_has_landlock())
		rth_log(RTH_LOG_WARN, "no-landlock", NULL);
	if (swaps())
		rth_log(RTH_LOG_WARN, "swap-is-on", NULL);
	rth_log(RTH_LOG_INFO, "started", "s:i, s:b", "keys", (int)keys->n,
		"root", geteuid() == 0);
	err = rth_parent_serve(parent, keys, store, statusp);
	if (!err)
		*statusp = EXIT_SUCCESS;
	return err;
}

/* The socket is made first, as root where it must be; with --check-config not
   at all. */
static int run(const struct rth_recorder_conf *conf,
	       const struct options *options, struct rth_conf_problem *problem)
{
	struct rth_clinic_keys keys = {0};
	struct rth_parent *parent = NULL;
	int store = -1;
	int status = EXIT_FAILURE;
	enum rth_err err = RTH_OK;

	if (!options->check)
		err = rth_parent_create(&parent, conf, options->config,
					problem);
	if (!err)
		err = become_user(conf, options->config, problem);
	if (!err)
		err = rth_recorder_conf_check(conf, options->config, &keys,
					      &store, problem);
	if (err)
		fprintf(stderr, "%s\n", problem->text);
	else if (options->check)
		status = EXIT_SUCCESS;
	else if (serve(parent, &keys, store, &status) == RTH_ERR_STATE)
		_exit(status); /* a child; the rest is the parent's */
	rth_parent_free(parent);
	if (store >= 0)
		close(store);
	return status;
}

int main(int argc, char **argv)
{
	struct rth_recorder_conf conf = {0};
	struct rth_conf_problem problem = {"out of memory"};
	struct options options = {NULL, false};
	int status = EXIT_FAILURE;

	if (!read_options(&options, argc, argv)) {
		fputs(USAGE, stderr);
		return 2;
	}
	rth_log_init("rthealth-recorder", RTH_LOG_INFO);
	if (set_up_process())
		fputs("rthealth-recorder: cannot set up its process\n", stderr);
	else if (rth_recorder_conf_read(&conf, options.config, &problem))
		fprintf(stderr, "%s\n", problem.text);
	else
		status = run(&conf, &options, &problem);
	rth_recorder_conf_clear(&conf);
	return status;
}
