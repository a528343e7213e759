/* SPDX-License-Identifier: BSD-3-Clause */
/* See fault_login.h. */
#include "tests/faults/fault_login.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/sandbox/persons.h"
#include "tests/faults/peer_dialect.h"
#include "tests/faults/wall_clock.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"
#include "tests/unit/host_state.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A login ends with its time, and the two seconds in which the agent tells the backend. */
#define TIMEOUT_MS       60000
#define TIMEOUT_SHORT_MS 20000
#define GRACE_MS         2000
#define ROOM_MS          20000 /* for a machine that is busy with other tests */

struct fixture {
    const struct fault *fault;
    const char *provider;
    struct desk desk;
    struct peer_person person;
    struct peer peer;
    struct relay relay;
    struct relay proxy;
    struct login_stack *stack;
    int n_codes, was_asked;
};

static void
read_signing_key(struct fixture *fixture)
{
    char *key = desk_setting(&fixture->desk, "signing_key");

    for (size_t i = 0; i < sizeof fixture->person.signing_key; i++)
        ck_assert_int_eq(sscanf(key + 2 * i, "%2hhx", &fixture->person.signing_key[i]), 1);
}

/* Adds a layer to the configuration that the sandbox wrote: a later one overrides it. */
static void
write_layer(const struct fixture *fixture, const char *name, const char *general,
            const char *of_provider)
{
    char *path = scratch_path(qr_backend_dir(fixture->desk.backend), name), *text, *expanded;

    text = scratch_text("%s\n[%s]\n%s", general, fixture->provider, of_provider);
    expanded = peer_expand(&fixture->peer, &fixture->person, text);
    scratch_write(path, 0600, expanded);
    free(expanded);
}

/* The peer signs no ID token; so the sandbox's keys count in no row that does not ask for them. */
static void
unpin_keys(const struct fixture *fixture)
{
    const char *path = qr_backend_conf_file(fixture->desk.backend);
    char *text = scratch_read(path), *line = strstr(text, "\njwks_file =");

    if (line && fixture->peer.pid > 0 && !fixture->fault->pins_keys) {
        line[1] = '#';
        scratch_write(path, 0600, text);
    }
}

static void
replace_agent(const struct fixture *fixture, const char *program)
{
    char *dir = scratch_dir("agent"), *line;
    char *agent = desk_copy_program(program, dir, "idinqr-agent", 0755);

    desk_copy_helpers(dir);
    line = scratch_text("agent = %s\n", agent);
    write_layer(fixture, "idinqr.conf.d/3-agent.conf", line, "");
}

/* Where the login is led in place of the sandbox, and above that what the row says. */
static void
configure(const struct fixture *fixture)
{
    const struct fault *fault = fixture->fault;
    char general[400], proxy[64] = "", of_provider[100] = "";

    unpin_keys(fixture);
    if (fixture->proxy.pid > 0)
        snprintf(proxy, sizeof proxy, "proxy = http://127.0.0.1:%u\n", fixture->proxy.port);
    snprintf(general, sizeof general, "timeout = %d\nca_file = %s\n%s", TIMEOUT_MS / 1000,
             fixture->peer.pid > 0 ? fixture->peer.ca_file
                                   : qr_backend_ca_file(fixture->desk.backend),
             proxy);
    if (fixture->relay.pid > 0)
        snprintf(of_provider, sizeof of_provider,
                 "status_url = https://127.0.0.1:%u/idin-qr/v1.1/status\n", fixture->relay.port);
    write_layer(fixture, "idinqr.conf.d/1-where.conf", general,
                fixture->peer.pid > 0 ? fixture->peer.dialect->settings : of_provider);
    write_layer(fixture, "idinqr.conf.d/2-row.conf", fault->general ? fault->general : "",
                fault->provider ? fault->provider : "");
    if (fault->agent)
        replace_agent(fixture, fault->agent);
}

/* The identity as the sandbox's map has it. */
static void
name_person(struct fixture *fixture)
{
    char *path = scratch_path(qr_backend_dir(fixture->desk.backend), "relay.key");
    SECRET_AUTO *key = NULL;
    struct diag diag;

    ck_assert_int_eq(map_key_read(path, &key, &diag), 0);
    ck_assert_int_eq(identity_hash((const unsigned char *)secret_bytes(key), "idin-qr", "127.0.0.1",
                                   fixture->person.bin, fixture->person.identity),
                     0);
}

