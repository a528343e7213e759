/* SPDX-License-Identifier: BSD-3-Clause */
/* See backend.h. */
#include "tests/harness/qr_backend.h"

#include "tests/harness/child.h"
#include "tests/harness/deadline.h"
#include "tests/harness/http_client.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS  60000
#define STOP_MS   60000
#define AGAIN_MS  20 /* between two looks at its events */
#define ARGUMENTS 64

struct qr_backend {
    struct child *child;
    struct http_client *client;
    char url[512];
    char *dir, *ca_file, *conf_file, *log_file; /* kept */
};

struct qr_backend *
qr_backend_start(const char *const *more_arguments)
{
    return qr_backend_start_program(BUILD_DIR "/idinqr-sandbox", more_arguments);
}

struct qr_backend *
qr_backend_start_program(const char *program, const char *const *more_arguments)
{
    return qr_backend_start_in(scratch_dir("backend"), NULL, program, more_arguments);
}

static size_t
add_words(const char **argv, size_t n, const char *const *words)
{
    for (; words && *words; words++) {
        ck_assert_uint_lt(n, ARGUMENTS - 1);
        argv[n++] = *words;
    }
    argv[n] = NULL;
    return n;
}

struct qr_backend *
qr_backend_start_in(const char *dir, const char *const *before, const char *program,
                    const char *const *more_arguments)
{
    struct qr_backend *backend = calloc(1, sizeof *backend);
    const char *argv[ARGUMENTS];
    char line[300];
    size_t n;

    ck_assert_ptr_nonnull(backend);
    backend->dir = scratch_text("%s", dir);
    backend->ca_file = scratch_path(backend->dir, "ca.pem");
    backend->conf_file = scratch_path(backend->dir, "idinqr.conf");
    backend->log_file = scratch_path(backend->dir, "sandbox.log");
    n = add_words(argv, 0, before);
    n = add_words(argv, n,
                  (const char *const[]){program, "--exit-with-parent", "--dir", dir, NULL});
    (void)add_words(argv, n, more_arguments);
    backend->child = child_start(argv, backend->log_file);
    if (!child_read_line(backend->child, line, sizeof line, START_MS) ||
        strncmp(line, "ready https://", 14) != 0)
        ck_abort_msg("%s did not start. It says:\n%s", program, scratch_read(backend->log_file));
    snprintf(backend->url, sizeof backend->url, "%s", line + strlen("ready "));
    backend->client = http_client_new(backend->ca_file, NULL);
    return backend;
}

void
qr_backend_stop(struct qr_backend **backend)
{
    struct qr_backend *old = *backend;

    if (old == NULL)
        return;
    int status = child_stop(&old->child, STOP_MS);
    if (status != 0)
        ck_abort_msg("the sandbox ended with status %d. It says:\n%s", status,
                     scratch_read(old->log_file));
    http_client_free(&old->client);
    free(old);
    *backend = NULL;
}

const char *
qr_backend_url(const struct qr_backend *backend)
{
    return backend->url;
}

pid_t
qr_backend_pid(const struct qr_backend *backend)
{
    return child_pid(backend->child);
}

const char *
qr_backend_dir(const struct qr_backend *backend)
{
    return backend->dir;
}

const char *
qr_backend_ca_file(const struct qr_backend *backend)
{
    return backend->ca_file;
}

const char *
qr_backend_conf_file(const struct qr_backend *backend)
{
    return backend->conf_file;
}

char *
qr_backend_setting(const struct qr_backend *backend, const char *keyword)
{
    char *text = scratch_read(backend->conf_file), *rest = text, *line, *value = NULL;
    size_t length = strlen(keyword);

    while (value == NULL && (line = strsep(&rest, "\n")) != NULL) {
        if (strncmp(line, keyword, length) != 0)
            continue;
        line += length + strspn(line + length, " ");
        if (*line == '=')
            value = strdup(line + 1 + strspn(line + 1, " "));
    }
    ck_assert_msg(value != NULL, "%s has no %s", backend->conf_file, keyword);
    return scratch_keep(value);
}

json_t *
qr_backend_events(struct qr_backend *backend)
{
    HTTP_ANSWER_AUTO answer = {0};
    char *url = scratch_path(backend->url, "sandbox/events");
    json_error_t error;

    if (!http_request(backend->client, "GET", url, NULL, NULL, &answer) || answer.status != 200)
        ck_abort_msg("%s: %ld %s %s", url, answer.status, answer.error, answer.body);
    json_t *events = json_loads(answer.body, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(events != NULL, "%s: %s: %s", url, error.text, answer.body);
    return events;
}

int
qr_backend_count(struct qr_backend *backend, const char *event)
{
    json_t *events = qr_backend_events(backend);
    json_t *count = json_object_get(json_object_get(events, "counts"), event);

    /* A name that the sandbox does not know would count 0 for ever. */
    ck_assert_msg(json_is_integer(count), "the sandbox counts no event of the name %s", event);
    int result = (int)json_integer_value(count);
    json_decref(events);
    return result;
}

int
qr_backend_wait_event(struct qr_backend *backend, const char *event, int count, int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);

    while (qr_backend_count(backend, event) < count) {
        int left_ms = deadline_left(deadline, AGAIN_MS);
        if (left_ms == 0)
            return 0;
        poll(NULL, 0, left_ms);
    }
    return 1;
}
