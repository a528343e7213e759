/* SPDX-License-Identifier: BSD-3-Clause */
/* What a person reads: there for everything, in each language, with the same things filled in. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/login/texts.h"
#include "tests/harness/runner.h"

#include <stdlib.h>
#include <string.h>

static char *
written(const struct text_voice *voice, enum text_id id, const char *first, const char *second,
        const char *third)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(stream);
    text_write(stream, voice, id, first, second, third);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static unsigned
count(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* One line, for people: no control characters, nothing of a template left. */
static void
must_be_a_line(const char *text)
{
    ck_assert_msg(text && *text, "an empty text");
    ck_assert_msg(characters_are_clean(text, strlen(text)), "%s", text);
    ck_assert_msg(!strchr(text, '$'), "%s", text);
    ck_assert_msg(!strchr(text, '%'), "%s", text);
}

TEST_CASE("texts");

LOOP_TEST(every_text_is_there_in_both_languages, TEXT_COUNT)
{
    char *texts[LANGUAGE_COUNT];

    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        texts[language] =
            written(&text_idin_voices[language], (enum text_id)_i, "<1>", "<2>", "<3>");
        must_be_a_line(texts[language]);
    }
    ck_assert_str_ne(texts[LANGUAGE_EN], texts[LANGUAGE_NL]);
    for (const char *const *p = (const char *const[]){"<1>", "<2>", "<3>", NULL}; *p; p++)
        ck_assert_msg(count(texts[LANGUAGE_EN], *p) == count(texts[LANGUAGE_NL], *p),
                      "%s is not used alike: %s, %s", *p, texts[LANGUAGE_EN], texts[LANGUAGE_NL]);
    for (int language = 0; language < LANGUAGE_COUNT; language++)
        free(texts[language]);
}

/* As texts.h promises its callers. */
static const struct {
    enum text_id id;
    unsigned n_arguments;
} arguments[] = {
    {TEXT_ENTERING_ACCOUNT, 3}, {TEXT_ENTERING, 2},       {TEXT_SCAN, 0},
    {TEXT_OPEN_LINK, 0},        {TEXT_NO_CODE_FITS, 0},   {TEXT_PRESS_ENTER, 1},
    {TEXT_NOT_YET, 1},          {TEXT_CHECK_LINK, 1},     {TEXT_WAITING, 1},
    {TEXT_WAITING_CTRL_C, 1},   {TEXT_WAITING_ENTER, 1},  {TEXT_SCANNED, 1},
    {TEXT_SCANNED_CTRL_C, 1},   {TEXT_SCANNED_ENTER, 1},  {TEXT_WELCOME, 1},
    {TEXT_WHICH_ACCOUNT, 0},    {TEXT_ACCOUNT_PROMPT, 1}, {TEXT_IDLE, 1},
    {TEXT_ANOTHER_CODE, 0},     {TEXT_USER_CODE, 1},      {TEXT_THIS_MACHINE, 0},
    {TEXT_SCAN_USER_CODE, 1},   {TEXT_CODE_NEEDS, 2},     {TEXT_CONTACTING, 0},
    {TEXT_APPROVED, 0},         {TEXT_NUMBER, 0},         {TEXT_NUMBER_WRONG, 1},
    {TEXT_NUMBER_FORM, 0},      {TEXT_GO_ON, 0},
};

LOOP_TEST(each_argument_has_its_place, ARRAY_LENGTH(arguments))
{
    static const char *const marks[] = {"<1>", "<2>", "<3>"};
    char *text;

    ck_assert_uint_eq(ARRAY_LENGTH(arguments), TEXT_COUNT);
    text = written(&text_idin_voices[LANGUAGE_NL], arguments[_i].id, "<1>", "<2>", "<3>");
    for (unsigned i = 0; i < 3; i++)
        ck_assert_msg(count(text, marks[i]) == (i < arguments[_i].n_arguments), "%s: %s", marks[i],
                      text);
    free(text);
}

TEST(arguments_are_not_templates)
{
    char *text = written(&text_idin_voices[LANGUAGE_EN], TEXT_ENTERING_ACCOUNT, "$2", "%s$1", NULL);

    ck_assert_str_eq(text, "Log in to $2 as %s$1 ()");
    free(text);
}

TEST(a_copy_is_cut_where_it_must)
{
    char whole[100];

    text_copy(whole, sizeof whole, &text_idin_voices[LANGUAGE_EN], TEXT_WELCOME, "alice");
    ck_assert_str_eq(whole, "Welcome, alice.");
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        char *text = malloc(size);
        ck_assert_ptr_nonnull(text);
        text_copy(text, size, &text_idin_voices[LANGUAGE_EN], TEXT_WELCOME, "alice");
        ck_assert_uint_eq(strlen(text), size - 1);
        ck_assert_int_eq(strncmp(text, whole, size - 1), 0);
        free(text);
    }
}

