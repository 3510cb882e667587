/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One-time codes by e-mail. The store keeps HMACs of them; tries and limits
 * are counted there too.
 */
#include "mailcode.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base64.h"
#include "id.h"
#include "log.h"
#include "mem.h"
#include "portal.h"
#include "session.h"
#include "smtp.h"

#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)
/* Against patience: with five tries a code and a new code every few minutes, a
   guesser from many addresses would come through within weeks. */
#define TRIES_ADDRESS_DAY 50
#define LOCAL_MAX_BYTES 64 /* RFC 5321 4.5.3.1.1 */
#define CODES 1000000u

struct rth_mailcode {
	const struct rth_settings *settings;
	struct rth_work *net;
	unsigned char key[RTH_MAILCODE_KEY_BYTES];
};

/* One mail on its way to the mail server. */
struct letter {
	const struct rth_mailcode *m;
	char address[RTH_EMAIL_SIZE];
	char code[RTH_MAILCODE_SIZE];
	int64_t now_s;
};

static bool dot_atom(const char *s, size_t len, const char *also)
{
	size_t i;

	if (!len || s[0] == '.' || s[len - 1] == '.')
		return false;
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '.' ? s[i + 1] == '.'
			     : c > 0x7e || (!isalnum(c) && !strchr(also, c)))
			return false;
	}
	return true;
}

enum rth_err rth_mailcode_address(char out[RTH_EMAIL_SIZE], const char *address)
{
	const char *at = strrchr(address, '@');
	size_t len = strlen(address), i;

	if (len >= RTH_EMAIL_SIZE)
		return RTH_ERR_LIMIT;
	if (!at || at - address > LOCAL_MAX_BYTES || at[1] == '-')
		return RTH_ERR_FORMAT;
	if (!dot_atom(address, (size_t)(at - address), "!#$%&'*+-/=?^_`{|}~"))
		return RTH_ERR_FORMAT;
	if (!dot_atom(at + 1, strlen(at + 1), "-"))
		return RTH_ERR_FORMAT;
	for (i = 0; i <= len; i++)
		out[i] = (char)tolower((unsigned char)address[i]);
	return RTH_OK;
}

enum rth_err rth_mailcode_make(char code[RTH_MAILCODE_SIZE],
			       int (*random)(unsigned char *buf, int len))
{
	const uint32_t fair = UINT32_MAX - UINT32_MAX % CODES;
	uint32_t n;

	do {
		if (random((unsigned char *)&n, sizeof(n)) != 1)
			return RTH_ERR_CRYPTO;
	} while (n >= fair);
	snprintf(code, RTH_MAILCODE_SIZE, "%06u", (unsigned)(n % CODES));
	return RTH_OK;
}

enum rth_err rth_mailcode_hash(char hash[RTH_HASH_SIZE],
			       const unsigned char key[RTH_MAILCODE_KEY_BYTES],
			       const char *address, const char *code)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	char text[RTH_EMAIL_SIZE + 64];
	unsigned len = 0;
	int n = snprintf(text, sizeof(text), "%s\n%s", address, code);

	if (n < 0 || (size_t)n >= sizeof(text))
		return RTH_ERR_LIMIT;
	if (!HMAC(EVP_sha256(), key, RTH_MAILCODE_KEY_BYTES,
		  (const unsigned char *)text, (size_t)n, mac, &len))
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(hash, RTH_HASH_SIZE, mac, len);
}

/*
 * Who reads the database alone can try no codes out on it. Portals that serve
 * on one database have the same secret for their Janus, and so know each
 * other's codes and counts.
 */
static enum rth_err make_key(unsigned char key[RTH_MAILCODE_KEY_BYTES],
			     const char *secret)
{
	static const unsigned char label[] = "rthealth mail codes";
	unsigned len = RTH_MAILCODE_KEY_BYTES;

	if (!secret)
		return RAND_bytes(key, RTH_MAILCODE_KEY_BYTES) == 1
			       ? 0
			       : RTH_ERR_CRYPTO;
	if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), label,
		  sizeof(label) - 1, key, &len))
		return RTH_ERR_CRYPTO;
	return 0;
}

