/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include "rights.h"
#include "settings.h"

static char path[64], secret_path[64];

#define JANUS \
	"janus = { url = \"ws://localhost:2/\"; token_auth_secret = \"x\"; };"
#define REST "web_root = \"/w\"; database = \"/d\"; key_dir = \"/k\";"
#define RECORDINGS                                                \
	"recordings = { folder = \"/r\"; public_keys = \"/pub\";" \
	" private_keys = \"/key\"; };"
#define LOCAL "public_url = \"http://localhost:1\";"

static enum rth_err read_text(struct rth_settings *settings, const char *text,
			      struct rth_conf_problem *problem)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	memset(settings, 0, sizeof(*settings));
	problem->text[0] = '\0';
	return rth_settings_read(settings, path, problem);
}

static int make_paths(void **state)
{
	int fd, secret;

	(void)state;
	strcpy(path, "/tmp/rth-settings-XXXXXX");
	strcpy(secret_path, "/tmp/rth-secret-XXXXXX");
	fd = mkstemp(path);
	secret = mkstemp(secret_path);
	assert_true(fd >= 0 && secret >= 0);
	assert_int_equal(write(secret, "from the file\nrest", 18), 18);
	close(fd);
	close(secret);
	return 0;
}

static int remove_paths(void **state)
{
	(void)state;
	unlink(path);
	unlink(secret_path);
	return 0;
}

static void defaults_are_filled_in(void **state)
{
	struct rth_conf_problem problem;
	struct rth_settings s;

	(void)state;
	assert_int_equal(
		read_text(&s, LOCAL REST JANUS "trial = true;", &problem), 0);
	assert_string_equal(s.listen.address, "127.0.0.1");
	assert_int_equal(s.listen.port, 8080);
	assert_string_equal(s.signing.issuer, "http://localhost:1");
	assert_string_equal(s.janus.audience, "rthealth");
	assert_int_equal(s.visit.before_s, 900);
	assert_int_equal(s.visit.after_s, 3600);
	assert_int_equal(s.code.tries, 5);
	assert_false(s.cookies_insecure);
	rth_settings_clear(&s);
	assert_null(s.public_url);
}

static void a_secret_is_the_first_line_of_its_file(void **state)
{
	struct rth_conf_problem problem;
	struct rth_settings s;
	char text[512];

	(void)state;
	snprintf(text, sizeof(text),
		 LOCAL REST "trial = true; janus = { url = \"ws://x/\";"
			    " token_auth_secret_file = \"%s\"; };",
		 secret_path);
	assert_int_equal(read_text(&s, text, &problem), 0);
	assert_string_equal(s.janus.token_auth_secret, "from the file");
	rth_settings_clear(&s);
}

