// SPDX-License-Identifier: GPL-3.0-or-later
// What of a message is a link: only whole http and https addresses, and what
// is shown is what is opened. Pure, no DOM.

/** @typedef {{text: string, href?: string}} Part */

/** Not what is unseen or turns the direction: an address is read as it is. */
const FOUND =
	/https?:\/\/[^\s<>"'`{}|\\^\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gi;
/** Ends a sentence, not an address. */
const AFTER = /[.,;:!?…，。、؟،]+$/;

/** @param {string} address @returns {string} without a bracket never opened */
function balanced(address) {
	const opened = address.split('(').length;
	return address.endsWith(')') && address.split(')').length > opened
		? balanced(address.slice(0, -1).replace(AFTER, '')) : address;
}

/**
 * @param {string} address
 * @returns {string | null} what a browser would open; null: it is no link
 */
function checked(address) {
	try {
		const { protocol, href, username, password, hostname } =
			new URL(address);
		// "https://bank.example@evil.example" is not what it seems to be.
		return ['http:', 'https:'].includes(protocol) && hostname
			&& !username && !password ? href : null;
	} catch {
		return null;
	}
}

/**
 * @param {string} text of a message
 * @returns {Part[]} which, put together, are the text
 */
export function linked(text) {
	/** @type {Part[]} */
	const parts = [];
	let done = 0;
	for (const found of text.matchAll(FOUND)) {
		const address = balanced(found[0].replace(AFTER, ''));
		const href = checked(address);
		if (!href)
			continue;
		if (found.index > done)
			parts.push({ text: text.slice(done, found.index) });
		parts.push({ text: address, href });
		done = found.index + address.length;
	}
	if (done < text.length || !parts.length)
		parts.push({ text: text.slice(done) });
	return parts;
}
