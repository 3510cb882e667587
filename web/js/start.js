// SPDX-License-Identifier: GPL-3.0-or-later
// Comes before all other parts and needs none of them.
//
// Knows the page's language before anything is drawn, and asks for its words
// at once (lang.js waits for them). Loads the page again when a part of it did
// not come: a phone that changes from one network to another cuts what it is
// loading, and no browser asks twice for a module.

(() => {
	const START_AGAIN_MS = 2000;
	/** Always there and complete: asked for without a look at the list. */
	const OURS = ['en', 'es', 'th', 'ar'];
	/** @type {Record<string, string[]>} shown before the words are here */
	const FIRST = {
		en: ['One moment…', 'Load the page again',
			'A part of the page did not come. Trying again…'],
		es: ['Un momento…', 'Volver a cargar la página',
			'No llegó una parte de la página. Intentándolo de nuevo…'],
		th: ['สักครู่…', 'โหลดหน้านี้อีกครั้ง',
			'บางส่วนของหน้ายังมาไม่ถึง กำลังลองอีกครั้ง…'],
		ar: ['لحظة من فضلك…', 'إعادة تحميل الصفحة',
			'لم يصل جزء من الصفحة. جارٍ المحاولة مرة أخرى…'],
	};
	/** The modules of view/lobby.js that main.js does not load. */
	const LOBBY = [
		'checkwords',
		'linegrade',
		'platform',
		'remedies',
		'view/checkin',
		'view/checkresult',
		'view/devicemenus',
		'view/languagemenu',
		'view/lobby',
		'view/survive',
		'view/video',
	];
	const root = document.documentElement;
	/** @type {{ tag: string, words?: Promise<object[]> }} */
	const lang = { tag: 'en' };

	const loading = () =>
		(document.body?.dataset.phase ?? 'loading') === 'loading';
	const first = () => FIRST[root.lang.split('-')[0]] ?? FIRST.en;

	function startAgain() {
		setTimeout(() => location.reload(), START_AGAIN_MS);
		document.querySelector('.loading')?.replaceChildren(first()[2]);
	}

	addEventListener('error', ({ target }) => {
		const needed = target instanceof HTMLScriptElement ||
			(target instanceof HTMLLinkElement && target.rel === 'stylesheet');
		if (needed && loading())
			startAgain();
	}, true);

	/** @param {Partial<HTMLLinkElement>} properties */
	const link = (properties) =>
		Object.assign(document.createElement('link'), properties);

	/** The language chosen here before, then those of the browser. */
	function wanted() {
		const list = [...navigator.languages ?? [navigator.language]];
		try {
			const kept = localStorage.getItem('rth.language');
			if (kept)
				list.unshift(kept);
		} catch { /* Nothing is kept here. */ }
		return list.flatMap((tag) => [tag, tag.split('-')[0]])
			.filter((tag) => /^[A-Za-z0-9-]{2,35}$/.test(tag));
	}

	/** @param {string[]} tags @param {string[]} have */
	const bestOf = (tags, have) => tags.map((tag) => have.find(
		(known) => known.toLowerCase() === tag.toLowerCase())).find(Boolean);

	/** @param {string} tag */
	function use(tag) {
		root.lang = tag;
		root.dir = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/.test(tag)
			? 'rtl' : 'ltr';
		lang.tag = tag;
	}

	/** @param {string} name */
	async function load(name) {
		const response = await fetch(`/lang/${name}.json`);
		if (!response.ok)
			throw new Error(String(response.status));
		return response.json();
	}

	/** @param {string} tag */
	async function words(tag) {
		use(tag);
		return Promise.all((OURS.includes(tag) ? [tag] : [tag, 'en']).map(load));
	}

	async function find() {
		const tags = wanted();
		const [tag] = tags;
		const ours = bestOf(tags.slice(0, 2), OURS);
		// "en-GB" is English unless a clinic has a file of that name.
		if (ours && (ours === tag || tags[1] === ours))
			return words(ours);
		return words(bestOf(tags, Object.keys(await load('index'))) ?? 'en');
	}

	Object.assign(globalThis, { rthLang: lang });
	lang.words = find().catch(() => {
		startAgain();
		// Nothing is drawn without words.
		return new Promise(() => {});
	});

	// What a visit's page needs beside what index.html names: asked for now,
	// not only when it is known who is signed in.
	if (location.pathname.startsWith('/visit/'))
		document.head.append(...LOBBY.map((name) => link({
			rel: 'modulepreload', href: `/js/${name}.js` })),
		link({ rel: 'preload', as: 'style', href: '/css/checkin.css' }));

	document.addEventListener('readystatechange', () => {
		const node = document.querySelector('.loading');
		if (!node?.childNodes[1] || !loading())
			return;
		node.childNodes[1].textContent = `${first()[0]} `;
		const late = node.querySelector('.late');
		if (late)
			late.textContent = first()[1];
	}, { once: true });
})();
