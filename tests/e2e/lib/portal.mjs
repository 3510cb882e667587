// SPDX-License-Identifier: GPL-3.0-or-later
// The real portal beside a Janus of the same secrets, as a trial runs it:
// codes for signing in appear on its standard output.
import './node18.mjs';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseOf, newDatabase, sqlOf } from './database.mjs';
import { PORTS } from './janus.mjs';
import { BUILD, ROOT, start, until } from './procs.mjs';

export const URL_OF_PORTAL = `http://localhost:${PORTS.portal}`;
export const CLINICIAN = 'clinician@clinic.example';
export const OPERATOR = 'operator@clinic.example';
export const ADMIN = 'admin@clinic.example';

/**
 * @typedef {object} Recordings what the portal knows of a recorder's store
 * @property {string} folder
 * @property {{ public: string, private: string }} keys folders
 * @property {boolean} [previews] strips and outlines are made
 */

/** @param {Recordings | undefined} of */
const recordings = (of) => of ? `
recordings = {
	folder = "${of.folder}";
	public_keys = "${of.keys.public}";
	private_keys = "${of.keys.private}";
	recover_program = "${BUILD}/rthealth-recover";
};
films = {
	program = "${BUILD}/rthealth-film";
	reserve_mb = 1;
	previews = ${of.previews ? 'true' : 'false'};
};` : '';

/**
 * @param {ReturnType<typeof import('./janus.mjs').secrets>} keys
 * @param {string} home an empty folder
 * @param {Recordings} [recorder]
 */
function configuration(keys, home, recorder) {
	return `
listen = { address = "127.0.0.1"; port = ${PORTS.portal}; };
private_listen = { address = "127.0.0.1"; port = ${PORTS.events}; };
public_url = "${URL_OF_PORTAL}";
web_root = "${process.env.RTH_WEB ?? `${ROOT}/web`}";
database = "${newDatabase(join(home, 'rthealth.db'))}";
key_dir = "${home}/keys";
clinic_name = "The clinic";
trial = true;
janus = {
	url = "ws://localhost:${PORTS.janus}/";
	token_auth_secret = "${keys.tokenAuth}";
	admin_url = "http://127.0.0.1:${PORTS.admin}/admin";
	admin_secret = "${keys.admin}";
	events_user = "${keys.eventsUser}";
	events_password = "${keys.eventsPassword}";
};
roles = {
	clinicians = [ "email:${CLINICIAN}" ];
	operators = [ "email:${OPERATOR}" ];
	admins = [ "email:${ADMIN}" ];
};
code = { per_address_hour = 100; per_client_hour = 1000; };
${recordings(recorder)}
`;
}

/**
 * Writes a configuration into an empty folder; its path.
 *
 * @param {string} home
 * @param {ReturnType<typeof import('./janus.mjs').secrets>} keys
 * @param {Recordings} [recorder]
 * @param {string} [more] groups that are put at its end
 */
export function writeConfiguration(home, keys, recorder, more = '') {
	const path = join(home, 'portal.conf');

	mkdirSync(join(home, 'keys'), { mode: 0o700 });
	writeFileSync(path, configuration(keys, home, recorder) + more,
		{ mode: 0o600 });
	return path;
}

/** The newest code for that address in what the portal said, or null. */
export function codeIn(text, email) {
	const lines = text.split('\n').filter((line) => line.includes(email));

	return lines.at(-1)?.match(/\b(\d{6})\b/)?.[1] ?? null;
}

/** The portal, and what only a test may ask of it. */
export class Portal {
	/**
	 * @param {ReturnType<typeof import('./janus.mjs').secrets>} keys
	 * @param {Recordings} [recorder]
	 * @param {string} [more] of its configuration
	 */
	static async start(keys, recorder, more) {
		const portal = new Portal();
		const home = mkdtempSync(join(tmpdir(), 'rth-portal-'));
		const path = writeConfiguration(home, keys, recorder, more);

		portal.home = home;
		portal.conf = path;
		/** A path or an URL. */
		portal.database = databaseOf(path);
		// The codes are for people, not for the log that is looked through.
		portal.codes = '';
		await portal.startAgain();
		return portal;
	}

	/** Starts it, also after it was killed. */
	async startAgain() {
		this.program = start('portal', join(BUILD, 'rthealth-portal'),
			['-c', this.conf], { hear: (text) => { this.codes += text; } });
		await until(async () => {
			if (!this.program.alive)
				throw new Error(`the portal ended:\n${this.program.text}`);
			return (await fetch(`${URL_OF_PORTAL}/readyz`)
				.catch(() => null))?.ok;
		}, 60000, 'the portal is ready');
	}

	/** Asks its database. */
	sql(text) {
		return sqlOf(this.database, text);
	}

	/** The code that was sent to that address; it is used once. */
	async code(email) {
		const code = await until(() => codeIn(this.codes, email), 60000,
			`a code for ${email}`, 20);

		this.codes = '';
		return code;
	}

	/** Signs in through the HTTP interface. @returns {Promise<Account>} */
	async signIn(email, name) {
		const account = new Account();

		await account.post('/auth/code', { email });
		await account.post('/auth/verify',
			{ email, name, code: await this.code(email) });
		account.csrf = (await account.get('/api/session')).csrf;
		return account;
	}
}

/** Somebody who is signed in without a browser. */
export class Account {
	cookie = '';
	csrf = '';

	async #ask(method, path, body) {
		const answer = await fetch(URL_OF_PORTAL + path, { method,
			headers: { Origin: URL_OF_PORTAL, Cookie: this.cookie,
				'X-RTH-CSRF': this.csrf,
				...(body ? { 'Content-Type': 'application/json' } : {}) },
			...(body ? { body: JSON.stringify(body) } : {}) });
		const [cookie] = answer.headers.getSetCookie();
		const text = await answer.text();

		if (!answer.ok)
			throw new Error(`${method} ${path}: ${answer.status} ${text}`);
		if (cookie)
			this.cookie = cookie.split(';')[0];
		return text ? JSON.parse(text) : null;
	}

	get(path) {
		return this.#ask('GET', path);
	}

	post(path, body) {
		return this.#ask('POST', path, body ?? {});
	}

	put(path, body) {
		return this.#ask('PUT', path, body);
	}

	remove(path) {
		return this.#ask('DELETE', path);
	}

	/** A visit that is open now; its id. */
	async makeVisit(patient, title = 'A visit') {
		const visit = await this.post('/api/visits', { title,
			patient_email: patient, minutes: 30,
			start: new Date().toISOString().replace(/\.\d+/, '') });

		return visit.id;
	}
}
