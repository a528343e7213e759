/* The message that carries a QR code: what the module believes of it, and pictures that are no
 * codes. Pure; runs as whoever runs the tests. */
#include "pam_idinqr/wire/messages.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/frame_delivery.h"

#include <string.h>

static void
set_module(struct qr_message *qr, unsigned x, unsigned y, int is_dark)
{
    unsigned bit = y * qr->code.size + x;
    unsigned char mask = (unsigned char)(0x80 >> bit % 8);

    qr->code.modules[bit / 8] = (unsigned char)(is_dark ? qr->code.modules[bit / 8] | mask
                                                        : qr->code.modules[bit / 8] & ~mask);
}

static const char *const finder[] = {"#######", "#     #", "# ### #", "# ### #",
                                     "# ### #", "#     #", "#######"};

static struct qr_message
qr_of(uint8_t size)
{
    struct qr_message qr = {.payload = "https://qrcode.idin.nl/x",
                            .lifetime_s = 900,
                            .code.size = size,
                            .user_code = "ABCD-EFGH"};
    const unsigned far = size - 7u;

    for (unsigned y = 0; y < 7; y++)
        for (unsigned x = 0; x < 7; x++) {
            set_module(&qr, x, y, finder[y][x] == '#');
            set_module(&qr, far + x, y, finder[y][x] == '#');
            set_module(&qr, x, far + y, finder[y][x] == '#');
        }
    set_module(&qr, size - 1u, size - 1u, 1);
    return qr;
}

START_TEST(whole_or_not_at_all)
{
    struct qr_message qr = qr_of(21), got;
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
END_TEST

START_TEST(any_byte_may_be_another)
{
    struct qr_message qr = qr_of(21), got;
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
END_TEST

START_TEST(a_code_of_every_size)
{
    for (unsigned size = 0; size <= 255; size++) {
        int is_good = size >= 21 && size <= 177 && size % 4 == 1;
        /* What could be drawn has its finder patterns: only the size is wrong. */
        struct qr_message sent = qr_of(size >= 21 && size <= 177 ? (uint8_t)size : 21), got;
        struct frame frame;

        frame_begin(&frame, MESSAGE_QR);
        frame_put_text(&frame, sent.payload);
        frame_put_u32(&frame, sent.lifetime_s);
        frame_put_u8(&frame, (uint8_t)size);
        frame_put_bytes(&frame, sent.code.modules,
                        size <= QR_SIZE_MAX ? (size * size + 7) / 8 : QR_MODULES_MAX);
        frame_put_text(&frame, sent.user_code);
        frame_deliver(&frame, frame.size);
        ck_assert_msg(message_read_qr(&frame, &got) == (is_good ? 0 : IDQ_AGENT), "size %u", size);
        if (is_good)
            ck_assert_mem_eq(&got, &sent, sizeof got);
        else
            ck_assert_uint_eq(got.code.size, 0);
    }
}
END_TEST

/* Fewer or more bytes than the size calls for; the most that a frame holds would go past the
 * struct. */
START_TEST(a_code_with_another_number_of_bytes)
{
    static const size_t sizes[] = {0, 55, 56, 57, QR_MODULES_MAX, QR_MODULES_MAX + 1, 8000};
    static unsigned char modules[8000];
    struct qr_message sent = qr_of(21), got;

    set_module(&sent, 20, 20, 0); /* the last byte is all zero: a reader would not miss it */
    memcpy(modules, sent.code.modules, sizeof sent.code.modules);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct frame frame;

        frame_begin(&frame, MESSAGE_QR);
        frame_put_text(&frame, sent.payload);
        frame_put_u32(&frame, 1);
        frame_put_u8(&frame, 21);
        frame_put_bytes(&frame, modules, sizes[i]);
        frame_put_text(&frame, "");
        frame_deliver(&frame, frame.size);
        ck_assert_msg(message_read_qr(&frame, &got) == (sizes[i] == 56 ? 0 : IDQ_AGENT),
                      "%zu bytes", sizes[i]);
    }
}
END_TEST

static int
read_qr(const struct qr_message *sent)
{
    struct qr_message got;
    struct frame frame;

    message_write_qr(&frame, sent);
    frame_deliver(&frame, frame.size);
    return message_read_qr(&frame, &got);
}

/* Any one module of the three finder patterns, or the padding, is enough to refuse; no other is. */
START_TEST(a_code_with_one_other_module)
{
    const unsigned size = 25;

    for (unsigned y = 0; y < size; y++)
        for (unsigned x = 0; x < size; x++) {
            struct qr_message qr = qr_of((uint8_t)size);
            int in_finder =
                (x < 7 && y < 7) || (x >= size - 7 && y < 7) || (x < 7 && y >= size - 7);

            set_module(&qr, x, y, !qr_is_dark(&qr.code, x, y));
            ck_assert_msg(read_qr(&qr) == (in_finder ? IDQ_AGENT : 0), "column %u, row %u", x, y);
        }
    for (unsigned bit = size * size; bit % 8 != 0; bit++) {
        struct qr_message qr = qr_of((uint8_t)size);

        qr.code.modules[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
        ck_assert_msg(read_qr(&qr) == IDQ_AGENT, "padding bit %u", bit);
    }
}
END_TEST

START_TEST(a_code_with_another_payload)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "http://a.nl/",
                                      "https://u@a.nl/",
                                      "https://a.nl/\n",
                                      "https://a.nl/\033[2J",
                                      "https://a.nl/caf\xC3\xA9"};
    struct qr_message qr = qr_of(21);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        strcpy(qr.payload, bad[i]);
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
        frame_put_u8(&frame, 21);
        frame_put_bytes(&frame, qr.code.modules, 56);
        frame_put_text(&frame, "");
        frame_deliver(&frame, frame.size);
        ck_assert_int_eq(message_read_qr(&frame, &got), size == PAYLOAD_MAX ? 0 : IDQ_AGENT);
    }
}
END_TEST

