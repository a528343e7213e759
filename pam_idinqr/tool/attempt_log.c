/* SPDX-License-Identifier: BSD-3-Clause */
/* See attempt_log.h. Run by an administrator. The journal is read by journalctl(1), which knows its
 * format, its rotation and its compression; files, line by line. */
#include "pam_idinqr/tool/attempt_log.h"

#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOURNALCTL "/usr/bin/journalctl"

/* More than a line of the module's, which has at most 2 KB, with all that journald adds to it. */
#define LINE_SIZE 65536

struct entry {
    char *text; /* the attempt's texts point into it */
    struct attempt attempt;
};

struct attempt_log {
    struct entry *entries; /* room for twice ATTEMPT_LOG_MOST */
    size_t n_entries;
};

#define refuse(diag, ...) (diag_set(diag, __VA_ARGS__), IDQ_SYSTEM)

/* Drops up to n of the entries that root wrote, or of the others; the oldest first. */
static void
drop(struct attempt_log *log, int is_roots, size_t n)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < log->n_entries; i++)
        if (n > 0 && log->entries[i].attempt.is_roots == is_roots) {
            free(log->entries[i].text);
            n--;
        } else {
            log->entries[n_kept++] = log->entries[i];
        }
    log->n_entries = n_kept;
}

/* A user who writes many lines can have neither all memory nor the place of root's lines. */
static void
drop_down_to(struct attempt_log *log, size_t most)
{
    for (int is_roots = 0; is_roots <= 1; is_roots++)
        if (log->n_entries > most)
            drop(log, is_roots, log->n_entries - most);
}

static void
keep(struct attempt_log *log, const struct entry *entry)
{
    if (log->n_entries == 2 * (size_t)ATTEMPT_LOG_MOST)
        drop_down_to(log, ATTEMPT_LOG_MOST);
    log->entries[log->n_entries++] = *entry;
}

/* One line of what a source has: kept, or passed over, or IDQ_SYSTEM when memory is short. */
typedef int take_line(struct attempt_log *log, const char *line, int64_t since_s);

/* An entry of the journal, as JSON. Fields that begin with an underscore are journald's own word,
 * and _UID the kernel's; whoever sends a field twice, or bytes that are not text, gets no string.
 */
static int
take_journal_line(struct attempt_log *log, const char *line, int64_t since_s)
{
    json_t *object = json_loads(line, 0, NULL);
    const char *message = json_string_value(json_object_get(object, "MESSAGE"));
    const char *time_us = json_string_value(json_object_get(object, "__REALTIME_TIMESTAMP"));
    const char *uid = json_string_value(json_object_get(object, "_UID"));
    const char *transport = json_string_value(json_object_get(object, "_TRANSPORT"));
    struct entry entry = {message && time_us ? strdup(message) : NULL, {0}};
    int result = message && time_us && !entry.text ? IDQ_SYSTEM : 0;

    (void)since_s; /* journalctl has seen to that */
    if (entry.text && attempt_line_parse(entry.text, &entry.attempt) == 0) {
        entry.attempt.time_s = strtoll(time_us, NULL, 10) / 1000000;
        entry.attempt.is_roots =
            uid && strcmp(uid, "0") == 0 && transport &&
            (strcmp(transport, "syslog") == 0 || strcmp(transport, "journal") == 0);
        keep(log, &entry);
    } else {
        free(entry.text);
    }
    json_decref(object);
    return result;
}

static int
take_file_line(struct attempt_log *log, const char *line, int64_t since_s)
{
    struct entry entry = {strdup(line), {0}};

    if (!entry.text)
        return IDQ_SYSTEM;
    if (attempt_line_parse_syslog(entry.text, time(NULL), &entry.attempt) == 0 &&
        entry.attempt.time_s >= since_s)
        keep(log, &entry);
    else
        free(entry.text);
    return 0;
}

/* Gives each whole line to `take`; passes over those that are too long to be ours, and a last one
 * that does not end: it is still being written. Takes the descriptor. */
static int
read_lines(int fd, const char *name, take_line *take, struct attempt_log *log, int64_t since_s,
           struct diag *diag)
{
    FILE *stream = fdopen(fd, "r");
    char *line = malloc(LINE_SIZE);
    int result = 0, is_rest = 0, failed;

    while (result == 0 && stream && line && fgets(line, LINE_SIZE, stream)) {
        size_t size = strlen(line);
        int is_end = size > 0 && line[size - 1] == '\n';
        if (is_end && !is_rest) {
            line[size - 1] = '\0';
            result = take(log, line, since_s);
        }
        is_rest = !is_end;
    }
    failed = !stream || !line || result != 0 || ferror(stream);
    if (failed)
        diag_set(diag, "%s: %s", name, strerror(errno));
    free(line);
    if (stream)
        fclose(stream);
    else
        close(fd);
    return failed ? IDQ_SYSTEM : 0;
}

