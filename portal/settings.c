/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The portal's configuration file: its keys, and what must hold between them.
 */
#include "settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "mem.h"
#include "settings_clinic.h"
#include "settings_review.h"

#define SECRET_MAX_BYTES 1024

/* clang-format off */
#define AT(member) .offset = offsetof(struct rth_settings, member)
#define P_AT(member) .offset = offsetof(struct rth_provider_conf, member)

static const struct rth_conf_key provider_keys[] = {
	{"id", RTH_CONF_STRING, P_AT(id), .required = true},
	{"name", RTH_CONF_STRING, P_AT(name), .required = true},
	{"issuer", RTH_CONF_STRING, P_AT(issuer), .required = true},
	{"client_id", RTH_CONF_STRING, P_AT(client_id), .required = true},
	{"client_secret", RTH_CONF_STRING, P_AT(client_secret)},
	{"client_secret_file", RTH_CONF_STRING, P_AT(client_secret_file)},
	{"scope", RTH_CONF_STRING, P_AT(scope), .text = "openid email profile"},
	{"groups_claim", RTH_CONF_STRING, P_AT(groups_claim)},
	{"domains", RTH_CONF_STRINGS, P_AT(domains), .max = 64},
	{"ca_file", RTH_CONF_STRING, P_AT(ca_file)},
	{.key = NULL},
};

