/* SPDX-License-Identifier: BSD-3-Clause */
/* Encodes a link as a QR code that is small enough for a terminal. Pure. */
#ifndef IDQ_QR_QR_ENCODE_H
#define IDQ_QR_QR_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#define QR_PAYLOAD_MAX 1024 /* bytes */
#define QR_SIZE_MIN    21
#define QR_SIZE_MAX    109 /* holds any QR_PAYLOAD_MAX bytes */
#define QR_MODULES_MAX ((QR_SIZE_MAX * QR_SIZE_MAX + 7) / 8)

/* Owns no memory. A camera can read the link from it, so wipe it after use. */
struct qr_code {
    uint8_t size; /* modules a side */
    /* Row by row from the top left module, in the highest bit of the first byte. 1 is dark. */
    unsigned char modules[QR_MODULES_MAX];
};

/* Makes the smallest code of the payload, with the best error correction of that size. Returns 0,
 * or IDQ_PICTURE if the payload is empty or longer than QR_PAYLOAD_MAX. */
int qr_encode(const char *payload, struct qr_code *ret_code);

/* Returns true if the module at column x, row y is dark. */
bool qr_is_dark(const struct qr_code *code, unsigned x, unsigned y);

#endif
