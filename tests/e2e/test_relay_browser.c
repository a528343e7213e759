/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay's pages in headless Chromium: three widths, a light and a dark theme, Dutch and
 * English. Each page fits, can be tapped and read, and has no script. Skipped where there is no
 * Chromium. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/browser.h"
#include "tests/harness/http_client.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 60000

/* The longest names, without a blank to break them at. */
#define STATION "Gemeente-Voorbeeld-Publiekszaken-Begane-Grond-Balie-Noord-00003"
#define ACCOUNT "medewerker-publiekszaken-met-een-heel-lange-naam-van-63-tekens_"

static const struct words {
    const char *language, *other, *choose, *bank, *first, *next, *go, *number, *not_me, *denied,
        *approved, *cancelled, *expired, *unknown, *again;
} words[] = {
    {"en", "Nederlands", "Choose your bank", "Bank", "Choose a bank first.", "Continue",
     "To your bank", "Type this number", "This was not me", "Nobody was logged in.", "Approved",
     "Nothing was shared, and nobody was logged in.", "The code has expired",
     "This page does not exist", "Try again"},
    {"nl", "English", "Kies uw bank", "Bank", "Kies eerst een bank.", "Verder", "Naar uw bank",
     "Typ dit getal", "Dit was ik niet", "Er is niemand ingelogd.", "Goedgekeurd",
     "Er is niets gedeeld en niemand is ingelogd.", "De code is verlopen",
     "Deze pagina bestaat niet", "Opnieuw proberen"},
};

/* --- one page -----------------------------------------------------------------------------------
 */

/* Returns what is wrong, a line each. WCAG 2.2: 1.4.3 contrast of text, 1.4.10 reflow, 1.4.11
 * contrast of controls, 2.5.5 size of targets. */
static const char rules[] =
    "const out = [], root = document.documentElement, is_dark = arguments_is_dark;"
    "const numbers = s => s.match(/[\\d.]+/g).map(Number);"
    "const lum = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= 0.04045 ?"
    " v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });"
    " return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };"
    "const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p);"
    " return (x + 0.05) / (y + 0.05); };"
    "const ground = e => { for (; e; e = e.parentElement) {"
    " const c = numbers(getComputedStyle(e).backgroundColor);"
    " if (c.length < 4 || c[3] === 1) return c; if (c[3] > 0) out.push('half a ground');"
    " } out.push('no ground'); return [255, 255, 255]; };"
    "const say = e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 40);"
    "if (root.scrollWidth > window.innerWidth) out.push('scrolls sideways: ' + root.scrollWidth);"
    "for (const e of document.querySelectorAll('body *')) {"
    " const b = e.getBoundingClientRect();"
    " if (b.right > window.innerWidth + 0.5 || b.left < -0.5) out.push('outside: ' + say(e));"
    " if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0) out.push('cut: ' + say(e));"
    " for (const a of e.attributes) if (a.name.startsWith('on') || a.name === 'style' ||"
    " /^\\s*javascript:/i.test(a.value)) out.push('script: ' + say(e)); }"
    "if (document.scripts.length || document.querySelector('link, img, iframe, object, embed'))"
    " out.push('loads something');"
    "for (const e of document.querySelectorAll('a[href], button, input:not([type=hidden])')) {"
    " const t = e.closest('label') || e, b = t.getBoundingClientRect();"
    " if (b.width < 44 || b.height < 44) out.push('target ' + b.width + ' by ' + b.height + ': ' +"
    " say(t));"
    " if (t.classList.contains('choice') && ratio(numbers(getComputedStyle(t).borderTopColor),"
    " ground(t)) < 3) out.push('edge: ' + say(t)); }"
    "const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);"
    "let n_texts = 0;"
    "while (walker.nextNode()) { const e = walker.currentNode.parentElement;"
    " if (!walker.currentNode.data.trim() || !e.getClientRects().length) continue; n_texts++;"
    " const r = ratio(numbers(getComputedStyle(e).color), ground(e));"
    " if (r < 4.5) out.push('contrast ' + r.toFixed(2) + ': ' + say(e)); }"
    "if (!n_texts) out.push('no text');"
    "if ((lum(ground(document.querySelector('main'))) < 0.2) !== is_dark) out.push('theme');"
    "if (document.querySelectorAll('h1').length !== 1) out.push('not one h1');"
    "if (document.querySelectorAll('main').length !== 1) out.push('not one main');"
    "if (!document.title.includes(' · ')) out.push('no title');"
    "return out.join('\\n');";

