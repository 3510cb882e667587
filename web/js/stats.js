// SPDX-License-Identifier: GPL-3.0-or-later
// getStats in the few figures that support and measurements need.

/**
 * @typedef {object} SlotStats of one slot
 * @property {number} bytes_in
 * @property {number} packets_in
 * @property {number} lost packets that did not come
 * @property {number} bytes_out
 * @property {number} packets_out
 * @property {number} decoded frames (pictures) decoded
 * @property {number} sent frames encoded
 * @property {number} energy total audio energy received
 * @property {number} samples audio samples received
 * @property {number} concealed audio samples made up for lost ones
 * @property {string} codec of what is received, such as `video/VP8`
 *
 * @typedef {object} Digest
 * @property {SlotStats} microphone
 * @property {SlotStats} camera
 * @property {SlotStats} screen
 * @property {string} srtp_cipher
 * @property {string} dtls_role this browser's: `client` or `server`
 * @property {string} dtls_state
 * @property {number} outgoing_bitrate bit/s that the line is thought to carry
 * @property {number} round_trip_ms
 */

/** @returns {SlotStats} */
const emptySlot = () => ({ bytes_in: 0, packets_in: 0, lost: 0, bytes_out: 0,
	packets_out: 0, decoded: 0, sent: 0, energy: 0, samples: 0,
	concealed: 0, codec: '' });

/** Per kind of entry: [ours, getStats's name]. */
const FIELDS = /** @type {Record<string, [Exclude<keyof SlotStats, 'codec'>, string][]>} */ ({
	'inbound-rtp': [
		['bytes_in', 'bytesReceived'], ['packets_in', 'packetsReceived'],
		['lost', 'packetsLost'], ['decoded', 'framesDecoded'],
		['energy', 'totalAudioEnergy'], ['samples', 'totalSamplesReceived'],
		['concealed', 'concealedSamples'],
	],
	'outbound-rtp': [
		['bytes_out', 'bytesSent'], ['packets_out', 'packetsSent'],
		['sent', 'framesEncoded'],
	],
});

/** @param {Digest} digest @param {any} entry */
function addTransport(digest, entry) {
	if (entry.type === 'transport') {
		digest.srtp_cipher = entry.srtpCipher ?? '';
		digest.dtls_role = entry.dtlsRole ?? '';
		digest.dtls_state = entry.dtlsState ?? '';
	}
	if (entry.type === 'candidate-pair' && entry.nominated) {
		digest.outgoing_bitrate = entry.availableOutgoingBitrate
			?? digest.outgoing_bitrate;
		digest.round_trip_ms = Math.round(
			(entry.currentRoundTripTime ?? 0) * 1000);
	}
}

/**
 * @param {Iterable<any>} report entries of an RTCStatsReport
 * @param {Record<'microphone' | 'camera' | 'screen', string | null>} mids
 * @returns {Digest}
 */
export function digest(report, mids) {
	/** @type {Digest} */
	const out = { microphone: emptySlot(), camera: emptySlot(),
		screen: emptySlot(), srtp_cipher: '', dtls_role: '', dtls_state: '',
		outgoing_bitrate: 0, round_trip_ms: 0 };
	/** @type {Record<string, SlotStats>} */
	const byMid = {};
	for (const slot of /** @type {const} */ (['microphone', 'camera', 'screen']))
		byMid[mids[slot] ?? slot] = out[slot];
	const entries = [...report];
	for (const entry of entries) {
		const slot = byMid[entry.mid];
		if (slot && entry.type === 'inbound-rtp')
			slot.codec = entries.find(({ id }) => id === entry.codecId)
				?.mimeType ?? '';
		for (const [ours, theirs] of slot && FIELDS[entry.type] || [])
			slot[ours] += entry[theirs] ?? 0;
		addTransport(out, entry);
	}
	return out;
}
