/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this: the document and the keys of an OpenID provider. */
#include "pam_idinqr/relay/openid.h"

#include "pam_idinqr/agent/oidc_device_messages.h"
#include "pam_idinqr/common/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define HOUR_MS  ((int64_t)60 * 60 * 1000)
#define AGAIN_MS ((int64_t)60 * 1000)

static int
get(struct relay *relay, const char *url, http_client_done *done)
{
    const struct http_client_request request = {
        .url = url,
        .ca_file = relay->config->ca_file,
        .proxy = relay->config->proxy,
        .timeout_ms = OPENID_GET_MS,
    };

    return http_client_post(relay->client, &request, done, relay);
}

static void
on_keys(void *context, const struct http_client_answer *answer)
{
    struct relay *relay = context;
    struct openid *openid = relay->upstream_state;
    struct key_set *keys = NULL;
    const char *trouble = answer->problem;
    int error = answer->error;

    relay_look_at_clock(relay);
    openid->is_fetching_keys = false;
    if (error == 0)
        error = key_set_read(answer->body, answer->body_size, &keys, &trouble);
    if (error == 0) {
        key_set_free(&openid->keys);
        openid->keys = keys;
    } else {
        relay_log(LOG_WARNING, "the provider's keys: %s", trouble);
    }
    openid_go_on(relay);
}

static void
fetch_keys(struct relay *relay)
{
    struct openid *openid = relay->upstream_state;

    if (!openid->is_fetching_keys)
        openid->is_fetching_keys = get(relay, openid->provider.keys, on_keys) == 0;
}

bool
openid_refresh_keys(struct relay *relay)
{
    struct openid *openid = relay->upstream_state;

    if (!openid->is_fetching_keys && relay->wall_ms >= openid->keys_ms) {
        openid->keys_ms = relay->wall_ms + AGAIN_MS;
        fetch_keys(relay);
    }
    return openid->is_fetching_keys;
}

/* The provider is the only bank. */
static int
set_provider(struct relay *relay, const struct openid_provider *provider)
{
    struct openid *openid = relay->upstream_state;
    struct relay_bank *bank = calloc(1, sizeof *bank);

    if (!bank)
        return IDQ_SYSTEM;
    snprintf(bank->id, sizeof bank->id, OPENID_BANK);
    snprintf(bank->name, sizeof bank->name, "%s", relay->config->openid.name);
    free(relay->banks);
    relay->banks = bank;
    relay->n_banks = 1;
    openid->provider = *provider;
    return 0;
}

static void
on_discovery(void *context, const struct http_client_answer *answer)
{
    struct relay *relay = context;
    struct openid *openid = relay->upstream_state;
    struct openid_provider provider;
    const char *trouble = answer->problem;
    int error = answer->error;

    relay_look_at_clock(relay);
    openid->is_discovering = false;
    if (error == 0)
        error = openid_read_provider(answer->body, answer->body_size, &relay->config->openid,
                                     &provider, &trouble);
    if (error == 0)
        error = set_provider(relay, &provider);
    relay_monitor_asked(relay, RELAY_ASK_DIRECTORY, error, answer->duration_ms);
    if (error != 0) {
        relay_log(LOG_WARNING, "the provider's document: %s: %s", error_text(error), trouble);
        return;
    }
    if (provider.mismatch)
        relay_log(LOG_WARNING, "the provider's document: %s", provider.mismatch);
    if (store_directory_set(relay->store, answer->body, relay->wall_ms) != 0)
        (void)relay_store_failed(relay); /* it serves until the end */
    openid->discovery_ms = relay->wall_ms + HOUR_MS;
    fetch_keys(relay);
}

static void
restore(struct relay *relay)
{
    struct openid_provider provider;
    const char *trouble;
    int64_t then_ms;
    char *text = NULL;

    if (store_directory_get(relay->store, &text, &then_ms) == 0 && text &&
        openid_read_provider(text, strlen(text), &relay->config->openid, &provider, &trouble) == 0)
        (void)set_provider(relay, &provider);
    free(text);
}

void
openid_refresh(struct relay *relay, int64_t now_ms)
{
    struct openid *openid = relay->upstream_state;
    char url[OIDC_DISCOVERY_URL_SIZE];
    const char *trouble;

    if (relay->n_banks == 0)
        restore(relay);
    if (openid->is_discovering || now_ms < openid->discovery_ms)
        return;
    openid->discovery_ms = now_ms + AGAIN_MS;
    openid->is_discovering = oidc_discovery_url(relay->config->openid.issuer, url, &trouble) == 0 &&
                             get(relay, url, on_discovery) == 0;
}
