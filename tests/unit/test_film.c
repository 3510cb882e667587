/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Films and previews, made by the program as the portal starts it, of lanes of
 * which it is known what they show and say when. Each person's picture becomes
 * white when the same person's tone begins, at another time and of another
 * height than the other one's.
 */
#include "support.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "film_media.h"

#define CLINICIAN_HZ 500
#define PATIENT_HZ 1300
#define SYNC_MS 80
#define FIRST_FD 6
#define INPUTS_MAX 8
#define TINY_DISK -1 /* in the place of how long a file may be */
#define NO_MOUNT 77

static struct lane_folder folder;
static char program[512];
static const int tones[2] = {CLINICIAN_HZ, PATIENT_HZ};

/* The middle of the halves. */
static const struct film_place halves[2] = {{200, 260, 240, 200},
					    {840, 260, 240, 200}};

static const struct film_lane clinician = {
	.name = "clinician",
	.width = 320,
	.height = 240,
	.duration_ms = 3000,
	.flash_ms = 1000,
	.tone_hz = CLINICIAN_HZ,
};
static const struct film_lane patient = {
	.name = "patient",
	.mp4 = true,
	.width = 640,
	.height = 360,
	.duration_ms = 2000,
	.flash_ms = 800,
	.tone_hz = PATIENT_HZ,
};
static const struct film_lane voice_only = {
	.name = "voice",
	.no_picture = true,
	.duration_ms = 2000,
	.flash_ms = 600,
	.tone_hz = PATIENT_HZ,
};
static const struct film_lane screen = {
	.name = "screen",
	.no_voice = true,
	.width = 800,
	.height = 600,
	.duration_ms = 1000,
	.flash_ms = 0,
};
static const char chat[] =
	"{\"at_ms\":500,\"role\":\"patient\",\"text\":\"%{pts} <b>\\\\ "
	"\\\"\"}\n"
	"not JSON\n"
	"{\"at_ms\":1500,\"role\":\"clinician\",\"text\":\"Yes\\nno\"}\n";

/* Paths of what the program is given, in the order of its descriptors. */
struct inputs {
	size_t n;
	const char *names[INPUTS_MAX];
};

static int set_up(void **state)
{
	const char *build = getenv("RTH_BUILD");

	(void)state;
	snprintf(program, sizeof(program), "%s/rthealth-film",
		 build ? build : ".");
	lane_folder_make(&folder);
	film_lane_write(&folder, &clinician);
	film_lane_write(&folder, &patient);
	film_lane_write(&folder, &voice_only);
	film_lane_write(&folder, &screen);
	film_text_write(&folder, "chat", chat);
	film_text_write(&folder, "text", "no media");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lane_folder_remove(&folder);
	return 0;
}

static json_t *film_job(const char *container, const char *layout)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:I, s:i, s:i, s:{s:s, s:s}, "
			 "s:[]}",
			 "mode", "film", "container", container, "layout",
			 layout, "burn_in", 1, "begun_ms",
			 (json_int_t)1790000000000, "duration_ms", 3000,
			 "utc_offset_s", 3600, "names", "clinician",
			 "%{pts}:\\'x", "patient", "", "files");
}

static json_t *preview_job(void)
{
	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:[]}", "mode",
			 "preview", "pictures", 4, "width", 64, "height", 36,
			 "step_ms", 100, "duration_ms", 3000, "files");
}

static void give(json_t *job, struct inputs *in, const char *name,
		 const char *lane, bool mp4, int start_ms)
{
	json_t *file = json_pack("{s:i, s:i, s:s, s:s, s:i}", "fd",
				 FIRST_FD + (int)in->n, "key", 0, "lane", lane,
				 "container", mp4 ? "mp4" : "webm", "start_ms",
				 start_ms);

	in->names[in->n++] = name;
	assert_int_equal(
		json_array_append_new(json_object_get(job, "files"), file), 0);
}

/* By its path: a descriptor of the folder does not see another mount. */
static int open_high(const char *name, int flags)
{
	char path[160];
	int fd, high;

	snprintf(path, sizeof(path), "%s/%s", folder.path, name);
	fd = open(path, flags, 0600);
	if (fd < 0)
		_exit(99);
	high = fcntl(fd, F_DUPFD, 100);
	close(fd);
	return high;
}

/* A disk of 24 KiB that only this process sees. */
static void use_tiny_disk(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/tiny", folder.path);
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", path, "tmpfs", 0, "size=24k"))
		_exit(NO_MOUNT);
}

