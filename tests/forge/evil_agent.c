/* SPDX-License-Identifier: BSD-3-Clause */
/* An agent that was taken over, and that wants another code on the screen than the link beside it
 * says: linked with agent/agent_main.c, in the place of wire_send_qr. Its order is one of the words
 * below. The frames that it sends are its own. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/wire/wire.h"
#include "tests/forge/evil.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LONG 300 /* bytes: a code that a terminal of the tests still holds */

void __wrap_wire_send_qr(struct wire *wire, const struct qr_message *qr);

static void
send_qr(const struct wire *wire, const char *payload, const char *user_code, size_t more)
{
    static const unsigned char squares[441];
    FRAME_AUTO frame;

    frame_begin(&frame, MESSAGE_QR);
    frame_put_text(&frame, payload);
    frame_put_u32(&frame, 60);
    frame_put_text(&frame, user_code);
    if (more > 0) /* as the first version sent them */
        frame_put_bytes(&frame, squares, more);
    if (frame_send(&frame, wire->socket) != 0)
        _exit(95);
}

/* Refused, with a transaction that wants to be a record. */
static void
send_result(const struct wire *wire, const char *order)
{
    bool is_escape = strcmp(order, "result-escape") == 0;
    struct result_message result = {.outcome = IDQ_REFUSED};
    FRAME_AUTO frame;

    snprintf(result.transaction, sizeof result.transaction, "1%soutcome=verified",
             is_escape ? "\n" : " ");
    if (strcmp(order, "result-subject") == 0)
        snprintf(result.subject, sizeof result.subject, "NLTSTN0123456789");
    if (strcmp(order, "result-issuer") == 0)
        snprintf(result.issuer, sizeof result.issuer, "TESTNL2A");
    message_write_result(&frame, &result);
    if (frame_send(&frame, wire->socket) != 0)
        _exit(95);
    if (strcmp(order, "result-twice") != 0)
        return;
    result.outcome = IDQ_OK;
    snprintf(result.subject, sizeof result.subject, "NLTSTN0123456789");
    message_write_result(&frame, &result);
    (void)frame_send(&frame, wire->socket); /* the module may have closed */
}

void
__wrap_wire_send_qr(struct wire *wire, const struct qr_message *qr)
{
    char *order = evil_read(EVIL_ORDER_FILE), other[PAYLOAD_MAX + 100];

    if (strcmp(order, "squares") == 0) {
        send_qr(wire, qr->payload, "", 441);
    } else if (strcmp(order, "long") == 0) {
        snprintf(other, sizeof other, "%s?", qr->payload);
        while (strlen(other) < LONG)
            strcat(other, "x");
        send_qr(wire, other, "", 0);
    } else if (strcmp(order, "too-long") == 0) {
        snprintf(other, sizeof other, "%s?", qr->payload);
        while (strlen(other) < PAYLOAD_MAX + 1)
            strcat(other, "x");
        send_qr(wire, other, "", 0);
    } else if (strcmp(order, "escape") == 0) {
        snprintf(other, sizeof other, "%s\033[2J\033[H", qr->payload);
        send_qr(wire, other, "", 0);
    } else if (strcmp(order, "blocks") == 0) {
        send_qr(wire, qr->payload, "\xe2\x96\x88\xe2\x96\x80\xe2\x96\x84", 0);
    } else if (strcmp(order, "newline") == 0) {
        send_qr(wire, qr->payload, "A\n  https://evil.example/", 0);
    } else if (strcmp(order, "two-in-one") == 0) {
        snprintf(other, sizeof other, "%s https://evil.example/", qr->payload);
        send_qr(wire, other, "", 0);
    } else if (strcmp(order, "again") == 0) {
        snprintf(other, sizeof other, "%s?again", qr->payload);
        send_qr(wire, qr->payload, "", 0);
        send_qr(wire, other, "", 0);
    } else if (strncmp(order, "result", 6) == 0) {
        send_qr(wire, qr->payload, "", 0);
        send_result(wire, order);
    } else {
        snprintf(other, sizeof other, "%s", order); /* another link */
        send_qr(wire, other, "", 0);
    }
}
