/* SPDX-License-Identifier: BSD-3-Clause */
/* See curl_script.h. */
#include "tests/bench/curl_script.h"

#include "tests/bench/moment.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUESTS_S 10

struct curl_script {
    char *path, *ca_file;
    int n_requests;
};

struct curl_script *
curl_script_new(const char *ca_file)
{
    struct curl_script *script = calloc(1, sizeof *script);
    char *dir = scratch_dir("curl");

    ck_assert_ptr_nonnull(script);
    script->path = scratch_path(dir, "requests");
    script->ca_file = strdup(ca_file);
    scratch_write(script->path, 0600, "");
    return script;
}

void
curl_script_free(struct curl_script **script)
{
    if (!*script)
        return;
    free((*script)->path);
    free((*script)->ca_file);
    free(*script);
    *script = NULL;
}

/* As curl's configuration wants it. */
static void
write_option(FILE *file, const char *name, const char *value)
{
    fprintf(file, "%s = \"", name);
    for (; *value; value++)
        fprintf(file, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    fputs("\"\n", file);
}

static void
write_header(FILE *file, const char *name, const char *value)
{
    char *line;

    ck_assert_int_gt(asprintf(&line, "%s: %s", name, value), 0);
    write_option(file, "header", line);
    free(line);
}

static void
add(struct curl_script *script, const struct curl_request *request, const char *output)
{
    FILE *file = fopen(script->path, "ae");

    ck_assert_ptr_nonnull(file);
    if (script->n_requests++ > 0)
        fputs("next\n", file);
    fprintf(file, "silent\nshow-error\nfail\nmax-time = %d\nnoproxy = \"*\"\n", REQUESTS_S);
    write_option(file, "cacert", script->ca_file);
    write_option(file, "output", output);
    write_option(file, "url", request->url);
    write_header(file, "Accept", "application/json");
    if (request->body) {
        write_header(file, "Content-Type", request->content_type);
        write_option(file, "data-raw", request->body);
    }
    if (request->authorization)
        write_header(file, "Authorization", request->authorization);
    ck_assert_int_eq(fclose(file), 0);
}

void
curl_script_add(struct curl_script *script, const struct curl_request *request)
{
    add(script, request, "/dev/null");
}

double
curl_script_run_ms(const struct curl_script *script)
{
    /* -q: ignore the user's configuration file */
    return moment_run_ms((const char *const[]){"curl", "-q", "-K", script->path, NULL});
}

struct child *
curl_script_start(const struct curl_script *script, const char *rate)
{
    const char *const argv[] = {"curl", "-q", "--rate", rate, "-K", script->path, NULL};
    char *log_path;

    ck_assert_int_gt(asprintf(&log_path, "%s.log", script->path), 0);
    struct child *curl = child_start(argv, log_path);
    free(log_path);
    return curl;
}

char *
curl_ask(const char *ca_file, const struct curl_request *request)
{
    struct curl_script *script = curl_script_new(ca_file);
    char *output, *answer;

    ck_assert_int_gt(asprintf(&output, "%s.answer", script->path), 0);
    add(script, request, output);
    (void)curl_script_run_ms(script);
    answer = scratch_read(output);
    free(output);
    curl_script_free(&script);
    return answer;
}
