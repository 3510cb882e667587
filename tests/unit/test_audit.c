/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the audit: how they are written, chained, listed and signed. */
#include "audit_support.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "json_text.h"
#include "store_db.h"

/* ---- One row ---- */

struct kept {
	struct rth_audit_row row;
	int n;
};

static enum rth_err keep(const struct rth_audit_row *row, void *arg)
{
	struct kept *kept = arg;

	kept->row = *row;
	kept->n++;
	return 0;
}

static struct kept last_row(void)
{
	struct kept kept = {.n = 0};

	assert_int_equal(
		rth_store_audit_rows(store(), INT64_MIN, 10000, keep, &kept),
		0);
	return kept;
}

static void a_row_comes_back_as_it_was(void **state)
{
	struct kept kept;

	(void)state;
	add("play", "recording");
	kept = last_row();
	assert_int_equal(kept.n, 1);
	assert_int_equal(kept.row.n, 1);
	assert_int_equal(kept.row.time_ms / 1000, 1800000000);
	assert_string_equal(kept.row.subject, "someone");
	assert_string_equal(kept.row.role, "operator");
	assert_string_equal(kept.row.action, "play");
	assert_string_equal(kept.row.object, "recording");
	assert_string_equal(kept.row.visit, "visit");
	assert_string_equal(kept.row.outcome, "ok");
	assert_string_equal(kept.row.reason, "complaint");
	assert_string_equal(kept.row.client, "hash");
	assert_string_equal(kept.row.data,
			    "{\"a\":{\"z\":null},\"b\":[1,\"x\"],\"count\":3}");
	assert_false(kept.row.malformed);
}

/* What the digest is of, to the byte: docs/audit.md. */
static void a_digest_is_of_the_canonical_text(void **state)
{
	static const char text[] =
		"{\"action\":\"left\",\"data\":{\"a\":1},\"n\":7,"
		"\"outcome\":\"ok\",\"prev\":\"" RTH_AUDIT_FIRST "\","
		"\"reason\":\"\xc3\xa9\\\"\\\\/\",\"time_ms\":1800000000123}";
	static struct rth_audit_row row = {
		.n = 7,
		.time_ms = 1800000000123,
		.action = "left",
		.outcome = "ok",
		.reason = "\xc3\xa9\"\\/",
		.data = "{\"a\":1}",
	};
	char digest[RTH_HASH_SIZE], of_text[RTH_HASH_SIZE];

	(void)state;
	assert_int_equal(rth_audit_row_digest(digest, &row, RTH_AUDIT_FIRST),
			 0);
	assert_int_equal(rth_store_hash(of_text, text), 0);
	assert_string_equal(digest, of_text);
}

static void what_no_row_can_hold_is_refused(void **state)
{
	static char word[RTH_AUDIT_WORD_SIZE + 1],
		data[RTH_AUDIT_DATA_SIZE + 1];
	const struct {
		struct rth_audit row;
		enum rth_err err;
	} rows[] = {
		{{.action = NULL}, RTH_ERR_FORMAT},
		{{.action = "a", .object = word}, RTH_ERR_LIMIT},
		{{.action = "a", .subject = "a\nb"}, RTH_ERR_FORMAT},
		{{.action = "a", .reason = "a\x7f"}, RTH_ERR_FORMAT},
		{{.action = "a", .reason = "\xc3("}, RTH_ERR_FORMAT},
		{{.action = "a", .data = "[]"}, RTH_ERR_FORMAT},
		{{.action = "a", .data = "{"}, RTH_ERR_FORMAT},
		{{.action = "a", .data = "{\"a\":0.5}"}, RTH_ERR_FORMAT},
		{{.action = "a", .data = "{\"a\":[{\"b\":1e3}]}"},
		 RTH_ERR_FORMAT},
		{{.action = "a", .data = "{\"a\":\"\\u0001\"}"},
		 RTH_ERR_FORMAT},
		{{.action = "a", .data = "{\"a\\n\":1}"}, RTH_ERR_FORMAT},
		{{.action = "a", .data = "{\"a\":1,\"a\":1}"}, RTH_ERR_FORMAT},
		{{.action = "a", .data = data}, RTH_ERR_LIMIT},
	};
	size_t i;

	(void)state;
	memset(word, 'w', sizeof(word) - 1);
	memset(data, ' ', sizeof(data) - 1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rth_store_audit(store(), &rows[i].row, 1),
				 rows[i].err);
	assert_int_equal(last_row().n, 0);
	word[RTH_AUDIT_WORD_SIZE - 1] = '\0';
	add("a", word);
	assert_string_equal(last_row().row.object, word);
}

