// SPDX-License-Identifier: GPL-3.0-or-later
// The one change that is made to an SDP before it leaves the browser.

/**
 * The copy of an offer that is sent: the browser will be the DTLS client
 * (RFC 8842 section 5.2), because Janus as the DTLS server picks AEAD GCM, at
 * a fraction of the cost of AES-CM with SHA1. The local description stays
 * `actpass`; an answer `passive` fits both.
 * @param {string} sdp
 */
export function offerAsDtlsClient(sdp) {
	return sdp.replace(/^a=setup:actpass(?=\r?$)/gm, 'a=setup:active');
}
