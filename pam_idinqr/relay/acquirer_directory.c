/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this: the acquirer's list of banks. It is asked for once a week, or a day by
 * CM.com's rule, and kept in the store. */
#include "pam_idinqr/relay/acquirer.h"

#include "pam_idinqr/common/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define AGAIN_MS ((int64_t)60 * 1000) /* after a directory that could not be read */

/* "BIC name" in each line. Names have no line feed (idx_read_directory). */
static char *
directory_text(const struct idx_directory *directory)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; out && i < directory->n_issuers; i++)
        fprintf(out, "%s %s\n", directory->issuers[i].id, directory->issuers[i].name);
    if (out && fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static int
set_banks(struct relay *relay, const char *text, int64_t then_ms)
{
    struct relay_bank *list;
    size_t n = 0;

    for (const char *end = text; (end = strchr(end, '\n')); end++)
        n++;
    list = n > 0 ? calloc(n, sizeof *list) : NULL;
    if (!list)
        return IDQ_REPLY;
    for (size_t i = 0; i < n; i++) {
        size_t id_size = strcspn(text, " \n"), size = strcspn(text, "\n");
        if (id_size == size || id_size >= sizeof list[i].id ||
            size - id_size > sizeof list[i].name) {
            free(list);
            return IDQ_REPLY;
        }
        memcpy(list[i].id, text, id_size);
        memcpy(list[i].name, text + id_size + 1, size - id_size - 1);
        text += size + 1;
    }
    free(relay->banks);
    relay->banks = list;
    relay->n_banks = n;
    relay->banks_ms = then_ms;
    return 0;
}

static void
on_directory(void *context, const struct http_client_answer *answer)
{
    struct relay *relay = context;
    struct acquirer *acquirer = relay->upstream_state;
    struct idx_directory *directory = NULL;
    struct idx_failure failure = {.reason = ""};
    TEXT_AUTO *text = NULL;
    int error = answer->error;

    relay_look_at_clock(relay);
    acquirer->is_refreshing = false;
    if (error == 0)
        error = acquirer->language->read_directory(acquirer, answer->body, answer->body_size,
                                                   &directory, &failure);
    relay_monitor_asked(relay, RELAY_ASK_DIRECTORY, error, answer->duration_ms);
    if (error == 0) {
        text = directory_text(directory);
        error = text ? set_banks(relay, text, relay->wall_ms) : IDQ_SYSTEM;
    }
    if (error == 0 && store_directory_set(relay->store, text, relay->wall_ms) != 0)
        (void)relay_store_failed(relay); /* it serves until the end */
    if (error != 0)
        relay_log(LOG_WARNING, "directory: %s: %s", error_text(error),
                  answer->error ? answer->problem : failure.reason);
    acquirer->directory_ms = relay->wall_ms + (error == 0 ? acquirer->language->list_ms : AGAIN_MS);
    free(directory);
}

void
acquirer_refresh(struct relay *relay, int64_t now_ms)
{
    struct acquirer *acquirer = relay->upstream_state;
    const struct acquirer_language *language = acquirer->language;
    TEXT_AUTO *request = NULL, *text = NULL;
    int64_t then_ms;
    size_t size;

    if (relay->n_banks > 0 && now_ms - relay->banks_ms > language->list_max_ms)
        relay->n_banks = 0;
    if (relay->n_banks == 0 && store_directory_get(relay->store, &text, &then_ms) == 0 && text &&
        now_ms - then_ms <= language->list_max_ms && set_banks(relay, text, then_ms) == 0)
        acquirer->directory_ms = then_ms + language->list_ms;
    if (acquirer->is_refreshing || now_ms < acquirer->directory_ms)
        return;
    acquirer->directory_ms = now_ms + AGAIN_MS;
    if (language->build_directory(acquirer, now_ms, &request, &size) == 0 &&
        acquirer_post(relay, acquirer->directory_url, request, size, ACQUIRER_TIMEOUT_MS,
                      on_directory, relay) == 0)
        acquirer->is_refreshing = true;
}
