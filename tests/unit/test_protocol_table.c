/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks the table "Every message in every state" of docs/protocol.md: each
 * message is sent by somebody in each state, in a room with everybody in it,
 * and what comes of it must be what the cell says. What is refused is heard of
 * by nobody else.
 */
#include "recorded_visit.h"

#include "../../common/mem.h"
#include "../../plugins/chat.h"

#define HEADING "### Every message in every state"
#define ANSWER_BYTES 64

enum column { NONE, WAITING, PATIENT, CLINICIAN, CHECKING, LEFT, COLUMNS };

static const char *const columns[COLUMNS] = {"none",	  "waiting",  "patient",
					     "clinician", "checking", "left"};

/* Everybody who can be in a room, and who is not. */
struct scene {
	struct visit *visit;
	struct person *who[COLUMNS];
};

struct row {
	const char *name;
	/* Sends it; `variant` is 0, and 1 where there is a second one. */
	void (*send)(struct scene *s, struct person *by, int variant);
	int variants; /* for somebody in state "none" */
	bool is_request;
	bool recording; /* is asked for */
};

/* ---- messages ---- */

static void send_join(struct scene *s, struct person *by, int variant)
{
	char *token = visit_sign(
		s->visit,
		visit_claims(s->visit,
			     variant ? "subject-clinician" : "subject-new",
			     variant ? "clinician" : "patient"));
	char *body = malloc(strlen(token) + 64);

	assert_non_null(body);
	sprintf(body, "{\"request\":\"join\",\"token\":\"%s\"}", token);
	visit_ask(s->visit, by, "t", body, NULL);
	free(body);
	rth_free(token);
}

static void offer_with(struct scene *s, struct person *by, const char *body)
{
	size_t len;
	char *offer = test_read("sdp/chromium.sdp", &len);

	visit_ask(s->visit, by, "t", body, offer);
	free(offer);
}

static void send_check(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	offer_with(s, by, "{\"request\":\"check\"}");
}

static void send_media(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	offer_with(s, by, "{\"request\":\"media\"}");
}

static void send_state(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	visit_ask(s->visit, by, "t",
		  "{\"request\":\"state\",\"microphone\":false,"
		  "\"camera\":true,\"screen\":true}",
		  NULL);
}

static void about(struct scene *s, const struct person *by, const char *request,
		  const char *more)
{
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"request\":\"%s\",\"participant\":\"%s\"%s}", request,
		 s->who[WAITING]->session->participant, more);
	visit_ask(s->visit, by, "t", body, NULL);
}

/* Of two in one seat there cannot be a talk: the clinician admits to a free
   one. */
static void send_admit(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	if (by == s->who[CLINICIAN]) {
		visit_gone(s->visit, s->who[PATIENT]);
		fake_forget_pushes();
	}
	about(s, by, "admit", "");
}

static void send_deny(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	about(s, by, "deny", ",\"reason\":\"not-now\"");
}

static void send_note(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	about(s, by, "note", ",\"text\":\"One moment.\"");
}

static void send_ask(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	visit_ask(s->visit, by, "t", "{\"request\":\"ask-recording\"}", NULL);
}

static void of_recording(struct scene *s, const struct person *by,
			 const char *request, const char *more)
{
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"request\":\"%s\",\"recording\":\"%s\"%s}", request,
		 recorded_now(s->visit)->id, more);
	visit_ask(s->visit, by, "t", body, NULL);
}

static void send_consent(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	of_recording(s, by, "consent",
		     ",\"answer\":\"yes\",\"language\":\"en\"");
}

static void send_stop(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	of_recording(s, by, "stop-recording", "");
}

static void send_leave(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	visit_ask(s->visit, by, "t", "{\"request\":\"leave\"}", NULL);
}

static void send_end(struct scene *s, struct person *by, int variant)
{
	(void)variant;
	visit_ask(s->visit, by, "t", "{\"request\":\"end\"}", NULL);
}

static void send_chat(struct scene *s, struct person *by, int variant)
{
	static const char text[] = "{\"text\":\"hello\"}";

	(void)variant;
	rth_chat_receive(s->visit->control, by->session, text, strlen(text));
	visit_step(s->visit);
}

static void send_rtp(struct scene *s, struct person *by, int variant)
{
	(void)s;
	(void)variant;
	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++)
		visit_send(by, slot, true);
}

static void send_pli(struct scene *s, struct person *by, int variant)
{
	static const uint8_t pli[12] = {0x81, 206, 0, 2};

	(void)s;
	(void)variant;
	fake_advance_us(2000000);
	rth_relay_rtcp(&by->session->port, RTH_SLOT_CAMERA, pli, sizeof(pli),
		       fake_host.now_us());
}

