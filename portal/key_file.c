/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private keys as files. The text is in locked memory while it is looked at.
 *
 *     rthealth-private-key-1 plain PUBLIC SECRET
 *     rthealth-private-key-1 argon2id PUBLIC OPS MEMORY SALT NONCE BOX
 */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <sodium.h>

#include "base64.h"
#include "seal_secret.h"
#include "write.h"

#define WORD "rthealth-private-key-1"
#define PLAIN "plain"
#define LOCKED "argon2id"
#define TEXT_SIZE 512
#define FIELDS_MAX 8
#define FIELDS_PLAIN 4
#define FIELDS_LOCKED 8
#define BOX_BYTES (RTH_SEAL_SECRET_BYTES + crypto_secretbox_MACBYTES)
#define UNFINISHED ".new-" /* in front of the name of a file being written */

/* What a damaged file may ask of this machine. */
#define OPS_MAX 16
#define MEMORY_MAX_BYTES (1024u * 1024 * 1024)

const struct rth_key_cost rth_key_cost = {
	.ops = crypto_pwhash_OPSLIMIT_MODERATE,
	.memory_bytes = crypto_pwhash_MEMLIMIT_MODERATE,
};

/* A file's text while it is looked at, and its words. All of it is secret. */
struct text {
	char line[TEXT_SIZE];
	char *field[FIELDS_MAX];
	size_t n;
	uint8_t unlocking[crypto_secretbox_KEYBYTES];
};

void rth_key_make(struct rth_key_halves *key)
{
	crypto_box_keypair(key->public, key->secret);
}

bool rth_key_usable(const uint8_t public[RTH_SEAL_PUBLIC_BYTES])
{
	const uint8_t text[1] = {0};
	uint8_t box[crypto_box_SEALBYTES + sizeof(text)];

	return crypto_box_seal(box, text, sizeof(text), public) == 0;
}

bool rth_key_matches(const struct rth_key_halves *key)
{
	const uint8_t text[1] = {0};
	uint8_t box[crypto_box_SEALBYTES + sizeof(text)], again[sizeof(text)];

	return crypto_box_seal(box, text, sizeof(text), key->public) == 0 &&
	       crypto_box_seal_open(again, box, sizeof(box), key->public,
				    key->secret) == 0;
}

static enum rth_err write_new(int dirfd, const char *file, const char *text,
			      unsigned mode)
{
	int fd = openat(dirfd, file,
			O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0600);
	enum rth_err err;

	if (fd < 0)
		return RTH_ERR_IO;
	err = rth_write_all(fd, text, strlen(text));
	if (!err && (fchmod(fd, mode) || fsync(fd)))
		err = RTH_ERR_IO;
	if (close(fd) && !err)
		err = RTH_ERR_IO;
	return err;
}

enum rth_err rth_key_file_put(int dirfd, const char *file, const char *text,
			      unsigned mode)
{
	char tmp[RTH_CLINIC_KEY_NAME_MAX + 32];
	enum rth_err err;

	if ((size_t)snprintf(tmp, sizeof(tmp), UNFINISHED "%s", file) >=
	    sizeof(tmp))
		return RTH_ERR_IO;
	err = write_new(dirfd, tmp, text, mode);
	if (!err && renameat2(dirfd, tmp, dirfd, file, RENAME_NOREPLACE))
		err = errno == EEXIST ? RTH_ERR_EXISTS : RTH_ERR_IO;
	if (err)
		unlinkat(dirfd, tmp, 0);
	else if (fsync(dirfd))
		err = RTH_ERR_IO;
	return err;
}

static enum rth_err append(struct text *t, const void *data, size_t len)
{
	size_t at = strlen(t->line);

	t->line[at++] = ' ';
	return rth_base64url_encode(t->line + at, sizeof(t->line) - at, data,
				    len);
}

