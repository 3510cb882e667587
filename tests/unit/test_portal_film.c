/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Films in the portal: their moves in the database, the files that are being
 * made, one made by a program that does what it is told, and downloads.
 */
#include "recording_fixture.h"
#include "review_support.h"

#include <sys/file.h>

#include "erase.h"
#include "film_handlers.h"
#include "film_make.h"
#include "films.h"
#include "making.h"
#include "preview.h"
#include "recording_captions.h"

#define BEGUN_S 1790000000
#define FILM_A "aaaaaaaaaaaaaaaaaaaaaa"
#define FILM_B "bbbbbbbbbbbbbbbbbbbbbb"
#define ONE "oooooooooooooooooooooo"
#define TWO "tttttttttttttttttttttt"

static struct bench bench;
static struct fixture fix;
static struct someone op;
static char program[256];

static int set_up(void **state)
{
	const char *build = getenv("RTH_BUILD");

	(void)state;
	bench_now = BEGUN_S + 1000;
	bench_open(&bench);
	fix_open(&fix);
	snprintf(program, sizeof(program), "%s/tests/unit/fake_film",
		 build ? build : ".");
	bench.portal.settings.recordings.folder = fix.store;
	bench.portal.settings.films.program = program;
	bench.portal.settings.films.keep_hours = 1;
	op = sign_in(&bench, "op@clinic.example", RTH_ROLE_OPERATOR, "one");
	add_recording(&bench, FIX_ID, &op, "p@people.example", BEGUN_S);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fix_close(&fix);
	bench_close(&bench);
	return 0;
}

static struct rth_film film_of(const char *id)
{
	struct rth_film film = {.container = "mp4",
				.layout = "side-by-side",
				.asked_s = bench_now,
				.reason = "why"};

	strcpy(film.id, id);
	strcpy(film.recording, FIX_ID);
	memcpy(film.user, op.user.id, sizeof(film.user));
	return film;
}

static void add(const char *id)
{
	const struct rth_film film = film_of(id);

	assert_int_equal(rth_store_film_add(bench.portal.store, &film, 10), 0);
	bench_now++;
}

static enum rth_err claim(struct rth_film *film, const char *owner)
{
	return rth_store_film_claim(bench.portal.store, film, owner, bench_now,
				    bench_now + RTH_FILM_LEASE_S);
}

static enum rth_film_state state_of(const char *id)
{
	struct rth_film film;

	assert_int_equal(rth_store_film_get(bench.portal.store, &film, id), 0);
	return film.state;
}

/* ---- In the database ---- */

static void one_portal_makes_it(void **state)
{
	struct rth_film_beat beat = {0, 500, 7};
	struct rth_film film, other;

	(void)state;
	add(FILM_B);
	add(FILM_A);
	assert_int_equal(claim(&film, ONE), 0);
	assert_string_equal(film.id, FILM_B);
	assert_int_equal(film.tries, 1);
	assert_int_equal(claim(&other, TWO), 0);
	assert_string_equal(other.id, FILM_A);
	assert_int_equal(claim(&other, TWO), RTH_ERR_NOT_FOUND);
	/* One that tells of itself stays its own; then nobody hears of it. */
	bench_now += RTH_FILM_LEASE_S;
	beat.lease_s = bench_now + RTH_FILM_LEASE_S;
	assert_int_equal(rth_store_film_beat(bench.portal.store, &film, &beat),
			 0);
	bench_now += 1;
	assert_int_equal(claim(&other, TWO), 0);
	assert_string_equal(other.id, FILM_A);
	bench_now += RTH_FILM_LEASE_S;
	assert_int_equal(claim(&other, TWO), 0);
	assert_string_equal(other.id, FILM_B);
	assert_int_equal(other.tries, 2);
	assert_int_equal(other.permille, 0);
	assert_int_equal(rth_store_film_beat(bench.portal.store, &film, &beat),
			 RTH_ERR_NOT_FOUND);
	film.state = RTH_FILM_DONE;
	assert_int_equal(rth_store_film_end(bench.portal.store, &film),
			 RTH_ERR_NOT_FOUND);
}

