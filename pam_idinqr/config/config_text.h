/* SPDX-License-Identifier: BSD-3-Clause */
/* The grammar of idinqr.conf: one file as keyword = value pairs under [section]s. Runs in the host
 * (often root) on a file that trusted_file.h vouches for; what is not understood is an error with
 * its line. Pure.
 *
 *   # comment                        the whole line, or behind a blank after a value
 *   [section]
 *   keyword = value                  blanks around both are dropped
 *   keyword = "value # with a mark"  quoted where a value has a blank at its end, or a # in it */
#ifndef IDQ_CONFIG_CONFIG_TEXT_H
#define IDQ_CONFIG_CONFIG_TEXT_H

#include <stddef.h>

struct config_entry {
    const char *section; /* "" above the first section */
    const char *keyword;
    char *value; /* may be empty, and may be a secret: it lies in the text that is being read */
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
