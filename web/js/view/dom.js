// SPDX-License-Identifier: GPL-3.0-or-later
// The few ways in which the page's elements are made and changed. Text always
// goes in as text nodes: nothing that anybody wrote becomes markup.

/**
 * @typedef {Node | string | null | false | undefined} Child
 * @typedef {object} Page one screen
 * @property {HTMLElement} node
 * @property {(state: import('../state.js').State) => void} update
 * @property {() => void | Promise<void>} [close] stops what the page started;
 *   resolved when its last word has reached the portal
 */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes an element. Properties that are functions become listeners, booleans
 * become present or absent attributes.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (typeof value === 'function')
			node.addEventListener(name, value);
		else if (value === true)
			node.setAttribute(name, '');
		else if (value !== false && value !== undefined && value !== null)
			node.setAttribute(name, String(value));
	}
	append(node, children);
	return node;
}

/** @param {Node} node @param {Child[]} children */
function append(node, children) {
	for (const child of children)
		if (child)
			node.appendChild(typeof child === 'string'
				? document.createTextNode(child) : child);
}

/**
 * @param {Element} node
 * @param {...Child} children
 */
export function fill(node, ...children) {
	node.replaceChildren();
	append(node, children);
}

/**
 * Makes an element of a drawing.
 * @param {string} tag
 * @param {Record<string, string | number>} properties
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function drawn(tag, properties, ...children) {
	const node = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(properties))
		node.setAttribute(name, String(value));
	append(node, children);
	return node;
}

/** @param {string} name a symbol of img/<sheet>.svg @param {string} [sheet] */
export function icon(name, sheet) {
	const svg = document.createElementNS(SVG, 'svg');
	svg.setAttribute('class', 'icon');
	svg.setAttribute('aria-hidden', 'true');
	svg.appendChild(document.createElementNS(SVG, 'use'));
	setIcon(svg, name, sheet);
	return svg;
}

/** @param {SVGElement} svg @param {string} name @param {string} [sheet] */
export function setIcon(svg, name, sheet = 'icons') {
	const href = `/img/${sheet}.svg#${name}`;
	const use = svg.firstElementChild;
	if (use && use.getAttribute('href') !== href)
		use.setAttribute('href', href);
}

/** @param {Element} node @param {string} value */
export function setText(node, value) {
	if (node.textContent !== value)
		node.textContent = value;
}

/** @param {HTMLElement} node @param {unknown} shown */
export function show(node, shown) {
	node.hidden = !shown;
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(node, name, value) {
	if (node.getAttribute(name) !== value)
		node.setAttribute(name, value);
}

/**
 * What a control is called: what it does, with the words that are seen on it,
 * so that who says them to the computer is understood (WCAG 2.2, 2.5.3).
 * @param {string} words
 * @param {string} says
 */
export const named = (words, says) =>
	says.toLowerCase().includes(words.toLowerCase()) ? says
		: `${words}: ${says}`;

/**
 * A button with an icon and words.
 * @param {string} name the icon's
 * @param {string} words
 * @param {Record<string, any>} properties
 */
export const button = (name, words, properties) =>
	h('button', { type: 'button', ...properties }, icon(name),
		h('span', {}, words));

/**
 * A labelled form field.
 * @param {string} label
 * @param {HTMLElement} input with an id
 * @param {string} [hint]
 */
export const field = (label, input, hint) =>
	h('div', { class: 'field' }, h('label', { for: input.id }, label), input,
		hint && h('p', { class: 'hint', id: `${input.id}-hint` }, hint));

/** @param {string} name @returns {string} one or two letters */
export function initials(name) {
	const words = name.replace(/^(dr|prof)\.?\s+/i, '').split(/\s+/)
		.filter(Boolean);
	const letters = [words[0], words.length > 1 ? words.at(-1) : '']
		.map((word) => [...(word ?? '')][0] ?? '');
	return letters.join('').toUpperCase() || '?';
}

/** The clinic's logo, or the product's mark, beside the clinic's name. */
export function brand() {
	const clinic = h('span', { class: 'brand-name', dir: 'auto' });
	const mark = h('img', { src: '/img/mark.svg', alt: '', width: 32,
		height: 32 });
	const node = h('span', { class: 'brand' }, mark, clinic);
	return { node,
		/** @param {import('../state.js').State} state */
		update: ({ session }) => {
			setAttribute(mark, 'src', session?.clinic?.logo ? '/brand/logo'
				: '/img/mark.svg');
			setText(clinic, session?.clinic?.name ?? 'RTHealth');
		} };
}
