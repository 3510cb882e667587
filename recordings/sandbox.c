/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sandbox. The system calls that stay, and why:
 *
 *   the feed       recvfrom, sendto (no address), shutdown, ppoll, poll, read
 *                  (of a signalfd)
 *   sealed files   openat (new files; folders until narrow), pread64, pwrite64,
 *                  read, write, lseek, fdatasync, fsync, ftruncate, fallocate,
 *                  close, fstat, newfstatat, statx, renameat, renameat2,
 *                  unlinkat, flock; mkdirat until narrow; fstatfs: free space
 *   the log        write
 *   memory         brk, mmap, mprotect, mremap (never executable), munmap,
 *                  madvise; mlock, munlock: libsodium's locked memory
 *   the C library  futex, getrandom, clock_gettime, clock_nanosleep, getpid,
 *                  gettid, rt_sigprocmask, rt_sigreturn, sched_getaffinity
 *                  (libav counts processors), sysinfo (qsort), fcntl (flags
 *                  only), restart_syscall
 *
 *   the end        exit, exit_group; tgkill of itself: abort
 *
 *   threads        clone of threads only, set_robust_list, rseq, sched_yield,
 *                  prctl(PR_SET_NAME): of films, whose encoders have threads;
 *                  clone3, whose flags cannot be seen, answers ENOSYS there,
 *                  and the C library takes clone
 *   the sandbox    seccomp, landlock_*, prctl(PR_SET_NO_NEW_PRIVS): until
 *                  narrow, to give up more
 *
 * openat of what exists, the older open, stat, access and readlink, and uname
 * answer EACCES: a library that looks for an optional file (a locale, a random
 * source) or for the host's name (libav's RTP) goes on without. Every other
 * call kills. Without a folder every openat, what renames, unlinks and locks,
 * and the feed answer so, too, whether or not there is Landlock.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define OPEN_FILES_MAX 64
#define DATA_MAX_BYTES (256 << 20)
#define SPACE_MAX_BYTES (1 << 30)
#define FILE_MAX_BYTES (INT64_C(64) << 30)
#define FILM_DATA_MAX_BYTES (1 << 30)
#define FILM_SPACE_MAX_BYTES (INT64_C(4) << 30)

/* A sanitizer needs terabytes of addresses, and calls that it makes while it
   reports; there the list refuses and does not kill. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
#define FORBIDDEN SCMP_ACT_ERRNO(EPERM)
#else
#define SANITIZED 0
#define FORBIDDEN SCMP_ACT_KILL_PROCESS
#endif

/* Limits, privileges. */

enum rth_err rth_sandbox_user(const char *user, unsigned uid, unsigned gid)
{
	if (initgroups(user, gid) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return RTH_ERR_DENIED;
	return RTH_OK;
}

enum rth_err rth_sandbox_doors(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return RTH_ERR_IO;
	return RTH_OK;
}

struct limit {
	int what;
	rlim_t most;
};

/* Those of memory are the last ones: a sanitizer cannot have them. */
static const struct limit limits[] = {
	{RLIMIT_NOFILE, OPEN_FILES_MAX}, {RLIMIT_NPROC, 0},
	{RLIMIT_FSIZE, FILE_MAX_BYTES},	 {RLIMIT_DATA, DATA_MAX_BYTES},
	{RLIMIT_AS, SPACE_MAX_BYTES},
};

/* RLIMIT_NPROC counts all threads of the user: here the list of calls says that
   there are no processes. Open files beyond the limit stay open. */
static const struct limit film_limits[] = {
	{RLIMIT_NOFILE, OPEN_FILES_MAX},
	{RLIMIT_FSIZE, FILE_MAX_BYTES},
	{RLIMIT_DATA, FILM_DATA_MAX_BYTES},
	{RLIMIT_AS, FILM_SPACE_MAX_BYTES},
};

static enum rth_err limit_resources(const struct limit *most, size_t n)
{
	if (SANITIZED)
		n -= 2;
	for (size_t i = 0; i < n; i++) {
		const __rlimit_resource_t what =
			(__rlimit_resource_t)most[i].what;
		struct rlimit limit;

		/* One that is lower already stays. */
		if (getrlimit(what, &limit))
			return RTH_ERR_IO;
		if (limit.rlim_max > most[i].most)
			limit.rlim_max = most[i].most;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(what, &limit))
			return RTH_ERR_IO;
	}
	return RTH_OK;
}

/* Also root's, where the recorder runs as root. */
static enum rth_err drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[2] = {{0}, {0}};

	return syscall(SYS_capset, &head, none) ? RTH_ERR_IO : RTH_OK;
}

/* Landlock. */