static const struct row rows[] = {
	{"`join`", send_join, 2, true, false},
	{"`check`", send_check, 1, true, false},
	{"`media`", send_media, 1, true, false},
	{"`state`", send_state, 1, true, false},
	{"`admit`", send_admit, 1, true, false},
	{"`deny`", send_deny, 1, true, false},
	{"`note`", send_note, 1, true, false},
	{"`ask-recording`", send_ask, 1, true, false},
	{"`consent`", send_consent, 1, true, true},
	{"`stop-recording`", send_stop, 1, true, true},
	{"`leave`", send_leave, 1, true, false},
	{"`end`", send_end, 1, true, false},
	{"chat", send_chat, 1, false, false},
	{"RTP", send_rtp, 1, false, false},
	{"RTCP, a wish for a key frame", send_pli, 1, false, false},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- one cell ---- */

static struct scene scene_make(bool recording)
{
	struct scene s = {.visit = recorded_make()};
	struct visit *v = s.visit;

	if (recording)
		recorded_asked(v, &s.who[CLINICIAN], &s.who[PATIENT]);
	else
		recorded_call(v, &s.who[CLINICIAN], &s.who[PATIENT]);
	for (int i = 0; i < 2; i++) {
		struct person *person = visit_attach(v);

		s.who[i ? WAITING : LEFT] = person;
		visit_ask_join(
			v, person,
			visit_claims(v, i ? "subject-waits" : "subject-left",
				     "patient"));
		visit_negotiate(v, person, "chromium.sdp");
		visit_media(v, person, true);
	}
	send_leave(&s, s.who[LEFT], 0);
	s.who[NONE] = visit_attach(v);
	s.who[CHECKING] = visit_attach(v);
	visit_check(v, s.who[CHECKING], "firefox.sdp");
	visit_media(v, s.who[CHECKING], true);
	assert_int_equal(s.who[CHECKING]->session->state, RTH_CHECKING);
	assert_int_equal(s.who[NONE]->session->state, RTH_NONE);
	assert_int_equal(s.who[WAITING]->session->state, RTH_WAITING);
	assert_int_equal(s.who[LEFT]->session->state, RTH_LEFT);
	fake_forget_pushes();
	fake.n_data = fake.n_packets = fake.n_plis = 0;
	return s;
}

/* What a message that is no request has done: to one other, or to oneself. */
static const char *effect(const struct person *by, const struct person *other)
{
	size_t n = fake.n_data + fake.n_packets + fake.n_plis;
	const char *done = other == by ? "comes back" : "relayed";

	fake_expect_silence();
	if (n == 0)
		return "nothing";
	for (size_t i = 0; i < fake.n_packets; i++)
		assert_ptr_equal(fake.packets[i].handle, other->handle);
	for (size_t i = 0; i < fake.n_plis; i++)
		assert_ptr_equal(fake.plis[i].handle, other->handle);
	if (fake.n_data == 1 && strstr(fake.data[0].text, "\"refused\"")) {
		assert_ptr_equal(fake.data[0].handle, by->handle);
		return "`refused`";
	}
	if (fake.n_data)
		assert_ptr_equal(fake.data[0].handle, other->handle);
	return done;
}

/* What a request was answered with; an error was told to nobody else. */
static const char *answer(const struct person *by)
{
	const struct fake_push *found = NULL;

	for (size_t i = fake.taken; i < fake.n_pushes; i++) {
		if (fake.pushes[i].handle == by->handle &&
		    strcmp(fake.pushes[i].transaction, "t") == 0) {
			assert_null(found);
			found = &fake.pushes[i];
		}
	}
	assert_non_null(found);
	if (strcmp(fake_text(found->event, "rthealth"), "error") != 0)
		return fake_text(found->event, "rthealth");
	assert_int_equal(fake.n_pushes, fake.taken + 1);
	assert_int_equal(fake.n_data + fake.n_packets + fake.n_plis, 0);
	return fake_text(found->event, "code");
}

/* Who hears what each sends, if anybody does. */
static const enum column others[COLUMNS] = {
	[PATIENT] = CLINICIAN,
	[CLINICIAN] = PATIENT,
	[CHECKING] = CHECKING,
};

static void outcome(const struct row *row, enum column column, int variant,
		    char out[ANSWER_BYTES])
{
	struct scene s = scene_make(row->recording);
	struct person *by = s.who[column];

	row->send(&s, by, variant);
	snprintf(out, ANSWER_BYTES, row->is_request ? "`%s`" : "%s",
		 row->is_request ? answer(by)
				 : effect(by, s.who[others[column]]));
	visit_free(s.visit);
}

/* Each variant gives one of the cell's answers, each of them one. */
static void walk(const struct row *row, enum column column, const char *cell)
{
	int variants = column == NONE ? row->variants : 1;
	char all[2 * ANSWER_BYTES + 8] = "";

	for (int i = 0; i < variants; i++) {
		char got[ANSWER_BYTES];

		outcome(row, column, i, got);
		if (!strstr(all, got)) {
			/* in the order of the table: `joined` or `waiting` */
			char before[ANSWER_BYTES];

			snprintf(before, sizeof(before), "%.60s", all);
			snprintf(all, sizeof(all), "%s%s%s", got,
				 *before ? " or " : "", before);
		}
	}
	if (strcmp(all, cell) != 0)
		fail_msg("%s of %s: %s, not %s", row->name, columns[column],
			 all, cell);
}

/* ---- the table ---- */

/* Cuts the next cell out of a line; NULL: there is none. */
static char *next_cell(char **linep)
{
	char *cell = *linep, *end = strstr(cell, " |");

	if (!end)
		return NULL;
	*end = '\0';
	*linep = end + 2;
	return cell + strspn(cell, "| ");
}

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	fail_msg("%s is in the table only", name);
	return NULL;
}

static void the_table_holds(void **state)
{
	size_t len, walked = 0;
	char *text = test_read("../../docs/protocol.md", &len);
	char *line = strstr(text, HEADING), *save = NULL;

	(void)state;
	assert_non_null(line);
	line = strstr(line, "\n| message |");
	assert_non_null(line);
	line = strtok_r(line, "\n", &save);
	next_cell(&line);
	for (int i = 0; i < COLUMNS; i++)
		assert_string_equal(next_cell(&line), columns[i]);
	strtok_r(NULL, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save)) && *line == '|') {
		const struct row *row = find_row(next_cell(&line));

		for (int i = 0; i < COLUMNS; i++) {
			char *cell = next_cell(&line);

			assert_non_null(cell);
			walk(row, (enum column)i, cell);
		}
		walked++;
	}
	assert_int_equal(walked, ROWS);
	print_message("# %zu messages in %d states\n", walked, COLUMNS);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
