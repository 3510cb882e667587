/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A visit for tests of the plugin core: a control without its thread over the
 * fake host, an issuer with a key, and browsers that ask and send.
 */
#ifndef RTH_FAKE_VISIT_H
#define RTH_FAKE_VISIT_H

#include "fake_host.h"

#include "../../plugins/command.h"
#include "../../plugins/control.h"

#define VISIT_ISSUER "https://visits.example"
#define VISIT_OTHER_ISSUER "https://clinic.example" /* with the same key */
#define VISIT_ROOM "AAAAAAAAAAAAAAAAAAAAAA"
#define VISIT_PEOPLE_MAX 80

struct person {
	struct fake_handle *handle;
	struct rth_session *session;
	bool gone;
	uint32_t ssrc;
	uint16_t seq;
	uint32_t ts;
	uint8_t opus_pt, vp8_pt;
};

struct visit {
	char dir[64];
	char keys[96]; /* the issuer's JWK set */
	struct rth_plugin_conf conf;
	struct rth_control *control;
	struct rth_jwt_key *key;
	struct person people[VISIT_PEOPLE_MAX];
	size_t n_people;
	unsigned tokens;
};

/* cmocka's setup and teardown; *state is the struct visit. */
int visit_setup(void **state);
int visit_teardown(void **state);

/*
 * The same with more lines for the configuration file, and jwks as the
 * issuer's source (NULL: the file with the key).
 */
struct visit *visit_make(const char *more, const char *jwks);
void visit_free(struct visit *visit);

/* A new browser, attached. */
struct person *visit_attach(struct visit *visit);

/* The handle is closed by the host, as after a lost connection. */
void visit_gone(struct visit *visit, struct person *person);

/* One turn of the control thread. */
void visit_step(const struct visit *visit);

/* Turns until something is pushed that was not looked at; else it fails. */
void visit_await_push(const struct visit *visit);

/* Writes the issuer's JWK set with the key that signs now. */
void visit_write_keys(const struct visit *visit);

/* Time passes, half a second a turn. */
void visit_wait_ms(const struct visit *visit, int64_t ms);

/*
 * The claims of a good token, to be spoilt: sub, role, a room and a fresh jti.
 */
json_t *visit_claims(struct visit *visit, const char *sub, const char *role);

/* Signs claims (taken); rth_free the token. */
char *visit_sign(const struct visit *visit, json_t *claims);

/* Posts a request (JSON) with an offer or NULL, and takes a turn. */
void visit_ask(const struct visit *visit, const struct person *person,
	       const char *transaction, const char *body, const char *offer);

/* Posts a join with a token made of claims (taken), and takes a turn. */
void visit_ask_join(const struct visit *visit, const struct person *person,
		    json_t *claims);

/*
 * Makes the patient of this name somebody whom the clinician has admitted last,
 * and who so need not knock. Joining by visit_join is that of such a patient;
 * those who knock are in test_door.c.
 */
void visit_admitted(struct visit *visit, const char *sub);

/* Such a patient comes back: posts a join, and takes a turn. */
void visit_come_back(struct visit *visit, const struct person *person,
		     const char *sub);

/* Joins; nothing that was pushed is left to be looked at. */
struct person *visit_join(struct visit *visit, const char *sub,
			  const char *role);

/* Asks for a check of the line with an offer of tests/unit/sdp. */
void visit_check(const struct visit *visit, struct person *person,
		 const char *file);

/* Sends the offer of tests/unit/sdp, and its media comes up. */
void visit_negotiate(const struct visit *visit, struct person *person,
		     const char *file);
void visit_media(const struct visit *visit, struct person *person, bool up);

/* A clinician with Chromium and a patient with Firefox, media up. */
void visit_call(struct visit *visit, struct person **clinicianp,
		struct person **patientp);

/*
 * Sends one RTP packet in a slot: its person's SSRC (plus slot), payload type
 * and next number. `key` makes a VP8 payload the start of a key frame.
 */
void visit_send(struct person *person, int slot, bool key);

#endif
