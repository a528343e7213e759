/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs in with an attacker in place of each of the three processes (evil_*.c), through the real
 * libpam and module, against the real sandbox. With --table [N], records N logins (default: 100)
 * and prints a table. Otherwise records a few. Runs as the user who runs the tests. As root, the
 * agent has its own user. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/https_url.h"
#include "tests/forge/evil.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int n_recorded = 3; /* logins */
static int is_table;

struct fixture {
    struct desk desk;
    char *dir; /* of the agent's programs */
    int approves;
    struct login_stack *stack; /* of the login */
    int n_codes_wanted;        /* then the conversation ends */
    int n_codes;
    char shown[400];     /* the link in words of the last code */
    struct phone *phone; /* that has approved it, or NULL */
    int types_number;    /* the one on that phone; else another */
    char number[7];      /* that was typed last */
    int n_asked;
};

static void
order(const struct fixture *fixture, const char *text)
{
    char *path = scratch_path(fixture->dir, EVIL_ORDER_FILE);

    scratch_write(path, 0644, text);
}

/* Types the number on the phone, or one that a stranger at the desk makes up. */
static int
on_prompt(struct fixture *fixture)
{
    char *number = fixture->number;

    fixture->n_asked++;
    ck_assert_msg(phone_number(fixture->phone, number) == 0, "%s", phone_problem(fixture->phone));
    if (!fixture->types_number)
        number[0] = number[0] == '9' ? '0' : (char)(number[0] + 1);
    login_stack_answer(fixture->stack, number);
    return PAM_SUCCESS;
}

/* Each code that is shown must be the link in words beside it. */
static int
on_message(const struct login_message *message, void *user)
{
    struct fixture *fixture = user;
    const char *at = strstr(message->text, "\n  https://");
    char *scanned;

    if (strstr(message->text, "Number on your phone: "))
        return on_prompt(fixture);
    if (!at)
        return PAM_SUCCESS;
    ck_assert_int_eq(sscanf(at, " %399s", fixture->shown), 1);
    scanned = desk_scan(message->text);
    ck_assert_str_eq(scanned, fixture->shown);
    fixture->n_codes++;
    if (fixture->approves) {
        phone_free(&fixture->phone);
        fixture->phone = phone_new(qr_backend_ca_file(fixture->desk.backend), "en");
        long status = phone_approve(fixture->phone, fixture->shown, "anna");
        /* A forged answer to the approval ends the login before the last page comes. */
        ck_assert_msg(status == 200 || (status == 410 && !fixture->types_number), "%ld: %s", status,
                      phone_problem(fixture->phone));
    }
    return fixture->n_codes_wanted > 0 && fixture->n_codes >= fixture->n_codes_wanted ? PAM_CONV_ERR
                                                                                      : PAM_SUCCESS;
}

/* A desk with an evil program in the place of a real one. */
static void
set_up(struct fixture *fixture, const char *const *arguments, const char *evil, const char *name)
{
    char *agent, *path;

    desk_open(&fixture->desk, arguments);
    path = scratch_path(qr_backend_dir(fixture->desk.backend), "idinqr.conf.d/forge.conf");
    scratch_write(path, 0644, "tries_per_account = 0\ntries_in_all = 0\ntimeout = 20\n");
    agent = desk_setting(&fixture->desk, "agent");
    fixture->dir = strndup(agent, (size_t)(strrchr(agent, '/') - agent));
    path = scratch_path(fixture->dir, name);
    ck_assert_int_eq(unlink(path), 0);
    desk_copy_program(evil, fixture->dir, name, agent_user_mode());
    path = scratch_path(fixture->dir, EVIL_RECORD_FILE);
    scratch_write(path, 0666, "");
    ck_assert_int_eq(chmod(path, 0666), 0);
}

static void
tear_down(struct fixture *fixture)
{
    phone_free(&fixture->phone);
    desk_close(&fixture->desk);
    free(fixture->dir);
}

