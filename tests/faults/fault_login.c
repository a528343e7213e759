/* SPDX-License-Identifier: BSD-3-Clause */
/* See fault_login.h. */
#include "tests/faults/fault_login.h"

#include "pam_idinqr/common/clock.h"
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A login ends with its time, and the two seconds in which the agent tells the backend. */
#define TIMEOUT_MS       60000
#define TIMEOUT_SHORT_MS 20000
#define GRACE_MS         2000
#define ROOM_MS          20000 /* for a machine that is busy with other tests */

struct scene {
    const struct fault *fault;
    const char *provider;
    struct desk desk;
    struct peer_person person;
    struct peer peer;
    struct relay relay;
    struct relay proxy;
    struct login_stack *stack;
    int n_codes;
};

static void
read_signing_key(struct scene *scene)
{
    char *key = desk_setting(&scene->desk, "signing_key");

    for (size_t i = 0; i < sizeof scene->person.signing_key; i++)
        ck_assert_int_eq(sscanf(key + 2 * i, "%2hhx", &scene->person.signing_key[i]), 1);
    free(key);
}

/* Adds a layer to the configuration that the sandbox wrote: a later one overrides it. */
static void
write_layer(const struct scene *scene, const char *name, const char *general,
            const char *of_provider)
{
    char *path = scratch_path(backend_dir(scene->desk.backend), name), *text, *expanded;

    ck_assert_int_gt(asprintf(&text, "%s\n[%s]\n%s", general, scene->provider, of_provider), 0);
    expanded = peer_expand(&scene->peer, &scene->person, text);
    scratch_write(path, 0600, expanded);
    free(expanded);
    free(text);
    free(path);
}

/* The peer signs no ID token; so the sandbox's keys count in no row that does not ask for them. */
static void
unpin_keys(const struct scene *scene)
{
    const char *path = backend_conf_file(scene->desk.backend);
    char *text = scratch_read(path), *line = strstr(text, "\njwks_file =");

    if (line && scene->peer.pid > 0 && !scene->fault->pins_keys) {
        line[1] = '#';
        scratch_write(path, 0600, text);
    }
    free(text);
}

static void
replace_agent(const struct scene *scene, const char *program)
{
    char *dir = scratch_dir("agent"), *line;
    char *agent = desk_copy_program(program, dir, "idinqr-agent", 0755);

    desk_copy_helpers(dir);
    ck_assert_int_gt(asprintf(&line, "agent = %s\n", agent), 0);
    write_layer(scene, "idinqr.conf.d/3-agent.conf", line, "");
    free(line);
    free(agent);
    free(dir);
}

/* Where the login is led in place of the sandbox, and above that what the row says. */
static void
configure(const struct scene *scene)
{
    const struct fault *fault = scene->fault;
    char general[400], proxy[64] = "", of_provider[100] = "";

    unpin_keys(scene);
    if (scene->proxy.pid > 0)
        snprintf(proxy, sizeof proxy, "proxy = http://127.0.0.1:%u\n", scene->proxy.port);
    snprintf(general, sizeof general, "timeout = %d\nca_file = %s\n%s", TIMEOUT_MS / 1000,
             scene->peer.pid > 0 ? scene->peer.ca_file : backend_ca_file(scene->desk.backend),
             proxy);
    if (scene->relay.pid > 0)
        snprintf(of_provider, sizeof of_provider,
                 "status_url = https://127.0.0.1:%u/idin-qr/v1.1/status\n", scene->relay.port);
    write_layer(scene, "idinqr.conf.d/1-where.conf", general,
                scene->peer.pid > 0 ? scene->peer.dialect->settings : of_provider);
    write_layer(scene, "idinqr.conf.d/2-row.conf", fault->general ? fault->general : "",
                fault->provider ? fault->provider : "");
    if (fault->agent)
        replace_agent(scene, fault->agent);
}

static void
set_up(struct scene *scene)
{
    const struct fault *fault = scene->fault;
    const char *person = fault->sandbox.person ? fault->sandbox.person : "anna";
    int has_sandbox = fault->sandbox.fault || fault->loss_ms > 0;
    /* While the network is lost a phone approves, which has another. */
    const char *arguments[] = {"--provider",
                               scene->provider,
                               "--enroll",
                               "alice=anna",
                               "--enroll",
                               "bob=bram",
                               fault->sandbox.fault ? "--auto" : NULL,
                               person,
                               "--fault",
                               fault->sandbox.fault,
                               NULL};
    char *dir = scratch_dir("fault"), *service;
    unsigned port;

    desk_open(&scene->desk, arguments);
    if (strcmp(scene->provider, "idin-qr") == 0)
        read_signing_key(scene);
    ck_assert_int_eq(person_bin(person_find("anna"), bank_at(0), scene->person.bin), 0);
    if (!has_sandbox)
        peer_start(&scene->peer, scene->provider, &fault->peer, &scene->person, dir);
    if (fault->loss_ms > 0) {
        ck_assert_int_eq(sscanf(backend_url(scene->desk.backend), "https://127.0.0.1:%u", &port),
                         1);
        relay_start(&scene->relay, RELAY_PORT, port);
    }
    if (fault->has_proxy)
        relay_start(&scene->proxy, fault->proxy, 0);
    configure(scene);
    if (fault->env_proxy)
        ck_assert_int_eq(setenv("https_proxy", fault->env_proxy, 1), 0);
    scene->stack = login_stack_new();
    ck_assert_int_gt(asprintf(&service, "auth required %s\n", scene->desk.module_line), 0);
    login_stack_service(scene->stack, "desk", service);
    free(service);
    free(dir);
}

