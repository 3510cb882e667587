/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of a recording's files: killed and failing at each of its steps. The
 * calls that change the store go through this file, where they are counted.
 */
#include "recording_fixture.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "erase.h"

#define KILLED 77
#define STEPS_MAX 200

static struct fixture fix;
static long steps, kill_at, fail_at; /* 0: never */
static char order[STEPS_MAX + 1];    /* a letter for each step */

/* Whether this step is to fail; it may be the last of the process. */
static bool step(char what)
{
	if (steps < STEPS_MAX) {
		order[steps] = what;
		order[steps + 1] = '\0';
	}
	steps++;
	if (steps == kill_at)
		_exit(KILLED);
	if (steps == fail_at)
		errno = EIO;
	return steps == fail_at;
}

/* In the place of the C library's. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (step('w'))
		return -1;
	return syscall(SYS_pwrite64, fd, data, len, at);
}

int unlinkat(int fd, const char *name, int flags)
{
	return step(flags ? 'd' : 'u')
		       ? -1
		       : (int)syscall(SYS_unlinkat, fd, name, flags);
}

int fsync(int fd)
{
	return step('f') ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return step('s') ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static int open_fix(void **state)
{
	(void)state;
	kill_at = fail_at = 0;
	fix_open(&fix);
	return 0;
}

static int close_fix(void **state)
{
	(void)state;
	kill_at = fail_at = 0;
	fix_close(&fix);
	return 0;
}

/* Finished and unfinished files, and what a kill of either program left. */
static void fill(void)
{
	fix_recording(&fix, FIX_ID);
	fix_whole(&fix);
	fix_lane(&fix, "1-patient-2.webm", 20000, false);
	fix_lane(&fix, "1-patient-2.webm.recovering", 300, false);
	fix_lane(&fix, "1-manifest.json.new", 500, false);
	fix_lane(&fix, "2-chat.jsonl.tmp", 500, false);
	fix_lane(&fix, "something else", 500, false);
	fix_run(&fix, "head -c 100 1-patient-1.webm > 1-patient-3.webm");
	fix_run(&fix, ": > 1-patient-4.webm");
}

#define FILES 11

/* What is in the folder, and how much of that can be opened. */
struct left {
	size_t files, open;
};

static struct left look(void)
{
	struct rth_recording_folder *folder;
	struct left left = {0, 0};
	size_t i;
	enum rth_err err =
		rth_recording_folder_open(&folder, fix.store, FIX_ID);

	if (err) {
		assert_int_equal(err, RTH_ERR_NOT_FOUND);
		return left;
	}
	left.files = folder->files_n;
	for (i = 0; i < folder->files_n; i++) {
		struct rth_seal_key *key;

		if (rth_recording_key(&key, folder, folder->files[i].name,
				      fix.pairs.v, fix.pairs.n))
			continue;
		left.open++;
		rth_seal_key_free(key);
	}
	rth_recording_folder_close(folder);
	return left;
}

static enum rth_err erase(void)
{
	struct rth_erase *e;
	enum rth_err err = rth_erase_open(&e, fix.store, FIX_ID, 0, 0);

	if (err)
		return err;
	err = rth_erase_files(e);
	rth_erase_close(e);
	return err;
}

static void gone(void)
{
	char path[128];

	assert_int_equal(look().files, 0);
	snprintf(path, sizeof(path), "%s/" FIX_MONTH "/" FIX_ID, fix.store);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(rth_erase_remains(fix.store, FIX_ID), 0);
	assert_int_equal(erase(), RTH_ERR_NOT_FOUND);
	*strrchr(path, '/') = '\0';
	assert_int_equal(access(path, F_OK), 0); /* the month stays */
}

static void everything_goes(void **state)
{
	struct rth_erase_count count;
	struct rth_erase *e;

	(void)state;
	fill();
	assert_int_equal(look().files, FILES);
	assert_int_equal(look().open, FILES - 2);
	assert_int_equal(rth_erase_remains(fix.store, FIX_ID), RTH_ERR_EXISTS);
	assert_int_equal(rth_erase_open(&e, fix.store, FIX_ID, 0, 0), 0);
	assert_int_equal(rth_erase_count(e, &count), 0);
	assert_int_equal(count.files, FILES);
	assert_true(count.bytes > 100000);
	assert_int_equal(rth_erase_files(e), 0);
	rth_erase_close(e);
	gone();
}

