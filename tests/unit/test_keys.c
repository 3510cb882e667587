/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clinic's private keys as files, and the commands that look after them,
 * with real sealed files.
 */
#include "seal_support.h"

#include <dirent.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <termios.h>

#include <sys/wait.h>

#include "audit_chain.h"
#include "key_file.h"
#include "keys.h"
#include "seal_secret.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"

struct clinic {
	struct rth_settings settings;
	char home[64], public[96], private[96], store[96], passphrase[96];
	char database[96];
	char said[16384]; /* of the last command, both streams */
};

static int set_up(void **state)
{
	struct clinic *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	assert_true(sodium_init() >= 0);
	strcpy(c->home, "/tmp/rth-clinic-XXXXXX");
	assert_non_null(mkdtemp(c->home));
	snprintf(c->public, sizeof(c->public), "%s/public", c->home);
	snprintf(c->private, sizeof(c->private), "%s/private", c->home);
	snprintf(c->store, sizeof(c->store), "%s/store", c->home);
	snprintf(c->passphrase, sizeof(c->passphrase), "%s/passphrase",
		 c->home);
	snprintf(c->database, sizeof(c->database), "%s/db", c->home);
	assert_int_equal(mkdir(c->store, 0700), 0);
	c->settings.database = c->database; /* there is none yet */
	c->settings.recordings.folder = c->store;
	c->settings.recordings.public_keys = c->public;
	c->settings.recordings.private_keys = c->private;
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct clinic *c = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", c->home);
	assert_int_equal(system(command), 0);
	free(c);
	return 0;
}

