// SPDX-License-Identifier: GPL-3.0-or-later
// What Debian 12's Node 18 lacks of fetch: the cookies of an answer one by one.
Headers.prototype.getSetCookie ??= function getSetCookie() {
	return this.get('set-cookie')?.split(/, (?=[^ ;,=]+=)/) ?? [];
};
