/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this on its terminal. */
#include "pam_idinqr/tool/console.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/login/login.h"
#include "pam_idinqr/tool/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

/* The context of the conversation's functions. */
struct console {
    FILE *stream;
    struct text_voice voice;
    struct conversation conversation; /* of a login; its context is this */
};

static int
show(void *context, const char *text)
{
    const struct console *console = context;

    return fprintf(console->stream, "%s\n", text) < 0 || fflush(console->stream) != 0 ? IDQ_CONV
                                                                                      : 0;
}

static int
ask(void *context, const char *prompt, char *ret_line, size_t size)
{
    const struct console *console = context;

    fputs(prompt, console->stream);
    if (fflush(console->stream) != 0 || !fgets(ret_line, (int)size, stdin) ||
        !strchr(ret_line, '\n'))
        return IDQ_CONV;
    ret_line[strcspn(ret_line, "\n")] = '\0';
    return 0;
}

static void
write_log(void *context, int priority, const char *line)
{
    (void)context;
    if (priority < LOG_INFO)
        command_say("%s", line);
}

static void
tell_failure(void *context, int error)
{
    struct console *console = context;
    char text[TEXT_ERROR_SIZE];

    text_copy_error(text, sizeof text, &console->voice, error);
    (void)conversation_show(&console->conversation, "  %s", text);
}

/* The keywords whose values are probably wrong after an error whose text has this in it. A provider
 * has some of them. */
static const struct {
    int error;
    const char *in_text, *keyword;
} suspects[] = {
    {IDQ_UNREACHABLE, "", "proxy"},
    {IDQ_TLS, "pinned public key", "pin_sha256"},
    {IDQ_TLS, "issuer", "ca_file"},
    {IDQ_TLS, "self-signed", "ca_file"},
    {IDQ_TLS, "self signed", "ca_file"},
    {IDQ_TLS, "CAfile", "ca_file"},
    {IDQ_TLS, "certificate file", "ca_file"},
    {IDQ_HOST, "", "qr_hosts"},
    {IDQ_MERCHANT, "", "merchant_token"},
    {IDQ_MERCHANT, "", "client_id"},
    {IDQ_MERCHANT, "", "client_auth"},
    {IDQ_MERCHANT, "", "client_secret"},
    {IDQ_MERCHANT, "", "client_key"},
    {IDQ_REPLY, "generate: HTTP status 400", "merchant_token"},
    {IDQ_REPLY, "generate: HTTP status 400", "merchant_sub_id"},
    {IDQ_REPLY, "generate:", "qr_backend_url"},
    {IDQ_REPLY, "status:", "status_url"},
    {IDQ_REPLY, "token:", "token_url"},
    {IDQ_REPLY, "session:", "api_url"},
    {IDQ_REPLY, "discovery:", "issuer"},
    {IDQ_REPLY, "device authorization:", "device_endpoint"},
    {IDQ_SIGNATURE, "", "signing_key"},
    {IDQ_SIGNATURE, "", "signing_key_encoding"},
    {IDQ_SIGNATURE, "", "jwks_file"},
};

const struct setting *
console_next_suspect(const struct config *config, int error, const char *text, size_t *at)
{
    while (*at < ARRAY_LENGTH(suspects)) {
        size_t i = (*at)++;
        const struct setting *setting = config_setting(config, suspects[i].keyword);
        if (setting && suspects[i].error == error && strstr(text, suspects[i].in_text))
            return setting;
    }
    return NULL;
}

bool
console_find_unread(int error, const char *text, struct diag *ret_diag)
{
    /* As those of fetch/jail_rules.c. Without the others, a name still resolves. */
    static const char *const files[] = {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"};
    char path[PATH_MAX], directory[PATH_MAX];
    struct stat status;

    if (error != IDQ_UNREACHABLE || !strstr(text, "esolv"))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        if (!realpath(files[i], path) || stat(path, &status) != 0)
            continue; /* a missing file is replaced by a default */
        if (!trusted_file_is_within_reach(path, 0, directory)) {
            diag_set_file(ret_diag, directory, 0, "the agent's user cannot search it, for %s",
                          files[i]);
            ret_diag->cure = "chmod go+x";
        } else if (!(status.st_mode & S_IROTH)) {
            diag_set_file(ret_diag, files[i], 0, "the agent's user cannot read it");
            ret_diag->cure = "chmod 0644";
        } else {
            continue;
        }
        return true;
    }
    return false;
}

