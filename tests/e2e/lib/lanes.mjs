// SPDX-License-Identifier: GPL-3.0-or-later
// What is in an exported lane: as ffmpeg sees it, and as a browser plays it.
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const MOST_OUTPUT = 256 << 20;
const run = promisify(execFile);

/** Streams and format of a lane. */
export async function probe(path) {
	const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json',
		'-show_streams', '-show_format', path], { maxBuffer: MOST_OUTPUT });

	return JSON.parse(stdout);
}

/**
 * The packets of a lane in their order: seconds, kind and size of each.
 *
 * @returns {Promise<Array<{ kind: string, s: number, key: boolean,
 *                           bytes: number }>>}
 */
export async function packetsOf(path) {
	const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json',
		'-show_entries', 'packet=codec_type,pts_time,flags,size', path],
	{ maxBuffer: MOST_OUTPUT });

	return JSON.parse(stdout).packets.map((packet) => ({
		kind: packet.codec_type, s: Number(packet.pts_time),
		key: packet.flags.startsWith('K'), bytes: Number(packet.size) }));
}

/** Silence, as browsers and the recorder (in holes of the voice) write it. */
export const isSilence = (packet) => packet.kind === 'audio' &&
	packet.bytes <= 3;

/** Decodes all of a lane; what the decoder complains of, or "". */
export async function complaints(path) {
	// Times as they are in the file, not rounded to a frame rate.
	const { stderr } = await run('ffmpeg', ['-v', 'error', '-nostdin', '-i',
		path, '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null',
		'-'], { maxBuffer: MOST_OUTPUT });

	return stderr.trim();
}

/**
 * One line about a lane, with whether it plays: ffprobe reads all its packets,
 * and a browser loads it, seeks to its middle and plays on.
 *
 * @param {string} path
 * @param {{ start_ms: number }} told by the manifest
 * @param {import('./player.mjs').Player} player
 */
export async function describeLane(path, told, player) {
	const line = { lane: basename(path).replace(/\.\w+$/, ''),
		bytes: statSync(path).size, offset_ms: told?.start_ms };

	try {
		const { streams, format } = await probe(path);
		const picture = streams.find((each) => each.codec_type === 'video');
		const packets = await packetsOf(path);
		const played = await player.plays(path);

		return { ...line, seconds: Math.round(format.duration * 10) / 10,
			codecs: streams.map((each) => each.codec_name).join('+'),
			...(picture ? { resolution: `${picture.width}x${picture.height}` }
				: {}),
			playable: packets.length > 0 && played.seconds > 0 &&
				(!picture || played.pictures > 0) };
	} catch (error) {
		return { ...line, playable: false,
			problem: String(error.message).split('\n')[0] };
	}
}
