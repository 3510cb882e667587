/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plugin's configuration: the table of keys, and what of them a table
 * cannot check.
 */
#include "conf.h"

#include <stdio.h>
#include <string.h>

#include "consent.h"
#include "jwt.h"

#define MIB (1024 * 1024)
#define SOCKET_PATH_MAX 107 /* of a unix socket's address, unix(7) */
#define VERSION_BYTES_MAX 64

#define TEXT(member) offsetof(struct rth_consent_text, member)
#define ISSUER(member) offsetof(struct rth_issuer_conf, member)
#define CONF(member) offsetof(struct rth_plugin_conf, member)

static const struct rth_conf_key issuer_keys[] = {
	{"issuer", RTH_CONF_STRING, ISSUER(issuer), .required = true},
	{"jwks", RTH_CONF_STRING, ISSUER(jwks), .required = true},
	{"ca_file", RTH_CONF_STRING, ISSUER(ca_file), .text = NULL},
	{"audience", RTH_CONF_STRING, ISSUER(audience), .text = "rthealth"},
	{"algorithms", RTH_CONF_STRINGS, ISSUER(algorithms), .required = true,
	 .max = 4},
	{"claim_name", RTH_CONF_STRING, ISSUER(claim_name), .text = "name"},
	{"claim_room", RTH_CONF_STRING, ISSUER(claim_room), .text = "rth.room"},
	{"claim_role", RTH_CONF_STRING, ISSUER(claim_role), .text = "rth.role"},
	{"claim_seat_until", RTH_CONF_STRING, ISSUER(claim_seat_until),
	 .text = "rth.seat_until"},
	{"claim_record", RTH_CONF_STRING, ISSUER(claim_record),
	 .text = "rth.record"},
	{"claim_admitted", RTH_CONF_STRING, ISSUER(claim_admitted),
	 .text = "rth.admitted"},
	{.key = NULL},
};

static const struct rth_conf_key text_keys[] = {
	{"language", RTH_CONF_STRING, TEXT(language), .required = true,
	 .max = RTH_LANGUAGE_BYTES_MAX},
	{"text", RTH_CONF_STRING, TEXT(text), .required = true,
	 .max = RTH_CONSENT_TEXT_BYTES_MAX},
	{.key = NULL},
};

static const struct rth_conf_key keys[] = {
	{"issuers", RTH_CONF_LIST, CONF(issuers), .required = true,
	 .max = RTH_ISSUERS_MAX, .items = issuer_keys,
	 .item_size = sizeof(struct rth_issuer_conf)},
	{"admission.leeway_s", RTH_CONF_INT, CONF(leeway_s), .number = 5,
	 .min = 0, .max = 60},
	{"name", RTH_CONF_STRING, CONF(name), .max = 64},
	{"rooms.linger_s", RTH_CONF_INT, CONF(linger_s), .number = 60, .min = 0,
	 .max = 3600},
	{"rooms.max", RTH_CONF_INT, CONF(rooms_max), .number = 500, .min = 1,
	 .max = 10000},
	{"rooms.waiting_max", RTH_CONF_INT, CONF(waiting_max), .number = 8,
	 .min = 1, .max = 32},
	{"rooms.wait_s", RTH_CONF_INT, CONF(wait_s), .number = 7200, .min = 60,
	 .max = 86400},
	{"rooms.check_s", RTH_CONF_INT, CONF(check_s), .number = 30, .min = 5,
	 .max = 300},
	{"rooms.checks_max", RTH_CONF_INT, CONF(checks_max), .number = 50,
	 .min = 0, .max = 1000},
	{"media.video_codecs", RTH_CONF_STRINGS, CONF(video_codecs),
	 .max = RTH_CODECS},
	{"recording.socket", RTH_CONF_STRING, CONF(recorder_socket),
	 .max = SOCKET_PATH_MAX},
	{"recording.ring_bytes", RTH_CONF_INT, CONF(ring_bytes),
	 .number = 16 * MIB, .min = MIB, .max = 256 * MIB},
	{"recording.answer_s", RTH_CONF_INT, CONF(answer_s), .number = 60,
	 .min = 10, .max = 600},
	{"recording.key_frame_s", RTH_CONF_INT, CONF(key_frame_s), .number = 4,
	 .min = 1, .max = 60},
	{"recording.consent_version", RTH_CONF_STRING, CONF(consent.version),
	 .max = VERSION_BYTES_MAX},
	{"recording.texts", RTH_CONF_LIST, CONF(consent.list),
	 .max = RTH_CONSENT_TEXTS_MAX, .items = text_keys,
	 .item_size = sizeof(struct rth_consent_text)},
	{.key = NULL},
};

static const struct {
	const char *name;
	enum rth_jwt_alg alg;
} algorithms[] = {
	{"ES256", RTH_JWT_ES256},
	{"RS256", RTH_JWT_RS256},
	{"PS256", RTH_JWT_PS256},
	{"EdDSA", RTH_JWT_EDDSA},
};

static enum rth_err wrong(struct rth_conf_problem *problem, const char *path,
			  const char *key, const char *value,
			  const char *reason)
{
	snprintf(problem->text, sizeof(problem->text), "%s: %s: \"%s\" %s",
		 path, key, value, reason);
	return RTH_ERR_CONFIG;
}

