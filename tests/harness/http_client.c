/* SPDX-License-Identifier: BSD-3-Clause */
/* See http.h. */
#include "tests/harness/http_client.h"

#include <check.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_MS 120000

struct http_client {
    CURL *curl;
    char *language; /* a header line, or NULL */
    int sent_fd;    /* of http_client_tell_sent; -1: none, or done */
    const char *hashes[2];
};

static void
set_option(CURL *curl, CURLoption option, const void *value)
{
    CURLcode code = curl_easy_setopt(curl, option, value);

    ck_assert_msg(code == CURLE_OK, "libcurl: %s", curl_easy_strerror(code));
}

struct http_client *
http_client_new(const char *ca_file, const char *language)
{
    struct http_client *client = calloc(1, sizeof *client);

    ck_assert_ptr_nonnull(client);
    client->sent_fd = -1;
    client->curl = curl_easy_init();
    ck_assert_ptr_nonnull(client->curl);
    set_option(client->curl, CURLOPT_COOKIEFILE, ""); /* keeps cookies, and reads no file */
    if (ca_file != NULL) {
        set_option(client->curl, CURLOPT_CAINFO, ca_file);
        set_option(client->curl, CURLOPT_CAPATH, NULL);
    }
    if (language != NULL && asprintf(&client->language, "Accept-Language: %s", language) < 0)
        ck_abort_msg("no memory");
    set_option(client->curl, CURLOPT_NOPROXY, "*");
    set_option(client->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
    return client;
}

void
http_client_free(struct http_client **client)
{
    if (*client == NULL)
        return;
    curl_easy_cleanup((*client)->curl);
    free((*client)->language);
    free(*client);
    *client = NULL;
}

static int
on_progress(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
    struct http_client *client = context;

    (void)down_all, (void)down;
    if (client->sent_fd >= 0 && up_all > 0 && up == up_all) {
        ck_assert_int_eq(write(client->sent_fd, "s", 1), 1);
        client->sent_fd = -1;
    }
    return 0;
}

void
http_client_tell_sent(struct http_client *client, int fd)
{
    client->sent_fd = fd;
    curl_easy_setopt(client->curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(client->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    set_option(client->curl, CURLOPT_XFERINFODATA, client);
}

void
http_client_set_hashes(struct http_client *client, const char *first, const char *second)
{
    client->hashes[0] = first;
    client->hashes[1] = second;
}

static size_t
write_body(char *bytes, size_t unit, size_t n, void *file)
{
    return fwrite(bytes, unit, n, file);
}

static struct curl_slist *
make_headers(const struct http_client *client, const char *content_type)
{
    /* "Expect:" takes out a header with which libcurl would wait a second before a larger body. */
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    char line[256];

    if (client->language != NULL)
        headers = curl_slist_append(headers, client->language);
    for (int i = 0; i < 2; i++)
        if (client->hashes[i] != NULL) {
            /* In this form, libcurl also sends an empty one. */
            snprintf(line, sizeof line,
                     client->hashes[i][0] ? "x-idin-qr-hash: %s" : "x-idin-qr-hash;%s",
                     client->hashes[i]);
            headers = curl_slist_append(headers, line);
        }
    if (content_type != NULL) {
        snprintf(line, sizeof line, "Content-Type: %s", content_type);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

int
http_request(struct http_client *client, const char *method, const char *url,
             const char *content_type, const char *body, struct http_answer *ret_answer)
{
    struct http_answer answer = {0};
    FILE *file = open_memstream(&answer.body, &answer.size);
    struct curl_slist *headers = make_headers(client, content_type);
    char *location = NULL;
    struct curl_header *header;

    ck_assert_ptr_nonnull(file);
    set_option(client->curl, CURLOPT_URL, url);
    set_option(client->curl, CURLOPT_HTTPHEADER, headers);
    /* POSTFIELDS makes a request with a body, whatever its method is then called. */
    curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L);
    if (body != NULL)
        set_option(client->curl, CURLOPT_COPYPOSTFIELDS, body);
    set_option(client->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, write_body);
    set_option(client->curl, CURLOPT_WRITEDATA, file);
    CURLcode code = curl_easy_perform(client->curl);
    curl_slist_free_all(headers);
    ck_assert_int_eq(fclose(file), 0);
    if (code != CURLE_OK) {
        snprintf(answer.error, sizeof answer.error, "%s", curl_easy_strerror(code));
    } else {
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer.status);
        curl_easy_getinfo(client->curl, CURLINFO_REDIRECT_URL, &location);
        answer.location = location != NULL ? strdup(location) : NULL;
        if (curl_easy_header(client->curl, "x-idin-qr-hash", 0, CURLH_HEADER, -1, &header) ==
            CURLHE_OK)
            answer.signature = strdup(header->value);
    }
    *ret_answer = answer;
    return code == CURLE_OK;
}

void
http_answer_free(struct http_answer *answer)
{
    free(answer->body);
    free(answer->location);
    free(answer->signature);
    *answer = (struct http_answer){0};
}

char *
http_encode(const char *text)
{
    char *encoded = curl_easy_escape(NULL, text, (int)strlen(text));

    ck_assert_ptr_nonnull(encoded);
    char *copy = strdup(encoded);
    curl_free(encoded);
    return copy;
}