/* One login; its outcome in the log. */
static int
log_in(struct fixture *fixture, char ret_outcome[40])
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *log, *service;
    const char *at;
    int result;

    service = scratch_text("auth required %s\n", fixture->desk.module_line);
    login_stack_service(stack, "desk", service);
    login_stack_on_message(stack, on_message, fixture);
    fixture->stack = stack;
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    fixture->n_codes = 0;
    fixture->shown[0] = '\0';
    syslog_capture_clear();
    result = login_stack_authenticate(stack, 0);
    log = syslog_capture_text();
    at = strstr(log, "outcome=");
    ck_assert_msg(at && sscanf(at, "outcome=%39s", ret_outcome) == 1, "%s", log);
    if (getenv("FORGE_LOG"))
        fprintf(stderr, "%s", log);
    return result;
}

struct tally {
    char words[10][40];
    int counts[10], n, n_opened, n_logins;
};

static void
count(struct tally *tally, int result, const char *word)
{
    int i = 0;

    while (i < tally->n && strcmp(tally->words[i], word) != 0)
        i++;
    ck_assert_int_lt(i, 10);
    if (i == tally->n)
        strcpy(tally->words[tally->n++], word);
    tally->counts[i]++;
    tally->n_logins++;
    tally->n_opened += result == PAM_SUCCESS;
}

static void
report(const char *provider, const char *what, const struct tally *tally)
{
    if (!is_table)
        return;
    printf("%-23s %-53s opened %d of %d:", provider, what, tally->n_opened, tally->n_logins);
    for (int i = 0; i < tally->n; i++)
        printf(" %s %d", tally->words[i], tally->counts[i]);
    printf("\n");
    fflush(stdout);
}

/* --- the fetch process --------------------------------------------------------------------------
 */

static const struct provider {
    const char *name;
    const char *arguments[4];
    const char *public_setting; /* the keyword that holds, or names the file of, what is public */
    int n_forgeries;
    int unpinned; /* without jwks_file */
    int opens;    /* nothing but TLS stood in the way */
    int asks_number;
} providers[] = {
    {"idin-qr, HMAC", {NULL}, "qr_backend_url", 12, 0, 0, 0},
    {"idin-qr, ed25519", {"--public-key", NULL}, "signing_key", 12, 0, 0, 0},
    {"relay, HMAC", {"--confirm", "number", NULL}, "qr_backend_url", 12, 0, 0, 1},
    {"relay, ed25519", {"--confirm", "number", "--public-key", NULL}, "signing_key", 12, 0, 0, 1},
    {"oidc-device, jwks_file", {"--provider", "oidc-device", NULL}, "jwks_file", 6, 0, 0, 0},
    {"oidc-device", {"--provider", "oidc-device", NULL}, "jwks_file", 1, 1, 1, 0},
    {"signicat", {"--provider", "signicat", NULL}, NULL, 1, 0, 1, 0},
};

static void
write_public(const struct fixture *fixture, const struct provider *provider)
{
    char *value, *path, *text;

    if (!provider->public_setting)
        return;
    value = desk_setting(&fixture->desk, provider->public_setting);
    path = scratch_path(fixture->dir, EVIL_PUBLIC_FILE);
    text = strcmp(provider->public_setting, "jwks_file") == 0 ? scratch_read(value) : strdup(value);
    scratch_write(path, 0644, text);
    free(text);
}

/* Takes jwks_file out of the configuration. */
static void
unpin(const struct fixture *fixture)
{
    const char *path = qr_backend_conf_file(fixture->desk.backend);
    char *text = scratch_read(path), *line = strstr(text, "\njwks_file =");

    ck_assert_ptr_nonnull(line);
    line[1] = '#';
    scratch_write(path, 0600, text);
}

static void
attack(struct fixture *fixture, const char *provider, const char *what, const char *word, int n,
       int opens)
{
    struct tally tally = {.n = 0};
    char outcome[40], text[40];

    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof text, "%s %d", word, i);
        order(fixture, text);
        int result = log_in(fixture, outcome);
        count(&tally, result, outcome);
        ck_assert_msg((result == PAM_SUCCESS) == opens, "%s, %s: %s", provider, text, outcome);
    }
    report(provider, what, &tally);
}

/* The person approves one login, and types its number. The fetch process keeps both for another
 * login of the same desk, which an attacker has begun. */
