/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) where it needs a person: enrolling one and trying a login, with the real agent against
 * the real sandbox, on a terminal and without. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/pty.h"
#include "tests/unit/tool_run.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 60000

static struct qr_backend *
sandbox(const char *option, const char *value)
{
    char *agent = desk_copy_agent();
    struct qr_backend *backend =
        qr_backend_start((const char *const[]){"--agent", agent, option, value, NULL});

    return backend;
}

/* The same, in which anna is enrolled for the account that the tests run as. */
static struct qr_backend *
sandbox_of_anna(const char *option, const char *value)
{
    struct qr_backend *backend;
    char *enrolled, *agent = desk_copy_agent();

    enrolled = scratch_text("%s=anna", tool_myself());
    backend = qr_backend_start(
        (const char *const[]){"--agent", agent, "--enroll", enrolled, option, value, NULL});
    return backend;
}

/* What the sandbox's map has of an account: its current lines. */
static size_t
n_enrolled(const struct qr_backend *backend, const char *account)
{
    OUTPUT_AUTO output = RUN(qr_backend_conf_file(backend), "", "list", "--json");
    json_t *lines = json_loads(output.out, 0, NULL), *line;
    size_t i, n = 0;

    ck_assert_int_eq(output.status, 0);
    json_array_foreach(lines, i, line) n +=
        strcmp(json_string_value(json_object_get(line, "account")), account) == 0;
    json_decref(lines);
    return n;
}

TEST_CASE("login");

TEST(a_person_is_enrolled_tried_and_revoked)
{
    BACKEND_AUTO *backend = sandbox("--auto", "anna@noord");
    const char *conf = qr_backend_conf_file(backend);
    OUTPUT_AUTO before = RUN(conf, "", "test", tool_myself());
    OUTPUT_AUTO enrolled = {0};
    OUTPUT_AUTO listed = {0};
    OUTPUT_AUTO again = {0};
    OUTPUT_AUTO longer = {0};
    OUTPUT_AUTO relisted = {0};
    OUTPUT_AUTO named = {0};
    OUTPUT_AUTO unnamed = {0};
    OUTPUT_AUTO revoked = {0};

    /* Without an enrolled identity, the command shows no code. */
    tool_must_say(&before, 1, "",
                  scratch_text("idinqr: the account has no enrolled identity: idinqr enroll %s\n",
                               tool_myself()));
    ck_assert_int_eq(qr_backend_count(backend, "generate"), 0);
    enrolled = RUN(conf, "", "enroll", "--yes", "--note", "front desk", "--expires", "2999-12-31",
                   tool_myself());
    tool_must_say(&enrolled, 0, "\nEnrolled idin1:", "");
    tool_must_say(&enrolled, 0, "https://127.0.0.1:", "");
    tool_must_say(&enrolled, 0,
                  " is new. Back it up, and the map after each change:\n"
                  "without either, everyone has to enroll again.\n",
                  "");
    ck_assert_ptr_nonnull(
        strstr(scratch_read(qr_backend_setting(backend, "map")), "# key-fingerprint: "));
    listed = RUN(conf, "", "list");
    tool_must_say(&listed, 0, "  2999-12-31  front desk\n", "");
    ck_assert_uint_eq(n_enrolled(backend, tool_myself()), 1);
    again = RUN(conf, "", "enroll", "--yes", tool_myself());
    tool_must_say(&again, 1, "", " already, until 2999-12-31; --expires DAY changes until when\n");
    longer = RUN(conf, "", "enroll", "--yes", "--expires", "never", tool_myself());
    tool_must_say(&longer, 0, "already, with last day: 2999-12-31.\nLast day from now on: none.\n",
                  "");
    relisted = RUN(conf, "", "list");
    tool_must_say(&relisted, 0, "  never    front desk\n", "");
    named = RUN(conf, "", "test", tool_myself());
    tool_must_say(&named, 0, "Verdict:  this login would open\n", "");
    unnamed = RUN(conf, "", "test");
    tool_must_say(&unnamed, 0, "\nOpens:    ", "");
    ck_assert_uint_eq(n_enrolled(backend, tool_myself()), 1);
    revoked = RUN(conf, "", "revoke", "--yes", tool_myself());
    tool_must_say(&revoked, 0, "Revoked: 1.\n", "");
    ck_assert_uint_eq(n_enrolled(backend, tool_myself()), 0);
}