static const struct rth_conf_key keys[] = {
	{"listen.address", RTH_CONF_STRING, AT(listen.address),
	 .text = "127.0.0.1"},
	{"listen.port", RTH_CONF_INT, AT(listen.port), .number = 8080, .min = 1,
	 .max = 65535},
	{"private_listen.address", RTH_CONF_STRING, AT(private_listen.address),
	 .text = "127.0.0.1"},
	{"private_listen.port", RTH_CONF_INT, AT(private_listen.port),
	 .number = 8081, .min = 1, .max = 65535},
	{"public_url", RTH_CONF_STRING, AT(public_url), .required = true},
	{"web_root", RTH_CONF_STRING, AT(web_root), .required = true},
	{"database", RTH_CONF_STRING, AT(database), .required = true},
	{"key_dir", RTH_CONF_STRING, AT(key_dir), .required = true},
	{"clinic_name", RTH_CONF_STRING, AT(clinic_name), .text = "RTHealth"},
	{"clinic.name", RTH_CONF_STRING, AT(clinic.name), .max = 120},
	{"clinic.logo", RTH_CONF_STRING, AT(clinic.logo),
	 .wrong = rth_settings_wrong_logo},
	{"clinic.accent", RTH_CONF_STRING, AT(clinic.accent),
	 .wrong = rth_settings_wrong_accent},
	{"clinic.emergency_number", RTH_CONF_STRING,
	 AT(clinic.emergency_number), .max = 40,
	 .wrong = rth_settings_wrong_number},
	{"trial", RTH_CONF_BOOL, AT(trial), .number = false},
	{"trusted_proxies", RTH_CONF_STRINGS, AT(trusted_proxies), .max = 16},
	{"janus.url", RTH_CONF_STRING, AT(janus.url), .required = true},
	{"janus.audience", RTH_CONF_STRING, AT(janus.audience),
	 .text = "rthealth"},
	{"janus.token_auth_secret", RTH_CONF_STRING,
	 AT(janus.token_auth_secret)},
	{"janus.token_auth_secret_file", RTH_CONF_STRING,
	 AT(janus.token_auth_secret_file)},
	{"janus.admin_url", RTH_CONF_STRING, AT(janus.admin_url)},
	{"janus.admin_secret", RTH_CONF_STRING, AT(janus.admin_secret)},
	{"janus.admin_secret_file", RTH_CONF_STRING,
	 AT(janus.admin_secret_file)},
	{"janus.events_user", RTH_CONF_STRING, AT(janus.events_user)},
	{"janus.events_password", RTH_CONF_STRING, AT(janus.events_password)},
	{"janus.events_password_file", RTH_CONF_STRING,
	 AT(janus.events_password_file)},
	{"signing.issuer", RTH_CONF_STRING, AT(signing.issuer)},
	{"signing.rotate_s", RTH_CONF_INT, AT(signing.rotate_s),
	 .number = 2592000, .min = 7200, .max = 31536000},
	{"turn.urls", RTH_CONF_STRINGS, AT(turn.urls), .max = 8},
	{"turn.secret", RTH_CONF_STRING, AT(turn.secret)},
	{"turn.secret_file", RTH_CONF_STRING, AT(turn.secret_file)},
	{"turn.ttl_s", RTH_CONF_INT, AT(turn.ttl_s), .number = 14400,
	 .min = 300, .max = 86400},
	{"smtp.url", RTH_CONF_STRING, AT(smtp.url)},
	{"smtp.user", RTH_CONF_STRING, AT(smtp.user)},
	{"smtp.password", RTH_CONF_STRING, AT(smtp.password)},
	{"smtp.password_file", RTH_CONF_STRING, AT(smtp.password_file)},
	{"smtp.from", RTH_CONF_STRING, AT(smtp.from)},
	{"smtp.ca_file", RTH_CONF_STRING, AT(smtp.ca_file)},
	{"smtp.insecure", RTH_CONF_BOOL, AT(smtp.insecure), .number = false},
	{"providers", RTH_CONF_LIST, AT(providers), .max = 16,
	 .items = provider_keys,
	 .item_size = sizeof(struct rth_provider_conf)},
	{"recordings.folder", RTH_CONF_STRING, AT(recordings.folder)},
	{"recordings.public_keys", RTH_CONF_STRING,
	 AT(recordings.public_keys)},
	{"recordings.private_keys", RTH_CONF_STRING,
	 AT(recordings.private_keys)},
	{"recordings.passphrase_file", RTH_CONF_STRING,
	 AT(recordings.passphrase_file)},
	{"recordings.recover_program", RTH_CONF_STRING,
	 AT(recordings.recover_program), .text = RTH_RECOVER_PROGRAM},
	{"recordings.allowed", RTH_CONF_BOOL, AT(recordings.allowed),
	 .number = true},
	{"films.keep_hours", RTH_CONF_INT, AT(films.keep_hours), .number = 24,
	 .min = 1, .max = 720},
	{"films.at_once", RTH_CONF_INT, AT(films.at_once), .number = 1,
	 .min = 1, .max = 8},
	{"films.reserve_mb", RTH_CONF_INT, AT(films.reserve_mb), .number = 2048,
	 .min = 1, .max = 1 << 20},
	{"films.previews", RTH_CONF_BOOL, AT(films.previews), .number = true},
	{"films.program", RTH_CONF_STRING, AT(films.program),
	 .text = RTH_FILM_PROGRAM},
	{"audit.heads", RTH_CONF_STRING, AT(audit.heads)},
	{"roles.clinicians", RTH_CONF_STRINGS, AT(roles.clinicians),
	 .max = 256},
	{"roles.operators", RTH_CONF_STRINGS, AT(roles.operators), .max = 256},
	{"roles.admins", RTH_CONF_STRINGS, AT(roles.admins), .max = 256},
	{"review.rules", RTH_CONF_LIST, AT(review.rules), .max = 64,
	 .items = rth_review_rule_keys,
	 .item_size = sizeof(struct rth_review_rule)},
	{"review.reasons", RTH_CONF_STRINGS, AT(review.reasons), .max = 64,
	 .wrong = rth_settings_wrong_reason},
	{"review.reason", RTH_CONF_STRING, AT(review.reason),
	 .text = "required", .wrong = rth_settings_wrong_need},
	{"retention.days", RTH_CONF_INT, AT(retention.days), .number = 0,
	 .min = 0, .max = 36500},
	{"retention.rules", RTH_CONF_LIST, AT(retention.rules), .max = 256,
	 .items = rth_retention_rule_keys,
	 .item_size = sizeof(struct rth_retention_rule)},
	{"session.idle_s", RTH_CONF_INT, AT(session.idle_s), .number = 7200,
	 .min = 60, .max = 2592000},
	{"session.absolute_s", RTH_CONF_INT, AT(session.absolute_s),
	 .number = 43200, .min = 60, .max = 2592000},
	{"visit.before_s", RTH_CONF_INT, AT(visit.before_s), .number = 900,
	 .min = 0, .max = 86400},
	{"visit.after_s", RTH_CONF_INT, AT(visit.after_s), .number = 3600,
	 .min = 0, .max = 86400},
	{"visit.max_minutes", RTH_CONF_INT, AT(visit.max_minutes),
	 .number = 240, .min = 5, .max = 1440},
	{"visit.kinds", RTH_CONF_STRINGS, AT(visit.kinds), .max = 64,
	 .wrong = rth_settings_wrong_kind},
	{"visit.keep_days", RTH_CONF_INT, AT(visit.keep_days), .number = 30,
	 .min = 1, .max = 3650},
	{"door.minutes", RTH_CONF_INT, AT(door.minutes), .number = 120,
	 .min = 5, .max = 1440},
	{"urgent.enabled", RTH_CONF_BOOL, AT(urgent.enabled), .number = false},
	{"code.ttl_s", RTH_CONF_INT, AT(code.ttl_s), .number = 600, .min = 60,
	 .max = 3600},
	{"code.tries", RTH_CONF_INT, AT(code.tries), .number = 5, .min = 1,
	 .max = 10},
	{"code.per_address_hour", RTH_CONF_INT, AT(code.per_address_hour),
	 .number = 6, .min = 1, .max = 1000},
	{"code.per_client_hour", RTH_CONF_INT, AT(code.per_client_hour),
	 .number = 20, .min = 1, .max = 100000},
	{"code.tries_client_hour", RTH_CONF_INT, AT(code.tries_client_hour),
	 .number = 60, .min = 1, .max = 100000},
	{"limits.threads", RTH_CONF_INT, AT(limits.threads), .number = 2,
	 .min = 1, .max = 64},
	{"limits.workers", RTH_CONF_INT, AT(limits.workers), .number = 4,
	 .min = 1, .max = 16},
	{"limits.net_workers", RTH_CONF_INT, AT(limits.net_workers),
	 .number = 4, .min = 1, .max = 16},
	{"limits.connections", RTH_CONF_INT, AT(limits.connections),
	 .number = 1000, .min = 64, .max = 60000},
	{"limits.connections_per_address", RTH_CONF_INT,
	 AT(limits.connections_per_address), .number = 256, .min = 0,
	 .max = 60000},
	{"limits.idle_s", RTH_CONF_INT, AT(limits.idle_s), .number = 30,
	 .min = 1, .max = 600},
	{"limits.request_s", RTH_CONF_INT, AT(limits.request_s), .number = 10,
	 .min = 1, .max = 600},
	{"limits.streams", RTH_CONF_INT, AT(limits.streams), .number = 200,
	 .min = 1, .max = 4096},
	{"limits.streams_per_play", RTH_CONF_INT, AT(limits.streams_per_play),
	 .number = 8, .min = 1, .max = 4096},
	{"limits.stream_check_s", RTH_CONF_INT, AT(limits.stream_check_s),
	 .number = 15, .min = 1, .max = 30},
	{"limits.live", RTH_CONF_INT, AT(limits.live), .number = 500, .min = 1,
	 .max = 20000},
	{.key = NULL},
};
/* clang-format on */

