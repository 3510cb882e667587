/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a key frame starts, for each codec; no byte past the end is read. */
#include "support.h"

#include "../../plugins/keyframe.h"

/* Asks about a copy of exactly this length. */
static bool is_key(rth_keyframe_fn *fn, const char *bytes, size_t len)
{
	uint8_t *exact = malloc(len);
	bool key;

	memcpy(exact, bytes, len);
	key = fn(exact, len);
	free(exact);
	return key;
}

#define KEY(fn, s) assert_true(is_key(fn, s, sizeof(s) - 1))
#define NOT(fn, s) assert_false(is_key(fn, s, sizeof(s) - 1))

static void vp8(void **state)
{
	(void)state;
	KEY(rth_keyframe_vp8, "\x10\x00");
	NOT(rth_keyframe_vp8, "\x10\x01");
	NOT(rth_keyframe_vp8, "\x00\x00");	   /* no start */
	NOT(rth_keyframe_vp8, "\x11\x00");	   /* partition 1 */
	KEY(rth_keyframe_vp8, "\x30\x00");	   /* N */
	KEY(rth_keyframe_vp8, "\x90\x80\x05\x10"); /* short picture id */
	NOT(rth_keyframe_vp8, "\x90\x80\x05\x11");
	KEY(rth_keyframe_vp8, "\x90\x80\x85\x05\x10"); /* long one */
	NOT(rth_keyframe_vp8, "\x90\x80\x85\x05\x11");
	KEY(rth_keyframe_vp8, "\x90\xf0\x85\x05\x01\x20\x10"); /* I L T K */
	NOT(rth_keyframe_vp8, "\x90\xf0\x85\x05\x01\x20\x11");
	KEY(rth_keyframe_vp8, "\x90\x10\x20\x10"); /* K alone */
}

static void vp8_that_ends_too_early(void **state)
{
	(void)state;
	NOT(rth_keyframe_vp8, "\x10");
	NOT(rth_keyframe_vp8, "\x90");
	NOT(rth_keyframe_vp8, "\x90\x80");
	NOT(rth_keyframe_vp8, "\x90\x80\x85");
	NOT(rth_keyframe_vp8, "\x90\xf0\x85\x05\x01\x20");
}

static void vp9(void **state)
{
	(void)state;
	KEY(rth_keyframe_vp9, "\x08");
	KEY(rth_keyframe_vp9, "\x8c\x00");
	NOT(rth_keyframe_vp9, "\x48"); /* inter-predicted */
	NOT(rth_keyframe_vp9, "\x80"); /* not the beginning */
}

static void h264(void **state)
{
	(void)state;
	KEY(rth_keyframe_h264, "\x65");		    /* IDR */
	KEY(rth_keyframe_h264, "\x67\x42");	    /* SPS */
	NOT(rth_keyframe_h264, "\x61");		    /* other slice */
	NOT(rth_keyframe_h264, "\x68");		    /* PPS alone */
	KEY(rth_keyframe_h264, "\x78\x00\x02\x67"); /* STAP-A with SPS */
	NOT(rth_keyframe_h264, "\x78\x00\x02\x61");
	KEY(rth_keyframe_h264, "\x7c\x85"); /* FU-A, start of IDR */
	NOT(rth_keyframe_h264, "\x7c\x05"); /* in the middle */
	NOT(rth_keyframe_h264, "\x7c\x81");
	NOT(rth_keyframe_h264, "\x78");
	NOT(rth_keyframe_h264, "\x78\x00\x02");
	NOT(rth_keyframe_h264, "\x7c");
}

static void av1(void **state)
{
	(void)state;
	KEY(rth_keyframe_av1, "\x08");
	KEY(rth_keyframe_av1, "\x18\x0a");
	NOT(rth_keyframe_av1, "\x10");
	NOT(rth_keyframe_av1, "\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vp8),
		cmocka_unit_test(vp8_that_ends_too_early),
		cmocka_unit_test(vp9),
		cmocka_unit_test(h264),
		cmocka_unit_test(av1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
