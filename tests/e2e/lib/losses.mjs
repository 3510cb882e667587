// SPDX-License-Identifier: GPL-3.0-or-later
// What a kill has cost: how much of each lane is missing before its moment.
import { packetsOf } from './lanes.mjs';

/** Numbers that look random, the same for the same seed (mulberry32). */
export function random(seed) {
	let state = seed >>> 0;

	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);

		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

/**
 * How long before a moment the last voice and the last picture of each person
 * were, in ms; 0 when the lane goes on after it.
 *
 * @param {import('./store.mjs').Exported} exported
 * @param {number} at ms since 1970
 * @param {string[]} lanes that must be there
 */
export async function lossesOf(exported, at, lanes = ['clinician', 'patient']) {
	const losses = {};

	for (const lane of lanes) {
		for (const path of exported.lane(lane)) {
			for (const packet of await packetsOf(path)) {
				const key = `${lane} ${packet.kind}`;
				const loss = Math.max(0,
					at - exported.begins(path) - packet.s * 1000);

				losses[key] = Math.min(losses[key] ?? Infinity, loss);
			}
		}
		losses[`${lane} audio`] ??= Infinity;
		losses[`${lane} video`] ??= Infinity;
	}
	return losses;
}

/** One line about many losses in ms. */
export function distribution(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const at = (part) => Math.round(sorted[Math.min(sorted.length - 1,
		Math.floor(part * sorted.length))]);

	return `${sorted.length} lanes: median ${at(0.5)} ms, 90 % ${at(0.9)} ms, ` +
		`99 % ${at(0.99)} ms, most ${at(1)} ms`;
}
