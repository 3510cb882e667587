/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings found, read, verified and exported; damaged in every way. */
#include "recording_fixture.h"

#include <sys/file.h>

#include "recording_export.h"
#include "recording_verify.h"

static struct fixture fix;

static int open_fix(void **state)
{
	(void)state;
	fix_open(&fix);
	return 0;
}

static int close_fix(void **state)
{
	(void)state;
	fix_close(&fix);
	return 0;
}

/* ---- Names and folders ---- */

static void names_are_taken_apart(void **state)
{
	static const struct {
		const char *name;
		enum rth_recording_kind kind;
		unsigned part;
	} rows[] = {
		{"1-manifest.json", RTH_RECORDING_MANIFEST, 1},
		{"12-chat.jsonl", RTH_RECORDING_CHAT, 12},
		{"1-clinician-1.webm", RTH_RECORDING_LANE, 1},
		{"2-patient-screen-10.mp4", RTH_RECORDING_LANE, 2},
		{"1-manifest.json.new", RTH_RECORDING_LEFTOVER, 1},
		{"3-patient-1.webm.recovering", RTH_RECORDING_LEFTOVER, 3},
		{"0-manifest.json", RTH_RECORDING_FOREIGN, 0},
		{"01-manifest.json", RTH_RECORDING_FOREIGN, 0},
		{"1000-manifest.json", RTH_RECORDING_FOREIGN, 0},
		{"99999-manifest.json", RTH_RECORDING_FOREIGN, 0},
		{"manifest.json", RTH_RECORDING_FOREIGN, 0},
		{"1manifest.json", RTH_RECORDING_FOREIGN, 0},
		{"1-manifest.json ", RTH_RECORDING_FOREIGN, 0},
		{"1-nurse-1.webm", RTH_RECORDING_FOREIGN, 0},
		{"1-patient-.webm", RTH_RECORDING_FOREIGN, 0},
		{"1-patient-0.webm", RTH_RECORDING_FOREIGN, 0},
		{"1-patient-1.avi", RTH_RECORDING_FOREIGN, 0},
		{"1-patient-screen-1", RTH_RECORDING_FOREIGN, 0},
		{"1-patient-1.webm.new.new", RTH_RECORDING_FOREIGN, 0},
		{"", RTH_RECORDING_FOREIGN, 0},
		{"1-patient-1.webmaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 RTH_RECORDING_FOREIGN, 0},
	};
	struct rth_recording_file file;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rth_recording_file_of(&file, rows[i].name);
		assert_int_equal(file.kind, rows[i].kind);
		assert_int_equal(file.part, rows[i].part);
	}
}

static enum rth_err collect(const char *id, void *arg)
{
	strcat(arg, id);
	strcat(arg, " ");
	return 0;
}

static void only_what_looks_like_ours_is_walked(void **state)
{
	struct rth_recording_folder *folder;
	char ids[512] = "", path[256];

	(void)state;
	fix_make(&fix, "2026/11/not-an-id");
	fix_make(&fix, "2026/xx");
	fix_make(&fix, "lost+found");
	fix_make(&fix, "2025");
	fix_make(&fix, "2025/01");
	fix_make(&fix, "2025/01/" FIX_OTHER);
	snprintf(path, sizeof(path), "%s/2026/11/LINKLINKLINKLINKLINKLI",
		 fix.store);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_int_equal(rth_recordings_each(fix.store, collect, ids), 0);
	assert_string_equal(ids, FIX_OTHER " " FIX_ID " ");
	assert_int_equal(rth_recording_folder_open(&folder, fix.store,
						   "LINKLINKLINKLINKLINKLI"),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_recording_folder_open(&folder, fix.store, ".."),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_recording_folder_open(&folder, fix.store,
						   "QQQQQQQQQQQQQQQQQQQQQQ"),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_recording_folder_open(&folder, "/nowhere", FIX_ID),
			 RTH_ERR_IO);
	assert_int_equal(
		rth_recording_folder_open(&folder, fix.store, FIX_OTHER), 0);
	assert_int_equal(folder->files_n, 0);
	rth_recording_folder_close(folder);
}