#define FOLDER_RIGHTS                                                  \
	(LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_READ_FILE |  \
	 LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ALL_RIGHTS_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* What came with later versions, by bit, so that old headers do. */
#define FS_REFER (UINT64_C(1) << 13)	 /* version 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14)	 /* 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* 5 */
#define NET_TCP UINT64_C(3)		 /* 4: bind, connect */
#define SCOPES UINT64_C(3)		 /* 6: abstract sockets, signals */

struct ruleset {
	uint64_t fs, net, scoped;
};

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION);
}

bool rth_sandbox_has_landlock(void)
{
	return landlock_version() > 0;
}

static long make_ruleset(long version)
{
	struct ruleset all = {.fs = ALL_RIGHTS_1};
	size_t size = version >= 6   ? sizeof(all)
		      : version >= 4 ? offsetof(struct ruleset, scoped)
				     : offsetof(struct ruleset, net);

	if (version >= 2)
		all.fs |= FS_REFER;
	if (version >= 3)
		all.fs |= FS_TRUNCATE;
	if (version >= 5)
		all.fs |= FS_IOCTL_DEV;
	all.net = NET_TCP;
	all.scoped = SCOPES;
	return syscall(SYS_landlock_create_ruleset, &all, size, 0);
}

static enum rth_err restrict_to(int folder, uint64_t rights)
{
	const struct landlock_path_beneath_attr beneath = {
		.allowed_access = rights,
		.parent_fd = folder,
	};
	long version = landlock_version();
	long rules;
	enum rth_err err = RTH_OK;

	if (version <= 0)
		return RTH_OK;
	rules = make_ruleset(version);
	if (rules < 0)
		return RTH_ERR_IO;
	if (folder != RTH_SANDBOX_NO_FOLDER &&
	    syscall(SYS_landlock_add_rule, (int)rules,
		    LANDLOCK_RULE_PATH_BENEATH, &beneath, 0))
		err = RTH_ERR_IO;
	if (!err && syscall(SYS_landlock_restrict_self, (int)rules, 0))
		err = RTH_ERR_IO;
	close((int)rules);
	return err;
}

/* System calls. */

static const int allowed[] = {
	SCMP_SYS(recvfrom),
	SCMP_SYS(shutdown),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),
	SCMP_SYS(fdatasync),
	SCMP_SYS(fsync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(unlinkat),
	SCMP_SYS(flock),
	SCMP_SYS(fstatfs),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sysinfo), /* qsort asks how much memory there is */
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#if SANITIZED
	SCMP_SYS(sigaltstack),
#endif
};

/* Given up by narrow. */
static const int until_narrow[] = {
	SCMP_SYS(mkdirat),
	SCMP_SYS(seccomp),
	SCMP_SYS(landlock_create_ruleset),
	SCMP_SYS(landlock_add_rule),
	SCMP_SYS(landlock_restrict_self),
};

/* Answered with EACCES. */
static const int refused[] = {
	SCMP_SYS(open),	     SCMP_SYS(stat),	   SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(uname),
	SCMP_SYS(readlink),
};

#define NEW_FILE (O_CREAT | O_EXCL)

/* A rule with one argument: bits of it (mask) have a value. */
static bool allow_if(scmp_filter_ctx list, int call, unsigned arg,
		     uint64_t mask, uint64_t value)
{
	return seccomp_rule_add(
		       list, SCMP_ACT_ALLOW, call, 1,
		       SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, mask, value)) == 0;
}

static bool add_conditions(scmp_filter_ctx list)
{
	const uint64_t pid = (uint64_t)getpid();

	return allow_if(list, SCMP_SYS(prctl), 0, UINT64_MAX,
			PR_SET_NO_NEW_PRIVS) &&
	       allow_if(list, SCMP_SYS(mmap), 2, PROT_EXEC, 0) &&
	       allow_if(list, SCMP_SYS(mprotect), 2, PROT_EXEC, 0) &&
	       allow_if(list, SCMP_SYS(sendto), 4, UINT64_MAX, 0) &&
	       allow_if(list, SCMP_SYS(tgkill), 0, UINT64_MAX, pid) &&
	       allow_if(list, SCMP_SYS(fcntl), 1, UINT64_MAX, F_GETFL) &&
	       allow_if(list, SCMP_SYS(fcntl), 1, UINT64_MAX, F_GETFD) &&
	       allow_if(list, SCMP_SYS(fcntl), 1, UINT64_MAX, F_SETFD) &&
	       allow_if(list, SCMP_SYS(openat), 2, NEW_FILE, NEW_FILE) &&
	       allow_if(list, SCMP_SYS(openat), 2, O_CREAT | O_DIRECTORY,
			O_DIRECTORY);
}

/* openat has rules already, so what is left of it needs rules of its own:
   neither a new file nor a folder. */
