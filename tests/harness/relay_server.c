/* SPDX-License-Identifier: BSD-3-Clause */
/* See relay_server.h. */
#include "tests/harness/relay_server.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/signature.h"
#include "tests/harness/child.h"
#include "tests/harness/http_client.h"
#include "tests/harness/qr_backend.h"
#include "tests/harness/relay.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RELAY_UID  "61004" /* no one's on any machine */
#define START_MS   60000
#define STOP_MS    60000
#define WORDS      48
#define TOKEN_SIZE 65

struct relay_server {
    struct qr_backend *sandbox;
    struct child *relay;
    struct http_client *desk;
    int port_holder;
    unsigned port, asked_port; /* where it listens, and where desks ask */
    char *dir, *conf, *log, *ca_file, *program;
    char *desk_confs[RELAY_DESKS];
    char tokens[RELAY_DESKS][TOKEN_SIZE];
    const char *signing_key; /* as in a desk's idinqr.conf */
};

/* --- processes ----------------------------------------------------------------------------------
 */

/* Makes a program run as the unprivileged user, if the tests run as root. */
static const char *const *
user_words(void)
{
    static const char *const words[] = {"setpriv",
                                        "--reuid=" RELAY_UID,
                                        "--regid=" RELAY_UID,
                                        "--clear-groups",
                                        "--pdeathsig=KILL",
                                        "--",
                                        NULL};

    return geteuid() == 0 ? words : words + ARRAY_LENGTH(words) - 1;
}

static struct child *
start(const char *program, const char *const *arguments, const char *log)
{
    const char *words[WORDS];
    size_t n = 0;

    for (const char *const *user = user_words(); *user; user++)
        words[n++] = *user;
    words[n++] = program;
    for (; *arguments; arguments++) {
        ck_assert_uint_lt(n, WORDS - 1);
        words[n++] = *arguments;
    }
    words[n] = NULL;
    return child_start(words, log);
}

/* A copy that any user can run. */
static char *
copy_program(const char *dir, const char *name)
{
    char *copy = scratch_path(dir, name);
    char *command = scratch_text("install -m 755 '%s/%s' '%s'", BUILD_DIR, name, copy);

    ck_assert_int_eq(system(command), 0);
    return copy;
}

void
relay_server_start(struct relay_server *server)
{
    char line[100];

    server->relay = start(
        server->program, (const char *const[]){"--conf", server->conf, "serve", NULL}, server->log);
    if (!child_read_line(server->relay, line, sizeof line, START_MS) ||
        strcmp(line, scratch_text("ready %u", server->port)) != 0)
        ck_abort_msg("the relay did not start. It says:\n%s", scratch_read(server->log));
}

void
relay_server_kill(struct relay_server *server)
{
    ck_assert_int_eq(kill(child_pid(server->relay), SIGKILL), 0);
    ck_assert_int_eq(child_stop(&server->relay, STOP_MS), 128 + SIGKILL);
}

void
relay_server_stop(struct relay_server *server)
{
    int status = child_stop(&server->relay, STOP_MS);

    ck_assert_msg(status == 0, "the relay ended with status %d. It says:\n%s", status,
                  scratch_read(server->log));
}

void
relay_server_stop_begin(struct relay_server *server)
{
    ck_assert_int_eq(kill(child_pid(server->relay), SIGTERM), 0);
}

void
relay_server_end_acquirer(struct relay_server *server)
{
    qr_backend_stop(&server->sandbox);
}

void
relay_server_set_key(struct relay_server *server, const char *signing_key)
{
    server->signing_key = signing_key;
}

int
relay_server_command(struct relay_server *server, const char *const *arguments, char **ret_output)
{
    const char *words[WORDS] = {"--conf", server->conf};
    char line[400], *text = scratch_text("%s", "");
    char *log = scratch_path(server->dir, "command.log");
    struct child *child;
    size_t n = 2;

    for (; *arguments; arguments++)
        words[n++] = *arguments;
    child = start(server->program, words, log);
    while (child_read_line(child, line, sizeof line, START_MS))
        text = scratch_text("%s%s\n", text, line);
    *ret_output = text;
    /* It has closed its output, so it ends by itself. */
    siginfo_t end;
    ck_assert_int_eq(waitid(P_PID, (id_t)child_pid(child), &end, WEXITED | WNOWAIT), 0);
    return child_stop(&child, STOP_MS);
}