static void an_empty_text_is_none(void **state)
{
	const struct rth_audit row = {.action = "a", .object = "", .visit = ""};

	(void)state;
	assert_int_equal(rth_store_audit(store(), &row, 1), 0);
	assert_false(last_row().row.malformed);
	assert_int_equal(sign(), 0);
	assert_string_equal(verify(), "");
}

static void without_its_head_nothing_is_written(void **state)
{
	const struct rth_audit row = {.action = "a"};

	(void)state;
	tamper("DELETE FROM audit_head");
	assert_int_equal(rth_store_audit(store(), &row, 1), RTH_ERR_NOT_FOUND);
	assert_int_equal(last_row().n, 0);
}

/* ---- Many ---- */

#define THREADS 4
#define EACH 50

static void *append_many(void *arg)
{
	const struct rth_audit row = {.action = "play", .object = arg};
	long wrong = 0;
	int i;

	for (i = 0; i < EACH; i++)
		wrong += rth_store_audit(store(), &row, bench_now) != 0;
	return (void *)wrong;
}

static void threads_append_one_chain(void **state)
{
	pthread_t threads[THREADS];
	void *wrong;
	size_t i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, append_many,
						(void *)"o"),
				 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(last_row().row.n, THREADS * EACH);
	assert_int_equal(sign(), 0);
	assert_string_equal(verify(), "");
}

static void *append_elsewhere(void *arg)
{
	const struct rth_audit row = {.action = "play"};
	struct rth_store *other = arg;
	long wrong = 0;
	int i;

	for (i = 0; i < EACH; i++)
		wrong += rth_store_audit(other, &row, bench_now) != 0;
	return (void *)wrong;
}

/* One of them through a store of its own, as another process would. */
static void two_portals_append_one_chain(void **state)
{
	struct rth_store *other;
	pthread_t threads[2];
	void *wrong;
	int i;

	(void)state;
	assert_int_equal(rth_store_open(&other, bench.database), 0);
	assert_int_equal(
		pthread_create(&threads[0], NULL, append_elsewhere, other), 0);
	assert_int_equal(
		pthread_create(&threads[1], NULL, append_elsewhere, store()),
		0);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	rth_store_close(other);
	assert_int_equal(last_row().row.n, 2 * EACH);
	assert_int_equal(sign(), 0);
	assert_string_equal(verify(), "");
}

/* What is appended while it looks is no damage. */
static void is_verified_while_others_append(void **state)
{
	struct rth_store *other;
	pthread_t threads[2];
	void *wrong;
	int i;

	(void)state;
	add("play", "first");
	assert_int_equal(sign(), 0);
	assert_int_equal(rth_store_open(&other, bench.database), 0);
	assert_int_equal(
		pthread_create(&threads[0], NULL, append_elsewhere, other), 0);
	assert_int_equal(
		pthread_create(&threads[1], NULL, append_elsewhere, store()),
		0);
	while (last_row().row.n < 1 + 2 * EACH) {
		assert_string_equal(verify(), "");
		assert_string_equal(verify_since(1900000000), "");
	}
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	rth_store_close(other);
}

/* Can be done once: the second time is over the limit. */
static enum rth_err once(struct rth_store *of, void *arg)
{
	enum rth_err err = rth_store_rate(of, "once", 1, 3600, bench_now);

	return err ? err : *(const enum rth_err *)arg;
}