static const struct text_voice voices[] = {
    {LANGUAGE_EN, "", true},         {LANGUAGE_NL, "", true},
    {LANGUAGE_EN, "Signicat", true}, {LANGUAGE_NL, "Signicat", true},
    {LANGUAGE_EN, "id.test", false}, {LANGUAGE_NL, "id.test", false},
};

/* The number of an error says nothing to a person; every one but success has a sentence. */
LOOP_TEST(every_error_has_a_sentence_of_its_own, ARRAY_LENGTH(voices))
{
    char text[TEXT_ERROR_SIZE], other_text[TEXT_ERROR_SIZE];
    unsigned n_errors = 0;

    for (int error = -1; error >= -255; error--) {
        text_copy_error(text, sizeof text, &voices[_i], (enum idq_error)error);
        must_be_a_line(text);
        ck_assert_uint_lt(strlen(text), sizeof text - PROVIDER_NAME_SIZE);
        ck_assert_int_eq(text[strlen(text) - 1], '.');
        if (!error_is_known(error)) {
            text_copy_error(other_text, sizeof other_text, &voices[_i], IDQ_AGENT);
            ck_assert_str_eq(text, other_text);
            continue;
        }
        n_errors++;
        for (int other = error + 1; other < 0; other++) {
            if (!error_is_known(other))
                continue;
            text_copy_error(other_text, sizeof other_text, &voices[_i], (enum idq_error)other);
            ck_assert_msg(strcmp(text, other_text) != 0, "%d and %d: %s", error, other, text);
        }
    }
    ck_assert_uint_ge(n_errors, 27);
}

/* No bank and no iDIN where an OpenID provider is in use, and its name in their place. */
TEST(texts_name_the_provider)
{
    char text[TEXT_ERROR_SIZE];
    unsigned n_named = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(voices); i++)
        for (int error = -1; error >= -255; error--) {
            text_copy_error(text, sizeof text, &voices[i], (enum idq_error)error);
            ck_assert_msg(voices[i].has_banks || !strstr(text, "iDIN"), "%s", text);
            ck_assert_msg(voices[i].has_banks || !strstr(text, "bank"), "%s", text);
            n_named += strstr(text, "id.test") != NULL;
        }
    ck_assert_uint_gt(n_named, 20);
    text_copy_error(text, sizeof text, &voices[0], IDQ_UNREACHABLE);
    ck_assert_str_eq(text, "The iDIN service cannot be reached. Try again later, or log in another "
                           "way.");
    text_copy_error(text, sizeof text, &voices[2], IDQ_UNREACHABLE);
    ck_assert_str_eq(text, "Signicat cannot be reached. Try again later, or log in another way.");
    text_copy_error(text, sizeof text, &voices[5], IDQ_REFUSED);
    ck_assert_str_eq(text,
                     "Het inloggen is bij id.test gestopt of geweigerd. U bent niet ingelogd.");
    text_copy_error(text, sizeof text, &voices[2], IDQ_BANK_FAILED);
    ck_assert_str_eq(text, "Your bank could not complete this. Try again, or try another bank.");
    text_copy(text, sizeof text, &voices[4], TEXT_WAITING, "1:59");
    ck_assert_str_eq(text, "Waiting for id.test, 1:59 left");
}

static const struct {
    const char *text;
    unsigned columns;
    const char *wrapped;
} wraps[] = {
    {"one two three", 0, "one two three"},
    {"one two three", 13, "one two three"},
    {"one two three", 12, "one two\nthree"},
    {"one two three", 7, "one two\nthree"},
    {"one two three", 6, "one\ntwo\nthree"},
    {"one two three", 1, "one\ntwo\nthree"},
    {"  one two: ", 8, "  one\ntwo: "},
    {"  one two: ", 10, "  one two: "}, /* the cursor may stand in the next row */
    {"\n  one two\n  one two", 8, "\n  one\ntwo\n  one\ntwo"},
    {"    1  alice", 11, "    1\n alice"},
    {"    1  alice", 12, "    1  alice"},
    {"één twéé", 8, "één twéé"},
    {"één twéé", 7, "één\ntwéé"},
    {"at https://qr.example/abc, now", 10, "at\nhttps://qr.example/abc,\nnow"},
    {"  https://qr.example/abc", 10, "  https://qr.example/abc"},
    {"", 10, ""},
    {" ", 1, " "},
    {"\n\n", 1, "\n\n"},
};

TEST_CASE("wrap");

LOOP_TEST(a_line_is_broken_at_blanks, ARRAY_LENGTH(wraps))
{
    char text[100];

    strcpy(text, wraps[_i].text);
    text_wrap(text, wraps[_i].columns);
    ck_assert_str_eq(text, wraps[_i].wrapped);
}

