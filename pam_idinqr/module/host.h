/* How a host lets a module speak with the person in front of it. Measured for each: see the tables
 * in pam_idinqr(8). */
#ifndef IDQ_MODULE_HOST_H
#define IDQ_MODULE_HOST_H

#include "pam_idinqr/module/terminal.h"

enum host_kind {
    HOST_TERMINAL, /* messages appear as they are sent: sudo, su, login */
    HOST_PROMPT,   /* messages are held back until the next prompt, so the code rides in one: sshd,
                      cockpit */
    HOST_NOWHERE,  /* nobody would see a code */
};

/* The style of PAM's messages that this host shows to its person. Looks at the host's descriptors 1
 * and 2, and not into them: su writes information to its stdout, which may go elsewhere with what
 * the command prints, and errors to its stderr. */
int host_message_style(const char *service);

/* `prompt` and `display` are as in idinqr.conf: what an administrator has said wins over what is
 * known of the service. Looks at descriptors 1 and 2 for su. */
enum host_kind host_kind_of(const char *service, const struct terminal *terminal,
                            const char *prompt, const char *display);

#endif
