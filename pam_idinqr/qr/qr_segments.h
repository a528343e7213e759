/* SPDX-License-Identifier: BSD-3-Clause */
/* Divides a payload into the segments of a QR code. Digits take 3 1/3 bits each, capitals and a few
 * signs 5 1/2, other bytes 8. Each change of mode takes a header. Pure. */
#ifndef IDQ_QR_QR_SEGMENTS_H
#define IDQ_QR_QR_SEGMENTS_H

#include "pam_idinqr/qr/qr_encode.h"

enum qr_mode { QR_DIGITS, QR_CAPITALS, QR_BYTES, QR_MODES };

/* Stores the mode of each character, so that the payload takes the fewest bits in a code of this
 * version (1 to 40). The headers grow at versions 10 and 27. A run of one mode is one segment.
 * Returns the number of bits with headers, or 0 if the payload is empty or longer than
 * QR_PAYLOAD_MAX. */
unsigned qr_segments_cut(const char *payload, unsigned version,
                         unsigned char ret_modes[QR_PAYLOAD_MAX]);

/* Returns the size in bits of a segment's character count. */
unsigned qr_segments_count_bits(enum qr_mode mode, unsigned version);

/* Returns the value of a capital, a digit or a sign, 0 to 44, or QR_NO_CAPITAL for any other
 * character. */
#define QR_NO_CAPITAL 45
unsigned qr_segments_capital(char c);

#endif