static unsigned
characters(const char *text, size_t size)
{
    unsigned n = 0;

    for (size_t i = 0; i < size; i++)
        n += (text[i] & 0xC0) != 0x80;
    return n;
}

/* Each row is as full as it can be, and no word is broken. */
static void
must_wrap(const char *text, unsigned columns)
{
    char wrapped[TEXT_ERROR_SIZE + 2];
    size_t size;

    snprintf(wrapped, sizeof wrapped, "  %s", text);
    text_wrap(wrapped, columns);
    ck_assert_uint_eq(strlen(wrapped), strlen(text) + 2);
    for (size_t i = 0; wrapped[i]; i++)
        ck_assert(wrapped[i] == (i < 2 ? ' ' : text[i - 2]) ||
                  (wrapped[i] == '\n' && text[i - 2] == ' '));
    for (const char *row = wrapped;; row += size + 1) {
        size = strcspn(row, "\n");
        if (row[size] == '\0' && row[size - 1] == ' ')
            size--; /* behind a prompt; the cursor may stand in the next row */
        ck_assert_msg(characters(row, size) <= columns || !memchr(row + 2, ' ', size - 2),
                      "%u columns: %s", columns, wrapped);
        if (row[size] != '\n')
            break;
        ck_assert_msg(characters(row, size + 1 + strcspn(row + size + 1, " \n")) > columns,
                      "%u columns: %s", columns, wrapped);
    }
}

LOOP_TEST(every_text_is_wrapped, ARRAY_LENGTH(voices))
{
    char text[TEXT_ERROR_SIZE];
    unsigned n_texts = 0;

    for (unsigned columns = 20; columns <= 80; columns++) {
        for (enum text_id id = 0; id < TEXT_COUNT; id++, n_texts++) {
            char *made = written(&voices[_i], id, "1:59", "alice", "sudo");
            must_wrap(made, columns);
            free(made);
        }
        for (int error = -1; error >= -255; error--) {
            if (!error_is_known(error))
                continue;
            n_texts++;
            text_copy_error(text, sizeof text, &voices[_i], (enum idq_error)error);
            must_wrap(text, columns);
        }
    }
    ck_assert_uint_ge(n_texts, 61 * (TEXT_COUNT + 27));
}

static const struct {
    enum config_language setting;
    const char *lc_all, *lc_messages, *lang;
    enum text_language language;
} environments[] = {
    {CONFIG_LANGUAGE_AUTO, NULL, NULL, NULL, LANGUAGE_EN},
    {CONFIG_LANGUAGE_AUTO, NULL, NULL, "nl_NL.UTF-8", LANGUAGE_NL},
    {CONFIG_LANGUAGE_AUTO, NULL, NULL, "nl", LANGUAGE_NL},
    {CONFIG_LANGUAGE_AUTO, NULL, NULL, "C", LANGUAGE_EN},
    {CONFIG_LANGUAGE_AUTO, NULL, NULL, "de_DE.UTF-8", LANGUAGE_EN},
    {CONFIG_LANGUAGE_AUTO, NULL, "nl_BE", "en_GB.UTF-8", LANGUAGE_NL},
    {CONFIG_LANGUAGE_AUTO, NULL, "C", "nl_NL", LANGUAGE_EN},
    {CONFIG_LANGUAGE_AUTO, "nl_NL", "en_GB", "en_GB", LANGUAGE_NL},
    {CONFIG_LANGUAGE_AUTO, "C.UTF-8", "nl_NL", "nl_NL", LANGUAGE_EN},
    {CONFIG_LANGUAGE_AUTO, "", "", "nl_NL", LANGUAGE_NL}, /* empty is as good as unset */
    {CONFIG_LANGUAGE_AUTO, "", "", "", LANGUAGE_EN},
    {CONFIG_LANGUAGE_NL, "en_GB", "en_GB", "en_GB", LANGUAGE_NL},
    {CONFIG_LANGUAGE_EN, "nl_NL", "nl_NL", "nl_NL", LANGUAGE_EN},
};

static void
set(const char *variable, const char *value)
{
    ck_assert_int_eq(value ? setenv(variable, value, 1) : unsetenv(variable), 0);
}

TEST_CASE("language");

LOOP_TEST(the_language_is_the_hosts, ARRAY_LENGTH(environments))
{
    set("LC_ALL", environments[_i].lc_all);
    set("LC_MESSAGES", environments[_i].lc_messages);
    set("LANG", environments[_i].lang);
    ck_assert_int_eq(text_language_of(environments[_i].setting), environments[_i].language);
}

TEST(languages_have_codes)
{
    static const char *const codes[] = {[LANGUAGE_EN] = "en", [LANGUAGE_NL] = "nl"};

    for (int language = 0; language < LANGUAGE_COUNT; language++)
        ck_assert_str_eq(text_language_code((enum text_language)language), codes[language]);
}

RUN_TESTS("texts", NULL);
