/* SPDX-License-Identifier: BSD-3-Clause */
/* See signicat_fixture.h. */
#include "tests/unit/signicat_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define REFERENCE_KEY "\"externalReference\":\""

void
signicat_fixture_begin(void)
{
    provider_fixture_begin(&provider_signicat);
    provider_fixture_set("client_id", "sandbox:client");
    provider_fixture_set("client_secret", "se cret");
    provider_fixture_set("account_id", "");
    provider_fixture_set("token_url", SIGNICAT_TOKEN);
    provider_fixture_set("api_url", "https://api.example/auth/rest");
    provider_fixture_set("callback_url", "https://desk.example.nl/done");
    provider_fixture_set("request_domain", "");
    provider_fixture_set("requested_loa", "substantial");
    provider_fixture_set("qr_hosts", "login.example.nl");
    provider_fixture_set("poll_interval", "3");
    script_unsigned(200, SIGNICAT_FIRST_TOKEN);
    signicat_fixture_answer_create(NULL);
}

/* The reference that a request has, up to the end of the request; NULL when it has none. */
static const char *
find_reference(const char *request)
{
    const char *found = strstr(request, REFERENCE_KEY);

    return found ? found + strlen(REFERENCE_KEY) : NULL;
}

const char *
signicat_fixture_reference(void)
{
    static char text[33];
    const char *found = NULL;

    for (size_t i = 0; i < script.n_asked && !found; i++)
        found = find_reference(script.asked[i].body);
    snprintf(text, sizeof text, "%s", found ? found : "");
    return text;
}

static const char *
make_created(const char *request, void *members)
{
    static char body[2048];
    const char *found = find_reference(request);

    ck_assert_ptr_nonnull(found);
    snprintf(body, sizeof body, "{\"id\":\"" SIGNICAT_ID "\",\"externalReference\":\"%.32s\"%s}",
             found, (const char *)members);
    return body;
}

struct scripted_answer *
signicat_fixture_answer_create(char *members)
{
    static char created[] = SIGNICAT_CREATED ",\"authenticationUrl\":\"" SIGNICAT_LINK "\"";
    struct scripted_answer *answer = script_unsigned(200, "");

    answer->make = make_created;
    answer->make_with = members ? members : created;
    return answer;
}

struct scripted_answer *
signicat_fixture_answer(const char *members)
{
    static char bodies[SCRIPT_MAX][512];
    char *body = bodies[script.n_answers];

    ck_assert_uint_lt(script.n_answers, SCRIPT_MAX);
    snprintf(body, sizeof bodies[0], "{\"id\":\"" SIGNICAT_ID "\",\"externalReference\":\"%s\"%s}",
             signicat_fixture_reference(), members);
    return script_unsigned(200, body);
}
