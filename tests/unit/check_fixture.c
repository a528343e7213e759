/* SPDX-License-Identifier: BSD-3-Clause */
/* See check_fixture.h. */
#include "tests/unit/check_fixture.h"

#include "pam_idinqr/common/array.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BREAK_GLASS                                                                                \
    "auth [success=ignore default=1] pam_succeed_if.so quiet user ingroup idinqr-emergency\n"      \
    "auth [success=done default=die] pam_unix.so\n"

static const struct {
    const char *name;
    mode_t mode;
    const char *text;
} files[] = {
    {"etc/idinqr.conf", 0600,
     "provider = idin-qr\n"
     "timeout = 100\n"
     "agent = /usr/libexec/idinqr-agent\n"
     "map = /etc/idinqr.map\n"
     "key = /etc/idinqr.key\n"
     "[idin-qr]\n"
     "qr_backend_url = https://qr.desk.test/generate\n"
     "merchant_token = 5f0f2c1e-TOPSECRET\n"
     "signing_key = signing-key-TOPSECRET\n"
     "status_url = https://status.desk.test/status\n"
     "qr_hosts = qr.desk.test\n"},
    {"etc/idinqr.map", 0600,
     "# identities-of: idin-qr status.desk.test\n"
     "alice " HASH_A " enrolled=2024-01-02\n"
     "bob " HASH_B " expires=2999-12-31\n"},
    {"etc/idinqr.key", 0600, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"},
    {"etc/passwd", 0644,
     "root:x:0:0::/root:/bin/sh\n"
     "alice:x:1000:1000::/home/alice:/bin/sh\n"
     "bob:x:1001:1001::/home/bob:/bin/sh\n"
     "idinqr:x:900:900::/:/usr/sbin/nologin\n"},
    {"etc/shadow", 0600,
     "root:$y$TOPSECRET:20000::::::\nalice:$y$TOPSECRET:20000::::::\nbob:!:20000::::::\n"},
    {"etc/group", 0644, "root:x:0:\nidinqr-emergency:x:990:root\nempty:x:991:\n"},
    {"etc/login.defs", 0644, "# times\nLOGIN_TIMEOUT\t180\n"},
    {"etc/pam.d/sudo", 0644,
     "#%PAM-1.0\n" BREAK_GLASS "auth required pam_idinqr.so\n@include common-account\n"},
    {"etc/pam.d/login", 0644,
     "auth optional pam_faildelay.so delay=3000000\nauth requisite pam_nologin.so\n" BREAK_GLASS
     "auth required pam_idinqr.so\n@include common-account\n"},
    {"etc/pam.d/su", 0644,
     "auth sufficient pam_rootok.so\n@include common-auth\n"
     "auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup idinqr-emergency\n"
     "auth required pam_idinqr.so\n@include common-account\n"},
    {"etc/pam.d/cron", 0644, "@include common-auth\n@include common-account\n"},
    {"etc/pam.d/common-auth", 0644,
     "# for all\n"
     "auth [success=1 default=ignore] pam_unix.so nullok\n"
     "auth requisite pam_deny.so\n"
     "auth required pam_permit.so\n"
     "auth optional pam_cap.so\n"},
    {"etc/pam.d/common-account", 0644,
     "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\n"
     "account requisite pam_deny.so\naccount required pam_permit.so\n"},
    {"etc/pam.d/common-session", 0644, "session required pam_unix.so\n"},
    {"etc/pam.d/common-session-noninteractive", 0644, "session required pam_unix.so\n"},
    {"etc/pam.d/common-password", 0644, "password required pam_unix.so\n"},
};

/* The program looks at no more of these than their first bytes. */
static const struct {
    const char *name;
    mode_t mode;
} programs[] = {
    {"usr/libexec/idinqr-agent", 0711},
    {"usr/libexec/idinqr-fetch", 0711},
    {"usr/libexec/idinqr-picture", 0711},
    {"usr/lib/security/pam_idinqr.so", 0644},
};

/* The other modules that its files and the examples use, and some that mistakes add. */
static const char *const modules[] = {
    "pam_cap.so",        "pam_deny.so",     "pam_env.so",
    "pam_faildelay.so",  "pam_faillock.so", "pam_google_authenticator.so",
    "pam_keyinit.so",    "pam_krb5.so",     "pam_lastlog.so",
    "pam_ldap.so",       "pam_limits.so",   "pam_listfile.so",
    "pam_localuser.so",  "pam_loginuid.so", "pam_mail.so",
    "pam_motd.so",       "pam_nologin.so",  "pam_permit.so",
    "pam_rootok.so",     "pam_selinux.so",  "pam_sss.so",
    "pam_succeed_if.so", "pam_unix.so",     "pam_usertype.so",
    "pam_wheel.so",      "pam_winbind.so",
};

const char *
check_fixture_why_not(void)
{
    return strcmp(SYSCONFDIR, "/etc") == 0
               ? NULL
               : "the machines of these tests have their files where a build with --prefix=/usr "
                 "--sysconfdir=/etc looks for them";
}

void
check_fixture_write(const char *root, const char *name, mode_t mode, const char *text)
{
    char *path = scratch_path(root, name);

    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        ck_assert_msg(mkdir(path, 0755) == 0 || errno == EEXIST, "%s", path);
        *slash = '/';
    }
    scratch_write(path, mode, text);
}

