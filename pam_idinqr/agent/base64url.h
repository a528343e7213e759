/* SPDX-License-Identifier: BSD-3-Clause */
/* Decodes base64url as JOSE writes it (RFC 7515, section 2). Pure. The text is untrusted. */
#ifndef IDQ_AGENT_BASE64URL_H
#define IDQ_AGENT_BASE64URL_H

#include "pam_idinqr/common/secret.h"

#include <stddef.h>

/* Returns the bytes of a text without padding and line breaks. Unused bits must be zero, so that
 * the same bytes have only one form. Returns NULL if the text is invalid, or if memory is short. */
struct secret *base64url_decode(const char *text, size_t size);

#endif
