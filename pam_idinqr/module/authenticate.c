/* See authenticate.h. Runs in the host, often as root: reads what the host says of the login (some
 * of it chosen by a stranger), asks the configuration, the map and the agent, and decides. PAM's
 * calls return 0 when they did what they were asked. */
#include "pam_idinqr/module/authenticate.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/account.h"
#include "pam_idinqr/module/arguments.h"
#include "pam_idinqr/module/audit.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/module/idle.h"
#include "pam_idinqr/module/journal.h"
#include "pam_idinqr/module/login.h"
#include "pam_idinqr/module/station.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

/* Where codes are shown to nobody in particular (idle = code): from a failure that is not a
 * person's to the next request, unless somebody presses Enter. getty and login come back at once.
 */
#define BACK_OFF_MS 30000

struct request {
    pam_handle_t *pamh;
    struct arguments arguments;
    struct audit audit;
    enum text_language language;
    struct problem problem;
    struct wait wait; /* of a login that failed: ends when that is in the log */
    int was_told;     /* the person has been told how it ended */
    char account[MAP_ACCOUNT_SIZE];
    char hash[IDENTITY_HASH_SIZE];
    char issuer[ISSUER_MAX + 1];
    char transaction[TRANSACTION_MAX + 1];
    char provider[32];
    char station[STATION_SIZE];
    int has_asked;
};

static int
show(void *context, const char *text)
{
    struct request *request = context;

    /* PAM_SILENT is no reason to keep quiet: sudo always sets it, and a code that nobody sees opens
     * nothing. */
    return pam_prompt(request->pamh, host_message_style(request->audit.service), NULL, "%s",
                      text) == 0
               ? 0
               : IDQ_CONV;
}

/* In a prompt, sshd ends the process of the module without a word when its client has gone or its
 * time is over: pam_idinqr(8), BUGS. So that somebody was shown a code is in the log before. */
static void
log_asking(struct request *request)
{
    char line[AUDIT_LINE_SIZE];

    if (request->has_asked)
        return;
    request->has_asked = 1;
    request->audit.is_asking = 1;
    request->audit.provider = request->provider;
    request->audit.station = request->station;
    audit_format(&request->audit, line, sizeof line);
    request->audit.is_asking = 0;
    pam_syslog(request->pamh, LOG_NOTICE, "%s", line);
}

static int
ask(void *context, const char *prompt, char *ret_line, size_t size)
{
    struct request *request = context;
    char *answer = NULL;
    int result = IDQ_CONV;

    log_asking(request);
    /* A host may say that all went well and yet have no answer. */
    if (pam_prompt(request->pamh, PAM_PROMPT_ECHO_ON, &answer, "%s", prompt) == 0 && answer &&
        strlen(answer) < size) {
        memcpy(ret_line, answer, strlen(answer) + 1);
        result = 0;
    }
    free(answer);
    return result;
}

static void
write_log(void *context, int priority, const char *line)
{
    const struct request *request = context;

    /* One line about a login is enough, unless somebody is looking for a mistake. */
    if (request->arguments.debug)
        pam_syslog(request->pamh, priority, "session=%s %s", request->audit.session, line);
}

/* What the host says, or "" when it says nothing. IDQ_SYSTEM when it cannot be asked: an account
 * that was named must never pass for none. */
static int
read_item(pam_handle_t *pamh, int type, const char **ret_text)
{
    const void *value = NULL;

    *ret_text = "";
    if (pam_get_item(pamh, type, &value) != 0)
        return IDQ_SYSTEM;
    if (value)
        *ret_text = value;
    return 0;
}

static int
read_items(pam_handle_t *pamh, struct audit *ret_audit)
{
    int result = read_item(pamh, PAM_SERVICE, &ret_audit->service);

    if (result == 0)
        result = read_item(pamh, PAM_USER, &ret_audit->account);
    if (result == 0)
        result = read_item(pamh, PAM_TTY, &ret_audit->tty);
    if (result == 0)
        result = read_item(pamh, PAM_RHOST, &ret_audit->rhost);
    return result;
}

