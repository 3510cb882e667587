/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recorder's file and folders: what it starts with, and what it refuses. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../../common/mem.h"
#include "../../recordings/conf.h"

#define KEY \
	"rthealth-public-key-1 vaY2QqVJSaenRRaVI5lHMiBxdu9d66naFcOWHeyLCy8\n"

static char home[] = "/tmp/rthealth-recorder-conf-XXXXXX";
static char file[96], store[96], keys[96], key[128];

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(home));
	snprintf(file, sizeof(file), "%s/recorder.conf", home);
	snprintf(store, sizeof(store), "%s/store", home);
	snprintf(keys, sizeof(keys), "%s/keys", home);
	snprintf(key, sizeof(key), "%s/clinic.pub", keys);
	assert_int_equal(mkdir(store, 0700), 0);
	assert_int_equal(mkdir(keys, 0700), 0);
	write_file(key, KEY);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(key);
	unlink(file);
	rmdir(keys);
	rmdir(store);
	return rmdir(home);
}

struct outcome {
	struct rth_conf_problem problem;
	struct rth_recorder_conf conf;
	struct rth_clinic_keys keys;
	enum rth_err err;
};

static void write_conf(const char *more)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "socket = \"%s/s\";\nrecordings = \"%s\";\n"
		 "public_keys = \"%s\";\n%s",
		 home, store, keys, more);
	write_file(file, text);
}

static void read_it(struct outcome *o)
{
	int fd = -1;

	memset(o, 0, sizeof(*o));
	o->err = rth_recorder_conf_read(&o->conf, file, &o->problem);
	if (!o->err)
		o->err = rth_recorder_conf_check(&o->conf, file, &o->keys, &fd,
						 &o->problem);
	if (!o->err)
		close(fd);
}

static void accepted(const char *more)
{
	struct outcome o;

	write_conf(more);
	read_it(&o);
	if (o.err)
		fail_msg("%s", o.problem.text);
	rth_recorder_conf_clear(&o.conf);
}

/* One line that names file, key and reason. */
static void refused(const char *more, const char *words)
{
	struct outcome o;

	write_conf(more);
	read_it(&o);
	assert_int_equal(o.err, RTH_ERR_CONFIG);
	if (!strstr(o.problem.text, words))
		fail_msg("\"%s\" does not say \"%s\"", o.problem.text, words);
	assert_memory_equal(o.problem.text, file, strlen(file));
	assert_null(strchr(o.problem.text, '\n'));
	rth_recorder_conf_clear(&o.conf);
}

static void defaults(void **state)
{
	struct outcome o;

	(void)state;
	write_conf("");
	read_it(&o);
	assert_int_equal(o.err, RTH_OK);
	assert_int_equal(o.conf.reserve_mb, 1024);
	assert_int_equal(o.conf.recordings_max, 64);
	assert_int_equal(o.conf.sync_ms, 1000);
	assert_int_equal(o.conf.uid, (uid_t)-1);
	assert_int_equal(o.conf.socket_gid, (gid_t)-1);
	assert_int_equal(o.keys.n, 1);
	assert_string_equal(o.keys.name[0], "clinic");
	rth_recorder_conf_clear(&o.conf);
}

static void values(void **state)
{
	(void)state;
	accepted("sync_ms = 100;");
	refused("sync_ms = 99;", "sync_ms");
	refused("sync_ms = 1001;", "sync_ms");
	refused("reserve_mb = 0;", "reserve_mb");
	refused("recordings_max = 0;", "recordings_max");
	refused("unknown = 1;", "unknown key");
	refused("user = \"no-such-user-here\";", "user: there is no such user");
	refused("socket_group = \"no-such-group\";",
		"socket_group: there is no such group");
	accepted("user = \"root\"; socket_group = \"root\";");
}

static void folders(void **state)
{
	(void)state;
	assert_int_equal(chmod(store, 0705), 0);
	refused("", "recordings: others have access");
	assert_int_equal(chmod(store, 0770), 0);
	refused("", "recordings: others have access");
	assert_int_equal(chmod(store, 0700), 0);
	accepted("");
	if (geteuid() == 0) {
		assert_int_equal(chown(store, 12345, 0), 0);
		refused("", "recordings: belongs to another user");
		assert_int_equal(chown(store, 0, 0), 0);
	}
	assert_int_equal(rmdir(store), 0);
	refused("", "recordings: No such file");
	write_file(store, "");
	refused("", "recordings: Not a directory");
	unlink(store);
	assert_int_equal(mkdir(store, 0700), 0);
}

static void keys_are_needed(void **state)
{
	(void)state;
	unlink(key);
	refused("", "public_keys: ");
	write_file(key, "rubbish\n");
	refused("", "public_keys: ");
	write_file(key, KEY);
	accepted("");
}

static void no_private_key_in_reach(void **state)
{
	static const char private[] = "rthealth-private-key-1 x\n";
	char path[160];

	(void)state;
	snprintf(path, sizeof(path), "%s/notes.txt", keys);
	write_file(path, private);
	refused("", "public_keys: a private key");
	unlink(path);
	snprintf(path, sizeof(path), "%s/.hidden", store);
	write_file(path, private);
	refused("", "recordings: a private key");
	unlink(path);
	accepted("");
}

static void without_memory(void **state)
{
	struct outcome o;
	unsigned long n;

	(void)state;
	write_conf("");
	rth_mem_fail_at(0);
	read_it(&o);
	rth_recorder_conf_clear(&o.conf);
	n = rth_mem_count();
	for (unsigned long i = 1; i <= n; i++) {
		rth_mem_fail_at(i);
		read_it(&o);
		assert_int_not_equal(o.err, RTH_OK);
		rth_recorder_conf_clear(&o.conf);
	}
	rth_mem_fail_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(values),
		cmocka_unit_test(folders),
		cmocka_unit_test(keys_are_needed),
		cmocka_unit_test(no_private_key_in_reach),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
