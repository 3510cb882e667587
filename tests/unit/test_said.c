/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin says, and what the recorder takes from it: a BEGIN without
 * everybody's consent is none, and what may be written follows the answers.
 */
#include "support.h"

#include "../../common/mem.h"
#include "../../recordings/consent.h"
#include "../../recordings/said.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PERSON(role, answer)                                               \
	"{\"role\":\"" role "\",\"participant\":\"" ID "\",\"sub\":\"s\"," \
	"\"answer\":\"" answer "\",\"text_version\":\"2026-11\","          \
	"\"text_sha256\":\"" SHA "\",\"language\":\"en\",\"answered_ms\":5}"
#define HEAD                                                                \
	"{\"version\":1,\"recording\":\"" ID "\",\"part\":2,\"room\":\"" ID \
	"\",\"origin_us\":1000,\"begun_ms\":1790000000000,\"people\":["
#define BEGIN(first, second) HEAD first "," second "]}"
#define GOOD BEGIN(PERSON("clinician", "yes"), PERSON("patient", "voice"))

static enum rth_err read_begin(const char *text)
{
	struct rth_said_begin begin = {0};
	enum rth_err err = rth_said_begin(&begin, text, strlen(text));

	if (!err)
		rth_said_begin_clear(&begin);
	assert_null(begin.people);
	return err;
}

static void begin_is_read(void **state)
{
	struct rth_said_begin begin = {0};

	(void)state;
	assert_int_equal(rth_said_begin(&begin, GOOD, strlen(GOOD)), RTH_OK);
	assert_string_equal(begin.recording, ID);
	assert_string_equal(begin.room, ID);
	assert_int_equal(begin.part, 2);
	assert_int_equal(begin.origin_us, 1000);
	assert_int_equal(begin.begun_ms, 1790000000000);
	assert_int_equal(json_array_size(begin.people), 2);
	rth_said_begin_clear(&begin);
}

static void nobody_is_recorded_without_consent(void **state)
{
	static const char *const texts[] = {
		BEGIN(PERSON("clinician", "yes"), PERSON("patient", "no")),
		BEGIN(PERSON("clinician", "no"), PERSON("patient", "yes")),
		BEGIN(PERSON("clinician", "yes"), PERSON("patient", "Yes")),
		BEGIN(PERSON("clinician", "yes"), PERSON("patient", "")),
		BEGIN(PERSON("clinician", "yes"), PERSON("clinician", "yes")),
		BEGIN(PERSON("patient", "yes"), PERSON("patient", "yes")),
		BEGIN(PERSON("clinician", "yes"), "null"),
		BEGIN(PERSON("clinician", "yes"), "{}"),
		HEAD PERSON("clinician", "yes") "]}",
		HEAD PERSON("patient", "yes") "]}",
		HEAD "]}",
		BEGIN(PERSON("clinician", "yes") "," PERSON("patient", "yes"),
		      PERSON("observer", "yes")),
		BEGIN(PERSON("clinician", "yes") "," PERSON("patient", "yes"),
		      PERSON("patient", "no")),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(read_begin(texts[i]), RTH_ERR_FORMAT);
}

/* Copies GOOD with one piece of it replaced. */
static const char *changed(const char *from, const char *to)
{
	static char text[4096];
	const char *at = strstr(GOOD, from);

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - GOOD), GOOD, to,
		 at + strlen(from));
	return text;
}

