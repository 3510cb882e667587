// SPDX-License-Identifier: GPL-3.0-or-later
// Where the pages of recordings and audit begin: which page an address is, and
// what they keep for each other. view/desk.js loads this only there.
//
// Ids that tests and support may rely on: `recordings` (rows by
// `data-recording`, with `.play` and `.details`), `audit` (rows by `data-row`),
// `count`, `empty`, `list-problem`, `more`, `filters`, `fold`, `filter-from`,
// `-to`, `-clinician`, `-patient`, `-state`, `-length`, `-hold`, `-sort`,
// `-person`, `-action`, `-recording`, `clear-filters`, `sort-begun`,
// `sort-seconds`; `detail-dialog` (`hold`, `release`, `delete`, `to-audit`),
// `reason-dialog`, `hold-dialog`, `release-dialog`, `delete-dialog` (each with
// `-go`), `deleted-dialog`; those of view/review/downloads.js; `player`, `back`, `say-why`; `nothing`, `go-home`.

import { may } from '../view/topbar.js';
import { auditPage } from '../view/review/audit.js';
import { listPage } from '../view/review/list.js';
import { nothingPage } from '../view/review/parts.js';
import { playPage } from '../view/review/play.js';
import { isProblem } from './problems.js';

/**
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../state.js').State} State
 *
 * @typedef {object} Kept a list as somebody left it
 * @property {import('./pages.js').Pages<any>} pages
 * @property {number} at ms since 1970 of its first page
 * @property {number} scroll px
 *
 * @typedef {object} Desk what the pages share while this tab lives
 * @property {Actions} actions
 * @property {<T>(work: Promise<T>) => Promise<T>} ask what is asked of the
 *   portal; who has been signed out is shown that
 * @property {Map<string, string>} reasons for playing, by recording
 * @property {Map<string, string>} clinicians met, id -> name
 * @property {Map<string, string>} patients
 * @property {Map<string, string>} people met in the audit
 * @property {Map<string, Kept>} kept by address
 * @property {Map<string, import('../view/review/glances.js').Glance>} glances
 *   at recordings, by id
 * @property {string} back address of the list that one came from
 * @property {string | null} touched the recording that may have changed
 *
 * @typedef {object} Page
 * @property {HTMLElement} node
 * @property {(state: State) => void} [update] also when only the address's
 *   query changed
 * @property {() => void | Promise<void>} [close] as that of dom.js
 */

/** @type {[RegExp, string, (desk: Desk, state: State) => Page][]} */
const PAGES = [
	[/^\/review$/, 'list', listPage],
	[/^\/review\/[\w-]{22}$/, 'list', playPage],
	[/^\/audit$/, 'administer', auditPage],
];

/** @param {Actions} actions @returns {Desk} */
const makeDesk = (actions) => ({
	actions, reasons: new Map(), clinicians: new Map(), patients: new Map(),
	people: new Map(), kept: new Map(), glances: new Map(), back: '/review',
	touched: null,
	ask: async (work) => {
		try {
			return await work;
		} catch (error) {
			if (isProblem(error, 'signed-out'))
				actions.signedOut();
			throw error;
		}
	},
});

/**
 * Shows these pages in a part of the document.
 * @param {HTMLElement} root
 * @param {Actions} actions
 */
export function open(root, actions) {
	const desk = makeDesk(actions);
	/** @type {Page | null} */
	let page = null;
	/** @type {string | null} */
	let shown = null;

	/** @param {State} state */
	function update(state) {
		if (state.desk !== shown) {
			const [, right, make] = PAGES.find(([path]) =>
				path.test(state.desk ?? '')) ?? [null, '', nothingPage];
			page?.close?.();
			shown = state.desk;
			page = may(state, right) ? make(desk, state)
				: nothingPage(desk);
			root.replaceChildren(page.node);
			page.node.getElementsByTagName('h1')[0]
				?.focus({ preventScroll: true });
		}
		page?.update?.(state);
	}
	return { update, close: () => page?.close?.() };
}
