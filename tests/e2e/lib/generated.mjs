// SPDX-License-Identifier: GPL-3.0-or-later
// A database with recordings that nobody made: rows only, without files.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { databaseOf, sqlOf } from './database.mjs';

export const HOSTILE = '<img src=x onerror="globalThis.rthHurt=1">"\'&amp;';

/** Whose visits they are; the first is signed in by most tests. */
export const PEOPLE = {
	clinicians: [['clinician@clinic.example', 'Dr. Example'],
		['hostile@clinic.example', HOSTILE],
		['long@clinic.example', 'Dr. Maximiliane Wolkenstein-Trostburg']],
	patients: [['pat@mail.example', 'Pat Example'],
		['evil@mail.example', '<script>globalThis.rthHurt=1</script>'],
		['sam@mail.example', 'Sam Sample'], ['never@mail.example', null]],
};

const TITLES = ['Follow-up', 'First talk', HOSTILE, 'Medication review',
	'A title that is as long as they come, so that it needs more than one line '
	+ 'wherever it is shown, also on a desk'];
const HOUR_S = 3600;

export const id = () => randomBytes(16).toString('base64url');

/** @param {string | number | null} value */
const quoted = (value) => value === null ? 'NULL'
	: typeof value === 'number' ? String(value)
		: `'${value.replaceAll('\'', '\'\'')}'`;

/** @param {string} home of the portal @param {string} text of statements */
export const sql = (home, text) =>
	sqlOf(databaseOf(join(home, 'portal.conf')), text);

/** One INSERT; what is there already stays. */
const row = (table, values) => `INSERT INTO ${table}(${Object.keys(values)
}) VALUES(${Object.values(values).map(quoted)
}) ON CONFLICT DO NOTHING;\n`;

const userId = (home, email) => sql(home,
	`SELECT id FROM users WHERE email = ${quoted(email)};`).trim();

/** @param {number} n */
function stateOf(n) {
	if (n === 0)
		return { state: 'running', rank: 2, ended: false };
	const all = ['stored', 'stored', 'finished', 'interrupted', 'stored',
		'lost', 'stored'];
	const state = all[n % all.length];

	return { state, ended: true, incomplete: n % all.length === 4 ? 1 : 0,
		rank: { stored: 4, finished: 3, interrupted: 5, lost: 4 }[state] };
}

/**
 * What of the n-th of them can be asked for.
 *
 * @param {number} n
 * @param {{ room: string, visit: string, now: number }} of
 */
function recordingRow(n, { room, visit, now }) {
	const { state, rank, ended, incomplete = 0 } = stateOf(n);
	const begun = now - n * 7 * HOUR_S - 600;

	return { id: id(), visit_id: visit, room, state, rank, begun_s: begun,
		ended_s: ended ? begun + 45 + n * 137 % 5400 : 0, parts: 1,
		reason: ended ? 'stopped' : '', incomplete,
		lost_ms: incomplete * 2500, lost_packets: incomplete * 40, hold: 0,
		delete_s: n % 11 === 3 ? now + (n + 2) * 24 * HOUR_S : 0 };
}

/**
 * Fills the database of a portal; the newest first.
 *
 * @param {string} home of the portal
 * @param {number} count
 * @returns {{ id: string, begun_s: number, state: string, seconds: number,
 *   clinician: string, patient: string, title: string }[]}
 */
export function fill(home, count) {
	const now = Math.floor(Date.now() / 1000);
	const { clinicians, patients } = PEOPLE;
	let text = 'BEGIN;\n';

	for (const [email, name] of [...clinicians, ...patients])
		if (name)
			text += row('users', { id: id(), email, name, made_s: now });
	sql(home, `${text}COMMIT;`);
	const ids = new Map(clinicians.map(([email]) =>
		[email, userId(home, email)]));

	text = 'BEGIN;\n';
	const made = Array.from({ length: count }, (_, n) => {
		const clinician = clinicians[n % clinicians.length][0];
		const patient = patients[n % patients.length][0];
		const title = TITLES[n % TITLES.length];
		const of = { room: id(), visit: id(), now };
		const values = recordingRow(n, of);

		text += row('visits', { id: of.visit, room: of.room, title,
			clinician_id: ids.get(clinician) ?? null,
			patient_email: patient, start_s: values.begun_s, minutes: 30,
			cancelled: 0, made_s: values.begun_s })
			+ row('recordings', values);
		return { ...values, clinician, patient, title,
			seconds: values.ended_s - values.begun_s };
	});

	sql(home, `${text}COMMIT;`);
	return made;
}

/** The row of a recording that the recorder really made. */
export function addReal(home, recording, begun_s, seconds) {
	const visit = id();
	const room = id();

	sql(home, row('visits', { id: visit, room, title: 'A real one',
		clinician_id: userId(home, PEOPLE.clinicians[0][0]),
		patient_email: PEOPLE.patients[0][0], start_s: begun_s, minutes: 30,
		cancelled: 0, made_s: begun_s })
		+ row('recordings', { id: recording, visit_id: visit, room,
			state: 'stored', rank: 4, begun_s, ended_s: begun_s + seconds,
			parts: 1, reason: 'stopped', incomplete: 0, lost_ms: 0,
			lost_packets: 0, hold: 0, delete_s: 0 }));
}
