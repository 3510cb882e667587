// SPDX-License-Identifier: GPL-3.0-or-later
// The database under a portal: a file, or with RTH_DATABASE=postgresql one on a
// real PostgreSQL of this test's own (tests/postgres).
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './procs.mjs';
import { temporaryFolder } from './temporary.mjs';

/** Whether portals are to use PostgreSQL. */
export const ON_POSTGRES = process.env.RTH_DATABASE === 'postgresql';

/** Why a test of SQLite's own ways is left out, or false. */
export const NOT_HERE = ON_POSTGRES && 'of SQLite';

/** A PostgreSQL server, on a socket in a folder and nowhere else. */
export class Postgres {
	/** @type {Set<Postgres>} */
	static #running = new Set();
	#databases = 0;

	/** Starts one; it is gone when this program is. */
	static start() {
		const server = new Postgres();
		const base = temporaryFolder('pg');

		// The server's user has to get there.
		chmodSync(base, 0o711);
		server.folder = join(base, 'server');
		server.#do('start');
		Postgres.#running.add(server);
		return server;
	}

	static {
		// Before its folder is taken away.
		process.prependListener('exit', () => {
			for (const server of Postgres.#running)
				server.stop();
		});
	}

	#do(word) {
		execFileSync(join(ROOT, 'tests/postgres'), [word, this.folder],
			{ encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
	}

	/** A new database on it: what `database` of a portal is to be. */
	newDatabase() {
		const name = `rth${++this.#databases}`;

		psql(this.#url('postgres'), `CREATE DATABASE ${name}`);
		return this.#url(name);
	}

	#url(name) {
		return `postgresql://postgres@/${name}?host=${this.folder}`;
	}

	/** As by a power cut: nobody is told. */
	kill() {
		this.#do('kill');
	}

	/** After `kill`. */
	again() {
		this.#do('again');
	}

	stop() {
		if (Postgres.#running.delete(this))
			this.#do('stop');
	}
}

/** @param {string} where @param {string} text @returns {string} */
function psql(where, text) {
	return execFileSync('psql', ['-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1',
		where], { encoding: 'utf8', input: text, maxBuffer: 2 ** 28,
		stdio: ['pipe', 'pipe', 'pipe'] }).trim();
}

/** @type {Postgres | undefined} */
let shared;

/**
 * What `database` of a portal is to be: nothing is in it.
 *
 * @param {string} path where the file is if it is a file
 */
export function newDatabase(path) {
	if (!ON_POSTGRES)
		return path;
	shared ??= Postgres.start();
	return shared.newDatabase();
}

/** What a portal's configuration says. @param {string} conf its path */
export function databaseOf(conf) {
	const text = readFileSync(conf, 'utf8');

	return /^database = "([^"]+)"/m.exec(text)?.[1] ?? '';
}

/**
 * Runs statements; the rows, one a line, with "|" between values.
 *
 * @param {string} where a path or an URL
 * @param {string} text
 */
export function sqlOf(where, text) {
	if (where.startsWith('postgresql:'))
		return psql(where, text);
	return execFileSync('sqlite3', ['-bail', '-cmd', '.timeout 10000', where],
		{ encoding: 'utf8', input: text, maxBuffer: 2 ** 28,
			stdio: ['pipe', 'pipe', 'pipe'] }).trim();
}

/**
 * The rows of a table as objects.
 *
 * @param {string} where
 * @param {string} table
 * @returns {any[]}
 */
export function rowsOf(where, table) {
	return JSON.parse(where.startsWith('postgresql:')
		? sqlOf(where, `SELECT COALESCE(json_agg(t), '[]') FROM ${table} t;`)
		: sqlOf(where, `.mode json\nSELECT * FROM ${table};`) || '[]');
}

/**
 * All rows of all tables but `migrations`, sorted, as text: the same rows are
 * the same text on every database.
 *
 * @param {string} where
 */
export function dumpOf(where) {
	const server = where.startsWith('postgresql:');
	const tables = sqlOf(where, server
		? 'SELECT tablename FROM pg_tables WHERE schemaname = \'public\';'
		: 'SELECT name FROM sqlite_master WHERE type = \'table\' AND ' +
			'name NOT LIKE \'sqlite_%\';')
		.split('\n').filter((name) => name !== 'migrations').sort();
	const columns = (table) => sqlOf(where, server
		? 'SELECT column_name FROM information_schema.columns WHERE ' +
			`table_name = '${table}' AND table_schema = 'public';`
		: `SELECT name FROM pragma_table_info('${table}');`)
		.split('\n').sort();

	return tables.map((table) => {
		const values = columns(table).map((name) =>
			`COALESCE(CAST("${name}" AS TEXT), 'NULL')`);
		const rows = sqlOf(where,
			`SELECT ${values.join(', ')} FROM ${table};`).split('\n').sort();

		return `${table}\n${rows.join('\n')}`;
	}).join('\n\n');
}
