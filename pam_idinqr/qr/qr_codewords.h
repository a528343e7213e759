/* SPDX-License-Identifier: BSD-3-Clause */
/* Encodes a payload as the bytes that a QR code stores: the shortest segments, and the error
 * correction. Pure. */
#ifndef IDQ_QR_QR_CODEWORDS_H
#define IDQ_QR_QR_CODEWORDS_H

#include "pam_idinqr/qr/qr_encode.h"

enum qr_level { QR_LEVEL_L, QR_LEVEL_M, QR_LEVEL_Q, QR_LEVEL_H, QR_LEVELS };

#define QR_VERSION_MAX   23   /* the smallest version that holds QR_PAYLOAD_MAX bytes */
#define QR_CODEWORDS_MAX 1364 /* in a code of that version */

/* Owns no memory. It contains the payload, so wipe it after use. */
struct qr_codewords {
    unsigned version;
    enum qr_level level;
    unsigned n_bytes;
    unsigned char bytes[QR_CODEWORDS_MAX]; /* in the order in which a code stores them */
};

/* Chooses the smallest version that holds the payload, and the best level of that version. Returns
 * 0, or IDQ_PICTURE if the payload is empty or longer than QR_PAYLOAD_MAX. */
int qr_codewords_make(const char *payload, struct qr_codewords *ret_codewords);

void qr_codewords_wipe(struct qr_codewords *codewords);

#define QR_CODEWORDS_AUTO __attribute__((cleanup(qr_codewords_wipe))) struct qr_codewords

/* Divides a payload into the segments of a QR code. Digits take 3 1/3 bits each, capitals and a few
 * signs 5 1/2, other bytes 8. Each change of mode takes a header. Pure. */

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
