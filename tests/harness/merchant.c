/* SPDX-License-Identifier: BSD-3-Clause */
/* See merchant.h. */
#include "tests/harness/merchant.h"

#include "tests/harness/http_client.h"
#include "tests/harness/camera.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIFETIME_S 300

static char *
make_request(const char *token)
{
    char expiration[32];
    time_t then = time(NULL) + LIFETIME_S;
    struct tm utc;

    gmtime_r(&then, &utc);
    strftime(expiration, sizeof expiration, "%Y-%m-%d %H:%M:%S", &utc);
    json_t *request =
        json_pack("{s:s, s:s, s:i, s:i, s:s}", "merchant_token", token, "expiration", expiration,
                  "size", 400, "idin_service_id", 16384, "use_case", "01");
    char *text = json_dumps(request, JSON_COMPACT);
    ck_assert_ptr_nonnull(text);
    json_decref(request);
    return text;
}

char *
merchant_new_code(struct qr_backend *backend)
{
    HTTP_ANSWER_AUTO reply = {0};
    HTTP_ANSWER_AUTO png = {0};
    char *token = qr_backend_setting(backend, "merchant_token");
    char *url = scratch_path(qr_backend_url(backend), "idin-qr/v1.1/generate");
    char *request = make_request(token), *link;
    struct http_client *client = http_client_new(qr_backend_ca_file(backend), NULL);

    if (!http_request(client, "POST", url, "application/json", request, &reply) ||
        reply.status != 200)
        ck_abort_msg("%s: %ld %s %s", url, reply.status, reply.error, reply.body);
    json_t *code = json_loads(reply.body, 0, NULL);
    const char *picture_url = json_string_value(json_object_get(code, "qr_url"));
    ck_assert_ptr_nonnull(picture_url);
    if (!http_request(client, "GET", picture_url, NULL, NULL, &png) || png.status != 200)
        ck_abort_msg("%s: %ld %s", picture_url, png.status, png.error);
    PICTURE_AUTO *picture = picture_from_png(png.body, png.size);
    ck_assert_int_eq(picture_decode_qr(picture, &link), 1);
    json_decref(code);
    http_client_free(&client);
    free(request);
    return link;
}
