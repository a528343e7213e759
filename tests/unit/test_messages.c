/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests messages: written and read back, and read from a hostile peer. Each field is tested on both
 * sides of its limit, and each message is truncated at every byte. test_messages_qr.c tests QR,
 * test_messages_result.c the identity in RESULT. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/wire/messages.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/frame_delivery.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

/* Reads a frame of any type but QR; what it says goes to the floor. */
static int
read_any(struct frame *frame)
{
    static struct start_message start;
    static struct result_message result;
    static struct log_message log;
    static struct key_message key;
    enum login_state state;
    char number[NUMBER_SIZE], transaction[TRANSACTION_MAX + 1];
    unsigned tries_left;
    int outcome;

    switch (frame_type(frame)) {
    case MESSAGE_START:
    case MESSAGE_PROBE:
    case MESSAGE_KEYS:
        return message_read_start(frame, &start);
    case MESSAGE_STATE:
        return message_read_state(frame, &state);
    case MESSAGE_RESULT:
        return message_read_result(frame, &result);
    case MESSAGE_PROBED:
        return message_read_probed(frame, &outcome);
    case MESSAGE_KEY:
        return message_read_key(frame, &key);
    case MESSAGE_ASK:
        return message_read_ask(frame, &tries_left, transaction);
    case MESSAGE_NUMBER:
        return message_read_number(frame, number);
    default:
        return message_read_log(frame, &log);
    }
}

static struct start_message
some_start(void)
{
    struct start_message start = {.provider = "idin-qr",
                                  .language = "nl",
                                  .station = "Balie 3",
                                  .service = "sudo",
                                  .account = "alice",
                                  .timeout_ms = 120000,
                                  .ca_file = "/ca",
                                  .pin_sha256 = "pin",
                                  .proxy = "proxy",
                                  .key_set = "{\"keys\":[]}",
                                  .n_settings = 2};

    strcpy(start.settings[0].keyword, "merchant_token");
    strcpy(start.settings[0].value, "hunter2");
    strcpy(start.settings[1].keyword, "empty");
    return start;
}

static const struct result_message verified = {.subject = "NLINGB",
                                               .issuer = "INGBNL2A",
                                               .loa = "nl:bvn:bankid:1.0:loa3",
                                               .transaction = "1234"};

static const struct key_message a_key = {
    .type = KEY_P256, .kid = "k", .first = "x_-9", .second = "yA"};

static void
write_some(struct frame *frame, int type)
{
    struct start_message start = some_start();

    switch (type) {
    case MESSAGE_START:
        message_write_start(frame, &start);
        break;
    case MESSAGE_PROBE:
        start.purpose = PURPOSE_PROBE;
        message_write_start(frame, &start);
        break;
    case MESSAGE_KEYS:
        start.purpose = PURPOSE_KEYS;
        message_write_start(frame, &start);
        break;
    case MESSAGE_KEY:
        message_write_key(frame, &a_key);
        break;
    case MESSAGE_ASK:
        message_write_ask(frame, 3, "1234567890123456");
        break;
    case MESSAGE_NUMBER:
        message_write_number(frame, "123456");
        break;
    case MESSAGE_PROBED:
        message_write_probed(frame, IDQ_TLS);
        break;
    case MESSAGE_STATE:
        message_write_state(frame, STATE_SCANNED);
        break;
    case MESSAGE_RESULT:
        message_write_result(frame, &verified);
        break;
    default:
        message_write_log(frame, LOG_INFO, "a line");
    }
}

static const int types[] = {MESSAGE_START, MESSAGE_PROBE,  MESSAGE_STATE, MESSAGE_RESULT,
                            MESSAGE_LOG,   MESSAGE_PROBED, MESSAGE_KEYS,  MESSAGE_KEY,
                            MESSAGE_ASK,   MESSAGE_NUMBER};

TEST_CASE("all");

LOOP_TEST(whole_or_not_at_all, ARRAY_LENGTH(types))
{
    struct frame frame;
    size_t whole;

    write_some(&frame, types[_i]);
    whole = frame.size;
    ck_assert_int_eq(frame_type(&frame), types[_i]);
    frame_deliver(&frame, whole);
    ck_assert_int_eq(read_any(&frame), 0);
    for (size_t size = FRAME_HEADER; size < whole; size++) {
        write_some(&frame, types[_i]);
        frame_deliver(&frame, size);
        ck_assert_msg(read_any(&frame) == IDQ_AGENT, "type %d, %zu of %zu bytes", types[_i], size,
                      whole);
    }
    write_some(&frame, types[_i]);
    frame_deliver(&frame, whole + 1);
    ck_assert_msg(read_any(&frame) == IDQ_AGENT, "type %d, a byte over", types[_i]);
}

