/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks whether the modules are in the directory that this machine's PAM uses.
 * libpam has that directory compiled in and does not report it, but its own modules are there. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <link.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* Returns 0 with the module's file. Else returns an errno: ENOENT if this machine has no directory
 * with PAM's own modules, or ENAMETOOLONG. */
static int
find_module(const struct check *check, const struct pam_line *line, char ret_path[PATH_MAX])
{
    char directory[PATH_MAX];

    if (line->module[0] == '/')
        return check_path(check, line->module, ret_path) == 0 ? 0 : ENAMETOOLONG;
    if (find_directory(check, directory) != 0)
        return ENOENT;
    return snprintf(ret_path, PATH_MAX, "%s/%s", directory, line->module) < PATH_MAX ? 0
                                                                                     : ENAMETOOLONG;
}

/* The name of a module's file without what all of them have: "unix" of pam_unix.so. */
static void
copy_stem(char ret_stem[NAME_MAX + 1], const char *name)
{
    size_t size;

    snprintf(ret_stem, NAME_MAX + 1, "%s", strncmp(name, "pam_", 4) == 0 ? name + 4 : name);
    size = strlen(ret_stem);
    if (size > 3 && strcmp(ret_stem + size - 3, ".so") == 0)
        ret_stem[size - 3] = '\0';
}

/* Returns whether the known name only goes on where the typed one ends. A module that is nearer by
 * typing errors goes before. */
static bool
is_beginning(const char *typed, const char *known, unsigned least)
{
    size_t size = strlen(typed);

    return size >= 4 && least == UINT_MAX && strncmp(typed, known, size) == 0;
}

/* Finds the module that was probably meant, in the directory of a missing one. Returns whether
 * it has found one. */
static bool
find_like(const char *missing, char ret_name[NAME_MAX + 1])
{
    const char *slash = strrchr(missing, '/');
    char directory[PATH_MAX], typed[NAME_MAX + 1], known[NAME_MAX + 1];
    unsigned least = UINT_MAX;
    DIR *modules;
    bool is_found = false;

    snprintf(directory, sizeof directory, "%.*s", (int)(slash - missing), missing);
    copy_stem(typed, slash + 1);
    modules = opendir(directory);
    for (struct dirent *entry; modules && (entry = readdir(modules));) {
        const char *end = strrchr(entry->d_name, '.');
        copy_stem(known, entry->d_name);
        if (!end || strcmp(end, ".so") != 0 ||
            (!text_is_nearer(typed, known, &least) && !is_beginning(typed, known, least)))
            continue;
        is_found = true;
        snprintf(ret_name, NAME_MAX + 1, "%s", entry->d_name);
    }
    if (modules)
        closedir(modules);
    return is_found;
}

/* Returns whether the module of a line is not there. $ISA, which only libpam knows, is of machines
 * with two kinds of programs. */
static bool
is_missing(const struct check *check, const struct pam_line *line, char ret_path[PATH_MAX])
{
    return line->kind == PAM_LINE_MODULE && !line->may_be_missing && !strchr(line->module, '$') &&
           !pam_line_runs(line, "pam_idinqr") && find_module(check, line, ret_path) == 0 &&
           access(ret_path, F_OK) != 0 && errno == ENOENT;
}

static void
add_missing(struct check *check, const char *service, const struct pam_line *line, const char *like)
{
    finding_add(&check->findings, FINDING_PAM_MODULE, line->file, line->number, service,
                "there is no module %s%s%s", line->module, like[0] ? ", only " : "", like);
}

void
check_other_modules(struct check *check, const char *service, struct pam_stack *stack)
{
    for (size_t i = 0; i < stack->n; i++) {
        struct pam_line *line = &stack->lines[i];
        char path[PATH_MAX], like[NAME_MAX + 1];
        bool has_like;
        line->is_missing = is_missing(check, line, path);
        has_like = line->is_missing && find_like(path, like);
        /* Packages leave lines that do nothing without the module of another package. */
        if (!line->is_missing ||
            (line->control.actions[PAM_MODULE_UNKNOWN] == PAM_ACTION_IGNORE && !has_like))
            continue;
        check->is_misspelt |= has_like && strcmp(like, "pam_idinqr.so") == 0;
        add_missing(check, service, line, has_like ? like : "");
    }
}