static int
spawn_journalctl(int64_t since_s, int output, pid_t *ret_pid)
{
    char since[40];
    char *const argv[] = {
        (char[]){JOURNALCTL},
        (char[]){"--quiet"},
        (char[]){"--no-pager"},
        (char[]){"--output=json"},
        (char[]){"--output-fields=MESSAGE,_UID,_TRANSPORT"},
        since,
        (char[]){"SYSLOG_FACILITY=10"}, /* LOG_AUTHPRIV */
        NULL,
    };
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t files;
    int result;

    snprintf(since, sizeof since, "--since=@%" PRId64, since_s);
    result = posix_spawn_file_actions_init(&files);
    if (result != 0)
        return result;
    result = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(&files, output, 1);
    if (result == 0)
        result = posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    if (result == 0)
        result = posix_spawn(ret_pid, JOURNALCTL, &files, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&files);
    return result;
}

static int
read_journal(struct attempt_log *log, int64_t since_s, struct diag *diag)
{
    int ends[2], status = -1, result, error;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return refuse(diag, "%s: %s", JOURNALCTL, strerror(errno));
    error = spawn_journalctl(since_s, ends[1], &pid);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
        return refuse(diag, "%s: %s", JOURNALCTL, strerror(error));
    }
    result = read_lines(ends[0], "the journal", take_journal_line, log, since_s, diag);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    /* Half of what there is must not pass for all of it. */
    if (result == 0 && status != 0)
        return refuse(diag, "%s: failed (wait status %d)", JOURNALCTL, status);
    return result;
}

/* Whether there is a journal: 1, 0, or IDQ_SYSTEM when this user may not read it; journalctl would
 * then show the user's own entries as if there were no others. Its directory is named after the
 * machine, and may be one that others cannot enter. */
static int
find_journal(struct diag *diag)
{
    glob_t directories = {0};
    int found = 0;

    if (glob("/var/log/journal/*", 0, NULL, &directories) == GLOB_NOSPACE ||
        glob("/run/log/journal/*", GLOB_APPEND, NULL, &directories) == GLOB_NOSPACE)
        found = refuse(diag, "the journal: %s", strerror(ENOMEM));
    for (size_t i = 0; found == 0 && i < directories.gl_pathc; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/system.journal", directories.gl_pathv[i]);
        if (access(path, R_OK) == 0)
            found = 1;
        else if (errno == EACCES)
            found = refuse(diag,
                           "%s: %s; root and the groups adm and systemd-journal may read the "
                           "journal",
                           path, strerror(errno));
    }
    globfree(&directories);
    return found;
}

static int
read_files(struct attempt_log *log, int64_t since_s, struct diag *diag)
{
    static const char *const paths[] = {"/var/log/auth.log.1", "/var/log/auth.log",
                                        "/var/log/secure"};
    int n_read = 0, result = 0;

    for (size_t i = 0; result == 0 && i < sizeof paths / sizeof paths[0]; i++) {
        struct stat status;
        int fd = open(paths[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return refuse(diag, "%s: %s", paths[i], strerror(errno));
        if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
            close(fd);
            return refuse(diag, "%s: is not a regular file", paths[i]);
        }
        n_read++;
        /* Nothing of last year's November in a file that has rested since. */
        if (status.st_mtime < since_s)
            close(fd);
        else
            result = read_lines(fd, paths[i], take_file_line, log, since_s, diag);
    }
    if (result == 0 && n_read == 0)
        return refuse(diag, "this machine has neither a journal nor a /var/log/auth.log");
    return result;
}

int
attempt_log_read(int64_t since_s, struct attempt_log **ret_log, struct diag *ret_diag)
{
    ATTEMPT_LOG_AUTO *log = calloc(1, sizeof *log);
    int result;

    if (!log || !(log->entries = calloc(2 * (size_t)ATTEMPT_LOG_MOST, sizeof *log->entries)))
        return refuse(ret_diag, "the log: %s", strerror(ENOMEM));
    result = find_journal(ret_diag);
    if (result >= 0)
        result = result ? read_journal(log, since_s, ret_diag) : read_files(log, since_s, ret_diag);
    if (result != 0)
        return result;
    drop_down_to(log, ATTEMPT_LOG_MOST);
    *ret_log = log;
    log = NULL; /* handed over */
    return 0;
}

size_t
attempt_log_count(const struct attempt_log *log)
{
    return log->n_entries;
}

const struct attempt *
attempt_log_at(const struct attempt_log *log, size_t i)
{
    return &log->entries[i].attempt;
}

void
attempt_log_free(struct attempt_log **log)
{
    if (!log || !*log)
        return;
    for (size_t i = 0; i < (*log)->n_entries; i++)
        free((*log)->entries[i].text);
    free((*log)->entries);
    free(*log);
    *log = NULL;
}