static void a_row_and_what_it_tells_of_are_there_or_neither(void **state)
{
	const struct rth_audit good = {.action = "b"};
	const struct rth_audit wrong = {.action = "b", .data = "1"};
	enum rth_err fails = RTH_ERR_NOT_FOUND, works = 0;

	(void)state;
	add("a", "1");
	assert_int_equal(rth_store_audited(store(), &good, 1, once, &fails),
			 RTH_ERR_NOT_FOUND);
	assert_int_equal(rth_store_audited(store(), &wrong, 1, once, &works),
			 RTH_ERR_FORMAT);
	assert_int_equal(last_row().n, 1);
	assert_int_equal(rth_store_audited(store(), &good, 1, once, &works), 0);
	assert_int_equal(last_row().row.n, 2);
	assert_int_equal(rth_store_audited(store(), &good, 1, once, &works),
			 RTH_ERR_LIMIT);
	assert_int_equal(last_row().row.n, 2);
	assert_int_equal(sign(), 0);
	assert_string_equal(verify(), "");
}

/* ---- Memory ---- */

static void without_memory_there_is_a_row_or_none(void **state)
{
	const struct rth_audit row = {
		.action = "a",
		.data = "{\"b\":1,\"a\":[{\"c\":\"d\"}]}",
	};
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	for (n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = rth_store_audit(store(), &row, bench_now);
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
		assert_int_equal(last_row().n, err ? 0 : 1);
	}
	assert_true(n > 10);
	assert_int_equal(sign(), 0);
	assert_string_equal(verify(), "");
}

static void without_memory_nothing_is_called_wrong(void **state)
{
	struct said said = {.n = 0};
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	add_rows(1, 3);
	assert_int_equal(sign(), 0);
	for (n = 1; err; n++) {
		struct rth_audit_verify v = asked(&said);

		rth_mem_fail_at(n);
		err = rth_audit_verify_store(&v, &bench.portal.settings,
					     store());
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
		assert_int_equal(said.n, 0);
	}
	assert_true(n > 10);
}

static void without_memory_a_head_is_whole_or_not_there(void **state)
{
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned long n;

	(void)state;
	add_rows(1, 2);
	for (n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = sign();
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
	}
	assert_string_equal(verify(), "");
}

/* ---- The key and its heads ---- */

static void path_of(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", bench.folder, name);
}

static void the_key_is_made_once(void **state)
{
	char path[128], public[RTH_AUDIT_KEY_TEXT_SIZE];
	struct rth_audit_key *again;
	struct stat st;

	(void)state;
	path_of(path, "audit.key");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(rth_audit_key_open(&again, &bench.portal.settings), 0);
	assert_string_equal(rth_audit_key_public(again),
			    rth_audit_key_public(bench.portal.audit_key));
	assert_int_equal(rth_audit_key_look(public, &bench.portal.settings), 0);
	assert_string_equal(public, rth_audit_key_public(again));
	rth_audit_key_free(again);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(rth_audit_key_open(&again, &bench.portal.settings),
			 RTH_ERR_DENIED);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 30), 0);
	assert_int_equal(rth_audit_key_open(&again, &bench.portal.settings),
			 RTH_ERR_FORMAT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rth_audit_key_look(public, &bench.portal.settings),
			 RTH_ERR_NOT_FOUND);
}

struct opening {
	struct rth_audit_key *key;
	enum rth_err err;
	atomic_bool done;
};

static void *open_another(void *arg)
{
	struct opening *o = arg;

	o->err = rth_audit_key_open(&o->key, &bench.portal.settings);
	o->done = true;
	return NULL;
}

/* Says whether somebody waits for the lock of this inode (proc_locks(5)). */
static bool is_waited_for(ino_t inode)
{
	char line[256], wanted[32];
	FILE *file = fopen("/proc/locks", "r");
	bool found = false;

	assert_non_null(file);
	snprintf(wanted, sizeof(wanted), ":%ju 0 EOF", (uintmax_t)inode);
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, "-> FLOCK") && strstr(line, wanted);
	fclose(file);
	return found;
}

