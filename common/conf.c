/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration by table. The only file that includes libconfig.
 *
 * First everything in the file is looked up in the table (an unknown key is
 * most often a misspelt one, and its default would be used silently), then
 * every row of the table is looked up in the file.
 */
#include "conf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libconfig.h>

#include "conf_text.h"
#include "mem.h"

#define STRING_MAX_BYTES 1024
#define ENTRIES_MAX 256
#define PATH_MAX_BYTES 256

/*
 * Where the reader is: a group of the file, the table for it and the struct
 * that it fills.
 */
struct scope {
	config_setting_t *group;
	const struct rth_conf_key *keys;
	char *base;
	char prefix[PATH_MAX_BYTES]; /* of its keys: "issuers[1]." */
	const char *file;
	struct rth_conf_problem *problem;
};

static enum rth_err read_scope(const struct scope *scope);

/* The whole file's own line is 0 in libconfig. */
static RTH_PRINTF(4, 5) enum rth_err
	fail(const struct scope *scope, const config_setting_t *at,
	     const char *key, const char *fmt, ...)
{
	unsigned line = config_setting_source_line(at);
	char reason[192];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	snprintf(scope->problem->text, sizeof(scope->problem->text),
		 "%s:%u: %s%s: %s", scope->file, line ? line : 1, scope->prefix,
		 key, reason);
	return RTH_ERR_CONFIG;
}

/* Keys that are not in the table. */

enum place { UNKNOWN, ROW, GROUP_OF_ROWS };

static enum place place_of(const struct rth_conf_key *keys, const char *path)
{
	size_t len = strlen(path);

	for (; keys->key; keys++) {
		if (strncmp(keys->key, path, len) != 0)
			continue;
		if (keys->key[len] == '\0')
			return ROW;
		if (keys->key[len] == '.')
			return GROUP_OF_ROWS;
	}
	return UNKNOWN;
}

static enum rth_err check_known(const struct scope *scope,
				config_setting_t *group, const char *above)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *child = config_setting_get_elem(group, i);
		char path[PATH_MAX_BYTES];
		enum place place = UNKNOWN;
		enum rth_err err;

		if (snprintf(path, sizeof(path), "%s%s", above,
			     config_setting_name(child)) <
		    (int)sizeof(path) - 1)
			place = place_of(scope->keys, path);
		if (place == UNKNOWN)
			return fail(scope, child, path, "unknown key");
		if (place == ROW)
			continue;
		if (!config_setting_is_group(child))
			return fail(scope, child, path, "must be a group");
		strcat(path, ".");
		err = check_known(scope, child, path);
		if (err)
			return err;
	}
	return RTH_OK;
}

/* One reader for each type; `at` is there. */

static enum rth_err copy_string(const struct scope *scope,
				const struct rth_conf_key *row,
				config_setting_t *at, char **textp)
{
	size_t max = row->type == RTH_CONF_STRING && row->max
			     ? (size_t)row->max
			     : STRING_MAX_BYTES;
	const char *text = config_setting_get_string(at);

	if (!text)
		return fail(scope, at, row->key, "must be a string");
	if (!*text)
		return fail(scope, at, row->key, "must not be empty");
	if (strlen(text) > max)
		return fail(scope, at, row->key, "is longer than %zu bytes",
			    max);
	if (row->wrong && row->wrong(text))
		return fail(scope, at, row->key, "%s", row->wrong(text));
	*textp = rth_strdup(text);
	return *textp ? RTH_OK : RTH_ERR_NOMEM;
}

static enum rth_err read_string(const struct scope *scope,
				const struct rth_conf_key *row,
				config_setting_t *at)
{
	return copy_string(scope, row, at,
			   (char **)(scope->base + row->offset));
}

static enum rth_err read_int(const struct scope *scope,
			     const struct rth_conf_key *row,
			     config_setting_t *at)
{
	int64_t value;

	if (config_setting_type(at) == CONFIG_TYPE_INT)
		value = config_setting_get_int(at);
	else if (config_setting_type(at) == CONFIG_TYPE_INT64)
		value = config_setting_get_int64(at);
	else
		return fail(scope, at, row->key, "must be a whole number");
	if ((row->min || row->max) && (value < row->min || value > row->max))
		return fail(scope, at, row->key,
			    "must be from %" PRId64 " to %" PRId64, row->min,
			    row->max);
	*(int64_t *)(scope->base + row->offset) = value;
	return RTH_OK;
}

static enum rth_err read_bool(const struct scope *scope,
			      const struct rth_conf_key *row,
			      config_setting_t *at)
{
	if (config_setting_type(at) != CONFIG_TYPE_BOOL)
		return fail(scope, at, row->key, "must be true or false");
	*(bool *)(scope->base + row->offset) = config_setting_get_bool(at);
	return RTH_OK;
}

static enum rth_err check_count(const struct scope *scope,
				const struct rth_conf_key *row,
				config_setting_t *at)
{
	int64_t n = config_setting_length(at);
	int64_t max = row->max ? row->max : ENTRIES_MAX;

	if (n >= row->min && n <= max)
		return RTH_OK;
	return fail(scope, at, row->key,
		    "must have from %" PRId64 " to %" PRId64 " entries",
		    row->min, max);
}

static enum rth_err read_strings(const struct scope *scope,
				 const struct rth_conf_key *row,
				 config_setting_t *at)
{
	struct rth_conf_strings *strings =
		(struct rth_conf_strings *)(scope->base + row->offset);
	enum rth_err err;

	if (!config_setting_is_array(at) && !config_setting_is_list(at))
		return fail(scope, at, row->key, "must be a list of strings");
	err = check_count(scope, row, at);
	if (err)
		return err;
	strings->v = rth_alloc(config_setting_length(at) * sizeof(char *));
	if (!strings->v)
		return RTH_ERR_NOMEM;
	for (int i = 0; i < config_setting_length(at); i++) {
		err = copy_string(scope, row, config_setting_get_elem(at, i),
				  &strings->v[i]);
		if (err)
			return err;
		strings->n++;
	}
	return RTH_OK;
}

