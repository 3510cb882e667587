/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clinic's private keys, opened: what the portal opens recordings with.
 */
#ifndef RTH_KEYS_H
#define RTH_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "clinic_key.h"
#include "seal.h"
#include "settings.h"

#define RTH_KEYS_MAX 64 /* private keys, retired ones with them */
#define RTH_KEYS_LINE_SIZE 512

struct rth_keys;

/**
 * Opens every NAME.key of `recordings.private_keys`. One that cannot be opened
 * does not keep the others from opening what is sealed to them. Startup and
 * commands; sodium_init has been called.
 *
 * The passphrase comes from `recordings.passphrase_file`; where that is not
 * set or not the right one and `may_ask`, from the terminal.
 *
 * @param settings borrowed
 * @param problem  receives one line, of what kept a key from being opened; ""
 *                 when all are open. Also set when it returns 0
 * @return 0 when at least one is open; RTH_ERR_CONFIG: no folder is configured;
 *         RTH_ERR_NOT_FOUND: there is none; RTH_ERR_DENIED also when others
 *         can look into the folder; else what was wrong with the first
 */
enum rth_err rth_keys_open(struct rth_keys **keysp,
			   const struct rth_settings *settings, bool may_ask,
			   char problem[RTH_KEYS_LINE_SIZE]) RTH_CHECKED;

/** The pairs, in locked memory, as rth_seal_key_open takes them; borrowed. */
const struct rth_seal_pair *rth_keys_pairs(const struct rth_keys *keys,
					   size_t *np);

/** Wipes and frees; NULL is allowed. */
void rth_keys_free(struct rth_keys *keys);

/**
 * The names (without the suffix) of the keys in a folder, sorted.
 *
 * @param namesp receives *np of them, RTH_KEYS_MAX at most, for rth_free
 * @param suffix ".key" or ".pub"
 * @return 0, RTH_ERR_IO, RTH_ERR_LIMIT, RTH_ERR_NOMEM
 */
enum rth_err rth_keys_names(char (**namesp)[RTH_CLINIC_KEY_NAME_MAX + 1],
			    size_t *np, int dirfd,
			    const char *suffix) RTH_CHECKED;

/** Why a private key's file cannot be used, in words. */
const char *rth_keys_why(enum rth_err err);

/**
 * The command `keys init | list | add | rotate | check`. One thread.
 *
 * @param argv argc words after "keys"
 * @return the exit status: 0; 1 when something is wrong; 2 when the command is
 *         not understood
 */
int rth_keys_command(const struct rth_settings *settings, int argc,
		     char **argv);

struct rth_store;

/** Opens the audit for a command; *storep is NULL where there is no database
    yet, which is told. As rth_store_open. */
enum rth_err
rth_keys_audit_open(struct rth_store **storep,
		    const struct rth_settings *settings) RTH_CHECKED;

/**
 * Adds a row of a command.
 *
 * @param store NULL: nothing is done
 * @param step "-begun" before anything is changed, "" afterwards
 */
enum rth_err rth_keys_audit(struct rth_store *store, const char *command,
			    const char *step, const char *key,
			    bool good) RTH_CHECKED;

/** `keys check`: 0 only when all is good. */
int rth_keys_check(const struct rth_settings *settings);

#endif
