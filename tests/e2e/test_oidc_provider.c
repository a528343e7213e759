/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs in with the device grant at a third-party provider, panva's oidc-provider on Node. Uses the
 * real agent and module in a private stack, and the provider's own pages on the phone. Needs no
 * rights, but the packages that tests/e2e/oidc-provider/install puts into the build. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/sandbox/state_dir.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/child.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACKAGES BUILD_DIR "/oidc-provider"
#define SERVER   SOURCE_DIR "/tests/e2e/oidc-provider/server.mjs"
#define SECRET   "s3:cret/+%&=~" /* as in server.mjs */
#define START_MS 60000
#define STOP_MS  60000

/* Two major versions, by the names in oidc-provider/package.json. */
static const char *const versions[] = {"oidc-provider-7", "oidc-provider-8"};

#define N_VERSIONS ARRAY_LENGTH(versions)

enum deed { LOGS_IN, TYPES_THE_CODE, ABORTS };

static const struct {
    const char *name;
    const char *settings; /* of [oidc-device], beside the issuer */
    const char *key;      /* the file of the client's key; NULL: it has none */
    enum deed deed;
    const char *person; /* who logs in; alice is anna */
    int pam_code;
    const char *outcome;
} rows[] = {
    {"basic", "client_id = desk 3:basic\nclient_secret = " SECRET "\nsubject_claim = bin\n", NULL,
     LOGS_IN, "anna", PAM_SUCCESS, "verified"},
    {"post",
     "client_id = desk 3:post\nclient_secret = " SECRET "\nclient_auth = client_secret_post\n",
     NULL, TYPES_THE_CODE, "NLTESTanna", /* the default claim is sub */
     PAM_SUCCESS, "verified"},
    {"RS256, for the issuer",
     "client_id = desk 3:rsa\nclient_auth = private_key_jwt\nsubject_claim = bin\n", "rs256.pem",
     LOGS_IN, "anna", PAM_SUCCESS, "verified"},
    {"ES256, for the token endpoint",
     "client_id = desk 3:ec\nclient_auth = private_key_jwt\nclient_key_id = desk\n"
     "client_audience = token_endpoint\nsubject_claim = bin\n",
     "es256.pem", LOGS_IN, "anna", PAM_SUCCESS, "verified"},
    {"another client's key", "client_id = desk 3:ec\nclient_auth = private_key_jwt\n", "rs256.pem",
     LOGS_IN, "anna", PAM_AUTHINFO_UNAVAIL, "merchant-rejected"},
    {"another person", "client_id = desk 3:none\nclient_auth = none\nsubject_claim = bin\n", NULL,
     LOGS_IN, "bram", PAM_AUTH_ERR, "unknown-identity"},
    {"abort", "client_id = desk 3:none\nclient_auth = none\n", NULL, ABORTS, "anna", PAM_AUTH_ERR,
     "refused"},
    {"assurance",
     "client_id = desk 3:none\nclient_auth = none\nsubject_claim = bin\nrequired_acr = high\n",
     NULL, LOGS_IN, "anna", PAM_AUTH_ERR, "low-assurance"}, /* its pages vouch for no level */
    {"wrong secret", "client_id = desk 3:basic\nclient_secret = another\n", NULL, LOGS_IN, "anna",
     PAM_AUTHINFO_UNAVAIL, "merchant-rejected"},
};

static struct child *provider;
static char *dir, *ca_file;
static char issuer[300];

static void
write_in(const char *name, const char *text)
{
    char *path = scratch_path(dir, name);

    scratch_write(path, 0600, text);
}

static void
start_provider(const char *version)
{
    static const char *const hosts[] = {NULL};
    const char *argv[] = {"node", SERVER, PACKAGES, version, NULL, NULL};
    CERTIFICATES_AUTO certificates = {0};
    char *log, line[300] = "";

    dir = scratch_dir("oidc-provider");
    ca_file = scratch_path(dir, "ca.pem");
    log = scratch_path(dir, "provider.log");
    ck_assert_int_eq(certificates_make(hosts, &certificates), 0);
    scratch_write(ca_file, 0644, certificates.ca);
    write_in("server.pem", certificates.server);
    write_in("server.key", certificates.server_key);
    argv[4] = dir;
    provider = child_start(argv, log);
    if (!child_read_line(provider, line, sizeof line, START_MS) ||
        strncmp(line, "ready https://", 14) != 0)
        ck_abort_msg("the provider did not start: %s\n%s", line, scratch_read(log));
    snprintf(issuer, sizeof issuer, "%s", line + strlen("ready "));
}

