/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests of lanes: a folder, a key that opens what is sealed in it, and the
 * frames of a file.
 */
#ifndef RTH_TEST_LANE_FILE_H
#define RTH_TEST_LANE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seal.h"

struct lane_folder {
	char path[64];
	int fd;
	struct rth_seal_key *key;
};

void lane_folder_make(struct lane_folder *folder);
void lane_folder_remove(struct lane_folder *folder);

struct lane_frame {
	bool picture, key;
	int64_t time_us;
	size_t len;
	uint8_t *data;
};

struct lane_file {
	uint8_t *plain;
	size_t len;
	char format[64];
	int width, height;
	double duration_s;
	bool has_voice, has_picture;
	char codec[16]; /* of the picture */
	size_t n, size;
	struct lane_frame *frame;
};

/* Unseals a file and reads all of its frames. */
void lane_file_read(struct lane_file *file, const struct lane_folder *folder,
		    const char *name);
void lane_file_free(struct lane_file *file);

#endif
