/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands that make, take in, list and replace the clinic's keys. Each
 * says what was done and what is to be done next. None prints a private key.
 *
 * A recording made at any moment is sealed to a public key whose private half
 * is on the disk already: the private half is always written first, and is
 * never taken away.
 */
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include "key_file.h"
#include "key_passphrase.h"
#include "mem.h"
#include "seal_secret.h"
#include "store.h"

#define USAGE                                                              \
	"usage: rthealth-portal --config FILE keys COMMAND\n"              \
	"  init [--name NAME] [--passphrase-file FILE]  make a pair\n"     \
	"  list                                         what there is\n"   \
	"  add FILE.pub                                 seal to this "     \
	"key, too\n"                                                       \
	"  rotate NAME [--passphrase-file FILE]         make a new pair, " \
	"retire the old\n"                                                 \
	"  check                                        whether all is "   \
	"well\n"

#define NAME_DEFAULT "clinic"
#define RETIRED "retired"
#define NAME_SIZE (RTH_CLINIC_KEY_NAME_MAX + 1)
#define FILE_SIZE (NAME_SIZE + 8)
#define SHORT_ID 8 /* characters that tell keys of one name apart */
#define ID_SIZE (2 * RTH_SEAL_KEY_ID_BYTES + 1)

/* A command at work. */
struct work {
	const struct rth_settings *settings;
	const char *public_path;
	int public, private; /* folders */
	const char *name;
	const char *passphrase_file;
	char *passphrase;	    /* in locked memory, or NULL */
	struct rth_key_halves *key; /* in locked memory */
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "rthealth-portal keys: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

static void id_text(char text[ID_SIZE],
		    const uint8_t public[RTH_SEAL_PUBLIC_BYTES])
{
	uint8_t id[RTH_SEAL_KEY_ID_BYTES];

	rth_seal_key_id(id, public);
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
}

/* Whatever the umask; and a key in it is not on the disk before it is. */
static bool settle_folder(int fd, mode_t mode)
{
	int up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool settled = up >= 0 && !fchmod(fd, mode) && !fsync(up);

	if (up >= 0)
		close(up);
	return settled;
}

/* Opens a folder, and makes it when its parent is there. */
static int open_folder(int at, const char *path, mode_t mode)
{
	bool made = mkdirat(at, path, mode) == 0;
	int fd;

	if (!made && errno != EEXIST)
		return -1;
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && made && !settle_folder(fd, mode)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_folders(struct work *w)
{
	const char *private = w->settings->recordings.private_keys;
	struct stat st;

	if (!private)
		return complain("recordings.private_keys",
				"not in the configuration");
	w->public_path = w->settings->recordings.public_keys;
	w->public = open_folder(AT_FDCWD, w->public_path, 0755);
	if (w->public < 0)
		return complain(w->public_path, strerror(errno));
	w->private = open_folder(AT_FDCWD, private, 0700);
	if (w->private < 0)
		return complain(private, strerror(errno));
	if (fstat(w->private, &st) || (st.st_mode & 077))
		return complain(private, "others can look into it: chmod 700");
	w->key = rth_secret_alloc(sizeof(*w->key));
	return w->key ? 0 : complain("keys", rth_keys_why(RTH_ERR_NOMEM));
}

static void work_end(struct work *w)
{
	if (w->public >= 0)
		close(w->public);
	if (w->private >= 0)
		close(w->private);
	rth_secret_free(w->passphrase);
	rth_secret_free(w->key);
}

/* Twice, since what is mistyped here is lost. Nothing typed: no passphrase. */
static int ask_passphrase(struct work *w)
{
	char *again = NULL;
	int status = 0;

	if (rth_passphrase_ask(&w->passphrase,
			       "New passphrase (nothing for none)"))
		return complain("passphrase", "cannot be read");
	if (!w->passphrase[0]) {
		rth_secret_free(w->passphrase);
		w->passphrase = NULL;
		return 0;
	}
	if (rth_passphrase_ask(&again, "The same once more") ||
	    strcmp(again, w->passphrase) != 0)
		status = complain("passphrase", "these two are not the same");
	rth_secret_free(again);
	return status;
}

static int get_passphrase(struct work *w)
{
	const char *path = w->passphrase_file;
	enum rth_err err;

	if (!path)
		path = w->settings->recordings.passphrase_file;
	if (!path)
		return rth_passphrase_can_ask() ? ask_passphrase(w) : 0;
	err = rth_passphrase_read(&w->passphrase, path);
	if (err == RTH_ERR_FORMAT)
		return complain(path, "no passphrase in its first line");
	return err ? complain(path, rth_keys_why(err)) : 0;
}

static bool is_there(int dirfd, const char *file)
{
	struct stat st;

	return fstatat(dirfd, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int put_private(struct work *w)
{
	char file[FILE_SIZE];
	enum rth_err err;

	rth_key_make(w->key);
	snprintf(file, sizeof(file), "%s.key", w->name);
	err = rth_key_file_write(w->private, file, w->key, w->passphrase,
				 &rth_key_cost);
	if (err == RTH_ERR_EXISTS)
		return complain(file, "is there already");
	return err ? complain(file, "cannot be written") : 0;
}

static int put_public(const char *path, int dirfd, const char *name,
		      const uint8_t public[RTH_SEAL_PUBLIC_BYTES])
{
	char file[FILE_SIZE], line[RTH_CLINIC_KEY_LINE_SIZE];
	enum rth_err err;

	snprintf(file, sizeof(file), "%s.pub", name);
	rth_clinic_key_format(line, public);
	err = rth_key_file_put(dirfd, file, line, 0644);
	if (err)
		fprintf(stderr, "rthealth-portal keys: %s/%s: %s\n", path, file,
			err == RTH_ERR_EXISTS ? "is there already"
					      : strerror(errno));
	return err ? EXIT_FAILURE : 0;
}

/* Reads the active public keys; none is no error here. */
static int read_active(const struct work *w, struct rth_clinic_keys *keys)
{
	char problem[256];
	enum rth_err err = rth_clinic_keys_read(keys, w->public_path, problem,
						sizeof(problem));

	keys->n = err ? 0 : keys->n;
	if (!err || err == RTH_ERR_NOT_FOUND)
		return 0;
	fprintf(stderr, "rthealth-portal keys: %s\n", problem);
	return EXIT_FAILURE;
}

/* One more than can be opened would keep all of them from being opened. */
static int check_private_room(const struct work *w)
{
	char(*names)[NAME_SIZE];
	size_t n = RTH_KEYS_MAX;

	if (!rth_keys_names(&names, &n, w->private, ".key"))
		rth_free(names);
	if (n >= RTH_KEYS_MAX)
		return complain(w->settings->recordings.private_keys,
				"64 private keys are here already: move those "
				"that no recording needs to a safe place");
	return 0;
}

static int check_room(const struct work *w)
{
	struct rth_clinic_keys keys;

	if (read_active(w, &keys))
		return EXIT_FAILURE;
	if (keys.n == RTH_SEAL_RECIPIENTS_MAX)
		return complain(w->public_path,
				"16 keys are active already: rotate one, or "
				"move it to " RETIRED);
	return 0;
}

static void say_made(const struct work *w)
{
	char id[ID_SIZE];

	id_text(id, w->key->public);
	printf("New recordings are sealed to \"%s\" (%s).\n"
	       "  private key: %s/%s.key%s\n"
	       "  public key:  %s/%s.pub\n"
	       "Copy the private key to a safe place off this machine%s: "
	       "without it\nnobody can open these recordings. "
	       "Then: rthealth-portal keys check\n",
	       w->name, id, w->settings->recordings.private_keys, w->name,
	       w->passphrase ? " (with a passphrase)" : "", w->public_path,
	       w->name, w->passphrase ? ", and its passphrase to another" : "");
}

static int command_init(struct work *w)
{
	char file[FILE_SIZE];
	int status;

	snprintf(file, sizeof(file), "%s.pub", w->name);
	if (is_there(w->public, file))
		return complain(file, "is there already: choose another "
				      "--name, or rotate");
	snprintf(file, sizeof(file), "%s.key", w->name);
	if (is_there(w->private, file))
		return complain(file, "is there already: choose another "
				      "--name");
	status = check_room(w);
	if (!status)
		status = check_private_room(w);
	if (!status)
		status = get_passphrase(w);
	if (!status)
		status = put_private(w);
	if (!status)
		status = put_public(w->public_path, w->public, w->name,
				    w->key->public);
	if (!status)
		say_made(w);
	return status;
}

/* The name of a private key that belongs to `public`; NULL when there is none.
 */
static const char *private_of(const struct work *w, char (*names)[NAME_SIZE],
			      size_t n, const uint8_t *public, bool *lockedp)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t bytes[RTH_SEAL_PUBLIC_BYTES];
		char file[FILE_SIZE];

		snprintf(file, sizeof(file), "%s.key", names[i]);
		if (!rth_key_file_look(bytes, lockedp, w->private, file) &&
		    memcmp(bytes, public, sizeof(bytes)) == 0)
			return names[i];
	}
	return NULL;
}

static void print_date(int dirfd, const char *name)
{
	char file[FILE_SIZE], date[16] = "-";
	struct stat st;
	struct tm tm;

	snprintf(file, sizeof(file), "%s.pub", name);
	if (!fstatat(dirfd, file, &st, 0) && gmtime_r(&st.st_mtime, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	printf("  %s", date);
}

static int list_key(const struct work *w, int dirfd, const char *name,
		    const char *state)
{
	uint8_t public[RTH_SEAL_PUBLIC_BYTES];
	char file[FILE_SIZE], id[ID_SIZE], (*names)[NAME_SIZE];
	bool locked = false, here;
	size_t n;

	snprintf(file, sizeof(file), "%s.pub", name);
	if (rth_clinic_key_read(public, dirfd, file))
		return complain(file, "not a public key of RTHealth");
	if (rth_keys_names(&names, &n, w->private, ".key"))
		return complain(w->settings->recordings.private_keys,
				"cannot be listed");
	here = private_of(w, names, n, public, &locked);
	rth_free(names);
	id_text(id, public);
	printf("%-20s %s", name, id);
	print_date(dirfd, name);
	printf("  %-9s %-10s %s\n", here ? "here" : "elsewhere",
	       !here	? "-"
	       : locked ? "yes"
			: "no",
	       state);
	return 0;
}

/* More can be retired than a recording can be sealed to. */
static int list_folder(const struct work *w, const char *path, int dirfd,
		       const char *state)
{
	char(*names)[NAME_SIZE];
	int status = 0;
	size_t n;

	if (rth_keys_names(&names, &n, dirfd, ".pub"))
		return complain(path, "cannot be listed");
	for (size_t i = 0; i < n; i++)
		status |= list_key(w, dirfd, names[i], state);
	rth_free(names);
	return status;
}

static int command_list(struct work *w)
{
	char path[4096];
	int status, fd;

	printf("%-20s %-32s  %-10s  %-9s %-10s %s\n", "NAME", "KEY ID",
	       "CREATED", "PRIVATE", "PASSPHRASE", "STATE");
	status = list_folder(w, w->public_path, w->public, "active");
	fd = openat(w->public, RETIRED, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return status;
	snprintf(path, sizeof(path), "%s/" RETIRED, w->public_path);
	status |= list_folder(w, path, fd, "retired");
	close(fd);
	return status;
}

/* NAME of PATH/NAME.pub; NULL when it is named otherwise. */
static const char *name_of(char name[NAME_SIZE], const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	size_t len = strlen(file);

	if (len < 5 || len - 4 >= NAME_SIZE ||
	    strcmp(file + len - 4, ".pub") != 0)
		return NULL;
	memcpy(name, file, len - 4);
	name[len - 4] = '\0';
	return rth_clinic_key_name_valid(name) ? name : NULL;
}

static int check_new(const struct work *w, const uint8_t *public)
{
	struct rth_clinic_keys keys;

	if (check_room(w) || read_active(w, &keys))
		return EXIT_FAILURE;
	for (size_t i = 0; i < keys.n; i++)
		if (memcmp(keys.public[i], public, RTH_SEAL_PUBLIC_BYTES) == 0)
			return complain(keys.name[i], "is this key already");
	return 0;
}

static int command_add(struct work *w)
{
	uint8_t public[RTH_SEAL_PUBLIC_BYTES];
	char name[NAME_SIZE], id[ID_SIZE];
	const char *path = w->name;
	enum rth_err err;

	if (rth_clinic_key_is_private(AT_FDCWD, path))
		return complain(path, "this is a private key. Keep it off this "
				      "machine and add its NAME.pub");
	err = rth_clinic_key_read(public, AT_FDCWD, path);
	if (err == RTH_ERR_FORMAT || (!err && !rth_key_usable(public)))
		return complain(path, "not a public key of RTHealth");
	if (err)
		return complain(path, strerror(errno));
	w->name = name_of(name, path);
	if (!w->name)
		return complain(path, "must be named NAME.pub, NAME of a-z, "
				      "0-9 and -");
	if (check_new(w, public) ||
	    put_public(w->public_path, w->public, name, public))
		return EXIT_FAILURE;
	id_text(id, public);
	printf("New recordings are sealed to \"%s\" (%s), too.\nCompare this "
	       "id with that of the key's owner (rthealth-portal keys list), "
	       "by telephone.\n",
	       name, id);
	return 0;
}

/* NAME-SHORTID, under which a retired key goes on. */
static int retired_name(char out[NAME_SIZE], const struct work *w,
			const uint8_t *public)
{
	char id[ID_SIZE];

	id_text(id, public);
	if (strlen(w->name) + 1 + SHORT_ID >= NAME_SIZE)
		return complain(w->name, "too long a name to be rotated");
	snprintf(out, NAME_SIZE, "%s-%.*s", w->name, SHORT_ID, id);
	return 0;
}

static int rename_private(const struct work *w, const char *retired)
{
	char from[FILE_SIZE], to[FILE_SIZE];

	snprintf(from, sizeof(from), "%s.key", w->name);
	snprintf(to, sizeof(to), "%s.key", retired);
	if (renameat2(w->private, from, w->private, to, RENAME_NOREPLACE) ||
	    fsync(w->private))
		return complain(from, strerror(errno));
	return 0;
}

/*
 * The old private half is at hand under its own name or, when a rotation was
 * interrupted, already under the one of retired keys.
 */
static int retire_private(const struct work *w, const uint8_t *public,
			  const char *retired)
{
	char(*names)[NAME_SIZE];
	const char *name;
	bool locked;
	size_t n;
	int status = 0;

	if (rth_keys_names(&names, &n, w->private, ".key"))
		return complain(w->settings->recordings.private_keys,
				"cannot be listed");
	name = private_of(w, names, n, public, &locked);
	if (!name)
		status = complain(
			w->name, "its private key is not here. Add the new "
				 "public key and move the old one to " RETIRED);
	else if (strcmp(name, w->name) == 0)
		status = rename_private(w, retired);
	else if (strcmp(name, retired) != 0)
		status = complain(name, "is the private key of it: rename that "
					"to the name of the public one");
	rth_free(names);
	return status;
}

static int retire_public(const struct work *w, const char *retired,
			 const uint8_t *public)
{
	char file[FILE_SIZE];
	int fd = open_folder(w->public, RETIRED, 0755), status = 0;

	if (fd < 0)
		return complain(RETIRED, strerror(errno));
	snprintf(file, sizeof(file), "%s.pub", retired);
	if (!is_there(fd, file))
		status = put_public(RETIRED, fd, retired, public);
	close(fd);
	return status;
}

/* The new key takes the place of the old one at once: there is always one. */
static int replace_public(struct work *w)
{
	const char *tmp = ".rotated";
	char file[FILE_SIZE], line[RTH_CLINIC_KEY_LINE_SIZE];

	snprintf(file, sizeof(file), "%s.pub", w->name);
	rth_clinic_key_format(line, w->key->public);
	unlinkat(w->public, tmp, 0);
	if (rth_key_file_put(w->public, tmp, line, 0644) ||
	    renameat(w->public, tmp, w->public, file) || fsync(w->public))
		return complain(file, strerror(errno));
	return 0;
}

/* A pair that an interrupted rotation made and nothing is sealed to. */
static int check_unused(const struct work *w, const uint8_t *public)
{
	uint8_t other[RTH_SEAL_PUBLIC_BYTES];
	char file[FILE_SIZE];
	bool locked;

	snprintf(file, sizeof(file), "%s.key", w->name);
	if (!is_there(w->private, file))
		return 0;
	if (!rth_key_file_look(other, &locked, w->private, file) &&
	    memcmp(other, public, sizeof(other)) == 0)
		return 0;
	return complain(file, "belongs to another public key: rename it first "
			      "(it may still open recordings)");
}

static int command_rotate(struct work *w)
{
	uint8_t public[RTH_SEAL_PUBLIC_BYTES];
	char file[FILE_SIZE], retired[NAME_SIZE];

	snprintf(file, sizeof(file), "%s.pub", w->name);
	if (rth_clinic_key_read(public, w->public, file))
		return complain(file, "no such public key: see keys list");
	if (retired_name(retired, w, public) || check_unused(w, public) ||
	    check_private_room(w) || get_passphrase(w) ||
	    retire_private(w, public, retired) || put_private(w) ||
	    retire_public(w, retired, public) || replace_public(w))
		return EXIT_FAILURE;
	say_made(w);
	printf("The old key is \"%s\" now. Keep its private half as long as "
	       "there are\nrecordings that are sealed to it.\n",
	       retired);
	return 0;
}

static int command_check(struct work *w)
{
	return rth_keys_check(w->settings);
}

struct command {
	const char *name;
	int (*run)(struct work *w);
	bool word;	 /* it takes one: a name or a file */
	bool named;	 /* that is, or --name gives, the name of a key */
	bool passphrase; /* it takes --passphrase-file */
	bool folders;
	bool changes; /* keys: that is a row of the audit */
};

static const struct command commands[] = {
	{"init", command_init, false, true, true, true, true},
	{"list", command_list, false, false, false, true, false},
	{"add", command_add, true, false, false, true, true},
	{"rotate", command_rotate, true, true, true, true, true},
	{"check", command_check, false, false, false, false, false},
};

static bool read_options(struct work *w, const struct command *command,
			 int argc, char **argv)
{
	static const struct option longs[] = {
		{"name", required_argument, NULL, 'n'},
		{"passphrase-file", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	int c;

	optind = 0; /* start anew */
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'n' && command->named && !command->word)
			w->name = optarg;
		else if (c == 'p' && command->passphrase)
			w->passphrase_file = optarg;
		else
			return false;
	}
	if (command->word && optind < argc)
		w->name = argv[optind++];
	return optind == argc && w->name;
}

/* Nothing is changed where that could not be recorded. */
static int run_audited(struct work *w, const struct command *command)
{
	const char *path = w->name, *key = path;
	char name[NAME_SIZE];
	struct rth_store *store;
	int status;

	if (rth_keys_audit_open(&store, w->settings))
		return complain(rth_store_name(w->settings->database),
				"the audit cannot be opened");
	if (!command->named)
		key = name_of(name, path);
	if (rth_keys_audit(store, command->name, "-begun", key, true)) {
		status = complain(rth_store_name(w->settings->database),
				  "nothing was changed: no row could be added "
				  "to the audit");
	} else {
		status = command->run(w);
		if (rth_keys_audit(store, command->name, "", key, status == 0))
			status = complain(rth_store_name(w->settings->database),
					  "how this ended is not in the audit");
	}
	rth_store_close(store);
	return status;
}

int rth_keys_command(const struct rth_settings *settings, int argc, char **argv)
{
	struct work w = {.settings = settings, .public = -1, .private = -1};
	const struct command *command = NULL;
	int status;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc && strcmp(argv[0], commands[i].name) == 0)
			command = &commands[i];
	if (command && !command->word)
		w.name = NAME_DEFAULT;
	if (!command || !read_options(&w, command, argc, argv)) {
		fputs(USAGE, stderr);
		return 2;
	}
	if (command->named && !rth_clinic_key_name_valid(w.name))
		return complain(w.name, "a key's name is 1 to 64 of a-z, 0-9 "
					"and -");
	status = command->folders ? open_folders(&w) : 0;
	if (!status)
		status = command->changes ? run_audited(&w, command)
					  : command->run(&w);
	work_end(&w);
	return status;
}