static void
stop_provider(void)
{
    ck_assert_int_eq(child_stop(&provider, STOP_MS), 0);
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

/* The end of a pam.d line; kept (scratch.h). */
static char *
configure(const char *settings, const char *key)
{
    const char *key_line = key ? scratch_text("client_key_file = %s/%s\n", dir, key) : "";
    char *module = desk_copy_program(BUILD_DIR "/pam_idinqr.so", dir, "pam_idinqr.so", 0755);
    char *conf;

    desk_copy_program(BUILD_DIR "/idinqr-agent", dir, "idinqr-agent", agent_user_mode());
    desk_copy_helpers(dir);
    conf = scratch_text("provider = oidc-device\nagent = %s/idinqr-agent\nca_file = %s\n"
                        "map = %s/idinqr.map\nkey = %s/idinqr.key\n"
                        "tries_file = %s/idinqr.tries\nrefused_file = %s/idinqr.refused\n"
                        "[oidc-device]\nissuer = %s\n%s%s",
                        dir, ca_file, dir, dir, dir, dir, issuer, key_line, settings);
    write_in("idinqr.conf", conf);
    return scratch_text("auth required %s conf=%s/idinqr.conf display=half "
                        "language=en\n",
                        module, dir);
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

/* The provider's pages, from the code on the screen to the last. */
static int
use_phone(const struct login_message *message, void *user)
{
    size_t row = *(const size_t *)user;
    PHONE_AUTO *phone = NULL;
    char *link, *user_code;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    link = desk_scan(message->text);
    user_code = user_code_of(message->text);
    phone = phone_new(ca_file, "en");
    if (rows[row].deed == TYPES_THE_CODE) {
        link[strcspn(link, "?")] = '\0';
        must(phone, phone_open(phone, link) == 200);
        must(phone, phone_fill(phone, "user_code", user_code) == 0);
    } else {
        must(phone, phone_open(phone, link) == 200);
    }
    must(phone, phone_press(phone, "Continue") == 200);
    must(phone, strstr(phone_text(phone), user_code) != NULL);
    if (rows[row].deed == ABORTS) {
        must(phone, phone_press(phone, "[ Abort ]") > 0);
        must(phone, strstr(phone_text(phone), "interrupted") != NULL);
    } else {
        must(phone, phone_press(phone, "Continue") == 200);
        must(phone, phone_fill(phone, "login", rows[row].person) == 0);
        must(phone, phone_fill(phone, "password", "any") == 0);
        must(phone, phone_press(phone, "Sign-in") == 200);
        must(phone, phone_press(phone, "Continue") == 200); /* with the scopes */
        must(phone, strstr(phone_text(phone), "successful") != NULL);
    }
    free(user_code);
    return PAM_SUCCESS;
}

TEST_CASE("logins", .timeout_s = 90);

LOOP_TEST(test_login, N_VERSIONS *ARRAY_LENGTH(rows))
{
    const char *version = versions[(size_t)_i % N_VERSIONS];
    size_t row = (size_t)_i / N_VERSIONS;
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *line, *shown, *log, outcome[80];
    int result;

    start_provider(version);
    enroll();
    line = configure(rows[row].settings, rows[row].key);
    login_stack_service(stack, "desk", line);
    login_stack_on_message(stack, use_phone, &row);
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    result = login_stack_authenticate(stack, 0);
    shown = login_stack_text(stack);
    log = syslog_capture_text();
    ck_assert_msg(result == rows[row].pam_code, "%s, %s: PAM returned %d, not %d\n%s\n%s", version,
                  rows[row].name, result, rows[row].pam_code, shown, log);
    snprintf(outcome, sizeof outcome, "outcome=%s ", rows[row].outcome);
    ck_assert_msg(strstr(log, outcome) && strstr(log, " provider=oidc-device "), "%s", log);
    /* The log has no secret, no link and no subject. */
    ck_assert_msg(!strstr(log, "s3:cret") && !strstr(log, "NLTEST") && !strstr(log, "/device"),
                  "%s", log);
    stop_provider();
}

static const char *
why_skip(void)
{
    static char reason[200];
    FILE *file;

    if (access(PACKAGES "/.installed", R_OK) == 0)
        return agent_user_why_not();
    snprintf(reason, sizeof reason, "oidc-provider is not installed, see make check");
    file = fopen(PACKAGES "/why-not", "re");
    if (file) {
        if (fgets(reason, sizeof reason, file))
            reason[strcspn(reason, "\n")] = '\0';
        fclose(file);
    }
    return reason;
}

RUN_TESTS("oidc_provider", why_skip());