/* Runs "keys WORDS", and keeps what it says. Not on a terminal. */
static int keys(struct clinic *c, const char *words)
{
	char line[256], *argv[8];
	int argc = 0, out = dup(1), err = dup(2), in = dup(0), status;
	int said = memfd_create("said", 0), null = open("/dev/null", O_RDONLY);
	ssize_t n;

	snprintf(line, sizeof(line), "%s", words);
	for (char *w = strtok(line, " "); w && argc < 7; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	fflush(NULL);
	assert_true(dup2(said, 1) == 1 && dup2(said, 2) == 2 &&
		    dup2(null, 0) == 0);
	status = rth_keys_command(&c->settings, argc, argv);
	fflush(NULL);
	assert_true(dup2(out, 1) == 1 && dup2(err, 2) == 2 && dup2(in, 0) == 0);
	n = pread(said, c->said, sizeof(c->said) - 1, 0);
	assert_true(n >= 0);
	c->said[n] = '\0';
	close(out);
	close(err);
	close(in);
	close(said);
	close(null);
	return status;
}

static void assert_said(const struct clinic *c, const char *what)
{
	if (!strstr(c->said, what))
		fail_msg("\"%s\" is not in: %s", what, c->said);
}

static void assert_not_said(const struct clinic *c, const char *what)
{
	if (strstr(c->said, what))
		fail_msg("\"%s\" is in: %s", what, c->said);
}

static const char *path_of(const char *folder, const char *file)
{
	static char path[1024];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return path;
}

static void put(const char *folder, const char *file, const char *text)
{
	int fd =
		open(path_of(folder, file), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static mode_t mode_of(const char *folder, const char *file)
{
	struct stat st;

	assert_int_equal(stat(path_of(folder, file), &st), 0);
	return st.st_mode & 07777;
}

static void get(char *text, size_t size, const char *folder, const char *file)
{
	int fd = open(path_of(folder, file), O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, size - 1);
	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
}

/* A vector's key file, with the mode that git does not keep. */
static void put_vector(const struct clinic *c, const char *file)
{
	char name[64];
	size_t len;
	char *text;

	snprintf(name, sizeof(name), "seal/%s", file);
	text = test_read(name, &len);
	put(strstr(file, ".key") ? c->private : c->public, file, text);
	free(text);
}

/* A recording in the store, sealed to the active keys. */
static void record(const struct clinic *c, const char *id)
{
	struct rth_clinic_keys active;
	struct rth_seal_key *key;
	struct rth_seal *seal;
	char problem[256], path[256];
	int fd;

	assert_int_equal(rth_clinic_keys_read(&active, c->public, problem,
					      sizeof(problem)),
			 0);
	snprintf(path, sizeof(path), "mkdir -p -m 700 %s/2026/11/%s", c->store,
		 id);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/2026/11/%s/1-manifest.json", c->store,
		 id);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(rth_seal_key_make(&key,
					   (const uint8_t(*)[32])active.public,
					   active.n),
			 0);
	assert_int_equal(rth_seal_create(&seal, fd, key), 0);
	assert_int_equal(rth_seal_write(seal, 0, "{}", 2), 0);
	assert_int_equal(rth_seal_finish(seal, NULL), 0);
	rth_seal_key_free(key);
}

static void makes_a_pair(void **state)
{
	struct clinic *c = *state;
	char text[512], *secret;

	assert_int_equal(keys(c, "init"), 0);
	assert_said(c, "\"clinic\"");
	assert_int_equal(mode_of(c->private, ""), 0700);
	assert_int_equal(mode_of(c->private, "clinic.key"), 0600);
	assert_int_equal(mode_of(c->public, "clinic.pub"), 0644);
	get(text, sizeof(text), c->private, "clinic.key");
	secret = strrchr(text, ' ') + 1;
	secret[strcspn(secret, "\n")] = '\0';
	assert_int_equal(strlen(secret), 43);
	assert_not_said(c, secret);
	assert_int_equal(keys(c, "list"), 0);
	assert_said(c, "clinic ");
	assert_said(c, "here");
	assert_said(c, "active");
	assert_not_said(c, secret);
	assert_int_equal(keys(c, "check"), 0);
	assert_said(c, "All is well.");
	assert_said(c, "Only one key");
}

static void overwrites_nothing(void **state)
{
	struct clinic *c = *state;
	char before[512], after[512];

	assert_int_equal(keys(c, "init"), 0);
	get(before, sizeof(before), c->private, "clinic.key");
	assert_int_equal(keys(c, "init"), 1);
	assert_said(c, "clinic.pub: is there already");
	assert_int_equal(unlink(path_of(c->public, "clinic.pub")), 0);
	assert_int_equal(keys(c, "init"), 1);
	assert_said(c, "clinic.key: is there already");
	get(after, sizeof(after), c->private, "clinic.key");
	assert_string_equal(before, after);
	assert_int_equal(keys(c, "init --name second"), 0);
}

static void is_understood_or_not(void **state)
{
	static const char *const wrong[] = {
		"",	      "make",	     "init two words",
		"list x",     "add",	     "rotate",
		"rotate a b", "init --what", "list --name a",
		"check now",
	};
	struct clinic *c = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(keys(c, wrong[i]), 2);
		assert_said(c, "usage: ");
	}
	assert_int_equal(keys(c, "init --name ../x"), 1);
	assert_int_equal(keys(c, "init --name Clinic"), 1);
	assert_int_equal(keys(c, "rotate -- -x"), 1);
}

static void locks_with_a_passphrase(void **state)
{
	struct clinic *c = *state;
	char words[256], text[512], problem[RTH_KEYS_LINE_SIZE];
	struct rth_keys *opened = NULL;
	size_t n;

	put(c->home, "passphrase", "correct horse\nsecond line\n");
	snprintf(words, sizeof(words), "init --passphrase-file %s",
		 c->passphrase);
	assert_int_equal(chmod(c->passphrase, 0640), 0);
	assert_int_equal(keys(c, words), 1);
	assert_said(c, "chmod 600");
	assert_int_equal(chmod(c->passphrase, 0600), 0);
	assert_int_equal(keys(c, words), 0);
	get(text, sizeof(text), c->private, "clinic.key");
	assert_non_null(strstr(text, " argon2id "));
	assert_non_null(strstr(text, " 3 268435456 "));
	assert_int_equal(keys(c, "list"), 0);
	assert_said(c, "yes");
	assert_int_equal(rth_keys_open(&opened, &c->settings, false, problem),
			 RTH_ERR_STATE);
	assert_null(opened);
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "has a passphrase");
	c->settings.recordings.passphrase_file = c->passphrase;
	assert_int_equal(rth_keys_open(&opened, &c->settings, false, problem),
			 0);
	assert_string_equal(problem, "");
	rth_keys_pairs(opened, &n);
	assert_int_equal(n, 1);
	rth_keys_free(opened);
	put(c->home, "passphrase", "wrong horse\n");
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "not the right one");
	put(c->home, "passphrase", "\n");
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "no passphrase in its first line");
}

