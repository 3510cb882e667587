/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a container has to know of a picture, from its key frame: size and the
 * codec's own head. libavcodec's parsers read H264 and AV1.
 */
#include "mux.h"

#include <string.h>

#include <libavcodec/avcodec.h>

#include "feed_record.h"
#include "payload.h"
#include "picture.h"
#include "rtp.h"

#define NAL_TYPE(b) ((b)&31)
#define NAL_SPS 7
#define NAL_PPS 8
#define SPS_MIN 4

/* A copy with the zeros behind it that libavcodec wants. */
static enum rth_err parse(AVCodecParserContext *parser, AVCodecContext *codec,
			  const uint8_t *data, size_t len)
{
	uint8_t *padded = av_mallocz(len + AV_INPUT_BUFFER_PADDING_SIZE);
	uint8_t *out;
	int out_len;

	if (!padded)
		return RTH_ERR_NOMEM;
	memcpy(padded, data, len);
	parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
	(void)av_parser_parse2(parser, codec, &out, &out_len, padded, (int)len,
			       AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
	av_free(padded);
	return RTH_OK;
}

static enum rth_err parsed_size(struct rth_mux_picture *picture,
				enum AVCodecID id, const uint8_t *data,
				size_t len)
{
	AVCodecParserContext *parser = av_parser_init((int)id);
	AVCodecContext *codec = avcodec_alloc_context3(NULL);
	enum rth_err err = RTH_ERR_NOMEM;

	if (!parser || !codec)
		goto out;
	codec->codec_id = id;
	err = parse(parser, codec, data, len);
	if (err)
		goto out;
	picture->width = codec->width > 0 ? codec->width : parser->width;
	picture->height = codec->height > 0 ? codec->height : parser->height;
out:
	av_parser_close(parser);
	avcodec_free_context(&codec);
	return err;
}

static const uint8_t *find_nal(const uint8_t *data, size_t len, unsigned type,
			       size_t *np)
{
	const uint8_t *nal;
	size_t at = 0;

	while ((nal = rth_picture_nal(data, len, &at, np)))
		if (*np && NAL_TYPE(nal[0]) == type)
			return nal;
	return NULL;
}

static enum rth_err add_set(struct rth_bytes *out, uint8_t count,
			    const uint8_t *nal, size_t len)
{
	uint8_t head[3] = {count};
	enum rth_err err;

	if (len > UINT16_MAX)
		return RTH_ERR_FORMAT;
	rth_put16(head + 1, (uint16_t)len);
	err = rth_bytes_add(out, head, sizeof(head));
	return err ? err : rth_bytes_add(out, nal, len);
}

/* AVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 5.3.3.1. */
static enum rth_err avcc(struct rth_bytes *out, const uint8_t *data, size_t len)
{
	size_t sps_len = 0, pps_len = 0;
	const uint8_t *sps = find_nal(data, len, NAL_SPS, &sps_len);
	const uint8_t *pps = find_nal(data, len, NAL_PPS, &pps_len);
	uint8_t head[5];
	enum rth_err err;

	if (!sps || !pps || sps_len < SPS_MIN)
		return RTH_ERR_FORMAT;
	head[0] = 1;
	memcpy(head + 1, sps + 1, 3); /* profile, constraints, level */
	head[4] = 0xff;		      /* sizes of 4 bytes */
	err = rth_bytes_add(out, head, sizeof(head));
	if (!err)
		err = add_set(out, 0xe1, sps, sps_len);
	return err ? err : add_set(out, 1, pps, pps_len);
}

static enum rth_err sequence(struct rth_bytes *out, const uint8_t *data,
			     size_t len)
{
	size_t n;
	const uint8_t *header = rth_av1_sequence(data, len, &n);

	return header ? rth_bytes_add(out, header, n) : RTH_ERR_FORMAT;
}

static enum rth_err describe(struct rth_mux_picture *picture,
			     const uint8_t *data, size_t len)
{
	enum rth_err err;

	switch (picture->codec) {
	case RTH_FEED_H264:
		err = avcc(&picture->extra, data, len);
		return err ? err
			   : parsed_size(picture, AV_CODEC_ID_H264, data, len);
	case RTH_FEED_AV1:
		err = sequence(&picture->extra, data, len);
		return err ? err
			   : parsed_size(picture, AV_CODEC_ID_AV1, data, len);
	default:
		return rth_picture_size(picture->codec, data, len,
					&picture->width, &picture->height)
			       ? RTH_OK
			       : RTH_ERR_FORMAT;
	}
}

enum rth_err rth_mux_describe(struct rth_mux_picture *picturep, int codec,
			      const uint8_t *data, size_t len)
{
	struct rth_mux_picture picture = {.codec = codec};
	enum rth_err err = describe(&picture, data, len);

	if (!err && (picture.width <= 0 || picture.height <= 0))
		err = RTH_ERR_FORMAT;
	if (err)
		rth_mux_picture_clear(&picture);
	else
		*picturep = picture;
	return err;
}

void rth_mux_picture_clear(struct rth_mux_picture *picture)
{
	rth_bytes_clear(&picture->extra);
	*picture = (struct rth_mux_picture){0};
}

bool rth_mux_same(const struct rth_mux_picture *a,
		  const struct rth_mux_picture *b)
{
	if (a->codec != b->codec)
		return false;
	if (a->codec != RTH_FEED_H264)
		return true;
	return a->extra.len == b->extra.len &&
	       !memcmp(a->extra.data, b->extra.data, a->extra.len);
}