static void begin_is_strict(void **state)
{
	static const char *const changes[][2] = {
		{"\"version\":1", "\"version\":2"},
		{"\"version\":1", "\"version\":1.0"},
		{"\"version\":1,", ""},
		{"\"version\":1", "\"version\":1,\"version\":1"},
		{"\"version\":1", "\"version\":1,\"name\":\"x\""},
		{"\"recording\":\"" ID,
		 "\"recording\":\"../../../../tmp/aaaaaaa"},
		{"\"recording\":\"" ID, "\"recording\":\"" ID "A"},
		{"\"recording\":\"" ID "\"", "\"recording\":7"},
		{"\"room\":\"" ID, "\"room\":\"AAAAAAAAAAAAAAAAAAAAA/"},
		{"\"part\":2", "\"part\":0"},
		{"\"part\":2", "\"part\":1000"},
		{"\"part\":2", "\"part\":\"2\""},
		{"\"origin_us\":1000", "\"origin_us\":-1"},
		{"\"origin_us\":1000", "\"origin_us\":9223372036854775807"},
		{"1790000000000", "0"},
		{"1790000000000", "99999999999999"},
		{"\"sub\":\"s\"", "\"sub\":\"\""},
		{"\"sub\":\"s\"", "\"sub\":null"},
		{"\"text_sha256\":\"0", "\"text_sha256\":\"G"},
		{"\"text_sha256\":\"0", "\"text_sha256\":\""},
		{"\"language\":\"en\"", "\"language\":\"e/n\""},
		{"\"answered_ms\":5", "\"answered_ms\":true"},
		{"\"answered_ms\":5", "\"answered_ms\":5,\"name\":\"x\""},
		{"]}", "]"},
		{"]}", "]} x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		assert_int_equal(
			read_begin(changed(changes[i][0], changes[i][1])),
			RTH_ERR_FORMAT);
	assert_int_equal(read_begin(changed("2026-11", "2026-12")), RTH_OK);
}

static void too_many_people(void **state)
{
	char text[16384] = HEAD PERSON("clinician", "yes");

	(void)state;
	for (int i = 0; i < RTH_SAID_PEOPLE_MAX - 1; i++)
		strcat(text, "," PERSON("patient", "yes"));
	strcat(text, "]}");
	assert_int_equal(read_begin(text), RTH_OK);
	text[strlen(text) - 2] = '\0';
	strcat(text, "," PERSON("patient", "yes") "]}");
	assert_int_equal(read_begin(text), RTH_ERR_FORMAT);
}

static void notes(void **state)
{
	static const struct {
		const char *text;
		enum rth_err err;
	} rows[] = {
		{"{\"event\":\"paused\"}", RTH_OK},
		{"{\"event\":\"running\"}", RTH_OK},
		{"{\"event\":\"paused\",\"reason\":\"left\"}", RTH_OK},
		{"{\"event\":\"left\",\"participant\":\"" ID
		 "\",\"role\":\"patient\",\"reason\":\"lost\"}",
		 RTH_OK},
		{"{\"event\":\"joined\",\"participant\":\"" ID
		 "\",\"role\":\"patient\"}",
		 RTH_OK},
		{"{\"event\":\"state\",\"participant\":\"" ID
		 "\",\"microphone\":true,\"camera\":false,\"screen\":false}",
		 RTH_OK},
		{"{\"event\":\"state\",\"participant\":\"" ID
		 "\",\"microphone\":1,\"camera\":false,\"screen\":false}",
		 RTH_ERR_FORMAT},
		{"{\"event\":\"left\",\"participant\":\"" ID
		 "\",\"role\":\"patient\",\"name\":\"x\"}",
		 RTH_ERR_FORMAT},
		{"{\"event\":\"consent\"}", RTH_ERR_FORMAT},
		{"{\"event\":\"other\"}", RTH_ERR_FORMAT},
		{"{\"event\":7}", RTH_ERR_FORMAT},
		{"{}", RTH_ERR_FORMAT},
		{"[]", RTH_ERR_FORMAT},
		{"{\"event\":\"consent\","
		 "\"role\":\"patient\"}",
		 RTH_ERR_FORMAT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *note = NULL;
		enum rth_err err = rth_said_note(&note, rows[i].text,
						 strlen(rows[i].text));

		assert_int_equal(err, rows[i].err);
		json_decref(note);
	}
}

#define PARTICIPANT "\"participant\":\"" ID "\""
#define SUB "\"sub\":\"u7\""
#define END_BY(by) "{\"reason\":\"stopped\",\"parts\":1,\"by\":" by "}"

static enum rth_err read_end(struct rth_said_end *end, const char *text)
{
	return rth_said_end(end, text, strlen(text));
}

static void chat_and_end(void **state)
{
	static const char good[] = "{\"from\":\"" ID "\",\"role\":\"patient\","
				   "\"time\":1790000000000,\"text\":\"hi\"}";
	static const char nobody[] = "{\"from\":\"\",\"role\":\"patient\","
				     "\"time\":1790000000000,\"text\":\"hi\"}";
	static const struct {
		const char *text;
		enum rth_err err;
	} ends[] = {
		{END_BY("{" PARTICIPANT "," SUB ",\"role\":\"patient\"}"),
		 RTH_OK},
		{END_BY("{" PARTICIPANT "," SUB "}"), RTH_ERR_FORMAT},
		{END_BY("{" PARTICIPANT "," SUB ",\"role\":\"other\"}"),
		 RTH_ERR_FORMAT},
		{END_BY("{\"participant\":\"x\"," SUB ",\"role\":\"patient\"}"),
		 RTH_ERR_FORMAT},
		{END_BY("{" PARTICIPANT "," SUB
			",\"role\":\"patient\",\"name\":\"N\"}"),
		 RTH_ERR_FORMAT},
		{END_BY("\"patient\""), RTH_ERR_FORMAT},
		{END_BY("null"), RTH_ERR_FORMAT},
	};
	struct rth_said_end end;
	json_t *chat = NULL;

	(void)state;
	assert_int_equal(rth_said_chat(&chat, good, strlen(good)), RTH_OK);
	json_decref(chat);
	assert_int_equal(rth_said_chat(&chat, nobody, strlen(nobody)),
			 RTH_ERR_FORMAT);
	assert_int_equal(read_end(&end, "{\"reason\":\"left\",\"parts\":3}"),
			 RTH_OK);
	assert_string_equal(end.reason, "left");
	assert_int_equal(end.parts, 3);
	assert_null(end.by);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		assert_int_equal(read_end(&end, ends[i].text), ends[i].err);
		if (ends[i].err)
			continue;
		assert_string_equal(
			json_string_value(json_object_get(end.by, "sub")),
			"u7");
		rth_said_end_clear(&end);
		assert_null(end.by);
	}
	assert_int_equal(read_end(&end, "{\"reason\":\"left\"}"),
			 RTH_ERR_FORMAT);
	assert_int_equal(read_end(&end, "{\"reason\":\"a b\",\"parts\":3}"),
			 RTH_ERR_FORMAT);
}

static void without_memory(void **state)
{
	unsigned long n;

	(void)state;
	json_set_alloc_funcs(rth_alloc, rth_free);
	rth_mem_fail_at(0);
	assert_int_equal(read_begin(GOOD), RTH_OK);
	n = rth_mem_count();
	assert_true(n > 10);
	for (unsigned long i = 1; i <= n; i++) {
		rth_mem_fail_at(i);
		assert_int_not_equal(read_begin(GOOD), RTH_OK);
	}
	rth_mem_fail_at(0);
}

/* What may be written. */

static void agree(struct rth_consent *consent, const char *text)
{
	struct rth_said_begin begin;

	assert_int_equal(rth_said_begin(&begin, text, strlen(text)), RTH_OK);
	rth_consent_begin(consent, begin.people, INT64_MIN);
	rth_said_begin_clear(&begin);
}

static void note(struct rth_consent *consent, const char *text, int64_t at)
{
	json_t *object = json_loads(text, 0, NULL);

	assert_non_null(object);
	rth_consent_note(consent, object, at);
	json_decref(object);
}

#define SAYS(answer) \
	"{\"event\":\"consent\",\"role\":\"patient\",\"answer\":\"" answer "\"}"

static void expect(const struct rth_consent *consent, int role,
		   enum rth_consent_medium medium, int64_t at,
		   enum rth_consent_word word)
{
	assert_int_equal(rth_consent_media(consent, role, medium, at), word);
}

static void voice_has_no_picture(void **state)
{
	struct rth_consent c;

	(void)state;
	agree(&c, GOOD);
	for (int64_t at = 0; at < 5000000; at += 250000) {
		expect(&c, 0, RTH_CONSENT_PICTURE, at, RTH_CONSENT_WRITE);
		expect(&c, 0, RTH_CONSENT_SOUND, at, RTH_CONSENT_WRITE);
		expect(&c, 1, RTH_CONSENT_SOUND, at, RTH_CONSENT_WRITE);
		expect(&c, 1, RTH_CONSENT_PICTURE, at, RTH_CONSENT_NEVER);
	}
}

static void pictures_are_taken_out(void **state)
{
	struct rth_consent c;

	(void)state;
	agree(&c, BEGIN(PERSON("clinician", "yes"), PERSON("patient", "yes")));
	note(&c, SAYS("voice"), 2000000);
	expect(&c, 1, RTH_CONSENT_PICTURE, 2000000, RTH_CONSENT_WRITE);
	expect(&c, 1, RTH_CONSENT_PICTURE, 2000001, RTH_CONSENT_DROP);
	expect(&c, 1, RTH_CONSENT_PICTURE, 3000000, RTH_CONSENT_DROP);
	expect(&c, 1, RTH_CONSENT_PICTURE, 3000001, RTH_CONSENT_NEVER);
	expect(&c, 1, RTH_CONSENT_SOUND, 3000001, RTH_CONSENT_WRITE);
	expect(&c, 0, RTH_CONSENT_PICTURE, 3000001, RTH_CONSENT_WRITE);
	/* What was agreed to before stays so when the answer is repeated. */
	note(&c, SAYS("voice"), 9000000);
	expect(&c, 1, RTH_CONSENT_PICTURE, 8000000, RTH_CONSENT_NEVER);
	note(&c, SAYS("yes"), 10000000);
	expect(&c, 1, RTH_CONSENT_PICTURE, 10000001, RTH_CONSENT_WRITE);
}

/* An answer that changed while the recorder was gone: what the relay had kept
   is not written, and is no fault of the relay's. */
static void a_later_part_has_older_packets(void **state)
{
	struct rth_said_begin part;
	struct rth_consent c;

	(void)state;
	assert_int_equal(rth_said_begin(&part, GOOD, strlen(GOOD)), RTH_OK);
	rth_consent_begin(&c, part.people, 5000000);
	rth_said_begin_clear(&part);
	expect(&c, 1, RTH_CONSENT_PICTURE, 5000000, RTH_CONSENT_DROP);
	expect(&c, 1, RTH_CONSENT_PICTURE, 6000000, RTH_CONSENT_DROP);
	expect(&c, 1, RTH_CONSENT_PICTURE, 6000001, RTH_CONSENT_NEVER);
	expect(&c, 1, RTH_CONSENT_SOUND, 1, RTH_CONSENT_WRITE);
}

static void no_closes_both(void **state)
{
	struct rth_consent c;

	(void)state;
	agree(&c, BEGIN(PERSON("clinician", "yes"), PERSON("patient", "yes")));
	note(&c, SAYS("no"), 2000000);
	for (int role = 0; role < 2; role++) {
		expect(&c, role, RTH_CONSENT_SOUND, 2000000, RTH_CONSENT_WRITE);
		expect(&c, role, RTH_CONSENT_SOUND, 2000001, RTH_CONSENT_DROP);
		expect(&c, role, RTH_CONSENT_SOUND, 3000001, RTH_CONSENT_NEVER);
		expect(&c, role, RTH_CONSENT_PICTURE, 3000001,
		       RTH_CONSENT_NEVER);
	}
}

static void a_pause_writes_nothing(void **state)
{
	struct rth_consent c;

	(void)state;
	agree(&c, GOOD);
	note(&c, "{\"event\":\"paused\"}", 2000000);
	expect(&c, 0, RTH_CONSENT_SOUND, 2000000, RTH_CONSENT_WRITE);
	expect(&c, 0, RTH_CONSENT_SOUND, 2000001, RTH_CONSENT_DROP);
	expect(&c, 0, RTH_CONSENT_SOUND, 9000000, RTH_CONSENT_DROP);
	expect(&c, 1, RTH_CONSENT_PICTURE, 9000000, RTH_CONSENT_NEVER);
	note(&c, "{\"event\":\"running\"}", 10000000);
	expect(&c, 0, RTH_CONSENT_SOUND, 10000001, RTH_CONSENT_WRITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begin_is_read),
		cmocka_unit_test(nobody_is_recorded_without_consent),
		cmocka_unit_test(begin_is_strict),
		cmocka_unit_test(too_many_people),
		cmocka_unit_test(notes),
		cmocka_unit_test(chat_and_end),
		cmocka_unit_test(voice_has_no_picture),
		cmocka_unit_test(pictures_are_taken_out),
		cmocka_unit_test(no_closes_both),
		cmocka_unit_test(a_later_part_has_older_packets),
		cmocka_unit_test(a_pause_writes_nothing),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
