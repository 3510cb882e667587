/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recording host. Its own memory is not that of rth_alloc. */
#include "fake_host.h"
#include "fake_recorder.h"

#define START_US 1000000000
#define START_MS INT64_C(1790000000000)

struct fake_host fake;

static int64_t now_us(void)
{
	return atomic_load(&fake.now_us);
}

static int64_t time_ms(void)
{
	return atomic_load(&fake.time_ms);
}

void fake_advance_us(int64_t us)
{
	atomic_fetch_add(&fake.now_us, us);
	atomic_store(&fake.time_ms,
		     START_MS + (atomic_load(&fake.now_us) - START_US) / 1000);
}

static void on_log(enum rth_log_level level, const char *line)
{
	(void)level;
	for (int i = 0; fake.secrets && fake.secrets[i]; i++) {
		if (strstr(line, fake.secrets[i]))
			atomic_fetch_add(&fake.leaked_secrets, 1);
	}
}

/* A handle that is used must be alive. */
static struct fake_handle *alive(void *handle)
{
	struct fake_handle *h = handle;

	assert_true(atomic_load(&h->refs) > 0);
	return h;
}

static void hold(void *handle)
{
	atomic_fetch_add(&alive(handle)->refs, 1);
}

static void release(void *handle)
{
	atomic_fetch_sub(&alive(handle)->refs, 1);
}

static void push(void *handle, const char *transaction, json_t *event,
		 const char *answer)
{
	struct fake_push *at = &fake.pushes[fake.n_pushes];

	alive(handle);
	assert_non_null(event);
	if (fake.silent)
		return;
	assert_true(fake.n_pushes < FAKE_EVENTS_MAX);
	at->handle = handle;
	snprintf(at->transaction, sizeof(at->transaction), "%s",
		 transaction ? transaction : "");
	at->event = json_incref(event);
	at->answer = answer ? strdup(answer) : NULL;
	fake.n_pushes++;
	if (fake.on_event)
		fake.on_event();
}

static void notify(json_t *event)
{
	assert_non_null(event);
	if (fake.silent) {
		json_decref(event);
		return;
	}
	assert_true(fake.n_notices < FAKE_EVENTS_MAX);
	fake.notices[fake.n_notices++] = event;
	if (fake.on_event)
		fake.on_event();
}

static void close_handle(void *handle)
{
	atomic_fetch_add(&alive(handle)->closes, 1);
}

static void relay_data(void *handle, const char *text, size_t len)
{
	alive(handle);
	assert_int_equal(strlen(text), len);
	if (fake.silent)
		return;
	assert_true(fake.n_data < FAKE_EVENTS_MAX);
	fake.data[fake.n_data++] = (struct fake_data){handle, strdup(text)};
}

static void relay_rtp(void *handle, void *packet)
{
	const struct fake_rtp *rtp = packet;
	struct fake_packet *at = &fake.packets[fake.n_packets];

	alive(handle);
	if (fake.silent) {
		atomic_fetch_add_explicit(&fake.packets_count, 1,
					  memory_order_relaxed);
		if (fake.check && !fake.check(rtp))
			atomic_fetch_add(&fake.bad_packets, 1);
		return;
	}
	assert_true(fake.n_packets < FAKE_EVENTS_MAX);
	assert_true(rtp->len <= FAKE_PACKET_BYTES);
	at->handle = handle;
	at->slot = rtp->slot;
	at->len = rtp->len;
	memcpy(at->bytes, rtp->buf, rtp->len);
	fake.n_packets++;
}

static void relay_bytes(void *handle, void *packet, int slot, uint8_t *buf,
			size_t len)
{
	struct fake_rtp other = *(struct fake_rtp *)packet;

	other.slot = slot;
	other.buf = buf;
	other.len = len;
	relay_rtp(handle, &other);
}

static void send_pli(void *handle, int slot)
{
	alive(handle);
	assert_true(slot == 1 || slot == 2);
	if (fake.silent)
		return;
	assert_true(fake.n_plis < FAKE_EVENTS_MAX);
	fake.plis[fake.n_plis++] = (struct fake_pli){handle, slot, now_us()};
}