/* Every byte of every message, changed to a few others: no reader may trip (a sanitizer watches).
 */
LOOP_TEST(any_byte_may_be_another, ARRAY_LENGTH(types))
{
    struct frame frame;
    size_t whole;

    write_some(&frame, types[_i]);
    whole = frame.size;
    for (size_t at = FRAME_HEADER; at < whole; at++)
        for (int change = 1; change < 256; change += 2) {
            write_some(&frame, types[_i]);
            frame.bytes[at] = (unsigned char)(frame.bytes[at] ^ change);
            frame_deliver(&frame, whole);
            int result = read_any(&frame);
            ck_assert_msg(result == 0 || result == IDQ_AGENT, "%d", result);
        }
}

TEST_CASE("start");

TEST(a_start)
{
    START_AUTO sent = some_start(), got;
    struct frame frame;

    memset(&got, 0xEE, sizeof got);
    message_write_start(&frame, &sent);
    frame_deliver(&frame, frame.size);
    ck_assert_int_eq(message_read_start(&frame, &got), 0);
    ck_assert_mem_eq(&got, &sent, sizeof got);
    start_wipe(&got);
    ck_assert_uint_eq(got.n_settings, 0);
    ck_assert_str_eq(got.settings[0].value, "");
}

LOOP_TEST(a_probe_and_a_fetch_are_no_start, 2)
{
    static const struct {
        enum start_purpose purpose;
        enum message_type type;
    } rows[] = {{PURPOSE_PROBE, MESSAGE_PROBE}, {PURPOSE_KEYS, MESSAGE_KEYS}};
    START_AUTO sent = some_start(), got;
    struct frame frame;

    sent.purpose = rows[_i].purpose;
    message_write_start(&frame, &sent);
    frame_deliver(&frame, frame.size);
    ck_assert_int_eq(frame_type(&frame), rows[_i].type);
    ck_assert_int_eq(message_read_start(&frame, &got), 0);
    ck_assert_mem_eq(&got, &sent, sizeof got);
}

TEST_CASE("reports");

/* What is not base64url, or visible, would end a text in the file that the keys are written to. */
TEST(keys)
{
    static const struct {
        uint8_t type;
        const char *kid, *first, *second;
        int result;
    } rows[] = {
        {KEY_RSA, "k", "AQ", "AQAB", 0},
        {KEY_P256, "", "AQ", "AQ", 0},
        {KEY_ED25519, "\"\\", "a-_9", "", 0},
        {0, "k", "AQ", "AQAB", IDQ_AGENT},
        {4, "k", "AQ", "AQAB", IDQ_AGENT},
        {KEY_RSA, "k", "AQ", "", IDQ_AGENT},
        {KEY_P256, "k", "", "AQ", IDQ_AGENT},
        {KEY_ED25519, "k", "AQ", "AQ", IDQ_AGENT},
        {KEY_ED25519, "k", "", "", IDQ_AGENT},
        {KEY_ED25519, "a b", "AQ", "", IDQ_AGENT},
        {KEY_ED25519, "a\x1b[2J", "AQ", "", IDQ_AGENT},
        {KEY_ED25519, "\xC3\xA9", "AQ", "", IDQ_AGENT},
        {KEY_ED25519, "k", "AQ\"", "", IDQ_AGENT},
        {KEY_ED25519, "k", "AQ=", "", IDQ_AGENT},
        {KEY_RSA, "k", "AQ", "A+", IDQ_AGENT},
        {KEY_RSA, "k", "AQ", "A\n", IDQ_AGENT},
    };
    static const struct key_message nothing;

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct key_message got;
        struct frame frame;
        frame_begin(&frame, MESSAGE_KEY);
        frame_put_u8(&frame, rows[i].type);
        frame_put_text(&frame, rows[i].kid);
        frame_put_text(&frame, rows[i].first);
        frame_put_text(&frame, rows[i].second);
        frame_deliver(&frame, frame.size);
        ck_assert_msg(message_read_key(&frame, &got) == rows[i].result, "row %zu", i);
        if (rows[i].result)
            ck_assert_mem_eq(&got, &nothing, sizeof got);
        else
            ck_assert(got.type == rows[i].type && strcmp(got.kid, rows[i].kid) == 0 &&
                      strcmp(got.first, rows[i].first) == 0 &&
                      strcmp(got.second, rows[i].second) == 0);
    }
}