enum rth_err rth_mailcode_create(struct rth_mailcode **mp,
				 const struct rth_settings *settings,
				 struct rth_work *net)
{
	struct rth_mailcode *m = rth_alloc(sizeof(*m));
	enum rth_err err;

	if (!m)
		return RTH_ERR_NOMEM;
	m->settings = settings;
	m->net = net;
	err = make_key(m->key, settings->janus.token_auth_secret);
	if (err)
		rth_mailcode_free(m);
	else
		*mp = m;
	return err;
}

void rth_mailcode_free(struct rth_mailcode *m)
{
	if (!m)
		return;
	OPENSSL_cleanse(m->key, sizeof(m->key));
	rth_free(m);
}

bool rth_mailcode_offered(const struct rth_settings *settings)
{
	return settings->trial || settings->smtp.url;
}

/* Counts one use by somebody, whom the store knows by an HMAC only. */
static enum rth_err count(struct rth_exchange *x, const char *what,
			  const char *who, int64_t max, int64_t window_s)
{
	const struct rth_portal *p = rth_request_portal(x);
	char hash[RTH_HASH_SIZE], key[RTH_HASH_SIZE + 32];
	enum rth_err err = rth_mailcode_hash(hash, p->mailcode->key, who, what);

	if (err)
		return err;
	snprintf(key, sizeof(key), "%s:%s", what, hash);
	return rth_store_rate(p->store, key, max, window_s, p->now_s());
}

static void reply_too_many(struct rth_exchange *x)
{
	rth_reply_error(x, 429, "too-many",
			"Too many tries. Wait a while, then try again.");
}

static void reply_wrong(struct rth_exchange *x)
{
	rth_reply_error(x, 403, "wrong-code",
			"This code is wrong or too old. You can ask for "
			"a new one.");
}

/* Replies to an error of the store. */
static void reply_error(struct rth_exchange *x, enum rth_err err)
{
	if (err == RTH_ERR_LIMIT)
		reply_too_many(x);
	else if (err == RTH_ERR_DENIED || err == RTH_ERR_NOT_FOUND)
		reply_wrong(x);
	else
		rth_reply_failed(x, err);
}

/* The address in the body; replies when there is none. */
static bool read_address(struct rth_exchange *x, char address[RTH_EMAIL_SIZE])
{
	const char *given = rth_request_string(x, "email");

	if (given && !rth_mailcode_address(address, given))
		return true;
	rth_reply_error(x, 400, "bad-request",
			"This is not an e-mail address.");
	return false;
}

static enum rth_err send_letter(const struct letter *letter)
{
	const struct rth_settings *s = letter->m->settings;
	char id[RTH_ID_SIZE], text[1024];
	const struct rth_smtp_server server = {
		.url = s->smtp.url,
		.user = s->smtp.user,
		.password = s->smtp.password,
		.ca_file = s->smtp.ca_file,
		.insecure = s->smtp.insecure,
		.work = letter->m->net,
	};
	const struct rth_mail mail = {
		.from = s->smtp.from,
		.to = letter->address,
		.subject = "Your sign-in code",
		.text = text,
		.id = id,
		.now_s = letter->now_s,
	};
	enum rth_err err = rth_id_make(id);

	if (err)
		return err;
	snprintf(text, sizeof(text),
		 "Your sign-in code is %s\n\n"
		 "Enter it at %.300s on the page where you asked for it.\n"
		 "It is good for %" PRId64 " minutes, once.\n\n"
		 "If you did not ask for it, you need not do anything.\n",
		 letter->code, s->public_url, (s->code.ttl_s + 59) / 60);
	err = rth_smtp_send(&server, &mail);
	OPENSSL_cleanse(text, sizeof(text));
	return err;
}

static void free_letter(struct letter *letter)
{
	OPENSSL_cleanse(letter, sizeof(*letter));
	rth_free(letter);
}

static void run_letter(void *arg)
{
	enum rth_err err = send_letter(arg);

	if (err)
		rth_log(RTH_LOG_ERROR, "mail-failed", "s:s", "reason",
			rth_err_name(err));
	free_letter(arg);
}

