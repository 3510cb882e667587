// SPDX-License-Identifier: GPL-3.0-or-later
// What is changed in an offer before it leaves the browser. The local
// description stays as it was made: each change is one that an answer could
// have asked for.

/** The m-line of the screen, in the order of the slots. */
const SCREEN = 2;

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
 * The offer as it is sent. Janus finds what an RTCP packet speaks of by the
 * SSRC of its sender; Chromium signs all its RTCP with the SSRC of the last
 * m-line, so a lost packet of the camera would be looked for in the screen. An
 * SSRC that Janus does not know makes it go by the SSRC that is spoken of.
 * @param {string} sdp
 */
export function offerToSend(sdp) {
	const [session, ...media] = asDtlsClient(sdp).split(/^(?=m=)/m);

	return [session, ...media.map((section, i) => {
		const plain = withoutRtx(section);

		return i === SCREEN ? plain.replace(/^a=ssrc.*\r?\n/gm, '') : plain;
	})].join('');
}