static enum rth_err wrong(struct rth_conf_problem *problem, const char *path,
			  const char *key, const char *reason)
{
	snprintf(problem->text, sizeof(problem->text), "%s: %s: %s", path, key,
		 reason);
	return RTH_ERR_CONFIG;
}

/* The first line of a file of at most SECRET_MAX_BYTES. */
static enum rth_err read_first_line(char **linep, const char *path)
{
	char text[SECRET_MAX_BYTES + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return RTH_ERR_IO;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return RTH_ERR_IO;
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (!*text)
		return RTH_ERR_FORMAT;
	*linep = rth_strdup(text);
	OPENSSL_cleanse(text, sizeof(text));
	return *linep ? 0 : RTH_ERR_NOMEM;
}

struct secret {
	const char *key;
	char **value;
	char *file;
};

static enum rth_err read_secret(const struct secret *secret, const char *path,
				struct rth_conf_problem *problem)
{
	enum rth_err err;

	if (!secret->file)
		return 0;
	if (*secret->value)
		return wrong(problem, path, secret->key,
			     "is given twice, as itself and as a file");
	err = read_first_line(secret->value, secret->file);
	if (err == RTH_ERR_NOMEM)
		return err;
	if (err)
		return wrong(problem, path, secret->key,
			     "its file cannot be read or is empty");
	return 0;
}

static enum rth_err read_secrets(struct rth_settings *s, const char *path,
				 struct rth_conf_problem *problem)
{
	const struct secret secrets[] = {
		{"janus.token_auth_secret", &s->janus.token_auth_secret,
		 s->janus.token_auth_secret_file},
		{"janus.admin_secret", &s->janus.admin_secret,
		 s->janus.admin_secret_file},
		{"janus.events_password", &s->janus.events_password,
		 s->janus.events_password_file},
		{"turn.secret", &s->turn.secret, s->turn.secret_file},
		{"smtp.password", &s->smtp.password, s->smtp.password_file},
	};
	struct rth_provider_conf *p = s->providers.v;
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]) && !err; i++)
		err = read_secret(&secrets[i], path, problem);
	for (i = 0; i < s->providers.n && !err; i++) {
		const struct secret secret = {"providers.client_secret",
					      &p[i].client_secret,
					      p[i].client_secret_file};

		err = read_secret(&secret, path, problem);
	}
	return err;
}