/* One that cannot be made just now keeps no other one waiting. */
static void one_that_waits_lets_others_go_first(void **state)
{
	struct rth_film film, other;

	(void)state;
	add(FILM_A);
	add(FILM_B);
	assert_int_equal(claim(&film, ONE), 0);
	assert_string_equal(film.id, FILM_A);
	film.state = RTH_FILM_WAITING;
	film.not_before_s = bench_now + 20;
	assert_int_equal(rth_store_film_end(bench.portal.store, &film), 0);
	assert_int_equal(claim(&other, ONE), 0);
	assert_string_equal(other.id, FILM_B);
	assert_int_equal(claim(&other, TWO), RTH_ERR_NOT_FOUND);
	other.state = RTH_FILM_DONE;
	assert_int_equal(rth_store_film_end(bench.portal.store, &other), 0);
	bench_now += 21;
	assert_int_equal(claim(&film, TWO), 0);
	assert_string_equal(film.id, FILM_A);
	assert_int_equal(film.not_before_s, 0);
}

static void so_many_are_enough(void **state)
{
	struct rth_film film = film_of(FILM_A);

	(void)state;
	assert_int_equal(rth_store_film_add(bench.portal.store, &film, 1), 0);
	strcpy(film.id, FILM_B);
	assert_int_equal(rth_store_film_add(bench.portal.store, &film, 1),
			 RTH_ERR_LIMIT);
	assert_int_equal(
		rth_store_film_cancel(bench.portal.store, FILM_A, bench_now),
		0);
	assert_int_equal(
		rth_store_film_cancel(bench.portal.store, FILM_A, bench_now),
		RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_film_add(bench.portal.store, &film, 1), 0);
	strcpy(film.recording, FIX_OTHER);
	strcpy(film.id, ONE);
	assert_int_equal(rth_store_film_add(bench.portal.store, &film, 10),
			 RTH_ERR_NOT_FOUND);
}

static void a_deletion_cancels_each_with_a_row(void **state)
{
	struct rth_film film;
	char id[RTH_ID_SIZE];
	int i;

	(void)state;
	for (i = 0; i < 9; i++) {
		assert_int_equal(rth_id_make(id), 0);
		add(id);
	}
	assert_int_equal(claim(&film, ONE), 0);
	film.state = RTH_FILM_DONE;
	assert_int_equal(rth_store_film_end(bench.portal.store, &film), 0);
	assert_int_equal(claim(&film, ONE), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(
			rth_films_cancel(bench.portal.store, FIX_ID, bench_now),
			0);
		assert_int_equal(sql_number(&bench,
					    "SELECT COUNT(*) FROM films WHERE"
					    " state = 'cancelled'"),
				 8);
		assert_int_equal(sql_number(&bench,
					    "SELECT COUNT(*) FROM audit WHERE"
					    " action = 'film-cancelled'"),
				 8);
	}
}

/* ---- Files that are being made ---- */

static struct rth_recording_folder *folder_of(void)
{
	struct rth_recording_folder *folder;

	assert_int_equal(rth_recording_folder_open(&folder, fix.store, FIX_ID),
			 0);
	return folder;
}

static bool is_there(const char *name)
{
	char path[256];

	fix_path(path, &fix, name);
	return access(path, F_OK) == 0;
}

