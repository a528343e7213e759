/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the RESULT message: which identities the module accepts from an agent that may send
 * anything. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/wire/messages.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/frame_delivery.h"

#include <string.h>

static const struct result_message verified = {.subject = "NLINGB",
                                               .issuer = "INGBNL2A",
                                               .loa = "nl:bvn:bankid:1.0:loa3",
                                               .transaction = "1234"};

TEST_CASE("result");

TEST(results)
{
    static const struct {
        uint8_t outcome;
        const char *fields[4]; /* subject, issuer, loa, transaction */
        int is_good;
    } rows[] = {
        {0, {"NLINGB", "INGBNL2A", "loa3", "1234"}, 1},
        {0, {"NLINGB", "", "", ""}, 1},
        {0, {"NL\xC3\xA9", "", "", ""}, 1},
        {1, {"", "", "", ""}, 1},
        {62, {"", "", "", ""}, 1},
        {0, {"", "", "", ""}, 0}, /* verified, but who? */
        {0, {"", "INGBNL2A", "loa3", "1234"}, 0},
        {1, {"NLINGB", "", "", ""}, 0}, /* refused, with an identity */
        {1, {"", "INGBNL2A", "", ""}, 0},
        {1, {"", "", "loa3", ""}, 0},
        {1, {"", "", "", "1234"}, 1}, /* for the log */
        {1, {"NLINGB", "", "", "1234"}, 0},
        {1, {"", "INGBNL2A", "", "1234"}, 0},
        {1, {"", "", "", "12\n34"}, 0},
        {8, {"", "", "", "1234"}, 0},
        {8, {"", "", "", ""}, 0},  /* not enrolled: only the module knows */
        {10, {"", "", "", ""}, 0}, /* the same during a rollout */
        {11, {"", "", "", ""}, 1}, /* a wrong number */
        {12, {"", "", "", ""}, 0},
        {63, {"", "", "", ""}, 0},
        {214, {"", "", "", ""}, 0}, /* -42 in eight bits */
        {255, {"", "", "", ""}, 0},
        {255, {"NLINGB", "", "", ""}, 0},
        {0, {"NL\n", "", "", ""}, 0},
        {0, {"NL\xC3", "", "", ""}, 0},
        {0, {"NLINGB", "x\nroot", "", ""}, 0},
        {0, {"NLINGB", "\033[2J", "", ""}, 0},
        {0, {"NLINGB", "", "\x7F", ""}, 0},
        {0, {"NLINGB", "", "", "\xC2\x85"}, 0},
        {0, {"NL\xE2\x80\x8B", "", "", ""}, 1}, /* compared, never shown */
        {0, {"NLINGB", "ING\xE2\x80\xAE", "", ""}, 0},
        {0, {"NLINGB", "", "loa\xE2\x81\xA6", ""}, 0},
        {0, {"NLINGB", "", "", "12\xE2\x80\x8B"}, 0},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct result_message got;
        struct frame frame;

        frame_begin(&frame, MESSAGE_RESULT);
        frame_put_u8(&frame, rows[i].outcome);
        for (int field = 0; field < 4; field++)
            frame_put_text(&frame, rows[i].fields[field]);
        frame_deliver(&frame, frame.size);
        ck_assert_msg(message_read_result(&frame, &got) == (rows[i].is_good ? 0 : IDQ_AGENT),
                      "row %zu", i);
        /* A caller that ignores the returned error must not find a verified identity. */
        ck_assert_int_eq(got.outcome, rows[i].is_good ? -rows[i].outcome : IDQ_AGENT);
        ck_assert_str_eq(got.subject, rows[i].is_good ? rows[i].fields[0] : "");
        ck_assert_str_eq(got.issuer, rows[i].is_good ? rows[i].fields[1] : "");
        ck_assert_str_eq(got.transaction, rows[i].is_good ? rows[i].fields[3] : "");
    }
}

TEST(every_outcome_travels)
{
    for (int outcome = -255; outcome <= 0; outcome++) {
        struct result_message sent = {.outcome = outcome}, got;
        struct frame frame;

        if (outcome == 0)
            sent = verified;
        message_write_result(&frame, &sent);
        frame_deliver(&frame, frame.size);
        int is_known = error_is_known(outcome) && outcome != IDQ_NOT_ENROLLED &&
                       outcome != IDQ_NOT_YET_ENROLLED;
        ck_assert_msg(message_read_result(&frame, &got) == (is_known ? 0 : IDQ_AGENT), "%d",
                      outcome);
        if (is_known)
            ck_assert_mem_eq(&got, &sent, sizeof got);
    }
}

TEST(a_result_with_a_long_field)
{
    static const size_t most[] = {SUBJECT_MAX, ISSUER_MAX, LOA_MAX, TRANSACTION_MAX};

    for (size_t longest = 0; longest < 4; longest++)
        for (size_t over = 0; over <= 1; over++) {
            RESULT_AUTO got;
            struct frame frame;
            char text[SUBJECT_MAX + 2];

            frame_begin(&frame, MESSAGE_RESULT);
            frame_put_u8(&frame, 0);
            for (size_t i = 0; i < 4; i++) {
                size_t size = i == longest ? most[i] + over : 1;
                memset(text, 'x', size);
                frame_put_bytes(&frame, text, size);
            }
            frame_deliver(&frame, frame.size);
            ck_assert_msg(message_read_result(&frame, &got) == (over ? IDQ_AGENT : 0),
                          "field %zu, %zu over", longest, over);
        }
}

RUN_TESTS("messages_result", NULL);
