/* See console.h. */
#include "pam_idinqr/tool/console.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/login.h"
#include "pam_idinqr/tool/command.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

static int
show(void *context, const char *text)
{
    (void)context;
    return printf("%s\n", text) < 0 || fflush(stdout) != 0 ? IDQ_CONV : 0;
}

static int
ask(void *context, const char *prompt, char *ret_line, size_t size)
{
    (void)context;
    fputs(prompt, stdout);
    if (fflush(stdout) != 0 || !fgets(ret_line, (int)size, stdin) || !strchr(ret_line, '\n'))
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
    const enum text_language *language = context;

    printf("  %s\n", text_for_error(*language, error));
    (void)fflush(stdout);
}

int
console_login(const struct config *config, const char *service, const char *account,
              struct result_message *ret_result)
{
    const struct conversation conversation = {NULL, show, ask};
    enum text_language language = text_language_of(config_text(config, "language"));
    TERMINAL_AUTO terminal;
    struct login login = {
        .config = config,
        .conversation = &conversation,
        .terminal = &terminal,
        .host = HOST_TERMINAL,
        .language = language,
        .service = service,
        .account = account,
        .failed = tell_failure,
        .failed_context = &language,
        .log = write_log,
    };
    struct problem problem;
    int result;

    terminal_open(&terminal, "");
    result = login_run(&login, ret_result, &problem);
    if (result == 0)
        return 0;
    command_say("%s%s%s", error_text(result), problem.text[0] ? ": " : "", problem.text);
    return result;
}

int
console_confirm(const char *question)
{
    char answer[16];

    return ask(NULL, question, answer, sizeof answer) == 0 &&
           (strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0);
}
