/* SPDX-License-Identifier: BSD-3-Clause */
/* The inputs of tests/fuzz/corpus that are no text, made by code: `make fuzz-seeds`. One file a
 * subject, each with the targets that it writes for. Test code: writes below the corpus that its
 * caller names, and nowhere else. */
#ifndef IDQ_TESTS_FUZZ_SEEDS_H
#define IDQ_TESTS_FUZZ_SEEDS_H

#include "pam_idinqr/qr/qr_encode.h"

#include <stddef.h>

#define SEEDS_PAYLOAD "https://qrcode.idin.nl/q/Q2hlY2stbWUtb3V0ISE"

/* One input: CORPUS/TARGET/NAME. */
void seeds_save(const char *target, const char *name, const void *bytes, size_t size);

/* The same of bytes that are given as numbers, ended by -1; 64 at most. */
void seeds_save_bytes(const char *target, const char *name, ...);

struct qr_code seeds_code_of(const char *payload);

void seeds_drawings(void); /* drawing */
void seeds_logins(void);   /* authenticate */
void seeds_pictures(void); /* picture */
void seeds_replies(void);  /* idin_qr_reply */
void seeds_wire(void);     /* wire_from_agent, wire_from_module */

#endif