/* The administrator is told that others may have been enrolled, and may know better. */
TEST(a_person_is_enrolled_in_a_map_that_looks_lost)
{
    BACKEND_AUTO *backend = sandbox_of_anna("--auto", "anna@noord");
    const char *conf = qr_backend_conf_file(backend), *map = qr_backend_setting(backend, "map");

    scratch_write(map, 0600, "# people\n");
    OUTPUT_AUTO first = RUN(conf, "", "enroll", "--yes", tool_myself());
    tool_must_say(&first, 0, "\nEnrolled idin1:",
                  "idinqr.map: has neither a line nor the fingerprint of its key ");
    OUTPUT_AUTO revoked = RUN(conf, "", "revoke", "--yes", tool_myself());
    tool_must_say(&revoked, 0, "Revoked: 1.\n", "");
    OUTPUT_AUTO second = RUN(conf, "", "enroll", "--yes", tool_myself());
    ck_assert_str_eq(second.err, "");
}

/* The first enrollment notes the provider and the scope. */
TEST(a_scope_that_has_changed)
{
    BACKEND_AUTO *backend = sandbox("--auto", "anna@noord");
    const char *conf = qr_backend_conf_file(backend), *map = qr_backend_setting(backend, "map");
    const char *why = " has the identities of idin-qr 127.0.0.1, not of idin-qr other: set it back";
    OUTPUT_AUTO enrolled = RUN(conf, "", "enroll", "--yes", tool_myself());
    OUTPUT_AUTO tried = {0};
    OUTPUT_AUTO json = {0};
    OUTPUT_AUTO again = {0};
    OUTPUT_AUTO right = {0};

    tool_must_say(&enrolled, 0, "\nEnrolled idin1:", "");
    ck_assert_ptr_nonnull(strstr(scratch_read(map), "# identities-of: idin-qr 127.0.0.1\n"));
    scratch_write(conf, 0600, scratch_text("%s\nscope = other\n", scratch_read(conf)));
    tried = RUN(conf, "", "test", tool_myself());
    tool_must_say(&tried, 1, "Verdict:  the identity is not enrolled\n", why);
    json = RUN(conf, "", "test", "--json", tool_myself());
    tool_must_say(&json, 1, why, why);
    again = RUN(conf, "", "enroll", "--yes", tool_myself());
    tool_must_say(&again, 0, "\nEnrolled idin1:", why);
    right = RUN(conf, "", "test", tool_myself());
    tool_must_say(&right, 0, "Verdict:  this login would open\n", "");
}

/* The relay has the key, so none is made here. */
TEST(a_person_is_enrolled_through_a_relay)
{
    char *agent = desk_copy_agent();
    BACKEND_AUTO *backend = qr_backend_start(
        (const char *const[]){"--agent", agent, "--relay", "--auto", "anna@noord", NULL});
    const char *conf = qr_backend_conf_file(backend), *map = qr_backend_setting(backend, "map");
    OUTPUT_AUTO enrolled = RUN(conf, "", "enroll", "--yes", tool_myself());
    OUTPUT_AUTO tried = {0};

    tool_must_say(&enrolled, 0, "\nEnrolled idin1:", "");
    ck_assert_ptr_null(strstr(enrolled.out, " is new. Back it up"));
    ck_assert_int_ne(access(qr_backend_setting(backend, "key"), F_OK), 0);
    ck_assert_ptr_null(strstr(scratch_read(map), "key-fingerprint"));
    tried = RUN(conf, "", "test", tool_myself());
    tool_must_say(&tried, 0, "Verdict:  this login would open\n", "");
}

/* The line that asks about a keyword of this file. */
static const char *
place_of(const char *conf, const char *keyword)
{
    const char *text = scratch_read(conf);
    const char *end = strstr(text, keyword);
    unsigned line = 1;

    ck_assert_ptr_nonnull(end);
    for (const char *at = text; at < end; at++)
        line += *at == '\n';
    return scratch_text("idinqr: %s:%u: is %s right?\n", conf, line, keyword);
}

/* A wrong token and a wrong key are told apart, and the keyword is named with its place. */
static const struct {
    const char *token;
    const char *reason; /* a token that is no UUID is answered 400, as a wrong request is */
} tokens[] = {
    {"merchant_token = 10000000-0000-0000-0000-000000000000\n#", "HTTP status 401"},
    {"merchant_token = x\n#", "HTTP status 400"},
};

