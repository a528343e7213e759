/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this, with the rights of its caller. */
#include "pam_idinqr/tool/command.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/login/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

void
command_say(const char *format, ...)
{
    va_list arguments;

    fputs("idinqr: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

int
command_exit_for(int error)
{
    if (error == IDQ_OK)
        return COMMAND_DONE;
    switch (error_class(error)) {
    case ERROR_BACKEND:
        return COMMAND_BACKEND;
    case ERROR_MACHINE:
        return COMMAND_MACHINE;
    default:
        return COMMAND_REFUSED;
    }
}

int
command_fail(const struct command_options *options, const struct diag *diag)
{
    char line[DIAG_LINE_SIZE];

    command_say_diag(diag);
    if (options->json)
        (void)command_print_json(json_pack("{s:s}", "reason", command_format_diag(diag, line)));
    return COMMAND_MACHINE;
}

int
command_load_config(const struct command_options *options, struct config **ret_config)
{
    struct diag diag;

    if (config_load(options->conf, options->service, ret_config, &diag) == 0)
        return COMMAND_DONE;
    return command_fail(options, &diag);
}

int
command_read_map(const struct command_options *options, const struct config *config,
                 struct map **ret_map)
{
    const char *path = config->map;
    struct diag diag;

    if (map_read(path, ret_map, &diag) == 0)
        return COMMAND_DONE;
    if (diag.error != ENOENT)
        return command_fail(options, &diag);
    if (account_needs_key(config) && map_key_has_lost_map(config->key, NULL, path, &diag))
        (void)config_doubt_path(config, "map", &diag);
    else if (map_parse("", 0, path, ret_map, &diag) == 0)
        return COMMAND_DONE;
    return command_fail(options, &diag);
}

void
command_doubt_map(const struct config *config)
{
    struct diag diag;

    diag_set_error(&diag, config->map, ENOENT);
    if (access(config->map, F_OK) != 0 && errno == ENOENT &&
        config_doubt_path(config, "map", &diag))
        command_say_diag(&diag);
}

const char *
command_administrator(void)
{
    const char *behind = getenv("SUDO_USER");
    const struct passwd *self = getpwuid(getuid());

    if (behind && map_is_account(behind))
        return behind;
    return self ? self->pw_name : "unknown";
}

void
command_record(const char *verb, const char *account, const char *hash)
{
    openlog("idinqr", 0, LOG_AUTHPRIV);
    syslog(LOG_NOTICE, "%s account=%s identity=%s by=%s", verb, account, hash,
           command_administrator());
    closelog();
}

void
command_warn_of_map(const struct config *config)
{
    MAP_AUTO *map = NULL;
    struct diag diag;

    if (map_read(config->map, &map, &diag) == 0 && account_explain_map(config, map, &diag))
        command_say_diag(&diag);
}

bool
command_needs_root(const struct diag *diag)
{
    return diag->error == EACCES && geteuid() != 0;
}

const char *
command_format_diag(const struct diag *diag, char ret_line[DIAG_LINE_SIZE])
{
    static const char advice[] = "; run this as root";
    size_t size = strlen(diag_format(diag, ret_line));

    if (command_needs_root(diag) && size + sizeof advice <= DIAG_LINE_SIZE)
        memcpy(ret_line + size, advice, sizeof advice);
    return ret_line;
}

void
command_say_diag(const struct diag *diag)
{
    char line[DIAG_LINE_SIZE];

    command_say("%s", command_format_diag(diag, line));
}

int
command_print_json(json_t *root)
{
    int failed = !root || json_dumpf(root, stdout, JSON_INDENT(2)) != 0 || puts("") < 0;

    json_decref(root);
    return failed ? COMMAND_MACHINE : COMMAND_DONE;
}

int
command_finish_output(int result, const char *what)
{
    if (result == COMMAND_DONE && fflush(stdout) == 0 && !ferror(stdout))
        return COMMAND_DONE;
    command_say("%s could not be written", what);
    return COMMAND_MACHINE;
}
