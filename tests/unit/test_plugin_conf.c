/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plugin's file: defaults, and what is refused with which words. */
#include "support.h"

#include <unistd.h>

#include "../../common/jwt.h"
#include "../../common/mem.h"
#include "../../plugins/conf.h"

#define ONE                                                             \
	"issuers = ( { issuer = \"https://a.example\"; jwks = \"/k\"; " \
	"algorithms = [ \"ES256\" ]; } );\n"

#define RECORDING(rest)                                            \
	ONE "recording: { socket = \"/run/r\"; consent_version = " \
	    "\"1\"; " rest " };"
#define TEXT(language) "{ language = \"" language "\"; text = \"May we?\"; }"
#define TEXTS(list) "texts = ( " list " );"

struct read {
	struct rth_plugin_conf conf;
	struct rth_conf_problem problem;
	enum rth_err err;
};

/* Reads this text as a file. */
static struct read *read_text(struct read *r, const char *text)
{
	char path[] = "/tmp/rth-conf-XXXXXX";
	int fd = mkstemp(path);
	size_t len = strlen(text);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	memset(r, 0, sizeof(*r));
	r->err = rth_plugin_conf_read(&r->conf, path, &r->problem);
	unlink(path);
	return r;
}

static void refused(const char *text, const char *words)
{
	struct read r;

	assert_int_equal(read_text(&r, text)->err, RTH_ERR_CONFIG);
	if (!strstr(r.problem.text, words))
		fail_msg("\"%s\" does not say \"%s\"", r.problem.text, words);
	rth_plugin_conf_clear(&r.conf);
}

static void defaults(void **state)
{
	struct read r;
	const struct rth_issuer_conf *issuer;

	(void)state;
	assert_int_equal(read_text(&r, ONE)->err, RTH_OK);
	assert_int_equal(r.conf.leeway_s, 5);
	assert_int_equal(r.conf.linger_s, 60);
	assert_int_equal(r.conf.rooms_max, 500);
	assert_int_equal(r.conf.n_codecs, RTH_CODECS);
	assert_int_equal(r.conf.codecs[0], RTH_CODEC_VP8);
	assert_int_equal(r.conf.codecs[1], RTH_CODEC_H264);
	assert_int_equal(r.conf.issuers.n, 1);
	issuer = r.conf.issuers.v;
	assert_string_equal(issuer->audience, "rthealth");
	assert_string_equal(issuer->claim_room, "rth.room");
	assert_null(issuer->ca_file);
	assert_int_equal(issuer->algs, RTH_JWT_ES256);
	rth_plugin_conf_clear(&r.conf);
}

static void everything_set(void **state)
{
	struct read r;
	const struct rth_issuer_conf *issuers;

	(void)state;
	assert_int_equal(
		read_text(&r,
			  "issuers = ( { issuer = \"a\"; jwks = \"/a\"; "
			  "audience = \"clinic\"; "
			  "algorithms = [ \"EdDSA\", \"PS256\", \"RS256\" ]; "
			  "claim_role = \"realm.role\"; },\n"
			  "{ issuer = \"b\"; jwks = \"https://b/keys\"; "
			  "ca_file = \"/ca\"; algorithms = [ \"ES256\" ]; } "
			  ");\n"
			  "admission: { leeway_s = 0; };\n"
			  "rooms: { linger_s = 0; max = 10000; };\n"
			  "media: { video_codecs = [ \"av1\", \"vp9\" ]; };")
			->err,
		RTH_OK);
	issuers = r.conf.issuers.v;
	assert_int_equal(r.conf.issuers.n, 2);
	assert_int_equal(issuers[0].algs,
			 RTH_JWT_EDDSA | RTH_JWT_PS256 | RTH_JWT_RS256);
	assert_string_equal(issuers[0].claim_role, "realm.role");
	assert_string_equal(issuers[0].audience, "clinic");
	assert_string_equal(issuers[1].ca_file, "/ca");
	assert_int_equal(r.conf.rooms_max, 10000);
	assert_int_equal(r.conf.linger_s, 0);
	assert_int_equal(r.conf.n_codecs, 2);
	assert_int_equal(r.conf.codecs[0], RTH_CODEC_AV1);
	assert_int_equal(r.conf.codecs[1], RTH_CODEC_VP9);
	rth_plugin_conf_clear(&r.conf);
}

