/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the kinds of findings, and makes their commands. test_manual.c compares the list with
 * idinqr(1), and test_check.c with mistakes that the tests make. */
#include "pam_idinqr/tool/finding.h"

#include "pam_idinqr/common/text.h"

#include <stdlib.h>
#include <string.h>

#define BREAK_GLASS                                                                                \
    "Add a way in that needs no network, above iDIN's line: see HOW NOT TO LOCK YOURSELF OUT in "  \
    "pam_idinqr(8)."

#define FIND_IN_SSHD(keyword) "grep -rin " keyword " /etc/ssh/sshd_config /etc/ssh/sshd_config.d"

static const struct finding_description kinds[FINDING_KINDS] = {
    /* idinqr.conf, and the files that it names */
    [FINDING_CONFIG] = {"config", FINDING_ERROR,
                        "Until this is fixed, every login with iDIN fails."},
    [FINDING_CONFIG_EXAMPLE] = {"config-example", FINDING_ERROR,
                                "Put in what you were issued: see idinqr.conf(5)."},
    [FINDING_CONFIG_TIMEOUT] =
        {"config-timeout", FINDING_WARNING,
         "A person has to find a phone and approve at a bank: set 90 seconds or more."},
    [FINDING_CONFIG_LOOPBACK] =
        {"config-loopback", FINDING_WARNING,
         "The user who runs a sandbox can pose as any person: set your provider's URL."},
    [FINDING_CONFIG_SERVICE] = {"config-service", FINDING_NOTE,
                                "Correct the name, unless other machines share this file."},
    [FINDING_STATUS_NONCE] =
        {"status-nonce", FINDING_WARNING,
         "Take it out: let the endpoint repeat the nonce, as idinqr.conf(5) describes."},
    [FINDING_PASSWORD_UNTIL] = {"password-until", FINDING_WARNING,
                                "Enroll the others. Then take out the keyword, and write `auth "
                                "required pam_idinqr.so` in place of the rollout's lines, iDIN's "
                                "and the password's below it.",
                                "idinqr list --missing"},
    [FINDING_PAM_ROLLOUT] = {"pam-rollout", FINDING_WARNING,
                             "Have all of A gradual rollout in pam_idinqr(8), or none of it."},
    [FINDING_CA_FILE] = {"ca-file", FINDING_ERROR, "Make it a PEM file that every user can read."},
    [FINDING_CA_FILE_SANDBOX] = {"ca-file-sandbox", FINDING_ERROR,
                                 "Take it out: anyone can run a sandbox and be its test persons."},
    [FINDING_JWKS_FILE] = {"jwks-file", FINDING_ERROR,
                           "Write it again. Until then, every login with iDIN fails.",
                           "idinqr keys --fetch"},
    [FINDING_SECRET_SHARED] = {"secret-shared", FINDING_NOTE,
                               "Take that right away, unless that group is meant to read it.",
                               "chmod 0600 %f"},
    /* idinqr.map and its key */
    [FINDING_MAP] = {"map", FINDING_ERROR, "Until this is fixed, every login with iDIN fails."},
    [FINDING_MAP_EMPTY] =
        {"map-empty", FINDING_WARNING,
         "If anyone was enrolled here, restore the map and its key from a backup. "
         "If not, enroll a person: idinqr enroll ACCOUNT.",
         "idinqr enroll ACCOUNT"},
    [FINDING_MAP_SANDBOX] =
        {"map-sandbox", FINDING_ERROR,
         "Revoke, and enroll again: anyone who reaches a sandbox's pages has its identities.",
         "idinqr revoke %o"},
    [FINDING_MAP_ACCOUNT] = {"map-account", FINDING_WARNING,
                             "Correct it or revoke it, unless machines that share the map have "
                             "this account: a new one inherits it.",
                             "idinqr revoke %o"},
    [FINDING_MAP_ACCOUNT_EXPIRED] = {"map-account-expired", FINDING_NOTE,
                                     "Give the account a later date, or revoke the line.",
                                     "chage -l %o"},
    [FINDING_MAP_EXPIRED] = {"map-expired", FINDING_WARNING,
                             "Revoke it, or enroll this person again.", "idinqr revoke --expired"},
    [FINDING_MAP_EXPIRES_SOON] = {"map-expires-soon", FINDING_NOTE,
                                  "Enroll this person again to keep the access.",
                                  "idinqr enroll %o"},
    [FINDING_MAP_ROOT] = {"map-root", FINDING_NOTE,
                          "Revoke it, unless this person is meant to be root directly.",
                          "idinqr revoke root"},
    [FINDING_MAP_ORIGIN] =
        {"map-origin", FINDING_NOTE,
         "If people get in who were enrolled before, the next enrollment adds it. If not, provider "
         "or scope has changed: set it back.",
         "idinqr test ACCOUNT"},
    [FINDING_KEY] = {"key", FINDING_ERROR,
                     "Until this is fixed, every login with iDIN fails. With a new key, every "
                     "person has to enroll again.",
                     FINDING_RESTORE},
    /* the module, the agent */
    [FINDING_MODULE] = {"module", FINDING_ERROR,
                        "Install the module where this machine's PAM looks."},
    [FINDING_AGENT] = {"agent", FINDING_ERROR,
                       "It must belong to root, and all may run it. If it is missing, damaged or "
                       "another program, install it again.",
                       "namei -l %f"},
    [FINDING_AGENT_READABLE] =
        {"agent-readable", FINDING_WARNING,
         "Take that right away, so that no process of its user can trace it as it starts.",
         "chmod 0711 %f"},
    [FINDING_AGENT_USER] = {"agent-user", FINDING_ERROR, "Make that user.",
                            "systemd-sysusers idinqr.conf || useradd --system idinqr"},
    [FINDING_AGENT_JAIL] = {"agent-jail", FINDING_WARNING,
                            "Use a newer kernel, or one with Landlock switched on.",
                            "uname -r; cat /sys/kernel/security/lsm"},
    [FINDING_CLOCK] = {"clock", FINDING_ERROR, "Set the clock, and keep it set by NTP.",
                       "timedatectl set-ntp true"},
    [FINDING_CLOCK_UNSYNCHRONISED] = {"clock-unsynchronised", FINDING_NOTE, "Keep it set by NTP.",
                                      "timedatectl set-ntp true"},
    [FINDING_NETWORK] =
        {"network", FINDING_ERROR,
         "Check the name and the files that resolve it, the route, the firewall and "
         "the proxy. curl has a package of this name."},
    [FINDING_TLS] = {"tls", FINDING_ERROR,
                     "Check ca_file, pin_sha256 and the clock. Never disable a check. curl has a "
                     "package of this name."},
    /* pam.d */
    [FINDING_PAM_UNUSED] = {"pam-unused", FINDING_NOTE,
                            "Write the module into a file of /etc/pam.d.", "man 8 pam_idinqr"},
    [FINDING_PAM_GONE] = {"pam-gone", FINDING_WARNING,
                          "Put back the files as they were with iDIN, or write the module into one "
                          "of /etc/pam.d.",
                          "man 8 pam_idinqr"},
    [FINDING_PAM_COMMENTED] = {"pam-commented", FINDING_WARNING,
                               "Take the # away, or put back the file as it was before iDIN."},
    [FINDING_PAM_FILE] = {"pam-file", FINDING_ERROR,
                          "A user who can write it decides who gets in."},
    [FINDING_PAM_SYNTAX] = {"pam-syntax", FINDING_ERROR,
                            "Fix the line: PAM refuses a login at a line that it cannot parse."},
    [FINDING_PAM_MODULE] =
        {"pam-module", FINDING_ERROR,
         "Correct the name, or install the module's package: PAM refuses a login at this line."},
    [FINDING_PAM_ARGUMENTS] = {"pam-arguments", FINDING_ERROR,
                               "Fix the argument: see the manual of the line's module."},
    [FINDING_PAM_TYPE] = {"pam-type", FINDING_ERROR,
                          "The module is for auth lines only: take this line out."},
    [FINDING_PAM_ANYBODY] =
        {"pam-anybody", FINDING_ERROR,
         "Make iDIN's line required. No other line may accept a login, except behind a condition."},
    [FINDING_PAM_CONDITION] =
        {"pam-condition", FINDING_WARNING,
         "Put a password behind the condition, as the examples do, unless this is intended."},
    [FINDING_PAM_DECIDES_NOTHING] = {"pam-decides-nothing", FINDING_ERROR,
                                     "Make iDIN's line required, and let no line before it jump "
                                     "over it or refuse those who need it."},
    [FINDING_PAM_PASSWORD_ENOUGH] = {"pam-password-enough", FINDING_WARNING,
                                     "Make iDIN's line required, and put others behind a "
                                     "condition, unless a password alone is meant to be enough."},
    [FINDING_PAM_ENROLLED] = {"pam-enrolled", FINDING_WARNING,
                              "Correct the condition, or take them out of its group, unless they "
                              "are meant to get in without a code."},
    [FINDING_PAM_UNCLEAR] = {"pam-unclear", FINDING_NOTE,
                             "Make sure that no person who is enrolled meets it."},
    [FINDING_PAM_NEVER_OPENS] = {"pam-never-opens", FINDING_ERROR,
                                 "Read the lines from the top as PAM does: see pam.d(5)."},
    [FINDING_PAM_JUMP] = {"pam-jump", FINDING_ERROR,
                          "A jump may not lead further than behind the last line."},
    [FINDING_PAM_LOCKED_OUT] = {"pam-locked-out", FINDING_ERROR, BREAK_GLASS},
    [FINDING_PAM_NO_OTHER_WAY] = {"pam-no-other-way", FINDING_WARNING, BREAK_GLASS},
    [FINDING_PAM_GROUP] = {"pam-group", FINDING_ERROR,
                           "Correct the name, or put an administrator into the group.",
                           "usermod -aG %o ACCOUNT"},
    [FINDING_PAM_GROUP_PASSWORD] =
        {"pam-group-password", FINDING_WARNING,
         "One of them needs a valid account, and a long password in a safe.", "passwd ACCOUNT"},
    [FINDING_PAM_TWICE] = {"pam-twice", FINDING_WARNING,
                           "Keep one of the lines: people would have to scan two codes."},
    [FINDING_PAM_COMMON] = {"pam-common", FINDING_WARNING,
                            "Put it into the files of the services that need it."},
    [FINDING_PAM_SIBLING] = {"pam-sibling", FINDING_WARNING,
                             "Write the same auth lines into both files."},
    [FINDING_PAM_ROOT_BY_SU] = {"pam-root-by-su", FINDING_WARNING,
                                "Enroll root, or give root a password, and put root into the "
                                "group that keeps one.",
                                "idinqr enroll root"},
    [FINDING_PAM_WINDOW] = {"pam-window", FINDING_ERROR,
                            "Take it out, or set display = url: see CAVEATS in pam_idinqr(8)."},
    [FINDING_PAM_NO_TERMINAL] = {"pam-no-terminal", FINDING_WARNING,
                                 "Take it out: every login there will fail."},
    [FINDING_PAM_NEVER_ASKS] = {"pam-never-asks", FINDING_NOTE,
                                "Take it out: it does nothing there."},
    /* limits of applications */
    [FINDING_LOGIN_TIMEOUT] = {"login-timeout", FINDING_WARNING,
                               "Set LOGIN_TIMEOUT in /etc/login.defs to 180, at a desk to 0, or "
                               "timeout lower for login."},
    [FINDING_CONSOLE_FONT] =
        {"console-font", FINDING_WARNING,
         "Choose a font that has them, and set FONT to it in /etc/default/console-setup.",
         "setfont -C %f FullGreek-Fixed16"},
    [FINDING_SSHD_FILE] = {"sshd-file", FINDING_ERROR,
                           "Fix the error: sshd does not start until then.", "sshd -T"},
    [FINDING_SSHD_MATCH] = {"sshd-match", FINDING_NOTE, "See what they get.",
                            "sshd -T -C user=NAME,host=HOST,addr=ADDRESS"},
    [FINDING_SSHD_UNSEEN] = {"sshd-unseen", FINDING_NOTE,
                             "Run this as root on the machine that runs sshd.", "idinqr check"},
    [FINDING_SSHD_PAM] = {"sshd-pam", FINDING_ERROR, "Set UsePAM yes in sshd_config.",
                          FIND_IN_SSHD("UsePAM")},
    [FINDING_SSHD_KEYBOARD] = {"sshd-keyboard", FINDING_ERROR,
                               "Set KbdInteractiveAuthentication yes in sshd_config.",
                               FIND_IN_SSHD("KbdInteractiveAuthentication")},
    [FINDING_SSHD_METHODS] = {"sshd-methods", FINDING_ERROR,
                              "Name keyboard-interactive in AuthenticationMethods in sshd_config.",
                              FIND_IN_SSHD("AuthenticationMethods")},
    [FINDING_SSHD_GRACE] = {"sshd-grace", FINDING_WARNING,
                            "Set LoginGraceTime higher, or timeout lower in [service:sshd].",
                            FIND_IN_SSHD("LoginGraceTime")},
    [FINDING_SSHD_PASSWORD] = {"sshd-password", FINDING_NOTE,
                               "Set PasswordAuthentication no in sshd_config.",
                               FIND_IN_SSHD("PasswordAuthentication")},
    [FINDING_SSHD_KEY] =
        {"sshd-key", FINDING_NOTE,
         "Set AuthenticationMethods publickey,keyboard-interactive, if both are to be needed.",
         FIND_IN_SSHD("AuthenticationMethods")},
    [FINDING_SUDO_DEFAULTS] =
        {"sudo-defaults", FINDING_WARNING,
         "Take it out, unless it is meant so: the user's own identity is not asked for.",
         "grep -rn %o /etc/sudoers /etc/sudoers.d"},
    /* limits of this program */
    [FINDING_UNSEEN] = {"unseen", FINDING_NOTE, "Run this program as root.", "sudo idinqr check"},
};

const struct finding_description *
finding_describe(enum finding_kind kind)
{
    return &kinds[kind];
}

/* For a finding whose kind has no command. */
#define EDIT_FILE "${EDITOR:-vi} %f"

char *
finding_make_command(const struct finding *finding, const char *command, const char *object)
{
    const char *own = kinds[finding->kind].command;
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return NULL;
    if (!command)
        command = own ? own : finding->line ? FINDING_EDIT_LINE : EDIT_FILE;
    for (; *command; command++)
        if (command[0] != '%')
            fputc(*command, stream);
        else if (*++command == 'l')
            fprintf(stream, "%u", finding->line);
        else
            text_print_shell_word(*command == 'f' || !object ? finding->file : object, stream);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

void
finding_cure_words(struct findings *findings, const char *begin, const char *const *words)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    if (stream)
        fputs(begin, stream);
    for (; stream && *words; words++) {
        fputc(' ', stream);
        text_print_shell_word(*words, stream);
    }
    if (stream)
        fclose(stream);
    finding_take_command(findings, text);
}
