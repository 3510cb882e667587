// SPDX-License-Identifier: GPL-3.0-or-later
// What is changed in an offer before it leaves the browser. The local
// description stays as it was made: each change is one that an answer could
// have asked for.

/** The m-line behind the screen's, see offerToSend. */
export const SIGNATURE = 3;

/**
 * The browser will be the DTLS client (RFC 8842 section 5.2), because Janus as
 * the DTLS server picks AEAD GCM, at a fraction of the cost of AES-CM with
 * SHA1. An answer `passive` fits the local `actpass`, too.
 * @param {string} sdp
 */
function asDtlsClient(sdp) {
	return sdp.replace(/^a=setup:actpass(?=\r?$)/gm, 'a=setup:active');
}

/**
 * One m-line without retransmission streams (RFC 4588): what is lost is sent
 * again as it was. Retransmissions of their own would move the numbers by
 * which the server measures this browser's line, unseen by it.
 * @param {string} section
 */
function withoutRtx(section) {
	const rtx = [...section.matchAll(/^a=rtpmap:(\d+) rtx\//gm)]
		.map((match) => match[1]);
	const repair = [...section.matchAll(/^a=ssrc-group:FID \d+ (\d+)/gm)]
		.map((match) => match[1]);

	return section.split(/(?<=\n)/).map((line) => line.startsWith('m=')
		? line.replace(/ (\d+)(?=[ \r\n])/g, (word, pt, at) =>
			at > line.indexOf('SAVPF') && rtx.includes(pt) ? '' : word)
		: line).filter((line) => {
		const [, kind, number] =
			/^a=(rtpmap|fmtp|rtcp-fb|ssrc):(\d+)/.exec(line) ?? [];

		return !line.startsWith('a=ssrc-group:FID') &&
			!(kind === 'ssrc' ? repair : rtx).includes(number ?? '');
	}).join('');
}

/**
 * The voice's m-line: what is lost of it is asked for again, too. Browsers do
 * so when they are asked to, but do not offer it.
 * @param {string} section
 */
function withNack(section) {
	const opus = /^a=rtpmap:(\d+) opus\//m.exec(section)?.[1];

	return !opus || section.includes(`a=rtcp-fb:${opus} nack`) ? section
		: section.replace(new RegExp(`^a=rtpmap:${opus} .*?(?=\\r?$)`, 'm'),
			(line) => `${line}\r\na=rtcp-fb:${opus} nack`);
}

/** @param {string} section @returns {string} its mid */
const midOf = (section) => /^a=mid:(\S+)/m.exec(section)?.[1] ?? '';

/** @param {string} sdp @returns {string[]} the session, then each m-line */
const sectionsOf = (sdp) => sdp.split(/^(?=m=)/m);

/**
 * The offer as it is sent: four slots. The fifth m-line, the signature, stays
 * at home: Janus never hears of it, and nothing is ever sent on it.
 *
 * Janus finds what an RTCP packet speaks of by the SSRC of its sender, and
 * Chromium signs all its RTCP with the SSRC of the video stream that it made
 * last. With the screen's, a lost packet of the other one's camera would be
 * looked for in the screen. By an SSRC that Janus does not know it goes by the
 * SSRC that is spoken of.
 * @param {string} sdp
 */
export function offerToSend(sdp) {
	const [session, ...media] = sectionsOf(asDtlsClient(sdp));
	const [signature = ''] = media.splice(SIGNATURE, 1);
	const mid = midOf(signature);

	return [session.replace(/^a=group:BUNDLE.*$/m, (line) => line.split(' ')
		.filter((word) => word.trim() !== mid).join(' ')),
	...media.map((section) => section.startsWith('m=audio')
		? withNack(section) : withoutRtx(section))].join('');
}

/**
 * Two codecs of an offered m-line, as its answer names them.
 * @param {string} section
 */
function twoCodecs(section) {
	const types = [...section.matchAll(/^a=rtpmap:(\d+) (\w+)\//gm)]
		.filter(([, , name]) => /^(VP8|VP9|H264|AV1)$/.test(name))
		.filter(([, , name], i, all) =>
			all.findIndex((other) => other[2] === name) === i)
		.slice(0, 2).map(([, type]) => type);

	return { types, lines: section.split(/\r?\n/).filter((line) => types.includes(
		/^a=(?:rtpmap|fmtp):(\d+) /.exec(line)?.[1] ?? '')) };
}

/**
 * The answer as the browser takes it: the signature's m-line is accepted,
 * behind the screen's.
 * @param {string} answer
 * @param {string} offer the local description
 */
export function answerToTake(answer, offer) {
	const [session, ...media] = sectionsOf(answer);
	const offered = sectionsOf(offer)[SIGNATURE + 1] ?? '';
	const { types, lines } = twoCodecs(offered);
	const transport = media[SIGNATURE - 1].split(/\r?\n/).filter((line) =>
		/^a=(ice-|fingerprint|setup|rtcp-mux)/.test(line));

	media.splice(SIGNATURE, 0, [
		`m=video 9 UDP/TLS/RTP/SAVPF ${types.join(' ')}`, 'c=IN IP4 0.0.0.0',
		'a=recvonly', `a=mid:${midOf(offered)}`, ...transport, ...lines, '',
	].join('\r\n'));
	return [session.replace(/^a=group:BUNDLE.*?(?=\r?$)/m,
		(line) => `${line} ${midOf(offered)}`), ...media].join('');
}
