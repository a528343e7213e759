/* SPDX-License-Identifier: BSD-3-Clause */
/* See fake_desk.h. */
#include "tests/stack/fake_desk.h"

#include "pam_idinqr/identity/identity.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"
#include "tests/unit/fake_agents.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_HEX "0000000000000000000000000000000000000000000000000000000000000000"

void
fake_desk_enroll(const struct fake_desk *desk, const char *account)
{
    static const unsigned char key[IDENTITY_KEY_SIZE]; /* as KEY_HEX */
    char hash[IDENTITY_HASH_SIZE];
    FILE *map = fopen(desk->map, "ae");

    ck_assert_ptr_nonnull(map);
    ck_assert_int_eq(identity_hash(key, "idin-qr", "status.example", "NLTEST0123456789", hash), 0);
    fprintf(map, "%s %s\n", account, hash);
    ck_assert_int_eq(fclose(map), 0);
}

void
fake_desk_open(struct fake_desk *desk, const char *words, const char *account, const char *lines)
{
    char *dir = scratch_dir("fake_desk"), *key_file = scratch_path(dir, "idinqr.key"), *text;

    desk->map = scratch_path(dir, "idinqr.map");
    desk->conf = scratch_path(dir, "idinqr.conf");
    desk->agent = fake_agents_make(words);
    scratch_write(key_file, 0600, KEY_HEX "\n");
    scratch_write(desk->map, 0600, "");
    fake_desk_enroll(desk, account);
    text = scratch_text("provider = idin-qr\nagent = %s\nmap = %s\nkey = %s\n"
                        "tries_file = %s/idinqr.tries\nrefused_file = %s/idinqr.refused\n"
                        "%s\n[idin-qr]\n"
                        "qr_backend_url = https://backend.example/generate\n"
                        "merchant_token = token\nsigning_key = the-signing-key\n"
                        "status_url = https://status.example/\nqr_hosts = qr.example\n",
                        desk->agent, desk->map, key_file, dir, dir, lines);
    scratch_write(desk->conf, 0600, text);
}

void
fake_desk_close(struct fake_desk *desk)
{
    free(desk->agent);
    free(desk->conf);
    free(desk->map);
}

pam_handle_t *
fake_desk_start(const struct fake_desk *desk, struct login_stack *stack, const char *service,
                const char *account, const char *tty)
{
    pam_handle_t *pamh;
    char *text;

    text = scratch_text("auth required %s conf=%s\n", LOGIN_STACK_MODULE, desk->conf);
    login_stack_service(stack, service, text);
    pamh = login_stack_start(stack, service, account);
    if (tty)
        ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, tty), PAM_SUCCESS);
    syslog_capture_clear();
    return pamh;
}

int
fake_desk_let_through(const struct login_message *message, void *user)
{
    const struct fake_desk *desk = user;

    if (strstr(message->text, "https://"))
        fake_agents_let_through(desk->agent);
    return PAM_SUCCESS;
}
