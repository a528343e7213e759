/* SPDX-License-Identifier: BSD-3-Clause */
/* See authenticate.h. Runs in the host, often as root, and decides. Each step asks one thing (the
 * configuration, the map, the agent) and ends the login when the answer is no: below, `result` is a
 * refusal unless it is IDQ_OK, and only verdict() lets that through to PAM. */
#include "pam_idinqr/module/authenticate.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/config/arguments.h"
#include "pam_idinqr/login/idle.h"
#include "pam_idinqr/login/login.h"
#include "pam_idinqr/login/place.h"
#include "pam_idinqr/module/request.h"
#include "pam_idinqr/login/tries.h"

#include <stdio.h>
#include <string.h>

/* Where codes are shown to nobody in particular (idle = code): from a failure that is not a
 * person's to the next request, unless somebody presses Enter. getty and login come back at once.
 */
#define BACK_OFF_MS 30000

/* What the host's line in pam.d says to the module. */
struct module_line {
    int argc;
    const char **argv;
};

/* Without a name the identity picks the account. That is for the application to decide, and not for
 * a client on the network, which may send an empty name. */
static int
check_name(struct request *request)
{
    if (request->user ? request->user[0] != '\0' : request->rhost[0] == '\0')
        return 0;
    diag_set(&request->diag, request->user ? "the user name is empty"
                                           : "a login from another host names no account");
    return IDQ_NOT_ENROLLED;
}

static int
load(struct request *request, const struct module_line *line, struct config **ret_config)
{
    struct arguments arguments;
    int result;

    request->language = text_language_of("auto");
    if (arguments_parse(line->argc, line->argv, &arguments, &request->diag) != 0 ||
        config_load(arguments.conf, request->service, ret_config, &request->diag) != 0 ||
        arguments_apply(&arguments, *ret_config, &request->diag) != 0)
        return IDQ_CONFIG;
    request->debug = arguments.debug;
    request->language = text_language_of(config_text(*ret_config, "language"));
    result = place_check(config_text(*ret_config, "require"), request->tty, request->rhost,
                         &request->diag);
    return result == 0 ? check_name(request) : result;
}

static enum application_kind
application_kind(const struct request *request, const struct config *config,
                 const struct terminal *terminal)
{
    return application_kind_of(request->service, terminal, config_text(config, "prompt"),
                               config_text(config, "display"));
}

/* The idle screen, where nobody has given a name, so that nobody may be there: before a login or,
 * with a limit, after one that failed; 0 also where there is none. It may last for days, so nothing
 * that was read for it is used after it. */
static int
idle(struct request *request, const struct module_line *line, const char *when, long limit_ms,
     int *ret_has_idled)
{
    CONFIG_AUTO *config = NULL;
    TERMINAL_AUTO terminal = {.fd = -1};
    char station[STATION_SIZE];
    int result;

    if (!request->service || request->user) /* could not be asked, or has named an account */
        return 0;
    result = load(request, line, &config);
    if (result != 0 || strcmp(config_text(config, "idle"), when) != 0 ||
        application_is_window(request->service))
        return result;
    terminal_open(&terminal, request->tty);
    if (terminal.fd < 0 || application_kind(request, config, &terminal) != APPLICATION_TERMINAL)
        return 0;
    station_name(config, request->language, station, sizeof station);
    config_free(&config);
    result = idle_wait(&terminal, &request->conversation, request->language, station, limit_ms);
    *ret_has_idled = result == 0;
    return result;
}

/* Shows a code, and waits for a person who opens the account at the gate, or one of their own. */
static int
verify(struct request *request, const struct config *config, struct account_gate *gate,
       struct wait *wait)
{
    TERMINAL_AUTO terminal;
    RESULT_AUTO verified;
    struct login login = {
        .config = config,
        .conversation = &request->conversation,
        .terminal = &terminal,
        .is_window = application_is_window(request->service),
        .answer_limit_s = application_answer_limit_s(request->service),
        .language = request->language,
        .service = request->service,
        .account = gate->account,
        .wait = wait,
        .failed_context = request,
        .log = request_log_line,
        .log_context = request,
    };
    int result;