static struct rth_recording_folder *open_folder(void)
{
	struct rth_recording_folder *folder;

	assert_int_equal(rth_recording_folder_open(&folder, fix.store, FIX_ID),
			 0);
	return folder;
}

static void a_locked_folder_is_running(void **state)
{
	struct rth_recording_folder *folder = open_folder();
	int fd = open(fix.folder, O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_false(rth_recording_folder_running(folder));
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_true(rth_recording_folder_running(folder));
	close(fd);
	assert_false(rth_recording_folder_running(folder));
	rth_recording_folder_close(folder);
}

/* ---- Manifests ---- */

static enum rth_err read_part(const char *text, const char **wrong)
{
	struct rth_recording_part *part;
	enum rth_err err = rth_recording_part_read(&part, text, strlen(text),
						   FIX_ID, 1, wrong);

	if (!err)
		rth_recording_part_free(part);
	return err;
}

/* Replaces the first `from` in a good manifest. */
static char *changed(const char *from, const char *to)
{
	static const struct fix_file files[] = {
		{"1-chat.jsonl", 1, true, {1}},
		{"1-patient-1.webm", 2, true, {2}},
		{"1-clinician-1.webm", 2, false, {2}},
	};
	char *text = fix_manifest_text(1, FIX_PEOPLE, files, 3, FIX_FINISHED);
	char *at = strstr(text, from), *out;

	assert_non_null(at);
	out = malloc(strlen(text) + strlen(to) + 1);
	assert_non_null(out);
	sprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	free(text);
	return out;
}

static void the_member_that_is_wrong_is_named(void **state)
{
	static const struct {
		const char *from, *to, *wrong;
	} rows[] = {
		{"{\"version\"", "[\"version\"", "JSON"},
		{"\"version\":1", "\"version\":2", "version"},
		{"\"version\":1", "\"version\":1,\"version\":1", "JSON"},
		{"\"recording\":\"a", "\"recording\":\"b", "recording"},
		{"\"part\":1", "\"part\":2", "part"},
		{"\"part\":1", "\"part\":\"1\"", "part"},
		{"\"room\":\"R", "\"room\":\"", "room"},
		{"\"begun_ms\":1", "\"begun_ms\":-1", "begun_ms"},
		{"\"begun_ms\":1", "\"begun_ms\":1.", "begun_ms"},
		{"\"start_ms\":0", "\"start_ms\":null", "start_ms"},
		{"\"written_ms\":1", "\"written_ms\":10000000000000",
		 "written_ms"},
		{"\"people\":[", "\"people\":{},\"x\":[", "people"},
		{"\"notes\":[]", "\"notes\":0", "notes"},
		{"\"lanes\":[", "\"lane\":[", "lanes"},
		{"\"segments\":[", "\"segment\":[", "segments"},
		{"1-patient-1.webm", "2-patient-1.webm", "name"},
		{"1-patient-1.webm", "../patient-1.webm", "name"},
		{"1-patient-1.webm", "1-chat.jsonl", "name"},
		{"1-patient-1.webm", "1-clinician-1.webm", "name"},
		{"\"finished\":true", "\"finished\":1", "finished"},
		{"\"digest\":\"02", "\"digest\":\"0", "digest"},
		{"\"digest\":\"02", "\"digest\":\"0G", "digest"},
		{"\"digest\":\"02", "\"digest\":null,\"x\":\"", "digest"},
		{"\"bytes\":2", "\"bytes\":-2", "bytes"},
		{"\"duration_ms\":4000,\"v", "\"duration_ms\":-1,\"v",
		 "duration_ms"},
		{"\"finished\":{", "\"finished\":[],\"x\":{", "finished"},
		{"\"how\":\"complete\"", "\"how\":\"a b\"", "how"},
		{"\"reason\":\"stopped\"", "\"reason\":7", "reason"},
		{"\"parts\":1", "\"parts\":1000", "parts"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = changed(rows[i].from, rows[i].to);
		const char *wrong = NULL;
		enum rth_err err = read_part(text, &wrong);

		assert_int_equal(err, RTH_ERR_FORMAT);
		assert_string_equal(wrong, rows[i].wrong);
		free(text);
	}
}

static void reading_a_manifest_without_memory(void **state)
{
	char *text = changed("\"part\":1", "\"part\":1");
	enum rth_err err = RTH_ERR_NOMEM;
	const char *wrong = NULL;
	unsigned long n;

	(void)state;
	for (n = 1; err && n < 100; n++) {
		rth_mem_fail_at(n);
		err = read_part(text, &wrong);
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
	}
	assert_int_equal(err, 0);
	free(text);
}

static void everybody_must_have_agreed(void **state)
{
	static const struct {
		const char *people;
		bool good;
	} rows[] = {
		{FIX_PEOPLE, true},
		{"[]", false},
		{"[" FIX_PERSON("clinician", "yes") "]", false},
		{"[" FIX_PERSON("patient", "yes") "]", false},
		{"[" FIX_PERSON("clinician", "yes") "," FIX_PERSON("patient",
								   "no") "]",
		 false},
		{"[" FIX_PERSON("clinician", "yes") "," FIX_PERSON("patient",
								   "voice") "]",
		 false}, /* the fixture has a picture of both */
		{"[" FIX_PERSON("clinician", "voice") "," FIX_PERSON("patient",
								     "yes") "]",
		 false},
		{"[" FIX_PERSON("clinician", "yes") ",{\"role\":\"patient\","
						    "\"answer\":\"yes\"}]",
		 false},
	};
	static const struct fix_file files[] = {
		{NULL, 0, false, {0}},
		{"1-patient-1.webm", 2, true, {2}},
		{"1-clinician-1.webm", 2, true, {2}},
	};
	struct rth_recording_part *part;
	const char *wrong;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = fix_manifest_text(1, rows[i].people, files, 3,
					       FIX_FINISHED);

		assert_int_equal(rth_recording_part_read(&part, text,
							 strlen(text), FIX_ID,
							 1, &wrong),
				 0);
		assert_int_equal(rth_recording_part_evidence(part) == NULL,
				 rows[i].good);
		rth_recording_part_free(part);
		free(text);
	}
}

/* ---- Verify ---- */

struct told {
	size_t n;
	char first[256], all[4096];
};

static void hear(void *arg, const char *file, const char *text)
{
	struct told *told = arg;
	size_t len = strlen(told->all);

	if (!told->n++)
		snprintf(told->first, sizeof(told->first), "%s: %s", file,
			 text);
	snprintf(told->all + len, sizeof(told->all) - len, "%s: %s\n", file,
		 text);
}

static struct told verify(unsigned parts)
{
	struct rth_recording_folder *folder = open_folder();
	struct told told = {.n = 0};
	struct rth_verify v = {
		.tell = hear,
		.arg = &told,
		.pairs = fix.pairs,
		.parts = parts,
	};

	assert_int_equal(rth_recording_verify(folder, &v), 0);
	assert_int_equal(v.wrong, told.n);
	rth_recording_folder_close(folder);
	return told;
}

static void what_is_whole_is_good(void **state)
{
	(void)state;
	fix_whole(&fix);
	assert_int_equal(verify(0).n, 0);
	assert_int_equal(verify(1).n, 0);
}

static void flip(const char *name, off_t at)
{
	char path[256];
	uint8_t byte;
	int fd;

	fix_path(path, &fix, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

#define RECORD 16448
#define BLOCK_AT(k) (4096 + (2 + (k)) * RECORD)

static void a_flipped_byte_is_found_and_named(void **state)
{
	static const struct {
		const char *file;
		off_t at;
		const char *told;
	} rows[] = {
		{"1-patient-1.webm", 0, "1-patient-1.webm: "},
		{"1-patient-1.webm", 10, "1-patient-1.webm: "},
		{"1-patient-1.webm", 40, "1-patient-1.webm: "},
		{"1-patient-1.webm", 3000, "1-patient-1.webm: "},
		{"1-patient-1.webm", 4090, "1-patient-1.webm: "},
		{"1-patient-1.webm", BLOCK_AT(0) + 100,
		 "1-patient-1.webm: block 0 does not open"},
		{"1-patient-1.webm", BLOCK_AT(1),
		 "1-patient-1.webm: block 1 does not open"},
		{"1-patient-1.webm", BLOCK_AT(2) + RECORD - 1,
		 "1-patient-1.webm: block 2 does not open"},
		{"1-clinician-1.webm", BLOCK_AT(3) + 30,
		 "1-clinician-1.webm: block 3 does not open"},
		{"1-chat.jsonl", BLOCK_AT(0) + 60,
		 "1-chat.jsonl: block 0 does not open"},
		{"1-manifest.json", BLOCK_AT(0) + 500,
		 "1-manifest.json: block 0 does not open"},
		{"1-manifest.json", 100, "1-manifest.json: "},
	};
	size_t i;

	(void)state;
	fix_whole(&fix);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told told;

		flip(rows[i].file, rows[i].at);
		told = verify(0);
		flip(rows[i].file, rows[i].at);
		assert_true(told.n >= 1);
		assert_int_equal(
			strncmp(told.first, rows[i].told, strlen(rows[i].told)),
			0);
	}
	assert_int_equal(verify(0).n, 0);
}

static struct rth_export export_to(const char *to, bool damaged,
				   struct told *told)
{
	struct rth_recording_folder *folder = open_folder();
	struct rth_export e = {
		.pairs = fix.pairs,
		.damaged = damaged,
		.tell = hear,
		.arg = told,
	};
	const char *wrong;
	int fd;

	assert_int_equal(rth_recording_export_to(&fd, to, fix.store, &wrong),
			 0);
	assert_int_equal(rth_recording_export(folder, fd, &e), 0);
	close(fd);
	rth_recording_folder_close(folder);
	return e;
}

static char *slurp(const char *folder, const char *name, size_t *lenp)
{
	char path[512], *text = malloc(1 << 20);
	FILE *file;

	assert_non_null(text);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	*lenp = fread(text, 1, 1 << 20, file);
	fclose(file);
	return text;
}

static void remove_folder(const char *path)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
}

/*
 * Wherever a byte is flipped, either it is found, or nothing that can be read
 * has changed (a slot that was used before holds nothing that counts).
 */
static void a_flip_that_is_not_found_changes_nothing(void **state)
{
	static const char name[] = "1-patient-1.webm";
	char *want = fix_bytes(name, 3 * RTH_SEAL_BLOCK_BYTES), *got;
	char path[256], to[] = "/tmp/rth-plain-XXXXXX";
	struct told told = {.n = 0};
	struct stat st;
	size_t len, found = 0;
	off_t at;

	(void)state;
	fix_whole(&fix);
	fix_path(path, &fix, name);
	assert_int_equal(stat(path, &st), 0);
	assert_non_null(mkdtemp(to));
	for (at = 7; at < st.st_size; at += 1021) {
		flip(name, at);
		if (verify(0).n) {
			found++;
		} else {
			remove_folder(to);
			export_to(to, false, &told);
			got = slurp(to, name, &len);
			assert_int_equal(len, 3 * RTH_SEAL_BLOCK_BYTES);
			assert_memory_equal(got, want, len);
			free(got);
		}
		flip(name, at);
	}
	assert_true(found > 40);
	remove_folder(to);
	free(want);
}

static void missing_cut_foreign_and_left_over(void **state)
{
	(void)state;
	fix_whole(&fix);
	fix_run(&fix, "mv 1-patient-1.webm 1-patient-2.webm");
	assert_string_equal(verify(0).all,
			    "1-patient-1.webm: is missing\n"
			    "1-patient-2.webm: is not in the manifest\n");
	fix_run(&fix, "mv 1-patient-2.webm 1-patient-1.webm");
	fix_run(&fix, "cp 1-chat.jsonl 1-chat.jsonl.recovering");
	fix_run(&fix, "cp 1-chat.jsonl notes.txt");
	assert_string_equal(verify(0).all,
			    "1-chat.jsonl.recovering: is left over\n"
			    "notes.txt: does not belong here\n");
	fix_run(&fix, "rm 1-chat.jsonl.recovering notes.txt");
	fix_run(&fix, "touch \"$(printf 'a\\033[31m\\377b')\"");
	assert_string_equal(verify(0).all, "a?[31m?b: does not belong here\n");
	fix_run(&fix, "rm a*b");
	fix_run(&fix, "cp 1-patient-1.webm ../kept");
	fix_run(&fix, "truncate -s -1 1-patient-1.webm");
	assert_string_equal(verify(0).all, "1-patient-1.webm: is cut\n");
	fix_run(&fix, "mv ../kept 1-patient-1.webm");
	fix_run(&fix, "mv 1-chat.jsonl ../chat && ln -s ../chat 1-chat.jsonl");
	assert_string_equal(verify(0).all, "1-chat.jsonl: is no sealed file, "
					   "or its header is damaged\n");
}

/* Blocks and files in another's place. */
static void swapped_blocks_and_files(void **state)
{
	struct told told;

	(void)state;
	fix_whole(&fix);
	fix_run(&fix, "cp 1-patient-1.webm ../a");
	/* Records are 257 * 64 bytes, the first block is at 4096 + 2 records.
	 */
	fix_run(&fix, "dd if=../a of=1-patient-1.webm bs=64 skip=835 seek=578"
		      " count=257 conv=notrunc status=none");
	assert_string_equal(verify(0).all,
			    "1-patient-1.webm: block 0 does not open\n");
	fix_run(&fix, "mv ../a 1-patient-1.webm");
	assert_int_equal(verify(0).n, 0);
	fix_run(&fix, "mv 1-patient-1.webm x && "
		      "mv 1-clinician-1.webm 1-patient-1.webm && "
		      "mv x 1-clinician-1.webm");
	told = verify(0);
	assert_int_equal(told.n, 2);
	assert_non_null(strstr(told.all, "1-patient-1.webm: has another"));
	assert_non_null(strstr(told.all, "1-clinician-1.webm: has another"));
}

static void a_file_of_another_recording(void **state)
{
	(void)state;
	fix_recording(&fix, FIX_OTHER);
	fix_whole(&fix);
	fix_recording(&fix, FIX_ID);
	fix_whole(&fix);
	fix_run(&fix, "cp ../" FIX_OTHER "/1-patient-1.webm .");
	assert_string_equal(verify(0).all,
			    "1-patient-1.webm: is sealed with another "
			    "recording's key\n");
}

static void a_whole_folder_under_another_name(void **state)
{
	struct rth_recording_folder *folder;
	struct told told = {.n = 0};
	struct rth_verify v = {.tell = hear, .arg = &told, .pairs = fix.pairs};

	(void)state;
	fix_recording(&fix, FIX_OTHER);
	fix_whole(&fix); /* its manifest says FIX_ID */
	assert_int_equal(
		rth_recording_folder_open(&folder, fix.store, FIX_OTHER), 0);
	assert_int_equal(rth_recording_verify(folder, &v), 0);
	assert_string_equal(told.all,
			    "1-manifest.json: its \"recording\" is wrong\n");
	rth_recording_folder_close(folder);
}

static void missing_parts_are_named(void **state)
{
	struct fix_file files[2] = {{.name = NULL}};

	(void)state;
	fix_whole(&fix);
	assert_string_equal(verify(2).all, "2-manifest.json: is missing\n");
	files[1] = fix_lane(&fix, "3-patient-1.webm", 10, true);
	fix_manifest(&fix, 3, FIX_PEOPLE, files, 2,
		     ",\"finished\":{\"how\":\"complete\",\"reason\":"
		     "\"ended\",\"duration_ms\":1,\"parts\":4}");
	assert_string_equal(verify(0).all, "2-manifest.json: is missing\n"
					   "4-manifest.json: is missing\n");
}

/* The manifest as it was while the recording ran, put back. */
static void an_older_manifest_is_found(void **state)
{
	struct fix_file files[] = {
		fix_write(&fix, "1-chat.jsonl", FIX_CHAT, strlen(FIX_CHAT),
			  true),
		fix_lane(&fix, "1-patient-1.webm", 10, true),
	};
	struct told told;

	(void)state;
	files[1].finished = false;
	fix_manifest(&fix, 1, FIX_PEOPLE, files, 2, "");
	told = verify(0);
	assert_non_null(strstr(told.all, "1-manifest.json: was interrupted"));
	assert_non_null(strstr(told.all, "1-patient-1.webm: is not known"));
}

static void another_clinics_key_opens_nothing(void **state)
{
	(void)state;
	fix_whole(&fix);
	crypto_box_keypair(fix.pair.public, fix.secret);
	assert_string_equal(verify(0).all,
			    "1-manifest.json: is sealed to none of the private "
			    "keys\n");
}

/* ---- Export ---- */

static void copies_are_plain_and_private(void **state)
{
	char to[] = "/tmp/rth-plain-XXXXXX", path[300], *got, *want;
	struct told told = {.n = 0};
	struct rth_export e;
	struct stat st;
	size_t len;

	(void)state;
	fix_whole(&fix);
	assert_non_null(mkdtemp(to));
	e = export_to(to, false, &told);
	assert_int_equal(e.files, 4);
	assert_int_equal(told.n, 0);
	got = slurp(to, "1-clinician-1.webm", &len);
	want = fix_bytes("1-clinician-1.webm", 50000);
	assert_int_equal(len, 50000);
	assert_memory_equal(got, want, len);
	free(got);
	free(want);
	got = slurp(to, "1-chat.jsonl", &len);
	assert_int_equal(len, strlen(FIX_CHAT));
	free(got);
	snprintf(path, sizeof(path), "%s/1-manifest.json", to);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	remove_folder(to);
}

static void a_folder_that_will_not_do(void **state)
{
	char to[] = "/tmp/rth-plain-XXXXXX", path[300];
	const char *wrong;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(to));
	snprintf(path, sizeof(path), "%s/new", to);
	assert_int_equal(rth_recording_export_to(&fd, path, fix.store, &wrong),
			 0);
	close(fd);
	assert_int_equal(rth_recording_export_to(&fd, to, fix.store, &wrong),
			 RTH_ERR_EXISTS);
	assert_int_equal(chmod(path, 0750), 0);
	assert_int_equal(rth_recording_export_to(&fd, path, fix.store, &wrong),
			 RTH_ERR_DENIED);
	snprintf(path, sizeof(path), "%s/plain", fix.folder);
	assert_int_equal(rth_recording_export_to(&fd, path, fix.store, &wrong),
			 RTH_ERR_DENIED);
	assert_int_equal(
		rth_recording_export_to(&fd, "/nowhere/x", fix.store, &wrong),
		RTH_ERR_IO);
	remove_folder(to);
}

