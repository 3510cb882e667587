/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration by table: what is read, and the line told for each mistake. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "mem.h"

struct issuer {
	char *name;
	struct rth_conf_strings algs;
	int64_t leeway_s;
};

struct conf {
	char *title;
	char *folder;
	int64_t linger_s;
	int64_t any;
	bool trial;
	bool quiet;
	struct rth_conf_strings codecs;
	struct rth_conf_list issuers;
};

static const struct rth_conf_key issuer_keys[] = {
	{
		.key = "name",
		.type = RTH_CONF_STRING,
		.offset = offsetof(struct issuer, name),
		.required = true,
		.max = 8,
	},
	{
		.key = "algs",
		.type = RTH_CONF_STRINGS,
		.offset = offsetof(struct issuer, algs),
	},
	{
		.key = "time.leeway_s",
		.type = RTH_CONF_INT,
		.offset = offsetof(struct issuer, leeway_s),
		.number = 5,
		.max = 60,
	},
	{.key = NULL},
};

static const struct rth_conf_key keys[] = {
	{
		.key = "title",
		.type = RTH_CONF_STRING,
		.offset = offsetof(struct conf, title),
		.text = "Clinic",
	},
	{
		.key = "store.folder",
		.type = RTH_CONF_STRING,
		.offset = offsetof(struct conf, folder),
	},
	{
		.key = "rooms.linger_s",
		.type = RTH_CONF_INT,
		.offset = offsetof(struct conf, linger_s),
		.number = 30,
		.min = 1,
		.max = 3600,
	},
	{
		.key = "rooms.any",
		.type = RTH_CONF_INT,
		.offset = offsetof(struct conf, any),
	},
	{
		.key = "trial",
		.type = RTH_CONF_BOOL,
		.offset = offsetof(struct conf, trial),
	},
	{
		.key = "log.quiet",
		.type = RTH_CONF_BOOL,
		.offset = offsetof(struct conf, quiet),
		.number = 1,
	},
	{
		.key = "codecs",
		.type = RTH_CONF_STRINGS,
		.offset = offsetof(struct conf, codecs),
		.max = 3,
	},
	{
		.key = "issuers",
		.type = RTH_CONF_LIST,
		.offset = offsetof(struct conf, issuers),
		.required = true,
		.min = 1,
		.max = 2,
		.items = issuer_keys,
		.item_size = sizeof(struct issuer),
	},
	{.key = NULL},
};

static char folder[] = "/tmp/rthealth-conf-XXXXXX";
static char path[64];

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/test.conf", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_conf(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

#define FULL                                                   \
	"title = \"Clinic of \\\"A\\\"\";\n"                   \
	"store: { folder = \"/srv\"; };\n"                     \
	"rooms = { linger_s = 3600; any = -5000000000L; };\n"  \
	"trial = true; log: { quiet = false; };\n"             \
	"codecs = [ \"vp8\", \"h264\" ];\n"                    \
	"issuers = ( { name = \"a\"; algs = (\"ES256\"); },\n" \
	"            { name = \"b\"; time: { leeway_s = 60; }; } );\n"

static void reads_everything(void **state)
{
	struct conf conf = {0};
	struct rth_conf_problem problem;
	const struct issuer *issuers;

	(void)state;
	write_conf(FULL);
	assert_int_equal(rth_conf_read(&conf, keys, path, &problem), RTH_OK);
	assert_string_equal(problem.text, "");
	assert_string_equal(conf.title, "Clinic of \"A\"");
	assert_string_equal(conf.folder, "/srv");
	assert_int_equal(conf.linger_s, 3600);
	assert_true(conf.any == -5000000000);
	assert_true(conf.trial);
	assert_false(conf.quiet);
	assert_int_equal(conf.codecs.n, 2);
	assert_string_equal(conf.codecs.v[1], "h264");
	assert_int_equal(conf.issuers.n, 2);
	issuers = conf.issuers.v;
	assert_string_equal(issuers[0].name, "a");
	assert_string_equal(issuers[0].algs.v[0], "ES256");
	assert_int_equal(issuers[0].leeway_s, 5);
	assert_string_equal(issuers[1].name, "b");
	assert_int_equal(issuers[1].algs.n, 0);
	assert_int_equal(issuers[1].leeway_s, 60);
	rth_conf_clear(&conf, keys);
	assert_memory_equal(&conf, &(struct conf){0}, sizeof(conf));
}

