// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings that a portal knows of, without Janus: made by the feeder, told of
// as the plugin would, played through the HTTP interface.
import { startFeeder } from './feeder.mjs';
import { PORTS } from './janus.mjs';
import { until } from './procs.mjs';

const DONE_MS = 60000;

/** A portal with a recorder beside it, and a clinician who makes visits. */
export class Reviewed {
	/**
	 * @param {import('./portal.mjs').Portal} portal
	 * @param {{ eventsUser: string, eventsPassword: string }} keys
	 * @param {import('./recorder.mjs').Recorder} recorder
	 * @param {import('./portal.mjs').Account} clinician
	 */
	constructor(portal, keys, recorder, clinician) {
		this.portal = portal;
		this.keys = keys;
		this.recorder = recorder;
		this.clinician = clinician;
	}

	/** Asks the portal's database. */
	sql(text) {
		return this.portal.sql(text);
	}

	/** Tells the portal of a recording's states. */
	async tell(recording, room, ...states) {
		const { eventsUser, eventsPassword } = this.keys;
		const event = (data) => ({ emitter: 'janus', type: 64, timestamp: 1,
			session_id: 1, handle_id: 2,
			event: { plugin: 'janus.plugin.rthealth', data } });
		const secret = Buffer.from(`${eventsUser}:${eventsPassword}`)
			.toString('base64');

		for (const state of states) {
			const answer = await fetch(
				`http://127.0.0.1:${PORTS.events}/janus-events`, {
					method: 'POST', headers: { authorization: `Basic ${secret}`,
						'content-type': 'application/json' },
					body: JSON.stringify(event({ event: 'recording', room,
						recording, state })),
				});

			if (answer.status !== 204)
				throw new Error(`events: ${answer.status}`);
		}
	}

	/**
	 * A visit whose recording has begun.
	 *
	 * @param {string} patient address
	 * @param {Parameters<typeof startFeeder>[1]} options
	 */
	async begin(patient, options) {
		const visit = await this.clinician.makeVisit(patient);
		const room = this.sql(`SELECT room FROM visits WHERE id = '${visit}'`);
		const feeder = await startFeeder(this.recorder, options);

		await this.tell(feeder.id, room, 'running');
		return { id: feeder.id, feeder, room, visit };
	}

	/** Waits for its end. */
	async end({ feeder, room }) {
		const status = await feeder.program.exited;

		if (status !== 0)
			throw new Error(`the feeder ended with ${status}`);
		await until(() => this.recorder.children.length === 0, DONE_MS,
			'all is done');
		await this.tell(feeder.id, room, 'finished', 'stored');
	}

	/** A recording that is finished; its id. */
	async record(patient, options) {
		const begun = await this.begin(patient, options);

		await this.end(begun);
		return begun.id;
	}
}

/** A play of a recording, as the interface gives it. */
export function startPlay(account, recording) {
	return account.post(`/api/recordings/${recording}/play`,
		{ reason: 'A complaint' });
}

/** All segments of its lanes. */
export function segmentsOf(play) {
	return play.lanes.flatMap((lane) => lane.segments);
}