static bool refuse_existing(scmp_filter_ctx list)
{
	const int call = SCMP_SYS(openat);
	const uint32_t no = SCMP_ACT_ERRNO(EACCES);

	return !seccomp_rule_add(list, no, call, 1,
				 SCMP_CMP(2, SCMP_CMP_MASKED_EQ,
					  O_CREAT | O_DIRECTORY, 0)) &&
	       !seccomp_rule_add(
		       list, no, call, 1,
		       SCMP_CMP(2, SCMP_CMP_MASKED_EQ, NEW_FILE, O_CREAT));
}

static bool add_all(scmp_filter_ctx list, uint32_t action, const int *calls,
		    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(list, action, calls[i], 0))
			return false;
	return true;
}

/* What an encoder's threads need. */
static const int thread_calls[] = {
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_yield),
};

static bool add_threads(scmp_filter_ctx list)
{
	return add_all(list, SCMP_ACT_ALLOW, thread_calls,
		       COUNT(thread_calls)) &&
	       allow_if(list, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD) &&
	       allow_if(list, SCMP_SYS(prctl), 0, UINT64_MAX, PR_SET_NAME) &&
	       !seccomp_rule_add(list, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3),
				 0);
}

static enum rth_err load_list(bool threads)
{
	scmp_filter_ctx list = seccomp_init(FORBIDDEN);
	bool ok;

	if (!list)
		return RTH_ERR_NOMEM;
	ok = add_all(list, SCMP_ACT_ALLOW, allowed, COUNT(allowed)) &&
	     add_all(list, SCMP_ACT_ALLOW, until_narrow, COUNT(until_narrow)) &&
	     add_all(list, SCMP_ACT_ERRNO(EACCES), refused, COUNT(refused)) &&
	     add_conditions(list) && refuse_existing(list) &&
	     (!threads || add_threads(list)) && seccomp_load(list) == 0;
	seccomp_release(list);
	return ok ? RTH_OK : RTH_ERR_IO;
}

/* Of no use to who has descriptors only. */
static const int of_folders[] = {
	SCMP_SYS(openat),   SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(unlinkat), SCMP_SYS(flock),	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
};

/* A second list is asked together with the first; the stricter answer counts.
 */
static enum rth_err load_no_folder_list(void)
{
	scmp_filter_ctx list = seccomp_init(SCMP_ACT_ALLOW);
	bool ok;

	if (!list)
		return RTH_ERR_NOMEM;
	ok = add_all(list, FORBIDDEN, until_narrow, COUNT(until_narrow)) &&
	     add_all(list, SCMP_ACT_ERRNO(EACCES), of_folders,
		     COUNT(of_folders)) &&
	     seccomp_load(list) == 0;
	seccomp_release(list);
	return ok ? RTH_OK : RTH_ERR_IO;
}

/* A second list, too. */
static enum rth_err load_narrow_list(void)
{
	scmp_filter_ctx list = seccomp_init(SCMP_ACT_ALLOW);
	bool ok;

	if (!list)
		return RTH_ERR_NOMEM;
	ok = add_all(list, FORBIDDEN, until_narrow, COUNT(until_narrow)) &&
	     !seccomp_rule_add(list, FORBIDDEN, SCMP_SYS(prctl), 0) &&
	     !seccomp_rule_add(list, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat),
			       1,
			       SCMP_CMP(2, SCMP_CMP_MASKED_EQ, O_DIRECTORY,
					O_DIRECTORY)) &&
	     seccomp_load(list) == 0;
	seccomp_release(list);
	return ok ? RTH_OK : RTH_ERR_IO;
}

static enum rth_err enter(int folder, const struct limit *most, size_t n,
			  bool threads)
{
	enum rth_err err = rth_sandbox_doors();

	if (!err)
		err = limit_resources(most, n);
	if (!err)
		err = drop_capabilities();
	if (!err)
		err = restrict_to(folder,
				  FOLDER_RIGHTS | LANDLOCK_ACCESS_FS_MAKE_DIR);
	if (!err)
		err = load_list(threads);
	if (!err && folder == RTH_SANDBOX_NO_FOLDER)
		err = load_no_folder_list();
	return err;
}

enum rth_err rth_sandbox_enter(int folder)
{
	return enter(folder, limits, COUNT(limits), false);
}

static void *do_nothing(void *arg)
{
	return arg;
}

/* With its first thread the C library sets a signal's handler. */
static enum rth_err first_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, do_nothing, NULL) ||
	    pthread_join(thread, NULL))
		return RTH_ERR_IO;
	return RTH_OK;
}

enum rth_err rth_sandbox_enter_films(void)
{
	enum rth_err err = first_thread();

	return err ? err
		   : enter(RTH_SANDBOX_NO_FOLDER, film_limits,
			   COUNT(film_limits), true);
}

enum rth_err rth_sandbox_narrow(int folder)
{
	enum rth_err err = restrict_to(folder, FOLDER_RIGHTS);

	return err ? err : load_narrow_list();
}
