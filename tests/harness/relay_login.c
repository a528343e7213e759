/* SPDX-License-Identifier: BSD-3-Clause */
/* See relay_login.h. */
#include "tests/harness/relay_login.h"

#include "tests/harness/deadline.h"
#include "tests/harness/http_client.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BANKS_MS 60000
#define QUERY_MS 20000
#define AGAIN_MS 20

struct relay_server *relay_here;
struct phone *relay_phone;
struct relay_code relay_code;
const char *relay_station = "Balie 1", *relay_account = "alice";

/* --- as a desk ----------------------------------------------------------------------------------
 */

char *
relay_time_in(int lifetime_s)
{
    char text[32];
    time_t then = time(NULL) + lifetime_s;
    struct tm utc;

    ck_assert_ptr_nonnull(gmtime_r(&then, &utc));
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
    return scratch_text("%s", text);
}

static long
try_code(struct relay_server *server, struct http_client *client, int desk, int lifetime_s,
         struct relay_code *ret_code)
{
    json_t *answer;
    long status;

    status = relay_server_ask(server, client, desk, "/desk/v1/generate",
                              json_pack("{s:s, s:i, s:s, s:s, s:s, s:s}", "expiration",
                                        relay_time_in(lifetime_s), "idin_service_id", 16384,
                                        "nonce", RELAY_NONCE, "station", relay_station, "service",
                                        "sudo", "account", relay_account),
                              &answer);
    if (status == 200) {
        snprintf(ret_code->id, sizeof ret_code->id, "%s",
                 json_string_value(json_object_get(answer, "qr_id")));
        snprintf(ret_code->link, sizeof ret_code->link, "%s",
                 json_string_value(json_object_get(
                     answer, json_object_get(answer, "qr_url") ? "qr_url" : "qr_payload")));
        ret_code->desk = desk;
    }
    json_decref(answer);
    return status;
}

long
relay_code_try(struct relay_server *server, int desk, int lifetime_s, struct relay_code *ret_code)
{
    return try_code(server, NULL, desk, lifetime_s, ret_code);
}

void
relay_code_generate(struct relay_server *server, int desk, int lifetime_s,
                    struct relay_code *ret_code)
{
    long status = relay_code_try(server, desk, lifetime_s, ret_code);

    ck_assert_msg(status == 200, "generate: %ld\n%s", status, relay_server_log(server));
}

/* "number 3", "success idin1:…"; or "HTTP 404", or "no answer". Kept. */
static char *
ask_status(struct relay_server *server, struct http_client *client, const struct relay_code *code,
           int wait_s, const char *number)
{
    json_t *answer;
    long status = relay_server_ask(server, client, code->desk, "/desk/v1/status",
                                   json_pack("{s:s, s:i, s:s, s:s*}", "qr_id", code->id, "wait",
                                             wait_s, "nonce", RELAY_NONCE, "number", number),
                                   &answer);
    char *text;

    if (status != 200)
        text = status ? scratch_text("HTTP %ld", status) : scratch_text("no answer");
    else if (json_object_get(answer, "tries_left"))
        text = scratch_text("%s %d", json_string_value(json_object_get(answer, "status")),
                            (int)json_integer_value(json_object_get(answer, "tries_left")));
    else if (json_object_get(answer, "identity"))
        text = scratch_text("%s %s", json_string_value(json_object_get(answer, "status")),
                            json_string_value(json_object_get(answer, "identity")));
    else
        text = scratch_text("%s", json_string_value(json_object_get(answer, "status")));
    if (status == 200)
        ck_assert_str_eq(json_string_value(json_object_get(answer, "nonce")), RELAY_NONCE);
    json_decref(answer);
    return text;
}

char *
relay_code_status(struct relay_server *server, const struct relay_code *code, int wait_s,
                  const char *number)
{
    return ask_status(server, NULL, code, wait_s, number);
}

/* Forks. Returns true in the child, whose text `tell` sends to the test. */
static bool
fork_waiter(struct relay_wait *ret_wait, int *ret_end)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ret_wait->pid = fork();
    ck_assert_int_ge(ret_wait->pid, 0);
    if (ret_wait->pid > 0)
        close(ends[1]);
    ret_wait->fd = ends[0];
    *ret_end = ends[1];
    return ret_wait->pid == 0;
}