/* The vectors' keys: what was written then is read for ever. */
static void reads_the_vectors(void **state)
{
	struct clinic *c = *state;
	struct rth_key_halves *key = rth_secret_alloc(sizeof(*key));
	uint8_t public[RTH_SEAL_PUBLIC_BYTES];
	bool locked;
	int fd;

	assert_non_null(key);
	assert_int_equal(mkdir(c->private, 0700), 0);
	put_vector(c, "first.key");
	put_vector(c, "second.key");
	fd = open(c->private, O_RDONLY | O_DIRECTORY);
	assert_int_equal(rth_key_file_read(key, fd, "first.key", NULL), 0);
	assert_int_equal(rth_key_file_look(public, &locked, fd, "first.key"),
			 0);
	assert_false(locked);
	assert_memory_equal(public, key->public, sizeof(public));
	assert_int_equal(rth_key_file_read(key, fd, "second.key", NULL),
			 RTH_ERR_STATE);
	assert_int_equal(rth_key_file_read(key, fd, "second.key", "wrong"),
			 RTH_ERR_CRYPTO);
	assert_int_equal(rth_key_file_read(key, fd, "second.key",
					   "correct horse battery staple"),
			 0);
	assert_int_equal(rth_key_file_look(public, &locked, fd, "second.key"),
			 0);
	assert_true(locked);
	close(fd);
	rth_secret_free(key);
}

/* X25519 does not look at five bits of a private key (RFC 7748 section 5). */
static bool same_key(const struct rth_key_halves *a,
		     const struct rth_key_halves *b)
{
	return memcmp(a->public, b->public, sizeof(a->public)) == 0 &&
	       memcmp(a->secret + 1, b->secret + 1, 30) == 0 &&
	       ((a->secret[0] ^ b->secret[0]) & 0xf8) == 0 &&
	       ((a->secret[31] ^ b->secret[31]) & 0x3f) == 0;
}

/* What is read of a changed file is refused, or still the same key. */
static void assert_refused(struct rth_key_halves *key, int fd,
			   const struct rth_key_halves *right)
{
	static const struct rth_key_halves none;
	enum rth_err err = rth_key_file_read(key, fd, "clinic.key", NULL);

	if (err == RTH_OK) {
		assert_true(same_key(key, right));
		*key = none;
	}
	assert_true(err == RTH_OK || err == RTH_ERR_FORMAT);
	assert_memory_equal(key, &none, sizeof(none));
}

static void refuses_damaged_keys(void **state)
{
	struct clinic *c = *state;
	struct rth_key_halves *key = rth_secret_alloc(sizeof(*key));
	struct rth_key_halves right;
	char text[512], bad[512];
	size_t len;
	int fd;

	assert_non_null(key);
	assert_int_equal(keys(c, "init"), 0);
	fd = open(c->private, O_RDONLY | O_DIRECTORY);
	assert_int_equal(rth_key_file_read(&right, fd, "clinic.key", NULL), 0);
	get(text, sizeof(text), c->private, "clinic.key");
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		memcpy(bad, text, len + 1);
		bad[i] = '\0'; /* cut here */
		put(c->private, "clinic.key", bad);
		assert_int_equal(rth_key_file_read(key, fd, "clinic.key", NULL),
				 RTH_ERR_FORMAT);
		memcpy(bad, text, len + 1);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		put(c->private, "clinic.key", bad);
		assert_refused(key, fd, &right);
	}
	close(fd);
	rth_secret_free(key);
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "clinic.key: damaged");
}

/* A file may not ask for more than this machine can give. */
static void refuses_impossible_costs(void **state)
{
	static const char *const costs[] = {
		" 0 65536 ",	  " 17 65536 ", " 2 1 ",
		" 2 1073741825 ", " x 65536 ",	" 2 65536x ",
		" -2 65536 ",	  " 2 -65536 ", " 2 99999999999999999999999 ",
	};
	struct clinic *c = *state;
	struct rth_key_halves *key = rth_secret_alloc(sizeof(*key));
	size_t len;
	char *text = test_read("seal/second.key", &len), bad[1024];
	char *at = strstr(text, " 2 65536 ");
	int fd;

	assert_non_null(key);
	assert_non_null(at);
	assert_int_equal(mkdir(c->private, 0700), 0);
	fd = open(c->private, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		snprintf(bad, sizeof(bad), "%.*s%s%s", (int)(at - text), text,
			 costs[i], at + strlen(" 2 65536 "));
		put(c->private, "second.key", bad);
		assert_int_equal(rth_key_file_read(key, fd, "second.key", "x"),
				 RTH_ERR_FORMAT);
	}
	close(fd);
	free(text);
	rth_secret_free(key);
}