static enum rth_err read_item(const struct scope *scope,
			      const struct rth_conf_key *row,
			      config_setting_t *at, int i, char *base)
{
	struct scope item = {
		.group = at,
		.keys = row->items,
		.base = base,
		.file = scope->file,
		.problem = scope->problem,
	};

	if (snprintf(item.prefix, sizeof(item.prefix), "%s%s[%d].",
		     scope->prefix, row->key, i) >= (int)sizeof(item.prefix))
		return fail(scope, at, row->key, "is nested too deeply");
	if (!config_setting_is_group(at))
		return fail(scope, at, row->key, "must be a list of groups");
	return read_scope(&item);
}

static enum rth_err read_list(const struct scope *scope,
			      const struct rth_conf_key *row,
			      config_setting_t *at)
{
	struct rth_conf_list *list =
		(struct rth_conf_list *)(scope->base + row->offset);
	enum rth_err err;

	if (!config_setting_is_list(at))
		return fail(scope, at, row->key, "must be a list of groups");
	err = check_count(scope, row, at);
	if (err)
		return err;
	list->v = rth_alloc(config_setting_length(at) * row->item_size);
	if (!list->v)
		return RTH_ERR_NOMEM;
	for (int i = 0; i < config_setting_length(at); i++) {
		list->n++;
		err = read_item(scope, row, config_setting_get_elem(at, i), i,
				(char *)list->v + i * row->item_size);
		if (err)
			return err;
	}
	return RTH_OK;
}

static enum rth_err (*const readers[])(const struct scope *,
				       const struct rth_conf_key *,
				       config_setting_t *) = {
	[RTH_CONF_STRING] = read_string, [RTH_CONF_INT] = read_int,
	[RTH_CONF_BOOL] = read_bool,	 [RTH_CONF_STRINGS] = read_strings,
	[RTH_CONF_LIST] = read_list,
};

static enum rth_err set_default(const struct scope *scope,
				const struct rth_conf_key *row)
{
	char *member = scope->base + row->offset;

	if (row->required)
		return fail(scope, scope->group, row->key, "is missing");
	if (row->type == RTH_CONF_INT)
		*(int64_t *)member = row->number;
	else if (row->type == RTH_CONF_BOOL)
		*(bool *)member = row->number != 0;
	else if (row->type == RTH_CONF_STRING && row->text) {
		*(char **)member = rth_strdup(row->text);
		if (!*(char **)member)
			return RTH_ERR_NOMEM;
	}
	return RTH_OK;
}

static enum rth_err read_scope(const struct scope *scope)
{
	enum rth_err err = check_known(scope, scope->group, "");

	for (const struct rth_conf_key *row = scope->keys; !err && row->key;
	     row++) {
		config_setting_t *at =
			config_setting_lookup(scope->group, row->key);

		err = at ? readers[row->type](scope, row, at)
			 : set_default(scope, row);
	}
	return err;
}

static enum rth_err parse_file(config_t *config, const char *path,
			       struct rth_conf_problem *problem)
{
	char *text = NULL;
	enum rth_err err = rth_conf_text_read(&text, path, problem);

	if (err)
		return err;
	if (!config_read_string(config, text)) {
		snprintf(problem->text, sizeof(problem->text), "%s:%d: %s",
			 path, config_error_line(config),
			 config_error_text(config));
		err = RTH_ERR_CONFIG;
	}
	rth_free(text);
	return err;
}

enum rth_err rth_conf_read(void *conf, const struct rth_conf_key *keys,
			   const char *path, struct rth_conf_problem *problem)
{
	struct scope scope = {
		.keys = keys,
		.base = conf,
		.file = path,
		.problem = problem,
	};
	config_t config;
	enum rth_err err;

	problem->text[0] = '\0';
	config_init(&config);
	err = parse_file(&config, path, problem);
	if (!err) {
		scope.group = config_root_setting(&config);
		err = read_scope(&scope);
	}
	if (err == RTH_ERR_NOMEM)
		snprintf(problem->text, sizeof(problem->text),
			 "%s: out of memory", path);
	config_destroy(&config);
	return err;
}

/* Giving back what was read. */

static void clear_strings(struct rth_conf_strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		rth_free(strings->v[i]);
	rth_free(strings->v);
	*strings = (struct rth_conf_strings){0};
}

static void clear_list(struct rth_conf_list *list,
		       const struct rth_conf_key *row)
{
	for (size_t i = 0; i < list->n; i++)
		rth_conf_clear((char *)list->v + i * row->item_size,
			       row->items);
	rth_free(list->v);
	*list = (struct rth_conf_list){0};
}

void rth_conf_clear(void *conf, const struct rth_conf_key *keys)
{
	for (const struct rth_conf_key *row = keys; row->key; row++) {
		void *member = (char *)conf + row->offset;

		switch (row->type) {
		case RTH_CONF_STRING:
			rth_free(*(char **)member);
			*(char **)member = NULL;
			break;
		case RTH_CONF_INT:
			*(int64_t *)member = 0;
			break;
		case RTH_CONF_BOOL:
			*(bool *)member = false;
			break;
		case RTH_CONF_STRINGS:
			clear_strings(member);
			break;
		case RTH_CONF_LIST:
			clear_list(member, row);
			break;
		}
	}
}
