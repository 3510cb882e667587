// SPDX-License-Identifier: GPL-3.0-or-later
// How long a page of the list of recordings takes: a part of measure.mjs.
import { id, sql } from '../e2e/lib/generated.mjs';
import { secrets } from '../e2e/lib/janus.mjs';
import { OPERATOR, Portal } from '../e2e/lib/portal.mjs';
import { p95, round, sorted, table, wait } from './figures.mjs';

const RECORDINGS = 100000;
const PATIENTS = 5000;
const CLINICIANS = 50;
/** Of all visits, those of the busiest clinician. */
const BUSIEST = 0.4;
const YEAR_S = 365 * 86400;
const REQUESTS = 200;

const below = (n) => Math.floor(Math.random() * n);
const some = (list) => list[below(list.length)];

/** A year of recordings, most of them whole, straight into the database. */
function fill(home) {
	const clinicians = Array.from({ length: CLINICIANS }, id);
	const patients = Array.from({ length: PATIENTS }, id);
	const now = Math.floor(Date.now() / 1000);
	const lines = ['BEGIN;'];
	const user = (who, email) => lines.push(
		`INSERT INTO users VALUES('${who}','${email}','A name',1);`);

	clinicians.forEach((who, i) => user(who, `dr${i}@clinic.example`));
	patients.forEach((who, i) => user(who, `p${i}@people.example`));
	for (let i = 0; i < RECORDINGS; i++) {
		const [visit, room] = [id(), id()];
		const begun = now - 10 - below(YEAR_S);
		const state = Math.random() < 0.95 ? 'stored' : some(['lost',
			'interrupted', 'interrupted']);
		const clinician = Math.random() < BUSIEST ? clinicians[0]
			: some(clinicians.slice(1));

		lines.push('INSERT INTO visits(id,room,title,clinician_id,'
			+ 'patient_email,start_s,minutes,cancelled,made_s) VALUES('
			+ `'${visit}','${room}','A visit','${clinician}','p${
				below(PATIENTS)}@people.example',${begun},30,0,1);`,
		'INSERT INTO recordings(id,visit_id,room,state,rank,begun_s,ended_s,'
			+ `parts,reason,incomplete,lost_ms,lost_packets) VALUES('${id()}','${
				visit}','${room}','${state}',4,${begun},${
				begun + 30 + below(7200)},1,'stopped',${
				Math.random() < 0.05 ? 1 : 0},0,0);`);
	}
	sql(home, [...lines, 'COMMIT;'].join('\n'));
	return { busiest: clinicians[0], clinician: clinicians[1],
		patient: patients[0] };
}

async function timesOf(account, query) {
	const times = [];

	for (let i = 0; i < REQUESTS; i++) {
		const begun = performance.now();

		await account.get(`/api/recordings?${query}`);
		times.push(performance.now() - begun);
	}
	return sorted(times);
}

export const LISTING = {
	listing: async () => {
		const portal = await Portal.start(secrets());
		const operator = await portal.signIn(OPERATOR, 'An operator');
		const { busiest, clinician, patient } = fill(portal.home);

		// The portal may have closed the connection meanwhile, which is to be
		// noticed first.
		await wait(100);
		const { next } = await operator.get('/api/recordings?limit=200'
			+ '&sort=-seconds&min_seconds=3600&max_seconds=3700');
		const rows = [];

		for (const [name, query] of [
			['newest', ''], ['newest, 200', 'limit=200'],
			['longest', 'sort=-seconds'],
			['from the middle on', `sort=-seconds&cursor=${next}`],
			['one clinician of 50', `clinician=${clinician}`],
			['the same, longest', `clinician=${clinician}&sort=-seconds`],
			[`one with ${BUSIEST * 100} % of all`, `clinician=${busiest}`],
			['one patient', `patient=${patient}`],
			['lost', 'state=lost'], ['running (none)', 'state=running'],
			['on hold (none)', 'hold=true'],
			['an hour to 10 s more', 'min_seconds=3600&max_seconds=3610'],
		]) {
			const times = await timesOf(operator, query);

			rows.push([name, round(times[times.length >> 1], 1),
				round(p95(times), 1)]);
		}
		await portal.program.stop();
		return `## Recordings: the list

A page of 50 of ${RECORDINGS.toLocaleString('en')} recordings of a year, over HTTP, milliseconds, ${
	REQUESTS} times each.

${table(['page', 'median', '95th percentile'], rows)}`;
	},
};
