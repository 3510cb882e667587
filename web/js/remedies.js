// SPDX-License-Identifier: GPL-3.0-or-later
// What helps: for each problem of the check, steps that fit this browser on
// this system, the likeliest first.

import { t } from './lang.js';
import { platform } from './platform.js';

/**
 * @typedef {import('./platform.js').Platform} Platform
 * @typedef {import('./devices.js').Kind} Kind
 * @typedef {'denied' | 'system' | 'busy' | 'silent' | 'black' | 'unheard'
 *   | 'fair' | 'poor' | 'blocked' | 'unreached'} Trouble
 */

/** @param {Platform} at */
const onPhone = ({ system }) => ['ios', 'android'].includes(system);

/** @type {Record<string, string>} */
const ALLOW = {
	chrome: 'check.fix-allow-chrome', edge: 'check.fix-allow-chrome',
	firefox: 'check.fix-allow-firefox', safari: 'check.fix-allow-safari',
	android: 'check.fix-allow-android', ios: 'check.fix-allow-ios',
	other: 'check.fix-allow-ios-other',
};

const SYSTEM = {
	windows: 'check.fix-system-windows', macos: 'check.fix-system-macos',
	ios: 'check.fix-system-ios', android: 'check.fix-system-android',
	linux: 'check.fix-system-linux',
};

const INPUT = {
	windows: 'check.fix-sound-windows', macos: 'check.fix-sound-macos',
	linux: 'check.fix-sound-linux', ios: 'check.fix-sound-phone',
	android: 'check.fix-sound-phone',
};

const VOLUME = {
	windows: 'check.fix-volume', macos: 'check.fix-volume',
	linux: 'check.fix-volume', ios: 'check.fix-volume-ios',
	android: 'check.fix-volume-android',
};

const OUTPUT = {
	windows: 'check.fix-output-windows', macos: 'check.fix-output-macos',
	linux: 'check.fix-output-linux', ios: 'check.fix-bluetooth',
	android: 'check.fix-bluetooth',
};

const TAB = {
	chrome: 'check.fix-tab-chrome', edge: 'check.fix-tab-chrome',
	firefox: 'check.fix-tab-firefox', safari: 'check.fix-tab-safari',
};

/** @param {Platform} at @returns {string} where a page's rights are given */
function allowing({ browser, system }) {
	if (system === 'ios')
		return browser === 'safari' ? ALLOW.ios : ALLOW.other;
	return system === 'android' ? ALLOW.android : ALLOW[browser];
}

/** @param {Platform} at */
const nearer = (at) => onPhone(at) ? 'check.fix-network-near-phone'
	: 'check.fix-network-near';

/** @type {Record<Trouble, (at: Platform) => (string | false)[]>} */
const STEPS = {
	denied: (at) => [allowing(at), at.system === 'macos' && SYSTEM.macos],
	system: (at) => [SYSTEM[at.system]],
	busy: (at) => [onPhone(at) ? 'check.fix-busy-phone'
		: 'check.fix-busy-desk'],
	silent: (at) => [!onPhone(at) && 'check.fix-switch', INPUT[at.system],
		!onPhone(at) && 'check.fix-other-microphone'],
	black: (at) => [onPhone(at) ? 'check.fix-cover-phone'
		: 'check.fix-cover-desk', 'check.fix-other-camera'],
	unheard: (at) => [VOLUME[at.system], OUTPUT[at.system],
		!onPhone(at) && TAB[at.browser]],
	fair: (at) => [nearer(at), 'check.fix-network-load'],
	poor: (at) => [nearer(at), 'check.fix-network-load',
		'check.fix-network-voice'],
	blocked: () => ['check.fix-network-blocked'],
	unreached: () => ['check.fix-network-server'],
};

/**
 * @param {Trouble} trouble
 * @param {Platform} [at]
 * @returns {string[]} sentences; empty: nothing helps but what was said
 */
export const remedies = (trouble, at = platform()) => STEPS[trouble](at)
	.filter((key) => key !== false).map((key) => t(key));