static void cookies_are_secure_wherever_browsers_allow(void **state)
{
	static const struct {
		const char *text;
		bool insecure;
	} rows[] = {
		{"public_url = \"https://a.example\";", false},
		{"public_url = \"http://127.0.0.1:1\";", false},
		{"public_url = \"http://[::1]:1\";", false},
		{"public_url = \"http://x.localhost\";", false},
		{"public_url = \"http://192.0.2.1\";", true},
		{"public_url = \"http://localhost.example\";", true},
		{"public_url = \"http://notlocalhost:1\";", true},
	};
	struct rth_conf_problem problem;
	struct rth_settings s;
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", rows[i].text,
			 REST JANUS "trial = true;");
		assert_int_equal(read_text(&s, text, &problem), 0);
		assert_int_equal(s.cookies_insecure, rows[i].insecure);
		rth_settings_clear(&s);
	}
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *key;
	} rows[] = {
		{REST JANUS "trial = true;", "public_url"},
		{LOCAL REST "trial = true;", "janus.url"},
		{LOCAL REST JANUS, "smtp.url"},
		{LOCAL REST JANUS "trial = true; typo = 1;", "typo"},
		{LOCAL REST JANUS "trial = 1;", "trial"},
		{"public_url = \"localhost\";" REST JANUS "trial = true;",
		 "public_url"},
		{"public_url = \"http://h/\";" REST JANUS "trial = true;",
		 "public_url"},
		{"public_url = \"http://192.0.2.1\";" REST JANUS
		 "smtp = { url = \"smtp://x\"; from = \"a@b\"; };",
		 "public_url"},
		{LOCAL REST "trial = true; janus = { url = \"http://x\";"
			    " token_auth_secret = \"x\"; };",
		 "janus.url"},
		{LOCAL REST "trial = true; janus = { url = \"ws://x/; y\";"
			    " token_auth_secret = \"x\"; };",
		 "janus.url"},
		{LOCAL REST "trial = true; janus = { url = \"ws://x\"; };",
		 "janus.token_auth_secret"},
		{LOCAL REST JANUS "trial = true;"
				  "listen = { address = \"name\"; };",
		 "listen.address"},
		{LOCAL REST JANUS "trial = true; listen = { port = 0; };",
		 "listen.port"},
		{LOCAL REST JANUS "trial = true;"
				  "roles = { admins = [ \"a@b\" ]; };",
		 "roles.admins"},
		{LOCAL REST JANUS "trial = true;"
				  "trusted_proxies = [ \"proxy\" ];",
		 "trusted_proxies"},
		{LOCAL REST JANUS "trial = true; smtp = { from = \"a@b\"; };",
		 "smtp.from"},
		{LOCAL REST JANUS
		 "trial = true;"
		 "session = { idle_s = 600; absolute_s = 60; };",
		 "session.idle_s"},
		{LOCAL REST JANUS "providers = ( { id = \"A\"; name = \"n\";"
				  " issuer = \"i\"; client_id = \"c\"; } );",
		 "providers"},
		{LOCAL REST JANUS "trial = true;"
				  "recordings = { folder = \"/r\"; };",
		 "recordings.public_keys"},
		{LOCAL REST JANUS "trial = true; recordings = {"
				  " public_keys = \"/r\"; };",
		 "recordings.public_keys"},
		{LOCAL REST JANUS "trial = true; recordings = {"
				  " folder = \"/r\"; public_keys = \"/p\"; };",
		 "recordings.private_keys"},
		{LOCAL REST JANUS "trial = true; recordings = {"
				  " private_keys = \"/p\"; };",
		 "recordings.private_keys"},
		{LOCAL REST JANUS "trial = true; recordings = {"
				  " passphrase_file = \"/p\"; };",
		 "recordings.passphrase_file"},
		{LOCAL REST JANUS "trial = true; recordings = { folder = "
				  "\"/r\"; public_keys = \"/k/\";"
				  " private_keys = \"/k/private\"; };",
		 "recordings.private_keys"},
		{LOCAL REST JANUS "trial = true; recordings = { folder = "
				  "\"/k\"; public_keys = \"/p\";"
				  " private_keys = \"/k\"; };",
		 "recordings.private_keys"},
	};
	struct rth_conf_problem problem;
	struct rth_settings s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_text(&s, rows[i].text, &problem),
				 RTH_ERR_CONFIG);
		assert_non_null(strstr(problem.text, rows[i].key));
		assert_int_equal(strncmp(problem.text, path, strlen(path)), 0);
		rth_settings_clear(&s);
	}
}

static void recordings_are_a_group(void **state)
{
	struct rth_conf_problem problem;
	struct rth_settings s;

	(void)state;
	assert_int_equal(
		read_text(&s, LOCAL REST JANUS "trial = true;", &problem), 0);
	assert_null(s.recordings.folder);
	rth_settings_clear(&s);
	assert_int_equal(read_text(&s,
				   LOCAL REST JANUS RECORDINGS "trial = true;",
				   &problem),
			 0);
	assert_string_equal(s.recordings.folder, "/r");
	assert_non_null(
		strstr(s.recordings.recover_program, "/rthealth-recover"));
	assert_true(s.recordings.allowed);
	rth_settings_clear(&s);
}

