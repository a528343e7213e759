/* Writes idinqr.conf(5) for one sandbox: with it, a module or idinqr(1) on this machine uses the
 * sandbox as its QR backend. Holds the sandbox's credentials, so it is the owner's only. */
#ifndef IDQ_SANDBOX_SETTINGS_FILE_H
#define IDQ_SANDBOX_SETTINGS_FILE_H

#include "pam_idinqr/sandbox/sandbox.h"
#include "pam_idinqr/sandbox/state_dir.h"

#define SETTINGS_CA_FILE  "ca.pem"
#define SETTINGS_MAP_FILE "idinqr.map"
#define SETTINGS_KEY_FILE "idinqr.key"

/* Writes DIR/idinqr.conf; `agent` is a path, or NULL for the one that the module was built with.
 * 0 or IDQ_SYSTEM. */
int settings_file_write(const struct sandbox *sandbox, const struct state_dir *dir,
                        const char *agent);

#endif
