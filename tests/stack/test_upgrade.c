/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of version 0.1.0 work unchanged in this version. tests/stack/0.1.0 has its idinqr.conf,
 * and the map and key that its `idinqr enroll` wrote, with the comments of an administrator. Only
 * the addresses and secrets are those of the sandbox that a test starts. Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/config/config.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"
#include "tests/unit/manual_text.h"
#include "tests/unit/tool_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLD "tests/stack/0.1.0/"

static void
put(const struct desk *desk, const char *name, mode_t mode, const char *text)
{
    char *path = scratch_path(qr_backend_dir(desk->backend), name);

    scratch_write(path, mode, text);
}

/* The keyword of a line "#keyword = value", or NULL. */
static const char *
keyword_of(const char *line, char keyword[NAME_SIZE])
{
    int size = 0;

    _Static_assert(NAME_SIZE == 40, "a width below");
    return sscanf(line, "#%39[a-z0-9_] = %n", keyword, &size) == 1 && size > 0 ? keyword : NULL;
}

/* What the sandbox has in its configuration, as far as version 0.1.0 knows it. */
static char *
site_of(const char *conf, const char *old)
{
    char *copy = strdup(conf), *rest = copy, *line, *site, known[80];
    size_t size;
    FILE *out = open_memstream(&site, &size);

    ck_assert(copy && out);
    while ((line = strsep(&rest, "\n"))) {
        snprintf(known, sizeof known, "\n#%.*s = ", (int)strcspn(line, " "), line);
        if (line[0] == '[' || strstr(old, known))
            fprintf(out, "%s\n", line);
    }
    ck_assert_int_eq(fclose(out), 0);
    free(copy);
    return site;
}

/* An installed 0.1.0, and a desk of this version on it. The drop-in has what an administrator fills
 * in, and the files that this version writes are the test's. */
static void
upgrade(struct desk *ret_desk, const char *const *sandbox, const char *more)
{
    static const char *const files[] = {"idinqr.conf", "idinqr.map", "idinqr.key"};
    char *conf, *old = manual_read(OLD "idinqr.conf"), *site, *text;

    desk_open(ret_desk, sandbox);
    conf = scratch_read(qr_backend_conf_file(ret_desk->backend));
    site = site_of(conf, old);
    text = scratch_text("tries_file = %s/tries\nrefused_file = %s/refused\n%s%s",
                        qr_backend_dir(ret_desk->backend), qr_backend_dir(ret_desk->backend), site,
                        more);
    put(ret_desk, "idinqr.conf.d/site.conf", 0600, text);
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        char name[64], *content;
        snprintf(name, sizeof name, OLD "%s", files[i]);
        content = manual_read(name);
        put(ret_desk, files[i], 0600, content);
    }
    free(site);
}

static void
must_log_in(const struct desk *desk, const char *account, const char *outcome)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    int must = strcmp(outcome, "verified") == 0 ? PAM_SUCCESS : PAM_AUTH_ERR, result;
    char *service, *log, field[80];

    service = scratch_text("auth required %s\n", desk->module_line);
    login_stack_service(stack, "desk", service);
    pam_handle_t *pamh = login_stack_start(stack, "desk", account);
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    result = login_stack_authenticate(stack, PAM_SILENT);
    log = syslog_capture_text();
    snprintf(field, sizeof field, "outcome=%s session=", outcome);
    ck_assert_msg(result == must && strstr(log, field), "%s: PAM returned %d\n%s", account, result,
                  log);
}

/* The lines of the map. That of bram for bob has ended. */
static const struct {
    const char *provider, *person, *account, *outcome;
} logins[] = {
    {"idin-qr", "anna@noord", "alice", "verified"},
    {"idin-qr", "celik@proef", "bob", "verified"},
    {"idin-qr", "bram@noord", "bob", "unknown-identity"},
    {"idin-qr", "anna@noord", "bob", "wrong-person"},
    {"signicat", "anna@oefen", "alice", "verified"},
    {"signicat", "bram@demo", "bob", "verified"},
    {"oidc-device", "anna@voorbeeld", "alice", "verified"},
    {"oidc-device", "celik@noord", "bob", "verified"},
};

TEST_CASE("from_0_1_0", .timeout_s = 60);

LOOP_TEST(each_enrolled_identity, ARRAY_LENGTH(logins))
{
    const char *const sandbox[] = {"--provider", logins[_i].provider, "--auto", logins[_i].person,
                                   NULL};
    DESK_AUTO desk;

    upgrade(&desk, sandbox, "");
    must_log_in(&desk, logins[_i].account, logins[_i].outcome);
}

/* An endpoint of then does not repeat the nonce. NEWS says that, and names the setting. */
LOOP_TEST(an_endpoint_without_a_nonce, 2)
{
    static const char *const sandbox[] = {"--auto", "anna", "--fault", "status-no-nonce", NULL};
    DESK_AUTO desk;

    upgrade(&desk, sandbox, _i ? "status_nonce = off\n" : "");
    must_log_in(&desk, "alice", _i ? "verified" : "other-code");
}