static void send_remb(void *handle, uint32_t bps)
{
	alive(handle);
	if (fake.silent)
		return;
	assert_true(fake.n_rembs < FAKE_EVENTS_MAX);
	fake.rembs[fake.n_rembs++] = (struct fake_remb){handle, bps};
}

const struct rth_host fake_host = {
	.now_us = now_us,
	.time_ms = time_ms,
	.log = on_log,
	.hold = hold,
	.release = release,
	.push = push,
	.notify = notify,
	.close = close_handle,
	.relay_data = relay_data,
	.relay_rtp = relay_rtp,
	.relay_bytes = relay_bytes,
	.send_pli = send_pli,
	.send_remb = send_remb,
	.feed_connect = fake_recorder_connect,
	.feed_send = fake_recorder_send,
	.feed_receive = fake_recorder_receive,
	.feed_wait = fake_recorder_wait,
	.feed_close = fake_recorder_close,
};

void fake_forget_pushes(void)
{
	fake.taken = fake.n_pushes;
}

static void free_records(void)
{
	for (size_t i = 0; i < fake.n_pushes; i++) {
		json_decref(fake.pushes[i].event);
		free(fake.pushes[i].answer);
	}
	for (size_t i = 0; i < fake.n_notices; i++)
		json_decref(fake.notices[i]);
	for (size_t i = 0; i < fake.n_data; i++)
		free(fake.data[i].text);
}

void fake_host_reset(void)
{
	int held = 0;

	free_records();
	fake_recorder_reset();
	while (fake.handles) {
		struct fake_handle *handle = fake.handles;

		fake.handles = handle->next;
		held += atomic_load(&handle->refs) != 1;
		free(handle);
	}
	assert_int_equal(held, 0);
	assert_int_equal(atomic_load(&fake.leaked_secrets), 0);
	memset(&fake, 0, sizeof(fake));
	atomic_store(&fake.now_us, START_US);
	atomic_store(&fake.time_ms, START_MS);
}

struct fake_handle *fake_handle_new(void)
{
	struct fake_handle *handle = calloc(1, sizeof(*handle));

	assert_non_null(handle);
	atomic_init(&handle->refs, 1);
	handle->next = fake.handles;
	fake.handles = handle;
	return handle;
}

const char *fake_text(const json_t *event, const char *name)
{
	const char *text = json_string_value(json_object_get(event, name));

	return text ? text : "";
}

const struct fake_push *fake_expect(const struct fake_handle *handle,
				    const char *name, const char *transaction)
{
	const struct fake_push *push_seen = &fake.pushes[fake.taken];

	if (fake.taken == fake.n_pushes)
		fail_msg("\"%s\" was not pushed", name);
	assert_string_equal(fake_text(push_seen->event, "rthealth"), name);
	assert_ptr_equal(push_seen->handle, handle);
	assert_string_equal(push_seen->transaction,
			    transaction ? transaction : "");
	fake.taken++;
	return push_seen;
}

const struct fake_push *fake_expect_error(const struct fake_handle *handle,
					  const char *code,
					  const char *transaction)
{
	const struct fake_push *push_seen =
		fake_expect(handle, "error", transaction);

	assert_string_equal(fake_text(push_seen->event, "code"), code);
	assert_true(*fake_text(push_seen->event, "error") != '\0');
	return push_seen;
}

void fake_expect_silence(void)
{
	if (fake.taken != fake.n_pushes)
		fail_msg("\"%s\" was pushed",
			 fake_text(fake.pushes[fake.taken].event, "rthealth"));
}

json_t *fake_last_notice(const char *name)
{
	json_t *event;

	assert_true(fake.n_notices > 0);
	event = fake.notices[fake.n_notices - 1];
	assert_string_equal(fake_text(event, "event"), name);
	return event;
}

size_t fake_notices(const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < fake.n_notices; i++)
		n += !strcmp(fake_text(fake.notices[i], "event"), name);
	return n;
}