static enum rth_err unlocking_key(struct text *t, const char *passphrase,
				  const uint8_t *salt,
				  const struct rth_key_cost *cost)
{
	if (crypto_pwhash(t->unlocking, sizeof(t->unlocking), passphrase,
			  strlen(passphrase), salt, cost->ops,
			  cost->memory_bytes, crypto_pwhash_ALG_ARGON2ID13))
		return RTH_ERR_NOMEM;
	return RTH_OK;
}

static enum rth_err put_plain(struct text *t, const struct rth_key_halves *key)
{
	enum rth_err err;

	snprintf(t->line, sizeof(t->line), WORD " " PLAIN);
	err = append(t, key->public, sizeof(key->public));
	return err ? err : append(t, key->secret, sizeof(key->secret));
}

static enum rth_err put_locked(struct text *t, const struct rth_key_halves *key,
			       const char *passphrase,
			       const struct rth_key_cost *cost)
{
	uint8_t salt[crypto_pwhash_SALTBYTES], box[BOX_BYTES];
	uint8_t nonce[crypto_secretbox_NONCEBYTES];
	enum rth_err err;
	size_t at;

	randombytes_buf(salt, sizeof(salt));
	randombytes_buf(nonce, sizeof(nonce));
	err = unlocking_key(t, passphrase, salt, cost);
	if (err)
		return err;
	crypto_secretbox_easy(box, key->secret, sizeof(key->secret), nonce,
			      t->unlocking);
	snprintf(t->line, sizeof(t->line), WORD " " LOCKED);
	err = append(t, key->public, sizeof(key->public));
	at = strlen(t->line);
	snprintf(t->line + at, sizeof(t->line) - at, " %llu %zu", cost->ops,
		 cost->memory_bytes);
	if (!err)
		err = append(t, salt, sizeof(salt));
	if (!err)
		err = append(t, nonce, sizeof(nonce));
	return err ? err : append(t, box, sizeof(box));
}

enum rth_err rth_key_file_write(int dirfd, const char *file,
				const struct rth_key_halves *key,
				const char *passphrase,
				const struct rth_key_cost *cost)
{
	struct text *t = rth_secret_alloc(sizeof(*t));
	enum rth_err err;

	if (!t)
		return RTH_ERR_NOMEM;
	err = passphrase ? put_locked(t, key, passphrase, cost)
			 : put_plain(t, key);
	if (!err) {
		strncat(t->line, "\n", sizeof(t->line) - strlen(t->line) - 1);
		err = rth_key_file_put(dirfd, file, t->line, 0600);
	}
	rth_secret_free(t);
	return err;
}

enum rth_err rth_key_file_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return RTH_ERR_IO;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) ||
	    st.st_uid != geteuid())
		return RTH_ERR_DENIED;
	return RTH_OK;
}

static enum rth_err read_line(struct text *t, int fd)
{
	size_t len = 0;
	ssize_t n;
	enum rth_err err = rth_key_file_private(fd);

