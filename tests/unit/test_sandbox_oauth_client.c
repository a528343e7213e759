/* SPDX-License-Identifier: BSD-3-Clause */
/* A client that shows who it is, in each way that it may, and in some that it may not. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/sandbox/oauth_client.h"
#include "tests/harness/runner.h"
#include "tests/unit/sandbox_call.h"

#include <stdio.h>
#include <string.h>

#define FORM_TYPE "application/x-www-form-urlencoded"

/* One sandbox a test, whose client is "desk" with a secret that has to be escaped. */
static struct sandbox *sandbox;

static void
begin(void)
{
    sandbox = sandbox_call_new(1000);
    snprintf(sandbox->client_id, sizeof sandbox->client_id, "desk");
    snprintf(sandbox->client_secret, sizeof sandbox->client_secret, "a:b %%+");
}

static void
end(void)
{
    sandbox_free(&sandbox);
}

/* The HTTP status that a request is answered with; 0 when it is admitted. */
static unsigned
admit(enum oauth_client_auth auth, const char *authorization, const char *body)
{
    static const char *const known[] = {"scope", NULL};
    const struct http_request request = {.content_type = FORM_TYPE "; charset=utf-8",
                                         .authorization = authorization,
                                         .body = body,
                                         .body_size = strlen(body)};
    struct http_reply reply = {.body = NULL};
    struct form form;
    int admitted = oauth_client_admit(sandbox, &request, auth, known, &form, &reply);
    unsigned status = reply.status;

    ck_assert_int_eq(admitted, status == 0 ? 1 : HTTP_REPLY);
    http_reply_free(&reply);
    return status;
}

static const struct {
    const char *authorization, *body;
    unsigned basic, post; /* the status of OAUTH_BASIC, OAUTH_BASIC_OR_POST */
} cases[] = {
    /* printf 'desk:a%%3Ab+%%25%%2B' | base64 */
    {"Basic ZGVzazphJTNBYislMjUlMkI=", "", 0, 0},
    {"basic ZGVzazphJTNBYislMjUlMkI=", "scope=openid", 0, 0},
    {"Basic ZGVzazphJTNBYislMjUlMkI=", "client_id=desk", 400, 0},
    {"Basic ZGVzazphJTNBYislMjUlMkI=", "client_id=other", 400, 400},
    {"Basic ZGVzazphJTNBYislMjUlMkI=", "client_secret=a:b+%25%2B", 400, 400}, /* both */
    {"Basic ZGVzazphJTNBYislMjUlMkI=", "scope=", 400, 400},
    {"Basic ZGVzazphJTNBYislMjUlMkI=", "x=1", 400, 400},
    {"Basic ZGVzazphJTNBYislMjUlMkI=", "scope", 400, 400},
    {"Basic ZGVzazphOmIgJSs=", "", 400, 400},         /* not escaped: 'desk:a:b %+' */
    {"Basic ZGVzazphJTNBYg==", "", 401, 401},         /* 'desk:a%3Ab': only the beginning */
    {"Basic ZGVzazphJTNBYislMjUlMkJ4", "", 401, 401}, /* one character more */
    {"Basic ZGVzazphJTNBYislMjUlMkQ=", "", 401, 401}, /* the last one is another */
    {"Basic b3RoZXI6YSUzQWIrJTI1JTJC", "", 401, 401}, /* 'other:…' */
    {"Basic ZGVzaw==", "", 400, 400},                 /* no colon */
    {"Basic Og==", "", 401, 401},                     /* ':': neither id nor secret */
    {"Basic ", "", 400, 400},
    {"Basic !", "", 400, 400},
    {"Bearer x", "", 400, 400},
    {"", "", 401, 401},
    {"", "client_id=desk&client_secret=a:b+%25%2B", 400, 0},
    {"", "client_id=desk&client_secret=a", 400, 401},
    {"", "client_id=desk", 400, 401},
};

TEST_CASE("clients", .setup = begin, .teardown = end);

LOOP_TEST(admits, ARRAY_LENGTH(cases))
{
    ck_assert_uint_eq(admit(OAUTH_BASIC, cases[_i].authorization, cases[_i].body), cases[_i].basic);
    ck_assert_uint_eq(admit(OAUTH_BASIC_OR_POST, cases[_i].authorization, cases[_i].body),
                      cases[_i].post);
}

TEST(caps_the_header)
{
    char header[1000] = "Basic ";

    memset(header + 6, 'A', 800);
    ck_assert_uint_eq(admit(OAUTH_BASIC, header, ""), 400);
}

TEST(wants_a_form)
{
    static const char *const known[] = {NULL};
    const struct http_request request = {
        .content_type = "application/json", .authorization = "", .body = "{}", .body_size = 2};
    struct http_reply reply = {.body = NULL};
    struct form form;

    ck_assert_int_eq(oauth_client_admit(sandbox, &request, OAUTH_BASIC, known, &form, &reply),
                     HTTP_REPLY);
    ck_assert_uint_eq(reply.status, 400);
    http_reply_free(&reply);
}

RUN_TESTS("sandbox_oauth_client", NULL);
