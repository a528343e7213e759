/* SPDX-License-Identifier: BSD-3-Clause */
/* What a login leaves in memory: when the agent is about to end, and when the application goes on,
 * neither holds the merchant token, the signing key, the client's key, the map's key or the BIN.
 * The watcher, a fork of the application, and the picture reader never do. The fetch process has
 * the token for as long as a request, and no BIN once the agent has it. All are looked at as they
 * run, which is more than a core file would have. Needs root, to look. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/sandbox/persons.h"
#include "pam_idinqr/sandbox/state_dir.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/memory.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_MS     60000
#define P256_BYTES 32

struct secrets {
    char token[80], signing_key_hex[80];
    unsigned char signing_key[sizeof(char[80]) / 2]; /* as the agent holds it */
    size_t signing_key_size;
    char bin[PERSON_BIN_MAX + 1];
    unsigned char map_key[32];
};

/* The link, for the phone of the process that looks. */
static int
pass_on(const struct login_message *message, void *user)
{
    const int *pipe_in = user;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    char *link = desk_scan(message->text);
    ck_assert_int_eq(write(*pipe_in, link, strlen(link)), (ssize_t)strlen(link));
    return PAM_SUCCESS;
}

/* A host: one login, and then it stands still to be looked at. Knows no secret but the module's. */
static void
be_host(const struct desk *desk, int pipe_in)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *service;

    service = scratch_text("auth required %s\n", desk->module_line);
    login_stack_service(stack, "desk", service);
    login_stack_on_message(stack, pass_on, &pipe_in);
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    int result = login_stack_authenticate(stack, 0);
    raise(SIGSTOP);
    _exit(result);
}

static void
read_setting(const struct desk *desk, const char *keyword, char *ret_value, size_t size)
{
    char *text = scratch_read(qr_backend_conf_file(desk->backend)), *at = strstr(text, keyword);

    ck_assert_ptr_nonnull(at);
    at = strstr(at, "= ") + 2;
    snprintf(ret_value, size, "%.*s", (int)strcspn(at, "\n"), at);
    ck_assert_uint_gt(strlen(ret_value), 0);
}

/* Returns its size. */
static size_t
read_hex(const char *hex, unsigned char *ret_bytes, size_t capacity)
{
    size_t size = strlen(hex) / 2;

    ck_assert_uint_le(size, capacity);
    for (size_t i = 0; i < size; i++)
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2hhx", &ret_bytes[i]), 1);
    return size;
}

static void
read_secrets(const struct desk *desk, struct secrets *ret_secrets)
{
    char path[400];

    read_setting(desk, "merchant_token", ret_secrets->token, sizeof ret_secrets->token);
    read_setting(desk, "signing_key", ret_secrets->signing_key_hex,
                 sizeof ret_secrets->signing_key_hex);
    ret_secrets->signing_key_size = read_hex(ret_secrets->signing_key_hex, ret_secrets->signing_key,
                                             sizeof ret_secrets->signing_key);
    read_setting(desk, "\nkey ", path, sizeof path);
    char *hex = scratch_read(path);
    hex[strcspn(hex, "\n")] = '\0';
    ck_assert_uint_eq(read_hex(hex, ret_secrets->map_key, sizeof ret_secrets->map_key),
                      sizeof ret_secrets->map_key);
    ck_assert_int_eq(person_bin(person_find("anna"), bank_find("noord"), ret_secrets->bin), 0);
}

struct part {
    const char *name;
    const void *bytes;
    size_t size;
};

static void
must_hold_no_part(const char *whose, pid_t pid, const struct part *parts, size_t n_parts)
{
    for (size_t i = 0; i < n_parts; i++) {
        size_t n = memory_count(pid, parts[i].bytes, parts[i].size);
        ck_assert_msg(n == 0, "%s holds %s, %zu times", whose, parts[i].name, n);
    }
}

static void
must_hold_none(const char *whose, pid_t pid, const struct secrets *secrets)
{
    char map_key_hex[2 * sizeof secrets->map_key + 1];

    for (size_t i = 0; i < sizeof secrets->map_key; i++)
        snprintf(map_key_hex + 2 * i, 3, "%02x", secrets->map_key[i]);
    const struct part parts[] = {
        {"the merchant token", secrets->token, strlen(secrets->token)},
        {"the signing key", secrets->signing_key, secrets->signing_key_size},
        {"the signing key in hex", secrets->signing_key_hex, strlen(secrets->signing_key_hex)},
        {"the map's key", secrets->map_key, sizeof secrets->map_key},
        {"the map's key in hex", map_key_hex, strlen(map_key_hex)},
        {"the BIN", secrets->bin, strlen(secrets->bin)},
        /* Most of each is enough: a buffer that was used again has overwritten its beginning. */
        {"the token's end", secrets->token + 12, strlen(secrets->token) - 12},
        {"the key's end", secrets->signing_key + 12, secrets->signing_key_size - 12},
        {"the key's end in hex", secrets->signing_key_hex + 12,
         strlen(secrets->signing_key_hex) - 12},
        {"the BIN's end", secrets->bin + 8, strlen(secrets->bin) - 8},
    };
    must_hold_no_part(whose, pid, parts, ARRAY_LENGTH(parts));
}

