/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the QR message: the module rejects any content that it does not allow. Pure. Runs as the
 * user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/wire/messages.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/frame_delivery.h"

#include <string.h>

static struct qr_message
qr_of(const char *payload, const char *user_code)
{
    struct qr_message qr = {.lifetime_s = 900};

    strcpy(qr.payload, payload);
    strcpy(qr.user_code, user_code);
    return qr;
}

TEST_CASE("qr");

TEST(what_is_sent_is_read)
{
    struct qr_message sent = qr_of("https://qrcode.idin.nl/x", "ABCD-EFGH"), got;
    struct frame frame;

    message_write_qr(&frame, &sent);
    frame_deliver(&frame, frame.size);
    ck_assert_int_eq(message_read_qr(&frame, &got), 0);
    ck_assert_mem_eq(&got, &sent, sizeof got);
}

TEST(whole_or_not_at_all)
{
    struct qr_message qr = qr_of("https://qrcode.idin.nl/x", "ABCD-EFGH"), got;
    struct frame frame;

    message_write_qr(&frame, &qr);
    ck_assert_int_eq(frame_type(&frame), MESSAGE_QR);
    const size_t whole = frame.size;
    for (size_t size = FRAME_HEADER; size <= whole + 1; size++) {
        message_write_qr(&frame, &qr);
        frame_deliver(&frame, size);
        ck_assert_msg(message_read_qr(&frame, &got) == (size == whole ? 0 : IDQ_AGENT),
                      "%zu of %zu bytes", size, whole);
    }
}

TEST(any_byte_may_be_another)
{
    struct qr_message qr = qr_of("https://qrcode.idin.nl/x", "ABCD-EFGH"), got;
    struct frame frame;

    message_write_qr(&frame, &qr);
    const size_t whole = frame.size;
    for (size_t at = FRAME_HEADER; at < whole; at++)
        for (int change = 1; change < 256; change += 2) {
            message_write_qr(&frame, &qr);
            frame.bytes[at] = (unsigned char)(frame.bytes[at] ^ change);
            frame_deliver(&frame, whole);
            int result = message_read_qr(&frame, &got);
            ck_assert_msg(result == 0 || result == IDQ_AGENT, "%d", result);
        }
}

static int
read_qr(const struct qr_message *sent)
{
    struct qr_message got;
    struct frame frame;

    message_write_qr(&frame, sent);
    frame_deliver(&frame, frame.size);
    return message_read_qr(&frame, &got);
}

TEST(a_code_with_another_payload)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "http://a.nl/",
                                      "https://u@a.nl/",
                                      "https://a.nl/\n",
                                      "https://a.nl/\033[2J",
                                      "https://a.nl/caf\xC3\xA9"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct qr_message qr = qr_of(bad[i], "");
        ck_assert_msg(read_qr(&qr) == IDQ_AGENT, "%s", bad[i]);
    }
    for (size_t size = PAYLOAD_MAX; size <= PAYLOAD_MAX + 1; size++) {
        char payload[PAYLOAD_MAX + 2] = "https://a.nl/";
        struct qr_message got;
        struct frame frame;

        memset(payload + 13, 'x', size - 13);
        frame_begin(&frame, MESSAGE_QR);
        frame_put_bytes(&frame, payload, size);
        frame_put_u32(&frame, 1);
        frame_put_text(&frame, "");
        frame_deliver(&frame, frame.size);
        ck_assert_int_eq(message_read_qr(&frame, &got), size == PAYLOAD_MAX ? 0 : IDQ_AGENT);
    }
}

/* It goes to the terminal as it is. */
TEST(a_code_with_another_user_code)
{
    static const struct {
        const char *user_code;
        int result;
    } rows[] = {
        {"", 0},
        {"WDJB MJHT", 0},
        {"1234567890123456789012345678901234567890123456789012345678901234", 0},
        {"12345678901234567890123456789012345678901234567890123456789012345", IDQ_AGENT},
        {"AB\n", IDQ_AGENT},
        {"\033[2J", IDQ_AGENT},
        {"caf\xC3\xA9", IDQ_AGENT},
        {"\x7F", IDQ_AGENT},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct qr_message got;
        struct frame frame;

        frame_begin(&frame, MESSAGE_QR);
        frame_put_text(&frame, "https://qrcode.idin.nl/x");
        frame_put_u32(&frame, 1);
        frame_put_text(&frame, rows[i].user_code);
        frame_deliver(&frame, frame.size);
        ck_assert_msg(message_read_qr(&frame, &got) == rows[i].result, "row %zu", i);
        ck_assert_str_eq(got.user_code, rows[i].result ? "" : rows[i].user_code);
    }
}

RUN_TESTS("messages_qr", NULL);