_Noreturn static void
tell(int end, const char *text)
{
    _exit(write(end, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : 1);
}

/* Returns when the child has sent its request, and the relay has it. */
static void
wait_until_sent(struct relay_server *server, const struct relay_wait *wait)
{
    json_t *answer;
    char byte;

    /* The relay has one thread: when it answers this, it has seen that. */
    ck_assert_int_eq(read(wait->fd, &byte, 1), 1);
    ck_assert_int_eq(relay_server_ask(server, NULL, 0, "/desk/v1/status", json_object(), &answer),
                     404);
    json_decref(answer);
}

/* In a child: a client that tells when it has sent. */
static struct http_client *
child_client(struct relay_server *server, int end)
{
    struct http_client *client = http_client_new(relay_server_ca_file(server), NULL);

    http_client_tell_sent(client, end);
    return client;
}

void
relay_code_generate_begin(struct relay_server *server, int desk, struct relay_wait *ret_wait)
{
    struct relay_code code;
    int end;

    if (fork_waiter(ret_wait, &end))
        tell(end, scratch_text("%ld", try_code(server, child_client(server, end), desk,
                                               RELAY_LIFETIME_S, &code)));
    wait_until_sent(server, ret_wait);
}

void
relay_code_status_begin(struct relay_server *server, const struct relay_code *code, int wait_s,
                        struct relay_wait *ret_wait)
{
    int end;

    if (fork_waiter(ret_wait, &end))
        tell(end, ask_status(server, child_client(server, end), code, wait_s, NULL));
    wait_until_sent(server, ret_wait);
}

void
relay_phone_return_begin(struct phone *phone, struct relay_wait *ret_wait)
{
    int end;

    if (fork_waiter(ret_wait, &end))
        tell(end, scratch_text("%ld", relay_phone_return(phone)));
}

void
relay_phone_press_begin(struct phone *phone, struct relay_wait *ret_wait)
{
    int end;

    if (fork_waiter(ret_wait, &end))
        tell(end, scratch_text("%ld", phone_press(phone, NULL)));
}

char *
relay_wait_end(struct relay_wait *wait, int timeout_ms)
{
    struct pollfd answer = {.fd = wait->fd, .events = POLLIN};
    bool has_come = poll(&answer, 1, timeout_ms) == 1;
    char text[200];
    int status;

    if (!has_come)
        kill(wait->pid, SIGKILL);
    ssize_t size = has_come ? read(wait->fd, text, sizeof text - 1) : 0;
    text[size > 0 ? size : 0] = '\0';
    close(wait->fd);
    ck_assert_int_eq(waitpid(wait->pid, &status, 0), wait->pid);
    ck_assert_msg(has_come && status == 0, "a request that waited was not answered");
    return scratch_text("%s", text);
}

/* --- as a phone ---------------------------------------------------------------------------------
 */

void
relay_phone_to_banks(struct phone *phone, const struct relay_code *code)
{
    struct deadline deadline = deadline_in(BANKS_MS);

    /* A relay that has just started waits for the acquirer's list of banks. */
    while (phone_open(phone, code->link) == 503 && strstr(phone_text(phone), "No banks yet") &&
           deadline_left(deadline, 1) > 0)
        poll(NULL, 0, AGAIN_MS);
    if (phone_status(phone) != 200 || phone_choose(phone, "TSTNNL22") != 0)
        ck_abort_msg("at the banks: %s\n%ld %s", phone_problem(phone), phone_status(phone),
                     phone_text(phone));
}

void
relay_phone_to_bank(struct phone *phone, const struct relay_code *code)
{
    relay_phone_to_banks(phone, code);
    if (phone_press(phone, NULL) != 200 || phone_follow(phone, "Continue") != 200)
        ck_abort_msg("on the way to the bank: %s\n%ld %s", phone_problem(phone),
                     phone_status(phone), phone_text(phone));
}

void
relay_phone_at_bank(struct phone *phone, const char *person, const char *answer)
{
    if (phone_choose(phone, person) != 0 || phone_press(phone, NULL) != 200 ||
        phone_press(phone, answer) != 200)
        ck_abort_msg("at the bank: %s\n%ld %s", phone_problem(phone), phone_status(phone),
                     phone_text(phone));
}

long
relay_phone_return(struct phone *phone)
{
    return phone_follow(phone, "Go on where you were");
}

void
relay_phone_approve(struct phone *phone, const struct relay_code *code, char ret_number[7])
{
    relay_phone_to_bank(phone, code);
    relay_phone_at_bank(phone, "anna", "approve");
    ck_assert_msg(relay_phone_return(phone) == 200, "%ld %s", phone_status(phone),
                  phone_text(phone));
    if (ret_number)
        ck_assert_msg(phone_number(phone, ret_number) == 0, "%s", phone_problem(phone));
}

/* --- the test's own ------------------------------------------------------------------------------
 */

void
relay_login_begin(const struct relay_options *options)
{
    relay_here = relay_server_new(options);
    relay_phone = relay_server_phone(relay_here);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
}

void
relay_login_begin_with_fault(const char *fault)
{
    relay_login_begin(
        &(struct relay_options){.sandbox = (const char *const[]){"--fault", fault, NULL}});
}

void
relay_login_end(void)
{
    phone_free(&relay_phone);
    relay_server_free(&relay_here);
}

char *
relay_sql(const char *query)
{
    char *path = scratch_path(relay_server_dir(relay_here), "db/relay.db"), *value;
    sqlite3_stmt *row;
    sqlite3 *database;

    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    sqlite3_busy_timeout(database, QUERY_MS);
    ck_assert_int_eq(sqlite3_prepare_v2(database, query, -1, &row, NULL), SQLITE_OK);
    value = scratch_text(
        "%s", sqlite3_step(row) == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : "");
    sqlite3_finalize(row);
    sqlite3_close(database);
    return value;
}

void
relay_wait_sql(const char *query)
{
    struct deadline deadline = deadline_in(QUERY_MS);

    while (relay_sql(query)[0] == '\0') {
        ck_assert_msg(deadline_left(deadline, 1) > 0, "no row: %s", query);
        poll(NULL, 0, AGAIN_MS);
    }
}

void
relay_login_configure(const struct desk *desk)
{
    struct qr_backend *backend = desk->backend;
    /* root's login takes no file of another user */
    char *ca_file = scratch_path(qr_backend_dir(backend), "relay-ca.pem");

    scratch_write(ca_file, 0644, scratch_read(relay_server_ca_file(relay_here)));
    scratch_write(qr_backend_conf_file(backend), 0600,
                  scratch_text("tries_per_account = 0\ntries_in_all = 0\nagent = %s\nmap = %s\nkey "
                               "= %s\nrefused_file = %s\nca_file = %s\n%s",
                               desk_setting(desk, "agent"), desk_setting(desk, "map"),
                               desk_setting(desk, "key"), desk_setting(desk, "refused_file"),
                               ca_file, relay_server_desk_conf(relay_here, 0)));
}

void
relay_status_must_be(const char *status)
{
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, NULL), status);
}

void
relay_must_become(struct relay_server *server, const char *status)
{
    struct deadline deadline = deadline_in(QUERY_MS);
    char *now;

    while (strcmp(now = relay_code_status(server, &relay_code, 0, NULL), status) != 0) {
        ck_assert_msg(deadline_left(deadline, 1) > 0, "%s:\n%s", now, relay_server_log(server));
        poll(NULL, 0, AGAIN_MS);
    }
}

void
relay_must_succeed(const char *number)
{
    char *status = relay_code_status(relay_here, &relay_code, 0, number);

    ck_assert_msg(strncmp(status, "success idin1:", 14) == 0 && strlen(status) == 8 + 49, "%s",
                  status);
}

void
relay_page_must_say(const char *text)
{
    ck_assert_msg(strstr(phone_text(relay_phone), text) != NULL, "no \"%s\" in: %s", text,
                  phone_text(relay_phone));
}

void
relay_log_must_say(const char *text)
{
    char *log = relay_server_log(relay_here);

    ck_assert_msg(strstr(log, text) != NULL, "no \"%s\" in the log:\n%s", text, log);
}
