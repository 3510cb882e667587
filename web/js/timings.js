// SPDX-License-Identifier: GPL-3.0-or-later
// When each step of joining was reached, for support and measurements.

const STEPS = ['click', 'token', 'ws', 'joined', 'answer', 'ice', 'dtls',
	'first-picture'];

/** @type {Map<string, number>} step -> ms since the page's time origin */
const reached = new Map();

/**
 * Notes that a step was reached; the first time counts. `click` starts anew.
 * @param {string} step one of STEPS
 * @param {number} [at] ms since the page's time origin
 */
export function mark(step, at = performance.now()) {
	if (step === 'click')
		reached.clear();
	if (reached.has(step))
		return;
	reached.set(step, at);
	performance.mark(`rth:${step}`, { startTime: at });
}

/**
 * Milliseconds from the click on Join to each step that was reached.
 * @returns {Record<string, number>}
 */
export function timings() {
	const start = reached.get('click') ?? 0;
	/** @type {Record<string, number>} */
	const out = {};
	for (const step of STEPS) {
		const at = reached.get(step);
		if (at !== undefined)
			out[step] = Math.round((at - start) * 10) / 10;
	}
	return out;
}