/* scheme://host[:port], in lower case, and nothing after it. */
static bool origin_good(const char *url)
{
	const char *s;

	if (strncmp(url, "https://", 8) == 0)
		s = url + 8;
	else if (strncmp(url, "http://", 7) == 0)
		s = url + 7;
	else
		return false;
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") ==
			     strlen(s);
}

static bool janus_url_good(const char *url)
{
	return (strncmp(url, "ws://", 5) == 0 ||
		strncmp(url, "wss://", 6) == 0) &&
	       strpbrk(url, " ;,'\"\\\r\n") == NULL;
}

/* Is it on this machine? Then a browser counts plain http as secure. */
static bool on_localhost(const char *url)
{
	const char *host = strstr(url, "://") + 3;
	size_t len = strcspn(host, ":/");

	return (len == 9 && memcmp(host, "localhost", 9) == 0) ||
	       (len > 10 && memcmp(host + len - 10, ".localhost", 10) == 0) ||
	       strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0;
}

static bool address_good(const char *address)
{
	unsigned char raw[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, address, raw) == 1 ||
	       inet_pton(AF_INET6, address, raw) == 1;
}

static bool entries_good(const struct rth_conf_strings *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		const char *entry = list->v[i];
		const char *colon = strchr(entry, ':');

		if (!colon || !colon[1] ||
		    (strncmp(entry, "email:", 6) != 0 &&
		     strncmp(entry, "domain:", 7) != 0 &&
		     strncmp(entry, "group:", 6) != 0))
			return false;
	}
	return true;
}

static bool providers_good(const struct rth_settings *s)
{
	const struct rth_provider_conf *p = s->providers.v;
	size_t i, j;

	for (i = 0; i < s->providers.n; i++) {
		if (strlen(p[i].id) > 64 ||
		    strspn(p[i].id, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
			    strlen(p[i].id))
			return false;
		for (j = 0; j < i; j++)
			if (strcmp(p[i].id, p[j].id) == 0)
				return false;
	}
	return true;
}

static bool proxies_good(const struct rth_settings *s)
{
	size_t i;

	for (i = 0; i < s->trusted_proxies.n; i++)
		if (!address_good(s->trusted_proxies.v[i]))
			return false;
	return true;
}

struct rule {
	bool good;
	const char *key, *reason;
};

static enum rth_err apply(const struct rule *rules, size_t n, const char *path,
			  struct rth_conf_problem *problem)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!rules[i].good)
			return wrong(problem, path, rules[i].key,
				     rules[i].reason);
	return 0;
}

/* Is `path` the folder `folder`, or below it? As they are written. */
static bool inside(const char *path, const char *folder)
{
	size_t len = folder ? strlen(folder) : 0;

	if (!path || !folder)
		return false;
	while (len > 1 && folder[len - 1] == '/')
		len--;
	return strncmp(path, folder, len) == 0 &&
	       (path[len] == '/' || !path[len]);
}

