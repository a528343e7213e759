/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr test: runs a complete login that opens nothing and writes nothing. Prints the module's
 * result, and the time of each step. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/login/application.h"
#include "pam_idinqr/login/tries.h"
#include "pam_idinqr/pamconf/pam_file.h"
#include "pam_idinqr/tool/accounts.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCOUNTS_MOST 32

/* The steps of a login, and the steps before and after them. */
enum step {
    STEP_CONFIGURATION,
    STEP_OF_LOGIN,
    STEP_MAPPED = STEP_OF_LOGIN + LOGIN_STEPS,
    STEP_ENDED, /* of a login that failed before that */
    STEPS,
};

static const char *const step_names[STEPS] = {
    [STEP_CONFIGURATION] = "configuration",
    [STEP_OF_LOGIN + LOGIN_AGENT_STARTED] = "agent started",
    [STEP_OF_LOGIN + LOGIN_CODE_MADE] = "code made",
    [STEP_OF_LOGIN + LOGIN_CODE_SHOWN] = "code shown",
    [STEP_OF_LOGIN + LOGIN_SCANNED] = "scanned",
    [STEP_OF_LOGIN + LOGIN_VERIFIED] = "verified",
    [STEP_MAPPED] = "mapped",
    [STEP_ENDED] = "ended",
};

struct trial {
    int64_t start_ms;
    int64_t reached_ms[STEPS]; /* since the start; -1: not reached */
    int result;
    struct diag diag;  /* of an error */
    struct diag place; /* why a login is refused here although the module's answer is yes, or "" */
    char hash[IDENTITY_HASH_SIZE];
    const char *accounts[ACCOUNTS_MOST]; /* opened by the identity; owned by the map */
    size_t n_accounts;
};

static void
reach(struct trial *trial, enum step step)
{
    if (trial->reached_ms[step] < 0)
        trial->reached_ms[step] = clock_ms() - trial->start_ms;
}

static void
reach_in_login(void *context, enum login_step step)
{
    reach(context, STEP_OF_LOGIN + step);
}

/* Returns the verdict for an account, or, without one, whether the identity opens any account. */
static void
judge(const struct account_gate *gate, struct trial *trial)
{
    size_t n = map_accounts_of(gate->map, trial->hash, gate->today, trial->accounts, ACCOUNTS_MOST);

    trial->n_accounts = n < ACCOUNTS_MOST ? n : ACCOUNTS_MOST;
    trial->result = n > 0 ? 0 : IDQ_UNKNOWN_IDENTITY;
    if (gate->account)
        trial->result = map_check(gate->map, gate->account, trial->hash, gate->today);
    if (trial->result == IDQ_UNKNOWN_IDENTITY &&
        account_explain_unknown(gate->config, gate->map, &trial->diag))
        command_say_diag(&trial->diag);
    reach(trial, STEP_MAPPED);
}

static void
log_in(const struct config *config, const struct command_options *options,
       struct account_gate *gate, struct trial *trial)
{
    const struct console_trial how = {
        .config = config,
        .service = options->service,
        .account = gate->account,
        .stream = options->json ? stderr : stdout,
        .reached = reach_in_login,
        .reached_context = trial,
    };
    RESULT_AUTO verified = {0};

    trial->result = console_try(&how, &verified, &trial->diag);
    if (trial->result != 0)
        return;
    trial->result = account_gate_identify(gate, verified.subject, trial->hash, &trial->diag);
    if (trial->result == 0)
        judge(gate, trial);
    else if (trial->result == IDQ_MAP)
        command_say_diag(&trial->diag);
}

/* Calls `take` for each step that was reached, with its time since the previous one. */
static int64_t
each_step(const struct trial *trial, void (*take)(void *context, const char *name, int64_t took_ms),
          void *context)
{
    int64_t last_ms = 0;

    for (enum step step = 0; step < STEPS; step++) {
        if (trial->reached_ms[step] < 0)
            continue;
        take(context, step_names[step], trial->reached_ms[step] - last_ms);
        last_ms = trial->reached_ms[step];
    }
    return last_ms;
}

static void
print_step(void *unused, const char *name, int64_t took_ms)
{
    (void)unused;
    printf("%-13s %9lld ms\n", name, (long long)took_ms);
}

static void
print_table(const struct trial *trial)
{
    if (*trial->hash)
        printf("Identity: %s\n", trial->hash);
    for (size_t i = 0; i < trial->n_accounts; i++)
        printf("Opens:    %s\n", trial->accounts[i]);
    printf("Verdict:  %s%s%s\n\n",
           trial->result == 0                 ? "this login would open"
           : command_needs_root(&trial->diag) ? "unknown: run this as root"
                                              : error_text(trial->result),
           trial->result != 0 || trial->place.text[0] == '\0' ? "" : ", but ",
           trial->result != 0      ? ""
           : trial->place.line > 0 ? "only where require allows"
                                   : trial->place.text);
    print_step(NULL, "in all", each_step(trial, print_step, NULL));
}

static void
pack_step(void *steps, const char *name, int64_t took_ms)
{
    json_array_append_new(steps, json_pack("{s:s, s:I}", "step", name, "ms", (json_int_t)took_ms));
}

