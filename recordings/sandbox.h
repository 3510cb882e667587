/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process that reads media from outside gives up, for good. Each layer
 * holds alone: limits, no new privileges and no capabilities, Landlock (Linux
 * 5.13 and newer), and a seccomp list of system calls; any other call kills
 * the process, which ends one recording.
 *
 *     enter ──BEGIN──▶ narrow            the recorder's child
 *     enter (no folder)                  rthealth-recover
 *     enter_films                        rthealth-film
 */
#ifndef RTH_SANDBOX_H
#define RTH_SANDBOX_H

#include <stdbool.h>

#include "err.h"

#define RTH_SANDBOX_NO_FOLDER -1

/**
 * Becomes this user and group for good, with no other groups. Startup, as
 * root.
 */
enum rth_err rth_sandbox_user(const char *user, unsigned uid,
			      unsigned gid) RTH_CHECKED;

/** No core files, no tracing by others, no new privileges. Any program. */
enum rth_err rth_sandbox_doors(void) RTH_CHECKED;

/**
 * Gives up everything but what is open, memory, and making files and folders
 * below one folder. Nothing that exists can be opened, but folders. Call it
 * with one thread, after all libraries are set up.
 *
 * @param folder descriptor; or RTH_SANDBOX_NO_FOLDER: nothing is opened,
 *               renamed, removed or locked, with Landlock and without it
 * @return 0, RTH_ERR_IO: the kernel refuses; then end the process
 */
enum rth_err rth_sandbox_enter(int folder) RTH_CHECKED;

/**
 * The same without any folder, for a program that encodes: it may have more
 * memory (1 GiB), and threads of its own, which are in the sandbox, too.
 */
enum rth_err rth_sandbox_enter_films(void) RTH_CHECKED;

/**
 * Gives up all but one folder, and making folders. After enter.
 *
 * @param folder descriptor of a folder below the first
 */
enum rth_err rth_sandbox_narrow(int folder) RTH_CHECKED;

/** Says whether the kernel has Landlock. */
bool rth_sandbox_has_landlock(void);

#endif
