/* SPDX-License-Identifier: BSD-3-Clause */
/* See copy_text.h. */
#include "pam_idinqr/common/copy_text.h"

#include <string.h>

int
copy_text(char *ret_text, size_t capacity, const char *text)
{
    size_t size = strlen(text);

    if (size >= capacity) {
        ret_text[0] = '\0';
        return -1;
    }
    memcpy(ret_text, text, size + 1);
    return 0;
}
