/* SPDX-License-Identifier: BSD-3-Clause */
/* See desk.h. */
#include "tests/harness/desk.h"

#include "pam_idinqr/common/provider_table.h"
#include "pam_idinqr/sandbox/persons.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/scratch.h"
#include "tests/harness/screen.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARGUMENTS_MAX 24

char *
desk_copy_program(const char *from, const char *dir, const char *name, mode_t mode)
{
    char *to = scratch_path(dir, name);
    int in = open(from, O_RDONLY | O_CLOEXEC),
        out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    struct stat status;

    ck_assert_msg(in >= 0 && out >= 0 && fstat(in, &status) == 0, "copying %s to %s", from, to);
    ck_assert_int_eq(sendfile(out, in, NULL, (size_t)status.st_size), status.st_size);
    ck_assert_int_eq(fchmod(out, mode), 0);
    close(in);
    close(out);
    return to;
}

void
desk_copy_helpers(const char *dir)
{
    desk_copy_program(BUILD_DIR "/idinqr-fetch", dir, "idinqr-fetch", agent_user_mode());
    desk_copy_program(BUILD_DIR "/idinqr-picture", dir, "idinqr-picture", agent_user_mode());
}

char *
desk_copy_agent(void)
{
    char *dir = scratch_dir("agent");
    char *agent =
        desk_copy_program(BUILD_DIR "/idinqr-agent", dir, "idinqr-agent", agent_user_mode());

    desk_copy_helpers(dir);
    return agent;
}

/* Writes a separate file, because a process that reads the other file has its secrets in memory. */
static void
write_idle(const struct desk *desk)
{
    char *dir, *path;

    dir = scratch_text("%s.d", qr_backend_conf_file(desk->backend));
    ck_assert_int_eq(mkdir(dir, 0755), 0);
    path = scratch_path(dir, "idle.conf");
    scratch_write(path, 0644, "idle = code\n");
}

void
desk_open(struct desk *desk, const char *const *more_arguments)
{
    const char *arguments[ARGUMENTS_MAX + 3] = {"--agent"};
    char *dir = scratch_dir("desk"), *agent = desk_copy_agent();
    char *module = desk_copy_program(BUILD_DIR "/pam_idinqr.so", dir, "pam_idinqr.so", 0755);
    size_t n = 2;

    arguments[1] = agent;
    for (; more_arguments && *more_arguments; more_arguments++) {
        ck_assert_uint_lt(n, ARGUMENTS_MAX);
        arguments[n++] = *more_arguments;
    }
    desk->backend = qr_backend_start(arguments);
    ck_assert_int_gt(asprintf(&desk->module_line, "%s conf=%s display=half language=en", module,
                              qr_backend_conf_file(desk->backend)),
                     0);
    write_idle(desk);
}

/* Puts lines before and behind those of the configuration. */
static void
enclose(const struct desk *desk, const char *above, const char *below)
{
    const char *path = qr_backend_conf_file(desk->backend);
    char *before = scratch_read(path), *after;

    after = scratch_text("%s\n%s\n%s\n", above, before, below);
    scratch_write(path, 0600, after);
}

void
desk_configure(struct desk *desk, const char *lines)
{
    enclose(desk, lines, "");
}

void
desk_configure_provider(struct desk *desk, const char *lines)
{
    enclose(desk, "", lines);
}

char *
desk_scan(const char *drawing)
{
    SCREEN_AUTO *screen = screen_new(60, 120, 1, SCREEN_LIGHT_ON_DARK);
    char *link;

    screen_print(screen, drawing);
    link = screen_qr(screen);
    ck_assert_msg(link != NULL, "no QR code in this:\n%s", drawing);
    return link;
}

char *
desk_setting(const struct desk *desk, const char *keyword)
{
    return qr_backend_setting(desk->backend, keyword);
}

/* Whatever is a secret in the configuration that the sandbox wrote, for any provider. */
static void
must_hold_no_secret(const struct desk *desk, const char *text)
{
    char *conf = scratch_read(qr_backend_conf_file(desk->backend)), line[64];
    const struct provider_description *provider;
    size_t n_found = 0;

    for (size_t i = 0; (provider = provider_table_at(i)); i++)
        for (const struct setting *setting = provider->settings; setting->keyword; setting++) {
            snprintf(line, sizeof line, "\n%s = ", setting->keyword);
            if (setting->kind != SETTING_SECRET || !strstr(conf, line))
                continue;
            char *secret = desk_setting(desk, setting->keyword);
            ck_assert_msg(!strstr(text, secret), "%s is in:\n%s", setting->keyword, text);
            n_found++;
        }
    ck_assert_uint_gt(n_found, 0);
}

void
desk_must_not_leak(const struct desk *desk, const char *text)
{
    char bin[PERSON_BIN_MAX + 1];

    must_hold_no_secret(desk, text);
    for (size_t i = 0; person_at(i); i++)
        for (size_t j = 0; bank_at(j); j++)
            if (person_bin(person_at(i), bank_at(j), bin) == 0)
                ck_assert_msg(!bin[0] || !strstr(text, bin), "a BIN is in:\n%s", text);
    ck_assert_msg(!strstr(text, "TRANS"), "a transient identity is in:\n%s", text);
}

void
desk_close(struct desk *desk)
{
    qr_backend_stop(&desk->backend);
    free(desk->module_line);
    desk->module_line = NULL;
}