#define TRIAL LOCAL REST JANUS "trial = true;"
#define ONE_RULE(who, rights, of)                                             \
	"review = { rules = ( { who = " who "; rights = " rights "; of = " of \
	"; } ); };"

static const struct rth_review_rule *rule_at(const struct rth_settings *s,
					     size_t n)
{
	return (const struct rth_review_rule *)s->review.rules.v + n;
}

static void operators_play_and_admins_do_all_by_default(void **state)
{
	struct rth_conf_problem problem;
	struct rth_settings s;

	(void)state;
	assert_int_equal(read_text(&s, TRIAL, &problem), 0);
	assert_int_equal(s.review.rules.n, 2);
	assert_string_equal(rule_at(&s, 0)->who.v[0], "role:operator");
	assert_int_equal(rule_at(&s, 0)->rights, RTH_MAY_LIST | RTH_MAY_PLAY);
	assert_string_equal(rule_at(&s, 0)->of.v[0], "all");
	assert_string_equal(rule_at(&s, 1)->who.v[0], "role:admin");
	assert_int_equal(rule_at(&s, 1)->rights, 63);
	assert_int_equal(s.review.reason_need, RTH_REASON_REQUIRED);
	assert_int_equal(s.review.reasons.n, 0);
	assert_int_equal(s.retention.days, 0);
	assert_int_equal(s.retention.rules.n, 0);
	rth_settings_clear(&s);
	/* No rule at all is a choice. */
	assert_int_equal(
		read_text(&s, TRIAL "review = { rules = ( ); };", &problem), 0);
	assert_int_equal(s.review.rules.n, 0);
	rth_settings_clear(&s);
}

static void rules_are_read(void **state)
{
	struct rth_conf_problem problem;
	struct rth_settings s;

	(void)state;
	assert_int_equal(
		read_text(&s,
			  TRIAL "review = { reason = \"optional\";"
				" reasons = [ \"a-1\", \"b\" ]; rules = ("
				" { who = [ \"role:patient\", \"email:a@b\","
				" \"group:g\" ]; rights = [ \"play\","
				" \"hold\" ]; of = [ \"own\","
				" \"domain:d.example\" ]; } ); };"
				"retention = { days = 7; rules = ( { clinicians"
				" = [ \"domain:d\" ]; days = 0; },"
				" { kinds = [ \"K\" ]; days = 3; } ); };"
				"visit = { kinds = [ \"K\", \"Therapie für zwei"
				"\" ]; };",
			  &problem),
		0);
	assert_int_equal(s.review.rules.n, 1);
	assert_int_equal(rule_at(&s, 0)->rights, RTH_MAY_PLAY | RTH_MAY_HOLD);
	assert_int_equal(rule_at(&s, 0)->who.n, 3);
	assert_int_equal(rule_at(&s, 0)->of.n, 2);
	assert_int_equal(s.review.reason_need, RTH_REASON_OPTIONAL);
	assert_string_equal(s.review.reasons.v[1], "b");
	assert_int_equal(s.retention.days, 7);
	assert_int_equal(s.retention.rules.n, 2);
	assert_int_equal(s.visit.kinds.n, 2);
	rth_settings_clear(&s);
}

