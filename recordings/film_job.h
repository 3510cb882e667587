/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What rthealth-film is asked to make: docs/store.md, "Films and previews".
 */
#ifndef RTH_FILM_JOB_H
#define RTH_FILM_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define RTH_FILM_JOB_MAX_BYTES (1 << 20)
#define RTH_FILM_FILES_MAX 1000
#define RTH_FILM_KEYS_MAX 1000
#define RTH_FILM_MAX_MS (INT64_C(24) * 3600 * 1000)
#define RTH_FILM_NAME_SIZE 257	  /* with the NUL */
#define RTH_FILM_LANGUAGE_SIZE 17 /* with the NUL */
#define RTH_FILM_PICTURES_MAX 32
#define RTH_FILM_FIRST_FD 6

enum rth_film_lane {
	RTH_FILM_CLINICIAN,
	RTH_FILM_PATIENT,
	RTH_FILM_CLINICIAN_SCREEN,
	RTH_FILM_PATIENT_SCREEN,
	RTH_FILM_LANES, /* the above have media */
	RTH_FILM_CHAT = RTH_FILM_LANES,
	RTH_FILM_CAPTIONS,
};

#define RTH_FILM_PEOPLE 2 /* the first two lanes are those of the people */

enum rth_film_layout {
	RTH_FILM_SIDE_BY_SIDE,
	RTH_FILM_PICTURE_IN_PICTURE,
};

/* One sealed input. */
struct rth_film_input {
	int fd;
	size_t key; /* which of the keys opens it */
	enum rth_film_lane lane;
	bool mp4; /* of lanes; else webm */
	int64_t start_ms;
	char language[RTH_FILM_LANGUAGE_SIZE]; /* of captions; may be empty */
};

struct rth_film_job {
	bool preview; /* and not a film */
	bool mp4;     /* else webm */
	enum rth_film_layout layout;
	bool burn_in;
	int64_t begun_ms; /* since 1970 */
	int64_t utc_offset_s;
	int64_t duration_ms;
	char names[RTH_FILM_PEOPLE][RTH_FILM_NAME_SIZE];
	int pictures, width, height; /* of the strip */
	int64_t step_ms;	     /* of the outline */
	size_t keys;		     /* how many follow the job */
	size_t n;
	struct rth_film_input *files;
};

/**
 * Reads a job.
 *
 * @param job  filled in on success; give it to rth_film_job_clear
 * @param text borrowed, without the newline
 * @return 0, RTH_ERR_FORMAT, RTH_ERR_NOMEM; RTH_ERR_LIMIT: the film would be
 *         too long
 */
enum rth_err rth_film_job_read(struct rth_film_job *job, const char *text,
			       size_t len) RTH_CHECKED;
void rth_film_job_clear(struct rth_film_job *job);

/** What a person is called in films: the name, else the role. */
const char *rth_film_job_name(const struct rth_film_job *job, int person);

/** The role's English word. */
const char *rth_film_role(int person);

#endif
