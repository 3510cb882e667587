/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of lanes, as tests read them. See lane_file.h.
 */
#include "lane_file.h"

#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <libavformat/avformat.h>
#include <sodium.h>

void lane_folder_make(struct lane_folder *folder)
{
	uint8_t public[1][RTH_SEAL_PUBLIC_BYTES];
	uint8_t secret[RTH_SEAL_SECRET_BYTES];

	assert_true(sodium_init() >= 0);
	/* In memory: what is synced here need not be. */
	snprintf(folder->path, sizeof(folder->path), "%s/rth-lane-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(folder->path));
	folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder->fd >= 0);
	assert_int_equal(crypto_box_keypair(public[0], secret), 0);
	assert_int_equal(rth_seal_key_make(&folder->key,
					   (const uint8_t(*)[32]) public, 1),
			 0);
}

void lane_folder_remove(struct lane_folder *folder)
{
	DIR *dir = fdopendir(folder->fd);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(folder->fd, entry->d_name, 0);
	closedir(dir);
	assert_int_equal(rmdir(folder->path), 0);
	rth_seal_key_free(folder->key);
}

static void unseal(struct lane_file *file, const struct lane_folder *folder,
		   const char *name)
{
	int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
	struct rth_unseal *unseal;

	assert_true(fd >= 0);
	assert_int_equal(rth_unseal_open(&unseal, fd, folder->key), 0);
	file->len = rth_unseal_length(unseal);
	file->plain = malloc(file->len + 1);
	assert_non_null(file->plain);
	assert_int_equal(rth_unseal_read(unseal, 0, file->plain, file->len,
					 &file->len, NULL),
			 0);
	rth_unseal_close(unseal);
}

/* RTH_KEEP names a folder for plain copies, to look at with a player. */
static void keep(const struct lane_file *file, const char *name)
{
	const char *folder = getenv("RTH_KEEP");
	char path[512];
	FILE *out;

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(file->plain, 1, file->len, out), file->len);
	assert_int_equal(fclose(out), 0);
}

struct at {
	const struct lane_file *file;
	size_t at;
};

static int read_bytes(void *arg, uint8_t *buf, int size)
{
	struct at *at = arg;
	size_t n = at->file->len - at->at;

	if (!n)
		return AVERROR_EOF;
	n = n < (size_t)size ? n : (size_t)size;
	memcpy(buf, at->file->plain + at->at, n);
	at->at += n;
	return (int)n;
}

static int64_t seek(void *arg, int64_t offset, int whence)
{
	struct at *at = arg;

	if (whence == AVSEEK_SIZE)
		return (int64_t)at->file->len;
	assert_int_equal(whence, SEEK_SET);
	at->at = (size_t)offset;
	return offset;
}

static void read_streams(struct lane_file *file, const AVFormatContext *av)
{
	snprintf(file->format, sizeof(file->format), "%s", av->iformat->name);
	file->duration_s = (double)av->duration / AV_TIME_BASE;
	for (unsigned i = 0; i < av->nb_streams; i++) {
		const AVCodecParameters *par = av->streams[i]->codecpar;

		if (par->codec_type == AVMEDIA_TYPE_AUDIO) {
			assert_int_equal(par->codec_id, AV_CODEC_ID_OPUS);
			file->has_voice = true;
			continue;
		}
		file->has_picture = true;
		file->width = par->width;
		file->height = par->height;
		snprintf(file->codec, sizeof(file->codec), "%s",
			 avcodec_get_name(par->codec_id));
	}
}

static void add(struct lane_file *file, const AVFormatContext *av,
		const AVPacket *packet)
{
	const AVStream *stream = av->streams[packet->stream_index];
	struct lane_frame *frame;

	if (file->n == file->size) {
		file->size = file->size ? 2 * file->size : 1024;
		file->frame = realloc(file->frame, file->size * sizeof(*frame));
		assert_non_null(file->frame);
	}
	frame = &file->frame[file->n++];
	frame->picture = stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
	frame->key = packet->flags & AV_PKT_FLAG_KEY;
	frame->time_us = av_rescale_q(packet->pts, stream->time_base,
				      (AVRational){1, 1000000});
	frame->len = (size_t)packet->size;
	frame->data = malloc(frame->len + 1);
	assert_non_null(frame->data);
	memcpy(frame->data, packet->data, frame->len);
}

void lane_file_read(struct lane_file *file, const struct lane_folder *folder,
		    const char *name)
{
	struct at at = {file, 0};
	AVFormatContext *av = avformat_alloc_context();
	AVPacket *packet = av_packet_alloc();
	AVIOContext *io;

	memset(file, 0, sizeof(*file));
	unseal(file, folder, name);
	keep(file, name);
	assert_non_null(av);
	assert_non_null(packet);
	av_log_set_level(AV_LOG_QUIET);
	av->pb = avio_alloc_context(av_malloc(4096), 4096, 0, &at, read_bytes,
				    NULL, seek);
	assert_non_null(av->pb);
	av->flags |=
		AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN | AVFMT_FLAG_CUSTOM_IO;
	io = av->pb;
	assert_int_equal(avformat_open_input(&av, NULL, NULL, NULL), 0);
	read_streams(file, av);
	while (av_read_frame(av, packet) >= 0) {
		add(file, av, packet);
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	avformat_close_input(&av);
	av_free(io->buffer);
	avio_context_free(&io);
}

void lane_file_free(struct lane_file *file)
{
	for (size_t i = 0; i < file->n; i++)
		free(file->frame[i].data);
	free(file->frame);
	free(file->plain);
}
