/* SPDX-License-Identifier: BSD-3-Clause */
/* What is shown to a person: whole, and failing when it fails. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/conversation.h"
#include "tests/harness/runner.h"
#include "tests/unit/scripted_conversation.h"

#include <string.h>

TEST_CASE("show");

TEST(a_text_is_formatted)
{
    static struct scripted_conversation script;
    const struct conversation conversation = scripted_conversation(&script);

    ck_assert_int_eq(conversation_show(&conversation, "  %s: %d", "Zo\xc3\xab", 7), 0);
    ck_assert_int_eq(conversation_show(&conversation, "%s", "100% %n %s"), 0);
    ck_assert_int_eq(conversation_show(&conversation, "%s", ""), 0);
    ck_assert_uint_eq(script.n_shown, 3);
    ck_assert_str_eq(script.text, "  Zo\xc3\xab: 7\n100% %n %s\n\n");
}

TEST(a_text_is_wrapped)
{
    static struct scripted_conversation script = {.columns = 12};
    const struct conversation conversation = scripted_conversation(&script);

    ck_assert_int_eq(conversation_show(&conversation, "  %s", "Welcome, alice."), 0);
    ck_assert_str_eq(script.text, "  Welcome,\nalice.\n");
}

TEST(a_text_of_any_length_is_shown_whole)
{
    static struct scripted_conversation script;
    const struct conversation conversation = scripted_conversation(&script);
    static char text[30001];

    memset(text, 'x', sizeof text - 1);
    ck_assert_int_eq(conversation_show(&conversation, "%s", text), 0);
    ck_assert_uint_eq(strlen(script.text), sizeof text);
}

TEST(a_host_that_cannot_show_says_so)
{
    static struct scripted_conversation script = {.fail_at = 2};
    const struct conversation conversation = scripted_conversation(&script);

    ck_assert_int_eq(conversation_show(&conversation, "first"), 0);
    ck_assert_int_eq(conversation_show(&conversation, "second"), IDQ_CONV);
    ck_assert_int_eq(conversation_show(&conversation, "third"), 0);
    ck_assert_str_eq(script.text, "first\nthird\n");
}

TEST_CASE("number");

#define FIVE_TIMES 5

LOOP_TEST(answers_to_the_question_for_a_number, 10)
{
    static const struct {
        const char *answer, *number;
        int result;
        unsigned n_asked;
    } rows[] = {
        {"123456", "123456", 0, 1},
        {" 123 456 ", "123456", 0, 1},
        {"0 0 0 0 0 0", "000000", 0, 1},
        {"", "", IDQ_CANCELLED, 1},
        {"   ", "", IDQ_CANCELLED, 1},
        {"12345", "", IDQ_WRONG_NUMBER, FIVE_TIMES},
        {"1234567", "", IDQ_WRONG_NUMBER, FIVE_TIMES},
        {"12345x", "", IDQ_WRONG_NUMBER, FIVE_TIMES},
        {"123\t456", "", IDQ_WRONG_NUMBER, FIVE_TIMES},
        {NULL, "", IDQ_CONV, 1},
    };
    static struct scripted_conversation script;
    const struct conversation conversation = scripted_conversation(&script);
    char number[NUMBER_SIZE] = "";

    script.answer = rows[_i].answer;
    ck_assert_int_eq(number_ask(&conversation, &text_idin_voices[LANGUAGE_EN], 3, false, number),
                     rows[_i].result);
    ck_assert_str_eq(number, rows[_i].number);
    ck_assert_uint_eq(script.n_asked, rows[_i].n_asked);
    ck_assert_uint_eq(script.n_shown, 0); /* all of it is in the prompt, for ssh */
}

TEST(what_the_question_says)
{
    static struct scripted_conversation script = {.answer = "123456"};
    const struct conversation conversation = scripted_conversation(&script);
    char number[NUMBER_SIZE];

    ck_assert_int_eq(number_ask(&conversation, &text_idin_voices[LANGUAGE_NL], 3, false, number),
                     0);
    ck_assert_str_eq(script.text, "Getal op uw telefoon: \n");
    script.text[0] = '\0';
    ck_assert_int_eq(number_ask(&conversation, &text_idin_voices[LANGUAGE_EN], 1, true, number), 0);
    ck_assert_str_eq(script.text, "That is not the number on your phone. Tries left: 1.\n"
                                  "Number on your phone: \n");
    script.text[0] = '\0';
    script.answer = "1234";
    ck_assert_int_eq(number_ask(&conversation, &text_idin_voices[LANGUAGE_EN], 2, true, number),
                     IDQ_WRONG_NUMBER);
    ck_assert_ptr_nonnull(strstr(script.text, "Tries left: 2.\n"
                                              "Number on your phone: \n"
                                              "Type the 6 digits that your phone shows.\n"
                                              "Number on your phone: \n"));
}

RUN_TESTS("conversation", NULL);
