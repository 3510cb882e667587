// SPDX-License-Identifier: GPL-3.0-or-later
// The words around the question of consent. They are in the language of the
// clinic's text, whatever the language of the page is, and so in no catalogue.

/**
 * @typedef {object} Asking a consent whose answers cannot be read is
 *   none
 * @property {string} title
 * @property {string} yes
 * @property {string} voice
 * @property {string} no
 * @property {string} hint
 */

/** @type {Record<string, Asking>} */
const ASKING = {
	en: { title: 'May this visit be recorded?', yes: 'Yes, record me',
		voice: 'Voice only', no: 'No',
		hint: '“Voice only”: no picture of you is recorded. Without your answer, nothing is.' },
	ar: { title: 'هل يجوز تسجيل هذه الزيارة؟', yes: 'نعم، سجّلوني',
		voice: 'الصوت فقط', no: 'لا',
		hint: '«الصوت فقط»: لا تُسجَّل أي صورة لك. ومن دون جوابك لا يُسجَّل شيء.' },
	de: { title: 'Darf dieser Termin aufgezeichnet werden?',
		yes: 'Ja, mit Bild', voice: 'Nur Stimme', no: 'Nein',
		hint: '„Nur Stimme“: Von Ihnen wird kein Bild aufgezeichnet. Ohne Ihre Antwort wird nichts aufgezeichnet.' },
	es: { title: '¿Se puede grabar esta visita?', yes: 'Sí, con imagen',
		voice: 'Solo voz', no: 'No',
		hint: '«Solo voz»: no se graba ninguna imagen suya. Sin su respuesta no se graba nada.' },
	th: { title: 'ขอบันทึกการพบกันครั้งนี้ได้หรือไม่',
		yes: 'ได้ ทั้งภาพและเสียง', voice: 'เฉพาะเสียง', no: 'ไม่',
		hint: '“เฉพาะเสียง”: ไม่บันทึกภาพของคุณ หากคุณไม่ตอบ จะไม่มีการบันทึก' },
	fr: { title: 'Peut-on enregistrer cette visite ?',
		yes: 'Oui, avec image', voice: 'Voix seule', no: 'Non',
		hint: '« Voix seule » : aucune image de vous n’est enregistrée. Sans votre réponse, rien n’est enregistré.' },
};

/** @param {string} language @returns {Asking & {language: string}} */
export function asking(language) {
	const base = language.toLowerCase().split('-')[0];
	return Object.hasOwn(ASKING, base) ? { ...ASKING[base], language: base }
		: { ...ASKING.en, language: 'en' };
}