/* The child: descriptors as docs/store.md says. */
static void become(int answer, int pipe_fd, const struct inputs *in,
		   int64_t most_bytes)
{
	int high[FIRST_FD + INPUTS_MAX], n = FIRST_FD + (int)in->n;

	high[0] = open("/dev/null", O_RDONLY);
	high[0] = fcntl(high[0], F_DUPFD, 100);
	high[1] = fcntl(answer, F_DUPFD, 100);
	high[2] = fcntl(2, F_DUPFD, 100);
	high[3] = fcntl(pipe_fd, F_DUPFD, 100);
	if (most_bytes == TINY_DISK)
		use_tiny_disk();
	high[4] = open_high(most_bytes == TINY_DISK ? "tiny/made" : "made",
			    O_RDWR | O_CREAT | O_TRUNC);
	high[5] = open_high("outline", O_RDWR | O_CREAT | O_TRUNC);
	for (size_t i = 0; i < in->n; i++)
		high[FIRST_FD + i] = open_high(in->names[i], O_RDONLY);
	for (int i = 0; i < n; i++)
		if (dup2(high[i], i) < 0)
			_exit(98);
	for (int i = n; i < 200; i++)
		close(i);
	if (most_bytes > 0) {
		const struct rlimit limit = {(rlim_t)most_bytes,
					     (rlim_t)most_bytes};

		if (setrlimit(RLIMIT_FSIZE, &limit))
			_exit(97);
	}
	execl(program, "rthealth-film", (char *)NULL);
	_exit(96);
}

struct run {
	pid_t pid;
	int answer;
};

static struct run start(const json_t *job, const struct inputs *in,
			const uint8_t *key, int64_t most_bytes)
{
	char *text = json_dumps(job, JSON_COMPACT);
	int out[2], to[2];
	struct run run;

	assert_non_null(text);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(to), 0);
	run.pid = fork();
	assert_true(run.pid >= 0);
	if (!run.pid)
		become(out[1], to[0], in, most_bytes);
	close(out[1]);
	close(to[0]);
	assert_int_equal(write(to[1], text, strlen(text)), strlen(text));
	assert_int_equal(write(to[1], "\n", 1), 1);
	assert_int_equal(write(to[1], key, RTH_SEAL_KEY_BYTES),
			 RTH_SEAL_KEY_BYTES);
	close(to[1]);
	free(text);
	run.answer = out[0];
	return run;
}

/* Waits; returns the status. The last line of the answers is kept. */
static int finish(struct run *run, char last[1024])
{
	FILE *file = fdopen(run->answer, "r");
	char line[1024];
	int status;

	last[0] = '\0';
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		strcpy(last, line);
	fclose(file);
	assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
	return status;
}

static int make(json_t *job, const struct inputs *in, json_t **answerp)
{
	struct run run = start(job, in, rth_seal_key_raw(folder.key), 0);
	char last[1024];
	int status = finish(&run, last);

	json_decref(job);
	assert_true(WIFEXITED(status));
	if (answerp)
		*answerp = json_loads(last, 0, NULL);
	return WEXITSTATUS(status);
}

static void near(int64_t a, int64_t b)
{
	assert_true(a >= 0 && b >= 0);
	if (a - b > SYNC_MS || b - a > SYNC_MS)
		fail_msg("%lld and %lld ms", (long long)a, (long long)b);
}

/* Both people are seen and heard, at the right times. */
static void both_are_there(void **state)
{
	const char *container = *state;
	json_t *job = film_job(container, "side-by-side"), *answer;
	struct inputs in = {0};
	struct film_content film;

	give(job, &in, "clinician", "clinician", false, 0);
	give(job, &in, "patient", "patient", true, 900);
	give(job, &in, "chat", "chat", false, 0);
	assert_int_equal(make(job, &in, &answer), 0);
	assert_int_equal(
		json_integer_value(json_object_get(answer, "duration_ms")),
		3000);
	assert_int_equal(
		strlen(json_string_value(json_object_get(answer, "digest"))),
		64);
	json_decref(answer);
	film_content_read(&film, &folder, "made", halves, tones);
	assert_int_equal(film.streams, 3);
	assert_int_equal(film.width, 1280);
	assert_int_equal(film.pictures, 75);
	near(film_white_ms(&film, 0), 1000);
	near(film_tone_ms(&film, 0), 1000);
	near(film_white_ms(&film, 1), 1700);
	near(film_tone_ms(&film, 1), 1700);
	near((int64_t)(film.duration_s * 1000), 3000);
	film_content_free(&film);
}

