/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/tool_run.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS 16

const char *tool_sudo_user;

char *
tool_offline_dir(void)
{
    char *dir = scratch_dir("conf"), *conf = scratch_path(dir, "idinqr.conf"), *text;

    text =
        scratch_text("provider = idin-qr\nagent = /nowhere\nmap = %s/idinqr.map\n"
                     "key = %s/idinqr.key\nrefused_file = %s/idinqr.refused\n[idin-qr]\n"
                     "qr_backend_url = https://localhost:1/g\nstatus_url = https://localhost:1/s\n"
                     "merchant_token = token\nsigning_key = the-signing-key\n",
                     dir, dir, dir);
    scratch_write(conf, 0600, text);
    return dir;
}

void
tool_refuse(const char *path, int seconds_ago, const char *account, const char *hash,
            const char *fields)
{
    time_t when = time(NULL) - seconds_ago;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    struct tm parts;
    char time[40];

    ck_assert_int_ge(fd, 0);
    ck_assert_ptr_nonnull(gmtime_r(&when, &parts));
    ck_assert_uint_gt(strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &parts), 0);
    ck_assert_int_gt(dprintf(fd,
                             "%s %s refused=%s service=login provider=idin-qr scope=localhost "
                             "session=0123456789abcdef%s issuer=TESTNL2A\n",
                             account, hash, time, fields),
                     0);
    ck_assert_int_eq(close(fd), 0);
}

void
output_free(struct output *output)
{
    free(output->out);
    free(output->err);
}

struct output
tool_run(const char *conf, const char *input, const char *const *words)
{
    char *dir = scratch_dir("tool"), *in = scratch_path(dir, "in"), *out = scratch_path(dir, "out"),
         *err = scratch_path(dir, "err"), *argv[WORDS] = {strdup(TOOL)};
    static char language[] = "LANG=C", path[] = "PATH=/usr/bin:/bin";
    char sudo_user[64], *const environment[] = {language, path, tool_sudo_user ? sudo_user : NULL,
                                                NULL};
    posix_spawn_file_actions_t files;
    struct output output;
    int n = 1, status;
    pid_t pid;

    if (tool_sudo_user)
        snprintf(sudo_user, sizeof sudo_user, "SUDO_USER=%s", tool_sudo_user);
    for (; *words; words++)
        argv[n++] = strdup(*words);
    if (conf && asprintf(&argv[n++], "--conf=%s", conf) < 0)
        ck_abort_msg("no memory");
    ck_assert_int_lt(n, WORDS);
    scratch_write(in, 0600, input);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, in, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&files, 2, err, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(posix_spawn(&pid, TOOL, &files, NULL, argv, environment), 0);
    posix_spawn_file_actions_destroy(&files);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
    output = (struct output){WEXITSTATUS(status), scratch_read(out), scratch_read(err)};
    while (n > 0)
        free(argv[--n]);
    return output;
}

void
tool_must_say(const struct output *output, int status, const char *out, const char *err)
{
    ck_assert_msg(output->status == status && strstr(output->out, out) &&
                      strstr(output->err, err) && (*err || !*output->err),
                  "wanted status %d, '%s' and '%s'; status %d, stdout:\n%s\nstderr:\n%s", status,
                  out, err, output->status, output->out, output->err);
}

const char *
tool_myself(void)
{
    return getpwuid(getuid())->pw_name;
}