static void
stop(pid_t pid)
{
    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    ck_assert(processes_wait_state(pid, 'T', END_MS));
}

/* The watcher is this program too: it executes none. */
static void
watcher_must_hold_none(pid_t host, const struct secrets *secrets)
{
    char name[16];

    ck_assert_int_eq(prctl(PR_GET_NAME, name), 0);
    pid_t watcher = processes_find(host, name);
    ck_assert_int_gt(watcher, 0);
    stop(watcher);
    must_hold_none("the watcher", watcher, secrets);
    ck_assert_int_eq(kill(watcher, SIGCONT), 0);
}

static pid_t
wait_for(const char *name)
{
    int64_t end_ms = clock_ms() + END_MS;
    pid_t pid;

    while ((pid = processes_find(0, name)) == 0) {
        ck_assert_msg(clock_left_ms(end_ms) > 0, "no %s was started", name);
        poll(NULL, 0, 1);
    }
    ck_assert(processes_wait_state(pid, 'S', END_MS));
    return pid;
}

/* Waits until a process has these bytes, or has them no more. It is stopped then. */
static void
stop_when_it_holds(pid_t pid, const void *bytes, size_t size, int holds)
{
    int64_t end_ms = clock_ms() + END_MS;

    for (;;) {
        stop(pid);
        if ((memory_count(pid, bytes, size) > 0) == holds)
            return;
        ck_assert_msg(clock_left_ms(end_ms) > 0, "process %d %s a secret", (int)pid,
                      holds ? "never has" : "keeps");
        ck_assert_int_eq(kill(pid, SIGCONT), 0);
        poll(NULL, 0, 5);
    }
}

static void
stop_when_it_holds_token(pid_t fetch, const struct secrets *secrets, int holds)
{
    stop_when_it_holds(fetch, secrets->token, strlen(secrets->token), holds);
}

/* While the backend is held, the first request is on its way, and the picture reader waits for a
 * picture. */
static void
look_at_the_helpers(const struct secrets *secrets)
{
    pid_t sandbox = processes_find_below(getpid(), "idinqr-sandbox");
    pid_t fetch = wait_for("idinqr-fetch"), picture = wait_for("idinqr-picture");

    stop_when_it_holds_token(fetch, secrets, 1);
    memory_catch_end(picture);
    ck_assert_int_eq(kill(fetch, SIGCONT), 0);
    ck_assert_int_eq(kill(sandbox, SIGCONT), 0);
    memory_wait_end(picture);
    must_hold_none("the picture reader", picture, secrets);
    memory_let_end(picture);
}

static void
leave_time_between_requests(const struct desk *desk)
{
    char *path = scratch_path(qr_backend_dir(desk->backend), "idinqr.conf.d/poll.conf");

    scratch_write(path, 0644, "[idin-qr]\nlong_poll = 0\n");
}

/* Ended in each of these ways. */
static const struct {
    const char *person; /* NULL: refused at the bank */
    int pam_code;
} endings[] = {{"anna", PAM_SUCCESS}, {NULL, PAM_AUTH_ERR}};

LOOP_TEST(test_secrets_are_gone, ARRAY_LENGTH(endings))
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    int ends[2], status;
    char link[400] = "";
    struct secrets *secrets = calloc(1, sizeof *secrets);
    DESK_AUTO desk;

    ck_assert_ptr_nonnull(secrets);
    desk_open(&desk, arguments);
    leave_time_between_requests(&desk);
    ck_assert_int_eq(pipe(ends), 0);
    stop(processes_find_below(getpid(), "idinqr-sandbox"));
    processes_begin();
    pid_t host = fork();
    ck_assert_int_ge(host, 0);
    if (host == 0)
        be_host(&desk, ends[1]);
    read_secrets(&desk, secrets);
    look_at_the_helpers(secrets);
    ck_assert_int_gt(read(ends[0], link, sizeof link - 1), 0);
    pid_t agent = processes_find(0, "idinqr-agent"), fetch = processes_find(0, "idinqr-fetch");
    ck_assert(agent > 0 && fetch > 0);
    /* So that "none" below means something: while it waits, the agent needs both. */
    stop(agent);
    ck_assert_uint_gt(memory_count(agent, secrets->token, strlen(secrets->token)), 0);
    ck_assert_uint_gt(memory_count(agent, secrets->signing_key, secrets->signing_key_size), 0);
    watcher_must_hold_none(host, secrets);
    stop_when_it_holds_token(fetch, secrets, 0);
    must_hold_none("the fetch process between two requests", fetch, secrets);
    ck_assert_int_eq(kill(fetch, SIGCONT), 0);
    memory_catch_end(agent);
    ck_assert_int_eq(kill(agent, SIGCONT), 0);

    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk.backend), "en");
    if (endings[_i].person)
        ck_assert_int_eq(phone_approve(phone, link, endings[_i].person), 200);
    else
        ck_assert_int_eq(phone_refuse(phone, link, "anna"), 200);
    memory_wait_end(agent);
    must_hold_none("the agent", agent, secrets);
    stop(fetch);
    must_hold_none("the fetch process", fetch, secrets);
    memory_let_end(agent);

    ck_assert_int_eq(waitpid(host, &status, WUNTRACED), host);
    ck_assert(WIFSTOPPED(status));
    must_hold_none("the host", host, secrets);
    ck_assert_int_eq(kill(host, SIGCONT), 0);
    ck_assert_int_eq(waitpid(host, &status, 0), host);
    ck_assert_int_eq(WEXITSTATUS(status), endings[_i].pam_code);
    free(secrets);
}

