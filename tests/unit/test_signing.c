/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signing keys: made once, published before they sign, kept until their tokens
 * have died, private on the disk.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jwt.h"
#include "mem.h"
#include "signing.h"

#define T0 1790000000
#define ROTATE 10000
#define LEAD 1000
#define KEEP 400

struct fixture {
	char dir[64];
	struct rth_signing_conf conf;
	struct rth_signing *s;
};

static void file_path(char *out, const struct fixture *f, const char *name)
{
	sprintf(out, "%s/%s", f->dir, name);
}

static void reopen(struct fixture *f, int64_t now_s)
{
	rth_signing_free(f->s);
	f->s = NULL;
	assert_int_equal(rth_signing_create(&f->s, &f->conf, now_s), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/rth-signing-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->conf = (struct rth_signing_conf){f->dir, ROTATE, LEAD, KEEP};
	*state = f;
	reopen(f, T0);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	DIR *dir = opendir(f->dir);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
			unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	rmdir(f->dir);
	rth_signing_free(f->s);
	free(f);
	return 0;
}

static int file_count(const struct fixture *f)
{
	DIR *dir = opendir(f->dir);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(dir)))
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	closedir(dir);
	return n;
}

static json_t *published(struct rth_signing *s)
{
	json_t *set = NULL;

	assert_int_equal(rth_signing_jwks(&set, s), 0);
	return set;
}

static size_t key_count(struct rth_signing *s)
{
	json_t *set = published(s);
	size_t n = json_array_size(json_object_get(set, "keys"));

	json_decref(set);
	return n;
}

/* Signs at a time, checks it with what is published, and gives the kid. */
static void signer(char kid[128], struct rth_signing *s, int64_t now_s)
{
	const struct rth_jwt_policy policy = {.issuer = "i",
					      .audience = "a",
					      .algs = RTH_JWT_ES256,
					      .typ = "at+jwt"};
	json_t *claims = json_pack(
		"{s:s, s:s, s:s, s:I, s:I}", "iss", "i", "aud", "a", "sub", "s",
		"iat", (json_int_t)now_s, "exp", (json_int_t)(now_s + 300));
	json_t *set = published(s), *read = NULL;
	char *text = json_dumps(set, JSON_COMPACT), *token = NULL;
	struct rth_jwks *jwks = NULL;
	struct rth_jwt_hint hint;

	assert_int_equal(rth_signing_sign(&token, s, "at+jwt", claims, now_s),
			 0);
	assert_int_equal(rth_jwks_parse(&jwks, text, strlen(text)), 0);
	assert_int_equal(rth_jwt_verify(&read, token, strlen(token), jwks,
					&policy, now_s),
			 RTH_JWT_OK);
	assert_int_equal(rth_jwt_peek(&hint, token, strlen(token)), 0);
	strcpy(kid, hint.kid);
	rth_jwks_unref(jwks);
	json_decref(read);
	json_decref(set);
	json_decref(claims);
	rth_free(token);
	free(text);
}

