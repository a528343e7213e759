/* SPDX-License-Identifier: BSD-3-Clause */
/* START as the module sends it: jwks_file goes in it whole, and a file that is not to be trusted,
 * or too large, ends the login before the agent hears anything. As root or not: files of one's own
 * are trusted. */
#include "pam_idinqr/login/agent_start.h"
#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *dir, *keys;
static struct diag diag;

static const char *account = "alice"; /* of the login */

static void
set_up(void)
{
    dir = scratch_dir("start");
    keys = scratch_path(dir, "idinqr.jwks");
}

/* What agent_send_start returns with this configuration; with 0, the START that came. */
static int
send_start_of(const char *text, struct start_message *ret_start)
{
    CONFIG_AUTO *config = NULL;
    FRAME_AUTO frame;
    const struct agent_login login = {
        .station = "desk", .service = "sudo", .account = account, .timeout_ms = 1000};
    char *path = scratch_path(dir, "idinqr.conf");
    int pair[2], result;

    scratch_write(path, 0600, text);
    ck_assert_msg(config_load(path, "", &config, &diag) == 0, "%s", diag_line(&diag));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
    result = agent_send_start(config, &login, pair[0], &diag);
    frame_begin(&frame, 0);
    ck_assert_int_eq(frame_receive(&frame, pair[1]), result == 0 ? 1 : IDQ_SYSTEM);
    if (result == 0)
        ck_assert_int_eq(message_read_start(&frame, ret_start), 0);
    close(pair[0]);
    close(pair[1]);
    return result;
}

/* The same with these lines in [oidc-device]. */
static int
send_start(const char *lines, struct start_message *ret_start)
{
    return send_start_of(
        scratch_text("provider = oidc-device\n[oidc-device]\nissuer = https://id.example.nl\n"
                     "client_id = desk\nclient_auth = none\n%s\n",
                     lines),
        ret_start);
}

static const char *
jwks_file_line(const char *path)
{
    static char line[4096];

    snprintf(line, sizeof line, "jwks_file = %s", path);
    return line;
}

static const char *
path_in(const struct start_message *start)
{
    static struct provider_settings settings;

    ck_assert_int_eq(provider_read_settings(start, &settings), 0);
    return settings.oidc.jwks_file;
}

TEST_CASE("keys", .setup = set_up);

TEST(no_keys)
{
    START_AUTO start;

    ck_assert_int_eq(send_start("", &start), 0);
    ck_assert_str_eq(start.key_set, "");
    ck_assert_str_eq(path_in(&start), "");
}

TEST(keys_are_sent_whole)
{
    START_AUTO start;
    char text[KEY_SET_MAX + 2];

    memset(text, 'x', sizeof text);
    text[KEY_SET_MAX] = '\0';
    scratch_write(keys, 0644, text);
    ck_assert_msg(send_start(jwks_file_line(keys), &start) == 0, "%s", diag_line(&diag));
    ck_assert_str_eq(start.key_set, text);
    ck_assert_str_eq(path_in(&start), keys);
    text[KEY_SET_MAX] = 'x';
    text[KEY_SET_MAX + 1] = '\0';
    scratch_write(keys, 0644, text);
    ck_assert_int_eq(send_start(jwks_file_line(keys), &start), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "idinqr.jwks: is larger than 4096 bytes"));
}

TEST(files_that_are_refused)
{
    START_AUTO start;
    char *link = scratch_path(dir, "link");
    FILE *file;

    ck_assert_int_eq(send_start(jwks_file_line(keys), &start), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "idinqr.jwks: No such file"));
    ck_assert_int_eq(send_start(jwks_file_line(dir), &start), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "is not a regular file"));
    scratch_write(keys, 0666, "{}");
    ck_assert_int_eq(send_start(jwks_file_line(keys), &start), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "can be written by others"));
    scratch_write(keys, 0644, "{}");
    ck_assert_int_eq(symlink(keys, link), 0);
    ck_assert_int_eq(send_start(jwks_file_line(link), &start), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "is a symbolic link"));
    ck_assert_int_eq(send_start(jwks_file_line(keys), &start), 0);
    file = fopen(keys, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite("{\0}", 1, 3, file), 3);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(send_start(jwks_file_line(keys), &start), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "has a zero byte in it"));
}

#define IDIN_QR                                                                                    \
    "provider = idin-qr\n[idin-qr]\nqr_backend_url = https://relay.example.nl/generate\n"          \
    "status_url = https://relay.example.nl/status\nmerchant_token = token\n"                       \
    "signing_key = 0123456789abcdef\n"

TEST_CASE("relay", .setup = set_up);

TEST(a_relay_alone_is_told_what_will_be_opened)
{
    START_AUTO start;

    ck_assert_int_eq(send_start_of(IDIN_QR "relay = yes\n", &start), 0);
    ck_assert_str_eq(start.service, "sudo");
    ck_assert_str_eq(start.account, "alice");
    account = NULL;
    ck_assert_int_eq(send_start_of(IDIN_QR "relay = yes\n", &start), 0);
    ck_assert_str_eq(start.service, "sudo");
    ck_assert_str_eq(start.account, "");
    account = "alice";
    ck_assert_int_eq(send_start_of(IDIN_QR, &start), 0);
    ck_assert_str_eq(start.service, "");
    ck_assert_str_eq(start.account, "");
}

TEST(a_relay_needs_no_picture_reader)
{
    static const char *const texts[] = {IDIN_QR, IDIN_QR "relay = yes\n"};

    for (size_t i = 0; i < 2; i++) {
        CONFIG_AUTO *config = NULL;
        struct agent_files files;
        char *path = scratch_path(dir, "idinqr.conf");
        scratch_write(path, 0600, texts[i]);
        ck_assert_msg(config_load(path, "", &config, &diag) == 0, "%s", diag_line(&diag));
        ck_assert_int_eq(agent_start_find(config, &files, &diag), 0);
        ck_assert_int_eq(files.paths.picture != NULL, i == 0);
    }
}

RUN_TESTS("agent_start", NULL);
