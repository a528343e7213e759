/* SPDX-License-Identifier: BSD-3-Clause */
/* A picture reader that was taken over: linked with picture/picture_main.c, in the place of
 * picture_read. Its order is the link that it names. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/picture/picture.h"
#include "tests/forge/evil.h"

#include <string.h>

int __wrap_picture_read(const void *png, size_t png_size, char *ret_payload, size_t capacity);

int
__wrap_picture_read(const void *png, size_t png_size, char *ret_payload, size_t capacity)
{
    const char *link = evil_read(EVIL_ORDER_FILE);

    (void)png;
    (void)png_size;
    strncpy(ret_payload, link, capacity - 1);
    ret_payload[capacity - 1] = '\0';
    return 0;
}