/* A power failure after any of these finds all before it on the disk. */
static void each_step_is_synced_before_the_next(void **state)
{
	(void)state;
	fill();
	steps = 0;
	assert_int_equal(erase(), 0);
	/* The empty file has nothing to write. */
	assert_int_equal(strlen(order), 2 * FILES - 1 + FILES + 3);
	while (strstr(order, "ws"))
		memcpy(strstr(order, "ws"), "--", 2);
	assert_int_equal(strspn(order, "-s"), 2 * FILES - 1);
	assert_string_equal(order + 2 * FILES - 1, "uuuuuuuuuuufdf");
}

static void others_stay(void **state)
{
	(void)state;
	fill();
	fix_recording(&fix, FIX_OTHER);
	fix_lane(&fix, "1-patient-1.webm", 20000, true);
	assert_int_equal(erase(), 0);
	gone();
	assert_int_equal(access(fix.folder, F_OK), 0);
	fix_run(&fix, "test -s 1-patient-1.webm");
}

static void nothing_is_there(void **state)
{
	struct rth_erase *e;

	(void)state;
	assert_int_equal(rth_erase_open(&e, fix.store, FIX_OTHER, 0, 0),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_erase_open(&e, fix.store, "../2026", 0, 0),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_erase_open(&e, "/nowhere", FIX_ID, 0, 0),
			 RTH_ERR_IO);
	assert_int_equal(rth_erase_remains("/nowhere", FIX_ID), RTH_ERR_IO);
}

static int locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	return fd;
}

static void who_is_at_work_is_left_alone(void **state)
{
	struct rth_recording_folder *folder;
	struct rth_erase *e;
	char month[128];
	int fd;

	(void)state;
	fill();
	fd = locked(fix.folder); /* a recorder */
	assert_int_equal(erase(), RTH_ERR_STATE);
	close(fd);
	snprintf(month, sizeof(month), "%s/" FIX_MONTH, fix.store);
	fd = locked(month); /* a recovery, or another deletion */
	assert_int_equal(erase(), RTH_ERR_TIMEOUT);
	close(fd);
	assert_int_equal(look().open, FILES - 2);
	/* And the other way round. */
	assert_int_equal(rth_erase_open(&e, fix.store, FIX_ID, 0, 0), 0);
	assert_int_equal(rth_recording_folder_open(&folder, fix.store, FIX_ID),
			 0);
	assert_true(rth_recording_folder_running(folder));
	assert_int_equal(erase(), RTH_ERR_TIMEOUT);
	rth_erase_close(e);
	assert_false(rth_recording_folder_running(folder));
	rth_recording_folder_close(folder);
	assert_int_equal(erase(), 0);
	gone();
}

/* A folder is not ours to take away; what was recorded is lost all the same. */
static void a_folder_in_it_is_kept_but_no_key(void **state)
{
	(void)state;
	fill();
	fix_run(&fix, "mkdir theirs");
	assert_int_equal(erase(), RTH_ERR_EXISTS);
	assert_int_equal(look().files, FILES + 1);
	assert_int_equal(look().open, 0);
	fix_run(&fix, "rmdir theirs");
	assert_int_equal(erase(), 0);
	gone();
}

static void links_are_only_names(void **state)
{
	(void)state;
	fill();
	fix_run(&fix, "echo kept > ../elsewhere && ln -s ../elsewhere link");
	fix_run(&fix, "ln -s /nowhere broken && mkfifo pipe");
	assert_int_equal(erase(), 0);
	gone();
	fix_recording(&fix, FIX_OTHER);
	fix_run(&fix, "grep -q kept ../elsewhere");
}

/* Another name of the same file holds no key either. */
static void a_second_name_of_a_file_is_worthless(void **state)
{
	struct rth_seal_key *key;
	char path[256];
	int fd;

	(void)state;
	fill();
	fix_run(&fix, "ln 1-patient-1.webm ../copy");
	assert_int_equal(erase(), 0);
	gone();
	snprintf(path, sizeof(path), "%s/" FIX_MONTH "/copy", fix.store);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(rth_seal_key_open(&key, fd, fix.pairs.v, fix.pairs.n),
			 RTH_ERR_FORMAT);
	close(fd);
}