LOOP_TEST(a_token_that_the_backend_rejects, ARRAY_LENGTH(tokens))
{
    BACKEND_AUTO *backend = sandbox_of_anna("--auto", "anna@noord");
    const char *conf = qr_backend_conf_file(backend);
    char *text = scratch_read(conf), *line = strstr(text, "merchant_token = ");

    ck_assert_ptr_nonnull(line);
    scratch_write(conf, 0600,
                  scratch_text("%.*s%s%s", (int)(line - text), text, tokens[_i].token, line));
    OUTPUT_AUTO output = RUN(conf, "", "test", tool_myself());
    tool_must_say(&output, 4, "", tokens[_i].reason);
    tool_must_say(&output, 4, "", place_of(conf, "merchant_token"));
}

/* What is wrong in the configuration, and the only keyword that is asked about. */
static const struct {
    const char *from, *to, *keyword;
    bool is_url;
} wrongs[] = {
    {"/generate\n", "/wrong\n", "qr_backend_url", true},
    {"/status\n", "/other\n", "status_url", true},
    {"qr_hosts = ", "qr_hosts = else.test\n#", "qr_hosts", false},
    {"\n[idin-qr]",
     "\npin_sha256 = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n[idin-qr]", "pin_sha256",
     false},
    {"\n[idin-qr]", "\nproxy = http://127.0.0.1:9\n[idin-qr]", "proxy", false},
    {"ca_file = ", "#", "ca_file", false},
    {"ca_file = ", "ca_file = /nowhere/ca.pem\n#", "ca_file", false},
};

LOOP_TEST(a_keyword_that_is_wrong, ARRAY_LENGTH(wrongs))
{
    BACKEND_AUTO *backend = sandbox_of_anna("--auto", "anna@noord");
    const char *conf = qr_backend_conf_file(backend);
    char *text = scratch_read(conf), *at = strstr(text, wrongs[_i].from);

    ck_assert_msg(at != NULL, "%s", text);
    scratch_write(conf, 0600,
                  scratch_text("%.*s%s%s", (int)(at - text), text, wrongs[_i].to,
                               at + strlen(wrongs[_i].from)));
    OUTPUT_AUTO output = RUN(conf, "", "test", tool_myself());
    tool_must_say(&output, 4, "",
                  strcmp(wrongs[_i].to, "#") == 0
                      ? "idinqr: ca_file is not set: is the package ca-certificates installed, and "
                        "does it have the CA of the server?\n"
                      : place_of(conf, wrongs[_i].keyword));
    ck_assert_msg(!strstr(output.err, ": is merchant"), "%s", output.err);
    ck_assert_msg(wrongs[_i].is_url || !strstr(output.err, "_url right?"), "%s", output.err);
}

static const struct {
    const char *option, *value;
    int is_named; /* which account is to be opened */
    int status;
    const char *out, *err;
} refusals[] = {
    {"--auto", "bram", 1, 1, "Verdict:  the identity is not enrolled\n", ""},
    {"--auto", "bram", 0, 1, "Verdict:  the identity is not enrolled\n", ""},
    {"--auto", "transient", 1, 1, "", "idinqr: the identity is valid for one visit only\n"},
    {"--auto", "nobin", 1, 1, "", "idinqr: the provider sent no usable identity"},
    {"--fault", "generate-signature-wrong", 1, 4, "",
     "signature of an answer is missing or invalid"},
    {"--fault", "generate-signature-wrong", 1, 4, "", ": is signing_key right?\n"},
    {"--fault", "clock-behind", 1, 4, "", "idinqr: timedatectl set-ntp true"},
    {"--fault", "picture-garbage", 1, 4, "", "idinqr: the picture has no usable QR code"},
};

LOOP_TEST(a_login_that_would_not_open, ARRAY_LENGTH(refusals))
{
    BACKEND_AUTO *backend = sandbox_of_anna(refusals[_i].option, refusals[_i].value);
    OUTPUT_AUTO output = RUN(qr_backend_conf_file(backend), "", "test",
                             refusals[_i].is_named ? tool_myself() : NULL);
    tool_must_say(&output, refusals[_i].status, refusals[_i].out, refusals[_i].err);
}

