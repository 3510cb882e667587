// SPDX-License-Identifier: GPL-3.0-or-later
// Devices that are missing, forbidden or taken, with a navigator of our own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBoth, openDevice, problemOf } from '../../web/js/devices.js';

const refuse = (name) => {
	throw new DOMException('', name);
};

/** A navigator with these answers; `asked` is what was asked for. */
function browser(t, { microphone, camera, permission }) {
	const asked = [];
	const track = (kind) => ({ kind, contentHint: '' });
	const value = { mediaDevices: { getUserMedia: async (wanted) => {
		asked.push(wanted);
		if (wanted.audio)
			microphone?.(wanted.audio);
		if (wanted.video)
			camera?.(wanted.video);
		return { getAudioTracks: () => wanted.audio ? [track('audio')] : [],
			getVideoTracks: () => wanted.video ? [track('video')] : [] };
	} }, permissions: { query: async ({ name }) => permission
		? { state: permission[name] } : refuse('TypeError') } };
	const old = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
	Object.defineProperty(globalThis, 'navigator', { value,
		configurable: true });
	t.after(() => old ? Object.defineProperty(globalThis, 'navigator', old)
		: delete globalThis.navigator);
	return { asked, value };
}

test('both at once, with one question', async (t) => {
	const { asked } = browser(t, {});
	const got = await openBoth({});
	assert.equal(got.microphone.kind, 'audio');
	assert.equal(got.camera.contentHint, 'motion');
	assert.deepEqual(got.problems, {});
	assert.equal(asked.length, 1);
});

test('a camera that fails does not cost the voice', async (t) => {
	for (const [name, problem] of [['NotFoundError', 'none'],
		['NotReadableError', 'busy'], ['AbortError', 'busy'],
		['UnknownError', 'failed']]) {
		browser(t, { camera: () => refuse(name) });
		const got = await openBoth({});
		assert.equal(got.microphone?.kind, 'audio', name);
		assert.equal(got.camera, null);
		assert.deepEqual(got.problems, { camera: problem });
	}
});

test('who said no is not asked again, unless one of them is allowed', async (t) => {
	const denied = { microphone: () => refuse('NotAllowedError'),
		camera: () => refuse('NotAllowedError') };
	const { asked } = browser(t, denied);
	const got = await openBoth({});
	assert.deepEqual(got.problems, { microphone: 'denied', camera: 'denied' });
	assert.equal(asked.length, 1);
	browser(t, { camera: denied.camera,
		permission: { microphone: 'granted', camera: 'denied' } });
	const voice = await openBoth({});
	assert.equal(voice.microphone?.kind, 'audio');
	assert.deepEqual(voice.problems, { camera: 'denied' });
});

test('a page that is not secure has no devices at all', async (t) => {
	const { value } = browser(t, {});
	delete value.mediaDevices;
	assert.deepEqual((await openBoth({})).problems,
		{ microphone: 'insecure', camera: 'insecure' });
});

test('the device of last time is meant, and any other when it is gone', async (t) => {
	const { asked } = browser(t, { camera: ({ deviceId }) =>
		deviceId?.exact === 'gone' && refuse('OverconstrainedError') });
	await openDevice('camera', 'here');
	assert.deepEqual(asked.map((wanted) => wanted.video.deviceId?.exact),
		['here']);
	const got = await openBoth({ camera: 'gone' });
	assert.equal(got.camera?.kind, 'video');
	assert.equal(got.microphone?.kind, 'audio');
	assert.deepEqual(got.problems, {});
});

test('an error that is none is read, too', () => {
	assert.equal(problemOf({ name: 'OverconstrainedError' }), 'none');
	assert.equal(problemOf(undefined), 'failed');
});