/* Whether the file has all that its ELF header promises. The last part of a program is the table of
 * its sections. */
static bool
is_whole(int fd)
{
    union {
        unsigned char ident[EI_NIDENT];
        ElfW(Ehdr) own;
    } header;
    uint64_t begin, size;
    struct stat status;
    ssize_t n = pread(fd, &header, sizeof header, 0);

    if (n < 0 || fstat(fd, &status) != 0)
        return true; /* not seen */
    if (n < EI_NIDENT || memcmp(header.ident, ELFMAG, SELFMAG) != 0)
        return false;
    /* With --root, it may be for another processor. */
    if (header.ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        header.ident[EI_DATA] !=
            (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB))
        return true;
    if (n < (ssize_t)sizeof header.own)
        return false;
    begin = header.own.e_shoff;
    size = (uint64_t)header.own.e_shnum * header.own.e_shentsize;
    return begin <= (uint64_t)status.st_size && size <= (uint64_t)status.st_size - begin;
}

bool
check_whole(struct check *check, enum finding_kind kind, const char *path, bool is_picture)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd < 0 || is_whole(fd);

    if (fd >= 0)
        close(fd);
    if (whole)
        return true;
    finding_add(&check->findings, kind, path, 0, "", "the program is empty or cut off");
    finding_cure(&check->findings, check_reinstall(check, is_picture), "");
    return false;
}

void
check_module(struct check *check, const char *service, const struct pam_line *line)
{
    struct diag diag;
    char path[PATH_MAX], real[PATH_MAX], like[NAME_MAX + 1];
    int fd, error = find_module(check, line, path);

    if (error == ENOENT) {
        finding_add(&check->findings, FINDING_MODULE, line->file, line->number, service,
                    "there is no directory with PAM's own modules");
        finding_cure(&check->findings, "find / -xdev -name pam_permit.so", "");
    }
    if (error != 0)
        return;
    if (!realpath(path, real)) {
        error = errno;
        if (find_like(path, like) && strcmp(like, strrchr(path, '/') + 1) != 0) {
            add_missing(check, service, line, like);
            return;
        }
        finding_add(&check->findings, FINDING_MODULE, line->file, line->number, service, "%s: %s",
                    path, strerror(error));
        if (error == ENOENT && line->module[0] != '/')
            finding_cure(&check->findings, check_reinstall(check, false), "");
        return;
    }
    fd = trusted_file_open(real, TRUSTED_FILE_OPEN_TEXT, &diag);
    if (fd < 0) {
        if (!check_is_unseen(check, real, diag.error))
            finding_add_diag(&check->findings, FINDING_MODULE, &diag);
        return;
    }
    close(fd);
    (void)check_whole(check, FINDING_MODULE, real, false);
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

/* `idinqr check`: checks the first console, at which login(1) shows a code. The others usually have
 * the same font. */

#define CONSOLE    "tty1"
#define CELLS_ROWS 43 /* of a code of version 4 in cells, with its words */

void
check_console_font(struct check *check)
{
    TERMINAL_AUTO terminal;

    if (check->root[0] || !check_find_service(check, "login") ||
        (check->config && check->config->display == DISPLAY_URL))
        return;
    terminal_open(&terminal, CONSOLE);
    if (terminal.fd >= 0 && terminal.is_console && !terminal.has_half_blocks &&
        terminal.rows < CELLS_ROWS)
        finding_add(&check->findings, FINDING_CONSOLE_FONT, "/dev/" CONSOLE, 0, "login",
                    "the font has no half blocks, and %u rows are too few for another drawing: "
                    "people see the link alone",
                    terminal.rows);
}
