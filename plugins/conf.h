/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plugin's configuration file, janus.plugin.rthealth.jcfg. Every key is
 * explained in conf/janus.plugin.rthealth.jcfg.sample.
 */
#ifndef RTH_PLUGIN_CONF_H
#define RTH_PLUGIN_CONF_H

#include "../common/conf.h"
#include "sdp.h"

#define RTH_ISSUERS_MAX 16

/* Somebody whose tokens admit. */
struct rth_issuer_conf {
	char *issuer;
	char *jwks;    /* absolute path or URL */
	char *ca_file; /* NULL: the system's certificates only */
	char *audience;
	struct rth_conf_strings algorithms;
	unsigned algs; /* the same as a set of rth_jwt_alg */
	/* Where the claims are, as dotted paths. */
	char *claim_name;
	char *claim_room;
	char *claim_role;
	char *claim_seat_until;
	char *claim_record;
};

struct rth_plugin_conf {
	struct rth_conf_list issuers; /* of struct rth_issuer_conf */
	int64_t leeway_s;
	int64_t linger_s;
	int64_t rooms_max;
	struct rth_conf_strings video_codecs;
	enum rth_codec codecs[RTH_CODECS]; /* the same, in that order */
	size_t n_codecs;
};

/**
 * Reads the file. Startup only.
 *
 * @param conf    zeroed; give it to rth_plugin_conf_clear also after an error
 * @param problem receives one line "FILE:LINE: KEY: reason"
 * @return 0, RTH_ERR_CONFIG or RTH_ERR_NOMEM
 */
enum rth_err rth_plugin_conf_read(struct rth_plugin_conf *conf,
				  const char *path,
				  struct rth_conf_problem *problem) RTH_CHECKED;
void rth_plugin_conf_clear(struct rth_plugin_conf *conf);

#endif
