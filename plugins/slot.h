/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The four fixed slots of every PeerConnection, in the order of the m-lines.
 */
#ifndef RTH_SLOT_H
#define RTH_SLOT_H

enum rth_slot {
	RTH_SLOT_AUDIO,
	RTH_SLOT_CAMERA,
	RTH_SLOT_SCREEN,
	RTH_SLOT_DATA,
	RTH_SLOTS,
	RTH_RTP_SLOTS = RTH_SLOT_DATA, /* those that carry RTP */
};

#endif
