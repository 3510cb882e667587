// SPDX-License-Identifier: GPL-3.0-or-later
// Loads the page again when a part of it did not come: a phone that changes
// from one network to another cuts what it is loading, and no browser asks
// twice for a module. Comes before all other parts and needs none of them.

const START_AGAIN_MS = 2000;

addEventListener('error', ({ target }) => {
	const needed = target instanceof HTMLScriptElement ||
		(target instanceof HTMLLinkElement && target.rel === 'stylesheet');
	if (!needed || (document.body?.dataset.phase ?? 'loading') !== 'loading')
		return;
	setTimeout(() => location.reload(), START_AGAIN_MS);
	document.querySelector('.loading')?.replaceChildren(
		'A part of the page did not come. Trying again…');
}, true);