static void without_a_trusted_issuer_nothing_starts(void **state)
{
	(void)state;
	refused("", "issuers");
	refused("issuers = ();", "issuers");
	refused("issuers = ( { jwks = \"/k\"; algorithms = [\"ES256\"]; } );",
		"issuer");
	refused("issuers = ( { issuer = \"a\"; algorithms = [\"ES256\"]; } );",
		"jwks");
	refused("issuers = ( { issuer = \"a\"; jwks = \"/k\"; } );",
		"algorithms");
	/* tokens name their issuer, so the second would never be asked */
	refused("issuers = ( { issuer = \"a\"; jwks = \"/k\"; "
		"algorithms = [ \"ES256\" ]; }, { issuer = \"a\"; "
		"jwks = \"/l\"; algorithms = [ \"ES256\" ]; } );",
		"twice");
}

static void weak_or_unknown_algorithms(void **state)
{
	static const char *const names[] = {"none",  "HS256", "RS512",
					    "es256", "",      "ES256 "};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "issuers = ( { issuer = \"a\"; jwks = \"/k\"; "
			 "algorithms = [ \"ES256\", \"%s\" ]; } );",
			 names[i]);
		refused(text, "algorithms");
	}
	refused("issuers = ( { issuer = \"a\"; jwks = \"/k\"; "
		"algorithms = []; } );",
		"algorithm");
}

static void wrong_numbers_codecs_and_keys(void **state)
{
	(void)state;
	refused(ONE "admission: { leeway_s = 61; };", "leeway_s");
	refused(ONE "admission: { leeway_s = -1; };", "leeway_s");
	refused(ONE "rooms: { max = 0; };", "max");
	refused(ONE "rooms: { linger_s = \"60\"; };", "linger_s");
	refused(ONE "media: { video_codecs = [ \"vp7\" ]; };", "vp7");
	refused(ONE "media: { video_codecs = [ \"vp8\", \"vp8\" ]; };",
		"twice");
	refused(ONE "rooms: { maximum = 3; };", "maximum");
	refused(ONE "open_to_all = true;", "open_to_all");
	refused(ONE "rooms: {", ":");
}

static void nothing_is_recorded_by_default(void **state)
{
	struct read r;

	(void)state;
	assert_int_equal(read_text(&r, ONE)->err, RTH_OK);
	assert_null(r.conf.recorder_socket);
	assert_null(r.conf.consent.version);
	assert_int_equal(r.conf.consent.list.n, 0);
	rth_plugin_conf_clear(&r.conf);
}

static void recording_set(void **state)
{
	const struct rth_consent_text *texts;
	struct read r;

	(void)state;
	assert_int_equal(
		read_text(&r, RECORDING(TEXTS(TEXT("en") ", " TEXT("pt-BR"))))
			->err,
		RTH_OK);
	texts = r.conf.consent.list.v;
	assert_string_equal(r.conf.recorder_socket, "/run/r");
	assert_int_equal(r.conf.ring_bytes, 16777216);
	assert_int_equal(r.conf.answer_s, 60);
	assert_int_equal(r.conf.key_frame_s, 4);
	assert_int_equal(r.conf.consent.list.n, 2);
	assert_string_equal(texts[1].language, "pt-BR");
	assert_string_equal(texts[0].sha256, texts[1].sha256);
	assert_int_equal(strlen(texts[0].sha256), 64);
	rth_plugin_conf_clear(&r.conf);
}

