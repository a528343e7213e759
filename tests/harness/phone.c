/* SPDX-License-Identifier: BSD-3-Clause */
/* See phone.h. */
#include "tests/harness/phone.h"

#include "tests/harness/http_client.h"
#include "tests/harness/page.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDIRECTS_MAX 5

struct phone {
    struct http_client *client;
    struct page *page; /* NULL before the first */
    long status;
    char url[1024]; /* of the page */
    char problem[16384];
};

struct phone *
phone_new(const char *ca_file, const char *language)
{
    struct phone *phone = calloc(1, sizeof *phone);

    ck_assert_ptr_nonnull(phone);
    phone->client = http_client_new(ca_file, language);
    return phone;
}

void
phone_free(struct phone **phone)
{
    if (*phone == NULL)
        return;
    http_client_free(&(*phone)->client);
    page_free(&(*phone)->page);
    free(*phone);
    *phone = NULL;
}

const char *
phone_text(struct phone *phone)
{
    return phone->page != NULL ? page_visible_text(phone->page) : "";
}

const char *
phone_url(const struct phone *phone)
{
    return phone->url;
}

long
phone_status(const struct phone *phone)
{
    return phone->status;
}

const char *
phone_problem(const struct phone *phone)
{
    return phone->problem;
}

__attribute__((format(printf, 2, 3))) static long
report(struct phone *phone, const char *format, ...)
{
    char what[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(phone->problem, sizeof phone->problem, "%s\nThe page (HTTP %ld): %s", what,
             phone->status, phone_text(phone));
    return -1;
}

static long
load(struct phone *phone, const struct page_request *request)
{
    char *url = strdup(request->url);
    const char *body = request->post ? request->body : NULL;
    int redirects = 0;

    phone->problem[0] = '\0';
    for (;;) {
        HTTP_ANSWER_AUTO answer = {0};
        int answered =
            http_request(phone->client, body != NULL ? "POST" : "GET", url,
                         body != NULL ? "application/x-www-form-urlencoded" : NULL, body, &answer);
        if (answered && answer.location != NULL && redirects++ < REDIRECTS_MAX) {
            free(url);
            url = strdup(answer.location);
            /* As browsers do: 307 and 308 send the form again, the others become a GET. */
            if (answer.status != 307 && answer.status != 308)
                body = NULL;
            continue;
        }
        page_free(&phone->page);
        phone->status = answer.status;
        phone->page = page_parse(answer.body, answer.size, url);
        snprintf(phone->url, sizeof phone->url, "%s", url);
        if (!answered)
            report(phone, "%s: %s", url, answer.error);
        break;
    }
    free(url);
    return phone->status;
}

long
phone_open(struct phone *phone, const char *url)
{
    PAGE_REQUEST_AUTO request = {.url = strdup(url)};

    return load(phone, &request);
}

int
phone_choose(struct phone *phone, const char *choice)
{
    const char *problem = phone->page != NULL ? page_choose(phone->page, choice) : "no page";

    return problem == NULL ? 0 : (int)report(phone, "choosing \"%s\": %s", choice, problem);
}

int
phone_fill(struct phone *phone, const char *name, const char *text)
{
    const char *problem = phone->page != NULL ? page_fill(phone->page, name, text) : "no page";

    return problem == NULL ? 0 : (int)report(phone, "typing in \"%s\": %s", name, problem);
}

long
phone_press(struct phone *phone, const char *button)
{
    PAGE_REQUEST_AUTO request = {0};
    const char *problem =
        phone->page != NULL ? page_press(phone->page, button, &request) : "no page";

    if (problem != NULL)
        return report(phone, "pressing \"%s\": %s", button != NULL ? button : "the button",
                      problem);
    return load(phone, &request);
}

long
phone_follow(struct phone *phone, const char *link)
{
    PAGE_REQUEST_AUTO request = {0};
    const char *problem =
        phone->page != NULL ? page_follow(phone->page, link, &request) : "no page";

    if (problem != NULL)
        return report(phone, "following \"%s\": %s", link, problem);
    return load(phone, &request);
}

/* The sandbox's three pages: bank, person, and the last with buttons of these values. */
static long
go_through(struct phone *phone, const char *url, const char *person, const char *last_button)
{
    char name[128];
    const char *bank = strchr(person, '@');

    snprintf(name, sizeof name, "%.*s", (int)strcspn(person, "@"), person);
    if (phone_open(phone, url) != 200)
        return report(phone, "opening the link: not a page to go on from");
    if (phone_choose(phone, bank != NULL ? bank + 1 : "noord") != 0 ||
        phone_press(phone, NULL) != 200 || phone_choose(phone, name) != 0 ||
        phone_press(phone, NULL) != 200)
        return phone->problem[0] != '\0' ? -1 : report(phone, "not a page to go on from");
    return phone_press(phone, last_button);
}

long
phone_approve(struct phone *phone, const char *url, const char *person)
{
    return go_through(phone, url, person, "approve");
}

long
phone_refuse(struct phone *phone, const char *url, const char *person)
{
    return go_through(phone, url, person, "refuse");
}

int
phone_number(struct phone *phone, char ret_number[7])
{
    static const char digits[] = "0123456789";

    for (const char *at = phone_text(phone); (at = strpbrk(at, digits)) != NULL;
         at += strspn(at, digits))
        if (strspn(at, digits) == 3 && at[3] == ' ' && strspn(at + 4, digits) == 3) {
            snprintf(ret_number, 7, "%.3s%.3s", at, at + 4);
            return 0;
        }
    return (int)report(phone, "reading the number: not on the page");
}