static void refuses_keys_that_others_can_read(void **state)
{
	struct clinic *c = *state;
	static const mode_t modes[] = {0640, 0604, 0660, 0610, 0601};
	char problem[RTH_KEYS_LINE_SIZE];
	struct rth_keys *opened = NULL;

	assert_int_equal(keys(c, "init"), 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(
			chmod(path_of(c->private, "clinic.key"), modes[i]), 0);
		assert_int_equal(
			rth_keys_open(&opened, &c->settings, false, problem),
			RTH_ERR_DENIED);
		assert_non_null(strstr(problem, "clinic.key: others"));
		assert_int_equal(keys(c, "check"), 1);
		assert_said(c, "chmod 600");
	}
	assert_null(opened);
	assert_int_equal(chmod(path_of(c->private, "clinic.key"), 0600), 0);
	assert_int_equal(chmod(c->private, 0750), 0);
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "chmod 700");
	assert_int_equal(keys(c, "list"), 1);
	assert_int_equal(rth_keys_open(&opened, &c->settings, false, problem),
			 RTH_ERR_DENIED);
	assert_non_null(strstr(problem, "private: others can look into it"));
}

/* More are retired than a recording can be sealed to. */
static void lists_all_that_are_retired(void **state)
{
	struct clinic *c = *state;
	char folder[128], line[256], name[32];

	assert_int_equal(keys(c, "init"), 0);
	assert_int_equal(keys(c, "rotate clinic"), 0);
	get(line, sizeof(line), c->public, "clinic.pub");
	snprintf(folder, sizeof(folder), "%s/retired", c->public);
	for (int i = 0; i < RTH_SEAL_RECIPIENTS_MAX; i++) {
		snprintf(name, sizeof(name), "old-%d.pub", i);
		put(folder, name, line);
	}
	assert_int_equal(keys(c, "list"), 0);
	assert_said(c, "old-0 ");
	assert_said(c, "old-15 ");
	put(folder, "old-3.pub", "rthealth-public-key-2 x\n");
	assert_int_equal(keys(c, "list"), 1);
	assert_said(c, "old-3.pub: not a public key");
	assert_said(c, "old-9 ");
}

/* One more would keep all of them from being opened. */
static void makes_no_key_that_is_too_many(void **state)
{
	struct clinic *c = *state;
	char line[256], name[32], before[256], after[256];

	assert_int_equal(keys(c, "init"), 0);
	get(before, sizeof(before), c->public, "clinic.pub");
	get(line, sizeof(line), c->private, "clinic.key");
	for (int i = 1; i < RTH_KEYS_MAX; i++) {
		snprintf(name, sizeof(name), "old-%d.key", i);
		put(c->private, name, line);
	}
	assert_int_equal(keys(c, "rotate clinic"), 1);
	assert_said(c, "64 private keys are here already");
	assert_int_equal(keys(c, "init --name other"), 1);
	assert_said(c, "64 private keys are here already");
	get(after, sizeof(after), c->public, "clinic.pub");
	assert_string_equal(before, after);
	assert_int_equal(keys(c, "check"), 0);
	assert_int_equal(unlink(path_of(c->private, "old-63.key")), 0);
	assert_int_equal(keys(c, "rotate clinic"), 0);
	assert_int_equal(keys(c, "check"), 0);
}