	if (err)
		return err;
	while (len < sizeof(t->line)) {
		n = read(fd, t->line + len, sizeof(t->line) - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RTH_ERR_IO;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	if (len == sizeof(t->line) || memchr(t->line, '\0', len))
		return RTH_ERR_FORMAT;
	t->line[len] = '\0';
	return RTH_OK;
}

/* Words with one blank between them, and a newline at the end. */
static enum rth_err split(struct text *t)
{
	char *at = t->line, *end = strchr(t->line, '\n');

	if (!end || end[1])
		return RTH_ERR_FORMAT;
	*end = '\0';
	for (t->n = 0; at; t->n++) {
		char *next = strchr(at, ' ');

		if (t->n == FIELDS_MAX)
			return RTH_ERR_FORMAT;
		if (next)
			*next++ = '\0';
		t->field[t->n] = at;
		at = next;
	}
	return strcmp(t->field[0], WORD) == 0 ? RTH_OK : RTH_ERR_FORMAT;
}

static bool is_kind(const struct text *t, const char *kind, size_t fields)
{
	return t->n == fields && strcmp(t->field[1], kind) == 0;
}

static enum rth_err decode(uint8_t *out, size_t size, const char *field)
{
	size_t len;

	if (rth_base64url_decode(out, size, &len, field, strlen(field)) ||
	    len != size)
		return RTH_ERR_FORMAT;
	return RTH_OK;
}

/* Opens a file as far as that goes without a passphrase. */
static enum rth_err load(struct text **textp, int dirfd, const char *file)
{
	int fd = openat(dirfd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct text *t;
	enum rth_err err;

	if (fd < 0)
		return errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
	t = rth_secret_alloc(sizeof(*t));
	err = t ? read_line(t, fd) : RTH_ERR_NOMEM;
	close(fd);
	if (!err)
		err = split(t);
	if (!err && !is_kind(t, PLAIN, FIELDS_PLAIN) &&
	    !is_kind(t, LOCKED, FIELDS_LOCKED))
		err = RTH_ERR_FORMAT;
	if (err)
		rth_secret_free(t);
	else
		*textp = t;
	return err;
}

static enum rth_err number(unsigned long long *out, const char *field,
			   unsigned long long max)
{
	char *end;

	if (field[0] < '1' || field[0] > '9')
		return RTH_ERR_FORMAT;
	errno = 0;
	*out = strtoull(field, &end, 10);
	return errno || *end || *out > max ? RTH_ERR_FORMAT : RTH_OK;
}

static enum rth_err unlock(struct rth_key_halves *key, struct text *t,
			   const char *passphrase)
{
	uint8_t salt[crypto_pwhash_SALTBYTES], box[BOX_BYTES];
	uint8_t nonce[crypto_secretbox_NONCEBYTES];
	unsigned long long memory = 0;
	struct rth_key_cost cost;
	enum rth_err err;

	if (!passphrase)
		return RTH_ERR_STATE;
	if (number(&cost.ops, t->field[3], OPS_MAX) ||
	    number(&memory, t->field[4], MEMORY_MAX_BYTES) ||
	    memory < crypto_pwhash_MEMLIMIT_MIN ||
	    decode(salt, sizeof(salt), t->field[5]) ||
	    decode(nonce, sizeof(nonce), t->field[6]) ||
	    decode(box, sizeof(box), t->field[7]))
		return RTH_ERR_FORMAT;
	cost.memory_bytes = (size_t)memory;
	err = unlocking_key(t, passphrase, salt, &cost);
	if (!err && crypto_secretbox_open_easy(key->secret, box, sizeof(box),
					       nonce, t->unlocking))
		err = RTH_ERR_CRYPTO;
	return err;
}

enum rth_err rth_key_file_look(uint8_t public[RTH_SEAL_PUBLIC_BYTES],
			       bool *lockedp, int dirfd, const char *file)
{
	uint8_t bytes[RTH_SEAL_PUBLIC_BYTES];
	struct text *t;
	enum rth_err err = load(&t, dirfd, file);

	if (err)
		return err;
	err = decode(bytes, sizeof(bytes), t->field[2]);
	if (!err) {
		memcpy(public, bytes, sizeof(bytes));
		*lockedp = is_kind(t, LOCKED, FIELDS_LOCKED);
	}
	rth_secret_free(t);
	return err;
}

enum rth_err rth_key_file_read(struct rth_key_halves *key, int dirfd,
			       const char *file, const char *passphrase)
{
	struct text *t;
	enum rth_err err = load(&t, dirfd, file);

	if (err)
		return err;
	err = decode(key->public, sizeof(key->public), t->field[2]);
	if (!err && is_kind(t, LOCKED, FIELDS_LOCKED))
		err = unlock(key, t, passphrase);
	else if (!err)
		err = decode(key->secret, sizeof(key->secret), t->field[3]);
	if (!err && !rth_key_matches(key))
		err = RTH_ERR_FORMAT;
	if (err)
		sodium_memzero(key, sizeof(*key));
	rth_secret_free(t);
	return err;
}