static void
set_up(struct fixture *fixture)
{
    const struct fault *fault = fixture->fault;
    const char *person = fault->sandbox.person ? fault->sandbox.person : "anna";
    int has_sandbox = fault->sandbox.fault || fault->loss_ms > 0;
    /* While the network is lost a phone approves, which has another. */
    const char *arguments[] = {"--provider",
                               fixture->provider,
                               "--enroll",
                               "alice=anna",
                               "--enroll",
                               "bob=bram",
                               fault->sandbox.fault ? "--auto"
                               : fault->is_relay    ? "--relay"
                                                    : NULL,
                               fault->sandbox.fault ? person : NULL,
                               "--fault",
                               fault->sandbox.fault,
                               NULL};
    char *dir = scratch_dir("fault"), *service;
    unsigned port;

    desk_open(&fixture->desk, arguments);
    if (strcmp(fixture->provider, "idin-qr") == 0)
        read_signing_key(fixture);
    ck_assert_int_eq(person_bin(person_find("anna"), bank_at(0), fixture->person.bin), 0);
    if (fault->is_relay)
        name_person(fixture);
    if (!has_sandbox)
        peer_start(&fixture->peer, fault->is_relay ? "relay" : fixture->provider, &fault->peer,
                   &fixture->person, dir);
    if (fault->loss_ms > 0) {
        ck_assert_int_eq(
            sscanf(qr_backend_url(fixture->desk.backend), "https://127.0.0.1:%u", &port), 1);
        relay_start(&fixture->relay, RELAY_PORT, port);
    }
    if (fault->has_proxy)
        relay_start(&fixture->proxy, fault->proxy, 0);
    configure(fixture);
    if (fault->env_proxy)
        ck_assert_int_eq(setenv("https_proxy", fault->env_proxy, 1), 0);
    fixture->stack = login_stack_new();
    service = scratch_text("auth required %s\n", fixture->desk.module_line);
    login_stack_service(fixture->stack, "desk", service);
}

/* What happens at the prompt for the number. */
static int
on_prompt(struct fixture *fixture)
{
    static const struct {
        const char *program;
        int signal;
    } ends[] = {
        [PROMPT_KILL_AGENT] = {"idinqr-agent", SIGKILL},
        [PROMPT_STOP_AGENT] = {"idinqr-agent", SIGSTOP},
        [PROMPT_KILL_FETCH] = {"idinqr-fetch", SIGKILL},
        [PROMPT_STOP_FETCH] = {"idinqr-fetch", SIGSTOP},
    };
    enum fault_prompt prompt = fixture->fault->prompt;

    fixture->was_asked = 1;
    if (prompt == PROMPT_KILL_PEER)
        peer_stop(&fixture->peer);
    else if (prompt == PROMPT_TOO_LATE)
        ck_assert(processes_wait_gone("idinqr-agent", TIMEOUT_SHORT_MS + GRACE_MS + ROOM_MS));
    else if (prompt != PROMPT_ANSWERED) {
        pid_t pid = processes_find(0, ends[prompt].program);
        ck_assert_msg(pid > 0 && kill(pid, ends[prompt].signal) == 0, "%s", ends[prompt].program);
    }
    login_stack_answer(fixture->stack, "123 456");
    return PAM_SUCCESS;
}

/* What happens once the code is on the screen. */
static int
on_message(const struct login_message *message, void *user)
{
    struct fixture *fixture = user;
    const struct fault *fault = fixture->fault;
    PHONE_AUTO *phone = NULL;
    char *link;

    if (strstr(message->text, "Number on your phone: "))
        return on_prompt(fixture);
    if (strstr(message->text, "Press Enter to go on.")) {
        login_stack_answer(fixture->stack, "");
        return PAM_SUCCESS;
    }
    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    fixture->n_codes++;
    if (fault->clock_jump_s != 0)
        wall_clock_jump(fault->clock_jump_s);
    if (fault->loss_ms == 0)
        return PAM_SUCCESS;
    link = desk_scan(message->text);
    relay_break(&fixture->relay, fault->loss, fault->loss_ms);
    phone = phone_new(qr_backend_ca_file(fixture->desk.backend), "en");
    ck_assert_msg(phone_approve(phone, link, "anna") == 200, "%s", phone_problem(phone));
    return PAM_SUCCESS;
}