/* An ELF header, and the table of sections that it says is behind it. */
static void
write_program(const char *root, const char *name, mode_t mode)
{
    struct {
        ElfW(Ehdr) header;
        ElfW(Shdr) section;
    } program = {.header = {.e_ident = ELFMAG,
                            .e_shoff = sizeof program.header,
                            .e_shnum = 1,
                            .e_shentsize = sizeof program.section}};
    FILE *file;

    program.header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    program.header.e_ident[EI_DATA] =
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    check_fixture_write(root, name, mode, "");
    file = fopen(scratch_path(root, name), "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(&program, sizeof program, 1, file), 1);
    ck_assert_int_eq(fclose(file), 0);
}

char *
check_fixture(void)
{
    char *root = scratch_dir("machine");

    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        check_fixture_write(root, files[i].name, files[i].mode, files[i].text);
    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
        write_program(root, programs[i].name, programs[i].mode);
    for (size_t i = 0; i < ARRAY_LENGTH(modules); i++)
        check_fixture_write(root, scratch_text("usr/lib/security/%s", modules[i]), 0644,
                            "a module\n");
    return root;
}

void
check_fixture_change(const char *root, const char *name, const char *from, const char *to)
{
    char *path = scratch_path(root, name), *text = scratch_read(path), *at = strstr(text, from);
    char *changed;
    struct stat status;

    ck_assert_msg(at != NULL, "%s has no \"%s\"", name, from);
    changed = scratch_text("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    ck_assert_int_eq(stat(path, &status), 0);
    scratch_write(path, status.st_mode & 07777, changed);
}

/* How many findings have this severity; the output's own number must be the same. */
static size_t
count(const json_t *root, const char *severity, const char *name)
{
    const json_t *findings = json_object_get(root, "findings"), *finding;
    size_t i, n = 0;

    json_array_foreach(findings, i, finding) n +=
        strcmp(json_string_value(json_object_get(finding, "severity")), severity) == 0;
    ck_assert_int_eq(json_integer_value(json_object_get(root, name)), (json_int_t)n);
    return n;
}

json_t *
check_fixture_read(const struct output *output)
{
    json_t *root = json_loads(output->out, JSON_REJECT_DUPLICATES, NULL);
    json_t *findings = json_incref(json_object_get(root, "findings"));
    int state = count(root, "error", "errors") > 0 ? 2 : count(root, "warning", "warnings") > 0;

    ck_assert_msg(json_is_array(findings), "%s%s", output->out, output->err);
    (void)count(root, "note", "notes");
    if (state < 2 && strstr(output->out, "\"unseen\""))
        state = 3;
    ck_assert_int_eq(output->status, state);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "exit")), state);
    json_decref(root);
    return findings;
}

json_t *
check_fixture_findings(const char *root)
{
    char *conf = scratch_path(root, "etc/idinqr.conf");
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json", "--root", root);

    ck_assert_str_eq(output.err, "");
    ck_assert_ptr_null(strstr(output.out, "TOPSECRET"));
    return check_fixture_read(&output);
}
