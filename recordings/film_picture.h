/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a lane shows at a time: the last picture of its files, for a while.
 */
#ifndef RTH_FILM_PICTURE_H
#define RTH_FILM_PICTURE_H

#include "film_source.h"

struct rth_film_picture;

/**
 * @param files borrowed, for the picture's life; sorted by their start
 * @param lane  the files of this lane are looked at
 */
enum rth_err rth_film_picture_open(struct rth_film_picture **picturep,
				   struct rth_film_file *files, size_t n,
				   enum rth_film_lane lane) RTH_CHECKED;
void rth_film_picture_close(struct rth_film_picture *picture);

/**
 * Goes on to a time, which never goes back.
 *
 * @param framep  receives what is shown then, the picture's own, valid until
 *                the next call; NULL: nothing, or for too long nothing new
 * @param serialp receives a number that another picture does not have
 * @return 0; what reading the files returned
 */
enum rth_err rth_film_picture_at(struct rth_film_picture *picture,
				 int64_t time_us, const AVFrame **framep,
				 uint64_t *serialp) RTH_CHECKED;

/** When what is shown began: the time of the first picture after a hole. */
int64_t rth_film_picture_since_us(const struct rth_film_picture *picture);

#endif