static void
try_two_logins(struct fixture *fixture, const char *provider)
{
    struct tally tally = {.n = 0};
    char outcome[40];

    for (int i = 0; i < n_recorded; i++) {
        fixture->approves = fixture->types_number = 1;
        fixture->n_asked = 0;
        order(fixture, "lend 0");
        int result = log_in(fixture, outcome);
        ck_assert_msg(result != PAM_SUCCESS && fixture->n_asked == 1, "%s: %s", provider, outcome);
        fixture->approves = 0;
        order(fixture, scratch_text("borrow %ld", strtol(fixture->number, NULL, 10)));
        result = log_in(fixture, outcome);
        count(&tally, result, outcome);
        ck_assert_msg(result != PAM_SUCCESS, "%s: the code of another login opened", provider);
        ck_assert_int_eq(fixture->n_codes, 0);
    }
    report(provider, "approved for another login, and its number", &tally);
}

/* Records logins of anna. Then no person approves, and the desk must stay closed, unless only TLS
 * protects the answers (`opens`). */
static void
try_fetch(const struct provider *provider)
{
    const char *arguments[8] = {"--enroll", "alice=anna"};
    struct fixture fixture = {.approves = 1, .types_number = 1};
    char outcome[40];
    struct tally tally = {.n = 0};

    for (int i = 0; provider->arguments[i]; i++)
        arguments[2 + i] = provider->arguments[i];
    set_up(&fixture, arguments, BUILD_DIR "/tests/forge/evil_fetch", "idinqr-fetch");
    write_public(&fixture, provider);
    if (provider->unpinned)
        unpin(&fixture);
    order(&fixture, "record 0");
    for (int i = 0; i < (provider->opens ? 1 : n_recorded); i++) {
        int result = log_in(&fixture, outcome);
        count(&tally, result, outcome);
        ck_assert_msg(result == PAM_SUCCESS, "%s: %s", provider->name, outcome);
    }
    report(provider->name, "the person is there: recorded", &tally);
    /* An ID token says when it was made, in seconds. */
    for (time_t last = time(NULL); time(NULL) <= last;)
        poll(NULL, 0, 10);
    fixture.approves = 0;
    if (!provider->opens) {
        attack(&fixture, provider->name, "a recorded login, whole", "whole", n_recorded, 0);
        attack(&fixture, provider->name, "a recorded code, its status live", "code", n_recorded, 0);
        attack(&fixture, provider->name, "a live code, a recorded status", "status", n_recorded, 0);
    }
    attack(&fixture, provider->name,
           provider->opens ? "an answer made up: TLS was the only proof" : "an answer made up",
           "forge", provider->n_forgeries, provider->opens);
    if (provider->asks_number) {
        /* The code was photographed: the person approves, and a stranger is at the desk. */
        fixture.approves = 1;
        fixture.types_number = 0;
        attack(&fixture, provider->name, "approved elsewhere: the number is skipped, or guessed",
               "skip", provider->n_forgeries + 1, 0);
        try_two_logins(&fixture, provider->name);
    }
    tear_down(&fixture);
}

/* --- picture reader and agent -------------------------------------------------------------------
 */

/* Links of a picture reader. */
static const struct {
    const char *link;
    int is_drawn;
} links[] = {
    {"https://evil.example/", 0},
    {"https://127.0.0.1.evil.example/", 0},
    {"https://127.0.0.1@evil.example/", 0},
    {"https://evil.example/#https://127.0.0.1/", 0},
    {"https://evil.example\\@127.0.0.1/", 0},
    {"https://127.0.0.1:8/", 0},
    {"http://127.0.0.1/", 0},
    {"HTTPS://EVIL.EXAMPLE/", 0},
    {"javascript:alert(1)", 0},
    {"nonsense", 0},
    {"$URL/another", 1}, /* at an allowed host; its status is asked for the signed code's */
};

