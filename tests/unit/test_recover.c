/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recovery of interrupted recordings, killed at each of its steps. The calls
 * that change the store go through this file, where they are counted.
 */
#include "recording_fixture.h"

#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "recording_recover.h"
#include "recording_verify.h"
#include "recover_child.h"
#include "recover_manifest.h"

#define KILLED 77

static struct fixture fix;
static long steps, kill_at; /* 0: never */
static char program[512];

static void step(void)
{
	if (++steps == kill_at)
		_exit(KILLED);
}

/* In the place of the C library's. */
int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	step();
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
}

int unlinkat(int fd, const char *name, int flags)
{
	step();
	return (int)syscall(SYS_unlinkat, fd, name, flags);
}

int fsync(int fd)
{
	step();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	step();
	return (int)syscall(SYS_fdatasync, fd);
}

static int open_fix(void **state)
{
	const char *build = getenv("RTH_BUILD");

	(void)state;
	snprintf(program, sizeof(program), "%s/tests/unit/fake_recover",
		 build ? build : ".");
	kill_at = 0;
	fix_open(&fix);
	return 0;
}

static int close_fix(void **state)
{
	(void)state;
	fix_close(&fix);
	return 0;
}

struct told {
	size_t n;
	char all[2048];
	bool stop;
};

static void hear(void *arg, const char *file, const char *text)
{
	struct told *told = arg;
	size_t len = strlen(told->all);

	told->n++;
	snprintf(told->all + len, sizeof(told->all) - len, "%s: %s\n", file,
		 text);
}

static bool is_stopping(void *arg)
{
	return ((struct told *)arg)->stop;
}

static struct rth_recover recover(struct told *told, enum rth_err want)
{
	struct rth_recover r = {
		.folder = fix.store,
		.program = program,
		.pairs = fix.pairs,
		.stopping = is_stopping,
		.tell = hear,
		.arg = told,
	};

	assert_int_equal(rth_recording_recover(&r, FIX_ID), want);
	return r;
}

static size_t wrong(char all[2048])
{
	struct rth_recording_folder *folder;
	struct told told = {.n = 0};
	struct rth_verify v = {.tell = hear, .arg = &told, .pairs = fix.pairs};

	assert_int_equal(rth_recording_folder_open(&folder, fix.store, FIX_ID),
			 0);
	assert_int_equal(rth_recording_verify(folder, &v), 0);
	rth_recording_folder_close(folder);
	memcpy(all, told.all, sizeof(told.all));
	return told.n;
}

/* What a file holds, for free. */
static char *plain(const char *name)
{
	struct rth_recording_folder *folder;
	struct rth_finding finding;
	struct rth_seal_key *key;
	char *text, *copy;
	size_t len;

	assert_int_equal(rth_recording_folder_open(&folder, fix.store, FIX_ID),
			 0);
	assert_int_equal(
		rth_recording_key(&key, folder, name, fix.pairs.v, fix.pairs.n),
		0);
	assert_int_equal(rth_recording_read(&text, &len, folder, name, key,
					    1 << 20, &finding),
			 0);
	assert_true(finding.complete);
	copy = strdup(text);
	rth_free(text);
	rth_seal_key_free(key);
	rth_recording_folder_close(folder);
	return copy;
}

static bool there(const char *name)
{
	char path[256];

	fix_path(path, &fix, name);
	return access(path, F_OK) == 0;
}

/*
 * A recorder that was killed: one lane finished and known as such, one open,
 * one begun after the manifest, one without a block, one without a header, a
 * chat whose last line is torn, and its own and our leftovers.
 */
static void interrupted(void)
{
	static const char chat[] = FIX_CHAT "{\"text\":\"tor";
	const struct fix_file files[] = {
		fix_write(&fix, "1-chat.jsonl", chat, strlen(chat), false),
		fix_lane(&fix, "1-clinician-1.webm", 50000, true),
		fix_lane(&fix, "1-patient-1.webm", 40000, false),
		fix_lane(&fix, "1-patient-2.webm", 0, false),
	};

	fix_lane(&fix, "1-patient-screen-1.webm", 9000, false);
	fix_manifest(&fix, 1, FIX_PEOPLE, files, 4, "");
	fix_run(&fix, "head -c 100 1-patient-1.webm > 1-patient-3.webm");
	fix_run(&fix, "cp 1-chat.jsonl 1-chat.jsonl.recovering");
	fix_run(&fix, "cp 1-chat.jsonl 1-manifest.json.new");
}