TEST(a_key_with_a_long_field)
{
    static const size_t most[] = {KEY_ID_MAX, KEY_NUMBER_MAX, KEY_NUMBER_MAX};
    static char text[KEY_NUMBER_MAX + 2];

    for (size_t longest = 0; longest < 3; longest++)
        for (size_t over = 0; over <= 1; over++) {
            struct key_message got;
            struct frame frame;
            frame_begin(&frame, MESSAGE_KEY);
            frame_put_u8(&frame, KEY_RSA);
            for (size_t i = 0; i < 3; i++) {
                size_t size = i == longest ? most[i] + over : 1;
                memset(text, 'x', size);
                text[size] = '\0';
                frame_put_text(&frame, text);
            }
            frame_deliver(&frame, frame.size);
            ck_assert_int_eq(message_read_key(&frame, &got), over ? IDQ_AGENT : 0);
        }
}

TEST_CASE("start");

TEST(what_a_probe_came_to)
{
    struct frame frame;

    for (int outcome = 0; outcome > -256; outcome--) {
        int got = 1;
        message_write_probed(&frame, outcome);
        frame_deliver(&frame, frame.size);
        ck_assert_int_eq(message_read_probed(&frame, &got),
                         error_is_known(outcome) ? 0 : IDQ_AGENT);
        ck_assert_int_eq(got, error_is_known(outcome) ? outcome : 1);
    }
}

/* The fields of a START in order, each made as long as it may be, and one byte longer. */
TEST(a_start_with_a_long_field)
{
    static const size_t most[] = {
        31, 7, 63, 63, 256, 255, 127, 255, KEY_SET_MAX, 31, SETTING_VALUE_MAX};
    enum { N = ARRAY_LENGTH(most) };

    for (size_t longest = 0; longest < N; longest++)
        for (size_t over = 0; over <= 1; over++) {
            struct start_message start;
            struct frame frame;
            char text[KEY_SET_MAX + 2];

            frame_begin(&frame, MESSAGE_START);
            for (size_t i = 0; i < N; i++) {
                size_t size = i == longest ? most[i] + over : 1;
                memset(text, 'x', size);
                text[size] = '\0';
                if (i == 5)
                    frame_put_u32(&frame, 1);
                if (i == 9)
                    frame_put_u8(&frame, 1);
                frame_put_text(&frame, text);
            }
            frame_deliver(&frame, frame.size);
            ck_assert_msg(message_read_start(&frame, &start) == (over ? IDQ_AGENT : 0),
                          "field %zu, %zu over", longest, over);
            ck_assert_str_eq(start.provider, over ? "" : longest == 0 ? start.provider : "x");
        }
}

TEST(a_start_with_many_settings)
{
    for (uint8_t n = PROVIDER_SETTINGS_MAX - 1; n <= PROVIDER_SETTINGS_MAX + 1; n++) {
        START_AUTO start;
        struct frame frame;

        frame_begin(&frame, MESSAGE_START);
        for (int i = 0; i < 5; i++)
            frame_put_text(&frame, "x");
        frame_put_u32(&frame, 1);
        for (int i = 0; i < 4; i++)
            frame_put_text(&frame, "x");
        frame_put_u8(&frame, n);
        for (int i = 0; i < 2 * n; i++)
            frame_put_text(&frame, "x");
        frame_deliver(&frame, frame.size);
        ck_assert_int_eq(message_read_start(&frame, &start),
                         n <= PROVIDER_SETTINGS_MAX ? 0 : IDQ_AGENT);
    }
}

TEST_CASE("reports");

TEST(states)
{
    for (unsigned number = 0; number < 256; number++) {
        enum login_state state = (enum login_state)99;
        struct frame frame;

        frame_begin(&frame, MESSAGE_STATE);
        frame_put_u8(&frame, (uint8_t)number);
        frame_deliver(&frame, frame.size);
        ck_assert_int_eq(message_read_state(&frame, &state),
                         number == STATE_SCANNED ? 0 : IDQ_AGENT);
        ck_assert_int_eq(state, number == STATE_SCANNED ? STATE_SCANNED : 99);
    }
}

