/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks the timeout of login(1) in /etc/login.defs. */
#include "pam_idinqr/tool/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOGIN_TIMEOUT_S 60 /* default of both implementations of login */
#define MARGIN_S        5  /* by which the module ends before login's alarm */

/* Returns the last LOGIN_TIMEOUT of the file, which applies. */
static void
read_timeout(const char *path, long *ret_timeout_s, unsigned *ret_line)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;

    for (unsigned number = 1; file && getline(&line, &capacity, file) >= 0; number++) {
        char value[16];
        if (sscanf(line, " LOGIN_TIMEOUT %15s", value) == 1) {
            *ret_timeout_s = strtol(value, NULL, 0);
            *ret_line = number;
        }
    }
    free(line);
    if (file)
        fclose(file);
}

void
check_login_defs(struct check *check)
{
    const struct check_service *login = check_find_service(check, "login");
    long timeout_s = LOGIN_TIMEOUT_S;
    unsigned line = 0;
    char path[PATH_MAX];

    if (!login || login->timeout_s == 0 || check_path(check, "/etc/login.defs", path) != 0)
        return;
    read_timeout(path, &timeout_s, &line);
    if (timeout_s > 0 && timeout_s < login->timeout_s + MARGIN_S)
        finding_add(&check->findings, FINDING_LOGIN_TIMEOUT, path, line, "login",
                    "LOGIN_TIMEOUT is %ld seconds%s, for all tries together; a code has %ld",
                    timeout_s, line ? "" : " by default", login->timeout_s);
}
