/* SPDX-License-Identifier: BSD-3-Clause */
/* See browser.h. webdriver.c has the protocol. */
#include "tests/harness/browser.h"

#include "pam_idinqr/common/array.h"
#include "tests/harness/child.h"
#include "tests/harness/deadline.h"
#include "tests/harness/scratch.h"
#include "tests/harness/webdriver.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS 120000
#define STOP_MS  60000
#define AGAIN_MS 20 /* between two looks at a page */

struct browser {
    struct child *driver;
    struct webdriver *session;
};

static const char chromium[] = "/usr/bin/chromium";
static const char chromedriver[] = "/usr/bin/chromedriver";

const char *
browser_why_not(void)
{
    if (access(chromium, X_OK) != 0)
        return "needs chromium";
    return access(chromedriver, X_OK) == 0 ? NULL : "needs chromedriver (Debian: chromium-driver)";
}

/* Returns whether the port is free at both addresses that chromedriver listens on. */
static int
is_free(unsigned port)
{
    const struct sockaddr_in v4 = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                                    .sin6_port = htons((uint16_t)port),
                                    .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd4 = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int free4 = bind(fd4, (const struct sockaddr *)&v4, sizeof v4) == 0;
    int taken6 = bind(fd6, (const struct sockaddr *)&v6, sizeof v6) != 0 && errno == EADDRINUSE;

    close(fd4);
    if (fd6 >= 0) /* there may be no IPv6 */
        close(fd6);
    return free4 && !taken6;
}

/* With --port=0 chromedriver takes a port that is free on IPv4, then fails where it is not on IPv6.
 * These are below those that the system hands out, so that nothing takes one between the look and
 * the use but another of these tests, which begins elsewhere. */
static unsigned
choose_port(void)
{
    unsigned port = 10000 + (unsigned)getpid() % 20000;

    while (!is_free(port))
        port = port < 30000 ? port + 1 : 10000;
    return port;
}

/* chromedriver says "… was started successfully on port 40123." once it listens. */
static unsigned
wait_for_port(struct child *driver, const char *log)
{
    static const char word[] = "successfully on port ";
    char line[512];
    unsigned port = 0;

    while (port == 0 && child_read_line(driver, line, sizeof line, START_MS)) {
        const char *at = strstr(line, word);
        if (at != NULL)
            port = (unsigned)strtoul(at + strlen(word), NULL, 10);
    }
    if (port == 0)
        ck_abort_msg("chromedriver did not start. It says:\n%s", scratch_read(log));
    return port;
}

static json_t *
make_capabilities(const char *language, const char *profile)
{
    static const char *const switches[] = {
        "--headless",
        "--no-sandbox", /* tests may run as root, and open only pages of this project */
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-proxy-server",
    };
    json_t *arguments = json_array();

    for (size_t i = 0; i < ARRAY_LENGTH(switches); i++)
        json_array_append_new(arguments, json_string(switches[i]));
    json_array_append_new(arguments, json_sprintf("--user-data-dir=%s", profile));
    json_array_append_new(arguments,
                          json_sprintf("--window-size=%d,%d", BROWSER_WIDTH_PX, BROWSER_HEIGHT_PX));
    json_t *options =
        json_pack("{s:s, s:o, s:{s:{s:i, s:i, s:i, s:b, s:b}}, s:{s:s}}", "binary", chromium,
                  "args", arguments, "mobileEmulation", "deviceMetrics", "width", BROWSER_WIDTH_PX,
                  "height", BROWSER_HEIGHT_PX, "pixelRatio", 2, "touch", 1, "mobile", 1, "prefs",
                  "intl.accept_languages", language);
    json_t *capabilities =
        json_pack("{s:{s:{s:s, s:b, s:o}}}", "capabilities", "alwaysMatch", "browserName", "chrome",
                  "acceptInsecureCerts", 1, "goog:chromeOptions", options);
    ck_assert_ptr_nonnull(capabilities);
    return capabilities;
}

struct browser *
browser_start(const char *language)
{
    struct browser *browser = calloc(1, sizeof *browser);
    char *dir = scratch_dir("browser"), *profile = scratch_path(dir, "profile");
    char *log = scratch_path(dir, "chromedriver.log");
    char port_option[32];
    const char *const argv[] = {chromedriver, port_option, NULL};

    ck_assert_ptr_nonnull(browser);
    snprintf(port_option, sizeof port_option, "--port=%u", choose_port());
    browser->driver = child_start(argv, log);
    unsigned port = wait_for_port(browser->driver, log);
    browser->session = webdriver_open(port, make_capabilities(language, profile));
    return browser;
}