/* Behind the fingerprint of the key and the origin, in comments that 0.1.0 reads over. */
static char *
read_behind_comments(const char *path)
{
    static const char *const comments[] = {"# key-fingerprint: ", "# identities-of: idin-qr "};
    char *text = scratch_read(path);

    for (size_t i = 0; i < ARRAY_LENGTH(comments); i++) {
        ck_assert_msg(strncmp(text, comments[i], strlen(comments[i])) == 0, "%s", text);
        text = strchr(text, '\n') + 1;
    }
    return text;
}

TEST(the_map_is_edited)
{
    static const char *const sandbox[] = {"--auto", "celik", NULL};
    DESK_AUTO desk;
    OUTPUT_AUTO listed = {0};
    OUTPUT_AUTO enrolled = {0};
    OUTPUT_AUTO revoked = {0};
    OUTPUT_AUTO taken_back = {0};
    char *path, *before, *after, *line;

    upgrade(&desk, sandbox, "");
    path = scratch_path(qr_backend_dir(desk.backend), "idinqr.map");
    before = scratch_read(path);
    listed = RUN(qr_backend_conf_file(desk.backend), "", "list");
    tool_must_say(&listed, 0, "front desk\n", "");
    tool_must_say(&listed, 0, "two words, and a comma\n", "");
    enrolled = RUN(qr_backend_conf_file(desk.backend), "", "enroll", "--yes", tool_myself());
    tool_must_say(&enrolled, 0, "\nEnrolled idin1:", "");
    after = read_behind_comments(path);
    ck_assert_msg(strncmp(after, before, strlen(before)) == 0, "%s", after);
    ck_assert_ptr_nonnull(strstr(after + strlen(before), tool_myself()));
    revoked = RUN(qr_backend_conf_file(desk.backend), "", "revoke", "--yes", tool_myself());
    tool_must_say(&revoked, 0, "Revoked: 1.\n", "");
    after = read_behind_comments(path);
    ck_assert_str_eq(after, before);
    taken_back = RUN(qr_backend_conf_file(desk.backend), "", "revoke", "--yes", "bob");
    tool_must_say(&taken_back, 0, "Revoked: 4.\n", "");
    after = read_behind_comments(path);
    while ((line = strstr(before, "\nbob ")))
        memmove(line, strchr(line + 1, '\n'), strlen(strchr(line + 1, '\n')) + 1);
    ck_assert_str_eq(after, before);
}

/* Each keyword set, with the value that stands beside it. */
LOOP_TEST(each_keyword_is_known, 3)
{
    static const char *const providers[] = {"idin-qr", "signicat", "oidc-device"};
    char *old = manual_read(OLD "idinqr.conf"), *rest = old, *line, *text, keyword[NAME_SIZE];
    char *dir = scratch_dir("keywords"), *path = scratch_path(dir, "idinqr.conf");
    CONFIG_AUTO *config = NULL;
    struct diag diag;
    size_t size, n = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    while ((line = strsep(&rest, "\n"))) {
        int is_setting = keyword_of(line, keyword) != NULL;
        n += (size_t)is_setting;
        if (is_setting && strcmp(keyword, "provider") == 0)
            fprintf(out, "provider = %s\n", providers[_i]);
        else
            fprintf(out, "%s\n", line + (is_setting || strncmp(line, "#[", 2) == 0));
    }
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_uint_eq(n, 47);
    scratch_write(path, 0600, text);
    ck_assert_msg(config_load(path, "login", &config, &diag) == 0, "%s", diag.text);
    free(text);
}

/* The lines "[section] keyword = value" of an example, each with "\n" before and behind it. */
static char *
settings_of(const char *name)
{
    char *text = manual_read(name), *rest = text, *line, *settings, keyword[NAME_SIZE];
    const char *section = "";
    size_t size;
    FILE *out = open_memstream(&settings, &size);

    ck_assert_ptr_nonnull(out);
    while ((line = strsep(&rest, "\n")))
        if (line[0] == '[')
            section = line;
        else if (keyword_of(line, keyword))
            fprintf(out, "\n%s %s\n", section, line + 1);
    ck_assert_int_eq(fclose(out), 0);
    return settings;
}

/* Every setting of the one that the other has not, or has with another default, is in the news. */
static void
must_be_told(const char *settings, const char *others, const char *news)
{
    char *copy = strdup(settings), *rest = copy, *line, known[300];

    ck_assert_ptr_nonnull(copy);
    while ((line = strsep(&rest, "\n"))) {
        char *keyword = strstr(line, "] ") ? strstr(line, "] ") + 2 : line + strspn(line, " ");
        snprintf(known, sizeof known, "\n%s\n", line);
        if (line[0] == '\0' || strstr(others, known))
            continue;
        keyword[strcspn(keyword, " ")] = '\0';
        ck_assert_msg(strstr(news, keyword) != NULL, "NEWS does not name %s", keyword);
    }
    free(copy);
}

TEST(each_change_of_a_setting_is_in_the_news)
{
    char *old = settings_of(OLD "idinqr.conf"), *now = settings_of("conf/idinqr.conf");
    char *all = manual_read("NEWS"), *news = manual_between(all, "newest first.\n", "\n0.1.0\n");

    must_be_told(old, now, news);
    must_be_told(now, old, news);
    free(now);
    free(old);
}

RUN_TESTS("upgrade", agent_user_why_not());
