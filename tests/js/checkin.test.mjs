// SPDX-License-Identifier: GPL-3.0-or-later
// What the check-in has found: as it is told with `join`, during the visit, to
// the clinician, and in words that fit the browser and its system.

import './english.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asFound, asTroubles, foundIn, troublesOf, unchecked } from '../../web/js/checked.js';
import { platformOf } from '../../web/js/platform.js';
import { initial } from '../../web/js/state.js';

const { CheckIn } = await import('../../web/js/checkin.js');
const { deviceTold, figures, isWhole, lineTold, resultTold, speakerTold } =
	await import('../../web/js/checkwords.js');
const { remedies } = await import('../../web/js/remedies.js');

const ON = { microphone: true, camera: true, screen: false };
const GOOD = /** @type {const} */ ({ path: 'udp', round_trip_ms: 40,
	loss_permille: 5, up_kbps: 1500, down_kbps: 1400 });

/** @returns {any} a state with these parts */
const state = ({ check = {}, ...more } = {}) => ({ ...initial('v'),
	asked: true, me: ON, ...more, check: { ...unchecked(), ...check } });

test('what is told with join', () => {
	assert.deepEqual(foundIn(state()), { microphone: 'ok', camera: 'ok',
		speaker: 'skipped' });
	assert.deepEqual(foundIn(state({ check: { microphone: 'bad', camera: 'bad',
		speaker: 'no', line: GOOD } })), { microphone: 'silent',
		camera: 'black', speaker: 'no', ...GOOD });
	const off = { ...ON, microphone: false, camera: false };
	assert.deepEqual(foundIn(state({ me: off, problems: { camera: 'none',
		microphone: 'denied' }, check: { microphone: 'bad', speaker: 'ok' } })),
	{ microphone: 'off', camera: 'none', speaker: 'ok' });
	assert.equal(foundIn(state({ asked: false, me: off })).microphone, null);
});

test('what is told during the visit', () => {
	const check = { microphone: 'bad', camera: 'bad', noOutput: true };
	assert.deepEqual(troublesOf(state({ check })),
		['microphone-silent', 'camera-black', 'output-muted']);
	assert.deepEqual(troublesOf(state({ check: { ...check, noOutput: false },
		me: { ...ON, microphone: false, camera: false } })), []);
	assert.deepEqual(troublesOf(state({ silenced: true })), ['output-muted']);
});

test('of others only what is expected is believed', () => {
	assert.deepEqual(asTroubles(['camera-black', 'x', 7]), ['camera-black']);
	assert.deepEqual(asTroubles('camera-black'), []);
	assert.equal(asFound(null), null);
	assert.equal(asFound('ok'), null);
	const found = asFound({ microphone: 7, path: 'udp', up_kbps: '9' });
	assert.equal(found.microphone, null);
	assert.equal(found.path, 'udp');
	assert.equal(found.up_kbps, null);
});

test('what the clinician reads beside a name', () => {
	assert.deepEqual(resultTold({ microphone: 'ok', camera: 'ok',
		speaker: 'ok', ...GOOD }), []);
	assert.deepEqual(resultTold({ microphone: 'silent', camera: 'off',
		speaker: 'no', ...GOOD, loss_permille: 200 })
		.map(({ words, bad }) => `${words} ${bad}`),
	['Microphone without sound true', 'Cannot hear true',
		'Weak connection true', 'Camera off false']);
	assert.deepEqual(resultTold({ path: 'none' }).map(({ words }) => words),
		['Connection blocked']);
	assert.equal(isWhole({ microphone: 'ok', camera: 'ok', speaker: 'ok',
		...GOOD }), true);
	assert.equal(isWhole({ microphone: 'ok', camera: 'ok',
		speaker: 'skipped', ...GOOD }), false);
	assert.deepEqual(figures({ ...GOOD, up_kbps: null }), [
		['Way', 'direct (UDP)'], ['Round trip', '40 ms'], ['Lost', '0.5 %'],
		['To you', '1,400 kbit/s']]);
});

