/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue: order, waiting, and its end. */
#include "support.h"

#include <time.h>

#include "../../plugins/task.h"

static struct rth_queue queue;

static int setup(void **state)
{
	(void)state;
	return rth_queue_init(&queue);
}

static int teardown(void **state)
{
	(void)state;
	rth_queue_clear(&queue);
	return 0;
}

static void tasks_keep_their_order(void **state)
{
	struct rth_task tasks[3] = {{0}};
	struct rth_task *list;
	bool stopped = true;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(rth_queue_put(&queue, &tasks[i]), RTH_OK);
	list = rth_queue_take(&queue, 0, &stopped);
	assert_false(stopped);
	for (int i = 0; i < 3; i++, list = list->next)
		assert_ptr_equal(list, &tasks[i]);
	assert_null(list);
	assert_null(rth_queue_take(&queue, 0, &stopped));
	assert_int_equal(rth_queue_put(&queue, &tasks[1]), RTH_OK);
	list = rth_queue_take(&queue, 0, &stopped);
	assert_ptr_equal(list, &tasks[1]);
	assert_null(list->next);
}

static void what_is_in_is_given_out_after_the_stop(void **state)
{
	struct rth_task in = {0}, late = {0};
	bool stopped = false;

	(void)state;
	assert_int_equal(rth_queue_put(&queue, &in), RTH_OK);
	rth_queue_stop(&queue);
	assert_int_equal(rth_queue_put(&queue, &late), RTH_ERR_STATE);
	assert_ptr_equal(rth_queue_take(&queue, 1000, &stopped), &in);
	assert_true(stopped);
	assert_null(rth_queue_take(&queue, 1000, &stopped));
}

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void waiting_ends(void **state)
{
	int64_t before_ms = clock_ms();
	bool stopped = true;

	(void)state;
	assert_null(rth_queue_take(&queue, 1020, &stopped));
	assert_false(stopped);
	assert_true(clock_ms() - before_ms >= 1019);
}

#define PER_THREAD 2000
#define THREADS 3

struct counted {
	struct rth_task task;
	int thread, number;
};

static struct counted counted[THREADS][PER_THREAD];

static void *put_many(void *arg)
{
	struct counted *mine = arg;

	for (int i = 0; i < PER_THREAD; i++)
		if (rth_queue_put(&queue, &mine[i].task))
			return arg;
	return NULL;
}

static void many_threads_lose_nothing(void **state)
{
	pthread_t threads[THREADS];
	int next[THREADS] = {0};
	int n = 0;

	(void)state;
	for (int t = 0; t < THREADS; t++) {
		for (int i = 0; i < PER_THREAD; i++) {
			counted[t][i].thread = t;
			counted[t][i].number = i;
		}
		assert_int_equal(
			pthread_create(&threads[t], NULL, put_many, counted[t]),
			0);
	}
	while (n < THREADS * PER_THREAD) {
		bool stopped;
		struct rth_task *task = rth_queue_take(&queue, 5000, &stopped);

		assert_non_null(task);
		for (; task; task = task->next, n++) {
			struct counted *c = (struct counted *)task;

			assert_int_equal(c->number, next[c->thread]++);
		}
	}
	for (int t = 0; t < THREADS; t++) {
		void *failed;

		pthread_join(threads[t], &failed);
		assert_null(failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(tasks_keep_their_order),
		TEST(what_is_in_is_given_out_after_the_stop),
		TEST(waiting_ends),
		TEST(many_threads_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
