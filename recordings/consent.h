/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recorder's own lock on what may be written: of whom, and whether with
 * pictures. It knows only what BEGIN and the notes said and when, and decides
 * by the time at which a packet reached the relay.
 */
#ifndef RTH_CONSENT_H
#define RTH_CONSENT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define RTH_CONSENT_GRACE_US 1000000

enum rth_consent_medium {
	RTH_CONSENT_SOUND,
	RTH_CONSENT_PICTURE,
	RTH_CONSENT_MEDIA,
};

struct rth_consent {
	/* By role: until when it was agreed to. INT64_MAX: it is;
	   INT64_MIN: it never was. */
	int64_t until_us[2][RTH_CONSENT_MEDIA];
	bool paused;
	int64_t changed_us; /* when it was paused or went on */
	int64_t part_us;    /* what is older may come under an older answer */
};

enum rth_consent_word {
	RTH_CONSENT_WRITE, /* agreed to */
	RTH_CONSENT_DROP,  /* not to be written; may still happen */
	RTH_CONSENT_NEVER, /* the plugin should not have sent it */
};

/**
 * Takes the answers of BEGIN's people, checked; of several the newest.
 *
 * @param part_us when a later part than the first began: the relay may have
 *                kept packets from before, and an answer may have changed
 *                meanwhile; INT64_MIN for the first part
 */
void rth_consent_begin(struct rth_consent *consent, const json_t *people,
		       int64_t part_us);

/**
 * Takes a note, checked: `consent`, `paused` and `running` change something.
 *
 * @param time_us the note's, relay's clock
 */
void rth_consent_note(struct rth_consent *consent, const json_t *note,
		      int64_t time_us);

/**
 * Says whether a packet may be written. After an answer became narrower, or a
 * pause began, packets are dropped; those that reached the relay more than
 * RTH_CONSENT_GRACE_US after a narrower answer must not come at all.
 *
 * @param role    0 or 1
 * @param medium  camera and screen are pictures
 * @param time_us when it reached the relay
 */
enum rth_consent_word rth_consent_media(const struct rth_consent *consent,
					int role,
					enum rth_consent_medium medium,
					int64_t time_us);

#endif
