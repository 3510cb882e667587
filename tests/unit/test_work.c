/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worker pool: bounded, and every accepted job runs once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "mem.h"
#include "work.h"

static atomic_int runs;

/* A gate that holds the jobs until the test opens it. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	int waiting;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};

static void reset(void)
{
	atomic_store(&runs, 0);
	gate.open = false;
	gate.waiting = 0;
}

static void wait_at_gate(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&gate.lock);
	gate.waiting++;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	atomic_fetch_add(&runs, 1);
}

static void until_waiting(int n)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.waiting < n)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static void count(void *arg)
{
	(void)arg;
	atomic_fetch_add(&runs, 1);
}

static void runs_every_job_before_it_is_gone(void **state)
{
	struct rth_work *w;
	int i;

	(void)state;
	reset();
	assert_int_equal(rth_work_create(&w, 3, 100), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(rth_work_add(w, count, NULL), 0);
	rth_work_free(w);
	assert_int_equal(atomic_load(&runs), 100);
}

static void refuses_one_more_than_fits(void **state)
{
	struct rth_work *w;

	(void)state;
	reset();
	assert_int_equal(rth_work_create(&w, 1, 2), 0);
	assert_int_equal(rth_work_add(w, wait_at_gate, NULL), 0);
	until_waiting(1);
	assert_int_equal(rth_work_add(w, count, NULL), 0);
	assert_int_equal(rth_work_add(w, count, NULL), 0);
	assert_int_equal(rth_work_add(w, count, NULL), RTH_ERR_LIMIT);
	open_gate();
	rth_work_free(w);
	assert_int_equal(atomic_load(&runs), 3);
}

static void jobs_run_beside_each_other(void **state)
{
	struct rth_work *w;

	(void)state;
	reset();
	assert_int_equal(rth_work_create(&w, 2, 2), 0);
	assert_int_equal(rth_work_add(w, wait_at_gate, NULL), 0);
	assert_int_equal(rth_work_add(w, wait_at_gate, NULL), 0);
	until_waiting(2);
	open_gate();
	rth_work_free(w);
	assert_int_equal(atomic_load(&runs), 2);
}

static void stopping_refuses_new_and_keeps_old(void **state)
{
	struct rth_work *w;

	(void)state;
	reset();
	assert_int_equal(rth_work_create(&w, 1, 4), 0);
	assert_false(rth_work_stopping(w));
	assert_int_equal(rth_work_add(w, wait_at_gate, NULL), 0);
	until_waiting(1);
	assert_int_equal(rth_work_add(w, count, NULL), 0);
	rth_work_stop(w);
	assert_true(rth_work_stopping(w));
	assert_int_equal(rth_work_add(w, count, NULL), RTH_ERR_STATE);
	open_gate();
	rth_work_free(w);
	assert_int_equal(atomic_load(&runs), 2);
}

/* What a server that is still answering may do while the program closes. */
static void joining_leaves_a_pool_that_refuses(void **state)
{
	struct rth_work *w;

	(void)state;
	reset();
	assert_int_equal(rth_work_create(&w, 2, 4), 0);
	assert_int_equal(rth_work_add(w, count, NULL), 0);
	rth_work_join(w);
	assert_int_equal(atomic_load(&runs), 1);
	assert_int_equal(rth_work_add(w, count, NULL), RTH_ERR_STATE);
	rth_work_join(w);
	rth_work_free(w);
	rth_work_join(NULL);
	assert_int_equal(atomic_load(&runs), 1);
}

static void wrong_sizes_and_no_memory(void **state)
{
	struct rth_work *w = NULL;
	unsigned long n;

	(void)state;
	assert_int_equal(rth_work_create(&w, 0, 1), RTH_ERR_LIMIT);
	assert_int_equal(rth_work_create(&w, 1, 0), RTH_ERR_LIMIT);
	assert_int_equal(rth_work_create(&w, RTH_WORK_MAX_THREADS + 1, 1),
			 RTH_ERR_LIMIT);
	for (n = 1; n <= 2; n++) {
		rth_mem_fail_at(n);
		assert_int_equal(rth_work_create(&w, 1, 1), RTH_ERR_NOMEM);
	}
	rth_mem_fail_at(0);
	assert_null(w);
	rth_work_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_every_job_before_it_is_gone),
		cmocka_unit_test(refuses_one_more_than_fits),
		cmocka_unit_test(jobs_run_beside_each_other),
		cmocka_unit_test(stopping_refuses_new_and_keeps_old),
		cmocka_unit_test(joining_leaves_a_pool_that_refuses),
		cmocka_unit_test(wrong_sizes_and_no_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