static void
tell_person(struct request *request, int result)
{
    const struct conversation conversation = {request, show, ask};
    char text[400];

    if (result == IDQ_CONV || result == IDQ_HANGUP || request->was_told)
        return; /* there is nobody to tell, or nothing */
    request->was_told = 1;
    if (result == IDQ_OK)
        text_copy(text, sizeof text, request->language, TEXT_WELCOME, request->account);
    else
        snprintf(text, sizeof text, "%s", text_for_error(request->language, result));
    /* Whether it was seen changes nothing any more. */
    (void)conversation_show(&conversation, "  %s", text);
}

static void
tell_failure(void *context, int error)
{
    tell_person(context, error);
}

static int
verify(struct request *request, const struct config *config, const struct account_gate *gate)
{
    const struct conversation conversation = {request, show, ask};
    TERMINAL_AUTO terminal;
    RESULT_AUTO verified;
    struct login login = {
        .config = config,
        .conversation = &conversation,
        .terminal = &terminal,
        .is_window = host_is_window(request->audit.service),
        .answer_limit_s = host_answer_limit_s(request->audit.service),
        .language = request->language,
        .service = request->audit.service,
        .account = gate->account,
        .wait = &request->wait,
        .failed_context = request,
        .log = write_log,
        .log_context = request,
    };
    int result = IDQ_AGENT;

    if (login.is_window)
        terminal_none(&terminal);
    else
        terminal_open(&terminal, request->audit.tty);
    /* A host that speaks through a pipe may die of a word to somebody who has gone: there, it waits
     * until the login is in the log. */
    if (terminal.fd >= 0)
        login.failed = tell_failure;
    login.host = host_kind_of(request->audit.service, &terminal, config_text(config, "prompt"),
                              config_text(config, "display"));
    if (login.host == HOST_NOWHERE)
        return IDQ_NO_DISPLAY;
    result = login_run(&login, &verified, &request->problem);
    if (result != 0)
        return result;
    /* An OpenID issuer is a URL. It says no more than the configuration does, and whoever searches
     * a log for links should find none. */
    if (!strstr(verified.issuer, "://"))
        memcpy(request->issuer, verified.issuer, sizeof request->issuer);
    memcpy(request->transaction, verified.transaction, sizeof request->transaction);
    result = account_gate_admit(gate, verified.subject, &conversation, request->language,
                                request->account, request->hash, &request->problem);
    if (result == 0)
        terminal_flush_input(&terminal);
    return result;
}

static int
load(struct request *request, int argc, const char **argv, struct config **ret_config)
{
    request->language = text_language_of("auto");
    if (arguments_parse(argc, argv, &request->arguments, &request->problem) != 0 ||
        config_load(request->arguments.conf, request->audit.service, ret_config,
                    &request->problem) != 0 ||
        arguments_apply(&request->arguments, *ret_config, &request->problem) != 0)
        return IDQ_CONFIG;
    request->language = text_language_of(config_text(*ret_config, "language"));
    return 0;
}

/* A terminal, where messages are shown as they come. */
static int
is_desk(const struct request *request, const struct config *config, const struct terminal *terminal)
{
    return terminal->fd >= 0 && !host_is_window(request->audit.service) &&
           host_kind_of(request->audit.service, terminal, config_text(config, "prompt"),
                        config_text(config, "display")) == HOST_TERMINAL;
}

/* The idle screen, where nobody has given a name, so that nobody may be there: before a login or,
 * with a limit, after one that failed; 0 also where there is none. It may last for days, so nothing
 * that was read for it is used after it. */
static int
idle(struct request *request, int argc, const char **argv, const char *when, long limit_ms,
     int *ret_has_idled)
{
    const struct conversation conversation = {request, show, ask};
    CONFIG_AUTO *config = NULL;
    TERMINAL_AUTO terminal = {.fd = -1};
    char station[STATION_SIZE];
    int result;

    /* Also where the host could not be asked: NULL. */
    if (!request->audit.account || !request->audit.tty || request->audit.account[0] != '\0')
        return 0;
    result = load(request, argc, argv, &config);
    terminal_open(&terminal, request->audit.tty);
    if (result != 0 || !is_desk(request, config, &terminal) ||
        strcmp(config_text(config, "idle"), when) != 0)
        return result;
    station_name(config, request->language, station, sizeof station);
    config_free(&config);
    result = idle_wait(&terminal, &conversation, request->language, station, limit_ms);
    *ret_has_idled = result == 0;
    return result;
}