/* It goes to the terminal as it is. */
START_TEST(a_code_with_another_user_code)
{
    static const struct {
        const char *user_code;
        int result;
    } rows[] = {
        {"", 0},
        {"WDJB MJHT", 0},
        {"12345678901234567890123456789012", 0},
        {"123456789012345678901234567890123", IDQ_AGENT},
        {"AB\n", IDQ_AGENT},
        {"\033[2J", IDQ_AGENT},
        {"caf\xC3\xA9", IDQ_AGENT},
        {"\x7F", IDQ_AGENT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct qr_message qr = qr_of(21), got;
        struct frame frame;

        frame_begin(&frame, MESSAGE_QR);
        frame_put_text(&frame, qr.payload);
        frame_put_u32(&frame, 1);
        frame_put_u8(&frame, 21);
        frame_put_bytes(&frame, qr.code.modules, 56);
        frame_put_text(&frame, rows[i].user_code);
        frame_deliver(&frame, frame.size);
        ck_assert_msg(message_read_qr(&frame, &got) == rows[i].result, "row %zu", i);
        ck_assert_str_eq(got.user_code, rows[i].result ? "" : rows[i].user_code);
    }
}
END_TEST

static Suite *
messages_qr_suite(void)
{
    Suite *suite = suite_create("messages_qr");
    TCase *code = tcase_create("qr");

    tcase_add_test(code, whole_or_not_at_all);
    tcase_add_test(code, any_byte_may_be_another);
    tcase_add_test(code, a_code_of_every_size);
    tcase_add_test(code, a_code_with_another_number_of_bytes);
    tcase_add_test(code, a_code_with_one_other_module);
    tcase_add_test(code, a_code_with_another_payload);
    tcase_add_test(code, a_code_with_another_user_code);
    suite_add_tcase(suite, code);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "messages_qr", messages_qr_suite, NULL);
}
