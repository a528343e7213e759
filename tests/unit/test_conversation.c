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

RUN_TESTS("conversation", NULL);