static void recording_set_wrongly(void **state)
{
	(void)state;
	refused(ONE "recording: { socket = \"run/r\"; };", "absolute");
	refused(ONE "recording: { socket = \"/run/r\"; };", "recording.texts");
	refused(ONE "recording: { " TEXTS(TEXT("en")) " };",
		"recording.consent_version");
	refused(RECORDING("texts = ();"), "recording.texts");
	refused(ONE "recording: { consent_version = \"\xc3\xa9\"; };",
		"printable");
	refused(RECORDING(TEXTS(TEXT("en") ", " TEXT("en"))),
		"\"en\" is there");
	refused(RECORDING(TEXTS(TEXT("en_GB"))), "language");
	refused(RECORDING(TEXTS(TEXT("fran\xc3\xa7"))), "language");
	refused(RECORDING(TEXTS("{ language = \"en\"; }")), "text");
	refused(RECORDING(TEXTS("{ language = \"en\"; text = \"\"; }")),
		"empty");
	refused(RECORDING(TEXTS("{ language = \"en\"; text = \"\xff\"; }")),
		"UTF-8");
	refused(RECORDING(TEXTS(TEXT("en")) "ring_bytes = 1048575;"),
		"ring_bytes");
	refused(RECORDING(TEXTS(TEXT("en")) "ring_bytes = 268435457;"),
		"ring_bytes");
	refused(RECORDING(TEXTS(TEXT("en")) "ring_bytes = 4294967296;"), "L");
	refused(RECORDING(TEXTS(TEXT("en")) "answer_s = 9;"), "answer_s");
	refused(RECORDING(TEXTS(TEXT("en")) "answer_s = 601;"), "answer_s");
	refused(RECORDING(TEXTS(TEXT("en")) "key_frame_s = 0;"), "key_frame_s");
	refused(RECORDING(TEXTS(TEXT("en")) "key_frame_s = 61;"),
		"key_frame_s");
	refused(RECORDING(TEXTS(TEXT("en")) "sockets = 1;"), "unknown");
}

static void texts_have_limits(void **state)
{
	char text[6000], words[4002];
	struct read r;

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		memset(words, 'a', sizeof(words));
		words[4000 + over] = '\0';
		snprintf(text, sizeof(text),
			 RECORDING("texts = ( { language = \"en\"; text = "
				   "\"%s\"; } );"),
			 words);
		if (over) {
			refused(text, "4000");
			continue;
		}
		assert_int_equal(read_text(&r, text)->err, RTH_OK);
		rth_plugin_conf_clear(&r.conf);
	}
	strcpy(text, ONE "recording: { consent_version = \"1\"; texts = (");
	for (int i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s{ language = \"%c\"; text = \"a\"; }",
			 i ? ", " : " ", 'a' + i);
	strcat(text, " ); };");
	refused(text, "16");
}

static void the_sample_can_be_read(void **state)
{
	const char *srcdir = getenv("RTH_SRCDIR");
	struct rth_plugin_conf conf = {0};
	struct rth_conf_problem problem = {""};
	char path[512];

	(void)state;
	snprintf(path, sizeof(path),
		 "%s/conf/janus.plugin.rthealth.jcfg.sample",
		 srcdir ? srcdir : ".");
	if (rth_plugin_conf_read(&conf, path, &problem))
		fail_msg("%s", problem.text);
	rth_plugin_conf_clear(&conf);
}

static void memory_runs_out(void **state)
{
	struct read r;
	unsigned long n = 0;

	(void)state;
	do {
		rth_mem_fail_at(++n);
		read_text(&r, RECORDING(TEXTS(TEXT("en"))));
		rth_mem_fail_at(0);
		rth_plugin_conf_clear(&r.conf);
		assert_true(r.err == RTH_OK || r.err == RTH_ERR_NOMEM);
	} while (r.err);
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(everything_set),
		cmocka_unit_test(without_a_trusted_issuer_nothing_starts),
		cmocka_unit_test(weak_or_unknown_algorithms),
		cmocka_unit_test(wrong_numbers_codecs_and_keys),
		cmocka_unit_test(nothing_is_recorded_by_default),
		cmocka_unit_test(recording_set),
		cmocka_unit_test(recording_set_wrongly),
		cmocka_unit_test(texts_have_limits),
		cmocka_unit_test(the_sample_can_be_read),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
