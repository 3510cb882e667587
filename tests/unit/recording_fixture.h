/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings for tests: a store in a folder of its own, sealed files with any
 * bytes in them, manifests as the recorder writes them. The functions are
 * static so that a test program stays one file.
 */
#ifndef RTH_RECORDING_FIXTURE_H
#define RTH_RECORDING_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sodium.h>

#include "mem.h"
#include "recording_load.h"
#include "seal.h"

#define FIX_ID "abcdefghijklmnopqrstuv"
#define FIX_OTHER "ABCDEFGHIJKLMNOPQRSTUV"
#define FIX_ROOM "RRRRRRRRRRRRRRRRRRRRRR"
#define FIX_MONTH "2026/11"
#define FIX_PERSON(role, answer)                                            \
	"{\"role\":\"" role "\",\"participant\":\"p\",\"sub\":\"s\","       \
	"\"answer\":\"" answer "\",\"text_version\":\"1\",\"text_sha256\":" \
	"\"0123456789abcdef0123456789abcdef"                                \
	"0123456789abcdef0123456789abcdef\","                               \
	"\"language\":\"en\",\"answered_ms\":1790000000000}"
#define FIX_PEOPLE \
	"[" FIX_PERSON("clinician", "yes") "," FIX_PERSON("patient", "yes") "]"

struct fixture {
	char store[64];
	char folder[128]; /* of the recording at hand */
	uint8_t public[RTH_SEAL_PUBLIC_BYTES];
	uint8_t secret[RTH_SEAL_SECRET_BYTES];
	struct rth_seal_pair pair;
	struct rth_pairs pairs;
	struct rth_seal_key *key; /* of the part at hand */
};

/* What a file became. */
struct fix_file {
	const char *name;
	size_t bytes;
	bool finished;
	uint8_t digest[RTH_SEAL_DIGEST_BYTES];
};

/* Makes a folder below the store where there is none. */
static inline void fix_make(const struct fixture *f, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->store, name);
	if (mkdir(path, 0700))
		assert_int_equal(access(path, X_OK), 0);
}

/* A new folder for a recording, and a new key, as a new part has. */
static inline void fix_recording(struct fixture *f, const char *id)
{
	fix_make(f, "2026");
	fix_make(f, FIX_MONTH);
	snprintf(f->folder, sizeof(f->folder), "%s/" FIX_MONTH "/%s", f->store,
		 id);
	fix_make(f, f->folder + strlen(f->store) + 1);
	rth_seal_key_free(f->key);
	f->key = NULL;
	assert_int_equal(
		rth_seal_key_make(
			&f->key,
			(const uint8_t(*)[RTH_SEAL_PUBLIC_BYTES])f->public, 1),
		0);
}

static inline void fix_open(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	assert_true(sodium_init() >= 0);
	strcpy(f->store, "/tmp/rth-store-XXXXXX");
	assert_non_null(mkdtemp(f->store));
	crypto_box_keypair(f->public, f->secret);
	memcpy(f->pair.public, f->public, sizeof(f->public));
	f->pair.secret = f->secret;
	f->pairs.v = &f->pair;
	f->pairs.n = 1;
	fix_recording(f, FIX_ID);
}

static inline void fix_close(struct fixture *f)
{
	char command[96];

	rth_seal_key_free(f->key);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->store);
	assert_int_equal(system(command), 0);
}

/* Runs a shell's words in the recording's folder. */
static inline void fix_run(const struct fixture *f, const char *words)
{
	char command[512];

	snprintf(command, sizeof(command), "cd '%s' && %s", f->folder, words);
	assert_int_equal(system(command), 0);
}

static inline void fix_path(char path[256], const struct fixture *f,
			    const char *name)
{
	snprintf(path, 256, "%s/%s", f->folder, name);
}

/* Bytes that tell where they are from. */
static inline char *fix_bytes(const char *name, size_t n)
{
	char *bytes = malloc(n + 1);
	size_t i;

	assert_non_null(bytes);
	for (i = 0; i < n; i++)
		bytes[i] = (char)(name[i % strlen(name)] ^ (i >> 8));
	return bytes;
}

