/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs in the application, often as root, and decides. Each step checks one thing (the
 * configuration, the map, the agent) and ends the login if that fails. `result` is a refusal unless
 * it is IDQ_OK, and only verdict() passes that to PAM. */
#include "pam_idinqr/module/authenticate.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/identity/refused.h"
#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/login.h"
#include "pam_idinqr/login/application.h"
#include "pam_idinqr/module/request.h"
#include "pam_idinqr/login/tries.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For codes that no person has asked for (idle = code): the wait after a technical failure, or for
 * a reason to be read, until the next request. A person's Enter ends it. getty and login return at
 * once. */
#define BACK_OFF_MS 30000

/* The wait for another process that changes the file of refused identities. A user can stop their
 * own su while it has the lock. */
#define REFUSED_WAIT_MS 200

/* An application that asks again at once, as sudo does, covers the reason of the last refusal with
 * the next code on a terminal of fewer rows. sudo waits up to 3 s between. */
#define REASON_ROWS 30
#define AT_ONCE_MS  5000

/* The arguments of the module's line in pam.d. */
struct module_line {
    int argc;
    const char **argv;
};

/* Without a name the identity selects the account. The application decides this, not a client on
 * the network, which may send an empty name. */
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

    request->voice = text_idin_voices[text_language_of(CONFIG_LANGUAGE_AUTO)];
    if (arguments_parse(line->argc, line->argv, &arguments, &request->diag) != 0 ||
        config_load(arguments.conf, request->service, ret_config, &request->diag) != 0 ||
        arguments_apply(&arguments, *ret_config, &request->diag) != 0)
        return IDQ_CONFIG;
    request->debug = arguments.debug;
    text_voice_set(&request->voice, text_language_of((*ret_config)->language), *ret_config);
    result = place_check((*ret_config)->require, request->tty, request->rhost, &request->diag);
    return result == 0 ? check_name(request) : result;
}

static enum application_kind
application_kind(const struct request *request, const struct config *config,
                 const struct terminal *terminal)
{
    return application_kind_of(request->service, terminal, config->prompt, config->display);
}

/* Opens the terminal that shows the conversation, and has its texts wrapped there. */
static void
open_terminal(struct request *request, struct terminal *ret_terminal)
{
    if (application_is_window(request->service))
        terminal_none(ret_terminal);
    else
        terminal_open(ret_terminal, request->tty);
    request->conversation.columns = terminal_text_columns(ret_terminal);
}

/* Shows the idle screen if the application has given no name, so that perhaps no person is there.
 * Before a login, or, with a limit, after one that failed. Returns 0 also if the idle screen is
 * off. It may be shown for days, so data that was read before it is not used after it. */
static int
idle(struct request *request, const struct module_line *line, enum config_idle when, long limit_ms,
     bool *ret_has_idled)
{
    CONFIG_AUTO *config = NULL;
    TERMINAL_AUTO terminal = {.fd = -1};
    char station[STATION_SIZE];
    int result;

    /* the person could not be asked, or the application has named an account */
    if (!request->service || request->user)
        return 0;
    result = load(request, line, &config);
    if (result != 0 || config->idle != when || application_is_window(request->service))
        return result;
    open_terminal(request, &terminal);
    if (terminal.fd < 0 || application_kind(request, config, &terminal) != APPLICATION_TERMINAL)
        return 0;
    station_name(config, &request->voice, station, sizeof station);
    config_free(&config);
    result = idle_wait(&terminal, &request->conversation, &request->voice, station, limit_ms);
    *ret_has_idled = result == 0;
    return result;
}

