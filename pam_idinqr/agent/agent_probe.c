/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this in its jail. It does not parse the backend's answer, which is untrusted. */
#include "pam_idinqr/agent/agent_probe.h"

#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define ANSWER_MAX      (64 * 1024) /* bytes; a longer body is an answer too */
#define CLOCK_OFF_MAX_S 60

/* The root of the host, not the URL itself: a request there could start a session. */
static int
ask(const struct https_url *url, const struct provider_context *context)
{
    RESPONSE_AUTO response = {0};
    char root[sizeof url->host + 40];
    struct fetch_request request = {.url = root, .max_size = ANSWER_MAX};
    int error;

    snprintf(root, sizeof root, strchr(url->host, ':') ? "https://[%s]:%u/" : "https://%s:%u/",
             url->host, url->port);
    request.timeout_ms = clock_left_ms(context->deadline_ms);
    error = fetch_request(context->fetch, &request, &response);
    if (error)
        return error == IDQ_REPLY ? 0 : error;
    if (labs(response.clock_ahead_s) <= CLOCK_OFF_MAX_S)
        return 0;
    wire_log(context->wire, LOG_WARNING, "%s: the clock of this machine is %ld seconds %s",
             url->host, labs(response.clock_ahead_s),
             response.clock_ahead_s > 0 ? "ahead" : "behind");
    return IDQ_CLOCK;
}

static int
check_keys(const struct provider_context *context)
{
    const char *path = context->settings->oidc.jwks_file, *text = context->start->key_set, *trouble;
    KEY_SET_AUTO *keys = NULL;
    int error = 0;

    if (path[0])
        error = key_set_read(text, strlen(text), &keys, &trouble);
    if (error)
        wire_log(context->wire, LOG_WARNING, "%s: %s", path, trouble);
    return error;
}

int
agent_probe_run(const struct provider_context *context)
{
    const struct start_message *probe = context->start;
    int error;

    if (check_keys(context))
        return IDQ_CONFIG;
    /* also if no request follows: it checks that the process is in its jail */
    error = fetch_wait(context->fetch);
    for (size_t i = 0; !error && i < probe->n_settings; i++) {
        const char *value = probe->settings[i].value;
        struct https_url url;
        if (https_url_parse(value, strlen(value), &url) == 0)
            error = ask(&url, context);
    }
    return error;
}