static void
obeys_rules(struct browser *browser, const struct words *say, int width_px, bool is_dark)
{
    char *script =
        scratch_text("const arguments_is_dark = %s;%s", is_dark ? "true" : "false", rules);
    char *wrong, *language;

    browser_emulate(browser, width_px, is_dark);
    ck_assert_int_eq(browser_number(browser, "return window.innerWidth"), width_px);
    wrong = browser_says(browser, script);
    if (wrong[0])
        ck_abort_msg("%d px, %s, %s:\n%s\n%s", width_px, is_dark ? "dark" : "light", say->language,
                     wrong, browser_text(browser, "//body"));
    language = browser_says(browser, "return document.documentElement.lang");
    ck_assert_str_eq(language, say->language);
    free(wrong);
    free(language);
}

/* The policy stops a script that reached the page. */
static void
runs_no_script(struct browser *browser)
{
    ck_assert_int_eq(browser_number(browser,
                                    "const s = document.createElement('script');"
                                    "s.textContent = 'window.has_run = 1'; document.head.append(s);"
                                    "s.remove(); return window.has_run ? 1 : 0"),
                     0);
}

/* The page with this text, in each width and theme. */
static void
is_good(struct browser *browser, const struct words *say, const char *text)
{
    static const int widths_px[] = {320, 390, 768};
    char *xpath = scratch_text("//main[contains(., \"%s\")]", text);

    ck_assert_msg(browser_wait(browser, xpath, WAIT_MS), "no \"%s\" on: %s", text,
                  browser_text(browser, "//body"));
    for (size_t i = 0; i < ARRAY_LENGTH(widths_px); i++)
        for (int is_dark = 0; is_dark < 2; is_dark++)
            obeys_rules(browser, say, widths_px[i], is_dark);
}

static void
is_read_as(struct browser *browser, const char *xpath, const char *role, const char *name)
{
    char *found_role = browser_role(browser, xpath), *found_name = browser_name(browser, xpath);

    ck_assert_msg(strcmp(found_role, role) == 0 && strcmp(found_name, name) == 0,
                  "%s: %s \"%s\", not %s \"%s\"", xpath, found_role, found_name, role, name);
    free(found_role);
    free(found_name);
}

/* --- the pages of a login ------------------------------------------------------------------------
 */

static void
click(struct browser *browser, const char *element, const char *text)
{
    char *xpath = scratch_text("//%s[contains(., '%s')]", element, text);

    ck_assert_msg(browser_wait(browser, xpath, WAIT_MS), "no %s on: %s", xpath,
                  browser_text(browser, "//body"));
    browser_click(browser, xpath);
}

/* A relay that has just started waits for the acquirer's list of banks. */
static void
open_banks(struct browser *browser)
{
    browser_open(browser, relay_code.link);
    while (!browser_has(browser, "//input[@name='bank']")) {
        poll(NULL, 0, 20);
        browser_open(browser, relay_code.link);
    }
}

/* To the bank, approved or refused, and back. The pages between go on by themselves. */
static void
visit_bank(struct browser *browser, const struct words *say, const char *answer)
{
    click(browser, "label", "Testbank Noord");
    click(browser, "button", say->next);
    click(browser, "label", "Anna de Vries");
    click(browser, "button", say->next);
    /* Each page of the bank has a button to refuse, and the last one a button to approve. */
    ck_assert(browser_wait(browser, "//button[@value='approve']", WAIT_MS));
    browser_click(browser, scratch_text("//button[@value='%s']", answer));
}

static struct browser *
begin(const struct words *say, const struct relay_options *options)
{
    relay_station = STATION;
    relay_account = ACCOUNT;
    relay_login_begin(options);
    return browser_start(say->language);
}

TEST_CASE("pages", .teardown = relay_login_end, .timeout_s = 180);

LOOP_TEST(banks, ARRAY_LENGTH(words))
{
    const struct words *say = &words[_i];
    BROWSER_AUTO *browser = begin(say, NULL);

    open_banks(browser);
    is_good(browser, say, STATION);
    is_good(browser, say, ACCOUNT);
    runs_no_script(browser);
    is_read_as(browser, "//h1", "heading", say->choose);
    is_read_as(browser, "//fieldset", "group", say->bank);
    is_read_as(browser, "//input[@name='bank'][1]", "radio", "Testbank Noord");
    is_read_as(browser, "//button", "button", say->next);
    is_read_as(browser, "//nav/a", "link", say->other);
    is_read_as(browser, "//main", "main", "");
    /* A browser without the check of required fields. */
    ck_assert_int_eq(browser_number(browser, "document.querySelectorAll('[required]').forEach("
                                             "e => { e.required = false; }); return 1"),
                     1);
    click(browser, "button", say->next);
    is_good(browser, say, say->first);
    is_read_as(browser, "//p[@class='error']", "alert", "");
}

