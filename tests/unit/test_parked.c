/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joins that wait while an issuer's keys are fetched. */
#include "fake_visit.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/jwt.h"

/* An issuer that hears a request and answers when the test says so. */
struct server {
	struct visit *visit;
	int fd;
};

static int setup(void **state)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	char url[64];

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(server->fd >= 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(server->fd, 8), 0);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&at, &len),
			 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/jwks",
		 ntohs(at.sin_port));
	server->visit = visit_make("", url);
	*state = server;
	return 0;
}

static int teardown(void **state)
{
	struct server *server = *state;

	if (server->visit)
		visit_free(server->visit);
	close(server->fd);
	free(server);
	return 0;
}

/* Answers the next request with the visit's keys, or with an error. */
static void serve(const struct server *server, bool good)
{
	int fd = accept(server->fd, NULL, NULL);
	char body[1024] = "", text[2048], request[1024];
	FILE *file = fopen(server->visit->keys, "r");

	assert_true(fd >= 0);
	assert_non_null(file);
	assert_true(fread(body, 1, sizeof(body) - 1, file) > 0);
	fclose(file);
	assert_true(read(fd, request, sizeof(request)) > 0);
	snprintf(text, sizeof(text),
		 "HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
		 "Connection: close\r\n\r\n%s",
		 good ? "200 OK" : "503 Busy", strlen(body), body);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static struct person *ask_to_join(struct visit *v, const char *sub,
				  const char *role)
{
	struct person *person = visit_attach(v);

	visit_ask_join(v, person, visit_claims(v, sub, role));
	return person;
}

static void a_join_waits_for_the_first_keys(void **state)
{
	struct server *server = *state;
	struct visit *v = server->visit;
	struct person *a = ask_to_join(v, "subject-a", "clinician");

	assert_int_equal(v->control->n_parked, 1);
	visit_wait_ms(v, 2000);
	fake_expect_silence();
	assert_int_equal(a->session->state, RTH_NONE);
	serve(server, true);
	visit_await_push(v);
	fake_expect(a->handle, "joined", "join");
	assert_int_equal(v->control->n_parked, 0);
	/* the next one need not wait */
	visit_join(v, "subject-b", "patient");
}

static void keys_that_cannot_be_had_admit_nobody(void **state)
{
	struct server *server = *state;
	struct visit *v = server->visit;
	struct person *a = ask_to_join(v, "subject-a", "clinician");

	serve(server, false);
	/* asked again at once, and then no more */
	for (int i = 0; i < 3 && fake.n_pushes == 0; i++) {
		for (int k = 0; k < 20 && fake.n_pushes == 0; k++)
			rth_control_step(v->control, 10);
		if (fake.n_pushes == 0)
			serve(server, false);
	}
	visit_await_push(v);
	fake_expect_error(a->handle, "not-admitted", "join");
	assert_int_equal(a->session->state, RTH_NONE);
}

static void waiting_has_an_end(void **state)
{
	struct server *server = *state;
	struct visit *v = server->visit;
	struct person *a = ask_to_join(v, "subject-a", "clinician");

	visit_wait_ms(v, RTH_PARKED_US / 1000 - 500);
	fake_expect_silence();
	visit_wait_ms(v, 500);
	fake_expect_error(a->handle, "not-admitted", "join");
	assert_string_equal(fake_text(fake_last_notice("refused"), "reason"),
			    "keys-late");
	assert_int_equal(v->control->n_parked, 0);
	assert_int_equal(a->session->state, RTH_NONE);
}

static void a_handle_goes_while_its_join_waits(void **state)
{
	struct server *server = *state;
	struct visit *v = server->visit;
	struct person *a = ask_to_join(v, "subject-a", "clinician");

	visit_gone(v, a);
	assert_int_equal(a->session->state, RTH_LEFT);
	serve(server, true);
	for (int i = 0; i < 500 && v->control->n_parked; i++)
		rth_control_step(v->control, 10);
	assert_int_equal(v->control->n_parked, 0);
	fake_expect_silence();
	assert_int_equal(atomic_load(&a->handle->refs), 1);
	assert_null(v->control->rooms.first);
}

static void so_many_may_wait_and_no_more(void **state)
{
	struct server *server = *state;
	struct visit *v = server->visit;
	struct person *last;

	for (int i = 0; i < RTH_PARKED_MAX; i++)
		ask_to_join(v, "subject-a", "clinician");
	fake_expect_silence();
	last = ask_to_join(v, "subject-b", "patient");
	fake_expect_error(last->handle, "not-admitted", "join");
	fake_expect_silence();
	assert_int_equal(v->control->n_parked, RTH_PARKED_MAX);
}

static void two_joins_of_one_browser_make_one_seat(void **state)
{
	struct server *server = *state;
	struct visit *v = server->visit;
	struct person *a = ask_to_join(v, "subject-a", "clinician");

	visit_ask_join(v, a, visit_claims(v, "subject-a", "clinician"));
	serve(server, true);
	visit_await_push(v);
	fake_expect(a->handle, "joined", "join");
	fake_expect_error(a->handle, "wrong-state", "join");
	assert_int_equal(v->control->rooms.n, 1);
}

static void the_later_join_takes_over(void **state)
{
	struct server *server = *state;
	struct visit *v = server->visit;
	struct person *early = ask_to_join(v, "subject-a", "clinician");
	struct person *late = ask_to_join(v, "subject-a", "clinician");

	visit_wait_ms(v, 1000);
	serve(server, true);
	visit_await_push(v);
	fake_expect(early->handle, "joined", "join");
	fake_expect(early->handle, "replaced", NULL);
	fake_expect(late->handle, "joined", "join");
	fake_expect_silence();
	assert_int_equal(late->session->state, RTH_SEATED);
}

/* Stopping with a join that waits, and one that was not looked at yet. */
static void stopping_drops_what_waits(void **state)
{
	struct server *server = *state;
	struct visit *v = server->visit;
	struct person *a = ask_to_join(v, "subject-a", "clinician");
	json_t *body =
		json_pack("{s:s, s:s}", "request", "join", "token", "a.b.c");

	assert_int_equal(
		rth_command_post(v->control, a->session, "late", body, NULL),
		RTH_OK);
	fake_advance_us(2 * RTH_TICK_US);
	a->gone = true;
	rth_control_free(v->control);
	v->control = NULL;
	assert_int_equal(atomic_load(&a->handle->refs), 2);
	rth_session_unref(a->session);
	visit_free(v);
	server->visit = NULL;
}

/* The issuer signs with a new key, which its file has since a moment ago. */
static void a_new_key_is_fetched(void **state)
{
	struct visit *v = visit_make("", NULL);
	struct person *a;

	(void)state;
	rth_jwt_key_free(v->key);
	assert_int_equal(rth_jwt_key_make(&v->key), RTH_OK);
	visit_write_keys(v);
	a = ask_to_join(v, "subject-a", "clinician");
	visit_await_push(v);
	fake_expect(a->handle, "joined", "join");
	visit_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(a_join_waits_for_the_first_keys),
		TEST(keys_that_cannot_be_had_admit_nobody),
		TEST(waiting_has_an_end),
		TEST(a_handle_goes_while_its_join_waits),
		TEST(so_many_may_wait_and_no_more),
		TEST(two_joins_of_one_browser_make_one_seat),
		TEST(the_later_join_takes_over),
		TEST(stopping_drops_what_waits),
		cmocka_unit_test(a_new_key_is_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
