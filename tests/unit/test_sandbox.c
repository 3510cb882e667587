/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sandbox: a process in it tries each thing that it must not do, and each
 * that it needs. Every try is a process of its own, since most tries are fatal.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../recordings/sandbox.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KILLS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KILLS 0
#endif
#endif
#ifndef KILLS
#define KILLS 1
#endif

static char top[] = "/tmp/rthealth-sandbox-XXXXXX";
static int store = -1, mine = -1, other = -1;
static int pair[2];

enum when { WAITING, RECORDING };
enum outcome { WORKED = 7, REFUSED = 8 };

/* A try says whether it worked. */
typedef bool (*try_fn)(void);

static int run(try_fn try, enum when when)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (rth_sandbox_enter(store) ||
		    (when == RECORDING && rth_sandbox_narrow(mine)))
			_exit(1);
		_exit(try() ? WORKED : REFUSED);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void must_work(try_fn try, enum when when)
{
	int status = run(try, when);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WORKED);
}

static void must_be_refused(try_fn try, enum when when)
{
	int status = run(try, when);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), REFUSED);
}

static void must_be_fatal(try_fn try, enum when when)
{
	int status = run(try, when);

	if (!KILLS) {
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), REFUSED);
		return;
	}
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	assert_false(WCOREDUMP(status));
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(top));
	store = open(top, O_RDONLY | O_DIRECTORY);
	assert_int_equal(mkdirat(store, "mine", 0700), 0);
	assert_int_equal(mkdirat(store, "other", 0700), 0);
	mine = openat(store, "mine", O_RDONLY | O_DIRECTORY);
	other = openat(store, "other", O_RDONLY | O_DIRECTORY);
	close(openat(other, "secret", O_CREAT | O_RDWR, 0600));
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"new", "renamed", "secret"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unlinkat(mine, names[i], 0);
		unlinkat(other, names[i], 0);
		unlinkat(store, names[i], 0);
	}
	unlinkat(store, "folder", AT_REMOVEDIR);
	unlinkat(store, "mine", AT_REMOVEDIR);
	unlinkat(store, "other", AT_REMOVEDIR);
	close(mine);
	close(other);
	close(store);
	close(pair[0]);
	close(pair[1]);
	return rmdir(top);
}

static bool opens(int dir, const char *path, int flags)
{
	return openat(dir, path, flags, 0600) >= 0;
}

/* Reading what exists. */

static bool read_passwd(void)
{
	return opens(AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static bool read_by_old_open(void)
{
#ifdef SYS_open
	return syscall(SYS_open, "/etc/passwd", O_RDONLY) >= 0;
#else
	return false;
#endif
}

static bool read_other(void)
{
	return opens(other, "secret", O_RDONLY);
}

static bool read_other_by_path(void)
{
	return opens(store, "other/secret", O_RDONLY);
}

static bool list_etc(void)
{
	return opens(AT_FDCWD, "/etc", O_RDONLY | O_DIRECTORY);
}

static bool list_store(void)
{
	return opens(store, ".", O_RDONLY | O_DIRECTORY);
}

static bool overwrite_other(void)
{
	return opens(other, "secret", O_WRONLY | O_TRUNC | O_CREAT);
}

static void nothing_that_exists_opens(void **state)
{
	static const try_fn tries[] = {read_passwd,	read_by_old_open,
				       read_other,	read_other_by_path,
				       overwrite_other, list_etc};

	(void)state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		if (tries[i] == list_etc && !rth_sandbox_has_landlock())
			continue;
		must_be_refused(tries[i], WAITING);
		must_be_refused(tries[i], RECORDING);
	}
	must_work(list_store, WAITING);
	must_be_refused(list_store, RECORDING);
}

/* Writing elsewhere; needs Landlock. */

static bool write_tmp(void)
{
	return opens(AT_FDCWD, "/tmp/rthealth-sandbox-escape",
		     O_RDWR | O_CREAT | O_EXCL);
}

static bool write_other(void)
{
	return opens(other, "new", O_RDWR | O_CREAT | O_EXCL);
}

static bool write_store(void)
{
	return opens(store, "new", O_RDWR | O_CREAT | O_EXCL);
}

static bool remove_other(void)
{
	return unlinkat(other, "secret", 0) == 0;
}

static bool take_other(void)
{
	return renameat(other, "secret", mine, "secret") == 0;
}

static void nothing_outside_is_written(void **state)
{
	(void)state;
	if (!rth_sandbox_has_landlock()) {
		print_message("# this kernel has no Landlock\n");
		return;
	}
	must_be_refused(write_tmp, WAITING);
	must_be_refused(write_tmp, RECORDING);
	must_be_refused(write_other, RECORDING);
	must_be_refused(write_store, RECORDING);
	must_be_refused(remove_other, RECORDING);
	must_be_refused(take_other, RECORDING);
	assert_int_equal(faccessat(other, "secret", F_OK, 0), 0);
	assert_int_not_equal(faccessat(other, "new", F_OK, 0), 0);
}

/* Calls that are not in the list. */

static bool makes_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool connects(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	return connect(pair[0], (struct sockaddr *)&address, sizeof(address)) ==
	       0;
}

static bool sends_to_address(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
				      .sun_path = "/tmp/x"};

	return sendto(pair[0], "x", 1, 0, (struct sockaddr *)&address,
		      sizeof(address)) >= 0;
}

