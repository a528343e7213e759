/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr.conf as the module and idinqr(1) use it: the layers read, checked and merged, and the
 * module's arguments, which win over them. Runs in the application (often root). Any mistake, also
 * in a section that this login does not use, is IDQ_CONFIG with file and line: a configuration that
 * is half understood opens nothing. */
#ifndef IDQ_CONFIG_CONFIG_H
#define IDQ_CONFIG_CONFIG_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/provider_table.h"

#include <stdbool.h>

/* The choices of a keyword, in the order of the table in config.c. */
enum config_display {
    DISPLAY_AUTO,
    DISPLAY_HALF,
    DISPLAY_CELLS,
    DISPLAY_SEXTANT,
    DISPLAY_PLAIN,
    DISPLAY_URL
};
enum config_prompt { PROMPT_AUTO, PROMPT_WAIT, PROMPT_ENTER };
enum config_idle { IDLE_ENTER, IDLE_CODE };
enum config_language { CONFIG_LANGUAGE_AUTO, CONFIG_LANGUAGE_NL, CONFIG_LANGUAGE_EN };

/* The value of each keyword, or its fallback. A text that is not set is "", never NULL. Texts are
 * valid until the next config_override or config_free. */
struct config {
    int provider_index; /* in the table of providers */
    int timeout_s;
    enum config_display display;
    bool invert;
    enum config_prompt prompt;
    enum config_idle idle;
    enum config_language language;
    const char *require; /* as application.h takes it */
    const char *station;
    const char *password_until;                                          /* a day, or "" */
    const char *map, *key, *agent, *tries_file, *refused_file, *ca_file; /* paths */
    int tries_per_account, tries_in_all; /* in an hour; 0: no limit */
    const char *pin_sha256, *proxy;

    const struct provider_description *provider;
    struct provider_settings settings; /* of its section */
    char scope[256]; /* of the provider's subjects: the setting scope, else a host */

    struct config_values *values; /* the source of the fields above; private to config.c */
};

/* Reads the layers for one PAM service ("": no service). If path is NULL, these are the system's
 * idinqr.conf, or the vendor's if there is no other, and the files *.conf of both idinqr.conf.d
 * directories in the order of their names. A file of the system's replaces a vendor's of the same
 * name. Else they are `path` and the files *.conf in the directory `path`.d. Later files override
 * earlier ones, keyword by keyword, and a [service:NAME] section overrides all of them. Returns 0
 * with a config that the caller frees, or IDQ_CONFIG. */
int config_load(const char *path, const char *service, struct config **ret_config,
                struct diag *ret_diag);

/* Sets a keyword above the sections, over all files. 0 or IDQ_CONFIG; `where` begins the text of
 * ret_diag. */
int config_override(struct config *config, const char *where, const char *keyword,
                    const char *value, struct diag *ret_diag);

/* Whether a file or an override sets the keyword of this field: offsetof(struct config, …). */
bool config_is_set(const struct config *config, size_t offset);

/* The text of a value, or its fallback; never NULL. `setting` is one of config_settings() or of
 * config->provider->settings. */
const char *config_text(const struct config *config, const struct setting *setting);

/* Returns the file that sets a value, or "" if it is the fallback or an override; valid as long as
 * the config. */
const char *config_place(const struct config *config, const struct setting *setting,
                         unsigned *ret_line);

/* Returns the keywords above the sections. The list ends with a NULL keyword. */
const struct setting *config_settings(void);

/* Returns the setting of a keyword of the provider, or else of those, or NULL. */
const struct setting *config_setting(const struct config *config, const char *keyword);

/* Returns the setting that the scope is from, or else `provider`. */
const struct setting *config_origin_setting(const struct config *config, bool is_scope);

/* For an error of the file of a keyword that may be a wrong path. If the configuration sets another
 * path than the default, makes the error one at the keyword's file and line: "map: is this path
 * right? FILE: TEXT". Returns whether it does. */
bool config_doubt_path(const struct config *config, const char *keyword, struct diag *diag);

/* For config_load: checks values that depend on each other, and finds the scope. `path` is the main
 * file, for what no file sets. Returns 0 or IDQ_CONFIG. */
int config_check_rules(struct config *config, const char *path, struct diag *ret_diag);

/* Wipes the secrets. */
void config_free(struct config **config);

#define CONFIG_AUTO __attribute__((cleanup(config_free))) struct config

/* The module's arguments in a pam.d line. */
#define ARGUMENTS_OVERRIDING 4 /* keywords that may also be arguments */

struct arguments {
    const char *conf; /* conf=PATH; NULL for the usual files */
    int debug;
    /* keyword=value, each keyword once; they win over the files, and point into argv */
    const char *overrides[ARGUMENTS_OVERRIDING];
    int n_overrides;
};

/* conf=PATH, timeout=SECONDS, display=MODE, prompt=HOW, language=CODE, debug. Anything else, or one
 * of them twice, is IDQ_CONFIG: a mistyped argument must not be the same as none. */
int arguments_parse(int argc, const char **argv, struct arguments *ret_arguments,
                    struct diag *ret_diag);

/* Puts the overrides into the configuration. 0 or IDQ_CONFIG. */
int arguments_apply(const struct arguments *arguments, struct config *config,
                    struct diag *ret_diag);

#endif