/* Another portal has the folder, and makes the key while this one starts. */
static void the_key_of_whoever_was_first_is_used(void **state)
{
	struct opening o = {.done = false};
	char path[128], kept[128];
	struct stat st;
	pthread_t thread;
	int fd;

	(void)state;
	path_of(path, "audit.key");
	path_of(kept, "old");
	assert_int_equal(rename(path, kept), 0);
	fd = open(bench.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pthread_create(&thread, NULL, open_another, &o), 0);
	while (!o.done && !is_waited_for(st.st_ino))
		sched_yield();
	assert_false(o.done);
	assert_int_equal(rename(kept, path), 0);
	close(fd);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(o.err, 0);
	assert_string_equal(rth_audit_key_public(o.key),
			    rth_audit_key_public(bench.portal.audit_key));
	rth_audit_key_free(o.key);
}

static void a_hash_needs_the_key_and_the_purpose(void **state)
{
	char a[RTH_HASH_SIZE], b[RTH_HASH_SIZE], plain[RTH_HASH_SIZE];
	const struct rth_audit_key *key = bench.portal.audit_key;

	(void)state;
	assert_int_equal(rth_audit_key_hash(a, key, "client  ", "1.2.3.4", 7),
			 0);
	assert_int_equal(rth_audit_key_hash(b, key, "client  ", "1.2.3.4", 7),
			 0);
	assert_string_equal(a, b);
	assert_int_equal(rth_audit_key_hash(b, key, "config  ", "1.2.3.4", 7),
			 0);
	assert_string_not_equal(a, b);
	assert_int_equal(rth_audit_key_hash(b, key, "client  ", "1.2.3.5", 7),
			 0);
	assert_string_not_equal(a, b);
	assert_int_equal(rth_store_hash(plain, "1.2.3.4"), 0);
	assert_string_not_equal(a, plain);
}

static enum rth_err count_line(const json_t *object, size_t line, void *arg)
{
	assert_non_null(object);
	*(size_t *)arg = line;
	return 0;
}

static size_t lines(void)
{
	size_t n = 0;

	assert_int_equal(
		rth_audit_heads_each(&bench.portal.settings, count_line, &n),
		0);
	return n;
}

static void a_head_is_written_when_the_chain_has_grown(void **state)
{
	struct stat st;
	char path[128];

	(void)state;
	assert_int_equal(lines(), 0);
	add_rows(1, 2);
	assert_int_equal(sign(), 0);
	assert_int_equal(sign(), 0);
	assert_int_equal(lines(), 1);
	add_rows(3, 3);
	assert_int_equal(sign(), 0);
	assert_int_equal(lines(), 2);
	path_of(path, "db.heads");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(verify(), "");
}