static bool executes(void)
{
	char *const none[] = {NULL};

	return execve("/bin/true", none, none) == 0;
}

static bool clones(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0;
}

static bool traces(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0;
}

static bool reads_memory(void)
{
	return syscall(SYS_process_vm_readv, getppid(), 0, 0, 0, 0, 0) >= 0;
}

static bool kills_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool kills_other(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
}

static bool raises_limit(void)
{
	const struct rlimit limit = {1 << 20, 1 << 20};

	return setrlimit(RLIMIT_CORE, &limit) == 0;
}

static bool becomes_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1) == 0;
}

static bool maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool turns_into_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool changes_root(void)
{
	return chroot("/tmp") == 0;
}

static bool changes_user(void)
{
	return setuid(0) == 0;
}

static bool mounts(void)
{
	return syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL) == 0;
}

static bool uses_ioctl(void)
{
	return syscall(SYS_ioctl, 2, 0x5412 /* TIOCSTI */, "x") == 0;
}

static bool uses_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) >= 0;
}

static bool makes_memory_file(void)
{
	return syscall(SYS_memfd_create, "x", 0) >= 0;
}

static void other_calls_are_fatal(void **state)
{
	static const try_fn tries[] = {
		makes_socket,	 connects,	sends_to_address,  executes,
		clones,		 traces,	reads_memory,	   kills_parent,
		kills_other,	 raises_limit,	becomes_dumpable,  maps_code,
		turns_into_code, changes_root,	changes_user,	   mounts,
		uses_ioctl,	 uses_io_uring, makes_memory_file,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		must_be_fatal(tries[i], WAITING);
		must_be_fatal(tries[i], RECORDING);
	}
}

static bool makes_folder(void)
{
	return mkdirat(store, "folder", 0700) == 0;
}

static bool asks_for_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 0;
}

static void narrow_takes_more_away(void **state)
{
	(void)state;
	must_be_fatal(makes_folder, RECORDING);
	must_be_fatal(asks_for_landlock, RECORDING);
	must_work(makes_folder, WAITING);
}

/* What a recording needs. */

static bool stores(void)
{
	char text[4] = "";
	int fd = openat(mine, "new", O_RDWR | O_CREAT | O_EXCL, 0600);

	return fd >= 0 && pwrite(fd, "abc", 3, 4096) == 3 &&
	       fdatasync(fd) == 0 && pread(fd, text, 3, 4096) == 3 &&
	       close(fd) == 0 && renameat(mine, "new", mine, "renamed") == 0 &&
	       fsync(mine) == 0 && unlinkat(mine, "renamed", 0) == 0;
}

static bool locks_memory(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mlock(page, 4096) == 0 &&
	       madvise(page, 4096, MADV_DONTDUMP) == 0 &&
	       mprotect(page, 4096, PROT_NONE) == 0;
}

static bool speaks(void)
{
	char c;

	return send(pair[0], "x", 1, MSG_NOSIGNAL) == 1 &&
	       recv(pair[1], &c, 1, 0) == 1 && shutdown(pair[0], SHUT_RD) == 0;
}

static bool measures_disk(void)
{
	struct statvfs st;

	return fstatvfs(store, &st) == 0 && flock(mine, LOCK_EX) == 0;
}

static bool allocates(void)
{
	char *memory = malloc(8 << 20);

	if (!memory)
		return false;
	memset(memory, 1, 8 << 20);
	free(memory);
	return true;
}

static void what_it_needs_works(void **state)
{
	(void)state;
	must_work(stores, RECORDING);
	must_work(locks_memory, RECORDING);
	must_work(speaks, RECORDING);
	must_work(measures_disk, RECORDING);
	must_work(allocates, RECORDING);
	must_work(stores, WAITING);
}