/* What happens once the code is on the screen. */
static int
on_message(const struct login_message *message, void *user)
{
    struct scene *scene = user;
    const struct fault *fault = scene->fault;
    PHONE_AUTO *phone = NULL;
    char *link;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    scene->n_codes++;
    if (fault->clock_jump_s != 0)
        wall_clock_jump(fault->clock_jump_s);
    if (fault->loss_ms == 0)
        return PAM_SUCCESS;
    link = desk_scan(message->text);
    relay_break(&scene->relay, fault->loss, fault->loss_ms);
    phone = phone_new(backend_ca_file(scene->desk.backend), "en");
    ck_assert_msg(phone_approve(phone, link, "anna") == 200, "%s", phone_problem(phone));
    free(link);
    return PAM_SUCCESS;
}

/* Whether it is the code itself that is wrong: then nobody may see it. */
static int
is_bad_code(const struct fault *fault)
{
    static const struct fault_verdict verdicts[] = {{OTHER_HOST}, {BAD_PICTURE}};

    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (strcmp(fault->expected.outcome, verdicts[i].outcome) == 0)
            return 1;
    return 0;
}

static void
check_verdict(const struct scene *scene, int result)
{
    const struct fault *fault = scene->fault;
    char *shown = login_stack_text(scene->stack), *log = syslog_capture_text(), outcome[80];
    size_t n_lines;

    ck_assert_msg(result == fault->expected.pam_code, "PAM returned %d, not %d\n%s\n%s", result,
                  fault->expected.pam_code, shown, log);
    ck_assert_msg(strstr(shown, fault->expected.sentence) != NULL, "not said:\n%s\n%s", shown, log);
    syslog_capture_lines(&n_lines);
    ck_assert_msg(n_lines == 1, "%zu lines in the log:\n%s", n_lines, log);
    snprintf(outcome, sizeof outcome, "outcome=%s session=", fault->expected.outcome);
    ck_assert_msg(strstr(log, outcome) && strstr(log, " service=desk account=alice "), "%s", log);
    ck_assert_msg(!fault->detail || strstr(log, fault->detail), "not \"%s\": %s", fault->detail,
                  log);
    desk_must_not_leak(&scene->desk, log);
    desk_must_not_leak(&scene->desk, shown);
    ck_assert_msg(!strstr(log, "://127.") && !strstr(log, "/q/"), "a URL: %s", log);
    ck_assert_msg(!fault->not_logged ||
                      (!strstr(log, fault->not_logged) && !strstr(shown, fault->not_logged)),
                  "\"%s\" is in:\n%s\n%s", fault->not_logged, shown, log);
    ck_assert_msg(scene->n_codes > 0 || result != PAM_SUCCESS, "nobody saw a code");
    ck_assert_msg(scene->n_codes == 0 || !is_bad_code(fault), "a code that may not be trusted:\n%s",
                  shown);
    ck_assert_str_eq(login_stack_user(scene->stack), "alice");
    free(shown);
    free(log);
}

void
fault_login_run(const struct fault *fault, const char *provider)
{
    struct scene scene = {.fault = fault, .provider = provider};
    int is_short = fault->general && strstr(fault->general, SHORT);
    struct host_state before;

    set_up(&scene);
    login_stack_on_message(scene.stack, on_message, &scene);
    pam_handle_t *pamh = login_stack_start(scene.stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    processes_begin();
    host_state_take(&before);
    int64_t start_ms = clock_ms();
    int result = login_stack_authenticate(scene.stack, PAM_SILENT);
    int64_t took_ms = clock_ms() - start_ms;
    wall_clock_jump(0);
    host_state_must_be_kept(&before);
    processes_must_end(ROOM_MS);
    check_verdict(&scene, result);
    ck_assert_int_le(took_ms, (is_short ? TIMEOUT_SHORT_MS : TIMEOUT_MS) + GRACE_MS + ROOM_MS);
    login_stack_free(&scene.stack);
    relay_stop(&scene.proxy);
    relay_stop(&scene.relay);
    peer_stop(&scene.peer);
    desk_close(&scene.desk);
}