static void the_first_key_signs_at_once_and_is_private(void **state)
{
	struct fixture *f = *state;
	char kid[128], path[128];
	struct stat st;

	signer(kid, f->s, T0);
	assert_true(kid[0]);
	assert_int_equal(file_count(f), 1);
	file_path(path, f, "sign-1790000000.pem");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void nothing_secret_is_published(void **state)
{
	struct fixture *f = *state;
	json_t *set = published(f->s);
	json_t *key = json_array_get(json_object_get(set, "keys"), 0);

	assert_null(json_object_get(key, "d"));
	assert_string_equal(json_string_value(json_object_get(key, "alg")),
			    "ES256");
	json_decref(set);
}

static void a_restart_keeps_the_key(void **state)
{
	struct fixture *f = *state;
	char before[128], after[128];

	signer(before, f->s, T0);
	reopen(f, T0 + 5);
	signer(after, f->s, T0 + 5);
	assert_string_equal(before, after);
}

static void a_key_is_published_then_signs_then_lingers(void **state)
{
	struct fixture *f = *state;
	char first[128], now[128];

	signer(first, f->s, T0);
	assert_int_equal(rth_signing_tick(f->s, T0 + ROTATE - LEAD - 1), 0);
	assert_int_equal(key_count(f->s), 1);
	assert_int_equal(rth_signing_tick(f->s, T0 + ROTATE - LEAD), 0);
	assert_int_equal(key_count(f->s), 2);
	signer(now, f->s, T0 + ROTATE - 1);
	assert_string_equal(now, first);
	signer(now, f->s, T0 + ROTATE);
	assert_string_not_equal(now, first);
	assert_int_equal(rth_signing_tick(f->s, T0 + ROTATE + KEEP - 1), 0);
	assert_int_equal(key_count(f->s), 2);
	assert_int_equal(rth_signing_tick(f->s, T0 + ROTATE + KEEP), 0);
	assert_int_equal(key_count(f->s), 1);
	assert_int_equal(file_count(f), 1);
	reopen(f, T0 + ROTATE + KEEP);
	signer(first, f->s, T0 + ROTATE + KEEP);
	assert_string_equal(now, first);
}

static void rotation_by_hand_waits_for_the_lead_too(void **state)
{
	struct fixture *f = *state;
	char first[128], now[128];

	signer(first, f->s, T0);
	assert_int_equal(rth_signing_rotate(f->s, T0 + 10), 0);
	assert_int_equal(rth_signing_rotate(f->s, T0 + 11), RTH_ERR_EXISTS);
	reopen(f, T0 + 12);
	assert_int_equal(key_count(f->s), 2);
	signer(now, f->s, T0 + 10 + LEAD - 1);
	assert_string_equal(now, first);
	signer(now, f->s, T0 + 10 + LEAD);
	assert_string_not_equal(now, first);
}

static void a_clock_set_back_still_signs(void **state)
{
	struct fixture *f = *state;
	char kid[128];

	signer(kid, f->s, T0 - 100000);
	assert_int_equal(rth_signing_tick(f->s, T0 - 100000), 0);
	assert_int_equal(key_count(f->s), 1);
}

static void leftovers_are_swept_and_strangers_left_alone(void **state)
{
	struct fixture *f = *state;
	char left[128], other[128];

	file_path(left, f, ".new-sign-5.pem");
	file_path(other, f, "sign-05.pem");
	close(open(left, O_CREAT | O_WRONLY, 0600));
	close(open(other, O_CREAT | O_WRONLY, 0600));
	reopen(f, T0);
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(key_count(f->s), 1);
}

static void what_others_can_read_or_write_is_refused(void **state)
{
	struct fixture *f = *state;
	struct rth_signing *s = NULL;
	char path[128];

	file_path(path, f, "sign-1790000000.pem");
	chmod(path, 0640);
	assert_int_equal(rth_signing_create(&s, &f->conf, T0), RTH_ERR_DENIED);
	chmod(path, 0600);
	chmod(f->dir, 0777);
	assert_int_equal(rth_signing_create(&s, &f->conf, T0), RTH_ERR_DENIED);
	chmod(f->dir, 0700);
	assert_null(s);
}

static void a_damaged_key_is_told_not_replaced(void **state)
{
	struct fixture *f = *state;
	struct rth_signing *s = NULL;
	char path[128];

	file_path(path, f, "sign-1790000000.pem");
	assert_int_equal(truncate(path, 40), 0);
	assert_int_equal(rth_signing_create(&s, &f->conf, T0), RTH_ERR_FORMAT);
	assert_int_equal(file_count(f), 1);
}

static void times_that_make_no_sense_are_refused(void **state)
{
	struct fixture *f = *state;
	struct rth_signing_conf conf = f->conf;
	struct rth_signing *s = NULL;

	conf.rotate_s = LEAD;
	assert_int_equal(rth_signing_create(&s, &conf, T0), RTH_ERR_CONFIG);
	conf = f->conf;
	conf.lead_s = 0;
	assert_int_equal(rth_signing_create(&s, &conf, T0), RTH_ERR_CONFIG);
}

static void no_memory_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct rth_signing *s = NULL;
	unsigned long n;

	for (n = 1; n < 200 && !s; n++) {
		rth_mem_fail_at(n);
		if (rth_signing_create(&s, &f->conf, T0))
			assert_null(s);
	}
	rth_mem_fail_at(0);
	assert_non_null(s);
	assert_true(n > 2);
	assert_int_equal(file_count(f), 1);
	rth_signing_free(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_key_signs_at_once_and_is_private),
		TEST(nothing_secret_is_published),
		TEST(a_restart_keeps_the_key),
		TEST(a_key_is_published_then_signs_then_lingers),
		TEST(rotation_by_hand_waits_for_the_lead_too),
		TEST(a_clock_set_back_still_signs),
		TEST(leftovers_are_swept_and_strangers_left_alone),
		TEST(what_others_can_read_or_write_is_refused),
		TEST(a_damaged_key_is_told_not_replaced),
		TEST(times_that_make_no_sense_are_refused),
		TEST(no_memory_leaves_nothing_behind),
	};

	json_object_seed(0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