static void adds_what_somebody_else_keeps(void **state)
{
	struct clinic *c = *state;
	char words[512], line[256];

	assert_int_equal(keys(c, "init"), 0);
	/* The other's pair is made elsewhere; here comes its public half. */
	get(line, sizeof(line), c->public, "clinic.pub");
	put(c->home, "again.pub", line);
	snprintf(words, sizeof(words), "add %s/again.pub", c->home);
	assert_int_equal(keys(c, words), 1);
	assert_said(c, "is this key already");
	{
		size_t len;
		char *text = test_read("seal/first.pub", &len);

		put(c->home, "escrow.pub", text);
		put(c->home, "Escrow.pub", text);
		put(c->home, "escrow.txt", text);
		free(text);
	}
	snprintf(words, sizeof(words), "add %s/escrow.pub", c->home);
	assert_int_equal(keys(c, words), 0);
	assert_said(c, "by telephone");
	assert_int_equal(mode_of(c->public, "escrow.pub"), 0644);
	assert_int_equal(keys(c, words), 1);
	snprintf(words, sizeof(words), "add %s/Escrow.pub", c->home);
	assert_int_equal(keys(c, words), 1);
	snprintf(words, sizeof(words), "add %s/escrow.txt", c->home);
	assert_int_equal(keys(c, words), 1);
	snprintf(words, sizeof(words), "add %s/nothing.pub", c->home);
	assert_int_equal(keys(c, words), 1);
	snprintf(words, sizeof(words), "add %s/clinic.key", c->private);
	assert_int_equal(keys(c, words), 1);
	assert_said(c, "this is a private key");
	/* The point at zero: nothing can be sealed to it. */
	put(c->home, "zero.pub",
	    "rthealth-public-key-1 "
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	snprintf(words, sizeof(words), "add %s/zero.pub", c->home);
	assert_int_equal(keys(c, words), 1);
	assert_int_equal(keys(c, "list"), 0);
	assert_said(c, "elsewhere");
	assert_int_equal(keys(c, "check"), 0);
	assert_not_said(c, "Only one key");
	assert_int_equal(keys(c, "rotate escrow"), 1);
	assert_said(c, "its private key is not here");
}

static void opens_old_recordings_after_a_rotation(void **state)
{
	struct clinic *c = *state;
	char before[256], after[256];

	assert_int_equal(keys(c, "init"), 0);
	record(c, ID);
	get(before, sizeof(before), c->public, "clinic.pub");
	assert_int_equal(keys(c, "rotate clinic"), 0);
	get(after, sizeof(after), c->public, "clinic.pub");
	assert_string_not_equal(before, after);
	record(c, "BBBBBBBBBBBBBBBBBBBBBA");
	assert_int_equal(keys(c, "list"), 0);
	assert_said(c, "retired");
	assert_int_equal(keys(c, "check"), 0);
	assert_said(c, "2 recordings, 2 of them opened");
	assert_int_equal(keys(c, "rotate clinic"), 0);
	assert_int_equal(keys(c, "check"), 0);
	assert_said(c, "2 recordings, 2 of them opened");
	assert_int_equal(keys(c, "rotate nobody"), 1);
	assert_said(c, "no such public key");
}

/* The only name in a folder that is not `but`. */
static void other_name(char *name, const char *folder, const char *but)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, but) != 0)
			strcpy(name, e->d_name);
	closedir(dir);
}

static void goes_on_with_an_interrupted_rotation(void **state)
{
	struct clinic *c = *state;
	char first[256], second[256], name[256], path[512], to[512];

	assert_int_equal(keys(c, "init"), 0);
	record(c, ID);
	get(first, sizeof(first), c->public, "clinic.pub");
	assert_int_equal(keys(c, "rotate clinic"), 0);
	get(second, sizeof(second), c->public, "clinic.pub");
	/* Killed when the private key had been renamed, and no more. */
	put(c->public, "clinic.pub", first);
	assert_int_equal(unlink(path_of(c->private, "clinic.key")), 0);
	assert_int_equal(keys(c, "check"), 0);
	assert_int_equal(keys(c, "rotate clinic"), 0);
	assert_int_equal(keys(c, "check"), 0);
	/* Killed when the new private key was there, and no more. */
	put(c->public, "clinic.pub", first);
	assert_int_equal(keys(c, "check"), 0);
	assert_int_equal(keys(c, "rotate clinic"), 1);
	assert_said(c, "belongs to another public key: rename it");
	snprintf(path, sizeof(path), "%s/clinic.key", c->private);
	snprintf(to, sizeof(to), "%s/unused.key", c->private);
	assert_int_equal(rename(path, to), 0);
	assert_int_equal(keys(c, "rotate clinic"), 0);
	assert_int_equal(keys(c, "check"), 0);
	other_name(name, path_of(c->public, "retired"), "");
	assert_non_null(strstr(name, "clinic-"));
}

