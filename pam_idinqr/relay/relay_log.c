/* SPDX-License-Identifier: BSD-3-Clause */
/* What the relay logs: the end of each login, and what went wrong. */
#include "pam_idinqr/relay/relay.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/web/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#define ENDS_AT_ONCE 16
#define RARE_MS      (60 * 1000)

void
relay_log(int priority, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    characters_make_loggable(line);
    fprintf(stderr, "<%d>%s\n", priority, line);
}

void
relay_log_rarely(struct relay *relay, enum relay_rare kind, int priority, const char *format, ...)
{
    struct relay_rare_lines *lines = &relay->rare[kind];
    int64_t now_ms = server_now_ms();
    char line[1024], more[40] = "";
    va_list arguments;

    if (lines->next_ms > now_ms) {
        lines->n_left_out++;
        return;
    }
    if (lines->n_left_out > 0)
        snprintf(more, sizeof more, " (%u such lines were left out)", lines->n_left_out);
    *lines = (struct relay_rare_lines){.next_ms = now_ms + RARE_MS};
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    relay_log(priority, "%s%s", line, more);
}

int
relay_store_failed(struct relay *relay)
{
    relay_log_rarely(relay, RELAY_RARE_STORE, LOG_ERR, "store: %s", store_error(relay->store));
    return IDQ_SYSTEM;
}

/* The words of the desk's record (pam_idinqr(8)). */
static enum idq_error
outcome_of(enum store_state state)
{
    switch (state) {
    case STORE_TAKEN:
        return IDQ_OK;
    case STORE_CANCELLED:
        return IDQ_CANCELLED;
    case STORE_REFUSED:
    case STORE_DENIED:
        return IDQ_REFUSED;
    case STORE_WRONG:
        return IDQ_WRONG_NUMBER;
    case STORE_EXPIRED:
        return IDQ_EXPIRED;
    case STORE_REVOKED:
        return IDQ_MERCHANT;
    default:
        return IDQ_BANK_FAILED;
    }
}

const char *
relay_outcome(enum store_state state)
{
    return error_word(outcome_of(state));
}

/* Perhaps no relay ran then. */
static int64_t
end_ms_of(const struct relay *relay, const struct store_login *login)
{
    return login->state == STORE_EXPIRED ? login->expires_ms : relay->wall_ms;
}

/* Logs the end of a login, with the fields of the desk's record that the relay knows. */
static void
log_end(const struct relay *relay, const struct store_login *login)
{
    char station[STORE_LABEL_SIZE], service[STORE_LABEL_SIZE], account[STORE_LABEL_SIZE];

    snprintf(station, sizeof station, "%s", login->station);
    snprintf(service, sizeof service, "%s", login->service);
    snprintf(account, sizeof account, "%s", login->account);
    characters_make_value(station, true);
    characters_make_value(service, false);
    characters_make_value(account, false); /* as a person typed it */
    relay_log(login->state == STORE_TAKEN ? LOG_INFO : LOG_NOTICE,
              "outcome=%s login=%s desk=%s station=\"%s\" service=%s account=%s transaction=%s "
              "issuer=%s duration=%.1fs%s",
              relay_outcome(login->state), login->id, login->desk, station, service, account,
              login->trx, login->issuer,
              (double)(end_ms_of(relay, login) - login->created_ms) / 1000.0,
              login->state == STORE_DENIED ? " detail=\"this was not me\"" : "");
}

bool
relay_log_ends(struct relay *relay)
{
    struct store_login logins[ENDS_AT_ONCE];
    size_t n = 0;

    do {
        if (store_login_ended(relay->store, ENDS_AT_ONCE, logins, &n) != 0) {
            (void)relay_store_failed(relay);
            return false;
        }
        for (size_t i = 0; i < n; i++) {
            log_end(relay, &logins[i]);
            relay->counts.ends[logins[i].state]++;
            if (store_outcome_add(relay->store, logins[i].state, end_ms_of(relay, &logins[i])) != 0)
                (void)relay_store_failed(relay);
            relay_changed(relay, logins[i].id);
        }
    } while (n == ENDS_AT_ONCE);
    return true;
}
