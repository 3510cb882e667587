/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes that grow. See frame.h.
 */
#include "frame.h"

#include <string.h>

#include "mem.h"

#define FIRST 2048

static enum rth_err grow(struct rth_bytes *bytes, size_t need)
{
	size_t size = bytes->size ? bytes->size : FIRST;
	uint8_t *data;

	while (size < need)
		size *= 2;
	data = rth_alloc(size);
	if (!data)
		return RTH_ERR_NOMEM;
	if (bytes->len)
		memcpy(data, bytes->data, bytes->len);
	rth_free(bytes->data);
	bytes->data = data;
	bytes->size = size;
	return RTH_OK;
}

enum rth_err rth_bytes_add(struct rth_bytes *bytes, const void *data,
			   size_t len)
{
	size_t max = bytes->max ? bytes->max : RTH_FRAME_MAX;
	enum rth_err err = RTH_OK;

	if (len > max - bytes->len)
		return RTH_ERR_LIMIT;
	if (len > bytes->size - bytes->len)
		err = grow(bytes, bytes->len + len);
	if (err || !len)
		return err;
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
	return RTH_OK;
}

void rth_bytes_clear(struct rth_bytes *bytes)
{
	rth_free(bytes->data);
	*bytes = (struct rth_bytes){0};
}