static void wrong_rules_are_named(void **state)
{
	static const struct {
		const char *text, *problem; /* behind the file's name */
	} rows[] = {
		{ONE_RULE("[ \"operators\" ]", "[ \"list\" ]", "[ \"all\" ]"),
		 ":2: review.rules[0].who: must be role:patient"},
		{ONE_RULE("[ \"role:nurse\" ]", "[ \"list\" ]", "[ \"all\" ]"),
		 ":2: review.rules[0].who: "},
		{ONE_RULE("[ \"email:\" ]", "[ \"list\" ]", "[ \"all\" ]"),
		 ":2: review.rules[0].who: "},
		{ONE_RULE("[ ]", "[ \"list\" ]", "[ \"all\" ]"),
		 ":2: review.rules[0].who: must have"},
		{ONE_RULE("[ \"role:admin\" ]", "[ \"see\" ]", "[ \"all\" ]"),
		 ":2: review.rules[0].rights: must be list"},
		{ONE_RULE("[ \"role:admin\" ]", "[ ]", "[ \"all\" ]"),
		 ":2: review.rules[0].rights: "},
		{ONE_RULE("[ \"role:admin\" ]", "[ \"list\" ]",
			  "[ \"group:g\" ]"),
		 ":2: review.rules[0].of: must be all"},
		{ONE_RULE("[ \"role:admin\" ]", "[ \"list\" ]",
			  "[ \"domain:a@b\" ]"),
		 ":2: review.rules[0].of: "},
		{ONE_RULE("[ \"role:admin\" ]", "[ \"list\", \"administer\" ]",
			  "[ \"own\" ]"),
		 ": review.rules[0].of: must be all, since"},
		{"review = { rules = ( { who = [ \"role:admin\" ]; rights ="
		 " [ \"list\" ]; } ); };",
		 ":2: review.rules[0].of: is missing"},
		{"review = { rules = ( { whom = 1; } ); };",
		 ":2: review.rules[0].whom: unknown key"},
		{"review = { reason = \"maybe\"; };",
		 ":2: review.reason: must be required, optional or none"},
		{"review = { reasons = [ \"Mrs Example\" ]; };",
		 ":2: review.reasons: "},
		{"review = { reasons = [ \"free-text\" ]; };",
		 ":2: review.reasons: "},
		{"retention = { days = -1; };",
		 ":2: retention.days: must be from 0 to 36500"},
		{"retention = { rules = ( { clinicians = [ \"all\" ]; days = 1;"
		 " } ); };",
		 ":2: retention.rules[0].clinicians: must begin with email:"},
		{"retention = { rules = ( { clinicians = [ \"email:a@b\" ];"
		 " } ); };",
		 ":2: retention.rules[0].days: is missing"},
		{"retention = { rules = ( { days = 1; } ); };",
		 ": retention.rules[0]: clinicians or kinds must be given"},
		{"retention = { rules = ( { kinds = [ ]; days = 1; } ); };",
		 ":2: retention.rules[0].kinds: must have"},
		{"retention = { rules = ( { kinds = [ \" a\" ]; days = 1; } );"
		 " };",
		 ":2: retention.rules[0].kinds: must be text"},
		{"visit = { kinds = [ \"\" ]; };",
		 ":2: visit.kinds: must not be empty"},
		{"visit = { kinds = [ \"12345678901234567890"
		 "123456789012345678901\" ]; };",
		 ":2: visit.kinds: must be text of at most 40 characters"},
	};
	struct rth_conf_problem problem;
	struct rth_settings s;
	char text[1024], want[160];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "%s\n%s", TRIAL, rows[i].text);
		assert_int_equal(read_text(&s, text, &problem), RTH_ERR_CONFIG);
		snprintf(want, sizeof(want), "%s%s", path, rows[i].problem);
		if (strncmp(problem.text, want, strlen(want)) != 0)
			fail_msg("%s", problem.text);
		rth_settings_clear(&s);
	}
}

static void memory_may_end_anywhere(void **state)
{
	struct rth_conf_problem problem;
	enum rth_err err = RTH_ERR_NOMEM;
	struct rth_settings s;
	unsigned long n;
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	fputs(TRIAL, file);
	fclose(file);
	for (n = 1; err; n++) {
		memset(&s, 0, sizeof(s));
		rth_mem_fail_at(n);
		err = rth_settings_read(&s, path, &problem);
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
		rth_settings_clear(&s);
	}
	assert_true(n > 20);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_filled_in),
		cmocka_unit_test(a_secret_is_the_first_line_of_its_file),
		cmocka_unit_test(cookies_are_secure_wherever_browsers_allow),
		cmocka_unit_test(recordings_are_a_group),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(operators_play_and_admins_do_all_by_default),
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(wrong_rules_are_named),
		cmocka_unit_test(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, make_paths, remove_paths);
}