static int
run(struct request *request, int argc, const char **argv)
{
    CONFIG_AUTO *config = NULL;
    ACCOUNT_GATE_AUTO gate = {0};
    const char *user = request->audit.account;
    int result;

    result = load(request, argc, argv, &config);
    if (result != 0)
        return result;
    snprintf(request->provider, sizeof request->provider, "%s", config_provider(config)->name);
    station_name(config, request->language, request->station, sizeof request->station);
    /* An account that the host has named is never changed: old hosts would open the named one
     * anyway. */
    result = account_gate_open(&gate, config, *user ? user : NULL, &request->problem);
    if (result == 0)
        result = verify(request, config, &gate);
    if (result == 0 && !*user && pam_set_item(request->pamh, PAM_USER, request->account) != 0)
        result = IDQ_SYSTEM;
    return result;
}

/* A refusal, unless every part of a success is there: an enrolled identity, the account that it
 * opens, and a host that has taken that account and no other. */
static int
verdict(const struct request *request, int result)
{
    const char *user;

    if (result != IDQ_OK)
        return result;
    return request->hash[0] && request->account[0] &&
                   read_item(request->pamh, PAM_USER, &user) == 0 &&
                   strcmp(user, request->account) == 0
               ? IDQ_OK
               : IDQ_AGENT;
}

/* The backend, the way to it, or this machine, rather than a person. */
static int
is_of_machine(int result)
{
    return result <= IDQ_UNREACHABLE && result > IDQ_CANCELLED && result != IDQ_CONV;
}

/* One record: the journal hands it on to a syslog that wants it, so that a line as well would be
 * the same login twice. */
static void
log_end(struct request *request, int result, int64_t start_ms)
{
    int priority = result == IDQ_OK ? LOG_NOTICE : LOG_WARNING;
    char line[AUDIT_LINE_SIZE];

    request->audit.outcome = result;
    if (request->account[0])
        request->audit.account = request->account;
    request->audit.provider = request->provider;
    request->audit.hash = request->hash;
    request->audit.issuer = request->issuer;
    request->audit.transaction = request->transaction;
    request->audit.station = request->station;
    request->audit.detail = request->problem.text;
    request->audit.duration_ms = clock_ms() - start_ms;
    if (audit_to_journal(&request->audit, priority, JOURNAL_SOCKET) == 0)
        return;
    audit_format(&request->audit, line, sizeof line);
    pam_syslog(request->pamh, priority, "%s", line);
}

/* One login. *ret_has_idled when it began at the idle screen. */
static int
attempt(pam_handle_t *pamh, int argc, const char **argv, int *ret_has_idled)
{
    struct request request = {.pamh = pamh};
    int64_t start_ms = clock_ms();
    int result = read_items(pamh, &request.audit), has_waited;

    *ret_has_idled = has_waited = 0;
    audit_new_session(request.audit.session);
    if (result == 0)
        result = idle(&request, argc, argv, IDLE_ENTER, IDLE_FOR_EVER, ret_has_idled);
    if (*ret_has_idled)
        start_ms = clock_ms();
    if (result == 0)
        result = run(&request, argc, argv);
    result = verdict(&request, result);
    log_end(&request, result, start_ms);
    /* Behind the log: a host that speaks through a pipe dies here when its reader has gone. */
    tell_person(&request, result);
    wait_end(&request.wait);
    if (is_of_machine(result))
        (void)idle(&request, argc, argv, IDLE_CODE, BACK_OFF_MS, &has_waited);
    return result;
}

/* At the idle screen a login that failed leads back to it: a desk is for the next person. What a
 * stack has behind the module is for who asks for it, by Ctrl-C. Never without somebody's Enter in
 * between. */
int
authenticate(pam_handle_t *pamh, int argc, const char **argv)
{
    int has_idled, result;

    do
        result = attempt(pamh, argc, argv, &has_idled);
    while (has_idled && result != IDQ_OK && result != IDQ_CANCELLED && result != IDQ_HANGUP &&
           result != IDQ_CONV && result != IDQ_SYSTEM);
    return result;
}
