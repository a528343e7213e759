/* SPDX-License-Identifier: BSD-3-Clause */
/* See signicat_client.h. */
#include "tests/unit/signicat_client.h"

#include <check.h>
#include <stdio.h>

struct signicat_client signicat_client;

void
signicat_client_begin(void)
{
    signicat_client.sandbox = sandbox_call_new(SIGNICAT_CLIENT_START_MS);
}

void
signicat_client_end(void)
{
    sandbox_free(&signicat_client.sandbox);
}

unsigned
signicat_client_ask_token(const char *authorization, const char *form,
                          struct sandbox_answer *ret_answer)
{
    return sandbox_call(signicat_client.sandbox,
                        (struct http_request){.method = "POST",
                                              .path = SIGNICAT_TOKEN_PATH,
                                              .content_type = SANDBOX_CALL_FORM,
                                              .authorization = authorization,
                                              .body = form},
                        ret_answer);
}

const char *
signicat_client_basic(void)
{
    return sandbox_call_basic(signicat_client.sandbox->client_id,
                              signicat_client.sandbox->client_secret);
}

void
signicat_client_get_token(void)
{
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_uint_eq(signicat_client_ask_token(signicat_client_basic(),
                                                SIGNICAT_CLIENT_GRANT "&" SIGNICAT_CLIENT_SCOPE,
                                                &answer),
                      200);
    snprintf(signicat_client.bearer, sizeof signicat_client.bearer, "Bearer %s",
             sandbox_answer_text(&answer, "access_token"));
}

unsigned
signicat_client_call(const char *method, const char *id, const char *rest, const char *body,
                     struct sandbox_answer *ret_answer)
{
    char path[120];

    snprintf(path, sizeof path, SIGNICAT_SESSIONS_PATH "%s%s%s", id[0] ? "/" : "", id, rest);
    return sandbox_call(signicat_client.sandbox,
                        (struct http_request){.method = method,
                                              .path = path,
                                              .content_type = "application/json",
                                              .authorization = signicat_client.bearer,
                                              .body = body},
                        ret_answer);
}

struct code *
signicat_client_make_session(void)
{
    SANDBOX_ANSWER_AUTO answer;

    signicat_client_get_token();
    ck_assert_uint_eq(signicat_client_call("POST", "", "", SIGNICAT_CLIENT_SESSION, &answer), 200);
    struct code *code = codes_by_qr_id(&signicat_client.sandbox->codes, CODE_SIGNICAT,
                                       sandbox_answer_text(&answer, "id"));
    ck_assert_ptr_nonnull(code);
    return code;
}

void
signicat_client_must_be(const struct code *code, const char *status)
{
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &answer), 200);
    ck_assert_str_eq(sandbox_answer_text(&answer, "status"), status);
}