static void what_is_damaged_is_exported_only_when_asked(void **state)
{
	char to[] = "/tmp/rth-plain-XXXXXX", *got;
	struct told told = {.n = 0};
	size_t len, i;

	(void)state;
	fix_whole(&fix);
	flip("1-patient-1.webm", BLOCK_AT(1) + 99);
	assert_non_null(mkdtemp(to));
	export_to(to, true, &told);
	assert_string_equal(told.all,
			    "1-patient-1.webm: block 1 does not open\n");
	got = slurp(to, "1-patient-1.webm", &len);
	assert_int_equal(len, 3 * RTH_SEAL_BLOCK_BYTES);
	for (i = RTH_SEAL_BLOCK_BYTES; i < 2 * RTH_SEAL_BLOCK_BYTES; i++)
		assert_int_equal(got[i], 0);
	free(got);
	remove_folder(to);
}

/* Somebody who has only the public key can put files there. */
/* A lane whose blocks were never flushed is kept, and is nothing to play. */
static void what_was_never_flushed_is_not_exported(void **state)
{
	char to[] = "/tmp/rth-plain-XXXXXX", path[300];
	struct told told = {.n = 0};

	(void)state;
	fix_whole(&fix);
	fix_lane(&fix, "1-patient-9.webm", 10, false);
	fix_run(&fix, "dd if=/dev/zero of=1-patient-9.webm bs=4096 seek=1 "
		      "count=12 conv=notrunc status=none");
	assert_non_null(mkdtemp(to));
	assert_int_equal(export_to(to, true, &told).files, 4);
	snprintf(path, sizeof(path), "%s/1-patient-9.webm", to);
	assert_int_equal(access(path, F_OK), -1);
	remove_folder(to);
}

