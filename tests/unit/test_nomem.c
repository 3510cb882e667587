/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole visit, again and again, each time with another allocation failing
 * (ours and jansson's). It may go wrong, but it neither crashes nor leaks, and
 * nobody gets in who may not.
 */
#include "fake_visit.h"

#include "../../common/jwt.h"
#include "../../common/mem.h"
#include "../../plugins/admission.h"
#include "../../plugins/chat.h"

#define TEXT "{\"text\":\"a\"}"

/* What is prepared while memory can be had. */
struct script {
	struct visit *visit;
	char *chromium, *firefox;
	char *clinician, *patient, *denied, *forged;
};

enum who {
	CLINICIAN,
	PATIENT,
	REPLAYER, /* with the clinician's token once more */
	DENIED,	  /* who knocks, and is sent away */
	FORGER,	  /* with a token of another key, under the right id */
	CHECKER,  /* who checks the line */
	PEOPLE,
};

static char *forge(struct visit *v)
{
	char *token = visit_sign(v, visit_claims(v, "subject-x", "patient"));
	char *dot = strrchr(token, '.');

	dot[10] = dot[10] == 'A' ? 'B' : 'A';
	return token;
}

static void prepare(struct script *s)
{
	size_t len;

	s->visit = visit_make("", NULL);
	s->chromium = test_read("sdp/chromium.sdp", &len);
	s->firefox = test_read("sdp/firefox.sdp", &len);
	s->clinician = visit_sign(
		s->visit, visit_claims(s->visit, "subject-c", "clinician"));
	s->patient = visit_sign(s->visit,
				visit_claims(s->visit, "subject-p", "patient"));
	s->denied = visit_sign(s->visit,
			       visit_claims(s->visit, "subject-d", "patient"));
	s->forged = forge(s->visit);
}

static void clean_up(struct script *s)
{
	visit_free(s->visit);
	free(s->chromium);
	free(s->firefox);
	rth_free(s->clinician);
	rth_free(s->patient);
	rth_free(s->denied);
	rth_free(s->forged);
}

/* As the host does it: without memory there is no request. */
static void post(struct visit *v, struct person *p, json_t *body,
		 const char *offer)
{
	enum rth_err err = RTH_ERR_NOMEM;

	if (!p->session)
		json_decref(body);
	else if (body)
		err = rth_command_post(v->control, p->session, "t", body,
				       offer);
	if (!err)
		visit_step(v);
}

static void attach(struct visit *v)
{
	struct person *p = &v->people[v->n_people++];

	p->handle = fake_handle_new();
	if (rth_session_create(&p->session, &fake_host, p->handle))
		p->gone = true;
}

static void join(struct visit *v, enum who who, const char *token)
{
	post(v, &v->people[who],
	     json_pack("{s:s, s:s, s:{s:s, s:i}}", "request", "join", "token",
		       token, "check", "path", "udp", "up_kbps", 400),
	     NULL);
}

/* What the clinician says of the one who waits. */
static void say_of(struct visit *v, enum who who, const char *request,
		   const char *name, const char *value)
{
	const struct person *p = &v->people[who];

	if (p->session && p->session->state == RTH_WAITING)
		post(v, &v->people[CLINICIAN],
		     json_pack("{s:s, s:s, s:s*}", "request", request,
			       "participant", p->session->participant, name,
			       value),
		     NULL);
}

static bool seated(const struct visit *v, enum who who)
{
	const struct person *p = &v->people[who];

	return p->session && p->session->state == RTH_SEATED;
}

static void media(struct visit *v, struct person *p, const char *offer)
{
	post(v, p, json_pack("{s:s}", "request", "media"), offer);
	if (p->session)
		visit_media(v, p, true);
}

static void talk(struct visit *v, struct person *p)
{
	post(v, p,
	     json_pack("{s:s, s:b, s:b, s:b, s:[s]}", "request", "state",
		       "microphone", 1, "camera", 1, "screen", 0, "troubles",
		       "camera-black"),
	     NULL);
	if (!p->session)
		return;
	visit_send(p, RTH_SLOT_AUDIO, false);
	visit_send(p, RTH_SLOT_CAMERA, true);
	rth_chat_receive(v->control, p->session, TEXT, strlen(TEXT));
	rth_chat_receive(v->control, p->session, "{", 1);
	visit_step(v);
}

static void check(struct visit *v, struct person *p, const char *offer)
{
	post(v, p, json_pack("{s:s}", "request", "check"), offer);
	if (p->session)
		visit_media(v, p, true);
}

static void play(const struct script *s)
{
	struct visit *v = s->visit;
	bool entered;

	for (int i = 0; i < PEOPLE; i++)
		attach(v);
	join(v, FORGER, s->forged);
	join(v, CLINICIAN, s->clinician);
	entered = seated(v, CLINICIAN);
	join(v, PATIENT, s->patient);
	join(v, DENIED, s->denied);
	say_of(v, PATIENT, "note", "text", "One minute.");
	say_of(v, DENIED, "deny", "reason", "not-known");
	say_of(v, PATIENT, "admit", "x", NULL);
	join(v, REPLAYER, s->clinician);
	check(v, &v->people[CHECKER], s->firefox);
	media(v, &v->people[CLINICIAN], s->chromium);
	media(v, &v->people[PATIENT], s->firefox);
	for (int i = 0; i < PEOPLE; i++)
		talk(v, &v->people[i]);
	assert_false(seated(v, FORGER) || seated(v, DENIED));
	assert_false(entered && seated(v, REPLAYER));
	post(v, &v->people[CLINICIAN], json_pack("{s:s}", "request", "end"),
	     NULL);
	post(v, &v->people[PATIENT], json_pack("{s:s}", "request", "leave"),
	     NULL);
	post(v, &v->people[CHECKER], json_pack("{s:s}", "request", "leave"),
	     NULL);
	visit_wait_ms(v, 1000);
}

static void a_visit(void **state)
{
	unsigned long n = 0, count;

	(void)state;
	do {
		struct script s = {0};

		prepare(&s);
		rth_mem_fail_at(++n);
		play(&s);
		count = rth_mem_count();
		rth_mem_fail_at(0);
		clean_up(&s);
	} while (count >= n);
	assert_true(n > 200);
	print_message("# %lu allocations\n", n - 1);
}

static void nobody_changed(void *arg)
{
	(void)arg;
}

static void nothing_logged(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static void starting(void **state)
{
	struct visit *v = visit_make("", NULL);
	struct rth_conf_problem problem;
	struct rth_admission *admission = NULL;
	struct rth_control *control = NULL;
	enum rth_err err;
	unsigned long n = 0;

	(void)state;
	do {
		rth_mem_fail_at(++n);
		err = rth_admission_create(&admission, &v->conf, nobody_changed,
					   NULL, nothing_logged, &problem);
		rth_mem_fail_at(0);
		if (err)
			assert_null(admission);
	} while (err);
	rth_admission_free(admission);
	do {
		rth_mem_fail_at(n--);
		err = rth_control_create(&control, &fake_host, &v->conf,
					 &problem);
		rth_mem_fail_at(0);
		if (!err)
			rth_control_free(control);
	} while (n > 0);
	visit_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_visit),
		cmocka_unit_test(starting),
	};

	json_set_alloc_funcs(rth_alloc, rth_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
