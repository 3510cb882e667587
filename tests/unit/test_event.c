/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What event handlers are told: boot and number of each event, that the plugin
 * is alive, and what the lines are like.
 */
#include "fake_visit.h"

#include "../../common/mem.h"
#include "../../plugins/event.h"
#include "../../plugins/quality.h"

static int64_t seq_of(const json_t *event)
{
	return json_integer_value(json_object_get(event, "seq"));
}

/* The newest notice of this name. */
static const json_t *newest(const char *name)
{
	for (size_t i = fake.n_notices; i-- > 0;)
		if (!strcmp(fake_text(fake.notices[i], "event"), name))
			return fake.notices[i];
	fail_msg("no %s was told", name);
	return NULL;
}

/* From `first` on there is each number once, in order, of one boot. */
static void check_numbers(const char *boot, int64_t first)
{
	for (size_t i = 0; i < fake.n_notices; i++) {
		const json_t *event = fake.notices[i];

		assert_string_equal(fake_text(event, "boot"), boot);
		assert_int_equal(seq_of(event), first + (int64_t)i);
		assert_true(json_integer_value(
				    json_object_get(event, "time_ms")) > 0);
	}
}

static void every_event_has_a_number(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;

	visit_call(v, &a, &b);
	visit_gone(v, a);
	visit_gone(v, b);
	visit_wait_ms(v, 61000);
	assert_int_equal(fake_notices("room-closed"), 1);
	assert_true(rth_id_valid(v->control->boot->id));
	check_numbers(v->control->boot->id, 1);
	assert_int_equal(v->control->boot->seq, fake.n_notices);
}

static void another_start_has_another_boot(void **state)
{
	struct rth_boot *one = NULL, *two = NULL;

	(void)state;
	assert_int_equal(rth_boot_create(&one), RTH_OK);
	assert_int_equal(rth_boot_create(&two), RTH_OK);
	assert_string_not_equal(one->id, two->id);
	rth_free(one);
	rth_free(two);
	rth_mem_fail_at(1);
	one = NULL;
	assert_int_equal(rth_boot_create(&one), RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
	assert_null(one);
}

static void what_cannot_be_told_leaves_a_gap(void **state)
{
	struct visit *v = *state;

	rth_event_tell(v->control, json_pack("{s:s}", "event", "one"));
	rth_event_tell(v->control, NULL);
	rth_event_tell(v->control, json_pack("{s:s}", "event", "three"));
	assert_int_equal(seq_of(newest("one")), 1);
	assert_int_equal(seq_of(newest("three")), 3);
}

static void a_started_plugin_is_never_silent(void **state)
{
	struct visit *v = *state;

	visit_wait_ms(v, 200000);
	assert_int_equal(fake.n_notices, 0);
	rth_event_started(v->control);
	assert_true(strlen(fake_text(newest("started"), "host")) > 0);
	assert_int_equal(fake_notices("alive"), 0);
	visit_wait_ms(v, 59000);
	assert_int_equal(fake_notices("alive"), 0);
	visit_wait_ms(v, 2000);
	assert_int_equal(fake_notices("alive"), 1);
	visit_wait_ms(v, 121000);
	assert_int_equal(fake_notices("alive"), 3);
	rth_event_stopping(v->control);
	check_numbers(v->control->boot->id, 1);
	assert_int_equal(seq_of(newest("stopping")), 5);
}

static void its_name_is_one_word(void **state)
{
	struct visit *v = visit_make("name = \"a b/c_d-\\\"\";\n", NULL);

	(void)state;
	rth_event_started(v->control);
	assert_string_equal(fake_text(newest("started"), "host"), "a-b-c_d--");
	visit_free(v);
}

static void quality_needs_two_people(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;

	visit_call(v, &a, &b);
	visit_media(v, b, false);
	visit_wait_ms(v, 30000);
	assert_int_equal(fake_notices("quality"), 0);
	visit_media(v, b, true);
	visit_wait_ms(v, 9000);
	assert_int_equal(fake_notices("quality"), 0);
	visit_wait_ms(v, 2000);
	assert_int_equal(fake_notices("quality"), 2);
	visit_wait_ms(v, 20000);
	assert_int_equal(fake_notices("quality"), 6);
}

static int64_t member(const char *name)
{
	return json_integer_value(json_object_get(newest("quality"), name));
}

/* 1250 bytes in each half second: 20 kbit/s. */
static void quality_says_what_is_known(void **state)
{
	struct visit *v = *state;
	struct rth_losses *losses;
	struct person *a, *b;

	visit_call(v, &a, &b);
	losses = rth_limit_losses(b->session->port.limit);
	visit_wait_ms(v, 1000);
	for (int i = 0; i < 21; i++) {
		rth_limit_sent(b->session->port.limit,
			       v->control->host->now_us(), 1250);
		rth_losses_add(losses, 7, i == 3 ? 128 : 0);
		rth_losses_add(losses, 8, 0);
		visit_wait_ms(v, 500);
	}
	assert_int_equal(fake_notices("quality"), 2);
	/* The patient's is told last, and what they sent went nowhere. */
	assert_string_equal(fake_text(newest("quality"), "role"), "patient");
	assert_in_range(member("received_kbps"), 18, 22);
	assert_int_equal(member("sent_kbps"), 0);
	/* Half of one of some twenty reports; the other stream lost nothing. */
	assert_in_range(member("loss_permille"), 20, 30);
	assert_true(json_is_null(
		json_object_get(newest("quality"), "round_trip_ms")));
	assert_true(
		json_is_false(json_object_get(newest("quality"), "limited")));
}

static void losses_are_the_worst_streams(void **state)
{
	struct rth_losses losses = {.ssrc = {0}};
	struct rth_losses_seen before = rth_losses_see(&losses), now = before;
	uint32_t i;

	(void)state;
	assert_int_equal(rth_losses_permille(&before, &now), -1);
	rth_losses_add(&losses, 1, 0);
	rth_losses_add(&losses, 2, 64);
	rth_losses_add(&losses, 2, 0);
	now = rth_losses_see(&losses);
	assert_int_equal(rth_losses_permille(&before, &now), 125);
	before = now;
	assert_int_equal(rth_losses_permille(&before, &now), -1);
	rth_losses_add(&losses, 1, 0);
	now = rth_losses_see(&losses);
	assert_int_equal(rth_losses_permille(&before, &now), 0);
	/* A receiver may tell of whatever it likes. */
	for (i = 0; i < 1000; i++)
		rth_losses_add(&losses, i, 255);
	now = rth_losses_see(&losses);
	assert_in_range(rth_losses_permille(&before, &now), 900, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(every_event_has_a_number),
		cmocka_unit_test(another_start_has_another_boot),
		TEST(what_cannot_be_told_leaves_a_gap),
		TEST(a_started_plugin_is_never_silent),
		cmocka_unit_test(its_name_is_one_word),
		TEST(quality_needs_two_people),
		TEST(quality_says_what_is_known),
		cmocka_unit_test(losses_are_the_worst_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
