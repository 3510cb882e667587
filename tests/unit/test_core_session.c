/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One browser's life: allowed moves, and who holds the handle. */
#include "fake_visit.h"

#include "../../common/mem.h"

static void every_move(void **state)
{
	static const bool allowed[RTH_STATES][RTH_STATES] = {
		[RTH_NONE][RTH_WAITING] = true,
		[RTH_NONE][RTH_SEATED] = true,
		[RTH_NONE][RTH_CHECKING] = true,
		[RTH_CHECKING][RTH_LEFT] = true,
		[RTH_WAITING][RTH_SEATED] = true,
		[RTH_WAITING][RTH_LEFT] = true,
		[RTH_NONE][RTH_LEFT] = true,
		[RTH_SEATED][RTH_LEFT] = true,
	};
	struct visit *v = *state;
	struct rth_session *session = visit_attach(v)->session;

	for (int from = 0; from < RTH_STATES; from++) {
		for (int to = 0; to < RTH_STATES; to++) {
			session->state = (enum rth_state)from;
			assert_int_equal(
				rth_session_enter(session, (enum rth_state)to),
				allowed[from][to] ? RTH_OK : RTH_ERR_STATE);
			assert_int_equal(session->state,
					 allowed[from][to] ? to : from);
		}
	}
	session->state = RTH_NONE;
}

static void states_and_roles_have_names(void **state)
{
	(void)state;
	assert_string_equal(rth_state_name(RTH_NONE), "none");
	assert_string_equal(rth_state_name(RTH_WAITING), "waiting");
	assert_string_equal(rth_state_name(RTH_SEATED), "seated");
	assert_string_equal(rth_state_name(RTH_CHECKING), "checking");
	assert_string_equal(rth_state_name(RTH_LEFT), "left");
	assert_string_equal(rth_state_name(RTH_STATES), "unknown");
	assert_string_equal(rth_role_name(RTH_ROLE_CLINICIAN), "clinician");
	assert_string_equal(rth_role_name(RTH_ROLES), "unknown");
}

static void the_last_reference_releases_the_handle(void **state)
{
	struct rth_session *session = NULL;
	struct fake_handle *handle;

	(void)state;
	fake_host_reset();
	handle = fake_handle_new();
	assert_int_equal(rth_session_create(&session, &fake_host, handle),
			 RTH_OK);
	assert_int_equal(atomic_load(&handle->refs), 2);
	assert_ptr_equal(rth_session_ref(session), session);
	rth_session_unref(session);
	assert_int_equal(atomic_load(&handle->refs), 2);
	rth_session_unref(session);
	assert_int_equal(atomic_load(&handle->refs), 1);
	fake_host_reset();
}

static void without_memory_nothing_is_held(void **state)
{
	struct rth_session *session = NULL;
	struct fake_handle *handle;

	(void)state;
	fake_host_reset();
	handle = fake_handle_new();
	rth_mem_fail_at(1);
	assert_int_equal(rth_session_create(&session, &fake_host, handle),
			 RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
	assert_null(session);
	assert_int_equal(atomic_load(&handle->refs), 1);
	fake_host_reset();
}

/* Tasks in the queue keep a session whose handle is gone. */
static void a_handle_goes_while_news_wait(void **state)
{
	struct visit *v = *state;
	struct person *a = visit_join(v, "subject-a", "clinician");

	rth_control_media(v->control, a->session, true);
	rth_control_media(v->control, a->session, false);
	a->gone = true;
	rth_control_gone(v->control, a->session);
	assert_int_equal(atomic_load(&a->handle->refs), 2);
	visit_step(v);
	assert_int_equal(atomic_load(&a->handle->refs), 1);
	assert_int_equal(fake_notices("left"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, visit_setup, visit_teardown)
		TEST(every_move),
		TEST(a_handle_goes_while_news_wait),
		cmocka_unit_test(states_and_roles_have_names),
		cmocka_unit_test(the_last_reference_releases_the_handle),
		cmocka_unit_test(without_memory_nothing_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