static void whatever_has_the_id_remains(void **state)
{
	static const char *const places[] = {
		"../../../" FIX_ID "-old",
		"../../" FIX_ID,
		"../" FIX_ID ".tar",
	};
	size_t i;

	(void)state;
	fill();
	assert_int_equal(erase(), 0);
	fix_recording(&fix, FIX_OTHER);
	for (i = 0; i < 3; i++) {
		char words[128];

		gone();
		snprintf(words, sizeof(words), "touch %s", places[i]);
		fix_run(&fix, words);
		assert_int_equal(rth_erase_remains(fix.store, FIX_ID),
				 RTH_ERR_EXISTS);
		snprintf(words, sizeof(words), "rm %s", places[i]);
		fix_run(&fix, words);
	}
	fix_run(&fix,
		"mkdir -p ../../../lost/x && touch ../../../lost/x/1-" FIX_ID);
	assert_int_equal(rth_erase_remains(fix.store, FIX_ID), RTH_ERR_EXISTS);
}

/* No name is taken away while a key is there. */
static void keys_go_first(void)
{
	struct left left = look();

	if (left.files < FILES)
		assert_int_equal(left.open, 0);
}

static void failing_at_each_step_and_done_again(void **state)
{
	enum rth_err err = RTH_ERR_IO;
	long n;

	(void)state;
	for (n = 1; n < STEPS_MAX && err; n++) {
		fill();
		steps = 0;
		fail_at = n;
		err = erase();
		fail_at = 0;
		keys_go_first();
		if (!err)
			break;
		assert_int_equal(err, RTH_ERR_IO);
		/* The last sync can only be done again with the folder gone. */
		if (look().files || access(fix.folder, F_OK) == 0)
			assert_int_equal(erase(), 0);
		gone();
	}
	gone();
	/* Two for each file's key but the empty one's, one for its name, and
	   the folder's. */
	assert_true(n > 30 && n < STEPS_MAX);
}

/* What failed for one file does not save the key of another. */
static void one_bad_file_saves_no_other(void **state)
{
	(void)state;
	fill();
	steps = 0;
	fail_at = 1;
	assert_int_equal(erase(), RTH_ERR_IO);
	fail_at = 0;
	assert_int_equal(look().files, FILES);
	assert_true(look().open <= 1);
}

static void killed_at_each_step_and_done_again(void **state)
{
	int status = 0;
	long n;

	(void)state;
	for (n = 1; n < STEPS_MAX; n++) {
		pid_t pid;

		fill();
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			steps = 0;
			kill_at = n;
			_exit(erase() ? 1 : 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		keys_go_first();
		if (access(fix.folder, F_OK) == 0)
			assert_int_equal(erase(), 0);
		gone();
		if (WEXITSTATUS(status) == 0)
			break;
		assert_int_equal(WEXITSTATUS(status), KILLED);
	}
	assert_true(n > 30 && n < STEPS_MAX);
}

static void without_memory_nothing_happens(void **state)
{
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	fill();
	for (n = 1; n < 200 && err; n++) {
		rth_mem_fail_at(n);
		err = erase();
		rth_mem_fail_at(0);
		if (err) {
			assert_int_equal(err, RTH_ERR_NOMEM);
			assert_int_equal(look().open, FILES - 2);
		}
	}
	assert_int_equal(err, 0);
	assert_true(n > 3);
	gone();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fix, close_fix)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(everything_goes),
		TEST(each_step_is_synced_before_the_next),
		TEST(others_stay),
		TEST(nothing_is_there),
		TEST(who_is_at_work_is_left_alone),
		TEST(a_folder_in_it_is_kept_but_no_key),
		TEST(links_are_only_names),
		TEST(a_second_name_of_a_file_is_worthless),
		TEST(whatever_has_the_id_remains),
		TEST(failing_at_each_step_and_done_again),
		TEST(one_bad_file_saves_no_other),
		TEST(killed_at_each_step_and_done_again),
		TEST(without_memory_nothing_happens),
	};

	return cmocka_run_group_tests_name("erase", tests, NULL, NULL);
}
