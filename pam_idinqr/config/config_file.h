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

#include "pam_idinqr/common/diag.h"

#include <stddef.h>

/* Reads one file; 0 goes on, anything else ends config_layers_each with it. */
typedef int config_layer_function(void *context, const char *path, struct diag *ret_diag);

/* Calls `read` for each file, in the order in which later ones win; see config_load. A main file
 * that is not there is an error. 0, IDQ_CONFIG, or what `read` returned. */
int config_layers_each(const char *path, config_layer_function *read, void *context,
                       struct diag *ret_diag);

/* The main file that config_load would read for this path. */
const char *config_layers_main(const char *path);

struct config_entry {
    const char *section; /* "" above the first section */
    const char *keyword;
    const char
        *value; /* may be empty, and may be a secret: it lies in the text that is being read */
    unsigned line;
};

/* Says what is wrong with the entry, in at most size bytes of one loggable line, and returns -1; or
 * 0. */
typedef int config_entry_function(void *context, const struct config_entry *entry, char *ret_reason,
                                  size_t reason_size);

/* Hands each pair to `take`, in order. `text` is cut up in place: it needs a writable zero byte at
 * text[size]. A keyword given twice in a section, or a section opened twice, is an error.
 * 0; or -1 with the line (0: the file as a whole) and a reason. */
int config_text_read(char *text, size_t size, config_entry_function *take, void *context,
                     unsigned *ret_line, char *ret_reason, size_t reason_size);

#endif
