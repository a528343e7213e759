/* SPDX-License-Identifier: BSD-3-Clause */
/* What the module reads from its agent, which may have been taken over: any bytes as one frame.
 * What is accepted must be just what an honest agent would have written for it. */
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/wire_frame.h"

#include <string.h>
#include <syslog.h>

static void
read_qr(struct frame *frame)
{
    struct qr_message qr;
    struct https_url url;
    FRAME_AUTO again;

    if (message_read_qr(frame, &qr) != 0) {
        MUST(target_is_zero(&qr, sizeof qr));
        return;
    }
    MUST(https_url_parse(qr.payload, strlen(qr.payload), &url) == 0);
    message_write_qr(&again, &qr);
    wire_frame_must_be_same(frame, &again);
}

static void
read_result(struct frame *frame)
{
    RESULT_AUTO result;
    FRAME_AUTO again;

    if (message_read_result(frame, &result) != 0) {
        MUST(result.outcome == IDQ_AGENT);
        result.outcome = 0;
        MUST(target_is_zero(&result, sizeof result));
        return;
    }
    MUST(error_is_known(result.outcome));
    MUST((result.outcome == IDQ_OK) == (result.subject[0] != '\0'));
    MUST(characters_are_clean(result.subject, strlen(result.subject)));
    MUST(characters_are_clean(result.transaction, strlen(result.transaction)));
    message_write_result(&again, &result);
    wire_frame_must_be_same(frame, &again);
}

static void
read_state(struct frame *frame)
{
    enum login_state state;
    FRAME_AUTO again;

    if (message_read_state(frame, &state) != 0)
        return;
    message_write_state(&again, state);
    wire_frame_must_be_same(frame, &again);
}

static void
read_log(struct frame *frame)
{
    struct log_message log;

    if (message_read_log(frame, &log) != 0) {
        MUST(target_is_zero(&log, sizeof log));
        return;
    }
    MUST(log.priority >= LOG_ERR && log.priority <= LOG_DEBUG);
    for (const char *p = log.line; *p; p++)
        MUST(*p >= 0x20 && *p <= 0x7E);
}

static void
read_ask(struct frame *frame)
{
    char transaction[TRANSACTION_MAX + 1];
    unsigned tries_left = 99;
    FRAME_AUTO again;

    if (message_read_ask(frame, &tries_left, transaction) != 0) {
        MUST(tries_left == 99 && transaction[0] == '\0');
        return;
    }
    MUST(tries_left >= 1 && tries_left <= NUMBER_TRIES_MAX);
    MUST(characters_are_clean(transaction, strlen(transaction)));
    message_write_ask(&again, tries_left, transaction);
    wire_frame_must_be_same(frame, &again);
}

static void
read_probed(struct frame *frame)
{
    int outcome = 1;
    FRAME_AUTO again;

    if (message_read_probed(frame, &outcome) != 0) {
        MUST(outcome == 1);
        return;
    }
    MUST(error_is_known(outcome));
    message_write_probed(&again, outcome);
    wire_frame_must_be_same(frame, &again);
}

static void
read_key(struct frame *frame)
{
    struct key_message key;
    FRAME_AUTO again;

    if (message_read_key(frame, &key) != 0) {
        MUST(target_is_zero(&key, sizeof key));
        return;
    }
    MUST(characters_are_visible_ascii(key.kid, strlen(key.kid)));
    MUST(!strpbrk(key.first, "\"\\") && !strpbrk(key.second, "\"\\"));
    message_write_key(&again, &key);
    wire_frame_must_be_same(frame, &again);
}

static void
read_frame(const uint8_t *data, size_t size)
{
    FRAME_AUTO frame;

    if (!wire_frame_receive(data, size, &frame))
        return;
    switch (frame_type(&frame)) {
    case MESSAGE_QR:
        read_qr(&frame);
        break;
    case MESSAGE_STATE:
        read_state(&frame);
        break;
    case MESSAGE_RESULT:
        read_result(&frame);
        break;
    case MESSAGE_ASK:
        read_ask(&frame);
        break;
    case MESSAGE_LOG:
        read_log(&frame);
        break;
    case MESSAGE_PROBED:
        read_probed(&frame);
        break;
    case MESSAGE_KEY:
        read_key(&frame);
        break;
    default:
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *repaired = wire_frame_repair(data, size);

    read_frame(data, size);
    read_frame(repaired, size);
    wire_frame_free(&repaired);
    return 0;
}