static void takes_defaults(void **state)
{
	struct conf conf = {0};
	struct rth_conf_problem problem;

	(void)state;
	write_conf("issuers = ({ name = \"a\"; });");
	assert_int_equal(rth_conf_read(&conf, keys, path, &problem), RTH_OK);
	assert_string_equal(conf.title, "Clinic");
	assert_null(conf.folder);
	assert_int_equal(conf.linger_s, 30);
	assert_int_equal(conf.any, 0);
	assert_false(conf.trial);
	assert_true(conf.quiet);
	assert_int_equal(conf.codecs.n, 0);
	rth_conf_clear(&conf, keys);
}

struct mistake {
	const char *text;
	const char *told; /* behind the path */
};

#define ISSUER "issuers = ({ name = \"a\"; });\n"

static const struct mistake mistakes[] = {
	{"", ":1: issuers: is missing"},
	{ISSUER "\ntitel = \"x\";\n", ":3: titel: unknown key"},
	{ISSUER "rooms: {\n linger = 1; };\n", ":3: rooms.linger: unknown key"},
	{ISSUER "store: { rooms: { linger_s = 1; }; };",
	 ":2: store.rooms: unknown key"},
	{ISSUER "rooms = 5;", ":2: rooms: must be a group"},
	{ISSUER "title = 5;", ":2: title: must be a string"},
	{ISSUER "title = { a = 1; };", ":2: title: must be a string"},
	{ISSUER "title = \"\";", ":2: title: must not be empty"},
	{ISSUER "rooms: { linger_s = \"5\"; };",
	 ":2: rooms.linger_s: must be a whole number"},
	{ISSUER "rooms: { linger_s = 5.5; };",
	 ":2: rooms.linger_s: must be a whole number"},
	{ISSUER "rooms: { linger_s = true; };",
	 ":2: rooms.linger_s: must be a whole number"},
	{ISSUER "rooms: { linger_s = 0; };",
	 ":2: rooms.linger_s: must be from 1 to 3600"},
	{ISSUER "rooms: { linger_s = 3601; };",
	 ":2: rooms.linger_s: must be from 1 to 3600"},
	{ISSUER "rooms: { linger_s = 99999999999L; };",
	 ":2: rooms.linger_s: must be from 1 to 3600"},
	{ISSUER "trial = 1;", ":2: trial: must be true or false"},
	{ISSUER "trial = \"yes\";", ":2: trial: must be true or false"},
	{ISSUER "codecs = \"vp8\";", ":2: codecs: must be a list of strings"},
	{ISSUER "codecs = [ 1 ];", ":2: codecs: must be a string"},
	{ISSUER "codecs = [\"a\", \"b\", \"c\", \"d\"];",
	 ":2: codecs: must have from 0 to 3 entries"},
	{"issuers = ();", ":1: issuers: must have from 1 to 2 entries"},
	{"issuers = ({},{},{});", ":1: issuers: must have from 1 to 2 entries"},
	{"issuers = [];", ":1: issuers: must be a list of groups"},
	{"issuers = (\"a\");", ":1: issuers: must be a list of groups"},
	{"issuers = (\n{ name = \"a\"; },\n{ nam = \"b\"; });",
	 ":3: issuers[1].nam: unknown key"},
	{"issuers = (\n{});", ":2: issuers[0].name: is missing"},
	{"issuers = ({ name = \"123456789\"; });",
	 ":1: issuers[0].name: is longer than 8 bytes"},
	{"issuers = ({ name = \"a\"; time: { leeway_s = 61; }; });",
	 ":1: issuers[0].time.leeway_s: must be from 0 to 60"},
	{ISSUER "title = \"a\";\ntitle = \"b\";\n",
	 ":3: duplicate setting name"},
	{ISSUER "title = \"a\n", ":3: syntax error"},
	{ISSUER "title = ;", ":2: syntax error"},
	{ISSUER "rooms: { linger_s = 4294967297; };",
	 ":2: 4294967297: a number this large must end in L"},
	{ISSUER "rooms: { any = -2147483649; };",
	 ":2: -2147483649: a number this large must end in L"},
	{ISSUER "rooms: { any = 0x100000001; };",
	 ":2: 0x100000001: a number this large must end in L"},
	{ISSUER "rooms: { any = 99999999999999999999L; };",
	 ":2: 99999999999999999999L: is too large"},
	{ISSUER "/* 1\n 2 \" */ # 4294967297 \"\n// \"\nx = 4294967297;",
	 ":5: 4294967297: a number this large must end in L"},
	{ISSUER "title = \"\n 4294967297 \\\" \"; x = 4294967297;",
	 ":3: 4294967297: a number this large must end in L"},
	{ISSUER "@include \"other.conf\"\n", ":2: @include: is not allowed"},
	{ISSUER "a4294967297 = 1;", ":2: a4294967297: unknown key"},
	{"<xml/>", ":1: syntax error"},
};