test('each row says how it is, and what helps when it is not well', () => {
	assert.equal(deviceTold(state({ asked: false }), 'camera').mood, 'wait');
	assert.equal(deviceTold(state(), 'microphone').mood, 'wait');
	assert.equal(deviceTold(state({ check: { microphone: 'ok' } }),
		'microphone').mood, 'ok');
	assert.equal(deviceTold(state({ me: { ...ON, camera: false } }),
		'camera').mood, 'off');
	for (const problem of ['none', 'denied', 'system', 'busy', 'insecure',
		'ended', 'failed'])
		for (const kind of /** @type {const} */ (['microphone', 'camera'])) {
			const told = deviceTold(state({ problems: { [kind]: problem } }),
				kind);
			assert.equal(told.mood, 'bad');
			assert.doesNotMatch(told.words, /^check\./);
			for (const step of told.help)
				assert.doesNotMatch(step, /^check\./);
		}
	const black = deviceTold(state({ check: { camera: 'bad' } }), 'camera');
	assert.ok(black.help.length > 0);
	assert.equal(speakerTold(state({ check: { speaker: 'asked' } })).words,
		'Did you hear it?');
	assert.equal(speakerTold(state({ check: { noOutput: true } })).mood, 'bad');
	assert.equal(lineTold(state()).mood, 'off');
	assert.equal(lineTold(state({ check: { testing: 'running' } })).mood,
		'wait');
	assert.equal(lineTold(state({ check: { testing: 'done',
		line: { ...GOOD, path: null } } })).mood, 'bad');
	assert.equal(lineTold(state({ check: { line: GOOD } })).mood, 'ok');
});

/** User agents of real browsers. @type {[string, string, string, number?][]} */
const AGENTS = [
	['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', 'chrome', 'windows'],
	['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'edge', 'windows'],
	['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'firefox', 'linux'],
	['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15', 'safari', 'macos'],
	['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15', 'safari', 'ios', 5],
	['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'safari', 'ios', 5],
	['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1', 'chrome', 'ios', 5],
	['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36', 'chrome', 'android', 5],
	['Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'firefox', 'android', 5],
];

test('which browser on which system, and steps for each', () => {
	for (const [agent, browser, system, touches = 0] of AGENTS) {
		const at = platformOf(agent, touches);
		assert.deepEqual(at, { browser, system }, agent);
		for (const trouble of /** @type {const} */ (['denied', 'system', 'busy',
			'silent', 'black', 'unheard', 'fair', 'poor', 'blocked',
			'unreached'])) {
			const steps = remedies(trouble, at);
			assert.ok(steps.length > 0, `${agent}: ${trouble}`);
			for (const step of steps)
				assert.doesNotMatch(step, /^check\./);
		}
	}
	assert.match(remedies('denied', platformOf(AGENTS[3][0]))[0], /Safari/);
	assert.match(remedies('denied', platformOf(AGENTS[6][0], 5))[0],
		/Settings of the phone/);
	assert.match(remedies('silent', platformOf(AGENTS[0][0]))[1],
		/Settings ▸ System ▸ Sound/);
});

globalThis.navigator ??= /** @type {any} */ ({});
globalThis.addEventListener ??= () => {};
globalThis.removeEventListener ??= () => {};

/** A CheckIn, its state, and how often it told of trouble. */
function check() {
	const it = { state: state(), troubled: 0 };
	it.check = new CheckIn({ state: () => it.state,
		dispatch: ({ change }) => {
			it.state = { ...it.state, check: { ...it.state.check, ...change } };
		},
		troubled: () => {
			it.troubled += 1;
		} });
	return it;
}

test('trouble is told once when it comes and once when it goes', () => {
	const it = check();
	it.check.look();
	assert.equal(it.troubled, 0);
	it.state = { ...it.state, silenced: true };
	it.check.look();
	it.check.look();
	assert.equal(it.troubled, 1);
	it.state = { ...it.state, silenced: false };
	it.check.look();
	assert.equal(it.troubled, 2);
	it.check.heard('no');
	assert.equal(it.state.check.speaker, 'no');
	it.check.choose('s2');
	assert.equal(it.state.check.using, 's2');
	assert.equal(it.state.check.speaker, null);
	it.check.close();
	it.check.heard('ok');
	assert.equal(it.state.check.speaker, null);
});
