// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in a page before its own scripts: remembers its peer connections, so
// that a test can ask the browser, not the page, what really flows.
(() => {
	const Native = globalThis.RTCPeerConnection;
	/** @type {RTCPeerConnection[]} */
	const all = [];

	globalThis.RTCPeerConnection = new Proxy(Native, {
		construct(target, args) {
			const pc = Reflect.construct(target, args);

			all.push(pc);
			return pc;
		},
	});

	/** One object of sums over all live peer connections. */
	async function sample() {
		const sum = {
			at: performance.timeOrigin + performance.now(),
			framesDecoded: 0, framesSent: 0, bytesSent: 0, bytesReceived: 0,
			audioBytesSent: 0, audioEnergy: 0, audioSamples: 0, concealed: 0,
			keyFrames: 0, freezes: 0, pli: 0, width: 0, height: 0, packetsSent: 0,
			packetsReceived: 0, srtp: [], codecs: [], byMid: {}, targetBitrate: 0,
			audioBytesReceived: 0, audioPacketsReceived: 0, audioLost: 0,
			fecPackets: 0, audioNacks: 0, audioAgain: 0, jitterDelay: 0,
			jitterEmitted: 0,
			connected: 0, live: 0,
		};

		for (const pc of all) {
			if (pc.connectionState === 'closed')
				continue;
			sum.live++;
			if (pc.connectionState === 'connected')
				sum.connected++;
			const report = await pc.getStats();

			for (const stat of report.values())
				add(sum, stat, report);
		}
		return sum;
	}

	function add(sum, stat, report) {
		if (stat.type === 'transport' && stat.srtpCipher)
			sum.srtp.push(stat.srtpCipher);
		if (stat.type === 'inbound-rtp') {
			sum.packetsReceived += stat.packetsReceived ?? 0;
			sum.bytesReceived += stat.bytesReceived ?? 0;
		}
		if (stat.type === 'inbound-rtp' && stat.kind === 'video') {
			sum.framesDecoded += stat.framesDecoded ?? 0;
			sum.keyFrames += stat.keyFramesDecoded ?? 0;
			sum.freezes += stat.totalFreezesDuration ?? 0;
			sum.width = Math.max(sum.width, stat.frameWidth ?? 0);
			sum.height = Math.max(sum.height, stat.frameHeight ?? 0);
			sum.byMid[`in${stat.mid}`] = stat.framesDecoded ?? 0;
			const codec = report.get(stat.codecId)?.mimeType;

			if (codec)
				sum.codecs.push(codec);
		}
		if (stat.type === 'inbound-rtp' && stat.kind === 'audio') {
			sum.audioEnergy += stat.totalAudioEnergy ?? 0;
			sum.audioSamples += stat.totalSamplesReceived ?? 0;
			sum.concealed += stat.concealedSamples ?? 0;
			sum.audioBytesReceived += stat.bytesReceived ?? 0;
			sum.audioPacketsReceived += stat.packetsReceived ?? 0;
			sum.audioLost += stat.packetsLost ?? 0;
			sum.fecPackets += stat.fecPacketsReceived ?? 0;
			sum.audioNacks += stat.nackCount ?? 0;
			sum.audioAgain += stat.retransmittedPacketsReceived ?? 0;
			sum.jitterDelay += stat.jitterBufferDelay ?? 0;
			sum.jitterEmitted += stat.jitterBufferEmittedCount ?? 0;
		}
		if (stat.type === 'outbound-rtp') {
			sum.packetsSent += stat.packetsSent ?? 0;
			if (stat.kind === 'video') {
				sum.bytesSent += stat.bytesSent ?? 0;
				sum.framesSent += stat.framesSent ?? 0;
				sum.pli += stat.pliCount ?? 0;
				sum.targetBitrate += stat.targetBitrate ?? 0;
				sum.byMid[`out${stat.mid}`] = stat.framesSent ?? 0;
			} else {
				sum.audioBytesSent += stat.bytesSent ?? 0;
			}
		}
	}

	globalThis.rthProbe = { all, sample };
})();
