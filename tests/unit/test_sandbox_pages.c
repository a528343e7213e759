/* SPDX-License-Identifier: BSD-3-Clause */
/* The phone's pages: nothing is taken for markup, every text is there in both languages, and each
 * step's page has the form that the next step needs. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/web/html.h"
#include "pam_idinqr/sandbox/pages.h"
#include "tests/harness/runner.h"

#include <string.h>

TEST_CASE("html");

TEST(escapes)
{
    HTML_AUTO html = {.text = NULL};

    html_add(&html, "<p title=\"%s\">%s</p>", "a\"b", "<script>'&é");
    ck_assert_str_eq(html.text, "<p title=\"a&quot;b\">&lt;script&gt;&#39;&amp;é</p>");
    ck_assert_uint_eq(html.size, strlen(html.text));
    ck_assert_int_eq(html.failed, 0);
}

TEST(refuses_other_templates)
{
    HTML_AUTO html = {.text = NULL};

    html_add(&html, "<p>%d</p>", 1);
    ck_assert_int_eq(html.failed, 1);
}

TEST_CASE("texts");

TEST(has_every_text)
{
    for (int language = 0; language < PAGE_LANGUAGES; language++)
        for (int text = 0; text < PAGE_TEXTS; text++) {
            const char *words = page_text((enum page_language)language, (enum page_text)text);
            ck_assert_msg(words && words[0], "text %d has no %s", text,
                          language_code((enum page_language)language));
            ck_assert_int_eq(characters_are_not_controls(words, strlen(words)), 1);
        }
}

static const struct {
    const char *header;
    enum page_language language;
} headers[] = {
    {"", PAGE_ENGLISH},
    {"nl", PAGE_DUTCH},
    {"nl-BE, en;q=0.8", PAGE_DUTCH},
    {"en-GB,en;q=0.9,nl;q=0.8", PAGE_ENGLISH},
    {"de, en;q=0.3, NL;q=0.7", PAGE_DUTCH},
    {"nl;q=0, en;q=0.1", PAGE_ENGLISH},
    {"en;q=0.123, nl ; q=0.124", PAGE_DUTCH},
    {"nlx, fr", PAGE_ENGLISH},
    {"nl, en", PAGE_DUTCH}, /* as much: the first */
    {",;q=,nl;q", PAGE_DUTCH},
};

LOOP_TEST(chooses_the_language, ARRAY_LENGTH(headers))
{
    ck_assert_int_eq(language_from_header(headers[_i].header), headers[_i].language);
}

static void
check_contains(const struct html *page, const char *text)
{
    ck_assert_int_eq(page->failed, 0);
    ck_assert_msg(strstr(page->text, text) != NULL, "%s is not in %s", text, page->text);
}

TEST_CASE("pages");

TEST(steps_have_their_forms)
{
    struct visit visit = {.form_token = "0123456789abcdefghijkl", .step = VISIT_BANK};
    static const struct code code;
    HTML_AUTO bank = {.text = NULL}, person = {.text = NULL}, confirm = {.text = NULL},
              approved = {.text = NULL};

    page_step(&bank, PAGE_DUTCH, &code, &visit, "/q/x/y", 0);
    check_contains(&bank, "<html lang=\"nl\">");
    check_contains(&bank, "Testomgeving");
    check_contains(&bank, "method=\"post\" action=\"/q/x/y\"");
    check_contains(&bank, "name=\"form\" value=\"0123456789abcdefghijkl\"");
    for (size_t i = 0; bank_at(i); i++)
        check_contains(&bank, bank_at(i)->name);
    ck_assert_ptr_null(strstr(bank.text, "role=\"alert\""));

    visit.step = VISIT_PERSON;
    visit.bank = bank_at(1);
    page_step(&person, PAGE_ENGLISH, &code, &visit, "/q/x/y", 1);
    check_contains(&person, "<html lang=\"en\">");
    check_contains(&person, "Sandbox</strong> – no real bank");
    check_contains(&person, "role=\"alert\"");
    check_contains(&person, "value=\"celik\" required> <span>Çelik Yılmaz</span>");

    visit.step = VISIT_CONFIRM;
    visit.person = person_at(0);
    page_step(&confirm, PAGE_ENGLISH, &code, &visit, "/q/x/y", 0);
    check_contains(&confirm, bank_at(1)->name);
    check_contains(&confirm, "name=\"answer\" value=\"approve\"");
    check_contains(&confirm, "name=\"answer\" value=\"refuse\"");

    visit.step = VISIT_APPROVED;
    page_step(&approved, PAGE_ENGLISH, &code, &visit, "/q/x/y", 0);
    ck_assert_ptr_null(strstr(approved.text, "<form"));
}

TEST(the_number_and_what_it_opens)
{
    struct visit visit = {.form_token = "0123456789abcdefghijkl", .step = VISIT_NUMBER};
    struct code code = {
        .status = CODE_NUMBER, .number = "012345", .place = {"Balie <3>", "sudo", "alice"}};
    HTML_AUTO english = {.text = NULL}, dutch = {.text = NULL}, typed = {.text = NULL};

    page_step(&english, PAGE_ENGLISH, &code, &visit, "/q/x/y", 0);
    check_contains(&english, "<h1>Type this number at Balie &lt;3&gt;</h1>");
    check_contains(&english, ">012 345<");
    check_contains(&english, "Never tell it to anyone.");
    check_contains(&english, "<dd>sudo</dd>");
    check_contains(&english, "<dd>alice</dd>");
    check_contains(&english, "name=\"answer\" value=\"refuse\"");
    check_contains(&english, "This was not me");
    code.place.account[0] = '\0';
    page_step(&dutch, PAGE_DUTCH, &code, &visit, "/q/x/y", 0);
    check_contains(&dutch, "Typ dit getal bij Balie &lt;3&gt;");
    check_contains(&dutch, "Dit was ik niet");
    ck_assert_ptr_null(strstr(dutch.text, "Account"));
    code.status = CODE_SUCCESS;
    page_step(&typed, PAGE_ENGLISH, &code, &visit, "/q/x/y", 0);
    ck_assert_ptr_null(strstr(typed.text, "012 345"));
    ck_assert_ptr_null(strstr(typed.text, "<form"));
}

/* The policy names the hash of exactly what stands between the style tags; a page that a browser
 * shows without its style would be the first to tell of a difference, and no other test would. */
TEST(runs_and_loads_nothing)
{
    HTML_AUTO page = {.text = NULL};
    char hash[PAGE_STYLE_HASH_SIZE];
    struct http_reply reply = {.body = NULL};
    const char *policy = NULL;

    ck_assert_int_eq(page_style_hash(hash), 0);
    page_step_notice(&page, PAGE_ENGLISH, PAGE_USED_TITLE, PAGE_USED_LEAD, NULL);
    ck_assert_ptr_null(strstr(page.text, "<script"));
    ck_assert_ptr_null(strstr(page.text, " style="));
    ck_assert_ptr_null(strstr(page.text, "://"));
    ck_assert_int_eq(page_reply(&reply, 410, hash, &page), HTTP_REPLY);
    for (size_t i = 0; i < reply.n_headers; i++)
        if (strcmp(reply.headers[i].name, "Content-Security-Policy") == 0)
            policy = reply.headers[i].value;
    ck_assert_ptr_nonnull(policy);
    ck_assert_ptr_nonnull(strstr(policy, "default-src 'none'; style-src 'sha256-"));
    ck_assert_ptr_nonnull(strstr(policy, "frame-ancestors 'none'"));
    http_reply_free(&reply);
}

RUN_TESTS("sandbox_pages", NULL);