static void a_name_says_what_it_is(void **state)
{
	static const struct {
		const char *name;
		enum rth_recording_kind kind;
	} names[] = {
		{"strip.jpg", RTH_RECORDING_PREVIEW},
		{"outline.json", RTH_RECORDING_PREVIEW},
		{"strip.jpg.making", RTH_RECORDING_MAKING},
		{"film-" FILM_A ".mp4", RTH_RECORDING_FILM},
		{"film-" FILM_A ".webm", RTH_RECORDING_FILM},
		{"film-" FILM_A ".webm.making", RTH_RECORDING_MAKING},
		{"captions-en.vtt", RTH_RECORDING_CAPTIONS},
		{"captions-pt-BR.vtt", RTH_RECORDING_CAPTIONS},
		{"captions-e.vtt", RTH_RECORDING_FOREIGN},
		{"captions-en.vtt.x", RTH_RECORDING_FOREIGN},
		{"captions-en/.vtt", RTH_RECORDING_FOREIGN},
		{"captions-en.jpg", RTH_RECORDING_FOREIGN},
		{"film-aaa.mp4", RTH_RECORDING_FOREIGN},
		{"film-" FILM_A ".avi", RTH_RECORDING_FOREIGN},
		{"film-" FILM_A "a.mp4", RTH_RECORDING_FOREIGN},
		{".making", RTH_RECORDING_FOREIGN},
		{"1-chat.jsonl.making", RTH_RECORDING_FOREIGN},
		{"1-chat.jsonl", RTH_RECORDING_CHAT},
	};
	struct rth_recording_file file;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		rth_recording_file_of(&file, names[i].name);
		if (file.kind != names[i].kind)
			fail_msg("%s is %d", names[i].name, (int)file.kind);
		assert_string_equal(file.name, names[i].name);
	}
}

static void one_makes_a_file(void **state)
{
	struct rth_recording_folder *folder;
	struct rth_making one, two;

	(void)state;
	fix_whole(&fix);
	folder = folder_of();
	assert_int_equal(rth_making_begin(&one, folder, "strip.jpg"), 0);
	assert_int_equal(rth_making_begin(&two, folder, "strip.jpg"),
			 RTH_ERR_STATE);
	assert_true(is_there("strip.jpg.making"));
	assert_int_equal(rth_making_end(&one, NULL, NULL), 0);
	assert_true(is_there("strip.jpg"));
	assert_false(is_there("strip.jpg.making"));
	assert_int_equal(rth_making_begin(&two, folder, "strip.jpg"), 0);
	rth_making_cancel(&two);
	rth_making_cancel(&two);
	assert_true(is_there("strip.jpg"));
	assert_false(is_there("strip.jpg.making"));
	assert_int_equal(rth_making_remove(folder, "strip.jpg"), 0);
	assert_int_equal(rth_making_remove(folder, "strip.jpg"), 0);
	assert_false(is_there("strip.jpg"));
	rth_recording_folder_close(folder);
}

/* What is being made stays; what a killed one left does not. */
static void leftovers_are_swept(void **state)
{
	struct rth_recording_folder *folder;
	struct rth_making making;

	(void)state;
	fix_whole(&fix);
	fix_run(&fix, "echo x > outline.json.making");
	folder = folder_of();
	assert_int_equal(rth_making_begin(&making, folder, "strip.jpg"), 0);
	rth_recording_folder_close(folder);
	folder = folder_of();
	assert_int_equal(rth_making_sweep(folder), 0);
	assert_false(is_there("outline.json.making"));
	assert_true(is_there("strip.jpg.making"));
	rth_making_cancel(&making);
	rth_recording_folder_close(folder);
}

static bool always(void *arg)
{
	(void)arg;
	return true;
}

static bool unlock_later(void *arg)
{
	struct {
		int fd, left;
	} *lock = arg;

	if (lock->left > 0 && --lock->left == 0)
		flock(lock->fd, LOCK_UN);
	return false;
}

/* Also for longer than it does where nobody can say that it is not wanted. */
static void what_was_made_waits_for_the_month(void **state)
{
	struct rth_recording_folder *folder;
	struct rth_making making;
	struct {
		int fd, left;
	} lock = {-1, 160};

	(void)state;
	fix_whole(&fix);
	folder = folder_of();
	assert_int_equal(rth_making_begin(&making, folder, "strip.jpg"), 0);
	lock.fd = openat(folder->fd, "..", O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(lock.fd, LOCK_EX), 0);
	assert_int_equal(rth_making_end(&making, unlock_later, &lock), 0);
	assert_int_equal(lock.left, 0);
	assert_true(is_there("strip.jpg"));
	close(lock.fd);
	rth_recording_folder_close(folder);
}

