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

#define SECRET_MAX_BYTES 1024

/* clang-format off */
#define AT(member) offsetof(struct rth_settings, member)
#define P_AT(member) offsetof(struct rth_provider_conf, member)
#define STRING(name, member) {.key = name, .type = RTH_CONF_STRING, \
	.offset = AT(member)}
#define TEXT(name, member, value) {.key = name, .type = RTH_CONF_STRING, \
	.offset = AT(member), .text = value}
#define NEEDED(name, member) {.key = name, .type = RTH_CONF_STRING, \
	.offset = AT(member), .required = true}
#define NUMBER(name, member, value, least, most) {.key = name, \
	.type = RTH_CONF_INT, .offset = AT(member), .number = value, \
	.min = least, .max = most}
#define SWITCH(name, member, value) {.key = name, .type = RTH_CONF_BOOL, \
	.offset = AT(member), .number = value}
#define STRINGS(name, member, most) {.key = name, .type = RTH_CONF_STRINGS, \
	.offset = AT(member), .max = most}
#define P_STRING(name, member) {.key = name, .type = RTH_CONF_STRING, \
	.offset = P_AT(member)}
#define P_TEXT(name, member, value) {.key = name, .type = RTH_CONF_STRING, \
	.offset = P_AT(member), .text = value}
#define P_NEEDED(name, member) {.key = name, .type = RTH_CONF_STRING, \
	.offset = P_AT(member), .required = true}

static const struct rth_conf_key provider_keys[] = {
	P_NEEDED("id", id),
	P_NEEDED("name", name),
	P_NEEDED("issuer", issuer),
	P_NEEDED("client_id", client_id),
	P_STRING("client_secret", client_secret),
	P_STRING("client_secret_file", client_secret_file),
	P_TEXT("scope", scope, "openid email profile"),
	P_STRING("groups_claim", groups_claim),
	P_STRING("ca_file", ca_file),
	{.key = NULL},
};

static const struct rth_conf_key keys[] = {
	TEXT("listen.address", listen.address, "127.0.0.1"),
	NUMBER("listen.port", listen.port, 8080, 1, 65535),
	TEXT("private_listen.address", private_listen.address, "127.0.0.1"),
	NUMBER("private_listen.port", private_listen.port, 8081, 1, 65535),
	NEEDED("public_url", public_url),
	NEEDED("web_root", web_root),
	NEEDED("database", database),
	NEEDED("key_dir", key_dir),
	TEXT("clinic_name", clinic_name, "RTHealth"),
	SWITCH("trial", trial, false),
	STRINGS("trusted_proxies", trusted_proxies, 16),
	NEEDED("janus.url", janus.url),
	TEXT("janus.audience", janus.audience, "rthealth"),
	STRING("janus.token_auth_secret", janus.token_auth_secret),
	STRING("janus.token_auth_secret_file", janus.token_auth_secret_file),
	STRING("janus.admin_url", janus.admin_url),
	STRING("janus.admin_secret", janus.admin_secret),
	STRING("janus.admin_secret_file", janus.admin_secret_file),
	STRING("janus.events_user", janus.events_user),
	STRING("janus.events_password", janus.events_password),
	STRING("janus.events_password_file", janus.events_password_file),
	STRING("signing.issuer", signing.issuer),
	NUMBER("signing.rotate_s", signing.rotate_s, 2592000, 3600, 31536000),
	STRINGS("turn.urls", turn.urls, 8),
	STRING("turn.secret", turn.secret),
	STRING("turn.secret_file", turn.secret_file),
	NUMBER("turn.ttl_s", turn.ttl_s, 14400, 300, 86400),
	STRING("smtp.url", smtp.url),
	STRING("smtp.user", smtp.user),
	STRING("smtp.password", smtp.password),
	STRING("smtp.password_file", smtp.password_file),
	STRING("smtp.from", smtp.from),
	STRING("smtp.ca_file", smtp.ca_file),
	SWITCH("smtp.insecure", smtp.insecure, false),
	{.key = "providers", .type = RTH_CONF_LIST, .offset = AT(providers),
	 .max = 16, .items = provider_keys,
	 .item_size = sizeof(struct rth_provider_conf)},
	STRINGS("roles.clinicians", roles.clinicians, 256),
	STRINGS("roles.operators", roles.operators, 256),
	STRINGS("roles.admins", roles.admins, 256),
	NUMBER("session.idle_s", session.idle_s, 7200, 60, 2592000),
	NUMBER("session.absolute_s", session.absolute_s, 43200, 60, 2592000),
	NUMBER("visit.before_s", visit.before_s, 900, 0, 86400),
	NUMBER("visit.after_s", visit.after_s, 3600, 0, 86400),
	NUMBER("visit.max_minutes", visit.max_minutes, 240, 5, 1440),
	NUMBER("visit.keep_days", visit.keep_days, 30, 1, 3650),
	NUMBER("code.ttl_s", code.ttl_s, 600, 60, 3600),
	NUMBER("code.tries", code.tries, 5, 1, 10),
	NUMBER("code.per_address_hour", code.per_address_hour, 6, 1, 1000),
	NUMBER("code.per_client_hour", code.per_client_hour, 20, 1, 100000),
	NUMBER("code.tries_client_hour", code.tries_client_hour, 60, 1, 100000),
	NUMBER("limits.threads", limits.threads, 2, 1, 64),
	NUMBER("limits.workers", limits.workers, 4, 1, 16),
	NUMBER("limits.net_workers", limits.net_workers, 4, 1, 16),
	NUMBER("limits.connections", limits.connections, 1000, 64, 60000),
	NUMBER("limits.connections_per_address",
	       limits.connections_per_address, 50, 0, 60000),
	NUMBER("limits.idle_s", limits.idle_s, 30, 1, 600),
	NUMBER("limits.request_s", limits.request_s, 10, 1, 600),
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

static enum rth_err check(const struct rth_settings *s, const char *path,
			  struct rth_conf_problem *problem)
{
	const struct {
		bool good;
		const char *key, *reason;
	} rules[] = {
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
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!rules[i].good)
			return wrong(problem, path, rules[i].key,
				     rules[i].reason);
	return 0;
}

enum rth_err rth_settings_read(struct rth_settings *settings, const char *path,
			       struct rth_conf_problem *problem)
{
	enum rth_err err = rth_conf_read(settings, keys, path, problem);

	if (!err)
		err = read_secrets(settings, path, problem);
	if (!err)
		err = check(settings, path, problem);
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
