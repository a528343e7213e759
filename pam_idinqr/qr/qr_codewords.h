/* SPDX-License-Identifier: BSD-3-Clause */
/* Encodes a payload as the bytes that a QR code stores: the payload, and the error correction.
 * Pure. */
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

#endif
