/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target over its checked-in corpus, for builds without libFuzzer.
 *
 * The target fuzz_NAME reads every file of tests/fuzz/corpus/NAME, or the files
 * given as arguments. Writes TAP; a crash or a sanitizer's report ends it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX_BYTES (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The target's name: what follows "fuzz_" in the program's own. */
static const char *target_name(void)
{
	const char *prefix = strstr(program_invocation_short_name, "fuzz_");

	return prefix ? prefix + strlen("fuzz_")
		      : program_invocation_short_name;
}

/* A copy of exactly the file's size, so that a sanitizer sees an overrun. */
static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;
	int err = -1;

	if (!f)
		return -1;
	if (!fseek(f, 0, SEEK_END))
		size = ftell(f);
	if (size < 0 || size > INPUT_MAX_BYTES || fseek(f, 0, SEEK_SET))
		goto out;
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		goto out;
	err = LLVMFuzzerTestOneInput(data, (size_t)size);
out:
	free(data);
	fclose(f);
	return err;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int report(unsigned n, const char *path)
{
	int err = replay_file(path);

	printf("%s %u - %s\n", err ? "not ok" : "ok", n, path);
	fflush(stdout);
	return err;
}

static int replay_corpus(const char *srcdir)
{
	struct dirent **entries;
	char path[4096];
	int failed = 0;
	int count;

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", srcdir,
		 target_name());
	count = scandir(path, &entries, visible, alphasort);
	if (count <= 0) {
		printf("Bail out! no corpus in %s\n", path);
		return -1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s/%s",
			 srcdir, target_name(), entries[i]->d_name);
		failed |= report((unsigned)i + 1, path);
		free(entries[i]);
	}
	free(entries);
	return failed;
}

int main(int argc, char *argv[])
{
	const char *srcdir = getenv("RTH_SRCDIR");
	int failed = 0;

	if (argc < 2)
		return replay_corpus(srcdir ? srcdir : ".") ? 1 : 0;
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++)
		failed |= report((unsigned)i, argv[i]);
	return failed ? 1 : 0;
}
