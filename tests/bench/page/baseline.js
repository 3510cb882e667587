// SPDX-License-Identifier: GPL-3.0-or-later
// The smallest client of Janus's own `videocall` and `videoroom`, to measure
// them beside ours: the same camera, the same codecs, nothing clever. And of
// ours, to measure the plugin without our own page.
import { answerToTake, offerToSend } from './sdp.js';

/** One Janus session with any number of handles. */
class Session {
	#waiting = new Map();
	#handlers = new Map();
	#next = 0;

	constructor(url, token) {
		this.socket = new WebSocket(url, 'janus-protocol');
		this.token = token;
		this.socket.onmessage = (event) => this.#take(JSON.parse(event.data));
	}

	async open() {
		await new Promise((done) => { this.socket.onopen = done; });
		this.id = (await this.request({ janus: 'create' })).data.id;
	}

	#take(message) {
		const waiting = message.janus !== 'ack' &&
			this.#waiting.get(message.transaction);

		if (waiting) {
			this.#waiting.delete(message.transaction);
			waiting(message);
		}
		if (message.sender)
			this.#handlers.get(message.sender)?.(message, !waiting);
	}

	request(body) {
		const transaction = `t${this.#next++}`;

		return new Promise((done) => {
			this.#waiting.set(transaction, done);
			this.socket.send(JSON.stringify({ transaction, token: this.token,
				...(this.id ? { session_id: this.id } : {}), ...body }));
		});
	}

	async attach(plugin, handler) {
		const { data } = await this.request({ janus: 'attach', plugin });

		this.#handlers.set(data.id, handler);
		return {
			say: (body, jsep) => this.request({ janus: 'message',
				handle_id: data.id, body, ...(jsep ? { jsep } : {}) }),
			trickle: (candidate) => this.request({ janus: 'trickle',
				handle_id: data.id, candidate }),
		};
	}
}

const marks = {};
const mark = (name) => {
	marks[name] ??= performance.timeOrigin + performance.now();
};

let session;
let media;
let video = { width: 640, height: 480, frameRate: 30 };

async function devices() {
	media ??= await navigator.mediaDevices.getUserMedia({
		audio: true, video,
	});
	// As our page does: a smaller picture rather than fewer of them.
	media.getVideoTracks()[0].contentHint = 'motion';
	document.getElementById('local').srcObject = media;
	mark('devices');
	return media;
}

/** Candidates before `handle` is there are sent when it comes. */
function connection(handle) {
	const pc = new RTCPeerConnection();

	pc.onicecandidate = ({ candidate }) => handle.trickle(candidate
		?? { completed: true });
	pc.ontrack = ({ track, streams }) => {
		const video = document.getElementById('remote');

		video.srcObject = streams[0] ?? new MediaStream([track]);
		if (track.kind === 'video')
			video.requestVideoFrameCallback(() => mark('picture'));
	};
	pc.onconnectionstatechange = () => {
		if (pc.connectionState === 'connected')
			mark('connected');
	};
	return pc;
}

async function addDevices(pc) {
	const stream = await devices();

	for (const track of stream.getTracks())
		pc.addTrack(track, stream);
}

/** Janus's candidates may come before its description. */
async function trickled(pc, message) {
	if (message.janus !== 'trickle' || !pc || message.candidate.completed)
		return;
	while (!pc.remoteDescription)
		await new Promise((done) => pc.addEventListener('signalingstatechange',
			done, { once: true }));
	await pc.addIceCandidate(message.candidate);
}

/** Set by what was started: lets the plugin record. */
let record;

const videocall = {
	/** The one who waits is registered and has opened the camera. */
	async start(name, other) {
		let pc;
		const handle = await session.attach('janus.plugin.videocall',
			async (message) => {
				trickled(pc, message);
				const event = message.plugindata?.data.result?.event;

				if (event === 'incomingcall') {
					pc = connection(handle);
					await pc.setRemoteDescription(message.jsep);
					await addDevices(pc);
					await pc.setLocalDescription(await pc.createAnswer());
					handle.say({ request: 'accept' }, pc.localDescription);
				} else if (event === 'accepted' && message.jsep) {
					mark('answer');
					await pc.setRemoteDescription(message.jsep);
				}
			});

		record = ({ filename }) => handle.say({ request: 'set', record: true,
			filename });
		await handle.say({ request: 'register', username: name });
		if (!other) {
			await devices();
			return;
		}
		pc = connection(handle);
		await addDevices(pc);
		await pc.setLocalDescription(await pc.createOffer());
		mark('offer');
		handle.say({ request: 'call', username: other }, pc.localDescription);
	},
};