static void
try_picture(void)
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    struct fixture fixture = {.n_codes_wanted = 1};
    struct tally tally = {.n = 0};
    char outcome[40], link[200];

    set_up(&fixture, arguments, BUILD_DIR "/tests/forge/evil_picture", "idinqr-picture");
    for (size_t i = 0; i < ARRAY_LENGTH(links); i++) {
        int is_ours = strncmp(links[i].link, "$URL", 4) == 0;
        snprintf(link, sizeof link, "%s%s", is_ours ? qr_backend_url(fixture.desk.backend) : "",
                 links[i].link + (is_ours ? 4 : 0));
        order(&fixture, link);
        int result = log_in(&fixture, outcome);
        count(&tally, result, outcome);
        ck_assert_msg(result != PAM_SUCCESS, "%s: %s", link, outcome);
        ck_assert_msg(fixture.n_codes == links[i].is_drawn, "%s: %d codes, %s", link,
                      fixture.n_codes, outcome);
        ck_assert(fixture.n_codes == 0 || strcmp(fixture.shown, link) == 0);
    }
    report("picture reader", "links of its own; drawn: of an allowed host alone", &tally);
    tear_down(&fixture);
}

/* Orders of evil_agent.c, and the codes that come of them. */
static const struct {
    const char *order;
    int n_codes;
    const char *log; /* of a result whose transaction is `1 outcome=verified` */
} wishes[] = {
    {"squares", 0},
    {"long", 1},
    {"too-long", 0},
    {"escape", 0},
    {"blocks", 0},
    {"newline", 0},
    {"two-in-one", 0},
    {"again", 2},
    {"http://127.0.0.1/", 0},
    {"https://evil.example/", 0},
    {"result", 1, "outcome=refused session="},
    {"result-escape", 1, "outcome=agent session="},
    {"result-subject", 1, "outcome=agent session="},
    {"result-issuer", 1, "outcome=agent session="},
    {"result-twice", 1, "outcome=refused session="},
};

static void
try_agent(void)
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    struct fixture fixture = {0};
    struct tally tally = {.n = 0};
    char outcome[40];

    set_up(&fixture, arguments, BUILD_DIR "/tests/forge/evil_agent", "idinqr-agent");
    for (size_t i = 0; i < ARRAY_LENGTH(wishes); i++) {
        order(&fixture, wishes[i].order);
        fixture.n_codes_wanted = wishes[i].log ? 0 : wishes[i].n_codes;
        int result = log_in(&fixture, outcome);
        count(&tally, result, outcome);
        ck_assert_msg(result != PAM_SUCCESS, "%s: %s", wishes[i].order, outcome);
        ck_assert_msg(fixture.n_codes == wishes[i].n_codes, "%s: %d codes, %s", wishes[i].order,
                      fixture.n_codes, outcome);
        ck_assert_msg(!wishes[i].log || strstr(syslog_capture_text(), wishes[i].log), "%s: %s",
                      wishes[i].order, syslog_capture_text());
        ck_assert_msg(!strstr(syslog_capture_text(), " outcome=verified"), "%s: %s",
                      wishes[i].order, syslog_capture_text());
    }
    report("agent", "codes and results of its own; drawn: the link in words", &tally);
    tear_down(&fixture);
}

TEST_CASE("forge", .timeout_s = is_table ? 3600 : 120);

LOOP_TEST(an_evil_fetch, ARRAY_LENGTH(providers))
{
    try_fetch(&providers[_i]);
}

TEST(an_evil_picture)
{
    try_picture();
}

TEST(an_evil_agent)
{
    try_agent();
}

/* A table alone, on stdout. */
static int
print_table(int n)
{
    SRunner *runner;
    int n_failed;

    is_table = 1;
    n_recorded = n;
    runner = srunner_create(runner_suite("forge"));
    if (scratch_begin() != 0)
        return 1;
    srunner_run_all(runner, CK_SILENT);
    scratch_end();
    n_failed = srunner_ntests_failed(runner);
    if (n_failed > 0)
        srunner_print(runner, CK_NORMAL);
    srunner_free(runner);
    puts(n_failed > 0 ? "NOT AS IT MUST BE" : "all as they must be");
    return fflush(stdout) == 0 && n_failed == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--table") == 0) {
        if (!agent_user_why_not())
            return print_table(argc > 2 ? (int)strtol(argv[2], NULL, 10) : 100);
        puts(agent_user_why_not());
        return 0;
    }
    return runner_main(argc, argv, "forge", agent_user_why_not);
}
