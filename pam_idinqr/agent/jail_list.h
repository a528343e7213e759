/* What one login needs of the machine: the files that it reads, and the ports that it talks to. */
#ifndef IDQ_JAIL_LIST_H
#define IDQ_JAIL_LIST_H

#include "pam_idinqr/jail/landlock.h"
#include "pam_idinqr/wire/link.h"
#include "pam_idinqr/wire/messages.h"

/* Adds them to a list: the CA store, the resolver's files, START's ca_file; the ports of the URLs
 * and hosts in START (the proxy's alone where there is one), and that of DNS. 0 or IDQ_SYSTEM. */
int jail_list_add(const struct landlock_list *list, const struct start_message *start);

/* The agent's last step into its jail, see jail.h: these files and ports, and no others. 0 or
 * IDQ_SYSTEM. */
int jail_narrow(struct link *link, const struct start_message *start);

#endif
