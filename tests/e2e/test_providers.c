/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the real sudo with each provider: the same tests, with another configuration. Tests which
 * persons get in. If a person leaves a login, nothing of it remains here, nor at a backend that can
 * withdraw a code. Needs root, for a private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/provider_table.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"
#include "tests/unit/token_keys.h"

#include <stdio.h>
#include <string.h>

/* The shortest time that a login can be given, and room for a loaded machine. */
#define TIMEOUT         "timeout=20"
#define TIMEOUT_WAIT_MS 60000

#define HTTP_GONE 410

static const struct provider {
    const char *name;
    const char *made;  /* the sandbox's event for a code that was made, */
    const char *asked; /* and for a question about one */
    int has_cancel;    /* RFC 8628 knows no way to withdraw a code */
} providers[] = {
    {"idin-qr", "generate", "status", 1},
    {"signicat", "session", "session-status", 1},
    {"oidc-device", "device", "device-poll", 0},
};

#define N_PROVIDERS ARRAY_LENGTH(providers)

struct fixture {
    const struct provider *provider;
    struct desk desk;
    struct pty *terminal;
    struct termios modes;
    char *link;
};

static void
fixture_close(struct fixture *fixture)
{
    pty_free(&fixture->terminal);
    desk_close(&fixture->desk);
}

#define FIXTURE_AUTO __attribute__((cleanup(fixture_close))) struct fixture

/* A sudo of alice's that shows its code and waits. `options` are the module's. */
static void
start_sudo(struct fixture *ret_fixture, const struct provider *provider, const char *options)
{
    const char *const arguments[] = {"--provider", provider->name, "--enroll", "alice=anna",
                                     "--enroll",   "bob=bram",     NULL};

    *ret_fixture = (struct fixture){.provider = provider};
    namespace_enter();
    desk_open(&ret_fixture->desk, arguments);
    session_pam_service(&ret_fixture->desk, "sudo", options);
    ret_fixture->terminal = session_start("alice");
    processes_begin();
    pty_modes(ret_fixture->terminal, &ret_fixture->modes);
    session_type(ret_fixture->terminal, "sudo id -un");
    ret_fixture->link = session_scan(ret_fixture->terminal);
}

/* No process, no changed terminal, and one line in the log for each call of the module. */
static void
must_have_ended(const struct fixture *fixture, const char *outcome, int calls)
{
    char field[80], *log;
    size_t size;

    processes_must_end(PROCESSES_LEAVE_MS);
    snprintf(field, sizeof field, "outcome=%s session=", outcome);
    log = namespace_log();
    ck_assert_msg(session_count(log, field) == 1 && session_count(log, " outcome=") == calls,
                  "not %s, of %d:\n%s", outcome, calls, log);
    snprintf(field, sizeof field,
             "service=sudo account=alice provider=%s duration=", fixture->provider->name);
    ck_assert_msg(session_count(log, field) == calls, "not %s:\n%s", field, log);
    desk_must_not_leak(&fixture->desk, log);
    desk_must_not_leak(&fixture->desk, pty_output(fixture->terminal, &size));
    ck_assert_msg(!strstr(log, "https://"), "a URL: %s", log);
    ck_assert_int_eq(qr_backend_count(fixture->desk.backend, fixture->provider->made), calls);
}

static void
must_be_as_before(const struct fixture *fixture)
{
    struct termios modes;

    pty_modes(fixture->terminal, &modes);
    ck_assert_mem_eq(&modes, &fixture->modes, sizeof modes);
}

static int
is_root(const struct fixture *fixture)
{
    return strstr(screen_text(pty_screen(fixture->terminal)), "\nroot\n") != NULL;
}

static const char *
provider_name(int i, const char **ret_why_not)
{
    if (i == (int)N_PROVIDERS)
        return NULL;
    if (!provider_table_find(providers[i].name))
        *ret_why_not = "this build does not know the provider";
    return providers[i].name;
}

static int
has_pinned_keys(int row)
{
    (void)row;
    return setting_find(provider_table_find(providers[runner_variant()].name)->settings,
                        "jwks_file") >= 0;
}

TEST_CASE(NULL, .variant = provider_name, .timeout_s = 90);

TEST(right_person_opens)
{
    FIXTURE_AUTO fixture;

    start_sudo(&fixture, &providers[runner_variant()], "");
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture.desk.backend), "en");
    ck_assert_msg(phone_approve(phone, fixture.link, "anna") == 200, "%s", phone_problem(phone));
    pty_must_show(fixture.terminal, "Welcome, alice.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 0);
    ck_assert(is_root(&fixture));
    must_have_ended(&fixture, "verified", 1);
    must_be_as_before(&fixture);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "delivered"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "cancel"), 0);
}

/* The sandbox lists its keys in jwks_file: right_person_opens has opened by them. Here the file has
 * another key under the same name, as when an attacker answers in the place of the provider. */