/* A deletion waits for who makes one, and then nobody begins any more. */
static void a_deletion_comes_after(void **state)
{
	struct rth_recording_folder *folder;
	struct rth_making making, late;
	struct rth_erase *erase = NULL;

	(void)state;
	fix_whole(&fix);
	folder = folder_of();
	assert_int_equal(rth_making_begin(&making, folder, "strip.jpg"), 0);
	assert_int_equal(rth_erase_open(&erase, fix.store, FIX_ID, 0, 0),
			 RTH_ERR_TIMEOUT);
	assert_false(rth_making_disturbs(&making));
	rth_making_cancel(&making);
	assert_int_equal(rth_making_begin(&making, folder, "strip.jpg"), 0);
	flock(making.fd, LOCK_UN); /* as if it had not begun */
	assert_int_equal(rth_erase_open(&erase, fix.store, FIX_ID, 0, 0), 0);
	assert_true(rth_making_disturbs(&making));
	assert_int_equal(rth_making_end(&making, always, NULL), RTH_ERR_STATE);
	assert_int_equal(rth_making_begin(&late, folder, "outline.json"),
			 RTH_ERR_STATE);
	assert_int_equal(rth_erase_files(erase), 0);
	rth_erase_close(erase);
	assert_int_equal(rth_making_begin(&late, folder, "outline.json"),
			 RTH_ERR_NOT_FOUND);
	rth_recording_folder_close(folder);
}

/* ---- Making one ---- */

/* A recording whose film's program does what this letter says. */
static void record(const char *letter)
{
	const struct fix_file files[] = {
		{.name = NULL},
		fix_write(&fix, "1-clinician-1.webm", letter, 1, true),
	};

	fix_manifest(&fix, 1, FIX_PEOPLE, files, 2, FIX_FINISHED);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

/* Cancels it once it has told how far it is. */
static bool cancel_when_told(void *arg)
{
	struct rth_film film;

	(void)arg;
	if (rth_store_film_get(bench.portal.store, &film, FILM_A) ||
	    film.permille != 500)
		return true; /* look again at once */
	assert_int_equal(
		rth_store_film_cancel(bench.portal.store, FILM_A, bench_now),
		0);
	return true;
}

static struct rth_film make(bool (*stopping)(void *), bool (*poked)(void *))
{
	const struct rth_film_maker maker = {
		.settings = &bench.portal.settings,
		.store = bench.portal.store,
		.pairs = fix.pairs,
		.now_s = bench_clock,
		.stopping = stopping,
		.poked = poked,
	};
	struct rth_film film;

	assert_int_equal(claim(&film, ONE), 0);
	rth_film_make(&maker, &film);
	return film;
}

static void a_film_is_made(void **state)
{
	struct rth_film film;

	(void)state;
	record("0");
	add(FILM_A);
	film = make(never, always);
	assert_int_equal(film.state, RTH_FILM_DONE);
	assert_int_equal(rth_store_film_get(bench.portal.store, &film, FILM_A),
			 0);
	assert_int_equal(film.state, RTH_FILM_DONE);
	assert_int_equal(film.bytes, 10);
	assert_int_equal(film.permille, 1000);
	assert_int_equal(film.expires_s, bench_now + 3600);
	assert_int_equal(strlen(film.digest), 64);
	assert_true(is_there("film-" FILM_A ".mp4"));
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM audit WHERE"
					    " action = 'film-made'"),
			 1);
	assert_int_equal(rth_film_unmake(fix.store, &film), 0);
	assert_false(is_there("film-" FILM_A ".mp4"));
}

/* Whichever portal is first says that it has expired. */
static void a_film_expires_once(void **state)
{
	struct rth_film film;
	int i;

	(void)state;
	record("0");
	add(FILM_A);
	film = make(never, never);
	assert_int_equal(film.state, RTH_FILM_DONE);
	bench_now = film.expires_s;
	for (i = 0; i < 2; i++) {
		rth_films_tick(&bench.portal);
		assert_false(is_there("film-" FILM_A ".mp4"));
		assert_int_equal(sql_number(&bench,
					    "SELECT COUNT(*) FROM audit WHERE"
					    " action = 'film-deleted'"),
				 1);
	}
	assert_int_equal(rth_store_film_expire(bench.portal.store, FILM_A),
			 RTH_ERR_NOT_FOUND);
}

