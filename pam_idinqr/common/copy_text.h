/* SPDX-License-Identifier: BSD-3-Clause */
/* Copying a text into a field that it has to fit. Pure; used in every process. */
#ifndef IDQ_COMMON_COPY_TEXT_H
#define IDQ_COMMON_COPY_TEXT_H

#include <stddef.h>

/* Copies a text with its closing zero byte. 0; or -1 and "" when it needs more than `capacity`
 * bytes (1 or more): a name or a link that was cut would be another one. */
int copy_text(char *ret_text, size_t capacity, const char *text)
    __attribute__((warn_unused_result));

#endif
