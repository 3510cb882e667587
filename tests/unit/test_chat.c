/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chat: what is relayed, as whose, and what is refused how. */
#include "fake_visit.h"

#include "../../plugins/chat.h"

static void say_bytes(struct visit *v, struct person *who, const char *bytes,
		      size_t len)
{
	char *exact = malloc(len ? len : 1);

	memcpy(exact, bytes, len);
	rth_chat_receive(v->control, who->session, exact, len);
	free(exact);
	visit_step(v);
}

static void say(struct visit *v, struct person *who, const char *json)
{
	say_bytes(v, who, json, strlen(json));
}

/* The newest data: for whom, as an object to json_decref. */
static json_t *heard(struct person *who)
{
	json_t *message;

	assert_true(fake.n_data > 0);
	assert_ptr_equal(fake.data[fake.n_data - 1].handle, who->handle);
	message = json_loads(fake.data[fake.n_data - 1].text, 0, NULL);
	assert_non_null(message);
	return message;
}

static void refused(struct person *who, const char *reason)
{
	json_t *message = heard(who);

	assert_string_equal(fake_text(message, "type"), "refused");
	assert_string_equal(fake_text(message, "reason"), reason);
	json_decref(message);
}

static void text_is_stamped_and_relayed(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;
	json_t *m;

	visit_call(v, &a, &b);
	say(v, b, "{\"text\":\"<b>\\u00e4\\\"</b>\"}");
	m = heard(a);
	assert_int_equal(fake.n_data, 1);
	assert_int_equal(json_object_size(m), 5);
	assert_string_equal(fake_text(m, "type"), "chat");
	assert_string_equal(fake_text(m, "from"), b->session->participant);
	assert_string_equal(fake_text(m, "role"), "patient");
	assert_string_equal(fake_text(m, "text"), "<b>\xc3\xa4\"</b>");
	assert_int_equal(json_integer_value(json_object_get(m, "time")),
			 fake_host.time_ms());
	json_decref(m);
}

static const struct {
	const char *bytes;
	size_t len;
} malformed[] = {
#define BYTES(s)                 \
	{                        \
		s, sizeof(s) - 1 \
	}
	BYTES(""),
	BYTES("{}"),
	BYTES("[]"),
	BYTES("\"text\""),
	BYTES("{\"text\":\"\"}"),
	BYTES("{\"text\":1}"),
	BYTES("{\"text\":null}"),
	BYTES("{\"text\":[\"a\"]}"),
	BYTES("{\"Text\":\"a\"}"),
	BYTES("{\"text\":\"a\",\"from\":\"p\"}"),
	BYTES("{\"text\":\"a\",\"text\":\"b\"}"),
	BYTES("{\"text\":\"a\"}x"),
	BYTES("{\"text\":\"a\"}\0"),
	BYTES("{\"text\":\"a\0b\"}"),
	BYTES("{\"text\":\"a\\u0000b\"}"),
	BYTES("{\"text\":\"\xff\"}"),
	BYTES("{\"text\":\"\xc0\xaf\"}"),
	BYTES("{\"text\":\"\xed\xa0\x80\"}"),
	BYTES("{\"text\":\"\\ud800\"}"),
	BYTES("{\"text\":\"\xf4\x90\x80\x80\"}"),
	BYTES("{\"text\":\"a"),
};

/* Spaced out, so that neither messages nor refusals are paced. */
static void malformed_messages_are_refused(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;

	visit_call(v, &a, &b);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
		say_bytes(v, a, malformed[i].bytes, malformed[i].len);
		assert_int_equal(fake.n_data, i + 1);
		refused(a, "format");
		fake_advance_us(1000000);
	}
}

static void say_long(struct visit *v, struct person *who, size_t text,
		     size_t total)
{
	char bytes[RTH_CHAT_BYTES_MAX + 2];

	memset(bytes, ' ', sizeof(bytes));
	memcpy(bytes, "{\"text\":\"", 9);
	memset(bytes + 9, 'a', text);
	memcpy(bytes + 9 + text, "\"}", 2);
	say_bytes(v, who, bytes, total ? total : text + 11);
	fake_advance_us(1000000);
}

static void one_byte_over(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;

	visit_call(v, &a, &b);
	say_long(v, a, RTH_CHAT_TEXT_MAX, 0);
	json_decref(heard(b));
	say_long(v, a, RTH_CHAT_TEXT_MAX + 1, 0);
	refused(a, "format");
	say_long(v, a, 100, RTH_CHAT_BYTES_MAX);
	json_decref(heard(b));
	say_long(v, a, 100, RTH_CHAT_BYTES_MAX + 1);
	refused(a, "size");
	assert_int_equal(fake.n_data, 4);
}

static void alone_is_told(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");
	struct person *b;

	visit_negotiate(v, a, "chromium.sdp");
	visit_media(v, a, true);
	say(v, a, "{\"text\":\"a\"}");
	refused(a, "alone");
	b = visit_join(v, "subject-b", "patient");
	say(v, a, "{\"text\":\"a\"}");
	refused(a, "alone");
	visit_media(v, b, true);
	say(v, a, "{\"text\":\"a\"}");
	json_decref(heard(b));
}

/* A burst of ten and then one in 100 ms; refusals one in 500 ms. */
static void chat_and_refusals_are_paced(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;
	size_t relayed = 0, refusals = 0;

	visit_call(v, &a, &b);
	for (int i = 0; i < 100; i++)
		say(v, a, "{\"text\":\"a\"}");
	for (size_t i = 0; i < fake.n_data; i++) {
		if (fake.data[i].handle == b->handle)
			relayed++;
		else
			refusals++;
	}
	refused(a, "rate");
	assert_int_equal(relayed, 10);
	assert_int_equal(refusals, 2);
	for (int i = 0; i < 100; i++) {
		fake_advance_us(100000);
		say(v, a, "{\"text\":\"a\"}");
	}
	assert_int_equal(fake.n_data, 12 + 100);
	/* the other has a pace of its own */
	say(v, b, "{\"text\":\"b\"}");
	json_decref(heard(a));
}

static void without_a_seat_nothing_is_said(void **state)
{
	struct visit *v = *state;
	struct person *a, *b, *c = visit_attach(v);

	visit_call(v, &a, &b);
	say(v, c, "{\"text\":\"a\"}");
	visit_ask(v, a, "t", "{\"request\":\"leave\"}", NULL);
	say(v, a, "{\"text\":\"a\"}");
	assert_int_equal(fake.n_data, 0);
	rth_chat_receive(v->control, b->session, "{\"text\":\"a\"}", 12);
	visit_gone(v, b);
	assert_int_equal(fake.n_data, 0);
}

/* The thread is late: what is over the limit is dropped, and nothing leaks. */
static void messages_cannot_fill_the_queue(void **state)
{
	struct visit *v = *state;
	struct person *a, *b;

	visit_call(v, &a, &b);
	for (int i = 0; i < 100; i++) {
		rth_chat_receive(v->control, a->session, "{\"text\":\"a\"}",
				 12);
		fake_advance_us(100000);
	}
	visit_step(v);
	assert_int_equal(fake.n_data, RTH_SESSION_TASKS_MAX);
	assert_int_equal(atomic_load(&a->session->tasks), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(text_is_stamped_and_relayed),
		TEST(malformed_messages_are_refused),
		TEST(one_byte_over),
		TEST(alone_is_told),
		TEST(chat_and_refusals_are_paced),
		TEST(without_a_seat_nothing_is_said),
		TEST(messages_cannot_fill_the_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
