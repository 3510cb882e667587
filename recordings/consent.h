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

#define RTH_CONSENT_GAPS 16 /* of more, the oldest two become one */

/* Times between which something was not agreed to, in their order. */
struct rth_consent_gaps {
	struct {
		int64_t from_us; /* INT64_MIN: it never was before */
		int64_t to_us;	 /* INT64_MAX: it goes on */
	} v[RTH_CONSENT_GAPS];
	unsigned n;
};

struct rth_consent {
	struct rth_consent_gaps answers[2][RTH_CONSENT_MEDIA]; /* by role */
	struct rth_consent_gaps pauses;
	int64_t part_us; /* what is older may come under an older answer */
};

/* In their order: the strictest counts. */
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
 * Says whether a packet or a line of chat may be written. What reached the
 * relay while it was paused, or not agreed to, is dropped, also when it comes
 * after all that was taken back; more than RTH_CONSENT_GRACE_US after a
 * narrower answer that still holds it must not come at all.
 *
 * @param role    0 or 1
 * @param medium  camera and screen are pictures; chat goes with the sound
 * @param time_us when it reached the relay
 */
enum rth_consent_word rth_consent_media(const struct rth_consent *consent,
					int role,
					enum rth_consent_medium medium,
					int64_t time_us);

#endif