/* Returns whether the code itself is wrong. The module must not show such a code. */
static int
is_bad_code(const struct fault *fault)
{
    static const struct fault_verdict verdicts[] = {{OTHER_HOST}, {BAD_PICTURE}};

    for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++)
        if (strcmp(fault->expected.outcome, verdicts[i].outcome) == 0)
            return 1;
    return 0;
}

static void
check_verdict(const struct fixture *fixture, int result)
{
    const struct fault *fault = fixture->fault;
    char *shown = login_stack_text(fixture->stack), *log = syslog_capture_text(), outcome[80];
    size_t n_lines;

    ck_assert_msg(result == fault->expected.pam_code, "PAM returned %d, not %d\n%s\n%s", result,
                  fault->expected.pam_code, shown, log);
    ck_assert_msg(strstr(shown, fault->expected.sentence) != NULL, "not said:\n%s\n%s", shown, log);
    /* Those of an OpenID provider have no bank, and perhaps have never heard of iDIN. Before the
     * configuration is read, the module does not know. */
    ck_assert_msg(strcmp(fixture->provider, "oidc-device") != 0 ||
                      strcmp(fault->expected.outcome, "configuration") == 0 ||
                      (!strstr(shown, "iDIN") && !strstr(shown, "bank")),
                  "%s", shown);
    syslog_capture_lines(&n_lines);
    /* A login that asks says so at once. */
    ck_assert_msg(n_lines == 1U + (unsigned)fixture->was_asked, "%zu lines in the log:\n%s",
                  n_lines, log);
    snprintf(outcome, sizeof outcome, "outcome=%s session=", fault->expected.outcome);
    ck_assert_msg(strstr(log, outcome) && strstr(log, " service=desk account=alice "), "%s", log);
    ck_assert_msg(!fault->detail || strstr(log, fault->detail), "not \"%s\": %s", fault->detail,
                  log);
    desk_must_not_leak(&fixture->desk, log);
    desk_must_not_leak(&fixture->desk, shown);
    ck_assert_msg(!strstr(log, "://127.") && !strstr(log, "/q/"), "a URL: %s", log);
    ck_assert_msg(!fault->not_logged ||
                      (!strstr(log, fault->not_logged) && !strstr(shown, fault->not_logged)),
                  "\"%s\" is in:\n%s\n%s", fault->not_logged, shown, log);
    ck_assert_msg(fixture->n_codes > 0 || result != PAM_SUCCESS, "nobody saw a code");
    ck_assert_msg(fixture->n_codes == 0 || !is_bad_code(fault),
                  "a code that may not be trusted:\n%s", shown);
    ck_assert_str_eq(login_stack_user(fixture->stack), "alice");
}

void
fault_login_run(const struct fault *fault, const char *provider)
{
    struct fixture fixture = {.fault = fault, .provider = provider};
    int is_short = fault->general && strstr(fault->general, SHORT);
    struct host_state before;

    set_up(&fixture);
    login_stack_on_message(fixture.stack, on_message, &fixture);
    pam_handle_t *pamh = login_stack_start(fixture.stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    processes_begin();
    host_state_take(&before);
    int64_t start_ms = clock_ms();
    int result = login_stack_authenticate(fixture.stack, PAM_SILENT);
    int64_t took_ms = clock_ms() - start_ms;
    wall_clock_jump(0);
    host_state_must_be_kept(&before);
    processes_must_end(ROOM_MS);
    check_verdict(&fixture, result);
    ck_assert_int_le(took_ms, (is_short ? TIMEOUT_SHORT_MS : TIMEOUT_MS) + GRACE_MS + ROOM_MS);
    login_stack_free(&fixture.stack);
    relay_stop(&fixture.proxy);
    relay_stop(&fixture.relay);
    peer_stop(&fixture.peer);
    desk_close(&fixture.desk);
}
