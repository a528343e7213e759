/* How a host lets a module speak with the person in front of it. Measured for each: see the tables
 * in pam_idinqr(8). Pure. */
#ifndef IDQ_MODULE_HOST_H
#define IDQ_MODULE_HOST_H

#include "pam_idinqr/module/terminal.h"

enum host_kind {
    HOST_TERMINAL, /* messages appear as they are sent: sudo, su, login */
    HOST_PROMPT,   /* messages are held back until the next prompt, so the code rides in one: sshd,
                      cockpit */
    HOST_NOWHERE,  /* nobody would see a code */
};

/* `prompt` and `display` are as in idinqr.conf: what an administrator has said wins over what is
 * known of the service. */
enum host_kind host_kind_of(const char *service, const struct terminal *terminal,
                            const char *prompt, const char *display);

#endif