void
browser_stop(struct browser **browser)
{
    if (*browser == NULL)
        return;
    webdriver_close(&(*browser)->session);
    child_stop(&(*browser)->driver, STOP_MS);
    free(*browser);
    *browser = NULL;
}

void
browser_open(struct browser *browser, const char *url)
{
    json_decref(webdriver_ask(browser->session, "POST", "url", json_pack("{s:s}", "url", url)));
}

/* WebDriver's name for the first element that matches, freed by the caller; NULL when none does. */
static char *
find(struct browser *browser, const char *xpath)
{
    json_t *found = webdriver_ask(browser->session, "POST", "elements",
                                  json_pack("{s:s, s:s}", "using", "xpath", "value", xpath));
    /* An element is an object with one entry, whose name the standard fixes. */
    const char *id = json_string_value(
        json_object_get(json_array_get(found, 0), "element-6066-11e4-a52e-4f735466cecf"));
    char *copy = id != NULL ? strdup(id) : NULL;

    json_decref(found);
    return copy;
}

static json_t *
ask_element(struct browser *browser, const char *xpath, const char *method, const char *command,
            json_t *body)
{
    char path[512], *id = find(browser, xpath);

    if (id == NULL)
        ck_abort_msg("not on the page: %s", xpath);
    snprintf(path, sizeof path, "element/%s/%s", id, command);
    free(id);
    return webdriver_ask(browser->session, method, path, body);
}

int
browser_has(struct browser *browser, const char *xpath)
{
    char *id = find(browser, xpath);
    int found = id != NULL;

    free(id);
    return found;
}

void
browser_click(struct browser *browser, const char *xpath)
{
    json_decref(ask_element(browser, xpath, "POST", "click", json_object()));
}

/* Takes a JSON string apart; frees it. */
static char *
take_string(json_t *value)
{
    ck_assert_int_ne(json_is_string(value), 0);
    char *text = strdup(json_string_value(value));
    json_decref(value);
    return text;
}

char *
browser_text(struct browser *browser, const char *xpath)
{
    return take_string(ask_element(browser, xpath, "GET", "text", NULL));
}

int
browser_wait(struct browser *browser, const char *xpath, int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);

    while (!browser_has(browser, xpath)) {
        int left_ms = deadline_left(deadline, AGAIN_MS);
        if (left_ms == 0)
            return 0;
        poll(NULL, 0, left_ms);
    }
    return 1;
}

static json_t *
run_script(struct browser *browser, const char *script)
{
    return webdriver_ask(browser->session, "POST", "execute/sync",
                         json_pack("{s:s, s:[]}", "script", script, "args"));
}

long
browser_number(struct browser *browser, const char *script)
{
    json_t *value = run_script(browser, script);
    ck_assert_msg(json_is_integer(value), "not a whole number: %s", script);
    long number = (long)json_integer_value(value);
    json_decref(value);
    return number;
}

char *
browser_says(struct browser *browser, const char *script)
{
    return take_string(run_script(browser, script));
}

char *
browser_role(struct browser *browser, const char *xpath)
{
    return take_string(ask_element(browser, xpath, "GET", "computedrole", NULL));
}

char *
browser_name(struct browser *browser, const char *xpath)
{
    return take_string(ask_element(browser, xpath, "GET", "computedlabel", NULL));
}

/* By Chromium's own protocol: WebDriver has no word for it. */
static void
ask_chromium(struct browser *browser, const char *command, json_t *parameters)
{
    json_decref(webdriver_ask(browser->session, "POST", "goog/cdp/execute",
                              json_pack("{s:s, s:o}", "cmd", command, "params", parameters)));
}

void
browser_emulate(struct browser *browser, int width_px, int is_dark)
{
    ask_chromium(browser, "Emulation.setDeviceMetricsOverride",
                 json_pack("{s:i, s:i, s:i, s:b}", "width", width_px, "height", BROWSER_HEIGHT_PX,
                           "deviceScaleFactor", 2, "mobile", 1));
    ask_chromium(browser, "Emulation.setEmulatedMedia",
                 json_pack("{s:[{s:s, s:s}]}", "features", "name", "prefers-color-scheme", "value",
                           is_dark ? "dark" : "light"));
}

char *
browser_url(struct browser *browser)
{
    return take_string(webdriver_ask(browser->session, "GET", "url", NULL));
}

void
browser_screenshot(struct browser *browser, const char *path)
{
    char *base64 = take_string(webdriver_ask(browser->session, "GET", "screenshot", NULL));

    webdriver_write_base64(base64, path);
    free(base64);
}