static void append_text(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_of(path, name);
	file = fopen(path, "a");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* The power went while a line was written. */
static void a_torn_line_is_cut_off(void **state)
{
	(void)state;
	add_rows(1, 2);
	assert_int_equal(sign(), 0);
	append_text("db.heads", "{\"digest\":\"half");
	assert_int_equal(lines(), 1);
	assert_string_equal(verify(), "");
	add_rows(3, 3);
	assert_int_equal(sign(), 0);
	assert_int_equal(lines(), 2);
	assert_string_equal(verify(), "");
}

static void a_lost_tail_is_told_once(void **state)
{
	(void)state;
	add_rows(1, 5);
	assert_int_equal(sign(), 0);
	tamper("DELETE FROM audit WHERE n > 3;"
	       "UPDATE audit_head SET n = 3, digest ="
	       " (SELECT digest FROM audit WHERE n = 3)");
	assert_int_equal(sign(), RTH_ERR_STATE);
	assert_int_equal(sign(), 0);
	assert_int_equal(lines(), 2);
	/* Signing on hides nothing. */
	assert_begins(verify(), "row 4 is missing");
}

/* A line of junk behind the last head does not hide what it says. */
static void a_lost_tail_is_told_behind_junk(void **state)
{
	static const char *const junk[] = {"junk\n", "{}\n", "\n",
					   "{\"n\":1}\n{\"n\":2}\n"};
	size_t i;

	for (i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		if (i)
			open_bench(state);
		add_rows(1, 5);
		assert_int_equal(sign(), 0);
		append_text("db.heads", junk[i]);
		tamper("DELETE FROM audit WHERE n > 3;"
		       "UPDATE audit_head SET n = 3, digest ="
		       " (SELECT digest FROM audit WHERE n = 3)");
		assert_int_equal(sign(), RTH_ERR_STATE);
		close_bench(state);
	}
	open_bench(state);
}

/* A portal that has started has left a row, and has signed it. */
static void nothing_at_all_is_not_good(void **state)
{
	(void)state;
	assert_begins(verify(), "no signed head");
	assert_int_equal(sign(), 0); /* of no row */
	assert_begins(verify(), "there is no row");
}

/* ---- On behalf of a request ---- */

static void set_session(struct rth_exchange *x)
{
	struct rth_session *session = rth_alloc(sizeof(*session));

	assert_non_null(session);
	strcpy(session->user.id, "user");
	session->role = RTH_ROLE_OPERATOR;
	rth_exchange_set_session(x, session);
}

static void a_request_gives_who_and_from_where(void **state)
{
	struct rth_exchange *x = bench_exchange(&bench, RTH_GET, "/");
	struct rth_audit row = {.action = "looked", .object = "o"};
	char hash[RTH_HASH_SIZE];
	struct kept kept;

	(void)state;
	rth_exchange_set_address(x, "192.0.2.7");
	set_session(x);
	assert_int_equal(rth_audit_request(x, &row), 0);
	kept = last_row();
	assert_string_equal(kept.row.subject, "user");
	assert_string_equal(kept.row.role, "operator");
	assert_int_equal(rth_audit_key_hash(hash, bench.portal.audit_key,
					    "client  ", "192.0.2.7", 9),
			 0);
	assert_string_equal(kept.row.client, hash);
	row.subject = "another";
	row.role = "admin";
	assert_int_equal(rth_audit_request(x, &row), 0);
	kept = last_row();
	assert_string_equal(kept.row.subject, "another");
	assert_string_equal(kept.row.role, "admin");
	rth_exchange_free(x);
}

/* ---- The list ---- */

struct listed {
	char objects[64];
	char names[64];
};

static enum rth_err list_one(const struct rth_audit_row *row, const char *name,
			     void *arg)
{
	struct listed *l = arg;

	snprintf(l->objects + strlen(l->objects),
		 sizeof(l->objects) - strlen(l->objects), "%s", row->object);
	snprintf(l->names + strlen(l->names),
		 sizeof(l->names) - strlen(l->names), "%s", name);
	return 0;
}

static const char *list(const struct rth_audit_filter *filter)
{
	static struct listed l;

	memset(&l, 0, sizeof(l));
	assert_int_equal(rth_store_audit_list(store(), filter, list_one, &l),
			 0);
	return l.objects;
}

static void the_list_is_filtered_and_paged(void **state)
{
	struct rth_user user;
	struct rth_audit row = {.action = "stop", .object = "x"};
	struct listed l = {.objects = ""};
	struct rth_audit_filter of_user = {.limit = 10};

	(void)state;
	add_rows(1, 4); /* at 1800000000 and the next three seconds */
	assert_int_equal(
		rth_store_user(store(), &user, "a@b.example", "Ann", 1), 0);
	row.subject = of_user.subject = user.id;
	assert_int_equal(rth_store_audit(store(), &row, bench_now), 0);
	assert_string_equal(list(&(struct rth_audit_filter){.limit = 10}),
			    "xo4o3o2o1");
	assert_string_equal(list(&(struct rth_audit_filter){.limit = 2}),
			    "xo4");
	assert_string_equal(
		list(&(struct rth_audit_filter){.limit = 2, .below_n = 4}),
		"o3o2");
	assert_string_equal(
		list(&(struct rth_audit_filter){.limit = 9, .object = "o2"}),
		"o2");
	assert_string_equal(
		list(&(struct rth_audit_filter){.limit = 9, .action = "play"}),
		"o4o3o2o1");
	assert_string_equal(
		list(&(struct rth_audit_filter){
			.limit = 9, .from_s = 1800000002, .to_s = 1800000004}),
		"o4o3");
	assert_string_equal(
		list(&(struct rth_audit_filter){
			.limit = 9, .subject = "someone", .action = "stop"}),
		"");
	assert_int_equal(rth_store_audit_list(store(), &of_user, list_one, &l),
			 0);
	assert_string_equal(l.names, "Ann");
}

static char plan[2048];
static const struct rth_db_backend *real;

static enum rth_err keep_step(const struct rth_db_row *row, void *arg)
{
	char step[256];

	(void)arg;
	assert_int_equal(real->column_text(row, bench_on_server(&bench) ? 0 : 3,
					   step, sizeof(step)),
			 0);
	strncat(plan, step, sizeof(plan) - strlen(plan) - 2);
	strcat(plan, "\n");
	return 0;
}

/* How the database would do it, in the place of doing it. */
static enum rth_err explain(struct rth_db *db, const struct rth_db_query *query,
			    size_t *rowsp)
{
	char sql[4096];
	struct rth_db_query explained = *query;

	snprintf(sql, sizeof(sql), "EXPLAIN %s %s",
		 bench_on_server(&bench) ? "" : "QUERY PLAN", query->sql);
	explained.sql = sql;
	explained.row = keep_step;
	plan[0] = '\0';
	return real->run(db, &explained, rowsp);
}

/* A page of a span of time sorts nothing while the store is locked. */
static void no_page_is_sorted(void **state)
{
	const struct rth_audit_filter filters[] = {
		{.limit = 50},
		{.limit = 50, .from_s = 1, .to_s = 2000000000},
		{.limit = 50, .from_s = 1},
		{.limit = 50, .to_s = 2000000000, .below_n = 7},
		{.limit = 50, .subject = "s", .from_s = 1},
		{.limit = 50, .object = "o", .to_s = 2000000000},
		{.limit = 50, .action = "a", .from_s = 1},
	};
	struct rth_db_backend explaining = *store()->backend;
	size_t i;

	(void)state;
	/* Of a few rows there is no need for an index. */
	if (bench_on_server(&bench))
		script("SET enable_seqscan = off; SET enable_bitmapscan = off");
	real = store()->backend;
	explaining.run = explain;
	store()->backend = &explaining;
	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		assert_int_equal(rth_store_audit_list(store(), &filters[i],
						      list_one, NULL),
				 0);
		assert_true(*plan != 0);
		if (strstr(plan, "TEMP B-TREE") || strstr(plan, "Sort"))
			fail_msg("question %zu sorts:\n%s", i, plan);
	}
	store()->backend = real;
}

