/* SPDX-License-Identifier: BSD-3-Clause */
/* See sandbox_call.h. */
#include "tests/unit/sandbox_call.h"

#include "pam_idinqr/sandbox/handlers.h"

#include <check.h>
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

struct sandbox *
sandbox_call_new(int64_t now_ms)
{
    struct sandbox *sandbox = sandbox_new(now_ms);

    ck_assert_ptr_nonnull(sandbox);
    snprintf(sandbox->base_url, sizeof sandbox->base_url, "%s", SANDBOX_CALL_URL);
    snprintf(sandbox->public_url, sizeof sandbox->public_url, "%s", SANDBOX_CALL_URL);
    return sandbox;
}

static void
fill_in(const char **text)
{
    if (!*text)
        *text = "";
}

unsigned
sandbox_call(struct sandbox *sandbox, struct http_request request,
             struct sandbox_answer *ret_answer)
{
    const char *name;

    fill_in(&request.language);
    fill_in(&request.account_id);
    fill_in(&request.user_code);
    fill_in(&request.transaction_id);
    fill_in(&request.entrance_code);
    fill_in(&request.signature);
    fill_in(&request.accept_language);
    fill_in(&request.content_type);
    fill_in(&request.authorization);
    fill_in(&request.body);
    request.body_size = strlen(request.body);
    request.now_ms = sandbox->codes.now_ms;
    *ret_answer = (struct sandbox_answer){.json = NULL};
    ck_assert_int_eq(routes_handle(sandbox, &request, &ret_answer->reply, &name), HTTP_REPLY);
    ret_answer->json = json_loadb(ret_answer->reply.body, ret_answer->reply.body_size,
                                  JSON_REJECT_DUPLICATES, NULL);
    return ret_answer->reply.status;
}

const char *
sandbox_answer_text(const struct sandbox_answer *answer, const char *name)
{
    const char *dot = strchr(name, '.');
    char outer[32];

    if (!dot)
        return json_string_value(json_object_get(answer->json, name));
    snprintf(outer, sizeof outer, "%.*s", (int)(dot - name), name);
    return json_string_value(json_object_get(json_object_get(answer->json, outer), dot + 1));
}

static void
escape(const char *text, char *ret, size_t size)
{
    size_t used = 0;

    for (; *text; text++) {
        used +=
            (size_t)snprintf(ret + used, size - used,
                             isalnum((unsigned char)*text) ? "%c" : "%%%02X", (unsigned char)*text);
        ck_assert_uint_lt(used, size);
    }
}

const char *
sandbox_call_basic(const char *id, const char *secret)
{
    static char header[400];
    char escaped_id[120], escaped_secret[120], pair[250];

    escape(id, escaped_id, sizeof escaped_id);
    escape(secret, escaped_secret, sizeof escaped_secret);
    int size = snprintf(pair, sizeof pair, "%s:%s", escaped_id, escaped_secret);
    memcpy(header, "Basic ", 7);
    EVP_EncodeBlock((unsigned char *)header + 6, (const unsigned char *)pair, size);
    return header;
}

void
sandbox_call_break(struct sandbox *sandbox, const char *fault)
{
    ck_assert_int_eq(faults_enable(&sandbox->faults, fault), 0);
}

void
sandbox_call_approve(struct sandbox *sandbox, struct code *code)
{
    struct visit *visit;

    ck_assert_int_eq(sandbox_scan(sandbox, code, &visit), 0);
    ck_assert_int_eq(code_choose_bank(&sandbox->codes, code, visit, bank_at(0)), 0);
    ck_assert_int_eq(code_choose_person(code, visit, person_find("anna")), 0);
    ck_assert_int_eq(code_approve(&sandbox->codes, code, visit), 0);
}

void
sandbox_answer_free(struct sandbox_answer *answer)
{
    json_decref(answer->json);
    http_reply_free(&answer->reply);
    answer->json = NULL;
}