static void recovered(void)
{
	char all[2048], *text;
	json_t *manifest, *ending;

	assert_int_equal(wrong(all), 0);
	text = plain("1-chat.jsonl");
	assert_string_equal(text, FIX_CHAT);
	free(text);
	assert_false(there("1-patient-2.webm"));
	assert_false(there("1-patient-3.webm"));
	assert_false(there("1-chat.jsonl.recovering"));
	assert_false(there("1-manifest.json.new"));
	assert_true(there("1-patient-screen-1.webm"));
	text = plain("1-manifest.json");
	manifest = json_loads(text, 0, NULL);
	free(text);
	ending = json_object_get(manifest, "finished");
	assert_string_equal(json_string_value(json_object_get(ending, "how")),
			    "interrupted");
	/* The first lane lasts 4000 ms, the screen 1000 to 3500. */
	assert_int_equal(
		json_integer_value(json_object_get(ending, "lost_at_ms")),
		4000);
	assert_int_equal(json_array_size(json_object_get(manifest, "empty")),
			 2);
	assert_int_equal(json_array_size(json_object_get(manifest, "lanes")),
			 4);
	json_decref(manifest);
}

static void what_was_interrupted_is_completed(void **state)
{
	struct told told = {.n = 0};
	struct rth_recover r;

	(void)state;
	interrupted();
	r = recover(&told, 0);
	assert_int_equal(told.n, 0);
	assert_int_equal(r.recovered, 1);
	assert_true(r.interrupted);
	assert_string_equal(r.room, FIX_ROOM);
	assert_int_equal(r.begun_ms, 1790000000000);
	recovered();
	r = recover(&told, 0); /* again: nothing to do */
	assert_int_equal(r.recovered, 0);
	assert_true(r.interrupted);
	recovered();
}

/* The manifest said 4000 ms; 2500 came out. */
static void it_ended_where_its_files_end(void **state)
{
	struct fix_file files[2] = {{.name = NULL}};
	struct told told = {.n = 0};

	(void)state;
	files[1] = fix_lane(&fix, "1-patient-1.webm", 40000, false);
	fix_manifest(&fix, 1, FIX_PEOPLE, files, 2, "");
	assert_int_equal(recover(&told, 0).ended_ms, 1790000002500);
	assert_int_equal(recover(&told, 0).ended_ms, 1790000002500);
}

static void what_is_whole_is_left_alone(void **state)
{
	struct told told = {.n = 0};
	struct rth_recover r;
	char *before, *after;

	(void)state;
	fix_whole(&fix);
	before = plain("1-manifest.json");
	r = recover(&told, 0);
	after = plain("1-manifest.json");
	assert_string_equal(before, after);
	assert_int_equal(r.recovered, 0);
	assert_false(r.interrupted);
	free(before);
	free(after);
}

