/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recorder's configuration: the table of keys, the names of user and
 * group, and what must hold of the folders. The recorder does not start where
 * a recording could be lost, or read by somebody else.
 */
#include "conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONF(member) offsetof(struct rth_recorder_conf, member)
#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 6)
#define OTHERS 027 /* what of a folder's mode nobody else may have */

static const struct rth_conf_key keys_of_file[] = {
	{"socket", RTH_CONF_STRING, CONF(socket), .required = true,
	 .max = SOCKET_PATH_MAX},
	{"socket_group", RTH_CONF_STRING, CONF(socket_group), .max = 64},
	{"recordings", RTH_CONF_STRING, CONF(recordings), .required = true},
	{"public_keys", RTH_CONF_STRING, CONF(public_keys), .required = true},
	{"user", RTH_CONF_STRING, CONF(user), .max = 64},
	{"reserve_mb", RTH_CONF_INT, CONF(reserve_mb), .number = 1024, .min = 1,
	 .max = 1000000},
	{"recordings_max", RTH_CONF_INT, CONF(recordings_max), .number = 64,
	 .min = 1, .max = 1000},
	{"sync_ms", RTH_CONF_INT, CONF(sync_ms), .number = 1000, .min = 100,
	 .max = 1000},
	{.key = NULL},
};

static enum rth_err wrong(struct rth_conf_problem *problem, const char *path,
			  const char *key, const char *reason)
{
	snprintf(problem->text, sizeof(problem->text), "%s: %s: %s", path, key,
		 reason);
	return RTH_ERR_CONFIG;
}

static enum rth_err find_names(struct rth_recorder_conf *conf, const char *path,
			       struct rth_conf_problem *problem)
{
	const struct passwd *user = NULL;
	const struct group *group = NULL;

	conf->uid = (uid_t)-1;
	conf->gid = (gid_t)-1;
	conf->socket_gid = (gid_t)-1;
	if (conf->user)
		user = getpwnam(conf->user);
	if (conf->user && !user)
		return wrong(problem, path, "user", "there is no such user");
	if (user) {
		conf->uid = user->pw_uid;
		conf->gid = user->pw_gid;
	}
	if (conf->socket_group)
		group = getgrnam(conf->socket_group);
	if (conf->socket_group && !group)
		return wrong(problem, path, "socket_group",
			     "there is no such group");
	if (group)
		conf->socket_gid = group->gr_gid;
	return RTH_OK;
}

static enum rth_err check_paths(const struct rth_recorder_conf *conf,
				const char *path,
				struct rth_conf_problem *problem)
{
	if (conf->socket[0] != '/')
		return wrong(problem, path, "socket",
			     "must be an absolute path");
	if (conf->recordings[0] != '/')
		return wrong(problem, path, "recordings",
			     "must be an absolute path");
	if (conf->public_keys[0] != '/')
		return wrong(problem, path, "public_keys",
			     "must be an absolute path");
	return RTH_OK;
}

enum rth_err rth_recorder_conf_read(struct rth_recorder_conf *conf,
				    const char *path,
				    struct rth_conf_problem *problem)
{
	enum rth_err err = rth_conf_read(conf, keys_of_file, path, problem);

	if (!err)
		err = check_paths(conf, path, problem);
	if (!err)
		err = find_names(conf, path, problem);
	return err;
}

void rth_recorder_conf_clear(struct rth_recorder_conf *conf)
{
	rth_conf_clear(conf, keys_of_file);
}

/* Only the top of a folder is looked at: what is below is sealed recordings. */
static enum rth_err no_private_key(int folder, const char *path,
				   const char *key,
				   struct rth_conf_problem *problem)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	enum rth_err err = RTH_OK;
	const struct dirent *entry;
	char reason[192];

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return wrong(problem, path, key, "cannot be listed");
	}
	while (!err && (entry = readdir(dir))) {
		if (!rth_clinic_key_is_private(folder, entry->d_name))
			continue;
		snprintf(reason, sizeof(reason),
			 "a private key lies there (%.64s): keep it where the "
			 "recorder cannot read",
			 entry->d_name);
		err = wrong(problem, path, key, reason);
	}
	closedir(dir);
	return err;
}

static enum rth_err check_store(int fd, const char *path,
				struct rth_conf_problem *problem)
{
	static const char key[] = "recordings";
	struct stat st;

	if (fstat(fd, &st))
		return wrong(problem, path, key, strerror(errno));
	if (st.st_uid != geteuid())
		return wrong(problem, path, key,
			     "belongs to another user than the recorder's");
	if (st.st_mode & OTHERS)
		return wrong(problem, path, key,
			     "others have access: chmod 0700");
	if (faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS))
		return wrong(problem, path, key, "cannot be written");
	return no_private_key(fd, path, key, problem);
}

static enum rth_err check_keys(const struct rth_recorder_conf *conf,
			       const char *path, struct rth_clinic_keys *keys,
			       struct rth_conf_problem *problem)
{
	char reason[256] = "";
	int folder =
		open(conf->public_keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rth_err err;

	if (folder < 0)
		return wrong(problem, path, "public_keys", strerror(errno));
	err = no_private_key(folder, path, "public_keys", problem);
	close(folder);
	if (err)
		return err;
	err = rth_clinic_keys_read(keys, conf->public_keys, reason,
				   sizeof(reason));
	if (err)
		return wrong(problem, path, "public_keys",
			     reason[0] ? reason : rth_err_name(err));
	return RTH_OK;
}

enum rth_err rth_recorder_conf_check(const struct rth_recorder_conf *conf,
				     const char *path,
				     struct rth_clinic_keys *keys, int *storep,
				     struct rth_conf_problem *problem)
{
	int fd = open(conf->recordings, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rth_err err;

	if (fd < 0)
		return wrong(problem, path, "recordings", strerror(errno));
	err = check_store(fd, path, problem);
	if (!err)
		err = check_keys(conf, path, keys, problem);
	if (err)
		close(fd);
	else
		*storep = fd;
	return err;
}
