/* SPDX-License-Identifier: BSD-3-Clause */
/* The harness's form client: what a browser would send, and what it would not. Pure. */
#include "tests/harness/page.h"
#include "tests/harness/runner.h"

#include <string.h>

#define BASE "https://desk.example:8443/q/abc?lang=en"

static struct page *
parse(const char *html)
{
    return page_parse(html, strlen(html), BASE);
}

static void
check_press(struct page *page, const char *button, const char *url, const char *body)
{
    struct page_request request;
    const char *problem = page_press(page, button, &request);

    ck_assert_pstr_eq(problem, NULL);
    ck_assert_str_eq(request.url, url);
    ck_assert_pstr_eq(request.body, body);
    ck_assert_int_eq(request.post, body != NULL);
    page_request_free(&request);
}

static void
check_refused(struct page *page, const char *button, const char *why)
{
    struct page_request request;
    const char *problem = page_press(page, button, &request);

    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, why) != NULL, "%s", problem);
    ck_assert_ptr_null(request.url);
}

TEST_CASE("forms");

TEST(text_is_what_a_reader_sees)
{
    struct page *page = parse("<html><head><title>no</title><style>no</style></head><body>\n"
                              "<h1> One  two</h1><p>Th<b>re</b>e &amp; f&ouml;ur</p>"
                              "<p hidden>no</p><script>no</script><!-- no --></body></html>");

    ck_assert_str_eq(page_visible_text(page), "One two Three & föur");
    page_free(&page);
    page = page_parse("", 0, BASE);
    ck_assert_str_eq(page_visible_text(page), "");
    page_free(&page);
}

static const char banks[] =
    "<form method=\"post\" action=\"/q/abc\"><input type=\"hidden\" name=\"form\" value=\"t+/=\">"
    "<label><input type=\"radio\" name=\"bank\" value=\"noord\" required> <span>Testbank "
    "Noord</span></label>"
    "<input type=\"radio\" name=\"bank\" value=\"proef\" id=\"p\"><label "
    "for=\"p\">Proefbank</label>"
    "<button type=\"button\">Script</button><button type=\"submit\">Continue</button>"
    "<button name=\"answer\" value=\"refuse\" formnovalidate>Stop</button></form>";

TEST(a_choice_by_label_or_value_is_sent_with_the_hidden_fields)
{
    struct page *page = parse(banks);

    ck_assert_pstr_eq(page_choose(page, "Testbank Noord"), NULL);
    check_press(page, NULL, "https://desk.example:8443/q/abc", "form=t%2B%2F%3D&bank=noord");
    ck_assert_pstr_eq(page_choose(page, "Proefbank"), NULL);
    check_press(page, "Continue", "https://desk.example:8443/q/abc", "form=t%2B%2F%3D&bank=proef");
    ck_assert_pstr_eq(page_choose(page, "noord"), NULL);
    check_press(page, "refuse", "https://desk.example:8443/q/abc",
                "form=t%2B%2F%3D&bank=noord&answer=refuse");
    page_free(&page);
}

TEST(a_required_choice_stops_the_form_unless_the_button_says_otherwise)
{
    struct page *page = parse(banks);

    check_refused(page, NULL, "requires");
    check_press(page, "Stop", "https://desk.example:8443/q/abc", "form=t%2B%2F%3D&answer=refuse");
    page_free(&page);
}

TEST(what_is_not_there_or_ambiguous_is_refused)
{
    struct page *page = parse(banks);

    ck_assert_ptr_nonnull(page_choose(page, "Testbank"));
    check_refused(page, "Script", "not on the page");
    check_refused(page, "Approve", "not on the page");
    page_free(&page);
    page = parse("<form><button>Go</button><button>Go</button>"
                 "<button value=\"x\" disabled>No</button></form><button>Out</button>");
    check_refused(page, "Go", "several");
    check_refused(page, "No", "disabled");
    check_refused(page, "Out", "outside");
    page_free(&page);
}

TEST(other_fields_are_sent_as_a_browser_does)
{
    struct page *page = parse(
        "<form method=\"POST\" action=\"next\"><input name=\"a\" value=\"1\"><input name=\"off\" "
        "value=\"x\" disabled><input type=\"checkbox\" name=\"c\"><textarea name=\"t\">x &amp; "
        "y</textarea><select name=\"s\"><option "
        "value=\"1\">One</option><option>Two</option></select>"
        "<input value=\"no name\"><input type=\"submit\" name=\"go\" value=\"Send\"></form>");

    check_press(page, "Send", "https://desk.example:8443/q/next", "a=1&t=x%20%26%20y&s=1&go=Send");
    ck_assert_pstr_eq(page_fill(page, "a", "é&"), NULL);
    ck_assert_pstr_eq(page_fill(page, "t", "<b>&amp;"), NULL);
    ck_assert_pstr_eq(page_choose(page, "Two"), NULL);
    ck_assert_pstr_eq(page_choose(page, "on"), "it is not on the page");
    ck_assert_ptr_nonnull(page_fill(page, "off", "y"));
    ck_assert_ptr_nonnull(page_fill(page, "nowhere", "y"));
    check_press(page, NULL, "https://desk.example:8443/q/next",
                "a=%C3%A9%26&t=%3Cb%3E%26amp%3B&s=Two&go=Send");
    ck_assert_pstr_eq(page_choose(page, "One"), NULL);
    check_press(page, NULL, "https://desk.example:8443/q/next",
                "a=%C3%A9%26&t=%3Cb%3E%26amp%3B&s=1&go=Send");
    page_free(&page);
}

TEST(only_the_pressed_button_s_form_is_sent)
{
    struct page *page =
        parse("<form><input type=\"hidden\" name=\"a\" value=\"1\"><button>One</button>"
              "</form><form action=\"?x=y#z\"><input type=\"hidden\" name=\"b\" "
              "value=\"2\"><button>Two</button></form>");

    check_press(page, "Two", "https://desk.example:8443/q/abc?b=2", NULL);
    check_press(page, "One", "https://desk.example:8443/q/abc?a=1", NULL);
    page_free(&page);
}

TEST(a_button_may_stand_outside_of_its_form)
{
    struct page *page = parse("<form id=\"x.y\" method=\"post\" action=\"next\"><input "
                              "type=\"hidden\" name=\"a\" value=\"1\"></form>"
                              "<form><button form=\"x.y\" name=\"b\" value=\"2\">Go</button></form>"
                              "<button form=\"z\">No</button>");

    check_press(page, "Go", "https://desk.example:8443/q/next", "a=1&b=2");
    struct page_request request;
    ck_assert_ptr_nonnull(page_press(page, "No", &request));
    page_free(&page);
}

TEST(links_lead_where_they_say)
{
    struct page *page = parse("<a href=\"?lang=nl\">Nederlands</a><a>no</a>");
    struct page_request request;

    ck_assert_pstr_eq(page_follow(page, "Nederlands", &request), NULL);
    ck_assert_str_eq(request.url, "https://desk.example:8443/q/abc?lang=nl");
    page_request_free(&request);
    ck_assert_ptr_nonnull(page_follow(page, "no", &request));
    page_free(&page);
}

RUN_TESTS("harness_page", NULL);