/* Limits. */

static bool allocates_too_much(void)
{
	void *memory = mmap(NULL, (size_t)2 << 30, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory != MAP_FAILED;
}

static bool opens_many(void)
{
	for (int i = 0; i < 100; i++)
		if (!opens(store, ".", O_RDONLY | O_DIRECTORY))
			return false;
	return true;
}

static void limits_hold(void **state)
{
	(void)state;
	must_be_refused(opens_many, WAITING);
	if (KILLS)
		must_be_refused(allocates_too_much, WAITING);
}

static bool aborts(void)
{
	abort();
}

static void a_crash_leaves_no_core(void **state)
{
	int status = run(aborts, RECORDING);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_false(WCOREDUMP(status));
}

/* Without a folder: recover. None of it needs Landlock. */

static bool list_root(void)
{
	return opens(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
}

static bool rename_other(void)
{
	return renameat(other, "secret", other, "renamed") == 0;
}

static bool rename_other_new(void)
{
	return renameat2(other, "secret", other, "renamed", 0) == 0;
}

static bool locks_folder(void)
{
	return flock(store, LOCK_EX | LOCK_NB) == 0;
}

static bool sends(void)
{
	return send(pair[0], "x", 1, MSG_NOSIGNAL) == 1;
}

static bool receives(void)
{
	char c;

	return write(pair[0], "x", 1) == 1 && recv(pair[1], &c, 1, 0) == 1;
}

static const try_fn without_folder[] = {
	write_store,  list_store,   list_root,	      read_other,
	remove_other, rename_other, rename_other_new, locks_folder,
	makes_folder, sends,	    receives};

static int run_without(enum rth_err (*enter)(void), try_fn try)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (enter())
			_exit(1);
		_exit(try() ? WORKED : REFUSED);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void no_file_at_all(enum rth_err (*enter)(void))
{
	for (size_t i = 0;
	     i < sizeof(without_folder) / sizeof(without_folder[0]); i++) {
		int status = run_without(enter, without_folder[i]);

		if (without_folder[i] == makes_folder && KILLS) {
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), SIGSYS);
			continue;
		}
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), REFUSED);
	}
}

static enum rth_err enter_without(void)
{
	return rth_sandbox_enter(RTH_SANDBOX_NO_FOLDER);
}

static void without_a_folder_no_file(void **state)
{
	(void)state;
	no_file_at_all(enter_without);
	no_file_at_all(rth_sandbox_enter_films);
}

/* Films: threads, and nothing else that recover may not. */

static void *sets(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static bool has_threads(void)
{
	pthread_t threads[2];
	int set[2] = {0, 0};

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, sets, &set[i]))
			return false;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return set[0] && set[1];
}

/* What a thread does is in the sandbox, too. */
static void *opens_a_socket(void *arg)
{
	*(bool *)arg = makes_socket();
	return NULL;
}

static bool thread_makes_socket(void)
{
	pthread_t thread;
	bool made = true;

	if (pthread_create(&thread, NULL, opens_a_socket, &made))
		return true;
	pthread_join(thread, NULL);
	return made;
}

static bool allocates_much(void)
{
	void *memory = mmap(NULL, (size_t)6 << 30, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory != MAP_FAILED;
}

static int run_film(try_fn try)
{
	return run_without(rth_sandbox_enter_films, try);
}

static void films_may_have_threads(void **state)
{
	static const try_fn fatal[] = {
		makes_socket, executes,		  clones, traces, kills_other,
		maps_code,    thread_makes_socket};
	static const try_fn refusals[] = {read_passwd, read_other, write_store,
					  allocates_much};
	int status = run_film(has_threads);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WORKED);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		status = run_film(fatal[i]);
		if (KILLS)
			assert_true(WIFSIGNALED(status) &&
				    WTERMSIG(status) == SIGSYS);
		else
			assert_true(WIFEXITED(status) &&
				    WEXITSTATUS(status) == REFUSED);
	}
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i] == allocates_much && !KILLS)
			continue;
		status = run_film(refusals[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), REFUSED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_exists_opens),
		cmocka_unit_test(nothing_outside_is_written),
		cmocka_unit_test(other_calls_are_fatal),
		cmocka_unit_test(narrow_takes_more_away),
		cmocka_unit_test(what_it_needs_works),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_crash_leaves_no_core),
		cmocka_unit_test(without_a_folder_no_file),
		cmocka_unit_test(films_may_have_threads),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
