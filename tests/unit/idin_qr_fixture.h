/* SPDX-License-Identifier: BSD-3-Clause */
/* A login with the provider idin-qr (provider_fixture.h), against a transport that answers from a
 * script (scripted_fetch.h): what the QR backend answers when all is well, for the test to
 * spoil. Test code. */
#ifndef IDQ_TESTS_IDIN_QR_FIXTURE_H
#define IDQ_TESTS_IDIN_QR_FIXTURE_H

#include "tests/unit/provider_fixture.h"
#include "tests/unit/scripted/scripted_fetch.h"

#define IDIN_QR_ID      "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab"
#define IDIN_QR_PAYLOAD "https://qrcode.idin.nl/q/abcdefghijklmnopqrstuv"

/* The answer to the question for a code. */
#define IDIN_QR_GENERATED                                                                          \
    "{\"qr_id\":\"" IDIN_QR_ID "\",\"qr_url\":\"https://qrcode.idin.nl/qrcode/x.png\"}"

/* Makes the answer for a code a relay's, which repeats the members of its request. `members` are
 * the others, as of idin_qr_fixture_status. */
void idin_qr_fixture_relay(const char *members);

/* Sets the fixture, and scripts a start that succeeds: a code, and its picture. */
void idin_qr_fixture_begin(void);

/* Adds a rightly signed status of the code, which repeats the nonce of its question: `members` are
 * the others, such as "\"status\":\"open\"". Static, or longer-lived than the fixture. */
struct scripted_answer *idin_qr_fixture_status(const char *members);

#endif
