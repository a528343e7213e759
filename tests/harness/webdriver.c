/* SPDX-License-Identifier: BSD-3-Clause */
/* See webdriver.h. */
#include "tests/harness/webdriver.h"

#include "tests/harness/http_client.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct webdriver {
    struct http_client *client;
    char url[512]; /* of the session */
};

static json_t *
ask(struct http_client *client, const char *method, const char *url, json_t *body)
{
    HTTP_ANSWER_AUTO answer = {0};
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;

    json_decref(body);
    if (!http_request(client, method, url, text != NULL ? "application/json; charset=utf-8" : NULL,
                      text, &answer) ||
        answer.status != 200)
        ck_abort_msg("WebDriver: %s %s %s\n%ld %s %.2000s", method, url, text != NULL ? text : "",
                     answer.status, answer.error, answer.body);
    free(text);
    json_t *root = json_loads(answer.body, 0, NULL);
    json_t *value = json_incref(json_object_get(root, "value"));
    ck_assert_msg(value != NULL, "WebDriver: an answer without a value: %.2000s", answer.body);
    json_decref(root);
    return value;
}

struct webdriver *
webdriver_open(unsigned port, json_t *capabilities)
{
    struct webdriver *session = calloc(1, sizeof *session);
    char url[128];

    ck_assert_ptr_nonnull(session);
    session->client = http_client_new(NULL, NULL);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/session", port);
    json_t *value = ask(session->client, "POST", url, capabilities);
    const char *id = json_string_value(json_object_get(value, "sessionId"));
    ck_assert_ptr_nonnull(id);
    snprintf(session->url, sizeof session->url, "%s/%.200s", url, id);
    json_decref(value);
    return session;
}

void
webdriver_close(struct webdriver **session)
{
    if (*session == NULL)
        return;
    json_decref(ask((*session)->client, "DELETE", (*session)->url, NULL));
    http_client_free(&(*session)->client);
    free(*session);
    *session = NULL;
}

json_t *
webdriver_ask(struct webdriver *session, const char *method, const char *path, json_t *body)
{
    char url[1200];

    snprintf(url, sizeof url, "%s/%.600s", session->url, path);
    return ask(session->client, method, url, body);
}

void
webdriver_write_base64(const char *base64, const char *path)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    FILE *file = fopen(path, "we");
    uint32_t bits = 0;
    unsigned n_bits = 0;

    if (file == NULL)
        ck_abort_msg("%s: %s", path, strerror(errno));
    for (; *base64 != '\0' && *base64 != '='; base64++) {
        const char *digit = strchr(digits, *base64);
        ck_assert_ptr_nonnull(digit);
        bits = bits << 6 | (uint32_t)(digit - digits);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            fputc((int)(bits >> n_bits & 0xff), file);
        }
    }
    ck_assert_int_eq(fclose(file), 0);
}
