/* SPDX-License-Identifier: BSD-3-Clause */
/* Encodes a link as a QR code, small enough for a terminal. Pure. */
#ifndef IDQ_QR_QR_ENCODE_H
#define IDQ_QR_QR_ENCODE_H

#include <stdint.h>

#define QR_PAYLOAD_MAX 1024 /* bytes */
#define QR_SIZE_MIN    21
#define QR_SIZE_MAX    109 /* holds QR_PAYLOAD_MAX bytes, whatever they are */
#define QR_MODULES_MAX ((QR_SIZE_MAX * QR_SIZE_MAX + 7) / 8)

/* A value that owns nothing. It says the link as well as the link itself does: wipe it. */
struct qr_code {
    uint8_t size; /* modules a side */
    /* Row by row, the top left module first and in the highest bit; 1: dark. */
    unsigned char modules[QR_MODULES_MAX];
};

/* Makes the smallest code of the payload, with the best error correction of that size. 0, or
 * IDQ_PICTURE if the payload is empty or longer than QR_PAYLOAD_MAX. */
int qr_encode(const char *payload, struct qr_code *ret_code);

/* 1 when the module at column x, row y is dark. */
int qr_is_dark(const struct qr_code *code, unsigned x, unsigned y);

#endif
