/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recorder's configuration file. Every key is explained in
 * conf/recorder.conf.sample.
 */
#ifndef RTH_RECORDER_CONF_H
#define RTH_RECORDER_CONF_H

#include <sys/types.h>

#include "../common/conf.h"
#include "clinic_key.h"

struct rth_recorder_conf {
	char *socket; /* path of the feed's socket */
	char *socket_group;
	char *recordings;  /* folder */
	char *public_keys; /* folder */
	char *user;
	int64_t reserve_mb;
	int64_t recordings_max;
	int64_t sync_ms;
	/* Computed: (uid_t)-1 and (gid_t)-1 where nothing is to change. */
	uid_t uid;
	gid_t gid;
	gid_t socket_gid;
};

/**
 * Reads and checks the file. Startup.
 *
 * @param conf    zeroed; give it to rth_recorder_conf_clear in any case
 * @param problem receives one line "FILE:LINE: KEY: reason"
 * @return 0, RTH_ERR_CONFIG or RTH_ERR_NOMEM
 */
enum rth_err
rth_recorder_conf_read(struct rth_recorder_conf *conf, const char *path,
		       struct rth_conf_problem *problem) RTH_CHECKED;

void rth_recorder_conf_clear(struct rth_recorder_conf *conf);

/**
 * Looks at what the keys name, as the user that the recorder will be: the
 * folder of recordings must be there, be that user's alone and be writable,
 * there must be a public key, and no private key may lie in either folder.
 * Startup.
 *
 * @param path   the configuration file, for the problem's line
 * @param keys   receives the public keys
 * @param storep receives a descriptor of the folder of recordings
 * @return 0 or RTH_ERR_CONFIG
 */
enum rth_err
rth_recorder_conf_check(const struct rth_recorder_conf *conf, const char *path,
			struct rth_clinic_keys *keys, int *storep,
			struct rth_conf_problem *problem) RTH_CHECKED;

#endif
