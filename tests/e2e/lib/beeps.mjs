// SPDX-License-Identifier: GPL-3.0-or-later
// When a file flashes and when it beeps (see beep.js), and how far apart: in
// seconds of the file's own timestamps, as ffmpeg decodes it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OUTPUT_MAX = 256 * 1024 * 1024;

/** Pictures are lighter in a flash; of 16 (black) to 235 (white). */
const LIGHT = 125;
/** A beep is louder, in dB of full scale. */
const LOUD_DB = -32;
/** Samples that are looked at together: 2.5 ms. */
const SAMPLES = 120;
/** Two of a kind are never closer, s. */
const APART_S = 0.4;
/** A page that was so much later with a flash than with its tone is no measure. */
const LATE_MS = 15;
/** A flash and a beep that are farther apart are of different seconds. */
const PAIR_S = 0.5;

/**
 * One measured value for each frame of a stream.
 *
 * @param {string} file
 * @param {string} stream as of ffmpeg's -map
 * @param {string[]} filter option and chain that ends with the measurement
 * @param {string} key of the frame's metadata
 * @returns {Promise<{ at: number, value: number }[]>}
 */
async function measure(file, stream, [option, chain], key) {
	const { stdout } = await run('ffmpeg', ['-v', 'error', '-copyts',
		'-i', file, '-map', stream, option, chain, '-f', 'null', '-'],
	{ maxBuffer: OUTPUT_MAX });
	/** @type {{ at: number, value: number }[]} */
	const frames = [];

	for (const line of stdout.split('\n')) {
		const at = line.match(/pts_time:\s*(-?[\d.]+)/);
		const value = line.startsWith(key) && line.slice(key.length + 1);

		if (at)
			frames.push({ at: Number(at[1]), value: NaN });
		else if (value)
			frames[frames.length - 1].value = value === '-inf' ? -Infinity
				: Number(value);
	}
	return frames;
}

/** Where a value first rises above a limit. */
function rises(frames, limit) {
	/** @type {number[]} */
	const found = [];
	let before = true;

	for (const { at, value } of frames) {
		const above = value > limit;

		if (above && !before && !(at - (found.at(-1) ?? -1) < APART_S))
			found.push(at);
		before = above;
	}
	return found;
}

/** When its pictures turn white. */
export const flashes = async (file, stream = '0:v:0') => rises(
	await measure(file, stream, ['-vf',
		'scale=16:12,format=gray,signalstats,metadata=print:file=-'],
	'lavfi.signalstats.YAVG'), LIGHT);

/** When its tone begins. */
export const beeps = async (file, stream = '0:a:0') => rises(
	await measure(file, stream, ['-af', `asetnsamples=n=${SAMPLES}:p=0,` +
		'astats=metadata=1:reset=1:measure_perchannel=none:' +
		'measure_overall=RMS_level,ametadata=print:file=-'],
	'lavfi.astats.Overall.RMS_level'), LOUD_DB);

/**
 * The flashes that have a beep of their own second, and by how much they are
 * late: positive when the picture comes after the sound.
 *
 * @param {number[]} seen s
 * @param {number[]} heard s
 * @returns {{ at: number, ms: number }[]}
 */
export function pairs(seen, heard) {
	return seen.flatMap((at) => {
		const nearest = heard.reduce((best, beep) =>
			Math.abs(beep - at) < Math.abs(best - at) ? beep : best, Infinity);

		return Math.abs(nearest - at) < PAIR_S
			? [{ at, ms: (at - nearest) * 1000 }] : [];
	});
}

/**
 * The pairs of flashes that the page drew together with their tone.
 *
 * @param {{ at: number, ms: number }[]} found
 * @param {number} begins of the file, ms since 1970
 * @param {{ at: number, late: number }[]} drawn of the page, see beep.js
 * @returns {{ at: number, ms: number, after: number }[]} after: ms from the
 *   drawing to where the flash is in the file
 */
export function punctual(found, begins, drawn) {
	return found.flatMap(({ at, ms }) => {
		const wall = begins + at * 1000;
		const flash = drawn.reduce((best, each) =>
			Math.abs(each.at - wall) < Math.abs(best.at - wall) ? each : best);

		return flash.late > LATE_MS ? [] : [{ at, ms, after: wall - flash.at }];
	});
}

/**
 * How far picture and sound of a file are apart; of two files, the picture of
 * the first and the sound of the second.
 *
 * @param {string} file
 * @param {string} [other]
 */
export async function sync(file, other = file) {
	const [seen, heard] = await Promise.all([flashes(file), beeps(other)]);
	const found = pairs(seen, heard);
	const apart = found.map(({ ms }) => ms).sort((a, b) => a - b);

	return {
		flashes: seen, beeps: heard, pairs: found,
		medianMs: apart[Math.floor(apart.length / 2)] ?? NaN,
		worstMs: apart.length ? Math.max(...apart.map(Math.abs)) : NaN,
	};
}