/* A person can go: the chain has the id only. */
static void without_its_name_the_chain_is_whole(void **state)
{
	struct rth_audit row = {.action = "play"};
	struct rth_user user;

	(void)state;
	assert_int_equal(
		rth_store_user(store(), &user, "a@b.example", "Ann", 1), 0);
	row.subject = user.id;
	assert_int_equal(rth_store_audit(store(), &row, 1), 0);
	assert_int_equal(sign(), 0);
	script("DELETE FROM users");
	assert_string_equal(verify(), "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_row_comes_back_as_it_was),
		TEST(a_digest_is_of_the_canonical_text),
		TEST(what_no_row_can_hold_is_refused),
		TEST(an_empty_text_is_none),
		TEST(without_its_head_nothing_is_written),
		TEST(threads_append_one_chain),
		TEST(two_portals_append_one_chain),
		TEST(is_verified_while_others_append),
		TEST(a_row_and_what_it_tells_of_are_there_or_neither),
		TEST(without_memory_there_is_a_row_or_none),
		TEST(without_memory_nothing_is_called_wrong),
		TEST(without_memory_a_head_is_whole_or_not_there),
		TEST(the_key_is_made_once),
		TEST(the_key_of_whoever_was_first_is_used),
		TEST(a_hash_needs_the_key_and_the_purpose),
		TEST(a_head_is_written_when_the_chain_has_grown),
		TEST(a_torn_line_is_cut_off),
		TEST(a_lost_tail_is_told_once),
		TEST(a_lost_tail_is_told_behind_junk),
		TEST(nothing_at_all_is_not_good),
		TEST(a_request_gives_who_and_from_where),
		TEST(the_list_is_filtered_and_paged),
		TEST(no_page_is_sorted),
		TEST(without_its_name_the_chain_is_whole),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
