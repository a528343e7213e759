/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this. */
#include "pam_idinqr/tool/sshd_settings.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/tool/program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Addresses for documentation (RFC 5737), which no Match should name. sshd 8.0 rejects a Match on
 * an attribute that -C omits. */
#define CONNECTION "host=idinqr.invalid,addr=192.0.2.1,laddr=192.0.2.2,lport=22"

static const struct {
    const char *name, *alias; /* before 8.7 both have a value, and either can be "no" */
    bool is_printed;          /* by every sshd */
} keywords[SSHD_KEYWORDS] = {
    [SSHD_USE_PAM] = {"UsePAM", "UsePAM", 0},
    [SSHD_KEYBOARD] = {"KbdInteractiveAuthentication", "ChallengeResponseAuthentication", 1},
    [SSHD_PASSWORD] = {"PasswordAuthentication", "PasswordAuthentication", 1},
    [SSHD_PUBKEY] = {"PubkeyAuthentication", "PubkeyAuthentication", 1},
    [SSHD_METHODS] = {"AuthenticationMethods", "AuthenticationMethods", 0},
    [SSHD_GRACE] = {"LoginGraceTime", "LoginGraceTime", 1},
};

const char *
sshd_settings_name(enum sshd_keyword keyword)
{
    return keywords[keyword].name;
}

const char *
sshd_settings_find(void)
{
    static const char *const programs[] = {"/usr/sbin/sshd", "/usr/bin/sshd",
                                           "/usr/local/sbin/sshd"};

    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
        if (access(programs[i], X_OK) == 0)
            return programs[i];
    return NULL;
}

static void
take(struct sshd_settings *settings, char *line)
{
    size_t name_size = strcspn(line, " \n");
    char *value = line + name_size;

    value += strspn(value, " ");
    value[strcspn(value, "\n")] = '\0';
    line[name_size] = '\0';
    for (enum sshd_keyword i = 0; i < SSHD_KEYWORDS; i++) {
        char *kept = settings->values[i];
        if ((strcasecmp(line, keywords[i].name) == 0 || strcasecmp(line, keywords[i].alias) == 0) &&
            strcmp(kept, "no") != 0)
            snprintf(kept, SSHD_VALUE_SIZE, "%s", value);
    }
}

/* The stream is at its end, where the child has written. */
static int
read_settings(FILE *output, const char *program, struct sshd_settings *ret_settings,
              struct diag *ret_diag)
{
    char *line = NULL;
    size_t capacity = 0;

    rewind(output);
    while (getline(&line, &capacity, output) >= 0)
        take(ret_settings, line);
    free(line);
    for (enum sshd_keyword i = 0; i < SSHD_KEYWORDS; i++)
        if (keywords[i].is_printed && ret_settings->values[i][0] == '\0') {
            diag_set_file(ret_diag, program, 0, "-T does not print %s", keywords[i].name);
            return -1;
        }
    return 0;
}

static void
describe(FILE *errors, const char *program, int status, struct diag *ret_diag)
{
    char line[400] = "";

    rewind(errors);
    if (fgets(line, sizeof line, errors))
        line[strcspn(line, "\r\n")] = '\0';
    if (line[0])
        diag_set_file(ret_diag, program, 0, "-T failed: %s", line);
    else
        diag_set_file(ret_diag, program, 0, "-T failed with wait status %#x", (unsigned)status);
}

int
sshd_settings_read(const char *program, const char *account, int64_t deadline_ms,
                   struct sshd_settings *ret_settings, struct diag *ret_diag)
{
    STREAM_AUTO *output = program_open_output();
    STREAM_AUTO *errors = program_open_output();
    char name[sizeof "sshd"] = "sshd", test[] = "-T", option[] = "-C", connection[600];
    char *const argv[] = {name, test, option, connection, NULL};
    int status = -1;

    *ret_settings = (struct sshd_settings){0};
    if (snprintf(connection, sizeof connection, "user=%s," CONNECTION, account) >=
        (int)sizeof connection)
        errno = ENAMETOOLONG;
    else if (output && errors)
        status = program_run(program, argv, deadline_ms, output, errors);
    if (status < 0) {
        diag_set_file(ret_diag, program, 0, "-T: %s",
                      errno == ETIMEDOUT ? "timed out" : strerror(errno));
        return -1;
    }
    if (status != 0) {
        describe(errors, program, status, ret_diag);
        return -1;
    }
    return read_settings(output, program, ret_settings, ret_diag);
}
