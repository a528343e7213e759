/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr.conf as the module and idinqr(1) use it: the layers read, checked and merged. Runs in the
 * host (often root). Any mistake, also in a section that this login does not use, is IDQ_CONFIG
 * with file and line: a configuration that is half understood opens nothing. */
#ifndef IDQ_CONFIG_CONFIG_H
#define IDQ_CONFIG_CONFIG_H

#include "pam_idinqr/common/diag.h"
#include "pam_idinqr/common/provider_table.h"

struct config;

/* Reads the layers for one PAM service ("" for none):
 *   path NULL: the vendor's idinqr.conf or, where it exists, the system's; then the files *.conf of
 * both idinqr.conf.d directories in the order of their names, the system's in place of a vendor's
 * of the same name; else `path`, and then the files *.conf in the directory `path`.d. Later files
 * win, keyword by keyword; a [service:NAME] section wins over all of them. 0 and a config that the
 * caller frees; or IDQ_CONFIG. */
int config_load(const char *path, const char *service, struct config **ret_config,
                struct diag *ret_diag);

/* What a module argument or an option says, over all files. 0 or IDQ_CONFIG; `where` begins the
 * text of ret_diag. */
int config_override(struct config *config, const char *where, const char *keyword,
                    const char *value, struct diag *ret_diag);

/* The value of a keyword above the sections, or its fallback. Never NULL. Valid until the next
 * config_override or config_free. */
const char *config_text(const struct config *config, const char *keyword);
long config_number(const struct config *config, const char *keyword);

/* 1 when somebody has set the keyword, 0 when its fallback counts. */
int config_is_set(const struct config *config, const char *keyword);

/* The provider, and the value of one of its settings (secret or not), or its fallback; never NULL.
 */
const struct provider_description *config_provider(const struct config *config);
const char *config_provider_text(const struct config *config, const char *keyword);

/* The scope under which the provider's subjects are known: its setting scope, else a host. Never
 * NULL. */
const char *config_scope(const struct config *config);

/* The keywords above the sections; ends with a NULL keyword. */
const struct setting *config_settings(void);

/* Wipes what was secret. */
void config_free(struct config **config);

#define CONFIG_AUTO __attribute__((cleanup(config_free))) struct config

#endif