/* Keeps the identity for `idinqr enroll --from-refused`. Changes no verdict. */
static void
keep_refused(struct request *request, const struct config *config)
{
    const struct map_line line = {
        .account = request->user ? request->user : MAP_NO_ACCOUNT,
        .hash = request->hash,
        .service = request->service,
        .provider = request->provider,
        .scope = config->scope,
        .session = request->session,
        .uid = request->uid,
        .loginuid = request->loginuid,
        .issuer = request->issuer,
    };
    struct diag diag;

    if (geteuid() == 0 && refused_add(config->refused_file, &line, REFUSED_WAIT_MS, &diag) != 0)
        request->diag = diag;
}

/* In PAM's handle, for the next try: when a person was last told why a login failed. */
static const char data_name[] = "pam_idinqr_refused_at";

static void
free_time(pam_handle_t *pamh, void *data, int status)
{
    (void)pamh, (void)status;
    free(data);
}

static void
remember_refusal(pam_handle_t *pamh)
{
    int64_t *now_ms = malloc(sizeof *now_ms);

    if (!now_ms)
        return; /* the next code then comes without a pause */
    *now_ms = clock_ms();
    if (pam_set_data(pamh, data_name, now_ms, free_time) != 0)
        free(now_ms);
}

/* Waits for an Enter if the code would cover a reason before the person has read it. */
static int
let_reason_be_read(struct request *request, const struct login *login)
{
    const void *then_ms = NULL;

    if (request->has_idled || login->terminal->fd < 0 || login->terminal->rows >= REASON_ROWS ||
        pam_get_data(request->pamh, data_name, &then_ms) != 0 ||
        clock_ms() - *(const int64_t *)then_ms > AT_ONCE_MS)
        return 0;
    if (login->account)
        return request_wait_for_enter(request);
    return idle_wait(login->terminal, login->conversation, login->voice, request->station,
                     BACK_OFF_MS);
}

static void
note_step(void *context, enum login_step step)
{
    struct request *request = context;

    if (step == LOGIN_CODE_MADE)
        request->has_code = true;
}

/* Returns whether the backend has made no code, so that nothing was paid for it. An outage must not
 * use up an account's tries. */
static bool
is_free(int result)
{
    switch (result) {
    case IDQ_UNREACHABLE:
    case IDQ_TLS:
    case IDQ_MERCHANT:
    case IDQ_BUSY:
    case IDQ_CLOCK:
    case IDQ_CONFIG:
    case IDQ_AGENT:
    case IDQ_SYSTEM:
        return true;
    default:
        return false;
    }
}

/* Shows a code, and waits for a person who opens the account at the gate, or an account of the
 * person's. */
static int
verify(struct request *request, const struct config *config, struct account_gate *gate,
       const struct terminal *terminal, struct wait *wait)
{
    RESULT_AUTO verified;
    struct login login = {
        .config = config,
        .conversation = &request->conversation,
        .terminal = terminal,
        .application = application_kind(request, config, terminal),
        .is_window = application_is_window(request->service),
        .answer_limit_s = application_answer_limit_s(request->service),
        .voice = &request->voice,
        .service = request->service,
        .account = gate->account,
        .wait = wait,
        .failed_context = request,
        .reached = note_step,
        .reached_context = request,
        .log = request_log_line,
        .log_context = request,
    };
    int result;

    if (login.application == APPLICATION_NOWHERE)
        return IDQ_NO_DISPLAY;
    /* An application that writes to a pipe may die of a message to a client that has gone. There,
     * the message waits until the login is logged. */
    if (terminal->fd >= 0)
        login.failed = request_tell;
    result = let_reason_be_read(request, &login);
    if (result != 0)
        return result;
    result = tries_take(config, gate->account, request->rhost[0] != '\0', &request->diag);
    if (result != 0)
        return result;
    result = login_run(&login, &verified, &request->diag);
    if (!request->has_code && is_free(result))
        tries_give_back(config, gate->account, request->rhost[0] != '\0');
    memcpy(request->transaction, verified.transaction, sizeof request->transaction);
    if (result != 0)
        return result;
    /* An OpenID issuer is a URL that only repeats the configuration. A search of a log for links
     * should find none. */
    if (!strstr(verified.issuer, "://"))
        memcpy(request->issuer, verified.issuer, sizeof request->issuer);
    result = account_gate_admit(gate, verified.subject, &request->conversation, &request->voice,
                                request->account, request->hash, &request->diag);
    if (result == IDQ_UNKNOWN_IDENTITY || result == IDQ_WRONG_PERSON)
        keep_refused(request, config);
    if (result == 0) {
        tries_give_back(config, gate->account, request->rhost[0] != '\0');
        terminal_flush_input(terminal);
    }
    return result;
}