static inline struct fix_file fix_write(const struct fixture *f,
					const char *name, const char *bytes,
					size_t n, bool finish)
{
	struct fix_file file = {name, n, finish, {0}};
	struct rth_seal *seal;
	char path[256];
	int fd;

	fix_path(path, f, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(rth_seal_create(&seal, fd, f->key), 0);
	if (n)
		assert_int_equal(rth_seal_write(seal, 0, bytes, n / 2), 0);
	if (n > 1)
		assert_int_equal(rth_seal_flush(seal), 0);
	if (n)
		assert_int_equal(
			rth_seal_write(seal, n / 2, bytes + n / 2, n - n / 2),
			0);
	if (finish) {
		assert_int_equal(rth_seal_finish(seal, file.digest), 0);
	} else {
		assert_int_equal(rth_seal_flush(seal), 0);
		rth_seal_close(seal);
	}
	return file;
}

/* A lane whose bytes are fix_bytes of its name. */
static inline struct fix_file fix_lane(const struct fixture *f,
				       const char *name, size_t n, bool finish)
{
	char *bytes = fix_bytes(name, n);
	struct fix_file file = fix_write(f, name, bytes, n, finish);

	free(bytes);
	return file;
}

static inline void fix_entry(FILE *out, const struct fix_file *file)
{
	size_t i;

	fprintf(out,
		"{\"name\":\"%s\",\"bytes\":%zu,\"start_ms\":0,"
		"\"duration_ms\":4000,\"video\":\"vp8\",\"finished\":%s,"
		"\"digest\":",
		file->name, file->bytes, file->finished ? "true" : "false");
	fputs(file->finished ? "\"" : "null", out);
	for (i = 0; file->finished && i < sizeof(file->digest); i++)
		fprintf(out, "%02x", file->digest[i]);
	fputs(file->finished ? "\"}" : "}", out);
}

/* A manifest's text, for free. The first file is the chat unless its name is
   NULL; each other one is a lane's. `more` is put at its end. */
static char *fix_manifest_text(unsigned part, const char *people,
			       const struct fix_file *files, size_t n,
			       const char *more)
	__attribute__((noinline,
		       unused)); /* inlined, gcc 12 warns of nothing */

static char *fix_manifest_text(unsigned part, const char *people,
			       const struct fix_file *files, size_t n,
			       const char *more)
{
	char *text;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out,
		"{\"version\":1,\"recording\":\"" FIX_ID
		"\",\"room\":\"" FIX_ROOM
		"\",\"part\":%u,\"begun_ms\":1790000000000,\"start_ms\":0,"
		"\"written_ms\":1000,\"people\":%s,\"notes\":[],\"lanes\":[",
		part, people);
	for (i = 1; i < n; i++) {
		fputs(i > 1 ? ",{\"segments\":[" : "{\"segments\":[", out);
		fix_entry(out, &files[i]);
		fprintf(out, "],\"lane\":\"%s\",\"role\":\"patient\"}",
			strstr(files[i].name, "patient") ? "patient"
							 : "clinician");
	}
	fputs("]", out);
	if (n && files[0].name) {
		fputs(",\"chat\":", out);
		fix_entry(out, &files[0]);
	}
	fprintf(out, "%s}", more);
	fclose(out);
	return text;
}

static inline void fix_manifest(const struct fixture *f, unsigned part,
				const char *people,
				const struct fix_file *files, size_t n,
				const char *more)
{
	char *text = fix_manifest_text(part, people, files, n, more);
	char name[RTH_MANIFEST_NAME_SIZE];

	rth_recording_part_name(name, part);
	fix_write(f, name, text, strlen(text), true);
	free(text);
}

#define FIX_FINISHED                                                  \
	",\"finished\":{\"how\":\"complete\",\"reason\":\"stopped\"," \
	"\"duration_ms\":4000,\"parts\":1}"
#define FIX_CHAT "{\"text\":\"one\"}\n{\"text\":\"two\"}\n"

/* A whole recording: chat and two lanes, finished. */
static inline void fix_whole(const struct fixture *f)
{
	const struct fix_file files[] = {
		fix_write(f, "1-chat.jsonl", FIX_CHAT, strlen(FIX_CHAT), true),
		fix_lane(f, "1-clinician-1.webm", 50000, true),
		fix_lane(f, "1-patient-1.webm", 3 * RTH_SEAL_BLOCK_BYTES, true),
	};

	fix_manifest(f, 1, FIX_PEOPLE, files, 3, FIX_FINISHED);
}

#endif
