/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chat: checked, stamped with its sender and relayed to the other seat
 * (docs/protocol.md, "Chat"). The page never gets to see anything that another
 * browser wrote but the text itself.
 */
#ifndef RTH_CHAT_H
#define RTH_CHAT_H

#include "control.h"

#define RTH_CHAT_BYTES_MAX 4096
#define RTH_CHAT_TEXT_MAX 4000

/**
 * Takes one message from a browser's data channel. Its media thread: paces
 * and copies; all else happens on the control thread.
 *
 * @param buf borrowed, not NUL-terminated; bytes from outside
 */
void rth_chat_receive(struct rth_control *control, struct rth_session *session,
		      const char *buf, size_t len);

/**
 * Reads a message: strict JSON, {"text"} and nothing else. Any thread.
 *
 * @return the text as a JSON string to json_decref, or NULL
 */
json_t *rth_chat_read(const char *buf, size_t len) RTH_CHECKED;

#endif