static int
log_in(struct request *request, const struct module_line *line, struct wait *wait)
{
    CONFIG_AUTO *config = NULL;
    ACCOUNT_GATE_AUTO gate = {0};
    TERMINAL_AUTO terminal;
    int result;

    open_terminal(request, &terminal);
    result = load(request, line, &config);
    if (result != 0)
        return result;
    snprintf(request->provider, sizeof request->provider, "%s", config->provider->name);
    station_name(config, &request->voice, request->station, sizeof request->station);
    result = account_gate_open(&gate, config, request->user, &request->diag);
    if (result == 0)
        result = verify(request, config, &gate, &terminal, wait);
    /* An account that the application has named is never changed: old applications would open the
     * named one anyway. */
    if (result == 0 && !request->user &&
        pam_set_item(request->pamh, PAM_USER, request->account) != 0)
        result = IDQ_SYSTEM;
    return result;
}

/* Refuses, unless every part of a success is present: an enrolled identity, the account that it
 * opens, and an application that accepted exactly that account. */
static int
verdict(struct request *request, int result)
{
    if (result != IDQ_OK)
        return result;
    if (request->hash[0] && request->account[0] && request_is_for(request, request->account))
        return IDQ_OK;
    diag_set(&request->diag, "the application opens another account than the verified one");
    return IDQ_SYSTEM;
}

/* Whether the backend, the network or this machine failed, not a person. */
static bool
is_of_machine(int result)
{
    return error_class(result) == ERROR_BACKEND || error_class(result) == ERROR_MACHINE;
}

/* Runs one login. *ret_has_idled is set if it began at the idle screen. */
static int
login_once(pam_handle_t *pamh, const struct module_line *line, bool *ret_has_idled)
{
    REQUEST_AUTO request;
    struct wait wait = {0}; /* of a login that failed: it ends after that is logged */
    bool has_waited = false;
    int result = request_begin(&request, pamh);

    if (result == 0)
        result = idle(&request, line, IDLE_ENTER, IDLE_FOR_EVER, &request.has_idled);
    if (request.has_idled)
        request.start_ms = clock_ms();
    if (result == 0)
        result = log_in(&request, line, &wait);
    result = verdict(&request, result);
    request_log_end(&request, result);
    /* After the log: an application that writes to a pipe dies here if its reader has gone. */
    request_tell(&request, result);
    wait_end(&wait);
    request_tell_in_prompt(&request, result);
    if (is_of_machine(result))
        (void)idle(&request, line, IDLE_CODE, BACK_OFF_MS, &has_waited);
    /* A backend that is down shows no code either the next time. */
    if (result != IDQ_OK && !has_waited && (request.has_code || !is_of_machine(result)))
        remember_refusal(pamh);
    *ret_has_idled = request.has_idled;
    return result;
}

/* At the idle screen a failed login returns to it, for the next person. Ctrl-C continues with the
 * rest of the stack. Each new login needs an Enter first. */
int
authenticate(pam_handle_t *pamh, int argc, const char **argv)
{
    const struct module_line line = {argc, argv};
    bool has_idled;
    int result;

    do
        result = login_once(pamh, &line, &has_idled);
    while (has_idled && result != IDQ_OK && result != IDQ_SYSTEM &&
           (error_class(result) != ERROR_LEFT || result == IDQ_TIMEOUT));
    return result;
}
