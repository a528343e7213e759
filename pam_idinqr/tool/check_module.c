/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks whether the module is in the directory that this machine's PAM uses.
 * libpam has that directory compiled in and does not report it, but its own modules are there. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/tool/check.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const directories[] = {
    PAM_MODULE_DIR,        "/lib/*/security", "/usr/lib/*/security", "/lib64/security",
    "/usr/lib64/security", "/lib/security",   "/usr/lib/security",
};

/* Finds the first directory with PAM's own module. Returns 0, or -1 if there is no such directory.
 */
static int
find_directory(const struct check *check, char ret_directory[PATH_MAX])
{
    for (size_t i = 0; i < ARRAY_LENGTH(directories); i++) {
        char pattern[PATH_MAX];
        glob_t found = {0};
        int result = -1;
        if (snprintf(pattern, sizeof pattern, "%s%s/pam_permit.so", check->root, directories[i]) <
                (int)sizeof pattern &&
            glob(pattern, 0, NULL, &found) == 0) {
            const char *path = found.gl_pathv[0];
            result = snprintf(ret_directory, PATH_MAX, "%.*s", (int)(strrchr(path, '/') - path),
                              path) < PATH_MAX
                         ? 0
                         : -1;
            globfree(&found);
        }
        if (result == 0)
            return 0;
    }
    return -1;
}

void
check_module(struct check *check, const char *service, const struct pam_line *line)
{
    struct diag diag;
    char directory[PATH_MAX], path[PATH_MAX], real[PATH_MAX], text[DIAG_LINE_SIZE];
    int fd;

    if (line->module[0] == '/') {
        if (check_path(check, line->module, path) != 0)
            return;
    } else if (find_directory(check, directory) == 0) {
        if (snprintf(path, sizeof path, "%s/%s", directory, line->module) >= (int)sizeof path)
            return;
    } else {
        finding_add(&check->findings, FINDING_MODULE, line->file, line->number, service,
                    "there is no directory with PAM's own modules");
        return;
    }
    if (!realpath(path, real)) {
        finding_add(&check->findings, FINDING_MODULE, line->file, line->number, service, "%s: %s",
                    path, strerror(errno));
        return;
    }
    fd = trusted_file_open(real, TRUSTED_FILE_OPEN_TEXT, &diag);
    if (fd >= 0)
        close(fd);
    else if (!check_is_unseen(check, real, diag.error))
        finding_add(&check->findings, FINDING_MODULE, line->file, line->number, service, "%s",
                    diag_format(&diag, text));
}

/* `idinqr check`: checks the timeout of login(1) in /etc/login.defs. */

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