    if (login.is_window)
        terminal_none(&terminal);
    else
        terminal_open(&terminal, request->tty);
    login.host = application_kind(request, config, &terminal);
    if (login.host == APPLICATION_NOWHERE)
        return IDQ_NO_DISPLAY;
    /* A host that speaks through a pipe may die of a word to somebody who has gone: there, it waits
     * until the login is in the log. */
    if (terminal.fd >= 0)
        login.failed = request_tell;
    result = tries_take(config, gate->account, request->rhost[0] != '\0', &request->diag);
    if (result == 0)
        result = login_run(&login, &verified, &request->diag);
    if (result != 0)
        return result;
    /* An OpenID issuer is a URL. It says no more than the configuration does, and whoever searches
     * a log for links should find none. */
    if (!strstr(verified.issuer, "://"))
        memcpy(request->issuer, verified.issuer, sizeof request->issuer);
    memcpy(request->transaction, verified.transaction, sizeof request->transaction);
    result = account_gate_admit(gate, verified.subject, &request->conversation, request->language,
                                request->account, request->hash, &request->diag);
    if (result == 0) {
        tries_give_back(config, gate->account, request->rhost[0] != '\0');
        terminal_flush_input(&terminal);
    }
    return result;
}

static int
log_in(struct request *request, const struct module_line *line, struct wait *wait)
{
    CONFIG_AUTO *config = NULL;
    ACCOUNT_GATE_AUTO gate = {0};
    int result;

    result = load(request, line, &config);
    if (result != 0)
        return result;
    snprintf(request->provider, sizeof request->provider, "%s", config_provider(config)->name);
    station_name(config, request->language, request->station, sizeof request->station);
    result = account_gate_open(&gate, config, request->user, &request->diag);
    if (result == 0)
        result = verify(request, config, &gate, wait);
    /* An account that the host has named is never changed: old hosts would open the named one
     * anyway. */
    if (result == 0 && !request->user &&
        pam_set_item(request->pamh, PAM_USER, request->account) != 0)
        result = IDQ_SYSTEM;
    return result;
}

/* A refusal, unless every part of a success is there: an enrolled identity, the account that it
 * opens, and a host that has taken that account and no other. */
static int
verdict(struct request *request, int result)
{
    if (result != IDQ_OK)
        return result;
    if (request->hash[0] && request->account[0] && request_is_for(request, request->account))
        return IDQ_OK;
    diag_set(&request->diag, "the host opens another account than the one that was verified");
    return IDQ_SYSTEM;
}

/* The backend, the way to it, or this machine, rather than a person. */
static int
is_of_machine(int result)
{
    return error_class(result) == ERROR_BACKEND || error_class(result) == ERROR_MACHINE;
}

/* One login. *ret_has_idled when it began at the idle screen. */
static int
login_once(pam_handle_t *pamh, const struct module_line *line, int *ret_has_idled)
{
    REQUEST_AUTO request;
    struct wait wait = {.is_held = 0}; /* of a login that failed: ends when that is in the log */
    int has_waited, result = request_begin(&request, pamh);

    *ret_has_idled = 0;
    if (result == 0)
        result = idle(&request, line, IDLE_ENTER, IDLE_FOR_EVER, ret_has_idled);
    if (*ret_has_idled)
        request.start_ms = clock_ms();
    if (result == 0)
        result = log_in(&request, line, &wait);
    result = verdict(&request, result);
    request_log_end(&request, result);
    /* Behind the log: a host that speaks through a pipe dies here when its reader has gone. */
    request_tell(&request, result);
    wait_end(&wait);
    if (is_of_machine(result))
        (void)idle(&request, line, IDLE_CODE, BACK_OFF_MS, &has_waited);
    return result;
}

/* At the idle screen a login that failed leads back to it: a desk is for the next person. What a
 * stack has behind the module is for who asks for it, by Ctrl-C. Never without somebody's Enter in
 * between. */
int
authenticate(pam_handle_t *pamh, int argc, const char **argv)
{
    const struct module_line line = {argc, argv};
    int has_idled, result;

    do
        result = login_once(pamh, &line, &has_idled);
    while (has_idled && result != IDQ_OK && result != IDQ_SYSTEM &&
           (error_class(result) != ERROR_LEFT || result == IDQ_TIMEOUT));
    return result;
}
