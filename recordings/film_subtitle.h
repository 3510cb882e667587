/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subtitles as containers hold them: 3GPP timed text (TS 26.245) in mp4, WebVTT
 * in webm.
 */
#ifndef RTH_FILM_SUBTITLE_H
#define RTH_FILM_SUBTITLE_H

#include <stdbool.h>

#include <libavcodec/avcodec.h>

#include "err.h"

/** Describes such a track. */
enum rth_err rth_film_subtitle_begin(AVCodecParameters *par,
				     bool mp4) RTH_CHECKED;

/**
 * Makes the packet of a text; its times are not set.
 *
 * @param text plain, UTF-8, without empty lines; nothing in it means anything
 */
enum rth_err rth_film_subtitle(AVPacket *packet, const char *text,
			       bool mp4) RTH_CHECKED;

#endif
