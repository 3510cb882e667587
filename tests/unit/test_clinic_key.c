/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of public keys, and telling private ones from others. */
#include "seal_support.h"

#include "clinic_key.h"

#define GOOD "rthealth-public-key-1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

struct folder {
	char path[64];
	int fd;
	char problem[256];
	struct rth_clinic_keys keys;
};

static int set_up(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->path, "/tmp/rth-keys-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct folder *f = *state;
	char command[128];

	close(f->fd);
	snprintf(command, sizeof(command), "rm -rf %s", f->path);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void put(const struct folder *f, const char *name, const char *text)
{
	int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static enum rth_err read_keys(struct folder *f)
{
	f->problem[0] = '\0';
	return rth_clinic_keys_read(&f->keys, f->path, f->problem,
				    sizeof(f->problem));
}

static void reads_them_by_name(void **state)
{
	struct folder *f = *state;

	put(f, "second.pub", GOOD "\n");
	put(f, "first.pub", GOOD);
	put(f, "clinic-2.pub", GOOD "\n");
	put(f, "README", "other files are left alone");
	put(f, ".hidden.pub", "this one, too");
	assert_int_equal(mkdirat(f->fd, "retired", 0700), 0);
	assert_int_equal(read_keys(f), 0);
	assert_int_equal(f->keys.n, 3);
	assert_string_equal(f->keys.name[0], "clinic-2");
	assert_string_equal(f->keys.name[1], "first");
	assert_string_equal(f->keys.name[2], "second");
	for (int i = 0; i < 32; i++)
		assert_int_equal(f->keys.public[2][i], i);
}

static void names_what_is_wrong(void **state)
{
	static const char *const wrong[] = {
		"",
		"\n",
		"rthealth-public-key-1",
		"rthealth-public-key-2 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw"
		"dHh8",
		GOOD "A\n",
		GOOD " \n",
		GOOD "\n\n",
		GOOD "\n" GOOD "\n",
		"rthealth-private-key-1 plain x y\n",
		"rthealth-public-key-1 "
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
	};
	struct folder *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put(f, "bad.pub", wrong[i]);
		assert_int_equal(read_keys(f), RTH_ERR_FORMAT);
		assert_non_null(strstr(f->problem, "/bad.pub: "));
		assert_null(strchr(f->problem, '\n'));
	}
	assert_int_equal(unlinkat(f->fd, "bad.pub", 0), 0);
	put(f, "Bad Name.pub", GOOD);
	assert_int_equal(read_keys(f), RTH_ERR_FORMAT);
	assert_non_null(strstr(f->problem, "Bad Name.pub"));
}

static void needs_one_and_takes_sixteen(void **state)
{
	struct folder *f = *state;
	char name[32];

	assert_int_equal(read_keys(f), RTH_ERR_NOT_FOUND);
	assert_non_null(strstr(f->problem, "keys init"));
	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "k%d.pub", i);
		put(f, name, GOOD);
	}
	assert_int_equal(read_keys(f), 0);
	assert_int_equal(f->keys.n, 16);
	put(f, "one-more.pub", GOOD);
	assert_int_equal(read_keys(f), RTH_ERR_LIMIT);
	assert_int_equal(rth_clinic_keys_read(&f->keys, "/nowhere", f->problem,
					      sizeof(f->problem)),
			 RTH_ERR_NOT_FOUND);
	assert_non_null(strstr(f->problem, "/nowhere"));
}

static void refuses_what_is_no_file(void **state)
{
	struct folder *f = *state;

	assert_int_equal(mkdirat(f->fd, "folder.pub", 0700), 0);
	assert_int_equal(read_keys(f), RTH_ERR_IO);
	assert_int_equal(unlinkat(f->fd, "folder.pub", AT_REMOVEDIR), 0);
	assert_int_equal(mkfifoat(f->fd, "pipe.pub", 0600), 0);
	assert_int_equal(read_keys(f), RTH_ERR_FORMAT);
}

static void knows_private_keys_by_what_they_say(void **state)
{
	struct folder *f = *state;

	put(f, "notes.txt", "rthealth-private-key-1 plain A B\n");
	put(f, "short", "rthealth-private-key-1");
	put(f, "clinic.key", "something else");
	put(f, "clinic.pub", GOOD);
	assert_true(rth_clinic_key_is_private(f->fd, "notes.txt"));
	assert_true(rth_clinic_key_is_private(f->fd, "short"));
	assert_false(rth_clinic_key_is_private(f->fd, "clinic.key"));
	assert_false(rth_clinic_key_is_private(f->fd, "clinic.pub"));
	assert_false(rth_clinic_key_is_private(f->fd, "nothing"));
	assert_false(rth_clinic_key_is_private(f->fd, "."));
}

static void writes_what_it_reads(void **state)
{
	uint8_t public[RTH_SEAL_PUBLIC_BYTES], again[RTH_SEAL_PUBLIC_BYTES];
	char line[RTH_CLINIC_KEY_LINE_SIZE];

	(void)state;
	assert_true(sodium_init() >= 0);
	for (int i = 0; i < 100; i++) {
		randombytes_buf(public, sizeof(public));
		rth_clinic_key_format(line, public);
		assert_int_equal(
			rth_clinic_key_parse(again, line, strlen(line)), 0);
		assert_memory_equal(public, again, sizeof(public));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_them_by_name),
		TEST(names_what_is_wrong),
		TEST(needs_one_and_takes_sixteen),
		TEST(refuses_what_is_no_file),
		TEST(knows_private_keys_by_what_they_say),
		cmocka_unit_test(writes_what_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
