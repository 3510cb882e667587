/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "streams.h"

#define PLAY_A "aaaaaaaaaaaaaaaaaaaaaa"
#define PLAY_B "bbbbbbbbbbbbbbbbbbbbbb"
#define NEVER_MS 3600000

/* Who is asked; the test sets what is answered. */
struct judge {
	atomic_int asked_a, asked_b;
	atomic_int a, b; /* enum rth_err */
};

static enum rth_err still(void *arg, const struct rth_stream_of *of)
{
	const char *play = of->play;
	struct judge *judge = arg;

	if (strcmp(play, PLAY_A) == 0) {
		atomic_fetch_add(&judge->asked_a, 1);
		return (enum rth_err)atomic_load(&judge->a);
	}
	assert_string_equal(play, PLAY_B);
	atomic_fetch_add(&judge->asked_b, 1);
	return (enum rth_err)atomic_load(&judge->b);
}

static struct rth_streams *make(struct judge *judge, unsigned max,
				unsigned max_play, int64_t check_ms)
{
	const struct rth_streams_conf conf = {max,	max_play, max,
					      check_ms, still,	  judge};
	struct rth_streams *streams;

	assert_int_equal(rth_streams_create(&streams, &conf), 0);
	return streams;
}

/* Of recording A, for a user of its own. */
static enum rth_err begin(struct rth_stream **streamp,
			  struct rth_streams *streams, const char *play)
{
	const struct rth_stream_of of = {play, play, PLAY_A, NULL, 0};

	return rth_stream_begin(streamp, streams, &of);
}

static void one_user_does_not_take_all(void **state)
{
	const struct rth_streams_conf conf = {8, 8, 2, NEVER_MS, still, NULL};
	const struct rth_stream_of mine = {PLAY_A, "me", "r", NULL, 0};
	const struct rth_stream_of also_mine = {PLAY_B, "me", "s", NULL, 0};
	const struct rth_stream_of yours = {"p", "you", "s", NULL, 0};
	struct rth_stream *a, *b, *c, *none = NULL;
	struct rth_streams *s;

	(void)state;
	assert_int_equal(rth_streams_create(&s, &conf), 0);
	assert_int_equal(rth_stream_begin(&a, s, &mine), 0);
	assert_int_equal(rth_stream_begin(&b, s, &also_mine), 0);
	assert_int_equal(rth_stream_begin(&none, s, &mine), RTH_ERR_LIMIT);
	assert_null(none);
	assert_int_equal(rth_stream_begin(&c, s, &yours), 0);
	/* A recording that goes takes its answers with it, whosever. */
	rth_streams_cut(s, "s");
	assert_true(rth_stream_good(a));
	assert_false(rth_stream_good(b) || rth_stream_good(c));
	rth_stream_end(b);
	assert_int_equal(rth_stream_begin(&b, s, &mine), 0);
	assert_true(rth_stream_good(b));
	rth_stream_end(a);
	rth_stream_end(b);
	rth_stream_end(c);
	rth_streams_free(s);
}

static void there_are_not_too_many(void **state)
{
	struct judge judge = {0};
	struct rth_streams *s = make(&judge, 3, 2, NEVER_MS);
	struct rth_stream *a1, *a2, *b, *more = NULL;

	(void)state;
	assert_int_equal(begin(&a1, s, PLAY_A), 0);
	assert_int_equal(begin(&a2, s, PLAY_A), 0);
	assert_int_equal(begin(&more, s, PLAY_A), RTH_ERR_LIMIT);
	assert_int_equal(begin(&b, s, PLAY_B), 0);
	assert_int_equal(begin(&more, s, PLAY_B), RTH_ERR_STATE);
	assert_null(more);
	assert_int_equal(rth_streams_running(s), 3);
	rth_stream_end(a1);
	assert_int_equal(begin(&a1, s, PLAY_B), 0);
	rth_stream_end(a1);
	rth_stream_end(a2);
	rth_stream_end(b);
	rth_stream_end(NULL);
	assert_int_equal(rth_streams_running(s), 0);
	rth_streams_free(s);
	rth_streams_free(NULL);
}

static void those_of_a_play_that_is_over_are_cut(void **state)
{
	struct judge judge = {.a = RTH_ERR_NOT_FOUND};
	struct rth_streams *s = make(&judge, 8, 8, NEVER_MS);
	struct rth_stream *a1, *a2, *b;

	(void)state;
	assert_int_equal(begin(&a1, s, PLAY_A), 0);
	assert_int_equal(begin(&b, s, PLAY_B), 0);
	assert_int_equal(begin(&a2, s, PLAY_A), 0);
	assert_true(rth_stream_good(a1) && rth_stream_good(b));
	rth_streams_check(s);
	assert_int_equal(judge.asked_a, 1);
	assert_int_equal(judge.asked_b, 1);
	assert_false(rth_stream_good(a1) || rth_stream_good(a2));
	assert_true(atomic_load(rth_stream_cut(a1)));
	assert_true(rth_stream_good(b));
	assert_false(atomic_load(rth_stream_cut(b)));
	rth_stream_end(a1);
	/* Its place is as new. */
	assert_int_equal(begin(&a1, s, PLAY_B), 0);
	assert_true(rth_stream_good(a1));
	rth_stream_end(a1);
	rth_stream_end(a2);
	rth_stream_end(b);
	rth_streams_check(s);
	assert_int_equal(judge.asked_a, 1);
	rth_streams_free(s);
}