/* Why the login would not open, or not here, or "". */
static const char *
reason_of(const struct trial *trial, char line[DIAG_LINE_SIZE])
{
    if (trial->result == 0)
        return diag_format(&trial->place, line);
    return trial->diag.text[0] ? command_format_diag(&trial->diag, line)
                               : error_text(trial->result);
}

static int
print_json(const struct trial *trial)
{
    json_t *accounts = json_array(), *steps = json_array(), *object;
    int64_t total_ms = each_step(trial, pack_step, steps);
    char line[DIAG_LINE_SIZE];

    for (size_t i = 0; i < trial->n_accounts; i++)
        json_array_append_new(accounts, json_string(trial->accounts[i]));
    object = json_pack("{s:s, s:s, s:s, s:o, s:o, s:I}", "outcome", error_word(trial->result),
                       "reason", reason_of(trial, line), "identity", trial->hash, "opens", accounts,
                       "steps", steps, "ms", (json_int_t)total_ms);
    return command_print_json(object);
}

/* Without such a file PAM takes the lines of `other`, which have no iDIN. */
static void
note_service(const char *service)
{
    char *file = pam_file_find("", service);

    if (!file && strcmp(service, COMMAND_SERVICE) != 0)
        command_say("there is no /etc/pam.d/%s", service);
    free(file);
}

/* Finds whether the module would refuse a login on this terminal. The login may be on another. */
static void
note_place(const struct config *config, struct trial *trial)
{
    const char *name = NULL, *file;
    unsigned line;

    for (int fd = 0; fd <= STDERR_FILENO && !name; fd++)
        name = ttyname(fd);
    if (place_check(config->require, name ? name : "", "", &trial->place) == 0)
        return;
    file = config_place(config, config_setting(config, "require"), &line);
    snprintf(trial->place.file, sizeof trial->place.file, "%s", file);
    trial->place.line = line;
    command_say_diag(&trial->place);
}

/* Says that the application refuses the account after the module's answer. */
static void
note_expired(const char *account, struct trial *trial)
{
    ACCOUNTS_AUTO *accounts = account ? accounts_read("") : NULL;
    enum accounts_fault fault = accounts ? accounts_fault(accounts, account) : ACCOUNTS_VALID;

    if (fault != ACCOUNTS_EXPIRED && fault != ACCOUNTS_PASSWORD_EXPIRED)
        return;
    diag_set(&trial->place, "the %saccount %s has expired",
             fault == ACCOUNTS_EXPIRED ? "" : "password of the ", account);
    command_say_diag(&trial->place);
}

/* Says what the module leaves out: an account that does not exist, and how to enroll. */
static void
explain_not_enrolled(const char *account, struct trial *trial)
{
    if (trial->result != IDQ_NOT_ENROLLED && trial->result != IDQ_NOT_YET_ENROLLED)
        return;
    if (account && !getpwnam(account))
        diag_set(&trial->diag, "there is no account %s on this machine", account);
    else if (trial->diag.text[0] == '\0' || trial->diag.error == ENOENT) {
        if (trial->diag.line > 0) /* of the map's keyword */
            command_say_diag(&trial->diag);
        diag_set(&trial->diag, "%s: idinqr enroll %s", error_text(trial->result),
                 account ? account : "ACCOUNT");
    }
}

int
command_test(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    ACCOUNT_GATE_AUTO gate = {0};
    struct trial trial = {.start_ms = clock_ms()};
    int result = COMMAND_DONE;

    for (size_t i = 0; i < STEPS; i++)
        trial.reached_ms[i] = -1;
    if (argc > 1) {
        command_say("test takes one ACCOUNT at the most");
        return COMMAND_USAGE;
    }
    note_service(options->service);
    trial.result = config_load(options->conf, options->service, &config, &trial.diag);
    if (trial.result == 0)
        trial.result = account_gate_open(&gate, config, argc == 1 ? argv[0] : NULL, &trial.diag);
    if (trial.result == 0)
        trial.result = tries_check(config, gate.account, &trial.diag);
    explain_not_enrolled(argc == 1 ? argv[0] : NULL, &trial);
    if (trial.result != 0 && command_needs_root(&trial.diag))
        trial.result = IDQ_SYSTEM; /* the file may well be right */
    if (trial.result != 0 && trial.diag.text[0])
        command_say_diag(&trial.diag);
    else if (trial.result != 0)
        command_say("%s", error_text(trial.result));
    reach(&trial, STEP_CONFIGURATION);
    if (trial.result == 0) {
        note_place(config, &trial);
        note_expired(gate.account, &trial);
        log_in(config, options, &gate, &trial);
        for (size_t i = 0; !gate.account && i < trial.n_accounts; i++)
            note_expired(trial.accounts[i], &trial);
    }
    if (trial.reached_ms[STEP_MAPPED] < 0)
        reach(&trial, STEP_ENDED);
    if (options->json)
        result = print_json(&trial);
    else
        print_table(&trial);
    result = command_finish_output(result, "the result");
    return result == COMMAND_DONE ? command_exit_for(trial.result) : result;
}