/* Nothing in a text means anything, and one line stays one line. */
static void the_chat_is_subtitles(void **state)
{
	json_t *job = film_job("mp4", "picture-in-picture");
	struct inputs in = {0};
	struct film_content film;

	(void)state;
	give(job, &in, "clinician", "clinician", false, 0);
	give(job, &in, "chat", "chat", false, 0);
	assert_int_equal(make(job, &in, NULL), 0);
	film_content_read(&film, &folder, "made", halves, tones);
	assert_string_equal(film.titles, "50 Patient: %{pts} <b>\\ \"\n"
					 "150 Patient: %{pts} <b>\\ \"\n"
					 "%{pts}:\\'x: Yes no\n");
	assert_int_equal(film.n_titles, 2);
	film_content_free(&film);
}

/* A voice without a picture has a card, which is neither black nor white. */
static void a_voice_has_a_card(void **state)
{
	json_t *job = film_job("webm", "side-by-side");
	struct inputs in = {0};
	struct film_content film;

	(void)state;
	give(job, &in, "voice", "patient", false, 100);
	assert_int_equal(make(job, &in, NULL), 0);
	film_content_read(&film, &folder, "made", halves, tones);
	assert_int_equal(film.pictures, 75);
	for (size_t i = 0; i < film.pictures; i++)
		assert_in_range(film.levels[i][1], 30, 120);
	near(film_tone_ms(&film, 1), 700);
	assert_int_equal(film_tone_ms(&film, 0), -1);
	film_content_free(&film);
}

/* A screen is the large picture as long as it is there. */
static void a_screen_is_large(void **state)
{
	static const struct film_place places[2] = {{400, 300, 100, 100},
						    {1100, 150, 40, 40}};
	json_t *job = film_job("mp4", "side-by-side");
	struct inputs in = {0};
	struct film_content film;

	(void)state;
	give(job, &in, "clinician", "clinician", false, 0);
	give(job, &in, "screen", "patient-screen", false, 600);
	assert_int_equal(make(job, &in, NULL), 0);
	film_content_read(&film, &folder, "made", places, tones);
	near(film_white_ms(&film, 0), 600);
	near(film_white_ms(&film, 1), 1000);
	film_content_free(&film);
}

/* Segments of one lane follow each other, of other sizes and containers. */
static void segments_follow_each_other(void **state)
{
	json_t *job = film_job("mp4", "side-by-side");
	struct inputs in = {0};
	struct film_content film;

	(void)state;
	json_object_set_new(job, "duration_ms", json_integer(5200));
	give(job, &in, "patient", "clinician", true, 3100);
	give(job, &in, "clinician", "clinician", false, 0);
	assert_int_equal(make(job, &in, NULL), 0);
	film_content_read(&film, &folder, "made", halves, tones);
	near(film_white_ms(&film, 0), 1000);
	near(film_tone_ms(&film, 0), 1000);
	near(film_tone_ms(&film, 1), 3900);
	assert_int_equal(film.pictures, 130);
	assert_true(film.levels[100][0] > 128);
	film_content_free(&film);
}

static char *plain_of(const char *name)
{
	struct rth_unseal *unseal;
	char *text;
	size_t got;
	int fd = openat(folder.fd, name, O_RDONLY);

	assert_int_equal(rth_unseal_open(&unseal, fd, folder.key), 0);
	assert_true(rth_unseal_complete(unseal));
	text = calloc(1, rth_unseal_length(unseal) + 1);
	assert_int_equal(rth_unseal_read(unseal, 0, text,
					 rth_unseal_length(unseal), &got, NULL),
			 0);
	rth_unseal_close(unseal);
	return text;
}

static void a_preview(void **state)
{
	json_t *job = preview_job(), *answer, *outline, *lanes;
	struct inputs in = {0};
	char *strip, *text;

	(void)state;
	give(job, &in, "clinician", "clinician", false, 0);
	give(job, &in, "patient", "patient", true, 900);
	assert_int_equal(make(job, &in, &answer), 0);
	strip = plain_of("made");
	assert_memory_equal(strip, "\xff\xd8\xff", 3);
	text = plain_of("outline");
	assert_int_equal(
		json_integer_value(json_object_get(answer, "outline_bytes")),
		strlen(text));
	outline = json_loads(text, 0, NULL);
	lanes = json_object_get(outline, "lanes");
	assert_int_equal(json_object_size(lanes), 2);
	/* 30 steps are 30 bytes are 40 characters. */
	assert_int_equal(
		strlen(json_string_value(json_object_get(lanes, "patient"))),
		40);
	/* Silence, and then about 0.4 of 255. */
	assert_memory_equal(
		json_string_value(json_object_get(lanes, "clinician")), "AAAA",
		4);
	json_decref(outline);
	json_decref(answer);
	free(strip);
	free(text);
}

/* What goes wrong. */

