/* SPDX-License-Identifier: BSD-3-Clause */
/* Four third-party decoders of QR codes: zbar and ZXing in this process, and two more in a process
 * of Node (decoders/decode.mjs), where its packages are installed. Test code: runs as the user who
 * runs the tests. An error fails the running test. */
#ifndef IDQ_TESTS_DECODERS_H
#define IDQ_TESTS_DECODERS_H

#include "tests/harness/camera.h"

enum decoder { DECODER_ZBAR, DECODER_ZXING, DECODER_JSQR, DECODER_QR, N_DECODERS };

extern const char *const decoder_names[N_DECODERS];

/* What a decoder found. */
enum decoder_result {
    DECODER_ABSENT, /* it is not installed */
    DECODER_NOTHING,
    DECODER_RIGHT, /* the payload */
    DECODER_WRONG, /* another text */
};

struct decoders;

/* Starts those in Node if their packages are installed. */
struct decoders *decoders_start(void);

/* Decodes a picture with each of them. Returns how many found the payload. */
int decoders_read(struct decoders *decoders, const struct picture *picture, const char *payload,
                  enum decoder_result ret_results[N_DECODERS]);

/* Accepts a pointer to NULL, and leaves one. */
void decoders_stop(struct decoders **decoders);

#define DECODERS_AUTO __attribute__((cleanup(decoders_stop))) struct decoders

#endif
