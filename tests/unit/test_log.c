/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines, read back through a pipe in place of stderr. */
#include "support.h"

#include <fcntl.h>
#include <unistd.h>

#include <jansson.h>

#include "log.h"
#include "mem.h"

static int real_stderr;
static int reader;

static void capture(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	reader = ends[0];
}

/* Gives what was written since capture(), "" when nothing was. */
static void release(char *out, size_t size)
{
	ssize_t n = read(reader, out, size - 1);

	out[n > 0 ? n : 0] = '\0';
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(reader);
}

static json_t *parse_line(const char *line)
{
	json_t *json = json_loads(line, 0, NULL);

	assert_non_null(json);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	return json;
}

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	assert_non_null(text);
	return text;
}

static void writes_one_object_a_line(void **state)
{
	char line[8192];
	json_t *json;

	(void)state;
	rth_log_init("rthealth-test", RTH_LOG_INFO);
	capture();
	rth_log(RTH_LOG_WARN, "visit-made", "s:s, s:i", "visit", "v-1",
		"minutes", 30);
	release(line, sizeof(line));
	json = parse_line(line);
	assert_string_equal(text_of(json, "level"), "warn");
	assert_string_equal(text_of(json, "program"), "rthealth-test");
	assert_string_equal(text_of(json, "event"), "visit-made");
	assert_string_equal(text_of(json, "visit"), "v-1");
	assert_int_equal(json_integer_value(json_object_get(json, "minutes")),
			 30);
	assert_int_equal(strlen(text_of(json, "time")),
			 strlen("2026-01-31T09:30:00.000Z"));
	json_decref(json);
}

static void says_nothing_below_its_level(void **state)
{
	char line[64];

	(void)state;
	rth_log_init("rthealth-test", RTH_LOG_WARN);
	capture();
	rth_log(RTH_LOG_INFO, "quiet", NULL);
	release(line, sizeof(line));
	assert_string_equal(line, "");
	capture();
	rth_log(RTH_LOG_ERROR, "e", NULL);
	release(line, sizeof(line));
	assert_string_not_equal(line, "");
}

/* A value cannot end the line, begin another or replace what is known. */
static void escapes_and_keeps_its_head(void **state)
{
	char line[8192];
	json_t *json;

	(void)state;
	rth_log_init("rthealth-test", RTH_LOG_INFO);
	capture();
	rth_log(RTH_LOG_INFO, "odd", "s:s, s:s", "value",
		"a\n{\"event\":\"forged\"}\r\x1b[2J", "event", "forged");
	release(line, sizeof(line));
	json = parse_line(line);
	assert_string_equal(text_of(json, "event"), "odd");
	assert_null(strchr(line, '\x1b'));
	json_decref(json);
}

static void says_when_fields_are_wrong(void **state)
{
	char line[8192];
	json_t *json;

	(void)state;
	rth_log_init("rthealth-test", RTH_LOG_INFO);
	capture();
	rth_log(RTH_LOG_INFO, "odd", "s:s", "value", (char *)NULL);
	release(line, sizeof(line));
	json = parse_line(line);
	assert_string_equal(text_of(json, "fields"), "unprintable");
	json_decref(json);
}

static void drops_fields_that_are_too_long(void **state)
{
	char line[8192], *value = malloc(5001);
	json_t *json;

	(void)state;
	assert_non_null(value);
	memset(value, 'x', 5000);
	value[5000] = '\0';
	rth_log_init("rthealth-test", RTH_LOG_INFO);
	capture();
	rth_log(RTH_LOG_INFO, "long", "s:s", "value", value);
	release(line, sizeof(line));
	json = parse_line(line);
	assert_string_equal(text_of(json, "event"), "long");
	assert_string_equal(text_of(json, "fields"), "unprintable");
	json_decref(json);
	free(value);
}

static void survives_failing_allocations(void **state)
{
	char line[8192];

	(void)state;
	rth_log_init("rthealth-test", RTH_LOG_INFO);
	for (unsigned long n = 1; n < 40; n++) {
		capture();
		rth_mem_fail_at(n);
		rth_log(RTH_LOG_INFO, "event", "s:s, s:i", "a", "b", "c", 1);
		rth_mem_fail_at(0);
		release(line, sizeof(line));
		if (*line)
			json_decref(parse_line(line));
	}
	assert_non_null(strstr(line, "\"c\":1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_one_object_a_line),
		cmocka_unit_test(says_nothing_below_its_level),
		cmocka_unit_test(escapes_and_keeps_its_head),
		cmocka_unit_test(says_when_fields_are_wrong),
		cmocka_unit_test(drops_fields_that_are_too_long),
		cmocka_unit_test(survives_failing_allocations),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	json_object_seed(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
