// SPDX-License-Identifier: GPL-3.0-or-later
// Films and files of a recording in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './english.mjs';
import { ApiError } from '../../web/js/api.js';
import * as films from '../../web/js/review/films.js';

const NOW = new Date(2026, 0, 31, 12).getTime();
const at = (...local) => new Date(...local).toISOString();
const film = (change = {}) => ({ id: 'AAAAAAAAAAAAAAAAAAAAAA', container: 'mp4',
	layout: 'side-by-side', burn_in: true, state: 'running',
	asked: at(2026, 0, 31, 11), progress: 0.429, remaining_s: 95, bytes: null,
	expires: null, error: null, href: null, ...change });

test('a film says how far it is and how long it takes', () => {
	assert.equal(films.filmWords(film(), NOW), '42 % · about 2 minutes left');
	assert.equal(films.filmWords(film({ remaining_s: null }), NOW), '42 %');
	assert.equal(films.leftWords(59), 'less than a minute left');
	assert.equal(films.leftWords(60), 'about 1 minute left');
	assert.equal(films.leftWords(3600), 'about 1 hour left');
	assert.equal(films.leftWords(7500), 'about 2 hours 5 minutes left');
	assert.equal(films.percentWords(0.999), '99 %', 'not ready before it is');
	assert.equal(films.percentWords(7), '100 %');
});

test('a film that is ready says how large it is and how long it is kept', () => {
	const done = film({ state: 'done', bytes: 312345678, href: '/file',
		expires: at(2026, 1, 1, 11) });
	assert.match(films.filmWords(done, NOW),
		/^Ready · 312 MB · kept until tomorrow, /);
	assert.equal(films.stepOf(done, NOW), 'done');
	const later = new Date(2026, 1, 1, 11).getTime();
	assert.equal(films.stepOf(done, later), 'expired');
	assert.match(films.filmWords(done, later), /is gone/);
	assert.equal(films.stepOf({ ...done, expires: null }, later), 'done');
	assert.equal(films.stepOf({ ...done, href: null }, NOW), 'expired');
});

test('how a film ended otherwise is said, also what nobody knows yet', () => {
	for (const [error, words] of [['unreadable', /damaged/],
		['disk-full', /no room/], ['too-long', /too long/],
		['failed', /try again/], [null, /try again/], ['new', /try again/],
		['constructor', /try again/]])
		assert.match(films.filmWords(film({ state: 'failed', error }), NOW),
			words, `${error}`);
	assert.equal(films.filmWords(film({ state: 'cancelled' }), NOW),
		'Cancelled.');
	assert.match(films.filmWords(film({ state: 'waiting' }), NOW), /its turn/);
});

test('how it was asked for', () => {
	assert.equal(films.filmTitle(film()), 'MP4 film');
	assert.equal(films.filmHow(film()),
		'Side by side, names and time in the picture');
	assert.equal(films.filmHow(film({ layout: 'picture-in-picture',
		burn_in: false })), 'Picture in picture');
});

test('who hears the page is told what matters, once', () => {
	const was = [film({ progress: 0.24 })];
	assert.equal(films.filmNews(was, [film({ progress: 0.249 })]), '');
	assert.equal(films.filmNews(was, [film({ progress: 0.26 })]),
		'The MP4 film: 26 %.');
	assert.equal(films.filmNews(was, [film({ state: 'done' })]),
		'The MP4 film is ready.');
	assert.equal(films.filmNews(was, [film({ state: 'failed' })]),
		'The MP4 film could not be made.');
	assert.equal(films.filmNews([film({ state: 'waiting', progress: 0 })],
		[film({ progress: 0 })]), 'The MP4 film is being made.');
	assert.equal(films.filmNews([], was), '', 'what was there before');
	assert.equal(films.filmNews([film({ state: 'done' })],
		[film({ state: 'done' })]), '');
});

test('sizes', () => {
	for (const [bytes, words] of [[0, '0 bytes'], [999, '999 bytes'],
		[1534, '1.5 kB'], [81234567, '81 MB'], [5e9, '5 GB'],
		[7e16, '70,000 TB']])
		assert.equal(films.bytesWords(bytes), words);
});

test('what is in a file; what is not known has its name', () => {
	const nameOf = (role) => ({ clinician: 'Dr. A', patient: 'P' })[role];
	for (const [name, words] of [
		['1-clinician-1.webm', 'Camera and voice of Dr. A'],
		['2-patient-screen-3.mp4', 'Screen of P'], ['1-chat.jsonl', 'Messages'],
		['captions-de.vtt', 'Captions, German'],
		['captions-x.vtt', 'Captions, x'], ['other', 'other']])
		assert.equal(films.fileWords(name, nameOf), words);
});

test('why there is no film', () => {
	assert.match(films.filmProblem(new ApiError('running', 409)), /has ended/);
	assert.match(films.filmProblem(new ApiError('too-many', 429)), /waiting/);
	assert.match(films.filmProblem(new ApiError('unreadable', 409)),
		/cannot be read/);
	assert.match(films.filmProblem(new ApiError('no-network', 0)),
		/connection/);
});

test('what is under way is looked at again', () => {
	assert.deepEqual(['waiting', 'running', 'done', 'failed', 'cancelled']
		.map((state) => films.isUnderWay(film({ state }))),
	[true, true, false, false, false]);
});
