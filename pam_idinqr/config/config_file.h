/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of the configuration: which ones there are, in which order, and their grammar, as
 * keyword = value pairs under [section]s. Runs in the application, often as root, on files that
 * trusted_file.h vouches for. A mistake is an error with its line.
 *
 *   # comment                        the whole line, or behind a blank after a value
 *   [section]
 *   keyword = value                  blanks around both are dropped
 *   keyword = "value # with a mark"  quoted where a value has a blank at its end, or a # in it */
#ifndef IDQ_CONFIG_CONFIG_FILE_H
#define IDQ_CONFIG_CONFIG_FILE_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/setting.h"

#include <stddef.h>

/* Reads one file. A return value other than 0 ends config_layers_each, which returns it. */
typedef int config_layer_function(void *context, const char *path, struct diag *ret_diag);

/* Calls `read` for each file, in the order of config_load: later files override earlier ones. A
 * missing main file is an error. Returns 0, IDQ_CONFIG, or the result of `read`. */
int config_layers_each(const char *path, config_layer_function *read, void *context,
                       struct diag *ret_diag);

/* Returns the main file that config_load would read for this path. */
const char *config_layers_main(const char *path);

struct config_entry {
    const char *section; /* "" above the first section */
    const char *keyword;
    const char *value; /* may be empty or a secret; points into the text that is being read */
    unsigned line;
};

/* Returns the index of the setting of a keyword, or of a secret's keyword_file, or -1. */
int config_find_setting(const struct setting *settings, const char *keyword, int *ret_in_file);

/* Reads keyword_file = PATH: the content of that file, without the newlines at its end. The file
 * must be a secret's, see trusted_file.h. Returns NULL with a reason, which may name the file; a
 * diag with a cure is copied to ret_other. */
struct secret *config_secret_read(const char *keyword, const char *path, struct diag *ret_other,
                                  char *ret_reason, size_t reason_size);

/* Explains a keyword that is not in these settings, which are those of its section: names the
 * sections that have it, or the keyword that was probably meant. Returns -1. */
int config_refuse_keyword(const struct setting *settings, const struct config_entry *entry,
                          char *ret_reason, size_t reason_size);

/* Explains a section that is neither a provider's nor a service's. Returns -1. */
int config_refuse_section(const char *section, char *ret_reason, size_t reason_size);

/* Returns the service that may be meant by a text in brackets, as [sudo], [service sudo] or
 * [services:sudo]: a part of the text that is a file in pam.d, else "NAME". */
const char *config_like_service(const char *section);

/* Returns 0, or -1 with the reason why the entry is invalid: at most size bytes of one loggable
 * line. */
typedef int config_entry_function(void *context, const struct config_entry *entry, char *ret_reason,
                                  size_t reason_size);

/* Calls `take` for each pair, in order. `text` is cut in place, and text[size] must be a writable
 * zero byte. A duplicate keyword in a section, or a duplicate section, is an error. Returns 0, or
 * -1 with the line (0: the whole file) and a reason. */
int config_text_read(char *text, size_t size, config_entry_function *take, void *context,
                     unsigned *ret_line, char *ret_reason, size_t reason_size);

#endif
