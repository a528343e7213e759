/* SPDX-License-Identifier: BSD-3-Clause */
/* One whole login with a browser for a phone: the code on the desk's screen is decoded, its link is
 * opened in headless Chromium at a phone's size, and everything there is done by touching what a
 * person would touch. Skipped where there is no Chromium. */
#include "tests/harness/agent_user.h"
#include "tests/harness/browser.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 60000

struct words {
    const char *language, *next, *approve, *done;
};

struct visitor {
    const struct words *words;
    int n_visits;
};

/* Nothing to be pushed sideways or up on a phone. The name to compare begins the desk's own. */
static void
look(struct browser *browser, const char *screen)
{
    char *name = browser_text(browser, "//p[@class='where']/b");

    ck_assert_msg(strstr(screen, scratch_text("Log in to %s, ", name)), "no %s on\n%s", name,
                  screen);
    free(name);
    ck_assert_int_le(browser_number(browser, "return document.documentElement.scrollWidth"),
                     BROWSER_WIDTH_PX);
    ck_assert_int_le(browser_number(browser, "return document.documentElement.scrollHeight"),
                     BROWSER_HEIGHT_PX);
}

static void
touch(struct browser *browser, const char *element, const char *text)
{
    char *xpath;

    xpath = scratch_text("//%s[contains(., '%s')]", element, text);
    ck_assert_msg(browser_wait(browser, xpath, WAIT_MS), "%s is not on the page", xpath);
    browser_click(browser, xpath);
}

static int
approve(const struct login_message *message, void *user)
{
    struct visitor *visitor = user;
    char *link, *heading;

    if (visitor->n_visits > 0 || !strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    visitor->n_visits++;
    link = desk_scan(message->text);
    BROWSER_AUTO *browser = browser_start(visitor->words->language);
    browser_open(browser, link);
    look(browser, message->text);
    touch(browser, "label", "Oefenbank");
    touch(browser, "button", visitor->words->next);
    touch(browser, "label", "Anna de Vries"); /* on the second page */
    look(browser, message->text);
    touch(browser, "button", visitor->words->next);
    ck_assert(browser_wait(browser, "//button[@value='approve']", WAIT_MS));
    look(browser, message->text);
    touch(browser, "button", visitor->words->approve);
    heading = scratch_text("//h1[contains(., '%s')]", visitor->words->done);
    ck_assert_msg(browser_wait(browser, heading, WAIT_MS), "%s", heading);
    return PAM_SUCCESS;
}

TEST_CASE("login", .timeout_s = 120);

LOOP_TEST(test_browser_opens_desk, 2)
{
    static const struct words words[] = {
        {"en", "Continue", "Approve", "Approved"},
        {"nl", "Verder", "Goedkeuren", "Goedgekeurd"},
    };
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    struct visitor visitor = {.words = &words[_i]};
    LOGIN_STACK_AUTO *stack = login_stack_new();
    DESK_AUTO desk;
    char *service;

    desk_open(&desk, arguments);
    service = scratch_text("auth required %s\n", desk.module_line);
    login_stack_service(stack, "desk", service);
    login_stack_on_message(stack, approve, &visitor);
    login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_SUCCESS);
    ck_assert_int_eq(visitor.n_visits, 1);
}

static const char *
why_skip(void)
{
    const char *reason = browser_why_not();

    return reason ? reason : agent_user_why_not();
}

RUN_TESTS("browser", why_skip());
