// SPDX-License-Identifier: GPL-3.0-or-later
// Which picture of a visit is large and which are small: pure, no DOM.

/**
 * @typedef {'theirs' | 'mine' | 'shared'} Face shared: their screen
 *
 * @typedef {object} Wish what the person wants
 * @property {Face | null} chosen to be large; null: whatever is best
 * @property {boolean} pinned it stays large whatever comes
 * @property {boolean} self one's own picture is shown
 *
 * @typedef {object} There what there is to show
 * @property {boolean} peer
 * @property {boolean} screen of theirs
 *
 * @typedef {{big: Face | null, small: Face[]}} Arrangement big: null while
 *   nobody else is there
 */

/** @returns {Wish} */
export const noWish = () => ({ chosen: null, pinned: false, self: true });

/** @param {Wish} wish @param {There} there @returns {Face[]} best first */
function shown({ self }, { peer, screen }) {
	/** @type {(Face | false)[]} */
	const faces = [peer && screen && 'shared', peer && 'theirs',
		self && 'mine'];
	return /** @type {Face[]} */ (faces.filter(Boolean));
}

/**
 * @param {Wish} wish
 * @param {There} there
 * @returns {Arrangement}
 */
export function arrange(wish, there) {
	const faces = shown(wish, there);
	if (!there.peer)
		return { big: null, small: faces };
	const big = wish.chosen && faces.includes(wish.chosen) ? wish.chosen
		: faces[0];
	return { big, small: faces.filter((face) => face !== big) };
}

/**
 * What the person wants after something came or went: a screen that comes is
 * what matters, unless something is pinned.
 * @param {Wish} wish
 * @param {There} before
 * @param {There} now
 * @returns {Wish}
 */
export function follow(wish, before, now) {
	if (wish.chosen && !shown(wish, now).includes(wish.chosen) && now.peer)
		return { ...wish, chosen: null, pinned: false };
	if (now.screen && !before.screen && !wish.pinned)
		return { ...wish, chosen: null };
	return wish;
}

/**
 * The next of the small ones becomes large.
 * @param {Wish} wish
 * @param {There} there
 * @param {Face} [face] this one
 * @returns {Wish}
 */
export function swap(wish, there, face) {
	const { big, small } = arrange(wish, there);
	const next = face ?? small[0];
	return big && next ? { ...wish, chosen: next } : wish;
}

/** @param {Wish} wish @param {There} there @returns {Wish} */
export function pin(wish, there) {
	const { big } = arrange(wish, there);
	return wish.pinned || !big ? { ...wish, chosen: null, pinned: false }
		: { ...wish, chosen: big, pinned: true };
}

/** @param {Wish} wish @returns {Wish} shows or hides one's own picture */
export const toggleSelf = (wish) => wish.self && wish.chosen === 'mine'
	? { chosen: null, pinned: false, self: false }
	: { ...wish, self: !wish.self };