static const struct {
    const char *answer;
    int status;
    const char *says;
    size_t n_enrolled;
} answers[] = {
    {"y\r", 0, "Enrolled idin1:", 1},
    {"n\r", 1, "nothing was written", 0},
    {"\r", 1, "nothing was written", 0},
    {TERMINAL_CTRL_D, 1, "nothing was written", 0},
};

LOOP_TEST(an_administrator_is_asked_on_the_terminal, ARRAY_LENGTH(answers))
{
    BACKEND_AUTO *backend = sandbox("--auto", "celik");
    const char *const argv[] = {TOOL,          "enroll", "--conf", qr_backend_conf_file(backend),
                                tool_myself(), NULL};
    const struct terminal_options options = {.rows = 50, .columns = 100};
    TERMINAL_AUTO *terminal = pty_start(argv, NULL, &options);
    char *link = pty_wait_qr(terminal, WAIT_MS);

    ck_assert_ptr_nonnull(link);
    ck_assert_int_eq(strncmp(link, qr_backend_url(backend), strlen(qr_backend_url(backend))), 0);
    pty_must_show(terminal, "Let this person in as ", WAIT_MS);
    pty_type(terminal, answers[_i].answer);
    pty_must_show(terminal, answers[_i].says, WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), answers[_i].status);
    ck_assert_uint_eq(n_enrolled(backend, tool_myself()), answers[_i].n_enrolled);
}

TEST(an_administrator_may_stop)
{
    BACKEND_AUTO *backend = sandbox(NULL, NULL);
    const char *const argv[] = {TOOL,          "enroll", "--conf", qr_backend_conf_file(backend),
                                tool_myself(), NULL};
    const struct terminal_options options = {.rows = 50, .columns = 100};
    TERMINAL_AUTO *terminal = pty_start(argv, NULL, &options);
    char *link = pty_wait_qr(terminal, WAIT_MS);

    ck_assert_ptr_nonnull(link);
    pty_type(terminal, TERMINAL_CTRL_C);
    pty_must_show(terminal, "  Stopped.\n", WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 1);
    ck_assert(qr_backend_wait_event(backend, "cancel", 1, WAIT_MS));
    ck_assert_uint_eq(n_enrolled(backend, tool_myself()), 0);
}

TEST(a_narrow_terminal_breaks_no_word)
{
    BACKEND_AUTO *backend = sandbox_of_anna("--fault", "generate-signature-wrong");
    const char *const argv[] = {TOOL, "test", "--conf", qr_backend_conf_file(backend), NULL};
    const struct terminal_options options = {.rows = 40, .columns = 30};
    TERMINAL_AUTO *terminal = pty_start(argv, NULL, &options);

    pty_must_show(terminal,
                  "  An answer was not signed by\nthe iDIN service, so it was\n"
                  "rejected. Tell the\nadministrator.\n",
                  WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 4);
}

/* Whether these stand in the text in this order. */
static int
are_in_order(const char *text, const char *const *parts)
{
    for (; *parts; parts++)
        if (!(text = strstr(text, *parts)))
            return 0;
    return 1;
}

TEST(a_trial_says_how_long_each_step_took)
{
    static const char *const rows[] = {"Verdict:  this login would open\n\n",
                                       "\nconfiguration ",
                                       " ms\nagent started ",
                                       " ms\ncode made ",
                                       " ms\ncode shown ",
                                       " ms\nscanned ",
                                       " ms\nverified ",
                                       " ms\nmapped ",
                                       " ms\nin all ",
                                       " ms\n",
                                       NULL};
    BACKEND_AUTO *backend = sandbox_of_anna("--auto", "anna@noord");
    OUTPUT_AUTO tried = RUN(qr_backend_conf_file(backend), "", "test", tool_myself());
    tool_must_say(&tried, 0, "https://127.0.0.1:", "");
    ck_assert_msg(are_in_order(tried.out, rows), "%s", tried.out);
}

/* The steps of a trial's JSON, as "name name …"; each took no less than nothing, and all of them
 * together what they say. */