const videoroom = {
	async start(name, other, room) {
		const publisher = await session.attach('janus.plugin.videoroom',
			(message) => {
				trickled(pc, message);
				const data = message.plugindata?.data;

				for (const { id } of data?.publishers ?? [])
					subscribe(id, room);
			});
		const pc = connection(publisher);

		if (!other)
			await publisher.say({ request: 'create', room, publishers: 2,
				videocodec: 'vp8', bitrate: 0 });
		await publisher.say({ request: 'join', ptype: 'publisher', room,
			display: name });
		await addDevices(pc);
		await pc.setLocalDescription(await pc.createOffer());
		mark('offer');
		const { jsep } = await publisher.say({ request: 'publish' },
			pc.localDescription);

		mark('answer');
		await pc.setRemoteDescription(jsep);
	},
};

async function subscribe(feed, room) {
	let pc;
	const handle = await session.attach('janus.plugin.videoroom',
		(message) => trickled(pc, message));
	const { jsep } = await handle.say({ request: 'join', ptype: 'subscriber',
		room, streams: [{ feed }] });

	pc = connection(handle);
	await pc.setRemoteDescription(jsep);
	await pc.setLocalDescription(await pc.createAnswer());
	handle.say({ request: 'start' }, pc.localDescription);
}

/** Until the plugin has said that a recording is in that state. */
async function recording(state) {
	for (;;) {
		const event = heard.findLast((each) => each.rthealth === 'recording');

		if (event?.state === state)
			return event;
		await new Promise((done) => setTimeout(done, 20));
	}
}

/** The first one asks, both agree. */
async function agree(handle, first) {
	if (first)
		await handle.say({ request: 'ask-recording' });
	const asked = await recording('asked');

	await handle.say({ request: 'consent', recording: asked.recording,
		answer: 'yes', language: asked.texts[0].language });
	await recording('running');
}

const rthealth = {
	async start(name, other, room, admission) {
		let pc;
		const handle = await session.attach('janus.plugin.rthealth',
			(message) => {
				trickled(pc, message);
				if (message.plugindata && !message.jsep)
					heard.push(message.plugindata.data);
				for (const { participant } of message.plugindata?.data.people
					?? [])
					void handle.say({ request: 'admit', participant });
			});
		const joined = handle.say({ request: 'join', token: admission });

		record = ({ first }) => agree(handle, first);

		pc = connection(handle);
		const [audio, video] = await devices().then((stream) =>
			[stream.getAudioTracks()[0], stream.getVideoTracks()[0]]);

		pc.addTransceiver(audio, { direction: 'sendrecv' });
		pc.addTransceiver(video, { direction: 'sendrecv' });
		pc.addTransceiver('video', { direction: 'sendrecv' });
		pc.addTransceiver('video', { direction: 'sendrecv' });
		const chat = pc.createDataChannel('chat');

		chat.onmessage = ({ data }) => heard.push(JSON.parse(data));
		globalThis.baseline.chat = chat;
		await pc.setLocalDescription(await pc.createOffer());
		mark('offer');
		await joined;
		const answer = await handle.say({ request: 'media' }, {
			type: 'offer',
			sdp: offerToSend(pc.localDescription.sdp),
		});

		mark('answer');
		if (!answer.jsep)
			throw new Error(JSON.stringify(answer));
		await pc.setRemoteDescription({ type: 'answer',
			sdp: answerToTake(answer.jsep.sdp, pc.localDescription.sdp) });
		await handle.say({ request: 'state', microphone: true, camera: true,
			screen: false });
	},
};

const heard = [];

globalThis.baseline = {
	heard,
	marks,
	record: (options) => record(options),
	/** One call a page: reload it for the next. */
	async start({ url, token, plugin, name, other, room, admission, small }) {
		mark('click');
		if (small)
			video = { width: 160, height: 120, frameRate: 15 };
		session = new Session(url, token);
		await session.open();
		mark('session');
		const keepalive = () => session.request({ janus: 'keepalive' });

		setInterval(keepalive, 20000);
		await { videocall, videoroom, rthealth }[plugin].start(name, other, room,
			admission);
	},
};
