/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes idinqr.conf(5) for one sandbox: with it, a module or idinqr(1) on this machine uses the
 * sandbox as its QR backend. Holds the sandbox's credentials, so it is the owner's only. */
#ifndef IDQ_SANDBOX_SETTINGS_FILE_H
#define IDQ_SANDBOX_SETTINGS_FILE_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/sandbox.h"
#include "pam_idinqr/sandbox/state_dir.h"

#define SETTINGS_CA_FILE   "ca.pem"
#define SETTINGS_MAP_FILE  "idinqr.map"
#define SETTINGS_KEY_FILE  "idinqr.key"
#define SETTINGS_RELAY_KEY "relay.key" /* in its place where a relay makes the hashes */
#define SETTINGS_JWKS_FILE "jwks.json"

#define SETTINGS_PROVIDER "idin-qr" /* the default */

/* The name of a provider that can be asked for, static; NULL for any other text. The sandbox speaks
 * all of them at once; the one that idinqr.conf names is the one that a module uses. */
const char *settings_file_provider(const char *name);

/* Whether a sandbox may write to the directory: 0 when one has made its files, or when there are
 * none. Else IDQ_CONFIG, and ret_diag names a file that another made. Changes nothing. */
int settings_file_check_dir(const struct state_dir *dir, struct diag *ret_diag);

/* Writes DIR/idinqr.conf for a provider of settings_file_provider, and DIR/jwks.json, the keys that
 * sign ID tokens; `agent` is a path, or NULL for
 * the one that the module was built with. 0 or IDQ_SYSTEM. */
int settings_file_write(const struct sandbox *sandbox, const struct state_dir *dir,
                        const char *provider, const char *agent);

#endif
