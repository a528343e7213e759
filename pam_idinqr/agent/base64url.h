/* SPDX-License-Identifier: BSD-3-Clause */
/* Decodes base64url as JOSE writes it (RFC 7515, section 2). Pure; the text is untrusted. */
#ifndef IDQ_AGENT_BASE64URL_H
#define IDQ_AGENT_BASE64URL_H

#include "pam_idinqr/common/secret.h"

#include <stddef.h>

/* The bytes of a text without padding and line breaks. Bits that no byte uses must be zero, so that
 * the same bytes have one form only. NULL when the text is invalid, and when memory is short. */
struct secret *base64url_decode(const char *text, size_t size);

#endif
