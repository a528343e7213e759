/* SPDX-License-Identifier: BSD-3-Clause */
/* See idin_qr_fixture.h. */
#include "tests/unit/idin_qr_fixture.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void
idin_qr_fixture_begin(void)
{
    provider_fixture_begin(&provider_idin_qr);
    provider_fixture_set("qr_backend_url", "https://backend.example/generate");
    provider_fixture_set("merchant_token", "token");
    provider_fixture_set("merchant_sub_id", "7");
    provider_fixture_set("signing_key", SCRIPT_KEY);
    provider_fixture_set("signing_key_encoding", "text");
    provider_fixture_set("status_url", "https://desk.example/status");
    provider_fixture_set("status_nonce", "required");
    provider_fixture_set("cancel_url", "https://desk.example/cancel");
    provider_fixture_set("qr_hosts", "qrcode.idin.nl");
    provider_fixture_set("long_poll", "25");
    provider_fixture_set("poll_interval", "2");
    script.picture =
        (struct qr_png_options){.payload = IDIN_QR_PAYLOAD, .module_px = 6, .quiet = 4};
    script_answer(IDIN_QR_GENERATED);
    script_answer(NULL);
}

/* Of scripted_answer. */
static const char *
repeat_nonce(const char *request_body, void *with)
{
    static const char name[] = "\"nonce\":";
    static char body[400];
    const char *members = with, *member = strstr(request_body, name);
    size_t size = strlen(name) + PROVIDER_NONCE_SIZE + 1; /* with the two quotes */

    ck_assert_msg(member && strlen(member) >= size, "no nonce: %s", request_body);
    ck_assert_int_lt(snprintf(body, sizeof body, "{\"qr_id\":\"" IDIN_QR_ID "\",%.*s,%s}",
                              (int)size, member, members),
                     (int)sizeof body);
    return body;
}

/* The same. */
static const char *
repeat_labels(const char *request_body, void *with)
{
    static char body[800];
    const char *members = with, *nonce = strstr(request_body, "\"nonce\":");

    ck_assert_msg(nonce && strstr(nonce, "\"station\":"), "no nonce: %s", request_body);
    ck_assert_int_lt(
        snprintf(body, sizeof body, "{\"qr_id\":\"" IDIN_QR_ID "\"%s,%s", members, nonce),
        (int)sizeof body);
    return body;
}

void
idin_qr_fixture_relay(const char *members)
{
    provider_fixture_set("relay", "yes");
    strcpy(provider_fixture.start.station, "Balie 3");
    strcpy(provider_fixture.start.service, "sudo");
    script.answers[0].make = repeat_labels;
    script.answers[0].make_with = (void *)(uintptr_t)members;
}

struct scripted_answer *
idin_qr_fixture_status(const char *members)
{
    struct scripted_answer *answer = script_answer("");

    answer->make = repeat_nonce;
    answer->make_with = (void *)(uintptr_t)members;
    return answer;
}
