/* The table of all that `idinqr check` can find. Held against idinqr(1) by test_manual.c. */
#include "pam_idinqr/tool/finding.h"

#define BREAK_GLASS                                                                                \
    "Add a way in that needs no network: see HOW NOT TO LOCK YOURSELF OUT in pam_idinqr(8)."

static const struct finding_kind kinds[] = {
    /* idinqr.conf, and the files that it names */
    {"config", FINDING_ERROR, "Until this is mended, every login with iDIN fails."},
    {"config-example", FINDING_ERROR, "Put in what you were issued: see idinqr.conf(5)."},
    {"config-timeout", FINDING_WARNING,
     "Somebody has to find a phone and approve at a bank: give them 90 seconds or more."},
    {"config-loopback", FINDING_WARNING,
     "Who runs a sandbox can be anybody there: name your provider's own host."},
    {"ca-file", FINDING_ERROR, "Make it a PEM file that everybody can read: chmod 0644."},
    {"secret-shared", FINDING_NOTE, "chmod 0600, unless that group is meant to read it."},
    /* idinqr.map and its key */
    {"map", FINDING_ERROR, "Until this is mended, every login with iDIN fails."},
    {"map-empty", FINDING_WARNING, "Enrol somebody: idinqr enroll ACCOUNT."},
    {"map-account", FINDING_WARNING,
     "Revoke it, unless the map is shared with machines that have this account."},
    {"map-expired", FINDING_WARNING, "Revoke it, or enrol this person again."},
    {"map-expires-soon", FINDING_NOTE, "Enrol this person again, if they are to stay."},
    {"map-root", FINDING_NOTE, "Revoke it, unless this person is meant to be root directly."},
    {"key", FINDING_ERROR,
     "Bring back the key from a backup; without it, everybody has to enrol again."},
    /* the module, the agent */
    {"module", FINDING_ERROR, "Install the module where this machine's PAM looks."},
    {"agent", FINDING_ERROR, "Install the agent again; it must belong to root."},
    {"agent-user", FINDING_WARNING,
     "Make a user that has nothing else to do: systemd-sysusers, or useradd --system idinqr."},
    {"agent-jail", FINDING_WARNING, "Use a newer kernel, or one with Landlock switched on."},
    {"clock", FINDING_ERROR, "Set the clock, and keep it set by NTP (timedatectl set-ntp true)."},
    {"clock-unsynchronised", FINDING_NOTE, "Keep it set by NTP (timedatectl set-ntp true)."},
    {"network", FINDING_ERROR, "Look at the name, the route, the firewall and the proxy."},
    {"tls", FINDING_ERROR, "Look at ca_file, pin_sha256 and the clock; never switch a check off."},
    /* pam.d */
    {"pam-unused", FINDING_NOTE, "Write the module into a file of /etc/pam.d: see pam_idinqr(8)."},
    {"pam-file", FINDING_ERROR,
     "chown root: and chmod 0644: who can write it decides who gets in."},
    {"pam-syntax", FINDING_ERROR, "Mend the line: PAM takes what it cannot read for a refusal."},
    {"pam-arguments", FINDING_ERROR, "Mend the argument: see ARGUMENTS in pam_idinqr(8)."},
    {"pam-type", FINDING_ERROR, "The module is for auth lines only: take this line out."},
    {"pam-anybody", FINDING_ERROR,
     "Nothing behind the module may let in whom it refused: make it required."},
    {"pam-condition", FINDING_WARNING,
     "Put a password behind the condition, as the examples do; or be sure that it is meant."},
    {"pam-decides-nothing", FINDING_ERROR, "Make it required."},
    {"pam-password-enough", FINDING_WARNING,
     "Make it required, unless a password alone is meant to be enough."},
    {"pam-never-opens", FINDING_ERROR, "Read the lines from the top as PAM does: see pam.d(5)."},
    {"pam-jump", FINDING_ERROR, "A jump may not lead further than behind the last line."},
    {"pam-locked-out", FINDING_ERROR, BREAK_GLASS},
    {"pam-no-other-way", FINDING_WARNING, BREAK_GLASS},
    {"pam-group", FINDING_ERROR, "groupadd --system GROUP; usermod -aG GROUP root"},
    {"pam-group-password", FINDING_WARNING,
     "Give one of them a long password, and put it into a safe: passwd ACCOUNT"},
    {"pam-twice", FINDING_WARNING, "Keep one of the lines: people would have to scan two codes."},
    {"pam-common", FINDING_WARNING, "Put it into the files of the services that need it."},
    {"pam-sibling", FINDING_WARNING, "Write the same auth lines into both files."},
    {"pam-root-by-su", FINDING_WARNING,
     "Enrol root, or put root into the group that keeps a password."},
    {"pam-window", FINDING_ERROR,
     "Take it out, or set display = url: see CAVEATS in pam_idinqr(8)."},
    {"pam-no-terminal", FINDING_WARNING, "Take it out: every login there will fail."},
    {"pam-never-asks", FINDING_NOTE, "Take it out: it does nothing there."},
    /* the hosts' own limits */
    {"login-timeout", FINDING_WARNING,
     "Set LOGIN_TIMEOUT in /etc/login.defs to 180, or timeout lower for login."},
    {"sshd-file", FINDING_ERROR, "Mend that Include: sshd does not start until then."},
    {"sshd-match", FINDING_NOTE,
     "See what they get: sshd -T -C user=NAME,host=HOST,addr=ADDRESS as root."},
    {"sshd-pam", FINDING_ERROR, "Set UsePAM yes in sshd_config."},
    {"sshd-keyboard", FINDING_ERROR, "Set KbdInteractiveAuthentication yes in sshd_config."},
    {"sshd-methods", FINDING_ERROR,
     "Name keyboard-interactive in AuthenticationMethods in sshd_config."},
    {"sshd-grace", FINDING_WARNING,
     "Set LoginGraceTime higher, or timeout lower in [service:sshd]."},
    {"sshd-password", FINDING_NOTE, "Set PasswordAuthentication no in sshd_config."},
    {"sshd-key", FINDING_NOTE,
     "Set AuthenticationMethods publickey,keyboard-interactive, if both are to be needed."},
    /* this program's own limits */
    {"unseen", FINDING_NOTE, "Run idinqr check as root."},
};

const struct finding_kind *
finding_kind_at(size_t i)
{
    return i < sizeof kinds / sizeof kinds[0] ? &kinds[i] : NULL;
}