static void what_runs_is_not_touched(void **state)
{
	struct told told = {.n = 0};
	int fd;

	(void)state;
	interrupted();
	fd = open(fix.folder, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	recover(&told, RTH_ERR_STATE);
	assert_true(there("1-chat.jsonl.recovering"));
	close(fd);
	recover(&told, 0);
	recovered();
}

/* Killed while it wrote its first manifest: nothing was recorded yet. */
static void a_recording_that_never_began(void **state)
{
	struct told told = {.n = 0};
	char all[2048];

	(void)state;
	fix_run(&fix, "head -c 5000 /dev/zero > 1-manifest.json.new");
	assert_int_equal(recover(&told, 0).parts, 0);
	assert_int_equal(told.n, 0);
	assert_false(there("1-manifest.json.new"));
	assert_int_equal(wrong(all), 0);
	fix_lane(&fix, "1-patient-1.webm", 10, false);
	recover(&told, RTH_ERR_NOT_FOUND);
	assert_string_equal(told.all, "1-manifest.json: is missing\n");
	assert_true(there("1-patient-1.webm"));
	assert_true(wrong(all) > 0);
}

/* One more step each time, until it comes through; then once more. */
static void killed_at_each_step_and_run_again(void **state)
{
	struct told told = {.n = 0};
	int status = 0;
	long n;

	(void)state;
	for (n = 1; n < 200; n++) {
		pid_t pid;

		fix_run(&fix, "rm -f *");
		interrupted();
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			steps = 0;
			kill_at = n;
			recover(&told, 0);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		recover(&told, 0);
		recovered();
		if (WEXITSTATUS(status) == 0)
			break;
		assert_int_equal(WEXITSTATUS(status), KILLED);
	}
	assert_true(n > 20 && n < 200);
}

/* Each way in which the child may fail; the file stays what it was. */
static void what_cannot_be_recovered_stays(void **state)
{
	static const char ways[] = "FCLUJ";
	struct fix_file files[2] = {{.name = NULL}};
	struct told told = {.n = 0};
	size_t i;

	(void)state;
	for (i = 0; i < strlen(ways); i++) {
		char bytes[3] = {ways[i], 'x', '\0'}, all[2048];

		files[1] = fix_write(&fix, "1-patient-1.webm", bytes, 2, false);
		fix_manifest(&fix, 1, FIX_PEOPLE, files, 2, "");
		fix_run(&fix, "sha256sum 1-patient-1.webm > ../before");
		fix_run(&fix, "ln -f 1-patient-1.webm ../source");
		told = (struct told){.n = 0};
		assert_int_equal(recover(&told, RTH_ERR_FORMAT).recovered, 0);
		assert_string_equal(told.all,
				    "1-patient-1.webm: cannot be recovered\n");
		assert_false(there("1-patient-1.webm.recovering"));
		assert_true(wrong(all) > 0);
		if (ways[i] != 'J')
			fix_run(&fix, "sha256sum -c --status ../before");
		else /* finished before it spoke: what it replaced has no key */
			fix_run(&fix, "cmp -n 4096 ../source /dev/zero");
	}
}

static void nothing_to_play_is_taken_away(void **state)
{
	struct fix_file files[2] = {{.name = NULL}};
	struct told told = {.n = 0};
	char all[2048];

	(void)state;
	files[1] = fix_write(&fix, "1-patient-1.webm", "Nx", 2, false);
	fix_manifest(&fix, 1, FIX_PEOPLE, files, 2, "");
	recover(&told, 0);
	assert_string_equal(
		told.all,
		"1-patient-1.webm: holds nothing that can be played\n");
	assert_false(there("1-patient-1.webm"));
	assert_int_equal(wrong(all), 0);
}

static void a_damaged_block_keeps_its_file_as_it_is(void **state)
{
	struct told told = {.n = 0};

	(void)state;
	interrupted();
	/* Block 0 of the file that is open. */
	fix_run(&fix, "printf X | dd of=1-patient-1.webm bs=1 seek=37200 "
		      "conv=notrunc status=none");
	recover(&told, RTH_ERR_CRYPTO);
	assert_string_equal(told.all,
			    "1-patient-1.webm: block 0 does not open\n");
	assert_true(there("1-patient-2.webm")); /* nothing is taken away */
}

/* What has blocks of which none opens is not what was never written. */
static void a_damaged_file_is_not_an_empty_one(void **state)
{
	struct told told = {.n = 0};

	(void)state;
	interrupted();
	fix_run(&fix, "dd if=/dev/urandom of=1-patient-1.webm bs=4096 seek=1 "
		      "count=12 conv=notrunc status=none");
	recover(&told, RTH_ERR_CRYPTO);
	assert_string_equal(told.all,
			    "1-patient-1.webm: block 0 does not open\n");
	assert_true(there("1-patient-1.webm"));
}

/* The power went before the first flush: blocks of zeros. It is kept. */
static void what_was_never_flushed_is_left_out(void **state)
{
	struct told told = {.n = 0};
	char all[2048];

	(void)state;
	interrupted();
	fix_run(&fix, "dd if=/dev/zero of=1-patient-1.webm bs=4096 seek=1 "
		      "count=12 conv=notrunc status=none");
	recover(&told, 0);
	assert_true(there("1-patient-1.webm"));
	assert_int_equal(wrong(all), 0);
}

static void a_listed_file_that_is_gone_is_told(void **state)
{
	struct told told = {.n = 0};

	(void)state;
	interrupted();
	fix_run(&fix, "rm 1-clinician-1.webm");
	recover(&told, RTH_ERR_NOT_FOUND);
	assert_string_equal(told.all, "1-clinician-1.webm: is missing\n");
}

static void stopping_kills_the_child(void **state)
{
	struct fix_file files[2] = {{.name = NULL}};
	struct told told = {.stop = true};

	(void)state;
	files[1] = fix_write(&fix, "1-patient-1.webm", "Hx", 2, false);
	fix_manifest(&fix, 1, FIX_PEOPLE, files, 2, "");
	recover(&told, RTH_ERR_STATE);
	assert_int_equal(told.n, 0);
}

/* One that closes its answer and stays does not keep us. */
static void a_child_that_stays_is_killed(void **state)
{
	static const char ways[] = "HS";
	char answer[RTH_RECOVER_ANSWER_SIZE], path[256];
	struct rth_recover_run run = {
		.program = program, .key = fix.key, .max_ms = 300};
	size_t i;

	(void)state;
	fix_path(path, &fix, "1-patient-1.webm");
	for (i = 0; i < strlen(ways); i++) {
		fix_write(&fix, "1-patient-1.webm", &ways[i], 1, false);
		run.from = open(path, O_RDONLY | O_CLOEXEC);
		run.to = open(fix.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		assert_true(run.from >= 0 && run.to >= 0);
		assert_int_equal(rth_recover_run(&run, answer),
				 RTH_ERR_TIMEOUT);
		close(run.from);
		close(run.to);
	}
}

/*
 * A file that the manifest knows as finished is damaged when it is another one:
 * recovery must not make it good. Nothing is taken away.
 */
static void what_was_finished_is_not_completed(void **state)
{
	static const struct {
		const char *words, *told;
		enum rth_err err;
	} ways[] = {
		{": > 1-clinician-1.webm",
		 "1-clinician-1.webm: is no sealed file, or its header is "
		 "damaged\n",
		 RTH_ERR_FORMAT},
		{"truncate -s 4096 1-clinician-1.webm",
		 "1-clinician-1.webm: is another one than its manifest's\n",
		 RTH_ERR_FORMAT},
		{"cp 1-patient-1.webm 1-clinician-1.webm",
		 "1-clinician-1.webm: is another one than its manifest's\n",
		 RTH_ERR_FORMAT},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct told told = {.n = 0};

		fix_run(&fix, "rm -f *");
		interrupted();
		fix_run(&fix, ways[i].words);
		fix_run(&fix, "sha256sum 1-clinician-1.webm > ../before");
		assert_int_equal(recover(&told, ways[i].err).recovered, 0);
		assert_string_equal(told.all, ways[i].told);
		fix_run(&fix, "sha256sum -c --status ../before");
		assert_true(there("1-patient-2.webm"));
	}
}

static void without_the_program_nothing_changes(void **state)
{
	struct told told = {.n = 0};

	(void)state;
	interrupted();
	strcpy(program, "/nowhere/rthealth-recover");
	recover(&told, RTH_ERR_IO);
	assert_non_null(strstr(told.all, "1-patient-1.webm: cannot be"));
	assert_true(there("1-patient-2.webm"));
}

static void failing_memory_is_told_and_tried_again(void **state)
{
	struct told told = {.n = 0};
	struct rth_recover r = {
		.folder = fix.store,
		.program = program,
		.pairs = fix.pairs,
		.tell = hear,
		.arg = &told,
	};
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	for (n = 1; n < 2000; n += 7) {
		fix_run(&fix, "rm -f *");
		interrupted();
		rth_mem_fail_at(n);
		err = rth_recording_recover(&r, FIX_ID);
		if (rth_mem_count() < n)
			break;
		rth_mem_fail_at(0);
		if (err)
			assert_int_equal(rth_recording_recover(&r, FIX_ID), 0);
		recovered();
	}
	rth_mem_fail_at(0);
	assert_int_equal(err, 0);
	assert_true(n > 50);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fix, close_fix)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_was_interrupted_is_completed),
		TEST(it_ended_where_its_files_end),
		TEST(what_is_whole_is_left_alone),
		TEST(what_runs_is_not_touched),
		TEST(a_recording_that_never_began),
		TEST(killed_at_each_step_and_run_again),
		TEST(what_cannot_be_recovered_stays),
		TEST(nothing_to_play_is_taken_away),
		TEST(a_damaged_block_keeps_its_file_as_it_is),
		TEST(a_damaged_file_is_not_an_empty_one),
		TEST(what_was_never_flushed_is_left_out),
		TEST(a_listed_file_that_is_gone_is_told),
		TEST(stopping_kills_the_child),
		TEST(a_child_that_stays_is_killed),
		TEST(what_was_finished_is_not_completed),
		TEST(without_the_program_nothing_changes),
		TEST(failing_memory_is_told_and_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