/* Returns whether it has said something. */
static bool
say_suspect(const struct config *config, const struct setting *setting)
{
    unsigned line;
    const char *file = config_place(config, setting, &line);

    if (file[0])
        command_say("%s:%u: is %s right?", file, line, setting->keyword);
    else if (setting_fallback(setting)[0])
        command_say("%s is not set: is %s right?", setting->keyword, setting_fallback(setting));
    else if (strcmp(setting->keyword, "ca_file") == 0)
        command_say(
            "ca_file is not set: is the package ca-certificates installed, and does it have the CA "
            "of the server?");
    else
        return false;
    return true;
}

/* The URLs of the host that the text begins with. */
static void
say_urls(const struct config *config, const char *text)
{
    for (const struct setting *setting = config->provider->settings; setting->keyword; setting++) {
        const char *value = config_text(config, setting);
        struct https_url url;
        if (setting->kind == SETTING_URL && https_url_parse(value, strlen(value), &url) == 0 &&
            strncmp(text, url.host, strlen(url.host)) == 0 && text[strlen(url.host)] == ':')
            (void)say_suspect(config, setting);
    }
}

static void
say_suspects(const struct config *config, int error, const char *text)
{
    const struct setting *setting;
    struct diag unread;
    bool has_said = console_find_unread(error, text, &unread);
    size_t at = 0;

    if (has_said)
        command_say_diag(&unread);
    while ((setting = console_next_suspect(config, error, text, &at)))
        has_said |= say_suspect(config, setting);
    if (!has_said && (error == IDQ_UNREACHABLE || error == IDQ_TLS))
        say_urls(config, text);
    if (error == IDQ_SIGNATURE && config->settings.oidc.jwks_file[0])
        command_say("idinqr keys --fetch writes jwks_file again");
    if (error == IDQ_CLOCK)
        command_say("timedatectl set-ntp true keeps the clock set");
}

/* Runs a login, with the fields that are the same for all. */
static int
run(struct login login, FILE *stream, struct result_message *ret_result, struct diag *ret_diag)
{
    struct console console = {.stream = stream};
    char line[DIAG_LINE_SIZE];
    int result = IDQ_NO_DISPLAY;

    *ret_diag = (struct diag){.line = 0};
    console.conversation = (struct conversation){&console, show, ask,
                                                 .columns = terminal_text_columns(login.terminal)};
    text_voice_set(&console.voice, text_language_of(login.config->language), login.config);
    login.conversation = &console.conversation;
    login.voice = &console.voice;
    login.failed = tell_failure;
    login.failed_context = &console;
    login.log = write_log;
    if (login.application == APPLICATION_NOWHERE)
        tell_failure(&console, result);
    else
        result = login_run(&login, ret_result, ret_diag);
    if (result != 0)
        command_say("%s%s%s", error_text(result), ret_diag->text[0] ? ": " : "",
                    diag_format(ret_diag, line));
    say_suspects(login.config, result, ret_diag->text);
    return result;
}

int
console_login(const struct config *config, const char *service, const char *account,
              struct result_message *ret_result)
{
    TERMINAL_AUTO terminal;
    struct diag diag;
    struct login login = {.config = config,
                          .terminal = &terminal,
                          .application = APPLICATION_TERMINAL,
                          .service = service,
                          .account = account};

    terminal_open(&terminal, "");
    return run(login, stdout, ret_result, &diag);
}

int
console_try(const struct console_trial *trial, struct result_message *ret_result,
            struct diag *ret_diag)
{
    enum config_prompt prompt = trial->config->prompt;
    TERMINAL_AUTO terminal;
    struct login login = {.config = trial->config,
                          .terminal = &terminal,
                          .is_window = application_is_window(trial->service),
                          .answer_limit_s = application_answer_limit_s(trial->service),
                          .service = trial->service,
                          .account = trial->account,
                          .reached = trial->reached,
                          .reached_context = trial->reached_context};

    terminal_open(&terminal, "");
    login.application =
        application_kind_of(trial->service, &terminal, prompt, trial->config->display);
    if (login.application == APPLICATION_NOWHERE && !login.is_window)
        login.application = APPLICATION_TERMINAL;
    /* Such an application has no terminal on its side, and does not know the client's. */
    if (login.is_window || (login.application == APPLICATION_PROMPT && prompt == PROMPT_AUTO)) {
        terminal_close(&terminal);
        terminal_none(&terminal);
    }
    return run(login, trial->stream, ret_result, ret_diag);
}

int
console_ask(const char *question, char *ret_answer, size_t size)
{
    struct console console = {.stream = stdout};

    return ask(&console, question, ret_answer, size);
}

bool
console_confirm(const char *question)
{
    char answer[16];

    return console_ask(question, answer, sizeof answer) == 0 &&
           (strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0);
}
