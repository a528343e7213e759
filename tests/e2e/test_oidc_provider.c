/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs in with the device grant at third-party providers: panva's oidc-provider on Node, and
 * Debian's glewlwyd. Uses the real agent and module in a private stack, and the provider's own
 * pages on the phone. Needs no rights, but the packages that tests/harness/npm-packages puts
 * into the build. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_key.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/oidc_provider.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The providers: two major versions of oidc-provider, and Debian's glewlwyd. */
static const struct {
    const char *name;         /* in oidc-provider/package.json, or a program */
    const char *client_begin; /* of the names of its clients */
    const char *secret;       /* of those that have one */
} servers[] = {
    {"oidc-provider-7", "desk 3:", "s3:cret/+%&=~"},
    {"oidc-provider-8", "desk 3:", "s3:cret/+%&=~"},
    {"glewlwyd", "desk-", "s3cret-of-a-desk"},
};

#define N_SERVERS ARRAY_LENGTH(servers)
#define GLEWLWYD  (N_SERVERS - 1)

enum deed { LOGS_IN, TYPES_THE_CODE, ABORTS };

/* The first rows are for every server, the others for oidc-provider. */
static const struct {
    const char *name;
    const char *client;   /* how its name ends */
    const char *auth;     /* client_auth */
    const char *settings; /* more of [oidc-device] */
    const char *key;      /* the file of the client's key; NULL: it has none */
    enum deed deed;
    const char *person; /* who logs in; alice is anna */
    int pam_code;
    const char *outcome;
} rows[] = {
    {"basic", "basic", "client_secret_basic", "subject_claim = bin\n", NULL, LOGS_IN, "anna",
     PAM_SUCCESS, "verified"},
    {"post", "post", "client_secret_post", "subject_claim = bin\n", NULL, LOGS_IN, "anna",
     PAM_SUCCESS, "verified"},
    {"RS256, for the endpoint", "rsa", "private_key_jwt",
     "subject_claim = bin\nclient_audience = endpoint\n", "rs256.pem", LOGS_IN, "anna", PAM_SUCCESS,
     "verified"},
    {"ES256, for the endpoint", "ec", "private_key_jwt",
     "subject_claim = bin\nclient_audience = endpoint\nclient_key_id = desk\n", "es256.pem",
     LOGS_IN, "anna", PAM_SUCCESS, "verified"},
    {"another client's key", "ec", "private_key_jwt", "", "rs256.pem", LOGS_IN, "anna",
     PAM_AUTHINFO_UNAVAIL, "merchant-rejected"},
    {"another person", "none", "none", "subject_claim = bin\n", NULL, LOGS_IN, "bram", PAM_AUTH_ERR,
     "unknown-identity"},
    {"wrong secret", "basic", "client_secret_basic", "client_secret = another\n", NULL, LOGS_IN,
     "anna", PAM_AUTHINFO_UNAVAIL, "merchant-rejected"},
    /* Not for glewlwyd: it takes only the endpoint, and its page takes no typed code. */
    {"RS256, for the token endpoint", "rsa", "private_key_jwt",
     "subject_claim = bin\nclient_audience = token_endpoint\n", "rs256.pem", LOGS_IN, "anna",
     PAM_SUCCESS, "verified"},
    {"RS256, for the issuer", "rsa", "private_key_jwt", "subject_claim = bin\n", "rs256.pem",
     LOGS_IN, "anna", PAM_SUCCESS, "verified"},
    {"a typed code", "none", "none", "", NULL, TYPES_THE_CODE,
     "NLTESTanna", /* the default claim is sub */
     PAM_SUCCESS, "verified"},
    {"abort", "none", "none", "", NULL, ABORTS, "anna", PAM_AUTH_ERR, "refused"},
    {"assurance", "none", "none", "subject_claim = bin\nrequired_acr = high\n", NULL, LOGS_IN,
     "anna", PAM_AUTH_ERR, "low-assurance"}, /* its pages vouch for no level */
};

#define N_ROWS          ARRAY_LENGTH(rows)
#define N_GLEWLWYD_ROWS 7

/* The login that runs. */
static size_t server, row;
static struct oidc_provider provider;
static char *dir; /* of the provider */

static void
write_in(const char *name, const char *text)
{
    char *path = scratch_path(dir, name);

    scratch_write(path, 0600, text);
}

/* Enrolls the provider's NLTESTanna as alice. */
static void
enroll(void)
{
    char *path = scratch_path(dir, "idinqr.key"), hash[IDENTITY_HASH_SIZE], line[200];
    struct diag diag;
    SECRET_AUTO *key = NULL;

    ck_assert_msg(map_key_read_or_create(path, &key, &diag) == 0, "%s", diag.text);
    ck_assert_int_eq(identity_hash((const unsigned char *)secret_bytes(key), "oidc-device",
                                   "127.0.0.1", "NLTESTanna", hash),
                     0);
    snprintf(line, sizeof line, "alice %s\n", hash);
    write_in("idinqr.map", line);
}

static void
install(void)
{
    desk_copy_program(BUILD_DIR "/pam_idinqr.so", dir, "pam_idinqr.so", 0755);
    desk_copy_program(BUILD_DIR "/idinqr-agent", dir, "idinqr-agent", agent_user_mode());
    desk_copy_helpers(dir);
}

/* The lines of the client's secret or key; kept (scratch.h). */
static char *
lines_of_proof(void)
{
    if (rows[row].key)
        return scratch_text("client_key_file = %s/%s\n", dir, rows[row].key);
    if (strcmp(rows[row].auth, "none") == 0 || strstr(rows[row].settings, "client_secret"))
        return scratch_text("%s", "");
    return scratch_text("client_secret = %s\n", servers[server].secret);
}

