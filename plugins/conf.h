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
#define RTH_CONSENT_TEXTS_MAX 16
#define RTH_CONSENT_TEXT_BYTES_MAX 4000
#define RTH_LANGUAGE_BYTES_MAX 35 /* of a tag, RFC 5646 section 4.4.1 */
#define RTH_SHA256_HEX_SIZE 65

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
	char *claim_admitted;
};

/* What people are asked to agree to before they are recorded. */
struct rth_consent_text {
	char *language;
	char *text;
	char sha256[RTH_SHA256_HEX_SIZE]; /* of the text's bytes */
};

struct rth_consent_texts {
	char *version;		   /* NULL: nobody can be asked */
	struct rth_conf_list list; /* of struct rth_consent_text */
};

struct rth_plugin_conf {
	struct rth_conf_list issuers; /* of struct rth_issuer_conf */
	char *name;		      /* in events; NULL: the machine's */
	int64_t leeway_s;
	int64_t linger_s;
	int64_t rooms_max;
	int64_t waiting_max; /* at one door */
	int64_t wait_s;
	int64_t check_s;
	int64_t checks_max; /* at a time */
	struct rth_conf_strings video_codecs;
	enum rth_codec codecs[RTH_CODECS]; /* the same, in that order */
	size_t n_codecs;
	char *recorder_socket; /* NULL: nothing is recorded */
	int64_t ring_bytes;
	int64_t answer_s;
	int64_t key_frame_s;
	struct rth_consent_texts consent;
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