static void damaged_inputs(void **state)
{
	struct inputs in = {0}, text = {0};
	json_t *job = film_job("mp4", "side-by-side");
	uint8_t other[RTH_SEAL_KEY_BYTES] = {1};
	struct run run;
	char last[1024];
	int status, fd;

	(void)state;
	give(job, &text, "text", "patient", false, 0);
	assert_int_equal(make(job, &text, NULL), 3);
	job = preview_job();
	give(job, &in, "clinician", "clinician", false, 0);
	run = start(job, &in, other, 0);
	status = finish(&run, last);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	fd = openat(folder.fd, "voice", O_RDWR);
	assert_int_equal(pwrite(fd, "damaged", 7, 4096 + 2 * 16448 + 100), 7);
	close(fd);
	in = (struct inputs){0};
	json_array_clear(json_object_get(job, "files"));
	give(job, &in, "voice", "patient", false, 0);
	assert_int_equal(make(job, &in, NULL), 3);
}

static void wrong_jobs(void **state)
{
	static const char *const lacking[] = {"mode",	     "container",
					      "layout",	     "burn_in",
					      "duration_ms", "files"};
	struct inputs in;
	json_t *job;

	(void)state;
	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		in = (struct inputs){0};
		job = film_job("mp4", "side-by-side");
		give(job, &in, "clinician", "clinician", false, 0);
		json_object_del(job, lacking[i]);
		assert_int_equal(make(job, &in, NULL), 2);
	}
	in = (struct inputs){0};
	job = film_job("mp4", "side-by-side");
	give(job, &in, "clinician", "clinician", false, 0);
	json_object_set_new(job, "duration_ms",
			    json_integer((json_int_t)25 * 3600 * 1000));
	assert_int_equal(make(job, &in, NULL), 5);
}

/* A file that may not grow stands for one that is too long. */
static void too_long(void **state)
{
	json_t *job = film_job("mp4", "side-by-side");
	struct inputs in = {0};
	struct run run;
	char last[1024];
	int status;

	(void)state;
	give(job, &in, "clinician", "clinician", false, 0);
	give(job, &in, "patient", "patient", true, 900);
	run = start(job, &in, rth_seal_key_raw(folder.key), 20000);
	status = finish(&run, last);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 5);
	assert_null(strstr(last, "digest"));
	json_decref(job);
}

static void disk_full(void **state)
{
	json_t *job = film_job("mp4", "side-by-side");
	struct inputs in = {0};
	struct run run;
	char last[1024];
	int status;

	(void)state;
	assert_int_equal(mkdirat(folder.fd, "tiny", 0700), 0);
	give(job, &in, "clinician", "clinician", false, 0);
	give(job, &in, "patient", "patient", true, 900);
	run = start(job, &in, rth_seal_key_raw(folder.key), TINY_DISK);
	status = finish(&run, last);
	unlinkat(folder.fd, "tiny", AT_REMOVEDIR);
	json_decref(job);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_MOUNT) {
		print_message("# a disk can be made by root only\n");
		return;
	}
	assert_int_equal(WEXITSTATUS(status), 4);
	assert_null(strstr(last, "digest"));
}

/* A long one ends at once when it is told to, unfinished. */
static void cancelled(void **state)
{
	json_t *job = film_job("mp4", "side-by-side");
	struct inputs in = {0};
	struct rth_unseal *unseal;
	struct run run;
	char last[1024], c;
	int status, fd;

	(void)state;
	json_object_set_new(job, "duration_ms", json_integer(20 * 3600 * 1000));
	give(job, &in, "clinician", "clinician", false, 0);
	run = start(job, &in, rth_seal_key_raw(folder.key), 0);
	assert_int_equal(read(run.answer, &c, 1), 1); /* it tells progress */
	assert_int_equal(c, '{');
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	status = finish(&run, last);
	assert_true(WIFSIGNALED(status));
	fd = openat(folder.fd, "made", O_RDONLY);
	assert_int_equal(rth_unseal_open(&unseal, fd, folder.key), 0);
	assert_false(rth_unseal_complete(unseal));
	rth_unseal_close(unseal);
	json_decref(job);
}

int main(void)
{
	static char mp4[] = "mp4", webm[] = "webm";
	const struct CMUnitTest tests[] = {
		{"both are there: mp4", both_are_there, NULL, NULL, mp4},
		{"both are there: webm", both_are_there, NULL, NULL, webm},
		cmocka_unit_test(the_chat_is_subtitles),
		cmocka_unit_test(a_voice_has_a_card),
		cmocka_unit_test(a_screen_is_large),
		cmocka_unit_test(segments_follow_each_other),
		cmocka_unit_test(a_preview),
		cmocka_unit_test(wrong_jobs),
		cmocka_unit_test(too_long),
		cmocka_unit_test(disk_full),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(damaged_inputs),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