/* --- the relay and its acquirer -----------------------------------------------------------------
 */

static void
rewrite(const struct relay_server *server, const char *text)
{
    FILE *file = fopen(server->conf, "we"); /* in its place: the file keeps its owner */

    ck_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* The text with all that is between two texts replaced. Kept. */
static char *
replace(const char *text, const char *begin, const char *end, const char *by)
{
    const char *at = strstr(text, begin), *rest = at ? strstr(at + strlen(begin), end) : NULL;

    ck_assert_msg(rest != NULL, "no %s in:\n%s", begin, text);
    return scratch_text("%.*s%s%s%s", (int)(at - text), text, begin, by, rest);
}

static void
add_lines(const struct relay_server *server, const struct relay_options *options)
{
    char *text = scratch_read(server->conf), *section = strstr(text, "\n[acquirer]");

    ck_assert_ptr_nonnull(section);
    *section = '\0';
    text = scratch_text(
        "%s\n%s\n[acquirer]\n%s\n%s\n%s\n", text, options->general ? options->general : "",
        options->acquirer ? options->acquirer : "", section + strlen("\n[acquirer]\n"),
        options->qr_backend ? options->qr_backend : ""); /* the last section */
    if (options->openid)
        text = scratch_text("%s[openid]\n%s\n", replace(text, "\nupstream = ", "\n", "openid"),
                            options->openid);
    if (options->cm && options->cm[0])
        text =
            scratch_text("%s[cm]\n%s\n", replace(text, "\nupstream = ", "\n", "cm"), options->cm);
    if (options->ca_file) {
        FILE *file = fopen(server->ca_file, "ae");
        ck_assert(file && fputs(scratch_read(options->ca_file), file) >= 0 && fclose(file) == 0);
    }
    if (options->proxy_port)
        text = replace(text, "\npublic_url = ", "\n",
                       scratch_text("https://127.0.0.1:%u", options->proxy_port));
    if (options->database)
        text = replace(text, "\ndatabase = ", "\n", options->database);
    rewrite(server, text);
}

static char *
value_of(const char *text, const char *keyword)
{
    const char *line = strstr(text, keyword), *value = line ? strchr(line, '=') : NULL;

    ck_assert_msg(value != NULL, "no %s in:\n%s", keyword, text);
    value += 1 + strspn(value + 1, " ");
    return scratch_text("%.*s", (int)strcspn(value, "\n"), value);
}

struct relay_server *
relay_server_new(const struct relay_options *options)
{
    static const struct relay_options none;
    struct relay_server *server = calloc(1, sizeof *server);
    char *programs = scratch_dir("programs"), *sandbox, *output;
    const char *more[WORDS] = {"--acquirer"};
    size_t n = 2;

    ck_assert_ptr_nonnull(server);
    options = options ? options : &none;
    sandbox = copy_program(programs, "idinqr-sandbox");
    server->program = copy_program(programs, "idinqr-relay");
    server->dir = scratch_dir("relay");
    if (options->prepare)
        options->prepare(server->dir);
    if (geteuid() == 0)
        ck_assert_int_eq(chown(server->dir, (uid_t)atoi(RELAY_UID), (gid_t)atoi(RELAY_UID)), 0);
    server->conf = scratch_path(server->dir, "relay.conf");
    server->ca_file = scratch_path(server->dir, "ca.pem");
    server->log = scratch_path(scratch_dir("log"), "relay.log");
    server->port_holder = relay_bind(0, &server->port);
    ck_assert_int_ge(server->port_holder, 0);
    server->asked_port = options->proxy_port ? options->proxy_port : server->port;
    more[1] = scratch_text("https://127.0.0.1:%u", server->port);
    if (options->cm && !options->cm[0])
        more[n++] = "--cm";
    for (const char *const *word = options->sandbox; word && *word; word++) {
        ck_assert_uint_lt(n, WORDS - 1);
        more[n++] = *word;
    }
    server->sandbox = qr_backend_start_in(server->dir, user_words(), sandbox, more);
    add_lines(server, options);
    ck_assert_int_eq(relay_server_command(server, (const char *const[]){"key", NULL}, &output), 0);
    server->signing_key = value_of(output, "signing_key");
    for (int i = 0; i < RELAY_DESKS; i++) {
        const char *const add[] = {"desk", "add", scratch_text("balie-%d", i + 1), NULL};
        ck_assert_int_eq(relay_server_command(server, add, &output), 0);
        server->desk_confs[i] = output;
        snprintf(server->tokens[i], TOKEN_SIZE, "%s", value_of(output, "merchant_token"));
    }
    server->desk = http_client_new(server->ca_file, NULL);
    relay_server_start(server);
    return server;
}

struct relay_server *
relay_server_new_beside(const struct relay_server *first)
{
    struct relay_server *server = calloc(1, sizeof *server);
    char *text = scratch_read(first->conf), *place;

    ck_assert_ptr_nonnull(server);
    *server = *first;
    server->sandbox = NULL;
    server->relay = NULL;
    server->desk = http_client_new(server->ca_file, NULL);
    server->port_holder = relay_bind(0, &server->port);
    ck_assert_int_ge(server->port_holder, 0);
    server->conf = scratch_path(server->dir, "beside.conf");
    server->log = scratch_path(scratch_dir("log"), "beside.log");
    place = scratch_text("127.0.0.1:%u", server->port);
    if (first->asked_port == first->port) {
        text = replace(text, "public_url = ", "\n", scratch_text("https://%s", place));
        server->asked_port = server->port;
    }
    scratch_write(server->conf, 0600, replace(text, "listen = ", "\n", place));
    if (geteuid() == 0)
        ck_assert_int_eq(chown(server->conf, (uid_t)atoi(RELAY_UID), (gid_t)atoi(RELAY_UID)), 0);
    relay_server_start(server);
    return server;
}

void
relay_server_free(struct relay_server **server)
{
    struct relay_server *old = *server;

    if (!old)
        return;
    if (old->relay)
        relay_server_stop(old);
    qr_backend_stop(&old->sandbox);
    http_client_free(&old->desk);
    close(old->port_holder);
    free(old);
    *server = NULL;
}

pid_t
relay_server_pid(const struct relay_server *server)
{
    return child_pid(server->relay);
}

unsigned
relay_server_port(const struct relay_server *server)
{
    return server->port;
}

const char *
relay_server_dir(const struct relay_server *server)
{
    return server->dir;
}

char *
relay_server_conf(const struct relay_server *server)
{
    return server->conf;
}

const char *
relay_server_desk_conf(const struct relay_server *server, int desk)
{
    return server->desk_confs[desk];
}

char *
relay_server_log(const struct relay_server *server)
{
    return scratch_read(server->log);
}

int
relay_server_count(struct relay_server *server, const char *event)
{
    return qr_backend_count(server->sandbox, event);
}

const char *
relay_server_ca_file(const struct relay_server *server)
{
    return server->ca_file;
}

struct phone *
relay_server_phone(const struct relay_server *server)
{
    return phone_new(server->ca_file, "en");
}

/* --- as a desk ----------------------------------------------------------------------------------
 */

static bool
is_signed(const struct relay_server *server, const struct http_answer *answer)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(signing_key_read(server->signing_key, SIGNING_KEY_ED25519, &key), 0);
    return answer->signature && signature_check(key, SIGNING_KEY_ED25519, answer->body,
                                                answer->size, answer->signature, 1) == 0;
}

long
relay_server_ask(struct relay_server *server, struct http_client *client, int desk,
                 const char *path, json_t *request, json_t **ret_answer)
{
    HTTP_ANSWER_AUTO answer = {0};
    char *url = scratch_text("https://127.0.0.1:%u%s", server->asked_port, path), *text;

    if (desk >= 0)
        json_object_set_new(request, "merchant_token", json_string(server->tokens[desk]));
    text = json_dumps(request, JSON_COMPACT);
    ck_assert_ptr_nonnull(text);
    json_decref(request);
    *ret_answer = NULL;
    if (http_request(client ? client : server->desk, "POST", url, "application/json", text,
                     &answer)) {
        /* A proxy answers in the place of a relay that does not. */
        bool is_proxys =
            server->asked_port != server->port && answer.status >= 429 && !answer.signature;
        ck_assert_msg(is_proxys || is_signed(server, &answer), "%s: the signature is wrong", path);
        if (!is_proxys)
            *ret_answer = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    }
    free(text);
    return answer.status;
}