TEST(questions_for_a_number)
{
    for (unsigned number = 0; number < 256; number++) {
        bool is_right = number >= 1 && number <= NUMBER_TRIES_MAX;
        unsigned tries_left = 99;
        struct frame frame;
        char transaction[TRANSACTION_MAX + 1];
        message_write_ask(&frame, number, "1234");
        frame_deliver(&frame, frame.size);
        ck_assert_int_eq(message_read_ask(&frame, &tries_left, transaction),
                         is_right ? 0 : IDQ_AGENT);
        ck_assert_uint_eq(tries_left, is_right ? number : 99);
        ck_assert_str_eq(transaction, is_right ? "1234" : "");
    }
}

/* It goes to the log. */
TEST(a_question_with_a_transaction_that_is_not_clean)
{
    char transaction[TRANSACTION_MAX + 1];
    unsigned tries_left = 99;
    struct frame frame;

    message_write_ask(&frame, 3, "12\n34");
    frame_deliver(&frame, frame.size);
    ck_assert_int_eq(message_read_ask(&frame, &tries_left, transaction), IDQ_AGENT);
    ck_assert_uint_eq(tries_left, 99);
    ck_assert_str_eq(transaction, "");
}

LOOP_TEST(numbers, 9)
{
    static const struct {
        const char *text;
        int result;
    } rows[] = {
        {"000000", 0},         {"987654", 0},          {"", IDQ_AGENT},
        {"12345", IDQ_AGENT},  {"1234567", IDQ_AGENT}, {"12345a", IDQ_AGENT},
        {"12 345", IDQ_AGENT}, {"-12345", IDQ_AGENT},  {"\xD9\xA1\xD9\xA2\xD9\xA3", IDQ_AGENT}};
    static const char nothing[NUMBER_SIZE];
    char number[NUMBER_SIZE] = "xxxxxx";
    struct frame frame;

    message_write_number(&frame, rows[_i].text);
    frame_deliver(&frame, frame.size);
    ck_assert_int_eq(message_read_number(&frame, number), rows[_i].result);
    if (rows[_i].result == 0)
        ck_assert_str_eq(number, rows[_i].text);
    else
        ck_assert_mem_eq(number, nothing, sizeof number);
}

static int
read_log(int priority, const char *bytes, size_t size, struct log_message *ret_log)
{
    struct frame frame;

    frame_begin(&frame, MESSAGE_LOG);
    frame_put_u8(&frame, (uint8_t)priority);
    frame_put_bytes(&frame, bytes, size);
    frame_deliver(&frame, frame.size);
    return message_read_log(&frame, ret_log);
}

TEST(log_lines)
{
    char line[LOG_LINE_MAX + 2];
    struct log_message log;
    struct frame frame;

    memset(line, 'x', sizeof line);
    for (int priority = 0; priority < 256; priority++) /* an agent cries no emergency */
        ck_assert_int_eq(read_log(priority, "x", 1, &log),
                         priority >= LOG_ERR && priority <= LOG_DEBUG ? 0 : IDQ_AGENT);
    ck_assert_int_eq(read_log(LOG_INFO, line, LOG_LINE_MAX, &log), 0);
    ck_assert_uint_eq(strlen(log.line), LOG_LINE_MAX);
    ck_assert_int_eq(read_log(LOG_INFO, line, LOG_LINE_MAX + 1, &log), IDQ_AGENT);
    ck_assert_str_eq(log.line, "");
    ck_assert_int_eq(read_log(LOG_INFO, "a\0b", 3, &log), IDQ_AGENT);
    ck_assert_int_eq(read_log(LOG_INFO, "a\nsu: opened\033[2J\xC2\x85", 18, &log), 0);
    ck_assert_str_eq(log.line, "a?su: opened?[2J??");
    ck_assert_int_eq(log.priority, LOG_INFO);

    line[sizeof line - 1] = '\0';
    message_write_log(&frame, LOG_ERR, line); /* the writer cuts what is too long */
    frame_deliver(&frame, frame.size);
    ck_assert_int_eq(message_read_log(&frame, &log), 0);
    ck_assert_uint_eq(strlen(log.line), LOG_LINE_MAX);
}

RUN_TESTS("messages", NULL);