/* Lets the mail leave later, so that the answer tells nothing about it. */
static enum rth_err post(const struct rth_mailcode *m, const char *address,
			 const char *code, int64_t now_s)
{
	struct letter *letter = rth_alloc(sizeof(*letter));
	enum rth_err err;

	if (!letter)
		return RTH_ERR_NOMEM;
	letter->m = m;
	letter->now_s = now_s;
	snprintf(letter->address, sizeof(letter->address), "%s", address);
	snprintf(letter->code, sizeof(letter->code), "%s", code);
	err = rth_work_add(m->net, run_letter, letter);
	if (err)
		free_letter(letter);
	return err == RTH_ERR_LIMIT ? RTH_ERR_UNAVAILABLE : err;
}

static enum rth_err deliver(const struct rth_mailcode *m, const char *address,
			    const char *code, int64_t now_s)
{
	if (!m->settings->trial)
		return post(m, address, code, now_s);
	printf("SIGN-IN CODE for %s: %s (trial mode: never use this in "
	       "production)\n",
	       address, code);
	return fflush(stdout) ? RTH_ERR_IO : RTH_OK;
}

static enum rth_err make_and_deliver(const struct rth_portal *p,
				     const char *address)
{
	const struct rth_mailcode *m = p->mailcode;
	char code[RTH_MAILCODE_SIZE], hash[RTH_HASH_SIZE];
	int64_t now_s = p->now_s();
	enum rth_err err = rth_mailcode_make(code, RAND_bytes);

	if (!err)
		err = rth_mailcode_hash(hash, m->key, address, code);
	if (!err)
		err = rth_store_code_set(p->store, address, hash,
					 now_s + m->settings->code.ttl_s,
					 m->settings->code.tries);
	if (!err)
		err = deliver(m, address, code, now_s);
	OPENSSL_cleanse(code, sizeof(code));
	return err;
}

void rth_mailcode_handle_code(struct rth_exchange *x)
{
	const struct rth_portal *p = rth_request_portal(x);
	const struct rth_settings *s = p->mailcode->settings;
	char address[RTH_EMAIL_SIZE];
	enum rth_err err;

	if (!rth_mailcode_offered(s)) {
		rth_reply_not_found(x);
		return;
	}
	if (!read_address(x, address))
		return;
	err = count(x, "code-client", rth_request_address(x),
		    s->code.per_client_hour, HOUR_S);
	if (!err)
		err = count(x, "code-email", address, s->code.per_address_hour,
			    HOUR_S);
	if (!err)
		err = make_and_deliver(p, address);
	if (err)
		reply_error(x, err);
	else
		rth_reply_json(x, 202, json_pack("{s:b}", "ok", 1));
}

/* Six digits; others cost no try, for they cannot be right. */
static bool six_digits(const char *code)
{
	return code && strlen(code) == 6 && strspn(code, "0123456789") == 6;
}

static enum rth_err try_code(struct rth_exchange *x, const char *address,
			     const char *code)
{
	const struct rth_portal *p = rth_request_portal(x);
	char hash[RTH_HASH_SIZE];
	enum rth_err err =
		count(x, "try-client", rth_request_address(x),
		      p->mailcode->settings->code.tries_client_hour, HOUR_S);

	if (!err)
		err = count(x, "try-email", address, TRIES_ADDRESS_DAY, DAY_S);
	if (!err)
		err = rth_mailcode_hash(hash, p->mailcode->key, address, code);
	if (err)
		return err;
	err = rth_store_code_try(p->store, address, hash, p->now_s());
	if (err)
		rth_session_refused(x, "code", rth_err_name(err));
	/* That there is a code, though a dead one, would tell whoever asks that
	   somebody is just signing in with this address. */
	return err == RTH_ERR_LIMIT ? RTH_ERR_DENIED : err;
}

void rth_mailcode_handle_verify(struct rth_exchange *x)
{
	const char *code = rth_request_string(x, "code");
	char address[RTH_EMAIL_SIZE];
	struct rth_identity who = {
		.email = address,
		.name = rth_request_string(x, "name"),
		.method = "code",
	};
	enum rth_err err;

	if (!read_address(x, address))
		return;
	if (!six_digits(code)) {
		reply_wrong(x);
		return;
	}
	err = try_code(x, address, code);
	if (!err)
		err = rth_session_sign_in(x, &who);
	if (err)
		reply_error(x, err);
	else
		rth_reply_json(x, 200, json_pack("{s:b}", "ok", 1));
}