static void
steps_of(json_t *trial, char *ret_names, size_t size)
{
    json_t *steps = json_object_get(trial, "steps"), *step;
    json_int_t sum = 0;
    size_t i, used = 0;

    json_array_foreach(steps, i, step)
    {
        json_int_t ms = json_integer_value(json_object_get(step, "ms"));
        ck_assert_int_ge(ms, 0);
        sum += ms;
        used += (size_t)snprintf(ret_names + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 json_string_value(json_object_get(step, "step")));
    }
    ck_assert_int_eq(sum, json_integer_value(json_object_get(trial, "ms")));
}

static const struct {
    const char *option, *value, *outcome, *steps;
    int status;
    size_t n_opens;
} trials[] = {
    {"--auto", "anna@noord", "verified",
     "configuration, agent started, code made, code shown, scanned, verified, mapped", 0, 1},
    {"--auto", "bram", "unknown-identity",
     "configuration, agent started, code made, code shown, scanned, verified, mapped", 1, 0},
    {"--auto", "transient", "transient-identity",
     "configuration, agent started, code made, code shown, scanned, ended", 1, 0},
    {"--fault", "generate-signature-wrong", "bad-signature", "configuration, agent started, ended",
     4, 0},
};

/* The code is on stderr, so that stdout is nothing but JSON. */
LOOP_TEST(a_trial_for_a_script, ARRAY_LENGTH(trials))
{
    char names[200] = "";
    json_t *trial;

    BACKEND_AUTO *backend = sandbox_of_anna(trials[_i].option, trials[_i].value);
    OUTPUT_AUTO output = RUN(qr_backend_conf_file(backend), "", "test", "--json", "--service",
                             "sudo", tool_myself());
    ck_assert_msg(output.status == trials[_i].status, "%d: %s", output.status, output.err);
    ck_assert((strstr(output.err, "https://127.0.0.1:") != NULL) ==
              (strstr(trials[_i].steps, "code shown") != NULL));
    trial = json_loads(output.out, 0, NULL);
    ck_assert_msg(trial != NULL, "%s", output.out);
    ck_assert_str_eq(json_string_value(json_object_get(trial, "outcome")), trials[_i].outcome);
    ck_assert_uint_eq(json_array_size(json_object_get(trial, "opens")), trials[_i].n_opens);
    /* The reason is the one on stderr. */
    const char *reason = json_string_value(json_object_get(trial, "reason"));
    ck_assert_int_eq(reason[0] == '\0', trials[_i].status == 0);
    ck_assert(trials[_i].n_opens > 0 || strcmp(trials[_i].outcome, "unknown-identity") == 0 ||
              strstr(output.err, reason) != NULL);
    steps_of(trial, names, sizeof names);
    ck_assert_str_eq(names, trials[_i].steps);
    json_decref(trial);
}

/* A trial shows the code as the service would. sshd shows it in a prompt, which gets no answer
 * here. A screen locker cannot show it. */
TEST(a_trial_is_as_the_service)
{
    BACKEND_AUTO *backend = sandbox_of_anna(NULL, NULL);
    const char *conf = qr_backend_conf_file(backend);
    OUTPUT_AUTO prompted = RUN(conf, "", "test", "--service", "sshd", tool_myself());
    OUTPUT_AUTO locker = RUN(conf, "", "test", "--service", "swaylock", tool_myself());

    tool_must_say(&prompted, 1, "then press Enter (", "idinqr: the conversation");
    tool_must_say(&locker, 3, "  No code can be shown here.", "idinqr: no code can be shown here");
    ck_assert_int_eq(qr_backend_count(backend, "generate"), 1);
}

/* As idinqr.conf says, whatever the administrator's own language is. */
TEST(a_person_reads_their_own_language)
{
    BACKEND_AUTO *backend = sandbox("--auto", "anna@noord");
    const char *conf = qr_backend_conf_file(backend);
    char *drop_ins, *drop_in;

    drop_ins = scratch_text("%s.d", conf);
    ck_assert_int_eq(mkdir(drop_ins, 0755), 0);
    drop_in = scratch_path(drop_ins, "language.conf");
    scratch_write(drop_in, 0644, "language = nl\n");
    OUTPUT_AUTO enrolled = RUN(conf, "", "enroll", "--yes", tool_myself());
    tool_must_say(&enrolled, 0, "  Inloggen bij ", "");
    tool_must_say(&enrolled, 0, "Enrolled idin1:", "");
    ck_assert_ptr_null(strstr(enrolled.out, "Scan this code"));
}

RUN_TESTS("tool_login", agent_user_why_not());
