/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subtitles' packets. See film_subtitle.h.
 */
#include "film_subtitle.h"

#include <string.h>

#include <libavutil/mem.h>

/* How a track's text looks (TS 26.245, 5.16), behind its sample entry. */
static const uint8_t timed_text[] = {
	0,    0,    0,	  0, /* no flags */
	1,    0xff,	     /* in the middle, at the bottom */
	0,    0,    0,	  0, /* no background */
	0,    0,    0,	  0,	0,   0,	  0,   0, /* everywhere */
	0,    0,    0,	  0,	/* from the first character on */
	0,    1,    0,	  18,	/* font 1, plain, 18 */
	0xff, 0xff, 0xff, 0xff, /* white */
	0,    0,    0,	  18,	'f', 't', 'a', 'b', /* one font */
	0,    1,    0,	  1,	5,   'S', 'e', 'r', 'i', 'f',
};

enum rth_err rth_film_subtitle_begin(AVCodecParameters *par, bool mp4)
{
	par->codec_type = AVMEDIA_TYPE_SUBTITLE;
	par->codec_id = mp4 ? AV_CODEC_ID_MOV_TEXT : AV_CODEC_ID_WEBVTT;
	if (!mp4)
		return RTH_OK;
	par->extradata =
		av_mallocz(sizeof(timed_text) + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!par->extradata)
		return RTH_ERR_NOMEM;
	memcpy(par->extradata, timed_text, sizeof(timed_text));
	par->extradata_size = (int)sizeof(timed_text);
	return RTH_OK;
}

/* What stands for a character in WebVTT; NULL: itself. */
static const char *escape(char c)
{
	return c == '&'	  ? "&amp;"
	       : c == '<' ? "&lt;"
	       : c == '>' ? "&gt;"
			  : NULL;
}

static size_t escaped(uint8_t *out, const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		const char *e = escape(*text);
		size_t len = e ? strlen(e) : 1;

		if (out)
			memcpy(out + n, e ? e : text, len);
		n += len;
	}
	return n;
}

enum rth_err rth_film_subtitle(AVPacket *packet, const char *text, bool mp4)
{
	size_t len = strlen(text);
	size_t n = mp4 ? len + 2 : escaped(NULL, text);

	if (len > UINT16_MAX)
		return RTH_ERR_LIMIT;
	if (av_new_packet(packet, (int)n) < 0)
		return RTH_ERR_NOMEM;
	if (!mp4) {
		escaped(packet->data, text);
		return RTH_OK;
	}
	packet->data[0] = (uint8_t)(len >> 8);
	packet->data[1] = (uint8_t)len;
	memcpy(packet->data + 2, text, len);
	return RTH_OK;
}