#define LINE_END "\n-----END" /* of a key in PEM */

/* A client's key: its PEM without the first line, and its number as a text of bytes has it, and as
 * the processor does. */
struct client_key {
    char body[300];
    unsigned char big_endian[P256_BYTES], little_endian[P256_BYTES];
};

/* Another process makes the key: the host is a fork of this one, and may not know it. Returns the
 * file. */
static char *
make_client_key(const char *dir)
{
    static const char *const hosts[] = {NULL};
    char *file = scratch_path(dir, "client.pem");
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct certificates certificates;
        if (certificates_make(hosts, &certificates) != 0)
            _exit(1);
        scratch_write(file, 0600, certificates.server_key);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    return file;
}

static void
read_client_key(const char *file, struct client_key *ret_key)
{
    const char *pem = scratch_read(file), *body = strchr(pem, '\n') + 1;
    const char *end = strstr(body, LINE_END);
    BIGNUM *number = NULL;

    ck_assert_ptr_nonnull(end);
    snprintf(ret_key->body, sizeof ret_key->body, "%.*s", (int)(end - body), body);
    BIO *memory = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL);
    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, "priv", &number), 1);
    ck_assert_int_eq(BN_bn2binpad(number, ret_key->big_endian, P256_BYTES), P256_BYTES);
    ck_assert_int_eq(BN_bn2lebinpad(number, ret_key->little_endian, P256_BYTES), P256_BYTES);
    BN_clear_free(number);
    EVP_PKEY_free(key);
    BIO_free(memory);
}

/* In place of the client's secret. */
static void
use_client_key(const struct desk *desk, const char *file)
{
    const char *path = qr_backend_conf_file(desk->backend);
    char *text = scratch_read(path), *secret = strstr(text, "client_secret = ");

    ck_assert_ptr_nonnull(secret);
    scratch_write(path, 0600,
                  scratch_text("%.*sclient_auth = private_key_jwt\nclient_key_file = %s%s",
                               (int)(secret - text), text, file, strchr(secret, '\n')));
}

/* The sandbox does not take such a key, so it refuses the client. The key has signed by then. */
TEST(client_key_is_gone)
{
    const char *arguments[] = {"--provider", "oidc-device", "--enroll", "alice=anna", NULL};
    int status;
    struct client_key key;
    DESK_AUTO desk;

    desk_open(&desk, arguments);
    char *file = make_client_key(qr_backend_dir(desk.backend));
    use_client_key(&desk, file);
    pid_t sandbox = processes_find_below(getpid(), "idinqr-sandbox");
    stop(sandbox);
    processes_begin();
    pid_t host = fork();
    ck_assert_int_ge(host, 0);
    if (host == 0)
        be_host(&desk, -1);
    read_client_key(file, &key);
    const struct part parts[] = {
        {"the client's key in PEM", key.body, strlen(key.body)},
        {"the end of that", key.body + 40, strlen(key.body) - 40},
        {"the client's key", key.big_endian, sizeof key.big_endian},
        {"the client's key as a number", key.little_endian, sizeof key.little_endian},
    };
    pid_t fetch = wait_for("idinqr-fetch"), agent = wait_for("idinqr-agent");
    stop_when_it_holds(agent, key.body, strlen(key.body), 1);
    memory_catch_end(agent);
    ck_assert_int_eq(kill(agent, SIGCONT), 0);
    ck_assert_int_eq(kill(sandbox, SIGCONT), 0);
    memory_wait_end(agent);
    must_hold_no_part("the agent", agent, parts, ARRAY_LENGTH(parts));
    stop(fetch);
    must_hold_no_part("the fetch process", fetch, parts, ARRAY_LENGTH(parts));
    memory_let_end(agent);
    ck_assert_int_eq(waitpid(host, &status, WUNTRACED), host);
    ck_assert(WIFSTOPPED(status));
    must_hold_no_part("the host", host, parts, ARRAY_LENGTH(parts));
    ck_assert_int_eq(kill(host, SIGCONT), 0);
    ck_assert_int_eq(waitpid(host, &status, 0), host);
    ck_assert_int_eq(WEXITSTATUS(status), PAM_AUTHINFO_UNAVAIL);
}

static const char *
why_skip(void)
{
#ifdef SANITIZER
    return "a sanitizer keeps what was freed";
#endif
    return geteuid() == 0 ? agent_user_why_not() : "only root may look into the agent's memory";
}

RUN_TESTS("memory", why_skip());
