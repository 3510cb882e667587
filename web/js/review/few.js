// SPDX-License-Identifier: GPL-3.0-or-later
// Many things are wanted, a few are asked for at a time, and what is not wanted
// any more is not asked for at all.

export class Few {
	#work;
	#most;
	/** @type {Set<string>} in the order in which they are asked for */
	#wanted = new Set();
	/** @type {Set<string>} */
	#asked = new Set();

	/**
	 * @param {(key: string) => Promise<void>} work what fails is over, too
	 * @param {number} most at a time
	 */
	constructor(work, most) {
		this.#work = work;
		this.#most = most;
	}

	/** @param {string} key */
	want(key) {
		if (this.#asked.has(key))
			return;
		this.#wanted.add(key);
		this.#next();
	}

	/** What is asked for already goes on. @param {string} key */
	drop(key) {
		this.#wanted.delete(key);
	}

	clear() {
		this.#wanted.clear();
	}

	#next() {
		for (const key of this.#wanted) {
			if (this.#asked.size >= this.#most)
				return;
			this.#wanted.delete(key);
			this.#asked.add(key);
			this.#work(key).catch(() => {}).finally(() => {
				this.#asked.delete(key);
				this.#next();
			});
		}
	}
}