static void a_store_that_fails_cuts_as_well(void **state)
{
	struct judge judge = {.a = RTH_ERR_IO};
	struct rth_streams *s = make(&judge, 8, 8, NEVER_MS);
	struct rth_stream *a;

	(void)state;
	assert_int_equal(begin(&a, s, PLAY_A), 0);
	rth_streams_check(s);
	assert_false(rth_stream_good(a));
	rth_stream_end(a);
	rth_streams_free(s);
}

static void wait_for(const atomic_int *n, int least)
{
	const struct timespec pause = {0, 1000000};
	int i;

	for (i = 0; atomic_load(n) < least; i++) {
		assert_true(i < 20000);
		nanosleep(&pause, NULL);
	}
}

static void the_thread_asks_again_and_again(void **state)
{
	struct judge judge = {0};
	struct rth_streams *s = make(&judge, 8, 8, 1);
	const struct timespec pause = {0, 1000000};
	struct rth_stream *a;
	int i;

	(void)state;
	assert_int_equal(begin(&a, s, PLAY_A), 0);
	wait_for(&judge.asked_a, 3);
	assert_false(atomic_load(rth_stream_cut(a)));
	atomic_store(&judge.a, RTH_ERR_NOT_FOUND);
	for (i = 0; !atomic_load(rth_stream_cut(a)); i++) {
		assert_true(i < 20000);
		nanosleep(&pause, NULL);
	}
	assert_false(rth_stream_good(a));
	rth_stream_end(a);
	rth_streams_free(s);
}

/* A judge that does not answer before it is told to. */
struct slow {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool go;
	atomic_int asked;
};

static enum rth_err slow_still(void *arg, const struct rth_stream_of *of)
{
	struct slow *slow = arg;

	(void)of;
	pthread_mutex_lock(&slow->lock);
	atomic_fetch_add(&slow->asked, 1);
	while (!slow->go)
		pthread_cond_wait(&slow->wake, &slow->lock);
	pthread_mutex_unlock(&slow->lock);
	return 0;
}

static void who_is_not_found_good_in_time_is_over(void **state)
{
	struct slow slow = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
			    false, 0};
	const struct rth_streams_conf conf = {8, 8, 8, 1, slow_still, &slow};
	const struct timespec pause = {0, 1000000};
	struct rth_streams *s;
	struct rth_stream *a;
	int i;

	(void)state;
	assert_int_equal(rth_streams_create(&s, &conf), 0);
	assert_int_equal(begin(&a, s, PLAY_A), 0);
	wait_for(&slow.asked, 1);
	for (i = 0; rth_stream_good(a); i++) {
		assert_true(i < 20000);
		nanosleep(&pause, NULL);
	}
	assert_false(atomic_load(rth_stream_cut(a)));
	/* And others come and go meanwhile. */
	rth_stream_end(a);
	assert_int_equal(begin(&a, s, PLAY_B), 0);
	rth_stream_end(a);
	pthread_mutex_lock(&slow.lock);
	slow.go = true;
	pthread_cond_broadcast(&slow.wake);
	pthread_mutex_unlock(&slow.lock);
	rth_streams_free(s);
}

/* ---- Many threads ---- */

#define THREADS 4
#define ROUNDS 2000

static atomic_int cuts;

static void *come_and_go(void *arg)
{
	struct rth_streams *s = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct rth_stream *stream;

		if (begin(&stream, s, i % 3 ? PLAY_A : PLAY_B))
			continue;
		if (!rth_stream_good(stream))
			atomic_fetch_add(&cuts, 1);
		rth_stream_end(stream);
	}
	return NULL;
}

static void many_come_and_go_at_once(void **state)
{
	struct judge judge = {.b = RTH_ERR_NOT_FOUND};
	struct rth_streams *s = make(&judge, 3, 2, 1);
	pthread_t threads[THREADS];
	int i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, come_and_go, s), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(rth_streams_running(s), 0);
	rth_streams_free(s);
}

static void what_cannot_be_made_is_an_error(void **state)
{
	struct judge judge = {0};
	struct rth_streams_conf conf = {0, 1, 1, 1, still, &judge};
	struct rth_streams *s = NULL;
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	assert_int_equal(rth_streams_create(&s, &conf), RTH_ERR_LIMIT);
	conf.max = RTH_STREAMS_MAX + 1;
	assert_int_equal(rth_streams_create(&s, &conf), RTH_ERR_LIMIT);
	conf.max = RTH_STREAMS_MAX;
	for (n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = rth_streams_create(&s, &conf);
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
	}
	assert_int_equal(n, 5);
	rth_streams_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_user_does_not_take_all),
		cmocka_unit_test(there_are_not_too_many),
		cmocka_unit_test(those_of_a_play_that_is_over_are_cut),
		cmocka_unit_test(a_store_that_fails_cuts_as_well),
		cmocka_unit_test(the_thread_asks_again_and_again),
		cmocka_unit_test(who_is_not_found_good_in_time_is_over),
		cmocka_unit_test(many_come_and_go_at_once),
		cmocka_unit_test(what_cannot_be_made_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
