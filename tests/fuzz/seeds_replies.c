/* SPDX-License-Identifier: BSD-3-Clause */
/* What a QR backend answers, signed as the target wants it: a byte of flags, the signature, the
 * body. See seeds.h, and fuzz_idin_qr_reply.c for the flags. */
#include "tests/fuzz/seeds.h"

#include "pam_idinqr/identity/identity.h"
#include "tests/fuzz/target.h"

#include <stdio.h>
#include <string.h>

static void
save_signed(const char *name, int flags, const char *body)
{
    unsigned char mac[HMAC_SHA256_SIZE];
    char text[2048];
    int size = snprintf(text, sizeof text, "%c", flags);

    hmac_sha256(flags & 1 ? "key" : "6b6579", flags & 1 ? 3 : 6, body, strlen(body), mac);
    for (size_t i = 0; i < sizeof mac; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "%02x", mac[i]);
    size += snprintf(text + size, sizeof text - (size_t)size, "\n%s", body);
    MUST(size < (int)sizeof text);
    seeds_save("idin_qr_reply", name, text, (size_t)size);
}

#define ID    "\"qr_id\":\"0b6f3b1e\","
#define NONCE "\"nonce\":\"00112233445566778899aabbccddeeff\","

void
seeds_replies(void)
{
    save_signed("generate", 2, "{" ID "\"qr_url\":\"https://qrcode.idin.nl/qrcode/1.png\"}");
    save_signed("generate_hex_key", 3, "{" ID "\"qr_url\":\"https://qrcode.idin.nl/q.png\"}");
    save_signed("signed_twice", 4, "{}");
    save_signed("status_open", 2,
                "{" ID NONCE "\"status\":\"open\",\"scans\":0,\"retry_after\":2}");
    save_signed("status_pending", 2, "{" ID NONCE "\"status\":\"pending\",\"scans\":1}");
    save_signed("status_success", 2,
                "{" ID NONCE
                "\"status\":\"success\",\"transaction_id\":\"1\",\"issuer_id\":\"INGBNL2A\","
                "\"bin\":\"NLINGB3x4u89498qe4\",\"loa\":\"nl:bvn:bankid:1.0:loa3\"}");
    save_signed("status_success_transient", 2,
                "{" ID NONCE "\"status\":\"success\",\"bin\":\"TRANS0123456789\"}");
    save_signed("status_success_without_bin", 2,
                "{" ID NONCE "\"status\":\"success\",\"bin\":null}");
    save_signed("status_success_wide_bin", 2,
                "{" ID NONCE "\"status\":\"success\",\"bin\":\"NL\\u20ac\\ud83d\\ude00\"}");
    save_signed("status_success_control_in_bin", 2,
                "{" ID NONCE "\"status\":\"success\",\"bin\":\"NL\\u001b\"}");
    save_signed("status_expired", 2, "{" ID NONCE "\"status\":\"expired\"}");
    save_signed("status_cancelled", 2, "{" ID NONCE "\"status\":\"cancelled\"}");
    save_signed("status_nobody_heard_of", 2, "{" ID NONCE "\"status\":\"sideways\"}");
    save_signed("status_of_another_code", 2,
                "{\"qr_id\":\"other\"," NONCE "\"status\":\"success\"}");
    save_signed("status_without_nonce", 2,
                "{" ID "\"status\":\"success\",\"bin\":\"NLINGB3x4u89498qe4\"}");
    save_signed("status_of_another_login", 2,
                "{" ID "\"nonce\":\"10112233445566778899aabbccddeeff\",\"status\":\"success\","
                "\"bin\":\"NLINGB3x4u89498qe4\"}");
    save_signed("generate_of_relay", 2,
                "{" ID NONCE "\"station\":\"Balie 3\",\"service\":\"sudo\","
                "\"qr_payload\":\"HTTPS://DESK.EXAMPLE.NL/L/1\"}");
    save_signed("status_success_of_relay", 2,
                "{" ID NONCE "\"status\":\"success\",\"identity\":"
                "\"idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde\"}");
    save_signed("status_success_with_two_names", 2,
                "{" ID NONCE "\"status\":\"success\",\"bin\":\"NLINGB3x4u89498qe4\",\"identity\":"
                "\"idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde\"}");
    save_signed("status_number", 2, "{" ID NONCE "\"status\":\"number\",\"tries_left\":3}");
    save_signed("status_number_without_tries", 2, "{" ID NONCE "\"status\":\"number\"}");
    save_signed("status_wrong_number", 2, "{" ID NONCE "\"status\":\"wrong-number\"}");
    save_signed("retry_after_negative", 2, "{" ID NONCE "\"status\":\"open\",\"retry_after\":-1}");
    save_signed("retry_after_huge", 2,
                "{" ID NONCE "\"status\":\"open\",\"retry_after\":9223372036854775807}");
    save_signed("member_twice", 2, "{" ID ID NONCE "\"status\":\"open\"}");
    save_signed("deep", 2, "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}");
    save_signed("array", 2, "[]");
    save_signed("two_values", 2, "{}{}");
}
