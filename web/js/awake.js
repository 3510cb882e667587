// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the screen of a phone from going dark during a visit, and knows when
// the page is looked at.

/** @returns {() => void} lets it go dark again */
export function stayAwake() {
	/** @type {WakeLockSentinel | null} */
	let lock = null;
	let wanted = true;

	// The browser takes the lock away whenever the page is hidden.
	async function take() {
		if (document.visibilityState !== 'visible' || !wanted)
			return;
		try {
			lock = await navigator.wakeLock.request('screen');
			if (!wanted)
				await lock.release();
		} catch {
			// Then the screen dims as it always does.
		}
	}
	document.addEventListener('visibilitychange', take);
	void take();
	return () => {
		wanted = false;
		document.removeEventListener('visibilitychange', take);
		lock?.release().catch(() => {});
	};
}

/** @returns {boolean} somebody may be looking at the page */
export const isSeen = () => document.visibilityState === 'visible';

/**
 * @param {() => void} seen called when the page is looked at again
 * @returns {() => void} ends it
 */
export function onSeen(seen) {
	const change = () => isSeen() && seen();
	document.addEventListener('visibilitychange', change);
	return () => document.removeEventListener('visibilitychange', change);
}
