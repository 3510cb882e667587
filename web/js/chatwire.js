// SPDX-License-Identifier: GPL-3.0-or-later
// Chat as it goes over the data channel (docs/protocol.md, "Chat").

/** The plugin's limit for the text of a message. */
const TEXT_BYTES_MAX = 4000;

/**
 * As much of a text as may be sent, never half a character.
 * @param {string} text
 */
export function cut(text) {
	const encoder = new TextEncoder();
	let out = '';
	let bytes = 0;
	for (const character of text) {
		bytes += encoder.encode(character).length;
		if (bytes > TEXT_BYTES_MAX)
			break;
		out += character;
	}
	return out;
}

/** @param {string} text @returns {string} the message to send */
export const frame = (text) => JSON.stringify({ text: cut(text) });

/**
 * What came over the channel, as an event for the state.
 * @param {string} data
 * @param {string} name the other person's
 * @returns {import('./state.js').Event | null} null: not understood
 */
export function parse(data, name) {
	let message;
	try {
		message = JSON.parse(data);
	} catch {
		return null;
	}
	if (message?.type === 'refused')
		return { type: 'chat-refused', reason: String(message.reason) };
	if (message?.type !== 'chat')
		return null;
	return { type: 'chat-line', line: { mine: false, name,
		time: Number(message.time), text: String(message.text) } };
}