TEST(another_key_opens_nothing, .has_row = has_pinned_keys)
{
    FIXTURE_AUTO fixture;
    char *path, *before, *log;

    start_sudo(&fixture, &providers[runner_variant()], "");
    path = scratch_path(qr_backend_dir(fixture.desk.backend), "jwks.json");
    before = scratch_read(path);
    json_t *set = json_loads(before, 0, NULL);
    const json_t *key = json_array_get(json_object_get(set, "keys"), 0);
    const char *kid = json_string_value(json_object_get(key, "kid"));
    TOKEN_KEY_AUTO *other = token_key_new("ES256", kid, 0);
    char *text = token_key_set((const struct token_key *const[]){other, NULL});
    scratch_write(path, 0644, text);
    json_decref(set);
    /* The code on the screen is of an agent that has the first file; the next one reads this. */
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture.desk.backend), "en");
    ck_assert_msg(phone_refuse(phone, fixture.link, "anna") == 200, "%s", phone_problem(phone));
    session_next_code(fixture.terminal, &fixture.link);
    ck_assert_msg(phone_approve(phone, fixture.link, "anna") == 200, "%s", phone_problem(phone));
    pty_must_show(fixture.terminal, "An answer was not signed by 127.0.0.1, so it was rejected.",
                  SESSION_WAIT_MS);
    session_next_code(fixture.terminal, &fixture.link);
    pty_type(fixture.terminal, TERMINAL_CTRL_C);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    ck_assert(!is_root(&fixture));
    log = namespace_log();
    ck_assert_msg(session_count(log, "ID token: its signature is wrong") == 1, "%s", log);
    must_have_ended(&fixture, "bad-signature", 3);
    must_be_as_before(&fixture);
}

static const struct failure {
    const char *person;
    long (*act)(struct phone *phone, const char *link, const char *person);
    const char *sentence, *outcome;
} failures[] = {
    {"bram", phone_approve, "does not open this account", "wrong-person"},
    {"anna", phone_refuse, "You stopped or refused at ", "refused"},
};

#define N_FAILURES ARRAY_LENGTH(failures)

/* sudo asks again; the second code is left with Ctrl-C. */
LOOP_TEST(nobody_else_opens, N_FAILURES)
{
    const struct failure *failure = &failures[_i];
    const struct provider *provider = &providers[runner_variant()];
    FIXTURE_AUTO fixture;

    start_sudo(&fixture, provider, "");
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture.desk.backend), "en");
    ck_assert_msg(failure->act(phone, fixture.link, failure->person) == 200, "%s",
                  phone_problem(phone));
    pty_must_show(fixture.terminal, failure->sentence, SESSION_WAIT_MS);
    session_next_code(fixture.terminal, &fixture.link);
    pty_type(fixture.terminal, TERMINAL_CTRL_C);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    ck_assert(!is_root(&fixture));
    must_have_ended(&fixture, failure->outcome, 2);
    must_be_as_before(&fixture);
}

static const struct way {
    const char *outcome;
    const char *options; /* of the module */
} ways[] = {
    {"cancelled", ""},
    {"timeout", TIMEOUT},
    {"hangup", ""},
};

#define N_WAYS ARRAY_LENGTH(ways)

static void
leave(const struct fixture *fixture, const struct way *way)
{
    if (strcmp(way->outcome, "hangup") == 0) {
        pty_hang_up(fixture->terminal);
        return;
    }
    if (strcmp(way->outcome, "cancelled") == 0)
        pty_type(fixture->terminal, TERMINAL_CTRL_C);
    else
        pty_must_show(fixture->terminal, "The time to log in is over.", TIMEOUT_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture->terminal), 1);
    ck_assert(!is_root(fixture));
    must_be_as_before(fixture);
}

/* A person who scans the code afterwards finds it withdrawn. If the provider cannot withdraw a
 * code, the person can approve it, but the agent does not ask for the result. */
static void
code_must_be_of_no_use(const struct fixture *fixture)
{
    struct qr_backend *backend = fixture->desk.backend;
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(backend), "en");

    /* Behind it no question of the agent's is on its way any more. */
    if (fixture->provider->has_cancel)
        ck_assert(qr_backend_wait_event(backend, "cancel", 1, SESSION_WAIT_MS));
    int n_asked = qr_backend_count(backend, fixture->provider->asked);
    if (fixture->provider->has_cancel) {
        ck_assert_int_eq(phone_open(phone, fixture->link), HTTP_GONE);
    } else {
        ck_assert_msg(phone_approve(phone, fixture->link, "anna") == 200, "%s",
                      phone_problem(phone));
    }
    ck_assert_int_eq(qr_backend_count(backend, "cancel"), fixture->provider->has_cancel);
    ck_assert_int_eq(qr_backend_count(backend, "delivered"), 0);
    ck_assert_int_eq(qr_backend_count(backend, fixture->provider->asked), n_asked);
}

LOOP_TEST(nothing_is_left_behind, N_WAYS)
{
    const struct way *way = &ways[_i];
    FIXTURE_AUTO fixture;

    start_sudo(&fixture, &providers[runner_variant()], way->options);
    leave(&fixture, way);
    must_have_ended(&fixture, way->outcome, 1);
    code_must_be_of_no_use(&fixture);
}

RUN_TESTS("providers", session_why_not("/usr/bin/sudo"));
