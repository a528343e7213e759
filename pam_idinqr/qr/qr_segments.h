/* SPDX-License-Identifier: BSD-3-Clause */
/* How a QR code writes a payload: digits take 3 1/3 bits each, capitals and a few signs 5 1/2,
 * other bytes 8, and each change between the three takes a header. Pure. */
#ifndef IDQ_QR_QR_SEGMENTS_H
#define IDQ_QR_QR_SEGMENTS_H

#include "pam_idinqr/qr/qr_encode.h"

enum qr_mode { QR_DIGITS, QR_CAPITALS, QR_BYTES, QR_MODES };

/* Cuts the payload so that it takes as few bits as it can in a code of this version (1 to 40; the
 * headers grow at 10 and 27), and stores for each of its characters how it is to be written. An
 * unbroken run of one mode is one segment. The bits that all of it takes, headers included; 0 for
 * an empty payload, or one longer than QR_PAYLOAD_MAX. */
unsigned qr_segments_cut(const char *payload, unsigned version,
                         unsigned char ret_modes[QR_PAYLOAD_MAX]);

/* The bits of a segment's number of characters. */
unsigned qr_segments_count_bits(enum qr_mode mode, unsigned version);

/* The number for a capital, a digit or a sign, 0 to 44; QR_NO_CAPITAL for another character. */
#define QR_NO_CAPITAL 45
unsigned qr_segments_capital(char c);

#endif