LOOP_TEST(a_number, ARRAY_LENGTH(words))
{
    const struct words *say = &words[_i], *other = &words[1 - _i];
    BROWSER_AUTO *browser = begin(say, NULL);

    open_banks(browser);
    visit_bank(browser, say, "approve");
    is_good(browser, say, say->number);
    is_good(browser, say, STATION);
    runs_no_script(browser);
    is_read_as(browser, "//h1", "heading", say->number);
    is_read_as(browser, "//output", "status", "");
    is_read_as(browser, "//button", "button", say->not_me);
    /* In the other language the page is the same. */
    click(browser, "a", say->other);
    is_good(browser, other, other->number);
    click(browser, "button", other->not_me);
    is_good(browser, other, other->denied);
    runs_no_script(browser);
    relay_status_must_be("cancelled");
    relay_log_must_say("outcome=refused");
}

LOOP_TEST(approved_without_a_number, ARRAY_LENGTH(words))
{
    const struct words *say = &words[_i];
    BROWSER_AUTO *browser = begin(say, &(struct relay_options){.general = "confirm = none"});

    open_banks(browser);
    visit_bank(browser, say, "approve");
    is_good(browser, say, say->approved);
    relay_must_succeed(NULL);
}

LOOP_TEST(ends, ARRAY_LENGTH(words))
{
    const struct words *say = &words[_i];
    BROWSER_AUTO *browser = begin(say, NULL);
    struct relay_wait wait;

    open_banks(browser);
    visit_bank(browser, say, "refuse");
    is_good(browser, say, say->cancelled);
    runs_no_script(browser);
    browser_open(browser, scratch_text("%s0", relay_code.link));
    is_good(browser, say, say->unknown);
    runs_no_script(browser);
    relay_code_generate(relay_here, 0, 2, &relay_code);
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, 60, &wait);
    ck_assert_str_eq(relay_wait_end(&wait, WAIT_MS), "expired");
    browser_open(browser, relay_code.link);
    is_good(browser, say, say->expired);
}

/* With the words of the acquirer, and a link to the banks. */
LOOP_TEST(no_transaction, ARRAY_LENGTH(words))
{
    const struct words *say = &words[_i];
    BROWSER_AUTO *browser =
        begin(say, &(struct relay_options){
                       .sandbox = (const char *const[]){"--fault", "acquirer-error", NULL}});

    open_banks(browser);
    click(browser, "label", "Testbank Noord");
    click(browser, "button", say->next);
    is_good(browser, say, "The bank cannot help you now.");
    is_read_as(browser, "//main//a", "link", say->again);
    runs_no_script(browser);
    click(browser, "a", say->again);
    is_good(browser, say, say->choose);
}

/* It goes on by itself, so the browser gets it from a file, without that line. */
LOOP_TEST(on_the_way, ARRAY_LENGTH(words))
{
    const struct words *say = &words[_i];
    BROWSER_AUTO *browser = begin(say, NULL);
    HTTP_ANSWER_AUTO answer = {0};
    struct http_client *client = http_client_new(relay_server_ca_file(relay_here), NULL);
    char *path = scratch_path(scratch_dir("page"), "page.html"), *html, *refresh;

    open_banks(browser);
    ck_assert(http_request(client, "POST",
                           scratch_text("%s?lang=%s", relay_code.link, say->language),
                           "application/x-www-form-urlencoded", "bank=TSTNNL22", &answer));
    http_client_free(&client);
    ck_assert_int_eq(answer.status, 200);
    html = scratch_text("%s", answer.body);
    refresh = strstr(html, "<meta http-equiv=\"refresh\" content=\"0;url=https://");
    ck_assert_ptr_nonnull(refresh);
    memcpy(refresh, "<!--", 4);
    memcpy(strchr(refresh, '>') - 2, "--", 2);
    scratch_write(path, 0644, html);
    browser_open(browser, scratch_text("file://%s", path));
    is_good(browser, say, say->go);
    is_read_as(browser, "//main/div/a", "link", say->next);
}

RUN_TESTS("relay_browser", browser_why_not());
