/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this. The output goes to files in memory, so that one wait is enough: for the end
 * of the process. */
#include "pam_idinqr/tool/sshd_settings.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
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

/* Returns 0, or an errno. */
static int
spawn(const char *program, const char *account, const sigset_t *signals, const int ends[2],
      pid_t *ret_pid)
{
    char name[sizeof "sshd"] = "sshd", test[] = "-T", option[] = "-C", connection[600];
    char *const argv[] = {name, test, option, connection, NULL}, *const environment[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error;

    if (snprintf(connection, sizeof connection, "user=%s," CONNECTION, account) >=
        (int)sizeof connection)
        return ENAMETOOLONG;
    error = posix_spawn_file_actions_init(&files);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, signals);
    error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    for (int i = 0; error == 0 && i < 2; i++)
        error = posix_spawn_file_actions_adddup2(&files, ends[i], i + 1);
    if (error == 0)
        error = posix_spawn(ret_pid, program, &files, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Returns its wait status, or -1 with errno: ETIMEDOUT if it was killed at the deadline. */
static int
wait_for(pid_t pid, const sigset_t *child, int64_t deadline_ms)
{
    int status, left_ms;
    pid_t ended;

    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 &&
           (left_ms = clock_left_ms(deadline_ms)) > 0)
        sigtimedwait(child, NULL,
                     &(struct timespec){left_ms / 1000, (long)(left_ms % 1000) * 1000000});
    if (ended != 0)
        return ended < 0 ? -1 : status;
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    errno = ETIMEDOUT;
    return -1;
}

/* Returns its wait status, or -1 with errno. SIGCHLD is blocked meanwhile, so that wait_for can
 * wait for it and a deadline at once. */
static int
run(const char *program, const char *account, int64_t deadline_ms, const int ends[2])
{
    struct sigaction was, by_default = {.sa_handler = SIG_DFL};
    sigset_t child, before;
    int status = -1, error;
    pid_t pid;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    sigaction(SIGCHLD, &by_default, &was); /* if ignored, no status is left */
    error = spawn(program, account, &before, ends, &pid);
    if (error == 0) {
        status = wait_for(pid, &child, deadline_ms);
        error = errno;
    }
    sigaction(SIGCHLD, &was, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return status;
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

static void
close_stream(FILE **stream)
{
    if (*stream)
        fclose(*stream);
}

#define STREAM_AUTO __attribute__((cleanup(close_stream))) FILE

/* Returns a file without a name, or NULL with errno. */
static FILE *
open_unnamed(void)
{
    int fd = memfd_create("sshd", MFD_CLOEXEC);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r+");

    if (fd >= 0 && !stream)
        close(fd);
    return stream;
}

int
sshd_settings_read(const char *program, const char *account, int64_t deadline_ms,
                   struct sshd_settings *ret_settings, struct diag *ret_diag)
{
    STREAM_AUTO *output = open_unnamed();
    STREAM_AUTO *errors = open_unnamed();
    int status = -1;

    *ret_settings = (struct sshd_settings){0};
    if (output && errors)
        status = run(program, account, deadline_ms, (const int[]){fileno(output), fileno(errors)});
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