static void a_film_fails(void **state)
{
	static const struct {
		const char *letter, *error;
	} ways[] = {
		{"3", "unreadable"}, {"4", "disk-full"}, {"5", "too-long"},
		{"1", "failed"},     {"U", "failed"},	 {"W", "failed"},
	};
	struct rth_film film;
	char id[RTH_ID_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		record(ways[i].letter);
		assert_int_equal(rth_id_make(id), 0);
		add(id);
		film = make(never, never);
		assert_int_equal(film.state, RTH_FILM_FAILED);
		assert_string_equal(film.error, ways[i].error);
		assert_int_equal(state_of(id), RTH_FILM_FAILED);
		fix_run(&fix, "! ls | grep film-");
	}
	fix_run(&fix, "rm 1-clinician-1.webm");
	add(FILM_B);
	film = make(never, never);
	assert_string_equal(film.error, "unreadable");
	assert_int_equal(sql_number(&bench, "SELECT COUNT(*) FROM audit WHERE"
					    " action = 'film-failed'"),
			 7);
}

/* What recordings that run may need is left to them. */
static void the_disk_is_left_to_recordings(void **state)
{
	const struct rth_preview preview = {
		.settings = &bench.portal.settings,
		.pairs = fix.pairs,
		.stopping = never,
	};
	struct rth_film film;

	(void)state;
	record("H");
	add(FILM_A);
	bench.portal.settings.films.reserve_mb = INT64_MAX >> 20;
	film = make(never, never);
	assert_int_equal(film.state, RTH_FILM_FAILED);
	assert_string_equal(film.error, "disk-full");
	assert_int_equal(rth_preview_make(&preview, FIX_ID), RTH_ERR_LIMIT);
	fix_run(&fix, "! ls | grep -e film- -e making");
}

static bool fill_when_told(void *arg)
{
	struct rth_film film;

	(void)arg;
	if (!rth_store_film_get(bench.portal.store, &film, FILM_A) &&
	    film.permille == 500)
		bench.portal.settings.films.reserve_mb = INT64_MAX >> 20;
	return true;
}

static void a_film_ends_when_the_disk_fills(void **state)
{
	struct rth_film film;

	(void)state;
	record("H");
	add(FILM_A);
	film = make(never, fill_when_told);
	assert_int_equal(film.state, RTH_FILM_FAILED);
	assert_string_equal(film.error, "disk-full");
	fix_run(&fix, "! ls | grep film-");
	bench.portal.settings.films.reserve_mb = 0;
}

static void a_film_is_cancelled(void **state)
{
	struct rth_film film;

	(void)state;
	record("H");
	add(FILM_A);
	film = make(never, cancel_when_told);
	assert_int_equal(film.state, RTH_FILM_CANCELLED);
	assert_int_equal(state_of(FILM_A), RTH_FILM_CANCELLED);
	fix_run(&fix, "! ls | grep film-");
}

/* Its row may be there although the answer was lost: its file has to be. */
static void an_end_that_is_not_told_keeps_the_file(void **state)
{
	struct rth_film film;

	(void)state;
	record("0");
	add(FILM_A);
	sql(&bench, "ALTER TABLE audit RENAME TO away");
	film = make(never, never);
	sql(&bench, "ALTER TABLE away RENAME TO audit");
	assert_int_equal(state_of(FILM_A), RTH_FILM_RUNNING);
	assert_true(is_there("film-" FILM_A ".mp4"));
	bench_now += RTH_FILM_LEASE_S + 1;
	film = make(never, never);
	assert_int_equal(film.state, RTH_FILM_DONE);
	assert_int_equal(state_of(FILM_A), RTH_FILM_DONE);
	assert_true(is_there("film-" FILM_A ".mp4"));
}

