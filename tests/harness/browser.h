/* SPDX-License-Identifier: BSD-3-Clause */
/* Drives a real browser, headless, in the size of a phone: Chromium, through chromedriver and
 * WebDriver. It tests what phone.h cannot: whether the pages work, fit and look right. Test code:
 * runs as the user who runs the tests. A browser that does not obey fails the running test. */
#ifndef IDQ_TESTS_BROWSER_H
#define IDQ_TESTS_BROWSER_H

#define BROWSER_WIDTH_PX  390
#define BROWSER_HEIGHT_PX 844

struct browser;

/* Returns why RUN_TESTS must skip, or NULL if Chromium and chromedriver are installed. */
const char *browser_why_not(void);

/* Starts a browser with a new profile. It accepts any certificate, because Chromium does not know
 * the sandbox's CA. phone.h checks the certificate. language: "nl", "en". */
struct browser *browser_start(const char *language);

/* Ends it. Accepts a pointer to NULL, and leaves one. */
void browser_stop(struct browser **browser);

/* Opens a page and waits until it is loaded. */
void browser_open(struct browser *browser, const char *url);

/* Elements are found by an XPath expression, the first one that matches. */
int browser_has(struct browser *browser, const char *xpath);
void browser_click(struct browser *browser, const char *xpath);
char *browser_text(struct browser *browser,
                   const char *xpath); /* the visible text, freed by the caller */

/* Waits until an element is there. 1, or 0 when the time passed. */
int browser_wait(struct browser *browser, const char *xpath, int timeout_ms);

/* What JavaScript ("return …") says, as a whole number, or as text that the caller frees. */
long browser_number(struct browser *browser, const char *script);
char *browser_says(struct browser *browser, const char *script);

/* The role and the name of an element as a screen reader gets them: "radio", "Oefenbank". Freed by
 * the caller. */
char *browser_role(struct browser *browser, const char *xpath);
char *browser_name(struct browser *browser, const char *xpath);

/* From now on, the window has this width, and the phone a dark theme or a light one. */
void browser_emulate(struct browser *browser, int width_px, int is_dark);

char *browser_url(struct browser *browser); /* freed by the caller */

/* What is in the window, as a PNG. */
void browser_screenshot(struct browser *browser, const char *path);

#define BROWSER_AUTO __attribute__((cleanup(browser_stop))) struct browser

#endif
