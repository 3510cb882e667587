// SPDX-License-Identifier: GPL-3.0-or-later
// Captions of a recording: WebVTT as lines of text with their times. What a
// browser would read of it is done by its <track>, which belongs to one video;
// here there are several, and none of them has the recording's clock.

/**
 * @typedef {object} Cue
 * @property {number} from ms on the recording's clock
 * @property {number} to
 * @property {string} text lines of plain text
 */

const TIME = /^(?:(\d+):)?([0-5]\d):([0-5]\d)[.,](\d{3})$/;
/** @type {Record<string, string>} */
const LETTERS = { amp: '&', lt: '<', gt: '>', nbsp: '\u00a0', lrm: '\u200e',
	rlm: '\u200f', quot: '"', apos: '\'' };
/** A longer file is none. */
const CUES_MAX = 50000;

/** @param {string | undefined} words "1:02:03.400" @returns {number} NaN: none */
function msOf(words) {
	const parts = TIME.exec(words ?? '');
	if (!parts)
		return NaN;
	const [, hours = '0', minutes, seconds, ms] = parts;
	return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds))
		* 1000 + Number(ms);
}

/** @param {string} marked a line, maybe with tags @returns {string} its words */
const plain = (marked) => marked
	.replace(/<v(?:\.[^\s>]*)?\s+([^>]*)>/g, '$1: ')
	.replace(/<[^>]*>/g, '')
	.replace(/&(#\d{1,6}|\w{2,4});/g, (all, name) => name.startsWith('#')
		? all : LETTERS[name] ?? all)
	.trim();

/** @param {string} block lines of one cue @returns {Cue[]} one or none */
function cueOf(block) {
	const lines = block.split('\n');
	const timed = lines.findIndex((line) => line.includes('-->'));
	if (timed < 0 || timed > 1 || /^(NOTE|STYLE|REGION)\b/.test(block))
		return [];
	const [from, , to] = lines[timed].trim().split(/\s+/);
	const cue = { from: msOf(from), to: msOf(to),
		text: lines.slice(timed + 1).map(plain).filter(Boolean).join('\n') };
	return cue.to > cue.from && cue.text ? [cue] : [];
}

/**
 * The cues of a file in their order; what is none is left out.
 * @param {string} text WebVTT
 * @returns {Cue[]}
 */
export function cuesOf(text) {
	const clean = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
	if (!/^WEBVTT(?=[ \t\n]|$)/.test(clean))
		return [];
	return clean.split(/\n{2,}/).slice(0, CUES_MAX).flatMap(cueOf)
		.sort((a, b) => a.from - b.from);
}

/**
 * What is said at a moment.
 * @param {Cue[]} cues
 * @param {number} ms
 * @returns {string} empty: nothing
 */
export const saidAt = (cues, ms) => cues
	.filter(({ from, to }) => from <= ms && ms < to)
	.map(({ text }) => text).join('\n');

/**
 * The captions to begin with: those that were chosen the last time, in that
 * language or the nearest one.
 * @param {{language: string}[]} all
 * @param {string | null} wanted a language; null: none
 * @returns {string} its language; empty: off
 */
export function chosenOf(all, wanted) {
	if (!wanted)
		return '';
	const base = wanted.split('-')[0];
	return (all.find(({ language }) => language === wanted)
		?? all.find(({ language }) => language.split('-')[0] === base))
		?.language ?? '';
}