static void outlives_a_lost_key(void **state)
{
	struct clinic *c = *state;

	assert_int_equal(keys(c, "init"), 0);
	assert_int_equal(keys(c, "init --name second"), 0);
	record(c, ID);
	assert_int_equal(unlink(path_of(c->private, "clinic.key")), 0);
	assert_int_equal(keys(c, "check"), 0);
	assert_said(c, "1 recordings, 1 of them opened");
	assert_said(c, "private key elsewhere");
	/* A damaged one beside it does not keep it from opening. */
	put(c->private, "clinic.key", "rthealth-private-key-1 plain x\n");
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "1 recordings, 1 of them opened");
	assert_int_equal(unlink(path_of(c->private, "clinic.key")), 0);
	/* The last one, too. */
	assert_int_equal(unlink(path_of(c->private, "second.key")), 0);
	assert_int_equal(keys(c, "init --name third"), 0);
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, ID "/1-manifest.json: none of the private keys here");
	assert_said(c, "1 recordings, 0 of them opened");
}

static void finds_keys_in_the_recorders_reach(void **state)
{
	struct clinic *c = *state;
	char text[512], path[256];

	assert_int_equal(keys(c, "init"), 0);
	record(c, ID);
	get(text, sizeof(text), c->private, "clinic.key");
	put(c->public, "notes.txt", text);
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "notes.txt: a private key in the recorder's reach");
	assert_int_equal(unlink(path_of(c->public, "notes.txt")), 0);
	assert_int_equal(keys(c, "check"), 0);
	snprintf(path, sizeof(path), "%s/2026/11/" ID, c->store);
	put(path, "backup", text);
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "/store/2026/11/" ID "/backup: a private key");
	{
		char linked[128];

		snprintf(linked, sizeof(linked), "%s/linked-store", c->home);
		assert_int_equal(symlink(c->store, linked), 0);
		c->settings.recordings.folder = linked;
		assert_int_equal(keys(c, "check"), 1);
		assert_said(c, "backup: a private key");
		c->settings.recordings.folder = c->store;
	}
	assert_int_equal(unlink(path_of(path, "backup")), 0);
	/* Through a link the folder is in reach, whatever it is called. */
	snprintf(path, sizeof(path), "%s/linked", c->home);
	assert_int_equal(symlink(c->private, path), 0);
	c->settings.recordings.public_keys = c->private;
	c->settings.recordings.private_keys = path;
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, "in the recorder's reach: move it");
}

static void names_damaged_recordings(void **state)
{
	struct clinic *c = *state;
	char path[256];
	int fd;

	assert_int_equal(keys(c, "init"), 0);
	record(c, ID);
	snprintf(path, sizeof(path), "%s/2026/11/" ID "/1-manifest.json",
		 c->store);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "x", 1, 60), 1);
	close(fd);
	assert_int_equal(keys(c, "check"), 1);
	assert_said(c, ID "/1-manifest.json: damaged");
	/* Killed before it had a header: nothing that a key would open. */
	assert_int_equal(truncate(path, 4095), 0);
	assert_int_equal(keys(c, "check"), 0);
	assert_int_equal(truncate(path, 4096), 0);
	assert_int_equal(keys(c, "check"), 1);
}

/* Reads what the terminal shows next; false when it was closed. */
static bool read_more(struct clinic *c, int tty)
{
	struct pollfd p = {.fd = tty, .events = POLLIN};
	size_t len = strlen(c->said);
	ssize_t n;

	if (poll(&p, 1, 60000) != 1)
		return false;
	n = read(tty, c->said + len, sizeof(c->said) - 1 - len);
	if (n <= 0)
		return false;
	c->said[len + (size_t)n] = '\0';
	return true;
}

/* A question ends in ": ", and behind it stands nothing but the answer's end.
 */
static int questions(const char *said)
{
	int n = 0;

	for (const char *at = said; (at = strstr(at, ": ")); at += 2)
		n += at[2] == '\0' || at[2] == '\r' || at[2] == '\n';
	return n;
}

/* Waits until it has shown n questions. */
static void wait_for_question(struct clinic *c, int tty, int n)
{
	while (questions(c->said) < n) {
		if (!read_more(c, tty))
			fail_msg("no question %d: %s", n, c->said);
	}
}