static enum rth_err read_algorithms(struct rth_issuer_conf *issuer,
				    const char *path,
				    struct rth_conf_problem *problem)
{
	for (size_t i = 0; i < issuer->algorithms.n; i++) {
		const char *name = issuer->algorithms.v[i];
		unsigned alg = 0;

		for (size_t k = 0; k < sizeof(algorithms) / sizeof(*algorithms);
		     k++) {
			if (strcmp(name, algorithms[k].name) == 0)
				alg = algorithms[k].alg;
		}
		if (!alg)
			return wrong(problem, path, "issuers.algorithms", name,
				     "is not ES256, RS256, PS256 or EdDSA");
		issuer->algs |= alg;
	}
	if (!issuer->algs)
		return wrong(problem, path, "issuers.algorithms", "",
			     "names no algorithm");
	return RTH_OK;
}

/* A token names its issuer: of two rows of one the second would not serve. */
static enum rth_err check_issuers(const struct rth_plugin_conf *conf,
				  const char *path,
				  struct rth_conf_problem *problem)
{
	const struct rth_issuer_conf *issuers = conf->issuers.v;

	if (conf->issuers.n == 0)
		return wrong(problem, path, "issuers", "", "names no issuer");
	for (size_t i = 1; i < conf->issuers.n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(issuers[i].issuer, issuers[k].issuer) == 0)
				return wrong(problem, path, "issuers.issuer",
					     issuers[i].issuer,
					     "is there twice");
		}
	}
	return RTH_OK;
}

static enum rth_err read_codecs(struct rth_plugin_conf *conf, const char *path,
				struct rth_conf_problem *problem)
{
	static const enum rth_codec usual[] = {RTH_CODEC_VP8, RTH_CODEC_H264,
					       RTH_CODEC_VP9, RTH_CODEC_AV1};

	if (conf->video_codecs.n == 0) {
		memcpy(conf->codecs, usual, sizeof(usual));
		conf->n_codecs = RTH_CODECS;
		return RTH_OK;
	}
	for (size_t i = 0; i < conf->video_codecs.n; i++) {
		const char *name = conf->video_codecs.v[i];

		if (rth_codec_find(&conf->codecs[i], name))
			return wrong(problem, path, "media.video_codecs", name,
				     "is not vp8, h264, vp9 or av1");
		for (size_t k = 0; k < i; k++) {
			if (conf->codecs[k] == conf->codecs[i])
				return wrong(problem, path,
					     "media.video_codecs", name,
					     "is there twice");
		}
	}
	conf->n_codecs = conf->video_codecs.n;
	return RTH_OK;
}

/* ASCII whatever the locale is. */
static bool is_language(const char *tag)
{
	return tag[strspn(tag, "abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] == '\0';
}

static bool is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

static enum rth_err read_texts(struct rth_plugin_conf *conf, const char *path,
			       struct rth_conf_problem *problem)
{
	struct rth_consent_text *texts = conf->consent.list.v;

	for (size_t i = 0; i < conf->consent.list.n; i++) {
		const char *language = texts[i].language;

		if (!is_language(language))
			return wrong(problem, path, "recording.texts.language",
				     language, "is not letters and \"-\"");
		if (rth_consent_text(&conf->consent, language) != &texts[i])
			return wrong(problem, path, "recording.texts.language",
				     language, "is there twice");
		if (!rth_consent_can_be_sent(&texts[i]))
			return wrong(problem, path, "recording.texts.text",
				     language, "is not UTF-8");
		if (rth_consent_hash(&texts[i]))
			return wrong(problem, path, "recording.texts.text",
				     language, "cannot be hashed");
	}
	return RTH_OK;
}

/* A recorder is of use only where people can be asked. */
static enum rth_err read_recording(struct rth_plugin_conf *conf,
				   const char *path,
				   struct rth_conf_problem *problem)
{
	const char *socket = conf->recorder_socket;

	if (socket && socket[0] != '/')
		return wrong(problem, path, "recording.socket", socket,
			     "is not an absolute path");
	if (socket && conf->consent.list.n == 0)
		return wrong(problem, path, "recording.socket", socket,
			     "is of no use without recording.texts");
	if (conf->consent.list.n > 0 && !conf->consent.version)
		return wrong(problem, path, "recording.texts", "",
			     "lack a recording.consent_version");
	if (conf->consent.version && !is_printable(conf->consent.version))
		return wrong(problem, path, "recording.consent_version", "",
			     "is not printable ASCII");
	return read_texts(conf, path, problem);
}

enum rth_err rth_plugin_conf_read(struct rth_plugin_conf *conf,
				  const char *path,
				  struct rth_conf_problem *problem)
{
	enum rth_err err = rth_conf_read(conf, keys, path, problem);

	if (!err)
		err = check_issuers(conf, path, problem);
	if (err)
		return err;
	for (size_t i = 0; i < conf->issuers.n; i++) {
		struct rth_issuer_conf *issuers = conf->issuers.v;

		err = read_algorithms(&issuers[i], path, problem);
		if (err)
			return err;
	}
	err = read_codecs(conf, path, problem);
	return err ? err : read_recording(conf, path, problem);
}

void rth_plugin_conf_clear(struct rth_plugin_conf *conf)
{
	rth_conf_clear(conf, keys);
}
