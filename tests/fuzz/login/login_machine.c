/* SPDX-License-Identifier: BSD-3-Clause */
/* See login_machine.h. Test code. */
#include "tests/fuzz/login/login_machine.h"

#include "pam_idinqr/identity/identity.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/login/scripted_agent.h"
#include "tests/fuzz/target.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_DIGIT 0x22 /* of every byte of the map's key */

const char *const login_machine_services[LOGIN_MACHINE_SERVICES] = {"sudo", "sshd", "login",
                                                                    "polkit-1"};

static struct login_machine machine;

static void
add_line(FILE *map, const char *account, const char *subject)
{
    unsigned char key[IDENTITY_KEY_SIZE];
    char hash[IDENTITY_HASH_SIZE];

    memset(key, KEY_DIGIT, sizeof key);
    MUST(identity_hash(key, "idin-qr", "status.example", subject, hash) == 0);
    fprintf(map, "%s %s\n", account, hash);
}

static void
write_map(void)
{
    char *text = NULL;
    size_t size;
    FILE *map = open_memstream(&text, &size);

    MUST(map);
    add_line(map, "alice", scripted_agent_subjects[0]);
    add_line(map, "bob", scripted_agent_subjects[1]);
    add_line(map, "alice", scripted_agent_subjects[2]);
    add_line(map, "bob", scripted_agent_subjects[2]);
    MUST(fclose(map) == 0);
    files_write("idinqr.map", 0600, text, size);
    free(text);
}

static void
write_config(void)
{
    char *path = files_path("idinqr.conf"), *map = files_path("idinqr.map");
    char *key = files_path("idinqr.key"), *agent = files_path("agent"), *text = NULL;
    char *refused = files_path("idinqr.refused");
    int size = asprintf(&text,
                        "provider = idin-qr\nidle = code\ntries_per_account = 0\ntries_in_all = 0\n"
                        "map = %s\nkey = %s\nagent = %s\nrefused_file = %s\n[idin-qr]\n"
                        "qr_backend_url = https://backend.example/generate\n"
                        "merchant_token = a-token\nsigning_key = the-signing-key\n"
                        "status_url = https://status.example/status\nqr_hosts = qr.example\n",
                        map, key, agent, refused);

    MUST(size > 0);
    files_write("idinqr.conf", 0600, text, (size_t)size);
    MUST(asprintf(&machine.conf, "conf=%s", path) > 0);
    free(text);
    free(refused);
    free(agent);
    free(key);
    free(map);
    free(path);
}

const struct login_machine *
login_machine(void)
{
    char key[2 * IDENTITY_KEY_SIZE];
    int terminal;

    if (machine.conf)
        return &machine;
    memset(key, '0' + KEY_DIGIT % 16, sizeof key);
    files_write("idinqr.key", 0600, key, sizeof key);
    /* Never run. */
    files_write("agent", 0755, "", 0);
    files_write("idinqr-fetch", 0755, "", 0);
    files_write("idinqr-picture", 0755, "", 0);
    files_make_directory("pam.d");
    for (size_t i = 0; i < LOGIN_MACHINE_SERVICES; i++) {
        char name[32];
        snprintf(name, sizeof name, "pam.d/%s", login_machine_services[i]);
        files_write(name, 0600, "", 0);
    }
    machine.stacks = files_path("pam.d");
    write_map();
    write_config();
    /* Kept open, so that it does not hang up. */
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    MUST(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    MUST(ptsname_r(terminal, machine.tty, sizeof machine.tty) == 0);
    MUST(setenv("TERM", "xterm", 1) == 0 && setenv("LANG", "C", 1) == 0);
    return &machine;
}

int
login_machine_opens(int subject, const char *account)
{
    static const char *const accounts_of[AGENT_SUBJECTS] = {"alice", "bob", "alice bob", ""};

    return subject >= 0 && account[0] && strstr(accounts_of[subject], account) != NULL;
}
