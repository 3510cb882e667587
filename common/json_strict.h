/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading JSON from people who may be hostile.
 */
#ifndef RTH_JSON_STRICT_H
#define RTH_JSON_STRICT_H

#include <stddef.h>

#include <jansson.h>

#include "err.h"

#define RTH_JSON_MAX_DEPTH 16

/**
 * Reads one JSON object (RFC 8259). Refused beyond what jansson refuses anyway
 * (text after the object, invalid UTF-8, NUL in strings, integers over 64
 * bits): members that are there twice, since readers differ in which one they
 * believe, and more than RTH_JSON_MAX_DEPTH levels. Any thread.
 *
 * @param objectp receives the object; json_decref it
 * @param text    borrowed, need not end with a NUL
 * @return 0, RTH_ERR_FORMAT or RTH_ERR_NOMEM
 */
enum rth_err rth_json_object(json_t **objectp, const char *text,
			     size_t len) RTH_CHECKED;

/**
 * The same, read twice, where a wrong reading would accuse somebody or be kept:
 * jansson 2.14 passes over bytes for which it has no memory, and calls the rest
 * what it then looks like. RTH_ERR_NOMEM when the readings differ.
 */
enum rth_err rth_json_object_sure(json_t **objectp, const char *text,
				  size_t len) RTH_CHECKED;

#endif
