/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_visit.h"

#include <unistd.h>

#include "../../common/jwt.h"
#include "../../common/mem.h"
#include "../../plugins/relay.h"

#define RTP_BYTES 24
#define TURN_US 500000

static const char *const secrets[] = {"Dr. A", "eyJhbGci", "eyJ0eXAi",
				      "subject-", NULL};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void visit_write_keys(const struct visit *visit)
{
	json_t *jwks =
		json_pack("{s:[o]}", "keys", rth_jwt_key_public(visit->key));
	char *text = json_dumps(jwks, JSON_COMPACT);

	assert_non_null(text);
	write_file(visit->keys, text);
	free(text);
	json_decref(jwks);
}

static void write_conf(const char *path, const char *jwks, const char *keys,
		       const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "issuers = ( { issuer = \"" VISIT_ISSUER "\"; "
		 "jwks = \"%s\"; algorithms = [ \"ES256\" ]; },\n"
		 "{ issuer = \"" VISIT_OTHER_ISSUER "\"; "
		 "jwks = \"%s\"; algorithms = [ \"ES256\" ]; } );\n%s\n",
		 jwks, keys, more);
	write_file(path, text);
}

struct visit *visit_make(const char *more, const char *jwks)
{
	struct visit *visit = calloc(1, sizeof(*visit));
	struct rth_conf_problem problem = {""};
	char path[96];

	assert_non_null(visit);
	fake_host_reset();
	fake.secrets = secrets;
	json_object_seed(0);
	strcpy(visit->dir, "/tmp/rth-visit-XXXXXX");
	assert_non_null(mkdtemp(visit->dir));
	snprintf(visit->keys, sizeof(visit->keys), "%s/jwks.json", visit->dir);
	snprintf(path, sizeof(path), "%s/plugin.jcfg", visit->dir);
	assert_int_equal(rth_jwt_key_make(&visit->key), RTH_OK);
	visit_write_keys(visit);
	write_conf(path, jwks ? jwks : visit->keys, visit->keys, more);
	if (rth_plugin_conf_read(&visit->conf, path, &problem))
		fail_msg("%s", problem.text);
	if (rth_control_create(&visit->control, &fake_host, &visit->conf,
			       &problem))
		fail_msg("%s", problem.text);
	unlink(path);
	return visit;
}

void visit_free(struct visit *visit)
{
	for (size_t i = 0; i < visit->n_people; i++)
		visit_gone(visit, &visit->people[i]);
	rth_control_free(visit->control);
	rth_plugin_conf_clear(&visit->conf);
	rth_jwt_key_free(visit->key);
	unlink(visit->keys);
	rmdir(visit->dir);
	free(visit);
	fake_host_reset();
}

int visit_setup(void **state)
{
	*state = visit_make("", NULL);
	return 0;
}

int visit_teardown(void **state)
{
	visit_free(*state);
	return 0;
}

struct person *visit_attach(struct visit *visit)
{
	struct person *person = &visit->people[visit->n_people];

	assert_true(visit->n_people < VISIT_PEOPLE_MAX);
	person->handle = fake_handle_new();
	person->ssrc = (uint32_t)(0x1000 * (visit->n_people + 1));
	person->seq = 100;
	person->ts = 7000;
	assert_int_equal(rth_session_create(&person->session, &fake_host,
					    person->handle),
			 RTH_OK);
	visit->n_people++;
	return person;
}

void visit_gone(struct visit *visit, struct person *person)
{
	if (person->gone)
		return;
	person->gone = true;
	rth_control_gone(visit->control, person->session);
	if (!visit->control->started)
		visit_step(visit);
}

void visit_step(const struct visit *visit)
{
	assert_true(rth_control_step(visit->control, 0));
}

void visit_await_push(const struct visit *visit)
{
	for (int i = 0; fake.taken == fake.n_pushes && i < 500; i++)
		assert_true(rth_control_step(visit->control, 10));
	assert_true(fake.taken < fake.n_pushes);
}

void visit_wait_ms(const struct visit *visit, int64_t ms)
{
	for (int64_t us = ms * 1000; us > 0; us -= TURN_US) {
		fake_advance_us(us < TURN_US ? us : TURN_US);
		visit_step(visit);
	}
}

json_t *visit_claims(struct visit *visit, const char *sub, const char *role)
{
	json_int_t now_s = fake_host.time_ms() / 1000;
	char jti[32];
	json_t *claims;

	snprintf(jti, sizeof(jti), "token-%u", ++visit->tokens);
	claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s,"
			   " s:{s:s, s:s, s:I, s:b}}",
			   "iss", VISIT_ISSUER, "aud", "rthealth", "sub", sub,
			   "jti", jti, "iat", now_s, "exp", now_s + 300, "name",
			   "Dr. A", "rth", "room", VISIT_ROOM, "role", role,
			   "seat_until", now_s + 3600, "record", 0);
	assert_non_null(claims);
	return claims;
}

char *visit_sign(const struct visit *visit, json_t *claims)
{
	char *token = NULL;

	assert_int_equal(rth_jwt_sign(&token, visit->key, "at+jwt", claims),
			 RTH_OK);
	json_decref(claims);
	return token;
}