/* The recorder refuses to run with a private key in its reach. */
static enum rth_err check_recordings(const struct rth_settings *s,
				     const char *path,
				     struct rth_conf_problem *problem)
{
	const char *folder = s->recordings.folder;
	const char *public = s->recordings.public_keys;
	const char *private = s->recordings.private_keys;
	const struct rule rules[] = {
		{!folder == !public, "recordings.public_keys",
		 "goes with recordings.folder"},
		{!folder == !private, "recordings.private_keys",
		 "goes with recordings.folder"},
		{folder || !s->recordings.passphrase_file,
		 "recordings.passphrase_file", "goes with recordings.folder"},
		{!inside(private, public), "recordings.private_keys",
		 "must not be in recordings.public_keys"},
		{!inside(private, folder), "recordings.private_keys",
		 "must not be in recordings.folder"},
	};

	return apply(rules, sizeof(rules) / sizeof(rules[0]), path, problem);
}

static enum rth_err check(const struct rth_settings *s, const char *path,
			  struct rth_conf_problem *problem)
{
	const struct rule rules[] = {
		{origin_good(s->public_url), "public_url",
		 "must be http(s)://host[:port] in lower case, without a slash "
		 "at the end"},
		{s->trial || strncmp(s->public_url, "https:", 6) == 0 ||
			 on_localhost(s->public_url),
		 "public_url",
		 "must be https, except in a trial or on localhost"},
		{address_good(s->listen.address), "listen.address",
		 "must be a numeric address"},
		{address_good(s->private_listen.address),
		 "private_listen.address", "must be a numeric address"},
		{janus_url_good(s->janus.url), "janus.url",
		 "must be a ws:// or wss:// address"},
		{s->janus.token_auth_secret != NULL, "janus.token_auth_secret",
		 "is missing"},
		{!s->janus.admin_url == !s->janus.admin_secret,
		 "janus.admin_secret", "goes with janus.admin_url"},
		{!s->janus.events_user == !s->janus.events_password,
		 "janus.events_password", "goes with janus.events_user"},
		{!s->smtp.url == !s->smtp.from, "smtp.from",
		 "goes with smtp.url"},
		{proxies_good(s), "trusted_proxies",
		 "must be numeric addresses"},
		{providers_good(s), "providers",
		 "each id must be another one, of a-z 0-9 -"},
		{entries_good(&s->roles.clinicians), "roles.clinicians",
		 "entries begin with email: domain: or group:"},
		{entries_good(&s->roles.operators), "roles.operators",
		 "entries begin with email: domain: or group:"},
		{entries_good(&s->roles.admins), "roles.admins",
		 "entries begin with email: domain: or group:"},
		{s->trial || s->smtp.url || s->providers.n, "smtp.url",
		 "nobody could sign in: no mail server, no provider, no trial"},
		{s->session.idle_s <= s->session.absolute_s, "session.idle_s",
		 "is longer than session.absolute_s"},
	};

	return apply(rules, sizeof(rules) / sizeof(rules[0]), path, problem);
}

enum rth_err rth_settings_read(struct rth_settings *settings, const char *path,
			       struct rth_conf_problem *problem)
{
	enum rth_err err = rth_conf_read(settings, keys, path, problem);

	if (!err)
		err = read_secrets(settings, path, problem);
	if (!err)
		err = check(settings, path, problem);
	if (!err)
		err = check_recordings(settings, path, problem);
	if (!err)
		err = rth_settings_review(settings, path, problem);
	if (!err)
		err = rth_settings_clinic(settings);
	if (err)
		return err;
	settings->cookies_insecure =
		strncmp(settings->public_url, "https:", 6) != 0 &&
		!on_localhost(settings->public_url);
	if (!settings->signing.issuer) {
		settings->signing.issuer = rth_strdup(settings->public_url);
		if (!settings->signing.issuer)
			return RTH_ERR_NOMEM;
	}
	return 0;
}

static void wipe(char *secret)
{
	if (secret)
		OPENSSL_cleanse(secret, strlen(secret));
}

void rth_settings_clear(struct rth_settings *settings)
{
	struct rth_provider_conf *p = settings->providers.v;
	size_t i;

	wipe(settings->janus.token_auth_secret);
	wipe(settings->janus.admin_secret);
	wipe(settings->janus.events_password);
	wipe(settings->turn.secret);
	wipe(settings->smtp.password);
	for (i = 0; i < settings->providers.n; i++)
		wipe(p[i].client_secret);
	rth_conf_clear(settings, keys);
}
