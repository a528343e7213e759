/* SPDX-License-Identifier: BSD-3-Clause */
/* See namespace_log.h. A thread takes the lines as they come: the kernel holds ten datagrams, and
 * the eleventh would stop the program that logs. A look at the log takes those that the thread has
 * not got to yet. */
#include "tests/harness/namespace_log.h"

#include "tests/harness/deadline.h"
#include "tests/harness/namespace.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
    int socket;
    int news; /* an eventfd: counts what arrived since the last look */
    pthread_mutex_t lock;
    char *text; /* under the lock, as is each read of the socket */
    size_t size;
} log_state = {.socket = -1, .news = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static void
keep_line(const char *line, size_t size)
{
    const uint64_t one = 1;

    /* syslog(3) sends a zero byte, and some programs a newline, at the end. */
    while (size > 0 && (line[size - 1] == '\0' || line[size - 1] == '\n'))
        size--;
    char *text = realloc(log_state.text, log_state.size + size + 2);
    if (text == NULL)
        abort(); /* a log that loses lines would let tests pass that should not */
    memcpy(text + log_state.size, line, size);
    log_state.size += size;
    text[log_state.size++] = '\n';
    text[log_state.size] = '\0';
    log_state.text = text;
    if (write(log_state.news, &one, sizeof one) != (ssize_t)sizeof one)
        abort();
}

/* Takes every line that has been sent. Under the lock. */
static void
take_lines(void)
{
    char line[65536];
    ssize_t size;

    while ((size = recv(log_state.socket, line, sizeof line, MSG_DONTWAIT)) >= 0 ||
           errno == EINTR) {
        if (size > 0)
            keep_line(line, (size_t)size);
    }
}

static void *
listen_for_lines(void *unused)
{
    struct pollfd socket = {.fd = log_state.socket, .events = POLLIN};

    (void)unused;
    for (;;) {
        if (poll(&socket, 1, -1) < 0 && errno != EINTR)
            abort();
        pthread_mutex_lock(&log_state.lock);
        take_lines();
        pthread_mutex_unlock(&log_state.lock);
    }
}

void
namespace_log_listen(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    pthread_t thread;

    log_state.news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    log_state.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (log_state.news < 0 || log_state.socket < 0 ||
        bind(log_state.socket, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod("/dev/log", 0666) != 0)
        ck_abort_msg("/dev/log: %s", strerror(errno));
    int error = pthread_create(&thread, NULL, listen_for_lines, NULL);
    if (error != 0)
        ck_abort_msg("a thread: %s", strerror(error));
    pthread_detach(thread);
}

char *
namespace_log(void)
{
    pthread_mutex_lock(&log_state.lock);
    if (log_state.socket >= 0)
        take_lines();
    char *text = strdup(log_state.text != NULL ? log_state.text : "");
    pthread_mutex_unlock(&log_state.lock);
    if (text == NULL)
        abort();
    return scratch_keep(text);
}

int
namespace_log_count(const char *text)
{
    char *all = namespace_log();
    int n = 0;

    for (const char *at = all; (at = strstr(at, text)); at += strlen(text))
        n++;
    return n;
}

int
namespace_wait_log(const char *text, int timeout_ms)
{
    return namespace_wait_log_times(text, 1, timeout_ms);
}

int
namespace_wait_log_times(const char *text, int times, int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);
    struct pollfd news = {.fd = log_state.news, .events = POLLIN};
    uint64_t n_news;

    for (;;) {
        /* First the counter, then the text: a line that comes in between is seen, or counted. */
        if (read(log_state.news, &n_news, sizeof n_news) < 0 && errno != EAGAIN)
            ck_abort_msg("eventfd: %s", strerror(errno));
        int found = namespace_log_count(text) >= times;
        int left_ms = deadline_left(deadline, timeout_ms);
        if (found || left_ms == 0)
            return found;
        poll(&news, 1, left_ms);
    }
}