/* The end of a pam.d line; kept (scratch.h). */
static char *
configure(void)
{
    char *conf = scratch_text(
        "provider = oidc-device\nagent = %s/idinqr-agent\nca_file = %s\n"
        "map = %s/idinqr.map\nkey = %s/idinqr.key\n"
        "tries_file = %s/idinqr.tries\nrefused_file = %s/idinqr.refused\n"
        "[oidc-device]\nissuer = %s\nclient_id = %s%s\nclient_auth = %s\n%s%s",
        dir, provider.ca_file, dir, dir, dir, dir, provider.issuer, servers[server].client_begin,
        rows[row].client, rows[row].auth, lines_of_proof(), rows[row].settings);
    write_in("idinqr.conf", conf);
    return scratch_text("auth required %s/pam_idinqr.so conf=%s/idinqr.conf display=half "
                        "language=en\n",
                        dir, dir);
}

static void
must(struct phone *phone, int condition)
{
    ck_assert_msg(condition, "%s\nThe page (HTTP %ld): %s", phone_problem(phone),
                  phone_status(phone), phone_text(phone));
}

/* What the module wrote behind " there: ". Freed by the caller. */
static char *
user_code_of(const char *message)
{
    static const char words[] = " there: ";
    const char *at = strstr(message, words);

    ck_assert_msg(at != NULL, "no user code in:\n%s", message);
    at += strlen(words);
    return strndup(at, strcspn(at, "\n"));
}

/* oidc-provider's pages, behind the first. */
static void
use_oidc_provider(struct phone *phone, const char *user_code)
{
    must(phone, phone_press(phone, "Continue") == 200);
    must(phone, strstr(phone_text(phone), user_code) != NULL);
    if (rows[row].deed == ABORTS) {
        must(phone, phone_press(phone, "[ Abort ]") > 0);
        must(phone, strstr(phone_text(phone), "interrupted") != NULL);
        return;
    }
    must(phone, phone_press(phone, "Continue") == 200);
    must(phone, phone_fill(phone, "login", rows[row].person) == 0);
    must(phone, phone_fill(phone, "password", "any") == 0);
    must(phone, phone_press(phone, "Sign-in") == 200);
    must(phone, phone_press(phone, "Continue") == 200); /* with the scopes */
    must(phone, strstr(phone_text(phone), "successful") != NULL);
}

/* The provider's pages, from the code on the screen to the last. */
static int
use_phone(const struct login_message *message, void *user)
{
    PHONE_AUTO *phone = NULL;
    char *link, *user_code;

    (void)user;
    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    link = desk_scan(message->text);
    user_code = user_code_of(message->text);
    phone = phone_new(provider.ca_file, "en");
    if (rows[row].deed == TYPES_THE_CODE)
        link[strcspn(link, "?")] = '\0';
    must(phone, phone_open(phone, link) == 200);
    if (rows[row].deed == TYPES_THE_CODE)
        must(phone, phone_fill(phone, "user_code", user_code) == 0);
    if (server == GLEWLWYD) {
        must(phone, phone_fill(phone, "login", rows[row].person) == 0);
        must(phone, phone_press(phone, "Sign-in") == 200);
        must(phone, strstr(phone_text(phone), "successful") != NULL);
    } else {
        use_oidc_provider(phone, user_code);
    }
    free(user_code);
    return PAM_SUCCESS;
}

static void
must_log_in(void)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *line = configure(), *shown, *log, outcome[80];
    int result;

    login_stack_service(stack, "desk", line);
    login_stack_on_message(stack, use_phone, NULL);
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    result = login_stack_authenticate(stack, 0);
    shown = login_stack_text(stack);
    log = syslog_capture_text();
    ck_assert_msg(result == rows[row].pam_code, "%s: PAM returned %d, not %d\n%s\n%s",
                  rows[row].name, result, rows[row].pam_code, shown, log);
    snprintf(outcome, sizeof outcome, "outcome=%s ", rows[row].outcome);
    ck_assert_msg(strstr(log, outcome) && strstr(log, " provider=oidc-device "), "%s: %s",
                  rows[row].name, log);
    /* The log has no secret, no link and no subject. */
    ck_assert_msg(!strstr(log, servers[server].secret) && !strstr(log, "NLTEST") &&
                      !strstr(log, "/device"),
                  "%s: %s", rows[row].name, log);
}

/* All rows at one server, because a server takes two seconds to start. */
static void
must_log_in_at(size_t its_server, size_t n_rows)
{
    server = its_server;
    oidc_provider_start(&provider, servers[server].name);
    dir = provider.dir;
    install();
    enroll();
    for (row = 0; row < n_rows; row++)
        must_log_in();
    oidc_provider_stop(&provider);
}

static const char *why_not_glewlwyd; /* set by why_skip */

TEST_CASE("logins", .timeout_s = 300);

TEST(at_oidc_provider_7)
{
    must_log_in_at(0, N_ROWS);
}

TEST(at_oidc_provider_8)
{
    must_log_in_at(1, N_ROWS);
}

TEST(at_glewlwyd, .why_not = why_not_glewlwyd)
{
    must_log_in_at(GLEWLWYD, N_GLEWLWYD_ROWS);
}

static const char *
why_skip(void)
{
    const char *reason = oidc_provider_why_not();

    if (access("/usr/bin/glewlwyd", X_OK) != 0)
        why_not_glewlwyd = "glewlwyd is not installed";
    return reason ? reason : agent_user_why_not();
}

RUN_TESTS("oidc_provider", why_skip());