static void tells_the_first_mistake(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct conf conf = {0};
		struct rth_conf_problem problem;
		char wanted[256];

		write_conf(mistakes[i].text);
		snprintf(wanted, sizeof(wanted), "%s%s", path,
			 mistakes[i].told);
		assert_int_equal(rth_conf_read(&conf, keys, path, &problem),
				 RTH_ERR_CONFIG);
		assert_string_equal(problem.text, wanted);
		rth_conf_clear(&conf, keys);
	}
}

static void tells_of_files_that_cannot_be_read(void **state)
{
	struct conf conf = {0};
	struct rth_conf_problem problem;
	char wanted[256];

	(void)state;
	unlink(path);
	snprintf(wanted, sizeof(wanted),
		 "%s: cannot be read: No such file or directory", path);
	assert_int_equal(rth_conf_read(&conf, keys, path, &problem),
			 RTH_ERR_CONFIG);
	assert_string_equal(problem.text, wanted);
	snprintf(wanted, sizeof(wanted), "%s: is not a regular file", folder);
	assert_int_equal(rth_conf_read(&conf, keys, folder, &problem),
			 RTH_ERR_CONFIG);
	assert_string_equal(problem.text, wanted);
}

static void reads_numbers_of_every_form(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} forms[] = {
		{"2147483647", INT32_MAX},
		{"-2147483648", INT32_MIN},
		{"+7", 7},
		{"0x1F", 31},
		{"2147483648L", 2147483648},
		{"-9223372036854775807L", -INT64_MAX},
		{"0x100000000L", 4294967296},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct conf conf = {0};
		struct rth_conf_problem problem;

		snprintf(text, sizeof(text), ISSUER "rooms: { any = %s; };",
			 forms[i].text);
		write_conf(text);
		if (rth_conf_read(&conf, keys, path, &problem))
			fail_msg("%s", problem.text);
		assert_true(conf.any == forms[i].value);
		rth_conf_clear(&conf, keys);
	}
}

static void refuses_what_is_no_text(void **state)
{
	struct conf conf = {0};
	struct rth_conf_problem problem;
	char *large = malloc(300000);
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	assert_non_null(large);
	fwrite(ISSUER "\0titel = 1;", 1, sizeof(ISSUER "\0titel = 1;"), file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rth_conf_read(&conf, keys, path, &problem),
			 RTH_ERR_CONFIG);
	assert_non_null(strstr(problem.text, ": is not text"));
	memset(large, '\n', 299999);
	large[299999] = '\0';
	write_conf(large);
	assert_int_equal(rth_conf_read(&conf, keys, path, &problem),
			 RTH_ERR_CONFIG);
	assert_non_null(strstr(problem.text, ": is too long"));
	free(large);
}

static void keeps_a_long_string_within_1024_bytes(void **state)
{
	struct conf conf = {0};
	struct rth_conf_problem problem;
	char text[1200];
	int head = snprintf(text, sizeof(text), ISSUER "title = \"");

	(void)state;
	memset(text + head, 'x', 1025);
	snprintf(text + head + 1025, sizeof(text) - (size_t)head - 1025, "\";");
	write_conf(text);
	assert_int_equal(rth_conf_read(&conf, keys, path, &problem),
			 RTH_ERR_CONFIG);
	assert_non_null(strstr(problem.text, "is longer than 1024 bytes"));
	rth_conf_clear(&conf, keys);
	snprintf(text + head + 1024, sizeof(text) - (size_t)head - 1024, "\";");
	write_conf(text);
	assert_int_equal(rth_conf_read(&conf, keys, path, &problem), RTH_OK);
	assert_int_equal(strlen(conf.title), 1024);
	rth_conf_clear(&conf, keys);
}

static void survives_failing_allocations(void **state)
{
	struct rth_conf_problem problem;
	struct conf conf = {0};
	unsigned long n;

	(void)state;
	write_conf(FULL);
	for (n = 1; n < 100; n++) {
		enum rth_err err;

		rth_mem_fail_at(n);
		err = rth_conf_read(&conf, keys, path, &problem);
		rth_mem_fail_at(0);
		rth_conf_clear(&conf, keys);
		if (!err)
			break;
		assert_int_equal(err, RTH_ERR_NOMEM);
		assert_non_null(strstr(problem.text, "out of memory"));
	}
	assert_true(n > 5 && n < 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(takes_defaults),
		cmocka_unit_test(tells_the_first_mistake),
		cmocka_unit_test(tells_of_files_that_cannot_be_read),
		cmocka_unit_test(reads_numbers_of_every_form),
		cmocka_unit_test(refuses_what_is_no_text),
		cmocka_unit_test(keeps_a_long_string_within_1024_bytes),
		cmocka_unit_test(survives_failing_allocations),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
