// SPDX-License-Identifier: GPL-3.0-or-later
// A glance at a recording in its row: a strip of pictures, and the outline of
// its sound. Only rows that are seen ask for theirs, since each is a row of the
// audit; what is out of sight keeps its place and nothing more.

import { t } from '../../lang.js';
import * as api from '../../review/api.js';
import { Few } from '../../review/few.js';
import { personWords } from '../../review/rows.js';
import { fill, h } from '../dom.js';
import { outlineShape } from './outline.js';

/**
 * @typedef {import('../../review/main.js').Desk} Desk
 * @typedef {import('../../review/api.js').Recording} Recording
 *
 * @typedef {object} Glance
 * @property {Blob | null} strip
 * @property {import('../../review/outline.js').Outline | null} outline
 */

/** Who only scrolls by has seen nothing. */
const SEEN_MS = 200;
const AT_A_TIME = 2;
const KEPT_MAX = 200;
const HALVES = 2;

/**
 * What is not there is null; what could not be asked for is an error.
 * @template T
 * @param {Promise<T>} asked
 * @returns {Promise<T | null>}
 */
const there = (asked) => asked.catch((error) => {
	if (error?.status === 404 || error?.status === 409)
		return null;
	throw error;
});

/**
 * In two parts, which stand side by side or one above the other.
 * @param {Blob} blob a row of pictures
 */
async function stripNode(blob) {
	const picture = await createImageBitmap(blob);
	const width = Math.floor(picture.width / HALVES);
	const parts = Array.from({ length: HALVES }, (_, n) => {
		const part = h('canvas', { width, height: picture.height });
		part.getContext('2d')?.drawImage(picture, -n * width, 0);
		return part;
	});
	picture.close();
	return h('span', { class: 'strip', role: 'img',
		'aria-label': t('rec.strip') }, ...parts);
}

/** @param {Recording} recording */
const nameIn = (recording) => (/** @type {string} */ role) => personWords(
	role === 'clinician' ? recording.clinician : recording.patient);

/** @param {Desk} desk */
export function glances(desk) {
	/** @type {Map<Element, Recording>} */
	const rows = new Map();
	/** @type {Map<Element, ReturnType<typeof setTimeout>>} */
	const coming = new Map();
	/** @type {Map<string, Element>} places in sight, by recording */
	const seen = new Map();
	const few = new Few(ask, AT_A_TIME);

	/** @param {string} id @param {Glance} glance */
	function keep(id, glance) {
		desk.glances.set(id, glance);
		for (const oldest of [...desk.glances.keys()].slice(0, -KEPT_MAX))
			desk.glances.delete(oldest);
	}

	/** @param {string} id */
	async function ask(id) {
		const [outline, strip] = await Promise.all([
			there(desk.ask(api.outline(id))), there(desk.ask(api.strip(id)))]);
		keep(id, { outline, strip });
		await draw(id);
	}

	/** @param {string} id */
	async function draw(id) {
		const place = seen.get(id);
		const glance = desk.glances.get(id);
		const recording = place && rows.get(place);
		if (!glance || !recording)
			return;
		const { strip, outline } = glance;
		const pictures = strip && await stripNode(strip).catch(() => null);
		if (!pictures && !outline) {
			place.closest('tr')?.classList.remove('has-glance');
			place.remove();
			watch.unobserve(place);
		} else if (seen.get(id) === place)
			fill(place, pictures, outline
				&& outlineShape(outline, null, nameIn(recording)));
	}

	/** @param {Element} place @param {Recording} recording */
	function enters(place, { id }) {
		seen.set(id, place);
		if (desk.glances.has(id))
			void draw(id);
		else
			coming.set(place, setTimeout(() => few.want(id), SEEN_MS));
	}

	/** @param {Element} place @param {Recording} recording */
	function leaves(place, { id }) {
		clearTimeout(coming.get(place));
		coming.delete(place);
		few.drop(id);
		if (seen.get(id) !== place)
			return;
		seen.delete(id);
		fill(place);
	}

	const watch = new IntersectionObserver((entries) => {
		for (const { target, isIntersecting } of entries) {
			const recording = rows.get(target);
			if (recording)
				(isIntersecting ? enters : leaves)(target, recording);
		}
	});

	return {
		/**
		 * Where the glance at a recording will be.
		 * @param {Recording} recording
		 * @returns {HTMLElement | null} null: there is none
		 */
		place: (recording) => {
			if (!recording.preview || !recording.rights.includes('play'))
				return null;
			const place = h('div', { class: 'glance' });
			rows.set(place, recording);
			watch.observe(place);
			return place;
		},
		/** Those that are not on the page any more. */
		tidy: () => {
			for (const [place, recording] of rows)
				if (!place.isConnected) {
					leaves(place, recording);
					watch.unobserve(place);
					rows.delete(place);
				}
		},
		close: () => {
			watch.disconnect();
			few.clear();
			for (const timer of coming.values())
				clearTimeout(timer);
		} };
}
