/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the harness's browser: headless Chromium on a page that the test writes. Runs as the user
 * who runs the tests, on loopback. Skipped without Chromium. */
#include "tests/harness/browser.h"
#include "tests/harness/camera.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <stdlib.h>

#define WAIT_MS 60000

TEST_CASE("page", .timeout_s = 120);

TEST(a_page_is_shown_at_a_phone_s_size_and_reacts)
{
    char *dir = scratch_dir("page"), *path = scratch_path(dir, "page.html"), *url, *png;
    struct picture *picture;
    BROWSER_AUTO *browser = browser_start("nl");

    scratch_write(path, 0644,
                  "<!DOCTYPE html><meta charset=utf-8><meta name=viewport "
                  "content=\"width=device-width\"><h1>Een é</h1>"
                  "<button onclick=\"document.body.append(navigator.language)\">Druk</button>");
    url = scratch_text("file://%s", path);
    browser_open(browser, url);
    ck_assert_int_eq(browser_number(browser, "return window.innerWidth"), BROWSER_WIDTH_PX);
    ck_assert_int_eq(browser_number(browser, "return window.innerHeight"), BROWSER_HEIGHT_PX);
    char *title = browser_text(browser, "//h1");
    ck_assert_str_eq(title, "Een é");
    ck_assert_int_eq(browser_has(browser, "//body[contains(., 'nl')]"), 0);
    ck_assert_int_eq(browser_wait(browser, "//body[contains(., 'nl')]", 0), 0);
    browser_click(browser, "//button[. = 'Druk']");
    ck_assert_int_eq(browser_wait(browser, "//body[contains(., 'nl')]", WAIT_MS), 1);
    char *at = browser_url(browser);
    ck_assert_str_eq(at, url);

    png = scratch_path(dir, "page.png");
    browser_screenshot(browser, png);
    FILE *file = fopen(png, "re");
    ck_assert_ptr_nonnull(file);
    char *bytes = malloc(1 << 20);
    size_t size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    picture = picture_from_png(bytes, size);
    ck_assert_int_eq(picture->width_px, 2 * BROWSER_WIDTH_PX);
    ck_assert_int_eq(picture->height_px, 2 * BROWSER_HEIGHT_PX);
    picture_free(&picture);
    free(bytes);
    free(at);
    free(title);
}

RUN_TESTS("harness_browser", browser_why_not());