void visit_ask(const struct visit *visit, const struct person *person,
	       const char *transaction, const char *body, const char *offer)
{
	json_t *json = json_loads(body, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(json);
	assert_int_equal(rth_command_post(visit->control, person->session,
					  transaction, json, offer),
			 RTH_OK);
	visit_step(visit);
}

void visit_ask_join(const struct visit *visit, const struct person *person,
		    json_t *claims)
{
	char *token = visit_sign(visit, claims);
	json_t *body =
		json_pack("{s:s, s:s}", "request", "join", "token", token);

	rth_free(token);
	assert_int_equal(rth_command_post(visit->control, person->session,
					  "join", body, NULL),
			 RTH_OK);
	visit_step(visit);
}

void visit_admitted(struct visit *visit, const char *sub)
{
	struct rth_visits *visits = &visit->control->visits;
	int64_t now_s = fake_host.time_ms() / 1000;
	struct rth_admitted who = {.role = RTH_ROLE_PATIENT,
				   .seat_until_s = now_s + 3600};
	struct rth_visit *remembered = NULL;

	snprintf(who.sub, sizeof(who.sub), "%s", sub);
	assert_int_equal(rth_visit_open(visits, VISIT_ROOM, now_s, &remembered),
			 RTH_OK);
	rth_visit_admit(remembered, &who, now_s);
	if (!rth_room_find(&visit->control->rooms, VISIT_ROOM))
		rth_visit_close(visits, remembered, now_s);
}

void visit_come_back(struct visit *visit, const struct person *person,
		     const char *sub)
{
	visit_admitted(visit, sub);
	visit_ask_join(visit, person, visit_claims(visit, sub, "patient"));
}

struct person *visit_join(struct visit *visit, const char *sub,
			  const char *role)
{
	struct person *person = visit_attach(visit);

	if (strcmp(role, "patient") == 0)
		visit_admitted(visit, sub);
	visit_ask_join(visit, person, visit_claims(visit, sub, role));
	assert_int_equal(person->session->state, RTH_SEATED);
	fake_forget_pushes();
	return person;
}

void visit_media(const struct visit *visit, struct person *person, bool up)
{
	rth_control_media(visit->control, person->session, up);
	visit_step(visit);
}

void visit_negotiate(const struct visit *visit, struct person *person,
		     const char *file)
{
	char name[64];
	size_t len;
	char *offer;

	snprintf(name, sizeof(name), "sdp/%s", file);
	offer = test_read(name, &len);
	visit_ask(visit, person, "offer", "{\"request\":\"media\"}", offer);
	free(offer);
	person->opus_pt = person->session->offer.slot[RTH_SLOT_AUDIO].opus.pt;
	person->vp8_pt = person->session->offer.slot[RTH_SLOT_CAMERA]
				 .video[RTH_CODEC_VP8]
				 .pt;
}

void visit_check(const struct visit *visit, struct person *person,
		 const char *file)
{
	const struct rth_sdp_slot *slot = person->session->offer.slot;
	char name[64];
	size_t len;
	char *offer;

	snprintf(name, sizeof(name), "sdp/%s", file);
	offer = test_read(name, &len);
	visit_ask(visit, person, "check", "{\"request\":\"check\"}", offer);
	free(offer);
	person->opus_pt = slot[RTH_SLOT_AUDIO].opus.pt;
	person->vp8_pt = slot[RTH_SLOT_CAMERA].video[RTH_CODEC_VP8].pt;
}

void visit_call(struct visit *visit, struct person **clinicianp,
		struct person **patientp)
{
	*clinicianp = visit_join(visit, "subject-clinician", "clinician");
	*patientp = visit_join(visit, "subject-patient", "patient");
	visit_negotiate(visit, *clinicianp, "chromium.sdp");
	visit_negotiate(visit, *patientp, "firefox.sdp");
	visit_media(visit, *clinicianp, true);
	visit_media(visit, *patientp, true);
	fake_forget_pushes();
}

void visit_send(struct person *person, int slot, bool key)
{
	uint32_t ssrc = person->ssrc + (uint32_t)slot;
	uint8_t pt = slot == RTH_SLOT_AUDIO ? person->opus_pt : person->vp8_pt;
	uint8_t buf[RTP_BYTES] = {
		0x80,
		pt,
		(uint8_t)(person->seq >> 8),
		(uint8_t)person->seq,
		(uint8_t)(person->ts >> 24),
		(uint8_t)(person->ts >> 16),
		(uint8_t)(person->ts >> 8),
		(uint8_t)person->ts,
		(uint8_t)(ssrc >> 24),
		(uint8_t)(ssrc >> 16),
		(uint8_t)(ssrc >> 8),
		(uint8_t)ssrc,
		0x10,
		key ? 0x00 : 0x01,
		0xab,
	};
	uint8_t before[RTP_BYTES];
	struct fake_rtp packet = {slot, buf, sizeof(buf)};

	memcpy(before, buf, sizeof(buf));
	rth_relay_rtp(&person->session->port, slot, buf, sizeof(buf), &packet,
		      fake_host.now_us());
	assert_memory_equal(buf, before, sizeof(buf));
	person->seq++;
	person->ts += 960;
}
