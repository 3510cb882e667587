/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was refused, counted, and read back from the log. */
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "log.h"
#include "refused.h"

/* The line that is written for them; NULL: none. */
static json_t *logged(struct rth_refused *refused)
{
	int real = dup(STDERR_FILENO);
	char line[4096];
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	rth_refused_log(refused, "public");
	dup2(real, STDERR_FILENO);
	close(real);
	n = read(ends[0], line, sizeof(line) - 1);
	close(ends[0]);
	line[n > 0 ? n : 0] = '\0';
	return json_loads(line, 0, NULL);
}

static int count(const json_t *line, const char *name)
{
	const json_t *n = json_object_get(line, name);

	assert_true(json_is_integer(n));
	return (int)json_integer_value(n);
}

static void nothing_is_not_told(void **state)
{
	struct rth_refused refused = {{0}};

	(void)state;
	rth_log_init("rthealth-test", RTH_LOG_INFO);
	assert_null(logged(&refused));
	rth_refused_add(&refused, RTH_REFUSED_LATE, 0);
	assert_null(logged(&refused));
}

static void each_kind_is_counted_once(void **state)
{
	static const char *const names[RTH_REFUSED_KINDS] = {
		"malformed",  "too_large",    "no_route",
		"wrong_host", "wrong_origin", "busy",
		"other",      "late",	      "broken",
	};
	struct rth_refused refused = {{0}};
	json_t *line;
	int i;

	(void)state;
	rth_log_init("rthealth-test", RTH_LOG_INFO);
	for (i = 0; i < RTH_REFUSED_KINDS; i++)
		rth_refused_add(&refused, (enum rth_refused_kind)i,
				(unsigned)(10 + i));
	line = logged(&refused);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "event")),
			    "refused");
	assert_string_equal(
		json_string_value(json_object_get(line, "listener")), "public");
	for (i = 0; i < RTH_REFUSED_KINDS; i++)
		assert_int_equal(count(line, names[i]), 10 + i);
	json_decref(line);
	assert_null(logged(&refused));
}

static void a_status_has_a_kind(void **state)
{
	(void)state;
	assert_int_equal(rth_refused_kind(400), RTH_REFUSED_MALFORMED);
	assert_int_equal(rth_refused_kind(403), RTH_REFUSED_WRONG_ORIGIN);
	assert_int_equal(rth_refused_kind(405), RTH_REFUSED_NO_ROUTE);
	assert_int_equal(rth_refused_kind(414), RTH_REFUSED_TOO_LARGE);
	assert_int_equal(rth_refused_kind(421), RTH_REFUSED_WRONG_HOST);
	assert_int_equal(rth_refused_kind(431), RTH_REFUSED_TOO_LARGE);
	assert_int_equal(rth_refused_kind(503), RTH_REFUSED_BUSY);
	assert_int_equal(rth_refused_kind(500), RTH_REFUSED_OTHER);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_not_told),
		cmocka_unit_test(each_kind_is_counted_once),
		cmocka_unit_test(a_status_has_a_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