/* Runs "keys WORD" on a terminal and answers each question by a line. */
static int keys_on_terminal(struct clinic *c, const char *word,
			    const char *const *lines)
{
	char *argv[] = {strdup(word), NULL};
	int tty, status;
	pid_t pid;

	c->said[0] = '\0';
	fflush(NULL);
	pid = forkpty(&tty, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0) {
		status = rth_keys_command(&c->settings, 1, argv);
		fflush(NULL);
		_exit(status);
	}
	for (int i = 0; lines[i]; i++) {
		wait_for_question(c, tty, i + 1);
		assert_int_equal(write(tty, lines[i], strlen(lines[i])),
				 strlen(lines[i]));
	}
	while (read_more(c, tty))
		;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(tty);
	free(argv[0]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void asks_on_a_terminal(void **state)
{
	static const char *const twice[] = {"horse battery\n",
					    "horse battery\n", NULL};
	static const char *const different[] = {"horse\n", "hose\n", NULL};
	static const char *const nothing[] = {"\n", NULL};
	static const char *const wrong_first[] = {"hose\n", "horse battery\n",
						  NULL};
	struct clinic *c = *state;
	char text[512];

	assert_int_equal(keys_on_terminal(c, "init", different), 1);
	assert_said(c, "not the same");
	assert_int_equal(keys_on_terminal(c, "init", nothing), 0);
	get(text, sizeof(text), c->private, "clinic.key");
	assert_non_null(strstr(text, " plain "));
	assert_int_equal(unlink(path_of(c->private, "clinic.key")), 0);
	assert_int_equal(unlink(path_of(c->public, "clinic.pub")), 0);
	assert_int_equal(keys_on_terminal(c, "init", twice), 0);
	assert_not_said(c, "battery");
	get(text, sizeof(text), c->private, "clinic.key");
	assert_non_null(strstr(text, " argon2id "));
	record(c, ID);
	assert_int_equal(keys_on_terminal(c, "check", wrong_first), 0);
	assert_said(c, "1 recordings, 1 of them opened");
	assert_not_said(c, "battery");
}

static void an_interrupted_question_shows_the_terminal_again(void **state)
{
	static const char interrupt[] = {3};
	struct clinic *c = *state;
	char word[] = "init", *argv[] = {word, NULL};
	int tty, kept, status;
	struct termios term;
	pid_t pid;

	c->said[0] = '\0';
	fflush(NULL);
	pid = forkpty(&tty, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGINT, SIG_DFL); /* a test may run with it ignored */
		_exit(rth_keys_command(&c->settings, 1, argv));
	}
	kept = open(ptsname(tty), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(kept >= 0);
	wait_for_question(c, tty, 1);
	assert_int_equal(tcgetattr(kept, &term), 0);
	assert_false(term.c_lflag & ECHO);
	assert_int_equal(write(tty, interrupt, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	assert_int_equal(tcgetattr(kept, &term), 0);
	assert_true(term.c_lflag & ECHO);
	assert_int_not_equal(access(path_of(c->private, "clinic.key"), F_OK),
			     0);
	close(kept);
	close(tty);
}

static void survives_any_failing_allocation(void **state)
{
	struct clinic *c = *state;
	unsigned long n = 1;

	assert_int_equal(keys(c, "init"), 0);
	assert_int_equal(keys(c, "init --name second"), 0);
	for (;; n++) {
		char problem[RTH_KEYS_LINE_SIZE];
		struct rth_keys *opened = NULL;
		enum rth_err err;

		rth_mem_fail_at(n);
		err = rth_keys_open(&opened, &c->settings, false, problem);
		if (rth_mem_count() < n) {
			rth_mem_fail_at(0);
			assert_int_equal(err, 0);
			rth_keys_free(opened);
			break;
		}
		rth_mem_fail_at(0);
		/* One key that could not be read leaves the other. */
		assert_true(err == RTH_ERR_NOMEM || (!err && problem[0]));
		rth_keys_free(opened);
	}
	assert_true(n > 4);
}

static enum rth_err add_text(const struct rth_audit_row *row, void *arg)
{
	char *text = arg;

	snprintf(text + strlen(text), 256 - strlen(text), "%s %s %s\n",
		 row->action, row->object, row->outcome);
	return 0;
}

/* From the portal's first start on. */
static void changes_are_rows_of_the_audit(void **state)
{
	struct clinic *c = *state;
	struct rth_store *store;
	char text[256] = "";

	assert_int_equal(keys(c, "init"), 0);
	assert_int_not_equal(access(c->database, F_OK), 0);
	assert_int_equal(rth_store_open(&store, c->database), 0);
	assert_int_equal(keys(c, "rotate clinic"), 0);
	assert_int_equal(keys(c, "rotate nobody"), 1);
	assert_int_equal(keys(c, "list"), 0);
	assert_int_equal(rth_store_audit_rows(store, 1, 10, add_text, text), 0);
	assert_string_equal(text, "key-rotate-begun clinic ok\n"
				  "key-rotate clinic ok\n"
				  "key-rotate-begun nobody ok\n"
				  "key-rotate nobody failed\n");
	rth_store_close(store);
	put(c->home, "db", "this is no database");
	assert_int_equal(keys(c, "rotate clinic"), 1);
	assert_said(c, "the audit cannot be opened");
}

/* A fault of the database that lets no row of this name in. */
static void refuse_rows(const char *database, const char *name)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "sqlite3 '%s' \"DROP TRIGGER IF EXISTS fault; CREATE TRIGGER "
		 "fault BEFORE INSERT ON audit WHEN NEW.action = '%s' BEGIN "
		 "SELECT RAISE(ABORT, 'full'); END\"",
		 database, name);
	assert_int_equal(system(command), 0);
}

/* The id of the key that recordings are sealed to. */
static void sealed_to(struct clinic *c, uint8_t id[RTH_SEAL_PUBLIC_BYTES])
{
	assert_int_equal(rth_clinic_key_read(id, AT_FDCWD,
					     path_of(c->public, "clinic.pub")),
			 0);
}

static void changes_nothing_without_the_audit(void **state)
{
	struct clinic *c = *state;
	uint8_t before[RTH_SEAL_PUBLIC_BYTES], after[RTH_SEAL_PUBLIC_BYTES];
	struct rth_store *store;

	assert_int_equal(keys(c, "init"), 0);
	sealed_to(c, before);
	assert_int_equal(rth_store_open(&store, c->database), 0);
	rth_store_close(store);
	refuse_rows(c->database, "key-rotate-begun");
	assert_int_equal(keys(c, "rotate clinic"), 1);
	assert_said(c, "nothing was changed");
	sealed_to(c, after);
	assert_memory_equal(before, after, sizeof(before));
	refuse_rows(c->database, "key-init-begun");
	assert_int_equal(keys(c, "init --name second"), 1);
	assert_int_not_equal(access(path_of(c->public, "second.pub"), F_OK), 0);
	/* It was announced, so how it ended may be missing. */
	refuse_rows(c->database, "key-rotate");
	assert_int_equal(keys(c, "rotate clinic"), 1);
	assert_said(c, "how this ended is not in the audit");
	sealed_to(c, after);
	assert_memory_not_equal(before, after, sizeof(before));
}

/* A database that cannot be looked at may well be there. */
static void no_key_is_made_where_it_might_not_be_recorded(void **state)
{
	struct clinic *c = *state;
	char beyond[128];

	put(c->home, "file", "x");
	snprintf(beyond, sizeof(beyond), "%s/file/db", c->home);
	c->settings.database = beyond;
	assert_int_equal(keys(c, "init"), 1);
	assert_said(c, "the audit cannot be opened");
	assert_int_not_equal(access(path_of(c->private, "clinic.key"), F_OK),
			     0);
	c->settings.database = c->database;
	assert_int_equal(keys(c, "init"), 0);
	assert_said(c, "not recorded in the audit");
	assert_int_equal(access(path_of(c->private, "clinic.key"), F_OK), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_a_pair),
		TEST(overwrites_nothing),
		TEST(is_understood_or_not),
		TEST(locks_with_a_passphrase),
		TEST(reads_the_vectors),
		TEST(refuses_damaged_keys),
		TEST(refuses_impossible_costs),
		TEST(refuses_keys_that_others_can_read),
		TEST(lists_all_that_are_retired),
		TEST(makes_no_key_that_is_too_many),
		TEST(adds_what_somebody_else_keeps),
		TEST(opens_old_recordings_after_a_rotation),
		TEST(goes_on_with_an_interrupted_rotation),
		TEST(outlives_a_lost_key),
		TEST(finds_keys_in_the_recorders_reach),
		TEST(names_damaged_recordings),
		TEST(asks_on_a_terminal),
		TEST(an_interrupted_question_shows_the_terminal_again),
		TEST(survives_any_failing_allocation),
		TEST(changes_are_rows_of_the_audit),
		TEST(no_key_is_made_where_it_might_not_be_recorded),
		TEST(changes_nothing_without_the_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