static void what_somebody_else_sealed_is_not_exported(void **state)
{
	char to[] = "/tmp/rth-plain-XXXXXX";
	struct told told = {.n = 0};

	(void)state;
	fix_recording(&fix, FIX_OTHER);
	fix_whole(&fix);
	fix_recording(&fix, FIX_ID);
	fix_whole(&fix);
	fix_run(&fix, "cp ../" FIX_OTHER "/1-patient-1.webm .");
	assert_non_null(mkdtemp(to));
	assert_int_equal(export_to(to, true, &told).files, 3);
	assert_string_equal(told.all, "1-patient-1.webm: is sealed with "
				      "another recording's key\n");
	remove_folder(to);
	/* Where nothing can tell, that is told. */
	fix_run(&fix, "rm 1-manifest.json 1-chat.jsonl 1-clinician-1.webm");
	assert_int_equal(mkdir(to, 0700), 0);
	told = (struct told){.n = 0};
	assert_int_equal(export_to(to, true, &told).files, 1);
	assert_non_null(strstr(told.all, "nothing proves that it belongs"));
	remove_folder(to);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fix, close_fix)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(names_are_taken_apart),
		TEST(only_what_looks_like_ours_is_walked),
		TEST(a_locked_folder_is_running),
		TEST(the_member_that_is_wrong_is_named),
		TEST(reading_a_manifest_without_memory),
		TEST(everybody_must_have_agreed),
		TEST(what_is_whole_is_good),
		TEST(a_flipped_byte_is_found_and_named),
		TEST(a_flip_that_is_not_found_changes_nothing),
		TEST(missing_cut_foreign_and_left_over),
		TEST(swapped_blocks_and_files),
		TEST(a_file_of_another_recording),
		TEST(a_whole_folder_under_another_name),
		TEST(missing_parts_are_named),
		TEST(an_older_manifest_is_found),
		TEST(another_clinics_key_opens_nothing),
		TEST(copies_are_plain_and_private),
		TEST(a_folder_that_will_not_do),
		TEST(what_is_damaged_is_exported_only_when_asked),
		TEST(what_was_never_flushed_is_not_exported),
		TEST(what_somebody_else_sealed_is_not_exported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
