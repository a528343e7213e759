/* SPDX-License-Identifier: BSD-3-Clause */
/* See syslog_capture.h. */
/* Without fortification: its inline syslog() would stand in the way of defining one. */
#undef _FORTIFY_SOURCE
#include "tests/harness/syslog_capture.h"

#include "pam_idinqr/audit/journal.h"
#include "tests/harness/scratch.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

/* What a fortified caller, as libpam is, calls in place of syslog and vsyslog. No header declares
 * them. */
void __syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* logins may run in threads */
static struct syslog_line *lines;
static size_t n_lines;
static int default_facility = LOG_USER;

void
vsyslog(int priority, const char *format, va_list arguments)
{
    struct syslog_line *more;
    char *text;

    pthread_mutex_lock(&lock);
    more = realloc(lines, (n_lines + 1) * sizeof *lines);
    /* A log that loses lines would let a test pass that looks for what must not be in it. */
    if (more == NULL || vasprintf(&text, format, arguments) < 0)
        abort();
    lines = more;
    lines[n_lines++] = (struct syslog_line){
        .priority = LOG_PRI(priority),
        .facility = (priority & LOG_FACMASK) != 0 ? priority & LOG_FACMASK : default_facility,
        .text = text,
    };
    pthread_mutex_unlock(&lock);
}

void
syslog(int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsyslog(priority, format, arguments);
    va_end(arguments);
}

void
__vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
{
    (void)flag;
    vsyslog(priority, format, arguments);
}

void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list arguments;

    (void)flag;
    va_start(arguments, format);
    vsyslog(priority, format, arguments);
    va_end(arguments);
}

void
openlog(const char *name, int options, int facility)
{
    (void)name;
    (void)options;
    default_facility = facility;
}

void
closelog(void)
{
    default_facility = LOG_USER;
}

/* Hides the journal: a developer's machine has one, but a build machine does not. */
ssize_t
sendmsg(int socket, const struct msghdr *message, int flags)
{
    const struct sockaddr_un *address = message->msg_name;

    if (address && address->sun_family == AF_UNIX &&
        strcmp(address->sun_path, JOURNAL_SOCKET) == 0) {
        errno = ENOENT;
        return -1;
    }
    return syscall(SYS_sendmsg, socket, message, flags);
}

const struct syslog_line *
syslog_capture_lines(size_t *ret_count)
{
    *ret_count = n_lines;
    return lines;
}

size_t
syslog_capture_count(const char *text)
{
    size_t count = 0;

    for (size_t i = 0; i < n_lines; i++)
        count += strstr(lines[i].text, text) != NULL;
    return count;
}

char *
syslog_capture_text(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort();
    for (size_t i = 0; i < n_lines; i++)
        fprintf(out, "%s\n", lines[i].text);
    if (fclose(out) != 0)
        abort();
    return scratch_keep(text);
}

void
syslog_capture_clear(void)
{
    for (size_t i = 0; i < n_lines; i++)
        free(lines[i].text);
    free(lines);
    lines = NULL;
    n_lines = 0;
}