static void it_waits_for_the_next_start(void **state)
{
	struct rth_film film;

	(void)state;
	record("H");
	add(FILM_A);
	film = make(always, never);
	assert_int_equal(film.state, RTH_FILM_WAITING);
	assert_int_equal(rth_store_film_get(bench.portal.store, &film, FILM_A),
			 0);
	assert_int_equal(film.state, RTH_FILM_WAITING);
	assert_int_equal(film.tries, 0);
	fix_run(&fix, "! ls | grep film-");
}

/* A portal that it kills each time does not try for ever. */
static void so_often_is_it_begun(void **state)
{
	struct rth_film film;
	int i;

	(void)state;
	record("0");
	add(FILM_A);
	for (i = 0; i < RTH_FILM_TRIES; i++) {
		assert_int_equal(claim(&film, TWO), 0);
		bench_now += RTH_FILM_LEASE_S + 1;
	}
	film = make(never, never);
	assert_int_equal(film.state, RTH_FILM_FAILED);
	assert_string_equal(film.error, "failed");
}

/* ---- Captions ---- */

static void captions_are_sealed(void **state)
{
	static const char text[] = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n";
	struct rth_recording_folder *folder;
	struct rth_finding finding;
	char *read;
	size_t len;

	(void)state;
	fix_whole(&fix);
	folder = folder_of();
	assert_int_equal(
		rth_captions_seal(folder, fix.pairs, "en", text, strlen(text)),
		0);
	/* Those that were there have no key any more. */
	fix_run(&fix, "ln captions-en.vtt ../replaced");
	assert_int_equal(
		rth_captions_seal(folder, fix.pairs, "en", text, strlen(text)),
		0);
	fix_run(&fix, "cmp -n 4096 ../replaced /dev/zero");
	fix_run(&fix, "! cmp -n 4096 captions-en.vtt /dev/zero");
	fix_run(&fix, "rm ../replaced");
	rth_recording_folder_close(folder);
	folder = folder_of();
	assert_true(rth_recording_same_key(folder, "captions-en.vtt", fix.key));
	assert_int_equal(rth_recording_read(&read, &len, folder,
					    "captions-en.vtt", fix.key, 4096,
					    &finding),
			 0);
	assert_string_equal(read, text);
	rth_free(read);
	rth_recording_folder_close(folder);
}

static void so_many_captions_are_enough(void **state)
{
	struct rth_recording_folder *folder;
	enum rth_err err = 0;
	int i;

	(void)state;
	fix_whole(&fix);
	for (i = 0; i <= RTH_CAPTIONS_MAX && !err; i++) {
		const char language[] = {'a', (char)('a' + i / 10),
					 (char)('0' + i % 10), '\0'};

		folder = folder_of();
		err = rth_captions_seal(folder, fix.pairs, language, "WEBVTT",
					6);
		rth_recording_folder_close(folder);
	}
	assert_int_equal(err, RTH_ERR_EXISTS);
	assert_int_equal(i, RTH_CAPTIONS_MAX + 1);
	folder = folder_of(); /* again is not more */
	assert_int_equal(
		rth_captions_seal(folder, fix.pairs, "aa0", "WEBVTT", 6), 0);
	rth_recording_folder_close(folder);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(one_portal_makes_it),
		FRESH(one_that_waits_lets_others_go_first),
		FRESH(so_many_are_enough),
		FRESH(a_deletion_cancels_each_with_a_row),
		cmocka_unit_test(a_name_says_what_it_is),
		FRESH(one_makes_a_file),
		FRESH(leftovers_are_swept),
		FRESH(what_was_made_waits_for_the_month),
		FRESH(a_deletion_comes_after),
		FRESH(a_film_is_made),
		FRESH(a_film_expires_once),
		FRESH(a_film_fails),
		FRESH(the_disk_is_left_to_recordings),
		FRESH(a_film_ends_when_the_disk_fills),
		FRESH(a_film_is_cancelled),
		FRESH(an_end_that_is_not_told_keeps_the_file),
		FRESH(it_waits_for_the_next_start),
		FRESH(so_often_is_it_begun),
		FRESH(captions_are_sealed),
		FRESH(so_many_captions_are_enough),
	};

	return cmocka_run_group_tests_name("portal film", tests, NULL, NULL);
}
